//! The bytes of a lease. The crate's README specifies them; a golden test holds them.

use names::{ConfigId, CpuId, Feature, GrantId, PoolId, SeatCount, Vendor, Version, Wall, Word};

use super::{Lease, LeaseTerms};
use crate::PublicKey;

/// The first row. No other message of ours begins with it; the number is the format's.
const DOMAIN: &str = "seatkeeper lease 1";
/// No lease is longer: the words that it is made of have limits of their own.
pub(super) const LEASE_BYTES_MAX: usize = 4096;

/// The one text of a lease.
pub(super) fn write(terms: &LeaseTerms, host_key: &PublicKey) -> Vec<u8> {
    let LeaseTerms { pool, version, seats, user, host, client, grant, issued, until, proof } = terms;
    let text = format!(
        "{DOMAIN}\nvendor {}\nconfig {}\ncpu {}\nfeature {}\npooling {}\nversion {version}\nseats {seats}\n\
         user {user}\nhost {host}\nclient {client}\ngrant {}\nissued {}\nuntil {}\nproof {}\nhost_key {host_key}\n",
        pool.vendor(),
        pool.config(),
        pool.cpu(),
        pool.feature(),
        pool.pooling(),
        grant.0,
        issued.0,
        until.0,
        hex(proof),
    );
    text.into_bytes()
}

/// Takes the text apart. It must be what [`write`] makes of what was read.
pub(super) fn read(bytes: &[u8]) -> Result<Lease, &'static str> {
    if bytes.len() > LEASE_BYTES_MAX {
        return Err("it is too long");
    }
    let text = std::str::from_utf8(bytes).map_err(|_| "it is no text")?;
    let mut rows = text.split('\n');
    if rows.next() != Some(DOMAIN) {
        return Err("it does not begin as one");
    }
    let mut row = |name: &str| {
        let row = rows.next()?.strip_prefix(name)?;
        row.strip_prefix(' ')
    };
    let lease = parse(&mut row).ok_or("a row of it is missing or wrong")?;
    match write(&lease.terms, &lease.host_key) == bytes {
        true => Ok(lease),
        false => Err("it is not written in the canonical form"),
    }
}

fn parse<'a>(row: &mut impl FnMut(&str) -> Option<&'a str>) -> Option<Lease> {
    let vendor = Vendor::new(row("vendor")?).ok()?;
    let config = ConfigId::new(row("config")?).ok()?;
    let cpu = CpuId::new(row("cpu")?).ok()?;
    let feature = Feature::new(row("feature")?).ok()?;
    let pool = PoolId::new(vendor, config, cpu, feature, row("pooling")?).ok()?;
    let terms = LeaseTerms {
        pool,
        version: Version::new(row("version")?).ok()?,
        seats: SeatCount::new(row("seats")?.parse().ok()?).ok()?,
        user: Word::new("a user", row("user")?).ok()?,
        host: Word::new("a host", row("host")?).ok()?,
        client: CpuId::new(row("client")?).ok()?,
        grant: GrantId(row("grant")?.parse().ok()?),
        issued: Wall(row("issued")?.parse().ok()?),
        until: Wall(row("until")?.parse().ok()?),
        proof: unhex(row("proof")?)?,
    };
    Some(Lease { terms, host_key: row("host_key")?.parse().ok()? })
}

/// Two hexadecimal digits in lower case for each byte.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of [`hex`]; nothing for any other text.
pub(super) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let digit = |b: u8| if b.is_ascii_uppercase() { None } else { char::from(b).to_digit(16) };
    let byte = |[high, low]: &[u8; 2]| u8::try_from(digit(*high)? << 4 | digit(*low)?).ok();
    pairs.iter().map(byte).collect::<Option<Vec<u8>>>()?.try_into().ok()
}
