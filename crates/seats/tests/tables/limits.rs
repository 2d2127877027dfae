//! Each limit at its value, below and above.

use names::limits::{
    BOOKING_MS_MAX, BOOKINGS_PER_FEATURE_MAX, GRANTS_PER_SESSION_MAX, HOLDERS_IN_DENIAL_MAX, SEATS_MAX,
    SESSIONS_MAX, WAITS_PER_SESSION_MAX,
};
use names::{
    ConfigId, CpuId, Feature, Millis, Now, PoolId, RequestId, SeatCount, SessionId, Vendor, Version, Word,
};
use seats::{
    Answer, Book, Checkin, Checkout, Command, Denial, Detail, Identity, License, Machine, More, NoRules,
    Open, PoolRow, Record, Sharing, State,
};

use super::script::check;

fn feature() -> Feature {
    Feature::new("PROE").unwrap()
}

/// The pool of one host id.
fn pool(cpu: &str, capacity: u32, sharing: Sharing, order: u32) -> PoolRow {
    let (vendor, cpu) = (Vendor::new("acmed").unwrap(), CpuId::new(cpu).unwrap());
    let id = PoolId::new(vendor, ConfigId::Number(1), cpu, feature(), "").unwrap();
    let version = Version::new("20.0").unwrap();
    PoolRow { sharing, locked: sharing == Sharing::Pool, order, ..PoolRow::floating(id, capacity, version) }
}

/// These pools are licensed, and no others.
fn license(pools: Vec<PoolRow>) -> Command {
    Command::SetLicense(Box::new(License { pools, ..License::default() }))
}

/// A state with one pool of that many seats.
fn pool_of(capacity: u32) -> State {
    let mut state = State::new();
    let pools = vec![pool("02aa", capacity, Sharing::None, 0)];
    step(&mut state, license(pools));
    state
}

fn step(state: &mut State, command: Command) -> (Answer, Vec<Record>) {
    let mut records = Vec::new();
    let answer = state.step(Now::default(), command, &NoRules, &mut records);
    (answer, records)
}

fn open(session: u64, identity: &Identity) -> Command {
    Command::Open(Box::new(Open {
        session: SessionId(session),
        token_hash: [1; 32],
        identity: identity.clone(),
        login: None,
        timeout: Millis(120_000),
        hold: Millis(60_000),
        replaces: Vec::new(),
    }))
}

fn identity() -> Identity {
    let word = |text| Word::new("a word", text).unwrap();
    Identity {
        user: word("kim"),
        host: word("ws1"),
        display: word(""),
        application: word(""),
        project: word(""),
        platform: word(""),
        pid: 1,
        cpu: CpuId::new("02b1").unwrap(),
        machine: Machine::default(),
        address: None,
        email: None,
    }
}

fn ask(session: u64, request: u64, seats: u32) -> Checkout {
    Checkout {
        session: SessionId(session),
        request: RequestId(request),
        feature: feature(),
        version: Version::new("20.0").unwrap(),
        seats: SeatCount::new(seats.into()).unwrap(),
        vendor: None,
        config: None,
        more: None,
    }
}

fn checkout(session: u64, request: u64, seats: u32) -> Command {
    Command::Checkout(ask(session, request, seats))
}

fn is_limit(answer: &Answer) -> bool {
    matches!(answer, Answer::Denied(d) if matches!(**d, Denial { detail: Detail::Limit(_), code: names::Code::Busy, .. }))
}

#[test]
fn a_session_holds_as_many_grants_as_it_may_and_not_one_more() {
    let mut state = pool_of(SEATS_MAX);
    step(&mut state, open(1, &identity()));
    let mut last = None;
    for request in 1..=GRANTS_PER_SESSION_MAX as u64 {
        let (answer, _) = step(&mut state, checkout(1, request, 1));
        let Answer::Granted { grant, .. } = answer else { panic!("request {request}: {answer:?}") };
        last = Some(grant);
    }
    let above = GRANTS_PER_SESSION_MAX as u64 + 1;
    let (answer, records) = step(&mut state, checkout(1, above, 1));
    assert!(is_limit(&answer), "{answer:?}");
    assert_eq!(records, []);
    let (again, _) = step(&mut state, checkout(1, above - 1, 1));
    assert!(matches!(again, Answer::Granted { grant, .. } if Some(grant) == last), "{again:?}");
    step(&mut state, Command::Checkin(Checkin { session: SessionId(1), grant: last.unwrap() }));
    assert!(matches!(step(&mut state, checkout(1, above, 1)).0, Answer::Granted { .. }));
    state.check().unwrap();
}

#[test]
fn a_session_waits_for_as_many_requests_as_it_may_and_not_one_more() {
    let mut state = pool_of(1);
    step(&mut state, open(1, &identity()));
    step(&mut state, checkout(1, 1, 1));
    let wait = |request: u64| {
        let more = Some(Box::new(More { queue: Some(0), ..More::default() }));
        Command::Checkout(Checkout { more, ..ask(1, request, 1) })
    };
    let last = 1 + WAITS_PER_SESSION_MAX as u64;
    for request in 2..=last {
        let (answer, _) = step(&mut state, wait(request));
        assert!(matches!(answer, Answer::Queued { .. }), "request {request}: {answer:?}");
    }
    assert!(is_limit(&step(&mut state, wait(last + 1)).0));
    step(&mut state, Command::Withdraw { session: SessionId(1), request: RequestId(2) });
    assert!(matches!(step(&mut state, wait(last + 1)).0, Answer::Queued { .. }));
    state.check().unwrap();
}

#[test]
fn a_feature_has_as_many_bookings_as_it_may_and_not_one_more() {
    let mut state = pool_of(SEATS_MAX);
    step(&mut state, open(1, &identity()));
    let book = |request: u64| {
        let (ask, job) = (ask(1, request, 1), Word::new("a job", "job7").unwrap());
        Command::Book(Box::new(Book { ask, job, ttl: Millis(BOOKING_MS_MAX) }))
    };
    let last = BOOKINGS_PER_FEATURE_MAX as u64;
    let mut booked = None;
    for request in 1..=last {
        let (answer, _) = step(&mut state, book(request));
        let Answer::Granted { grant, .. } = answer else { panic!("request {request}: {answer:?}") };
        booked = Some(grant);
    }
    assert!(is_limit(&step(&mut state, book(last + 1)).0));
    step(&mut state, Command::Unbook { session: SessionId(1), grant: booked.unwrap() });
    assert!(matches!(step(&mut state, book(last + 1)).0, Answer::Granted { .. }));
    state.check().unwrap();
}

#[test]
fn a_daemon_keeps_as_many_sessions_as_it_may_and_not_one_more() {
    let mut state = pool_of(1);
    let identity = identity();
    for session in 1..=SESSIONS_MAX as u64 {
        let (answer, _) = step(&mut state, open(session, &identity));
        assert!(matches!(answer, Answer::Welcome { .. }), "{session}: {answer:?}");
    }
    assert_eq!(state.sessions_open(), SESSIONS_MAX);
    let above = SESSIONS_MAX as u64 + 1;
    assert!(is_limit(&step(&mut state, open(above, &identity)).0));
    step(&mut state, Command::Close(SessionId(7)));
    assert!(matches!(step(&mut state, open(above, &identity)).0, Answer::Welcome { .. }));
}

#[test]
fn a_pool_gives_as_many_seats_as_a_line_may_have() {
    let mut state = pool_of(SEATS_MAX);
    step(&mut state, open(1, &identity()));
    assert!(matches!(step(&mut state, checkout(1, 1, SEATS_MAX)).0, Answer::Granted { .. }));
    let (answer, _) = step(&mut state, checkout(1, 2, 1));
    assert!(matches!(&answer, Answer::Denied(d) if d.code == names::Code::AllTaken), "{answer:?}");
}

/// Each workstation of a locked license is a pool of its own; work that grows with their square would
/// show here as minutes.
#[test]
fn a_locked_license_of_fifty_thousand_workstations_is_set_read_and_dropped() {
    let cpu = |n: u32| format!("02{n:010x}");
    let pools: Vec<_> = (0..50_000).map(|n| pool(&cpu(n), 1, Sharing::Pool, n)).collect();
    let mut state = State::new();
    step(&mut state, license(pools));
    step(&mut state, open(1, &Identity { cpu: CpuId::new(&cpu(49_999)).unwrap(), ..identity() }));
    assert!(matches!(step(&mut state, checkout(1, 1, 1)).0, Answer::Granted { .. }));
    let again = State::from_rows(state.last(), state.rows()).unwrap();
    assert_eq!(again.fingerprint(), state.fingerprint());
    let (_, records) = step(&mut state, license(Vec::new()));
    assert_eq!(records.len(), 50_000);
    assert_eq!(state.counts().pools, 1, "the one that is held");
    state.check().unwrap();
}

#[test]
fn a_denial_names_as_many_holders_as_it_may() {
    assert_eq!(HOLDERS_IN_DENIAL_MAX, 8);
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 9
        open s1 a@ws1                    -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        checkout s1 r2 PROE 20.0         -> granted g2 A
        checkout s1 r3 PROE 20.0         -> granted g3 A
        checkout s1 r4 PROE 20.0         -> granted g4 A
        checkout s1 r5 PROE 20.0         -> granted g5 A
        checkout s1 r6 PROE 20.0         -> granted g6 A
        checkout s1 r7 PROE 20.0         -> granted g7 A
        checkout s1 r8 PROE 20.0 x2      -> granted g8 A x2
        checkout s1 r9 PROE 20.0         -> -4 9/9 a@ws1 a@ws1 a@ws1 a@ws1 a@ws1 a@ws1 a@ws1 a@ws1 x2
        checkin s1 g8                    -> returned g8
        checkout s1 r10 PROE 20.0        -> granted g9 A
        checkout s1 r11 PROE 20.0        -> granted g10 A
        checkout s1 r12 PROE 20.0        -> -4 9/9 a@ws1 a@ws1 a@ws1 a@ws1 a@ws1 a@ws1 a@ws1 a@ws1 +1
        ",
    );
}
