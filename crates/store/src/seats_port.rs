//! The seat state, as a port: sled in the daemon, a map in the simulator.

use names::Seq;
use rustc_hash::FxHashMap;
use seats::{Change, Counts, Event, Fingerprint, Row, RowKey};

use crate::bytes::StoreId;

/// Where a seat state stands, and what it must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Whose.
    pub store: StoreId,
    /// The last record applied.
    pub cursor: Seq,
    /// How many rows there are after it.
    pub counts: Counts,
    /// Which.
    pub fingerprint: Fingerprint,
}

/// Changes of rows, the last of each row only: key to row, or to nothing when it is deleted. A row
/// that is made and deleted among them is no change at all.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    by_key: FxHashMap<Vec<u8>, Changed>,
    scratch: Vec<u8>,
}

#[derive(Debug, Clone)]
struct Changed {
    row: Option<Vec<u8>>,
    /// There was no such row before these changes.
    is_new: bool,
}

impl Changes {
    /// Adds what an event changes.
    pub fn add(&mut self, event: &Event) {
        // The number of a grant or a session is never used again: what makes one finds no row. What
        // changes a grant may find one that was written long ago.
        let is_new = matches!(event, Event::Granted(_) | Event::SessionOpened(_));
        for change in event.changes() {
            match change {
                Change::Put(row) => self.put_row(&row, is_new),
                Change::Delete(key) => self.delete(&key),
            }
        }
    }

    /// Adds a row.
    pub fn put(&mut self, row: &Row) {
        self.put_row(row, false);
    }

    fn put_row(&mut self, row: &Row, is_new: bool) {
        self.scratch.clear();
        row.key().encode(&mut self.scratch);
        let mut bytes = Vec::new();
        row.encode(&mut bytes);
        match self.by_key.get_mut(&self.scratch) {
            Some(changed) => changed.row = Some(bytes),
            None => {
                self.by_key.insert(self.scratch.clone(), Changed { row: Some(bytes), is_new });
            }
        }
    }

    fn delete(&mut self, key: &RowKey) {
        self.scratch.clear();
        key.encode(&mut self.scratch);
        match self.by_key.get_mut(&self.scratch) {
            Some(Changed { is_new: true, .. }) => {
                self.by_key.remove(&self.scratch);
            }
            Some(changed) => changed.row = None,
            None => {
                self.by_key.insert(self.scratch.clone(), Changed { row: None, is_new: false });
            }
        }
    }

    /// The changes, by the bytes of [`RowKey::encode`] and [`Row::encode`].
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        self.by_key.iter().map(|(key, changed)| (key.as_slice(), changed.row.as_deref()))
    }

    /// How many rows change.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Whether none does.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// Forgets them.
    pub fn clear(&mut self) {
        self.by_key.clear();
    }
}

/// Why a seat state cannot be used: it failed, panicked, hung, or is not what it says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SeatsFailed(pub String);

/// Why a seat state was set aside, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetAsideReason {
    /// It gave an error, or is not what it says.
    Failed,
    /// It panicked.
    Panicked,
    /// It did not answer, or made no progress.
    Stuck,
    /// It was too far behind the journal.
    Behind,
}

impl SetAsideReason {
    /// Every reason there is.
    pub const ALL: [Self; 4] = [Self::Failed, Self::Panicked, Self::Stuck, Self::Behind];

    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Panicked => "panicked",
            Self::Stuck => "stuck",
            Self::Behind => "behind",
        }
    }
}

impl SeatsFailed {
    /// Which of the reasons this is.
    #[must_use]
    pub fn reason(&self) -> SetAsideReason {
        let says = |words: &str| self.0.contains(words);
        if says("panicked") {
            SetAsideReason::Panicked
        } else if says("did not answer within") || says("has not come forward") {
            SetAsideReason::Stuck
        } else if says("records behind") {
            SetAsideReason::Behind
        } else {
            SetAsideReason::Failed
        }
    }
}

/// A seat state that is open. One thread's.
pub trait SeatStore {
    /// Reads all of it, checks each row and gives it to `each`, in the order that
    /// [`Building`](seats::Building) wants. Says where it stands; `None` when it was never finished.
    ///
    /// # Errors
    /// Names the first row that is damaged.
    fn read(&mut self, each: &mut dyn FnMut(Row)) -> Result<Option<Head>, SeatsFailed>;

    /// Makes all the changes and sets the head, or none of it, and returns when that is on the disk.
    /// `at` is the record the changes are of.
    ///
    /// # Errors
    /// It must not be used any more then.
    fn write(&mut self, changes: &Changes, at: Seq, head: Option<&Head>) -> Result<(), SeatsFailed>;
}

/// A seat state that was opened and read, and where it stands: `None` when it was never finished.
pub type Opening<S> = (S, Option<Head>);

/// Where a seat state is kept.
pub trait SeatFolder {
    /// What is kept there.
    type Store: SeatStore;

    /// Opens the one that is there and reads it, as [`SeatStore::read`] does; `None` when there is none.
    ///
    /// # Errors
    /// When it cannot be opened or read, or is damaged: [`SeatFolder::set_aside`] it.
    fn open(&mut self, each: &mut dyn FnMut(Row)) -> Result<Option<Opening<Self::Store>>, SeatsFailed>;

    /// Makes an empty one.
    ///
    /// # Errors
    /// The daemon serves without one then.
    fn make(&mut self) -> Result<Self::Store, SeatsFailed>;

    /// Moves the one that is there out of the way, and says where it is now.
    ///
    /// # Errors
    /// The system's.
    fn set_aside(&mut self) -> std::io::Result<String>;
}
