//! The simulation, of a few seeds; `cargo xtask simulate` runs as many as you like.

#![cfg(not(loom))]

use testkit::sim::{Bug, Options, Summary, Violation, run, simulate};

fn fine(summary: &Summary) {
    let violations: Vec<_> = summary.violations.iter().map(ToString::to_string).collect();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[test]
fn two_hundred_seeds_keep_every_promise() {
    let summary = simulate(0..200, &Options::default(), None);
    println!(
        "{} runs, {:.0} a second, {} steps, {} faults: {}",
        summary.seeds,
        summary.runs_per_second(),
        summary.steps,
        summary.faults.total(),
        summary.faults
    );
    fine(&summary);
    assert_eq!(summary.seeds, 200);
    assert!(summary.faults.total() >= 5 * 200, "{}", summary.faults);
}

#[test]
fn a_seed_is_a_run_to_the_byte() {
    let mut digests = Vec::new();
    for seed in 0..20 {
        let (one, two) = (run(seed, &Options::default()), run(seed, &Options::default()));
        assert_eq!(one, two, "seed {seed}");
        digests.push(one.digest);
    }
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), 20, "two seeds gave the same run");
}

/// A run that shows a bug, and is fine without it.
fn found(bug: Bug) -> Option<Violation> {
    let with_bug = Options { bug: Some(bug) };
    let mut next = 0;
    while next < 2_000 {
        let summary = simulate(next..2_000, &with_bug, None);
        let violation = summary.violations.into_iter().next()?;
        if run(violation.seed, &Options::default()).violation.is_none() {
            assert_eq!(run(violation.seed, &with_bug).violation.as_ref(), Some(&violation));
            return Some(violation);
        }
        next = violation.seed + 1;
    }
    None
}

#[test]
fn every_planted_bug_is_found() {
    for bug in Bug::ALL {
        let found = found(bug).unwrap_or_else(|| panic!("{bug} was not found"));
        println!("{bug}: {found}");
        let shown = found.to_string();
        assert!(
            shown.ends_with(&format!("cargo xtask simulate --seed {} --bug {bug}", found.seed)),
            "{shown}"
        );
        assert_eq!(bug.to_string().parse(), Ok(bug));
    }
}
