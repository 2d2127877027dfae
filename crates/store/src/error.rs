//! What can go wrong, and what to do about it.

use std::io;

use names::Seq;

use crate::bytes::StoreId;
use crate::lock::LockError;

/// A place that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: damaged at byte {offset}: {why}")]
pub struct Damage {
    /// Which file.
    pub file: String,
    /// Where in it.
    pub offset: u64,
    /// What is wrong there.
    pub why: String,
}

/// Why a batch is not on the disk.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The disk is full. Nothing was written, and the same batch may be committed again once
    /// [`Journal::tend`](crate::Journal::tend) has found room.
    #[error("the disk has no room for the journal's next segment; free some space")]
    Full,
    /// The journal could not be written. What is on the disk is not known any more, so the process
    /// must end, and start again from what is there.
    #[error("{file}: {what} failed; the daemon must stop and start again from what is on the disk")]
    Io {
        /// Which file.
        file: String,
        /// What was being done.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// The batch is not the one that follows.
    #[error("the batch begins with record {found}, and record {next} is next")]
    OutOfOrder {
        /// Its first record.
        found: Seq,
        /// What should have been.
        next: Seq,
    },
    /// An earlier error stopped the journal.
    #[error("the journal stopped at an earlier error")]
    Stopped,
}

impl JournalError {
    /// Whether the process must end: everything but a full disk.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        !matches!(self, Self::Full)
    }
}

/// Why a state folder cannot be served from. Each says where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// `init` was never run here.
    #[error("{folder}: there is no seat state here; make it with `seatkeeperd init`")]
    NotMade {
        /// Where.
        folder: String,
    },
    /// There is a journal and no sentinel.
    #[error(
        "{file}: the file is missing, and there is a journal beside it; put the file back from a backup of this folder"
    )]
    NoSentinel {
        /// Which file.
        file: String,
    },
    /// The sentinel cannot be read.
    #[error("{file}: {why}; put the file back from a backup of this folder")]
    Sentinel {
        /// Which file.
        file: String,
        /// What is wrong.
        why: String,
    },
    /// The sentinel says that there was a journal.
    #[error(
        "{folder}: the journal is gone, and with it who holds which seat; where there is a `repair.new` beside it, a \
         repair was cut short, and `seatkeeper store repair` finishes it; else put the folder back from a backup, or, \
         if it is lost, start anew with `seatkeeperd init --after-loss`"
    )]
    NoJournal {
        /// Where it should be.
        folder: String,
    },
    /// A newer release wrote it.
    #[error(
        "{file}: it is of format {format}, and this release reads {known}; run the release that wrote it"
    )]
    Newer {
        /// Which file.
        file: String,
        /// Its format.
        format: u16,
        /// The newest format that is known here.
        known: u16,
    },
    /// It belongs to another store.
    #[error(
        "{file}: it is of the store {found}, and this is {store}; put the right file back, or move this one away if it \
         was copied here"
    )]
    Foreign {
        /// Which file.
        file: String,
        /// The store it is of.
        found: StoreId,
        /// This store.
        store: StoreId,
    },
    /// The journal is damaged where it was acknowledged.
    #[error(
        "{0}; what comes after it was acknowledged, so it is not cut: put the file back from a backup, or \
         see what `seatkeeper store repair` can do. If everything is lost, start anew with \
         `seatkeeperd init --after-loss`"
    )]
    Damaged(Damage),
    /// Records are missing between two files.
    #[error(
        "{file}: it begins with record {found}, and record {next} should come next; put the missing file back from a \
         backup, or see what `seatkeeper store repair` can do"
    )]
    Gap {
        /// The file after the gap.
        file: String,
        /// Its first record.
        found: Seq,
        /// What should have been.
        next: Seq,
    },
    /// The seat state or an export knows of records that the journal has lost.
    #[error(
        "{folder}: the journal ends with record {last}, and {what} is at record {cursor}, so acknowledged records are \
         missing from the journal; put its last file back from a backup, or see what `seatkeeper store repair` can do"
    )]
    JournalBehind {
        /// The journal's folder.
        folder: String,
        /// What is ahead.
        what: String,
        /// Where that is.
        cursor: Seq,
        /// Where the journal ends.
        last: Seq,
    },
    /// sled was rejected, and the state cannot be made without it.
    #[error(
        "the seat state on sled cannot be used ({why}), and it cannot be made again: the journal begins with record \
         {first}, and {export}; put the missing journal files or an export back from a backup, see what \
         `seatkeeper store repair` can do, or start anew with `seatkeeperd init --after-loss`"
    )]
    CannotRebuild {
        /// Why sled was rejected.
        why: String,
        /// Where the journal begins.
        first: Seq,
        /// What is wrong with the exports.
        export: String,
    },
    /// The records do not give the state that the journal says they gave.
    #[error(
        "{file}: after record {at} the state is not what the journal says: {why}. Nothing was changed; keep a copy of \
         the folder and report this"
    )]
    Contradiction {
        /// Which file.
        file: String,
        /// After which record.
        at: Seq,
        /// What differs.
        why: String,
    },
    /// The folder is not ours alone.
    #[error("{path}: {why}")]
    Unsafe {
        /// Which file or folder.
        path: String,
        /// What is wrong, and what to do.
        why: String,
    },
    /// Someone else has it.
    #[error(transparent)]
    Taken(#[from] LockError),
    /// The system said no.
    #[error("{path}: {what} failed")]
    Io {
        /// Which file or folder.
        path: String,
        /// What was being done.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

/// Why no state folder was made.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// There is one.
    #[error(
        "{folder}: there is a seat state here already, and it was left as it is; if it is lost and cannot be brought \
         back, use `seatkeeperd init --after-loss`"
    )]
    Made {
        /// Where.
        folder: String,
    },
    /// A loss was told of, and there never was anything.
    #[error("{folder}: there is no seat state here that could have been lost; use `seatkeeperd init`")]
    NothingLost {
        /// Where.
        folder: String,
    },
    /// A repair was cut short, and what it made is there.
    #[error(
        "{folder}: a repair was cut short here, and the state that it made waits in repair.new; finish it with \
         `seatkeeper store repair FOLDER`, or remove repair.new to give that state up"
    )]
    HalfRepaired {
        /// Where.
        folder: String,
    },
    /// There is a journal without its sentinel.
    #[error(
        "{file}: the file is missing, and there is a journal beside it; put the file back from a backup, or use \
         `seatkeeperd init --after-loss`"
    )]
    NoSentinel {
        /// Which file.
        file: String,
    },
    /// The folder is not ours alone.
    #[error("{path}: {why}")]
    Unsafe {
        /// Which file or folder.
        path: String,
        /// What is wrong, and what to do.
        why: String,
    },
    /// Someone else has it.
    #[error(transparent)]
    Taken(#[from] LockError),
    /// The system said no.
    #[error("{path}: {what} failed")]
    Io {
        /// Which file or folder.
        path: String,
        /// What was being done.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
}
