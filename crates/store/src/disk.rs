//! Files, as a port: the simulator runs the same code over files it can tear.

use std::io;
use std::path::{Path, PathBuf};

/// The files of one state folder.
///
/// A name is a file's (`seatkeeper.store`) or a folder's and a file's (`journal/…`); folders are
/// one level deep. Nothing is durable before [`DiskFile::sync_data`], and no new name, rename or
/// removal before [`Disk::sync_dir`] of its folder (`""` is the state folder itself).
pub trait Disk: Clone + std::fmt::Debug {
    /// An open file.
    type File: DiskFile + std::fmt::Debug;

    /// A name as people should see it.
    fn shown(&self, name: &str) -> String {
        name.to_owned()
    }

    /// Opens a file that is there, to read and write.
    ///
    /// # Errors
    /// `NotFound` when it is not there, `FilesystemLoop` when it is a link, or the system's.
    fn open(&self, name: &str) -> io::Result<Self::File>;

    /// Makes a file that is not there.
    ///
    /// # Errors
    /// `AlreadyExists`, or the system's.
    fn create(&self, name: &str) -> io::Result<Self::File>;

    /// The names in a folder, without the folder's, in any order.
    ///
    /// # Errors
    /// `NotFound` when there is no such folder, or the system's.
    fn list(&self, folder: &str) -> io::Result<Vec<String>>;

    /// Makes a folder, or leaves the one that is there.
    ///
    /// # Errors
    /// The system's.
    fn make_dir(&self, folder: &str) -> io::Result<()>;

    /// Renames a file or a folder; what had the new name is replaced, if it was a file.
    ///
    /// # Errors
    /// The system's.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// The system's.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes the names in a folder durable.
    ///
    /// # Errors
    /// The system's.
    fn sync_dir(&self, folder: &str) -> io::Result<()>;
}

/// An open file of a [`Disk`].
#[expect(clippy::len_without_is_empty, reason = "a file's length is asked of the system and may fail")]
pub trait DiskFile {
    /// How many bytes it has.
    ///
    /// # Errors
    /// The system's.
    fn len(&self) -> io::Result<u64>;

    /// Reads some bytes; 0 at the end.
    ///
    /// # Errors
    /// The system's.
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes some of the bytes, at least one.
    ///
    /// # Errors
    /// The system's.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize>;

    /// Returns when all that was written, and the length, is on the disk.
    ///
    /// # Errors
    /// The system's. What was written before may be lost then, and a second call would not tell.
    fn sync_data(&self) -> io::Result<()>;

    /// Makes the file at least `bytes` long, with zeros where nothing was written, and claims the
    /// room for it: a write inside it will not find the disk full.
    ///
    /// # Errors
    /// `StorageFull`, `QuotaExceeded`, or the system's.
    fn allocate(&self, bytes: u64) -> io::Result<()>;
}

/// How often in a row a call may be interrupted before that is an error.
const INTERRUPTIONS_MAX: u32 = 1000;

/// Writes all bytes: a short write goes on where it ended, an interrupted one begins again.
pub(crate) fn write_all_at(file: &impl DiskFile, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    let mut interruptions = 0;
    while !bytes.is_empty() {
        match file.write_at(bytes, offset) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => {
                bytes = bytes.get(n..).unwrap_or_default();
                offset += n as u64;
                interruptions = 0;
            }
            Err(e) if is_passing(&e) && interruptions < INTERRUPTIONS_MAX => interruptions += 1,
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

/// Reads a whole file.
pub(crate) fn read_all(file: &impl DiskFile) -> io::Result<Vec<u8>> {
    let len = usize::try_from(file.len()?).map_err(|_| io::ErrorKind::FileTooLarge)?;
    let mut bytes = vec![0; len];
    let read = read_up_to(file, &mut bytes, 0)?;
    bytes.truncate(read);
    Ok(bytes)
}

/// Reads as many bytes as are asked for.
pub(crate) fn read_exactly(file: &impl DiskFile, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    let read = read_up_to(file, bytes, offset)?;
    if read == bytes.len() { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// Reads bytes to the end of the file at most, and says how many.
fn read_up_to(file: &impl DiskFile, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    let (mut at, mut interruptions) = (0, 0);
    while at < bytes.len() {
        match file.read_at(&mut bytes[at..], offset + at as u64) {
            Ok(0) => break,
            Ok(n) => {
                at += n;
                interruptions = 0;
            }
            Err(e) if is_passing(&e) && interruptions < INTERRUPTIONS_MAX => interruptions += 1,
            Err(e) => return Err(e),
        }
    }
    Ok(at)
}

/// Writes a small file whole: under another name first, so that it is there entirely or not.
pub(crate) fn write_file<D: Disk>(disk: &D, name: &str, bytes: &[u8]) -> io::Result<()> {
    let scratch = format!("{name}.tmp");
    remove_if_there(disk, &scratch)?;
    let file = disk.create(&scratch)?;
    write_all_at(&file, bytes, 0)?;
    file.sync_data()?;
    disk.rename(&scratch, name)?;
    disk.sync_dir(name.rsplit_once('/').map_or("", |(folder, _)| folder))
}

pub(crate) fn remove_if_there<D: Disk>(disk: &D, name: &str) -> io::Result<()> {
    match disk.remove(name) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Whether an error says only that it did not happen this time.
fn is_passing(e: &io::Error) -> bool {
    matches!(e.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock)
}

/// Whether an error says that there is no room.
pub(crate) fn is_full(e: &io::Error) -> bool {
    matches!(e.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// The files of a real folder. New files are 0600 and new folders 0700, and no link is followed.
#[derive(Debug, Clone)]
pub struct RealDisk {
    root: PathBuf,
    is_read_only: bool,
}

impl RealDisk {
    /// The files of this folder.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), is_read_only: false }
    }

    /// The files of this folder, to be read only: those of a backup, or of another user.
    #[must_use]
    pub fn read_only(root: &Path) -> Self {
        Self { root: root.to_owned(), is_read_only: true }
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    fn open_options(&self) -> std::fs::OpenOptions {
        use std::os::unix::fs::OpenOptionsExt;
        let mut options = std::fs::OpenOptions::new();
        let flags = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
        options.read(true).write(!self.is_read_only).mode(0o600).custom_flags(flags);
        options
    }
}

impl Disk for RealDisk {
    type File = std::fs::File;

    fn shown(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    fn open(&self, name: &str) -> io::Result<Self::File> {
        self.open_options().open(self.path(name))
    }

    fn create(&self, name: &str) -> io::Result<Self::File> {
        self.open_options().create_new(true).open(self.path(name))
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(self.path(folder))? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        Ok(names)
    }

    fn make_dir(&self, folder: &str) -> io::Result<()> {
        use std::os::unix::fs::DirBuilderExt;
        match std::fs::DirBuilder::new().mode(0o700).create(self.path(folder)) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other,
        }
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        std::fs::rename(self.path(from), self.path(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        std::fs::remove_file(self.path(name))
    }

    fn sync_dir(&self, folder: &str) -> io::Result<()> {
        std::fs::File::open(self.path(folder))?.sync_all()
    }
}

impl DiskFile for std::fs::File {
    fn len(&self) -> io::Result<u64> {
        self.metadata().map(|m| m.len())
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(self, bytes, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::write_at(self, bytes, offset)
    }

    fn sync_data(&self) -> io::Result<()> {
        Self::sync_data(self)
    }

    fn allocate(&self, bytes: u64) -> io::Result<()> {
        let old = DiskFile::len(self)?;
        if old >= bytes {
            return Ok(());
        }
        match rustix::fs::fallocate(self, rustix::fs::FallocateFlags::empty(), old, bytes - old) {
            Err(e) if e == rustix::io::Errno::OPNOTSUPP => write_zeros(self, old, bytes),
            other => other.map_err(io::Error::from),
        }
    }
}

/// Writes zeros over a part of a file.
pub(crate) fn write_zeros(file: &impl DiskFile, mut from: u64, to: u64) -> io::Result<()> {
    const ZEROS: &[u8] = &[0; 64 * 1024];
    while from < to {
        let n = ZEROS.len().min(usize::try_from(to - from).unwrap_or(usize::MAX));
        write_all_at(file, &ZEROS[..n], from)?;
        from += n as u64;
    }
    Ok(())
}
