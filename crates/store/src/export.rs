//! Exports: all rows after one record, in one file.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use names::Seq;
use seats::{Building, Decoder, Row, State};

use crate::bytes::{Fixed, StoreId, put_number, put_standing, take_number};
use crate::disk::{Disk, DiskFile, read_all, remove_if_there, write_all_at};
use crate::layout;
use crate::order;
use crate::seats_port::Head;

/// The number of an export's form.
const FORMAT: u16 = 1;
const MAGIC: &[u8; 8] = b"SKEXPORT";
const END_MAGIC: &[u8; 4] = b"SKEE";
const HEADER: usize = 8 + 2 + 2 + 4 + 16 + 8 + 32 + 16 + 4;
const TRAILER: usize = 4 + 8 + 16 + 4;
/// How many are kept.
pub(crate) const KEPT: usize = 2;
/// Bytes written in one step.
const STEP_BYTES: usize = 4 * 1024 * 1024;

fn header(head: &Head) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&FORMAT.to_le_bytes());
    out.extend_from_slice(&seats::FORMAT.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&head.store.0);
    out.extend_from_slice(&head.cursor.0.to_le_bytes());
    put_standing(&mut out, head.counts, head.fingerprint);
    let crc = crc32fast::hash(&out);
    out.extend_from_slice(&crc.to_le_bytes());
    out
}

/// Rows as an export has them, a third of what they take as values: by kind, as they are by key.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    kinds: BTreeMap<u8, Vec<u8>>,
    scratch: Vec<u8>,
    count: u64,
}

impl Rows {
    pub(crate) fn push(&mut self, row: &Row) {
        self.scratch.clear();
        row.encode(&mut self.scratch);
        // Rows and their keys begin with their kind.
        let bytes = self.kinds.entry(self.scratch.first().copied().unwrap_or_default()).or_default();
        put_number(bytes, self.scratch.len() as u64);
        bytes.extend_from_slice(&self.scratch);
        self.count += 1;
    }
}

impl FromIterator<Row> for Rows {
    fn from_iter<I: IntoIterator<Item = Row>>(all: I) -> Self {
        let mut rows = Self::default();
        for row in all {
            rows.push(&row);
        }
        rows
    }
}

/// A whole export in memory, and how many rows it has.
pub(crate) fn to_bytes(head: &Head, rows: impl Iterator<Item = Row>) -> (Vec<u8>, u64) {
    let rows: Rows = rows.collect();
    let mut out = header(head);
    for bytes in rows.kinds.values() {
        out.extend_from_slice(bytes);
    }
    put_end(&mut out, head, rows.count);
    let crc = crc32fast::hash(&out);
    out.extend_from_slice(&crc.to_le_bytes());
    (out, rows.count)
}

/// All of the trailer but the checksum.
fn put_end(out: &mut Vec<u8>, head: &Head, written: u64) {
    out.extend_from_slice(END_MAGIC);
    out.extend_from_slice(&written.to_le_bytes());
    out.extend_from_slice(&head.fingerprint.0.to_le_bytes());
}

/// An export that is being written, a step at a time.
pub(crate) struct Writing<D: Disk> {
    disk: D,
    file: D::File,
    head: Head,
    rows: Rows,
    /// Bytes of the first kind left that are written.
    written: usize,
    offset: u64,
    crc: crc32fast::Hasher,
    buffer: Vec<u8>,
}

impl<D: Disk> Writing<D> {
    pub(crate) fn begin(disk: D, head: Head, rows: Rows) -> io::Result<Self> {
        let scratch = scratch(head.cursor);
        remove_if_there(&disk, &scratch)?;
        let file = disk.create(&scratch)?;
        let buffer = header(&head);
        let crc = crc32fast::Hasher::new();
        Ok(Self { disk, file, head, rows, written: 0, offset: 0, crc, buffer })
    }

    /// Writes some more. Says the size of the file when that was all, and the file has its name.
    pub(crate) fn step(&mut self) -> io::Result<Option<u64>> {
        let is_end = loop {
            let room = STEP_BYTES.saturating_sub(self.buffer.len());
            let Some(kind) = self.rows.kinds.first_entry() else { break true };
            let left = kind.get().get(self.written..).unwrap_or_default();
            let Some((some, _)) = left.split_at_checked(room) else {
                self.buffer.extend_from_slice(left);
                self.written = 0;
                kind.remove();
                continue;
            };
            self.buffer.extend_from_slice(some);
            self.written += room;
            break false;
        };
        if is_end {
            put_end(&mut self.buffer, &self.head, self.rows.count);
        }
        self.crc.update(&self.buffer);
        if is_end {
            self.buffer.extend_from_slice(&self.crc.clone().finalize().to_le_bytes());
        }
        write_all_at(&self.file, &self.buffer, self.offset)?;
        self.offset += self.buffer.len() as u64;
        self.buffer.clear();
        if !is_end {
            return Ok(None);
        }
        self.file.sync_data()?;
        self.disk.rename(&scratch(self.head.cursor), &layout::export(self.head.cursor))?;
        self.disk.sync_dir(layout::EXPORT)?;
        Ok(Some(self.offset))
    }

    pub(crate) fn cursor(&self) -> Seq {
        self.head.cursor
    }
}

fn scratch(cursor: Seq) -> String {
    format!("{}.tmp", layout::export(cursor))
}

/// An export that was read.
#[derive(Debug)]
pub(crate) struct Export {
    pub(crate) head: Head,
    pub(crate) state: State,
}

/// The cursors of the exports there are, oldest first.
pub(crate) fn list<D: Disk>(disk: &D) -> io::Result<Vec<Seq>> {
    let names = match disk.list(layout::EXPORT) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
        other => other?,
    };
    let mut cursors: Vec<Seq> = names.iter().filter_map(|n| layout::number_of(n, "ske")).collect();
    cursors.sort_unstable();
    Ok(cursors)
}

/// Removes exports beyond the newest that are kept, and what was never finished.
pub(crate) fn thin<D: Disk>(disk: &D) -> io::Result<()> {
    let cursors = list(disk)?;
    for cursor in cursors.iter().rev().skip(KEPT) {
        remove_if_there(disk, &layout::export(*cursor))?;
    }
    for name in disk.list(layout::EXPORT)?.iter().filter(|n| n.ends_with(".tmp")) {
        remove_if_there(disk, &format!("{}/{name}", layout::EXPORT))?;
    }
    Ok(())
}

/// Reads an export and makes the state of it; every checksum, count and the fingerprint must be right.
pub(crate) fn read<D: Disk>(disk: &D, store: StoreId, cursor: Seq) -> Result<Export, String> {
    let name = layout::export(cursor);
    let bytes = disk.open(&name).and_then(|file| read_all(&file));
    let bytes = bytes.map_err(|e| format!("{} cannot be read ({e})", disk.shown(&name)))?;
    let export = parse(&bytes, store).map_err(|why| format!("{} is damaged: {why}", disk.shown(&name)))?;
    if export.head.cursor == cursor {
        Ok(export)
    } else {
        Err(format!("{} has the rows after record {}", disk.shown(&name), export.head.cursor))
    }
}

/// Reads an export's bytes.
pub(crate) fn parse(bytes: &[u8], store: StoreId) -> Result<Export, String> {
    let head = parse_header(bytes)?;
    if head.store != store {
        return Err(format!("it is of the store {}", head.store));
    }
    let (rest, trailer) = bytes
        .get(HEADER..)
        .and_then(|rest| rest.split_at_checked(rest.len().checked_sub(TRAILER)?))
        .ok_or("it ends too early")?;
    let (sealed, crc) = bytes.split_at(bytes.len() - 4);
    let mut r = Fixed(trailer);
    if r.take() != *END_MAGIC || Fixed(crc).u32() != crc32fast::hash(sealed) {
        return Err("it has no right end".into());
    }
    let (written, fingerprint) = (r.u64(), u128::from_le_bytes(r.take()));
    let rows = RowBytes::of(rest)?;
    let has_all = rows.count == written;
    let state = rows.build(head.cursor).or_else(|_| rows.state(head.cursor))?;
    let is_right = has_all
        && fingerprint == head.fingerprint.0
        && state.fingerprint() == head.fingerprint
        && state.counts() == head.counts;
    if is_right { Ok(Export { head, state }) } else { Err("its rows are not those that it says".into()) }
}

/// The rows of an export, not read yet.
struct RowBytes<'a> {
    bytes: &'a [u8],
    count: u64,
    /// The kinds among them.
    kinds: BTreeSet<u8>,
}

impl<'a> RowBytes<'a> {
    fn of(bytes: &'a [u8]) -> Result<Self, String> {
        let mut rows = Self { bytes, count: 0, kinds: BTreeSet::new() };
        let mut rest = bytes;
        while !rest.is_empty() {
            let row = next_row(&mut rest).ok_or("a row ends too early")?;
            rows.count += 1;
            rows.kinds.insert(*row.first().ok_or("a row is empty")?);
        }
        Ok(rows)
    }

    fn iter(&self) -> impl Iterator<Item = &'a [u8]> {
        let mut rest = self.bytes;
        std::iter::from_fn(move || next_row(&mut rest))
    }

    /// The state of them, kind by kind in the order that it is built in: no row is kept beside it.
    fn build(&self, last: Seq) -> Result<State, String> {
        let (mut building, mut decoder) = (Building::new(), Decoder::new());
        for kinds in order::kinds().filter(|kinds| self.kinds.range(kinds.clone()).next().is_some()) {
            for row in self.iter().filter(|row| row.first().is_some_and(|kind| kinds.contains(kind))) {
                let row = decoder.row(row).map_err(|e| e.to_string())?;
                building.put(row).map_err(|e| e.to_string())?;
            }
        }
        building.finish(last).map_err(|e| e.to_string())
    }

    /// The same, of rows in any order.
    fn state(&self, last: Seq) -> Result<State, String> {
        let mut decoder = Decoder::new();
        let rows: Result<Vec<Row>, String> =
            self.iter().map(|row| decoder.row(row).map_err(|e| e.to_string())).collect();
        State::from_rows(last, rows?).map_err(|e| e.to_string())
    }
}

/// Takes a row's bytes off the front.
fn next_row<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let len = take_number(rest).and_then(|n| usize::try_from(n).ok())?;
    let (row, after) = rest.split_at_checked(len)?;
    *rest = after;
    Some(row)
}

fn parse_header(bytes: &[u8]) -> Result<Head, String> {
    let (body, crc) =
        bytes.get(..HEADER).map(|h| h.split_at(HEADER - 4)).ok_or("it is too short for a header")?;
    let mut r = Fixed(body);
    if r.take() != *MAGIC {
        return Err("it does not begin as an export does".into());
    }
    if Fixed(crc).u32() != crc32fast::hash(body) {
        return Err("the checksum of its header is wrong".into());
    }
    let (format, codec) = (r.u16(), r.u16());
    for (found, known) in [(format, FORMAT), (codec, seats::FORMAT)] {
        if found != known {
            return Err(format!("it is of format {found}, and this release reads {known}"));
        }
    }
    let _: [u8; 4] = r.take();
    let (store, cursor) = (StoreId(r.take()), Seq(r.u64()));
    let (counts, fingerprint) = r.standing();
    Ok(Head { store, cursor, counts, fingerprint })
}
