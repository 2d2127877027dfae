//! A folder of the user's own, and files in it that are whole or not there.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::Error;

/// No file of ours is larger.
const BYTES_MAX: u64 = 512 * 1024;

/// A folder that only its user may use (0700), with files that only their user may use (0600).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// A folder, made when it is missing.
    pub(crate) fn made(path: &Path) -> Result<Self, Error> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.map_err(|source| keep(path, "make the folder", source))?;
        Self::found(path)?.ok_or_else(|| keep(path, "make the folder", io::ErrorKind::NotFound.into()))
    }

    /// A folder that is there; nothing when it is not.
    pub(crate) fn found(path: &Path) -> Result<Option<Self>, Error> {
        let metadata = match std::fs::symlink_metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(keep(path, "look at the folder", source)),
        };
        let is_own = metadata.is_dir() && metadata.uid() == own_uid() && metadata.mode() & 0o077 == 0;
        if !is_own {
            return Err(keep(path, "use the folder", io::Error::other("others may use it")));
        }
        Ok(Some(Self(path.to_owned())))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The names in it, in order.
    pub(crate) fn names(&self) -> Result<Vec<String>, Error> {
        let failed = |source| keep(&self.0, "read the folder", source);
        let items = std::fs::read_dir(&self.0).map_err(failed)?;
        let mut names = Vec::new();
        for item in items {
            names.extend(item.map_err(failed)?.file_name().into_string().ok());
        }
        names.sort();
        Ok(names)
    }

    /// Reads a file; nothing when it is not there.
    pub(crate) fn read(&self, name: &str) -> Result<Option<String>, Error> {
        let path = self.path(name);
        let failed = |source| keep(&path, "read the file", source);
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or(0));
        let file = match options.open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(failed(source)),
        };
        let metadata = file.metadata().map_err(failed)?;
        let is_own = metadata.is_file() && metadata.uid() == own_uid() && metadata.mode() & 0o077 == 0;
        if !is_own || metadata.len() > BYTES_MAX {
            return Err(failed(io::Error::other("it is not the user's own, or too long")));
        }
        let mut text = String::new();
        file.take(BYTES_MAX).read_to_string(&mut text).map_err(failed)?;
        Ok(Some(text))
    }

    /// Writes a file whole, and has it on the disk before it is there under its name.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<(), Error> {
        let fresh = self.path(&format!(".{name}.{}.new", std::process::id()));
        // One that a crash has left behind is nobody's.
        let _ = std::fs::remove_file(&fresh);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let written = options
            .open(&fresh)
            .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
            .and_then(|()| std::fs::rename(&fresh, self.path(name)))
            .and_then(|()| self.sync());
        written.map_err(|source| {
            let _ = std::fs::remove_file(&fresh);
            keep(&self.path(name), "write the file", source)
        })
    }

    /// Removes a file, for good.
    pub(crate) fn remove(&self, name: &str) -> Result<(), Error> {
        match std::fs::remove_file(self.path(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done
                .and_then(|()| self.sync())
                .map_err(|source| keep(&self.path(name), "remove the file", source)),
        }
    }

    fn sync(&self) -> io::Result<()> {
        File::open(&self.0)?.sync_all()
    }

    /// Keeps other processes out until the answer is dropped. What is done meanwhile takes no time.
    pub(crate) fn locked(&self) -> Result<File, Error> {
        let failed = |source| keep(&self.0, "lock the folder", source);
        let file = File::open(&self.0).map_err(failed)?;
        file.lock().map_err(failed)?;
        Ok(file)
    }
}

fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn keep(path: &Path, what: &'static str, source: io::Error) -> Error {
    Error::Keep { path: path.to_owned(), what, source }
}

/// A folder of ours below `$VARIABLE`, or below the home folder.
pub(crate) fn of_user(variable: &str, below_home: &str, name: &str) -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute(variable).or_else(|| absolute("HOME").map(|home| home.join(below_home)));
    base.map(|base| base.join("seatkeeper").join(name))
}

/// Two hexadecimal digits for each byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of [`hex`].
pub(crate) fn unhex(hex: &str) -> Option<Vec<u8>> {
    let (pairs, []) = hex.as_bytes().as_chunks::<2>() else { return None };
    let digit = |b: u8| char::from(b).to_digit(16);
    pairs.iter().map(|[high, low]| u8::try_from(digit(*high)? << 4 | digit(*low)?).ok()).collect()
}

#[cfg(test)]
mod tests {
    use std::fs::TryLockError;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode(path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn files_are_whole_and_the_users_own() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a/b");
        assert!(Folder::found(&path).unwrap().is_none());
        let folder = Folder::made(&path).unwrap();
        assert_eq!(folder.read("x").unwrap(), None);
        folder.write("x", "one").unwrap();
        folder.write("x", "two").unwrap();
        assert_eq!(folder.read("x").unwrap().as_deref(), Some("two"));
        assert_eq!(folder.names().unwrap(), ["x"], "nothing else is left behind");
        assert_eq!(std::fs::metadata(folder.path("x")).unwrap().mode() & 0o777, 0o600);
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o700);
        mode(&folder.path("x"), 0o640);
        assert!(folder.read("x").unwrap_err().remedy().contains("of your own"));
        std::os::unix::fs::symlink("x", folder.path("y")).unwrap();
        assert!(folder.read("y").is_err(), "a link is not followed");
        folder.remove("x").unwrap();
        folder.remove("x").unwrap();
        mode(&path, 0o750);
        assert!(Folder::found(&path).is_err() && Folder::made(&path).is_err());
        assert_eq!(unhex(&hex(&[0, 255, 16])), Some(vec![0, 255, 16]));
        assert_eq!((unhex("0"), unhex("0g")), (None, None));
    }

    #[test]
    fn a_locked_folder_is_one_processs_at_a_time() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::made(&root.path().join("own")).unwrap();
        let held = folder.locked().unwrap();
        assert!(matches!(File::open(folder.path("")).unwrap().try_lock(), Err(TryLockError::WouldBlock)));
        drop(held);
        drop(folder.locked().unwrap());
    }
}
