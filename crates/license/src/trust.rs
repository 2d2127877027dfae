//! The vendor keys somebody decided to trust.

use names::Vendor;

use crate::{KeyId, LineError, PublicKey};

/// One vendor's public key. The vendor's name is pinned: the key says nothing about other vendors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedKey {
    /// Whose key it is.
    pub vendor: Vendor,
    /// The key.
    pub key: PublicKey,
}

/// The trusted keys: from the daemon's configuration, or built into an application. A vendor may
/// have several, while one replaces another.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trust {
    keys: Vec<TrustedKey>,
    any_vendor: Vec<PublicKey>,
}

impl Trust {
    /// Trusts these keys.
    #[must_use]
    pub fn new(keys: Vec<TrustedKey>) -> Self {
        Self { keys, any_vendor: Vec::new() }
    }

    /// Tries these keys for every vendor's lines as well. That is for looking at a license; who serves
    /// or uses one knows whose key it is.
    #[must_use]
    pub fn with_any_vendor(self, any_vendor: Vec<PublicKey>) -> Self {
        Self { any_vendor, ..self }
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &[TrustedKey] {
        &self.keys
    }

    /// Whether any key of the vendor is trusted.
    #[must_use]
    pub fn knows(&self, vendor: &Vendor) -> bool {
        !self.any_vendor.is_empty() || self.keys.iter().any(|trusted| trusted.vendor == *vendor)
    }

    /// Whether the vendor has a key with this id.
    pub(crate) fn trusts(&self, vendor: &Vendor, key: KeyId) -> Result<(), LineError> {
        if self.candidates(vendor, key).next().is_some() {
            return Ok(());
        }
        let vendor = vendor.clone();
        Err(if self.knows(&vendor) {
            LineError::UnknownKey { vendor, key }
        } else {
            LineError::UnknownVendor(vendor)
        })
    }

    /// The vendor's keys with this id (more than one only when two ids collide).
    pub(crate) fn candidates(&self, vendor: &Vendor, id: KeyId) -> impl Iterator<Item = &PublicKey> {
        let vendor = vendor.clone();
        let pinned = self.keys.iter().filter(move |trusted| trusted.vendor == vendor);
        pinned.map(|trusted| &trusted.key).chain(&self.any_vendor).filter(move |key| key.id() == id)
    }
}

impl From<Vec<TrustedKey>> for Trust {
    fn from(keys: Vec<TrustedKey>) -> Self {
        Self::new(keys)
    }
}
