//! An answer as rows: a table, comma-separated values, or JSON.

use std::borrow::Cow;
use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// What is in a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing.
    None,
    /// A text.
    Text(String),
    /// A number.
    Int(i64),
    /// A number with two digits behind the point.
    Float(f64),
    /// A time, in milliseconds.
    Time(i64),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        if text.is_empty() { Self::None } else { Self::Text(text.to_owned()) }
    }
}

impl From<u64> for Cell {
    fn from(n: u64) -> Self {
        Self::Int(i64::try_from(n).unwrap_or(i64::MAX))
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// Which question: `use`, `denials`.
    pub report: &'static str,
    /// The range that it is about, in milliseconds: from, and to before.
    pub range: (i64, i64),
    /// Names of the columns.
    pub columns: Vec<&'static str>,
    /// Rows, each with a cell a column.
    pub rows: Vec<Vec<Cell>>,
    /// What is to be known to read it.
    pub notes: Vec<String>,
    /// The zone that times are shown in.
    pub zone: TimeZone,
}

/// A field of a line of comma-separated values: quoted where it must be, and never a formula.
#[must_use]
pub fn csv_field(text: &str) -> Cow<'_, str> {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if !is_formula && !text.contains([',', '"', '\n', '\r']) {
        return text.into();
    }
    let quote = if is_formula { "'" } else { "" };
    format!("\"{quote}{}\"", text.replace('"', "\"\"")).into()
}

/// Characters that move the cursor or hide text are shown as a `?`.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || is_hidden(c) { '?' } else { c }).collect()
}

fn is_hidden(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A time, with its offset.
pub(crate) fn moment(ms: i64, zone: &TimeZone) -> String {
    let at = Timestamp::from_millisecond(ms).unwrap_or_default().to_zoned(zone.clone());
    at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

impl Cell {
    fn shown(&self, zone: &TimeZone) -> String {
        match self {
            Self::None => "-".into(),
            Self::Text(text) => plain(text),
            Self::Int(n) => n.to_string(),
            Self::Float(n) => format!("{n:.2}"),
            Self::Time(ms) => {
                let at = Timestamp::from_millisecond(*ms).unwrap_or_default().to_zoned(zone.clone());
                at.strftime("%Y-%m-%d %H:%M").to_string()
            }
        }
    }

    fn is_number(&self) -> bool {
        matches!(self, Self::Int(_) | Self::Float(_))
    }
}

impl Sheet {
    /// As a table for people.
    #[must_use]
    pub fn table(&self) -> String {
        let cells: Vec<Vec<String>> =
            self.rows.iter().map(|row| row.iter().map(|cell| cell.shown(&self.zone)).collect()).collect();
        let width = |at: usize, name: &str| {
            let each = cells.iter().filter_map(|row| row.get(at)).map(|text| text.chars().count());
            each.chain([name.len()]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = self.columns.iter().enumerate().map(|(at, name)| width(at, name)).collect();
        let right: Vec<bool> = (0..self.columns.len())
            .map(|at| self.rows.iter().any(|row| row.get(at).is_some_and(Cell::is_number)))
            .collect();
        let mut text = String::new();
        let mut line = |row: &mut dyn Iterator<Item = &str>| {
            let mut shown = String::new();
            for ((cell, width), right) in row.zip(&widths).zip(&right) {
                let _ = if *right {
                    write!(shown, "{cell:>width$}  ")
                } else {
                    write!(shown, "{cell:<width$}  ")
                };
            }
            text.push_str(shown.trim_end());
            text.push('\n');
        };
        let names: Vec<String> = self.columns.iter().map(|name| name.replace('_', " ")).collect();
        line(&mut names.iter().map(String::as_str));
        for row in &cells {
            line(&mut row.iter().map(String::as_str));
        }
        for note in &self.notes {
            let _ = writeln!(text, "{}", plain(note));
        }
        text
    }

    /// As comma-separated values with a head.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut text = self.columns.join(",");
        text.push('\n');
        for row in &self.rows {
            let cell = |cell: &Cell| match cell {
                Cell::None => String::new(),
                Cell::Text(text) => csv_field(text).into_owned(),
                Cell::Int(n) => n.to_string(),
                Cell::Float(n) => format!("{n:.4}"),
                Cell::Time(ms) => moment(*ms, &self.zone),
            };
            text.push_str(&row.iter().map(cell).collect::<Vec<_>>().join(","));
            text.push('\n');
        }
        text
    }
}
