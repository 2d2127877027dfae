//! Secret keys.

use std::fmt;

use ed25519_dalek::{Signer as _, SigningKey};
use names::Vendor;
use zeroize::Zeroize as _;

use crate::PublicKey;

/// An ed25519 secret key: a vendor's, which signs packs, or a license host's, which proves that the
/// daemon is the one a pack was made for. Its memory is wiped when it is dropped.
///
/// A vendor's key carries the vendor's name, so it can only sign that vendor's lines.
#[derive(Clone)]
pub struct SecretKey {
    signing: SigningKey,
    vendor: Option<Vendor>,
}

impl SecretKey {
    /// A vendor's key from 32 random bytes (the caller's randomness).
    #[must_use]
    pub fn for_vendor(vendor: Vendor, seed: [u8; 32]) -> Self {
        Self::generate(seed, Some(vendor))
    }

    /// A license host's key from 32 random bytes (the caller's randomness).
    #[must_use]
    pub fn for_host(seed: [u8; 32]) -> Self {
        Self::generate(seed, None)
    }

    /// A key from 32 random bytes; the caller wipes its own copy of them.
    #[must_use]
    pub fn generate(mut seed: [u8; 32], vendor: Option<Vendor>) -> Self {
        let signing = SigningKey::from_bytes(&seed);
        seed.zeroize();
        Self { signing, vendor }
    }

    /// The key to verify with.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey::from_dalek(self.signing.verifying_key())
    }

    /// Whose key it is; nothing for a license host's.
    #[must_use]
    pub fn vendor(&self) -> Option<&Vendor> {
        self.vendor.as_ref()
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.signing.sign(message).to_bytes()
    }

    pub(crate) fn seed(&self) -> &[u8; 32] {
        self.signing.as_bytes()
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let owner = self.vendor.as_ref().map_or("host", Vendor::as_str);
        write!(f, "SecretKey({owner}, {})", self.public().id())
    }
}
