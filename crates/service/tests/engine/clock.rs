//! The wall clock that is set, forward and back, while the daemon runs and while it does not.

use names::{Date, SessionId, Wall};
use seats::word::Beat;
use seats::{Answer, Borrow, Event, More};
use service::{Ask, News};

use crate::host::{HOLD, Host, TIMEOUT};

const HOUR: u64 = 3_600_000;
const DAY: i64 = 24 * 3_600_000;
const YEARS: i64 = 3_653 * DAY;
/// A feature with a date, and one without.
const BOTH: &str = "INCREMENT PROE acmed 20.0 31-dec-2099 10 CONFIG_ID=1\n\
                    INCREMENT MESH acmed 20.0 permanent 10 CONFIG_ID=2\n";

fn set(host: &mut Host, by: i64) {
    host.now.wall = Wall(host.now.wall.0 + by);
}

fn noted(host: &Host) -> usize {
    host.count(|event| matches!(event, Event::ClockNoted(_)))
}

#[test]
fn lf_21_lf_22_a_clock_that_is_set_by_years_frees_no_living_session() {
    let mut host = Host::new(BOTH);
    let live = host.open(1);
    host.take(1, 1);
    host.checkout_of(1, 2, "MESH");
    for by in [YEARS, -2 * YEARS, YEARS, -1_000, 1_000, 25 * 3_600_000, -25 * 3_600_000] {
        set(&mut host, by);
        assert!(
            host.engine.next_due(host.now).since(host.now.mono).0 <= 60_000,
            "it is looked at each minute"
        );
        for _ in 0..4 {
            host.wait(TIMEOUT - 1);
            assert_eq!((host.beat(&live), host.in_use()), (Beat::Alive, 2), "{by} ms");
        }
    }
    // Nor does one that is set in every second keep the dead alive.
    for n in 0..i64::try_from((TIMEOUT + HOLD) / 1_000).unwrap() {
        set(&mut host, if n % 2 == 0 { YEARS } else { -YEARS });
        host.wait(1_000);
    }
    assert_eq!((host.in_use(), host.ended()), (0, vec![1]));
}

#[test]
fn lf_21_a_clock_set_back_is_told_at_the_first_checkout_and_for_dated_licenses_only() {
    for (back, is_back) in [(1_000, false), (3_600_000, false), (DAY, false), (DAY + 1, true), (YEARS, true)]
    {
        for restarts in [false, true] {
            let mut host = Host::new(BOTH);
            host.open(1);
            host.take(1, 1);
            let (noon, at) = (host.now.wall, format!("{back} ms, restarts: {restarts}"));
            if restarts {
                host = host.restarted(0);
                host.resume(1);
            }
            host.now.wall = Wall(noon.0 - back);
            let answer = host.checkout(1, 2);
            assert_eq!(
                matches!(&answer, Answer::Denied(denial) if denial.code.number() == -88),
                is_back,
                "{at}"
            );
            if let Answer::Denied(denial) = answer {
                let told = denial.to_string();
                let shown = Wall(noon.0 - back).to_string();
                for part in [&*shown, "15-jun-2027 12:00 UTC", "seatkeeper clock-reset", "(-88)"] {
                    assert!(told.contains(part), "{at}: {told}");
                }
            }
            assert!(matches!(host.checkout_of(1, 3, "MESH").answer, Answer::Granted { .. }), "{at}");
            assert!(matches!(host.checkout(1, 1), Answer::Granted { .. }), "{at}: what is held is held");
        }
    }
}

#[test]
fn lf_21_a_daemon_that_starts_with_its_clock_behind_grants_dated_seats_when_it_is_right_again() {
    let mut host = Host::new(BOTH);
    host.wait(2 * HOUR);
    let mut host = host.restarted(0);
    set(&mut host, -YEARS);
    host.open(1);
    assert_eq!(host.denied(1, 1, "PROE"), -88);
    let mut host = host.restarted(0);
    host.open(1);
    assert_eq!(host.denied(1, 1, "PROE"), -88);
    set(&mut host, YEARS);
    host.take(1, 2);
}

#[test]
fn lf_22_a_clock_that_was_years_ahead_is_reset_by_an_administrator_for_good() {
    let mut host = Host::new(BOTH);
    host.open(1);
    assert!(matches!(host.ask(Ask::ResetClock(7)).answer, Answer::Denied(_)), "nothing to reset");
    set(&mut host, YEARS);
    host.wait(60_000);
    host.open(1);
    set(&mut host, -YEARS);
    assert_eq!(host.denied(1, 1, "PROE"), -88);
    let (before, was) = (host.records.len(), host.engine.state().latest_wall().unwrap());
    assert_eq!(host.ask(Ask::ResetClock(7)).answer, Answer::Done);
    match &host.records[before..] {
        [record] => {
            let row = seats::ClockRow { latest: host.now.wall };
            assert_eq!(
                record.event,
                Event::ClockReset { row, was, by: 7 },
                "who did it stands in the journal"
            );
        }
        other => panic!("{other:?}"),
    }
    host.take(1, 2);
    let mut host = host.restarted(0);
    host.open(2);
    host.take(2, 1);
    assert!(matches!(host.ask(Ask::ResetClock(7)).answer, Answer::Denied(_)), "nothing to reset");
}

#[test]
fn the_latest_time_is_written_down_once_an_hour_also_while_nobody_asks_anything() {
    let mut host = Host::new(BOTH);
    assert_eq!(noted(&host), 1, "at the start");
    host.wait(HOUR - 1);
    assert_eq!(noted(&host), 1);
    host.wait(60_000);
    assert_eq!(noted(&host), 2);
    host.wait(10 * HOUR);
    assert!((11..=12).contains(&noted(&host)), "{}", noted(&host));
    let latest = host.engine.state().latest_wall().unwrap();
    assert!(host.now.wall.0 - latest.0 <= 3_600_000 + 60_000);
    // A start a moment later has nothing to add.
    let host = host.restarted(1_000);
    assert_eq!(noted(&host), 0);
}

#[test]
fn what_ends_on_a_date_is_kept_by_a_clock_set_back_and_ends_when_it_is_right_again() {
    for restarts in [false, true] {
        let mut host = Host::new("INCREMENT PROE acmed 20.0 31-dec-2099 10 CONFIG_ID=1 BORROW=24\n");
        host.open(1);
        let until = Wall(host.now.wall.0 + 3_600_000);
        let more = More { borrow: Some(Borrow { until, proof: [1; 32] }), ..More::default() };
        assert!(matches!(host.checkout_with(1, 1, more).answer, Answer::Granted { .. }));
        host.wait(TIMEOUT + HOLD);
        set(&mut host, -YEARS);
        if restarts {
            host = host.restarted(0);
        }
        host.wait(2 * HOUR);
        assert_eq!(host.in_use(), 1, "restarts: {restarts}: its date has not come");
        set(&mut host, YEARS);
        host.wait(60_000);
        assert_eq!(host.in_use(), 0, "restarts: {restarts}: its date has passed");
    }
}

#[test]
fn an_idle_session_is_looked_at_again_when_the_clock_is_right_again() {
    let mut host = Host::with("INCREMENT PROE acmed 20.0 permanent 10 CONFIG_ID=1\n", "TIMEOUT PROE 900\n");
    let live = host.open(1);
    host.take(1, 1);
    host.ask(Ask::Idle(SessionId(1), true));
    let wait = |host: &mut Host, ms: u64| {
        for _ in 0..ms / 5_000 {
            host.beat(&live);
            host.wait(5_000);
        }
    };
    set(&mut host, -YEARS);
    wait(&mut host, 2 * 900_000);
    assert_eq!(host.news(), [], "by the clock it is not idle yet");
    set(&mut host, YEARS);
    wait(&mut host, 65_000);
    assert!(matches!(&host.news()[..], [(1, News::Revoked { .. })]));
}

#[test]
fn years_forward_end_what_ends_on_a_date_at_the_next_start_or_when_it_had_ended_anyway() {
    for restarts in [false, true] {
        let mut host = Host::new("INCREMENT PROE acmed 20.0 permanent 10 CONFIG_ID=1 BORROW=24\n");
        host.open(1);
        let until = Wall(host.now.wall.0 + 3_600_000);
        let more = More { borrow: Some(Borrow { until, proof: [1; 32] }), ..More::default() };
        assert!(matches!(host.checkout_with(1, 1, more).answer, Answer::Granted { .. }));
        set(&mut host, YEARS);
        if restarts {
            host = host.restarted(0);
        }
        host.wait(HOUR - 1);
        assert_eq!(host.in_use(), u32::from(!restarts));
        host.wait(1);
        assert_eq!(host.in_use(), 0);
    }
}

#[test]
fn a_license_that_has_ended_is_not_brought_back_by_a_clock() {
    let mut host = Host::new("INCREMENT PROE acmed 20.0 15-jun-2027 10 CONFIG_ID=1\n");
    let live = host.open(1);
    host.take(1, 1);
    let midnight = Date::new(2027, 6, 16).unwrap().start();
    host.now.wall = midnight;
    host.wait(1);
    assert_eq!(host.denied(1, 2, "PROE"), -10);
    set(&mut host, -3 * DAY);
    assert_eq!(host.denied(1, 3, "PROE"), -88);
    host.wait(TIMEOUT / 2);
    host.beat(&live);
    assert_eq!(host.denied(1, 4, "PROE"), -88);
    assert_eq!(host.take(1, 1).0, 5, "what is held is held");
}
