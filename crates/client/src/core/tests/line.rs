//! Waiting in line.

use std::time::Duration;

use super::*;

type Answered = oneshot::Receiver<Result<Taken, Error>>;

fn queued(position: u64, expected_ms: u64) -> Says {
    Says::Queued(v1::Queued { position, expected_ms })
}

fn late(granted: v1::Granted) -> v1::Notice {
    v1::Notice { session: 7, kind: Some(v1::notice::Kind::Granted(granted)) }
}

fn withdraws(waiting_request: u64) -> Asks {
    Asks::Withdraw(v1::Withdraw { waiting_request })
}

impl Desk {
    /// A request that waits in line at the third place, since 1,500 ms.
    fn waiter(&mut self) -> (u64, Answered, watch::Receiver<Option<Place>>) {
        let (answered, place) = self.checkout_in_line(Some(2));
        let (number, kind) = self.sent_one();
        assert!(matches!(kind, Asks::Checkout(v1::Checkout { queue: true, priority: 2, .. })));
        self.says(7, number, queued(3, 60_000));
        (number, answered, place)
    }

    fn notes(&mut self, notice: v1::Notice) {
        self.core.notice(notice, Boot(1_600), today());
    }

    fn comes_back(&mut self, held: Vec<v1::Granted>, waiting: Vec<u64>) {
        self.core.disconnected();
        let welcome = v1::Welcome { waiting, ..welcome(7, held) };
        self.core.welcomed(&lic1(), &welcome, &[0; 32], Boot(2_000)).unwrap();
    }
}

#[test]
fn a_place_in_line_is_told_and_the_seat_comes_unasked() {
    let mut desk = desk(false);
    let (number, mut answered, place) = desk.waiter();
    let third = Place { position: 3, expected: Some(Duration::from_secs(60)) };
    assert_eq!(*place.borrow(), Some(third));
    assert!(desk.core.is_idle() && answered.try_recv().is_err());
    desk.notes(late(granted(40, number)));
    let (_, seat, _) = answered.try_recv().unwrap().unwrap().keep();
    assert_eq!((seat.borrow().state.clone(), seat.borrow().grant), (SeatState::Granted, GrantId(40)));
    // The same notice again, and one of another session, change nothing.
    desk.notes(late(granted(40, number)));
    desk.notes(v1::Notice { session: 8, ..late(granted(41, number)) });
    assert!(desk.sent().is_empty());
}

#[test]
fn a_place_is_asked_for_anew_now_and_then_with_the_same_number() {
    let mut desk = desk(false);
    let (number, mut answered, mut place) = desk.waiter();
    place.borrow_and_update();
    let beats = |desk: &mut Desk, now| {
        desk.core.tick(Boot(now), true);
        let sent = desk.sent();
        for (beat, kind) in &sent {
            if matches!(kind, Asks::Heartbeat(_)) {
                desk.says_at(Boot(now), 7, *beat, Says::Alive(v1::Alive {}));
            }
        }
        sent.into_iter().filter(|(_, kind)| matches!(kind, Asks::Checkout(_))).collect::<Vec<_>>()
    };
    for now in [4_400, 8_000, 12_000, 16_000] {
        assert!(beats(&mut desk, now).is_empty());
    }
    assert_eq!(desk.core.tick(Boot(16_400), true), Tick::Until(Boot(16_500)));
    let again = beats(&mut desk, 16_500);
    assert!(matches!(again.as_slice(), [(n, _)] if *n == number));
    // A worse place is told as well; the same one is not.
    desk.says_at(Boot(16_600), 7, number, queued(4, 0));
    assert!(place.has_changed().unwrap());
    assert_eq!(*place.borrow_and_update(), Some(Place { position: 4, expected: None }));
    for now in [20_000, 24_000, 28_000] {
        assert!(beats(&mut desk, now).is_empty());
    }
    assert_eq!(beats(&mut desk, 31_600).len(), 1);
    desk.says_at(Boot(31_700), 7, number, queued(4, 0));
    assert!(!place.has_changed().unwrap());
    // The seat comes while the place is being asked for, and the answer behind it is no second seat.
    for now in [35_000, 39_000, 43_000] {
        beats(&mut desk, now);
    }
    assert_eq!(beats(&mut desk, 46_700).len(), 1);
    desk.notes(late(granted(40, number)));
    desk.says_at(Boot(46_800), 7, number, Says::Granted(granted(40, number)));
    assert!(answered.try_recv().unwrap().is_ok());
    let back = Asks::Checkin(v1::Checkin { grant: 40 });
    assert!(desk.sent().into_iter().all(|(_, kind)| kind == back), "only the seat that was dropped here");
}

#[test]
fn qu_a_place_survives_the_connection() {
    for is_granted in [false, true] {
        let mut desk = desk(false);
        let (number, mut answered, place) = desk.waiter();
        let held = if is_granted { vec![granted(40, number)] } else { vec![] };
        let waiting = if is_granted { vec![] } else { vec![number] };
        desk.comes_back(held, waiting);
        let (again, kind) = desk.sent_one();
        assert_eq!(again, number, "the same request");
        assert!(matches!(kind, Asks::Checkout(_)));
        if is_granted {
            // It was granted while we were away, and is not given back.
            desk.says(7, number, Says::Granted(granted(40, number)));
            assert!(answered.try_recv().unwrap().is_ok());
        } else {
            desk.says(7, number, queued(1, 0));
            assert_eq!(*place.borrow(), Some(Place { position: 1, expected: None }));
            assert!(answered.try_recv().is_err());
        }
    }
}

#[test]
fn a_place_that_ended_meanwhile_is_asked_for_under_another_number() {
    let mut desk = desk(false);
    let (number, mut answered, _place) = desk.waiter();
    desk.comes_back(vec![], vec![]);
    let (again, kind) = desk.sent_one();
    assert!(again > number && matches!(kind, Asks::Checkout(_)));
    let denied = v1::Denied { code: -10, message: "expired (-10)".into(), ..v1::Denied::default() };
    desk.says(7, again, Says::Denied(denied));
    assert_eq!(answered.try_recv().unwrap().unwrap_err().code(), Code::Expired);
    // A place that nobody here knows is left.
    desk.comes_back(vec![], vec![number]);
    assert_eq!(desk.sent_one().1, withdraws(number));
}

#[test]
fn a_lost_session_lines_up_again_at_the_end() {
    let mut desk = desk(false);
    let (number, mut answered, place) = desk.waiter();
    desk.core.disconnected();
    assert_eq!(desk.core.session_lost(), Verdict::Go);
    desk.core.welcomed(&lic1(), &welcome(8, vec![]), &[0; 32], Boot(2_000)).unwrap();
    let (again, kind) = desk.sent_one();
    assert!(again > number && matches!(kind, Asks::Checkout(v1::Checkout { queue: true, .. })));
    desk.says(8, again, queued(9, 0));
    assert_eq!(place.borrow().unwrap().position, 9);
    assert!(answered.try_recv().is_err());
    // The end of the grace is the end of the wait, too.
    desk.core.disconnected();
    assert_eq!(desk.core.tick(Boot(90_000), false), Tick::Expired);
    assert!(matches!(answered.try_recv(), Ok(Err(Error::Expired { .. }))));
}

#[test]
fn whoever_goes_leaves_the_line() {
    let mut desk = desk(false);
    let (number, answered, _place) = desk.waiter();
    drop(answered);
    desk.core.ask(Ask::Sweep);
    let (withdraw, kind) = desk.sent_one();
    assert_eq!(kind, withdraws(number));
    // It was granted at the same moment: the seat goes back.
    desk.notes(late(granted(40, number)));
    assert_eq!(desk.sent_one().1, Asks::Checkin(v1::Checkin { grant: 40 }));
    desk.notes(late(granted(40, number)));
    assert!(desk.sent().is_empty(), "it is on its way already");
    desk.says(7, withdraw, Says::Withdrawn(v1::Withdrawn {}));

    // Gone before the server has said anything.
    let (answered, _place) = desk.checkout_in_line(Some(0));
    let (number, _) = desk.sent_one();
    drop(answered);
    desk.core.ask(Ask::Sweep);
    assert!(desk.sent().is_empty());
    desk.says(7, number, queued(1, 0));
    assert_eq!(desk.sent_one().1, withdraws(number));

    // A busy server is told again.
    let (number, answered, _place) = desk.waiter();
    drop(answered);
    desk.core.ask(Ask::Sweep);
    let (withdraw, _) = desk.sent_one();
    desk.says_at(Boot(2_000), 7, withdraw, busy());
    desk.core.tick(Boot(2_200), true);
    assert_eq!(desk.sent_one().1, withdraws(number));
}

#[test]
fn a_wait_without_hope_ends_with_the_servers_words() {
    let mut desk = desk(false);
    let (number, mut answered, _place) = desk.waiter();
    let hopeless = |request_id| v1::Notice {
        session: 7,
        kind: Some(v1::notice::Kind::Hopeless(v1::Hopeless { request_id })),
    };
    desk.notes(hopeless(number));
    let (again, _) = desk.sent_one();
    assert!(again > number);
    let denied = v1::Denied { code: -26, message: "too many (-26)".into(), ..v1::Denied::default() };
    desk.says(7, again, Says::Denied(denied));
    assert_eq!(answered.try_recv().unwrap().unwrap_err().to_string(), "too many (-26)");
    // A server that cannot make up its mind is not asked for ever.
    let (number, mut answered, _place) = desk.waiter();
    desk.notes(hopeless(number));
    let (again, _) = desk.sent_one();
    desk.says(7, again, queued(1, 0));
    desk.notes(hopeless(again));
    assert_eq!(answered.try_recv().unwrap().unwrap_err().code(), Code::NotServed);
    assert!(desk.sent().is_empty());
}

#[test]
fn a_place_that_was_not_asked_for_is_refused() {
    let mut desk = desk(false);
    let mut answered = desk.checkout();
    let (number, _) = desk.sent_one();
    desk.says(7, number, queued(1, 0));
    assert_eq!(answered.try_recv().unwrap().unwrap_err().code(), Code::BadServerData);
    assert_eq!(desk.sent_one().1, withdraws(number));
}
