//! Coming back to a session, and losing it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod peer;

use std::time::{Duration, Instant};

use client::{CheckoutOptions, Client, Seat, SeatState, State};
use peer::{Conn, Peer, TOKEN, granted, options, session_lost, welcome};
use proto::v1;
use proto::v1::reply::Kind as Says;

fn mill() -> CheckoutOptions {
    CheckoutOptions::new("mill", "4.0")
}

/// A client with session 7 and its grant 40.
async fn with_a_seat(peer: &mut Peer, timeout_ms: u32) -> (Client, Seat, Conn, u64) {
    let servers = peer.servers();
    let (client, (mut conn, _)) =
        tokio::join!(Client::connect(&servers, options()), peer.greets(welcome(7, timeout_ms, vec![])));
    let client = client.unwrap();
    let (seat, request) = tokio::join!(client.checkout(mill()), async {
        let asked = conn.asked().await;
        conn.says(&asked, Says::Granted(granted(40, asked.request_id))).await;
        asked.request_id
    });
    (client, seat.unwrap(), conn, request)
}

#[tokio::test]
async fn a_session_that_is_said_to_be_lost_on_a_live_stream_may_come_back() {
    let mut peer = Peer::new().await;
    let (client, seat, mut conn, request) = with_a_seat(&mut peer, 60_000).await;
    let (second, _conn) = tokio::join!(client.checkout(mill()), async {
        let asked = conn.asked().await;
        conn.says(&asked, session_lost()).await;
        let (mut conn, hello) = peer.greets(welcome(7, 60_000, vec![granted(40, request)])).await;
        let resume = v1::SessionToken { session: 7, token: TOKEN.to_vec().into() };
        assert_eq!((hello.resume, hello.replaces), (Some(resume), vec![]));
        assert_eq!(conn.asked().await, asked, "what had no answer is asked again");
        conn.says(&asked, Says::Granted(granted(41, asked.request_id))).await;
        conn
    });
    assert_eq!(second.unwrap().grant().0, 41);
    assert_eq!((seat.state(), seat.grant().0), (SeatState::Granted, 40));
}

#[tokio::test]
async fn a_new_session_takes_the_place_of_one_that_does_not_come_back() {
    let mut peer = Peer::new().await;
    let (client, seat, mut conn, _) = with_a_seat(&mut peer, 60_000).await;
    let (second, _conn) = tokio::join!(client.checkout(mill()), async {
        let asked = conn.asked().await;
        conn.says(&asked, session_lost()).await;
        let (_, hello) = peer.greets(session_lost()).await;
        assert_eq!(hello.resume.map(|token| token.session), Some(7));
        let (mut conn, hello) = peer.greets(welcome(8, 60_000, vec![])).await;
        let replaced = v1::SessionToken { session: 7, token: TOKEN.to_vec().into() };
        assert_eq!((hello.resume, hello.replaces), (None, vec![replaced]));
        let asked = conn.asked().await;
        conn.says(&asked, Says::Granted(granted(50, asked.request_id))).await;
        conn
    });
    assert!(matches!(seat.state(), SeatState::Lost { .. }));
    assert_eq!(second.unwrap().grant().0, 50);
}

/// An application that computes, or has left its runtime, learns all the same when it must stop.
#[test]
fn a_seat_is_not_held_for_ever_while_the_runtime_does_not_run() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (mut client, mut seat, _conn) = runtime.block_on(async {
        let mut peer = Peer::new().await;
        let (client, seat, conn, _) = with_a_seat(&mut peer, 400).await;
        (client, seat, conn)
    });
    let waits = |until: &dyn Fn() -> bool| {
        let deadline = Instant::now() + peer::DEADLINE;
        while !until() {
            assert!(Instant::now() < deadline, "{:?} {:?}", client.state(), seat.state());
            std::thread::park_timeout(Duration::from_millis(5));
        }
    };
    waits(&|| client.state() != State::Safe && seat.state() != SeatState::Granted);
    waits(&|| client.state() == State::Expired && matches!(seat.state(), SeatState::Lost { .. }));
    // What is told when it runs again is the same, and is told once.
    runtime.block_on(async {
        assert_eq!(client.changed().await, State::Expired);
        assert!(matches!(seat.changed().await, SeatState::Lost { .. }));
        let more = async {
            tokio::select! {
                session = client.changed() => panic!("{session:?}"),
                seat = seat.changed() => panic!("{seat:?}"),
            }
        };
        assert!(tokio::time::timeout(Duration::from_millis(100), more).await.is_err());
    });
}

/// A server that stops waits for its clients: they leave by themselves and come back.
#[tokio::test]
async fn a_client_leaves_a_server_that_stops() {
    let mut peer = Peer::new().await;
    let (client, seat, mut conn, request) = with_a_seat(&mut peer, 60_000).await;
    let (second, (_conn, asked)) = tokio::join!(client.checkout(mill()), async {
        let asked = conn.asked().await;
        conn.drains().await;
        conn.says(&asked, Says::Granted(granted(41, asked.request_id))).await;
        conn.ends().await;
        let held = vec![granted(40, request), granted(41, asked.request_id)];
        let (conn, hello) = peer.greets(welcome(7, 60_000, held.clone())).await;
        assert_eq!(hello.resume.map(|token| token.session), Some(7));
        // The next one stops at once, and does not answer.
        conn.drains().await;
        conn.ends().await;
        let (conn, _) = peer.greets(welcome(7, 60_000, held)).await;
        (conn, asked.request_id)
    });
    assert!(asked > request);
    assert_eq!((second.unwrap().grant().0, seat.state()), (41, SeatState::Granted));
}

#[tokio::test]
async fn a_server_that_stops_and_does_not_answer_is_not_waited_for() {
    let mut peer = Peer::new().await;
    let (client, _seat, mut conn, request) = with_a_seat(&mut peer, 60_000).await;
    let (second, _conn) = tokio::join!(client.checkout(mill()), async {
        let asked = conn.asked().await;
        conn.drains().await;
        conn.ends().await;
        let (mut conn, _) = peer.greets(welcome(7, 60_000, vec![granted(40, request)])).await;
        assert_eq!(conn.asked().await, asked);
        conn.says(&asked, Says::Granted(granted(41, asked.request_id))).await;
        conn
    });
    assert_eq!(second.unwrap().grant().0, 41);
}
