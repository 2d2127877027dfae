//! What the daemon makes of what happens: which sinks there are, and where each writes.

use std::path::PathBuf;

use history::Sink;
use history::usage::{self, UsageSink};

/// What the sinks are opened with.
#[derive(Debug, Clone)]
pub(crate) struct Sinks {
    /// The daemon's state folder.
    pub(crate) state_folder: PathBuf,
    /// The usage history.
    pub(crate) usage: usage::Settings,
}

impl Sinks {
    /// Opens each from where it stands.
    ///
    /// # Errors
    /// Why one cannot be opened; none is then.
    pub(crate) fn open(&self) -> Result<Vec<Box<dyn Sink>>, String> {
        tracing::trace!(folder = %self.state_folder.display(), "sinks are opened");
        let usage = UsageSink::open(&self.usage).map_err(|error| format!("the usage history: {error}"))?;
        Ok(vec![Box::new(usage)])
    }
}
