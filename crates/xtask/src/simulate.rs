//! `simulate`: seeds of the simulator, each one run; with `--engine`, histories of the seat engine
//! beside its model; with `--agree`, sites on which `options try`, `explain` and checkouts must agree; with
//! `--estates`, estates of serial numbers that are converted.

use std::fmt::Display;
use std::io::{BufRead as _, BufReader};
use std::ops::Range;
use std::path::Path;
use std::process::Stdio;
use std::str::FromStr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use testkit::sim::{self, Options, Summary};
use testkit::{agree, engine};

use crate::cargo::cargo;
use crate::say;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Run histories of the seat engine alone, beside a plain model of it.
    #[arg(long)]
    engine: bool,
    /// Hold `options try`, `explain` and checkouts against each other on random sites.
    #[arg(long, conflicts_with_all = ["engine", "bug"])]
    agree: bool,
    /// Convert so many random estates, each in two parts and once again.
    #[arg(long, value_name = "N", conflicts_with_all = ["engine", "agree", "bug", "seeds", "seed", "budget"])]
    estates: Option<u64>,
    /// How many seeds to run; without it as many as the budget allows, or 2000, or 200000 histories.
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
    bug: Option<String>,
}

/// Seeds that are run when nothing else is said.
const SEEDS: u64 = 2_000;
/// Histories of the engine that are run when nothing else is said.
const HISTORIES: u64 = 200_000;

impl Args {
    /// The seeds to run, and for how long.
    fn seeds(&self, usual: u64) -> (Range<u64>, Option<Duration>) {
        if let Some(seed) = self.seed {
            return (seed..seed.saturating_add(1), None);
        }
        let seeds = self.seeds.unwrap_or(if self.budget.is_some() { u64::MAX } else { usual });
        (self.from..self.from.saturating_add(seeds), self.budget.map(Duration::from_secs))
    }

    fn bug<B: FromStr>(&self) -> Result<Option<B>>
    where
        B::Err: Display,
    {
        let parsed = self.bug.as_deref().map(str::parse).transpose();
        parsed.map_err(|error: B::Err| anyhow::anyhow!("{error}"))
    }
}

/// Simulates. True when nothing was found that must not be.
///
/// # Errors
/// When no seed was run.
pub(crate) fn run(root: &Path, args: &Args) -> Result<bool> {
    if let Some(n) = args.estates {
        return estates(root, args.from, n);
    }
    if args.agree {
        let (seeds, budget) = args.seeds(SEEDS);
        return report_agree(&agree::simulate(seeds, budget));
    }
    if args.engine {
        let (seeds, budget) = args.seeds(HISTORIES);
        return report_engine(&engine::simulate(seeds, args.bug()?, budget));
    }
    let (seeds, budget) = args.seeds(SEEDS);
    // A bug of the daemon, or of the engine in it.
    let options = match args.bug() {
        Ok(bug) => Options { bug, engine: None },
        Err(_) => Options { bug: None, engine: args.bug()? },
    };
    report(&sim::simulate(seeds, &options, budget))
}

/// Runs so many histories of the engine, from the first seed. True when engine and model agree.
///
/// # Errors
/// When none was run.
pub(crate) fn histories(n: u64) -> Result<bool> {
    report_engine(&engine::simulate(0..n, None, None))
}

/// Converts so many estates, from a seed: a test of the desk's, since only that sees inside. True when nothing
/// was found that must not be, and as many were tried as were asked for.
fn estates(root: &Path, from: u64, n: u64) -> Result<bool> {
    if n == 0 {
        bail!("no estate was converted");
    }
    let mut command = cargo(root);
    command.args(["test", "--locked", "--package", "desk", "--lib", "random_estates", "--", "--nocapture"]);
    command.env("SEATKEEPER_ESTATES", n.to_string()).env("SEATKEEPER_ESTATES_FROM", from.to_string());
    command.env_remove("SEATKEEPER_ESTATE_SEED");
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("cargo cannot be run")?;
    let (mut began, mut found) = (Instant::now(), None);
    for line in child.stdout.take().into_iter().flat_map(|out| BufReader::new(out).lines()) {
        let line = line.context("the test's output cannot be read")?;
        if line.starts_with("running ") {
            // What came before was the compiler's time.
            began = Instant::now();
        }
        found = found.or_else(|| Estates::of(&line));
    }
    let ended_well = child.wait().context("cargo cannot be waited for")?.success();
    let Some(Estates { tried, rows, wrong }) = found else { bail!("no estate was converted") };
    say(&format!(
        "simulate --estates: {tried} estates, {rows} rows, {wrong} violations, {:.1} s",
        began.elapsed().as_secs_f64()
    ));
    Ok(ended_well && wrong == 0 && tried == n)
}

/// What the test says of the estates that it tried.
#[derive(Debug, PartialEq, Eq)]
struct Estates {
    tried: u64,
    rows: u64,
    wrong: u64,
}

impl Estates {
    /// Reads `estates: 1000 tried, 7213 rows, 0 wrong`.
    fn of(line: &str) -> Option<Self> {
        let mut parts = line.strip_prefix("estates: ")?.split(", ");
        let mut count = |word: &str| parts.next()?.strip_suffix(word)?.parse().ok();
        Some(Self { tried: count(" tried")?, rows: count(" rows")?, wrong: count(" wrong")? })
    }
}

fn report_agree(summary: &agree::Summary) -> Result<bool> {
    if summary.sites == 0 {
        bail!("no site was looked at");
    }
    for found in &summary.disagreements {
        say(&found.to_string());
    }
    say(&format!("simulate --agree: {summary}"));
    Ok(summary.disagreements.is_empty())
}

fn report_engine(summary: &engine::Summary) -> Result<bool> {
    if summary.histories == 0 {
        bail!("no history was run");
    }
    for found in &summary.disagreements {
        say(&found.to_string());
    }
    say(&summary.figures.to_string());
    if !summary.figures.add_up() {
        bail!("the figures do not add up");
    }
    let seconds = summary.elapsed.as_secs_f64();
    say(&format!(
        "simulate --engine: {} histories, {} commands, {} granted, {} denied, {} served in line, {} disagreements, \
         {seconds:.1} s, {:.0} histories/s",
        summary.histories,
        summary.figures.commands,
        summary.figures.granted,
        summary.figures.denied.values().sum::<u64>(),
        summary.figures.served,
        summary.disagreements.len(),
        summary.histories as f64 / seconds.max(1e-9),
    ));
    Ok(summary.disagreements.is_empty())
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
    say(&summary.faults.to_string());
    say(&format!(
        "simulate: {} seeds, {} steps, {:.1} faults a run ({:.1} without those of messages and single writes), \
         {} violations, {:.1} s, {:.0} runs/s, {:.0} a second and core",
        summary.seeds,
        summary.steps,
        summary.each(summary.faults.total()),
        summary.each(summary.faults.grave()),
        summary.violations.len(),
        summary.elapsed.as_secs_f64(),
        summary.runs_per_second(),
        summary.runs_per_core_second(),
    ));
    Ok(summary.violations.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_the_estates_is_read_and_others_are_not() {
        let read = Some(Estates { tried: 1_000, rows: 7_213, wrong: 2 });
        assert_eq!(Estates::of("estates: 1000 tried, 7213 rows, 2 wrong"), read);
        for other in ["", "test result: ok.", "estates: 1000 tried", "estates: x tried, 1 rows, 0 wrong"] {
            assert_eq!(Estates::of(other), None, "{other}");
        }
    }
}
