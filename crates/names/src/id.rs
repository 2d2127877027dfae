//! Identities: vendors, features, configurations, pools, grants, sessions, requests.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::{CpuId, Invalid, limits};

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $max:expr, $allowed:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks a text.
            ///
            /// # Errors
            /// When it is empty, too long or has other characters.
            pub fn new(text: &str) -> Result<Self, Invalid> {
                let allowed: fn(u8) -> bool = $allowed;
                if text.is_empty() {
                    return Err(Invalid::new($what, "it is empty"));
                }
                if text.len() > $max {
                    return Err(Invalid::new($what, format!("it has more than {} characters", $max)));
                }
                if let Some(c) = text.chars().find(|c| !u8::try_from(*c).is_ok_and(allowed)) {
                    return Err(Invalid::new($what, format!("it has the character {c:?}")));
                }
                Ok(Self(text.into()))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// A vendor's name, the second field of a license line: letters, digits, `_`, `-` and `.`.
    Vendor, "a vendor name", limits::VENDOR_CHARS_MAX,
    |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')
}

text_id! {
    /// A feature's name: letters, digits, `_`, `-`, `.`, `:` and `+`.
    Feature, "a feature name", limits::FEATURE_CHARS_MAX,
    |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':' | b'+')
}

text_id! {
    /// A vendor's number for a license pack: digits and letters with `-`, `_` or `.`.
    PackNumber, "a pack number", 32,
    |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')
}

/// The number of one configuration; unique per vendor.
///
/// Lines signed without `CONFIG_ID=` form a configuration of their own per pack, written
/// `pack:NUMBER`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConfigId {
    /// `CONFIG_ID=` of the line.
    Number(u64),
    /// A pack's own configuration, for its lines without a number.
    OfPack(PackNumber),
}

impl ConfigId {
    /// Reads `11470` or `pack:P-4711`.
    ///
    /// # Errors
    /// When it is neither; 0, leading zeros and more than 18 digits are refused.
    pub fn new(text: &str) -> Result<Self, Invalid> {
        if let Some(pack) = text.strip_prefix("pack:") {
            return PackNumber::new(pack).map(Self::OfPack);
        }
        let bad = |why: String| Err(Invalid::new("a Configuration ID", why));
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
            return bad("it must be digits".into());
        }
        if text.starts_with('0') {
            return bad("it must not begin with 0".into());
        }
        if text.len() > limits::CONFIG_ID_DIGITS_MAX {
            return bad(format!("it has more than {} digits", limits::CONFIG_ID_DIGITS_MAX));
        }
        text.parse().map(Self::Number).map_err(|_| Invalid::new("a Configuration ID", "it must be digits"))
    }
}

impl fmt::Display for ConfigId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(n) => n.fmt(f),
            Self::OfPack(pack) => write!(f, "pack:{pack}"),
        }
    }
}

impl fmt::Debug for ConfigId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What is accounted by itself: (vendor, configuration id, cpu_id, feature, pooling fields).
///
/// The pooling fields are FlexNet's: lines of one feature that differ in any of them are different
/// pools. They are kept as one canonical text, `NAME=value` in the order of their names, divided by
/// `;`, so a pool has the same id in every release and in every file.
#[derive(Clone)]
pub struct PoolId(Arc<PoolParts>);

struct PoolParts {
    /// Of the parts below, so that a pool is looked up without reading its texts again.
    hash: u64,
    vendor: Vendor,
    config: ConfigId,
    cpu: CpuId,
    feature: Feature,
    pooling: Box<str>,
}

impl PoolId {
    /// A pool of these parts.
    ///
    /// # Errors
    /// When the pooling text is too long or has control characters.
    pub fn new(
        vendor: Vendor,
        config: ConfigId,
        cpu: CpuId,
        feature: Feature,
        pooling: &str,
    ) -> Result<Self, Invalid> {
        if pooling.len() > limits::POOLING_CHARS_MAX {
            return Err(Invalid::new(
                "a pool id",
                format!("its pooling fields have more than {} characters", limits::POOLING_CHARS_MAX),
            ));
        }
        if pooling.chars().any(char::is_control) {
            return Err(Invalid::new("a pool id", "its pooling fields have a control character"));
        }
        let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
        (&vendor, &config, &cpu, &feature, pooling).hash(&mut hash);
        let hash = hash.finish();
        Ok(Self(Arc::new(PoolParts { hash, vendor, config, cpu, feature, pooling: pooling.into() })))
    }

    /// Whose license it is.
    #[must_use]
    pub fn vendor(&self) -> &Vendor {
        &self.0.vendor
    }

    /// Which configuration.
    #[must_use]
    pub fn config(&self) -> &ConfigId {
        &self.0.config
    }

    /// Floating: the license host's. Locked: the workstation's.
    #[must_use]
    pub fn cpu(&self) -> &CpuId {
        &self.0.cpu
    }

    /// Which feature.
    #[must_use]
    pub fn feature(&self) -> &Feature {
        &self.0.feature
    }

    /// FlexNet's pooling fields as one canonical text.
    #[must_use]
    pub fn pooling(&self) -> &str {
        &self.0.pooling
    }
}

impl PoolParts {
    fn texts(&self) -> (&Vendor, &ConfigId, &CpuId, &Feature, &str) {
        (&self.vendor, &self.config, &self.cpu, &self.feature, &self.pooling)
    }
}

impl PartialEq for PoolId {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || (self.0.hash == other.0.hash && self.0.texts() == other.0.texts())
    }
}

impl Eq for PoolId {}

impl Hash for PoolId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.hash);
    }
}

impl PartialOrd for PoolId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PoolId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.texts().cmp(&other.0.texts())
    }
}

/// FNV-1a: a fixed hash, for a few short texts.
struct Fnv(u64);

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl fmt::Display for PoolId {
    /// `vendor/config/cpu/feature[/pooling]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let p = &*self.0;
        write!(f, "{}/{}/{}/{}", p.vendor, p.config, p.cpu, p.feature)?;
        if p.pooling.is_empty() { Ok(()) } else { write!(f, "/{}", p.pooling) }
    }
}

impl fmt::Debug for PoolId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number_id! {
    /// A record's number in the journal: 1, 2, 3 … without a gap.
    Seq
}

number_id! {
    /// A grant: the number of the record that made it, never used again.
    GrantId
}

number_id! {
    /// A client's number for one of its requests. Within a session they rise.
    RequestId
}

number_id! {
    /// A counted rule of an options file: the number of the record that put it in force first, never
    /// used again.
    QuotaId
}

number_id! {
    /// A place in the line of a feature: the number of the record that gave it, never used again.
    WaiterId
}

/// A session's public name: random, not a secret (its token is).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u64);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lf_26_lf_27_feature_names_are_short_and_plain() {
        assert!(Feature::new("").is_err());
        assert!(Feature::new("a").is_ok());
        assert!(Feature::new(&"a".repeat(64)).is_ok());
        assert!(Feature::new(&"a".repeat(65)).is_err());
        assert!(Feature::new(&"a".repeat(65_536)).is_err());
        for bad in ["a b", "a\u{202e}", "ａ", "é", "a/b", "a\"", "a\u{200b}"] {
            assert!(Feature::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn pools_are_the_same_where_every_part_is() {
        let pool = |config: &str, pooling: &str| {
            let feature = Feature::new("mill").unwrap();
            let cpu = CpuId::new("02aa10203040").unwrap();
            PoolId::new(Vendor::new("acmed").unwrap(), ConfigId::new(config).unwrap(), cpu, feature, pooling)
                .unwrap()
        };
        assert_eq!(pool("11470", "VERSION=1"), pool("11470", "VERSION=1"));
        assert!(pool("11470", "VERSION=1") < pool("11470", "VERSION=2"));
        assert!(pool("11470", "") < pool("11471", ""));
        assert_ne!(pool("11470", ""), pool("11471", ""));
    }

    #[test]
    fn configuration_ids_are_numbers_or_a_packs_own() {
        for good in ["1", "66451", "999999999999999999", "pack:P-1"] {
            assert_eq!(ConfigId::new(good).unwrap().to_string(), good);
        }
        for bad in ["", "0", "01", "-1", "+1", "1.0", "1e3", "５", "1000000000000000000", "pack:", "pack:a b"]
        {
            assert!(ConfigId::new(bad).is_err(), "{bad:?}");
        }
    }
}
