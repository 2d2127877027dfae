//! The process is killed, or the power is cut, at every effect on the disk while readers read: no reader
//! goes back behind what it acknowledged or misses a record, and none is cut loose without its file
//! saying so.

use names::Seq;
use seats::Record;
use store::{
    Committed, Found, JournalReader, MapFolder, OpenError, Opened, Options, ReaderName, ReaderOptions,
};

use crate::effects::{CUT, KILLED, Left, Mortal, init, small};
use crate::house::{House, STORE};
use crate::readers::{all, churn};

fn options() -> Options {
    Options { readers: ReaderOptions { kept_bytes_max: 8 * 1024 }, ..small() }
}

/// What a process did before it ended.
#[derive(Default)]
struct Life {
    /// All records that were acknowledged to clients.
    records: Vec<Record>,
    /// The records of the batch that was under way.
    under_way: Vec<Record>,
    is_registered: bool,
    /// What the quick reader passed, and what it was about to.
    passed: Seq,
    passing: Seq,
    cuts: usize,
    has_ended: bool,
}

fn names() -> (ReaderName, ReaderName) {
    (ReaderName::new("quick").unwrap(), ReaderName::new("slow").unwrap())
}

/// Works until it dies or all is done, with a reader that passes what it reads, and one that never does.
fn live(disk: &Mortal, life: &mut Life) -> Option<()> {
    if !init(disk) {
        return None;
    }
    let opened = store::open_on(disk, &mut MapFolder::default(), &options()).ok()?;
    let Opened { state, mut journal, mut follower, mut cursors, .. } = opened;
    let (quick, slow) = names();
    cursors.register(&slow, Seq(1)).ok()?;
    cursors.register(&quick, Seq(1)).ok()?;
    life.is_registered = true;
    let mut reading = JournalReader::new(disk.clone(), STORE, Seq(1)).ok()?;
    let mut house = House::of(state);
    for (n, op) in churn(40).into_iter().enumerate() {
        let records = house.run(op);
        life.under_way = records.clone();
        if !records.is_empty() {
            let mut batch = store::Batch::new();
            batch.push_command(&records);
            let (counts, fingerprint) = (house.state.counts(), house.state.fingerprint());
            let bytes = journal.commit(&mut batch, counts, fingerprint).ok()?;
            life.records.append(&mut life.under_way);
            follower.take(&Committed { records, counts, fingerprint, bytes });
        }
        follower.write();
        while follower.export_step() {}
        let last = Seq(journal.next().0 - 1);
        if n % 3 == 0 {
            while let Some(found) = reading.read(last).ok()? {
                let Found::Records(found) = found else { panic!("it is quick: {found:?}") };
                let from = usize::try_from(found[0].seq.0).unwrap() - 1;
                assert_eq!(found, life.records[from..from + found.len()]);
            }
            life.passing = last;
            cursors.advance(&quick, last, last).ok()?;
            life.passed = last;
        }
        let needed = follower.passed();
        life.cuts += cursors.trim(needed, false).ok()?.len();
        journal.release(needed.min(cursors.passed().get())).ok()?;
        journal.tend().ok()?;
    }
    life.has_ended = true;
    Some(())
}

/// Starts from what a dead process left, and has both readers go on.
fn goes_on(left: &Mortal, life: &Life) {
    let opened = match store::open_on(left, &mut MapFolder::default(), &options()) {
        Err(OpenError::NotMade { .. } | OpenError::NoSentinel { .. }) if life.records.is_empty() => return,
        other => other.unwrap(),
    };
    assert_eq!(opened.report.warnings, [""; 0]);
    let mut records = life.records.clone();
    records.extend(life.under_way.clone());
    records.truncate(usize::try_from(opened.report.last.0).unwrap());
    let (quick, slow) = names();
    let (quick, slow) = (opened.cursors.find(&quick), opened.cursors.find(&slow));
    if let Some(quick) = quick {
        assert!([life.passed.0 + 1, life.passing.0 + 1].contains(&quick.next.0), "{quick:?}");
        assert!(!quick.is_cut_loose);
        let (found, gaps) = read(left, quick.next, opened.report.last);
        assert_eq!((found, gaps.len()), (records[usize::try_from(quick.next.0).unwrap() - 1..].to_vec(), 0));
    }
    if let Some(slow) = slow {
        let first = opened.journal.first();
        assert_eq!(slow.next, Seq(1));
        assert!(slow.is_cut_loose || first == Seq(1), "{slow:?}, and the journal begins with {first}");
        let (found, gaps) = read(left, slow.next, opened.report.last);
        assert_eq!(found, records[usize::try_from(first.0).unwrap() - 1..]);
        assert_eq!(gaps.len(), usize::from(first > Seq(1)));
        assert!(gaps.iter().all(|gap| gap.from == Seq(1) && gap.to.0 + 1 == first.0), "{gaps:?}");
    }
    assert!(!life.is_registered || (quick.is_some() && slow.is_some()));
}

fn read(disk: &Mortal, next: Seq, last: Seq) -> (Vec<Record>, Vec<store::Gap>) {
    all(&mut JournalReader::new(disk.clone(), STORE, next).unwrap(), last)
}

fn at_every_effect(lefts: &[(Left, Left)]) {
    let (whole, mut life) = (Mortal::default(), Life::default());
    live(&whole, &mut life);
    assert!(life.has_ended && life.cuts == 1, "{} cut loose", life.cuts);
    let effects = whole.effects();
    for effect in 1..=effects {
        let (disk, mut life) = (Mortal::default(), Life::default());
        disk.dies_after(Some(effect));
        live(&disk, &mut life);
        assert!(!life.has_ended, "effect {effect} of {effects}");
        for left in lefts {
            goes_on(&disk.after(left.0, left.1), &life);
        }
    }
}

#[test]
fn a_kill_at_every_effect_takes_no_reader_back_and_loses_it_no_record() {
    at_every_effect(&KILLED);
}

#[test]
fn a_power_cut_at_every_effect_takes_no_reader_back_and_loses_it_no_record() {
    at_every_effect(&CUT);
}
