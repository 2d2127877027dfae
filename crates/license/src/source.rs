//! A license file in memory.

/// A file's name and bytes. This crate never opens a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The path as it is shown.
    pub name: String,
    /// What the file holds.
    pub bytes: Vec<u8>,
}

impl Source {
    /// A source of this name.
    #[must_use]
    pub fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), bytes: bytes.into() }
    }
}
