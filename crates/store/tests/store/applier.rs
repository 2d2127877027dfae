//! The thread behind the journal.

use std::sync::Arc;
use std::time::Duration;

use names::Seq;
use seats::Row;
use store::{
    Applier, ApplierOptions, Changes, Committed, FollowerOptions, Head, Notice, Opened, Opening, Options,
    SeatFolder, SeatStore, SeatsFailed, SetAsideReason,
};

use crate::house::{House, Op, assert_same, commit, grants, init_options, options};

const LONG: Duration = Duration::from_secs(60);

fn made() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    store::init(folder.path(), &init_options(store::InitKind::New)).unwrap();
    folder
}

#[test]
fn what_was_offered_is_in_sled_when_it_has_stopped() {
    let folder = made();
    let exporting = Options {
        follower: FollowerOptions { export_after_bytes: 20 * 1024, export_growth: 4 },
        ..options()
    };
    let Opened { state, mut journal, follower, lock, .. } = store::open(folder.path(), &exporting).unwrap();
    let applier = Applier::spawn(follower, ApplierOptions::default()).unwrap();
    let mut house = House::of(state);
    for op in grants(30).into_iter().chain((0..120).flat_map(|i| [Op::Checkin(i), Op::Checkout(0, i, 0)])) {
        let records = house.run(op);
        if let Some(batch) = commit(&house, &mut journal, records) {
            applier.offer(Arc::new(batch));
        }
        journal.release(applier.passed()).unwrap();
    }
    assert!(applier.cursor() <= house.state.last());
    assert!(applier.has_seats());
    assert!(applier.stop(LONG));
    drop((journal, lock));
    let opened = store::open(folder.path(), &exporting).unwrap();
    assert_same(&opened.state, &house.state);
    assert_eq!((opened.report.records_replayed, opened.report.rebuilt), (0, None));
    assert!(std::fs::read_dir(folder.path().join("export")).unwrap().count() > 0);
}

#[test]
fn what_does_not_fit_in_memory_is_read_from_the_journal() {
    for (batches_max, bytes_max) in [(1, u64::MAX), (64, 0), (2, 1100)] {
        let folder = made();
        let Opened { state, mut journal, follower, lock, .. } =
            store::open(folder.path(), &options()).unwrap();
        let little = ApplierOptions {
            batches_max,
            bytes_max,
            write_every: Duration::from_millis(1),
            ..ApplierOptions::default()
        };
        let applier = Applier::spawn(follower, little).unwrap();
        let mut house = House::of(state);
        for op in grants(30).into_iter().chain((0..60).flat_map(|i| [Op::Checkin(i), Op::Checkout(0, i, 0)]))
        {
            let records = house.run(op);
            if let Some(batch) = commit(&house, &mut journal, records) {
                applier.offer(Arc::new(batch));
            }
            journal.release(applier.passed()).unwrap();
        }
        assert!(applier.stop(LONG));
        drop((journal, lock));
        let opened = store::open(folder.path(), &options()).unwrap();
        assert_same(&opened.state, &house.state);
        assert_eq!((opened.report.records_replayed, opened.report.rebuilt), (0, None));
    }
}

/// A seat state that fails, panics or hangs when it is written.
#[derive(Debug, Clone, Copy)]
enum Harm {
    Fails,
    Panics,
    Hangs,
}

struct Harmed(Harm);

impl SeatStore for Harmed {
    fn read(&mut self, _: &mut dyn FnMut(Row)) -> Result<Option<Head>, SeatsFailed> {
        Ok(None)
    }

    fn write(&mut self, _: &Changes, at: Seq, _: Option<&Head>) -> Result<(), SeatsFailed> {
        match self.0 {
            _ if at.0 == 0 => Ok(()),
            Harm::Fails => Err(SeatsFailed("as asked".into())),
            Harm::Panics => panic!("as asked"),
            Harm::Hangs => loop {
                std::thread::park();
            },
        }
    }
}

struct HarmedFolder(Harm);

impl SeatFolder for HarmedFolder {
    type Store = Harmed;

    fn open(&mut self, _: &mut dyn FnMut(Row)) -> Result<Option<Opening<Harmed>>, SeatsFailed> {
        Ok(None)
    }

    fn make(&mut self) -> Result<Harmed, SeatsFailed> {
        Ok(Harmed(self.0))
    }

    fn set_aside(&mut self) -> std::io::Result<String> {
        Ok(String::new())
    }
}

#[test]
fn a_seat_state_that_fails_panics_or_hangs_is_set_aside_and_nobody_waits() {
    for harm in [Harm::Fails, Harm::Panics, Harm::Hangs] {
        let folder = made();
        let disk = store::RealDisk::new(folder.path());
        let Opened { state, mut journal, follower, .. } =
            store::open_on(&disk, &mut HarmedFolder(harm), &options()).unwrap();
        let mut limits = ApplierOptions::default();
        if matches!(harm, Harm::Hangs) {
            limits.records_behind_max = 8;
        }
        let applier = Applier::spawn(follower, limits).unwrap();
        let mut house = House::of(state);
        // Far more than one that hangs may be behind: no offer waits, and the seat state is given up.
        let mut next = grants(60).into_iter().chain((0..).map(|i: u32| Op::Pools(i as u8)));
        while applier.has_seats() {
            let records = house.run(next.next().unwrap());
            if let Some(batch) = commit(&house, &mut journal, records) {
                applier.offer(Arc::new(batch));
            }
        }
        let notice = loop {
            if let Some(notice) = applier.notice() {
                break notice;
            }
            std::thread::park_timeout(Duration::from_millis(1));
        };
        let Notice::SetAside(why) = notice else { panic!("{harm:?}: {notice:?}") };
        let reason = match harm {
            Harm::Fails => SetAsideReason::Failed,
            Harm::Panics => SetAsideReason::Panicked,
            Harm::Hangs => SetAsideReason::Behind,
        };
        assert_eq!(why.reason(), reason, "{harm:?}: {why}");
        assert_eq!(applier.cursor(), Seq(0));
        // The journal goes on, and a start gives all of it.
        for op in [Op::Checkout(0, 1, 0), Op::Pools(9), Op::Pools(8)] {
            let records = house.run(op);
            if let Some(batch) = commit(&house, &mut journal, records) {
                applier.offer(Arc::new(batch));
            }
        }
        let ended = applier.stop(if matches!(harm, Harm::Hangs) { Duration::ZERO } else { LONG });
        assert!(ended || matches!(harm, Harm::Hangs), "{harm:?}");
        drop(journal);
        assert_same(&store::open(folder.path(), &options()).unwrap().state, &house.state);
    }
}

#[test]
fn batches_can_be_shared_with_other_readers() {
    fn is_shareable<T: Send + Sync>() {}
    is_shareable::<Committed>();
    is_shareable::<Applier>();
}
