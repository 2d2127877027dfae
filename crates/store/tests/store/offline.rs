//! A folder that no daemon serves from: checked, exported, imported.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use names::{Seq, Wall};
use store::offline::{ImportOptions, OfflineError, Severity};
use store::{JournalOptions, OpenError, Opened, StoreId, offline};

use crate::every_byte::somewhere;
use crate::house::{House, Op, SEGMENT, assert_same, commit, grants, init_options, options, work};

pub(crate) const AT: Wall = Wall(1_790_000_100_000);

/// A store after some work, stopped, with the seat state so many things behind.
pub(crate) fn stopped(ops: &[Op], behind: usize) -> (tempfile::TempDir, House) {
    let folder = somewhere();
    store::init(folder.path(), &init_options(store::InitKind::New)).unwrap();
    let Opened { state, mut journal, mut follower, .. } = store::open(folder.path(), &options()).unwrap();
    let mut house = House::of(state);
    let (early, late) = ops.split_at(ops.len() - behind);
    work(&mut house, &mut journal, &mut follower, early);
    follower.write();
    assert_eq!(follower.notices(), []);
    work(&mut house, &mut journal, &mut follower, late);
    (folder, house)
}

pub(crate) fn check(folder: &Path) -> offline::Check {
    offline::check(folder, tempfile::tempdir().unwrap().path()).unwrap()
}

/// Every file of a folder, and its bytes.
pub(crate) fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap().is_dir() {
            true => all.extend(files(&entry.path())),
            false => drop(all.insert(entry.path(), fs::read(entry.path()).unwrap())),
        }
    }
    all
}

pub(crate) fn segments(folder: &Path) -> Vec<PathBuf> {
    let all = files(&folder.join("journal")).into_keys();
    all.filter(|path| path.extension().is_some_and(|e| e == "skj")).collect()
}

/// Alters a byte of a file; says which.
pub(crate) fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

pub(crate) fn used(path: &Path) -> usize {
    fs::read(path).unwrap().iter().rposition(|b| *b != 0).unwrap() + 1
}

#[test]
fn a_check_reads_all_of_it_and_changes_nothing() {
    let (folder, house) = stopped(&grants(20), 3);
    let before = files(folder.path());
    let found = check(folder.path());
    assert_eq!(files(folder.path()), before);
    assert_eq!((found.findings.clone(), found.worst()), (Vec::new(), None));
    assert_eq!((found.last(), found.counts()), (Some(house.state.last()), Some(house.state.counts())));
    let journal = found.journal.unwrap();
    assert_eq!(
        (journal.first, journal.last, journal.files),
        (Seq(1), house.state.last(), segments(folder.path()).len())
    );
    assert_eq!(found.sled, Some((Seq(house.state.last().0 - 3), house.state.counts().rows() - 3)));
    let (pools, holders) = found.holders();
    assert_eq!((pools.len(), holders.len()), (3, 20));
    assert!(holders.iter().all(|holder| holder.who == "kim@ws7" && holder.how == "floating"), "{holders:?}");
    assert_eq!(
        pools.iter().map(|pool| pool.granted).sum::<u64>(),
        holders.iter().map(|h| h.seats).sum::<u64>()
    );
    // A start is what the check said.
    assert_same(&store::open(folder.path(), &options()).unwrap().state, &house.state);
}

#[test]
fn a_check_names_what_is_damaged_and_how_bad_that_is() {
    type Harm = (&'static str, Severity, &'static str, fn(&Path));
    let harms: [Harm; 7] = [
        ("sled", Severity::Mended, "made again", |f| fs::write(f.join("sled/db"), "text").unwrap()),
        ("no sled", Severity::Mended, "there is no seat state", |f| {
            fs::remove_dir_all(f.join("sled")).unwrap();
        }),
        ("a torn tail", Severity::Mended, "were never acknowledged", |f| {
            let last = segments(f).pop().unwrap();
            let end = used(&last).next_multiple_of(512);
            let mut bytes = fs::read(&last).unwrap();
            bytes[end..end + 9].fill(7);
            fs::write(last, bytes).unwrap();
        }),
        ("the middle", Severity::Refused, "damaged at byte 1024", |f| flip(&segments(f)[0], 1100)),
        ("no journal", Severity::Refused, "the journal is gone", |f| {
            fs::remove_dir_all(f.join("journal")).unwrap();
        }),
        ("a gap", Severity::Refused, "should come next", |f| fs::remove_file(&segments(f)[1]).unwrap()),
        ("the sentinel", Severity::Refused, "its checksum is wrong", |f| {
            flip(&f.join("seatkeeper.store"), 40);
        }),
    ];
    for (name, severity, words, harm) in harms {
        let (folder, _) = stopped(&grants(40), 0);
        harm(folder.path());
        let before = files(folder.path());
        let found = check(folder.path());
        assert_eq!(files(folder.path()), before, "{name}");
        assert_eq!(found.worst(), Some(severity), "{name}: {:?}", found.findings);
        assert!(
            found.findings.iter().any(|finding| finding.text.contains(words)),
            "{name}: {:?}",
            found.findings
        );
        assert_eq!(found.counts().is_some(), severity == Severity::Mended, "{name}");
        assert_eq!(store::open(folder.path(), &options()).is_ok(), severity == Severity::Mended, "{name}");
    }
}

#[test]
fn a_folder_that_is_served_from_is_left_alone() {
    let (folder, _) = stopped(&grants(3), 0);
    let opened = store::open(folder.path(), &options()).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let e = offline::check(folder.path(), scratch.path()).unwrap_err();
    assert!(matches!(e, OpenError::Taken(_)) && e.to_string().contains("stop it first"), "{e}");
    let e = offline::export(folder.path(), scratch.path(), &scratch.path().join("out")).unwrap_err();
    assert!(matches!(e, OfflineError::Open(OpenError::Taken(_))), "{e}");
    assert!(offline::plan(folder.path(), scratch.path()).is_err());
    drop(opened);
    assert!(offline::check(folder.path(), scratch.path()).is_ok());
}

pub(crate) fn import_options() -> ImportOptions {
    ImportOptions { store: StoreId([9; 16]), created: AT, journal: JournalOptions { segment_bytes: SEGMENT } }
}

#[test]
fn an_export_is_imported_as_another_store_with_the_same_rows_and_the_numbers_go_on() {
    for ops in [
        grants(20),
        vec![Op::Rare(0), Op::Open(0), Op::Rare(1), Op::Rare(2), Op::Rare(3), Op::Rare(4), Op::Rare(8)],
    ] {
        let (folder, house) = stopped(&ops, 2);
        let other = tempfile::tempdir().unwrap();
        let (file, to) = (other.path().join("seats.export"), other.path().join("state"));
        let exported = offline::export(folder.path(), tempfile::tempdir().unwrap().path(), &file).unwrap();
        assert_eq!((exported.cursor, exported.rows), (house.state.last(), house.state.counts().rows()));
        let again = offline::export(folder.path(), tempfile::tempdir().unwrap().path(), &file).unwrap_err();
        assert!(matches!(again, OfflineError::Exists { .. }), "{again}");
        let imported = offline::import(&file, &to, &import_options()).unwrap();
        assert_eq!((imported.sentinel.epoch, imported.sentinel.store), (2, StoreId([9; 16])));
        assert_eq!(
            check(&to).worst(),
            Some(Severity::Mended),
            "sled is yet to be made: {:?}",
            check(&to).findings
        );
        let mut opened = store::open(&to, &options()).unwrap();
        assert_same(&opened.state, &house.state);
        assert!(opened.sentinel.is_after_loss());
        let mut house = House::of(opened.state);
        let before = house.state.last().0;
        let records = house.run(Op::Pools(9));
        assert_eq!(records[0].seq.0, before + 1);
        commit(&house, &mut opened.journal, records).unwrap();
        drop((opened.journal, opened.lock));
        assert_same(&store::open(&to, &options()).unwrap().state, &house.state);
        assert_eq!(check(&to).worst(), None, "{:?}", check(&to).findings);
        // Never over something.
        let e = offline::import(&file, &to, &import_options()).unwrap_err();
        assert!(matches!(e, OfflineError::Exists { .. }), "{e}");
    }
}

#[test]
fn an_export_that_is_damaged_anywhere_is_not_imported_and_nothing_is_made() {
    let (folder, _) = stopped(&grants(4), 0);
    let other = tempfile::tempdir().unwrap();
    let (file, to) = (other.path().join("seats.export"), other.path().join("state"));
    offline::export(folder.path(), tempfile::tempdir().unwrap().path(), &file).unwrap();
    let whole = fs::read(&file).unwrap();
    let damaged = (0..whole.len()).flat_map(|at| [(at, true), (at, false)]);
    for (at, is_cut) in damaged {
        let mut bytes = whole.clone();
        if is_cut {
            bytes.truncate(at);
        } else {
            bytes[at] ^= 1 << (at % 8);
        }
        fs::write(&file, bytes).unwrap();
        let e = offline::import(&file, &to, &import_options()).unwrap_err();
        assert!(
            matches!(e, OfflineError::BadFile { .. }) && e.to_string().contains("seats.export"),
            "{at}: {e}"
        );
        assert!(!to.exists(), "{at}");
    }
    fs::write(&file, "PROE 20.0").unwrap();
    let e = offline::import(&file, &to, &import_options()).unwrap_err().to_string();
    assert!(e.contains("is not an export") && e.contains("seatkeeper store export"), "{e}");
}
