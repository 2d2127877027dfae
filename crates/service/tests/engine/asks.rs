//! What is answered at once, what ends a session, and who it concerns.

use names::SessionId;
use seats::word::Beat;
use seats::{Answer, Event};
use service::Ask;

use crate::host::{Host, TEN, token_hash};

#[test]
fn only_what_gives_nothing_is_told_before_it_is_on_the_disk() {
    let mut host = Host::new("INCREMENT PROE acmed 20.0 permanent 1 CONFIG_ID=11470\n");
    host.open(1);
    assert!(!host.checkout_of(1, 1, "PROE").at_once);
    assert!(
        !host.checkout_of(1, 1, "PROE").at_once,
        "nor the same grant again: it may not be on the disk yet"
    );
    assert!(host.checkout_of(1, 2, "PROE").at_once);
    assert!(host.checkout_of(9, 1, "PROE").at_once);
    assert!(!host.resume(1).at_once);
    assert!(!host.ask(Ask::Close(SessionId(1))).at_once);
}

#[test]
fn a_close_ends_the_word_and_is_told_once() {
    let mut host = Host::new(TEN);
    let live = host.open(1);
    host.take(1, 1);
    host.take(1, 2);
    for _ in 0..2 {
        assert!(matches!(host.ask(Ask::Close(SessionId(1))).answer, Answer::Closed));
    }
    assert_eq!((host.in_use(), host.ended()), (0, vec![1]));
    assert_eq!(host.beat(&live), Beat::Expired);
    assert_eq!(host.ended(), []);
}

#[test]
fn a_replaced_session_is_told_so_and_its_seats_are_free_in_the_same_step() {
    let mut host = Host::new("INCREMENT PROE acmed 20.0 permanent 1 CONFIG_ID=11470\n");
    let old = host.open(1);
    let grant = host.take(1, 1);
    host.open_with(2, 0, vec![(SessionId(1), [0; 32]), (SessionId(8), token_hash(8))]);
    assert_eq!(host.in_use(), 1, "a wrong token replaces nothing");
    assert_eq!(host.beat(&old), Beat::Alive);
    host.open_with(3, 0, vec![(SessionId(1), token_hash(1))]);
    assert_eq!((host.in_use(), host.ended()), (0, vec![1]));
    assert_eq!(host.beat(&old), Beat::Expired);
    assert_ne!(host.take(3, 1), grant);
}

#[test]
fn a_stop_is_written_down_and_ends_no_session() {
    let mut host = Host::new(TEN);
    host.open(1);
    let grant = host.take(1, 1);
    host.run(|engine, now, out| engine.stop(now, out));
    assert_eq!(host.records.last().map(|r| &r.event), Some(&Event::Stopped));
    let mut host = host.restarted(0);
    assert_eq!(host.records.first().map(|r| &r.event), Some(&Event::Started));
    assert_eq!(host.take(1, 1), grant);
}

#[test]
fn a_start_on_the_same_licenses_writes_no_pool_again() {
    let mut host = Host::new(TEN);
    host.open(1);
    host.take(1, 1);
    let host = host.restarted(0);
    assert_eq!(host.count(|event| matches!(event, Event::PoolSet(_))), 0);
    assert_eq!(host.records.len(), 1);
}
