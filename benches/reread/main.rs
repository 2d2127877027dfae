//! Files that are read again while 10,000 seats are held and 1,000 are checked out and in a second.
//!
//! `cargo xtask bench reread` runs it. The load goes on without a break through phases in turn: in one
//! nothing is reread, in the next the license and options files change and are reread each second. Both
//! see the same machine, so the ratio of their slowest answers is the reread's.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what cannot be measured ends here")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is a command line")]

mod files;
mod holders;
mod load;
mod rereads;
#[path = "../../tests/support/mod.rs"]
mod support;
mod wire;

use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};

use rereads::Rereads;
use support::Site;
use tokio::task::LocalSet;

/// Sessions with a seat each.
const HOLDERS: usize = 10_000;
/// Checkouts, and as many checkins.
const A_SECOND: u32 = 1_000;
/// How many times as long the slowest answer of a thousand may take.
const RATIO_MAX: f64 = 1.5;
/// How long the owner may be away.
const AWAY_MAX: Duration = Duration::from_millis(10);
/// The word that makes every other reread one that charges every holder anew.
const ALL: &str = "--all";
/// The load that warms up, before the first phase.
const WARM_UP: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str, otherwise: f64| -> f64 {
        let at = arguments.iter().position(|word| word == name);
        at.and_then(|at| arguments.get(at + 1)?.parse().ok()).unwrap_or(otherwise)
    };
    let rounds = number("--rounds", 5.0).clamp(1.0, 100.0) as u32;
    let phase = Duration::from_secs_f64(number("--seconds", 2.0).clamp(1.0, 60.0));
    let site = Site::with_packs(&[&files::pack(0, HOLDERS)])
        .configure("[session]\ntimeout_ms = 3600000\nhold_ms = 90000\n");
    site.write("licenses/acmed.opt", files::options(0, HOLDERS, false).as_bytes());
    let daemon = site.start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let is_good = LocalSet::new().block_on(&runtime, async {
        let told = holders::Told::default();
        let granted = holders::take(daemon.address, HOLDERS, &told).await;
        println!("{} sessions hold a seat each; {A_SECOND} checkouts and checkins a second;", granted.len());
        println!("{} phases of {phase:?}, without rereads and with them in turn", 2 * rounds);
        let rereads = Rereads::prepare(&site, HOLDERS, arguments.iter().any(|word| word == ALL));
        let begin = Instant::now() + Duration::from_millis(100);
        let first = begin + WARM_UP;
        let longest = WARM_UP + phase * 2 * rounds;
        let rereading = rereads.spawn(first, phase, rounds, daemon.pid());
        let found = load::run(daemon.address, begin, A_SECOND, longest).await;
        let rereading = tokio::task::spawn_blocking(|| rereading.join().unwrap()).await.unwrap();
        let audit = holders::compare(&granted, &holders::report(daemon.address).await);
        Report { first, phase, found, rereading, audit, told: Rc::clone(&told).get() }.print()
    });
    drop(runtime);
    assert!(daemon.terminate().success(), "the daemon did not end well");
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What one run found.
struct Report {
    first: Instant,
    phase: Duration,
    found: load::Found,
    rereading: rereads::Found,
    /// Seats lost, and seats that nobody was granted.
    audit: (usize, usize),
    /// What holders were told unasked.
    told: u64,
}

impl Report {
    /// The sorted waits of the phases without rereads, and with them, in milliseconds.
    fn waits(&self) -> [Vec<f64>; 2] {
        let mut waits = [Vec::new(), Vec::new()];
        for (at, wait) in &self.found.waits {
            let Some(since) = at.checked_duration_since(self.first) else { continue };
            let phase = (since.as_secs_f64() / self.phase.as_secs_f64()) as usize;
            if let Some(of_kind) = waits.get_mut(phase % 2) {
                of_kind.push(wait.as_secs_f64() * 1e3);
            }
        }
        for of_kind in &mut waits {
            of_kind.sort_by(f64::total_cmp);
        }
        waits
    }

    /// Prints it; true when all is as it should be.
    fn print(&self) -> bool {
        let at = |waits: &[f64], part: f64| {
            waits.get((waits.len() as f64 * part) as usize).copied().unwrap_or(f64::NAN)
        };
        let waits = self.waits();
        println!();
        println!(
            "{:16} {:>9} {:>9} {:>9} {:>9} {:>9}",
            "ms to a grant", "checkouts", "p50", "p99", "p99.9", "longest"
        );
        for (name, of_kind) in ["without rereads", "with rereads"].iter().zip(&waits) {
            let [p50, p99, p999] = [0.5, 0.99, 0.999].map(|part| at(of_kind, part));
            let most = of_kind.last().copied().unwrap_or(f64::NAN);
            println!("{name:16} {:>9} {p50:>9.2} {p99:>9.2} {p999:>9.2} {most:>9.2}", of_kind.len());
        }
        let [calm, busy] = waits.each_ref().map(|of_kind| at(of_kind, 0.999));
        let (ratio, away) = (busy / calm, self.rereading.longest_away);
        self.rereading.print();
        let (lost, extra) = self.audit;
        let refused = self.found.refused;
        let double = self.found.double + extra;
        println!(
            "bench: p99.9 {busy:.2} ms with rereads, {calm:.2} ms without (ratio {ratio:.2}, at most {RATIO_MAX}); the \
             owner away at most {:.1} ms (at most {}); {lost} seats lost, {double} double, {refused} refused, {} told",
            away.as_secs_f64() * 1e3,
            AWAY_MAX.as_millis(),
            self.told,
        );
        ratio <= RATIO_MAX && away <= AWAY_MAX && lost + double + refused == 0 && self.told == 0
    }
}
