//! What a checkout costs when nobody else wants anything: beside one bare flush of the same disk, and an
//! empty echo of the same messages.
//!
//! `cargo xtask bench idle` runs it. One client has one session on one stream of the real daemon, and
//! checks one seat out and in, over and over. Flushes, echoes and checkouts are measured in turn, round
//! by round, since whatever else the machine does disturbs all three.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what cannot be measured ends here")]
#![allow(clippy::print_stdout, reason = "this is a command line")]

mod disk;
#[path = "../throughput/echo.rs"]
mod echo;
mod figures;
#[path = "../throughput/load.rs"]
#[allow(dead_code, reason = "one client's latency is wanted, nothing else")]
mod load;
#[path = "../../tests/support/mod.rs"]
mod support;

use std::process::ExitCode;
use std::time::Duration;

use figures::{Figures, Round, median};
use load::{Server, Shape};
use support::Site;

const PACK: &str = "SERVER this_host HOSTID_HERE\nVENDOR acmed\nUSE_SERVER\n\
                    INCREMENT PROENGINEER acmed 20.0 permanent 10 CONFIG_ID=11470 SEAT=FLOATING\n";
const ONE: Shape =
    Shape { name: "stream, 1 connection, 1 in flight", connections: 1, in_flight: 1, on_stream: true };
/// How many times a flush and an echo one checkout may take.
const RATIO_MAX: f64 = 1.5;
/// Nothing takes less than what it is made of: something else used the disk in a round below this, which
/// does not count.
const RATIO_MIN: f64 = 0.8;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|word| word == echo::WORD) {
        echo::serve();
        return ExitCode::SUCCESS;
    }
    let number = |name: &str, otherwise: f64| -> f64 {
        let at = arguments.iter().position(|word| word == name);
        at.and_then(|at| arguments.get(at + 1)?.parse().ok()).unwrap_or(otherwise)
    };
    let rounds = number("--rounds", 5.0).max(1.0) as usize;
    let seconds = Duration::from_secs_f64(number("--seconds", 2.0).clamp(0.05, 600.0));

    let site = Site::with_packs(&[PACK]);
    let (file_system, is_in_memory) = disk::file_system(&site.path("state"));
    let mut bare = disk::Bare::new(&site.path("flushed"));
    let daemon = site.start();
    let echo = echo::Echo::start();
    let seatkeeperd = Server { address: daemon.address, pid: daemon.pid() };
    let echo = Server { address: echo.address, pid: echo.pid() };
    println!(
        "one client, one checkout at a time and then its checkin; {rounds} rounds of {seconds:?} each, in turn;"
    );
    println!("state and bare flush of 4 KiB on {file_system}; microseconds, p50 and p99\n");
    println!("{:8} {:>15} {:>15} {:>15} {:>7}", "round", "bare flush", "empty echo", "checkout", "ratio");
    let measured: Vec<Round> = (1..=rounds)
        .map(|n| {
            let flush = bare.measure(seconds);
            let [echo, checkout] = [&echo, &seatkeeperd].map(|server| {
                let sample = load::measure(server, &ONE, seconds);
                Figures { p50: sample.p50_us, p99: sample.p99_us }
            });
            let round = Round { flush, echo, checkout };
            print(&n.to_string(), &round, round.ratio());
            round
        })
        .collect();
    assert!(daemon.terminate().success(), "the daemon did not end well");
    conclude(&measured, is_in_memory)
}

/// Prints the medians and the last line, and judges.
fn conclude(all: &[Round], is_in_memory: bool) -> ExitCode {
    let measured: Vec<Round> = all.iter().copied().filter(|round| round.ratio() >= RATIO_MIN).collect();
    let measured = &measured[..];
    let disturbed = all.len() - measured.len();
    let of = |figures: fn(&Round) -> Figures| Figures {
        p50: median(measured, |round| figures(round).p50),
        p99: median(measured, |round| figures(round).p99),
    };
    let middle = Round { flush: of(|r| r.flush), echo: of(|r| r.echo), checkout: of(|r| r.checkout) };
    let ratio = median(measured, Round::ratio);
    let best = measured.iter().map(Round::ratio).fold(f64::INFINITY, f64::min);
    print("median", &middle, ratio);
    if is_in_memory {
        println!("\nTHE STATE IS ON A DISK IN MEMORY: nothing here is durable. Set TMPDIR to a real one.");
    }
    if disturbed > 0 {
        println!("\n{disturbed} of {} rounds do not count: something else used the disk", all.len());
    }
    let is_good = ratio <= RATIO_MAX && !is_in_memory && disturbed <= all.len() / 2;
    println!(
        "\nbench idle: a checkout takes {:.0} µs, {ratio:.2} times a bare flush of {:.0} µs and an empty echo of {:.0} µs \
         (at most {RATIO_MAX}; best round {best:.2}){}",
        middle.checkout.p50,
        middle.flush.p50,
        middle.echo.p50,
        if is_good { "" } else { ": IT FALLS SHORT" },
    );
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn print(name: &str, round: &Round, ratio: f64) {
    let of = |figures: Figures| format!("{:.0} {:>6.0}", figures.p50, figures.p99);
    let Round { flush, echo, checkout } = *round;
    println!("{name:8} {:>15} {:>15} {:>15} {ratio:>7.2}", of(flush), of(echo), of(checkout));
}
