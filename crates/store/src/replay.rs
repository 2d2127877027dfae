//! Reading the journal's records again.

use names::{Seq, Wall};
use seats::{Counts, Decoder, Fingerprint, Record};

use crate::batch::frame_crc;
use crate::bytes::{BatchHeader, FRAME_HEADER, Fixed, StoreId, take_number, take_signed};
use crate::disk::Disk;
use crate::error::{Damage, OpenError};
use crate::layout;
use crate::survey::{Segment, Survey, Walk, read_segment, segments};

/// A batch as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadBatch {
    /// Its number.
    pub number: u64,
    /// When its first record was made.
    pub wall: Wall,
    /// Its commands' records.
    pub commands: Vec<Vec<Record>>,
    /// How many rows there were after it.
    pub counts: Counts,
    /// Which.
    pub fingerprint: Fingerprint,
    /// Bytes it takes in the journal.
    pub bytes: u64,
    /// The file it is in, as people should see it.
    pub file: String,
}

impl ReadBatch {
    /// Its records.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.commands.iter().flatten()
    }
}

/// Reads the batches that have a record after `after` and none after `upto`, in their order.
///
/// # Errors
/// When the journal is not what the survey found, a record cannot be read, or `each` says so.
pub fn replay<D: Disk>(
    disk: &D,
    survey: &Survey,
    after: Seq,
    upto: Seq,
    mut each: impl FnMut(&ReadBatch) -> Result<(), OpenError>,
) -> Result<(), OpenError> {
    for segment in &survey.segments {
        read(disk, survey.store, *segment, after, upto, &mut each)?;
    }
    Ok(())
}

/// Reads the same of a journal that is being written, where all up to `upto` is on the disk.
pub(crate) fn replay_live<D: Disk>(
    disk: &D,
    store: StoreId,
    after: Seq,
    upto: Seq,
    mut each: impl FnMut(&ReadBatch) -> Result<(), OpenError>,
) -> Result<(), OpenError> {
    let firsts = segments(disk)?;
    for (i, first) in firsts.iter().enumerate() {
        let last = firsts.get(i + 1).map_or(upto, |next| Seq(next.0.saturating_sub(1)));
        read(disk, store, Segment { first: *first, last, bytes: 0 }, after, upto, &mut each)?;
    }
    Ok(())
}

/// Reads what is wanted of one segment.
fn read<D: Disk>(
    disk: &D,
    store: StoreId,
    segment: Segment,
    after: Seq,
    upto: Seq,
    each: &mut impl FnMut(&ReadBatch) -> Result<(), OpenError>,
) -> Result<(), OpenError> {
    if segment.last <= after || segment.first > upto {
        return Ok(());
    }
    let name = layout::segment(segment.first);
    let (bytes, header) = read_segment(disk, store, segment.first)?;
    let (mut walk, mut decoder) = (Walk::new(&bytes, &header), Decoder::new());
    while walk.place.last() < segment.last.min(upto) {
        let offset = walk.offset as u64;
        let damaged = |why: String| OpenError::Damaged(Damage { file: disk.shown(&name), offset, why });
        let (header, body) = walk.next().map_err(|why| damaged(why.into()))?;
        if header.last() > after && header.last() <= upto {
            let mut batch = decode(&mut decoder, &header, body, disk.shown(&name)).map_err(damaged)?;
            batch.bytes = walk.offset as u64 - offset;
            each(&batch)?;
        }
    }
    Ok(())
}

pub(crate) fn decode(
    decoder: &mut Decoder,
    header: &BatchHeader,
    mut body: &[u8],
    file: String,
) -> Result<ReadBatch, String> {
    let mut commands = Vec::new();
    let mut next = header.first;
    while !body.is_empty() {
        let records = decode_frame(decoder, &mut body, next, header.wall)?;
        next = Seq(next.0 + records.len() as u64);
        commands.push(records);
    }
    if next.0 != header.last().0 + 1 || commands.len() != header.commands as usize {
        return Err(format!("batch {} has not the records that it says", header.number));
    }
    Ok(ReadBatch {
        number: header.number,
        wall: header.wall,
        commands,
        counts: header.counts,
        fingerprint: header.fingerprint,
        bytes: 0,
        file,
    })
}

/// Takes one command's records off the front of `body`.
fn decode_frame(
    decoder: &mut Decoder,
    body: &mut &[u8],
    first: Seq,
    wall: Wall,
) -> Result<Vec<Record>, String> {
    let bad = |what: &str| format!("the frame of record {first} {what}");
    let (head, rest) = body.split_at_checked(FRAME_HEADER).ok_or_else(|| bad("ends too early"))?;
    let mut head = Fixed(head);
    let (len, crc) = (head.u32() as usize, head.u32());
    let (mut payload, rest) = rest.split_at_checked(len).ok_or_else(|| bad("ends too early"))?;
    *body = rest;
    if frame_crc(first, payload) != crc {
        return Err(bad("has a wrong checksum"));
    }
    let count = take_number(&mut payload).ok_or_else(|| bad("has no count"))?;
    let mut records = Vec::new();
    for seq in (first.0..first.0.saturating_add(count)).map(Seq) {
        let later = take_signed(&mut payload).ok_or_else(|| bad("ends too early"))?;
        let len = take_number(&mut payload).and_then(|n| usize::try_from(n).ok());
        let (event, rest) =
            len.and_then(|len| payload.split_at_checked(len)).ok_or_else(|| bad("ends too early"))?;
        payload = rest;
        let event = decoder.event(event).map_err(|e| format!("record {seq} cannot be read: {e}"))?;
        records.push(Record { seq, at: Wall(wall.0.wrapping_add(later)), event });
    }
    if payload.is_empty() && !records.is_empty() { Ok(records) } else { Err(bad("has bytes left over")) }
}
