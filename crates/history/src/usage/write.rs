//! Writing a file: under another name, flushed, renamed, and the folder flushed.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, Encoding};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::ColumnPath;

use super::columns::{FROM_KEY, Num, TO_KEY, Text, VERSION, VERSION_KEY, schema};
use super::error::HistoryError;
use super::table::{NONE, Table};

/// Rows that a row group has at most.
pub const ROWS_PER_GROUP: usize = 131_072;

/// Above so many bytes of different texts a column of a row group has no dictionary any more.
const DICTIONARY_BYTES_MAX: usize = 8 * 1024 * 1024;

/// A file that is being written.
pub(crate) struct Writer {
    inner: SerializedFileWriter<BufWriter<File>>,
    levels: Vec<i16>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

fn properties() -> WriterProperties {
    let mut made = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_compression(Compression::SNAPPY)
        .set_created_by(format!("seatkeeper version {}", env!("CARGO_PKG_VERSION")))
        .set_statistics_enabled(EnabledStatistics::None)
        .set_offset_index_disabled(true)
        .set_dictionary_page_size_limit(DICTIONARY_BYTES_MAX)
        .set_write_batch_size(8_192)
        .set_max_row_group_row_count(Some(ROWS_PER_GROUP));
    let path = |name: &str| ColumnPath::new(vec![name.to_owned()]);
    for num in Num::ALL {
        if num.is_various() {
            made = made.set_column_dictionary_enabled(path(num.name()), false);
            made = made.set_column_encoding(path(num.name()), Encoding::DELTA_BINARY_PACKED);
        }
        if matches!(num, Num::Seq | Num::Time | Num::Grant | Num::Code) {
            made = made.set_column_statistics_enabled(path(num.name()), EnabledStatistics::Chunk);
        }
    }
    for text in [Text::Kind, Text::Vendor, Text::Feature] {
        made = made.set_column_statistics_enabled(path(text.name()), EnabledStatistics::Chunk);
    }
    made.build()
}

impl Writer {
    /// Begins a file, which must not be there.
    pub(crate) fn new(file: File) -> Result<Self> {
        let inner = SerializedFileWriter::new(BufWriter::new(file), schema()?, Arc::new(properties()))?;
        Ok(Self { inner, levels: Vec::new() })
    }

    /// Writes rows as one row group.
    pub(crate) fn group(&mut self, table: &Table) -> Result<()> {
        let mut group = self.inner.next_row_group()?;
        for num in Num::ALL {
            numbers(&mut group, &mut self.levels, table.num(*num), num.is_always())?;
        }
        for text in Text::ALL {
            texts(&mut group, &mut self.levels, table, *text)?;
        }
        group.close()?;
        Ok(())
    }

    /// Ends the file and flushes it to the disk.
    pub(crate) fn finish(mut self, from: u64, to: u64) -> Result<()> {
        for (key, value) in [(VERSION_KEY, u64::from(VERSION)), (FROM_KEY, from), (TO_KEY, to)] {
            self.inner.append_key_value_metadata(KeyValue::new(key.to_owned(), Some(value.to_string())));
        }
        let mut out = self.inner.into_inner()?;
        out.flush()?;
        out.get_ref().sync_all()?;
        Ok(())
    }
}

fn levels_of(levels: &mut Vec<i16>, has: impl Iterator<Item = bool>) {
    levels.clear();
    levels.extend(has.map(i16::from));
}

type Group<'a> = SerializedRowGroupWriter<'a, BufWriter<File>>;

fn numbers(group: &mut Group<'_>, levels: &mut Vec<i16>, values: &[i64], is_always: bool) -> Result<()> {
    let mut column = group.next_column()?.ok_or_else(too_few)?;
    levels_of(levels, values.iter().map(|value| *value != NONE));
    let levels = (!is_always).then_some(levels.as_slice());
    let there = values.iter().copied().filter(|value| *value != NONE);
    match column.untyped() {
        ColumnWriter::Int32ColumnWriter(writer) => {
            // What does not fit into 32 bits is told as the largest that does.
            let clamp = |value: i64| value.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32;
            let values: Vec<i32> = there.map(clamp).collect();
            writer.write_batch(&values, levels, None)?;
        }
        ColumnWriter::Int64ColumnWriter(writer) => {
            let values: Vec<i64> = there.collect();
            writer.write_batch(&values, levels, None)?;
        }
        _ => return Err(too_few()),
    }
    column.close()
}

fn texts(group: &mut Group<'_>, levels: &mut Vec<i16>, table: &Table, text: Text) -> Result<()> {
    let mut column = group.next_column()?.ok_or_else(too_few)?;
    let texts = table.text(text);
    levels_of(levels, texts.ids.iter().map(|id| *id != 0));
    let levels = (!text.is_always()).then_some(levels.as_slice());
    let dictionary: Vec<ByteArray> = texts.dictionary().map(|(_, text)| text.clone().into()).collect();
    let of = |id: &u32| dictionary.get((*id as usize).checked_sub(1)?).cloned();
    let values: Vec<ByteArray> = texts.ids.iter().filter_map(of).collect();
    let ColumnWriter::ByteArrayColumnWriter(writer) = column.untyped() else { return Err(too_few()) };
    writer.write_batch(&values, levels, None)?;
    column.close()
}

fn too_few() -> ParquetError {
    ParquetError::General("the columns are not those of the schema".into())
}

/// The name under which a file is written before it is whole.
const UNFINISHED: &str = ".unfinished";

/// Writes a file of tables, each a row group; it is there whole or not at all.
///
/// # Errors
/// When the disk does not take it.
pub fn write<'a>(
    path: &Path,
    from: u64,
    to: u64,
    tables: impl IntoIterator<Item = &'a Table>,
) -> std::result::Result<(), HistoryError> {
    write_with(path, from, to, |writer| tables.into_iter().try_for_each(|table| writer.group(table)))
}

/// The same, of whatever is written by `fill`.
pub(crate) fn write_with(
    path: &Path,
    from: u64,
    to: u64,
    fill: impl FnOnce(&mut Writer) -> Result<()>,
) -> std::result::Result<(), HistoryError> {
    let unfinished = unfinished(path);
    let system = |error| HistoryError::System(unfinished.clone(), error);
    let file = File::options().write(true).create(true).truncate(true).open(&unfinished).map_err(system)?;
    let parquet = |error| HistoryError::of(&unfinished, error);
    let mut writer = Writer::new(file).map_err(parquet)?;
    fill(&mut writer).and_then(|()| writer.finish(from, to)).map_err(parquet)?;
    std::fs::rename(&unfinished, path).and_then(|()| flush_folder(path)).map_err(system)
}

fn unfinished(path: &Path) -> std::path::PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(UNFINISHED);
    path.with_file_name(name)
}

/// Whether this is the name of a file that was never finished.
pub(crate) fn is_unfinished(name: &str) -> bool {
    name.ends_with(UNFINISHED)
}

/// Makes what was renamed in a file's folder last.
pub(crate) fn flush_folder(path: &Path) -> io::Result<()> {
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}
