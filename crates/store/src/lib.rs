//! What survives: the journal that commits, and the seat state on sled behind it.
//!
//! ```text
//!  records ──▶ Batch ──▶ Journal::commit: one write, one fdatasync ──▶ acknowledged
//!                            │
//!                            ├──▶ Applier (its own thread) ──▶ sled, with its cursor ──▶ exports
//!                            └──▶ JournalReader: from the disk, each reader with a durable cursor
//!
//!  start:  sled, proven against the journal ──▶ State ──▶ the records after it ──▶ State
//!          or an export, or nothing at all, and the journal from there
//! ```
//!
//! The journal is the truth; sled and the exports are what saves reading all of it. sled is only
//! ever believed when its rows, their counts and their fingerprint are what the journal says they
//! were at its cursor. Nothing here decides anything, and only this crate names sled. The bytes are
//! described in `FORMAT.md`.

#![warn(missing_docs)]

mod applier;
mod batch;
mod bytes;
mod cursors;
mod disk;
mod error;
mod export;
mod follower;
mod guard;
mod init;
mod journal;
mod journal_reader;
mod layout;
mod lock;
mod map;
pub mod offline;
mod open;
mod order;
mod reader_file;
mod replay;
mod report;
mod seats_port;
mod sentinel;
mod sled_store;
mod sled_thread;
mod start;
mod survey;
mod value;

pub use applier::{Applier, ApplierOptions};
pub use batch::Batch;
pub use bytes::{JOURNAL_FORMAT, StoreId};
pub use cursors::{Cursors, CutLoose, READERS_MAX, ReaderError, ReaderOptions, ReadersPassed};
pub use disk::{Disk, DiskFile, RealDisk};
pub use error::{Damage, InitError, JournalError, OpenError};
pub use follower::{Committed, Follower, FollowerOptions, Notice};
pub use guard::write_secret;
pub use init::{InitKind, InitOptions, InitReport, init, init_on};
pub use journal::{Journal, JournalOptions, Room};
pub use journal_reader::{Found, Gap, JournalReader};
pub use lock::{FolderLock, HostLock, LockError};
pub use map::{MapFolder, MapStore};
pub use open::{Opened, Options, open, open_on};
pub use reader_file::{Reader, ReaderName};
pub use replay::{ReadBatch, replay};
pub use report::{Cut, Report, Source};
pub use seats_port::{Changes, Head, Opening, SeatFolder, SeatStore, SeatsFailed, SetAsideReason};
pub use sentinel::Sentinel;
pub use sled_store::{SledFolder, SledStore};
pub use survey::{Mark, Segment, Survey, survey};
