//! What is wrong with a history.

use std::io;
use std::path::{Path, PathBuf};

use parquet::errors::ParquetError;

/// What is wrong with a history, and where.
#[derive(Debug)]
pub enum HistoryError {
    /// The system did not do something.
    System(PathBuf, io::Error),
    /// A file is not what was written.
    Damaged(PathBuf, String),
    /// A file is of a later version than is known.
    Later(PathBuf, String),
}

impl HistoryError {
    pub(crate) fn damaged(path: &Path, why: impl Into<String>) -> Self {
        Self::Damaged(path.to_owned(), why.into())
    }

    /// What the library says of a file: of the disk, or of what is in it.
    pub(crate) fn of(path: &Path, error: ParquetError) -> Self {
        match error {
            ParquetError::External(inner) => match inner.downcast::<io::Error>() {
                Ok(error) => Self::System(path.to_owned(), *error),
                Err(other) => Self::damaged(path, other.to_string()),
            },
            other => Self::damaged(path, other.to_string()),
        }
    }

    /// Which file or folder it is about.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::System(path, _) | Self::Damaged(path, _) | Self::Later(path, _) => path,
        }
    }

    /// Whether the file is not there.
    pub(crate) fn is_gone(&self) -> bool {
        matches!(self, Self::System(_, error) if error.kind() == io::ErrorKind::NotFound)
    }
}

impl std::fmt::Display for HistoryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path = self.path().display();
        match self {
            Self::System(_, error) => write!(f, "{path}: {error}"),
            Self::Damaged(_, why) => write!(f, "{path}: the file is damaged: {why}"),
            Self::Later(_, version) => {
                write!(
                    f,
                    "{path}: the file is of version {version}, and this program knows {}",
                    super::VERSION
                )
            }
        }
    }
}

impl std::error::Error for HistoryError {}

impl From<HistoryError> for io::Error {
    fn from(error: HistoryError) -> Self {
        let text = error.to_string();
        match error {
            HistoryError::System(_, error) => Self::new(error.kind(), text),
            HistoryError::Damaged(..) | HistoryError::Later(..) => {
                Self::new(io::ErrorKind::InvalidData, text)
            }
        }
    }
}
