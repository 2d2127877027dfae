//! Reading and writing the files a command names.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use names::{Code, limits};

use crate::fail::Failure;

/// Reads a file, `-` being standard input, up to the size that a license file may have.
pub(crate) fn read(path: &Path, what: &str) -> Result<Vec<u8>, Failure> {
    read_with_mode(path, what).map(|(bytes, _)| bytes)
}

/// The same, and the mode of what was read; nothing for standard input. A link is followed.
pub(crate) fn read_with_mode(path: &Path, what: &str) -> Result<(Vec<u8>, Option<u32>), Failure> {
    let limit = u64::try_from(limits::PACK_BYTES_MAX).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    let done = if path == Path::new("-") {
        std::io::stdin().lock().take(limit + 1).read_to_end(&mut bytes).map(|_| None)
    } else {
        File::open(path).and_then(|file| {
            let mode = file.metadata()?.mode();
            file.take(limit + 1).read_to_end(&mut bytes).map(|_| Some(mode))
        })
    };
    let shown = client::shown(&path.display().to_string(), 500);
    let mode = done.map_err(|error| {
        let remedy = match error.kind() {
            ErrorKind::NotFound => format!("name {what} that is there"),
            ErrorKind::PermissionDenied => "ask for the right to read it".to_owned(),
            _ => format!("name {what}"),
        };
        Failure::new(Code::CannotReadFile, format!("{shown}: cannot read it: {error}"), remedy)
    })?;
    if bytes.len() > limits::PACK_BYTES_MAX {
        let message = format!("{shown}: it has more than {} bytes", limits::PACK_BYTES_MAX);
        return Err(Failure::new(Code::CannotReadFile, message, format!("name {what}")));
    }
    Ok((bytes, mode))
}

/// Refuses a secret that others than its user may read or write, whoever the user is.
pub(crate) fn check_private(path: &Path, mode: Option<u32>) -> Result<(), Failure> {
    let Some(open) = mode.filter(|mode| mode & 0o077 != 0) else { return Ok(()) };
    let shown = client::shown(&path.display().to_string(), 500);
    let message = format!("{shown}: its mode is {:04o}: others than its user may use it", open & 0o7777);
    Err(Failure::new(Code::CannotReadFile, message, format!("chmod 600 {shown}")))
}

/// What was read, as text.
pub(crate) fn text<'b>(path: &Path, bytes: &'b [u8], what: &str) -> Result<&'b str, Failure> {
    std::str::from_utf8(bytes).map_err(|error| {
        let place = error.valid_up_to();
        let shown = client::shown(&path.display().to_string(), 500);
        let message = format!("{shown}: byte {place} is no text (UTF-8)");
        Failure::new(Code::BadSyntax, message, format!("name {what}"))
    })
}

/// How a file is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Make {
    /// For everyone, in place of an older one.
    Public,
    /// For the user alone, and only where there is none.
    Secret,
    /// For the user alone, in place of an older one, which is the same user's.
    SecretAgain,
}

/// Writes a file: first whole under another name, then in its place.
pub(crate) fn write(path: &Path, bytes: &[u8], make: Make) -> Result<(), Failure> {
    let shown = client::shown(&path.display().to_string(), 500);
    let failed = |error: std::io::Error| {
        let remedy = match error.kind() {
            ErrorKind::AlreadyExists => "it is never written over: name another file with --out",
            ErrorKind::PermissionDenied => "name a file in a folder of your own with --out",
            _ => "name another file with --out",
        };
        Failure::new(Code::CannotReadFile, format!("{shown}: cannot write it: {error}"), remedy)
    };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    if make == Make::Secret {
        let mut file = options.mode(0o600).open(path).map_err(failed)?;
        return file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed);
    }
    if make == Make::SecretAgain {
        options.mode(0o600);
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let fresh = path.with_file_name(name);
    let written = options
        .open(&fresh)
        .and_then(|mut file| {
            if make == Make::SecretAgain {
                keep_owner(path, &file)?;
            }
            file.write_all(bytes).and_then(|()| file.sync_all())
        })
        .and_then(|()| std::fs::rename(&fresh, path));
    written.map_err(|error| {
        // It may not even be there.
        let _ = std::fs::remove_file(&fresh);
        failed(error)
    })
}

/// Gives a new file to the user of the one that it replaces.
fn keep_owner(path: &Path, fresh: &File) -> std::io::Result<()> {
    let owner = std::fs::metadata(path)?.uid();
    if fresh.metadata()?.uid() == owner {
        return Ok(());
    }
    std::os::unix::fs::fchown(fresh, Some(owner), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_written_over_and_is_the_users_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        write(&path, b"one", Make::Secret).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert!(write(&path, b"two", Make::Secret).unwrap_err().text().contains("never written over"));
        write(&path, b"three", Make::Public).unwrap();
        assert_eq!(read(&path, "a key").unwrap(), b"three");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        // In its place again: private, and its user's, also where root does it.
        let is_other = std::os::unix::fs::chown(&path, Some(65_534), None).is_ok();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
        write(&path, b"four", Make::SecretAgain).unwrap();
        let found = std::fs::metadata(&path).unwrap();
        assert_eq!((found.mode() & 0o777, found.uid() == 65_534), (0o600, is_other));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(read(&folder.path().join("none"), "a key").unwrap_err().text().contains("(-30)"));
    }
}
