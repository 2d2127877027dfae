//! A disk that takes 5.5 s for one flush: nobody is told anything early, and nobody's session ends.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends where something is not as it must be"
)]

mod support;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use client::{CheckoutOptions, Client, SeatState, State};
use proto::v1;
use proto::v1::seats_client::SeatsClient;
use support::{DEADLINE, Site, servers};

/// More than a session's time-out, and more than what the daemon says in its log.
const FLUSH: Duration = Duration::from_millis(5_500);

/// Makes the owner's next flush take [`FLUSH`].
fn slow_the_disk(pid: u32) -> Child {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap().map(|task| task.unwrap().path());
    let is_owner =
        |path: &Path| std::fs::read_to_string(path.join("comm")).is_ok_and(|comm| comm.trim() == "owner");
    let owner = tasks.into_iter().find(|path| is_owner(path)).expect("the daemon has an owner");
    let inject = format!("inject=fdatasync:delay_enter={}:when=1", FLUSH.as_micros());
    let mut strace = Command::new("strace")
        .args(["-p", owner.file_name().unwrap().to_str().unwrap(), "-e", "trace=fdatasync", "-e", &inject])
        .args(["-o", "/dev/null"])
        .stderr(Stdio::piped())
        .spawn()
        .expect("strace is not there: `cargo xtask test` gets what the tests need");
    let said = BufReader::new(strace.stderr.take().unwrap()).lines().next().unwrap().unwrap();
    assert!(said.contains("attached"), "strace may not watch the daemon: {said}");
    strace
}

#[tokio::test]
async fn st_15_a_flush_of_five_seconds_is_waited_for_and_ends_no_session() {
    let site = Site::new().configure("[session]\ntimeout_ms = 3000\ngrace_ms = 1000\nhold_ms = 4000\n");
    let daemon = site.start();
    let options = site.options("kim", "ws01", "02aa10201101");
    let client = Client::connect(&servers(daemon.address), options).await.unwrap();
    let first = client.checkout(CheckoutOptions::new("PROENGINEER", "20.0")).await.unwrap();

    let mut strace = slow_the_disk(daemon.pid());
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
    strace.kill().unwrap();
    strace.wait().unwrap();
    let log = daemon.log();
    assert!(log.contains("the disk took long to flush the journal"), "{log}");
    first.checkin().await.unwrap();
    second.checkin().await.unwrap();
    client.close().await.unwrap();
}
