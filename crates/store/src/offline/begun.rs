//! Carrying a repair out, so that one that was cut short can be finished.
//!
//! The new state is made whole in a folder of its own, with a note of what is to be done. Then the old
//! journal is moved aside first and the new one takes its place last: in between there is no journal, so
//! no start is tried on half of a state, and nothing but this goes on. The journals alone tell how far it
//! came.

use std::fs;

use super::{OfflineError, io_failed};
use crate::disk::{Disk as _, RealDisk, read_all, remove_if_there, write_file};
use crate::init::read_text;
use crate::layout;
use crate::lock::FolderLock;
use crate::sentinel::Sentinel;

/// Where a repair makes the new state.
pub(super) const NEW: &str = "repair.new";
/// What is to be done, beside the new state.
const NOTE: &str = "repair.new/note";

/// A repair whose new state is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Begun {
    /// What the old files' names end with.
    number: u32,
    /// When it began.
    pub(super) when: String,
    /// The new state's.
    sentinel: Sentinel,
}

impl Begun {
    /// Writes the note: from now on the repair can be finished.
    pub(super) fn note(disk: &RealDisk, when: &str, sentinel: &Sentinel) -> Result<Self, OfflineError> {
        let root = disk.root();
        let names = disk.list("").map_err(io_failed(root, "listing it"))?;
        let is_taken = |n: &u32| names.iter().any(|name| name.ends_with(&format!(".lost-{n}")));
        let number = (1..).find(|n| !is_taken(n)).unwrap_or(u32::MAX);
        let begun = Self { number, when: when.to_owned(), sentinel: sentinel.clone() };
        let text = format!("{number}\n{}\n{}", when.replace('\n', " "), sentinel.to_text());
        disk.sync_dir("").map_err(io_failed(root, "flushing it"))?;
        write_file(disk, NOTE, text.as_bytes()).map_err(io_failed(&root.join(NOTE), "writing it"))?;
        Ok(begun)
    }

    /// The repair that was cut short here, if one was, and can be finished: it was begun, the old journal
    /// is aside, and the new one waits; or it is in its place, and only what is left over is to go.
    pub(super) fn found(disk: &RealDisk) -> Result<Option<Self>, OfflineError> {
        let root = disk.root();
        let [is_there, waits] = [layout::JOURNAL.into(), format!("{NEW}/{}", layout::JOURNAL)]
            .map(|name: String| root.join(name).is_dir());
        if is_there == waits {
            return Ok(None);
        }
        let note = match disk.open(NOTE).and_then(|file| read_all(&file)) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(io_failed(&root.join(NOTE), "reading it")(e)),
        };
        let mut parts = note.splitn(3, '\n');
        let read = (|| {
            let number = parts.next()?.parse().ok()?;
            let when = parts.next()?.to_owned();
            let sentinel = Sentinel::from_text(parts.next()?).ok()?;
            Some(Self { number, when, sentinel })
        })();
        Ok(read)
    }

    /// Does what is left to do. Gives what was moved aside, and where to.
    pub(super) fn finish(&self, disk: &RealDisk) -> Result<Vec<(String, String)>, OfflineError> {
        let root = disk.root();
        let waiting = root.join(NEW).join(layout::JOURNAL);
        if waiting.is_dir() {
            let _lock = FolderLock::take(&waiting)?;
            self.move_aside(disk)?;
            self.put_in_place(disk)?;
        }
        discard(disk)?;
        let all = [layout::JOURNAL, layout::EXPORT, layout::SLED];
        let moved = all.map(|name| (root.join(name), root.join(self.aside(name))));
        let moved = moved.into_iter().filter(|(_, to)| to.exists());
        Ok(moved.map(|(from, to)| (from.display().to_string(), to.display().to_string())).collect())
    }

    fn aside(&self, name: &str) -> String {
        format!("{name}.lost-{}", self.number)
    }

    /// Moves the old state aside. The journal goes first, and is gone for good before anything else is:
    /// without the seat state it might pass for whole.
    fn move_aside(&self, disk: &RealDisk) -> Result<(), OfflineError> {
        let root = disk.root();
        for name in [layout::JOURNAL, layout::EXPORT, layout::SLED] {
            let is_old = name == layout::SLED || root.join(NEW).join(name).is_dir();
            if is_old && root.join(name).exists() {
                disk.rename(name, &self.aside(name)).map_err(io_failed(&root.join(name), "moving it"))?;
                disk.sync_dir("").map_err(io_failed(root, "flushing it"))?;
            }
        }
        let copy = self.aside(layout::SENTINEL);
        if !root.join(&copy).exists()
            && let Some(old) = read_text(disk).map_err(io_failed(root, "reading its sentinel"))?
        {
            write_file(disk, &copy, old.as_bytes()).map_err(io_failed(&root.join(&copy), "writing it"))?;
        }
        Ok(())
    }

    /// Puts the new state in its place: the journal last, since it makes the folder one that can be served.
    fn put_in_place(&self, disk: &RealDisk) -> Result<(), OfflineError> {
        let root = disk.root();
        write_file(disk, layout::SENTINEL, self.sentinel.to_text().as_bytes())
            .map_err(io_failed(&root.join(layout::SENTINEL), "writing it"))?;
        for name in [layout::EXPORT, layout::JOURNAL] {
            let from = format!("{NEW}/{name}");
            if root.join(&from).exists() {
                disk.rename(&from, name).map_err(io_failed(&root.join(&from), "moving it"))?;
                disk.sync_dir("").map_err(io_failed(root, "flushing it"))?;
            }
        }
        Ok(())
    }
}

/// Whether a repair was cut short here that can be finished.
pub(crate) fn is_unfinished(disk: &RealDisk) -> bool {
    !disk.root().join(layout::JOURNAL).is_dir() && disk.root().join(NOTE).exists()
}

/// Removes what is left of a repair.
pub(super) fn discard(disk: &RealDisk) -> Result<(), OfflineError> {
    remove_left(disk).map_err(io_failed(&disk.root().join(NEW), "removing it"))
}

/// The same: the note first, so that half of the rest is taken for nothing. A start does it, too: what was
/// made of the state before must not take the place of what is served from then on.
pub(crate) fn remove_left(disk: &RealDisk) -> std::io::Result<()> {
    let new = disk.root().join(NEW);
    if !new.exists() {
        return Ok(());
    }
    remove_if_there(disk, NOTE)?;
    disk.sync_dir(NEW)?;
    fs::remove_dir_all(&new)?;
    disk.sync_dir("")
}
