//! The state folder is ours alone.

use std::fs::{Metadata, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use crate::error::OpenError;
use crate::layout;

/// What of a state folder is judged.
const PARTS: [&str; 5] = [layout::SENTINEL, "host.key", layout::JOURNAL, layout::EXPORT, layout::SLED];
const A_LINK: &str = "it is a link; put the real thing in its place";

/// What is to be done about a file's or folder's owner and mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing.
    Fine,
    /// Others may read it: take that away and tell.
    Close,
    /// It cannot be trusted.
    Refuse(String),
}

/// Ruling: what others could have *read* is closed with a warning; what others could have *written*,
/// or own, is refused, because nobody can say what they did.
pub(crate) fn judge(owner: u32, mode: u32, us: u32) -> Verdict {
    if owner != us {
        return Verdict::Refuse(format!(
            "it belongs to user {owner}, and this process is user {us}; give it to this user (`chown`) once you know \
             that nobody changed it"
        ));
    }
    if mode & 0o022 != 0 {
        return Verdict::Refuse(format!(
            "others may write to it (mode {:o}); once you know that nobody changed it, close it with `chmod go=`",
            mode & 0o777
        ));
    }
    if mode & 0o077 != 0 { Verdict::Close } else { Verdict::Fine }
}

/// Judges one file or folder, and closes it if that is the verdict. Says what was done.
fn check(path: &Path, meta: &Metadata) -> io::Result<Result<Option<String>, String>> {
    let us = rustix::process::geteuid().as_raw();
    if meta.file_type().is_symlink() {
        return Ok(Err(A_LINK.into()));
    }
    Ok(match judge(meta.uid(), meta.mode(), us) {
        Verdict::Fine => Ok(None),
        Verdict::Refuse(why) => Err(why),
        Verdict::Close => {
            let mode = meta.mode() & 0o700;
            std::fs::set_permissions(path, Permissions::from_mode(mode))?;
            let path = path.display();
            Ok(Some(format!(
                "{path}: others could read it (mode {:o}); it is now {mode:o}",
                meta.mode() & 0o777
            )))
        }
    })
}

/// Judges a state folder and what is in it, and closes what others could read. Says what was done.
///
/// What is inside sled's folder is behind that folder's mode.
pub(crate) fn check_folder(root: &Path) -> Result<Vec<String>, OpenError> {
    let mut warnings = Vec::new();
    check_one(root, &mut warnings)?;
    for name in PARTS {
        let path = root.join(name);
        if !check_one(&path, &mut warnings)? || name == layout::SLED || !path.is_dir() {
            continue;
        }
        let failed = |source| io_failed(&path, "listing it", source);
        for entry in std::fs::read_dir(&path).map_err(failed)? {
            check_one(&entry.map_err(failed)?.path(), &mut warnings)?;
        }
    }
    Ok(warnings)
}

/// Judges a state folder and what is in it as the folder's own user would, and changes nothing.
pub(crate) fn observe(root: &Path) -> Result<Vec<(String, Verdict)>, OpenError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| io_failed(&path, "asking its owner", source)
    };
    let us = std::fs::metadata(root).map_err(failed(root))?.uid();
    let mut paths = vec![root.to_owned()];
    for name in PARTS {
        let path = root.join(name);
        if name != layout::SLED && path.is_dir() {
            for entry in std::fs::read_dir(&path).map_err(failed(&path))? {
                paths.push(entry.map_err(failed(&path))?.path());
            }
        }
        paths.push(path);
    }
    let mut verdicts = Vec::new();
    for path in paths {
        let verdict = match std::fs::symlink_metadata(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
            Err(e) => return Err(io_failed(&path, "asking its owner", e)),
            Ok(meta) if meta.file_type().is_symlink() => Verdict::Refuse(A_LINK.into()),
            Ok(meta) => judge(meta.uid(), meta.mode(), us),
        };
        verdicts.push((path.display().to_string(), verdict));
    }
    Ok(verdicts)
}

/// Judges one file or folder; says whether it is there.
fn check_one(path: &Path, warnings: &mut Vec<String>) -> Result<bool, OpenError> {
    let meta = match std::fs::symlink_metadata(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
        other => other.map_err(|e| io_failed(path, "asking its owner", e))?,
    };
    let done = check(path, &meta).map_err(|e| io_failed(path, "closing it to others", e))?;
    let done = done.map_err(|why| OpenError::Unsafe { path: path.display().to_string(), why })?;
    warnings.extend(done);
    Ok(true)
}

fn io_failed(path: &Path, what: &'static str, source: io::Error) -> OpenError {
    OpenError::Io { path: path.display().to_string(), what, source }
}

/// Writes a secret to a file that is not there yet: 0600, and on the disk with its name when this
/// returns.
///
/// # Errors
/// `AlreadyExists`, or the system's; then there is no such file, or the one that was there.
pub fn write_secret(path: &Path, secret: &[u8]) -> io::Result<()> {
    let flags = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .custom_flags(flags)
        .open(path)?;
    let written = file.write_all(secret).and_then(|()| file.sync_all());
    if let Err(e) = written {
        let _ = std::fs::remove_file(path);
        return Err(e);
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::File::open(folder)?.sync_all()
}
