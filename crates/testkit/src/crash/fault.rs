//! What must not be.

use std::fmt;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// A grant, or a place in line, was acknowledged and is gone.
    Lost,
    /// A seat has two holders, or nobody asked for it, or it was given back and is there.
    Over,
    /// A start was refused.
    Refused,
    /// An answer that cannot be.
    Odd,
}

/// What was found, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Of which kind it is.
    pub found: Found,
    /// What it is.
    pub what: String,
}

impl Fault {
    pub(crate) fn lost(what: impl Into<String>) -> Self {
        Self { found: Found::Lost, what: what.into() }
    }

    pub(crate) fn over(what: impl Into<String>) -> Self {
        Self { found: Found::Over, what: what.into() }
    }

    pub(crate) fn refused(what: impl Into<String>) -> Self {
        Self { found: Found::Refused, what: what.into() }
    }

    pub(crate) fn odd(what: impl Into<String>) -> Self {
        Self { found: Found::Odd, what: what.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = match self.found {
            Found::Lost => "lost",
            Found::Over => "over-issued",
            Found::Refused => "start refused",
            Found::Odd => "not as it should be",
        };
        write!(f, "{found}: {}", self.what)
    }
}
