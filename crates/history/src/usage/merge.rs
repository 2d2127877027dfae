//! Few large files of many small ones, in the end one a day; and the oldest away when they are too old or too
//! many. A thread of its own does it, and holds up nobody.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::ToSpan as _;
use jiff::civil::Date;
use parquet::errors::ParquetError;

use super::error::HistoryError;
use super::folder::{Folder, UsageFile};
use super::read::Reader;
use super::table::Table;
use super::write::{ROWS_PER_GROUP, Writer, flush_folder, write_with};

/// How long the history is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Days.
    pub days: u32,
    /// Bytes.
    pub bytes: u64,
}

/// Of a day that is not over: as soon as there are so many files in a row with so many events each, they
/// become one.
const RUNS: [(usize, Range<u64>); 2] = [(60, 0..131_072), (32, 131_072..4_194_304)];
/// Events of a file at most.
const EVENTS_MAX: u64 = 16 * 1024 * 1024;
/// How often it is looked whether there is something to merge.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// It gives way to everybody else.
const NICE: i32 = 10;

/// The files that become one next, of those there are. Those of a day that is over do, whatever they are.
fn next(files: &[UsageFile], today: Date) -> Option<&[UsageFile]> {
    files.chunk_by(|a, b| a.day == b.day && a.to + 1 == b.from).find_map(|day| {
        if day.first().is_some_and(|file| file.day < today) {
            return up_to_max(day);
        }
        RUNS.iter().find_map(|(many, such)| {
            let is_such = |file: &UsageFile| such.contains(&file.events());
            let mut runs = day.chunk_by(|a, b| is_such(a) && is_such(b));
            runs.find(|run| run.len() >= *many)
        })
    })
}

/// The first files that together are not too large, and are more than one.
fn up_to_max(day: &[UsageFile]) -> Option<&[UsageFile]> {
    let mut start = 0;
    while start + 1 < day.len() {
        let (mut end, mut events) = (start, 0);
        while let Some(file) = day.get(end) {
            events += file.events();
            if events > EVENTS_MAX && end > start {
                break;
            }
            end += 1;
        }
        if end - start > 1 {
            return day.get(start..end);
        }
        start = end;
    }
    None
}

/// Merges what is to be merged, once. Whether there was something.
fn merge(folder: &Folder, today: Date, is_over: &AtomicBool) -> Result<bool, HistoryError> {
    let files = folder.files()?;
    let Some(files) = next(&files, today) else { return Ok(false) };
    let (Some(first), Some(last)) = (files.first(), files.last()) else { return Ok(false) };
    let path = folder.file(first.day, first.from, last.to);
    write_with(&path, first.from, last.to, |writer| copy(files, writer, is_over))?;
    for file in files {
        remove(file)?;
    }
    let flushed = flush_folder(&path);
    flushed.map_err(|error| HistoryError::System(path, error))?;
    Ok(true)
}

fn copy(files: &[UsageFile], writer: &mut Writer, is_over: &AtomicBool) -> Result<(), ParquetError> {
    let mut table = Table::default();
    for file in files {
        let outer = |error: HistoryError| ParquetError::General(error.to_string());
        let reader = Reader::open(&file.path).map_err(outer)?;
        for group in reader.groups().map_err(outer)? {
            if is_over.load(Ordering::Relaxed) {
                return Err(ParquetError::General("it was told to end".into()));
            }
            let from = reader.read_all(&group).map_err(outer)?;
            let mut at = 0;
            while at < from.rows() {
                let end = from.rows().min(at + ROWS_PER_GROUP - table.rows());
                table.append(&from, at..end);
                at = end;
                if table.rows() == ROWS_PER_GROUP {
                    writer.group(&table)?;
                    table.clear();
                }
            }
        }
    }
    if table.rows() > 0 { writer.group(&table) } else { Ok(()) }
}

fn remove(file: &UsageFile) -> Result<(), HistoryError> {
    std::fs::remove_file(&file.path).map_err(|error| HistoryError::System(file.path.clone(), error))
}

/// Removes the oldest files that are out of bounds; the newest stays. How many were removed.
fn forget(folder: &Folder, bounds: Bounds, today: Date) -> Result<usize, HistoryError> {
    let files = folder.files()?;
    let oldest = today.saturating_sub(i64::from(bounds.days).days());
    let mut bytes: u64 = files.iter().map(|file| file.bytes).sum();
    let mut removed = 0;
    for file in files.iter().take(files.len().saturating_sub(1)) {
        if file.day >= oldest && bytes <= bounds.bytes {
            break;
        }
        remove(file)?;
        bytes = bytes.saturating_sub(file.bytes);
        removed += 1;
    }
    Ok(removed)
}

/// Merges and forgets until nothing is left to do.
///
/// # Errors
/// When a file is damaged, or the disk does not take what is written.
pub fn tidy(folder: &Folder, bounds: Bounds, today: Date, is_over: &AtomicBool) -> Result<(), HistoryError> {
    forget(folder, bounds, today)?;
    while !is_over.load(Ordering::Relaxed) && merge(folder, today, is_over)? {}
    Ok(())
}

/// The thread that does it.
#[derive(Debug)]
pub(crate) struct Merging {
    thread: Option<JoinHandle<()>>,
    is_over: Arc<AtomicBool>,
}

impl Merging {
    pub(crate) fn spawn(
        folder: Folder,
        bounds: Bounds,
        warn: fn(&str),
        today: fn() -> Date,
    ) -> std::io::Result<Self> {
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let thread = std::thread::Builder::new().name("history-merge".into()).spawn(move || {
            // Where the system refuses that, it runs as everybody else.
            let _ = rustix::process::nice(NICE);
            let mut told = String::new();
            while !over.load(Ordering::Acquire) {
                if let Err(error) = tidy(&folder, bounds, today(), &over)
                    && !over.load(Ordering::Acquire)
                {
                    let text = error.to_string();
                    if text != told {
                        warn(&format!("the usage history is not merged: {text}"));
                        told = text;
                    }
                }
                std::thread::park_timeout(LOOK_EVERY);
            }
        })?;
        Ok(Self { thread: Some(thread), is_over })
    }
}

impl Drop for Merging {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // What it was merging is still there, in the files that it was merging.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn files(day: i8, sizes: &[u64], from: u64) -> Vec<UsageFile> {
        let mut at = from;
        let file = |events: &u64| {
            let file = UsageFile {
                path: PathBuf::new(),
                from: at,
                to: at + events - 1,
                day: Date::constant(2026, 11, day),
                bytes: 1,
            };
            at += events;
            file
        };
        sizes.iter().map(file).collect()
    }

    #[test]
    fn a_day_that_is_over_becomes_one_file_and_of_today_only_long_runs() {
        let today = Date::constant(2026, 11, 22);
        let count = |day, sizes: &[u64]| next(&files(day, sizes, 1), today).map(<[UsageFile]>::len);
        assert_eq!(count(21, &[1]), None);
        assert_eq!(count(21, &[1, 2]), Some(2));
        assert_eq!(count(21, &[EVENTS_MAX, 2, 3]), Some(2), "a full file stays as it is");
        assert_eq!(count(21, &[EVENTS_MAX - 1, 1, 3]), Some(2));
        assert_eq!(count(22, &[1; 59]), None);
        assert_eq!(count(22, &[1; 60]), Some(60));
        assert_eq!(count(22, &[65_536; 60]), Some(60));
        assert_eq!(count(22, &[131_072; 31]), None);
        assert_eq!(count(22, &[131_072; 32]), Some(32));
        let mut apart = files(21, &[1], 1);
        apart.extend(files(21, &[1], 5));
        assert_eq!(next(&apart, today), None, "what is missing between two files stays seen");
    }
}
