//! What is answered at once, what ends a session, and who it concerns.

use names::{Code, Feature, SessionId};
use seats::word::Beat;
use seats::{Answer, Event};
use service::{Ask, News};

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

/// Two pools of PROE, of version 20 and 21, and one of MESH.
const THREE: &str = "INCREMENT PROE acmed 20.0 permanent 1 CONFIG_ID=1\nINCREMENT PROE acmed 21.0 permanent 1 CONFIG_ID=2\n\
                     INCREMENT MESH acmed 20.0 permanent 1 CONFIG_ID=3\n";

#[test]
fn holders_are_told_but_those_of_pools_with_a_no_ask_line() {
    for (options, told, rule) in [
        ("", &[1, 2][..], None),
        ("NO_ASK MESH", &[1, 2], None),
        ("NO_ASK PROE:VERSION=20", &[2], None),
        ("NO_ASK PROE", &[], Some("acmed.opt:1: `NO_ASK PROE`")),
        ("LINGER 60\nNO_ASK\nNO_ASK PROE", &[], Some("acmed.opt:2: `NO_ASK`")),
    ] {
        let mut host = Host::with(THREE, options);
        for n in [1, 2, 3] {
            host.open(n);
        }
        host.take(1, 1);
        host.take(2, 1);
        let mut ask =
            |feature: &str| host.ask(Ask::Colleagues(SessionId(3), Feature::new(feature).unwrap())).answer;
        let answer = ask("PROE");
        match rule {
            None => assert_eq!(answer, Answer::Asked(told.iter().map(|n| SessionId(*n)).collect())),
            Some(rule) => {
                let Answer::Denied(denial) = &answer else { panic!("{options}: {answer:?}") };
                assert_eq!(denial.code, Code::UnsupportedRequest);
                let why = format!("those who hold PROE are not told who waits, by {rule}");
                assert_eq!(denial.detail.to_string(), why, "{options}");
                // Who was refused has not asked, and may ask at once.
                assert!(
                    matches!(ask("PROE"), Answer::Denied(denial) if denial.code == Code::UnsupportedRequest)
                );
            }
        }
        let news = host.news();
        assert!(news.iter().all(|(_, news)| matches!(news, News::Wanted { .. })), "{news:?}");
        assert_eq!(news.iter().map(|(n, _)| *n).collect::<Vec<_>>(), told, "{options}");
    }
}

#[test]
fn colleagues_are_asked_once_a_minute() {
    let mut host = Host::new(TEN);
    let live = [host.open(1), host.open(2)];
    host.take(1, 1);
    let ask = |host: &mut Host| host.ask(Ask::Colleagues(SessionId(2), Feature::new("PROE").unwrap())).answer;
    assert_eq!(ask(&mut host), Answer::Asked(vec![SessionId(1)]));
    for _ in 0..12 {
        assert!(matches!(ask(&mut host), Answer::Denied(denial) if denial.code == Code::Busy));
        host.wait(5_000);
        live.iter().for_each(|live| assert_eq!(host.beat(live), Beat::Alive));
    }
    assert_eq!(ask(&mut host), Answer::Asked(vec![SessionId(1)]));
}
