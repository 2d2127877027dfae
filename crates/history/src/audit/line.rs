//! A line of the chain: JSON, its number, what happened, and the hash of the line before.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use license::SecretKey;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::checkpoint::{Checkpoint, Hash, unhex};

/// The hash before the first line.
pub(super) const NOTHING: Hash = [0; 32];
/// The kind of line that is a checkpoint.
pub(super) const CHECKPOINT: &str = "checkpoint";

/// Where a chain stands: its last line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tip {
    pub(super) line: u64,
    pub(super) hash: Hash,
}

impl Tip {
    pub(super) const NONE: Self = Self { line: 0, hash: NOTHING };

    /// Writes the next line; `fields` is JSON, each field with a comma behind it.
    pub(super) fn add(&mut self, out: &mut Vec<u8>, seq: u64, at_ms: i64, kind: &str, fields: &[u8]) {
        let from = out.len();
        let time = Timestamp::from_millisecond(at_ms).unwrap_or_default();
        let head = format!(
            "{{\"line\":{},\"seq\":{seq},\"time\":\"{time:.3}\",\"kind\":\"{kind}\",\"fields\":{{",
            self.line + 1
        );
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(fields.strip_suffix(b",").unwrap_or(fields));
        out.extend_from_slice(format!("}},\"prev\":\"{}\"}}\n", crate::hex(&self.hash)).as_bytes());
        let written = out.get(from..).unwrap_or_default();
        *self = Self { line: self.line + 1, hash: Sha256::digest(written).into() };
    }

    /// Writes a checkpoint of all lines before it.
    pub(super) fn add_checkpoint(&mut self, out: &mut Vec<u8>, key: &SecretKey, seq: u64, at_ms: i64) {
        let checkpoint = Checkpoint::sign(key, self.line, self.hash, seq, at_ms);
        self.add(out, seq, at_ms, CHECKPOINT, &checkpoint_fields(&checkpoint));
    }
}

fn checkpoint_fields(checkpoint: &Checkpoint) -> Vec<u8> {
    let (key, signature) = (&checkpoint.key, STANDARD.encode(checkpoint.signature));
    format!("\"key\":\"{key}\",\"signature\":\"{signature}\",").into_bytes()
}

/// A line, read.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditLine {
    /// Its number.
    pub line: u64,
    /// The event.
    pub seq: u64,
    /// When.
    pub time: String,
    /// What.
    pub kind: String,
    /// The fields by name.
    pub fields: serde_json::Map<String, serde_json::Value>,
    /// The hash of the line before.
    prev: String,
}

impl AuditLine {
    /// Reads a line, without its end.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text).ok()
    }

    pub(super) fn prev(&self) -> Option<Hash> {
        unhex(&self.prev)
    }

    /// The checkpoint that it is, if it is one that is written exactly so.
    pub(super) fn checkpoint(&self, text: &[u8]) -> Option<Checkpoint> {
        let field = |name: &str| self.fields.get(name)?.as_str();
        let at: Timestamp = self.time.parse().ok()?;
        let checkpoint = Checkpoint {
            line: self.line.checked_sub(1)?,
            hash: self.prev()?,
            seq: self.seq,
            at_ms: at.as_millisecond(),
            key: field("key")?.parse().ok()?,
            signature: STANDARD.decode(field("signature")?).ok()?.try_into().ok()?,
        };
        // Its own bytes are in no hash yet: they are what they must be, to the last.
        let mut again = Vec::new();
        let fields = checkpoint_fields(&checkpoint);
        Tip { line: checkpoint.line, hash: checkpoint.hash }.add(
            &mut again,
            checkpoint.seq,
            checkpoint.at_ms,
            CHECKPOINT,
            &fields,
        );
        (again.strip_suffix(b"\n") == Some(text) && checkpoint.holds()).then_some(checkpoint)
    }
}

/// What a line hashes to: all of its bytes, the end too.
pub(super) fn hash_of(text: &[u8]) -> Hash {
    let mut hash = Sha256::new();
    hash.update(text);
    hash.update(b"\n");
    hash.finalize().into()
}
