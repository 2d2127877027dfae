//! A state folder that no daemon serves from: read whole, exported, imported, repaired.
//!
//! Looking at one changes nothing in it: sled, which writes when it is opened, is opened as a copy.

pub(crate) mod begun;
mod check;
mod holders;
mod portable;
mod readable;
mod repair;

use std::io;

pub use check::{Check, ExportFound, Finding, JournalFound, ReaderFound, Severity, check};
pub use holders::{Holder, PoolUse};
pub use portable::{Exported, ImportOptions, Imported, export, import};
pub use repair::{Outcome, Plan, Repaired, plan, repair};

use crate::error::{InitError, JournalError, OpenError};
use crate::lock::LockError;

/// Why a state folder was not exported, imported or repaired. Each says where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum OfflineError {
    /// It cannot be read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The folder cannot be made.
    #[error(transparent)]
    Init(#[from] InitError),
    /// A start from it would be refused.
    #[error("{folder}: a start from it is refused: {why}")]
    Refused {
        /// Which folder.
        folder: String,
        /// The first reason, with its remedy.
        why: String,
    },
    /// There is something already.
    #[error("{path}: it is there already, and is never written over; name another one")]
    Exists {
        /// What.
        path: String,
    },
    /// A file is not an export, or not as it was written.
    #[error("{file}: {why}")]
    BadFile {
        /// Which file.
        file: String,
        /// What is wrong, and what to do.
        why: String,
    },
    /// It cannot be repaired.
    #[error("{folder}: it cannot be repaired: {why}")]
    CannotRepair {
        /// Which folder.
        folder: String,
        /// Why, and what to do.
        why: String,
    },
    /// Someone else has it.
    #[error(transparent)]
    Taken(#[from] LockError),
    /// The journal was not made.
    #[error(transparent)]
    Journal(#[from] JournalError),
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

/// An error of the system about a path.
fn io_failed(path: &std::path::Path, what: &'static str) -> impl FnOnce(io::Error) -> OfflineError {
    let path = path.display().to_string();
    move |source| OfflineError::Io { path, what, source }
}
