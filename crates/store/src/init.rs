//! Making a state folder, on purpose.

use std::io;
use std::path::{Path, PathBuf};

use names::{CpuId, Wall};

use crate::bytes::StoreId;
use crate::disk::{Disk, RealDisk, read_all, remove_if_there, write_file};
use crate::error::{InitError, JournalError};
use crate::guard::{Verdict, judge};
use crate::journal::{Journal, JournalOptions};
use crate::layout;
use crate::lock::FolderLock;
use crate::offline::begun;
use crate::sentinel::Sentinel;

/// Why a state folder is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InitKind {
    /// There was none.
    New,
    /// There was one, and it cannot be brought back. What is left of it is moved aside.
    AfterLoss,
}

/// What a state folder is made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitOptions {
    /// A name never used before: 16 random bytes.
    pub store: StoreId,
    /// When.
    pub created: Wall,
    /// The license host it is for.
    pub host: CpuId,
    /// Why.
    pub kind: InitKind,
    /// How the journal is laid out.
    pub journal: JournalOptions,
}

/// What `init` did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitReport {
    /// What the sentinel says.
    pub sentinel: Sentinel,
    /// What was moved aside, and where to.
    pub moved: Vec<(String, String)>,
}

impl std::fmt::Display for InitReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Sentinel { store, host, epoch, .. } = &self.sentinel;
        write!(f, "made the seat state {store} for host {host}")?;
        if self.sentinel.is_after_loss() {
            write!(
                f,
                ", empty, as epoch {epoch} after a loss: seats held before it are unknown, and clients that still \
                 hold them will be told so"
            )?;
        }
        for (from, to) in &self.moved {
            write!(f, "\nmoved {from} to {to}")?;
        }
        Ok(())
    }
}

/// Makes a state folder.
///
/// # Errors
/// When there is one already, it is in use, or the system says no.
pub fn init(folder: &Path, options: &InitOptions) -> Result<InitReport, InitError> {
    let folder = make_folder(folder)?;
    let disk = RealDisk::new(&folder);
    let journal = folder.join(layout::JOURNAL);
    let _lock = if journal.is_dir() { Some(FolderLock::take(&journal)?) } else { None };
    if begun::is_unfinished(&disk) {
        return Err(InitError::HalfRepaired { folder: disk.shown("") });
    }
    let report = init_on(&disk, options)?;
    flush_parent(&folder)?;
    Ok(report)
}

/// Makes the folder itself, for its user alone, or takes one that is there. Gives its real path.
pub(crate) fn make_folder(folder: &Path) -> Result<PathBuf, InitError> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
    let shown = folder.display().to_string();
    let failed = |what| {
        let path = shown.clone();
        move |source| InitError::Io { path, what, source }
    };
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed("making it"))?;
    let folder = folder.canonicalize().map_err(failed("finding it"))?;
    let meta = std::fs::metadata(&folder).map_err(failed("asking its owner"))?;
    // A mode that others may write to is mended here: nothing of ours is in the folder yet.
    if let Verdict::Refuse(why) = judge(meta.uid(), 0o700, rustix::process::geteuid().as_raw()) {
        return Err(InitError::Unsafe { path: shown, why });
    }
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700))
        .map_err(failed("closing it to others"))?;
    Ok(folder)
}

/// Makes the folder's own name durable.
pub(crate) fn flush_parent(folder: &Path) -> Result<(), InitError> {
    let Some(parent) = folder.parent() else { return Ok(()) };
    std::fs::File::open(parent).and_then(|p| p.sync_all()).map_err(|source| InitError::Io {
        path: folder.display().to_string(),
        what: "flushing its parent",
        source,
    })
}

/// Makes a state in a folder's files; the folder's owner, mode and lock are the caller's matter.
///
/// # Errors
/// As [`init`].
pub fn init_on<D: Disk>(disk: &D, options: &InitOptions) -> Result<InitReport, InitError> {
    let failed = |name: &str, what| {
        let path = disk.shown(name);
        move |source| InitError::Io { path, what, source }
    };
    let old = read_text(disk).map_err(failed(layout::SENTINEL, "reading it"))?;
    // With a sentinel an empty journal is a state's; without one it is an unfinished `init`'s.
    let has_journal = old.is_some() || has_journal(disk).map_err(failed(layout::JOURNAL, "listing it"))?;
    let (epoch, moved) = match (options.kind, &old) {
        (InitKind::New, Some(_)) => return Err(InitError::Made { folder: disk.shown("") }),
        (InitKind::New, None) if has_journal => {
            return Err(InitError::NoSentinel { file: disk.shown(layout::SENTINEL) });
        }
        (InitKind::New, None) => (1, Vec::new()),
        (InitKind::AfterLoss, None) if !has_journal => {
            return Err(InitError::NothingLost { folder: disk.shown("") });
        }
        (InitKind::AfterLoss, old) => {
            let epoch = old.as_deref().and_then(|text| Sentinel::from_text(text).ok()).map_or(1, |s| s.epoch);
            let moved = move_aside(disk, old.as_deref()).map_err(failed("", "moving the old state aside"))?;
            (epoch + 1, moved)
        }
    };
    make(disk, options)?;
    let sentinel =
        Sentinel { store: options.store, epoch, created: options.created, host: options.host.clone() };
    write_file(disk, layout::SENTINEL, sentinel.to_text().as_bytes())
        .map_err(failed(layout::SENTINEL, "writing it"))?;
    Ok(InitReport { sentinel, moved })
}

/// Makes the folders and an empty journal. The sentinel comes last: without it nothing was made.
fn make<D: Disk>(disk: &D, options: &InitOptions) -> Result<(), InitError> {
    let failed = |name: &str, what| {
        let path = disk.shown(name);
        move |source| InitError::Io { path, what, source }
    };
    for folder in [layout::JOURNAL, layout::EXPORT] {
        disk.make_dir(folder).map_err(failed(folder, "making it"))?;
    }
    disk.sync_dir("").map_err(failed("", "flushing it"))?;
    Journal::make(disk, options.store, options.created, options.journal).map_err(|e| match e {
        JournalError::Io { file, what, source } => InitError::Io { path: file, what, source },
        other => InitError::Io {
            path: disk.shown(layout::JOURNAL),
            what: "making the journal",
            source: io::Error::new(io::ErrorKind::StorageFull, other),
        },
    })
}

/// The sentinel's text, if there is one.
pub(crate) fn read_text<D: Disk>(disk: &D) -> io::Result<Option<String>> {
    match disk.open(layout::SENTINEL) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
        Ok(file) => Ok(Some(String::from_utf8_lossy(&read_all(&file)?).into_owned())),
    }
}

/// Whether there is a journal that something was ever written to. One that an `init` left unfinished
/// is removed.
fn has_journal<D: Disk>(disk: &D) -> io::Result<bool> {
    let names = match disk.list(layout::JOURNAL) {
        Ok(names) => names,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(e) => return Err(e),
    };
    let segments: Vec<_> = names.iter().filter(|n| layout::number_of(n, "skj").is_some()).collect();
    match segments[..] {
        [] => Ok(false),
        [only] => {
            let name = format!("{}/{only}", layout::JOURNAL);
            let bytes = read_all(&disk.open(&name)?)?;
            let is_written = bytes.iter().skip(crate::bytes::SEGMENT_HEADER).any(|b| *b != 0);
            if !is_written {
                remove_if_there(disk, &name)?;
            }
            Ok(is_written)
        }
        _ => Ok(true),
    }
}

/// Moves what is left of a state to names of its own. The sentinel stays, and a copy of it goes
/// along: until the new one takes its place, `init --after-loss` can be given again.
pub(crate) fn move_aside<D: Disk>(disk: &D, sentinel: Option<&str>) -> io::Result<Vec<(String, String)>> {
    let names = disk.list("")?;
    let is_taken = |n: &u32| names.iter().any(|name| name.ends_with(&format!(".lost-{n}")));
    let number = (1..).find(|n| !is_taken(n)).unwrap_or(u32::MAX);
    let mut moved = Vec::new();
    for name in [layout::SLED, layout::EXPORT, layout::JOURNAL] {
        if names.iter().any(|n| n == name) {
            let to = format!("{name}.lost-{number}");
            disk.rename(name, &to)?;
            moved.push((disk.shown(name), disk.shown(&to)));
        }
    }
    if let Some(text) = sentinel {
        write_file(disk, &format!("{}.lost-{number}", layout::SENTINEL), text.as_bytes())?;
    }
    disk.sync_dir("")?;
    Ok(moved)
}
