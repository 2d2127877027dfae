//! What a restart gives and takes: time, never seats.

use names::{Code, Millis, SessionId, Wall};
use seats::word::Beat;
use seats::{Answer, Standing};
use service::{Ask, News, Settings};

use crate::host::{GRACE, HOLD, Host, TEN, TIMEOUT};

fn standing(host: &Host, n: u64) -> Option<Standing> {
    host.engine.state().session(SessionId(n)).map(|(_, mark)| mark.standing)
}

#[test]
fn a_restart_gives_every_living_session_one_full_time_out() {
    let mut host = Host::new(TEN);
    host.open(1);
    let grant = host.take(1, 1);
    host.wait(TIMEOUT - 1);
    // Down for much longer than time-out and hold: nobody is punished for it.
    let mut host = host.restarted(10 * (TIMEOUT + HOLD));
    host.wait(TIMEOUT - 1);
    assert_eq!(standing(&host, 1), Some(Standing::Live));
    assert_eq!(host.take(1, 1), grant);
    host.wait(1);
    assert_eq!(standing(&host, 1), Some(Standing::Held));
    host.wait(HOLD - 1);
    assert_eq!(host.in_use(), 1);
    host.wait(1);
    assert_eq!(host.in_use(), 0);
}

#[test]
fn a_restart_gives_every_held_session_one_full_time_out_and_hold_and_no_more() {
    let mut host = Host::new(TEN);
    host.open(1);
    host.take(1, 1);
    host.wait(TIMEOUT + HOLD - 1);
    let mut host = host.restarted(0);
    assert_eq!(standing(&host, 1), Some(Standing::Held));
    // It may have come back, and been told so by a heartbeat, in a batch that was lost.
    host.wait(TIMEOUT + HOLD - 1);
    assert_eq!(host.in_use(), 1);
    host.wait(1);
    assert_eq!((host.in_use(), standing(&host, 1), host.ended()), (0, None, vec![1]));
}

#[test]
fn a_held_session_comes_back_after_a_restart_too() {
    let mut host = Host::new(TEN);
    host.open(1);
    let grant = host.take(1, 1);
    host.wait(TIMEOUT);
    let mut host = host.restarted(0);
    let (_, unresumed) = host.engine.live_sessions().next().unwrap();
    assert_eq!(host.beat(&unresumed), Beat::Expired, "a heartbeat alone does not bring it back");
    host.wait(HOLD - 1);
    let reply = host.resume(1);
    assert!(matches!(&reply.answer, Answer::Welcome { held, .. } if held[0].grant == grant), "{reply:?}");
    host.wait(TIMEOUT - 1);
    assert_eq!(standing(&host, 1), Some(Standing::Live));
    assert_eq!(host.beat(&reply.live.unwrap()), Beat::Alive);
}

#[test]
fn what_survived_a_restart_can_be_kept_alive_without_a_resume() {
    let mut host = Host::new(TEN);
    host.open(1);
    host.take(1, 1);
    host.open(2);
    let mut host = host.restarted(0);
    let live: Vec<_> = host.engine.live_sessions().collect();
    let [(session, live)] = &live[..] else { panic!("{live:?}") };
    assert_eq!((session.0, live.token_hash), (1, crate::host::token_hash(1)));
    host.wait(TIMEOUT - 1);
    assert_eq!(host.beat(live), Beat::Alive);
    host.wait(TIMEOUT - 1);
    assert_eq!(standing(&host, 1), Some(Standing::Live));
    assert!(matches!(host.resume(2).answer, Answer::SessionUnknown), "it had no grant, so it was not kept");
}

#[test]
fn a_restart_with_a_shorter_hold_keeps_what_clients_were_promised() {
    let mut host = Host::new(TEN);
    host.open(1);
    host.take(1, 1);
    // The administrator makes grace and hold much shorter; the client out of reach was told the old ones.
    let shorter = Settings::new(Millis(TIMEOUT), Millis(GRACE / 10), Millis(HOLD / 5)).unwrap();
    let mut host = host.restarted_with(0, shorter);
    host.wait(TIMEOUT + HOLD - 1);
    assert_eq!(host.in_use(), 1, "the client still believes in its seat");
    host.wait(1);
    assert_eq!(host.in_use(), 0);
}

/// The wall time at which sessions are told that their revoked seats are free.
fn told(host: &mut Host) -> Vec<(u64, Wall)> {
    let news = host.news().into_iter();
    let untils = news.map(|(n, news)| match news {
        News::Revoked { code: Code::Removed, until, .. } => (n, until),
        other => panic!("{other:?}"),
    });
    untils.collect()
}

#[test]
fn a_seat_that_was_taken_away_is_not_free_earlier_because_the_clock_was_set_forward_meanwhile() {
    for day in [0, 86_400_000] {
        let mut host = Host::new(TEN);
        host.open(1);
        let grant = host.take(1, 1);
        let at = host.now.wall;
        host.ask(Ask::Revoke(grant, Code::Removed));
        assert_eq!(told(&mut host), [(1, Wall(at.0 + (TIMEOUT + HOLD).cast_signed()))]);
        host.wait(TIMEOUT / 2);
        let mut host = host.restarted(day);
        // Its client comes back and goes on for all the time that any client has.
        let live = host.resume(1).live.unwrap();
        let mut left = TIMEOUT + HOLD - 1;
        while left > 0 {
            let step = left.min(TIMEOUT / 2);
            host.wait(step);
            assert_eq!((host.in_use(), host.beat(&live)), (1, Beat::Alive), "day {day}, {left} ms left");
            left -= step;
        }
        host.wait(1);
        assert_eq!((host.in_use(), standing(&host, 1)), (0, Some(Standing::Live)), "day {day}");
    }
}

#[test]
fn a_seat_is_taken_away_after_the_longest_time_that_a_session_was_promised() {
    let mut host = Host::new(TEN);
    host.open(1);
    let grant = host.take(1, 1);
    // Time-out and hold are much shorter now; the client out of reach was told the old ones.
    let shorter = Settings::new(Millis(TIMEOUT / 10), Millis(GRACE / 10), Millis(HOLD / 5)).unwrap();
    let mut host = host.restarted_with(0, shorter);
    let at = host.now.wall;
    host.ask(Ask::Revoke(grant, Code::Removed));
    assert_eq!(told(&mut host), [(1, Wall(at.0 + (TIMEOUT + HOLD).cast_signed()))]);
    host.wait(TIMEOUT + HOLD - 1);
    assert_eq!(host.in_use(), 1);
    host.wait(1);
    assert_eq!(host.in_use(), 0);
}
