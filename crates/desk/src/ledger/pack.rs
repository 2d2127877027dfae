//! Packs: one for each company on each license host, with all that it has there.

use std::collections::{BTreeMap, BTreeSet};

use license::{PublicKey, SecretKey, SignOptions, Source};
use names::{CpuId, PackNumber, Vendor};

use super::check::fitting;
use super::issue::vendor;
use super::prove::Expected;
use super::text::{self, Head};
use crate::change::Row;
use crate::context::{Context, Role};
use crate::decision::{Draft, Install};
use crate::model::{CaseNumber, ConfigStanding, Configuration, PackRow, PackStanding};
use crate::{CustomerNumber, Desk, Refusal, limits};

/// Characters of `=` and a public key in base64, at the end of `ID=KEY`.
const KEY_CHARS: usize = 45;

/// Signs the pack of all active configurations that a company has on a license host. It voids those that
/// were signed for them before, which are kept. Nothing where the company has no configuration there any
/// more: its pack is then void.
///
/// The host's key is this host's own, or the one that is given, or the one in the host's newest pack of the company.
///
/// # Errors
/// A desk that signs nothing, another key than this host's, a pack that is too long, and one that would not give exactly what the
/// ledger has.
pub fn pack(
    draft: &mut Draft<'_>,
    company: &CustomerNumber,
    host: &CpuId,
    given_key: Option<&PublicKey>,
    voids: &[PackNumber],
    case: &CaseNumber,
) -> Result<Option<PackNumber>, Refusal> {
    let signer = signer(draft.ctx)?;
    let vendor = vendor(draft.ctx)?;
    let host_key = key(draft, company, host, given_key)?;
    let number = next_number(draft, vendor)?;
    let older: Vec<PackRow> = older(&draft.desk, vendor, company, host).into_iter().cloned().collect();
    let voided = voided(&older, voids);
    let configurations: Vec<&Configuration> = draft
        .desk
        .configurations_of(company)
        .filter(|of| of.host == *host && of.standing == ConfigStanding::Active)
        .filter(|of| of.vendor == *vendor)
        .collect();
    let ids: Vec<u64> = configurations.iter().map(|of| of.id).collect();
    let head = Head { vendor, host, issued: draft.ctx.today(), voids: &voided };
    let signed = match ids.is_empty() {
        true => None,
        false => {
            let text = text::write(&draft.desk, &head, &configurations);
            let host_key = host_key.as_ref();
            let expected = Expected {
                vendor,
                key: signer.public(),
                number: &number,
                host,
                host_key,
                configurations: &configurations,
            };
            Some(sign(&text, signer, &expected)?)
        }
    };
    supersede(draft, older, signed.is_some());
    let Some(text) = signed else { return Ok(None) };
    if host_key.is_none() {
        draft.say(format!(
            "pack {number} names no host key, so any program can claim to be {host}: \
             workstations refuse its seats unless told otherwise"
        ));
    }
    draft.say(format!("pack {number} for {host}"));
    if is_here(draft, host) {
        draft.install(Install { vendor: vendor.clone(), pack: number.clone(), text: text.clone() });
    }
    let row = PackRow {
        vendor: vendor.clone(),
        number: number.clone(),
        company: company.clone(),
        host: host.clone(),
        text,
        configurations: ids,
        voids: voided,
        standing: PackStanding::Current,
        case: case.clone(),
        issued_ms: draft.ctx.now.0,
    };
    draft.put(fitting(Row::Pack(Box::new(row)))?);
    Ok(Some(number))
}

/// Signs the packs of several hosts, with the keys that came with the request.
///
/// # Errors
/// As [`pack`], too many hosts, and a key of a host that no pack is for.
pub(crate) fn packs(
    draft: &mut Draft<'_>,
    company: &CustomerNumber,
    hosts: &[CpuId],
    keys: &BTreeMap<CpuId, PublicKey>,
    case: &CaseNumber,
) -> Result<Vec<PackNumber>, Refusal> {
    if hosts.len() > limits::HOSTS_MAX {
        return Err(Refusal::Limit(format!("at once the packs of {} hosts are signed", limits::HOSTS_MAX)));
    }
    if let Some(host) = keys.keys().find(|host| !hosts.contains(host)) {
        return Err(Refusal::invalid("host_keys", format!("no pack is signed for the host {host}")));
    }
    let mut numbers = Vec::new();
    for host in hosts {
        numbers.extend(pack(draft, company, host, keys.get(host), &[], case)?);
    }
    Ok(numbers)
}

/// Hosts' public keys, each `ID=KEY`.
///
/// # Errors
/// One that is not so, and two keys of one host.
pub(crate) fn host_keys(texts: &[String]) -> Result<BTreeMap<CpuId, PublicKey>, Refusal> {
    if texts.len() > limits::PLACES_MAX {
        return Err(Refusal::Limit(format!("there are {} host keys at most", limits::PLACES_MAX)));
    }
    let mut keys = BTreeMap::new();
    for text in texts {
        let bad = |why: String| Refusal::invalid("host_keys", format!("{text:.120?}: {why}"));
        let at = text.len().checked_sub(KEY_CHARS).and_then(|at| text.split_at_checked(at));
        let (id, key) = at
            .and_then(|(id, key)| Some((id, key.strip_prefix('=')?)))
            .ok_or_else(|| bad("write ID=KEY, the key as the host's `seatkeeperd init` printed it".into()))?;
        let id = CpuId::new(id).map_err(|e| bad(e.to_string()))?;
        let key: PublicKey = key.parse().map_err(|e: license::KeyError| bad(e.to_string()))?;
        if keys.insert(id, key.clone()).is_some_and(|other| other != key) {
            return Err(bad("the host has another key already".into()));
        }
    }
    Ok(keys)
}

/// The vendor's key.
///
/// # Errors
/// The role that signs nothing, or a vendor's desk without its key.
pub(crate) fn signer<'a>(ctx: &Context<'a>) -> Result<&'a SecretKey, Refusal> {
    if !ctx.role.is_vendor() {
        let why = "a desk in the role site signs nothing: send the request to the vendor's desk";
        return Err(Refusal::rule("role", why));
    }
    let Some(key) = ctx.vendor_key else {
        return Err(Refusal::rule("role", "the configuration names no vendor's key ([desk] key)"));
    };
    if key.vendor() != ctx.vendor {
        return Err(Refusal::rule("role", "the signing key is another vendor's"));
    }
    Ok(key)
}

/// The key of a license host: in the newest pack that this vendor signed there for the company. Another company's
/// pack for the same host says nothing: whoever ordered it may have given another key.
#[must_use]
pub fn host_key(desk: &Desk, vendor: &Vendor, company: &CustomerNumber, host: &CpuId) -> Option<PublicKey> {
    let newest = older(desk, vendor, company, host).pop()?;
    let source = Source::new(newest.number.as_str(), newest.text.as_bytes());
    let read = license::load_unverified(&[source]);
    read.unserved.into_iter().find_map(|line| line.entitlement.host_key)
}

/// This host's own key, or the one that is given, or the one in the company's newest pack for the host.
fn key(
    draft: &Draft<'_>,
    company: &CustomerNumber,
    host: &CpuId,
    given: Option<&PublicKey>,
) -> Result<Option<PublicKey>, Refusal> {
    let own = draft.ctx.host_key.filter(|_| is_here(draft, host)).map(SecretKey::public);
    match (own, given) {
        (Some(own), Some(given)) if own != *given => {
            let why = format!("{host} is this host, and its key is {own}");
            Err(Refusal::invalid("host_keys", why))
        }
        (own, given) => {
            let known = || host_key(&draft.desk, draft.ctx.vendor?, company, host);
            Ok(own.or_else(|| given.cloned()).or_else(known))
        }
    }
}

/// Whether this desk serves what is signed for a host.
fn is_here(draft: &Draft<'_>, host: &CpuId) -> bool {
    draft.ctx.role == Role::Both && draft.ctx.host == Some(host)
}

fn next_number(draft: &mut Draft<'_>, vendor: &Vendor) -> Result<PackNumber, Refusal> {
    loop {
        let number = format!("P-{}", draft.next("pack", 1001)?);
        let number = PackNumber::new(&number).map_err(|e| Refusal::invalid("pack", e))?;
        if draft.desk.pack_of(vendor, &number).is_none() {
            return Ok(number);
        }
    }
}

/// The packs that a vendor signed for a company on a host, the oldest first. (Where the desk has both roles,
/// packs of other vendors are installed here too.)
fn older<'a>(desk: &'a Desk, vendor: &Vendor, company: &CustomerNumber, host: &CpuId) -> Vec<&'a PackRow> {
    let is_of = |pack: &&PackRow| pack.vendor == *vendor && pack.host == *host;
    let mut of: Vec<&PackRow> = desk.packs_of(company).filter(is_of).collect();
    of.sort_by_key(|pack| (pack.issued_ms, pack.number.as_str().len(), &pack.number));
    of
}

/// What a new pack voids, the oldest first: those before it, and what these void themselves, since their
/// files may be gone from the host.
fn voided(older: &[PackRow], more: &[PackNumber]) -> Vec<PackNumber> {
    let mut seen = BTreeSet::new();
    let carried = older.last().into_iter().flat_map(|newest| &newest.voids);
    let all = carried.chain(older.iter().map(|pack| &pack.number)).chain(more);
    all.filter(|number| seen.insert(*number)).cloned().collect()
}

/// The packs before are kept: another took their place, or none.
fn supersede(draft: &mut Draft<'_>, older: Vec<PackRow>, has_newer: bool) {
    let standing = if has_newer { PackStanding::Superseded } else { PackStanding::Void };
    for pack in older.into_iter().filter(|pack| pack.standing == PackStanding::Current) {
        draft.put(Row::Pack(Box::new(PackRow { standing, ..pack })));
    }
}

/// Signs a text, and reads it as a license host does before it is believed.
fn sign(text: &str, signer: &SecretKey, expected: &Expected<'_>) -> Result<String, Refusal> {
    let number = expected.number;
    let wrong = |why: &str| {
        let why = format!("pack {number} for {} cannot be signed: {why}; nothing was changed", expected.host);
        Refusal::rule("pack", why)
    };
    let options = SignOptions { host_key: expected.host_key.cloned(), ..SignOptions::new(number.clone()) };
    let signed = license::sign_pack(&Source::new(number.as_str(), text.as_bytes()), signer, &options);
    let signed = signed.map_err(|found| {
        let said: Vec<&str> = found.iter().map(|found| found.message.as_str()).take(3).collect();
        wrong(&said.join("; "))
    })?;
    if signed.len() > limits::FILE_BYTES_MAX {
        let why = format!(
            "pack {number} for {} would have {} bytes, and a pack has {} at most",
            expected.host,
            signed.len(),
            limits::FILE_BYTES_MAX
        );
        return Err(Refusal::Limit(why));
    }
    if let Some(fault) = expected.fault(&signed) {
        return Err(wrong(&fault));
    }
    String::from_utf8(signed).map_err(|_| wrong("it is not text"))
}
