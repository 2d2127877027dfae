//! Files in memory that can be looked into, altered, and made to fail.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::rc::Rc;

use store::{Disk, DiskFile};

/// What the next calls do.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults {
    /// Bytes that one write takes at most.
    pub(crate) write_max: Option<usize>,
    /// Errors for the next writes, one each; `None` lets one pass.
    pub(crate) writes: Vec<Option<io::ErrorKind>>,
    /// Errors for the next flushes, one each.
    pub(crate) flushes: Vec<Option<io::ErrorKind>>,
    /// Errors for the next reads, one each.
    pub(crate) reads: Vec<Option<io::ErrorKind>>,
    /// Bytes that all files may have together.
    pub(crate) capacity: Option<usize>,
}

#[derive(Debug, Default)]
struct Inner {
    files: BTreeMap<String, Rc<RefCell<Vec<u8>>>>,
    folders: BTreeSet<String>,
    faults: Faults,
    writes: u64,
    flushes: u64,
}

/// Files in memory. A copy is the same files.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory {
    inner: Rc<RefCell<Inner>>,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct MemoryFile {
    bytes: Rc<RefCell<Vec<u8>>>,
    disk: Memory,
}

impl Memory {
    pub(crate) fn new() -> Self {
        let disk = Self::default();
        disk.inner.borrow_mut().folders.insert(String::new());
        disk
    }

    /// Other files with the same bytes.
    pub(crate) fn copy(&self) -> Self {
        let disk = Self::new();
        for (name, bytes) in self.files() {
            disk.put(&name, bytes);
        }
        disk
    }

    pub(crate) fn set_faults(&self, faults: Faults) {
        self.inner.borrow_mut().faults = faults;
    }

    /// All files with their bytes; the preallocated next segment is left out.
    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let inner = self.inner.borrow();
        let kept = inner.files.iter().filter(|(name, _)| *name != "journal/spare");
        kept.map(|(name, bytes)| (name.clone(), bytes.borrow().clone())).collect()
    }

    pub(crate) fn put(&self, name: &str, bytes: Vec<u8>) {
        let mut inner = self.inner.borrow_mut();
        if let Some((folder, _)) = name.rsplit_once('/') {
            inner.folders.insert(folder.to_owned());
        }
        inner.files.insert(name.to_owned(), Rc::new(RefCell::new(bytes)));
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        self.inner.borrow().files[name].borrow().clone()
    }

    /// Alters a file's bytes.
    pub(crate) fn alter(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        change(&mut self.inner.borrow().files[name].borrow_mut());
    }

    /// The journal's segments, oldest first.
    pub(crate) fn segments(&self) -> Vec<String> {
        self.files().into_keys().filter(|n| n.ends_with(".skj")).collect()
    }

    /// Writes and flushes up to now.
    pub(crate) fn calls(&self) -> (u64, u64) {
        let inner = self.inner.borrow();
        (inner.writes, inner.flushes)
    }

    fn used(&self) -> usize {
        self.inner.borrow().files.values().map(|f| f.borrow().len()).sum()
    }

    fn handle(&self, bytes: &Rc<RefCell<Vec<u8>>>) -> MemoryFile {
        MemoryFile { bytes: Rc::clone(bytes), disk: self.clone() }
    }
}

fn next(faults: &mut Vec<Option<io::ErrorKind>>) -> io::Result<()> {
    if faults.is_empty() {
        return Ok(());
    }
    faults.remove(0).map_or(Ok(()), |kind| Err(kind.into()))
}

impl Disk for Memory {
    type File = MemoryFile;

    fn open(&self, name: &str) -> io::Result<MemoryFile> {
        let inner = self.inner.borrow();
        inner.files.get(name).map(|bytes| self.handle(bytes)).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn create(&self, name: &str) -> io::Result<MemoryFile> {
        let mut inner = self.inner.borrow_mut();
        if inner.files.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let bytes = Rc::default();
        inner.files.insert(name.to_owned(), Rc::clone(&bytes));
        Ok(self.handle(&bytes))
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let inner = self.inner.borrow();
        if !inner.folders.contains(folder) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let all = inner.files.keys().chain(inner.folders.iter());
        let inside =
            all.filter_map(|n| n.strip_prefix(&prefix)).filter(|n| !n.is_empty() && !n.contains('/'));
        Ok(inside.map(str::to_owned).collect())
    }

    fn make_dir(&self, folder: &str) -> io::Result<()> {
        self.inner.borrow_mut().folders.insert(folder.to_owned());
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut inner = self.inner.borrow_mut();
        if let Some(file) = inner.files.remove(from) {
            inner.files.insert(to.to_owned(), file);
            return Ok(());
        }
        if !inner.folders.remove(from) {
            return Err(io::ErrorKind::NotFound.into());
        }
        inner.folders.insert(to.to_owned());
        let inside: Vec<_> =
            inner.files.keys().filter(|n| n.starts_with(&format!("{from}/"))).cloned().collect();
        for name in inside {
            if let Some(file) = inner.files.remove(&name) {
                inner.files.insert(name.replacen(from, to, 1), file);
            }
        }
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let removed = self.inner.borrow_mut().files.remove(name);
        removed.map(|_| ()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn sync_dir(&self, folder: &str) -> io::Result<()> {
        self.list(folder).map(|_| ())
    }
}

impl MemoryFile {
    fn grow(&self, to: usize) -> io::Result<()> {
        let more = to.saturating_sub(self.bytes.borrow().len());
        let capacity = self.disk.inner.borrow().faults.capacity;
        if more > 0 && capacity.is_some_and(|most| self.disk.used() + more > most) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        if more > 0 {
            self.bytes.borrow_mut().resize(to, 0);
        }
        Ok(())
    }
}

impl DiskFile for MemoryFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.bytes.borrow().len() as u64)
    }

    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        next(&mut self.disk.inner.borrow_mut().faults.reads)?;
        let bytes = self.bytes.borrow();
        let from = bytes.get(usize::try_from(offset).unwrap()..).unwrap_or_default();
        let n = from.len().min(into.len());
        into[..n].copy_from_slice(&from[..n]);
        Ok(n)
    }

    fn write_at(&self, from: &[u8], offset: u64) -> io::Result<usize> {
        let most = {
            let mut inner = self.disk.inner.borrow_mut();
            inner.writes += 1;
            next(&mut inner.faults.writes)?;
            inner.faults.write_max.unwrap_or(usize::MAX)
        };
        let (n, offset) = (from.len().min(most), usize::try_from(offset).unwrap());
        self.grow(offset + n)?;
        self.bytes.borrow_mut()[offset..offset + n].copy_from_slice(&from[..n]);
        Ok(n)
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut inner = self.disk.inner.borrow_mut();
        inner.flushes += 1;
        next(&mut inner.faults.flushes)
    }

    fn allocate(&self, bytes: u64) -> io::Result<()> {
        self.grow(usize::try_from(bytes).unwrap())
    }
}
