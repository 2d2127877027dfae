//! The license desk: what one command writes, and that a refused one writes nothing.

use std::sync::Arc;

use names::limits::{DESK_CHANGES_MAX, DESK_KEY_BYTES_MAX, DESK_VALUE_BYTES_MAX};
use names::{Code, ConfigId, CpuId, Date, Email, Expiry, Feature, Now, PoolId, Vendor, Version, Wall};
use seats::{
    Answer, AssignmentRow, Command, DeskChange, DeskNote, DeskRow, Event, License, LoginRow, NoRules,
    PoolRow, Record, State,
};

fn pool(config: u64) -> PoolId {
    let (vendor, cpu) = (Vendor::new("acmed").unwrap(), CpuId::new("02aa").unwrap());
    PoolId::new(vendor, ConfigId::Number(config), cpu, Feature::new("mill").unwrap(), "").unwrap()
}

/// A host with three named seats of configuration 1, and floating ones of configuration 2.
fn host() -> State {
    let mut state = State::new();
    let row = |config, capacity| PoolRow::floating(pool(config), capacity, Version::new("20.0").unwrap());
    let pools = vec![PoolRow { named: true, ..row(1, 3) }, row(2, 3)];
    step(&mut state, Command::SetLicense(Box::new(License { pools, ..License::default() })));
    state
}

fn step(state: &mut State, command: Command) -> (Answer, Vec<Record>) {
    let mut records = Vec::new();
    let now = Now { wall: Wall(86_400_000), ..Now::default() };
    let answer = state.step(now, command, &NoRules, &mut records);
    (answer, records)
}

fn email(user: &str) -> Email {
    Email::new(&format!("{user}@acmed.test")).unwrap()
}

fn row(key: &str, value: &str) -> DeskRow {
    DeskRow { key: key.into(), value: value.as_bytes().into() }
}

fn assignment(user: &str) -> AssignmentRow {
    AssignmentRow {
        pool: pool(1),
        email: email(user),
        from: Date::from_days(0).unwrap(),
        until: Expiry::Permanent,
    }
}

fn login(user: &str) -> LoginRow {
    LoginRow { email: email(user), token_hash: [3; 32] }
}

fn nothing() -> DeskChange {
    DeskChange::new(DeskNote::new("kim@acmed.test", "try", "case/17"))
}

fn desk(state: &mut State, change: DeskChange) -> (Answer, Vec<Record>) {
    step(state, Command::Desk(Box::new(change)))
}

fn kinds(records: &[Record]) -> Vec<String> {
    let kind = |record: &Record| match &record.event {
        Event::DeskDid(note) => format!("did {} by {} of {}", note.deed, note.by, note.about),
        Event::DeskPut(row) => format!("put {} {}", row.key, String::from_utf8_lossy(&row.value)),
        Event::DeskDropped(key) => format!("dropped {key}"),
        Event::Assigned(row) => format!("assigned {}", row.email),
        Event::Unassigned { email, .. } => format!("unassigned {email}"),
        Event::LoginSet(row) => format!("login {}", row.email),
        Event::LoginDropped(email) => format!("no login {email}"),
        other => format!("{other:?}"),
    };
    records.iter().map(kind).collect()
}

#[test]
fn a_deed_is_written_in_its_order_and_read_again() {
    let mut state = host();
    let first = DeskChange {
        puts: vec![row("case/2", "b"), row("case/1", "a"), row("company/1", "c")],
        assign: vec![assignment("kim"), assignment("lee")],
        logins: vec![login("kim"), login("lee")],
        ..nothing()
    };
    let (answer, records) = desk(&mut state, first);
    assert_eq!(answer, Answer::Done);
    assert_eq!(
        kinds(&records),
        [
            "did try by kim@acmed.test of case/17",
            "put case/2 b",
            "put case/1 a",
            "put company/1 c",
            "assigned kim@acmed.test",
            "assigned lee@acmed.test",
            "login kim@acmed.test",
            "login lee@acmed.test",
        ]
    );
    let second = DeskChange {
        puts: vec![row("case/1", "a"), row("case/2", "d"), row("case/3", "e")],
        drops: vec!["case/9".into(), "company/1".into(), "case/3".into(), "company/1".into()],
        assign: vec![assignment("kim"), assignment("ada")],
        unassign: vec![(pool(1), email("lee")), (pool(1), email("osman")), (pool(2), email("lee"))],
        dropped_logins: vec![email("lee"), email("osman")],
        ..nothing()
    };
    let (answer, records) = desk(&mut state, second);
    assert_eq!(answer, Answer::Done);
    assert_eq!(
        kinds(&records),
        [
            "did try by kim@acmed.test of case/17",
            "put case/2 d",
            "put case/3 e",
            "dropped company/1",
            "dropped case/3",
            "assigned ada@acmed.test",
            "unassigned lee@acmed.test",
            "no login lee@acmed.test",
        ]
    );
    let rows: Vec<_> = state.desk_rows().collect();
    assert_eq!(rows, [row("case/1", "a"), row("case/2", "d")]);
    assert_eq!(state.desk_row("case/2").map(|value| &**value), Some(&b"d"[..]));
    assert_eq!(state.desk_row("company/1"), None);
    // Two pools, two rows of the desk, two assignments, a login.
    assert_eq!(state.counts().pools, 7);
    state.check().unwrap();
    let again = State::from_rows(state.last(), state.rows()).unwrap();
    assert_eq!(again.fingerprint(), state.fingerprint());
    assert!(again.desk_rows().eq(state.desk_rows()));
}

#[test]
fn the_records_alone_make_the_same_rows() {
    let (mut state, mut other) = (host(), host());
    for change in [
        DeskChange { puts: vec![row("a", "1"), row("b", "2")], ..nothing() },
        DeskChange { puts: vec![row("a", "3")], drops: vec!["b".into(), "c".into()], ..nothing() },
    ] {
        let before = state.fingerprint();
        let (_, records) = desk(&mut state, change);
        records.iter().for_each(|record| other.apply(record).unwrap());
        assert_ne!(state.fingerprint(), before);
        assert_eq!((other.fingerprint(), other.counts()), (state.fingerprint(), state.counts()));
    }
}

#[test]
fn a_deed_that_changes_nothing_is_its_note_and_words_that_are_too_long_are_cut() {
    let mut state = host();
    let note = DeskNote {
        by: "b".repeat(300).into(),
        deed: "d".repeat(99).into(),
        about: "\u{e9}".repeat(999).into(),
    };
    let (answer, records) = desk(&mut state, DeskChange::new(note));
    assert_eq!((answer, records.len()), (Answer::Done, 1));
    let Event::DeskDid(note) = &records[0].event else { panic!("{records:?}") };
    assert_eq!((note.by.len(), note.deed.len(), note.about.len()), (254, 64, 1_024));
    let mut bytes = Vec::new();
    records[0].event.encode(&mut bytes);
    assert_eq!(Event::decode(&bytes).as_ref(), Ok(&records[0].event));
}

/// A command that is refused for its last change, with everything before it that would be written.
fn refused(with: impl FnOnce(&mut DeskChange)) -> DeskChange {
    let mut change = DeskChange {
        puts: vec![row("case/1", "new"), row("case/9", "new")],
        drops: vec!["case/2".into()],
        assign: vec![assignment("ada")],
        unassign: vec![(pool(1), email("kim"))],
        logins: vec![login("ada")],
        dropped_logins: vec![email("kim")],
        ..nothing()
    };
    with(&mut change);
    change
}

#[test]
fn a_deed_that_is_refused_changes_nothing() {
    let mut state = host();
    desk(
        &mut state,
        DeskChange {
            puts: vec![row("case/1", "a"), row("case/2", "b")],
            assign: vec![assignment("kim")],
            logins: vec![login("kim")],
            ..nothing()
        },
    );
    let floating = AssignmentRow { pool: pool(2), ..assignment("lee") };
    let unknown = AssignmentRow { pool: pool(3), ..assignment("lee") };
    let over = AssignmentRow { until: Expiry::On(Date::from_days(0).unwrap()), ..assignment("lee") };
    let long: Arc<str> = "k".repeat(DESK_KEY_BYTES_MAX + 1).into();
    let large = DeskRow { key: "case/3".into(), value: vec![0; DESK_VALUE_BYTES_MAX + 1].into() };
    type With = Box<dyn FnOnce(&mut DeskChange)>;
    let cases: Vec<(&str, Code, With)> = vec![
        ("an empty key", Code::BadParameter, Box::new(|c| c.puts.push(row("", "x")))),
        ("a blank", Code::BadParameter, Box::new(|c| c.puts.push(row("case 3", "x")))),
        ("a line end", Code::BadParameter, Box::new(|c| c.puts.push(row("case/3\n", "x")))),
        ("no ASCII", Code::BadParameter, Box::new(|c| c.puts.push(row("caf\u{e9}", "x")))),
        ("a long key", Code::BadParameter, Box::new(move |c| c.drops.push(long))),
        ("an empty value", Code::BadParameter, Box::new(|c| c.puts.push(row("case/3", "")))),
        ("a large value", Code::BadParameter, Box::new(|c| c.puts.push(large))),
        ("floating seats", Code::BadParameter, Box::new(|c| c.assign.push(floating))),
        ("no such pool", Code::NoSuchFeature, Box::new(|c| c.assign.push(unknown))),
        ("a period that is over", Code::BadParameter, Box::new(|c| c.assign.push(over))),
        (
            "more than the free seats, together",
            Code::AllTaken,
            Box::new(|c| c.assign.extend(["lee", "osman"].map(assignment))),
        ),
    ];
    let (before, last) = (state.fingerprint(), state.last());
    for (what, code, with) in cases {
        let (answer, records) = desk(&mut state, refused(with));
        assert!(matches!(&answer, Answer::Denied(d) if d.code == code), "{what}: {answer:?}");
        assert_eq!((records, state.fingerprint(), state.last()), (Vec::new(), before, last), "{what}");
    }
    let (answer, records) = desk(&mut state, refused(|_| {}));
    assert_eq!((answer, records.len()), (Answer::Done, 8), "without any of it, it is done");
}

#[test]
fn the_same_person_twice_takes_one_seat() {
    let mut state = host();
    let later = AssignmentRow { from: Date::from_days(9).unwrap(), ..assignment("kim") };
    let assign = ["kim", "lee", "kim", "ada"].map(assignment).into_iter().chain([later.clone()]).collect();
    let (answer, records) = desk(&mut state, DeskChange { assign, ..nothing() });
    assert_eq!((answer, records.len()), (Answer::Done, 5), "{records:?}");
    assert_eq!(state.assignments().count(), 3);
    assert!(state.assignments().any(|row| *row == later));
}

#[test]
fn a_command_has_as_many_changes_as_it_may_and_not_one_more() {
    let mut state = host();
    let puts: Vec<_> = (0..DESK_CHANGES_MAX).map(|n| row(&format!("case/{n}"), "x")).collect();
    let above = DeskChange { puts: puts.clone(), drops: vec!["a".into()], ..nothing() };
    let (answer, records) = desk(&mut state, above);
    assert!(matches!(&answer, Answer::Denied(d) if d.code == Code::BadParameter), "{answer:?}");
    assert_eq!(records, []);
    let (answer, records) = desk(&mut state, DeskChange { puts, ..nothing() });
    assert_eq!((answer, records.len()), (Answer::Done, DESK_CHANGES_MAX + 1));
    assert_eq!(state.desk_rows().count(), DESK_CHANGES_MAX);
}

/// The order of keys is that of their bytes.
#[test]
fn rows_come_in_the_order_of_their_keys() {
    let mut state = host();
    let keys = ["b", "a/2", "~", "!", "a/10", "B"];
    desk(&mut state, DeskChange { puts: keys.map(|key| row(key, "x")).into(), ..nothing() });
    let told: Vec<_> = state.desk_rows().map(|row| row.key.to_string()).collect();
    assert_eq!(told, ["!", "B", "a/10", "a/2", "b", "~"]);
}

#[test]
fn no_message_shows_a_value() {
    let shown = format!("{:?}", Event::DeskPut(row("case/1", "s3cret")));
    assert_eq!(shown, "DeskPut(DeskRow(\"case/1\", 6 bytes))");
}

#[test]
fn a_token_finds_its_owner_until_it_is_another_or_taken_away() {
    let mut state = host();
    let of = |user, hash| LoginRow { email: email(user), token_hash: [hash; 32] };
    let owners = |state: &State| {
        let owner = |hash| state.owner_of(&[hash; 32]).map(|email| email.as_str()[..3].to_owned());
        state.check().unwrap();
        [1, 2, 3].map(|hash| owner(hash).unwrap_or_default())
    };
    for (set, dropped, found) in [
        (vec![of("kim", 1), of("lee", 2)], vec![], ["kim", "lee", ""]),
        (vec![of("kim", 3)], vec![], ["", "lee", "kim"]),
        (vec![], vec!["lee"], ["", "", "kim"]),
        // The first by address, were it two people's.
        (vec![of("ada", 3)], vec![], ["", "", "ada"]),
        (vec![], vec!["ada"], ["", "", "kim"]),
        (vec![], vec!["kim"], ["", "", ""]),
    ] {
        let dropped_logins = dropped.into_iter().map(email).collect();
        assert_eq!(desk(&mut state, DeskChange { logins: set, dropped_logins, ..nothing() }).0, Answer::Done);
        assert_eq!(owners(&state), found);
    }
}
