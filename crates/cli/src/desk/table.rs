//! A list as a plain table, or as JSON.

use serde_json::{Map, Value};

/// A list.
#[derive(Debug)]
pub(super) struct Table {
    /// What it is called in JSON.
    name: &'static str,
    /// What of the rows is shown in the table.
    columns: &'static [&'static str],
    rows: Vec<Value>,
    /// How many there are in all, where that is more than are here.
    total: Option<u64>,
}

/// Characters of a cell.
const CELL_MAX: usize = 120;

impl Table {
    /// A list of objects.
    pub(super) fn new(name: &'static str, columns: &'static [&'static str], rows: Vec<Value>) -> Self {
        Self { name, columns, rows, total: None }
    }

    /// The same as a part of so many.
    pub(super) fn of(mut self, total: u64) -> Self {
        self.total = Some(total);
        self
    }

    /// As JSON, with what else is to be said.
    pub(super) fn json(&self, more: Value) -> Value {
        let mut object = Map::new();
        object.insert(self.name.into(), Value::Array(self.rows.clone()));
        if let Some(total) = self.total {
            object.insert("total".into(), total.into());
        }
        if let Value::Object(more) = more {
            object.extend(more);
        }
        Value::Object(object)
    }

    /// As text: a heading, then a row a line.
    pub(super) fn text(&self) -> String {
        if self.rows.is_empty() {
            return format!("no {}\n", self.name);
        }
        let heading = self.columns.iter().map(|column| column.replace('_', " ").to_uppercase()).collect();
        let cells = |row: &Value| self.columns.iter().map(|column| cell(row.get(*column))).collect();
        let lines: Vec<Vec<String>> = std::iter::once(heading).chain(self.rows.iter().map(cells)).collect();
        let width = |at: usize| {
            lines.iter().filter_map(|line| line.get(at)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let mut text = String::new();
        for line in &lines {
            let padded: Vec<_> =
                line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            text.push_str(padded.join("  ").trim_end());
            text.push('\n');
        }
        if let Some(total) = self.total.filter(|total| *total > self.rows.len() as u64) {
            text.push_str(&format!("{} of {total}; see the others with --skip\n", self.rows.len()));
        }
        text
    }
}

/// A value as it is shown in a table.
fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "-".into(),
        Some(Value::String(text)) if text.is_empty() => "-".into(),
        Some(Value::String(text)) => client::shown(text, CELL_MAX),
        Some(Value::Bool(is)) => if *is { "yes" } else { "no" }.into(),
        Some(Value::Array(all)) if all.is_empty() => "-".into(),
        Some(Value::Array(all)) => {
            let cells: Vec<_> = all.iter().map(|one| cell(Some(one))).collect();
            client::shown(&cells.join(", "), CELL_MAX)
        }
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_is_a_plain_table_and_says_what_is_not_in_it() {
        let rows = vec![
            json!({ "number": "C-1", "name": "Mill\u{1b}[2J works", "ids": [1, 2], "first_one": true }),
            json!({ "number": "C-20", "name": "", "ids": [], "first_one": false, "more": 7 }),
        ];
        let table = Table::new("companies", &["number", "name", "ids", "first_one"], rows);
        let text = table.text();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 3, "{text}");
        assert!(lines[0].starts_with("NUMBER  NAME") && lines[0].ends_with("IDS   FIRST ONE"), "{text}");
        assert!(lines[1].starts_with("C-1     Mill") && lines[1].ends_with("1, 2  yes"), "{text}");
        assert!(lines[2].starts_with("C-20    -") && lines[2].ends_with("-     no"), "{text}");
        assert!(!text.contains('\u{1b}'), "{text:?}");
        assert!(table.of(9).text().ends_with("2 of 9; see the others with --skip\n"));
        assert_eq!(Table::new("companies", &["number"], vec![]).text(), "no companies\n");
    }
}
