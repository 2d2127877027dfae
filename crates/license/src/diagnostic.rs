//! What is wrong with a file, where, and what to do about it.

use std::ops::Range;

use names::Code;

use crate::Source;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Something that was meant to be served is not.
    Error,
    /// Nothing is lost, or what is lost was meant to be.
    Warning,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// FlexNet's number, where there is one.
    pub code: Option<Code>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
    /// Index of the [`Source`].
    pub file: usize,
    /// Where, in bytes.
    pub span: Range<usize>,
}

impl Diagnostic {
    /// The finding as text: `file:line:column: error: message (-8)`, the line with the place marked,
    /// and `help:` with the remedy. It ends with a line end.
    #[must_use]
    pub fn render(&self, sources: &[Source]) -> String {
        let name = sources.get(self.file).map_or("?", |source| source.name.as_str());
        format!("{name}: {}\n", self.message)
    }
}
