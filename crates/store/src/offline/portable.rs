//! One portable file of a state, and a new folder made of it.

use std::fs;
use std::io;
use std::path::Path;

use names::{Seq, Wall};
use seats::State;

use super::check::Looked;
use super::{OfflineError, io_failed};
use crate::bytes::StoreId;
use crate::disk::{Disk, RealDisk, write_file};
use crate::export;
use crate::guard::write_secret;
use crate::init::{flush_parent, make_folder};
use crate::journal::{Journal, JournalOptions};
use crate::layout;
use crate::open::head_of;
use crate::sentinel::{Sentinel, SentinelError};

/// What an export has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The record it is the state after.
    pub cursor: Seq,
    /// How many rows it has.
    pub rows: u64,
    /// How large the file is.
    pub bytes: u64,
}

/// What a folder is imported with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportOptions {
    /// A name never used before: 16 random bytes.
    pub store: StoreId,
    /// When.
    pub created: Wall,
    /// How the journal is laid out.
    pub journal: JournalOptions,
}

/// What was imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// What the new folder's sentinel says.
    pub sentinel: Sentinel,
    /// The store that was exported.
    pub from: StoreId,
    /// The record it is the state after.
    pub cursor: Seq,
    /// How many rows there are.
    pub rows: u64,
}

/// Writes the state that a start would serve from into one file, which must not be there.
///
/// # Errors
/// When the folder cannot be read, or a start from it would be refused, or the file is there.
pub fn export(folder: &Path, scratch: &Path, to: &Path) -> Result<Exported, OfflineError> {
    let looked = Looked::at(folder, scratch)?;
    let (Some(state), Some(sentinel), None) =
        (&looked.check.state, &looked.check.sentinel, looked.check.refusal())
    else {
        let why = looked.check.refusal().unwrap_or("there is no state").to_owned();
        return Err(OfflineError::Refused { folder: looked.check.folder, why });
    };
    let mut bytes = sentinel.to_text().into_bytes();
    let (rows_bytes, rows) = export::to_bytes(&head_of(sentinel.store, state), state.rows());
    bytes.extend_from_slice(&rows_bytes);
    match write_secret(to, &bytes) {
        Ok(()) => Ok(Exported { cursor: state.last(), rows, bytes: bytes.len() as u64 }),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            Err(OfflineError::Exists { path: to.display().to_string() })
        }
        Err(e) => Err(io_failed(to, "writing it")(e)),
    }
}

/// Makes a state folder, which must not be there, of an export. It is another store, and of the next
/// epoch: what was granted after the export is not in it.
///
/// # Errors
/// When the file is not a whole export, or there is something in the folder; nothing was made then.
pub fn import(file: &Path, folder: &Path, options: &ImportOptions) -> Result<Imported, OfflineError> {
    let bytes = fs::read(file).map_err(io_failed(file, "reading it"))?;
    let (old, state) =
        parse(&bytes).map_err(|why| OfflineError::BadFile { file: file.display().to_string(), why })?;
    let is_taken = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_some(),
        Err(e) if e.kind() == io::ErrorKind::NotFound => false,
        Err(e) => return Err(io_failed(folder, "listing it")(e)),
    };
    if is_taken {
        return Err(OfflineError::Exists { path: folder.display().to_string() });
    }
    let folder = &make_folder(folder)?;
    let disk = RealDisk::new(folder);
    let sentinel =
        Sentinel { store: options.store, epoch: old.epoch + 1, created: options.created, host: old.host };
    make_of(&disk, &sentinel, &state, options.created, options.journal)?;
    write_file(&disk, layout::SENTINEL, sentinel.to_text().as_bytes())
        .map_err(io_failed(&folder.join(layout::SENTINEL), "writing it"))?;
    flush_parent(folder)?;
    Ok(Imported { sentinel, from: old.store, cursor: state.last(), rows: state.counts().rows() })
}

/// Writes a state as an export and a journal that goes on after it. The sentinel is the caller's: it
/// comes last.
pub(super) fn make_of(
    disk: &RealDisk,
    sentinel: &Sentinel,
    state: &State,
    at: Wall,
    options: JournalOptions,
) -> Result<(), OfflineError> {
    let head = head_of(sentinel.store, state);
    let shown = |name: &str| disk.root().join(name);
    for name in [layout::JOURNAL, layout::EXPORT] {
        disk.make_dir(name).map_err(io_failed(&shown(name), "making it"))?;
    }
    if state.last().0 > 0 {
        let name = shown(&layout::export(head.cursor));
        let mut writing = export::Writing::begin(disk.clone(), head, state.rows().collect())
            .map_err(io_failed(&name, "writing it"))?;
        while writing.step().map_err(io_failed(&name, "writing it"))?.is_none() {}
        let read = export::read(disk, sentinel.store, head.cursor);
        read.map_err(|why| OfflineError::BadFile { file: name.display().to_string(), why })?;
    }
    Journal::make_after(disk, &head, at, options)?;
    disk.sync_dir("").map_err(io_failed(disk.root(), "flushing it"))
}

/// The sentinel and the state of a portable file; why it is none otherwise.
fn parse(bytes: &[u8]) -> Result<(Sentinel, State), String> {
    const REMEDY: &str = "make it with `seatkeeper store export`, or take another copy of it";
    let end = bytes.windows(8).position(|part| part == b"\ncheck =").and_then(|at| {
        let line = bytes.get(at + 1..)?;
        Some(at + 1 + line.iter().position(|b| *b == b'\n')? + 1)
    });
    let (text, rows) = end
        .and_then(|end| bytes.split_at_checked(end))
        .ok_or_else(|| format!("it is not an export of a seat state; {REMEDY}"))?;
    let text =
        std::str::from_utf8(text).map_err(|_| format!("it is not an export of a seat state; {REMEDY}"))?;
    let sentinel = Sentinel::from_text(text).map_err(|e| match e {
        SentinelError::Newer(format) => {
            format!("it is of format {format}, and this release reads 1; run the release that wrote it")
        }
        SentinelError::Bad(why) => format!("its first lines are damaged: {why}; {REMEDY}"),
    })?;
    let export = export::parse(rows, sentinel.store)
        .map_err(|why| format!("it is damaged after byte {}: {why}; {REMEDY}", text.len()))?;
    Ok((sentinel, export.state))
}
