//! Readers of the journal: each record once, gaps exactly, and none that holds up the journal.

use names::Seq;
use seats::{Record, State};
use store::{
    Cursors, FollowerOptions, Found, Gap, JournalReader, MapFolder, Opened, Options, READERS_MAX,
    ReaderError, ReaderName, ReaderOptions,
};

use crate::house::{House, Op, STORE, commit, grants, made, options, work};
use crate::memory::{Faults, Memory};

fn name(text: &str) -> ReaderName {
    ReaderName::new(text).unwrap()
}

/// What keeps a journal of several segments going.
pub(crate) fn churn(rounds: u8) -> Vec<Op> {
    let ops = (0..rounds).flat_map(|n| [Op::Checkout(0, n, 0), Op::Checkin(2 + n)]);
    grants(4).into_iter().chain(ops).collect()
}

/// All that a reader finds up to a record.
pub(crate) fn all<D: store::Disk>(reader: &mut JournalReader<D>, upto: Seq) -> (Vec<Record>, Vec<Gap>) {
    let (mut records, mut gaps) = (Vec::new(), Vec::new());
    while let Some(found) = reader.read(upto).unwrap() {
        match found {
            Found::Records(more) => records.extend(more),
            Found::Gap(gap) => gaps.push(gap),
        }
    }
    (records, gaps)
}

fn reader(disk: &Memory, next: u64) -> JournalReader<Memory> {
    JournalReader::new(disk.clone(), STORE, Seq(next)).unwrap()
}

fn open(disk: &Memory, kept_bytes_max: u64) -> Opened<Memory, store::MapStore> {
    let follower = FollowerOptions { export_after_bytes: 6 * 1024, export_growth: 1 };
    let options = Options { follower, readers: ReaderOptions { kept_bytes_max }, ..options() };
    store::open_on(disk, &mut MapFolder::default(), &options).unwrap()
}

/// A store of several segments, and its records.
fn long(disk: &Memory) -> (Opened<Memory, store::MapStore>, House, Vec<Record>) {
    let mut opened = open(disk, u64::MAX);
    let mut house = House::of(std::mem::replace(&mut opened.state, State::new()));
    let mut records = Vec::new();
    for op in churn(80) {
        let made = house.run(op);
        records.extend(made.clone());
        if let Some(batch) = commit(&house, &mut opened.journal, made) {
            opened.follower.take(&batch);
        }
        opened.follower.write();
        while opened.follower.export_step() {}
    }
    (opened, house, records)
}

#[test]
fn a_reader_finds_every_record_once_from_wherever_it_begins() {
    let disk = made();
    let (opened, _, records) = long(&disk);
    let last = records.last().unwrap().seq;
    assert!(disk.segments().len() > 3, "{:?}", disk.segments());
    assert_eq!(opened.journal.first(), Seq(1));
    for from in 1..=last.0 + 1 {
        let (found, gaps) = all(&mut reader(&disk, from), last);
        assert_eq!(found, records[usize::try_from(from).unwrap() - 1..], "from {from}");
        assert_eq!(gaps, []);
    }
    assert_eq!(all(&mut reader(&disk, 0), last).0, records);
}

#[test]
fn a_reader_goes_no_further_than_it_is_told_and_follows() {
    let disk = made();
    let mut opened = open(&disk, u64::MAX);
    let mut house = House::of(opened.state);
    let mut following = reader(&disk, 1);
    for op in churn(80) {
        let records = house.run(op);
        let before = Seq(opened.journal.next().0 - 1);
        let Some(batch) = commit(&house, &mut opened.journal, records) else { continue };
        // The batch is on the disk, and nobody has been told.
        assert_eq!(following.read(before).unwrap(), None);
        let last = batch.records.last().unwrap().seq;
        assert_eq!(following.read(last).unwrap(), Some(Found::Records(batch.records)));
        assert_eq!((following.read(last).unwrap(), following.next()), (None, Seq(last.0 + 1)));
    }
}

#[test]
fn a_record_that_was_told_of_and_is_not_there_is_damage() {
    let disk = made();
    let (_, _, records) = long(&disk);
    let last = records.last().unwrap().seq;
    let mut beyond = reader(&disk, last.0);
    assert!(matches!(beyond.read(Seq(last.0 + 9)), Ok(Some(Found::Records(_)))));
    let error = beyond.read(Seq(last.0 + 9)).unwrap_err().to_string();
    assert!(error.contains("is not there"), "{error}");
}

#[test]
fn who_acknowledges_is_given_every_record_once_over_restarts() {
    let disk = made();
    let mut given: Vec<Record> = Vec::new();
    let mut wanted: Vec<Record> = Vec::new();
    for life in 0..6_u8 {
        let mut opened = open(&disk, u64::MAX);
        assert_eq!(opened.report.warnings, [""; 0]);
        let next = opened.cursors.register(&name("history"), Seq(1)).unwrap().next;
        assert_eq!(next.0, given.len() as u64 + 1, "life {life}");
        let mut history = reader(&disk, next.0);
        let mut house = House::of(opened.state);
        let ops = if life == 0 { churn(30) } else { churn(30).split_off(5) };
        for (n, op) in ops.into_iter().enumerate() {
            let records = house.run(op);
            wanted.extend(records.clone());
            if let Some(batch) = commit(&house, &mut opened.journal, records) {
                opened.follower.take(&batch);
            }
            opened.follower.write();
            while opened.follower.export_step() {}
            let passed = opened.follower.passed().min(opened.cursors.passed().get());
            opened.journal.release(passed).unwrap();
            // The last that each life reads it does not acknowledge: the next one is given it.
            let last = Seq(opened.journal.next().0 - 1);
            if n % 7 == usize::from(life) {
                let (found, gaps) = all(&mut history, last);
                assert_eq!(gaps, []);
                given.extend(found);
                opened.cursors.advance(&name("history"), last, last).unwrap();
            } else if n % 7 == 3 {
                let mut ahead = reader(&disk, history.next().0);
                let _ = all(&mut ahead, last);
            }
        }
    }
    let opened = open(&disk, u64::MAX);
    let next = opened.cursors.find(&name("history")).unwrap().next;
    let (rest, gaps) = all(&mut reader(&disk, next.0), opened.report.last);
    given.extend(rest);
    assert_eq!((given, gaps), (wanted, Vec::new()));
    // Without readers the beginning would have gone long ago.
    assert!(opened.journal.first() > Seq(1));
}

#[test]
fn a_reader_too_far_behind_is_cut_loose_and_told_exactly_what_it_lost() {
    let disk = made();
    let (opened, mut house, records) = long(&disk);
    let Opened { mut journal, mut follower, mut cursors, .. } = opened;
    let last = records.last().unwrap().seq;
    let (slow, quick) = (name("slow"), name("quick"));
    cursors.register(&slow, Seq(7)).unwrap();
    cursors.register(&quick, Seq(1)).unwrap();
    cursors.advance(&quick, last, last).unwrap();
    let needed = follower.passed();
    assert_eq!(cursors.passed().get(), Seq(6));
    // Nothing is kept for it alone that is too much.
    assert_eq!(cursors.trim(needed, false).unwrap().len(), 0);
    journal.release(needed.min(cursors.passed().get())).unwrap();
    assert_eq!(journal.first(), Seq(1));

    let mut cut = cursors_with(&disk, last, 4096).trim(needed, false).unwrap();
    let one = cut.pop().unwrap();
    assert!(cut.is_empty() && one.failed.is_none() && one.reader.name == slow && one.reader.next == Seq(7));
    // It is on the disk before anything is removed.
    let mut cursors = cursors_with(&disk, last, 4096);
    let found = cursors.find(&slow).unwrap().clone();
    assert!(found.is_cut_loose && found.next == Seq(7), "{found:?}");
    journal.release(needed.min(cursors.passed().get())).unwrap();
    assert!(journal.first() > Seq(7));

    let mut late = reader(&disk, found.next.0);
    let gap = Gap { from: Seq(7), to: Seq(journal.first().0 - 1) };
    let (rest, gaps) = all(&mut late, last);
    assert_eq!(gaps, [gap]);
    assert_eq!(rest, records[usize::try_from(gap.to.0).unwrap()..]);
    // What it passes now is kept for it again.
    cursors.advance(&slow, gap.to, last).unwrap();
    assert!(!cursors.find(&slow).unwrap().is_cut_loose);
    assert_eq!(cursors.passed().get(), gap.to);
    work(&mut house, &mut journal, &mut follower, &churn(80));
    follower.write();
    journal.release(follower.passed().min(cursors.passed().get())).unwrap();
    assert_eq!(journal.first().0, gap.to.0 + 1);
}

fn cursors_with(disk: &Memory, last: Seq, kept_bytes_max: u64) -> Cursors<Memory> {
    let (cursors, told) = Cursors::open(disk.clone(), STORE, last, ReaderOptions { kept_bytes_max });
    assert_eq!(told, [""; 0]);
    cursors
}

#[test]
fn space_stays_bounded_whatever_readers_do() {
    const KEPT: u64 = 20 * 1024;
    let disk = made();
    let mut opened = open(&disk, KEPT);
    let mut house = House::of(opened.state);
    for reader in ["a", "b"] {
        opened.cursors.register(&name(reader), Seq(1)).unwrap();
    }
    let mut cut = 0;
    for op in churn(250) {
        let records = house.run(op);
        if let Some(batch) = commit(&house, &mut opened.journal, records) {
            opened.follower.take(&batch);
        }
        opened.follower.write();
        while opened.follower.export_step() {}
        let needed = opened.follower.passed();
        cut += opened.cursors.trim(needed, false).unwrap().len();
        opened.journal.release(needed.min(opened.cursors.passed().get())).unwrap();
        let first = opened.journal.first();
        // Bytes of segments that only readers need.
        let kept = opened.cursors.readers().iter().filter(|r| !r.is_cut_loose && r.next <= needed).count();
        let held = disk.segments().len() as u64 * crate::house::SEGMENT;
        assert!(held <= 64 * 1024 + KEPT, "{held} bytes, {kept} readers, from {first}");
    }
    assert_eq!(cut, 2);
    assert_eq!(opened.cursors.passed().get(), Seq(u64::MAX));
}

#[test]
fn on_a_full_disk_nothing_is_kept_for_readers_alone() {
    let disk = made();
    let (mut opened, ..) = long(&disk);
    opened.cursors.register(&name("a"), Seq(1)).unwrap();
    let needed = opened.follower.passed();
    assert_eq!(opened.cursors.trim(needed, false).unwrap().len(), 0);
    // It cannot even be written down, and holds all the same.
    disk.set_faults(Faults { capacity: Some(0), ..Faults::default() });
    let cut = opened.cursors.trim(needed, true).unwrap();
    disk.set_faults(Faults::default());
    assert!(matches!(&cut[..], [one] if one.failed.is_some()), "{cut:?}");
    assert!(opened.journal.release(needed.min(opened.cursors.passed().get())).unwrap() > 0);
    let (_, gaps) = all(&mut reader(&disk, 1), opened.report.last.max(needed));
    assert_eq!(gaps, [Gap { from: Seq(1), to: Seq(opened.journal.first().0 - 1) }]);
}

#[test]
fn the_limits_of_readers_are_kept_and_each_refusal_says_what_to_do() {
    let disk = made();
    let mut opened = open(&disk, u64::MAX);
    for n in 0..READERS_MAX {
        opened.cursors.register(&name(&format!("r{n}")), Seq(1)).unwrap();
    }
    let refused = opened.cursors.register(&name("more"), Seq(1)).unwrap_err();
    assert!(matches!(refused, ReaderError::TooMany), "{refused}");
    assert!(
        refused.to_string().contains("there are 16 readers") && refused.to_string().contains("forget one")
    );
    // One that is there is given as it is.
    assert_eq!(opened.cursors.register(&name("r3"), Seq(9)).unwrap().next, Seq(1));
    opened.cursors.forget(&name("r3")).unwrap();
    opened.cursors.register(&name("more"), Seq(1)).unwrap();
    assert!(matches!(opened.cursors.forget(&name("r3")), Err(ReaderError::Unknown(_))));
    let last = Seq(5);
    assert!(matches!(opened.cursors.advance(&name("r3"), Seq(1), last), Err(ReaderError::Unknown(_))));
    assert!(matches!(opened.cursors.advance(&name("r4"), Seq(6), last), Err(ReaderError::Ahead { .. })));
    for (upto, next) in [(0, 1), (3, 4), (2, 4), (5, 6)] {
        opened.cursors.advance(&name("r4"), Seq(upto), last).unwrap();
        assert_eq!(opened.cursors.find(&name("r4")).unwrap().next, Seq(next), "never back");
    }
    let found = cursors_with(&disk, last, 0);
    assert_eq!(found.readers(), opened.cursors.readers());
}

#[test]
fn a_damaged_file_of_a_reader_is_moved_aside_and_stops_nothing() {
    let disk = made();
    let (mut opened, _, records) = long(&disk);
    opened.cursors.register(&name("a"), Seq(1)).unwrap();
    opened.cursors.register(&name("b"), Seq(3)).unwrap();
    drop(opened);
    let whole = disk.bytes("readers/a.reader");
    let cases: [Vec<u8>; 5] = [
        Vec::new(),
        whole[..whole.len() / 2].to_vec(),
        vec![0xff; 200],
        vec![b'x'; 2000],
        whole.iter().map(|b| if *b == b'1' { b'2' } else { *b }).collect(),
    ];
    for bytes in cases {
        disk.put("readers/a.reader", bytes.clone());
        let opened = open(&disk, u64::MAX);
        let told = &opened.report.warnings[..];
        assert!(matches!(told, [one] if one.contains("a.reader.bad")), "{told:?}");
        assert_eq!(opened.cursors.readers().len(), 1);
        assert_eq!(opened.cursors.passed().get(), Seq(2));
        assert_eq!(opened.report.last, records.last().unwrap().seq);
        assert_eq!(disk.bytes("readers/a.reader.bad"), bytes);
    }
    // One that has passed more than there is goes on from the end.
    let (ahead, told) = Cursors::open(disk.clone(), STORE, Seq(1), ReaderOptions::default());
    assert!(told[0].contains("the journal ends with 1"), "{told:?}");
    assert_eq!(ahead.readers()[0].next, Seq(2));
}
