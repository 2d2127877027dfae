//! The log's files, read as one.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use names::{Code, Wall};

use super::zone::Zone;
use crate::fail::Failure;
use crate::flexlog::{Calendar, LINE_BYTES_MAX, Line, Lines, Moment, read, text};

/// How much is read at once.
const BUFFER: usize = 256 * 1024;

/// The files of a log, the oldest first.
#[derive(Debug)]
pub(crate) struct Log {
    files: Vec<LogFile>,
}

/// One of them, as it was when the command began: what is written to it since is not read.
#[derive(Debug)]
struct LogFile {
    path: PathBuf,
    name: String,
    bytes: u64,
    written: Option<SystemTime>,
}

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    file: usize,
    line: u64,
}

/// A line of the log.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) place: Place,
    /// When, as its line says.
    pub(crate) moment: Moment,
    /// The same, in UTC.
    pub(crate) wall: Wall,
    /// What it says; nothing where it is no line of such a log.
    pub(crate) line: Option<Line<'a>>,
    /// The line.
    pub(crate) text: &'a str,
}

/// What a pass saw of the days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Days {
    /// Lines, the empty ones too.
    pub(crate) lines: u64,
    /// The day of the first line, where any line names its day.
    pub(crate) begins: Option<i32>,
    /// The day of the last line.
    pub(crate) ends: i32,
    /// How often the log went back to a day before.
    pub(crate) backs: u64,
}

impl Log {
    /// Looks at the files. They are read twice, so they must be files.
    pub(crate) fn open(paths: &[PathBuf]) -> Result<Self, Failure> {
        let files = paths.iter().map(|path| {
            let name = client::shown(&path.display().to_string(), 500);
            let about = std::fs::metadata(path).map_err(|error| cannot_read(path, &error))?;
            if !about.is_file() {
                let message = format!("{name}: it is no file, and a log is read twice");
                return Err(Failure::new(Code::CannotReadFile, message, "write it into a file first"));
            }
            Ok(LogFile { path: path.clone(), name, bytes: about.len(), written: about.modified().ok() })
        });
        Ok(Self { files: files.collect::<Result<_, _>>()? })
    }

    /// When the last file was written last.
    pub(crate) fn written(&self) -> Option<SystemTime> {
        self.files.last().and_then(|file| file.written)
    }

    /// The files' names.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.files.iter().map(|file| &*file.name).collect()
    }

    /// `file:line`
    pub(crate) fn place(&self, place: Place) -> String {
        let name = self.files.get(place.file).map_or("?", |file| &*file.name);
        format!("{name}:{}", place.line)
    }

    /// Reads all lines, the first being of `first_day`.
    pub(crate) fn read(
        &self,
        first_day: i32,
        zone: &Zone,
        mut each: impl FnMut(&Entry<'_>),
    ) -> Result<Days, Failure> {
        let mut calendar = Calendar::new(first_day, |day, second| zone.is_twice(day, second));
        let mut all = 0;
        let mut last = Moment { day: first_day, second: 0, again: false, offset: None };
        for (at, file) in self.files.iter().enumerate() {
            let from = File::open(&file.path).map_err(|error| cannot_read(&file.path, &error))?;
            let mut lines = Lines::new(BufReader::with_capacity(BUFFER, from.take(file.bytes)));
            let mut number = 0;
            while let Some(bytes) = lines.next().map_err(|error| cannot_read(&file.path, &error))? {
                number += 1;
                all += 1;
                let text = text(bytes);
                let line = if bytes.len() < LINE_BYTES_MAX { read(&text) } else { None };
                if line.is_none() && text.trim().is_empty() {
                    continue;
                }
                last = line.as_ref().map_or(last, |line| calendar.at(line));
                let place = Place { file: at, line: number };
                each(&Entry { place, moment: last, wall: zone.wall(&last), line, text: &text });
            }
        }
        Ok(Days { lines: all, begins: calendar.begins(), ends: calendar.day(), backs: calendar.backs() })
    }
}

fn cannot_read(path: &Path, error: &std::io::Error) -> Failure {
    let shown = client::shown(&path.display().to_string(), 500);
    let message = format!("{shown}: cannot read it: {error}");
    Failure::new(Code::CannotReadFile, message, "name FlexNet's debug log, as `lmgrd -l` wrote it")
}
