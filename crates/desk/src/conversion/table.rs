//! The file as lines and cells.

use super::finding::{Findings, shown};
use crate::limits;

/// The columns: name, and whether the header must have it.
pub const COLUMNS: [(&str, bool); 15] = [
    ("product_line", true),
    ("product", true),
    ("version", true),
    ("modules", false),
    ("module", false),
    ("seat", true),
    ("quantity", true),
    ("host", true),
    ("server", false),
    ("maintenance", true),
    ("from", false),
    ("until", true),
    ("serial", false),
    ("installs", false),
    ("note", false),
];

/// A line with its cells.
#[derive(Debug)]
pub(super) struct Line {
    /// Its number in the file.
    pub(super) row: u64,
    /// A cell for each of [`COLUMNS`]; empty where the file has no such column.
    cells: Vec<String>,
}

impl Line {
    /// The cell of a column.
    pub(super) fn cell(&self, column: &str) -> &str {
        let at = COLUMNS.iter().position(|(name, _)| *name == column);
        at.and_then(|at| self.cells.get(at)).map_or("", String::as_str)
    }
}

/// The lines of a file. What cannot be read is refused, and the rest is read on.
pub(super) fn read(text: &str, refused: &mut Findings) -> Vec<Line> {
    if text.len() > limits::ESTATE_BYTES_MAX {
        let what =
            format!("the file has {} bytes, and {} at most are read", text.len(), limits::ESTATE_BYTES_MAX);
        refused.add(0, "", what, SPLIT);
        return Vec::new();
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'));
    let mut lines = (1..).zip(lines).filter(|(_, line)| !line.trim().is_empty());
    let Some((row, header)) = lines.next() else {
        refused.add(0, "", "the file is empty", "begin with a line of column names");
        return Vec::new();
    };
    let Some(places) = header_places(row, header, refused) else { return Vec::new() };
    let mut read = Vec::new();
    for (row, text) in lines {
        if read.len() == limits::ESTATE_ROWS_MAX {
            let what = format!("the file has more than {} rows", limits::ESTATE_ROWS_MAX);
            refused.add(row, "", what, SPLIT);
            break;
        }
        read.extend(line(row, text, &places, refused));
    }
    if read.is_empty() && refused.is_empty() {
        refused.add(0, "", "the file has column names and no row", "write one row for each license");
    }
    read
}

const SPLIT: &str = "convert it in parts, with all rows of a serial number in one part";

/// For each cell of the header the column that it names.
fn header_places(row: u64, header: &str, refused: &mut Findings) -> Option<Vec<usize>> {
    let before = refused.count();
    let names = split(row, header, refused)?;
    let mut places = Vec::new();
    for name in &names {
        let name = name.trim();
        match COLUMNS.iter().position(|(known, _)| *known == name) {
            Some(at) if places.contains(&at) => {
                refused.add(row, "", format!("the column {name} is there twice"), "leave one");
            }
            Some(at) => places.push(at),
            None if names.len() == 1 && name.contains([';', '\t']) => {
                refused.add(
                    row,
                    "",
                    "the cells are not separated by commas",
                    "save the file as CSV with commas",
                );
                return None;
            }
            None if name.is_empty() => {
                refused.add(row, "", "a column has no name", "name it or leave it out");
            }
            None => {
                let known: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
                let remedy = format!("the first line names the columns; there are {}", known.join(", "));
                refused.add(row, "", format!("there is no column {}", shown(name)), remedy);
            }
        }
    }
    for (at, (name, needed)) in COLUMNS.iter().enumerate() {
        if *needed && !places.contains(&at) {
            refused.add(row, "", format!("the column {name} is not there"), "add it");
        }
    }
    (refused.count() == before).then_some(places)
}

fn line(row: u64, text: &str, places: &[usize], refused: &mut Findings) -> Option<Line> {
    let found = split(row, text, refused)?;
    if found.iter().all(|cell| cell.trim().is_empty()) {
        return None;
    }
    if found.len() != places.len() {
        let what = format!("it has {} cells, and the header {}", found.len(), places.len());
        refused.add(row, "", what, "put a cell with commas in double quotes, and leave no cell out");
        return None;
    }
    let before = refused.count();
    let mut cells = vec![String::new(); COLUMNS.len()];
    for (place, cell) in places.iter().zip(found) {
        if let (Some(to), Some((name, _))) = (cells.get_mut(*place), COLUMNS.get(*place)) {
            check_cell(row, name, &cell, refused);
            cell.trim().clone_into(to);
        }
    }
    (refused.count() == before).then_some(Line { row, cells })
}

fn check_cell(row: u64, column: &'static str, cell: &str, refused: &mut Findings) {
    if cell.len() > limits::ESTATE_CELL_BYTES_MAX {
        let what =
            format!("it has {} bytes, and {} at most are read", cell.len(), limits::ESTATE_CELL_BYTES_MAX);
        refused.add(row, column, what, "divide the row into several");
    } else if let Some(c) = cell.chars().find(|c| is_bad(*c)) {
        let remedy = "take it out; save the file as UTF-8";
        refused.add(row, column, format!("it has the character {c:?}"), remedy);
    }
}

/// What would end a quoted value of a license line, move a cursor or hide text.
fn is_bad(c: char) -> bool {
    let is_hidden = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
    matches!(c, '"' | '\\' | '\u{feff}' | '\u{fffd}') || c.is_control() || is_hidden
}

/// The cells of one line. A quote that is not closed would swallow what comes after it.
fn split(row: u64, text: &str, refused: &mut Findings) -> Option<Vec<String>> {
    if text.bytes().filter(|b| *b == b'"').count() % 2 == 1 {
        let remedy = "close it in the same line: a cell has no line breaks";
        refused.add(row, "", "a double quote is not closed", remedy);
        return None;
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(text.len() + 1)
        .from_reader(text.as_bytes());
    match reader.records().next() {
        Some(Ok(record)) => Some(record.iter().map(str::to_owned).collect()),
        Some(Err(e)) => {
            refused.add(row, "", format!("it cannot be read: {e}"), "save the file as CSV in UTF-8");
            None
        }
        None => Some(Vec::new()),
    }
}
