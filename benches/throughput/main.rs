//! How fast seats are checked out and in: durably over the wire, beside an empty echo.
//!
//! `cargo xtask bench` runs it. One run starts the real daemon and an echo that answers with the same
//! messages and does nothing else, each in a process of its own, and loads them in turn with the same
//! clients: a ratio of two figures says more than either on a machine that others use too.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what cannot be measured ends here")]
#![allow(clippy::print_stdout, reason = "this is a command line")]

mod disk;
mod echo;
mod load;
mod report;
#[path = "../../tests/support/mod.rs"]
mod support;

use std::time::Duration;

use load::{Sample, Server, Shape};
use report::Report;
use support::Site;

/// More seats than all clients together can hold.
const PACK: &str = "SERVER this_host HOSTID_HERE\nVENDOR acmed\nUSE_SERVER\n\
                    INCREMENT PROENGINEER acmed 20.0 permanent 100000 CONFIG_ID=11470 SEAT=FLOATING\n";

const SHAPES: [Shape; 3] = [
    Shape { name: "stream, 64 connections, 1 in flight", connections: 64, in_flight: 1, on_stream: true },
    Shape { name: "stream, 64 connections, 64 in flight", connections: 64, in_flight: 64, on_stream: true },
    Shape { name: "unary, 64 connections, 1 in flight", connections: 64, in_flight: 1, on_stream: false },
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|word| word == echo::WORD) {
        return echo::serve();
    }
    let number = |name: &str, otherwise: f64| -> f64 {
        let at = arguments.iter().position(|word| word == name);
        at.and_then(|at| arguments.get(at + 1)?.parse().ok()).unwrap_or(otherwise)
    };
    let rounds = number("--rounds", 5.0).max(1.0) as usize;
    let seconds = Duration::from_secs_f64(number("--seconds", 2.0).clamp(0.05, 600.0));

    let site = Site::with_packs(&[PACK]);
    let daemon = site.start();
    let echo = echo::Echo::start();
    let seatkeeperd = Server { address: daemon.address, pid: daemon.pid() };
    let echo = Server { address: echo.address, pid: echo.pid() };
    let mut samples: Vec<[Vec<Sample>; 2]> = SHAPES.iter().map(|_| Default::default()).collect();
    for round in 0..rounds {
        for (shape, [ours, empty]) in SHAPES.iter().zip(&mut samples) {
            // Each goes first in every other round.
            let turns = if round % 2 == 0 { [0, 1] } else { [1, 0] };
            for turn in turns {
                let (server, into) =
                    if turn == 0 { (&seatkeeperd, &mut *ours) } else { (&echo, &mut *empty) };
                into.push(load::measure(server, shape, seconds));
            }
        }
        println!("round {} of {rounds} is done", round + 1);
    }
    let flush = disk::flush_us(&site.path("flushed"));
    let report = Report { rounds, seconds, shapes: &SHAPES, samples: &samples, flush };
    report.print();
    report.write();
    assert!(daemon.terminate().success(), "the daemon did not end well");
}
