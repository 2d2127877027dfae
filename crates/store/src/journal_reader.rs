//! Reading the journal beside its owner, who goes on writing it and removes what is passed.

use std::io;

use names::Seq;
use seats::{Decoder, Record};

use crate::bytes::{ALIGNMENT, BATCH_HEADER, BatchHeader, SEGMENT_HEADER, StoreId, aligned};
use crate::disk::{Disk, DiskFile, read_exactly};
use crate::error::{Damage, OpenError};
use crate::layout;
use crate::replay::decode;
use crate::survey::{Place, header_of, segments};

/// How often a segment may be removed just before it is opened.
const TRIES: u32 = 100;

/// Records that are gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The first of them.
    pub from: Seq,
    /// The last of them.
    pub to: Seq,
}

/// What comes next in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Records in their order: what is left of one batch.
    Records(Vec<Record>),
    /// The records that should have come next are gone.
    Gap(Gap),
}

/// Reads records from one on, in their order, each once. Nothing is changed.
#[derive(Debug)]
pub struct JournalReader<D: Disk> {
    disk: D,
    store: StoreId,
    next: Seq,
    at: Option<At<D::File>>,
}

/// A place in a segment.
#[derive(Debug)]
struct At<F> {
    file: F,
    name: String,
    first: Seq,
    offset: u64,
    place: Place,
    decoder: Decoder,
}

impl<D: Disk> JournalReader<D> {
    /// Reads from `next` on; nothing (0) is where the journal begins now.
    ///
    /// # Errors
    /// When the journal cannot be found.
    pub fn new(disk: D, store: StoreId, next: Seq) -> Result<Self, OpenError> {
        let mut reader = Self { disk, store, next, at: None };
        if next.0 == 0 {
            reader.next = reader.oldest(&segments(&reader.disk)?)?;
        }
        Ok(reader)
    }

    /// The record that comes next.
    #[must_use]
    pub fn next(&self) -> Seq {
        self.next
    }

    /// One that reads what is before the next record in the same segment, and that record; nothing where it
    /// is gone.
    ///
    /// # Errors
    /// When the journal cannot be found.
    pub fn before(&self) -> Result<Option<(Self, Seq)>, OpenError> {
        let firsts = segments(&self.disk)?;
        let first = firsts.iter().rev().copied().find(|first| *first <= self.next);
        let of = |first| Self { disk: self.disk.clone(), store: self.store, next: first, at: None };
        Ok(first.map(|first| (of(first), self.next)))
    }

    /// Goes on with this record instead.
    pub fn begin_at(&mut self, next: Seq) {
        (self.next, self.at) = (next, None);
    }

    /// What comes next, if it is not after `upto`; all up to there, the end of a batch, must be on the
    /// disk.
    ///
    /// # Errors
    /// When the journal cannot be read, or is damaged.
    pub fn read(&mut self, upto: Seq) -> Result<Option<Found>, OpenError> {
        while self.next <= upto {
            let Some(at) = &mut self.at else {
                match self.open(None)? {
                    Some(gap) => return Ok(Some(Found::Gap(gap))),
                    None => continue,
                }
            };
            if at.place.next > upto {
                return Ok(None);
            }
            let Some(read) = at.batch(&self.disk, self.next)? else {
                // The segment ends here, and another goes on.
                let ended = at.first;
                match self.open(Some(ended))? {
                    Some(gap) => return Ok(Some(Found::Gap(gap))),
                    None => continue,
                }
            };
            if let Some(last) = read.last() {
                self.next = Seq(last.seq.0 + 1);
                return Ok(Some(Found::Records(read)));
            }
        }
        Ok(None)
    }

    /// Opens the segment that has the next record, or says what is gone before the oldest.
    fn open(&mut self, ended: Option<Seq>) -> Result<Option<Gap>, OpenError> {
        self.at = None;
        for _ in 0..TRIES {
            let firsts = segments(&self.disk)?;
            let oldest = self.oldest(&firsts)?;
            if oldest > self.next {
                let gap = Gap { from: self.next, to: Seq(oldest.0 - 1) };
                self.next = oldest;
                return Ok(Some(gap));
            }
            let first = firsts.iter().rev().copied().find(|first| *first <= self.next).unwrap_or(oldest);
            if ended == Some(first) {
                let why = format!("record {} was written, and it is not there", self.next);
                let file = self.disk.shown(&layout::segment(first));
                return Err(OpenError::Damaged(Damage { file, offset: 0, why }));
            }
            match At::open(&self.disk, self.store, first) {
                // It was passed and removed since it was listed.
                Err(OpenError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
                opened => {
                    self.at = Some(opened?);
                    return Ok(None);
                }
            }
        }
        Err(OpenError::NoJournal { folder: self.disk.shown(layout::JOURNAL) })
    }

    fn oldest(&self, firsts: &[Seq]) -> Result<Seq, OpenError> {
        let none = || OpenError::NoJournal { folder: self.disk.shown(layout::JOURNAL) };
        firsts.first().copied().ok_or_else(none)
    }
}

impl<F: DiskFile> At<F> {
    fn open<D: Disk<File = F>>(disk: &D, store: StoreId, first: Seq) -> Result<Self, OpenError> {
        let name = layout::segment(first);
        let mut head = [0; SEGMENT_HEADER];
        let file = disk.open(&name).map_err(|e| failed(disk, &name, e))?;
        read_exactly(&file, &mut head, 0).map_err(|e| failed(disk, &name, e))?;
        let header = header_of(disk, store, first, &head)?;
        let place = Place::of(&header);
        Ok(Self { file, name, first, offset: ALIGNMENT, place, decoder: Decoder::new() })
    }

    /// The records of the next batch from `from` on; none where all are before it. Nothing where the
    /// segment ends.
    fn batch<D: Disk>(&mut self, disk: &D, from: Seq) -> Result<Option<Vec<Record>>, OpenError> {
        let mut head = [0; BATCH_HEADER];
        match read_exactly(&self.file, &mut head, self.offset) {
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            other => other.map_err(|e| failed(disk, &self.name, e))?,
        }
        let decoded = BatchHeader::decode(&head).filter(|(header, _)| self.place.is_next(header));
        let Some((header, crc)) = decoded else { return Ok(None) };
        let mut records = Vec::new();
        if header.last() >= from {
            let mut body = vec![0; header.body_bytes as usize];
            read_exactly(&self.file, &mut body, self.offset + BATCH_HEADER as u64)
                .map_err(|e| failed(disk, &self.name, e))?;
            records = self.records(disk, &header, &body)?;
            records.retain(|record| record.seq >= from);
        }
        self.place.pass(&header, crc);
        self.offset = aligned(self.offset + BATCH_HEADER as u64 + u64::from(header.body_bytes));
        Ok(Some(records))
    }

    fn records<D: Disk>(
        &mut self,
        disk: &D,
        header: &BatchHeader,
        body: &[u8],
    ) -> Result<Vec<Record>, OpenError> {
        let file = disk.shown(&self.name);
        let offset = self.offset;
        let damaged = |why: String| OpenError::Damaged(Damage { file: file.clone(), offset, why });
        if crc32fast::hash(body) != header.body_crc {
            return Err(damaged("the checksum of a batch is wrong".into()));
        }
        let batch = decode(&mut self.decoder, header, body, file.clone()).map_err(damaged)?;
        Ok(batch.commands.into_iter().flatten().collect())
    }
}

fn failed<D: Disk>(disk: &D, name: &str, source: io::Error) -> OpenError {
    OpenError::Io { path: disk.shown(name), what: "reading it", source }
}
