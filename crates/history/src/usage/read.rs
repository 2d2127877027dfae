//! Reading a file: row groups by what is in them, and of each only the columns that are asked for.

use std::fs::File;
use std::path::{Path, PathBuf};

use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::file::statistics::Statistics;

use super::columns::{Num, Text, VERSION, VERSION_KEY, schema};
use super::error::HistoryError;
use super::pages;
use super::table::{NONE, Table};

/// A file that is read.
pub struct Reader {
    inner: SerializedFileReader<File>,
    path: PathBuf,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("path", &self.path).finish_non_exhaustive()
    }
}

/// What is known of a row group before it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// Which.
    pub index: usize,
    /// Its rows.
    pub rows: usize,
    /// The first and the last number.
    pub seq: (i64, i64),
    /// The earliest and the latest time, in milliseconds.
    pub time: (i64, i64),
}

impl Reader {
    /// Opens a file and reads its footer.
    ///
    /// # Errors
    /// When it cannot be read, or is not one of these.
    pub fn open(path: &Path) -> Result<Self, HistoryError> {
        let file = File::open(path).map_err(|error| HistoryError::System(path.to_owned(), error))?;
        let inner = SerializedFileReader::new(file).map_err(|error| HistoryError::of(path, error))?;
        let reader = Self { inner, path: path.to_owned() };
        reader.check()?;
        Ok(reader)
    }

    fn check(&self) -> Result<(), HistoryError> {
        let file = self.inner.metadata().file_metadata();
        let pairs = file.key_value_metadata().map_or(&[][..], Vec::as_slice);
        let version =
            pairs.iter().find(|pair| pair.key == VERSION_KEY).and_then(|pair| pair.value.as_deref());
        match version.map(|text| (text, text.parse::<u32>())) {
            Some((_, Ok(VERSION))) => {}
            Some((text, _)) => return Err(HistoryError::Later(self.path.clone(), client_safe(text))),
            None => return Err(HistoryError::damaged(&self.path, "it is no file of a usage history")),
        }
        let wanted = schema().map_err(|error| HistoryError::of(&self.path, error))?;
        if file.schema() == wanted.as_ref() {
            return Ok(());
        }
        Err(HistoryError::damaged(&self.path, "its columns are not those of its version"))
    }

    /// Its row groups.
    ///
    /// # Errors
    /// When one says nothing of itself.
    pub fn groups(&self) -> Result<Vec<Group>, HistoryError> {
        let groups = self.inner.metadata().row_groups().iter().enumerate();
        let known = groups.map(|(index, group)| {
            let rows = usize::try_from(group.num_rows()).ok()?;
            Some(Group { index, rows, seq: range(group, Num::Seq)?, time: range(group, Num::Time)? })
        });
        let known: Option<Vec<_>> = known.collect();
        known.ok_or_else(|| HistoryError::damaged(&self.path, "a row group says nothing of itself"))
    }

    /// Reads columns of a row group.
    ///
    /// # Errors
    /// When it is damaged.
    pub fn read(&self, group: &Group, numbers: &[Num], texts: &[Text]) -> Result<Table, HistoryError> {
        self.table(group, numbers, texts).map_err(|error| HistoryError::of(&self.path, error))
    }

    /// Reads all columns of a row group.
    ///
    /// # Errors
    /// When it is damaged.
    pub fn read_all(&self, group: &Group) -> Result<Table, HistoryError> {
        self.read(group, Num::ALL, Text::ALL)
    }

    fn table(&self, group: &Group, nums: &[Num], texts: &[Text]) -> Result<Table, ParquetError> {
        let reader = self.inner.get_row_group(group.index)?;
        let mut table = Table::default();
        table.set_rows(group.rows);
        for num in nums {
            let values = match reader.get_column_reader(num.column())? {
                ColumnReader::Int32ColumnReader(column) => numbers(column, group.rows, i64::from)?,
                ColumnReader::Int64ColumnReader(column) => numbers(column, group.rows, |v| v)?,
                _ => return Err(ParquetError::General("a column is of another type".into())),
            };
            *table.num_mut(*num) = values;
        }
        for text in texts {
            let mut pages = reader.get_column_page_reader(text.column())?;
            *table.text_mut(*text) = pages::texts(pages.as_mut(), text.is_always(), group.rows)?;
        }
        Ok(table)
    }
}

/// A few characters of a footer, in a message.
fn client_safe(text: &str) -> String {
    text.chars().take(20).map(|c| if c.is_ascii_graphic() { c } else { '?' }).collect()
}

fn range(group: &RowGroupMetaData, num: Num) -> Option<(i64, i64)> {
    match group.column(num.column()).statistics()? {
        Statistics::Int64(values) => Some((*values.min_opt()?, *values.max_opt()?)),
        _ => None,
    }
}

fn numbers<T: DataType>(
    mut column: ColumnReaderImpl<T>,
    rows: usize,
    of: impl Fn(T::T) -> i64,
) -> Result<Vec<i64>, ParquetError> {
    let (mut values, mut levels) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
    let mut read = 0;
    while read < rows {
        let (records, _, _) = column.read_records(rows - read, Some(&mut levels), None, &mut values)?;
        if records == 0 {
            return Err(ParquetError::General("a column has too few rows".into()));
        }
        read += records;
    }
    if levels.is_empty() || values.len() == rows {
        return Ok(values.into_iter().map(of).collect());
    }
    let mut values = values.into_iter();
    let each = levels.iter().map(|level| if *level == 1 { values.next().map(&of) } else { Some(NONE) });
    let all: Option<Vec<i64>> = each.collect();
    all.ok_or_else(|| ParquetError::General("a column has too few values".into()))
}
