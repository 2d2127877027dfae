//! The sink: rows are gathered, and sealed into a part.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use names::{GrantId, Seq, Wall};

use super::columns::Num;
use super::folder::{Folder, day_of};
use super::merge::{Bounds, Merging};
use super::past::{self, Shelf};
use super::row::Rows;
use super::switch;
use super::write::write;
use crate::seen::{Happened, Held, Past};
use crate::sink::{Done, Order, Sink};
use crate::told::Told;

/// Rows of a part at most.
const PART_ROWS: usize = 65_536;

/// How a usage history is written.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where.
    pub folder: PathBuf,
    /// How long what happened may wait in memory; the journal has it meanwhile.
    pub seal: Duration,
    /// How long it is kept.
    pub bounds: Bounds,
    /// Hears what somebody should look at.
    pub warn: fn(&str),
}

/// Writes the usage history.
#[derive(Debug)]
pub struct UsageSink {
    folder: Folder,
    seal: Duration,
    upto: u64,
    rows: Rows,
    /// The number of the first event that is gathered, and since when some are.
    gathered: Option<(u64, Instant)>,
    /// The number of the last.
    last: u64,
    shelf: Shelf,
    /// Merges while this is there.
    _merging: Merging,
}

impl UsageSink {
    /// Opens it where it stands; what a crash left is mended.
    ///
    /// # Errors
    /// When the folder cannot be read or written.
    pub fn open(settings: &Settings) -> Result<Self, super::HistoryError> {
        let folder = Folder::new(&settings.folder);
        for (path, why) in folder.mend()? {
            (settings.warn)(&format!("{why}; it is set aside as {}", path.display()));
        }
        let upto = folder.files()?.last().map_or(0, |file| file.to);
        let today = || day_of(Timestamp::now().as_millisecond());
        let merging = Merging::spawn(folder.clone(), settings.bounds, settings.warn, today);
        let merging = merging.map_err(|e| super::HistoryError::System(settings.folder.clone(), e))?;
        Ok(Self {
            folder,
            seal: settings.seal,
            upto,
            rows: Rows::new(),
            gathered: None,
            last: upto,
            shelf: Shelf::default(),
            _merging: merging,
        })
    }

    fn gather(&mut self, from: u64, to: u64) {
        self.gathered.get_or_insert_with(|| (from, Instant::now()));
        self.last = to;
    }

    /// Writes what is gathered as a part.
    fn seal(&mut self) -> io::Result<()> {
        let Some((from, _)) = self.gathered else { return Ok(()) };
        let time = self.rows.table.num(Num::Time).first().copied().unwrap_or(0);
        let path = self.folder.file(day_of(time), from, self.last);
        write(&path, from, self.last, [&self.rows.table])?;
        self.upto = self.last;
        self.gathered = None;
        self.rows.clear();
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.rows.table.rows() >= PART_ROWS
    }
}

impl Sink for UsageSink {
    fn name(&self) -> &'static str {
        "the usage history"
    }

    fn upto(&self) -> Seq {
        Seq(self.upto)
    }

    fn take(&mut self, happened: &Happened<'_>, told: &Told) -> io::Result<()> {
        let seq = happened.record.seq.0;
        if seq <= self.last {
            return Ok(());
        }
        self.rows.push(happened, told);
        self.gather(seq, seq);
        if self.is_full() { self.seal() } else { Ok(()) }
    }

    fn gap(&mut self, from: Seq, to: Seq, now: Wall) -> io::Result<()> {
        let from = from.0.max(self.last + 1);
        if from <= to.0 {
            self.rows.gap(from, to.0, now);
            self.gather(from, to.0);
        }
        Ok(())
    }

    fn settle(&mut self, _: Wall) -> io::Result<()> {
        let is_due = self.gathered.is_some_and(|(_, since)| since.elapsed() >= self.seal);
        if is_due { self.seal() } else { Ok(()) }
    }

    fn close(&mut self, _: Wall) -> io::Result<()> {
        self.seal()
    }

    fn order(&mut self, order: &Order, _: Wall) -> Option<Result<Done, String>> {
        let Order::SwitchReport { of, path } = order else { return None };
        let done = self.seal().map_err(|error| error.to_string());
        Some(done.and_then(|()| switch::report(&self.folder, of, path)))
    }

    fn past(&mut self) -> Option<&mut dyn Past> {
        Some(self)
    }
}

impl Past for UsageSink {
    fn grant(&mut self, id: GrantId) -> Option<Held> {
        if id.0 > self.upto {
            return past::of(&self.rows.table, i64::try_from(id.0).ok()?);
        }
        self.shelf.grant(&self.folder, id)
    }
}
