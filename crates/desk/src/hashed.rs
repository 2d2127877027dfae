//! Short names of long texts.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// A SHA-256 of texts, each with its length before it: none runs into the next.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hashed(Sha256);

impl Hashed {
    pub(crate) fn add(&mut self, part: &str) -> &mut Self {
        self.0.update((part.len() as u64).to_be_bytes());
        self.0.update(part.as_bytes());
        self
    }

    /// Its first 32 hexadecimal digits.
    pub(crate) fn text(self) -> String {
        hex(self.0.finalize().iter().take(16))
    }
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex<'a>(bytes: impl IntoIterator<Item = &'a u8>) -> String {
    bytes.into_iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
