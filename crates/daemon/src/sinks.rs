//! What the daemon makes of what happens: which sinks there are, and where each writes.

use std::path::PathBuf;

use history::Sink;

/// What the sinks are opened with.
#[derive(Debug, Clone)]
pub(crate) struct Sinks {
    /// The daemon's state folder.
    pub(crate) state_folder: PathBuf,
}

impl Sinks {
    /// Opens each from where it stands.
    ///
    /// # Errors
    /// Why one cannot be opened; none is then.
    pub(crate) fn open(&self) -> Result<Vec<Box<dyn Sink>>, String> {
        tracing::trace!(folder = %self.state_folder.display(), "sinks are opened");
        Ok(Vec::new())
    }
}
