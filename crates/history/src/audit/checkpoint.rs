//! A checkpoint: so many lines there were, and the hash of the last of them, signed with the license host's key.
//! As one line it can be kept elsewhere, and held against the chain later.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use license::{PublicKey, SecretKey, sign_checkpoint, verify_checkpoint};

/// What a line of the chain hashes to.
pub(super) type Hash = [u8; 32];

/// What its line begins with.
const WORD: &str = "seatkeeper-audit-1";

/// A checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// So many lines there are.
    pub line: u64,
    /// The hash of the last of them.
    pub(super) hash: Hash,
    /// All events up to this one have been looked at.
    pub seq: u64,
    /// When, in milliseconds of Unix time.
    pub at_ms: i64,
    /// The license host's key.
    pub key: PublicKey,
    pub(super) signature: [u8; 64],
}

/// It is no checkpoint, or not signed by the key that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no checkpoint as `seatkeeper audit checkpoint` prints one, or it was changed")]
pub struct NoCheckpoint;

fn text(line: u64, hash: &Hash, seq: u64, at_ms: i64) -> String {
    format!("{line} {} {seq} {at_ms}", crate::hex(hash))
}

impl Checkpoint {
    /// Signs one.
    pub(super) fn sign(key: &SecretKey, line: u64, hash: Hash, seq: u64, at_ms: i64) -> Self {
        let signature = sign_checkpoint(key, text(line, &hash, seq, at_ms).as_bytes());
        Self { line, hash, seq, at_ms, key: key.public(), signature }
    }

    /// Whether the key that it names has signed it.
    pub(super) fn holds(&self) -> bool {
        let text = text(self.line, &self.hash, self.seq, self.at_ms);
        verify_checkpoint(&self.key, text.as_bytes(), &self.signature)
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = text(self.line, &self.hash, self.seq, self.at_ms);
        write!(f, "{WORD} {text} {} {}", self.key, STANDARD.encode(self.signature))
    }
}

impl FromStr for Checkpoint {
    type Err = NoCheckpoint;

    /// Reads what [`fmt::Display`] writes, and nothing else, and holds it against the key that it names.
    fn from_str(line: &str) -> Result<Self, NoCheckpoint> {
        let read = || -> Option<Self> {
            let mut words = line.trim().split(' ');
            let mut word = || words.next();
            (word()? == WORD).then_some(())?;
            let read = Self {
                line: word()?.parse().ok()?,
                hash: unhex(word()?)?,
                seq: word()?.parse().ok()?,
                at_ms: word()?.parse().ok()?,
                key: word()?.parse().ok()?,
                signature: STANDARD.decode(word()?).ok()?.try_into().ok()?,
            };
            (read.to_string() == line.trim() && read.holds()).then_some(read)
        };
        read().ok_or(NoCheckpoint)
    }
}

/// 64 hexadecimal digits in lower case.
pub(super) fn unhex(text: &str) -> Option<Hash> {
    let bytes: Option<Vec<u8>> =
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect();
    let hash: Hash = bytes?.try_into().ok()?;
    (crate::hex(&hash) == text).then_some(hash)
}
