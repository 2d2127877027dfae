//! The journal, as its one writer sees it.

use std::io;

use names::{Seq, Wall};
use seats::{Counts, Fingerprint};

use crate::batch::{BATCH_BYTES, Batch};
use crate::bytes::{ALIGNMENT, SegmentHeader, StoreId, aligned};
use crate::disk::{Disk, DiskFile, is_full, read_all, remove_if_there, write_all_at, write_zeros};
use crate::error::JournalError;
use crate::layout;
use crate::seats_port::Head;
use crate::survey::Survey;

/// How the journal is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalOptions {
    /// Bytes of a segment. One that must hold a larger batch is larger.
    pub segment_bytes: u64,
}

impl Default for JournalOptions {
    fn default() -> Self {
        Self { segment_bytes: 16 * 1024 * 1024 }
    }
}

/// Whether the journal has room, before anything is admitted that needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Room {
    /// Not even for returns.
    None,
    /// The next segment could not be claimed. What is left of this one is for returns; nothing that
    /// takes a seat may be admitted.
    Reserve,
    /// The next segment is claimed: a whole segment's bytes may be in flight.
    Ample,
}

/// The next segment, claimed and being filled with zeros.
#[derive(Debug)]
struct Spare<F> {
    file: F,
    len: u64,
    zeroed: u64,
}

/// The journal's writing end. It is one thread's.
///
/// After any error but [`JournalError::Full`] it is stopped for good.
#[derive(Debug)]
pub struct Journal<D: Disk> {
    disk: D,
    options: JournalOptions,
    store: StoreId,
    file: D::File,
    name: String,
    len: u64,
    offset: u64,
    /// How far the segment is filled ahead with zeros.
    zeroed: u64,
    next: Seq,
    number: u64,
    chain: u32,
    counts: Counts,
    fingerprint: Fingerprint,
    /// The first record of each segment, oldest first; the last is the one being written.
    segments: Vec<Seq>,
    spare: Option<Spare<D::File>>,
    is_stopped: bool,
}

/// Zeros written ahead at a time: about a millisecond.
const ZEROS_AT_ONCE: u64 = 1024 * 1024;

impl<D: Disk> Journal<D> {
    /// Makes an empty journal: its first segment, ready for record 1.
    pub(crate) fn make(
        disk: &D,
        store: StoreId,
        wall: Wall,
        options: JournalOptions,
    ) -> Result<(), JournalError> {
        let (counts, fingerprint) = (Counts::default(), Fingerprint::default());
        Self::make_after(disk, &Head { store, cursor: Seq(0), counts, fingerprint }, wall, options)
    }

    /// Makes a journal that goes on after a state: its first segment, ready for the next record.
    pub(crate) fn make_after(
        disk: &D,
        head: &Head,
        wall: Wall,
        options: JournalOptions,
    ) -> Result<(), JournalError> {
        let header = SegmentHeader {
            store: head.store,
            first: Seq(head.cursor.0 + 1),
            batch: 1,
            wall,
            counts: head.counts,
            fingerprint: head.fingerprint,
            chain: 0,
        };
        let spare = claim(disk, options.segment_bytes)?;
        place(disk, &spare.file, &header)
    }

    /// Goes on where a survey ended: cuts what it says must be cut, and claims the next segment.
    ///
    /// # Errors
    /// The system's.
    pub fn resume(disk: D, survey: &Survey, options: JournalOptions) -> Result<Self, JournalError> {
        let name = layout::segment(survey.last_segment().first);
        let file = disk.open(&name).map_err(|e| failed(&disk, &name, "opening it", e))?;
        let mut len = file.len().map_err(|e| failed(&disk, &name, "asking its length", e))?;
        if let Some(cut) = &survey.cut {
            write_zeros(&file, cut.offset, cut.offset + cut.bytes)
                .map_err(|e| failed(&disk, &name, "cutting its end", e))?;
        }
        if len < options.segment_bytes {
            match file.allocate(options.segment_bytes) {
                Err(e) if !is_full(&e) => return Err(failed(&disk, &name, "claiming room", e)),
                _ => {}
            }
            len = file.len().map_err(|e| failed(&disk, &name, "asking its length", e))?;
        }
        // What was read here may be in the system's memory only: a process that was killed did not
        // flush it, and after a flush that failed the next one would not write it. So it is written
        // again, and all of it, and every name, is on the disk before anything is built on it.
        let whole = read_all(&file).map_err(|e| failed(&disk, &name, "reading it", e))?;
        let end = usize::try_from(survey.offset).unwrap_or(usize::MAX).min(whole.len());
        write_all_at(&file, &whole[..end], 0).map_err(|e| failed(&disk, &name, "writing it again", e))?;
        file.sync_data().map_err(|e| failed(&disk, &name, "flushing it", e))?;
        for folder in [layout::JOURNAL, layout::EXPORT, ""] {
            match disk.sync_dir(folder) {
                // There may be no exports, and then no folder of them.
                Err(e) if e.kind() == io::ErrorKind::NotFound && folder == layout::EXPORT => {}
                Err(e) => return Err(failed(&disk, folder, "flushing its names", e)),
                Ok(()) => {}
            }
        }
        let mut journal = Self {
            disk,
            options,
            store: survey.store,
            file,
            name,
            len,
            offset: survey.offset,
            // Nobody wrote down whether it was filled.
            zeroed: survey.offset,
            next: Seq(survey.last.0 + 1),
            number: survey.next_batch,
            chain: survey.chain,
            counts: survey.counts,
            fingerprint: survey.fingerprint,
            segments: survey.segments.iter().map(|s| s.first).collect(),
            spare: None,
            is_stopped: false,
        };
        journal.claim_spare()?;
        Ok(journal)
    }

    /// Writes a batch and returns when it is on the disk: one write, one flush. `counts` and
    /// `fingerprint` are of the state after it. The batch is empty afterwards. Says how many bytes
    /// the journal grew by.
    ///
    /// # Errors
    /// [`JournalError::Full`]: nothing happened. Any other: nothing is known, and the process must end.
    pub fn commit(
        &mut self,
        batch: &mut Batch,
        counts: Counts,
        fingerprint: Fingerprint,
    ) -> Result<u64, JournalError> {
        if self.is_stopped {
            return Err(JournalError::Stopped);
        }
        if batch.is_empty() {
            return Ok(0);
        }
        let written = self.write(batch, counts, fingerprint);
        self.is_stopped = matches!(&written, Err(e) if e.is_fatal());
        written
    }

    fn write(
        &mut self,
        batch: &mut Batch,
        counts: Counts,
        fingerprint: Fingerprint,
    ) -> Result<u64, JournalError> {
        if !batch.follows(self.next) {
            return Err(JournalError::OutOfOrder { found: batch.first(), next: self.next });
        }
        if self.offset + batch.bytes() > self.len {
            self.make_room(batch.wall(), batch.bytes())?;
        }
        let last = batch.last();
        let (bytes, chain) = batch.finish(self.number, self.chain, counts, fingerprint);
        write_all_at(&self.file, bytes, self.offset)
            .map_err(|e| failed(&self.disk, &self.name, "writing it", e))?;
        self.file.sync_data().map_err(|e| failed(&self.disk, &self.name, "flushing it", e))?;
        let before = self.offset;
        self.offset = aligned(self.offset + bytes.len() as u64);
        self.next = Seq(last.0 + 1);
        self.number += 1;
        self.chain = chain;
        self.counts = counts;
        self.fingerprint = fingerprint;
        batch.clear();
        Ok(self.offset - before)
    }

    /// Begins the next segment, or makes this one larger if it is empty.
    fn make_room(&mut self, wall: Wall, batch_bytes: u64) -> Result<(), JournalError> {
        if self.offset > ALIGNMENT {
            return self.turn(wall, batch_bytes);
        }
        let needed = self.offset + batch_bytes;
        match self.file.allocate(needed) {
            Ok(()) => self.len = needed,
            Err(e) if is_full(&e) => return Err(JournalError::Full),
            Err(e) => return Err(failed(&self.disk, &self.name, "claiming room", e)),
        }
        Ok(())
    }

    /// Begins the next segment, with room for a batch of so many bytes.
    fn turn(&mut self, wall: Wall, batch_bytes: u64) -> Result<(), JournalError> {
        self.claim_spare()?;
        let Some(spare) = &self.spare else { return Err(JournalError::Full) };
        let needed = ALIGNMENT + batch_bytes;
        match spare.file.allocate(needed) {
            Ok(()) => {}
            Err(e) if is_full(&e) => return Err(JournalError::Full),
            Err(e) => return Err(failed(&self.disk, layout::SPARE, "claiming room", e)),
        }
        let header = SegmentHeader {
            store: self.store,
            first: self.next,
            batch: self.number,
            wall,
            counts: self.counts,
            fingerprint: self.fingerprint,
            chain: self.chain,
        };
        place(&self.disk, &spare.file, &header)?;
        let Some(spare) = self.spare.take() else { return Err(JournalError::Stopped) };
        self.name = layout::segment(self.next);
        self.file = spare.file;
        self.len = spare.len.max(needed);
        self.offset = ALIGNMENT;
        self.zeroed = spare.zeroed;
        self.segments.push(self.next);
        self.claim_spare()
    }

    /// Claims the next segment, unless it is claimed or the disk is full.
    fn claim_spare(&mut self) -> Result<(), JournalError> {
        if self.spare.is_none() {
            match claim(&self.disk, self.options.segment_bytes) {
                Ok(spare) => self.spare = Some(spare),
                Err(JournalError::Full) => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// What can be done ahead of need, a little at a time: call it after a batch is answered, and
    /// now and then while nothing happens. It claims the next segment, also when an earlier try
    /// found the disk full, and fills this one's end and the next with zeros, so that a flush need not
    /// write the file's map.
    ///
    /// # Errors
    /// As [`Journal::commit`]; a full disk is not an error here, but the room that is told.
    pub fn tend(&mut self) -> Result<Room, JournalError> {
        if self.is_stopped {
            return Err(JournalError::Stopped);
        }
        let tended = self.claim_spare().and_then(|()| match self.zeroed.max(self.offset) {
            from if from < self.len => self.fill(from),
            _ => self.fill_spare(),
        });
        self.is_stopped = tended.is_err();
        tended.map(|()| self.room())
    }

    /// Whether [`Journal::tend`] has nothing left to do until more is written.
    #[must_use]
    pub fn is_tended(&self) -> bool {
        self.zeroed.max(self.offset) >= self.len && self.spare.as_ref().is_some_and(|s| s.zeroed >= s.len)
    }

    /// Fills a piece of the segment being written, which begins behind its last batch.
    fn fill(&mut self, from: u64) -> Result<(), JournalError> {
        let to = self.len.min(from + ZEROS_AT_ONCE);
        match write_zeros(&self.file, from, to).and_then(|()| self.file.sync_data()) {
            Ok(()) => self.zeroed = to,
            // A file system that claims nothing ahead: its map is written with the batches.
            Err(e) if is_full(&e) => self.zeroed = self.len,
            Err(e) => return Err(failed(&self.disk, &self.name, "filling it", e)),
        }
        Ok(())
    }

    fn fill_spare(&mut self) -> Result<(), JournalError> {
        let Some(spare) = self.spare.as_mut().filter(|s| s.zeroed < s.len) else { return Ok(()) };
        let to = spare.len.min(spare.zeroed + ZEROS_AT_ONCE);
        let filled = write_zeros(&spare.file, spare.zeroed, to).and_then(|()| spare.file.sync_data());
        match filled {
            Ok(()) => spare.zeroed = to,
            // A file system that claims nothing ahead.
            Err(e) if is_full(&e) => {
                self.spare = None;
                remove_if_there(&self.disk, layout::SPARE)
                    .map_err(|e| failed(&self.disk, layout::SPARE, "removing it", e))?;
            }
            Err(e) => return Err(failed(&self.disk, layout::SPARE, "filling it", e)),
        }
        Ok(())
    }

    /// Whether there is room for more, as of the last commit or [`Journal::tend`].
    #[must_use]
    pub fn room(&self) -> Room {
        let a_batch = (BATCH_BYTES as u64 + ALIGNMENT).min(self.options.segment_bytes / 4);
        if self.spare.is_some() {
            Room::Ample
        } else if self.offset + a_batch <= self.len {
            Room::Reserve
        } else {
            Room::None
        }
    }

    /// Bytes that are left in the segment being written.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.len.saturating_sub(self.offset)
    }

    /// Removes the segments whose every record is `passed` or earlier; the one being written stays.
    /// Says how many.
    ///
    /// # Errors
    /// The system's. The journal is not harmed by it; try again later.
    pub fn release(&mut self, passed: Seq) -> io::Result<usize> {
        let mut removed = 0;
        while let [oldest, next, ..] = self.segments[..]
            && next.0 <= passed.0.saturating_add(1)
        {
            // One at a time: a crash in between must not leave a gap.
            remove_if_there(&self.disk, &layout::segment(oldest))?;
            self.disk.sync_dir(layout::JOURNAL)?;
            self.segments.remove(0);
            removed += 1;
        }
        Ok(removed)
    }

    /// The number that the next record must have.
    #[must_use]
    pub fn next(&self) -> Seq {
        self.next
    }

    /// Where the journal begins.
    #[must_use]
    pub fn first(&self) -> Seq {
        self.segments.first().copied().unwrap_or(self.next)
    }
}

/// Makes the next segment's file and claims its bytes.
fn claim<D: Disk>(disk: &D, bytes: u64) -> Result<Spare<D::File>, JournalError> {
    let claimed = (|| {
        remove_if_there(disk, layout::SPARE)?;
        let file = disk.create(layout::SPARE)?;
        file.allocate(bytes)?;
        Ok(file)
    })();
    match claimed {
        Ok(file) => Ok(Spare { file, len: bytes, zeroed: ALIGNMENT.min(bytes) }),
        Err(e) if is_full(&e) => {
            remove_if_there(disk, layout::SPARE)
                .map_err(|e| failed(disk, layout::SPARE, "removing it", e))?;
            Err(JournalError::Full)
        }
        Err(e) => Err(failed(disk, layout::SPARE, "claiming it", e)),
    }
}

/// Makes the spare the segment that its header says: the header is on the disk before the name is.
fn place<D: Disk>(disk: &D, file: &D::File, header: &SegmentHeader) -> Result<(), JournalError> {
    let name = layout::segment(header.first);
    write_all_at(file, &header.encode(), 0)
        .and_then(|()| file.sync_data())
        .and_then(|()| disk.rename(layout::SPARE, &name))
        .and_then(|()| disk.sync_dir(layout::JOURNAL))
        .map_err(|e| failed(disk, &name, "beginning it", e))
}

fn failed<D: Disk>(disk: &D, name: &str, what: &'static str, source: io::Error) -> JournalError {
    JournalError::Io { file: disk.shown(name), what, source }
}
