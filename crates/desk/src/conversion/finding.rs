//! What is found in an estate: where, what, and what to do.

use std::fmt;

use crate::limits;

/// What is found in an estate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The line of the file, the header being 1; 0 where it is about no one line.
    pub row: u64,
    /// The column; empty where it is about the whole row.
    pub column: &'static str,
    /// What is wrong or odd.
    pub what: String,
    /// What to do; empty of what is only to be known.
    pub remedy: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.row, self.column) {
            (0, _) => {}
            (row, "") => write!(f, "row {row}: ")?,
            (row, column) => write!(f, "row {row}, column {column}: ")?,
        }
        f.write_str(&self.what)?;
        if self.remedy.is_empty() { Ok(()) } else { write!(f, "; {}", self.remedy) }
    }
}

/// What was found, all of it counted and the first ones kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Findings {
    kept: Vec<Finding>,
    count: usize,
}

impl Findings {
    /// The first ones, at most [`limits::ESTATE_FINDINGS_MAX`], by row.
    #[must_use]
    pub fn kept(&self) -> &[Finding] {
        &self.kept
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Those of a row.
    pub fn of_row(&self, row: u64) -> impl Iterator<Item = &Finding> {
        let from = self.kept.partition_point(|finding| finding.row < row);
        self.kept.iter().skip(from).take_while(move |finding| finding.row == row)
    }

    pub(crate) fn add(
        &mut self,
        row: u64,
        column: &'static str,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.count += 1;
        if self.kept.len() < limits::ESTATE_FINDINGS_MAX {
            self.kept.push(Finding { row, column, what: what.into(), remedy: remedy.into() });
        }
    }

    pub(crate) fn sort(&mut self) {
        self.kept.sort_by_key(|finding| finding.row);
    }

    /// All that are kept in one text, one a line.
    #[must_use]
    pub fn text(&self) -> String {
        let mut lines: Vec<String> = self.kept.iter().map(ToString::to_string).collect();
        if self.count > self.kept.len() {
            lines.push(format!("and {} more", self.count - self.kept.len()));
        }
        lines.join("\n")
    }
}

/// A text of somebody's file as it is shown: cut, and without what moves the cursor.
pub(crate) fn shown(text: &str) -> String {
    const CHARS: usize = 40;
    let cut: String = text.chars().take(CHARS).collect();
    let dots = if text.chars().nth(CHARS).is_some() { "…" } else { "" };
    format!("{cut:?}{dots}")
}
