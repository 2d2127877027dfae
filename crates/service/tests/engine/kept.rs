//! Seats with an end of their own: they are free at that time, by timers and after a restart.

use names::{Millis, SessionId, Wall, Word};
use seats::{Answer, Book, Borrow, Event, More, ReturnReason};
use service::{Ask, Live, News};

use crate::host::{HOLD, Host, TIMEOUT, wish};

const LINE: &str = "INCREMENT PROE acmed 20.0 permanent 2 CONFIG_ID=1 LINGER=60 BORROW=168 BORROW_LOST_OK\n";
const PROOF: [u8; 32] = [9; 32];

/// Lets time pass while sessions beat.
fn live_for(host: &mut Host, ms: u64, lives: &[&Live]) {
    let end = host.now.mono.plus(Millis(ms));
    while host.now.mono < end {
        let step = end.since(host.now.mono).0.min(TIMEOUT / 2);
        host.wait(step);
        for live in lives {
            host.beat(live);
        }
    }
}

/// Keeps one seat for a minute, one way or another.
type Keep = fn(&mut Host, u64);

fn linger(host: &mut Host, n: u64) {
    let grant = host.take(n, 1);
    assert!(matches!(host.checkin(n, grant), Answer::Returned { .. }));
}

fn borrow(host: &mut Host, n: u64) {
    let until = Wall(host.now.wall.0 + 60_000);
    let more = More { borrow: Some(Borrow { until, proof: PROOF }), ..More::default() };
    let reply = host.checkout_with(n, 1, more);
    assert!(matches!(reply.answer, Answer::Granted { until: Some(end), .. } if end == until), "{reply:?}");
    let row = reply.borrowed.unwrap();
    assert_eq!((row.session, row.until()), (SessionId(n), Some(until)));
}

fn book(host: &mut Host, n: u64) {
    let job = Word::new("a job", "job7").unwrap();
    let book = Book { ask: wish(n, 1, "PROE"), job, ttl: Millis(60_000) };
    let answer = host.ask(Ask::Book(Box::new(book))).answer;
    assert!(matches!(answer, Answer::Granted { until: Some(_), .. }), "{answer:?}");
}

const WAYS: [(&str, Keep, ReturnReason); 3] = [
    ("linger", linger, ReturnReason::Lingered),
    ("borrow", borrow, ReturnReason::BorrowEnded),
    ("book", book, ReturnReason::BookingEnded),
];

#[test]
fn a_kept_seat_outlives_its_session_and_ends_at_its_time() {
    for (name, keep, why) in WAYS {
        let mut host = Host::new(LINE);
        host.open(1);
        keep(&mut host, 1);
        // The session's time-out and hold pass meanwhile.
        host.wait(60_000 - 1);
        assert_eq!((host.in_use(), host.ended()), (1, vec![1]), "{name}");
        host.wait(1);
        assert_eq!(host.in_use(), 0, "{name}");
        let ended = |event: &Event| matches!(event, Event::Returned { why: by, .. } if *by == why);
        assert_eq!(host.count(ended), 1, "{name}");
    }
}

#[test]
fn its_time_goes_on_while_the_host_is_down() {
    for (name, keep, _) in WAYS {
        for (down, left) in [(0, 60_000), (20_000, 40_000), (59_999, 1)] {
            let mut host = Host::new(LINE);
            host.open(1);
            keep(&mut host, 1);
            let mut host = host.restarted(down);
            host.wait(left - 1);
            assert_eq!(host.in_use(), 1, "{name} {down}");
            host.wait(1);
            assert_eq!(host.in_use(), 0, "{name} {down}");
        }
        let mut host = Host::new(LINE);
        host.open(1);
        keep(&mut host, 1);
        let mut host = host.restarted(3_600_000);
        host.wait(0);
        assert_eq!(host.in_use(), 0, "{name}: it was over before the start");
    }
}

#[test]
fn a_seat_that_came_back_early_leaves_no_timer() {
    let mut host = Host::new(LINE);
    let live = host.open(1);
    borrow(&mut host, 1);
    let grant = host.engine.state().grants_of_pool(&pool(&host)).next().unwrap().id;
    let wrong = host.ask(Ask::ReturnBorrowed(grant, [0; 32])).answer;
    assert!(wrong.is_denial() && host.in_use() == 1, "{wrong:?}");
    assert_eq!(host.ask(Ask::ReturnBorrowed(grant, PROOF)).answer, Answer::Returned { grant });
    assert_eq!(host.in_use(), 0);
    let written = host.records.len();
    live_for(&mut host, 61_000, &[&live]);
    assert_eq!(host.records.len(), written);
}

fn pool(host: &Host) -> names::PoolId {
    host.engine.state().pools().next().unwrap().0.id.clone()
}

#[test]
fn an_idle_sessions_seats_go_back_after_timeout_and_what_is_borrowed_stays() {
    // 900 s are the least that TIMEOUT can be.
    const IDLE: u64 = 900_000;
    let borrowing = "INCREMENT PROE acmed 20.0 permanent 3 CONFIG_ID=1 BORROW=168\n";
    for by_reread in [false, true] {
        let options = "TIMEOUT PROE 900\n";
        let mut host = Host::with(borrowing, if by_reread { "" } else { options });
        let lives = [host.open(1), host.open(2)];
        let lives: Vec<&Live> = lives.iter().collect();
        let grant = host.take(1, 1);
        let until = Wall(host.now.wall.0 + 4 * IDLE.cast_signed());
        let more = More { borrow: Some(Borrow { until, proof: PROOF }), ..More::default() };
        host.checkout_with(1, 2, more);
        host.take(2, 1);
        assert_eq!(host.ask(Ask::Idle(SessionId(1), true)).answer, Answer::Done);
        host.ask(Ask::Idle(SessionId(2), true));
        live_for(&mut host, IDLE / 2, &lives);
        host.ask(Ask::Idle(SessionId(2), false));
        if by_reread {
            host.reread(borrowing, options);
        }
        live_for(&mut host, IDLE / 2 - 1, &lives);
        assert_eq!(host.news(), []);
        host.wait(1);
        let news = host.news();
        let free = Wall(host.now.wall.0 + (TIMEOUT + HOLD).cast_signed());
        assert!(
            matches!(&news[..], [(1, News::Revoked { grant: of, until, .. })] if (*of, *until) == (grant, free)),
            "{news:?}"
        );
        // It does not give it back: it is free all the same. The borrowed one and the other's stay.
        live_for(&mut host, TIMEOUT + HOLD, &lives);
        assert_eq!((host.in_use(), host.news()), (2, vec![]));
        live_for(&mut host, IDLE, &lives);
        assert_eq!((host.in_use(), host.news()), (2, vec![]));
    }
}

#[test]
fn after_a_restart_an_idle_session_has_a_time_out_to_say_that_it_is_not() {
    let mut host = Host::with(LINE, "TIMEOUT PROE 900\n");
    host.open(1);
    host.take(1, 1);
    host.ask(Ask::Idle(SessionId(1), true));
    let mut host = host.restarted(2_000_000);
    let live = host.resume(1).live.unwrap();
    live_for(&mut host, TIMEOUT - 1, &[&live]);
    assert_eq!(host.news(), []);
    host.wait(1);
    assert_eq!(host.news().len(), 1);
}
