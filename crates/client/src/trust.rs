//! What proves a seat: the vendor's signed line, and the license host's key that it names.

use license::{
    LineError, PublicKey, Revocation, SeatKind, Trust, TrustedKey, VerifiedLine, verify_host_proof,
};
use names::{Code, CpuId, Date, Expiry, Feature, PoolId, SessionId, Vendor, Version};
use proto::v1;

use crate::Error;

/// What the application demands before it believes that a seat is one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrustPolicy {
    /// Nothing. For tools that show what a server says, and have no vendor's key.
    Unverified,
    /// A line signed by the vendor that covers what was asked for, and a server that proves the key
    /// which the line names.
    Vendor {
        /// The vendors' public keys, and which of them are revoked.
        keys: Trust,
        /// Refuse lines that name no `HOST_KEY=`: anyone may have copied them.
        require_host_key: bool,
    },
}

impl TrustPolicy {
    /// Trusts one vendor's key, in base64 as `seatkeeper issue keygen` prints it.
    ///
    /// # Errors
    /// When the name or the key is none.
    pub fn vendor(vendor: &str, key: &str) -> Result<Self, Error> {
        Self::vendors(&[(vendor, key)])
    }

    /// Trusts these vendors' keys; a vendor may have several, while one replaces another.
    ///
    /// # Errors
    /// When a name or a key is none.
    pub fn vendors(keys: &[(&str, &str)]) -> Result<Self, Error> {
        let trusted = keys.iter().map(|(name, key)| {
            let vendor = Vendor::new(name)?;
            let key = key.parse().map_err(|source| Error::Key { vendor: vendor.to_string(), source })?;
            Ok(TrustedKey { vendor, key })
        });
        let keys = Trust::new(trusted.collect::<Result<_, Error>>()?);
        Ok(Self::Vendor { keys, require_host_key: true })
    }

    /// The same, with a key of the vendor revoked: the public key, or its id of eight digits. What it
    /// signed proves nothing, though the key is trusted too.
    ///
    /// # Errors
    /// When the name or the key is none.
    pub fn revoking(self, vendor: &str, key: &str) -> Result<Self, Error> {
        let vendor = Vendor::new(vendor)?;
        let key = key.parse().map_err(|source| Error::Key { vendor: vendor.to_string(), source })?;
        Ok(match self {
            Self::Unverified => Self::Unverified,
            Self::Vendor { keys, require_host_key } => {
                let keys = keys.with_revoked([Revocation { vendor: Some(vendor), key }]);
                Self::Vendor { keys, require_host_key }
            }
        })
    }

    /// The same, with lines that name no `HOST_KEY=` accepted.
    #[must_use]
    pub fn without_host_key(self) -> Self {
        match self {
            Self::Unverified => Self::Unverified,
            Self::Vendor { keys, .. } => Self::Vendor { keys, require_host_key: false },
        }
    }
}

/// Why something is not proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unproved {
    pub(crate) code: Code,
    pub(crate) why: String,
}

fn unproved<T>(code: Code, why: impl Into<String>) -> Result<T, Unproved> {
    Err(Unproved { code, why: why.into() })
}

/// The key that a server has proved in its welcome: its signature over our nonce.
pub(crate) fn host_key(
    policy: &TrustPolicy,
    welcome: &v1::Welcome,
    nonce: &[u8; 32],
) -> Result<Option<PublicKey>, Unproved> {
    let TrustPolicy::Vendor { require_host_key, .. } = policy else { return Ok(None) };
    if welcome.host_key.is_empty() && !require_host_key {
        return Ok(None);
    }
    let bytes = <[u8; 32]>::try_from(welcome.host_key.as_ref());
    let Some(key) = bytes.ok().and_then(|bytes| PublicKey::from_bytes(&bytes).ok()) else {
        return unproved(Code::BadHandshake, "it shows no host key");
    };
    let proved = <[u8; 64]>::try_from(welcome.host_proof.as_ref())
        .is_ok_and(|proof| verify_host_proof(&key, nonce, SessionId(welcome.session), &proof));
    if proved { Ok(Some(key)) } else { unproved(Code::BadHandshake, "it does not prove its host key") }
}

/// A line that came with a grant; nothing when it has no signature.
pub(crate) fn signed_line(line: &v1::SignedLine) -> Option<license::SignedLine> {
    let key_id = line.key_id.parse().ok()?;
    let signature = <[u8; 64]>::try_from(line.signature.as_ref()).ok()?;
    Some(license::SignedLine { canonical: line.canonical.clone(), key_id, signature })
}

/// Reads a line that came with a grant.
pub(crate) fn line(keys: &Trust, line: &v1::SignedLine) -> Result<VerifiedLine, Unproved> {
    let Some(line) = signed_line(line) else {
        return unproved(Code::BadSignature, "its license line has no signature");
    };
    license::verify_line(&line, keys).map_err(|error| match error {
        // Whatever the bytes are: they are no proof.
        LineError::NotALine(why) => Unproved { code: Code::BadSignature, why },
        LineError::RevokedKey { .. } => {
            let why = format!("{error}; the license host needs the pack that is signed with its new key");
            Unproved { code: error.code(), why }
        }
        error => Unproved { code: error.code(), why: error.to_string() },
    })
}

/// What a line gives of a component of the package that it enables, by the signed PACKAGE line.
pub(crate) fn component(
    keys: &Trust,
    package: &v1::SignedLine,
    enabling: &VerifiedLine,
    feature: &Feature,
) -> Result<VerifiedLine, Unproved> {
    let no_part = || format!("the PACKAGE line does not make {feature} a part of {}", enabling.feature);
    let package = signed_line(package).ok_or_else(|| Unproved {
        code: Code::BadSignature,
        why: "its PACKAGE line has no signature".into(),
    })?;
    let package = license::verify_package(&package, keys)
        .map_err(|error| Unproved { code: error.code(), why: error.to_string() })?;
    let part = package.component(enabling, feature);
    part.ok_or_else(|| Unproved { code: Code::BadSignature, why: no_part() })
}

/// Whether a host id stands for a machine, which a workstation can compare with its own. Others are for
/// a user, a display, an address or anybody: what the line says is what there is to check.
fn is_machine(id: &CpuId) -> bool {
    match id.as_str().split_once('=') {
        None => !matches!(id.as_str(), "ANY" | "DEMO"),
        Some((key, _)) => !matches!(key, "USER" | "DISPLAY" | "HOSTNAME" | "INTERNET"),
    }
}

/// What a line must cover.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) feature: &'a Feature,
    pub(crate) version: &'a Version,
    pub(crate) pool: &'a PoolId,
    pub(crate) today: Date,
    /// What the server has proved.
    pub(crate) host_key: Option<&'a PublicKey>,
    pub(crate) workstation: Option<&'a CpuId>,
}

/// Whether a verified line covers what was asked for.
pub(crate) fn covers(line: &VerifiedLine, wanted: &Wanted, require_host_key: bool) -> Result<(), Unproved> {
    let pool = wanted.pool;
    if line.feature != *wanted.feature || line.feature != *pool.feature() {
        return unproved(Code::BadSignature, format!("the license line is for {}", line.feature));
    }
    if line.vendor != *pool.vendor() || line.config != *pool.config() || !line.cpus.contains(pool.cpu()) {
        return unproved(Code::BadSignature, format!("the license line is not that of the pool {pool}"));
    }
    let elsewhere = is_machine(pool.cpu()) && wanted.workstation != Some(pool.cpu());
    if line.kind == SeatKind::Locked && elsewhere {
        return unproved(Code::WrongHost, format!("the seat is locked to {}", pool.cpu()));
    }
    if line.version < *wanted.version {
        return unproved(Code::VersionNotServed, format!("the line covers up to version {}", line.version));
    }
    if let Some(start) = line.start.filter(|start| *start > wanted.today) {
        return unproved(Code::NotYet, format!("the line begins on {start}"));
    }
    if let Expiry::On(last) = line.expiry
        && last < wanted.today
    {
        return unproved(Code::Expired, format!("the line expired on {last}"));
    }
    match &line.host_key {
        Some(key) if Some(key) != wanted.host_key => {
            unproved(Code::BadHandshake, "the line was signed for another license host")
        }
        None if require_host_key => {
            unproved(Code::BadSignature, "the line names no license host's key (HOST_KEY=)")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use license::SecretKey;
    use names::{ConfigId, PackNumber};

    use super::*;

    fn verified(host_key: Option<PublicKey>) -> VerifiedLine {
        let cpu = CpuId::new("02aa10203040").unwrap();
        VerifiedLine {
            vendor: Vendor::new("acmed").unwrap(),
            config: ConfigId::Number(11470),
            feature: Feature::new("mill").unwrap(),
            version: Version::new("4.0").unwrap(),
            start: Some(Date::parse("1-jan-2027").unwrap()),
            expiry: Expiry::parse("31-dec-2027").unwrap(),
            seats: None,
            kind: SeatKind::Floating,
            cpus: vec![cpu.clone()],
            host_key,
            server_host_ids: vec![cpu],
            pack: PackNumber::new("P-1").unwrap(),
            index: 1,
        }
    }

    struct Case {
        feature: &'static str,
        version: &'static str,
        config: u64,
        cpu: &'static str,
        today: &'static str,
        proved: Option<u8>,
    }

    fn check(line: &VerifiedLine, case: &Case, require: bool) -> Result<(), i32> {
        let key = case.proved.map(|seed| SecretKey::for_host([seed; 32]).public());
        let feature = Feature::new(case.feature).unwrap();
        let pool = PoolId::new(
            line.vendor.clone(),
            ConfigId::Number(case.config),
            CpuId::new(case.cpu).unwrap(),
            feature.clone(),
            "",
        );
        let workstation = CpuId::new("02aa10203099").unwrap();
        let wanted = Wanted {
            feature: &feature,
            version: &Version::new(case.version).unwrap(),
            pool: &pool.unwrap(),
            today: Date::parse(case.today).unwrap(),
            host_key: key.as_ref(),
            workstation: Some(&workstation),
        };
        covers(line, &wanted, require).map_err(|e| e.code.number())
    }

    #[test]
    fn a_line_must_cover_feature_version_date_pool_and_host_key() {
        let good = Case {
            feature: "mill",
            version: "4.0",
            config: 11470,
            cpu: "02aa10203040",
            today: "31-dec-2027",
            proved: Some(1),
        };
        let line = verified(Some(SecretKey::for_host([1; 32]).public()));
        assert_eq!(check(&line, &good, true), Ok(()));
        for (case, code) in [
            (Case { feature: "lathe", ..good }, -8),
            (Case { version: "4.1", ..good }, -25),
            (Case { config: 11471, ..good }, -8),
            (Case { cpu: "02aa10203041", ..good }, -8),
            (Case { today: "1-jan-2028", ..good }, -10),
            (Case { today: "31-dec-2026", ..good }, -31),
            (Case { proved: Some(2), ..good }, -33),
            (Case { proved: None, ..good }, -33),
        ] {
            assert_eq!(check(&line, &case, true), Err(code));
            assert_eq!(check(&line, &case, false), Err(code), "a host key that is named must be proved");
        }
        assert_eq!(check(&verified(None), &good, true), Err(-8));
        assert_eq!(check(&verified(None), &good, false), Ok(()));
        let locked = VerifiedLine { kind: SeatKind::Locked, ..line };
        assert_eq!(check(&locked, &good, true), Err(-9), "locked to another workstation");
    }

    #[test]
    fn a_server_must_prove_its_key_over_our_nonce() {
        let policy = TrustPolicy::Vendor { keys: Trust::default(), require_host_key: true };
        let key = SecretKey::for_host([1; 32]);
        let proof = license::host_proof(&key, &[5; 32], SessionId(9));
        let welcome = |key: &[u8], proof: &[u8]| v1::Welcome {
            session: 9,
            host_key: key.to_vec().into(),
            host_proof: proof.to_vec().into(),
            ..v1::Welcome::default()
        };
        let public = key.public();
        let good = welcome(public.as_bytes(), &proof);
        assert_eq!(host_key(&policy, &good, &[5; 32]), Ok(Some(public.clone())));
        let other = SecretKey::for_host([2; 32]).public();
        for (bad, nonce) in [
            (good.clone(), [6; 32]),
            (welcome(other.as_bytes(), &proof), [5; 32]),
            (welcome(public.as_bytes(), &proof[..63]), [5; 32]),
            (welcome(&[], &[]), [5; 32]),
            (welcome(&[0; 32], &proof), [5; 32]),
        ] {
            assert_eq!(host_key(&policy, &bad, &nonce).unwrap_err().code, Code::BadHandshake);
        }
        let lenient = policy.without_host_key();
        assert_eq!(host_key(&lenient, &welcome(&[], &[]), &[5; 32]), Ok(None));
        assert_eq!(host_key(&TrustPolicy::Unverified, &welcome(&[], &[]), &[5; 32]), Ok(None));
    }

    #[test]
    fn lf_06_a_line_of_a_revoked_key_proves_nothing() {
        let key = SecretKey::for_vendor(Vendor::new("acmed").unwrap(), [1; 32]);
        let pack =
            license::Source::new("p.lic", "SERVER a 02aa10203040\nINCREMENT mill acmed 1 permanent 1\n");
        let options = license::SignOptions::new(PackNumber::new("P-1").unwrap());
        let signed = license::sign_pack(&pack, &key, &options).unwrap();
        let public = key.public();
        let policy = || TrustPolicy::vendor("acmed", &public.to_string()).unwrap();
        let TrustPolicy::Vendor { keys, .. } = policy() else { panic!("it trusts a vendor") };
        let loaded = license::load(&[license::Source::new("p.lic", signed)], &keys, None, false);
        let sent = loaded.entitlements[0].line.as_ref().unwrap();
        let sent = v1::SignedLine {
            canonical: sent.canonical.clone(),
            key_id: sent.key_id.to_string(),
            signature: sent.signature.to_vec().into(),
        };
        let (whole, id) = (public.to_string(), public.id().to_string());
        for (vendor, revoked, is_good) in
            [("acmed", &whole, false), ("acmed", &id, false), ("other", &whole, true), ("other", &id, true)]
        {
            let policy = policy().revoking(vendor, revoked).unwrap();
            let TrustPolicy::Vendor { keys, require_host_key: true } = policy else { panic!("{policy:?}") };
            match line(&keys, &sent) {
                Ok(_) => assert!(is_good, "{vendor} {revoked}"),
                Err(error) => {
                    assert!(!is_good && error.code == Code::BadSignature, "{error:?}");
                    assert!(error.why.contains("has revoked its key") && error.why.contains("its new key"));
                }
            }
        }
    }

    #[test]
    fn a_wrong_key_of_an_application_is_named() {
        assert!(TrustPolicy::vendor("acmed", "nonsense").unwrap_err().to_string().contains("acmed"));
        assert!(TrustPolicy::vendor("ac med", "").is_err());
        let policy = || TrustPolicy::Unverified;
        assert!(policy().revoking("acmed", "1A2B3C4D").unwrap_err().to_string().contains("acmed"));
        assert!(policy().revoking("ac med", "1a2b3c4d").is_err());
        assert_eq!(policy().revoking("acmed", "1a2b3c4d").unwrap(), TrustPolicy::Unverified);
    }
}
