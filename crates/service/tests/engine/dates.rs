//! Capacity as a function of the date, and when the engine wants to be called.

use names::{Date, Mono};

use crate::host::{HOLD, Host, TEN, TIMEOUT};

const HOUR: u64 = 3_600_000;

#[test]
fn lf_17_a_license_ends_at_midnight_utc_and_keeps_its_holders() {
    let mut host = Host::new("INCREMENT PROE acmed 20.0 15-jun-2027 10 CONFIG_ID=11470\n");
    host.open(1);
    let first = host.take(1, 1);
    let live = host.resume(1).live.unwrap();
    for _ in 0..12 * 600 {
        host.wait(6_000);
        host.beat(&live);
        if host.now.wall.0 + 6_000 >= Date::new(2027, 6, 16).unwrap().start().0 {
            break;
        }
    }
    let midnight = Date::new(2027, 6, 16).unwrap().start();
    host.wait(u64::try_from(midnight.0 - host.now.wall.0 - 1).unwrap());
    host.take(1, 2);
    host.wait(1);
    assert_eq!(host.now.wall, midnight);
    assert_eq!(host.denied(1, 3, "PROE"), -10);
    assert_eq!(host.in_use(), 2, "what is held is not taken away");
    assert_eq!(host.take(1, 1), first);
}

#[test]
fn a_license_begins_at_midnight_utc() {
    let mut host = Host::new("INCREMENT PROE acmed 20.0 permanent 10 CONFIG_ID=1 START=16-jun-2027\n");
    host.open(1);
    assert_eq!(host.denied(1, 1, "PROE"), -31);
    host.wait(12 * HOUR - 1);
    host.open(2);
    assert_eq!(host.denied(2, 1, "PROE"), -31);
    host.wait(1);
    host.take(2, 2);
}

#[test]
fn a_line_that_expires_lowers_its_pool_and_kills_nothing() {
    let lines = "INCREMENT PROE acmed 20.0 15-jun-2027 2 CONFIG_ID=1\n\
                 INCREMENT PROE acmed 20.0 permanent 1 CONFIG_ID=1\n";
    let mut host = Host::new(lines);
    host.wait(12 * HOUR - 1);
    host.open(1);
    let grants = [host.take(1, 1), host.take(1, 2), host.take(1, 3)];
    assert_eq!(host.denied(1, 4, "PROE"), -4);
    host.wait(1);
    assert_eq!(host.in_use(), 3);
    host.checkin(1, grants[0]);
    host.checkin(1, grants[1]);
    assert_eq!(host.denied(1, 5, "PROE"), -4);
    host.checkin(1, grants[2]);
    host.take(1, 6);
    assert_eq!(host.denied(1, 7, "PROE"), -4);
}

#[test]
fn next_due_is_the_nearest_timer_or_look_or_midnight_or_a_minute() {
    let mut host = Host::new(TEN);
    let start = host.now.mono;
    assert_eq!(host.engine.next_due(host.now), Mono(start.0 + 60_000));
    host.open(1);
    host.take(1, 1);
    assert_eq!(host.engine.next_due(host.now), Mono(start.0 + TIMEOUT / 4), "a look, for the session");
    host.wait(TIMEOUT - 1);
    assert_eq!(host.engine.next_due(host.now), Mono(start.0 + TIMEOUT));
    host.wait(1);
    host.wait(HOLD - 1);
    assert_eq!(host.engine.next_due(host.now), Mono(start.0 + TIMEOUT + HOLD));
    host.wait(1);
    host.wait(11 * HOUR + 59 * 60_000 + 30_000 - TIMEOUT - HOLD);
    assert_eq!(host.engine.next_due(host.now).since(host.now.mono).0, 30_000, "midnight");
}
