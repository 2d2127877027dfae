//! The report: as rows of cells for a page, and as CSV.

use names::Date;

use super::preview::Preview;
use super::side::{NewId, OldItem, SideBySide};
use crate::{Refusal, Seat};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The day before which there were no Configuration IDs, where none is given: October 20, 1997.
#[must_use]
pub fn prior_date() -> Date {
    const DAYS: i32 = 10_154;
    Date::from_days(DAYS).unwrap_or_else(|| Date::of(names::Wall(0)))
}

/// The old column's name: `Prior to October 20, 1997`.
#[must_use]
pub fn prior_to(day: Date) -> String {
    let (year, month, day) = day.ymd();
    let month = usize::try_from(month).ok().and_then(|month| MONTHS.get(month.checked_sub(1)?));
    format!("Prior to {} {day}, {year}", month.copied().unwrap_or_default())
}

impl Preview {
    /// The columns of the report.
    #[must_use]
    pub fn columns(&self) -> [String; 6] {
        ["Rows", "Bought", &prior_to(self.prior), "FLEXlm Licensing", "Layout", "Warnings"].map(str::to_owned)
    }

    /// The report as CSV. A cell that a spreadsheet would take for a formula begins with `'`.
    ///
    /// # Errors
    /// Nothing that is known.
    pub fn report(&self) -> Result<String, Refusal> {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        let failed = |e: csv::Error| Refusal::invalid("report", e);
        writer.write_record(self.columns()).map_err(failed)?;
        for side in &self.rows {
            writer.write_record(side.cells().map(|cell| harmless(&cell))).map_err(failed)?;
        }
        let bytes = writer.into_inner().map_err(|e| Refusal::invalid("report", e))?;
        String::from_utf8(bytes).map_err(|e| Refusal::invalid("report", e))
    }
}

/// A cell that no spreadsheet takes for a formula.
pub(super) fn harmless(cell: &str) -> String {
    let quote = if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("{quote}{cell}")
}

impl SideBySide {
    /// A cell for each of [`Preview::columns`].
    #[must_use]
    pub fn cells(&self) -> [String; 6] {
        let mut prior: Vec<String> = Vec::new();
        if !self.serial.is_empty() {
            prior.push(format!("serial {}", self.serial));
        }
        let is_split =
            self.old.iter().any(|old| Some(&old.host) != self.old.first().map(|first| &first.host));
        prior.extend(self.old.iter().filter_map(|old| old.prior(is_split)));
        [
            ranges(&self.lines),
            joined(self.old.iter().map(ToString::to_string)),
            joined(prior.into_iter()),
            joined(self.new.iter().map(ToString::to_string)),
            self.changed.clone(),
            joined(self.warnings.iter().cloned()),
        ]
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join("; ")
}

/// Lines that follow each other are written as `2-9`.
fn ranges(lines: &[u64]) -> String {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for line in lines {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *line => *last = *line,
            _ => ranges.push((*line, *line)),
        }
    }
    let shown = ranges.iter().map(|(a, b)| if a == b { a.to_string() } else { format!("{a}-{b}") });
    shown.collect::<Vec<_>>().join(" ")
}

impl OldItem {
    /// The install numbers, with the host where there are several.
    fn prior(&self, is_split: bool) -> Option<String> {
        let word = if self.installs.len() == 1 { "install" } else { "installs" };
        let host = if is_split { format!(" on {}", self.host) } else { String::new() };
        (!self.installs.is_empty()).then(|| format!("{word} {}{host}", self.installs.join(" ")))
    }
}

impl std::fmt::Display for OldItem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seat = match self.seat {
            Seat::Floating => "floating",
            Seat::Locked => "locked",
            Seat::Named => "named",
        };
        let module = if self.is_module { "module " } else { "" };
        write!(f, "{} {seat} {module}{} ({})", self.quantity, self.product, self.product_line)?;
        if !self.modules.is_empty() {
            write!(f, " with {}", self.modules.join(" "))?;
        }
        if self.maintenance { Ok(()) } else { f.write_str(", without maintenance") }
    }
}

impl std::fmt::Display for NewId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.id {
            Some(id) => write!(f, "{id}")?,
            None => write!(f, "new id {}", self.number)?,
        }
        let sum: u64 = match self.counts.as_slice() {
            [(_, count)] => {
                write!(f, " = {count}")?;
                *count
            }
            counts => {
                let counts: Vec<String> =
                    counts.iter().map(|(what, count)| format!("{what} = {count}")).collect();
                write!(f, ": {}", counts.join(", "))?;
                self.counts.iter().map(|(_, count)| count).sum()
            }
        };
        if self.workstations > 0 {
            let word = if self.workstations == 1 { "workstation" } else { "workstations" };
            write!(f, " on {} {word}", self.workstations)?;
        } else {
            write!(f, " on {}", self.host)?;
        }
        if self.is_before {
            f.write_str(", converted before")?;
        } else if self.total > sum {
            write!(f, ", {} in all", self.total)?;
        }
        Ok(())
    }
}
