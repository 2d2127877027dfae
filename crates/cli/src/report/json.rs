//! An answer as JSON. The schema is told by its name, and that changes when a reader must.

use history::report::{Cell, Sheet};
use history::usage::HistoryError;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use crate::fail::Failure;
use crate::out;

const SCHEMA: &str = "seatkeeper.report/1";

#[derive(Debug, Serialize)]
struct ReportJson<'a> {
    schema: &'static str,
    report: &'a str,
    from: String,
    to: String,
    rows: Vec<RowJson<'a>>,
    notes: &'a [String],
    left_out: Vec<String>,
}

#[derive(Debug)]
struct RowJson<'a>(&'a Sheet, &'a [Cell]);

impl Serialize for RowJson<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.1.len()))?;
        for (name, cell) in self.0.columns.iter().zip(self.1) {
            match cell {
                Cell::None => map.serialize_entry(name, &())?,
                Cell::Text(text) => map.serialize_entry(name, text)?,
                Cell::Int(n) => map.serialize_entry(name, n)?,
                Cell::Float(n) => map.serialize_entry(name, &((n * 10_000.0).round() / 10_000.0))?,
                Cell::Time(ms) => map.serialize_entry(name, &time(*ms, &self.0.zone))?,
            }
        }
        map.end()
    }
}

fn time(ms: i64, zone: &TimeZone) -> String {
    let at = Timestamp::from_millisecond(ms).unwrap_or_default().to_zoned(zone.clone());
    at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// The answer, with the files that were left out of it.
pub(super) fn text(sheet: &Sheet, left_out: &[HistoryError]) -> Result<String, Failure> {
    out::json(&ReportJson {
        schema: SCHEMA,
        report: sheet.report,
        from: time(sheet.range.0, &sheet.zone),
        to: time(sheet.range.1, &sheet.zone),
        rows: sheet.rows.iter().map(|row| RowJson(sheet, row)).collect(),
        notes: &sheet.notes,
        left_out: left_out.iter().map(|error| error.path().display().to_string()).collect(),
    })
}
