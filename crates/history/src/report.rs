//! Questions about the usage history, answered from its files alone.
//!
//! Row groups are read one after the other, each by a thread of its own in turn, and only the columns that a
//! question needs. What is kept is sums by numbers of a dictionary, so memory grows with the users, features
//! and times that are asked about, and not with the events.

mod borrow;
mod calendar;
mod chart;
mod denials;
mod heat;
mod hold;
mod holders;
mod key;
mod points;
mod scan;
mod sheet;
mod svg;
#[cfg(test)]
mod tests;
mod uses;
mod what_if;

pub use borrow::borrow;
pub use calendar::Every;
pub use denials::denials;
pub use holders::holders;
pub use key::{By, Groups};
pub use points::{Point, Steady, points};
pub use scan::{Ask, Scanned, range};
pub use sheet::{Cell, Sheet, csv_field};
pub use uses::uses;
pub use what_if::what_if;

use crate::usage::HistoryError;

/// Why a question has no answer.
#[derive(Debug)]
pub enum ReportError {
    /// A file.
    History(HistoryError),
    /// There is nothing in the folder.
    Empty(std::path::PathBuf),
    /// Nothing is in the range, or the range is none.
    Range(String),
    /// The answer would be too large.
    TooMany(String),
}

impl From<HistoryError> for ReportError {
    fn from(error: HistoryError) -> Self {
        Self::History(error)
    }
}

impl std::fmt::Display for ReportError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::History(error) => error.fmt(f),
            Self::Empty(folder) => write!(f, "{}: there is no usage history", folder.display()),
            Self::Range(why) | Self::TooMany(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for ReportError {}

/// What came of a question.
#[derive(Debug)]
pub struct Answer {
    /// The answer.
    pub sheet: Sheet,
    /// Its charts, as SVG.
    pub svg: String,
    /// Files that were left out, and why.
    pub left_out: Vec<HistoryError>,
}
