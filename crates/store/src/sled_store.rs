//! The seat state on sled.
//!
//! sled 0.34's `flush` never reaches the disk's surface on Linux, so we flush its file ourselves;
//! one flipped byte can roll it back without a word, so nobody believes it before it is proven
//! against the journal; it panics and hangs, so it is opened on a thread of its own with a deadline.

use std::fs::File;
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::time::Duration;

use names::Seq;
use rustix::fs::FlockOperation;
use seats::{Decoder, Row};

use crate::layout;
use crate::order;
use crate::seats_port::{Changes, Head, Opening, SeatFolder, SeatStore, SeatsFailed};
use crate::sled_thread::{Giver, caught, within};
use crate::value;

/// Values above this would be kept in files that sled never flushes.
const VALUE_BYTES_MAX: usize = 64 * 1024;
/// Bytes of its file that sled keeps in memory, as it counts them: unpacked they take two and a half
/// times as much. Beside that it keeps about 35 bytes a row to find its pages. Four times as much would
/// save the seat state's thread a fifth of its work where very many seats are held and any of them may
/// be returned next, and nothing where the last ones are.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;
/// Operations without a change for each change, that sled's memory may be freed.
const OPERATIONS_PER_CHANGE: usize = 2;
/// A sled that does not close within this is left behind.
const CLOSE_WITHIN: Duration = Duration::from_secs(10);
/// sled frees its space only in the thread that this wakes.
const FLUSH_EVERY_MS: u64 = 200;

/// Rows that are read before they are handed on.
const ROWS_AT_ONCE: usize = 256;

/// What can be read of a seat state.
#[derive(Debug, Clone, Default)]
pub(crate) struct Salvaged {
    /// Where it stands; `None` when it was never finished.
    pub(crate) head: Option<Head>,
    /// Its rows, each with a right checksum.
    pub(crate) rows: Vec<Row>,
    /// The rows that cannot be read: the key, and the reason.
    pub(crate) bad: Vec<(Vec<u8>, String)>,
}

/// Keys and values as sled has them.
type Entries = Vec<(sled::IVec, sled::IVec)>;

/// A seat state on sled, open. One thread's.
#[derive(Debug)]
pub struct SledStore {
    /// `None` while it is being closed.
    db: Option<sled::Db>,
    /// Our own descriptor of sled's file, to flush it.
    file: File,
}

impl SledStore {
    /// Opens or makes one. May panic or hang.
    fn open(folder: &Path) -> Result<Self, SeatsFailed> {
        let shown = folder.display();
        let failed = |what: &str, e: &dyn std::fmt::Display| SeatsFailed(format!("{shown}: {what}: {e}"));
        let db = sled::Config::new()
            .path(folder)
            .cache_capacity(CACHE_BYTES)
            .flush_every_ms(Some(FLUSH_EVERY_MS))
            .open()
            .map_err(|e| failed("sled cannot open it", &e))?;
        let file = File::options()
            .read(true)
            .write(true)
            .open(folder.join("db"))
            .map_err(|e| failed("its file `db` cannot be opened", &e))?;
        let store = Self { db: Some(db), file };
        store.settle(folder).map_err(|e| failed("it cannot be flushed", &e))?;
        Ok(store)
    }

    /// Makes the files and their names durable.
    fn settle(&self, folder: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        File::open(folder.join("conf"))?.sync_all()?;
        File::open(folder)?.sync_all()?;
        folder.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
    }

    fn db(&self) -> Result<&sled::Db, SeatsFailed> {
        self.db.as_ref().ok_or_else(|| SeatsFailed("sled is closed".into()))
    }

    /// Reads all entries in the order of [`order::ranges`], some at a time.
    fn read_entries(
        &self,
        mut each: impl FnMut(Entries) -> Result<(), SeatsFailed>,
    ) -> Result<(), SeatsFailed> {
        let db = self.db()?;
        let mut read = Entries::with_capacity(ROWS_AT_ONCE);
        for (from, to) in order::ranges() {
            let below = to.map_or(Bound::Unbounded, Bound::Excluded);
            for entry in db.range((Bound::Included(from), below)) {
                let entry = entry.map_err(|e| {
                    let after = read
                        .last()
                        .map_or_else(String::new, |(k, _)| format!(" after {}", value::name_of(k)));
                    SeatsFailed(format!("sled cannot read the row{after}: {e}"))
                })?;
                read.push(entry);
                if read.len() == ROWS_AT_ONCE {
                    each(std::mem::replace(&mut read, Entries::with_capacity(ROWS_AT_ONCE)))?;
                }
            }
        }
        each(read)
    }

    /// Reads it row by row, past those that are damaged.
    fn salvage_rows(&self) -> Result<Salvaged, SeatsFailed> {
        let (mut read, mut decoder) = (Salvaged::default(), Decoder::new());
        for entry in self.db()?.iter() {
            let (key, bytes) = entry.map_err(|e| SeatsFailed(format!("sled cannot read on: {e}")))?;
            if *key == *value::HEAD_KEY {
                read.head = Some(value::unseal_head(&bytes).map_err(SeatsFailed)?);
                continue;
            }
            match value::unseal(&mut decoder, &key, &bytes) {
                Ok(row) => read.rows.push(row),
                Err(why) => read.bad.push((key.to_vec(), why)),
            }
        }
        Ok(read)
    }

    fn write_rows(&self, changes: &Changes, at: Seq, head: Option<&Head>) -> Result<(), SeatsFailed> {
        let mut batch = sled::Batch::default();
        for (key, row) in changes.iter() {
            match row {
                Some(row) if row.len() > VALUE_BYTES_MAX => {
                    return Err(SeatsFailed(format!("a row of {} bytes is too large for sled", row.len())));
                }
                Some(row) => batch.insert(key, value::seal(key, row, at)),
                None => batch.remove(key),
            }
        }
        if let Some(head) = head {
            batch.insert(value::HEAD_KEY, value::seal_head(head));
        }
        let db = self.db()?;
        db.apply_batch(batch).map_err(|e| SeatsFailed(format!("sled cannot apply a batch: {e}")))?;
        db.flush().map_err(|e| SeatsFailed(format!("sled cannot flush: {e}")))?;
        self.file.sync_data().map_err(|e| SeatsFailed(format!("sled's file cannot be flushed: {e}")))?;
        self.free_memory(changes.len())
    }

    /// Has sled free what a batch of so many changes replaced. It frees a little with every 128th
    /// operation, whatever an operation changes, so that batches alone would fill the memory.
    fn free_memory(&self, changes: usize) -> Result<(), SeatsFailed> {
        let db = self.db()?;
        for _ in 0..changes.saturating_mul(OPERATIONS_PER_CHANGE) {
            db.get(value::HEAD_KEY).map_err(|e| SeatsFailed(format!("sled cannot read its head: {e}")))?;
        }
        Ok(())
    }
}

impl SeatStore for SledStore {
    fn read(&mut self, each: &mut dyn FnMut(Row)) -> Result<Option<Head>, SeatsFailed> {
        let mut reading = Reading::default();
        caught(|| self.read_entries(|entries| reading.take(&entries, each)))?;
        Ok(reading.head)
    }

    fn write(&mut self, changes: &Changes, at: Seq, head: Option<&Head>) -> Result<(), SeatsFailed> {
        caught(|| self.write_rows(changes, at, head))
    }
}

impl Drop for SledStore {
    /// Closing sled flushes it, and may panic or hang like everything else of it. Its own threads may
    /// keep its file, and the lock on it, for a moment longer: whoever opened it again in that moment
    /// would be refused, so that is waited for too.
    fn drop(&mut self) {
        let Some(db) = self.db.take() else { return };
        let file = self.file.try_clone();
        let close = move |_: &Giver<(), ()>| {
            drop(db);
            if let Ok(file) = file {
                let _ = rustix::fs::flock(&file, FlockOperation::LockExclusive);
            }
            Ok(())
        };
        let _ = within(CLOSE_WITHIN, close, Ok);
    }
}

/// Makes rows of entries, and finds the head among them.
#[derive(Debug, Default)]
struct Reading {
    decoder: Decoder,
    head: Option<Head>,
}

impl Reading {
    fn take(&mut self, entries: &Entries, each: &mut dyn FnMut(Row)) -> Result<(), SeatsFailed> {
        for (key, bytes) in entries {
            if **key == *value::HEAD_KEY {
                self.head = Some(value::unseal_head(bytes).map_err(SeatsFailed)?);
            } else {
                each(value::unseal(&mut self.decoder, key, bytes).map_err(SeatsFailed)?);
            }
        }
        Ok(())
    }
}

/// Where the seat state on sled is kept: the folder `sled` of a state folder.
#[derive(Debug, Clone)]
pub struct SledFolder {
    root: PathBuf,
    within: Duration,
}

impl SledFolder {
    /// The seat state of a state folder. Opening and reading it may take as long as `within`.
    #[must_use]
    pub fn new(root: &Path, within: Duration) -> Self {
        Self { root: root.to_owned(), within }
    }

    fn path(&self) -> PathBuf {
        self.root.join(layout::SLED)
    }

    /// Reads the seat state that is there row by row, past those that are damaged.
    pub(crate) fn salvage(&self) -> Result<Salvaged, SeatsFailed> {
        let path = self.path();
        if !path.join("db").is_file() {
            return Err(SeatsFailed(format!("{}: sled's file is missing", path.join("db").display())));
        }
        remove_unfinished(&path).map_err(|e| SeatsFailed(format!("{}: {e}", path.display())))?;
        within(self.within, move |_: &Giver<(), _>| SledStore::open(&path)?.salvage_rows(), Ok)
    }
}

impl SeatFolder for SledFolder {
    type Store = SledStore;

    fn open(&mut self, each: &mut dyn FnMut(Row)) -> Result<Option<Opening<SledStore>>, SeatsFailed> {
        let path = self.path();
        match std::fs::symlink_metadata(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(SeatsFailed(format!("{}: {e}", path.display()))),
            Ok(meta) if !meta.is_dir() => {
                return Err(SeatsFailed(format!("{}: it is not a folder", path.display())));
            }
            Ok(_) => {}
        }
        // Without its file sled would make an empty state and say nothing.
        if !path.join("db").is_file() {
            return Err(SeatsFailed(format!("{}: sled's file is missing", path.join("db").display())));
        }
        remove_unfinished(&path).map_err(|e| SeatsFailed(format!("{}: {e}", path.display())))?;
        let open = move |giver: &Giver<Entries, SledStore>| {
            let store = SledStore::open(&path)?;
            store.read_entries(|entries| giver.give(entries))?;
            Ok(store)
        };
        // One thread reads, this one makes rows of it.
        let mut reading = Reading::default();
        let store = within(self.within, open, |entries| reading.take(&entries, each))?;
        Ok(Some((store, reading.head)))
    }

    fn make(&mut self) -> Result<SledStore, SeatsFailed> {
        let path = self.path();
        let make = move |_: &Giver<(), _>| {
            use std::os::unix::fs::DirBuilderExt;
            std::fs::DirBuilder::new()
                .mode(0o700)
                .create(&path)
                .map_err(|e| SeatsFailed(format!("{}: {e}", path.display())))?;
            SledStore::open(&path)
        };
        within(self.within, make, Ok)
    }

    fn set_aside(&mut self) -> io::Result<String> {
        let path = self.path();
        if !path.try_exists()? {
            return Ok("nothing was left of it".into());
        }
        for n in 1u32.. {
            let to = self.root.join(format!("{}.bad-{n}", layout::SLED));
            if std::fs::symlink_metadata(&to).is_err() {
                std::fs::rename(&path, &to)?;
                File::open(&self.root)?.sync_all()?;
                return Ok(to.display().to_string());
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }
}

/// Removes snapshots that were being written when the process died: sled cannot open with one.
fn remove_unfinished(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        let text = name.to_string_lossy();
        if text.starts_with("snap.") && text.ends_with(".generating") {
            std::fs::remove_file(folder.join(name))?;
        }
    }
    Ok(())
}
