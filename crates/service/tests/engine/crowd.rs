//! How many sessions one client's host may have.

use names::{Code, SessionId};
use seats::{Answer, Identity};
use service::{Ask, Settings};

use crate::host::{HOLD, Host, TEN, TIMEOUT, identity, settings, token_hash};

/// Three sessions of a host.
fn three() -> Settings {
    settings().with_sessions_per_host(3)
}

/// Opens session `n` from an address, in the place of another; 0 or the code, with its words.
fn open(host: &mut Host, n: u64, address: &str, replaces: &[(u64, [u8; 32])]) -> (i32, String) {
    let ask = Ask::Open {
        session: SessionId(n),
        token_hash: token_hash(n),
        login: None,
        identity: Box::new(Identity { address: address.parse().ok(), ..identity(n % 10) }),
        timeout: names::Millis(0),
        replaces: replaces.iter().map(|(n, hash)| (SessionId(*n), *hash)).collect(),
    };
    match host.ask(ask).answer {
        Answer::Welcome { .. } => (0, String::new()),
        Answer::Denied(denial) => (denial.code.number(), denial.detail.to_string()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_more_than_a_host_may_have_is_refused_and_others_are_served() {
    let mut host = Host::new(TEN).restarted_with(0, three());
    for n in 1..=3 {
        assert_eq!(open(&mut host, n, "10.8.1.2", &[]).0, 0);
    }
    let (code, words) = open(&mut host, 4, "10.8.1.2", &[]);
    assert_eq!(code, Code::NoConnectionsLeft.number());
    assert_eq!(
        words,
        "10.8.1.2 has 3 sessions, and a host may have 3 ([limits] sessions_per_host in the daemon's \
         configuration); end some of them, or raise it"
    );
    // The same host over IPv6, and others; where no address is known, hosts by their names.
    assert_eq!(open(&mut host, 5, "::ffff:10.8.1.2", &[]).0, -106);
    assert_eq!(open(&mut host, 6, "10.8.1.3", &[]).0, 0);
    for (n, code) in [(17, 0), (27, 0), (37, 0), (47, -106), (48, 0)] {
        assert_eq!(open(&mut host, n, "", &[]).0, code, "{n}");
    }
    // Who leaves makes room, also for who is held or has timed out without a seat.
    host.ask(Ask::Close(SessionId(2)));
    assert_eq!(open(&mut host, 7, "10.8.1.2", &[]).0, 0);
    assert_eq!(open(&mut host, 8, "10.8.1.2", &[]).0, -106);
    host.wait(TIMEOUT);
    assert_eq!(open(&mut host, 9, "10.8.1.2", &[]).0, 0);
}

#[test]
fn what_a_session_replaces_makes_room_for_it_and_nothing_else_does() {
    let mut host = Host::new(TEN).restarted_with(0, three());
    for n in 1..=3 {
        assert_eq!(open(&mut host, n, "127.0.0.1", &[]).0, 0);
    }
    assert_eq!(open(&mut host, 14, "127.0.0.2", &[]).0, 0);
    let own = (1, token_hash(1));
    for wrong in [&[(1, token_hash(2))][..], &[(9, token_hash(9))], &[(14, token_hash(14))], &[]] {
        assert_eq!(open(&mut host, 5, "127.0.0.1", wrong).0, -106, "{wrong:?}");
    }
    assert_eq!(open(&mut host, 5, "127.0.0.1", &[own, own]).0, 0);
    assert_eq!(open(&mut host, 6, "127.0.0.1", &[own]).0, -106, "it was replaced before");
    assert_eq!(host.ended(), [1]);
}

#[test]
fn sessions_that_survive_a_restart_count_and_stay_whatever_the_limit_is() {
    let mut host = Host::new(TEN).restarted_with(0, three());
    for n in 1..=3 {
        assert_eq!(open(&mut host, n, "127.0.0.1", &[]).0, 0);
        host.take(n, 1);
    }
    let mut host = host.restarted_with(0, settings().with_sessions_per_host(2));
    assert_eq!(host.in_use(), 3);
    assert!(matches!(host.resume(1).answer, Answer::Welcome { .. }));
    assert_eq!(open(&mut host, 4, "127.0.0.1", &[]).0, -106);
    // Held sessions count until their hold has passed.
    host.wait(TIMEOUT);
    assert_eq!(open(&mut host, 5, "127.0.0.1", &[]).0, -106);
    host.wait(HOLD);
    assert_eq!((host.in_use(), open(&mut host, 6, "127.0.0.1", &[]).0), (0, 0));
}
