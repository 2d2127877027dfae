//! The fixed bytes of the journal: segment headers and batch headers. See `FORMAT.md`.

use std::fmt;

use names::{Seq, Wall};
use seats::{Counts, Fingerprint};

/// The number of the journal's form.
pub const JOURNAL_FORMAT: u16 = 1;

/// A batch begins at a multiple of this, so that writing one never touches a sector of another.
pub(crate) const ALIGNMENT: u64 = 512;
/// Bytes of a segment's header; the first batch begins at [`ALIGNMENT`].
pub(crate) const SEGMENT_HEADER: usize = 128;
/// Bytes of a batch's header.
pub(crate) const BATCH_HEADER: usize = 100;
/// Bytes before a frame's payload: its length and its checksum.
pub(crate) const FRAME_HEADER: usize = 8;

/// No journal counts so far; below it sums of numbers cannot overflow.
pub(crate) const NUMBER_END: u64 = 1 << 62;
const SEGMENT_MAGIC: &[u8; 8] = b"SKJOURNL";
pub(crate) const BATCH_MAGIC: &[u8; 4] = b"SKB\x01";

/// The name of a store, made once by `init`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StoreId(pub [u8; 16]);

impl StoreId {
    /// Reads the text that [`fmt::Display`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let hex: Vec<u8> = text.bytes().filter(|b| *b != b'-').collect();
        let mut id = [0; 16];
        if hex.len() != 32 {
            return None;
        }
        for (byte, pair) in id.iter_mut().zip(hex.chunks(2)) {
            let pair = std::str::from_utf8(pair).ok().filter(|p| p.bytes().all(|b| b.is_ascii_hexdigit()))?;
            *byte = u8::from_str_radix(pair, 16).ok()?;
        }
        Some(Self(id))
    }
}

impl fmt::Display for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, byte) in self.0.iter().enumerate() {
            let dash = if matches!(i, 4 | 6 | 8 | 10) { "-" } else { "" };
            write!(f, "{dash}{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Appends fixed numbers, little-endian.
pub(crate) fn put_standing(out: &mut Vec<u8>, counts: Counts, fingerprint: Fingerprint) {
    for n in [counts.pools, counts.sessions, counts.marks, counts.grants] {
        out.extend_from_slice(&n.to_le_bytes());
    }
    out.extend_from_slice(&fingerprint.0.to_le_bytes());
}

/// Takes fixed numbers from a slice that is long enough; past its end they are 0.
pub(crate) struct Fixed<'a>(pub(crate) &'a [u8]);

impl Fixed<'_> {
    pub(crate) fn take<const N: usize>(&mut self) -> [u8; N] {
        match self.0.split_first_chunk::<N>() {
            Some((head, rest)) => {
                self.0 = rest;
                *head
            }
            None => [0; N],
        }
    }

    pub(crate) fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.take())
    }

    pub(crate) fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }

    pub(crate) fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.take())
    }

    pub(crate) fn wall(&mut self) -> Wall {
        Wall(i64::from_le_bytes(self.take()))
    }

    pub(crate) fn standing(&mut self) -> (Counts, Fingerprint) {
        let counts =
            Counts { pools: self.u64(), sessions: self.u64(), marks: self.u64(), grants: self.u64() };
        (counts, Fingerprint(u128::from_le_bytes(self.take())))
    }
}

/// The header of a segment: where in the journal it begins, and the state there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub(crate) store: StoreId,
    /// The record that its first batch begins with.
    pub(crate) first: Seq,
    /// The number of its first batch.
    pub(crate) batch: u64,
    pub(crate) wall: Wall,
    pub(crate) counts: Counts,
    pub(crate) fingerprint: Fingerprint,
    /// The checksum of the batch before it; 0 before the first.
    pub(crate) chain: u32,
}

/// Why bytes are not a segment's header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HeaderError {
    /// The format it is of, and the one that is read here.
    Other(u16, u16),
    Bad(&'static str),
}

impl SegmentHeader {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(SEGMENT_HEADER);
        out.extend_from_slice(SEGMENT_MAGIC);
        out.extend_from_slice(&JOURNAL_FORMAT.to_le_bytes());
        out.extend_from_slice(&seats::FORMAT.to_le_bytes());
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&self.store.0);
        out.extend_from_slice(&self.first.0.to_le_bytes());
        out.extend_from_slice(&self.batch.to_le_bytes());
        out.extend_from_slice(&self.wall.0.to_le_bytes());
        put_standing(&mut out, self.counts, self.fingerprint);
        out.extend_from_slice(&self.chain.to_le_bytes());
        out.resize(SEGMENT_HEADER - 4, 0);
        let crc = crc32fast::hash(&out);
        out.extend_from_slice(&crc.to_le_bytes());
        out
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, HeaderError> {
        let Some(bytes) = bytes.get(..SEGMENT_HEADER) else {
            return Err(HeaderError::Bad("it is too short for a header"));
        };
        let (body, crc) = bytes.split_at(SEGMENT_HEADER - 4);
        let mut r = Fixed(body);
        if r.take::<8>() != *SEGMENT_MAGIC {
            return Err(HeaderError::Bad("it does not begin as a journal does"));
        }
        let (format, codec) = (r.u16(), r.u16());
        if Fixed(crc).u32() != crc32fast::hash(body) {
            return Err(HeaderError::Bad("the checksum of its header is wrong"));
        }
        for (found, known) in [(format, JOURNAL_FORMAT), (codec, seats::FORMAT)] {
            if found != known {
                return Err(HeaderError::Other(found, known));
            }
        }
        let _: [u8; 4] = r.take();
        let store = StoreId(r.take());
        let (first, batch, wall) = (Seq(r.u64()), r.u64(), r.wall());
        if !(1..NUMBER_END).contains(&first.0) || !(1..NUMBER_END).contains(&batch) {
            return Err(HeaderError::Bad("its numbers are out of all bounds"));
        }
        let (counts, fingerprint) = r.standing();
        Ok(Self { store, first, batch, wall, counts, fingerprint, chain: r.u32() })
    }
}

/// The header of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BatchHeader {
    /// Bytes of frames after it.
    pub(crate) body_bytes: u32,
    pub(crate) number: u64,
    pub(crate) first: Seq,
    pub(crate) records: u32,
    pub(crate) commands: u32,
    pub(crate) wall: Wall,
    /// Of the state after it.
    pub(crate) counts: Counts,
    /// Of the state after it.
    pub(crate) fingerprint: Fingerprint,
    /// The checksum of the batch before it.
    pub(crate) chain: u32,
    pub(crate) body_crc: u32,
}

impl BatchHeader {
    /// The bytes, and the checksum that the next batch is chained to.
    pub(crate) fn encode(&self) -> ([u8; BATCH_HEADER], u32) {
        let mut out = Vec::with_capacity(BATCH_HEADER);
        out.extend_from_slice(BATCH_MAGIC);
        out.extend_from_slice(&self.body_bytes.to_le_bytes());
        out.extend_from_slice(&self.number.to_le_bytes());
        out.extend_from_slice(&self.first.0.to_le_bytes());
        out.extend_from_slice(&self.records.to_le_bytes());
        out.extend_from_slice(&self.commands.to_le_bytes());
        out.extend_from_slice(&self.wall.0.to_le_bytes());
        put_standing(&mut out, self.counts, self.fingerprint);
        out.extend_from_slice(&self.chain.to_le_bytes());
        out.extend_from_slice(&self.body_crc.to_le_bytes());
        let crc = crc32fast::hash(&out);
        out.extend_from_slice(&crc.to_le_bytes());
        let mut bytes = [0; BATCH_HEADER];
        bytes.copy_from_slice(&out);
        (bytes, crc)
    }

    /// Reads one; `None` when the bytes are not one, whole.
    pub(crate) fn decode(bytes: &[u8]) -> Option<(Self, u32)> {
        let bytes = bytes.get(..BATCH_HEADER)?;
        let (body, crc) = bytes.split_at(BATCH_HEADER - 4);
        let mut r = Fixed(body);
        if r.take::<4>() != *BATCH_MAGIC {
            return None;
        }
        let crc = Fixed(crc).u32();
        if crc != crc32fast::hash(body) {
            return None;
        }
        let (body_bytes, number, first) = (r.u32(), r.u64(), Seq(r.u64()));
        let (records, commands, wall) = (r.u32(), r.u32(), r.wall());
        let (counts, fingerprint) = r.standing();
        let (chain, body_crc) = (r.u32(), r.u32());
        let header =
            Self { body_bytes, number, first, records, commands, wall, counts, fingerprint, chain, body_crc };
        Some((header, crc))
    }

    /// Its last record.
    pub(crate) fn last(&self) -> Seq {
        Seq(self.first.0 + u64::from(self.records).saturating_sub(1))
    }
}

/// The next place where a batch may begin.
pub(crate) fn aligned(offset: u64) -> u64 {
    offset.next_multiple_of(ALIGNMENT)
}

pub(crate) fn put_number(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push((n as u8) | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

pub(crate) fn put_signed(out: &mut Vec<u8>, n: i64) {
    put_number(out, ((n << 1) ^ (n >> 63)).cast_unsigned());
}

/// Takes a number that [`put_number`] wrote off the front of `bytes`.
pub(crate) fn take_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut n = 0u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        n |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(n);
        }
    }
    None
}

pub(crate) fn take_signed(bytes: &mut &[u8]) -> Option<i64> {
    let n = take_number(bytes)?;
    Some((n >> 1).cast_signed() ^ -((n & 1).cast_signed()))
}
