//! The seat state on sled itself.

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};
use store::{OpenError, Opened, RealDisk, SledStore, Source};

use crate::house::{House, Op, assert_same, grants, init_options, options, work};

fn open(folder: &Path) -> Result<Opened<RealDisk, SledStore>, OpenError> {
    store::open(folder, &options())
}

/// A store after some work, with the seat state a few records behind.
fn lived(ops: &[Op]) -> (tempfile::TempDir, House) {
    let folder = tempfile::tempdir().unwrap();
    store::init(folder.path(), &init_options(store::InitKind::New)).unwrap();
    let Opened { state, mut journal, mut follower, lock, .. } = open(folder.path()).unwrap();
    let mut house = House::of(state);
    let (early, late) = ops.split_at(ops.len() - 3);
    work(&mut house, &mut journal, &mut follower, early);
    follower.write();
    assert_eq!(follower.notices(), []);
    work(&mut house, &mut journal, &mut follower, late);
    drop(lock);
    (folder, house)
}

fn segments(folder: &Path) -> Vec<std::path::PathBuf> {
    let names = fs::read_dir(folder.join("journal")).unwrap().map(|e| e.unwrap().path());
    let mut all: Vec<_> = names.filter(|p| p.extension().is_some_and(|e| e == "skj")).collect();
    all.sort();
    all
}

#[test]
fn the_state_is_read_from_sled_and_brought_forward() {
    let (folder, house) = lived(&grants(20));
    let mut opened = open(folder.path()).unwrap();
    assert_same(&opened.state, &house.state);
    assert_eq!((opened.report.records_replayed, opened.report.rebuilt.clone()), (3, None));
    // Three pools, a session, and a grant for each record from the fifth on; three are not in sled yet.
    assert_eq!(opened.report.rows_read, house.state.counts().rows() - 3);
    opened.follower.write();
    drop(opened);
    let opened = open(folder.path()).unwrap();
    assert_eq!(opened.report.records_replayed, 0, "{}", opened.report);
    assert_same(&opened.state, &house.state);
}

/// Other descriptors of the open files with this path, as sled's own threads have for a moment.
fn descriptors_of(path: &Path) -> Vec<OwnedFd> {
    let process = pidfd_open(rustix::process::getpid(), PidfdFlags::empty()).unwrap();
    let opened = fs::read_dir("/proc/self/fd").unwrap().map(|entry| entry.unwrap().path());
    let of_path = opened.filter(|fd| fs::read_link(fd).is_ok_and(|to| to == path));
    let numbers = of_path.map(|fd| fd.file_name().unwrap().to_str().unwrap().parse().unwrap());
    // All are looked at first: a number that another test gives back may be the one that is made here.
    let numbers: Vec<_> = numbers.collect();
    numbers.into_iter().map(|fd| pidfd_getfd(&process, fd, PidfdGetfdFlags::empty()).unwrap()).collect()
}

#[test]
fn a_seat_state_is_closed_when_nothing_of_sled_has_its_file_any_more() {
    let (folder, house) = lived(&grants(5));
    let opened = open(folder.path()).unwrap();
    let file = folder.path().canonicalize().unwrap().join("sled/db");
    let inode = fs::metadata(&file).unwrap().ino();
    let kept = descriptors_of(&file);
    assert_eq!(kept.len(), 2, "sled's and ours");
    let closing = std::thread::spawn(move || drop(opened));
    let waits = |line: &str| line.contains("-> FLOCK") && line.contains(&format!(":{inode} "));
    let deadline = Instant::now() + Duration::from_secs(60);
    while !closing.is_finished() && !fs::read_to_string("/proc/locks").unwrap().lines().any(waits) {
        assert!(Instant::now() < deadline, "it neither waits nor is it closed");
        std::thread::park_timeout(Duration::from_millis(1));
    }
    assert!(!closing.is_finished(), "it is closed, and something still has sled's lock");
    drop(kept);
    closing.join().unwrap();
    let opened = open(folder.path()).unwrap();
    assert_eq!(opened.report.rebuilt, None);
    assert_same(&opened.state, &house.state);
}

#[test]
fn a_grant_that_is_changed_and_comes_back_between_two_writes_is_gone() {
    let (folder, mut house) = lived(&grants(3));
    let Opened { mut journal, mut follower, lock, .. } = open(folder.path()).unwrap();
    follower.write();
    // The first grant is revoked, which changes its row, and returned.
    work(&mut house, &mut journal, &mut follower, &[Op::Rare(7), Op::Checkin(0)]);
    assert!(house.state.grant(names::GrantId(5)).is_none());
    follower.write();
    drop((journal, follower, lock));
    let opened = open(folder.path()).unwrap();
    assert_eq!((opened.report.records_replayed, opened.report.rebuilt.clone()), (0, None));
    assert_same(&opened.state, &house.state);
}

#[test]
fn with_the_journal_before_the_checkpoint_deleted_the_holders_come_from_sled() {
    let (folder, house) = lived(&grants(60));
    let cursor = house.state.last().0 - 3;
    let first = |path: &Path| path.file_stem().unwrap().to_str().unwrap().parse::<u64>().unwrap();
    let all = segments(folder.path());
    let passed = all.windows(2).filter(|pair| first(&pair[1]) <= cursor + 1).count();
    assert!(passed > 1);
    for old in &all[..passed] {
        fs::remove_file(old).unwrap();
    }
    let opened = open(folder.path()).unwrap();
    assert_same(&opened.state, &house.state);
    assert!(matches!(opened.report.source, Source::Sled(_)));
    assert!(opened.report.rows_read > 50, "{}", opened.report);
}

#[test]
fn one_altered_row_is_named_and_made_again_or_refused() {
    for whole_journal in [true, false] {
        let (folder, house) = lived(&grants(60));
        {
            // Through sled itself, so that sled is content with it.
            let db = sled::Config::new().path(folder.path().join("sled")).open().unwrap();
            let key: Vec<u8> = [&b"G"[..], &17u64.to_be_bytes()].concat();
            let mut value = db.get(&key).unwrap().unwrap().to_vec();
            value[9] ^= 1;
            db.insert(key, value).unwrap();
            db.flush().unwrap();
        }
        if whole_journal {
            let opened = open(folder.path()).unwrap();
            assert_same(&opened.state, &house.state);
            let why = opened.report.rebuilt.clone().unwrap();
            assert!(why.contains("grant 17 is damaged") && why.contains("sled.bad-1"), "{why}");
            assert!(folder.path().join("sled.bad-1/db").exists());
            drop(opened);
            let opened = open(folder.path()).unwrap();
            assert_eq!(opened.report.rebuilt, None);
            assert_same(&opened.state, &house.state);
        } else {
            fs::remove_file(&segments(folder.path())[0]).unwrap();
            let e = open(folder.path()).unwrap_err();
            assert!(matches!(e, OpenError::CannotRebuild { .. }), "{e}");
            assert!(e.to_string().contains("grant 17 is damaged"), "{e}");
            assert!(folder.path().join("sled/db").exists());
        }
    }
}

/// A harm to sled's folder.
type Harm = (&'static str, fn(&Path));

/// What ST-07 lists. `true`: sled must be made again; `false`: it may also be found whole.
const HARMS: [(bool, Harm); 10] = [
    (true, ("deleted", |sled| fs::remove_dir_all(sled).unwrap())),
    (true, ("emptied", |sled| empty(sled))),
    (
        true,
        ("a file in its place", |sled| {
            fs::remove_dir_all(sled).unwrap();
            fs::write(sled, "text").unwrap();
        }),
    ),
    (true, ("db deleted", |sled| fs::remove_file(sled.join("db")).unwrap())),
    (true, ("db of no bytes", |sled| fs::write(sled.join("db"), "").unwrap())),
    (
        true,
        ("db replaced by text", |sled| fs::write(sled.join("db"), "what is this\n".repeat(9999)).unwrap()),
    ),
    (
        false,
        ("db cut", |sled| {
            let file = fs::File::options().write(true).open(sled.join("db")).unwrap();
            file.set_len(file.metadata().unwrap().len() / 2).unwrap();
        }),
    ),
    (false, ("conf replaced by text", |sled| fs::write(sled.join("conf"), "text").unwrap())),
    (
        false,
        ("snapshots removed", |sled| {
            for entry in fs::read_dir(sled).unwrap().map(Result::unwrap) {
                if entry.file_name().to_string_lossy().starts_with("snap.") {
                    fs::remove_file(entry.path()).unwrap();
                }
            }
        }),
    ),
    (
        false,
        ("a snapshot left unfinished", |sled| {
            fs::write(sled.join("snap.00000000000000FF.generating"), "").unwrap();
        }),
    ),
];

fn empty(folder: &Path) {
    fs::remove_dir_all(folder).unwrap();
    fs::create_dir(folder).unwrap();
    fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
}

#[test]
fn st_07_whatever_happened_to_sled_the_state_is_the_journals() {
    for (must_rebuild, (name, harm)) in HARMS {
        let (folder, house) = lived(&grants(12));
        harm(&folder.path().join("sled"));
        let opened = open(folder.path()).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_same(&opened.state, &house.state);
        assert!(opened.report.rebuilt.is_some() || !must_rebuild, "{name}: {}", opened.report);
        drop(opened);
        let opened = open(folder.path()).unwrap();
        assert_eq!(opened.report.rebuilt, None, "{name}");
        assert_same(&opened.state, &house.state);
    }
}

#[test]
fn st_07_a_snapshot_left_unfinished_alone_is_no_reason_to_make_sled_again() {
    let (folder, house) = lived(&grants(12));
    fs::write(folder.path().join("sled/snap.00000000000000FF.generating"), "").unwrap();
    let opened = open(folder.path()).unwrap();
    assert_eq!(opened.report.rebuilt, None);
    assert_same(&opened.state, &house.state);
}

#[test]
fn st_07_bits_flipped_in_sleds_file_never_miscount() {
    let (folder, house) = lived(&grants(12));
    let sled = folder.path().join("sled");
    let whole = fs::read(sled.join("db")).unwrap();
    let used = whole.iter().rposition(|b| *b != 0).unwrap();
    for i in 0..24 {
        let copy = tempfile::tempdir().unwrap();
        copy_folder(folder.path(), copy.path());
        let mut bytes = whole.clone();
        bytes[used * i / 24] ^= 1 << (i % 8);
        fs::write(copy.path().join("sled/db"), bytes).unwrap();
        let opened = open(copy.path()).unwrap();
        assert_same(&opened.state, &house.state);
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::set_permissions(to, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let path = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&path).unwrap();
            copy_folder(&entry.path(), &path);
        } else {
            fs::copy(entry.path(), &path).unwrap();
        }
    }
}

#[test]
fn sled_that_cannot_be_made_is_done_without() {
    let (folder, house) = lived(&grants(5));
    let sled = folder.path().join("sled");
    fs::remove_dir_all(&sled).unwrap();
    // A deadline of nothing: as if it hung.
    let options = store::Options { seats_open_within: Duration::ZERO, ..options() };
    let mut opened = store::open(folder.path(), &options).unwrap();
    assert_same(&opened.state, &house.state);
    let why = opened.report.without_sled.clone();
    if let Some(why) = &why {
        assert!(why.contains("did not answer within"), "{why}");
        assert!(!opened.follower.has_seats());
        assert!(opened.report.to_string().contains("WITHOUT sled"));
    }
    let mut house = House::of(opened.state);
    work(&mut house, &mut opened.journal, &mut opened.follower, &[Op::Checkout(0, 1, 0)]);
    opened.follower.write();
    assert!(why.is_some() || opened.follower.cursor() == house.state.last());
}
