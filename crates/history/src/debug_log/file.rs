//! A file of the log: appended to, told apart from others by its inode, and cut where a crash left more in it than
//! is known to be there.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Bytes that wait before they are written in any case.
const BUFFER_MAX: usize = 64 * 1024;
/// So much of a file's end says whether it is still what was written.
const TAIL: u64 = 256;

/// How far a file is known to be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    /// Where.
    pub(super) path: PathBuf,
    /// Which.
    inode: u64,
    /// How long it is.
    len: u64,
    /// The SHA-256 of its last 256 bytes, or of all of them.
    tail: String,
}

/// A file of the log.
#[derive(Debug)]
pub(super) struct LogFile {
    path: PathBuf,
    file: File,
    inode: u64,
    len: u64,
    buffer: Vec<u8>,
    is_dirty: bool,
}

fn tail_of(file: &mut File, len: u64) -> io::Result<String> {
    let from = len.saturating_sub(TAIL);
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(from))?;
    Read::take(&mut *file, len - from).read_to_end(&mut bytes)?;
    Ok(crate::hex(&Sha256::digest(&bytes)))
}

/// Opens a file to be appended to. A link is followed, unless anybody may have put it there.
fn open(path: &Path) -> io::Result<File> {
    refuse_planted(path)?;
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true).mode(0o640);
    // What is no file must not hold this up.
    options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    Ok(file)
}

/// Refuses a link in a folder that everybody may write to.
pub(super) fn refuse_planted(path: &Path) -> io::Result<()> {
    let is_link = std::fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_symlink());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if is_link && std::fs::metadata(folder)?.permissions().mode() & 0o002 != 0 {
        return Err(io::Error::other("it is a link in a folder that everybody may write to"));
    }
    Ok(())
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

impl LogFile {
    /// Opens a file, or makes it.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let of = |path: &Path| -> io::Result<Self> {
            let mut file = open(path)?;
            let found = file.metadata()?;
            let mut len = found.len();
            if !ends_a_line(&mut file, len)? {
                file.write_all(b"\n")?;
                len += 1;
            }
            let path = path.to_owned();
            Ok(Self { path, file, inode: found.ino(), len, buffer: Vec::new(), is_dirty: true })
        };
        of(path).map_err(|error| named(path, &error))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// How long it is, with what waits to be written.
    pub(super) fn len(&self) -> u64 {
        self.len + self.buffer.len() as u64
    }

    /// Something is in it that is not known to be on the disk.
    pub(super) fn is_dirty(&self) -> bool {
        self.is_dirty || !self.buffer.is_empty()
    }

    /// Whole lines.
    pub(super) fn put(&mut self, lines: &[u8]) -> io::Result<()> {
        self.buffer.extend_from_slice(lines);
        if self.buffer.len() >= BUFFER_MAX { self.write_out() } else { Ok(()) }
    }

    /// Writes what waits.
    pub(super) fn write_out(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        self.is_dirty = true;
        self.file.write_all(&self.buffer).map_err(|error| named(&self.path, &error))?;
        self.len += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    /// All that was put is on the disk.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        self.write_out()?;
        if std::mem::take(&mut self.is_dirty) {
            self.file.sync_data().map_err(|error| named(&self.path, &error))?;
        }
        Ok(())
    }

    /// How far it is written.
    pub(super) fn mark(&mut self) -> io::Result<Mark> {
        let tail = tail_of(&mut self.file, self.len).map_err(|error| named(&self.path, &error))?;
        Ok(Mark { path: self.path.clone(), inode: self.inode, len: self.len, tail })
    }

    /// Looks whether somebody has renamed, removed or emptied the file, and goes on in a new one, or at its end.
    /// Whether that changes what is known of it.
    pub(super) fn follow(&mut self) -> io::Result<bool> {
        let is_same =
            std::fs::metadata(&self.path).is_ok_and(|found| found.ino() == self.inode && found.is_file());
        if is_same {
            // Somebody may have emptied it (`copytruncate`), or written to it.
            let before = std::mem::replace(&mut self.len, self.file.metadata()?.len());
            return Ok(self.len < before);
        }
        self.sync()?;
        *self = Self::open(&self.path)?;
        Ok(true)
    }

    /// Renames the file, and goes on in a new one of its name.
    pub(super) fn roll(&mut self, to: &Path) -> io::Result<()> {
        self.sync()?;
        std::fs::rename(&self.path, to).map_err(|error| named(to, &error))?;
        *self = Self::open(&self.path)?;
        Ok(())
    }
}

fn ends_a_line(file: &mut File, len: u64) -> io::Result<bool> {
    if len == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::Start(len - 1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

impl Mark {
    /// Cuts what a crash has left behind the mark: it is written again. The file may have been renamed since, to
    /// a name that begins with its own (`acmed.log.1`). One that is not what was written is left as it is.
    pub(super) fn mend(&self) -> io::Result<()> {
        let (Some(folder), Some(name)) = (self.path.parent(), self.path.file_name()) else { return Ok(()) };
        let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) };
        let own = name.as_encoded_bytes();
        let mut found = entries.flatten().filter(|entry| {
            let is_its = entry.file_name().as_encoded_bytes().starts_with(own);
            let found = entry.metadata();
            is_its
                && found
                    .is_ok_and(|found| found.ino() == self.inode && found.is_file() && found.len() > self.len)
        });
        let Some(entry) = found.next() else { return Ok(()) };
        let path = entry.path();
        let cut = || -> io::Result<()> {
            let mut file = OpenOptions::new().read(true).write(true).open(&path)?;
            if tail_of(&mut file, self.len)? != self.tail {
                return Ok(());
            }
            file.set_len(self.len)?;
            file.sync_all()
        };
        cut().map_err(|error| named(&path, &error))
    }
}
