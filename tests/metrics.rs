//! The metrics' endpoint: what it tells, what it refuses, and how much of the daemon it gives away.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends where something is not as it must be"
)]

mod support;

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use client::{CheckoutOptions, Client, Error};
use support::metrics::{METRICS, ask};
use support::{DEADLINE, Site, servers};

const POOL: &str = "{vendor=\"acmed\",feature=\"PROENGINEER\",configuration=\"11470\",cpu_id=\"02aa10203040\",version=\"20.0\"}";

#[tokio::test]
async fn seats_sessions_denials_and_the_journal_are_told() {
    let site = Site::new().configure(METRICS);
    let daemon = site.start();
    let before = daemon.metrics();
    assert_eq!(before.get(&format!("seatkeeper_pool_seats_in_use{POOL}")), 0.0);
    assert_eq!(before.find("seatkeeper_denials_total{vendor=\"\",feature=\"\",code=\"-5\"}"), None);
    let options = site.options("kim", "ws01", "02aa10201101");
    let client = Client::connect(&servers(daemon.address), options).await.unwrap();
    let mut seats = Vec::new();
    for _ in 0..3 {
        seats.push(client.checkout(CheckoutOptions::new("PROENGINEER", "20.0")).await.unwrap());
    }
    for _ in 0..2 {
        let denied = client.checkout(CheckoutOptions::new("NOTHING", "1.0")).await;
        assert!(matches!(denied, Err(Error::Denied { .. })), "{denied:?}");
    }
    let metrics = daemon.metrics();
    for (series, value) in [
        ("seatkeeper_build_info{version=\"0.1.0\"}", 1.0),
        (&format!("seatkeeper_pool_seats_in_use{POOL}"), 3.0),
        (&format!("seatkeeper_pool_seats{POOL}"), 10.0),
        ("seatkeeper_pools", 1.0),
        ("seatkeeper_waiting", 0.0),
        ("seatkeeper_sessions", 1.0),
        ("seatkeeper_connections", 1.0),
        ("seatkeeper_denials_total{vendor=\"\",feature=\"\",code=\"-5\"}", 2.0),
        ("seatkeeper_disk_full", 0.0),
        ("seatkeeper_journal_flush_slow", 0.0),
        ("seatkeeper_seat_state_set_aside{reason=\"failed\"}", 0.0),
        ("seatkeeper_grants_from_seconds", 0.0),
        ("seatkeeper_start_records_replayed", 0.0),
        ("seatkeeper_start_tail_cut_bytes", 0.0),
    ] {
        assert_eq!(metrics.get(series), value, "{series}");
    }
    let written = |of: &support::metrics::Metrics| of.get("seatkeeper_journal_records_total");
    assert!(written(&metrics) >= written(&before) + 4.0, "a session and three grants:\n{}", metrics.0);
    let flushes = metrics.get("seatkeeper_journal_flush_seconds_count");
    assert!(flushes >= 4.0 && metrics.get("seatkeeper_journal_flush_seconds_sum") > 0.0, "{}", metrics.0);
    assert_eq!(metrics.get("seatkeeper_journal_flush_seconds_bucket{le=\"+Inf\"}"), flushes);
    daemon.metrics_with("seatkeeper_seat_state_behind_records", 0.0);
    client.close().await.unwrap();
}

#[test]
fn every_metric_is_explained_once_and_the_page_ends_as_it_must() {
    let site = Site::new().configure(METRICS);
    let metrics = site.start().metrics();
    let (mut typed, mut explained) = (BTreeSet::new(), BTreeSet::new());
    for line in metrics.0.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            assert!(typed.insert(rest.split(' ').next().unwrap()), "{line}");
        } else if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(explained.insert(name) && help.len() > 10, "{line}");
        }
    }
    assert_eq!(typed, explained);
    assert!(typed.len() > 45, "{typed:?}");
    assert!(metrics.0.ends_with("# EOF\n"), "{}", metrics.0);
    let shown = include_str!("../crates/daemon/README.md");
    for name in typed {
        assert!(shown.contains(name), "crates/daemon/README.md says nothing of {name}");
    }
}

#[test]
fn nothing_but_the_metrics_is_answered_and_without_a_configuration_nothing_at_all() {
    let site = Site::new().configure(METRICS);
    let daemon = site.start();
    let at = daemon.metrics_at();
    for (request, status) in [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "404"),
        ("GET /metrics/../state HTTP/1.1\r\nHost: a\r\n\r\n", "404"),
        ("POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", "405"),
        ("HEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\n", "405"),
        ("GET /metrics HTTP/1.0\r\n\r\n", "200"),
        ("NONSENSE\r\n\r\n", "400"),
        (&format!("GET /metrics HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "a".repeat(9_000)), "431"),
    ] {
        let answer = ask(at, request);
        let said = answer.split(' ').nth(1);
        assert_eq!(said, Some(status), "{request:.40}: {answer}");
    }
    drop(daemon);
    let silent = Site::new().start();
    assert!(!silent.log().contains("metrics are served"), "{}", silent.log());
}

#[test]
fn who_connects_and_says_nothing_is_let_go_and_keeps_nobody_else_out_for_long() {
    let site = Site::new().configure(METRICS);
    let daemon = site.start();
    let at = daemon.metrics_at();
    let began = Instant::now();
    let connect = |_| {
        let mut tcp = TcpStream::connect(at).unwrap();
        tcp.set_read_timeout(Some(DEADLINE)).unwrap();
        tcp.write_all(b"GET /metr").unwrap();
        tcp
    };
    let silent: Vec<_> = (0..8).map(connect).collect();
    // The ninth is closed at once, without an answer, as soon as the daemon has the eight.
    let refused = loop {
        let mut tcp = connect(8);
        let mut answer = String::new();
        match tcp.write_all(b"ics HTTP/1.1\r\nHost: a\r\n\r\n").and_then(|()| tcp.read_to_string(&mut answer))
        {
            Ok(n) if n > 0 => assert!(began.elapsed() < Duration::from_secs(4), "more than eight are served"),
            _ => break began.elapsed(),
        }
    };
    assert!(refused < Duration::from_secs(4), "{refused:?}");
    for mut tcp in silent {
        let mut answer = String::new();
        // It is closed, in whatever way.
        let _ = tcp.read_to_string(&mut answer);
        assert!(!answer.contains("200 OK"), "{answer}");
    }
    let took = began.elapsed();
    assert!(took >= Duration::from_secs(4), "let go after {took:?}");
    let deadline = Instant::now() + DEADLINE;
    while !ask_or_nothing(at).starts_with("HTTP/1.1 200 ") {
        assert!(Instant::now() < deadline, "nobody is answered again");
    }
}

fn ask_or_nothing(at: std::net::SocketAddr) -> String {
    let mut answer = String::new();
    let asked = TcpStream::connect(at).and_then(|mut tcp| {
        tcp.write_all(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")?;
        tcp.read_to_string(&mut answer)
    });
    asked.map_or_else(|_| String::new(), |_| answer)
}

#[test]
fn a_stop_does_not_wait_for_who_may_ask_for_metrics() {
    let site = Site::new().configure(METRICS).configure("[limits]\ndrain_ms = 600000\n");
    let daemon = site.start();
    assert!(ask_or_nothing(daemon.metrics_at()).starts_with("HTTP/1.1 200 "));
    assert!(daemon.terminate().success());
}

/// Resident memory of a process, in bytes, and how many files it has open.
fn footprint(pid: u32) -> (u64, usize) {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let rss = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let kib: u64 = rss.trim().trim_end_matches(" kB").parse().unwrap();
    (kib * 1024, std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count())
}

#[test]
fn a_flood_of_scrapes_holds_no_checkout_up_and_fills_no_memory() {
    let head = "SERVER this_host HOSTID_HERE 27000\nVENDOR acmed\nUSE_SERVER\n";
    let line = |n| format!("INCREMENT mill{n} acmed 4.2 permanent 4 CONFIG_ID={n} SEAT=FLOATING\n");
    let pack: String = std::iter::once(head.to_owned()).chain((1..=1_000).map(line)).collect();
    let site = Site::with_packs(&[&pack]).configure(METRICS);
    let daemon = site.start();
    let (at, pid) = (daemon.metrics_at(), daemon.pid());
    let page = daemon.metrics().0.len();
    assert!(page > 1_000_000, "{page} bytes are no flood");
    let servers = servers(daemon.address);
    let client = Client::connect(&servers, site.options("kim", "ws01", "02aa10201101"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client = runtime.block_on(client).unwrap();
    let (memory, files) = footprint(pid);

    let is_over = std::sync::atomic::AtomicBool::new(false);
    let (answered, closed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    // Four ask and never read; as long as they last, four others are served at a time.
    let deaf = |_| {
        let mut tcp = TcpStream::connect(at).unwrap();
        tcp.write_all(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        tcp
    };
    let deaf: Vec<_> = (0..4).map(deaf).collect();
    let (mut longest, mut most) = (Duration::ZERO, (0, 0));
    std::thread::scope(|threads| {
        for _ in 0..12 {
            threads.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let is_whole = ask_or_nothing(at).len() > page / 2;
                    let count = if is_whole { &answered } else { &closed };
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let deadline = Instant::now() + DEADLINE;
        let mut taken = 0;
        while taken < 100 || answered.load(Ordering::Relaxed) < 30 || closed.load(Ordering::Relaxed) < 30 {
            let began = Instant::now();
            runtime.block_on(async {
                let seat = client.checkout(CheckoutOptions::new("mill7", "4.0")).await.unwrap();
                seat.checkin().await.unwrap();
            });
            let took = began.elapsed();
            (taken, longest) = (taken + 1, longest.max(took));
            let (rss, open) = footprint(pid);
            most = (most.0.max(rss), most.1.max(open));
            if Instant::now() > deadline {
                is_over.store(true, Ordering::Relaxed);
                panic!("{taken} seats, {answered:?} answers, {closed:?} closed in {DEADLINE:?}");
            }
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert!(longest < Duration::from_secs(5), "a checkout and its checkin took {longest:?}");
    // Eight answers, what they are made of, and what the allocator keeps of those before.
    let grown = most.0.saturating_sub(memory);
    assert!(grown < 96 << 20, "{} MiB more are in use", grown >> 20);
    assert!(most.1 <= files + 16, "{} files are open, {files} before", most.1);
    drop(deaf);
    let deadline = Instant::now() + DEADLINE;
    while !ask_or_nothing(at).starts_with("HTTP/1.1 200 ") {
        assert!(Instant::now() < deadline, "nobody is answered again");
    }
    runtime.block_on(client.close()).unwrap();
}
