//! State is made on purpose.

use names::Seq;
use store::{Disk, InitError, InitKind, OpenError, Source, StoreId};

use crate::house::{STORE, assert_same, grants, init_options, made, open_alone, worked};
use crate::memory::Memory;

#[test]
fn a_folder_that_was_never_made_is_refused() {
    let disk = Memory::new();
    let e = open_alone(&disk).unwrap_err();
    assert!(matches!(e, OpenError::NotMade { .. }) && e.to_string().contains("seatkeeperd init"), "{e}");
}

#[test]
fn a_made_folder_opens_empty_and_is_not_made_twice() {
    let disk = made();
    let opened = open_alone(&disk).unwrap();
    assert_eq!(opened.report.source, Source::Empty);
    assert_eq!((opened.state.last(), opened.journal.next()), (Seq(0), Seq(1)));
    assert_eq!((opened.sentinel.store, opened.sentinel.epoch), (STORE, 1));
    let before = disk.files();
    let e = store::init_on(&disk, &init_options(InitKind::New)).unwrap_err();
    assert!(matches!(e, InitError::Made { .. }), "{e}");
    assert_eq!(disk.files(), before);
}

#[test]
fn st_08_a_sentinel_without_a_journal_is_refused() {
    for what in ["no files", "no folder"] {
        let (disk, _) = worked(&grants(2));
        let copy = Memory::new();
        copy.put("seatkeeper.store", disk.bytes("seatkeeper.store"));
        if what == "no files" {
            copy.make_dir("journal").unwrap();
        }
        let e = open_alone(&copy).unwrap_err();
        assert!(matches!(e, OpenError::NoJournal { .. }), "{what}: {e}");
        assert!(e.to_string().contains("seatkeeperd init --after-loss"), "{e}");
        // An ordinary `init` is not a way around it.
        let e = store::init_on(&copy, &init_options(InitKind::New)).unwrap_err();
        assert!(matches!(e, InitError::Made { .. }), "{e}");
    }
}

#[test]
fn st_08_a_journal_without_its_sentinel_is_refused() {
    let (disk, _) = worked(&grants(2));
    disk.remove("seatkeeper.store").unwrap();
    let e = open_alone(&disk).unwrap_err();
    assert!(matches!(e, OpenError::NoSentinel { .. }), "{e}");
    let before = disk.files();
    let e = store::init_on(&disk, &init_options(InitKind::New)).unwrap_err();
    assert!(matches!(e, InitError::NoSentinel { .. }), "{e}");
    assert_eq!(disk.files(), before);
}

#[test]
fn st_08_after_a_loss_a_new_store_of_the_next_epoch_begins_and_the_rest_is_kept_aside() {
    let (disk, states) = worked(&grants(40));
    let segments = disk.segments();
    let old = disk.bytes(&segments[0]);
    disk.alter(&segments[1], |bytes| bytes.truncate(600));
    assert!(matches!(open_alone(&disk).unwrap_err(), OpenError::Damaged(_) | OpenError::Gap { .. }));
    let mut again = init_options(InitKind::AfterLoss);
    for epoch in 2..4 {
        again.store = StoreId([epoch; 16]);
        let report = store::init_on(&disk, &again).unwrap();
        assert_eq!(report.sentinel.epoch, u64::from(epoch));
        assert!(report.sentinel.is_after_loss());
        assert!(report.to_string().contains("after a loss"), "{report}");
        let opened = open_alone(&disk).unwrap();
        assert_eq!((opened.state.last(), opened.sentinel.store), (Seq(0), StoreId([epoch; 16])));
    }
    assert_eq!(disk.bytes(&segments[0].replace("journal", "journal.lost-1")), old);
    assert!(disk.files().contains_key("seatkeeper.store.lost-1"));
    assert!(states.len() > 3);
}

#[test]
fn there_is_no_loss_where_nothing_was() {
    let e = store::init_on(&Memory::new(), &init_options(InitKind::AfterLoss)).unwrap_err();
    assert!(matches!(e, InitError::NothingLost { .. }), "{e}");
}

#[test]
fn an_init_that_was_interrupted_can_be_given_again() {
    let disk = made();
    disk.remove("seatkeeper.store").unwrap();
    assert!(matches!(open_alone(&disk).unwrap_err(), OpenError::NoSentinel { .. }));
    store::init_on(&disk, &init_options(InitKind::New)).unwrap();
    assert_same(&open_alone(&disk).unwrap().state, &seats::State::new());
}

#[test]
fn a_sentinel_that_was_altered_or_is_newer_is_refused() {
    let (disk, _) = worked(&grants(2));
    let text = String::from_utf8(disk.bytes("seatkeeper.store")).unwrap();
    for (from, to) in
        [("epoch = 1", "epoch = 7"), ("host = 02", "host = 03"), ("seatkeeper store", "x"), ("a5", "a6")]
    {
        let copy = disk.copy();
        copy.put("seatkeeper.store", text.replace(from, to).into_bytes());
        let e = open_alone(&copy).unwrap_err();
        assert!(matches!(e, OpenError::Sentinel { .. }) && e.to_string().contains("seatkeeper.store"), "{e}");
    }
    for len in 0..text.len() - 1 {
        let copy = disk.copy();
        copy.put("seatkeeper.store", text.as_bytes()[..len].to_vec());
        assert!(matches!(open_alone(&copy).unwrap_err(), OpenError::Sentinel { .. }), "at {len}");
    }
    disk.put("seatkeeper.store", text.replace("format = 1", "format = 2").into_bytes());
    assert!(matches!(open_alone(&disk).unwrap_err(), OpenError::Newer { format: 2, .. }));
}
