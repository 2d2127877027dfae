//! The usage history of a daemon that is killed at random moments while it writes: nothing that was acknowledged
//! is missing, nothing is there twice, and DuckDB, `report` and the event stream count the same.
//!
//! The moments come from a seed that is printed; `SEATKEEPER_SEED=N cargo test --test report` repeats its choices.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking, and says its seed")]

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use client::{CheckoutOptions, Client, Error};
use history::usage::Folder;
use proto::v1::SwitchReportRequest;
use proto::v1::admin_client::AdminClient;
use serde_json::Value;
use support::tool::said;
use support::{DEADLINE, Daemon, Site, python, servers};
use tokio::task::LocalSet;

const LIVES: u64 = 5;

struct Random(u64);

impl Random {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }
}

/// What a client was told.
#[derive(Debug, Default)]
struct Told {
    grants: Vec<u64>,
    returns: u64,
}

/// Takes seats and gives them back, and asks for more than there are, until nobody answers.
async fn work(site: &Site, daemon: &Daemon, told: &mut Told) {
    let options = site.options("kim", "ws01", "02aa10201111");
    let client = Client::connect(&servers(daemon.address), options).await.unwrap();
    loop {
        let seat = client.checkout(CheckoutOptions::new("PROENGINEER", "20.0")).await.unwrap();
        told.grants.push(seat.grant().0);
        let denied = client.checkout(CheckoutOptions::new("PROENGINEER", "20.0").seats(11)).await;
        assert!(matches!(denied, Err(Error::Denied { .. })), "{denied:?}");
        seat.checkin().await.unwrap();
        told.returns += 1;
    }
}

/// One event an object, of the daemon's stream.
fn events(site: &Site, daemon: &Daemon) -> Vec<(u64, String)> {
    let (status, text) = said(site, daemon, "events --json");
    assert_eq!(status, 0, "{text}");
    let event = |line: &str| {
        let json: Value = serde_json::from_str(line).unwrap();
        (json["seq"].as_u64().unwrap(), json["kind"].as_str().unwrap().to_owned())
    };
    text.lines().map(event).collect()
}

fn duckdb(folder: &Path) -> Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output =
        Command::new(python()).arg(root.join("tests/python/history.py")).arg(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The sum of a column of a report.
fn sum(site: &Site, daemon: &Daemon, question: &str, column: &str) -> u64 {
    let (status, text) = said(site, daemon, &format!("report {question} --json --config seatkeeperd.toml"));
    assert_eq!(status, 0, "{text}");
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["schema"], "seatkeeper.report/1");
    json["rows"].as_array().unwrap().iter().map(|row| row[column].as_u64().unwrap()).sum()
}

/// Waits until the history has so many events for good.
async fn until_written(folder: &Folder, last: u64) {
    let deadline = Instant::now() + DEADLINE;
    while folder.files().ok().and_then(|files| files.last().map(|file| file.to)) < Some(last) {
        assert!(Instant::now() < deadline, "the history does not come to event {last}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_killed_daemons_history_has_every_event_once_and_duckdb_reads_it() {
    let seed = std::env::var("SEATKEEPER_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or_else(|| {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).unwrap();
        u64::from_le_bytes(bytes)
    });
    println!("replay with: SEATKEEPER_SEED={seed} cargo test --test report");
    let mut random = Random(seed);
    let site = Site::new().configure("[history]\nseal_ms = 100\n");
    let folder = Folder::new(&site.path("state/history"));
    let mut told = Told::default();
    for _ in 0..LIVES {
        let daemon = site.start();
        let moment = Duration::from_millis(200 + random.next(700));
        let local = LocalSet::new();
        let worked = local.run_until(tokio::time::timeout(moment, work(&site, &daemon, &mut told)));
        assert!(worked.await.is_err(), "the work has no end");
        daemon.kill9();
    }
    let daemon = site.start();
    let events = events(&site, &daemon);
    let last = events.last().unwrap().0;
    until_written(&folder, last).await;
    let counted = |kind: &str| events.iter().filter(|(_, is)| is == kind).count() as u64;
    assert_eq!(sum(&site, &daemon, "denials", "denials"), counted("denied"));
    assert_eq!(sum(&site, &daemon, "holders", "checkouts"), counted("granted"));
    daemon.kill9();

    let read = duckdb(folder.path());
    let seqs: Vec<u64> = read["seqs"].as_array().unwrap().iter().map(|seq| seq.as_u64().unwrap()).collect();
    assert!(seqs.windows(2).all(|pair| pair[1] == pair[0] + 1), "a hole, or an event twice");
    assert_eq!((seqs.first(), read["rows"].as_u64()), (Some(&1), Some(seqs.len() as u64)));
    assert_eq!(read["missing"], 0);
    let upto: Vec<_> = seqs.iter().copied().take_while(|seq| *seq <= last).collect();
    assert_eq!(upto, events.iter().map(|(seq, _)| *seq).collect::<Vec<_>>());
    let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
    for (_, kind) in &events {
        *kinds.entry(kind).or_default() += 1;
    }
    for kind in ["granted", "denied", "returned", "session-opened", "started", "pool-set"] {
        assert!(read["kinds"][kind].as_u64() >= kinds.get(kind).copied(), "{kind}");
    }
    let granted: Vec<u64> =
        read["granted"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap()).collect();
    for grant in &told.grants {
        assert!(granted.contains(grant), "the grant {grant} was acknowledged");
    }
    assert!(read["kinds"]["returned"].as_u64().unwrap() >= told.returns);
    assert!(told.grants.len() > 10, "{told:?}");
    assert_eq!(read["types"]["time"], "TIMESTAMP WITH TIME ZONE");
    assert_eq!(read["users"], serde_json::json!(["kim"]));
}

#[tokio::test(flavor = "current_thread")]
async fn a_report_log_is_written_where_an_administrator_says() {
    let site = Site::new().configure("[history]\nseal_ms = 100\n");
    let daemon = site.start();
    let path = site.path("report.csv");
    let socket = format!("unix://{}", site.path("admin.sock").display());
    let mut admin = AdminClient::connect(socket).await.unwrap();
    let ask = SwitchReportRequest { of: "acmed".into(), path: path.display().to_string() };
    let events = admin.switch_report(ask.clone()).await.unwrap().into_inner().events;
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count() as u64, events + 1, "{text}");
    assert!(events > 0 && text.contains("PROENGINEER"), "{text}");
    let again = admin.switch_report(ask).await.unwrap_err();
    assert!(again.message().contains("File exists"), "{again}");
    drop(daemon);
}
