//! Rows in memory, by columns. Texts are numbers of a dictionary.

use bytes::Bytes;
use rustc_hash::FxHashMap;

use super::columns::{Num, Text};

/// A number that a row does not have.
pub const NONE: i64 = i64::MIN;

/// A column of texts: each row has a number, and the dictionary says which text that is. 0 is none.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    by_text: FxHashMap<Bytes, u32>,
    dictionary: Vec<Bytes>,
    /// Of each row, the number of its text.
    pub ids: Vec<u32>,
}

impl Texts {
    /// The number of a text, which is in the dictionary from now on.
    pub fn id(&mut self, text: &[u8]) -> u32 {
        if let Some(id) = self.by_text.get(text) {
            return *id;
        }
        self.insert(Bytes::copy_from_slice(text))
    }

    /// The same, of a text that is kept as it is.
    pub(crate) fn id_of(&mut self, text: &Bytes) -> u32 {
        self.by_text.get(text).copied().unwrap_or_else(|| self.insert(text.clone()))
    }

    /// The number of a text; 0 where it is not in the dictionary.
    #[must_use]
    pub fn find(&self, text: &[u8]) -> u32 {
        self.by_text.get(text).copied().unwrap_or(0)
    }

    fn insert(&mut self, text: Bytes) -> u32 {
        if self.dictionary.is_empty() {
            self.dictionary.push(Bytes::new());
        }
        let id = u32::try_from(self.dictionary.len()).unwrap_or(u32::MAX);
        self.dictionary.push(text.clone());
        self.by_text.insert(text, id);
        id
    }

    /// The text with this number.
    #[must_use]
    pub fn bytes(&self, id: u32) -> Option<&Bytes> {
        self.dictionary.get(id as usize).filter(|_| id != 0)
    }

    /// The same, where it is UTF-8, as everything that was written is.
    #[must_use]
    pub fn text(&self, id: u32) -> Option<&str> {
        self.bytes(id).and_then(|bytes| std::str::from_utf8(bytes).ok())
    }

    /// The text of a row.
    #[must_use]
    pub fn at(&self, row: usize) -> Option<&str> {
        self.ids.get(row).and_then(|id| self.text(*id))
    }

    /// All texts with their numbers.
    pub fn dictionary(&self) -> impl Iterator<Item = (u32, &Bytes)> {
        (0..).zip(&self.dictionary).skip(1)
    }

    /// How many numbers there are, 0 among them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.dictionary.len().max(1)
    }

    /// Whether no row has a text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.dictionary.is_empty()
    }

    fn clear(&mut self) {
        self.by_text.clear();
        self.dictionary.clear();
        self.ids.clear();
    }
}

/// Rows by columns. A column that was not asked for is empty.
#[derive(Debug, Clone)]
pub struct Table {
    numbers: [Vec<i64>; Num::COUNT],
    texts: [Texts; Text::COUNT],
    rows: usize,
}

impl Default for Table {
    fn default() -> Self {
        let (numbers, texts) =
            (std::array::from_fn(|_| Vec::new()), std::array::from_fn(|_| Texts::default()));
        Self { numbers, texts, rows: 0 }
    }
}

impl Table {
    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// A column of numbers.
    #[must_use]
    pub fn num(&self, column: Num) -> &[i64] {
        self.numbers.get(column.at()).map_or(&[], Vec::as_slice)
    }

    /// A column of texts.
    #[must_use]
    pub fn text(&self, column: Text) -> &Texts {
        &self.texts[column.at()]
    }

    /// The number of a row, if it has one.
    #[must_use]
    pub fn number(&self, column: Num, row: usize) -> Option<i64> {
        self.num(column).get(row).copied().filter(|value| *value != NONE)
    }

    /// A column of texts, to find the numbers of texts with.
    pub fn text_mut(&mut self, column: Text) -> &mut Texts {
        &mut self.texts[column.at()]
    }

    pub(crate) fn num_mut(&mut self, column: Num) -> &mut Vec<i64> {
        &mut self.numbers[column.at()]
    }

    pub(crate) fn set_rows(&mut self, rows: usize) {
        self.rows = rows;
    }

    /// Adds a row.
    pub fn push(&mut self, numbers: &[i64; Num::COUNT], texts: &[u32; Text::COUNT]) {
        for (column, value) in self.numbers.iter_mut().zip(numbers) {
            column.push(*value);
        }
        for (column, id) in self.texts.iter_mut().zip(texts) {
            column.ids.push(*id);
        }
        self.rows += 1;
    }

    /// Adds rows of a whole table.
    #[expect(clippy::needless_pass_by_value, reason = "ranges and slices are given as they come")]
    pub(crate) fn append(&mut self, other: &Self, rows: impl ExactSizeIterator<Item = usize> + Clone) {
        for (column, values) in self.numbers.iter_mut().zip(&other.numbers) {
            column.extend(rows.clone().map(|row| values[row]));
        }
        for (column, texts) in self.texts.iter_mut().zip(&other.texts) {
            let mut ids = vec![u32::MAX; texts.len()];
            ids[0] = 0;
            for row in rows.clone() {
                let id = texts.ids[row];
                let place = &mut ids[id as usize];
                if *place == u32::MAX {
                    *place = texts.bytes(id).map_or(0, |text| column.id_of(text));
                }
                column.ids.push(*place);
            }
        }
        self.rows += rows.len();
    }

    /// Takes all rows away; what memory they had is kept.
    pub fn clear(&mut self) {
        self.numbers.iter_mut().for_each(Vec::clear);
        self.texts.iter_mut().for_each(Texts::clear);
        self.rows = 0;
    }
}
