//! Disks that fail.

use std::io::ErrorKind;

use names::Seq;
use store::{Batch, JournalError, OpenError, Room};

use crate::house::{House, Op, SEGMENT, assert_same, commit, grants, made, open_alone, worked};
use crate::memory::{Faults, Memory};

fn filled(house: &mut House, op: Op) -> Batch {
    let mut batch = Batch::new();
    batch.push_command(&house.run(op));
    batch
}

#[test]
fn a_batch_is_one_write_and_one_flush() {
    let disk = made();
    let mut opened = open_alone(&disk).unwrap();
    let mut house = House::of(opened.state);
    let (writes, flushes) = disk.calls();
    let mut batch = Batch::new();
    for op in [Op::Pools(1), Op::Open(0), Op::Checkout(0, 0, 1), Op::Checkout(0, 1, 1)] {
        batch.push_command(&house.run(op));
    }
    assert_eq!(batch.commands(), 3, "opening a session is no record");
    opened.journal.commit(&mut batch, house.state.counts(), house.state.fingerprint()).unwrap();
    assert_eq!(disk.calls(), (writes + 1, flushes + 1));
    assert!(batch.is_empty());
    assert_same(&open_alone(&disk.copy()).unwrap().state, &house.state);
}

#[test]
fn st_12_an_error_of_a_flush_or_a_write_is_fatal_and_never_retried() {
    let flush = Faults { flushes: vec![Some(ErrorKind::Other)], ..Faults::default() };
    let write = Faults { writes: vec![Some(ErrorKind::Other)], ..Faults::default() };
    let full = Faults { writes: vec![Some(ErrorKind::StorageFull)], ..Faults::default() };
    for faults in [flush, write, full] {
        let (disk, states) = worked(&grants(2));
        let mut opened = open_alone(&disk).unwrap();
        let mut house = House::of(opened.state);
        let mut batch = filled(&mut house, Op::Checkout(0, 0, 0));
        let (counts, fingerprint) = (house.state.counts(), house.state.fingerprint());
        disk.set_faults(faults);
        let e = opened.journal.commit(&mut batch, counts, fingerprint).unwrap_err();
        assert!(e.is_fatal() && matches!(e, JournalError::Io { .. }), "{e}");
        let calls = disk.calls();
        let e = opened.journal.commit(&mut batch, counts, fingerprint).unwrap_err();
        assert!(matches!(e, JournalError::Stopped), "{e}");
        assert!(matches!(opened.journal.tend().unwrap_err(), JournalError::Stopped));
        assert_eq!(disk.calls(), calls, "a stopped journal touches no file");
        // Whatever reached the disk, a start gives a state that was or would have been.
        let found = open_alone(&disk.copy()).unwrap().state;
        assert_same(
            &found,
            if found.last() == house.state.last() { &house.state } else { &states[states.len() - 1] },
        );
    }
}

#[test]
fn st_13_an_error_of_a_read_refuses_the_start() {
    let (disk, _) = worked(&grants(2));
    for before in 0..4 {
        let mut reads = vec![None; before];
        reads.push(Some(ErrorKind::Other));
        disk.set_faults(Faults { reads, ..Faults::default() });
        let e = open_alone(&disk).unwrap_err();
        assert!(matches!(e, OpenError::Io { .. }), "{e}");
        if before == 1 {
            break;
        }
    }
}

#[test]
fn st_14_short_and_interrupted_writes_are_gone_on_with() {
    let (disk, _) = worked(&grants(2));
    let mut opened = open_alone(&disk).unwrap();
    let mut house = House::of(opened.state);
    for most in [1, 7, 64, 511] {
        let writes = vec![Some(ErrorKind::Interrupted), None, Some(ErrorKind::WouldBlock)];
        disk.set_faults(Faults { write_max: Some(most), writes, ..Faults::default() });
        for op in [Op::Checkout(0, 0, 0), Op::Checkin(1), Op::Checkout(0, 1, 1)] {
            let records = house.run(op);
            commit(&house, &mut opened.journal, records);
        }
        assert_same(&open_alone(&disk.copy()).unwrap().state, &house.state);
    }
}

#[test]
fn st_14_a_file_that_never_takes_a_byte_is_an_error() {
    let (disk, _) = worked(&grants(2));
    let mut opened = open_alone(&disk).unwrap();
    let mut house = House::of(opened.state);
    let mut batch = filled(&mut house, Op::Checkout(0, 0, 0));
    disk.set_faults(Faults { writes: vec![Some(ErrorKind::Interrupted); 1_000_000], ..Faults::default() });
    let (counts, fingerprint) = (house.state.counts(), house.state.fingerprint());
    let e = opened.journal.commit(&mut batch, counts, fingerprint).unwrap_err();
    assert!(matches!(e, JournalError::Io { .. }), "{e}");
}

#[test]
fn st_10_a_full_disk_is_known_before_admission_and_ends_by_itself() {
    let disk = made();
    let mut opened = open_alone(&disk).unwrap();
    let mut house = House::of(opened.state);
    let used: usize = disk.files().values().map(Vec::len).sum();
    assert_eq!(opened.journal.room(), Room::Ample);
    // Room for what is claimed, and no more.
    let claimed = used + SEGMENT as usize;
    disk.set_faults(Faults { capacity: Some(claimed), ..Faults::default() });
    let mut seen = Vec::new();
    for op in [Op::Pools(3), Op::Open(0)].into_iter().chain((0..200).map(|i| Op::Checkout(0, i, 0))) {
        let room = opened.journal.tend().unwrap();
        if seen.last() != Some(&room) {
            seen.push(room);
        }
        if room == Room::None {
            break;
        }
        let records = house.run(op);
        commit(&house, &mut opened.journal, records);
    }
    assert_eq!(seen, [Room::Ample, Room::Reserve, Room::None]);
    // Past the reserve the journal says so, has done nothing, and can be asked again.
    let mut batch = Batch::new();
    let full = loop {
        if batch.is_empty() {
            batch.push_command(&house.run(Op::Pools(house.state.last().0 as u8)));
        }
        let (counts, fingerprint) = (house.state.counts(), house.state.fingerprint());
        match opened.journal.commit(&mut batch, counts, fingerprint) {
            Ok(_) => {}
            Err(e) => break e,
        }
    };
    assert!(matches!(full, JournalError::Full) && !full.is_fatal(), "{full}");
    disk.set_faults(Faults::default());
    assert_eq!(opened.journal.tend().unwrap(), Room::Ample);
    opened.journal.commit(&mut batch, house.state.counts(), house.state.fingerprint()).unwrap();
    assert_same(&open_alone(&disk.copy()).unwrap().state, &house.state);
}

#[test]
fn st_10_a_start_on_a_full_disk_works_and_says_that_there_is_no_room() {
    let (disk, states) = worked(&grants(3));
    store::Disk::remove(&disk, "journal/spare").unwrap();
    let used: usize = disk.files().values().map(Vec::len).sum();
    disk.set_faults(Faults { capacity: Some(used), ..Faults::default() });
    let mut opened = open_alone(&disk).unwrap();
    assert_same(&opened.state, states.last().unwrap());
    assert_eq!(opened.journal.tend().unwrap(), Room::Reserve);
}

#[test]
fn st_11_a_disk_that_turns_read_only_ends_the_journal_and_a_start_names_the_file() {
    let read_only = || vec![Some(ErrorKind::ReadOnlyFilesystem); 64];
    let (disk, states) = worked(&grants(2));
    let mut opened = open_alone(&disk).unwrap();
    let mut house = House::of(opened.state);
    let mut batch = filled(&mut house, Op::Checkout(0, 0, 0));
    disk.set_faults(Faults { writes: read_only(), ..Faults::default() });
    let e = opened.journal.commit(&mut batch, house.state.counts(), house.state.fingerprint()).unwrap_err();
    assert!(e.is_fatal() && e.to_string().contains("00000000000000000001.skj"), "{e}");
    // Nor is served from it again, until it can be written to.
    let e = open_alone(&disk).unwrap_err();
    assert!(matches!(&e, OpenError::Io { path, .. } if path.contains("00000000000000000001.skj")), "{e}");
    disk.set_faults(Faults::default());
    assert_same(&open_alone(&disk).unwrap().state, states.last().unwrap());
}

#[test]
fn a_command_larger_than_a_segment_is_kept_whole() {
    // All of it as one command's records: far more than a segment holds.
    let fresh = made();
    let mut records = Vec::new();
    let mut other = House::default();
    for op in grants(60).into_iter().chain((0..60).flat_map(|i| [Op::Checkin(i), Op::Checkout(0, i, 0)])) {
        records.extend(other.run(op));
    }
    let mut batch = Batch::new();
    batch.push_command(&records);
    assert!(batch.bytes() > SEGMENT);
    let mut opened = open_alone(&fresh).unwrap();
    opened.journal.commit(&mut batch, other.state.counts(), other.state.fingerprint()).unwrap();
    assert_same(&open_alone(&fresh.copy()).unwrap().state, &other.state);
    let records = other.run(Op::Checkin(70));
    commit(&other, &mut opened.journal, records);
    assert_same(&open_alone(&fresh.copy()).unwrap().state, &other.state);
}

#[test]
fn a_batch_that_does_not_follow_is_not_written() {
    let (disk, _) = worked(&grants(2));
    let mut opened = open_alone(&disk).unwrap();
    let mut house = House::of(opened.state);
    house.run(Op::Checkout(0, 0, 0));
    let before = disk.files();
    let mut batch = filled(&mut house, Op::Checkout(0, 1, 0));
    let (counts, fingerprint) = (house.state.counts(), house.state.fingerprint());
    let e = opened.journal.commit(&mut batch, counts, fingerprint).unwrap_err();
    assert!(matches!(e, JournalError::OutOfOrder { .. }) && e.is_fatal(), "{e}");
    assert_eq!(disk.files(), before);
}

#[test]
fn segments_go_when_their_readers_have_passed_them_and_the_last_one_stays() {
    let (disk, states) = worked(&grants(40));
    let mut opened = open_alone(&disk).unwrap();
    let last = states.last().unwrap().last();
    assert_eq!(opened.journal.release(Seq(0)).unwrap(), 0);
    let before = disk.segments();
    let second = Seq(before[1][8..28].parse().unwrap());
    assert_eq!(opened.journal.release(Seq(second.0 - 2)).unwrap(), 0);
    assert_eq!(opened.journal.release(Seq(second.0 - 1)).unwrap(), 1);
    assert_eq!(opened.journal.first(), second);
    assert_eq!(opened.journal.release(last).unwrap(), before.len() - 2);
    assert_eq!(disk.segments(), before[before.len() - 1..]);
    assert_eq!(opened.journal.next(), Seq(last.0 + 1));
}

#[test]
fn this_segment_and_the_next_are_filled_with_zeros_ahead_of_need() {
    let disk = made();
    let mut opened = open_alone(&disk).unwrap();
    let spare = || store::Disk::open(&disk, "journal/spare").map(|f| store::DiskFile::len(&f).unwrap());
    assert_eq!(spare().unwrap(), SEGMENT);
    let mut house = House::of(opened.state.clone());
    let records = house.run(Op::Pools(3));
    commit(&house, &mut opened.journal, records);
    for what in ["what is left of this one", "the next one"] {
        assert!(!opened.journal.is_tended());
        let (writes, _) = disk.calls();
        opened.journal.tend().unwrap();
        assert!(disk.calls().0 > writes, "{what}");
    }
    let filled = disk.calls();
    opened.journal.tend().unwrap();
    assert_eq!(disk.calls(), filled, "there is nothing more to do");
    let records = house.run(Op::Open(0));
    commit(&house, &mut opened.journal, records);
    assert!(opened.journal.is_tended(), "a batch lies in what was filled");
    // What was filled is no record.
    assert_same(&open_alone(&disk.copy()).unwrap().state, &house.state);
    let _: &Memory = &disk;
}
