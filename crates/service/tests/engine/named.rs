//! Named seats: whose period ends is told at midnight.

use names::{Code, Date, Email, Expiry, Wall};
use seats::{Answer, AssignmentRow, DeskChange, DeskNote, DeskRow, Identity, LoginRow};
use service::{Ask, News};

use crate::host::{HOLD, Host, TIMEOUT, identity, login};

const NAMED: &str = "INCREMENT PROE acmed 20.0 permanent 2 CONFIG_ID=1 SEAT=NAMED\n";

/// Lee has a seat through the fifteenth, kim for ever; both use it.
fn host() -> Host {
    let mut host = Host::new(NAMED);
    let pool = host.engine.state().pools().next().unwrap().0.id.clone();
    let from = Date::new(2027, 6, 1).unwrap();
    let ends = [Expiry::On(Date::new(2027, 6, 15).unwrap()), Expiry::Permanent];
    for ((n, name), until) in [(1, "lee"), (2, "kim")].into_iter().zip(ends) {
        let email = Email::new(&format!("{name}@example.com")).unwrap();
        let proof = LoginRow { email: email.clone(), token_hash: login(&email) };
        assert_eq!(host.ask(Ask::SetLogin(Box::new(proof))).answer, Answer::Done);
        let row = AssignmentRow { pool: pool.clone(), email: email.clone(), from, until };
        assert_eq!(host.ask(Ask::Assign(Box::new(row))).answer, Answer::Done);
        host.open_as(n, Identity { email: Some(email), ..identity(n) }, 0, Vec::new());
        host.take(n, 1);
    }
    host
}

#[test]
fn a_period_that_ends_takes_the_seat_at_midnight_and_no_other() {
    let host = host();
    let midnight = Date::new(2027, 6, 16).unwrap().start();
    // Both sessions live: the host is moved to a second before midnight, and they come back.
    let down = midnight.0 - host.now.wall.0 - 1_000;
    let mut host = host.restarted(down.cast_unsigned());
    host.resume(1);
    host.resume(2);
    host.wait(999);
    assert_eq!(host.news(), []);
    host.wait(1);
    let until = Wall(midnight.0 + (TIMEOUT + HOLD).cast_signed());
    let news = host.news();
    assert!(
        matches!(&news[..], [(1, News::Revoked { code: Code::NotIncluded, until: end, .. })] if *end == until),
        "{news:?}"
    );
    assert_eq!(host.denied(1, 2, "PROE"), -39);
    host.take(2, 2);
    let live = [host.resume(1).live.unwrap(), host.resume(2).live.unwrap()];
    for _ in 0..2 {
        host.wait((TIMEOUT + HOLD) / 2);
        live.iter().for_each(|live| assert_eq!(host.beat(live), seats::word::Beat::Alive));
    }
    assert_eq!((host.in_use(), host.news(), host.ended()), (1, vec![], vec![]));
}

#[test]
fn a_host_that_was_down_at_midnight_takes_it_at_its_start() {
    let mut host = host().restarted(24 * 3_600_000);
    assert_eq!(host.news().iter().map(|(n, _)| *n).collect::<Vec<_>>(), [1]);
    let answer = host.resume(1).answer;
    assert!(
        matches!(&answer, Answer::Welcome { held, .. } if held[0].revoked == Some(Code::NotIncluded)),
        "{answer:?}"
    );
}

#[test]
fn an_assignment_that_is_taken_back_is_told_at_once() {
    let mut host = host();
    let pool = host.engine.state().pools().next().unwrap().0.id.clone();
    let email = Email::new("kim@example.com").unwrap();
    assert_eq!(host.ask(Ask::Unassign(pool, email)).answer, Answer::Done);
    assert!(matches!(&host.news()[..], [(2, News::Revoked { code: Code::NotIncluded, .. })]));
    assert_eq!(host.denied(2, 9, "PROE"), -39);
}

/// The desk does not know how long a session may take to give a seat back: the engine says it, as of an unassign.
#[test]
fn a_deed_of_the_desk_takes_seats_back_as_an_unassign_does() {
    let mut host = host();
    let pool = host.engine.state().pools().next().unwrap().0.id.clone();
    let lee = Email::new("lee@example.com").unwrap();
    let change = DeskChange {
        puts: vec![DeskRow { key: "case/1".into(), value: b"{}".as_slice().into() }],
        unassign: vec![(pool, lee)],
        until: Wall(1),
        ..DeskChange::new(DeskNote::new("kim@example.com", "unassign", "lee@example.com"))
    };
    let ask = Ask::Desk(Box::new(change));
    assert!(!ask.gives_back() && !ask.takes_seats() && !ask.is_reread());
    assert_eq!(host.ask(ask).answer, Answer::Done);
    assert_eq!(host.engine.state().desk_rows().count(), 1);
    let until = Wall(host.now.wall.0 + (TIMEOUT + HOLD).cast_signed());
    let news = host.news();
    assert!(
        matches!(&news[..], [(1, News::Revoked { code: Code::NotIncluded, until: end, .. })] if *end == until),
        "{news:?}"
    );
}
