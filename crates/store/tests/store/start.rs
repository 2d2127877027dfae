//! What a start believes, and what it makes again.

use names::Seq;
use store::{Disk, FollowerOptions, MapFolder, MapStore, Notice, OpenError, Opened, Options, Source};

use crate::house::{House, Op, assert_same, grants, made, open_alone, open_with, options, work};
use crate::memory::Memory;

/// Checkouts and checkins by turns: many records, few rows.
pub(crate) fn churn(n: u8) -> Vec<Op> {
    let pairs = (0..n).flat_map(|i| [Op::Checkout(0, i, 0), Op::Checkin(2 + i)]);
    grants(5).into_iter().chain(pairs).collect()
}

/// A store in memory with its seat state, after some work; how far the seat state is behind.
fn lived(ops: &[Op], behind: usize) -> (Memory, MapFolder, House) {
    let (disk, mut folder) = (made(), MapFolder::default());
    let Opened { state, mut journal, mut follower, .. } = open_with(&disk, &mut folder).unwrap();
    let mut house = House::of(state);
    let (early, late) = ops.split_at(ops.len() - behind);
    work(&mut house, &mut journal, &mut follower, early);
    follower.write();
    work(&mut house, &mut journal, &mut follower, late);
    (disk, folder, house)
}

#[test]
fn rows_come_from_the_seat_state_and_the_records_after_it_from_the_journal() {
    let (disk, mut folder, house) = lived(&churn(30), 7);
    let mut opened = open_with(&disk, &mut folder).unwrap();
    assert_same(&opened.state, &house.state);
    let report = &opened.report;
    assert_eq!((report.rebuilt.clone(), report.records_replayed), (None, 7));
    assert!(matches!(report.source, Source::Sled(at) if at.0 == house.state.last().0 - 7), "{report}");
    assert!(report.rows_read > 5);
    assert!(report.to_string().contains("rows from sled at record"), "{report}");
    // The seat state is given what it lacked.
    opened.follower.write();
    assert_eq!(opened.follower.cursor(), house.state.last());
    drop(opened);
    let opened = open_with(&disk, &mut folder).unwrap();
    assert_eq!(opened.report.records_replayed, 0);
    assert_same(&opened.state, &house.state);
}

#[test]
fn without_the_journal_before_the_checkpoint_the_state_is_sleds() {
    let (disk, mut folder, house) = lived(&churn(40), 3);
    let segments = disk.segments();
    assert!(segments.len() > 3);
    for old in &segments[..segments.len() - 1] {
        disk.remove(old).unwrap();
    }
    let opened = open_with(&disk, &mut folder).unwrap();
    assert_same(&opened.state, &house.state);
    assert!(opened.report.rows_read > 0);
    // And with nothing else it cannot be made: said, with what is missing.
    let e = open_alone(&disk).unwrap_err();
    let text = e.to_string();
    assert!(matches!(e, OpenError::CannotRebuild { .. }) && text.contains("there is no export"), "{text}");
}

#[test]
fn a_seat_state_exactly_before_the_journal_is_proven_by_the_segments_header() {
    let (disk, mut folder, house) = lived(&churn(40), 0);
    // Work until a segment begins, with the seat state at its begin.
    let Opened { mut journal, mut follower, .. } = open_with(&disk, &mut folder).unwrap();
    let mut house = House::of(house.state);
    let segments = disk.segments().len();
    while disk.segments().len() == segments {
        follower.write();
        work(&mut house, &mut journal, &mut follower, &[Op::Checkout(0, 1, 0)]);
        let any = house.state.last().0 as u8;
        work(&mut house, &mut journal, &mut follower, &[Op::Checkin(any)]);
    }
    let names = disk.segments();
    for old in &names[..names.len() - 1] {
        disk.remove(old).unwrap();
    }
    let opened = open_with(&disk, &mut folder).unwrap();
    assert_same(&opened.state, &house.state);
    assert_eq!(opened.report.rebuilt, None);
}

/// A change of a seat state's bytes, and what a start says of it.
type Harm = (&'static str, fn(&MapStore));

const HARMS: [Harm; 6] = [
    ("grant 5 is damaged", |s| {
        alter(s, |map| map.iter_mut().find(|(k, _)| k[0] == b'G').unwrap().1[3] ^= 1);
    }),
    ("its head says", |s| {
        alter(s, |map| {
            let grant = map.keys().find(|k| k[0] == b'G').unwrap().clone();
            map.remove(&grant);
        });
    }),
    ("it was never finished", |s| alter(s, |map| drop(map.remove(&b"M/head"[..])))),
    ("the head row is damaged", |s| alter(s, |map| map.get_mut(&b"M/head"[..]).unwrap()[20] ^= 1)),
    ("grant 6 is damaged", |s| {
        // A row of another key: its checksum knows.
        alter(s, |map| {
            let grants: Vec<_> = map.keys().filter(|k| k[0] == b'G').cloned().collect();
            let first = map[&grants[0]].clone();
            map.insert(grants[1].clone(), first);
        });
    }),
    ("pool acme", |s| {
        alter(s, |map| map.iter_mut().find(|(k, _)| k[0] == b'P').unwrap().1[3] ^= 1);
    }),
];

fn alter(store: &MapStore, change: impl FnOnce(&mut std::collections::BTreeMap<Vec<u8>, Vec<u8>>)) {
    let mut map = store.bytes();
    change(&mut map);
    store.set_bytes(map);
}

#[test]
fn an_altered_row_is_named_and_the_seat_state_made_again() {
    for (words, harm) in HARMS {
        let (disk, mut folder, house) = lived(&churn(3), 1);
        harm(folder.store.as_ref().unwrap());
        let opened = open_with(&disk, &mut folder).unwrap();
        assert_same(&opened.state, &house.state);
        let why = opened.report.rebuilt.unwrap();
        assert!(why.contains(words) && why.contains("sled.bad-1"), "{words}: {why}");
        assert_eq!(opened.report.source, Source::Journal);
        assert_eq!(folder.aside.len(), 1);
        // What was made again is whole.
        let opened = open_with(&disk, &mut folder).unwrap();
        assert_eq!((opened.report.rebuilt, opened.report.records_replayed), (None, 0));
        assert_same(&opened.state, &house.state);
    }
}

#[test]
fn an_altered_row_is_named_when_nothing_can_be_made_again() {
    for (words, harm) in HARMS {
        let (disk, mut folder, _) = lived(&churn(40), 1);
        harm(folder.store.as_ref().unwrap());
        disk.remove(&disk.segments()[0]).unwrap();
        let before = disk.files();
        let text = open_with(&disk, &mut folder).unwrap_err().to_string();
        for words in [words, "the journal begins with record", "--after-loss"] {
            assert!(text.contains(words), "{text}");
        }
        assert_eq!((disk.files(), folder.aside.len()), (before, 0), "a refusal changes nothing");
    }
}

#[test]
fn rows_that_are_right_in_themselves_and_not_the_journals_are_rejected() {
    // The same number of records, and other ones.
    let (_, other, _) = lived(&[Op::Pools(3), Op::Open(1), Op::Checkout(1, 0, 1), Op::Checkout(1, 0, 1)], 0);
    let (disk, mut folder, house) =
        lived(&[Op::Pools(3), Op::Open(1), Op::Checkout(1, 0, 0), Op::Checkout(1, 0, 0)], 0);
    folder.store = other.store;
    let opened = open_with(&disk, &mut folder).unwrap();
    assert_same(&opened.state, &house.state);
    let why = opened.report.rebuilt.unwrap();
    assert!(why.contains("not those that the journal says"), "{why}");
}

#[test]
fn a_seat_state_rolled_back_is_brought_forward_or_rejected_as_a_gap() {
    let (disk, folder, mut house) = lived(&grants(5), 0);
    let old = folder.store.as_ref().unwrap().bytes();
    let mut folder = folder;
    let Opened { mut journal, mut follower, .. } = open_with(&disk, &mut folder).unwrap();
    work(&mut house, &mut journal, &mut follower, &churn(40)[7..]);
    follower.write();
    folder.store.as_ref().unwrap().set_bytes(old);
    let opened = open_with(&disk, &mut folder.clone()).unwrap();
    assert_same(&opened.state, &house.state);
    assert_eq!(opened.report.rebuilt, None);
    // The records it lacks are gone: it is not believed.
    disk.remove(&disk.segments()[0]).unwrap();
    let text = open_with(&disk, &mut folder).unwrap_err().to_string();
    assert!(text.contains("and the journal begins with"), "{text}");
}

#[test]
fn st_09_a_journal_behind_the_seat_state_has_lost_what_was_acknowledged_and_is_refused() {
    let (disk, mut folder, house) = lived(&grants(6), 0);
    let name = disk.segments().remove(0);
    // The last batch is damaged, and would be cut if the seat state did not know it.
    let end = disk.bytes(&name).iter().rposition(|b| *b != 0).unwrap();
    let copy = disk.copy();
    copy.alter(&name, |bytes| bytes[end] ^= 1);
    let before = copy.files();
    let e = open_with(&copy, &mut folder).unwrap_err();
    assert!(matches!(e, OpenError::JournalBehind { cursor, .. } if cursor == house.state.last()), "{e}");
    assert_eq!(copy.files(), before);
    // Without the seat state nobody knows of it: it starts, and tells what it cut.
    let opened = open_alone(&copy).unwrap();
    assert_eq!(opened.state.last(), Seq(house.state.last().0 - 1));
    assert!(opened.report.cut.is_some());
    // The same for a journal of a backup.
    let (old, ..) = lived(&grants(4), 0);
    assert!(matches!(open_with(&old, &mut folder).unwrap_err(), OpenError::JournalBehind { .. }));
}

/// Ruling: a whole folder of an older backup cannot be told from one that was stopped then. It starts, and
/// whoever got a seat after it is unknown there.
#[test]
fn st_09_a_whole_folder_of_an_older_backup_starts_without_what_came_after_and_takes_nothing_for_it() {
    let (disk, mut folder, house) = lived(&grants(6), 0);
    let backup = (disk.copy(), folder.store.as_ref().unwrap().bytes());
    let Opened { mut journal, mut follower, .. } = open_with(&disk, &mut folder).unwrap();
    let before = house.state.clone();
    let mut house = House::of(house.state);
    work(&mut house, &mut journal, &mut follower, &[Op::Open(1), Op::Checkout(1, 0, 0)]);
    let (disk, store) = (backup.0, MapStore::default());
    store.set_bytes(backup.1);
    let opened = open_with(&disk, &mut MapFolder { store: Some(store), aside: Vec::new() }).unwrap();
    assert_same(&opened.state, &before);
    assert_eq!(opened.report.rebuilt, None);
    // The later seat state, kept beside the older journal, is refused.
    follower.write();
    let e = open_with(&disk, &mut folder).unwrap_err();
    assert!(matches!(e, OpenError::JournalBehind { .. }), "{e}");
}

#[test]
fn st_20_what_a_start_reads_does_not_grow_with_the_records_that_there_were() {
    let read = |n: u32| {
        let (disk, mut folder) = (made(), MapFolder::default());
        let Opened { state, mut journal, mut follower, .. } =
            store::open_on(&disk, &mut folder, &exporting()).unwrap();
        let mut house = House::of(state);
        work(&mut house, &mut journal, &mut follower, &grants(5));
        for i in 0..n {
            work(
                &mut house,
                &mut journal,
                &mut follower,
                &[Op::Checkout(0, 0, 0), Op::Checkin((7 + i) as u8)],
            );
            follower.write();
            while follower.export_step() {}
            journal.release(follower.passed()).unwrap();
        }
        let bytes: usize = disk.files().values().map(Vec::len).sum();
        let opened = open_with(&disk, &mut folder).unwrap();
        assert_same(&opened.state, &house.state);
        let alone = open_alone(&disk).unwrap();
        assert_same(&alone.state, &house.state);
        (house.state.last().0, bytes, opened.report.records_replayed, alone.report.records_replayed)
    };
    let (few, bytes, replayed, alone) = read(400);
    let (many, later_bytes, later_replayed, later_alone) = read(8_000);
    assert!(many > 10 * few, "{few} and {many} records");
    assert_eq!((replayed, later_replayed), (0, 0));
    assert!(later_bytes < 2 * bytes, "{bytes} bytes after {few} records, {later_bytes} after {many}");
    assert!(later_alone < alone + 200, "without sled {alone} records of {few}, {later_alone} of {many}");
}

fn exporting() -> Options {
    Options { follower: FollowerOptions { export_after_bytes: 12 * 1024, export_growth: 4 }, ..options() }
}

/// Works with exports, and lets the journal go as the follower passes it.
pub(crate) fn exported(ops: &[Op], with_seats: bool) -> (Memory, MapFolder, House, Vec<Notice>) {
    let (disk, mut folder) = (made(), MapFolder::default());
    let Opened { state, mut journal, mut follower, .. } =
        store::open_on(&disk, &mut folder, &exporting()).unwrap();
    let mut house = House::of(state);
    let mut notices = Vec::new();
    for (i, op) in ops.iter().enumerate() {
        work(&mut house, &mut journal, &mut follower, &[*op]);
        if !with_seats && i == 5 {
            alter(folder.store.as_ref().unwrap(), |map| {
                map.iter_mut().find(|(k, _)| k[0] == b'P').unwrap().1[3] ^= 1;
            });
        }
        follower.write();
        while follower.export_step() {}
        notices.extend(follower.notices());
        journal.release(follower.passed()).unwrap();
        assert!(journal.first().0 <= follower.passed().0 + 1);
    }
    (disk, folder, house, notices)
}

#[test]
fn exports_are_written_as_the_journal_grows_two_are_kept_and_the_journal_before_them_goes() {
    let (disk, mut folder, house, notices) = exported(&churn(120), true);
    let exports: Vec<_> = disk.files().into_keys().filter(|n| n.ends_with(".ske")).collect();
    assert_eq!(exports.len(), 2, "{exports:?}");
    assert!(notices.len() > 3 && notices.iter().all(|n| matches!(n, Notice::Exported { .. })), "{notices:?}");
    assert!(!disk.segments()[0].contains("00000000000000000001."));
    assert_same(&open_with(&disk, &mut folder).unwrap().state, &house.state);
    // Without the seat state: from the newer export; if that is damaged, from the older.
    let opened = open_alone(&disk).unwrap();
    assert_same(&opened.state, &house.state);
    assert!(matches!(opened.report.source, Source::Export(_)), "{}", opened.report);
    for (i, export) in exports.iter().enumerate().rev() {
        disk.alter(export, |bytes| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 4;
        });
        match open_alone(&disk) {
            Ok(opened) => assert_same(&opened.state, &house.state),
            Err(e) => {
                assert_eq!(i, 0, "{e}");
                assert!(exports.iter().all(|name| e.to_string().contains(name)), "{e}");
            }
        }
    }
    assert!(open_alone(&disk).is_err());
    // The seat state needs neither.
    assert_same(&open_with(&disk, &mut folder).unwrap().state, &house.state);
}

#[test]
fn an_export_is_believed_only_whole() {
    let (disk, _, house, _) = exported(&churn(120), true);
    let exports: Vec<_> = disk.files().into_keys().filter(|n| n.ends_with(".ske")).collect();
    disk.remove(&exports[0]).unwrap();
    let whole = disk.bytes(&exports[1]);
    assert_same(&open_alone(&disk.copy()).unwrap().state, &house.state);
    for at in 0..whole.len() {
        for harm in ["cut", "flip"] {
            let copy = disk.copy();
            copy.alter(
                &exports[1],
                |bytes| if harm == "cut" { bytes.truncate(at) } else { bytes[at] ^= 0x10 },
            );
            let e = open_alone(&copy).unwrap_err();
            assert!(matches!(e, OpenError::CannotRebuild { .. }), "{harm} at {at}: {e}");
        }
    }
}

#[test]
fn exports_go_on_without_a_seat_state() {
    let (disk, _, house, notices) = exported(&churn(120), false);
    assert!(matches!(notices[0], Notice::SetAside(_)), "{notices:?}");
    assert!(
        notices[1..].iter().all(|n| matches!(n, Notice::Exported { .. })) && notices.len() > 3,
        "{notices:?}"
    );
    assert!(!disk.segments()[0].contains("00000000000000000001."));
    assert_same(&open_alone(&disk).unwrap().state, &house.state);
}

#[test]
fn st_21_an_export_that_was_interrupted_leaves_the_ones_before_it() {
    let (disk, mut folder, house, _) = exported(&churn(120), true);
    let name = disk.files().into_keys().find(|n| n.ends_with(".ske")).unwrap();
    disk.put("export/99999999999999999999.ske.tmp", disk.bytes(&name)[..100].to_vec());
    assert_same(&open_alone(&disk.copy()).unwrap().state, &house.state);
    assert_same(&open_with(&disk, &mut folder).unwrap().state, &house.state);
    assert!(!disk.files().keys().any(|n| n.ends_with(".tmp")));
}
