//! Reading the whole journal before a byte of it is believed or changed.
//!
//! Every segment is read and every checksum, number and chain is checked. What follows the last
//! whole batch decides: zeros are the end; bytes that no valid batch header comes after are a write
//! that was never acknowledged, and are cut; anything else was acknowledged once, and is refused.

use names::Seq;
use seats::{Counts, Fingerprint};

use crate::bytes::{
    ALIGNMENT, BATCH_HEADER, BatchHeader, HeaderError, SEGMENT_HEADER, SegmentHeader, StoreId, aligned,
};
use crate::disk::{Disk, read_all};
use crate::error::{Damage, OpenError};
use crate::layout;
use crate::report::Cut;

/// A segment of the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// The record it begins with.
    pub first: Seq,
    /// The record it ends with; the one before `first` when it has none.
    pub last: Seq,
    /// Bytes up to the end of its last batch.
    pub bytes: u64,
}

/// What the journal says the state was after a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// After which record.
    pub cursor: Seq,
    /// How many rows there were.
    pub counts: Counts,
    /// Which.
    pub fingerprint: Fingerprint,
}

/// What a journal is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// Whose.
    pub store: StoreId,
    /// Its segments, oldest first; there is at least one.
    pub segments: Vec<Segment>,
    /// Its last record; 0 when it never had one.
    pub last: Seq,
    /// How many rows there were after it.
    pub counts: Counts,
    /// Which.
    pub fingerprint: Fingerprint,
    /// What must be cut off its end.
    pub cut: Option<Cut>,
    /// Those of the cursors asked for that are the end of a batch, or where the journal begins.
    pub marks: Vec<Mark>,
    pub(crate) next_batch: u64,
    pub(crate) chain: u32,
    /// Where in the last segment the next batch goes.
    pub(crate) offset: u64,
}

impl Survey {
    pub(crate) fn last_segment(&self) -> Segment {
        self.segments.last().copied().unwrap_or(Segment { first: Seq(1), last: Seq(0), bytes: 0 })
    }

    /// The first record it has, or would have.
    #[must_use]
    pub fn first(&self) -> Seq {
        self.segments.first().map_or(Seq(1), |s| s.first)
    }

    /// About how many bytes there are after a record.
    pub(crate) fn bytes_after(&self, after: Seq) -> u64 {
        self.segments.iter().filter(|s| s.last > after).map(|s| s.bytes).sum()
    }

    /// What the journal says of one of the cursors asked for.
    #[must_use]
    pub fn mark(&self, cursor: Seq) -> Option<Mark> {
        self.marks.iter().copied().find(|m| m.cursor == cursor)
    }
}

/// Where a reader is: what the next batch must be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) next: Seq,
    pub(crate) batch: u64,
    pub(crate) chain: u32,
    pub(crate) counts: Counts,
    pub(crate) fingerprint: Fingerprint,
}

impl Place {
    pub(crate) fn of(header: &SegmentHeader) -> Self {
        Self {
            next: header.first,
            batch: header.batch,
            chain: header.chain,
            counts: header.counts,
            fingerprint: header.fingerprint,
        }
    }

    pub(crate) fn last(&self) -> Seq {
        Seq(self.next.0.saturating_sub(1))
    }

    pub(crate) fn is_next(&self, header: &BatchHeader) -> bool {
        header.number == self.batch && header.first == self.next && header.chain == self.chain
    }

    pub(crate) fn pass(&mut self, header: &BatchHeader, crc: u32) {
        self.next = Seq(header.last().0 + 1);
        self.batch = header.number + 1;
        self.chain = crc;
        self.counts = header.counts;
        self.fingerprint = header.fingerprint;
    }
}

/// Reads one segment's batches from the first, as long as each is whole and the one that follows.
pub(crate) struct Walk<'a> {
    bytes: &'a [u8],
    /// Where the last whole batch ends.
    end: usize,
    /// Where the next may begin.
    pub(crate) offset: usize,
    pub(crate) place: Place,
}

/// What is after the last whole batch.
enum Tail {
    /// Nothing.
    Clean,
    /// Something that is not the next batch.
    Bad(&'static str),
}

impl<'a> Walk<'a> {
    pub(crate) fn new(bytes: &'a [u8], header: &SegmentHeader) -> Self {
        Self { bytes, end: SEGMENT_HEADER, offset: ALIGNMENT as usize, place: Place::of(header) }
    }

    /// The next batch and its frames.
    pub(crate) fn next(&mut self) -> Result<(BatchHeader, &'a [u8]), &'static str> {
        let between = self.bytes.get(self.end..self.offset).unwrap_or_default();
        if between.iter().any(|b| *b != 0) {
            return Err("there are bytes between two batches");
        }
        let rest = self.bytes.get(self.offset..).unwrap_or_default();
        let (header, crc) = BatchHeader::decode(rest).ok_or("there is no batch header")?;
        let end = BATCH_HEADER + header.body_bytes as usize;
        let body = rest.get(BATCH_HEADER..end).ok_or("a batch ends too early")?;
        if !self.place.is_next(&header) {
            return Err("a batch does not follow the one before it");
        }
        if header.records == 0 || crc32fast::hash(body) != header.body_crc {
            return Err("the checksum of a batch is wrong");
        }
        self.place.pass(&header, crc);
        self.end = self.offset + end;
        self.offset = aligned(self.end as u64) as usize;
        Ok((header, body))
    }

    /// What is at the place where [`Walk::next`] found nothing.
    fn tail(&self, why: &'static str) -> Tail {
        let rest = self.bytes.get(self.end..).unwrap_or_default();
        if rest.iter().all(|b| *b == 0) { Tail::Clean } else { Tail::Bad(why) }
    }

    /// Whether a valid batch header comes after the bad place, or stands there out of its order: no
    /// write that was cut short leaves one.
    fn has_a_later_batch(&self) -> bool {
        let whole = |at: usize| self.bytes.get(at..).and_then(BatchHeader::decode);
        let is_unwritten = |bytes: &[u8]| bytes.iter().all(|b| *b == 0);
        // The one batch that may be torn is the next, in its place, with nothing before it.
        let may_be_torn = |(header, _): (BatchHeader, u32)| {
            self.place.is_next(&header)
                && is_unwritten(self.bytes.get(self.end..self.offset).unwrap_or_default())
        };
        whole(self.offset).is_some_and(|found| !may_be_torn(found))
            || (self.offset..self.bytes.len())
                .step_by(ALIGNMENT as usize)
                .skip(1)
                .any(|at| whole(at).is_some())
    }
}

/// Reads the journal. `at` are the cursors whose [`Mark`]s are wanted.
///
/// # Errors
/// When it is not there, damaged, foreign or newer. Nothing is changed.
pub fn survey<D: Disk>(disk: &D, store: StoreId, at: &[Seq]) -> Result<Survey, OpenError> {
    let firsts = segments(disk)?;
    let mut marks = Vec::new();
    let mut all: Vec<Segment> = Vec::new();
    let mut end: Option<End> = None;
    for (i, first) in firsts.iter().enumerate() {
        let name = layout::segment(*first);
        let (bytes, header) = read_segment(disk, store, *first)?;
        if let Some(before) = &end {
            follows(disk, &name, &header, &before.place, all.last())?;
        }
        let walked = walk(&bytes, &header, |place| keep_mark(&mut marks, at, place));
        let is_last = i + 1 == firsts.len();
        let walked = walked.judge(disk, &name, is_last).map_err(OpenError::Damaged)?;
        all.push(Segment { first: *first, last: walked.place.last(), bytes: walked.offset });
        end = Some(walked);
    }
    let Some(End { place, offset, cut }) = end else {
        return Err(OpenError::NoJournal { folder: disk.shown(layout::JOURNAL) });
    };
    Ok(Survey {
        store,
        segments: all,
        last: place.last(),
        counts: place.counts,
        fingerprint: place.fingerprint,
        cut,
        marks,
        next_batch: place.batch,
        chain: place.chain,
        offset,
    })
}

/// Where a segment ends.
struct End {
    place: Place,
    offset: u64,
    cut: Option<Cut>,
}

/// A segment that was walked to its end, and what is there.
struct Walked<'a> {
    walk: Walk<'a>,
    tail: Tail,
}

/// Walks a segment, telling every place where a batch ends, and where the first begins.
fn walk<'a>(bytes: &'a [u8], header: &SegmentHeader, mut each: impl FnMut(&Place)) -> Walked<'a> {
    let mut walk = Walk::new(bytes, header);
    each(&walk.place);
    loop {
        match walk.next() {
            Ok(_) => each(&walk.place),
            Err(why) => return Walked { tail: walk.tail(why), walk },
        }
    }
}

impl Walked<'_> {
    /// Whether what is at the end was never acknowledged, and can be cut.
    fn judge<D: Disk>(self, disk: &D, name: &str, is_last: bool) -> Result<End, Damage> {
        let Self { walk, tail } = self;
        let offset = walk.offset as u64;
        let cut = match tail {
            Tail::Clean => None,
            Tail::Bad(why) => {
                let damage = Damage { file: disk.shown(name), offset, why: why.into() };
                if !is_last || walk.has_a_later_batch() {
                    return Err(damage);
                }
                Some(Cut::new(damage, walk.place.last(), walk.bytes, walk.end))
            }
        };
        Ok(End { place: walk.place, offset, cut })
    }
}

fn keep_mark(marks: &mut Vec<Mark>, at: &[Seq], place: &Place) {
    let cursor = place.last();
    if at.contains(&cursor) && marks.last().is_none_or(|m| m.cursor != cursor) {
        marks.push(Mark { cursor, counts: place.counts, fingerprint: place.fingerprint });
    }
}

/// The first records of the segments there are, oldest first.
pub(crate) fn segments<D: Disk>(disk: &D) -> Result<Vec<Seq>, OpenError> {
    let names = match disk.list(layout::JOURNAL) {
        Ok(names) => names,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(source) => {
            let path = disk.shown(layout::JOURNAL);
            return Err(OpenError::Io { path, what: "listing it", source });
        }
    };
    let mut firsts: Vec<Seq> = names.iter().filter_map(|n| layout::number_of(n, "skj")).collect();
    firsts.sort_unstable();
    Ok(firsts)
}

/// A segment's bytes and its header, once that is known to be of this store and in its place.
pub(crate) fn read_segment<D: Disk>(
    disk: &D,
    store: StoreId,
    first: Seq,
) -> Result<(Vec<u8>, SegmentHeader), OpenError> {
    let name = layout::segment(first);
    let bytes = disk.open(&name).and_then(|file| read_all(&file)).map_err(|source| OpenError::Io {
        path: disk.shown(&name),
        what: "reading it",
        source,
    })?;
    let header = header_of(disk, store, first, &bytes)?;
    Ok((bytes, header))
}

/// The header of a segment that begins with these bytes, once it is known to be of this store and in its
/// place.
pub(crate) fn header_of<D: Disk>(
    disk: &D,
    store: StoreId,
    first: Seq,
    bytes: &[u8],
) -> Result<SegmentHeader, OpenError> {
    let name = layout::segment(first);
    let damaged =
        |why: &str| OpenError::Damaged(Damage { file: disk.shown(&name), offset: 0, why: why.to_owned() });
    let header = SegmentHeader::decode(bytes).map_err(|e| match e {
        HeaderError::Other(format, known) => OpenError::Newer { file: disk.shown(&name), format, known },
        HeaderError::Bad(why) => damaged(why),
    })?;
    if header.store != store {
        return Err(OpenError::Foreign { file: disk.shown(&name), found: header.store, store });
    }
    if header.first != first {
        return Err(damaged("its name is not that of its first record"));
    }
    Ok(header)
}

/// Checks that a segment begins where the one before it ended.
fn follows<D: Disk>(
    disk: &D,
    name: &str,
    header: &SegmentHeader,
    before: &Place,
    previous: Option<&Segment>,
) -> Result<(), OpenError> {
    if header.first.0 > before.next.0 {
        return Err(OpenError::Gap { file: disk.shown(name), found: header.first, next: before.next });
    }
    let is_next = header.first == before.next
        && header.batch == before.batch
        && header.chain == before.chain
        && header.counts == before.counts
        && header.fingerprint == before.fingerprint;
    if is_next {
        return Ok(());
    }
    let previous = previous.map_or_else(String::new, |s| layout::segment(s.first));
    let why = format!("it does not follow {previous}");
    Err(OpenError::Damaged(Damage { file: disk.shown(name), offset: 0, why }))
}
