//! Key files: read where nobody else may read them, decrypted, encrypted.

use std::path::Path;

use license::{KeyFile, SecretKey};
use names::Code;
use pkcs8::der::pem::LineEnding;
use pkcs8::der::{Decode as _, SecretDocument};
use pkcs8::pkcs5::{EncryptionScheme, pbes2, scrypt};
use pkcs8::{EncryptedPrivateKeyInfoRef, PrivateKeyInfoRef};
use zeroize::Zeroizing;

use crate::fail::Failure;
use crate::files;
use crate::passphrase::{Passphrase, Place};

/// What the label of an encrypted key is in PEM (RFC 7468).
const LABEL: &str = "ENCRYPTED PRIVATE KEY";
const WHAT: &str = "the key file of `seatkeeper issue keygen`";

/// scrypt's N is 2 to this. With r = 8 and p = 5 a guess takes 16 MiB, five times over; OpenSSL reads
/// no more than 32 MiB.
const LOG_N: u8 = 14;
/// The most memory that a key file may ask for, and the most passes over it.
const MEMORY_MAX: u64 = 256 * 1024 * 1024;
const PASSES_MAX: u16 = 16;

/// Reads a key file that only its user may read.
pub(crate) fn read(path: &Path) -> Result<KeyFile, Failure> {
    let (bytes, mode) = files::read_with_mode(path, WHAT)?;
    let bytes = Zeroizing::new(bytes);
    let text = files::text(path, &bytes, WHAT)?;
    // What else it may be is said first.
    let file = KeyFile::from_text(text)
        .map_err(|error| failure(path, &error.to_string(), &format!("name {WHAT}")))?;
    files::check_private(path, mode)?;
    Ok(file)
}

/// The secret key of a key file, with the passphrase where it is encrypted.
pub(crate) fn open(path: &Path, file: KeyFile, passphrase: Place) -> Result<SecretKey, Failure> {
    let key = match file.encrypted() {
        Some(pem) => decrypt(&file, pem, &passphrase.known(path)?),
        None => file.into_secret().map_err(|error| Closed::Bad(error.to_string())),
    };
    key.map_err(|closed| match closed {
        Closed::Wrong => failure(
            path,
            "the passphrase is wrong, or the file was altered",
            "give the passphrase that the key was encrypted with, or restore the file from a backup",
        ),
        Closed::Bad(why) => failure(path, &why, "restore the file from a backup"),
    })
}

/// The text of a key file.
pub(crate) fn text(key: &SecretKey, passphrase: Option<&Passphrase>) -> Result<Zeroizing<String>, Failure> {
    let Some(passphrase) = passphrase else { return Ok(key.to_text()) };
    let (mut salt, mut iv) = ([0; 16], [0; 16]);
    let random = getrandom::fill(&mut salt).and_then(|()| getrandom::fill(&mut iv));
    random.map_err(|error| Failure::new(Code::BadParameter, format!("no random bytes: {error}"), ""))?;
    let pem = encrypt(key, passphrase, LOG_N, &salt, iv)
        .map_err(|error| Failure::new(Code::BadParameter, format!("cannot encrypt the key: {error}"), ""))?;
    Ok(key.to_encrypted_text(&pem))
}

fn failure(path: &Path, why: &str, remedy: &str) -> Failure {
    let shown = client::shown(&path.display().to_string(), 500);
    Failure::new(Code::BadParameter, format!("{shown}: {why}"), remedy)
}

fn encrypt(
    key: &SecretKey,
    passphrase: &Passphrase,
    log_n: u8,
    salt: &[u8],
    iv: [u8; 16],
) -> Result<Zeroizing<String>, pkcs8::Error> {
    let cost = scrypt::Params::new(log_n, 8, 5).map_err(|_| pkcs8::Error::ParametersMalformed)?;
    let parameters = pbes2::Parameters::generate_scrypt_aes256cbc(cost, salt, iv)?;
    let der = key.to_pkcs8();
    let encrypted = PrivateKeyInfoRef::from_der(&der)?.encrypt_with_params(parameters, passphrase.bytes())?;
    Ok(encrypted.to_pem(LABEL, LineEnding::LF)?)
}

/// Why an encrypted key stays closed.
enum Closed {
    /// The passphrase, or what was encrypted, is another.
    Wrong,
    /// This is no encryption of ours.
    Bad(String),
}

fn decrypt(file: &KeyFile, pem: &str, passphrase: &Passphrase) -> Result<SecretKey, Closed> {
    let bad = |what: &str| Closed::Bad(format!("its encrypted key {what}"));
    let (label, der) = SecretDocument::from_pem(pem).map_err(|_| bad("is no PEM"))?;
    let encrypted =
        EncryptedPrivateKeyInfoRef::from_der(der.as_bytes()).map_err(|_| bad("is not PKCS#8 with PBES2"))?;
    if label != LABEL || !is_within_limits(&encrypted.encryption_algorithm) {
        return Err(bad("is not encrypted with scrypt, or asks for more than 256 MiB of memory"));
    }
    let opened = encrypted.decrypt(passphrase.bytes()).map_err(|_| Closed::Wrong)?;
    file.decrypted(opened.as_bytes()).map_err(|_| Closed::Wrong)
}

/// A file does not decide how long it is worked on.
fn is_within_limits(scheme: &EncryptionScheme) -> bool {
    let Some(pbes2::Kdf::Scrypt(cost)) = scheme.pbes2().map(|parameters| &parameters.kdf) else {
        return false;
    };
    let memory = cost.cost_parameter.checked_mul(128 * u64::from(cost.block_size));
    cost.cost_parameter > 1
        && cost.block_size > 0
        && (1..=PASSES_MAX).contains(&cost.parallelization)
        && memory.is_some_and(|bytes| bytes <= MEMORY_MAX)
}

#[cfg(test)]
mod tests {
    use names::Vendor;

    use super::*;

    fn passphrase(text: &str) -> Passphrase {
        Passphrase::new(Zeroizing::new(text.into()), "a test").ok().unwrap()
    }

    fn key() -> SecretKey {
        SecretKey::for_vendor(Vendor::new("acmed").unwrap(), [3; 32])
    }

    fn encrypted(log_n: u8) -> String {
        let pem = encrypt(&key(), &passphrase("horse"), log_n, &[7; 16], [9; 16]).unwrap();
        key().to_encrypted_text(&pem).to_string()
    }

    fn opened(text: &str, with: &str) -> Result<SecretKey, Closed> {
        let file = KeyFile::from_text(text).map_err(|error| Closed::Bad(error.to_string()))?;
        let pem = file.encrypted().unwrap().to_owned();
        decrypt(&file, &pem, &passphrase(with))
    }

    #[test]
    fn an_encrypted_key_opens_with_its_passphrase_and_with_no_other() {
        let text = text(&key(), Some(&passphrase("horse"))).unwrap();
        let back = opened(&text, "horse").ok().unwrap();
        assert_eq!((back.public(), back.vendor()), (key().public(), key().vendor()));
        assert_ne!(*text, *self::text(&key(), Some(&passphrase("horse"))).unwrap(), "the salt is random");
        // Of 256 wrong ones, one or so has good padding by accident.
        let text = encrypted(2);
        for n in 0..1000 {
            assert!(matches!(opened(&text, &format!("horse{n}")), Err(Closed::Wrong)), "{n}");
        }
    }

    #[test]
    fn an_altered_key_file_is_refused_wherever_it_was_altered() {
        let text = encrypted(4);
        assert!(opened(&text, "horse").is_ok());
        let begin = text.find("-----\n").unwrap() + 6;
        let end = text.find("-----END").unwrap();
        for at in begin..end {
            for new in ["A", "/", "", "AA", "="] {
                let altered = format!("{}{new}{}", &text[..at], &text[at + 1..]);
                let is_same = altered == text || text.as_bytes()[at] == b'\n';
                assert!(is_same || opened(&altered, "horse").is_err(), "{new:?} at {at}:\n{altered}");
            }
        }
        let other = SecretKey::for_vendor(Vendor::new("acmed").unwrap(), [4; 32]).public().to_string();
        let swapped = text.replace(&key().public().to_string(), &other);
        assert!(matches!(opened(&swapped, "horse"), Err(Closed::Wrong)));
    }

    #[test]
    fn a_key_file_does_not_decide_how_long_it_is_worked_on() {
        let with = |n, r, p| {
            let mut scheme = pbes2::Parameters::generate_scrypt_aes256cbc(
                scrypt::Params::new(14, 8, 1).unwrap(),
                &[7; 16],
                [9; 16],
            )
            .unwrap();
            if let pbes2::Kdf::Scrypt(cost) = &mut scheme.kdf {
                (cost.cost_parameter, cost.block_size, cost.parallelization) = (n, r, p);
            }
            is_within_limits(&scheme.into())
        };
        assert!(with(1 << LOG_N, 8, 5) && with(1 << 18, 8, 1));
        for (n, r, p) in
            [(1 << 19, 8, 1), (1 << 63, 8, 1), (u64::MAX, 8, 1), (0, 8, 1), (1 << 14, 0, 1), (1 << 14, 8, 17)]
        {
            assert!(!with(n, r, p), "{n} {r} {p}");
        }
        let pbkdf2 = pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(1, &[7; 16], [9; 16]).unwrap();
        assert!(!is_within_limits(&pbkdf2.into()));
    }
}
