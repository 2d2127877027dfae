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

/// File systems by the number that `statfs` gives, and what is the matter with them.
const FILE_SYSTEMS: [(u64, &str, &str); 13] = [
    (0x6969, "NFS", OVER_A_NETWORK),
    (0x517b, "SMB", OVER_A_NETWORK),
    (0xff53_4d42, "CIFS", OVER_A_NETWORK),
    (0xfe53_4d42, "SMB", OVER_A_NETWORK),
    (0x5346_414f, "AFS", OVER_A_NETWORK),
    (0x00c3_6400, "Ceph", OVER_A_NETWORK),
    (0x0102_1997, "9P", OVER_A_NETWORK),
    (0x6573_5546, "FUSE", "nobody can say what a flush does there"),
    (0x0102_1994, "tmpfs", IN_MEMORY),
    (0x8584_58f6, "ramfs", IN_MEMORY),
    (0x794c_7630, "overlayfs", "it is gone with its container"),
    (0x4d44, "FAT", KEEPS_NO_MODES),
    (0x2011_bab0, "exFAT", KEEPS_NO_MODES),
];
const OVER_A_NETWORK: &str = "locks and flushes go over a network, so two hosts may serve the same seats";
const IN_MEMORY: &str = "it is memory, and is gone when the machine stops";
const KEEPS_NO_MODES: &str = "it keeps neither owners nor modes";

/// What an administrator should know of a file system that a state folder is on.
pub(crate) fn doubt(kind: u64) -> Option<String> {
    let (_, name, why) = FILE_SYSTEMS.iter().find(|(number, ..)| *number == kind)?;
    Some(format!(
        "the file system of the state folder is {name}: {why}; use a local disk, such as ext4 or XFS"
    ))
}

/// [`doubt`] of the file system that a folder is on.
pub(crate) fn doubt_of(root: &Path) -> Option<String> {
    // The number is the low half: where it is a signed word, what it is above that means nothing.
    let kind = rustix::fs::statfs(root).ok()?.f_type;
    doubt((kind as u64) & u64::from(u32::MAX))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn st_18_a_file_system_that_a_state_folder_should_not_be_on_is_named_with_the_reason() {
        for (kind, words) in [
            (0x6969, Some("NFS: locks and flushes go over a network")),
            (0xff53_4d42, Some("CIFS")),
            (0x6573_5546, Some("FUSE")),
            (0x0102_1994, Some("tmpfs: it is memory")),
            (0x794c_7630, Some("overlayfs: it is gone with its container")),
            (0xef53, None),
            (0x5846_5342, None),
        ] {
            let found = doubt(kind);
            assert_eq!(found.is_some(), words.is_some(), "{kind:x}");
            assert!(
                words.is_none_or(|words| found.as_ref().is_some_and(|found| found.contains(words))),
                "{found:?}"
            );
        }
        // A file system in memory, where the system has one.
        let shm = Path::new("/dev/shm");
        let is_memory = std::fs::read_to_string("/proc/mounts").is_ok_and(|m| m.contains(" /dev/shm tmpfs "));
        assert!(!is_memory || doubt_of(shm).is_some_and(|found| found.contains("tmpfs")));
    }
}
