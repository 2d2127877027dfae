//! The license desk's rows: carried as all rows are.

use names::limits::DESK_VALUE_BYTES_MAX;
use seats::{Command, DeskChange, DeskNote, DeskRow, State};
use store::offline::{self, Outcome};
use store::{JournalOptions, Notice, Opened, Source};

use crate::house::{House, Op, SEGMENT, assert_same, commit, init_options, options};
use crate::offline::{AT, check, flip, import_options, segments, stopped};

fn rows(state: &State) -> Vec<(String, Vec<u8>)> {
    state.desk_rows().map(|row| (row.key.to_string(), row.value.to_vec())).collect()
}

/// What the two deeds of the house leave.
fn left() -> Vec<(String, Vec<u8>)> {
    vec![("case/17".into(), b"{\"n\":2}".to_vec()), ("company/1".into(), vec![0, 0xff])]
}

/// Work with deeds of the desk among it, so many of the last things behind in the seat state.
fn worked(behind: usize) -> (tempfile::TempDir, House) {
    let ops =
        [Op::Pools(3), Op::Open(0), Op::Checkout(0, 0, 0), Op::Rare(9), Op::Rare(10), Op::Checkout(0, 1, 0)];
    stopped(&ops, behind)
}

#[test]
fn rows_of_the_desk_survive_a_restart() {
    for behind in [0, 1, 2, 3, 6] {
        let (folder, house) = worked(behind);
        assert_eq!(rows(&house.state), left());
        let found = check(folder.path());
        assert_eq!((found.findings.clone(), found.counts()), (Vec::new(), Some(house.state.counts())));
        let opened = store::open(folder.path(), &options()).unwrap();
        assert!(matches!(opened.report.source, Source::Sled(_)), "{}", opened.report);
        assert_same(&opened.state, &house.state);
        assert_eq!(rows(&opened.state), left());
        drop(opened);
        // Without its seat state it is made of the journal alone.
        std::fs::remove_dir_all(folder.path().join("sled")).unwrap();
        let opened = store::open(folder.path(), &options()).unwrap();
        assert_same(&opened.state, &house.state);
    }
}

#[test]
fn rows_of_the_desk_are_exported_and_imported() {
    let (folder, house) = worked(1);
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("export");
    offline::export(folder.path(), tempfile::tempdir().unwrap().path(), &file).unwrap();
    let other = tempfile::tempdir().unwrap();
    let to = other.path().join("state");
    offline::import(&file, &to, &import_options()).unwrap();
    let opened = store::open(&to, &options()).unwrap();
    assert_same(&opened.state, &house.state);
    assert_eq!(rows(&opened.state), left());
}

#[test]
fn rows_of_the_desk_survive_a_repair() {
    let (folder, house) = worked(0);
    flip(&segments(folder.path())[0], 600);
    store::open(folder.path(), &options()).unwrap_err();
    let planned = offline::plan(folder.path(), tempfile::tempdir().unwrap().path()).unwrap();
    assert!(matches!(planned.outcome(), Outcome::Can { .. }), "{planned:?}");
    let journal = JournalOptions { segment_bytes: SEGMENT };
    offline::repair(&planned, "2026-11-22T08:00:00Z", AT, journal).unwrap();
    drop(planned);
    let opened = store::open(folder.path(), &options()).unwrap();
    assert_same(&opened.state, &house.state);
    assert_eq!(rows(&opened.state), left());
}

/// A command of so many rows of so many bytes, on the disk and read again with nothing else; with the notices of
/// the seat state's follower.
fn one_command(rows: usize, bytes: usize) -> Vec<Notice> {
    let folder = tempfile::tempdir().unwrap();
    store::init(folder.path(), &init_options(store::InitKind::New)).unwrap();
    let Opened { state, mut journal, mut follower, .. } = store::open(folder.path(), &options()).unwrap();
    let mut house = House::of(state);
    let row = |n: usize| DeskRow { key: format!("case/{n}").into(), value: vec![n as u8; bytes].into() };
    let puts = (0..rows).map(row).collect();
    let change = DeskChange { puts, ..DeskChange::new(DeskNote::new("uid 0", "import", "")) };
    let (_, records) = house.step(Command::Desk(Box::new(change)));
    assert_eq!(records.len(), rows + 1);
    let committed = commit(&house, &mut journal, records).unwrap();
    assert!(committed.bytes > (rows * bytes) as u64);
    follower.take(&committed);
    follower.write();
    let notices = follower.notices();
    drop((journal, follower));
    for _ in 0..2 {
        let opened = store::open(folder.path(), &options()).unwrap();
        assert_same(&opened.state, &house.state);
        assert!(opened.state.desk_rows().eq(house.state.desk_rows()));
    }
    notices
}

#[test]
fn thirty_thousand_rows_are_one_command() {
    assert_eq!(one_command(30_000, 400), []);
}

#[test]
fn the_largest_rows_are_in_the_seat_state_too() {
    assert_eq!(one_command(20, DESK_VALUE_BYTES_MAX), []);
}
