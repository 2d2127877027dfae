//! One signed line by itself: what a client is shown as the proof of its seat.

use bytes::Bytes;
use names::{Code, ConfigId, CpuId, Date, Expiry, Feature, PackNumber, SeatCount, Vendor, Version};

use crate::canonical::CanonicalLine;
use crate::findings::Findings;
use crate::key::LastKey;
use crate::syntax::Keyword;
use crate::{KeyId, PublicKey, SeatKind, Suite, Trust, package, shape, terms};

/// The proof of one line: enough to verify it and to read what it gives, without its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedLine {
    /// The bytes that were signed (see the crate's README).
    pub canonical: Bytes,
    /// Which of the vendor's keys signed.
    pub key_id: KeyId,
    /// The signature.
    pub signature: [u8; 64],
}

impl SignedLine {
    /// The value of an attribute as it was signed: `CUSTOMER`, `SUBSCRIPTION`, `SN` … Nothing where the line
    /// does not have it. It proves nothing by itself: the line is verified before.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<String> {
        let line = CanonicalLine::parse(&self.canonical).ok()?;
        let mut words = line.line.words.iter();
        let word = words.find(|word| word.has_value() && word.key(line.text) == key.as_bytes())?;
        word.value(line.text).map(|value| String::from_utf8_lossy(&value).into_owned())
    }
}

/// What a verified line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedLine {
    /// Whose license it is.
    pub vendor: Vendor,
    /// Which configuration.
    pub config: ConfigId,
    /// Which feature.
    pub feature: Feature,
    /// The highest version it covers.
    pub version: Version,
    /// First day it may be used.
    pub start: Option<Date>,
    /// Last day it may be used.
    pub expiry: Expiry,
    /// How many seats; nothing on an uncounted line.
    pub seats: Option<SeatCount>,
    /// How the seats are bound.
    pub kind: SeatKind,
    /// Floating and named: the license host's id, one. Locked: what it is locked to.
    pub cpus: Vec<CpuId>,
    /// The key that the serving daemon must prove.
    pub host_key: Option<PublicKey>,
    /// The ids of the SERVER lines, in order.
    pub server_host_ids: Vec<CpuId>,
    /// The pack it belongs to.
    pub pack: PackNumber,
    /// Its number among the pack's signed lines, from 1.
    pub index: u32,
}

/// What a verified PACKAGE line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedPackage {
    /// Whose package it is.
    pub vendor: Vendor,
    /// Its name, which the line that enables it has as its feature.
    pub name: Feature,
    /// Of which version that line is; nothing: of any.
    pub version: Option<Version>,
    /// How its components are taken; nothing where they are ordinary features.
    pub suite: Option<Suite>,
    /// What it is made of.
    pub components: Vec<VerifiedComponent>,
    /// The pack it belongs to.
    pub pack: PackNumber,
}

/// One component of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedComponent {
    /// Which feature.
    pub feature: Feature,
    /// Its version; nothing: the enabling line's.
    pub version: Option<Version>,
    /// So many for each seat of the enabling line; nothing: one.
    pub count: Option<SeatCount>,
}

impl VerifiedPackage {
    /// What a line that enables this package gives of a component: the line, with the component's feature,
    /// version and seats. Nothing where the line does not enable it, or it has no such component.
    #[must_use]
    pub fn component(&self, enabling: &VerifiedLine, feature: &Feature) -> Option<VerifiedLine> {
        let same = self.vendor == enabling.vendor && self.name == enabling.feature;
        let enabled = same && self.version.as_ref().is_none_or(|version| *version == enabling.version);
        let part = self.components.iter().find(|part| part.feature == *feature).filter(|_| enabled)?;
        let each = u64::from(part.count.map_or(1, SeatCount::get));
        let seats = match enabling.seats {
            Some(seats) => Some(SeatCount::new(u64::from(seats.get()) * each).ok()?),
            None => None,
        };
        let version = part.version.unwrap_or(enabling.version);
        Some(VerifiedLine { feature: feature.clone(), version, seats, ..enabling.clone() })
    }
}

/// Why a signed line proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// No key of this vendor is trusted.
    #[error("no key of the vendor {0} is trusted")]
    UnknownVendor(Vendor),
    /// The vendor has trusted keys, but not this one.
    #[error("the vendor {vendor} has no trusted key {key}")]
    UnknownKey {
        /// The vendor of the line.
        vendor: Vendor,
        /// The key that the line names.
        key: KeyId,
    },
    /// The vendor has revoked the key that signed.
    #[error("the vendor {vendor} has revoked its key {key}")]
    RevokedKey {
        /// The vendor of the line.
        vendor: Vendor,
        /// The key that the line names.
        key: KeyId,
    },
    /// The signature is not that key's over these bytes.
    #[error("the signature does not belong to this line")]
    BadSignature,
    /// The bytes are no canonical line of this format.
    #[error("not a signed license line: {0}")]
    NotALine(String),
}

impl LineError {
    /// FlexNet's code for it.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::UnknownVendor(_)
            | Self::UnknownKey { .. }
            | Self::RevokedKey { .. }
            | Self::BadSignature => Code::BadSignature,
            Self::NotALine(_) => Code::BadSyntax,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::UnknownVendor(_) | Self::UnknownKey { .. } => {
                "if the key is the vendor's, trust it (`--key VENDOR=KEY`, or `keys` in the daemon's configuration); \
                 else ask the vendor for the pack"
            }
            Self::RevokedKey { .. } => "ask the vendor for the pack that is signed with its new key",
            Self::BadSignature | Self::NotALine(_) => "restore the file as the vendor delivered it",
        }
    }
}

/// Verifies one line by itself and reads it. Dates are not judged: that needs a clock.
///
/// # Errors
/// When it is no canonical line, its vendor's key is not trusted or revoked, or the signature is wrong.
pub fn verify_line(line: &SignedLine, keys: &Trust) -> Result<VerifiedLine, LineError> {
    let mut findings = Findings::new(0);
    let is_license = |keyword| matches!(keyword, Keyword::Feature | Keyword::Increment | Keyword::Upgrade);
    let (canonical, vendor, pack) = verified(line, keys, is_license, &mut findings)?;
    let terms = terms::read(canonical.text, &canonical.line, &mut LastKey::default(), &mut findings);
    let terms = terms.ok_or_else(|| unreadable(&findings))?;
    Ok(VerifiedLine {
        vendor,
        config: terms.config_in(&pack),
        cpus: terms.cpus(&canonical.hosts),
        feature: terms.feature,
        version: terms.version,
        start: terms.start,
        expiry: terms.expiry,
        seats: terms.seats,
        kind: terms.kind,
        host_key: terms.host_key,
        server_host_ids: canonical.hosts,
        pack,
        index: canonical.index,
    })
}

/// Verifies a PACKAGE line by itself and reads it. With the line that enables it, it proves a component.
///
/// # Errors
/// As [`verify_line`].
pub fn verify_package(line: &SignedLine, keys: &Trust) -> Result<VerifiedPackage, LineError> {
    let mut findings = Findings::new(0);
    let is_package = |keyword| keyword == Keyword::Package;
    let (canonical, vendor, pack) = verified(line, keys, is_package, &mut findings)?;
    let read = package::read(canonical.text, &canonical.line, &mut LastKey::default(), &mut findings);
    let package::Package { name, version, components, suite, .. } =
        read.ok_or_else(|| unreadable(&findings))?;
    let components = components.into_iter().map(|part| {
        let package::Component { feature, version, count } = part;
        VerifiedComponent { feature, version, count }
    });
    Ok(VerifiedPackage { vendor, name, version, suite, components: components.collect(), pack })
}

/// A canonical line of the kind that is meant, with its vendor's signature, and its vendor and pack.
fn verified<'a>(
    line: &'a SignedLine,
    keys: &Trust,
    is_kind: impl Fn(Keyword) -> bool,
    findings: &mut Findings,
) -> Result<(CanonicalLine<'a>, Vendor, PackNumber), LineError> {
    let canonical = CanonicalLine::parse(&line.canonical).map_err(none)?;
    if canonical.digest.is_none() {
        return Err(none("it does not say which pack it was signed with"));
    }
    let is_line = is_kind(canonical.line.keyword) && canonical.index != 0;
    if !is_line || !shape::check(canonical.text, &canonical.line, findings) {
        return Err(none("its last row is no license line"));
    }
    let (vendor, pack) = terms::claimed(canonical.text, &canonical.line);
    let vendor = vendor.ok_or_else(|| none("it names no vendor"))?;
    check_signature(&line.canonical, &vendor, line.key_id, &line.signature, keys)?;
    let pack = pack.ok_or_else(|| none("it names no pack"))?;
    Ok((canonical, vendor, pack))
}

fn none(why: &str) -> LineError {
    LineError::NotALine(why.to_owned())
}

fn unreadable(findings: &Findings) -> LineError {
    none(findings.first_error().map_or("it cannot be read", |found| found.message.as_str()))
}

/// Whether one of the vendor's trusted keys with this id signed these bytes.
pub(crate) fn check_signature(
    canonical: &[u8],
    vendor: &Vendor,
    key_id: KeyId,
    signature: &[u8; 64],
    keys: &Trust,
) -> Result<(), LineError> {
    keys.trusts(vendor, key_id)?;
    let signed = |key: &PublicKey| key.verifies(canonical, signature);
    if keys.candidates(vendor, key_id).any(signed) {
        Ok(())
    } else if keys.revoked_keys(vendor, key_id).any(signed) {
        // Its id is that of another key, which is good.
        Err(LineError::RevokedKey { vendor: vendor.clone(), key: key_id })
    } else {
        Err(LineError::BadSignature)
    }
}
