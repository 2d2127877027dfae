//! The line: who is told, once, and after a restart too.

use names::{GrantId, RequestId};
use seats::{Answer, More};
use service::{Ask, News};

use crate::host::{HOLD, Host, TIMEOUT};

const ONE: &str = "INCREMENT PROE acmed 20.0 permanent 1 CONFIG_ID=1\n";

/// Session 1 holds the only seat, and the others wait.
fn waiting(others: &[u64]) -> (Host, GrantId) {
    let mut host = Host::new(ONE);
    host.open(1);
    let grant = host.take(1, 1);
    for (at, n) in others.iter().enumerate() {
        host.open(*n);
        let answer = wait(&mut host, *n);
        assert!(matches!(answer, Answer::Queued { position, .. } if position == at + 1), "{answer:?}");
    }
    (host, grant)
}

fn wait(host: &mut Host, n: u64) -> Answer {
    host.checkout_with(n, 1, More { queue: Some(0), ..More::default() }).answer
}

/// Who was granted what they waited for.
fn granted(host: &mut Host) -> Vec<u64> {
    let news = host.news().into_iter();
    news.map(|(n, news)| match news {
        News::Granted { request: RequestId(1), borrowed: None, .. } => n,
        other => panic!("{other:?}"),
    })
    .collect()
}

#[test]
fn the_first_in_line_is_told_once() {
    let (mut host, grant) = waiting(&[2, 3]);
    assert_eq!(granted(&mut host), []);
    host.checkin(1, grant);
    assert_eq!(granted(&mut host), [2]);
    assert_eq!(granted(&mut host), []);
    // Who asks again has the answer, and no news.
    assert!(matches!(wait(&mut host, 2), Answer::Granted { .. }));
    assert_eq!(granted(&mut host), []);
    host.ask(Ask::Close(names::SessionId(2)));
    assert_eq!(granted(&mut host), [3]);
}

#[test]
fn a_place_survives_a_restart_and_waits_for_its_session() {
    for holder_first in [true, false] {
        let (host, grant) = waiting(&[2, 3]);
        let mut host = host.restarted(0);
        let answer = host.resume(1).answer;
        assert!(matches!(answer, Answer::Welcome { held, .. } if held.len() == 1));
        if holder_first {
            host.checkin(1, grant);
            assert_eq!(granted(&mut host), [], "nobody is there to be told");
        }
        let Answer::Welcome { waiting, .. } = host.resume(2).answer else { panic!("2 is known") };
        // It is welcomed with its place, and then told.
        assert_eq!(waiting.len(), 1);
        if !holder_first {
            assert_eq!(granted(&mut host), []);
            host.checkin(1, grant);
        }
        assert_eq!(granted(&mut host), [2]);
        host.resume(3);
        assert_eq!(granted(&mut host), []);
    }
}

#[test]
fn whoever_waits_and_dies_leaves_the_line() {
    let (mut host, grant) = waiting(&[2, 3]);
    for _ in 0..4 {
        host.wait((TIMEOUT + HOLD) / 4);
        for n in [1, 3] {
            host.resume(n);
        }
    }
    assert_eq!(host.ended(), [2]);
    host.checkin(1, grant);
    assert_eq!(granted(&mut host), [3]);
}

#[test]
fn a_connection_that_is_gone_is_passed_over_unless_another_speaks_for_the_session() {
    let (mut host, grant) = waiting(&[2, 3]);
    let old = host.resume(2).live.unwrap();
    host.resume(2);
    host.ask(Ask::Detach(names::SessionId(2), old.epoch));
    host.checkin(1, grant);
    assert_eq!(granted(&mut host), [2], "the end of an old connection does not count");

    let (mut host, grant) = waiting(&[2, 3]);
    let live = host.resume(2).live.unwrap();
    host.ask(Ask::Detach(names::SessionId(2), live.epoch));
    host.checkin(1, grant);
    assert_eq!(granted(&mut host), [3]);
}
