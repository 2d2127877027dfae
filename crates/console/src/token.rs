//! Random texts, and what is kept of them.

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The hash of a token: all that is kept of it.
pub(crate) type TokenHash = [u8; 32];

/// 256 random bits in hexadecimal digits; nothing where the system has none.
pub(crate) fn random() -> Option<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).ok()?;
    Some(hex(&bytes))
}

pub(crate) fn hash(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}

/// Proves that whoever has the key made this of the text. Key and text have one length each, so that
/// none can be drawn out.
pub(crate) fn seal(key: &str, word: &str, text: &str) -> String {
    let digest =
        Sha256::new().chain_update(word).chain_update([0]).chain_update(key).chain_update(hash(text));
    hex(&digest.finalize())
}

/// Whether two texts are the same, in a time that tells nothing.
pub(crate) fn is_same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

/// Whether a text could be a token.
pub(crate) fn is_token(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a text does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The same of hashes.
pub(crate) fn is_same_hash(a: &TokenHash, b: &TokenHash) -> bool {
    a.ct_eq(b).into()
}
