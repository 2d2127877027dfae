//! The readers of the journal: how far each has come, on the disk, and which are too far behind.
//!
//! A segment of the journal stays until every reader has passed it. What is kept for readers alone is
//! bounded: whoever is furthest behind is cut loose then, and is told later what it has lost.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use names::Seq;

use crate::bytes::StoreId;
use crate::disk::{Disk, DiskFile, read_all, remove_if_there, write_file};
use crate::layout;
use crate::reader_file::{Reader, ReaderName};

/// At most so many readers have a name: one is the daemon's own.
pub const READERS_MAX: usize = 17;
/// No file of a reader is larger.
const FILE_BYTES_MAX: u64 = 1024;

/// How much is kept for readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReaderOptions {
    /// Bytes of journal that may be kept for readers alone, beyond what a start needs.
    pub kept_bytes_max: u64,
}

impl Default for ReaderOptions {
    fn default() -> Self {
        Self { kept_bytes_max: 256 * 1024 * 1024 }
    }
}

/// Why a reader cannot be served. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ReaderError {
    /// It has no such name.
    #[error(
        "a reader's name has 1 to {} characters of a to z, digits, - and _, and begins with a letter or a digit",
        ReaderName::CHARS_MAX
    )]
    BadName,
    /// There are too many.
    #[error("there are {} readers beside the daemon's own, and there may be no more; forget one that is not needed", READERS_MAX - 1)]
    TooMany,
    /// Nobody registered it.
    #[error("there is no reader {0}; it begins by reading under that name")]
    Unknown(ReaderName),
    /// It says that it has passed what is not there.
    #[error("reader {name} cannot have passed record {upto}: the journal ends with {last}")]
    Ahead {
        /// Which reader.
        name: ReaderName,
        /// What it says that it has passed.
        upto: Seq,
        /// The journal's last record.
        last: Seq,
    },
    /// The disk.
    #[error("{file}: the reader cannot be written down: {source}; see whether the disk is full or failing")]
    Io {
        /// Which file.
        file: String,
        /// The system's error.
        source: io::Error,
    },
}

/// A reader that was cut loose.
#[derive(Debug)]
pub struct CutLoose {
    /// The reader, as it is now.
    pub reader: Reader,
    /// Why that could not be written down, if it could not. It holds in this run all the same.
    pub failed: Option<ReaderError>,
}

/// What all readers have passed, for who removes segments. It never waits.
#[derive(Debug, Clone)]
pub struct ReadersPassed(Arc<AtomicU64>);

impl ReadersPassed {
    /// The last record that no reader needs any more; the highest number there is when nobody reads.
    #[must_use]
    pub fn get(&self) -> Seq {
        Seq(self.0.load(Ordering::Acquire))
    }

    /// Nobody reads any more in this run: nothing is kept for readers.
    pub fn nobody(&self) {
        self.0.store(u64::MAX, Ordering::Release);
    }
}

/// The readers of a store, and their files. It is one thread's.
#[derive(Debug)]
pub struct Cursors<D: Disk> {
    disk: D,
    store: StoreId,
    options: ReaderOptions,
    /// By name.
    readers: Vec<Reader>,
    passed: ReadersPassed,
}

impl<D: Disk> Cursors<D> {
    /// Reads the readers there are, and says what should be known of it. `last` is the journal's last
    /// record. A file that cannot be used is moved aside: it stops no start.
    pub fn open(disk: D, store: StoreId, last: Seq, options: ReaderOptions) -> (Self, Vec<String>) {
        let passed = ReadersPassed(Arc::new(AtomicU64::new(u64::MAX)));
        let mut cursors = Self { disk, store, options, readers: Vec::new(), passed };
        let mut told = Vec::new();
        let names = match names(&cursors.disk) {
            Ok(names) => names,
            Err(e) => {
                let folder = cursors.disk.shown(layout::READERS);
                told.push(format!("{folder}: it cannot be listed, and no journal is kept for readers: {e}"));
                Vec::new()
            }
        };
        for file in names {
            if let Err(why) = cursors.read(&file, last, &mut told) {
                told.push(set_aside(&cursors.disk, &file, &why));
            }
        }
        cursors.readers.sort_by(|a, b| a.name.cmp(&b.name));
        cursors.publish();
        (cursors, told)
    }

    fn read(&mut self, file: &str, last: Seq, told: &mut Vec<String>) -> Result<(), String> {
        let mut reader = read_file(&self.disk, file, self.store)?;
        if self.readers.len() >= READERS_MAX {
            return Err(format!("there are {READERS_MAX} readers besides"));
        }
        if reader.next.0 > last.0 + 1 {
            let (name, next) = (&reader.name, reader.next);
            told.push(format!(
                "the reader {name} is at record {next}, and the journal ends with {last}; it goes on from there"
            ));
            reader.next = Seq(last.0 + 1);
        }
        self.readers.push(reader);
        Ok(())
    }

    /// The readers there are, by name.
    #[must_use]
    pub fn readers(&self) -> &[Reader] {
        &self.readers
    }

    /// A reader, if it is there.
    #[must_use]
    pub fn find(&self, name: &ReaderName) -> Option<&Reader> {
        self.readers.iter().find(|reader| reader.name == *name)
    }

    /// What all of them have passed.
    #[must_use]
    pub fn passed(&self) -> ReadersPassed {
        self.passed.clone()
    }

    /// Makes a reader that begins with a record, durably; one that is there stays as it is.
    ///
    /// # Errors
    /// When there are too many, or it cannot be written down.
    pub fn register(&mut self, name: &ReaderName, next: Seq) -> Result<Reader, ReaderError> {
        if let Some(reader) = self.find(name) {
            return Ok(reader.clone());
        }
        if self.readers.len() >= READERS_MAX {
            return Err(ReaderError::TooMany);
        }
        let reader = Reader { name: name.clone(), next: Seq(next.0.max(1)), is_cut_loose: false };
        self.write(&reader)?;
        self.readers.push(reader.clone());
        self.readers.sort_by(|a, b| a.name.cmp(&b.name));
        self.publish();
        Ok(reader)
    }

    /// A reader has passed all records up to this one, the journal's `last` at most; it never goes back.
    /// Durable when this returns. One that was cut loose has its journal kept again from here on.
    ///
    /// # Errors
    /// When there is no such reader, the record is not there, or it cannot be written down.
    pub fn advance(&mut self, name: &ReaderName, upto: Seq, last: Seq) -> Result<(), ReaderError> {
        let Some(at) = self.readers.iter().position(|reader| reader.name == *name) else {
            return Err(ReaderError::Unknown(name.clone()));
        };
        if upto > last {
            return Err(ReaderError::Ahead { name: name.clone(), upto, last });
        }
        let Some(reader) = self.readers.get(at).filter(|reader| reader.next <= upto) else { return Ok(()) };
        let new = Reader { next: Seq(upto.0 + 1), is_cut_loose: false, ..reader.clone() };
        self.write(&new)?;
        if let Some(reader) = self.readers.get_mut(at) {
            *reader = new;
        }
        self.publish();
        Ok(())
    }

    /// Forgets a reader, durably.
    ///
    /// # Errors
    /// When there is none, or its file cannot be removed.
    pub fn forget(&mut self, name: &ReaderName) -> Result<(), ReaderError> {
        if self.find(name).is_none() {
            return Err(ReaderError::Unknown(name.clone()));
        }
        let file = layout::reader(name);
        remove_if_there(&self.disk, &file)
            .and_then(|()| self.disk.sync_dir(layout::READERS))
            .map_err(|source| ReaderError::Io { file: self.disk.shown(&file), source })?;
        self.readers.retain(|reader| reader.name != *name);
        self.publish();
        Ok(())
    }

    /// Cuts those loose that are furthest behind, until no more is kept for readers alone than is
    /// allowed; nothing at all on a full disk. `needed` is the last record that nobody else needs
    /// ([`Applier::passed`](crate::Applier::passed)). Each is written down before a segment can go.
    ///
    /// # Errors
    /// When the journal's files cannot be looked at.
    pub fn trim(&mut self, needed: Seq, is_full: bool) -> io::Result<Vec<CutLoose>> {
        let mut cut = Vec::new();
        if !self.kept().any(|reader| reader.next <= needed) {
            return Ok(cut);
        }
        let most = if is_full { 0 } else { self.options.kept_bytes_max };
        let removable = removable(&self.disk, needed)?;
        while let Some(at) = self.furthest() {
            let next = self.readers.get(at).map_or(needed, |reader| reader.next);
            let kept: u64 = removable.iter().filter(|(last, _)| *last >= next).map(|(_, bytes)| bytes).sum();
            if kept <= most {
                break;
            }
            if let Some(done) = self.cut_loose(at) {
                cut.push(done);
            }
        }
        self.publish();
        Ok(cut)
    }

    fn cut_loose(&mut self, at: usize) -> Option<CutLoose> {
        let reader = self.readers.get_mut(at)?;
        reader.is_cut_loose = true;
        let reader = reader.clone();
        // Where it cannot be written down, the journal still tells what is missing of it: space and
        // grants come first.
        let failed = self.write(&reader).err();
        Some(CutLoose { reader, failed })
    }

    /// Those that journal is kept for.
    fn kept(&self) -> impl Iterator<Item = &Reader> {
        self.readers.iter().filter(|reader| !reader.is_cut_loose)
    }

    fn furthest(&self) -> Option<usize> {
        let kept = self.readers.iter().enumerate().filter(|(_, reader)| !reader.is_cut_loose);
        kept.min_by_key(|(_, reader)| reader.next).map(|(at, _)| at)
    }

    fn publish(&self) {
        let passed = self.kept().map(|reader| reader.next.0.saturating_sub(1)).min();
        self.passed.0.store(passed.unwrap_or(u64::MAX), Ordering::Release);
    }

    fn write(&self, reader: &Reader) -> Result<(), ReaderError> {
        let file = layout::reader(&reader.name);
        let failed = |source| ReaderError::Io { file: self.disk.shown(&file), source };
        match self.disk.list(layout::READERS) {
            Ok(_) => {}
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                let made = self.disk.make_dir(layout::READERS).and_then(|()| self.disk.sync_dir(""));
                made.map_err(failed)?;
            }
            Err(e) => return Err(failed(e)),
        }
        write_file(&self.disk, &file, reader.to_text(self.store).as_bytes()).map_err(failed)
    }
}

/// The files of readers, in the order of their names.
pub(crate) fn names<D: Disk>(disk: &D) -> io::Result<Vec<String>> {
    let mut names = match disk.list(layout::READERS) {
        Ok(names) => names,
        Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(e) => return Err(e),
    };
    names.retain(|name| name.ends_with(layout::READER_ENDING));
    names.sort_unstable();
    Ok(names)
}

/// A reader's file, or what is the matter with it.
pub(crate) fn read_file<D: Disk>(disk: &D, file: &str, store: StoreId) -> Result<Reader, String> {
    let name = file.strip_suffix(layout::READER_ENDING).and_then(ReaderName::new);
    let name = name.ok_or_else(|| "its name is no reader's".to_owned())?;
    let opened = disk.open(&layout::reader(&name)).map_err(|e| format!("it cannot be read: {e}"))?;
    match opened.len() {
        Ok(bytes) if bytes > FILE_BYTES_MAX => return Err(format!("it has {bytes} bytes")),
        Ok(_) => {}
        Err(e) => return Err(format!("it cannot be read: {e}")),
    }
    let bytes = read_all(&opened).map_err(|e| format!("it cannot be read: {e}"))?;
    let text = String::from_utf8(bytes).map_err(|_| "it is no text".to_owned())?;
    Reader::from_text(&text, &name, store)
}

/// Moves a file out of the way, and says so.
fn set_aside<D: Disk>(disk: &D, file: &str, why: &str) -> String {
    let from = format!("{}/{file}", layout::READERS);
    let to = format!("{from}.bad");
    let moved = disk.rename(&from, &to).and_then(|()| disk.sync_dir(layout::READERS));
    let done = match moved {
        Ok(()) => format!("it is moved to {}", disk.shown(&to)),
        Err(e) => format!("it cannot be moved away either: {e}"),
    };
    format!("{}: {why}; the reader is not known any more, and {done}", disk.shown(&from))
}

/// The segments that would go if nobody read: the last record of each, and its bytes.
fn removable<D: Disk>(disk: &D, needed: Seq) -> io::Result<Vec<(Seq, u64)>> {
    let names = disk.list(layout::JOURNAL)?;
    let mut firsts: Vec<Seq> = names.iter().filter_map(|name| layout::number_of(name, "skj")).collect();
    firsts.sort_unstable();
    let mut removable = Vec::new();
    for (first, next) in firsts.iter().zip(firsts.iter().skip(1)) {
        let last = Seq(next.0.saturating_sub(1));
        if last > needed {
            break;
        }
        match disk.open(&layout::segment(*first)).and_then(|file| file.len()) {
            Ok(bytes) => removable.push((last, bytes)),
            // It has gone meanwhile.
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(e),
        }
    }
    Ok(removable)
}
