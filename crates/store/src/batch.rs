//! A batch: the records of some commands, encoded as they come.

use names::{Seq, Wall};
use seats::{Counts, Fingerprint, Record};

use crate::bytes::{BATCH_HEADER, BatchHeader, FRAME_HEADER, put_number, put_signed};

/// Bytes at which a batch is full.
pub(crate) const BATCH_BYTES: usize = 4 * 1024 * 1024;
/// Commands at which a batch is full.
const BATCH_COMMANDS: u32 = 4096;

/// What is written to the journal at once. It keeps its buffer when it is cleared.
#[derive(Debug)]
pub struct Batch {
    /// Room for the header, then frames.
    bytes: Vec<u8>,
    scratch: Vec<u8>,
    first: Seq,
    records: u32,
    commands: u32,
    wall: Wall,
    is_in_order: bool,
}

impl Default for Batch {
    fn default() -> Self {
        Self::new()
    }
}

impl Batch {
    /// A batch without records.
    #[must_use]
    pub fn new() -> Self {
        Self {
            bytes: vec![0; BATCH_HEADER],
            scratch: Vec::new(),
            first: Seq(0),
            records: 0,
            commands: 0,
            wall: Wall(0),
            is_in_order: true,
        }
    }

    /// Adds the records of one command, which stay together whatever happens. A command without
    /// records adds nothing.
    pub fn push_command(&mut self, records: &[Record]) {
        let Some(first) = records.first() else { return };
        if self.records == 0 {
            self.first = first.seq;
            self.wall = first.at;
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0; FRAME_HEADER]);
        put_number(&mut self.bytes, records.len() as u64);
        for record in records {
            self.is_in_order &= record.seq.0 == self.first.0 + u64::from(self.records);
            self.records += 1;
            put_signed(&mut self.bytes, record.at.0.wrapping_sub(self.wall.0));
            self.scratch.clear();
            record.event.encode(&mut self.scratch);
            put_number(&mut self.bytes, self.scratch.len() as u64);
            self.bytes.extend_from_slice(&self.scratch);
        }
        self.commands += 1;
        let payload = &self.bytes[start + FRAME_HEADER..];
        let (len, crc) = (payload.len() as u32, frame_crc(first.seq, payload));
        self.bytes[start..start + 4].copy_from_slice(&len.to_le_bytes());
        self.bytes[start + 4..start + 8].copy_from_slice(&crc.to_le_bytes());
    }

    /// Whether it should be committed before more is added. One command may make it larger.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.bytes.len() >= BATCH_BYTES || self.commands >= BATCH_COMMANDS
    }

    /// Whether it has no records.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// How many commands it has.
    #[must_use]
    pub fn commands(&self) -> u32 {
        self.commands
    }

    /// How many bytes it takes in the journal.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Its last record; meaningless when it is empty.
    #[must_use]
    pub fn last(&self) -> Seq {
        Seq((self.first.0 + u64::from(self.records)).saturating_sub(1))
    }

    /// Forgets its records.
    pub fn clear(&mut self) {
        self.bytes.truncate(BATCH_HEADER);
        self.records = 0;
        self.commands = 0;
        self.is_in_order = true;
    }

    /// Its first record; meaningless when it is empty.
    pub(crate) fn first(&self) -> Seq {
        self.first
    }

    /// When its first record was made.
    pub(crate) fn wall(&self) -> Wall {
        self.wall
    }

    /// Whether its records are numbered from `next`, one by one.
    pub(crate) fn follows(&self, next: Seq) -> bool {
        self.is_in_order && self.first == next
    }

    /// Its bytes with the header filled in, and its checksum.
    pub(crate) fn finish(
        &mut self,
        number: u64,
        chain: u32,
        counts: Counts,
        fingerprint: Fingerprint,
    ) -> (&[u8], u32) {
        let body = &self.bytes[BATCH_HEADER..];
        let header = BatchHeader {
            body_bytes: body.len() as u32,
            number,
            first: self.first,
            records: self.records,
            commands: self.commands,
            wall: self.wall,
            counts,
            fingerprint,
            chain,
            body_crc: crc32fast::hash(body),
        };
        let (head, crc) = header.encode();
        self.bytes[..BATCH_HEADER].copy_from_slice(&head);
        (&self.bytes, crc)
    }
}

/// The checksum of a frame: over the number of its first record too, so that no frame passes for
/// another.
pub(crate) fn frame_crc(first: Seq, payload: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&first.0.to_le_bytes());
    crc.update(payload);
    crc.finalize()
}
