//! The folder is ours alone.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use store::{HostLock, InitKind, LockError, OpenError, write_secret};

use crate::house::{init_options, options};

fn made() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    store::init(folder.path(), &init_options(InitKind::New)).unwrap();
    folder
}

fn mode(path: &Path) -> u32 {
    std::fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// What was said of owners and modes; a test's folder may be in memory.
fn of_modes(report: &store::Report) -> Vec<String> {
    report.warnings.iter().filter(|text| !text.starts_with("the file system")).cloned().collect()
}

#[test]
fn st_18_a_start_says_on_what_file_system_it_should_not_be() {
    let Ok(folder) = tempfile::tempdir_in("/dev/shm") else { return };
    let is_memory = std::fs::read_to_string("/proc/mounts").is_ok_and(|m| m.contains(" /dev/shm tmpfs "));
    store::init(folder.path(), &init_options(InitKind::New)).unwrap();
    let opened = store::open(folder.path(), &options()).unwrap();
    let is_told = opened.report.warnings.iter().any(|text| text.contains("tmpfs: it is memory"));
    assert_eq!(is_told, is_memory, "{:?}", opened.report.warnings);
}

#[test]
fn st_16_what_is_made_is_closed_to_others() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("a/state");
    store::init(&folder, &init_options(InitKind::New)).unwrap();
    let opened = store::open(&folder, &options()).unwrap();
    assert_eq!(of_modes(&opened.report), Vec::<String>::new());
    for name in ["", "journal", "export", "sled"] {
        assert_eq!(mode(&folder.join(name)), 0o700, "{name:?}");
    }
    for name in ["seatkeeper.store", "journal/00000000000000000001.skj", "journal/spare"] {
        assert_eq!(mode(&folder.join(name)), 0o600, "{name:?}");
    }
}

#[test]
fn st_16_what_others_can_read_is_closed_and_told_of() {
    let folder = made();
    for (name, loose, tight) in [
        ("", 0o755, 0o700),
        ("journal", 0o750, 0o700),
        ("seatkeeper.store", 0o644, 0o600),
        ("journal/00000000000000000001.skj", 0o644, 0o600),
    ] {
        let path = folder.path().join(name);
        set_mode(&path, loose);
        let opened = store::open(folder.path(), &options()).unwrap();
        assert_eq!(mode(&path), tight);
        let warnings = of_modes(&opened.report);
        assert!(warnings.len() == 1 && warnings[0].contains(name), "{warnings:?}");
    }
}

#[test]
fn st_16_what_others_can_write_is_refused() {
    let folder = made();
    for (name, loose) in [
        ("", 0o777),
        ("journal", 0o770),
        ("seatkeeper.store", 0o622),
        ("journal/00000000000000000001.skj", 0o666),
    ] {
        let path = folder.path().join(name);
        let tight = mode(&path);
        set_mode(&path, loose);
        let e = store::open(folder.path(), &options()).unwrap_err();
        assert!(matches!(e, OpenError::Unsafe { .. }) && e.to_string().contains("chmod go="), "{e}");
        assert_eq!(mode(&path), loose);
        set_mode(&path, tight);
    }
    store::open(folder.path(), &options()).unwrap();
}

#[test]
fn st_16_what_belongs_to_another_is_refused() {
    let folder = made();
    let file = folder.path().join("seatkeeper.store");
    // Only root can give a file away; as anyone else the folder of all is another's.
    let (path, given) = match std::os::unix::fs::chown(&file, Some(65534), None) {
        Ok(()) => (folder.path().to_owned(), true),
        Err(_) => (Path::new("/").to_owned(), false),
    };
    let e = store::open(&path, &options()).unwrap_err();
    assert!(
        matches!(e, OpenError::Unsafe { .. }) && e.to_string().contains("belongs to user"),
        "{given}: {e}"
    );
}

#[test]
fn st_16_a_link_inside_is_not_followed() {
    let folder = made();
    let aside = tempfile::tempdir().unwrap();
    for name in ["seatkeeper.store", "journal/00000000000000000001.skj", "journal"] {
        let (path, away) = (folder.path().join(name), aside.path().join("x"));
        std::fs::rename(&path, &away).unwrap();
        symlink(&away, &path).unwrap();
        let e = store::open(folder.path(), &options()).unwrap_err();
        assert!(matches!(e, OpenError::Unsafe { .. }) && e.to_string().contains("link"), "{e}");
        std::fs::remove_file(&path).unwrap();
        std::fs::rename(&away, &path).unwrap();
    }
    // The folder itself may be reached by one.
    let link = aside.path().join("state");
    symlink(folder.path(), &link).unwrap();
    store::open(&link, &options()).unwrap();
}

#[test]
fn a_folder_that_is_not_there_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().join("no"), folder.path().to_owned()] {
        let e = store::open(&path, &options()).unwrap_err();
        assert!(matches!(e, OpenError::NotMade { .. }) && e.to_string().contains("seatkeeperd init"), "{e}");
    }
}

#[test]
fn st_17_a_second_daemon_on_a_folder_is_refused_whatever_files_are_removed() {
    let folder = made();
    let opened = store::open(folder.path(), &options()).unwrap();
    let refused = || {
        let e = store::open(folder.path(), &options()).unwrap_err();
        assert!(matches!(e, OpenError::Taken(LockError::Folder { .. })), "{e}");
        assert!(e.to_string().contains(&format!("process {}", std::process::id())), "{e}");
    };
    refused();
    for entry in std::fs::read_dir(folder.path().join("journal")).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
        refused();
    }
    let e = store::init(folder.path(), &init_options(InitKind::AfterLoss)).unwrap_err();
    assert!(matches!(e, store::InitError::Taken(_)), "{e}");
    drop(opened);
}

#[test]
fn st_17_a_folder_is_free_again_when_its_daemon_has_ended() {
    let folder = made();
    drop(store::open(folder.path(), &options()).unwrap());
    drop(store::open(folder.path(), &options()).unwrap());
}

#[test]
fn st_17_one_daemon_serves_a_vendor_key_for_a_host() {
    let key = format!("k-{}", std::process::id());
    let first = HostLock::take(&key, "02aa10203040").unwrap();
    for _ in 0..3 {
        let e = HostLock::take(&key, "02aa10203040").unwrap_err();
        assert!(matches!(e, LockError::Host { .. }), "{e}");
        for words in [&key, "02aa10203040", &format!("process {}", std::process::id())] {
            assert!(e.to_string().contains(words), "{e}");
        }
    }
    // Another host, another vendor, and the same letters divided otherwise are others.
    let _host = HostLock::take(&key, "02aa10203041").unwrap();
    let _vendor = HostLock::take(&format!("{key}0"), "02aa10203040").unwrap();
    let _divided = HostLock::take(&format!("{key}02"), "aa10203040").unwrap();
    drop(first);
    HostLock::take(&key, "02aa10203040").unwrap();
}

#[test]
fn a_secret_is_written_once_for_us_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("host.key");
    write_secret(&path, b"one").unwrap();
    assert_eq!(mode(&path), 0o600);
    let e = write_secret(&path, b"two").unwrap_err();
    assert_eq!(e.kind(), std::io::ErrorKind::AlreadyExists);
    assert_eq!(std::fs::read(&path).unwrap(), b"one");
    // Nor through a link that leads nowhere yet.
    let link = folder.path().join("link.key");
    symlink(folder.path().join("elsewhere"), &link).unwrap();
    assert!(write_secret(&link, b"two").is_err());
    assert!(!folder.path().join("elsewhere").exists());
}

#[test]
fn init_closes_a_folder_that_was_there() {
    let folder = tempfile::tempdir().unwrap();
    set_mode(folder.path(), 0o775);
    store::init(folder.path(), &init_options(InitKind::New)).unwrap();
    assert_eq!(mode(folder.path()), 0o700);
}
