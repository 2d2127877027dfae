//! How rows are stored: under their key, and in several parts where they are long.
//!
//! The seat state keeps no value above 64 KiB. What is longer (a pack's text, a case's file) goes on under
//! its key with `#0001`, `#0002` … No key of a row has such an end.

use std::collections::BTreeMap;

use crate::change::{BadRow, Change, Row, RowKey};
use crate::{Desk, limits};

/// What a decision's changes are in the store: each key once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stored {
    /// What is put.
    pub puts: Vec<(String, Vec<u8>)>,
    /// What is dropped.
    pub drops: Vec<String>,
}

impl Stored {
    /// The changes of a decision that was made of this desk.
    #[must_use]
    pub fn new(before: &Desk, changes: &[Change]) -> Self {
        // A row that is changed twice is what it was changed to last.
        let mut last: BTreeMap<RowKey, Option<&Row>> = BTreeMap::new();
        for change in changes {
            match change {
                Change::Put(row) => last.insert(row.key(), Some(row)),
                Change::Drop(key) => last.insert(key.clone(), None),
            };
        }
        let mut stored = Self::default();
        for (key, row) in last {
            let text = key.to_string();
            let old = before.row(&key).map_or(0, |row| row.encode().chunks(limits::PART_BYTES).len());
            let value = row.map(Row::encode).unwrap_or_default();
            let parts = value.chunks(limits::PART_BYTES);
            let new = parts.len();
            stored.puts.extend(parts.enumerate().map(|(n, part)| (part_key(&text, n), part.to_vec())));
            stored.drops.extend((new..old).map(|n| part_key(&text, n)));
        }
        stored
    }
}

fn part_key(key: &str, n: usize) -> String {
    if n == 0 { key.to_owned() } else { format!("{key}#{n:04}") }
}

/// The rows of what is stored, whose parts follow each other as their keys are in order.
///
/// # Errors
/// A part without those before it, or a row that cannot be read.
pub(crate) fn rows<'a>(stored: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<Vec<Row>, BadRow> {
    let mut rows = Vec::new();
    let mut open: Option<(&str, usize, Vec<u8>)> = None;
    for (key, part) in stored {
        let of = key.rsplit_once('#').filter(|(_, n)| n.len() == 4 && n.bytes().all(|b| b.is_ascii_digit()));
        match (of, &mut open) {
            (Some((row, _)), Some((first, n, value))) if row == *first && key == part_key(row, *n) => {
                value.extend_from_slice(part);
                *n += 1;
            }
            (Some(_), _) => {
                return Err(BadRow {
                    key: key.to_owned(),
                    why: "what comes before this part is not there".into(),
                });
            }
            (None, _) => {
                if let Some((key, _, value)) = open.replace((key, 1, part.to_vec())) {
                    rows.push(Row::decode(key, &value)?);
                }
            }
        }
    }
    if let Some((key, _, value)) = open {
        rows.push(Row::decode(key, &value)?);
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CaseNumber, FileRow};

    fn file(len: usize) -> Row {
        let case = CaseNumber::new("V-1001").unwrap();
        Row::File(Box::new(FileRow { case, name: "a.lic".into(), text: "x".repeat(len) }))
    }

    /// The store as it is after these changes.
    fn store(store: &mut BTreeMap<String, Vec<u8>>, desk: &mut Desk, changes: &[Change]) {
        let stored = Stored::new(desk, changes);
        for key in stored.drops {
            assert!(store.remove(&key).is_some(), "{key} was there");
        }
        assert!(stored.puts.iter().all(|(_, value)| value.len() <= limits::PART_BYTES));
        store.extend(stored.puts);
        changes.iter().for_each(|change| desk.apply(change));
    }

    fn read(store: &BTreeMap<String, Vec<u8>>) -> Result<Vec<Row>, BadRow> {
        rows(store.iter().map(|(key, value)| (&**key, &**value)))
    }

    #[test]
    fn a_row_of_any_length_comes_back_and_leaves_nothing_behind() {
        let (mut kept, mut desk) = (BTreeMap::new(), Desk::default());
        for len in [0, 10, limits::PART_BYTES, 5 * limits::PART_BYTES, 2 * limits::PART_BYTES, 1] {
            store(&mut kept, &mut desk, &[Change::Put(file(3)), Change::Put(file(len))]);
            assert_eq!(read(&kept).unwrap(), [file(len)], "{len}");
        }
        store(&mut kept, &mut desk, &[Change::Put(file(3 * limits::PART_BYTES))]);
        store(&mut kept, &mut desk, &[Change::Drop(file(0).key())]);
        assert_eq!(kept, BTreeMap::new());
    }

    #[test]
    fn a_part_that_is_missing_is_told() {
        let (mut kept, mut desk) = (BTreeMap::new(), Desk::default());
        store(&mut kept, &mut desk, &[Change::Put(file(4 * limits::PART_BYTES))]);
        for key in kept.keys() {
            let mut less = kept.clone();
            less.remove(key);
            assert!(read(&less).is_err(), "without {key}");
        }
    }
}
