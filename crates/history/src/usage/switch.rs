//! `lmnewlog` and `lmswitchr`: what a vendor's seats were used for since the last time, in a file of its own.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use jiff::Timestamp;
use parquet::errors::ParquetError;

use super::columns::{Num, Text};
use super::error::HistoryError;
use super::folder::{Folder, UsageFile};
use super::mark;
use super::read::Reader;
use super::table::Table;
use super::write::{ROWS_PER_GROUP, Writer, flush_folder};
use crate::sink::Done;

/// Writes the rows of a vendor, or of the vendor of a feature, since the last time into a file.
pub(crate) fn report(folder: &Folder, of: &str, path: &Path) -> Result<Done, String> {
    if !path.is_absolute() || path.file_name().is_none() {
        return Err(format!("{} is not a path from the root", path.display()));
    }
    let files = folder.files().map_err(|error| error.to_string())?;
    let vendor = vendor(&files, of).map_err(|error| error.to_string())?;
    let Some(vendor) = vendor else {
        return Err(format!("the usage history knows no vendor and no feature {of:?}"));
    };
    let mut marks = mark::read(folder).map_err(|error| error.to_string())?;
    let since = marks.get(&vendor).copied().unwrap_or(0);
    // A link is not followed, and what is there is not touched.
    let file = File::options().write(true).create_new(true).mode(0o640).open(path);
    let file = file.map_err(|error| format!("{}: {error}", path.display()))?;
    match copy(&files, &vendor, since, file, path).and_then(|events| {
        let upto = files.last().map_or(since, |file| file.to);
        let last: BTreeMap<_, _> = std::mem::take(&mut marks).into_iter().chain([(vendor, upto)]).collect();
        mark::write(folder, &last).map(|()| events)
    }) {
        Ok(events) => Ok(Done { path: path.to_owned(), events }),
        Err(error) => {
            // What is not whole is not left behind; it was made by this call.
            let _ = std::fs::remove_file(path);
            Err(error.to_string())
        }
    }
}

/// The vendor of this name, or the vendor of the feature of this name.
fn vendor(files: &[UsageFile], of: &str) -> Result<Option<String>, HistoryError> {
    let mut of_feature = None;
    for file in files.iter().rev() {
        let reader = Reader::open(&file.path)?;
        for group in reader.groups()?.iter().rev() {
            let table = reader.read(group, &[], &[Text::Vendor, Text::Feature])?;
            let (vendors, features) = (table.text(Text::Vendor), table.text(Text::Feature));
            let same = |text: &[u8]| text.eq_ignore_ascii_case(of.as_bytes());
            if let Some((_, found)) = vendors.dictionary().find(|(_, text)| same(text)) {
                return Ok(Some(String::from_utf8_lossy(found).into_owned()));
            }
            let id = features.dictionary().find(|(_, text)| same(text)).map(|(id, _)| id);
            if of_feature.is_none() && id.is_some() {
                let row = features.ids.iter().rposition(|at| Some(*at) == id);
                of_feature = row.and_then(|row| vendors.at(row)).map(str::to_owned);
            }
        }
    }
    Ok(of_feature)
}

enum Out {
    Parquet(Box<(Writer, Table)>),
    Csv(BufWriter<File>),
}

fn copy(files: &[UsageFile], vendor: &str, since: u64, file: File, path: &Path) -> Result<u64, HistoryError> {
    let parquet = |error| HistoryError::of(path, error);
    let system = |error| HistoryError::System(path.to_owned(), error);
    let is_csv = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    let mut out = if is_csv {
        let mut out = BufWriter::new(file);
        head(&mut out).map_err(system)?;
        Out::Csv(out)
    } else {
        Out::Parquet(Box::new((Writer::new(file).map_err(parquet)?, Table::default())))
    };
    let (mut events, mut upto) = (0, since);
    for file in files.iter().filter(|file| file.to > since) {
        let reader = Reader::open(&file.path)?;
        for group in reader.groups()? {
            let table = reader.read_all(&group)?;
            let id = table.text(Text::Vendor).dictionary().find(|(_, text)| **text == *vendor.as_bytes());
            let Some((id, _)) = id else { continue };
            let seq = |row| table.number(Num::Seq, row).and_then(|seq| u64::try_from(seq).ok()).unwrap_or(0);
            let is_its =
                |row: &usize| table.text(Text::Vendor).ids.get(*row) == Some(&id) && seq(*row) > upto;
            let rows: Vec<usize> = (0..table.rows()).filter(is_its).collect();
            let Some(last) = rows.last() else { continue };
            events += rows.len() as u64;
            out.rows(&table, &rows).map_err(parquet)?;
            upto = seq(*last);
        }
    }
    out.finish(since + 1, upto).map_err(parquet)?;
    flush_folder(path).map_err(system)?;
    Ok(events)
}

impl Out {
    fn rows(&mut self, table: &Table, rows: &[usize]) -> Result<(), ParquetError> {
        match self {
            Self::Csv(out) => Ok(rows.iter().try_for_each(|row| line(out, table, *row))?),
            Self::Parquet(out) => {
                let (writer, gathered) = out.as_mut();
                if gathered.rows() + rows.len() > ROWS_PER_GROUP && gathered.rows() > 0 {
                    writer.group(gathered)?;
                    gathered.clear();
                }
                gathered.append(table, rows.iter().copied());
                Ok(())
            }
        }
    }

    fn finish(self, from: u64, to: u64) -> Result<(), ParquetError> {
        match self {
            Self::Csv(mut out) => {
                out.flush()?;
                Ok(out.get_ref().sync_all()?)
            }
            Self::Parquet(out) => {
                let (mut writer, gathered) = *out;
                if gathered.rows() > 0 {
                    writer.group(&gathered)?;
                }
                writer.finish(from, to)
            }
        }
    }
}

fn head(out: &mut impl std::io::Write) -> std::io::Result<()> {
    let names = Num::ALL.iter().map(|num| num.name()).chain(Text::ALL.iter().map(|text| text.name()));
    writeln!(out, "{}", names.collect::<Vec<_>>().join(","))
}

fn line(out: &mut impl std::io::Write, table: &Table, row: usize) -> std::io::Result<()> {
    let mut comma = "";
    for num in Num::ALL {
        write!(out, "{comma}")?;
        comma = ",";
        match (num, table.number(*num, row)) {
            (_, None) => {}
            (Num::Time | Num::Until, Some(ms)) => {
                write!(out, "{}", Timestamp::from_millisecond(ms).unwrap_or_default())?;
            }
            (Num::Session, Some(session)) => write!(out, "{:016x}", session.cast_unsigned())?,
            (_, Some(value)) => write!(out, "{value}")?,
        }
    }
    for text in Text::ALL {
        write!(out, ",{}", crate::report::csv_field(table.text(*text).at(row).unwrap_or("")))?;
    }
    writeln!(out)
}
