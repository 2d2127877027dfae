//! The file that a secret key is kept in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use names::Vendor;
use zeroize::Zeroizing;

use crate::{KeyError, PublicKey, SecretKey};

/// First line of a key file; the number is the format's.
const FORMAT: &str = "seatkeeper-secret-key 1";
const BEGIN: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----";
const END: &str = "-----END ENCRYPTED PRIVATE KEY-----";

/// A key file: whose key it is, the public key, and the secret one, or what it is encrypted to.
///
/// This crate neither encrypts nor decrypts: that is PKCS#8 (RFC 5958), as other tools read it.
#[derive(Debug, Clone)]
pub struct KeyFile {
    vendor: Option<Vendor>,
    public: PublicKey,
    secret: Secret,
}

#[derive(Debug, Clone)]
enum Secret {
    Open(Box<SecretKey>),
    Encrypted(String),
}

impl KeyFile {
    /// Whether a text says that it is a key file.
    #[must_use]
    pub fn is_one(text: &str) -> bool {
        rows(text).next() == Some(FORMAT)
    }

    /// Reads a key file.
    ///
    /// # Errors
    /// When the text is none, or its two keys do not belong together. The message never shows the
    /// secret.
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        let mut rows = rows(text);
        if rows.next() != Some(FORMAT) {
            return Err(KeyError::NotAKeyFile("its first line must be `seatkeeper-secret-key 1`"));
        }
        let vendor = match rows.next().map(|row| row.split_once(' ').unwrap_or((row, ""))) {
            Some(("host", "")) => None,
            Some(("vendor", name)) => Some(Vendor::new(name).map_err(KeyError::Vendor)?),
            _ => return Err(KeyError::NotAKeyFile("its second line must be `vendor NAME` or `host`")),
        };
        let public: PublicKey = rows
            .next()
            .and_then(|row| row.strip_prefix("public "))
            .ok_or(KeyError::NotAKeyFile("its third line must be `public` and the public key"))?
            .parse()?;
        let rest: Vec<&str> = rows.collect();
        let secret = match rest.as_slice() {
            [BEGIN, body @ .., END] if body.iter().all(|row| !row.starts_with('-')) => {
                Secret::Encrypted(format!("{BEGIN}\n{}\n{END}\n", body.join("\n")))
            }
            [BEGIN, ..] => {
                return Err(KeyError::NotAKeyFile("its encrypted key must end with the file, and end once"));
            }
            [secret] => Secret::Open(Box::new(open(secret, vendor.clone(), &public)?)),
            _ => return Err(NO_SECRET),
        };
        Ok(Self { vendor, public, secret })
    }

    /// Whose key it is; nothing for a license host's.
    #[must_use]
    pub fn vendor(&self) -> Option<&Vendor> {
        self.vendor.as_ref()
    }

    /// The public key. Where the secret key is encrypted this is only what the file says.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The encrypted secret key, as PEM; nothing where it is not encrypted.
    #[must_use]
    pub fn encrypted(&self) -> Option<&str> {
        match &self.secret {
            Secret::Open(_) => None,
            Secret::Encrypted(pem) => Some(pem),
        }
    }

    /// The secret key of a file that is not encrypted.
    ///
    /// # Errors
    /// When it is.
    pub fn into_secret(self) -> Result<SecretKey, KeyError> {
        match self.secret {
            Secret::Open(key) => Ok(*key),
            Secret::Encrypted(_) => Err(KeyError::Encrypted),
        }
    }

    /// The secret key, from what the encrypted one was decrypted to.
    ///
    /// # Errors
    /// When that is no ed25519 key in PKCS#8, or not the one of the file's public key.
    pub fn decrypted(&self, pkcs8: &[u8]) -> Result<SecretKey, KeyError> {
        let seed = pkcs8.strip_prefix(&SecretKey::PKCS8_HEAD).and_then(|seed| seed.first_chunk::<32>());
        let Some(seed) = seed.filter(|seed| seed.len() + SecretKey::PKCS8_HEAD.len() == pkcs8.len()) else {
            return Err(KeyError::NotAKeyFile("its encrypted key is no ed25519 key in PKCS#8"));
        };
        belongs(SecretKey::generate(*seed, self.vendor.clone()), &self.public)
    }
}

const NO_SECRET: KeyError = KeyError::NotAKeyFile(
    "its fourth and last line must be `secret` and 32 bytes in base64, or an ENCRYPTED PRIVATE KEY follow",
);

fn rows(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn open(row: &str, vendor: Option<Vendor>, public: &PublicKey) -> Result<SecretKey, KeyError> {
    let secret = row.strip_prefix("secret ").and_then(|text| STANDARD.decode(text).ok()).ok_or(NO_SECRET)?;
    let secret = Zeroizing::new(secret);
    let mut seed = Zeroizing::new([0; 32]);
    if secret.len() != seed.len() {
        return Err(NO_SECRET);
    }
    seed.copy_from_slice(&secret);
    belongs(SecretKey::generate(*seed, vendor), public)
}

fn belongs(key: SecretKey, public: &PublicKey) -> Result<SecretKey, KeyError> {
    if key.public() == *public {
        Ok(key)
    } else {
        Err(KeyError::NotAKeyFile("its public key does not belong to its secret key"))
    }
}

impl SecretKey {
    /// What stands before the 32 bytes of an ed25519 key in PKCS#8 (RFC 8410, section 7).
    const PKCS8_HEAD: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

    /// The key in PKCS#8 (DER), to be encrypted.
    #[must_use]
    pub fn to_pkcs8(&self) -> Zeroizing<Vec<u8>> {
        let mut der = Zeroizing::new(Vec::with_capacity(48));
        der.extend_from_slice(&Self::PKCS8_HEAD);
        der.extend_from_slice(self.seed());
        der
    }

    /// The text of a key file that is not encrypted: to be written with mode 0600 and shown to nobody.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let secret = Zeroizing::new(STANDARD.encode(self.seed()));
        self.text(&["secret ", &secret, "\n"])
    }

    /// The text of a key file with the secret key encrypted: `pem` is what [`Self::to_pkcs8`] was
    /// encrypted to.
    #[must_use]
    pub fn to_encrypted_text(&self, pem: &str) -> Zeroizing<String> {
        self.text(&[pem])
    }

    fn text(&self, secret: &[&str]) -> Zeroizing<String> {
        let owner = match self.vendor() {
            Some(vendor) => format!("vendor {vendor}"),
            None => "host".to_owned(),
        };
        // Of the final size from the start: a text that grew would leave a copy of itself behind.
        let mut text = Zeroizing::new(String::with_capacity(1024));
        for part in [FORMAT, "\n", &owner, "\npublic ", &self.public().to_string(), "\n"] {
            text.push_str(part);
        }
        for part in secret {
            text.push_str(part);
        }
        text
    }

    /// Reads a key file that is not encrypted.
    ///
    /// # Errors
    /// As [`KeyFile::from_text`], and where the secret key is encrypted.
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        KeyFile::from_text(text)?.into_secret()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEM: &str =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\nBBBB\n-----END ENCRYPTED PRIVATE KEY-----\n";

    fn acmed() -> SecretKey {
        SecretKey::for_vendor(Vendor::new("acmed").unwrap(), [3; 32])
    }

    #[test]
    fn a_key_file_comes_back_and_shows_no_secret() {
        for key in [acmed(), SecretKey::for_host([4; 32])] {
            let text = key.to_text();
            let back = SecretKey::from_text(&text).unwrap();
            assert_eq!(back.public(), key.public());
            assert_eq!(back.vendor(), key.vendor());
            let secret = STANDARD.encode(key.seed());
            assert!(text.contains(&secret));
            assert!(!format!("{key:?} {:?}", KeyFile::from_text(&text)).contains(&secret));
            let crlf = format!("# a note\r\n{}", text.replace('\n', "\r\n"));
            assert!(SecretKey::from_text(&crlf).is_ok() && KeyFile::is_one(&crlf));
        }
        assert!(!KeyFile::is_one("state_folder = \"/s\"\n"));
    }

    #[test]
    fn an_encrypted_key_file_says_whose_it_is_and_keeps_its_secret() {
        let key = acmed();
        let text = key.to_encrypted_text(PEM);
        for text in [text.to_string(), text.replace('\n', "\r\n")] {
            let file = KeyFile::from_text(&text).unwrap();
            assert_eq!((file.vendor(), file.public()), (key.vendor(), &key.public()));
            assert_eq!(file.encrypted(), Some(PEM));
            let back = file.decrypted(&key.to_pkcs8()).unwrap();
            assert_eq!((back.public(), back.vendor()), (key.public(), key.vendor()));
            assert_eq!(SecretKey::from_text(&text).unwrap_err(), KeyError::Encrypted);
            let other = SecretKey::for_host([9; 32]).to_pkcs8();
            let long = [&key.to_pkcs8()[..], &[0]].concat();
            for bad in [&other[..], &long, &key.to_pkcs8()[..47], &key.to_pkcs8()[16..], &[]] {
                assert!(matches!(file.decrypted(bad), Err(KeyError::NotAKeyFile(_))), "{bad:?}");
            }
        }
    }

    #[test]
    fn a_broken_key_file_is_refused_without_showing_it() {
        let text = acmed().to_text();
        let secret = text.lines().last().unwrap().strip_prefix("secret ").unwrap().to_owned();
        let other = SecretKey::for_host([9; 32]).public().to_string();
        let mine = SecretKey::for_host([3; 32]).public().to_string();
        let encrypted = acmed().to_encrypted_text(PEM);
        for bad in [
            String::new(),
            text.replace("key 1", "key 2"),
            text.replace("acmed", "ac med"),
            text.replace("vendor", "vender"),
            text.replace(&mine, &other),
            text.replace(&secret, &secret[..40]),
            format!("{}more\n", *text),
            format!("{}{PEM}", *text),
            format!("{}{PEM}", *encrypted),
            format!("{}more\n", *encrypted),
            encrypted.replace("END", "AND"),
            encrypted.replace("-----BEGIN ENC", "-----BEGIN UNENC"),
        ] {
            let error = KeyFile::from_text(&bad).unwrap_err().to_string();
            assert!(!error.contains(&secret[..16]), "{error}");
        }
    }
}
