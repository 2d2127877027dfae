//! Reading everything in a state folder, and saying what is there.

use std::fs;
use std::io;
use std::path::Path;

use names::Seq;
use seats::{Counts, State};

use super::holders::{self, Holder, PoolUse};
use crate::bytes::StoreId;
use crate::cursors;
use crate::disk::{Disk as _, RealDisk};
use crate::error::OpenError;
use crate::export;
use crate::guard;
use crate::layout;
use crate::lock::FolderLock;
use crate::open::{Options, read_sentinel, replay_all};
use crate::reader_file::Reader;
use crate::seats_port::{SeatFolder as _, SeatsFailed};
use crate::sentinel::Sentinel;
use crate::sled_store::{SledFolder, SledStore};
use crate::start::{self, Base, Built, Found};
use crate::survey::{Survey, survey};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The next start mends it, or does without.
    Mended,
    /// A start is refused.
    Refused,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad.
    pub severity: Severity,
    /// What and where; for what refuses a start, the remedy too.
    pub text: String,
}

/// What there is of the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalFound {
    /// Its first record; one more than the last when it has none.
    pub first: Seq,
    /// Its last record.
    pub last: Seq,
    /// How many files it is in.
    pub files: usize,
    /// Bytes of records.
    pub bytes: u64,
}

/// What there is of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportFound {
    /// Its file.
    pub file: String,
    /// The record it is the state after.
    pub cursor: Seq,
    /// How many rows it has; nothing when it is damaged.
    pub rows: Option<u64>,
}

/// What there is of a reader of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderFound {
    /// What its file says.
    pub reader: Reader,
    /// How many records it has not passed.
    pub behind: u64,
}

/// What is in a state folder.
#[derive(Debug)]
pub struct Check {
    /// Which folder.
    pub folder: String,
    /// What its sentinel says, if it can be read.
    pub sentinel: Option<Sentinel>,
    /// The journal, if it is whole.
    pub journal: Option<JournalFound>,
    /// The record that the seat state on sled is at, and its rows, if it can be read.
    pub sled: Option<(Seq, u64)>,
    /// The exports, oldest first.
    pub exports: Vec<ExportFound>,
    /// The readers of the journal, by name.
    pub readers: Vec<ReaderFound>,
    /// What is not as it should be.
    pub findings: Vec<Finding>,
    /// The state that a start would serve from.
    pub(super) state: Option<State>,
}

impl Check {
    /// The worst of what was found.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }

    /// The first reason why a start is refused.
    #[must_use]
    pub fn refusal(&self) -> Option<&str> {
        let refused = self.findings.iter().find(|finding| finding.severity == Severity::Refused);
        refused.map(|finding| finding.text.as_str())
    }

    /// How many rows a start would serve from.
    #[must_use]
    pub fn counts(&self) -> Option<Counts> {
        self.state.as_ref().map(State::counts)
    }

    /// The last record that a start would go on after.
    #[must_use]
    pub fn last(&self) -> Option<Seq> {
        self.state.as_ref().map(State::last)
    }

    /// The pools, and who holds their seats.
    #[must_use]
    pub fn holders(&self) -> (Vec<PoolUse>, Vec<Holder>) {
        self.state.as_ref().map(holders::of).unwrap_or_default()
    }

    fn mended(&mut self, text: impl Into<String>) {
        self.findings.push(Finding { severity: Severity::Mended, text: text.into() });
    }

    fn refused(&mut self, error: &OpenError) {
        self.findings.push(Finding { severity: Severity::Refused, text: whole(error) });
    }
}

/// An error with what is behind it, which it does not say itself.
fn whole(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

/// Reads everything in a state folder and changes nothing. `scratch` is an empty folder for a copy of
/// sled.
///
/// # Errors
/// When there is no state folder, a daemon serves from it, or the system does not let it be read. What
/// is damaged is no error but a [`Finding`].
pub fn check(folder: &Path, scratch: &Path) -> Result<Check, OpenError> {
    Ok(Looked::at(folder, scratch)?.check)
}

/// A folder that was read, with what a repair needs to know, and its lock.
#[derive(Debug)]
pub(super) struct Looked {
    pub(super) check: Check,
    pub(super) disk: RealDisk,
    /// Keep it as long as what was read is believed.
    lock: Option<FolderLock>,
}

impl Looked {
    /// Whether there is a journal, and it is ours.
    pub(super) fn is_locked(&self) -> bool {
        self.lock.is_some()
    }

    pub(super) fn at(folder: &Path, scratch: &Path) -> Result<Self, OpenError> {
        let folder = folder.canonicalize().map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => OpenError::NotMade { folder: folder.display().to_string() },
            _ => OpenError::Io { path: folder.display().to_string(), what: "finding it", source },
        })?;
        let disk = RealDisk::read_only(&folder);
        let check = Check {
            folder: folder.display().to_string(),
            sentinel: None,
            journal: None,
            sled: None,
            exports: Vec::new(),
            readers: Vec::new(),
            findings: Vec::new(),
            state: None,
        };
        let mut looked = Self { check, disk, lock: None };
        let sentinel = match read_sentinel(&looked.disk) {
            Ok(sentinel) => sentinel,
            Err(e @ (OpenError::NotMade { .. } | OpenError::Io { .. })) => return Err(e),
            Err(e) => {
                looked.check.refused(&e);
                return Ok(looked);
            }
        };
        let journal = folder.join(layout::JOURNAL);
        if !journal.is_dir() {
            looked.check.sentinel = Some(sentinel);
            looked.check.refused(&OpenError::NoJournal { folder: journal.display().to_string() });
            return Ok(looked);
        }
        looked.lock = Some(FolderLock::take(&journal)?);
        looked.guard(&folder)?;
        looked.read(&sentinel, &folder, scratch)?;
        looked.check.sentinel = Some(sentinel);
        Ok(looked)
    }

    /// Owners and modes, as a daemon of the folder's owner would find them.
    fn guard(&mut self, folder: &Path) -> Result<(), OpenError> {
        for (path, verdict) in guard::observe(folder)? {
            match verdict {
                guard::Verdict::Fine => {}
                guard::Verdict::Close => self.check.mended(format!("{path}: others can read it")),
                guard::Verdict::Refuse(why) => self.check.refused(&OpenError::Unsafe { path, why }),
            }
        }
        Ok(())
    }

    fn read(&mut self, sentinel: &Sentinel, folder: &Path, scratch: &Path) -> Result<(), OpenError> {
        let store = sentinel.store;
        let listed = export::list(&self.disk).map_err(|e| failed(folder, layout::EXPORT, "listing it", e))?;
        for cursor in &listed {
            let read = export::read(&self.disk, store, *cursor);
            let rows = read.as_ref().ok().map(|export| export.head.counts.rows());
            let file = folder.join(layout::export(*cursor)).display().to_string();
            self.check.exports.push(ExportFound { file, cursor: *cursor, rows });
            if let Err(why) = read {
                self.check.mended(format!("{why}; a start does without it, if the rest is whole"));
            }
        }
        copy_sled(folder, scratch).map_err(|e| failed(folder, layout::SLED, "copying it", e))?;
        let mut sled = SledFolder::new(scratch, Options::default().seats_open_within);
        let mut built = Built::default();
        let found = sled.open(&mut |row| built.put(row));
        let found = found.map_err(|why| in_place(&why, folder, scratch));
        let mut cursors = listed.clone();
        if let Ok(Some((_, Some(head)))) = &found {
            cursors.push(head.cursor);
            self.check.sled = Some((head.cursor, built.rows()));
        }
        match survey(&self.disk, store, &cursors) {
            Ok(survey) => {
                self.readers(store, survey.last);
                self.start(found, built, &listed, &survey);
            }
            Err(e) => self.check.refused(&e),
        }
        Ok(())
    }

    fn readers(&mut self, store: StoreId, last: Seq) {
        let files = match cursors::names(&self.disk) {
            Ok(files) => files,
            Err(e) => return self.check.mended(format!("the readers' files cannot be listed: {e}")),
        };
        for file in files {
            match cursors::read_file(&self.disk, &file, store) {
                Ok(reader) => {
                    let behind = (last.0 + 1).saturating_sub(reader.next.0);
                    self.check.readers.push(ReaderFound { reader, behind });
                }
                Err(why) => {
                    let file = self.disk.shown(&format!("{}/{file}", layout::READERS));
                    self.check.mended(format!("{file}: {why}; the reader is forgotten"));
                }
            }
        }
    }

    /// What a start would make of it.
    fn start(&mut self, found: Found<SledStore>, built: Built, exports: &[Seq], survey: &Survey) {
        self.check.journal = Some(JournalFound {
            first: survey.first(),
            last: survey.last,
            files: survey.segments.len(),
            bytes: survey.segments.iter().map(|segment| segment.bytes).sum(),
        });
        if let Some(cut) = &survey.cut {
            self.check.mended(cut.to_string());
        }
        let is_missing = matches!(found, Ok(None)) && survey.last.0 > 0;
        let (mut state, rejected) = match start::choose(&self.disk, found, built, exports, survey) {
            Ok((_, Base { state, rejected, .. })) => (state, rejected),
            Err(e) => return self.check.refused(&e),
        };
        if let Some(why) = rejected {
            self.check.sled = None;
            self.check.mended(format!("the seat state on sled cannot be used, and is made again: {why}"));
        } else if is_missing {
            self.check.mended("there is no seat state on sled; it is made again");
        }
        match replay_all(&self.disk, survey, &mut state) {
            Ok(_) => self.check.state = Some(state),
            Err(e) => self.check.refused(&e),
        }
    }
}

fn failed(folder: &Path, name: &str, what: &'static str, source: io::Error) -> OpenError {
    OpenError::Io { path: folder.join(name).display().to_string(), what, source }
}

/// What was said of a copy, said of what was copied.
pub(super) fn in_place(why: &SeatsFailed, folder: &Path, scratch: &Path) -> SeatsFailed {
    SeatsFailed(why.0.replace(&scratch.display().to_string(), &folder.display().to_string()))
}

/// Copies sled's folder, which would be written to if it were opened.
fn copy_sled(folder: &Path, scratch: &Path) -> io::Result<()> {
    let (from, to) = (folder.join(layout::SLED), scratch.join(layout::SLED));
    match fs::symlink_metadata(&from) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(e),
        Ok(meta) if meta.is_dir() => copy_folder(&from, &to),
        // Not a folder: neither is the copy, and it is told of.
        Ok(_) => fs::write(&to, b""),
    }
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (kind, to) = (entry.file_type()?, to.join(entry.file_name()));
        if kind.is_dir() {
            copy_folder(&entry.path(), &to)?;
        } else if kind.is_file() {
            fs::copy(entry.path(), &to)?;
        }
    }
    Ok(())
}
