//! Time-outs, heartbeats by word, holds, and coming back.

use names::{Mono, SessionId};
use seats::word::Beat;
use seats::{Answer, Event, ReturnReason, Standing};

use crate::host::{HOLD, Host, TEN, TIMEOUT};

fn standing(host: &Host, n: u64) -> Option<Standing> {
    host.engine.state().session(SessionId(n)).map(|(_, mark)| mark.standing)
}

#[test]
fn a_dead_sessions_seats_are_free_at_time_out_and_hold_and_not_before() {
    let mut host = Host::new(TEN);
    host.open(1);
    host.take(1, 1);
    host.wait(TIMEOUT - 1);
    assert_eq!(standing(&host, 1), Some(Standing::Live));
    host.wait(1);
    assert_eq!(standing(&host, 1), Some(Standing::Held));
    host.wait(HOLD - 1);
    assert_eq!(host.in_use(), 1);
    assert_eq!(host.ended(), []);
    host.wait(1);
    assert_eq!((host.in_use(), standing(&host, 1)), (0, None));
    assert_eq!(host.ended(), [1]);
    let timed_out = |event: &Event| matches!(event, Event::Returned { why: ReturnReason::TimedOut, .. });
    assert_eq!(host.count(timed_out), 1);
}

#[test]
fn a_session_without_seats_ends_at_its_time_out() {
    let mut host = Host::new(TEN);
    let live = host.open(1);
    host.wait(TIMEOUT);
    assert_eq!(standing(&host, 1), None);
    assert_eq!(host.ended(), [1]);
    assert_eq!(host.beat(&live), Beat::Expired);
    assert!(matches!(host.resume(1).answer, Answer::SessionUnknown));
}

#[test]
fn heartbeats_keep_a_session_without_the_engine() {
    let mut host = Host::new(TEN);
    let live = host.open(1);
    host.take(1, 1);
    let records = host.records.len();
    for _ in 0..20 {
        host.wait(TIMEOUT - 1);
        assert_eq!(host.beat(&live), Beat::Alive);
    }
    assert_eq!(host.records.len(), records, "a heartbeat is no record");
    host.wait(TIMEOUT - 1);
    assert_eq!(standing(&host, 1), Some(Standing::Live));
    host.wait(1);
    assert_eq!(standing(&host, 1), Some(Standing::Held));
    assert_eq!(host.beat(&live), Beat::Expired);
}

#[test]
fn a_heartbeat_that_comes_before_the_owner_looks_is_in_time() {
    let mut host = Host::new(TEN);
    let live = host.open(1);
    host.take(1, 1);
    // The owner is late: the deadline has passed and nobody has looked.
    host.now.mono = host.now.mono.plus(names::Millis(TIMEOUT + 500));
    assert_eq!(host.beat(&live), Beat::Alive);
    host.wait(TIMEOUT - 1);
    assert_eq!(standing(&host, 1), Some(Standing::Live));
}

#[test]
fn gr_30_a_process_that_was_stopped_takes_no_seat_of_a_live_session() {
    for stopped in [TIMEOUT / 2, TIMEOUT, 20 * TIMEOUT] {
        let mut host = Host::new(TEN);
        let live = host.open(1);
        host.take(1, 1);
        host.open_with(2, 1_000, Vec::new());
        host.take(2, 1);
        host.wait(900);
        // Nobody looks, and no heartbeat is taken.
        host.now.mono = host.now.mono.plus(names::Millis(stopped));
        host.wait(999);
        assert_eq!(standing(&host, 1), Some(Standing::Live), "stopped for {stopped} ms");
        assert_eq!(standing(&host, 2), Some(Standing::Live), "stopped for {stopped} ms");
        assert_eq!(host.beat(&live), Beat::Alive);
        // Who is dead is found out after one more time-out, and no later.
        host.wait(1);
        assert_eq!(standing(&host, 2), Some(Standing::Held));
        host.wait(TIMEOUT - 1);
        assert_eq!(standing(&host, 1), Some(Standing::Held));
        host.wait(HOLD);
        assert_eq!(host.in_use(), 0);
    }
}

#[test]
fn gr_30_a_hold_that_ended_while_the_process_was_stopped_is_not_made_longer() {
    let mut host = Host::new(TEN);
    host.open(1);
    host.take(1, 1);
    host.wait(TIMEOUT);
    assert_eq!(standing(&host, 1), Some(Standing::Held));
    host.now.mono = host.now.mono.plus(names::Millis(TIMEOUT));
    host.wait(0);
    assert_eq!(host.in_use(), 0);
}

#[test]
fn gr_30_a_short_pause_changes_nothing() {
    let mut host = Host::new(TEN);
    host.open(1);
    host.take(1, 1);
    host.wait(TIMEOUT - 100);
    host.now.mono = host.now.mono.plus(names::Millis(99));
    host.wait(1);
    assert_eq!(standing(&host, 1), Some(Standing::Held));
}

#[test]
fn a_late_copy_of_a_heartbeat_never_brings_the_deadline_forward() {
    let mut host = Host::new(TEN);
    let live = host.open(1);
    host.take(1, 1);
    host.wait(5_000);
    assert_eq!(host.beat(&live), Beat::Alive);
    assert_eq!(live.word.beat(live.epoch, Mono(3)), Beat::Alive);
    host.wait(TIMEOUT - 1);
    assert_eq!(standing(&host, 1), Some(Standing::Live));
}

#[test]
fn a_session_that_comes_back_in_its_hold_keeps_its_seats() {
    let mut host = Host::new(TEN);
    let old = host.open(1);
    let grant = host.take(1, 1);
    host.wait(TIMEOUT + HOLD - 1);
    let reply = host.resume(1);
    let Answer::Welcome { held, .. } = &reply.answer else { panic!("{:?}", reply.answer) };
    assert_eq!(held.iter().map(|h| h.grant).collect::<Vec<_>>(), [grant]);
    let live = reply.live.unwrap();
    assert_eq!(host.beat(&old), Beat::Replaced, "the old connection speaks for a life that is over");
    // The hold's timer, still set, must not take them.
    host.wait(TIMEOUT - 1);
    assert_eq!(standing(&host, 1), Some(Standing::Live));
    assert_eq!(host.beat(&live), Beat::Alive);
    host.wait(TIMEOUT - 1);
    assert_eq!(host.in_use(), 1);
    assert_eq!(host.take(1, 1), grant);
}

#[test]
fn a_second_hold_is_not_cut_short_by_the_first_ones_timer() {
    let mut host = Host::new(TEN);
    host.open_with(1, 1_000, Vec::new());
    host.take(1, 1);
    host.wait(1_000); // held until 5,000
    host.wait(500);
    host.resume(1); // lives until 2,500
    host.wait(1_000);
    assert_eq!(standing(&host, 1), Some(Standing::Held)); // held until 6,500
    host.wait(2_500); // 5,000: the first hold's timer
    assert_eq!(standing(&host, 1), Some(Standing::Held));
    host.wait(1_499);
    assert_eq!(host.in_use(), 1);
    host.wait(1);
    assert_eq!(host.in_use(), 0);
}

#[test]
fn a_resume_of_a_living_session_gives_one_full_time_out_and_another_life() {
    let mut host = Host::new(TEN);
    let old = host.open(1);
    host.take(1, 1);
    host.wait(9_000);
    let records = host.records.len();
    let live = host.resume(1).live.unwrap();
    assert_eq!(host.records.len(), records, "nothing changed that must be kept");
    assert_eq!(host.beat(&old), Beat::Replaced);
    host.wait(TIMEOUT - 1);
    assert_eq!(host.beat(&live), Beat::Alive);
    assert_eq!(standing(&host, 1), Some(Standing::Live));
}

#[test]
fn a_session_has_the_time_out_it_asked_for_and_never_more_than_the_hosts() {
    let mut host = Host::new(TEN);
    assert_eq!(host.open_with(1, 2_000, Vec::new()).timeout.0, 2_000);
    assert_eq!(host.open_with(2, 1, Vec::new()).timeout.0, 1_000);
    assert_eq!(host.open_with(3, u64::MAX, Vec::new()).timeout.0, TIMEOUT);
    assert_eq!(host.open_with(4, 0, Vec::new()).timeout.0, TIMEOUT);
    host.wait(1_000);
    assert_eq!(host.ended(), [2]);
    host.wait(1_000);
    assert_eq!(host.ended(), [1]);
    host.wait(TIMEOUT);
    assert_eq!(host.ended(), [3, 4]);
}

#[test]
fn sessions_that_are_due_together_are_taken_one_command_at_a_time() {
    let mut host = Host::new(TEN);
    for n in 1..=5 {
        host.open(n);
        host.take(n, 1);
    }
    host.wait(TIMEOUT - 1);
    host.now.mono = host.now.mono.plus(names::Millis(1));
    for left in (0..5).rev() {
        let records = host.records.len();
        assert!(host.run(|engine, now, out| engine.due(now, out)));
        assert_eq!(host.records.len(), records + 1, "{left} left");
    }
    assert!(!host.run(|engine, now, out| engine.due(now, out)));
}

#[test]
fn a_held_session_without_seats_left_ends_with_its_hold() {
    let mut host = Host::new(TEN);
    host.open(1);
    let grant = host.take(1, 1);
    host.wait(TIMEOUT);
    assert!(matches!(host.checkin(1, grant), Answer::Returned { .. }));
    assert_eq!(host.in_use(), 0);
    host.wait(HOLD);
    assert_eq!((standing(&host, 1), host.ended()), (None, vec![1]));
}
