//! What follows the journal: the seat state on sled, and the exports. The thread that runs it is
//! [`Applier`](crate::Applier)'s; the simulator calls it itself.

use names::Seq;
use seats::{Counts, Fingerprint, Record, State};

use crate::disk::{Disk, DiskFile, remove_if_there};
use crate::error::OpenError;
use crate::export;
use crate::layout;
use crate::replay::replay_live;
use crate::seats_port::{Changes, Head, SeatStore, SeatsFailed};
use crate::survey::Survey;

/// Changes that are written even if nobody asks for it.
const CHANGES_MAX: usize = 16 * 1024;

/// A batch that is on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// Its records; at least one.
    pub records: Vec<Record>,
    /// How many rows there are after it.
    pub counts: Counts,
    /// Which.
    pub fingerprint: Fingerprint,
    /// By how many bytes the journal grew.
    pub bytes: u64,
}

/// When exports are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FollowerOptions {
    /// An export is written when the journal since the last one has at least so many bytes,
    pub export_after_bytes: u64,
    /// and at least so many times the last one's size.
    pub export_growth: u64,
}

impl Default for FollowerOptions {
    fn default() -> Self {
        Self { export_after_bytes: 256 * 1024 * 1024, export_growth: 4 }
    }
}

/// What an administrator should be told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// sled is not used any more in this run. The journal goes on; the next start makes the seat
    /// state again.
    SetAside(SeatsFailed),
    /// An export was written.
    Exported {
        /// Of the rows after this record.
        cursor: Seq,
        /// How large it is.
        bytes: u64,
    },
    /// No export could be written. It is tried again later, and the journal is kept until then.
    ExportFailed(String),
}

/// The seat state and the exports behind the journal.
pub struct Follower<D: Disk, S: SeatStore> {
    disk: D,
    options: FollowerOptions,
    seats: Option<S>,
    /// What the seat state has on the disk.
    written: Head,
    /// What it has with `changes`.
    taken: Head,
    /// The last record that is known to be in the journal.
    offered: Seq,
    changes: Changes,
    /// The exports there are, oldest first.
    exports: Vec<Seq>,
    export_bytes: u64,
    bytes_since_export: u64,
    writing: Option<export::Writing<D>>,
    notices: Vec<Notice>,
}

impl<D: Disk, S: SeatStore> std::fmt::Debug for Follower<D, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Follower")
            .field("written", &self.written)
            .field("taken", &self.taken)
            .field("exports", &self.exports)
            .finish_non_exhaustive()
    }
}

impl<D: Disk, S: SeatStore> Follower<D, S> {
    /// Follows with a seat state that stands at `written`, or without one; what it lacks to the end of
    /// the journal it reads there.
    pub(crate) fn new(
        disk: D,
        options: FollowerOptions,
        seats: Option<S>,
        written: Head,
        survey: &Survey,
    ) -> std::io::Result<Self> {
        export::thin(&disk)?;
        let exports = export::list(&disk)?;
        let newest = exports.last().copied();
        let export_bytes = match newest {
            Some(cursor) => disk.open(&layout::export(cursor))?.len()?,
            None => 0,
        };
        Ok(Self {
            disk,
            options,
            seats,
            written,
            taken: written,
            offered: survey.last,
            changes: Changes::default(),
            exports,
            export_bytes,
            bytes_since_export: survey.bytes_after(newest.unwrap_or_default()),
            writing: None,
            notices: Vec::new(),
        })
    }

    /// Takes what a batch changes. Where batches before it were not given, they are read from the
    /// journal; one that was taken before changes nothing. Nothing is written yet, unless very much
    /// has gathered.
    pub fn take(&mut self, batch: &Committed) {
        let (Some(first), Some(last)) = (batch.records.first(), batch.records.last()) else { return };
        self.offered = self.offered.max(last.seq);
        if last.seq <= self.taken.cursor {
            return;
        }
        if first.seq.0 > self.taken.cursor.0 + 1 {
            self.catch_up(Seq(first.seq.0 - 1));
        }
        self.pass(&batch.records, batch.counts, batch.fingerprint, batch.bytes);
    }

    /// Takes what the journal has after the last batch taken; all up to `upto` must be on the disk.
    /// A seat state that cannot be brought forward is set aside.
    pub fn catch_up(&mut self, upto: Seq) {
        if self.seats.is_none() || self.taken.cursor >= upto {
            return;
        }
        let (disk, store, after) = (self.disk.clone(), self.taken.store, self.taken.cursor);
        let read = replay_live(&disk, store, after, upto, |batch| {
            self.pass(batch.records(), batch.counts, batch.fingerprint, batch.bytes);
            Ok(())
        });
        if let Err(e) = read {
            self.set_aside(SeatsFailed(format!("it cannot be brought forward: {e}")));
        }
    }

    fn pass<'a>(
        &mut self,
        records: impl IntoIterator<Item = &'a Record>,
        counts: Counts,
        fingerprint: Fingerprint,
        bytes: u64,
    ) {
        let mut cursor = self.taken.cursor;
        for record in records {
            cursor = record.seq;
            if self.seats.is_some() {
                self.changes.add(&record.event);
            }
        }
        self.taken = Head { cursor, counts, fingerprint, ..self.taken };
        self.bytes_since_export += bytes;
        if self.changes.len() >= CHANGES_MAX {
            self.write_taken();
        }
    }

    /// The last record that is known to be in the journal.
    #[must_use]
    pub fn offered(&self) -> Seq {
        self.offered
    }

    /// The last record taken.
    #[must_use]
    pub fn taken(&self) -> Seq {
        self.taken.cursor
    }

    /// Writes what was taken to the seat state, with its cursor, at once. What was in the journal at
    /// the start is taken first. A seat state that fails is set aside.
    pub fn write(&mut self) {
        self.catch_up(self.offered);
        self.write_taken();
    }

    fn write_taken(&mut self) {
        let Some(seats) = self.seats.as_mut().filter(|_| self.taken != self.written) else { return };
        match seats.write(&self.changes, self.taken.cursor, Some(&self.taken)) {
            Ok(()) => {
                self.changes.clear();
                self.written = self.taken;
            }
            Err(why) => self.set_aside(why),
        }
    }

    fn set_aside(&mut self, why: SeatsFailed) {
        // It is not closed either: a sled that failed may hang or panic then.
        std::mem::forget(self.seats.take());
        self.changes = Changes::default();
        self.notices.push(Notice::SetAside(why));
    }

    /// Begins an export when one is due, or writes some more of the one that was begun. Says whether
    /// there is more to write.
    pub fn export_step(&mut self) -> bool {
        let due = self.options.export_after_bytes.max(self.options.export_growth * self.export_bytes);
        if self.writing.is_none() {
            if self.bytes_since_export < due || self.exports.last() == Some(&self.exportable()) {
                return false;
            }
            match self.begin_export() {
                Ok(writing) => self.writing = Some(writing),
                Err(why) => return self.export_failed(why, due),
            }
        }
        let Some(writing) = &mut self.writing else { return false };
        match writing.step() {
            Ok(None) => true,
            Ok(Some(bytes)) => {
                let cursor = writing.cursor();
                self.writing = None;
                if let Err(why) = self.exported(cursor, bytes) {
                    self.export_failed(why, due);
                }
                false
            }
            Err(e) => self.export_failed(e.to_string(), due),
        }
    }

    /// The record after which rows can be exported.
    fn exportable(&self) -> Seq {
        if self.seats.is_some() { self.written.cursor } else { self.taken.cursor }
    }

    fn begin_export(&mut self) -> Result<export::Writing<D>, String> {
        let (head, rows) = self.rows()?;
        export::Writing::begin(self.disk.clone(), head, rows).map_err(|e| e.to_string())
    }

    /// All rows, and where they stand: the seat state's, or, without one, the last export's with the
    /// journal since.
    fn rows(&mut self) -> Result<(Head, export::Rows), String> {
        let mut rows = export::Rows::default();
        if let Some(seats) = &mut self.seats {
            match seats.read(&mut |row| rows.push(&row)) {
                Ok(head) if head == Some(self.written) => return Ok((self.written, rows)),
                Ok(_) => self.set_aside(SeatsFailed("its head is not what was written".into())),
                Err(why) => self.set_aside(why),
            }
        }
        drop(rows);
        let state = self.rebuild().map_err(|e| e.to_string())?;
        Ok((self.taken, state.rows().collect()))
    }

    /// The state after the last batch taken, from an export and the journal.
    fn rebuild(&self) -> Result<State, OpenError> {
        let newest = self.exports.last().copied().unwrap_or_default();
        let mut state = if newest.0 == 0 {
            State::new()
        } else {
            let broken =
                |why| OpenError::CannotRebuild { why: "set aside".into(), first: newest, export: why };
            export::read(&self.disk, self.taken.store, newest).map_err(broken)?.state
        };
        replay_live(&self.disk, self.taken.store, newest, self.taken.cursor, |batch| {
            crate::open::apply(&mut state, batch)
        })?;
        if state.last() == self.taken.cursor {
            return Ok(state);
        }
        Err(OpenError::Gap {
            file: self.disk.shown(layout::JOURNAL),
            found: self.taken.cursor,
            next: Seq(state.last().0 + 1),
        })
    }

    /// An export is there: it is read again before an older one goes.
    fn exported(&mut self, cursor: Seq, bytes: u64) -> Result<(), String> {
        if let Err(why) = export::read(&self.disk, self.taken.store, cursor) {
            // A power cut must not bring it back: a start counts on each export that is there.
            let gone = remove_if_there(&self.disk, &layout::export(cursor));
            let _ = gone.and_then(|()| self.disk.sync_dir(layout::EXPORT));
            if self.seats.is_some() {
                self.set_aside(SeatsFailed(format!("its rows make no right export: {why}")));
            }
            return Err(why);
        }
        export::thin(&self.disk).map_err(|e| e.to_string())?;
        self.exports = export::list(&self.disk).map_err(|e| e.to_string())?;
        self.export_bytes = bytes;
        self.bytes_since_export = 0;
        self.notices.push(Notice::Exported { cursor, bytes });
        Ok(())
    }

    fn export_failed(&mut self, why: String, due: u64) -> bool {
        self.writing = None;
        // What was begun takes room that grants may need. If it cannot go now, it goes at the start.
        let _ = export::thin(&self.disk);
        self.bytes_since_export = due / 2;
        self.notices.push(Notice::ExportFailed(why));
        false
    }

    /// The last record that the seat state has on the disk.
    #[must_use]
    pub fn cursor(&self) -> Seq {
        self.written.cursor
    }

    /// Whether there is a seat state.
    #[must_use]
    pub fn has_seats(&self) -> bool {
        self.seats.is_some()
    }

    /// The last record that neither the seat state nor the older export needs any more.
    #[must_use]
    pub fn passed(&self) -> Seq {
        let older = match self.exports[..] {
            [.., older, _] => older,
            _ => Seq(0),
        };
        if self.seats.is_some() { older.min(self.written.cursor) } else { older }
    }

    /// What happened since this was last asked.
    pub fn notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }
}
