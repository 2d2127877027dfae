//! What is known of the log for good: up to which event it is written, and how long its files are then. One small
//! file in the state folder, replaced whole.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::file::Mark;

/// What is known for good.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct At {
    /// All events up to this one are written.
    pub(super) seq: u64,
    /// When a line with the date was written last, in milliseconds of Unix time.
    pub(super) stamped: Option<i64>,
    /// Grants that are being taken back, and the word for why.
    pub(super) revoked: Vec<(u64, String)>,
    /// The last event, where an administrator had a seat taken away right before.
    pub(super) removed: Option<u64>,
    /// The files.
    pub(super) files: Vec<AtFile>,
}

/// A file of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AtFile {
    /// The vendor whose own it is; nothing for that of all others.
    pub(super) vendor: Option<String>,
    /// An administrator has switched to it (`lmswitch`).
    pub(super) is_switched: bool,
    pub(super) mark: Mark,
}

/// Where it is.
pub(super) fn path(state_folder: &Path) -> PathBuf {
    state_folder.join("debug-log.at")
}

/// What stands there. What cannot be read is set aside, and nothing is known.
pub(super) fn read(path: &Path) -> io::Result<At> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(At::default()),
        Err(error) => return Err(error),
    };
    serde_json::from_slice(&text).or_else(|error| {
        let aside = crate::aside::set_aside(path)?;
        tracing::warn!(
            file = %path.display(), aside = %aside.display(), %error,
            "what is known of the debug log cannot be read, and is set aside: events that are in the journal are \
             written again, behind what is there"
        );
        Ok(At::default())
    })
}

/// Replaces what stands there, for good.
pub(super) fn write(path: &Path, at: &At) -> io::Result<()> {
    let text = serde_json::to_vec(at)?;
    crate::aside::replace(path, &text)
}

impl At {
    /// Cuts what a crash has left in the files.
    pub(super) fn mend(&self) -> io::Result<()> {
        self.files.iter().try_for_each(|file| file.mark.mend())
    }

    /// Of whom there is a file, as it was left.
    pub(super) fn of(&self, vendor: Option<&str>) -> Option<&AtFile> {
        self.files.iter().find(|file| file.vendor.as_deref() == vendor)
    }
}

/// Flushes what is written to standard error; there is nobody to tell that it cannot be.
pub(super) fn to_stderr(line: &[u8]) {
    let _ = io::stderr().lock().write_all(line);
}
