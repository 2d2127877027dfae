//! The vendor keys somebody decided to trust.

use std::str::FromStr;

use names::Vendor;

use crate::{KeyError, KeyId, LineError, PublicKey};

/// One vendor's public key. The vendor's name is pinned: the key says nothing about other vendors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedKey {
    /// Whose key it is.
    pub vendor: Vendor,
    /// The key.
    pub key: PublicKey,
}

/// Which key is revoked: the key itself, or every key with this id.
///
/// The id is short. Two keys of a vendor that share it by accident are both revoked by it, and told
/// apart by the whole key; nobody is trusted by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RevokedKey {
    /// This key.
    Key(PublicKey),
    /// The keys with this id.
    Id(KeyId),
}

impl RevokedKey {
    fn is(&self, key: &PublicKey) -> bool {
        match self {
            Self::Key(revoked) => revoked == key,
            Self::Id(id) => *id == key.id(),
        }
    }

    fn id(&self) -> KeyId {
        match self {
            Self::Key(key) => key.id(),
            Self::Id(id) => *id,
        }
    }
}

impl FromStr for RevokedKey {
    type Err = KeyError;

    /// A public key, or a key id.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        if let Ok(id) = text.parse() {
            return Ok(Self::Id(id));
        }
        match text.parse() {
            Ok(key) => Ok(Self::Key(key)),
            Err(KeyError::NotBase64) => Err(KeyError::NeitherKeyNorId),
            Err(error) => Err(error),
        }
    }
}

/// That a vendor has revoked a key: what it signed for that vendor is good no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// Whose key it is; nothing: whoever's, for looking at a license.
    pub vendor: Option<Vendor>,
    /// The key.
    pub key: RevokedKey,
}

impl Revocation {
    fn is_of(&self, vendor: &Vendor) -> bool {
        self.vendor.as_ref().is_none_or(|of| of == vendor)
    }
}

/// The trusted keys: from the daemon's configuration, or built into an application. A vendor may
/// have several, while one replaces another. A revoked key is never good, though it is trusted too.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trust {
    keys: Vec<TrustedKey>,
    any_vendor: Vec<PublicKey>,
    revoked: Vec<Revocation>,
}

impl Trust {
    /// Trusts these keys.
    #[must_use]
    pub fn new(keys: Vec<TrustedKey>) -> Self {
        Self { keys, ..Self::default() }
    }

    /// Tries these keys for every vendor's lines as well. That is for looking at a license; who serves
    /// or uses one knows whose key it is.
    #[must_use]
    pub fn with_any_vendor(self, any_vendor: Vec<PublicKey>) -> Self {
        Self { any_vendor, ..self }
    }

    /// Trusts these keys no more, whoever else trusts them.
    #[must_use]
    pub fn with_revoked(mut self, revoked: impl IntoIterator<Item = Revocation>) -> Self {
        self.revoked.extend(revoked);
        self
    }

    /// The keys, the revoked ones among them too.
    #[must_use]
    pub fn keys(&self) -> &[TrustedKey] {
        &self.keys
    }

    /// Whether any key of the vendor is trusted.
    #[must_use]
    pub fn knows(&self, vendor: &Vendor) -> bool {
        !self.any_vendor.is_empty() || self.keys.iter().any(|trusted| trusted.vendor == *vendor)
    }

    /// Whether the vendor has a good key with this id.
    pub(crate) fn trusts(&self, vendor: &Vendor, key: KeyId) -> Result<(), LineError> {
        if self.candidates(vendor, key).next().is_some() {
            return Ok(());
        }
        let is_revoked = self.revocations(vendor).any(|revoked| revoked.id() == key);
        let vendor = vendor.clone();
        Err(if is_revoked {
            LineError::RevokedKey { vendor, key }
        } else if self.knows(&vendor) {
            LineError::UnknownKey { vendor, key }
        } else {
            LineError::UnknownVendor(vendor)
        })
    }

    /// The vendor's good keys with this id (more than one only when two ids collide).
    pub(crate) fn candidates(&self, vendor: &Vendor, id: KeyId) -> impl Iterator<Item = &PublicKey> {
        let pinned = self.keys.iter().filter(move |trusted| trusted.vendor == *vendor);
        let all = pinned.map(|trusted| &trusted.key).chain(&self.any_vendor);
        all.filter(move |key| key.id() == id && !self.revocations(vendor).any(|revoked| revoked.is(key)))
    }

    /// The keys with this id that the vendor has revoked, where they are known as a whole.
    pub(crate) fn revoked_keys(&self, vendor: &Vendor, id: KeyId) -> impl Iterator<Item = &PublicKey> {
        self.revocations(vendor).filter_map(move |revoked| match revoked {
            RevokedKey::Key(key) if key.id() == id => Some(key),
            _ => None,
        })
    }

    fn revocations(&self, vendor: &Vendor) -> impl Iterator<Item = &RevokedKey> {
        self.revoked.iter().filter(move |revoked| revoked.is_of(vendor)).map(|revoked| &revoked.key)
    }
}

impl From<Vec<TrustedKey>> for Trust {
    fn from(keys: Vec<TrustedKey>) -> Self {
        Self::new(keys)
    }
}
