use names::{Code, Date, Feature, SeatCount, Version};
use proto::v1;
use proto::v1::command::Kind as Asks;
use proto::v1::reply::Kind as Says;
use tokio::sync::{mpsc, oneshot};

use super::*;
use crate::Place;

mod line;
mod notices;

/// A core with an open session 7 at lic1: time-out 10 s, grace 5 s, hello sent at 1,000 ms.
struct Desk {
    core: Core,
    asks: mpsc::UnboundedReceiver<Ask>,
    colleagues: broadcast::Receiver<Colleague>,
    _sender: mpsc::UnboundedSender<Ask>,
}

const SENT: Boot = Boot(1_000);

fn welcome(session: u64, held: Vec<v1::Granted>) -> v1::Welcome {
    let token = vec![9; 32].into();
    v1::Welcome { session, token, timeout_ms: 10_000, grace_ms: 5_000, held, ..v1::Welcome::default() }
}

fn lic1() -> Server {
    Server::new("lic1", 27000).unwrap()
}

fn today() -> Date {
    Date::parse("20-oct-2027").unwrap()
}

fn desk(reacquire: bool) -> Desk {
    let (sender, asks) = mpsc::unbounded_channel();
    let (colleagues, heard) = broadcast::channel(4);
    let setup = Setup {
        trust: TrustPolicy::Unverified,
        workstation: None,
        reacquire,
        asks: sender.downgrade(),
        colleagues,
    };
    let mut core = Core::new(setup);
    core.welcomed(&lic1(), &welcome(7, vec![]), &[0; 32], SENT).unwrap();
    Desk { core, asks, colleagues: heard, _sender: sender }
}

fn granted(grant: u64, request_id: u64) -> v1::Granted {
    let pool = v1::PoolName {
        vendor: "acmed".into(),
        config_id: "11470".into(),
        cpu_id: "02aa10203040".into(),
        feature: "mill".into(),
        pooling: String::new(),
    };
    v1::Granted { grant, pool: Some(pool), seats: 1, request_id, ..v1::Granted::default() }
}

fn lost() -> Says {
    Says::Denied(v1::Denied {
        code: -22,
        message: "unknown".into(),
        session_lost: true,
        ..v1::Denied::default()
    })
}

fn busy() -> Says {
    let message = "busy (-67)".into();
    Says::Denied(v1::Denied { code: -67, message, retry_after_ms: 200, ..v1::Denied::default() })
}

impl Desk {
    fn checkout(&mut self) -> oneshot::Receiver<Result<Taken, Error>> {
        self.checkout_in_line(None).0
    }

    fn checkout_in_line(
        &mut self,
        queue: Option<u8>,
    ) -> (oneshot::Receiver<Result<Taken, Error>>, watch::Receiver<Option<Place>>) {
        let (answer, answered) = oneshot::channel();
        let (place, places) = watch::channel(None);
        let wanted = Wanted {
            feature: Feature::new("mill").unwrap(),
            version: Version::new("4.0").unwrap(),
            seats: SeatCount::ONE,
            vendor: None,
            config: None,
            data: None,
            job: None,
            queue,
        };
        self.core.ask(Ask::Checkout { wanted: Box::new(wanted), answer, place });
        (answered, places)
    }

    /// A seat that is held: its key and its watch.
    fn seat(&mut self, grant: u64) -> (u64, watch::Receiver<Holding>) {
        let mut answered = self.checkout();
        let number = self.sent_one().0;
        self.says(7, number, Says::Granted(granted(grant, number)));
        let (key, holding, _) = answered.try_recv().unwrap().unwrap().keep();
        (key, holding)
    }

    fn sent(&mut self) -> Vec<(u64, Asks)> {
        self.core.take_commands().into_iter().map(|c| (c.request_id, c.kind.unwrap())).collect()
    }

    fn sent_one(&mut self) -> (u64, Asks) {
        let mut sent = self.sent();
        assert_eq!(sent.len(), 1, "{sent:?}");
        sent.remove(0)
    }

    fn says(&mut self, session: u64, request_id: u64, kind: Says) -> Verdict {
        self.says_at(Boot(1_500), session, request_id, kind)
    }

    fn says_at(&mut self, now: Boot, session: u64, request_id: u64, kind: Says) -> Verdict {
        self.core.reply(v1::Reply { request_id, session, kind: Some(kind) }, now, today())
    }
}

#[test]
fn a_lease_counts_from_when_the_answered_heartbeat_was_sent() {
    let mut desk = desk(false);
    let (_, seat) = desk.seat(40);
    let state = desk.core.standing();
    assert_eq!(desk.core.tick(Boot(2_000), true), Tick::Until(Boot(1_000 + 3_333)));
    assert_eq!(desk.core.tick(Boot(4_400), true), Tick::Until(Boot(4_400 + 3_333)));
    let (beat, kind) = desk.sent_one();
    assert!(matches!(kind, Asks::Heartbeat(_)));
    // The answer comes late; it counts from 4,400 all the same.
    desk.says(7, beat, Says::Alive(v1::Alive {}));
    desk.core.disconnected();
    assert_eq!(desk.core.tick(Boot(13_399), false), Tick::Until(Boot(13_400)));
    assert_eq!(state.borrow().said, State::Safe);
    assert_eq!(desk.core.tick(Boot(13_400), false), Tick::Jeopardy(Boot(18_400)));
    assert_eq!((state.borrow().said, seat.borrow().state.clone()), (State::Jeopardy, SeatState::Jeopardy));
    assert_eq!(desk.core.tick(Boot(18_399), false), Tick::Jeopardy(Boot(18_400)));
    let mut waiting = desk.checkout();
    assert_eq!(desk.core.tick(Boot(18_400), false), Tick::Expired);
    assert_eq!(state.borrow().said, State::Expired);
    assert!(matches!(seat.borrow().state, SeatState::Lost { code: Code::NoConnection, .. }));
    assert!(matches!(waiting.try_recv(), Ok(Err(Error::Expired { after_ms: 14_000 }))));
}

#[test]
fn a_session_comes_back_from_jeopardy_with_its_seats() {
    let mut desk = desk(false);
    let (_, seat) = desk.seat(40);
    desk.core.disconnected();
    assert_eq!(desk.core.tick(Boot(10_500), false), Tick::Jeopardy(Boot(15_000)));
    desk.core.welcomed(&lic1(), &welcome(7, vec![granted(40, 1)]), &[0; 32], Boot(11_000)).unwrap();
    assert_eq!(seat.borrow().state, SeatState::Granted);
    assert_eq!(desk.core.standing().borrow().said, State::Safe);
    assert_eq!(desk.core.tick(Boot(11_001), true), Tick::Until(Boot(11_000 + 3_333)));
    assert!(desk.sent().is_empty());
}

#[test]
fn unanswered_requests_are_sent_again_with_their_numbers() {
    let mut desk = desk(false);
    let (key, _) = desk.seat(40);
    let mut waiting = desk.checkout();
    desk.core.ask(Ask::Checkin { seat: key, answer: None });
    let before = desk.sent();
    assert_eq!(before.len(), 2);
    desk.core.disconnected();
    desk.core.welcomed(&lic1(), &welcome(7, vec![granted(40, 1)]), &[0; 32], Boot(2_000)).unwrap();
    assert_eq!(desk.sent(), before, "the seat being returned is not lost, and is returned again");
    desk.says(7, before[0].0, Says::Granted(granted(41, before[0].0)));
    assert!(waiting.try_recv().unwrap().is_ok());
    // The same answer twice changes nothing.
    assert_eq!(desk.says(7, before[0].0, Says::Granted(granted(41, before[0].0))), Verdict::Go);
    assert!(desk.sent().is_empty());
}

#[test]
fn a_seat_the_server_does_not_hold_is_reported_lost_and_an_unknown_one_returned() {
    let mut desk = desk(false);
    let (key, seat) = desk.seat(40);
    desk.core.disconnected();
    desk.core.welcomed(&lic1(), &welcome(7, vec![granted(99, 77)]), &[0; 32], Boot(2_000)).unwrap();
    assert!(matches!(seat.borrow().state, SeatState::Lost { code: Code::Removed, .. }));
    let (number, kind) = desk.sent_one();
    assert_eq!(kind, Asks::Checkin(v1::Checkin { grant: 99 }));
    desk.says(7, number, Says::Returned(v1::Returned { grant: 99 }));
    let (answer, mut answered) = oneshot::channel();
    desk.core.ask(Ask::Checkin { seat: key, answer: Some(answer) });
    assert!(matches!(answered.try_recv(), Ok(Err(Error::SessionLost { .. }))));
}

#[test]
fn a_lost_session_loses_its_seats_and_asks_again_for_the_rest() {
    let mut desk = desk(false);
    let (_, seat) = desk.seat(40);
    let mut waiting = desk.checkout();
    let (number, _) = desk.sent_one();
    assert_eq!(desk.says(7, number, lost()), Verdict::SessionLost);
    assert_eq!(desk.core.session_lost(), Verdict::Go);
    assert!(matches!(seat.borrow().state, SeatState::Lost { .. }));
    assert!(desk.sent().is_empty(), "nothing is sent without a session");
    desk.core.welcomed(&lic1(), &welcome(8, vec![]), &[0; 32], Boot(2_000)).unwrap();
    let (again, kind) = desk.sent_one();
    assert!(again > number && matches!(kind, Asks::Checkout(_)));
    // An answer of the old session is not taken for one of the new.
    desk.says(7, again, Says::Granted(granted(50, again)));
    assert!(waiting.try_recv().is_err());
    desk.says(8, again, Says::Granted(granted(51, again)));
    assert!(waiting.try_recv().unwrap().is_ok());
}

#[test]
fn a_lost_seat_is_taken_again_only_when_that_was_asked_for() {
    let mut desk = desk(true);
    let (key, seat) = desk.seat(40);
    let (_, second) = desk.seat(41);
    desk.core.session_lost();
    assert_eq!(seat.borrow().state, SeatState::Jeopardy);
    desk.core.welcomed(&lic1(), &welcome(8, vec![]), &[0; 32], Boot(2_000)).unwrap();
    let sent = desk.sent();
    assert_eq!(sent.len(), 2);
    desk.says(8, sent[0].0, Says::Granted(granted(60, sent[0].0)));
    assert_eq!((seat.borrow().state.clone(), seat.borrow().grant), (SeatState::Granted, GrantId(60)));
    let denied = v1::Denied { code: -4, message: "all taken (-4)".into(), ..v1::Denied::default() };
    desk.says(8, sent[1].0, Says::Denied(denied));
    assert!(matches!(second.borrow().state, SeatState::Lost { code: Code::AllTaken, .. }));
    desk.core.ask(Ask::Checkin { seat: key, answer: None });
    assert_eq!(desk.sent_one().1, Asks::Checkin(v1::Checkin { grant: 60 }));
}

#[test]
fn a_seat_nobody_waits_for_goes_back() {
    let mut desk = desk(false);
    drop(desk.checkout());
    let (number, _) = desk.sent_one();
    desk.says(7, number, Says::Granted(granted(40, number)));
    let ask = desk.asks.try_recv().expect("the seat returns itself");
    desk.core.ask(ask);
    assert_eq!(desk.sent_one().1, Asks::Checkin(v1::Checkin { grant: 40 }));
}

#[test]
fn a_grant_that_is_not_what_was_asked_for_is_refused_and_returned() {
    let other = |change: fn(&mut v1::Granted)| {
        let mut grant = granted(40, 0);
        change(&mut grant);
        grant
    };
    for bad in [
        other(|g| g.pool = None),
        other(|g| g.seats = 0),
        other(|g| g.pool.as_mut().unwrap().feature = "lathe".into()),
        other(|g| g.pool.as_mut().unwrap().vendor = "a\nb".into()),
    ] {
        let mut desk = desk(false);
        let mut waiting = desk.checkout();
        let (number, _) = desk.sent_one();
        desk.says(7, number, Says::Granted(bad));
        let error = waiting.try_recv().unwrap().unwrap_err();
        assert_eq!(error.code(), Code::BadServerData, "{error}");
        assert_eq!(desk.sent_one().1, Asks::Checkin(v1::Checkin { grant: 40 }));
    }
}

#[test]
fn a_stream_carries_a_limited_number_of_open_questions() {
    let mut desk = desk(false);
    let waiting: Vec<_> = (0..2000).map(|_| desk.checkout()).collect();
    let mut sent = Vec::new();
    loop {
        let some = desk.sent();
        if some.is_empty() {
            break;
        }
        assert!(some.len() <= limits::COMMANDS_PER_MESSAGE_MAX);
        sent.extend(some);
    }
    let max = limits::IN_FLIGHT_PER_STREAM_MAX;
    assert!((max - 8..max).contains(&sent.len()), "{}", sent.len());
    assert!(sent.is_sorted_by_key(|(number, _)| *number) && !desk.core.has_commands());
    // A heartbeat always has a place.
    desk.core.tick(Boot(4_400), true);
    assert!(desk.core.has_commands());
    let (beat, kind) = desk.sent_one();
    assert!(matches!(kind, Asks::Heartbeat(_)));
    desk.says(7, beat, Says::Alive(v1::Alive {}));
    assert!(!desk.core.has_commands());
    desk.says(7, sent[0].0, Says::Granted(granted(1, sent[0].0)));
    assert_eq!(desk.sent().len(), 1);
    assert_eq!(waiting.len(), 2000);
}

#[test]
fn a_goodbye_returns_everything_and_is_the_end() {
    for by_loss in [false, true] {
        let mut desk = desk(false);
        let (_, seat) = desk.seat(40);
        let (answer, mut answered) = oneshot::channel();
        desk.core.ask(Ask::Close { answer });
        assert_eq!(seat.borrow().state, SeatState::Returned);
        let (number, kind) = desk.sent_one();
        assert!(matches!(kind, Asks::Goodbye(_)));
        let verdict = if by_loss {
            assert_eq!(desk.says(7, number, lost()), Verdict::SessionLost);
            desk.core.session_lost()
        } else {
            desk.says(7, number, Says::Closed(v1::Closed {}))
        };
        assert_eq!(verdict, Verdict::Over);
        assert!(matches!(answered.try_recv(), Ok(Ok(()))));
        assert_eq!(desk.core.standing().borrow().said, State::Closed);
    }
}

#[test]
fn what_a_busy_server_puts_off_is_asked_again() {
    let mut desk = desk(true);
    let (key, _) = desk.seat(40);
    let (answer, mut answered) = oneshot::channel();
    desk.core.ask(Ask::Checkin { seat: key, answer: Some(answer) });
    let (number, kind) = desk.sent_one();
    desk.says_at(Boot(2_000), 7, number, busy());
    assert!(answered.try_recv().is_err(), "it is not returned yet");
    assert_eq!(desk.core.tick(Boot(2_000), true), Tick::Until(Boot(2_200)));
    assert_eq!(desk.core.tick(Boot(2_199), true), Tick::Until(Boot(2_200)));
    assert!(!desk.core.has_commands());
    desk.core.tick(Boot(2_200), true);
    let (later, same) = desk.sent_one();
    assert!(later > number && same == kind);
    desk.says(7, later, Says::Returned(v1::Returned { grant: 40 }));
    assert!(matches!(answered.try_recv(), Ok(Ok(()))));

    // So is a seat that nobody waits for, or that was not what was asked for.
    let mut waiting = desk.checkout();
    let (number, _) = desk.sent_one();
    desk.says(7, number, Says::Granted(v1::Granted { seats: 0, ..granted(41, number) }));
    assert!(matches!(waiting.try_recv(), Ok(Err(Error::Unproved { .. }))));
    let (number, kind) = desk.sent_one();
    desk.says_at(Boot(2_300), 7, number, busy());
    // A connection made meanwhile asks at once.
    desk.core.disconnected();
    desk.core.welcomed(&lic1(), &welcome(7, vec![granted(41, 3)]), &[0; 32], Boot(2_400)).unwrap();
    let (number, same) = desk.sent_one();
    assert_eq!(same, kind);
    desk.says(7, number, Says::Returned(v1::Returned { grant: 41 }));

    // And a seat that is taken again, as long as it is wanted; and the goodbye.
    let (_, seat) = desk.seat(42);
    let (unwanted, _) = desk.seat(43);
    desk.core.session_lost();
    desk.core.welcomed(&lic1(), &welcome(8, vec![]), &[0; 32], Boot(2_500)).unwrap();
    let sent = desk.sent();
    desk.core.ask(Ask::Checkin { seat: unwanted, answer: None });
    for (number, _) in &sent {
        desk.says_at(Boot(2_600), 8, *number, busy());
    }
    assert_eq!(seat.borrow().state, SeatState::Jeopardy);
    desk.core.tick(Boot(2_800), true);
    let (number, kind) = desk.sent_one();
    assert!(matches!(kind, Asks::Checkout(_)));
    desk.says(8, number, Says::Granted(granted(44, number)));
    assert_eq!(seat.borrow().state, SeatState::Granted);
    desk.core.goodbye(None);
    let (number, _) = desk.sent_one();
    assert_eq!(desk.says_at(Boot(2_900), 8, number, busy()), Verdict::Go);
    desk.core.tick(Boot(3_100), true);
    let (number, kind) = desk.sent_one();
    assert!(matches!(kind, Asks::Goodbye(_)));
    assert_eq!(desk.says(8, number, Says::Closed(v1::Closed {})), Verdict::Over);
}

#[test]
fn the_ends_of_lease_and_grace_are_said_beforehand() {
    let mut desk = desk(false);
    let standing = desk.core.standing();
    let ends = || (standing.borrow().lease_end, standing.borrow().grace_end);
    assert_eq!(ends(), (Boot(10_000), Boot(15_000)));
    let (_, seat) = desk.seat(40);
    desk.core.tick(Boot(4_400), true);
    let (beat, _) = desk.sent_one();
    desk.says(7, beat, Says::Alive(v1::Alive {}));
    assert_eq!(ends(), (Boot(13_400), Boot(18_400)));
    assert_eq!(standing.borrow().at(Boot(13_400)), State::Jeopardy);
    // The grace passes while the driver does not run. An answer that waited does not bring it back.
    desk.core.tick(Boot(8_000), true);
    let (beat, _) = desk.sent_one();
    desk.says_at(Boot(18_400), 7, beat, Says::Alive(v1::Alive {}));
    assert_eq!(ends(), (Boot(13_400), Boot(18_400)));
    let given_up = standing.borrow().of_seat(&seat.borrow().state, Boot(18_400));
    assert_eq!(desk.core.tick(Boot(90_000), true), Tick::Expired);
    assert_eq!(seat.borrow().state, given_up);
}

#[test]
fn a_seat_returned_while_it_is_taken_again_is_not_asked_for_and_does_not_stay() {
    let mut desk = desk(true);
    let (unsent, _) = desk.seat(40);
    let (sent, _) = desk.seat(41);
    desk.core.session_lost();
    desk.core.ask(Ask::Checkin { seat: unsent, answer: None });
    desk.core.welcomed(&lic1(), &welcome(8, vec![]), &[0; 32], Boot(2_000)).unwrap();
    let (number, _) = desk.sent_one();
    assert_eq!(desk.core.in_flight(), 1, "only the one that was sent");
    // The other one may be granted already, and is returned when it is.
    desk.core.ask(Ask::Checkin { seat: sent, answer: None });
    desk.core.disconnected();
    desk.core.welcomed(&lic1(), &welcome(8, vec![granted(50, number)]), &[0; 32], Boot(2_100)).unwrap();
    assert_eq!(desk.sent_one().0, number);
    desk.says(8, number, Says::Granted(granted(50, number)));
    let (number, kind) = desk.sent_one();
    assert_eq!(kind, Asks::Checkin(v1::Checkin { grant: 50 }));
    desk.says(8, number, Says::Returned(v1::Returned { grant: 50 }));
    assert_eq!(desk.core.in_flight(), 0);
}
