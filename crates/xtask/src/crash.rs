//! `crash`: the real daemon, killed at random moments or cut from its power, and audited.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use testkit::crash::{self, Found, Options, Summary};

use crate::cargo::{cargo, target_folder};
use crate::say;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many cycles to run; without it as many as the budget allows, or 10000, or 1000 power cuts.
    #[arg(long, value_name = "N")]
    cycles: Option<u64>,
    /// The seed of the first of them.
    #[arg(long, default_value_t = 0, value_name = "SEED")]
    from: u64,
    /// Begin no more cycles after so long.
    #[arg(long, value_name = "SECONDS")]
    budget: Option<u64>,
    /// Cut the power of the disk instead of killing the daemon: needs root and loop devices.
    #[arg(long)]
    power_loss: bool,
    /// Where the state folders are made, on a real disk; without it the target folder's `crash`.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// Cycles that are run when nothing else is said.
const CYCLES: u64 = 10_000;
/// Of power cuts.
const CUTS: u64 = 1_000;
/// Cycles that share a state folder: as many as its journal needs to begin another segment.
const LIFE: u64 = 400;
/// Of power cuts.
const LIFE_OF_CUTS: u64 = 100;
/// Of the tests.
const LIFE_OF_TESTS: u64 = 50;
/// What cuts the power.
const CUTTER: &str = "tests/python/powercut.py";

/// Runs cycles of the daemon as it is shipped. True when every one was run and nothing was found that
/// must not be.
///
/// # Errors
/// When the daemon cannot be built or run, or the power not be cut.
pub(crate) fn run(root: &Path, args: &Args) -> Result<bool> {
    let target = target_folder(root)?;
    let mut build = cargo(root);
    build.args(["build", "--locked", "--release", "--package", "seatkeeper", "--bin", "seatkeeperd"]);
    if !build.status().context("cargo cannot be run")?.success() {
        bail!("the daemon cannot be built");
    }
    let folder = args.folder.clone().unwrap_or_else(|| target.join("crash"));
    let mut options = options(root, target.join("release/seatkeeperd"), &folder, args.power_loss)?;
    options.life = if args.power_loss { LIFE_OF_CUTS } else { LIFE };
    if args.power_loss
        && let Err(why) = crash::can_cut(&options)
    {
        say(&format!("crash --power-loss: left out: {why}"));
        return Ok(false);
    }
    let usual = if args.power_loss { CUTS } else { CYCLES };
    let cycles = args.cycles.unwrap_or(if args.budget.is_some() { u64::MAX } else { usual });
    let wanted = args.cycles.filter(|_| args.budget.is_none());
    let seeds = args.from..args.from.saturating_add(cycles);
    report(&crash::crash(seeds, args.budget.map(Duration::from_secs), &options), &options, wanted)
}

/// Runs so many cycles of the daemon that the tests have built. True when nothing was found that must
/// not be; none where the power cannot be cut.
///
/// # Errors
/// As [`run`].
pub(crate) fn of_tests(root: &Path, cycles: u64, power_loss: bool) -> Result<Option<bool>> {
    let target = target_folder(root)?;
    let program = target.join("debug/seatkeeperd");
    if !program.is_file() {
        bail!("{} is not there: `cargo test` makes it", program.display());
    }
    let folder = target.join("crash-test");
    let options = options(root, program, &folder, power_loss)?;
    if power_loss && let Err(why) = crash::can_cut(&options) {
        say(&format!("crash --power-loss: left out: {why}"));
        return Ok(None);
    }
    let seeds: Range<u64> = 0..cycles;
    report(&crash::crash(seeds, None, &options), &options, Some(cycles)).map(Some)
}

fn options(root: &Path, program: PathBuf, folder: &Path, power_loss: bool) -> Result<Options> {
    let folder = std::path::absolute(folder).context("the folder has no path")?;
    let cutter = power_loss.then(|| root.join(CUTTER));
    // Kills and power cuts may run beside each other.
    let folder = folder.join(if power_loss { "cut" } else { "kill" });
    Ok(Options { program, folder, life: LIFE_OF_TESTS, cutter })
}

fn report(summary: &Summary, options: &Options, wanted: Option<u64>) -> Result<bool> {
    let word = if options.cutter.is_some() { "crash --power-loss" } else { "crash" };
    for finding in &summary.findings {
        say(&format!("seed {}: {}", finding.seed, finding.fault));
        say(&format!(
            "  state folder: {}\n  replay with: cargo xtask {word} --from {} --cycles {}",
            finding.folder.display(),
            finding.from,
            finding.seed - finding.from + 1
        ));
    }
    if let Some(why) = summary.failures.first() {
        bail!("{why}");
    }
    let figures = &summary.figures;
    if figures.cycles == 0 && summary.findings.is_empty() {
        bail!("no cycle was run");
    }
    say(&format!(
        "starts took {:.0} ms in the middle, {:.0} ms at most; sled was made again at {}, and done without at {}; \
         a state folder for {} cycles",
        figures.start_ms(0.5),
        figures.start_ms(1.0),
        figures.made_again,
        figures.without_sled,
        options.life
    ));
    let blow = if options.cutter.is_some() { "power cuts" } else { "kills" };
    let seconds = summary.elapsed.as_secs_f64();
    say(&format!(
        "{word}: {} cycles, {blow}: {} while serving, {} while starting; {} restarts, {} acknowledgements, \
         {} grants audited; {} lost, {} over-issued, {} starts refused, {} other faults; {seconds:.1} s, \
         {:.1} cycles/s",
        figures.cycles,
        figures.while_serving,
        figures.while_starting,
        figures.restarts,
        figures.acknowledged,
        figures.audited,
        summary.found(Found::Lost),
        summary.found(Found::Over),
        summary.found(Found::Refused),
        summary.found(Found::Odd),
        figures.cycles as f64 / seconds.max(1e-9),
    ));
    let is_whole = wanted.is_none_or(|wanted| figures.cycles == wanted);
    if !is_whole && summary.is_stopped {
        say("stopped before its end, as asked");
    }
    Ok(summary.findings.is_empty() && is_whole)
}
