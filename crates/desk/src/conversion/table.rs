//! The file as lines and cells.

use super::finding::{Findings, shown};
use crate::{check, limits};

/// The columns: name, and whether the header must have it.
pub const COLUMNS: [(&str, bool); 16] = [
    ("product_line", true),
    ("product", true),
    ("version", true),
    ("modules", false),
    ("module", false),
    ("seat", true),
    ("quantity", true),
    ("host", true),
    ("server", false),
    ("host_key", false),
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
    let lines = (1..).zip(lines).filter(|(_, line)| !line.trim().is_empty());
    let lines: Vec<(u64, &str)> = lines.take(limits::ESTATE_ROWS_MAX + 2).collect();
    if lines.len() > limits::ESTATE_ROWS_MAX + 1 {
        refused.add(0, "", format!("the file has more than {} rows", limits::ESTATE_ROWS_MAX), SPLIT);
        return Vec::new();
    }
    let first = lines.first().map(|(row, _)| *row);
    let mut records = split(&lines, refused).into_iter();
    let header = records.next().filter(|(row, _)| Some(*row) == first);
    let Some((row, header)) = header else {
        if refused.is_empty() {
            refused.add(0, "", "the file is empty", "begin with a line of column names");
        }
        return Vec::new();
    };
    let Some(places) = header_places(row, &header, refused) else { return Vec::new() };
    let read: Vec<Line> = records.filter_map(|(row, cells)| line(row, cells, &places, refused)).collect();
    if read.is_empty() && refused.is_empty() {
        refused.add(0, "", "the file has column names and no row", "write one row for each license");
    }
    read
}

const SPLIT: &str = "convert it in parts, with all rows of a serial number in one part";

/// For each cell of the header the column that it names.
fn header_places(row: u64, names: &[String], refused: &mut Findings) -> Option<Vec<usize>> {
    let before = refused.count();
    let mut places = Vec::new();
    for name in names {
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

fn line(row: u64, found: Vec<String>, places: &[usize], refused: &mut Findings) -> Option<Line> {
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
    matches!(c, '"' | '\\' | '\u{fffd}') || check::is_hidden(c)
}

/// The cells of each line. A quote that is not closed would swallow what comes after it: such lines are
/// refused, and left out.
fn split(lines: &[(u64, &str)], refused: &mut Findings) -> Vec<(u64, Vec<String>)> {
    let mut good = Vec::new();
    let mut text = String::new();
    for (row, line) in lines {
        if line.bytes().filter(|b| *b == b'"').count() % 2 == 1 {
            refused.add(*row, "", "a double quote is not closed", CLOSE);
            continue;
        }
        good.push(*row);
        text.push_str(line);
        text.push('\n');
    }
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut rows = good.into_iter();
    let mut records = Vec::new();
    for record in reader.records() {
        let row = rows.next().unwrap_or_default();
        let cells: Vec<String> = match record {
            Ok(record) => record.iter().map(str::to_owned).collect(),
            Err(e) => {
                refused.add(row, "", format!("it cannot be read: {e}"), "save the file as CSV in UTF-8");
                break;
            }
        };
        let more = cells.iter().flat_map(|cell| cell.bytes()).filter(|b| *b == b'\n').count();
        if more > 0 {
            refused.add(row, "", "a double quote is not closed", CLOSE);
            rows.by_ref().take(more).for_each(drop);
            continue;
        }
        records.push((row, cells));
    }
    records
}

const CLOSE: &str =
    "close it in the same line: a cell has no line breaks, and a quote in it is written twice";
