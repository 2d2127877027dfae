//! The journal as a stream of events: what a site sees of a checkout, a denial and a return; a reader that
//! goes on after restarts; and what refuses and ends a stream.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

mod support;

use std::process::Command;
use std::time::{Duration, Instant};

use client::{Admin, CheckoutOptions, Client, Error, Events};
use proto::v1;
use support::tool::tool;
use support::{DEADLINE, Daemon, Site, servers};

const PACK: &str = "SERVER this_host HOSTID_HERE 27000\nVENDOR acmed\nUSE_SERVER\n\
    INCREMENT mill acmed 4.2 permanent 1 CONFIG_ID=11470 SEAT=FLOATING\n";

/// What a tool writes, when it is content.
fn said(site: &Site, daemon: &Daemon, line: &str) -> String {
    let (status, out, err) = tried(site, daemon, line);
    assert_eq!(status, 0, "{line}: {err}");
    out
}

fn tried(site: &Site, daemon: &Daemon, line: &str) -> (i32, String, String) {
    let output = tool(site, daemon, line).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// The numbers of the events in JSON lines.
fn numbers(lines: &str) -> Vec<u64> {
    let event = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap();
    lines.lines().map(|line| event(line)["seq"].as_u64().unwrap()).collect()
}

async fn admin(site: &Site) -> Admin {
    Admin::connect(&site.path("admin.sock")).await.unwrap()
}

async fn stream(admin: &mut Admin, reader: &str, follow: bool) -> Result<Events, Error> {
    admin.events(v1::EventsRequest { reader: reader.into(), from: 0, follow }).await
}

async fn next(events: &mut Events) -> Result<Option<v1::EventsPart>, Error> {
    tokio::time::timeout(DEADLINE, events.next()).await.unwrap()
}

/// Waits until an event of a kind is told, and gives its number.
async fn told(events: &mut Events, kind: &str) -> u64 {
    loop {
        let part = next(events).await.unwrap().unwrap();
        if let Some(event) = part.events.iter().find(|event| event.kind == kind) {
            return event.seq;
        }
    }
}

#[tokio::test]
async fn a_checkout_a_denial_and_a_return_are_told_with_who_and_what() {
    let site = Site::with_packs(&[PACK]);
    let daemon = site.start();
    let mut following = stream(&mut admin(&site).await, "", true).await.unwrap();
    let at = servers(daemon.address);
    let kim = Client::connect(&at, site.options("kim", "ws01", "02aa10201101"));
    let kim = kim.await.unwrap();
    let lee = Client::connect(&at, site.options("lee", "ws02", "02aa10201102"));
    let lee = lee.await.unwrap();
    let seat = kim.checkout(CheckoutOptions::new("mill", "4.0")).await.unwrap();
    assert!(lee.checkout(CheckoutOptions::new("mill", "4.0")).await.is_err());
    drop(seat);
    kim.close().await.unwrap();
    told(&mut following, "returned").await;
    said(&site, &daemon, "lmreread");

    let text = said(&site, &daemon, "events");
    let line = |word: &str| {
        let line = text.lines().find(|line| line.contains(&format!("  {word}  ")));
        line.unwrap_or_else(|| panic!("nothing is {word}:\n{text}")).to_owned()
    };
    assert!(text.lines().next().unwrap().starts_with("1  "), "{text}");
    assert!(text.contains("  started\n"), "{text}");
    assert!(line("pool-set").contains("  mill 4.2  1 seat  configuration 11470  "), "{text}");
    let granted = line("granted");
    let seq = granted.split(' ').next().unwrap();
    for (line, rest) in [
        (
            granted.clone(),
            format!("  mill 4.0  kim@ws01  1 seat  configuration 11470  address 127.0.0.1  grant {seq}  "),
        ),
        (
            line("returned"),
            format!("  mill 4.0  kim@ws01  1 seat  configuration 11470  address 127.0.0.1  grant {seq}  "),
        ),
        (
            line("denied"),
            "  mill 4.0  lee@ws02  1 seat  address 127.0.0.1  Licensed number of users already reached. (-4)"
                .into(),
        ),
    ] {
        assert!(line.contains(&rest), "{rest}\n{line}");
    }
    let by = rustix::process::geteuid().as_raw();
    assert!(line("administered").contains(&format!("reread  by {by}")), "{text}");
    let json = said(&site, &daemon, "events --json");
    let seqs = numbers(&json);
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
    let from = said(&site, &daemon, &format!("events --json --from {seq}"));
    assert!(json.ends_with(&from) && numbers(&from)[0].to_string() == seq, "{from}");
    for secret in ["token", "hash", "proof"] {
        assert!(!json.contains(secret), "{json}");
    }
}

#[tokio::test]
async fn a_reader_goes_on_over_restarts_without_loss_or_double() {
    let site = Site::with_packs(&[PACK]);
    let mut seen = Vec::new();
    let mut last = 0;
    for life in 0..3 {
        let daemon = site.start();
        assert_eq!(tried(&site, &daemon, "run mill -- true").0, 0);
        seen.extend(numbers(&said(&site, &daemon, "events --reader history --json")));
        assert_eq!(said(&site, &daemon, "events --reader history --json"), "", "all is acknowledged");
        // One that is given events and does not acknowledge them is given them again.
        let mut stopped = stream(&mut admin(&site).await, "stopped", false).await.unwrap();
        let part = next(&mut stopped).await.unwrap().unwrap();
        assert_eq!(part.events[0].seq, 1, "life {life}");
        assert_eq!(tried(&site, &daemon, "run mill -- true").0, 0);
        last = numbers(&said(&site, &daemon, "events --json")).pop().unwrap();
        daemon.kill9();
    }
    let daemon = site.start();
    seen.extend(numbers(&said(&site, &daemon, "events --reader history --json")));
    assert!(seen.len() as u64 >= last, "{seen:?}, {last}");
    assert_eq!(seen, (1..=seen.len() as u64).collect::<Vec<_>>());
    let (status, _, text) = tried(&site, &daemon, "events --reader nobody --forget");
    assert!(status != 0 && text.contains("there is no reader nobody") && text.contains("(-42)"), "{text}");
    said(&site, &daemon, "events --reader history --forget");
    assert_eq!(numbers(&said(&site, &daemon, "events --reader history --json"))[0], 1, "it is a new one");
}

#[tokio::test]
async fn a_damaged_file_of_a_reader_stops_no_start_and_is_told() {
    let site = Site::with_packs(&[PACK]);
    let daemon = site.start();
    said(&site, &daemon, "events --reader history");
    daemon.kill9();
    site.write("state/readers/history.reader", b"seatkeeper reader\n");
    let checked = Command::new(env!("CARGO_BIN_EXE_seatkeeper"))
        .args(["store", "check"])
        .arg(site.path("state"))
        .output()
        .unwrap();
    let text = String::from_utf8(checked.stdout).unwrap();
    assert!(checked.status.code() == Some(1) && text.contains("history.reader: it has no line"), "{text}");
    let daemon = site.start();
    assert!(daemon.log().contains("history.reader.bad"), "{}", daemon.log());
    assert_eq!(tried(&site, &daemon, "run mill -- true").0, 0);
    assert_eq!(numbers(&said(&site, &daemon, "events --reader history --json"))[0], 1);
    daemon.kill9();
    let checked = Command::new(env!("CARGO_BIN_EXE_seatkeeper"))
        .args(["store", "check"])
        .arg(site.path("state"))
        .output()
        .unwrap();
    let text = String::from_utf8(checked.stdout).unwrap();
    assert!(text.contains("reader:  history at record"), "{text}");
}

#[tokio::test]
async fn streams_and_readers_are_bounded_and_a_stop_ends_them() {
    let site = Site::with_packs(&[PACK]);
    let daemon = site.start();
    let mut admin = admin(&site).await;
    for name in ["", "Upper", "a.b", &*"x".repeat(65)] {
        let refused = v1::AcknowledgeEventsRequest { reader: name.into(), upto: 1, forget: false };
        let refused = admin.acknowledge_events(refused).await.unwrap_err();
        assert!(
            refused.to_string().contains("1 to 64 characters") && refused.code().number() == -42,
            "{refused}"
        );
    }
    let mut readers = Vec::new();
    for n in 0..16 {
        readers.push(stream(&mut admin, &format!("r{n}"), true).await.unwrap());
    }
    // One connection may have no more.
    let mut admin = self::admin(&site).await;
    let refused = stream(&mut admin, "", true).await.unwrap_err();
    assert!(refused.to_string().contains("16 event streams") && refused.code().number() == -23, "{refused}");
    let beyond = v1::AcknowledgeEventsRequest { reader: "r1".into(), upto: 1 << 40, forget: false };
    let refused = admin.acknowledge_events(beyond).await.unwrap_err();
    assert!(refused.to_string().contains("cannot have passed record"), "{refused}");
    // None of them reads, and nobody waits for them.
    for _ in 0..20 {
        assert_eq!(tried(&site, &daemon, "run mill -- true").0, 0);
    }
    let begun = Instant::now();
    let ended = tokio::task::spawn_blocking(move || daemon.terminate()).await.unwrap();
    assert!(ended.success());
    assert!(begun.elapsed() < Duration::from_secs(5), "the streams are not waited for");
    for events in &mut readers {
        while let Ok(Some(_)) = next(events).await {}
    }
}
