//! Coming back to a session, and losing it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod peer;

use client::{CheckoutOptions, Client, Seat, SeatState};
use peer::{Conn, Peer, TOKEN, granted, options, session_lost, welcome};
use proto::v1;
use proto::v1::reply::Kind as Says;

fn mill() -> CheckoutOptions {
    CheckoutOptions::new("mill", "4.0")
}

/// A client with session 7 and its grant 40.
async fn with_a_seat(peer: &mut Peer) -> (Client, Seat, Conn, u64) {
    let servers = peer.servers();
    let (client, (mut conn, _)) =
        tokio::join!(Client::connect(&servers, options()), peer.greets(welcome(7, 60_000, vec![])));
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
    let (client, seat, mut conn, request) = with_a_seat(&mut peer).await;
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
    let (client, seat, mut conn, _) = with_a_seat(&mut peer).await;
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
