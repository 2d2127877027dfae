//! A folder that a start refuses: repaired where all of it can be explained.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use store::offline::{OfflineError, Outcome};
use store::{JournalOptions, offline};

use crate::house::{House, SEGMENT, assert_same, grants, options};
use crate::mutations::Random;
use crate::offline::{AT, check, files, flip, segments, stopped, used};

const WHEN: &str = "2026-11-22T08:00:00Z";

fn plan(folder: &Path) -> offline::Plan {
    // The plan does not need the scratch folder any more.
    offline::plan(folder, tempfile::tempdir().unwrap().path()).unwrap()
}

fn repair(folder: &Path) -> Vec<(String, String)> {
    let plan = plan(folder);
    let journal = JournalOptions { segment_bytes: SEGMENT };
    offline::repair(&plan, WHEN, AT, journal).unwrap().moved
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

/// What a repair leaves that was cut once its new state was whole: what it is to do is noted.
fn cut_short(folder: &Path) {
    let (waiting, _) = stopped(&grants(2), 0);
    let new = folder.join("repair.new");
    fs::create_dir(&new).unwrap();
    fs::rename(waiting.path().join("journal"), new.join("journal")).unwrap();
    let sentinel = fs::read_to_string(folder.join("seatkeeper.store")).unwrap();
    fs::write(new.join("note"), format!("1\n{WHEN}\n{sentinel}")).unwrap();
}

#[test]
fn what_an_unfinished_repair_made_is_gone_once_the_folder_was_served_from() {
    let (folder, house) = stopped(&grants(9), 2);
    cut_short(folder.path());
    let opened = store::open(folder.path(), &options()).unwrap();
    assert_same(&opened.state, &house.state);
    assert!(!folder.path().join("repair.new").exists());
    drop(opened);
    // Else it would take the place of what was granted since.
    fs::remove_dir_all(folder.path().join("journal")).unwrap();
    let plan = plan(folder.path());
    assert!(matches!(plan.outcome(), Outcome::Cannot(_)), "{plan:?}");
}

#[test]
fn a_loss_is_not_told_of_where_an_unfinished_repair_has_the_state() {
    let (folder, _) = stopped(&grants(9), 2);
    cut_short(folder.path());
    fs::rename(folder.path().join("journal"), folder.path().join("journal.lost-1")).unwrap();
    let before = files(folder.path());
    let e = store::init(folder.path(), &crate::house::init_options(store::InitKind::AfterLoss)).unwrap_err();
    assert!(
        matches!(e, store::InitError::HalfRepaired { .. }) && e.to_string().contains("store repair"),
        "{e}"
    );
    assert_eq!(files(folder.path()), before);
}
