//! Public keys and their short names.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest as _, Sha256};

use crate::KeyError;

/// An ed25519 public key that is safe to verify with: in its one canonical encoding, and not of
/// small order.
///
/// As a text it is the standard base64 of its 32 bytes (44 characters with the `=`).
///
/// A copy is cheap: every line of a pack names the license host's key.
#[derive(Clone)]
pub struct PublicKey(Arc<Parts>);

struct Parts {
    key: VerifyingKey,
    id: KeyId,
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.as_bytes() == other.as_bytes()
    }
}

impl Eq for PublicKey {}

impl PublicKey {
    /// Checks 32 bytes.
    ///
    /// # Errors
    /// When they are no point of the curve, not encoded canonically, or of small order (such a key
    /// would accept one signature for almost every message).
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        if !is_canonical_point(bytes) {
            return Err(KeyError::NotCanonical);
        }
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::NotAPoint)?;
        if key.is_weak() { Err(KeyError::Weak) } else { Ok(Self::from_dalek(key)) }
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.key.as_bytes()
    }

    /// The key's short name.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.0.id
    }

    /// Whether `signature` is this key's over `message`, checked strictly: one message and key have
    /// no second valid form of a signature.
    #[must_use]
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.0.key.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }

    pub(crate) fn from_dalek(key: VerifyingKey) -> Self {
        let digest = Sha256::digest(key.as_bytes());
        let mut id = [0; 4];
        for (to, from) in id.iter_mut().zip(digest.iter()) {
            *to = *from;
        }
        Self(Arc::new(Parts { key, id: KeyId(id) }))
    }
}

/// Whether the y coordinate is below the field's prime 2^255 − 19, so that the point has no second
/// encoding. (The other doubtful ones, x = 0 with its sign bit set, are of small order.)
fn is_canonical_point(bytes: &[u8; 32]) -> bool {
    let (Some((top, rest)), Some(low)) = (bytes.split_last(), bytes.first()) else { return false };
    let prime_or_more = top & 0x7f == 0x7f && *low >= 0xed && rest.iter().skip(1).all(|byte| *byte == 0xff);
    !prime_or_more
}

/// The key that was read last: to take a key apart costs half as much as to check a signature, and the
/// lines of a pack all name one host's.
#[derive(Debug, Default)]
pub(crate) struct LastKey(Option<(String, PublicKey)>);

impl LastKey {
    /// Reads a key, or remembers it.
    pub(crate) fn read(&mut self, text: &str) -> Result<PublicKey, KeyError> {
        if let Some((_, key)) = self.0.as_ref().filter(|(last, _)| last == text) {
            return Ok(key.clone());
        }
        let key: PublicKey = text.parse()?;
        self.0 = Some((text.to_owned(), key.clone()));
        Ok(key)
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let bytes = STANDARD.decode(text).map_err(|_| KeyError::NotBase64)?;
        Self::from_bytes(&bytes.try_into().map_err(|_| KeyError::NotBase64)?)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::hash::Hash for PublicKey {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

/// A key's short name: the first eight hexadecimal digits of the SHA-256 of its 32 bytes.
///
/// It only says which key to try; it proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId([u8; 4]);

impl FromStr for KeyId {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let lower = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if text.len() != 8 || !text.bytes().all(lower) {
            return Err(KeyError::NotAKeyId);
        }
        u32::from_str_radix(text, 16).map(|n| Self(n.to_be_bytes())).map_err(|_| KeyError::NotAKeyId)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The eight points of small order, and spellings of them that are not canonical.
    const SMALL_ORDER: [&str; 12] = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ];

    fn bytes(hex: &str) -> [u8; 32] {
        std::array::from_fn(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
    }

    #[test]
    fn lf_07_lf_09_keys_of_small_order_and_second_encodings_are_refused() {
        for hex in SMALL_ORDER {
            assert!(PublicKey::from_bytes(&bytes(hex)).is_err(), "{hex}");
            assert!(STANDARD.encode(bytes(hex)).parse::<PublicKey>().is_err(), "{hex}");
        }
        // Every y from the prime up to 2^255 - 1 has a canonical twin below 19.
        for low in 0xed..=0xff_u8 {
            let mut key = [0xff; 32];
            key[0] = low;
            for top in [0x7f, 0xff] {
                key[31] = top;
                assert_eq!(PublicKey::from_bytes(&key), Err(KeyError::NotCanonical));
            }
        }
    }

    #[test]
    fn a_key_comes_back_from_its_text_and_only_from_that() {
        let key = crate::SecretKey::for_host([7; 32]).public();
        let text = key.to_string();
        assert_eq!(text.len(), 44);
        assert_eq!(text.parse::<PublicKey>(), Ok(key.clone()));
        for bad in [&text[..43], &format!("{text}="), &format!(" {text}"), &text.replace('=', ""), ""] {
            assert!(bad.parse::<PublicKey>().is_err(), "{bad:?}");
        }
        assert_eq!(key.id().to_string().parse::<KeyId>(), Ok(key.id()));
        for bad in ["", "0123456", "012345678", "0123456g", "0123456A", "+1234567"] {
            assert!(bad.parse::<KeyId>().is_err(), "{bad:?}");
        }
    }
}
