//! A disk that takes 5.5 s for one flush: nobody is told anything early, and nobody's session ends. And
//! one that is full: what can be done without it is done, and the rest as soon as there is room. And one
//! that fails, under the journal or under sled. The log and the metrics say each, and the remedy.

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
use support::metrics::METRICS;
use support::strace::{Tracer, make_room, start_on_a_full_disk};
use support::{DEADLINE, Site, servers};

/// More than a session's time-out, and more than what the daemon says in its log.
const FLUSH: Duration = Duration::from_millis(5_500);

#[tokio::test]
async fn st_15_a_flush_of_five_seconds_is_waited_for_and_ends_no_session() {
    let site = Site::new().configure("[session]\ntimeout_ms = 3000\ngrace_ms = 1000\nhold_ms = 4000\n");
    let site = site.configure(METRICS);
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
    assert!(
        log.contains("the disk took long to flush the journal") && log.contains("see what else"),
        "{log}"
    );
    let metrics = daemon.metrics();
    let slow = ["seatkeeper_journal_flush_slow", "seatkeeper_journal_slow_flushes_total"];
    assert_eq!(slow.map(|name| metrics.get(name)), [1.0, 1.0], "{}", metrics.0);
    first.checkin().await.unwrap();
    let metrics = daemon.metrics();
    assert_eq!(slow.map(|name| metrics.get(name)), [0.0, 1.0], "{}", metrics.0);
    second.checkin().await.unwrap();
    client.close().await.unwrap();
}

#[tokio::test]
async fn st_10_on_a_full_disk_seats_are_returned_and_not_taken_until_there_is_room() {
    let mut site =
        Site::new().configure("[session]\ntimeout_ms = 60000\ngrace_ms = 30000\nhold_ms = 40000\n");
    site = site.configure(METRICS);
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
    let metrics = daemon.metrics();
    assert_eq!(metrics.get("seatkeeper_disk_full"), 1.0);
    assert!(metrics.get("seatkeeper_journal_left_bytes") > 0.0 && daemon.log().contains("the disk is full"));
    assert!(
        metrics.get("seatkeeper_denials_total{vendor=\"\",feature=\"\",code=\"-23\"}") >= 1.0,
        "{}",
        metrics.0
    );

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
    assert_eq!(daemon.metrics().get("seatkeeper_disk_full"), 0.0);
    assert!(daemon.log().contains("the disk has room again"));
    client.close().await.unwrap();
}

#[tokio::test]
async fn st_12_a_flush_of_the_journal_that_fails_ends_the_daemon_which_says_so_and_loses_nothing() {
    let mut site =
        Site::new().configure("[session]\ntimeout_ms = 60000\ngrace_ms = 30000\nhold_ms = 40000\n");
    site = site.configure(METRICS);
    let daemon = site.start();
    site.listen_again(daemon.address);
    let site = std::sync::Arc::new(site);
    let options = site.options("kim", "ws01", "02aa10201101");
    let client = Client::connect(&servers(daemon.address), options).await.unwrap();
    let held = client.checkout(CheckoutOptions::new("PROENGINEER", "20.0")).await.unwrap();
    let began = daemon.metrics().get("process_start_time_seconds");

    let tracer = Tracer::harm_flushes(daemon.pid(), "owner", "error=EIO:when=1");
    let ended = async {
        let again = std::sync::Arc::clone(&site);
        let wait = move || (daemon.wait_to_end(), again.start());
        tokio::task::spawn_blocking(wait).await.unwrap()
    };
    let checkout = client.checkout(CheckoutOptions::new("PROENGINEER", "20.0"));
    let (second, ((status, log), daemon)) =
        tokio::time::timeout(DEADLINE, async { tokio::join!(checkout, ended) }).await.unwrap();
    tracer.wait();
    assert_eq!(status.code(), Some(74), "{log}");
    assert!(
        log.contains("the journal failed, and the daemon ends") && log.contains("start the daemon again"),
        "{log}"
    );
    assert!(daemon.metrics().get("process_start_time_seconds") > began, "another start");
    let second = second.unwrap();
    assert_eq!((held.state(), second.state()), (SeatState::Granted, SeatState::Granted));
    client.close().await.unwrap();
}

#[tokio::test]
async fn a_disk_that_fails_under_sled_sets_it_aside_and_the_next_start_makes_it_again() {
    let site = Site::new().configure(METRICS);
    let daemon = site.start();
    daemon.metrics_with("seatkeeper_seat_state_behind_records", 0.0);
    let tracer = Tracer::harm_flushes(daemon.pid(), "seat-apply", "error=EIO");
    let options = site.options("kim", "ws01", "02aa10201101");
    let client = Client::connect(&servers(daemon.address), options).await.unwrap();
    let seat = client.checkout(CheckoutOptions::new("PROENGINEER", "20.0")).await.unwrap();
    daemon.metrics_with("seatkeeper_seat_state_set_aside{reason=\"failed\"}", 1.0);
    let log = daemon.log();
    assert!(
        log.contains("the seat state on sled is set aside") && log.contains("start the daemon again"),
        "{log}"
    );
    drop(tracer);
    // Service goes on.
    seat.checkin().await.unwrap();
    let seat = client.checkout(CheckoutOptions::new("PROENGINEER", "20.0")).await.unwrap();
    assert_eq!(seat.state(), SeatState::Granted);
    drop(client);
    assert!(daemon.terminate().success());
    let metrics = site.start().metrics();
    assert_eq!(metrics.get("seatkeeper_seat_state_set_aside{reason=\"failed\"}"), 0.0);
}

#[test]
fn an_unfinished_end_of_the_journal_is_cut_and_told() {
    let site = Site::new().configure(METRICS);
    let daemon = site.start();
    daemon.metrics_with("seatkeeper_seat_state_behind_records", 0.0);
    daemon.kill9();
    let journal = std::fs::read_dir(site.path("state/journal")).unwrap().map(|entry| entry.unwrap().path());
    let last = journal.filter(|path| path.extension().is_some_and(|ext| ext == "skj")).max().unwrap();
    let mut bytes = std::fs::read(&last).unwrap();
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    // What a write that was cut short may leave: a piece, where the next batch would begin.
    let next = end.next_multiple_of(512);
    bytes[next..next + 100].fill(7);
    std::fs::write(&last, bytes).unwrap();
    let daemon = site.start();
    let cut = daemon.metrics().get("seatkeeper_start_tail_cut_bytes");
    let said = format!("the last {cut} bytes, from byte ");
    let log = daemon.log();
    assert!(
        cut >= 100.0 && log.contains(&said) && log.contains("were never acknowledged and are cut"),
        "{log}"
    );
    daemon.kill9();
    let daemon = site.start();
    assert_eq!(daemon.metrics().get("seatkeeper_start_tail_cut_bytes"), 0.0, "it was cut once");
}

#[test]
fn a_seat_state_that_a_start_cannot_use_is_made_again_and_told() {
    let site = Site::new().configure(METRICS);
    let daemon = site.start();
    assert_eq!(daemon.metrics().get("seatkeeper_start_seat_state_rebuilt"), 0.0);
    assert!(daemon.terminate().success());
    std::fs::write(site.path("state/sled/db"), "no seats").unwrap();
    let daemon = site.start();
    let metrics = daemon.metrics();
    assert_eq!(metrics.get("seatkeeper_start_seat_state_rebuilt"), 1.0);
    assert!(metrics.get("seatkeeper_start_records_replayed") > 0.0, "{}", metrics.0);
    assert!(daemon.log().contains("the seat state on sled was made again"), "{}", daemon.log());
}

#[test]
fn after_a_loss_the_time_without_grants_is_told() {
    let site = Site::new().configure(METRICS);
    let daemon = site.start();
    assert_eq!(daemon.metrics().get("seatkeeper_grants_from_seconds"), 0.0);
    daemon.kill9();
    let cpu = names::CpuId::new(support::CPU_ID).unwrap();
    daemon::init(&site.path("state"), true, &[cpu]).unwrap();
    let daemon = site.start();
    let left = daemon.metrics().get("seatkeeper_grants_from_seconds");
    assert!(left > 0.0 && daemon.log().contains("the state was lost"), "{left}: {}", daemon.log());
}
