//! Seats that are taken away, colleagues, and commands whose answers are passed on.

use super::*;

fn revokes(grant: u64) -> v1::Notice {
    let revoked = v1::Revoked { grant, code: -92, message: "reread".into(), until_ms: 0 };
    v1::Notice { session: 7, kind: Some(v1::notice::Kind::Revoked(revoked)) }
}

fn is_revoked(seat: &watch::Receiver<Holding>) -> bool {
    matches!(&seat.borrow().state, SeatState::Revoked { code: Code::Removed, why } if why == "reread")
}

impl Desk {
    fn notes_at(&mut self, now: u64, notice: v1::Notice) {
        self.core.notice(notice, Boot(now), today());
    }

    fn call(&mut self, kind: Asks) -> oneshot::Receiver<Result<Says, Error>> {
        let (answer, answered) = oneshot::channel();
        self.core.ask(Ask::Call { kind: Box::new(kind), answer });
        answered
    }
}

#[test]
fn a_seat_that_is_taken_away_is_not_held_and_goes_back_by_itself() {
    let mut desk = desk(true);
    let (key, seat) = desk.seat(40);
    desk.notes_at(2_000, revokes(40));
    assert!(is_revoked(&seat));
    // Told twice, it goes back no later; an answered heartbeat does not make it a seat again.
    desk.notes_at(5_500, revokes(40));
    assert_eq!(desk.core.tick(Boot(5_600), true), Tick::Until(Boot(6_000)));
    let (beat, _) = desk.sent_one();
    desk.says_at(Boot(5_700), 7, beat, Says::Alive(v1::Alive {}));
    assert!(is_revoked(&seat));
    desk.core.tick(Boot(5_999), true);
    assert!(desk.sent().is_empty());
    desk.core.tick(Boot(6_000), true);
    let (number, kind) = desk.sent_one();
    assert_eq!(kind, Asks::Checkin(v1::Checkin { grant: 40 }));
    desk.says(7, number, Says::Returned(v1::Returned { grant: 40 }));
    assert!(is_revoked(&seat), "it stays so");
    desk.core.tick(Boot(6_100), true);
    assert!(desk.sent().is_empty(), "it goes back once");
    // The application gives it back later, and all is well.
    let (answer, mut answered) = oneshot::channel();
    desk.core.ask(Ask::Checkin { seat: key, answer: Some(answer) });
    assert!(matches!(answered.try_recv(), Ok(Ok(()))));
    assert_eq!(seat.borrow().state, SeatState::Returned);
}

#[test]
fn an_application_gives_a_revoked_seat_back_first() {
    let mut desk = desk(false);
    let (key, seat) = desk.seat(40);
    desk.notes_at(2_000, revokes(40));
    desk.core.ask(Ask::Checkin { seat: key, answer: None });
    assert_eq!(desk.sent_one().1, Asks::Checkin(v1::Checkin { grant: 40 }));
    assert_eq!(seat.borrow().state, SeatState::Returned);
    assert_eq!(desk.core.tick(Boot(4_000), true), Tick::Until(Boot(4_333)));
}

#[test]
fn a_seat_that_was_taken_away_meanwhile_is_known_by_the_welcome() {
    let mut desk = desk(true);
    let (_, seat) = desk.seat(40);
    let (_, other) = desk.seat(41);
    desk.core.disconnected();
    let held = vec![v1::Granted { revoked: -92, ..granted(40, 1) }, granted(41, 2)];
    desk.core.welcomed(&lic1(), &welcome(7, held), &[0; 32], Boot(2_000)).unwrap();
    assert!(matches!(seat.borrow().state, SeatState::Revoked { code: Code::Removed, .. }));
    assert_eq!(other.borrow().state, SeatState::Granted);
    // Not even `reacquire` takes it again: when it is gone, it is gone.
    desk.core.disconnected();
    desk.core.welcomed(&lic1(), &welcome(7, vec![granted(41, 2)]), &[0; 32], Boot(3_000)).unwrap();
    assert!(desk.sent().is_empty());
    desk.core.session_lost();
    desk.core.welcomed(&lic1(), &welcome(8, vec![]), &[0; 32], Boot(3_500)).unwrap();
    let sent = desk.sent();
    assert!(matches!(sent.as_slice(), [(_, Asks::Checkout(_))]), "only the other one: {sent:?}");
    assert!(matches!(seat.borrow().state, SeatState::Revoked { .. }));
    assert_eq!(desk.core.tick(Boot(90_000), false), Tick::Expired);
    assert!(matches!(seat.borrow().state, SeatState::Revoked { .. }));
    assert!(matches!(other.borrow().state, SeatState::Lost { .. }));
}

#[test]
fn lg_02_colleagues_are_told_of_with_fit_names() {
    let mut desk = desk(false);
    let wanted = v1::Wanted { feature: "mill".into(), user: "lee\u{1b}".into(), host: "ws2".into() };
    desk.notes_at(2_000, v1::Notice { session: 7, kind: Some(v1::notice::Kind::Wanted(wanted)) });
    let heard = desk.colleagues.try_recv().unwrap();
    assert_eq!((heard.feature.as_str(), heard.user.as_str(), heard.host.as_str()), ("mill", "lee?", "ws2"));
}

#[test]
fn a_commands_answer_is_passed_on_and_asked_for_until_it_comes() {
    let mut desk = desk(false);
    let mut answered = desk.call(Asks::Ask(v1::Ask { feature: "mill".into() }));
    let before = desk.sent_one();
    desk.core.disconnected();
    desk.core.welcomed(&lic1(), &welcome(7, vec![]), &[0; 32], Boot(2_000)).unwrap();
    assert_eq!(desk.sent_one(), before, "with the same number");
    desk.says(7, before.0, Says::Asked(v1::Asked { told: 3 }));
    assert_eq!(answered.try_recv().unwrap().unwrap(), Says::Asked(v1::Asked { told: 3 }));
    // A refusal is the caller's.
    let mut answered = desk.call(Asks::Unbook(v1::Unbook { grant: 9 }));
    let (number, _) = desk.sent_one();
    desk.says(7, number, busy());
    assert!(matches!(answered.try_recv(), Ok(Err(Error::Denied { retry_after_ms: 200, .. }))));
}

#[test]
fn bo_09_seats_without_a_session_are_not_taken_twice() {
    let borrow = v1::Borrow { until_ms: 1, proof_hash: vec![1; 32].into() };
    let borrow = Asks::Checkout(v1::Checkout { borrow: Some(borrow), ..v1::Checkout::default() });
    let book = Asks::Book(v1::Book::default());
    for kind in [borrow, book] {
        let mut desk = desk(false);
        let mut sent = desk.call(kind.clone());
        let before = desk.sent_one();
        // The same session answers the same number with the same grant.
        desk.core.disconnected();
        desk.core.welcomed(&lic1(), &welcome(7, vec![]), &[0; 32], Boot(2_000)).unwrap();
        assert_eq!(desk.sent_one(), before);
        // Another session would take another seat.
        let mut unsent = desk.call(kind.clone());
        desk.core.session_lost();
        assert!(matches!(sent.try_recv(), Ok(Err(Error::SessionLost { .. }))));
        desk.core.welcomed(&lic1(), &welcome(8, vec![]), &[0; 32], Boot(2_500)).unwrap();
        let (number, again) = desk.sent_one();
        assert_eq!(again, kind);
        let line = v1::SignedLine { key_id: "line".into(), ..v1::SignedLine::default() };
        let first = v1::Granted { line: Some(line.clone()), until_ms: 1, ..granted(50, number) };
        desk.says(8, number, Says::Granted(first));
        assert!(unsent.try_recv().unwrap().is_ok());
        // The server shows a line once a session; here it is remembered.
        let mut second = desk.call(kind);
        let (number, _) = desk.sent_one();
        desk.says(8, number, Says::Granted(v1::Granted { until_ms: 1, ..granted(51, number) }));
        let Ok(Ok(Says::Granted(second))) = second.try_recv() else { panic!("it is granted") };
        assert_eq!(second.line, Some(line));
        // What a welcome lists of them is no stray seat.
        desk.core.disconnected();
        let held = vec![v1::Granted { until_ms: 1, ..granted(50, 3) }];
        desk.core.welcomed(&lic1(), &welcome(8, held), &[0; 32], Boot(3_000)).unwrap();
        assert!(desk.sent().is_empty());
    }
}

#[test]
fn an_idle_application_is_idle_in_its_next_session_too() {
    let mut desk = desk(false);
    let mut answered = desk.call(Asks::Idle(v1::Idle { idle: true }));
    let (number, _) = desk.sent_one();
    desk.says(7, number, Says::Alive(v1::Alive {}));
    assert!(answered.try_recv().unwrap().is_ok());
    desk.core.session_lost();
    desk.core.welcomed(&lic1(), &welcome(8, vec![]), &[0; 32], Boot(2_000)).unwrap();
    assert_eq!(desk.sent_one().1, Asks::Idle(v1::Idle { idle: true }));
}
