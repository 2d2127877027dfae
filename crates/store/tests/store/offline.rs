//! A folder that no daemon serves from: checked, exported, imported, repaired.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use names::{Seq, Wall};
use store::offline::{ImportOptions, OfflineError, Outcome, Severity};
use store::{JournalOptions, OpenError, Opened, StoreId, offline};

use crate::every_byte::somewhere;
use crate::house::{House, Op, SEGMENT, assert_same, commit, grants, init_options, options, work};
use crate::mutations::Random;

const WHEN: &str = "2026-11-22T08:00:00Z";
const AT: Wall = Wall(1_790_000_100_000);

/// A store after some work, stopped, with the seat state so many things behind.
fn stopped(ops: &[Op], behind: usize) -> (tempfile::TempDir, House) {
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

fn check(folder: &Path) -> offline::Check {
    offline::check(folder, tempfile::tempdir().unwrap().path()).unwrap()
}

fn plan(folder: &Path) -> offline::Plan {
    // The plan does not need the scratch folder any more.
    offline::plan(folder, tempfile::tempdir().unwrap().path()).unwrap()
}

fn repair(folder: &Path) -> Vec<(String, String)> {
    let plan = plan(folder);
    let journal = JournalOptions { segment_bytes: SEGMENT };
    offline::repair(&plan, WHEN, AT, journal).unwrap().moved
}

/// Every file of a folder, and its bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap().is_dir() {
            true => all.extend(files(&entry.path())),
            false => drop(all.insert(entry.path(), fs::read(entry.path()).unwrap())),
        }
    }
    all
}

fn segments(folder: &Path) -> Vec<PathBuf> {
    let all = files(&folder.join("journal")).into_keys();
    all.filter(|path| path.extension().is_some_and(|e| e == "skj")).collect()
}

/// Alters a byte of a file; says which.
fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

fn used(path: &Path) -> usize {
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

fn import_options() -> ImportOptions {
    ImportOptions { store: StoreId([9; 16]), created: AT, journal: JournalOptions { segment_bytes: SEGMENT } }
}

#[test]
fn an_export_is_imported_as_another_store_with_the_same_rows_and_the_numbers_go_on() {
    for ops in
        [grants(20), vec![Op::Rare(0), Op::Open(0), Op::Rare(1), Op::Rare(2), Op::Rare(3), Op::Rare(4)]]
    {
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

#[test]
fn what_a_start_does_not_refuse_is_not_repaired() {
    let (folder, _) = stopped(&grants(9), 2);
    fs::remove_dir_all(folder.path().join("sled")).unwrap();
    let before = files(folder.path());
    let plan = plan(folder.path());
    assert!(matches!(plan.outcome(), Outcome::Nothing), "{plan:?}");
    let e = offline::repair(&plan, WHEN, AT, JournalOptions::default()).unwrap_err();
    assert!(matches!(e, OfflineError::CannotRepair { .. }), "{e}");
    assert_eq!(files(folder.path()), before);
}

/// Damage that a repair explains, and whether it is known that nothing was lost.
type Explained = (&'static str, bool, fn(&Path));

const EXPLAINED: [Explained; 6] = [
    ("a batch before the seat state's record", true, |f| flip(&segments(f)[0], 1100)),
    ("a header of a segment", true, |f| flip(&segments(f)[1], 20)),
    ("a segment that is gone", true, |f| fs::remove_file(&segments(f)[1]).unwrap()),
    ("the last batch, which the seat state has", true, |f| {
        let last = segments(f).pop().unwrap();
        flip(&last, used(&last) - 1);
    }),
    ("the last file, cut short", false, |f| {
        let last = segments(f).pop().unwrap();
        let file = fs::File::options().write(true).open(&last).unwrap();
        file.set_len(512).unwrap();
    }),
    ("bytes between two batches", true, |f| {
        let first = &segments(f)[0];
        let mut bytes = fs::read(first).unwrap();
        let gap = (1000..bytes.len()).find(|at| bytes[*at..at + 8] == [0; 8]).unwrap();
        bytes[gap + 4] = 1;
        fs::write(first, bytes).unwrap();
    }),
];

#[test]
fn a_repair_begins_after_the_newest_right_state_and_frees_nothing() {
    for (name, is_whole, harm) in EXPLAINED {
        let (folder, house) = stopped(&grants(40), 0);
        harm(folder.path());
        let refused = store::open(folder.path(), &options()).unwrap_err();
        let before = files(folder.path());
        let planned = plan(folder.path());
        let Outcome::Can { does, frees } = planned.outcome() else { panic!("{name}: {planned:?}") };
        assert_eq!(frees, &Vec::<String>::new(), "{name}");
        assert_eq!(does.len(), if is_whole { 2 } else { 3 }, "{name}: {does:?}");
        assert_eq!(files(folder.path()), before, "{name}: a plan changes nothing");
        drop(planned);
        let moved = repair(folder.path());
        assert!(moved.iter().all(|(_, to)| Path::new(to).exists()) && moved.len() >= 2, "{name}: {moved:?}");
        let log = fs::read_to_string(folder.path().join("repairs.log")).unwrap();
        assert!(log.contains(WHEN) && log.contains(&refused.to_string()[..40]), "{name}: {log}");
        let opened = store::open(folder.path(), &options()).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_same(&opened.state, &house.state);
        assert_eq!(opened.sentinel.is_after_loss(), !is_whole, "{name}");
        drop(opened);
        assert_eq!(check(folder.path()).worst(), None, "{name}");
    }
}

#[test]
fn a_repair_uses_the_journal_after_the_newest_state() {
    let (folder, house) = stopped(&grants(40), 5);
    flip(&segments(folder.path())[0], 1100);
    repair(folder.path());
    let opened = store::open(folder.path(), &options()).unwrap();
    assert_same(&opened.state, &house.state);
    assert!(!opened.sentinel.is_after_loss());
}

#[test]
fn records_that_no_state_is_past_and_that_cannot_be_read_are_not_explained() {
    let (folder, _) = stopped(&grants(40), 5);
    let last = segments(folder.path()).pop().unwrap();
    // A batch after the seat state's record, and not the last one.
    let starts = crate::damage::batches(&fs::read(&last).unwrap());
    flip(&last, starts[starts.len() - 3] + 110);
    let before = files(folder.path());
    let planned = plan(folder.path());
    let Outcome::Cannot(why) = planned.outcome() else { panic!("{planned:?}") };
    assert!(why.contains("were acknowledged and cannot be read") && why.contains("--after-loss"), "{why}");
    assert!(offline::repair(&planned, WHEN, AT, JournalOptions::default()).is_err());
    assert_eq!(files(folder.path()), before);
}

/// Alters rows in sled, so that sled itself is content with them.
fn alter_rows(folder: &Path, keys: &[(u8, u64)]) {
    let db = sled::Config::new().path(folder.join("sled")).open().unwrap();
    for (kind, number) in keys {
        let key: Vec<u8> = [&[*kind][..], &number.to_be_bytes()].concat();
        let mut value = db.get(&key).unwrap().unwrap().to_vec();
        let middle = value.len() / 2;
        value[middle] ^= 1;
        db.insert(key, value).unwrap();
    }
    db.flush().unwrap();
}

#[test]
fn rows_that_cannot_be_read_are_freed_by_name_and_no_others() {
    let (folder, house) = stopped(&grants(40), 0);
    // Without the journal's beginning the seat state cannot be made again.
    fs::remove_file(&segments(folder.path())[0]).unwrap();
    alter_rows(folder.path(), &[(b'G', 17), (b'G', 23)]);
    let planned = plan(folder.path());
    let Outcome::Can { does, frees } = planned.outcome() else { panic!("{planned:?}") };
    assert_eq!(frees.len(), 2, "{frees:?}");
    assert!(frees[0].starts_with("grant 17 ") && frees[1].starts_with("grant 23 "), "{frees:?}");
    assert!(does.iter().any(|line| line.contains("epoch 2")), "{does:?}");
    drop(planned);
    repair(folder.path());
    let log = fs::read_to_string(folder.path().join("repairs.log")).unwrap();
    assert!(log.contains("frees: grant 17 ") && log.contains("frees: grant 23 "), "{log}");
    let opened = store::open(folder.path(), &options()).unwrap();
    let grants = |state: &seats::State| -> Vec<u64> {
        let mut ids: Vec<_> = state
            .rows()
            .filter_map(|row| match row {
                seats::Row::Grant(grant) => Some(grant.id.0),
                _ => None,
            })
            .collect();
        ids.sort_unstable();
        ids
    };
    let mut kept = grants(&house.state);
    kept.retain(|id| ![17, 23].contains(id));
    assert_eq!(grants(&opened.state), kept);
    assert!(opened.sentinel.is_after_loss());
}

#[test]
fn a_session_that_cannot_be_read_ends_and_each_of_its_seats_is_named() {
    let (folder, _) = stopped(&grants(40), 0);
    fs::remove_file(&segments(folder.path())[0]).unwrap();
    alter_rows(folder.path(), &[(b'S', 0x0101_0101_0101_0100)]);
    let planned = plan(folder.path());
    let Outcome::Can { frees, .. } = planned.outcome() else { panic!("{planned:?}") };
    assert_eq!(frees.len(), 41, "the session and its forty grants: {frees:?}");
    assert!(frees[1..].iter().all(|line| line.contains(" seat of ")), "{frees:?}");
    drop(planned);
    repair(folder.path());
    assert_eq!(store::open(folder.path(), &options()).unwrap().state.counts().grants, 0);
}

#[test]
fn rows_are_not_freed_where_the_journal_goes_on_or_a_pool_is_lost() {
    for (behind, key) in [(3, (b'G', 17)), (0, (b'P', 0))] {
        let (folder, _) = stopped(&grants(40), behind);
        fs::remove_file(&segments(folder.path())[0]).unwrap();
        if key.0 == b'P' {
            let db = sled::Config::new().path(folder.path().join("sled")).open().unwrap();
            let (pool, value) = db.scan_prefix(b"P").next().unwrap().unwrap();
            let mut value = value.to_vec();
            value[3] ^= 1;
            db.insert(pool, value).unwrap();
            db.flush().unwrap();
        } else {
            alter_rows(folder.path(), &[key]);
        }
        let before = files(&folder.path().join("journal"));
        let planned = plan(folder.path());
        assert!(matches!(planned.outcome(), Outcome::Cannot(_)), "{planned:?}");
        assert_eq!(files(&folder.path().join("journal")), before);
    }
}

/// Damages to try repairs of.
const DAMAGES: u64 = 160;

/// One damage of a journal: bits, bytes, a file cut short, or gone.
fn damage(random: &mut Random, folder: &Path) {
    let all = segments(folder);
    let path = &all[random.below(all.len())];
    let (mut bytes, at) = (fs::read(path).unwrap(), random.below(used(path)));
    match random.below(5) {
        0 | 1 => bytes[at] ^= 1 << random.below(8),
        2 => {
            let end = (at + 1 + random.below(1200)).min(bytes.len());
            bytes[at..end].fill(0);
        }
        3 => bytes.truncate(at),
        _ => return fs::remove_file(path).unwrap(),
    }
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_repair_of_any_damage_gives_a_state_that_was_and_the_last_one_unless_it_says_so() {
    let seed = std::env::var("SEATKEEPER_SEED").ok().and_then(|n| n.parse::<u64>().ok());
    let seeds = seed.map_or(0..DAMAGES, |seed| seed..seed + 1);
    println!("seeds {seeds:?}");
    let ops = grants(40);
    let (mut states, mut house) = (vec![seats::State::new()], House::of(seats::State::new()));
    for op in &ops {
        house.run(*op);
        states.push(house.state.clone());
    }
    let was = |state: &seats::State| {
        states.iter().any(|was| (was.last(), was.fingerprint()) == (state.last(), state.fingerprint()))
    };
    let mut counts = BTreeMap::new();
    for seed in seeds {
        let replay = format!("replay: SEATKEEPER_SEED={seed} cargo test -p store --test store of_any_damage");
        let mut random = Random::new(seed);
        let (folder, house) = stopped(&ops, [0, 0, 1, 5][random.below(4)]);
        damage(&mut random, folder.path());
        let planned = plan(folder.path());
        let outcome = match planned.outcome() {
            Outcome::Nothing => "not refused",
            Outcome::Cannot(_) => "not explained",
            Outcome::Can { frees, .. } => {
                assert!(frees.is_empty(), "{replay}");
                "repaired"
            }
        };
        *counts.entry(outcome).or_insert(0) += 1;
        drop(planned);
        if outcome == "repaired" {
            repair(folder.path());
        }
        let opened = store::open(folder.path(), &options());
        assert_eq!(opened.is_ok(), outcome != "not explained", "{outcome}, {replay}");
        let Ok(opened) = opened else { continue };
        assert!(was(&opened.state), "record {}, {replay}", opened.state.last());
        if outcome == "repaired" && !opened.sentinel.is_after_loss() {
            assert_eq!(opened.state.last(), house.state.last(), "{replay}");
        }
    }
    println!("{counts:?}");
    assert!(seed.is_some() || counts.len() == 3 && counts["repaired"] > 50, "{counts:?}");
}
