//! What a checkout and its checkin cost in the seat engine: rows, request ids and records included.
//!
//! `cargo xtask bench seats` runs it, with nothing else running. A pair is a checkout and its checkin;
//! the commands are made before the clock starts, and the records are dropped after it stops. Beside the
//! engine stand a bare counter, the same engine behind a lock, and a semaphore.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what cannot be measured ends here")]
#![allow(clippy::print_stdout, reason = "this is a command line")]

#[path = "../../crates/daemon/src/bell.rs"]
#[allow(dead_code, unreachable_pub, unused_imports, reason = "the daemon's own, which has no other door")]
mod bell;
mod house;
mod instructions;
#[path = "../../crates/daemon/src/ring.rs"]
#[allow(dead_code, unreachable_pub, unused_imports, reason = "the daemon's own, which has no other door")]
mod queue;
mod ring;
mod rivals;
mod rows;
#[path = "../../crates/daemon/src/sync.rs"]
#[allow(unused_imports, reason = "the daemon's own, which has no other door")]
mod sync;

use std::process::ExitCode;
use std::time::Duration;

use house::{House, Shape};
use rows::{GROWTH, WANDERS};

/// Million pairs a second that the engine must do, by itself and through the ring.
const PLAIN_MIN: f64 = 6.0;
const RULES_MIN: f64 = 3.0;
const RING_MIN: f64 = 3.0;
/// How many times the instructions, and the time, a pair may take in the largest house.
const INSTRUCTIONS_MAX: f64 = 1.1;
const TIME_MAX: f64 = 2.0;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some((word, rest)) = arguments.split_first()
        && word == instructions::WORD
    {
        instructions::run(rest);
        return ExitCode::SUCCESS;
    }
    let number = |name: &str, otherwise: f64| -> f64 {
        let at = arguments.iter().position(|word| word == name);
        at.and_then(|at| arguments.get(at + 1)?.parse().ok()).unwrap_or(otherwise)
    };
    let rounds = number("--rounds", 5.0).max(1.0) as usize;
    let seconds = Duration::from_secs_f64(number("--seconds", 2.0).clamp(0.05, 60.0));
    println!("million pairs of a checkout and its checkin a second; {rounds} rounds of {seconds:?} in turn;");
    println!("median (least to most)\n");
    let is_fast = throughput(rounds, seconds);
    println!();
    let is_flat = growth(rounds, seconds);
    println!(
        "bench seats: {}",
        if is_fast && is_flat { "every figure is as it should be" } else { "it falls short" }
    );
    if is_fast && is_flat { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What is measured in turn: its name, and the least that the engine must do.
type Row = (&'static str, Option<f64>, Box<dyn FnMut(Duration) -> f64>);

fn throughput(rounds: usize, seconds: Duration) -> bool {
    let engine = |shape: Shape| {
        let mut house = House::new(shape);
        Box::new(move |longest| house.pairs_a_second(longest))
    };
    let mut rows: Vec<Row> = vec![
        ("engine, one pool", Some(PLAIN_MIN), engine(Shape::PLAIN)),
        ("engine, RESERVE, MAX and DUP_GROUP", Some(RULES_MIN), engine(Shape::RULES)),
        ("engine, two threads through the ring", Some(RING_MIN), Box::new(ring::pairs_a_second)),
        ("engine behind a lock, one thread", None, Box::new(|longest| rivals::mutex(1, longest))),
        ("engine behind a lock, two threads", None, Box::new(|longest| rivals::mutex(2, longest))),
        ("compare-and-swap, one thread", None, Box::new(|longest| rivals::counter(1, longest))),
        ("compare-and-swap, two threads", None, Box::new(|longest| rivals::counter(2, longest))),
        ("tokio's semaphore, one thread", None, Box::new(|longest| rivals::semaphore(1, longest))),
        ("tokio's semaphore, two threads", None, Box::new(|longest| rivals::semaphore(2, longest))),
    ];
    let mut figures = vec![Vec::new(); rows.len()];
    for _ in 0..rounds {
        for ((_, _, measure), figures) in rows.iter_mut().zip(&mut figures) {
            figures.push(measure(seconds) / 1e6);
        }
    }
    let mut is_good = true;
    for ((name, least, _), figures) in rows.iter().zip(figures) {
        let Spread { median, min, max } = Spread::of(figures);
        let wanted = least.map(|least| {
            is_good &= median >= least;
            let short = if median < least { ": IT FALLS SHORT" } else { "" };
            format!("at least {least:.0}{short}")
        });
        println!("{name:<38} {median:>7.2} ({min:.2} to {max:.2})  {}", wanted.unwrap_or_default());
    }
    is_good
}

/// What a pair takes in houses of two sizes each.
fn growth(rounds: usize, seconds: Duration) -> bool {
    println!("{:<38} {:>16} {:>12}", "what is there", "instructions", "ns a pair");
    let mut rows: Vec<_> =
        GROWTH.iter().chain([&WANDERS]).map(|shape| (*shape, House::new(*shape))).collect();
    let mut took = vec![Vec::new(); rows.len()];
    for _ in 0..rounds {
        for ((_, house), took) in rows.iter_mut().zip(&mut took) {
            took.push(1e9 / house.pairs_a_second(seconds));
        }
    }
    let (mut is_good, mut figures) = (true, Vec::new());
    for ((shape, _), took) in rows.iter().zip(took) {
        let took = Spread::of(took).median;
        let counted = if shape.wanders { Ok(f64::NAN) } else { instructions::a_pair(shape.name) };
        let counted = counted.unwrap_or_else(|why| {
            println!("{why}");
            is_good = false;
            f64::NAN
        });
        println!("{:<38} {counted:>16.0} {took:>12.0}", shape.name);
        figures.push((counted, took));
    }
    for (pair, of) in figures.chunks_exact(2).zip(["pools", "seats held"]) {
        let [few, many] = pair else { continue };
        let (counted, took) = (many.0 / few.0, many.1 / few.1);
        is_good &= counted <= INSTRUCTIONS_MAX && took <= TIME_MAX;
        println!(
            "with the most {of}, a pair takes {counted:.3} times the instructions (at most \
             {INSTRUCTIONS_MAX}) and {took:.2} times the time (at most {TIME_MAX})"
        );
    }
    is_good
}

struct Spread {
    median: f64,
    min: f64,
    max: f64,
}

impl Spread {
    fn of(mut figures: Vec<f64>) -> Self {
        figures.sort_by(f64::total_cmp);
        let (min, max) = (figures[0], figures[figures.len() - 1]);
        Self { median: figures[figures.len() / 2], min, max }
    }
}
