//! The debug log of a day is read as sites read FlexNet's, and says what the event stream, the metrics and lmstat
//! say; a daemon that is killed writes each line once.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

mod support;

use std::collections::BTreeMap;
use std::time::Instant;

use client::{CheckoutOptions, Client};
use history::usage::{Folder, Num, Reader, Text};
use regex::Regex;
use support::metrics::{METRICS, Metrics};
use support::tool::said;
use support::{DEADLINE, Daemon, Site, servers};

const PACK: &str = "SERVER this_host HOSTID_HERE 27000\nVENDOR acmed\nUSE_SERVER\n\
    INCREMENT mill acmed 4.2 permanent 2 CONFIG_ID=11470 SEAT=FLOATING\n\
    INCREMENT lathe acmed 2.1 permanent 1 CONFIG_ID=11471 SEAT=FLOATING\n";

/// How monitors take the lines of seats apart.
const GROK: &str = r#"^(?<time>[ \d]\d:\d\d:\d\d) \((?<daemon>[\w.-]+)\) (?<event>OUT|IN|DENIED|QUEUED|DEQUEUED|UNSUPPORTED): "(?<feature>[\w.+:-]+)" (?:\(PORT_AT_HOST_PLUS   \) )?(?<user>.+?)@(?<host>[^\s@]+)(?: \[(?<data>[^\]]*)\])?(?:  \((?<n>\d+) licenses\) )?(?:  ?\((?<reason>.*)\))?$"#;

/// A host whose daemon writes a debug log.
fn site(settings: &str) -> Site {
    let site = Site::with_packs(&[PACK]);
    let log = site.path("debug.log");
    site.configure(&format!("[debug_log]\nfile = \"{}\"\nzone = \"UTC\"\n{settings}", log.display()))
}

async fn client(site: &Site, daemon: &Daemon, user: &str, host: &str) -> Client {
    Client::connect(&servers(daemon.address), site.options(user, host, "02aa10201101")).await.unwrap()
}

/// How often each event is in the log; every line that has one of the words is one.
fn counted(log: &str) -> BTreeMap<String, usize> {
    let (grok, word) =
        (Regex::new(GROK).unwrap(), Regex::new("(OUT|IN|DENIED|QUEUED|UNSUPPORTED): ").unwrap());
    let mut counts = BTreeMap::new();
    for line in log.lines().filter(|line| word.is_match(line)) {
        let parts = grok.captures(line).unwrap_or_else(|| panic!("the parser rejects {line:?}"));
        assert_eq!(&parts["daemon"], "acmed");
        *counts.entry(parts["event"].to_owned()).or_default() += 1;
    }
    counts
}

/// The same of the event stream, up to where a daemon stopped last.
fn of_events(site: &Site, daemon: &Daemon) -> BTreeMap<String, usize> {
    let (status, text) = said(site, daemon, "events --json");
    assert_eq!(status, 0, "{text}");
    let mut events: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let last = events.iter().rposition(|event| event["kind"] == "stopped").unwrap();
    events.truncate(last + 1);
    let code = |event: &serde_json::Value| event["fields"]["code"].as_str().map(|code| code.parse().unwrap());
    words(events.iter().map(|event| (event["kind"].as_str().unwrap(), code(event))))
}

/// How often each word of the log is due, by kinds of events and FlexNet's numbers.
fn words<'a>(events: impl Iterator<Item = (&'a str, Option<i64>)>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for event in events {
        let word = match event {
            ("granted", _) => "OUT",
            ("returned", _) => "IN",
            ("queued", _) => "QUEUED",
            ("dequeued", _) => "DEQUEUED",
            ("denied", Some(-5 | -18)) => "UNSUPPORTED",
            ("denied", _) => "DENIED",
            _ => continue,
        };
        *counts.entry(word.to_owned()).or_default() += 1;
    }
    counts
}

/// The same of the usage history's files, of a daemon that has stopped.
fn of_history(site: &Site) -> BTreeMap<String, usize> {
    let mut events = Vec::new();
    for file in Folder::new(&site.path("state/history")).files().unwrap() {
        let reader = Reader::open(&file.path).unwrap();
        for group in reader.groups().unwrap() {
            let table = reader.read(&group, &[Num::Code], &[Text::Kind]).unwrap();
            for row in 0..table.rows() {
                let kind = table.text(Text::Kind).at(row).unwrap().to_owned();
                events.push((kind, table.number(Num::Code, row)));
            }
        }
    }
    words(events.iter().map(|(kind, code)| (kind.as_str(), *code)))
}

#[tokio::test]
async fn a_day_is_read_by_a_monitor_and_everybody_counts_the_same() {
    let site = site(METRICS);
    let daemon = site.start();
    let kim = client(&site, &daemon, "kim", "ws01").await;
    let lee = client(&site, &daemon, "LOCAL SERVICE", "ws02.example.net").await;
    let osman = client(&site, &daemon, "osman\" OUT: \"mill\" a@b  (9 licenses)", "ws03").await;
    let mill = || CheckoutOptions::new("mill", "4.0");
    let first = kim.checkout(mill()).await.unwrap();
    let _second = kim.checkout(mill()).await.unwrap();
    assert!(lee.checkout(mill()).await.is_err());
    assert!(osman.checkout(mill()).await.is_err());
    assert!(lee.checkout(CheckoutOptions::new("drill", "1.0")).await.is_err());
    let mut waiting = lee.begin_checkout(&mill().queue()).unwrap();
    waiting.next().await.unwrap();
    first.checkin().await.unwrap();
    let _third = waiting.seat().await.unwrap();
    let _lathe = osman.checkout(CheckoutOptions::new("lathe", "2.0").data("part (7) [x]")).await.unwrap();
    assert_eq!(said(&site, &daemon, "lmreread").0, 0);

    let metrics = daemon.metrics();
    let (status, lmstat) = said(&site, &daemon, "lmstat --json -a");
    assert_eq!(status, 0, "{lmstat}");
    let lmstat: serde_json::Value = serde_json::from_str(&lmstat).unwrap();
    assert_eq!(daemon.terminate().code(), Some(0));
    let log = std::fs::read_to_string(site.path("debug.log")).unwrap();
    let counts = counted(&log);
    let count = |word: &str| counts.get(word).copied().unwrap_or(0);
    assert_eq!((count("OUT"), count("DENIED"), count("UNSUPPORTED")), (4, 2, 1), "{log}");
    assert_eq!((count("QUEUED"), count("DEQUEUED")), (1, 1), "{log}");
    for (code, word) in [("-4", "DENIED"), ("-5", "UNSUPPORTED")] {
        let denied = sum(&metrics, "seatkeeper_denials_total{", &format!("code=\"{code}\""));
        assert_eq!(denied, count(word) as f64, "{log}");
    }
    // Where the daemon was asked to stop, three seats were in use.
    let in_use: u64 = find(&lmstat, "in_use").iter().map(|n| n.as_u64().unwrap()).sum();
    let before = log.split("EXITING").next().unwrap();
    let before = counted(before.split("lmreread").next().unwrap());
    assert_eq!(in_use, (before["OUT"] - before["IN"]) as u64, "{log}");
    let of_metrics = sum(&metrics, "seatkeeper_pool_seats_in_use{", "");
    assert_eq!(of_metrics, in_use as f64);
    assert_eq!(counts, of_history(&site), "{log}");
    for words in [
        "started on ",
        "(lmgrd) TIMESTAMP ",
        "(acmed) Server started on ",
        "lmreread: ",
        "EXITING DUE TO SIGNAL 15",
    ] {
        assert!(log.contains(words), "{words}: {log}");
    }
    let daemon = site.start();
    assert_eq!(counts, of_events(&site, &daemon), "{log}");
}

/// The sum of all series of a name that have a label.
fn sum(metrics: &Metrics, name: &str, label: &str) -> f64 {
    let of = metrics.0.lines().filter(|line| line.starts_with(name) && line.contains(label));
    of.map(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap()).sum()
}

/// Every value of a key, wherever it stands.
fn find<'a>(json: &'a serde_json::Value, key: &str) -> Vec<&'a serde_json::Value> {
    match json {
        serde_json::Value::Object(map) => {
            let inside = map.iter().filter(|(name, _)| *name != key).flat_map(|(_, value)| find(value, key));
            map.get(key).into_iter().chain(inside).collect()
        }
        serde_json::Value::Array(all) => all.iter().flat_map(|value| find(value, key)).collect(),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn a_daemon_that_is_killed_writes_each_line_once() {
    let site = site("");
    for life in 0..4 {
        let daemon = site.start();
        let kim = client(&site, &daemon, "kim", "ws01").await;
        for n in 0..20 * (life + 1) {
            let Ok(seat) = kim.checkout(CheckoutOptions::new("mill", "4.0")).await else { continue };
            assert!(kim.checkout(CheckoutOptions::new("drill", "4.0")).await.is_err());
            if n % 5 != 0 {
                seat.checkin().await.unwrap();
            }
        }
        // Somebody rotates the log, too.
        if life == 1 {
            std::fs::rename(site.path("debug.log"), site.path("debug.log.1")).unwrap();
        }
        daemon.kill9();
    }
    let daemon = site.start();
    assert_eq!(daemon.terminate().code(), Some(0));
    let logs = ["debug.log.1", "debug.log"].map(|name| std::fs::read_to_string(site.path(name)).unwrap());
    let counts = counted(&logs.concat());
    // Of a return right before a kill, whose grant is older, the usage history knows whose it was.
    assert!(!logs.concat().contains("is not known"), "{}", logs.concat());
    assert_eq!(counts, of_history(&site));
    let daemon = site.start();
    assert_eq!(counts, of_events(&site, &daemon));
    assert!(counts["OUT"] > 20, "{counts:?}");
    assert_eq!(logs.concat().matches(" started on ").count(), 10);
}

#[tokio::test]
async fn an_options_file_keeps_lines_out_from_a_reread_on_and_gives_the_vendor_a_log() {
    let site = site("");
    let daemon = site.start();
    let kim = client(&site, &daemon, "kim", "ws01").await;
    let mill = || CheckoutOptions::new("mill", "4.0");
    drop(kim.checkout(mill()).await.unwrap().checkin().await);
    // What is written once the rules have changed is written by the new ones, so this is to be there before.
    let deadline = Instant::now() + DEADLINE;
    while !std::fs::read_to_string(site.path("debug.log")).unwrap_or_default().contains("IN: ") {
        assert!(Instant::now() < deadline, "the first seat is not in the log");
    }
    let own = site.path("acmed.log");
    site.write("licenses/acmed.opt", format!("NOLOG IN\nDEBUGLOG +{}\n", own.display()).as_bytes());
    let (status, text) = said(&site, &daemon, "lmreread");
    assert_eq!(status, 0, "{text}");
    drop(kim.checkout(mill()).await.unwrap().checkin().await);
    assert_eq!(daemon.terminate().code(), Some(0));
    let (main, own) = (
        counted(&std::fs::read_to_string(site.path("debug.log")).unwrap()),
        counted(&std::fs::read_to_string(own).unwrap()),
    );
    assert_eq!((main.get("OUT"), main.get("IN")), (Some(&1), Some(&1)));
    assert_eq!((own.get("OUT"), own.get("IN")), (Some(&1), None));
}
