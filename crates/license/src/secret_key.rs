//! Secret keys and the file they are kept in.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use names::Vendor;
use zeroize::{Zeroize as _, Zeroizing};

use crate::{KeyError, PublicKey};

/// First line of a key file; the number is the format's.
const FORMAT: &str = "seatkeeper-secret-key 1";

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

    /// The key file's text: to be written with mode 0600 and shown to nobody.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let owner = match &self.vendor {
            Some(vendor) => format!("vendor {vendor}"),
            None => "host".to_owned(),
        };
        let secret = Zeroizing::new(STANDARD.encode(self.signing.as_bytes()));
        // Of the final size from the start: a text that grew would leave a copy of itself behind.
        let mut text = Zeroizing::new(String::with_capacity(256));
        for part in
            [FORMAT, "\n", &owner, "\npublic ", &self.public().to_string(), "\nsecret ", &secret, "\n"]
        {
            text.push_str(part);
        }
        text
    }

    /// Reads a key file.
    ///
    /// # Errors
    /// When the text is none, or its two keys do not belong together. The message never shows the
    /// secret.
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        if lines.next() != Some(FORMAT) {
            return Err(KeyError::NotAKeyFile("its first line must be `seatkeeper-secret-key 1`"));
        }
        let vendor = match lines.next().map(|line| line.split_once(' ').unwrap_or((line, ""))) {
            Some(("host", "")) => None,
            Some(("vendor", name)) => Some(Vendor::new(name).map_err(KeyError::Vendor)?),
            _ => return Err(KeyError::NotAKeyFile("its second line must be `vendor NAME` or `host`")),
        };
        let public: PublicKey = lines
            .next()
            .and_then(|line| line.strip_prefix("public "))
            .ok_or(KeyError::NotAKeyFile("its third line must be `public` and the public key"))?
            .parse()?;
        let secret =
            lines.next().and_then(|line| line.strip_prefix("secret ")).map(|text| STANDARD.decode(text));
        let Some(Ok(secret)) = secret else {
            return Err(KeyError::NotAKeyFile("its fourth line must be `secret` and 32 bytes in base64"));
        };
        let secret = Zeroizing::new(secret);
        let mut seed = Zeroizing::new([0; 32]);
        if secret.len() != seed.len() || lines.next().is_some() {
            return Err(KeyError::NotAKeyFile(
                "its fourth and last line must be `secret` and 32 bytes in base64",
            ));
        }
        seed.copy_from_slice(&secret);
        let key = Self::generate(*seed, vendor);
        if key.public() == public {
            Ok(key)
        } else {
            Err(KeyError::NotAKeyFile("its public key does not belong to its secret key"))
        }
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let owner = self.vendor.as_ref().map_or("host", Vendor::as_str);
        write!(f, "SecretKey({owner}, {})", self.public().id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_comes_back_and_shows_no_secret() {
        for key in
            [SecretKey::for_vendor(Vendor::new("acmed").unwrap(), [3; 32]), SecretKey::for_host([4; 32])]
        {
            let text = key.to_text();
            let back = SecretKey::from_text(&text).unwrap();
            assert_eq!(back.public(), key.public());
            assert_eq!(back.vendor(), key.vendor());
            let secret = STANDARD.encode(key.signing.as_bytes());
            assert!(text.contains(&secret));
            assert!(!format!("{key:?}").contains(&secret));
            let crlf = format!("# a note\r\n{}", text.replace('\n', "\r\n"));
            assert!(SecretKey::from_text(&crlf).is_ok());
        }
    }

    #[test]
    fn a_broken_key_file_is_refused_without_showing_it() {
        let text = SecretKey::for_vendor(Vendor::new("acmed").unwrap(), [3; 32]).to_text();
        let secret = text.lines().last().unwrap().strip_prefix("secret ").unwrap().to_owned();
        let other = SecretKey::for_host([9; 32]).public().to_string();
        let mine = SecretKey::for_host([3; 32]).public().to_string();
        for bad in [
            String::new(),
            text.replace("key 1", "key 2"),
            text.replace("acmed", "ac med"),
            text.replace("vendor", "vender"),
            text.replace(&mine, &other),
            text.replace(&secret, &secret[..40]),
            format!("{}more\n", *text),
        ] {
            let error = SecretKey::from_text(&bad).unwrap_err().to_string();
            assert!(!error.contains(&secret[..16]), "{error}");
        }
    }
}
