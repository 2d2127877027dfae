//! The simulation, of a few seeds; `cargo xtask simulate` runs as many as you like.

#![cfg(not(loom))]

use testkit::sim::{Bug, Options, Summary, run, simulate};

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

#[test]
fn every_planted_bug_is_found() {
    for bug in Bug::ALL {
        let summary = simulate(0..2_000, &Options { bug: Some(bug), ..Options::default() }, None);
        let found = summary.violations.first().unwrap_or_else(|| panic!("{bug} was not found"));
        println!("{bug}: after {} runs: {found}", summary.seeds);
        let shown = found.to_string();
        assert!(
            shown.ends_with(&format!("cargo xtask simulate --seed {} --bug {bug}", found.seed)),
            "{shown}"
        );
        let again = run(found.seed, &Options { bug: Some(bug), ..Options::default() });
        assert_eq!(again.violation.as_ref(), Some(found), "the command shows it again");
    }
}
