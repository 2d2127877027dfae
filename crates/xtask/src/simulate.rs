//! `simulate`: seeds of the simulator, each one run.

use std::time::Duration;

use anyhow::{Result, bail};
use testkit::sim::{self, Bug, Options, Summary};

use crate::say;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many seeds to run; without it as many as the budget allows, or 2000.
    #[arg(long, value_name = "N")]
    seeds: Option<u64>,
    /// The first of them.
    #[arg(long, default_value_t = 0, value_name = "SEED")]
    from: u64,
    /// Run this one seed.
    #[arg(long, value_name = "SEED", conflicts_with_all = ["seeds", "from", "budget"])]
    seed: Option<u64>,
    /// Begin no more runs after so long.
    #[arg(long, value_name = "SECONDS")]
    budget: Option<u64>,
    /// Plant a bug, to see that it is found: the run then fails.
    #[arg(long, value_name = "NAME")]
    bug: Option<Bug>,
}

/// Seeds that are run when nothing else is said.
const SEEDS: u64 = 2_000;

/// Simulates. True when nothing was found that must not be.
///
/// # Errors
/// When no seed was run.
pub(crate) fn run(args: &Args) -> Result<bool> {
    let options = Options { bug: args.bug };
    let summary = match args.seed {
        Some(seed) => sim::simulate(seed..seed.saturating_add(1), &options, None),
        None => {
            let seeds = args.seeds.unwrap_or(if args.budget.is_some() { u64::MAX } else { SEEDS });
            let budget = args.budget.map(Duration::from_secs);
            sim::simulate(args.from..args.from.saturating_add(seeds), &options, budget)
        }
    };
    report(&summary)
}

/// Runs so many seeds, from the first. True when nothing was found that must not be.
///
/// # Errors
/// When no seed was run.
pub(crate) fn seeds(n: u64) -> Result<bool> {
    report(&sim::simulate(0..n, &Options::default(), None))
}

fn report(summary: &Summary) -> Result<bool> {
    if summary.seeds == 0 {
        bail!("no seed was run");
    }
    for violation in &summary.violations {
        say(&violation.to_string());
    }
    say(&format!("{} things happened; on purpose: {}", summary.steps, summary.faults));
    say(&format!(
        "simulate: {} seeds, {} violations, {:.1} s, {:.0} runs/s",
        summary.seeds,
        summary.violations.len(),
        summary.elapsed.as_secs_f64(),
        summary.runs_per_second()
    ));
    Ok(summary.violations.is_empty())
}
