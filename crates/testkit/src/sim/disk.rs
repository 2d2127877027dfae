//! Files that a crash can tear.
//!
//! What a file has on the disk changes only when it is synced; names change on the disk in the order
//! they were changed, and surely only when their folder is synced, as journaling file systems do it.
//! A power cut keeps any of the unsynced sectors and a first part of the unsynced names. A process
//! that is killed loses nothing.

mod power;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;

use store::{Disk, DiskFile};
use xxhash_rust::xxh3::Xxh3;

use super::faults::Faults;
use crate::rng::Rng;
use power::{Inode, NameChange, Names, SECTOR, copy_sector};

/// What ends a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CrashKind {
    /// The process is gone; what it wrote is with the system.
    Kill,
    /// The machine is gone; what was not synced may be too.
    PowerCut,
}

#[derive(Debug)]
struct Inner {
    rng: Rng,
    faults: Faults,
    inodes: Vec<Inode>,
    names: Names,
    names_on_disk: Names,
    /// Changes of names since their folder was synced, by folder.
    unsynced: BTreeMap<String, Vec<NameChange>>,
    /// Changes of files left until the crash.
    fuse: Option<u64>,
    /// Changes of files left until one fails.
    failing: Option<u64>,
    has_failed: bool,
    is_down: bool,
    is_full: bool,
    /// Per mille of writes that are short.
    short_writes: u64,
    /// A planted bug: so many syncs do nothing, per mille.
    lies: u64,
}

/// The files of the simulated state folder. A copy is the same files.
#[derive(Debug, Clone)]
pub(crate) struct SimDisk(Rc<RefCell<Inner>>);

/// An open file.
#[derive(Debug)]
pub(crate) struct SimFile {
    disk: SimDisk,
    inode: usize,
}

impl SimDisk {
    pub(crate) fn new(rng: Rng, short_writes: u64, lies: u64) -> Self {
        Self(Rc::new(RefCell::new(Inner {
            rng,
            faults: Faults::default(),
            inodes: Vec::new(),
            names: Names::default(),
            names_on_disk: Names::default(),
            unsynced: BTreeMap::new(),
            fuse: None,
            failing: None,
            has_failed: false,
            is_down: false,
            is_full: false,
            short_writes,
            lies,
        })))
    }

    /// The crash comes after so many more changes of files.
    pub(crate) fn light_fuse(&self, changes: u64) {
        self.0.borrow_mut().fuse = Some(changes);
    }

    /// One change fails, after so many more.
    pub(crate) fn fail_after(&self, changes: u64) {
        self.0.borrow_mut().failing = Some(changes);
    }

    /// Whether the crash has come: every call fails since.
    pub(crate) fn is_down(&self) -> bool {
        self.0.borrow().is_down
    }

    /// Whether the process that runs now has met a crash or a failure of the disk.
    pub(crate) fn is_to_blame(&self) -> bool {
        let inner = self.0.borrow();
        inner.is_down || inner.has_failed
    }

    pub(crate) fn set_full(&self, is_full: bool) {
        self.0.borrow_mut().is_full = is_full;
    }

    /// No more faults.
    pub(crate) fn heal(&self) {
        let mut inner = self.0.borrow_mut();
        inner.fuse = None;
        inner.failing = None;
        inner.is_full = false;
        inner.short_writes = 0;
    }

    pub(crate) fn faults(&self) -> Faults {
        self.0.borrow().faults.clone()
    }

    /// Every name and byte there is, for the digest.
    pub(crate) fn digest(&self, into: &mut Xxh3) {
        let inner = self.0.borrow();
        for (name, inode) in &inner.names.files {
            into.update(name.as_bytes());
            into.update(inner.inodes.get(*inode).map_or(&[], |inode| &inode.data));
        }
    }

    /// What is left after a crash, for the next start.
    pub(crate) fn crash(&self, kind: CrashKind) {
        let inner = &mut *self.0.borrow_mut();
        inner.fuse = None;
        inner.is_down = false;
        inner.has_failed = false;
        if kind == CrashKind::PowerCut {
            inner.cut_power();
        }
    }
}

impl Inner {
    /// Before each call: nothing works when the crash has come.
    fn check(&self) -> io::Result<()> {
        if self.is_down { Err(down()) } else { Ok(()) }
    }

    /// Before each change: it may be the one that the crash comes at. True when the change still
    /// happens, and only its end is never seen.
    fn burn(&mut self) -> io::Result<bool> {
        self.check()?;
        match self.failing {
            Some(0) => {
                self.failing = None;
                self.has_failed = true;
                self.faults.count("errors");
                return Err(io::Error::other("the simulated disk failed"));
            }
            Some(left) => self.failing = Some(left - 1),
            None => {}
        }
        match self.fuse {
            Some(0) => {
                self.is_down = true;
                if self.rng.chance(500) { Ok(true) } else { Err(down()) }
            }
            Some(left) => {
                self.fuse = Some(left - 1);
                Ok(false)
            }
            None => Ok(false),
        }
    }

    fn change_names(&mut self, change: NameChange) -> io::Result<()> {
        let is_last = self.burn()?;
        self.names.apply(&change);
        let name = match &change {
            NameChange::Link(name, _) | NameChange::Unlink(name) | NameChange::Folder(name) => name,
            NameChange::Rename(_, to, _) => to,
        };
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        self.unsynced.entry(folder).or_default().push(change);
        if is_last { Err(down()) } else { Ok(()) }
    }
}

fn down() -> io::Error {
    io::Error::other("the simulated machine is down")
}

impl Disk for SimDisk {
    type File = SimFile;

    fn open(&self, name: &str) -> io::Result<SimFile> {
        let inner = self.0.borrow();
        inner.check()?;
        let inode = *inner.names.files.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(SimFile { disk: self.clone(), inode })
    }

    fn create(&self, name: &str) -> io::Result<SimFile> {
        let inner = &mut *self.0.borrow_mut();
        inner.check()?;
        if inner.names.files.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let inode = inner.inodes.len();
        inner.inodes.push(Inode::default());
        inner.change_names(NameChange::Link(name.to_owned(), inode))?;
        Ok(SimFile { disk: self.clone(), inode })
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let inner = self.0.borrow();
        inner.check()?;
        if !folder.is_empty() && !inner.names.folders.contains(folder) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let in_folder = |name: &String| match name.rsplit_once('/') {
            Some((of, name)) => (of == folder).then(|| name.to_owned()),
            None => folder.is_empty().then(|| name.clone()),
        };
        let folders = inner.names.folders.iter().filter(|_| folder.is_empty()).cloned();
        Ok(inner.names.files.keys().filter_map(in_folder).chain(folders).collect())
    }

    fn make_dir(&self, folder: &str) -> io::Result<()> {
        self.0.borrow_mut().change_names(NameChange::Folder(folder.to_owned()))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let inner = &mut *self.0.borrow_mut();
        inner.check()?;
        let inode = *inner.names.files.get(from).ok_or(io::ErrorKind::NotFound)?;
        inner.change_names(NameChange::Rename(from.to_owned(), to.to_owned(), inode))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let inner = &mut *self.0.borrow_mut();
        inner.check()?;
        if !inner.names.files.contains_key(name) {
            return Err(io::ErrorKind::NotFound.into());
        }
        inner.change_names(NameChange::Unlink(name.to_owned()))
    }

    fn sync_dir(&self, folder: &str) -> io::Result<()> {
        let inner = &mut *self.0.borrow_mut();
        let is_last = inner.burn()?;
        for change in inner.unsynced.remove(folder).unwrap_or_default() {
            inner.names_on_disk.apply(&change);
        }
        if is_last { Err(down()) } else { Ok(()) }
    }
}

impl SimFile {
    fn with<T>(&self, call: impl FnOnce(&mut Inner, usize) -> io::Result<T>) -> io::Result<T> {
        call(&mut self.disk.0.borrow_mut(), self.inode)
    }
}

fn gone() -> io::Error {
    io::ErrorKind::NotFound.into()
}

impl DiskFile for SimFile {
    fn len(&self) -> io::Result<u64> {
        self.with(|inner, at| {
            inner.check()?;
            Ok(inner.inodes.get(at).ok_or_else(gone)?.data.len() as u64)
        })
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        self.with(|inner, at| {
            inner.check()?;
            let data = &inner.inodes.get(at).ok_or_else(gone)?.data;
            let from = usize::try_from(offset).unwrap_or(usize::MAX).min(data.len());
            let n = bytes.len().min(data.len() - from);
            if let (Some(to), Some(from)) = (bytes.get_mut(..n), data.get(from..from + n)) {
                to.copy_from_slice(from);
            }
            Ok(n)
        })
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.with(|inner, at| {
            let is_last = inner.burn()?;
            let mut n = bytes.len();
            let is_short = n > 1 && (is_last || inner.rng.chance(inner.short_writes));
            if is_short {
                n = usize::try_from(inner.rng.between(1, n as u64)).unwrap_or(n);
                inner.faults.count("short writes");
            }
            let start = usize::try_from(offset).map_err(|_| io::ErrorKind::FileTooLarge)?;
            let inode = inner.inodes.get_mut(at).ok_or_else(gone)?;
            if start + n > inode.data.len() {
                if inner.is_full {
                    return Err(io::ErrorKind::StorageFull.into());
                }
                inode.data.resize(start + n, 0);
            }
            if let (Some(to), Some(from)) = (inode.data.get_mut(start..start + n), bytes.get(..n)) {
                to.copy_from_slice(from);
            }
            if n > 0 {
                inode.dirty.extend(start / SECTOR..=(start + n - 1) / SECTOR);
            }
            if is_last { Err(down()) } else { Ok(n) }
        })
    }

    fn sync_data(&self) -> io::Result<()> {
        self.with(|inner, at| {
            let is_last = match inner.burn() {
                Err(error) if !inner.is_down => {
                    // What was to be written is forgotten, though it can still be read: the next sync
                    // will not tell.
                    inner.inodes.get_mut(at).ok_or_else(gone)?.dirty.clear();
                    return Err(error);
                }
                other => other?,
            };
            if inner.rng.chance(inner.lies) {
                return Ok(());
            }
            let inode = inner.inodes.get_mut(at).ok_or_else(gone)?;
            if inode.on_disk.len() != inode.data.len() {
                inode.on_disk.resize(inode.data.len(), 0);
            }
            for sector in std::mem::take(&mut inode.dirty) {
                copy_sector(&inode.data, &mut inode.on_disk, sector);
            }
            if is_last { Err(down()) } else { Ok(()) }
        })
    }

    fn allocate(&self, bytes: u64) -> io::Result<()> {
        self.with(|inner, at| {
            let is_last = inner.burn()?;
            let len = usize::try_from(bytes).map_err(|_| io::ErrorKind::FileTooLarge)?;
            let inode = inner.inodes.get_mut(at).ok_or_else(gone)?;
            if len > inode.data.len() {
                if inner.is_full {
                    return Err(io::ErrorKind::StorageFull.into());
                }
                inode.data.resize(len, 0);
            }
            if is_last { Err(down()) } else { Ok(()) }
        })
    }
}
