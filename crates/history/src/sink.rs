//! What is made of the events.

use std::io;
use std::path::PathBuf;

use names::{Seq, Wall};

use crate::seen::{Happened, Past};
use crate::told::Told;

/// What an administrator wants of a sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Write the debug log to another file (`lmswitch`).
    SwitchLog {
        /// Whose; nothing for all.
        vendor: Option<String>,
        /// The file; nothing: a new one beside the old, named by the time.
        path: Option<PathBuf>,
    },
    /// Write what the usage history has of a vendor or feature since the last time into a file (`lmnewlog`,
    /// `lmswitchr`).
    SwitchReport {
        /// The vendor or feature.
        of: String,
        /// The file; it must not be there.
        path: PathBuf,
    },
}

/// What is made of the events: a log, a history, a chain. One thread has all of them.
///
/// One that fails is opened again after a while, from where it stands; the others pass over what they have.
pub trait Sink: Send {
    /// What it is called in the log.
    fn name(&self) -> &'static str;

    /// The last event that is in it for good: after a crash, the next is given again.
    fn upto(&self) -> Seq;

    /// The next event. It may be up to [`Self::upto`], and is passed over then.
    ///
    /// # Errors
    /// When it cannot be written.
    fn take(&mut self, happened: &Happened<'_>, told: &Told) -> io::Result<()>;

    /// These events were not kept for long enough: they are missing.
    ///
    /// # Errors
    /// When that cannot be written.
    fn gap(&mut self, from: Seq, to: Seq, now: Wall) -> io::Result<()>;

    /// Writes what is due; called several times a second.
    ///
    /// # Errors
    /// When it cannot be written.
    fn settle(&mut self, now: Wall) -> io::Result<()>;

    /// Writes all there is, for good.
    ///
    /// # Errors
    /// When it cannot be written.
    fn close(&mut self, now: Wall) -> io::Result<()>;

    /// Does what an administrator wants, if that is this sink's: says what was done, or why not.
    fn order(&mut self, order: &Order, now: Wall) -> Option<Result<Done, String>> {
        let _ = (order, now);
        None
    }

    /// What was written down of grants that have ended, if this sink can be asked.
    fn past(&mut self) -> Option<&mut dyn Past> {
        None
    }
}

/// What came of an order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Done {
    /// Where it is written now.
    pub path: PathBuf,
    /// Events in it.
    pub events: u64,
}
