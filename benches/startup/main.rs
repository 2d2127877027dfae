//! How long the daemon takes to serve again when very many seats are held, and how much memory they take.
//!
//! `cargo xtask bench startup` runs it. The real daemon grants the seats over the wire, stops, and is
//! started again, a few times; then once more after a `kill -9`. Memory is what its process has once it
//! serves and lmstat was answered, and how that grows with the seats. Beside it stands sled's part of
//! that: what a process gains that opens and reads the same seat state as the daemon does, and keeps
//! nothing of it. At last it is started with few seats held and
//! ten million records behind it: what a start takes depends on what is held.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what cannot be measured ends here")]
#![allow(clippy::print_stdout, reason = "this is a command line")]

mod fill;
#[path = "../../tests/support/mod.rs"]
mod support;
#[path = "../reread/wire.rs"]
#[allow(dead_code, reason = "seats are not checked in here")]
mod wire;

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use store::SeatFolder as _;
use support::{Daemon, Site};
use tokio::task::LocalSet;

/// Seats that are held.
const SIZES: [u32; 2] = [10_000, 1_000_000];
/// Records that the journal has had before a start with the fewest seats, and how long that may take.
const RECORDS: u32 = 10_000_000;
const RECORDS_MAX: Duration = Duration::from_secs(10);
/// MiB that these records may leave in memory.
const LEFT_MAX: f64 = 64.0;
/// How long a start may take with the most.
const START_MAX: Duration = Duration::from_secs(3);
/// Bytes that a held seat may take, sled's share left out.
const SEAT_MAX: f64 = 400.0;
/// How this program calls itself to measure sled alone, in a folder.
const SLED_ALONE: &str = "--sled-alone";

/// What was measured at one size.
struct Figures {
    seats: u32,
    /// Of the starts after a stop, the middle one.
    start: Duration,
    after_kill: Duration,
    /// MiB of the process, once it serves.
    memory: f64,
    /// MiB of that which sled has, alone as much.
    sled: f64,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [word, folder, ..] = &arguments[..]
        && word == SLED_ALONE
    {
        println!("{}", sled_alone(Path::new(folder)));
        return ExitCode::SUCCESS;
    }
    let at = arguments.iter().position(|word| word == "--rounds");
    let rounds: usize = at.and_then(|at| arguments.get(at + 1)?.parse().ok()).unwrap_or(5).max(1);
    println!("the daemon is started again with seats held, {rounds} times after a stop, once after a kill\n");
    println!(
        "{:>10} {:>12} {:>14} {:>12} {:>14}",
        "seats", "start", "after a kill", "memory", "of it sled's"
    );
    let figures = SIZES.map(|seats| measure(seats, 0, rounds));
    let [few, most] = &figures;
    let old = measure(few.seats, RECORDS / 2, rounds);
    let left = old.memory - few.memory;
    println!("the last after {RECORDS} records: {left:.0} MiB more (at most {LEFT_MAX:.0})");
    let a_seat = |few: f64, most: f64| (most - few) * 1024.0 * 1024.0 / f64::from(SIZES[1] - SIZES[0]);
    let (own, sled) = (a_seat(few.memory - few.sled, most.memory - most.sled), a_seat(few.sled, most.sled));
    let is_quick = |figures: &Figures, most| figures.start <= most && figures.after_kill <= most;
    let is_good =
        is_quick(most, START_MAX) && own <= SEAT_MAX && is_quick(&old, RECORDS_MAX) && left <= LEFT_MAX;
    println!(
        "\nbench startup: {:.2} s with {} seats held (at most {} s), {own:.0} bytes a seat without sled's {sled:.0} (at \
         most {SEAT_MAX:.0}); {:.1} times the start with {}; {:.2} s after {RECORDS} records (at most {} s){}",
        most.start.as_secs_f64(),
        most.seats,
        START_MAX.as_secs(),
        most.start.as_secs_f64() / few.start.as_secs_f64(),
        few.seats,
        old.after_kill.max(old.start).as_secs_f64(),
        RECORDS_MAX.as_secs(),
        if is_good { "" } else { ": IT FALLS SHORT" },
    );
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// With so many seats held, after so many other pairs of a checkout and its checkin.
fn measure(seats: u32, pairs: u32, rounds: usize) -> Figures {
    let licensed = (seats + 10_000).min(1_000_000);
    let pack = format!(
        "SERVER this_host HOSTID_HERE\nVENDOR acmed\nUSE_SERVER\nINCREMENT mill acmed 4.2 permanent {licensed} \
         CONFIG_ID=11470 SEAT=FLOATING\n"
    );
    // Nobody comes back for the seats while they are counted.
    let site = Site::with_packs(&[&pack]).configure("[session]\ntimeout_ms = 3600000\nhold_ms = 90000\n");
    let daemon = site.start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    LocalSet::new().block_on(&runtime, fill::take(daemon.address, seats));
    if pairs > 0 {
        LocalSet::new().block_on(&runtime, fill::churn(daemon.address, pairs));
    }
    assert!(daemon.terminate().success(), "the daemon did not end well");
    let mut starts = Vec::new();
    for _ in 0..rounds {
        let (daemon, took) = start(&site);
        starts.push(took);
        assert!(daemon.terminate().success(), "the daemon did not end well");
    }
    starts.sort();
    start(&site).0.kill9();
    let (daemon, after_kill) = start(&site);
    let held = runtime.block_on(fill::held(daemon.address));
    assert_eq!(held, seats, "every seat is held as before");
    let memory = settled(&daemon.pid().to_string());
    daemon.kill9();
    let sled = measure_sled(&site);
    let start = starts[rounds / 2];
    println!("{seats:>10} {start:>12.2?} {after_kill:>14.2?} {memory:>8.0} MiB {sled:>10.0} MiB");
    Figures { seats, start, after_kill, memory, sled }
}

/// Starts the daemon, and says how long it took until it served.
fn start(site: &Site) -> (Daemon, Duration) {
    let began = Instant::now();
    let daemon = site.start();
    (daemon, began.elapsed())
}

/// Has another process measure sled alone.
fn measure_sled(site: &Site) -> f64 {
    let own = std::env::current_exe().unwrap();
    let said = Command::new(own).arg(SLED_ALONE).arg(site.path("state")).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8_lossy(&said.stdout).trim().parse().unwrap()
}

/// MiB that this process gains when it opens and reads a seat state.
fn sled_alone(folder: &Path) -> f64 {
    let before = memory("self");
    let opened = store::SledFolder::new(folder, Duration::from_secs(60)).open(&mut |_| ()).unwrap();
    let gained = memory("self") - before;
    assert!(opened.is_some(), "there is no seat state");
    gained
}

/// MiB of a process once they stay the same: what a report has put together is freed behind it.
fn settled(process: &str) -> f64 {
    let deadline = Instant::now() + support::DEADLINE;
    let (mut last, mut same) = (memory(process), 0);
    while same < 10 {
        assert!(Instant::now() < deadline, "the daemon's memory does not come to rest");
        std::thread::park_timeout(Duration::from_millis(20));
        let now = memory(process);
        same = if (now - last).abs() < 1.0 { same + 1 } else { 0 };
        last = now;
    }
    last
}

/// MiB of a process that are in memory.
fn memory(process: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}
