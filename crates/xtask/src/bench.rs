//! `bench`: builds the measuring program and the daemon as they are shipped, and runs it.

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::cargo::cargo;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many times each shape of load is measured; the rounds of all shapes take turns.
    #[arg(long, default_value_t = 5, value_name = "N")]
    rounds: u32,
    /// How long each measurement takes.
    #[arg(long, default_value_t = 2.0, value_name = "SECONDS")]
    seconds: f64,
}

/// Measures. True when every shape of load was served.
///
/// # Errors
/// When cargo cannot be run.
pub(crate) fn run(root: &Path, args: &Args) -> Result<bool> {
    let mut command = cargo(root);
    command.args(["bench", "--locked", "--package", "seatkeeper", "--bench", "throughput", "--"]);
    command.args(["--rounds", &args.rounds.to_string(), "--seconds", &args.seconds.to_string()]);
    Ok(command.status().context("cargo cannot be run")?.success())
}
