//! The simulation, of a few seeds; `cargo xtask simulate` runs as many as you like.

#![cfg(not(loom))]

use testkit::engine;
use testkit::sim::{Bug, Faults, Options, Summary, Violation, run, simulate};

fn fine(summary: &Summary) {
    let violations: Vec<_> = summary.violations.iter().map(ToString::to_string).collect();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[test]
fn four_hundred_seeds_keep_every_promise_whatever_goes_wrong() {
    let summary = simulate(0..400, &Options::default(), None);
    println!("{}", summary.faults);
    fine(&summary);
    assert_eq!(summary.seeds, 400);
    // At least five a run, not counting what happens to messages and single writes.
    assert!(summary.faults.grave() >= 5 * 400, "{}", summary.faults);
    for (what, kinds) in Faults::kinds() {
        for kind in kinds {
            assert!(summary.faults.of(kind) > 0, "{what}: no {kind}");
        }
    }
}

#[test]
fn a_seed_is_a_run_to_the_byte() {
    const SEEDS: u64 = 300;
    let mut digests = Vec::new();
    for seed in 0..SEEDS {
        let (one, two) = (run(seed, &Options::default()), run(seed, &Options::default()));
        assert_eq!(one, two, "cargo xtask simulate --seed {seed}");
        digests.push(one.digest);
    }
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len() as u64, SEEDS, "two seeds gave the same run");
}

/// The seeds from 1 among which each planted bug must be found.
const WITHIN: u64 = 10_000;

/// Each bug with the first seed from 1 that found it when this was written; the test prints where it is
/// found now. What changes a run changes that.
const FIRST: [(Bug, u64); 18] = [
    (Bug::AnswerBeforeFlush, 3),
    (Bug::GrantBeforeRelease, 27),
    (Bug::SplitCommand, 23),
    (Bug::ResurrectReclaimed, 1),
    (Bug::ForgetReservedOnRestart, 1),
    (Bug::DoubleApply, 2),
    (Bug::TimeOutOnWallClock, 19),
    (Bug::ForgetWaitersOnRestart, 6),
    (Bug::FreeBorrowed, 21),
    (Bug::StaleHeartbeat, 19),
    (Bug::DropTailBatch, 86),
    (Bug::ForgetHold, 25),
    (Bug::ForgetHeldOnRestart, 135),
    (Bug::ForeignCheckin, 5),
    (Bug::NewRequestId, 1),
    (Bug::NeverRelease, 1),
    (Bug::HalfReread, 3),
    (Bug::ForgetClockOnRestart, 120),
];

/// The first run that shows a bug, and is fine without it.
fn found(bug: Bug) -> Option<Violation> {
    let with_bug = Options { bug: Some(bug), ..Options::default() };
    (1..=WITHIN).find_map(|seed| {
        let violation = run(seed, &with_bug).violation?;
        assert_eq!(run(seed, &with_bug).violation.as_ref(), Some(&violation));
        run(seed, &Options::default()).violation.is_none().then_some(violation)
    })
}

#[test]
fn every_planted_bug_is_found() {
    assert_eq!(FIRST.map(|(bug, _)| bug).as_slice(), Bug::ALL);
    for (bug, first) in FIRST {
        let found = found(bug).unwrap_or_else(|| panic!("{bug} was not found in {WITHIN} seeds"));
        println!("{bug}: found by seed {} (when written: {first}): {found}", found.seed);
        let shown = found.to_string();
        assert!(
            shown.ends_with(&format!("cargo xtask simulate --seed {} --bug {bug}", found.seed)),
            "{shown}"
        );
        assert_eq!(bug.to_string().parse(), Ok(bug));
    }
}

/// Bugs of the engine that simulated clients see, each found among the first seeds. All of its bugs are
/// found by the engine's own histories (`tests/engine.rs`).
const OF_THE_ENGINE: [engine::Bug; 22] = [
    engine::Bug::OneTooMany,
    engine::Bug::FreeWraps,
    engine::Bug::ReservesForgotten,
    engine::Bug::MaxIgnored,
    engine::Bug::MaxNotInLine,
    engine::Bug::RechargeForgetsMax,
    engine::Bug::LingerNotReclaimed,
    engine::Bug::LockedAnywhere,
    engine::Bug::AnyProof,
    engine::Bug::LostAnyway,
    engine::Bug::KeptEndsWithSession,
    engine::Bug::AnyJob,
    engine::Bug::Overtaking,
    engine::Bug::LineIgnored,
    engine::Bug::LineSleeps,
    engine::Bug::WaitEndsWithTimeOut,
    engine::Bug::GrantedTwice,
    engine::Bug::FloorNotRaised,
    engine::Bug::ForeignCheckin,
    engine::Bug::AnyToken,
    engine::Bug::ExpiredEarly,
    engine::Bug::RereadTakesSeats,
];

#[test]
fn bugs_of_the_engine_that_clients_see_are_found() {
    for bug in OF_THE_ENGINE {
        let with_bug = Options { engine: Some(bug), ..Options::default() };
        let found = (1..=1_000).find_map(|seed| run(seed, &with_bug).violation);
        let found = found.unwrap_or_else(|| panic!("{bug} was not found in 1,000 seeds"));
        println!("{bug}: found by seed {}: {found}", found.seed);
        assert!(found.to_string().ends_with(&format!("--seed {} --bug {bug}", found.seed)), "{found}");
    }
}
