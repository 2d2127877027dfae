//! A disk that takes 5.5 s for one flush: nobody is told anything early, and nobody's session ends. And
//! one that is full: what can be done without it is done, and the rest as soon as there is room.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends where something is not as it must be"
)]

mod support;

use std::time::{Duration, Instant};

use client::{CheckoutOptions, Client, SeatState, State};
use proto::v1;
use proto::v1::seats_client::SeatsClient;
use support::strace::{Tracer, make_room, start_on_a_full_disk};
use support::{DEADLINE, Site, servers};

/// More than a session's time-out, and more than what the daemon says in its log.
const FLUSH: Duration = Duration::from_millis(5_500);

#[tokio::test]
async fn st_15_a_flush_of_five_seconds_is_waited_for_and_ends_no_session() {
    let site = Site::new().configure("[session]\ntimeout_ms = 3000\ngrace_ms = 1000\nhold_ms = 4000\n");
    let daemon = site.start();
    let options = site.options("kim", "ws01", "02aa10201101");
    let client = Client::connect(&servers(daemon.address), options).await.unwrap();
    let first = client.checkout(CheckoutOptions::new("PROENGINEER", "20.0")).await.unwrap();

    let tracer = Tracer::slow_the_disk(daemon.pid(), FLUSH, true);
    let began = Instant::now();
    let checkout = client.checkout(CheckoutOptions::new("PROENGINEER", "20.0"));
    // Whoever only looks waits for nobody.
    let look = async {
        let mut calls = SeatsClient::connect(format!("http://{}", daemon.address)).await.unwrap();
        let pools = calls.status(v1::StatusRequest::default()).await.unwrap().into_inner().pools;
        (pools[0].in_use, began.elapsed())
    };
    let (second, (in_use, looked)) =
        tokio::time::timeout(DEADLINE, async { tokio::join!(checkout, look) }).await.unwrap();
    let second = second.unwrap();
    assert!(began.elapsed() >= FLUSH, "an answer came before the disk had it, after {:?}", began.elapsed());
    assert!(looked < FLUSH && in_use == 1, "{in_use} in use, seen after {looked:?}");
    assert_eq!((first.state(), second.state()), (SeatState::Granted, SeatState::Granted));
    assert_eq!(client.state(), State::Safe);
    drop(tracer);
    let log = daemon.log();
    assert!(log.contains("the disk took long to flush the journal"), "{log}");
    first.checkin().await.unwrap();
    second.checkin().await.unwrap();
    client.close().await.unwrap();
}

#[tokio::test]
async fn st_10_on_a_full_disk_seats_are_returned_and_not_taken_until_there_is_room() {
    let mut site =
        Site::new().configure("[session]\ntimeout_ms = 60000\ngrace_ms = 30000\nhold_ms = 40000\n");
    let daemon = site.start();
    site.listen_again(daemon.address);
    let site = std::sync::Arc::new(site);
    let options = site.options("kim", "ws01", "02aa10201101");
    let client = Client::connect(&servers(daemon.address), options).await.unwrap();
    let mut held = Vec::new();
    for _ in 0..2 {
        held.push(client.checkout(CheckoutOptions::new("PROENGINEER", "20.0")).await.unwrap());
    }
    daemon.kill9();
    let again = std::sync::Arc::clone(&site);
    let daemon = tokio::task::spawn_blocking(move || start_on_a_full_disk(&again)).await.unwrap();

    let refused =
        tokio::time::timeout(DEADLINE, client.checkout(CheckoutOptions::new("PROENGINEER", "20.0")));
    let Err(client::Error::Denied { code, message, .. }) = refused.await.unwrap() else {
        panic!("a seat was given that could not be written down");
    };
    assert!(code == names::Code::Busy && message.contains("disk is full"), "{code:?}: {message}");
    held.pop().unwrap().checkin().await.unwrap();
    assert_eq!(held[0].state(), SeatState::Granted);
    assert!(client.state() == State::Safe);

    make_room(daemon.pid());
    let deadline = Instant::now() + DEADLINE;
    let seat = loop {
        match client.checkout(CheckoutOptions::new("PROENGINEER", "20.0")).await {
            Ok(seat) => break seat,
            Err(e) => assert!(Instant::now() < deadline, "{e}"),
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(seat.state(), SeatState::Granted);
    client.close().await.unwrap();
}
