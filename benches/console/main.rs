//! How soon the console's pages come where 10,000 pools are served and 100,000 seats held, and what they
//! cost running checkouts.
//!
//! `cargo xtask bench console` runs it. The load goes on in turns without anybody at the console, and with
//! an administrator who has the overview and the live seats open.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what cannot be measured ends here")]
#![allow(clippy::print_stdout, reason = "this is a command line")]

mod browser;
mod files;
#[allow(dead_code, reason = "other benchmarks use more of it")]
#[path = "../reread/holders.rs"]
mod holders;
#[allow(dead_code, reason = "other benchmarks use more of it")]
#[path = "../throughput/load.rs"]
mod load;
#[path = "../../tests/support/mod.rs"]
mod support;
#[allow(dead_code, reason = "other benchmarks use more of it")]
#[path = "../reread/wire.rs"]
mod wire;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use browser::Browser;
use load::{Server, Shape};
use support::{DEADLINE, Daemon, Site};
use tokio::sync::oneshot;
use tokio::task::LocalSet;

/// Sessions with a seat each.
const HOLDERS: usize = 100_000;
/// How soon the first byte of a page has to be there.
const FIRST_BYTE_MAX: Duration = Duration::from_millis(200);
/// How much of its pace a load has to keep beside open pages.
const PACE_MIN: f64 = 0.95;
/// How often each page is asked for.
const TIMES: usize = 20;
const EMAIL: &str = "ada@example.net";
const PASSWORD: &str = "correct horse battery";
/// The pages, at their beginning, at their end, and searched.
const PAGES: [&str; 10] = [
    "/overview",
    "/overview?page=200",
    "/overview?search=f09999",
    "/seats",
    "/seats?page=2000",
    "/seats?search=user99999",
    "/seats?feature=f00007",
    "/queue",
    "/denials",
    "/audit",
];
/// The pages that are open beside the load.
const OPEN: [&str; 2] = ["/overview", "/seats"];
const SHAPE: Shape =
    Shape { name: "stream, 16 connections, 16 in flight", connections: 16, in_flight: 16, on_stream: true };

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str, otherwise: f64| -> f64 {
        let at = arguments.iter().position(|word| word == name);
        at.and_then(|at| arguments.get(at + 1)?.parse().ok()).unwrap_or(otherwise)
    };
    let rounds = number("--rounds", 5.0).clamp(1.0, 100.0) as usize;
    let seconds = Duration::from_secs_f64(number("--seconds", 2.0).clamp(2.0, 600.0) * 2.0);
    let site = with_console();
    let daemon = site.start();
    let mut ada = Browser::new(said(&daemon, "the console is served address=").parse().unwrap());
    let token = said(&daemon, "give this token once: ");
    let twice = [("password", PASSWORD), ("again", PASSWORD)];
    ada.submit("/set-up", "/set-up", &[[("token", token.as_str()), ("email", EMAIL)], twice].concat());
    ada.submit("/sign-in", "/sign-in", &[("email", EMAIL), ("password", PASSWORD)]);
    let address = daemon.address;
    let (held, holds) = oneshot::channel();
    let (leave, left) = oneshot::channel::<()>();
    let holding = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        LocalSet::new().block_on(&runtime, async {
            let seats = holders::take(address, HOLDERS, &holders::Told::default()).await;
            held.send(seats.len()).unwrap();
            let _ = left.await;
        });
    });
    println!("{} pools, {} seats held by a session each", files::POOLS, holds.blocking_recv().unwrap());
    let is_soon = pages(&mut ada);
    let server = Server { address, pid: daemon.pid() };
    let keeps_pace = beside(&server, &ada, rounds, seconds);
    leave.send(()).unwrap();
    holding.join().unwrap();
    assert!(daemon.terminate().success(), "the daemon did not end well");
    if is_soon && keeps_pace { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A license host with a desk and a console, whose sessions do not end for want of heartbeats.
fn with_console() -> Site {
    let site = support::desk::with_desk(Site::with_packs(&[&files::pack(HOLDERS)]));
    site.configure(
        "[session]\ntimeout_ms = 3600000\nhold_ms = 90000\n[limits]\nsessions_per_host = 200000\n\
         [console]\nlisten = \"127.0.0.1:0\"\n",
    )
}

/// The word that comes after these in the log, as soon as they are there.
fn said(daemon: &Daemon, words: &str) -> String {
    let since = Instant::now();
    loop {
        let log = daemon.log();
        let word = log.split(words).nth(1).and_then(|rest| rest.split_once(char::is_whitespace));
        if let Some((word, _)) = word {
            return word.to_owned();
        }
        assert!(since.elapsed() < DEADLINE, "the log does not say {words:?}:\n{log}");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

/// How soon each page comes. True when all come soon enough.
fn pages(ada: &mut Browser) -> bool {
    println!("\n{:28} {:>9} {:>9} {:>9} {:>9}", "ms of a page", "p50", "longest", "whole", "KiB");
    let mut is_soon = true;
    for page in PAGES {
        let mut waits: Vec<(Duration, Duration)> = Vec::new();
        let mut bytes = 0;
        for _ in 0..TIMES {
            let answer = ada.get(page);
            assert_eq!(answer.status, 200, "{page}: {}", answer.text);
            waits.push((answer.first_byte, answer.whole));
            bytes = answer.text.len();
        }
        waits.sort_unstable();
        let ms = |wait: Duration| wait.as_secs_f64() * 1e3;
        let [(median, _), (longest, whole)] = [waits[TIMES / 2], waits[TIMES - 1]];
        let (median, longest_ms, whole, kib) = (ms(median), ms(longest), ms(whole), bytes / 1024);
        println!("{page:28} {median:>9.1} {longest_ms:>9.1} {whole:>9.1} {kib:>9}");
        is_soon &= longest < FIRST_BYTE_MAX;
    }
    println!("first byte within {FIRST_BYTE_MAX:?}: {}", if is_soon { "yes" } else { "no" });
    is_soon
}

/// What open pages cost a load. True when it keeps its pace.
fn beside(server: &Server, ada: &Browser, rounds: usize, seconds: Duration) -> bool {
    let (mut alone, mut open, mut fetched) = (Vec::new(), Vec::new(), 0);
    println!("\n{}: durable pairs a second", SHAPE.name);
    for round in 0..rounds {
        // Each goes first in every other round.
        for turn in [round % 2, (round + 1) % 2] {
            if turn == 0 {
                alone.push(load::measure(server, &SHAPE, seconds).pairs_a_second);
                continue;
            }
            let is_over = Arc::new(AtomicBool::new(false));
            let keeping = OPEN.map(|page| {
                let (browser, is_over) = (ada.clone(), Arc::clone(&is_over));
                std::thread::spawn(move || browser.keep_open(page, &is_over))
            });
            open.push(load::measure(server, &SHAPE, seconds).pairs_a_second);
            is_over.store(true, Relaxed);
            fetched += keeping.into_iter().map(|kept| kept.join().unwrap()).sum::<u32>();
        }
    }
    let ratio = median(&mut open) / median(&mut alone);
    println!("nobody at the console: {:.0} ({:?})", median(&mut alone), alone);
    println!("two pages open, fetched {fetched} times: {:.0} ({:?})", median(&mut open), open);
    println!("ratio {ratio:.3}, {PACE_MIN} wanted");
    ratio >= PACE_MIN
}

fn median(samples: &mut [f64]) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied().unwrap_or(f64::NAN)
}
