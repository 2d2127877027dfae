//! The folder: which files there are, by their names, and what a crash left in it.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::error::HistoryError;
use super::read::Reader;
use super::write::is_unfinished;

/// A file, as its name says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageFile {
    /// Where it is.
    pub path: PathBuf,
    /// The first event.
    pub from: u64,
    /// The last event.
    pub to: u64,
    /// The day of its first event, in UTC.
    pub day: Date,
    /// How large it is.
    pub bytes: u64,
}

/// A folder of a usage history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    path: PathBuf,
}

/// The day of a time, in UTC.
pub(crate) fn day_of(time: i64) -> Date {
    let at = Timestamp::from_millisecond(time).unwrap_or_default();
    TimeZone::UTC.to_datetime(at).date()
}

impl UsageFile {
    /// So many events are in it, where none is missing.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.to.saturating_sub(self.from).saturating_add(1)
    }

    fn of(path: PathBuf) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let rest = name.strip_prefix("usage-")?.strip_suffix(".parquet")?;
        let (day, numbers) = rest.split_at_checked(10)?;
        let (from, to) = numbers.strip_prefix('-')?.split_once('-')?;
        let number = |text: &str| Some(text).filter(|t| t.bytes().all(|b| b.is_ascii_digit()))?.parse().ok();
        let (from, to) = (number(from)?, number(to)?);
        let day: Date = day.parse().ok()?;
        let bytes = std::fs::metadata(&path).map_or(0, |meta| meta.len());
        (from <= to).then_some(Self { path, from, to, day, bytes })
    }

    fn has(&self, other: &Self) -> bool {
        self.from <= other.from && other.to <= self.to
    }
}

impl Folder {
    /// This folder, whether or not it is there.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name of the file with these events.
    #[must_use]
    pub fn file(&self, day: Date, from: u64, to: u64) -> PathBuf {
        self.path.join(format!("usage-{day}-{from:012}-{to:012}.parquet"))
    }

    fn system(&self, error: std::io::Error) -> HistoryError {
        HistoryError::System(self.path.clone(), error)
    }

    fn names(&self) -> Result<Vec<PathBuf>, HistoryError> {
        let entries = std::fs::read_dir(&self.path).map_err(|error| self.system(error))?;
        let paths = entries.map(|entry| entry.map(|entry| entry.path()));
        paths.collect::<Result<_, _>>().map_err(|error| self.system(error))
    }

    /// Every file by its name, in the order of its events; of several with the same events the one with the
    /// most comes first.
    fn all(&self) -> Result<Vec<UsageFile>, HistoryError> {
        let mut files: Vec<_> = self.names()?.into_iter().filter_map(UsageFile::of).collect();
        files.sort_by(|a, b| a.from.cmp(&b.from).then(b.to.cmp(&a.to)));
        Ok(files)
    }

    /// The files in the order of their events. Those are left out whose events are all in another one: they
    /// were merged into it.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn files(&self) -> Result<Vec<UsageFile>, HistoryError> {
        let mut files: Vec<UsageFile> = Vec::new();
        for file in self.all()? {
            if !files.last().is_some_and(|before| before.has(&file)) {
                files.push(file);
            }
        }
        Ok(files)
    }

    /// Makes the folder where it is not there, and mends what a crash left: what was not finished is removed,
    /// and what was merged into another file; a newest file that cannot be read is set aside. Says what was
    /// set aside and why.
    ///
    /// # Errors
    /// When the system does not do it.
    pub(crate) fn mend(&self) -> Result<Vec<(PathBuf, HistoryError)>, HistoryError> {
        let made = DirBuilder::new().recursive(true).mode(0o750).create(&self.path);
        made.map_err(|error| self.system(error))?;
        let remove = |path: &Path| std::fs::remove_file(path).map_err(|error| self.system(error));
        for path in self.names()? {
            if path.file_name().and_then(|name| name.to_str()).is_some_and(is_unfinished) {
                remove(&path)?;
            }
        }
        let mut aside = Vec::new();
        let mut kept: Vec<UsageFile> = Vec::new();
        for file in self.all()? {
            // Only a whole file makes those needless that were merged into it.
            match kept.last().filter(|before| before.has(&file)).map(whole) {
                None => kept.push(file),
                Some(Ok(())) => remove(&file.path)?,
                Some(Err(error)) => {
                    if let Some(before) = kept.pop() {
                        aside.push((self.set_aside(&before.path)?, error));
                    }
                    kept.push(file);
                }
            }
        }
        while let Some(last) = kept.pop() {
            let Err(error) = whole(&last) else { break };
            if matches!(error, HistoryError::System(..) | HistoryError::Later(..)) {
                return Err(error);
            }
            aside.push((self.set_aside(&last.path)?, error));
        }
        Ok(aside)
    }

    fn set_aside(&self, path: &Path) -> Result<PathBuf, HistoryError> {
        for n in 1_u32.. {
            let mut name = path.file_name().unwrap_or_default().to_owned();
            name.push(format!(".bad-{n}"));
            let bad = path.with_file_name(name);
            if !bad.exists() {
                std::fs::rename(path, &bad).map_err(|error| self.system(error))?;
                return Ok(bad);
            }
        }
        Ok(path.to_owned())
    }
}

/// Whether a file's footer is there and says of its rows what its name says.
fn whole(file: &UsageFile) -> Result<(), HistoryError> {
    let groups = Reader::open(&file.path)?.groups()?;
    let last = groups.last().map(|group| group.seq.1);
    if last == i64::try_from(file.to).ok() {
        return Ok(());
    }
    Err(HistoryError::damaged(&file.path, "it does not have the events that its name says"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_is_in_a_file() {
        let folder = Folder::new(Path::new("/h"));
        let path = folder.file(Date::constant(2026, 11, 22), 1, 65_536);
        assert_eq!(path, Path::new("/h/usage-2026-11-22-000000000001-000000065536.parquet"));
        let file = UsageFile::of(path).unwrap();
        assert_eq!((file.from, file.to, file.events()), (1, 65_536, 65_536));
        let long = folder.file(Date::constant(2026, 11, 22), 1, u64::MAX);
        assert_eq!(UsageFile::of(long).unwrap().to, u64::MAX);
        for bad in [
            "usage-2026-11-22-000000000002-000000000001.parquet",
            "usage-2026-13-22-000000000001-000000000002.parquet",
            "usage-2026-11-22-000000000001-000000000002.parquet.unfinished",
            "usage-2026-11-22-+1-2.parquet",
            "usage-2026-11-22-1.parquet",
            "usage-.parquet",
            "usage-2026-11-2é-1-2.parquet",
            "other.parquet",
        ] {
            assert_eq!(UsageFile::of(Path::new("/h").join(bad)), None, "{bad}");
        }
    }
}
