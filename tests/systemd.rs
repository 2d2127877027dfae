//! The daemon as a service: its unit, and what it tells the service manager.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use proto::v1::seats_client::SeatsClient;
use proto::v1::{self, command, notice, reply};
use support::strace::Tracer;
use support::{DEADLINE, Site};
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// How long the manager of these tests waits for a sign of life.
const WATCHDOG: Duration = Duration::from_secs(2);

fn config(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config").join(name)
}

fn run(command: &mut Command) -> Output {
    let missing = "it is not there: `cargo xtask test` gets what the tests need";
    let output = command.stdin(Stdio::null()).output();
    output.unwrap_or_else(|e| panic!("{}: {e}; {missing}", command.get_program().display()))
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_unit_is_verified_without_a_word() {
    let folder = tempfile::tempdir().unwrap();
    let unit = std::fs::read_to_string(config("seatkeeperd.service")).unwrap();
    assert_eq!(unit.matches("/usr/bin/seatkeeperd").count(), 1);
    // The daemon stands elsewhere before it is installed; all else is as it is shipped.
    let unit = unit.replace("/usr/bin/seatkeeperd", env!("CARGO_BIN_EXE_seatkeeperd"));
    let path = folder.path().join("seatkeeperd.service");
    std::fs::write(&path, unit).unwrap();
    let output = run(Command::new("systemd-analyze").arg("verify").arg(path));
    assert_eq!(said(&output), "");
    assert!(output.status.success());
}

#[test]
fn the_unit_leaves_the_daemon_little_to_abuse() {
    let mut command = Command::new("systemd-analyze");
    let output = run(command
        .args(["security", "--offline=true", "--threshold=15"])
        .arg(config("seatkeeperd.service")));
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("Overall exposure level"), "{}", said(&output));
}

#[test]
fn user_and_folders_are_made_as_the_unit_and_the_configuration_have_them() {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("etc")).unwrap();
    let at_root = format!("--root={}", root.path().display());
    let output = run(Command::new("systemd-sysusers").arg(&at_root).arg(config("seatkeeper.sysusers.conf")));
    assert!(output.status.success(), "{}", said(&output));
    let users = std::fs::read_to_string(root.path().join("etc/passwd")).unwrap();
    assert!(users.starts_with("seatkeeper:x:"), "{users}");
    let lines = std::fs::read_to_string(config("seatkeeper.tmpfiles.conf")).unwrap();
    let made: Vec<_> = lines.lines().filter_map(|line| line.strip_prefix("d ")?.split(' ').next()).collect();
    let daemon = std::fs::read_to_string(config("seatkeeperd.toml")).unwrap();
    for folder in ["/var/lib/seatkeeper", "/etc/seatkeeper/licenses"] {
        assert!(made.contains(&folder), "{folder} is not made");
        assert!(daemon.contains(&format!("\"{folder}\"")), "{folder} is not used");
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

async fn channel(address: SocketAddr) -> Channel {
    Channel::from_shared(format!("http://{address}")).unwrap().timeout(DEADLINE).connect().await.unwrap()
}

fn hello() -> v1::Hello {
    v1::Hello {
        protocol: proto::PROTOCOL,
        user: "ada".into(),
        host: "ws1".into(),
        cpu_id: "02aa10200001".into(),
        nonce: vec![7; 32].into(),
        ..Default::default()
    }
}

#[test]
fn ready_is_said_only_when_the_port_answers() {
    let site = Site::new();
    let daemon = site.start();
    // Nothing is tried twice: what is told is true at once.
    runtime().block_on(async {
        let mut health = HealthClient::new(channel(daemon.address).await);
        for service in ["", "seatkeeper.v1.Seats"] {
            let reply =
                health.check(HealthCheckRequest { service: service.into() }).await.unwrap().into_inner();
            assert_eq!(reply.status(), ServingStatus::Serving, "{service:?}");
        }
    });
    assert!(daemon.terminate().success());
}

#[test]
fn a_daemon_that_nobody_uses_stops_at_once() {
    let site = Site::new();
    let mut daemon = site.start();
    assert_eq!(daemon.hear(WATCHDOG), None, "an idle daemon without a watchdog has nothing to say");
    let began = Instant::now();
    assert!(daemon.terminate().success());
    assert!(began.elapsed() < DEADLINE / 4, "nobody is connected, and it took {:?} to stop", began.elapsed());
}

#[test]
fn stopping_is_said_before_the_drain() {
    let site = Site::new().configure("[limits]\ndrain_ms = 600000\n");
    let mut daemon = site.start();
    runtime().block_on(async {
        let (commands, sent) = tokio::sync::mpsc::channel(4);
        let mut client = SeatsClient::new(channel(daemon.address).await);
        let greeting = v1::Command { request_id: 1, session: 0, kind: Some(command::Kind::Hello(hello())) };
        commands.send(v1::ClientMessage { commands: vec![greeting] }).await.unwrap();
        let stream = tokio_stream::wrappers::ReceiverStream::new(sent);
        let mut answers = client.session(stream).await.unwrap().into_inner();
        let welcome = answers.message().await.unwrap().unwrap();
        assert!(matches!(welcome.replies[0].kind, Some(reply::Kind::Welcome(_))), "{welcome:?}");

        daemon.ask_to_stop();
        daemon.wait_to_hear("STOPPING=1");
        // The drain cannot end while this client stays: it was told before.
        assert!(daemon.is_alive());
        let notice = answers.message().await.unwrap().unwrap();
        assert!(matches!(notice.notices[0].kind, Some(notice::Kind::Draining(_))), "{notice:?}");
        assert!(daemon.is_alive());
    });
    // The client has left with its runtime.
    assert!(daemon.wait().success());
}

#[test]
fn the_watchdog_is_fed_in_time_and_not_while_the_owner_is_stuck() {
    let site = Site::new();
    let mut command = site.command();
    command.env("WATCHDOG_USEC", WATCHDOG.as_micros().to_string());
    let mut daemon = site.start_as(command);
    for _ in 0..4 {
        let message = daemon.hear(WATCHDOG);
        assert_eq!(message.as_deref().map(str::trim_end), Some("WATCHDOG=1"), "an idle daemon lives");
    }

    // Longer than the tracer lives: a disk that does not answer.
    let tracer = Tracer::slow_the_disk(daemon.pid(), 2 * DEADLINE, false);
    let address = daemon.address;
    let checkout = std::thread::spawn(move || runtime().block_on(check_out(address)));
    let began = Instant::now();
    while daemon.hear(WATCHDOG).is_some() {
        assert!(began.elapsed() < DEADLINE, "the owner is stuck, and the manager is not shown");
    }
    assert!(daemon.is_alive());
    assert!(!checkout.is_finished(), "an answer came before the disk had it");
    // Without it the disk answers again.
    drop(tracer);
    daemon.wait_to_hear("WATCHDOG=1");
    checkout.join().unwrap();
}

async fn check_out(address: SocketAddr) {
    let mut client = SeatsClient::new(channel(address).await);
    let reply = client.open(hello()).await.unwrap().into_inner();
    let Some(reply::Kind::Welcome(welcome)) = reply.kind else { panic!("{reply:?}") };
    let session = Some(v1::SessionToken { session: welcome.session, token: welcome.token });
    let checkout =
        Some(v1::Checkout { feature: "PROENGINEER".into(), version: "20.0".into(), ..Default::default() });
    let call = v1::CheckoutCall { session, request_id: 1, checkout };
    let reply = client.checkout(call).await.unwrap().into_inner();
    assert!(matches!(reply.kind, Some(reply::Kind::Granted(_))), "{reply:?}");
}
