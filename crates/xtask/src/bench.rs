//! `bench`: builds the measuring programs, and the daemon as it is shipped, and runs them.

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::cargo::cargo;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to measure; everything when nothing is named.
    what: Option<What>,
    /// How many times each thing is measured, in turn.
    #[arg(long, default_value_t = 5, value_name = "N")]
    rounds: u32,
    /// How long each measurement of latency or throughput takes.
    #[arg(long, default_value_t = 2.0, value_name = "SECONDS")]
    seconds: f64,
    /// How many events the year of history has.
    #[arg(long, default_value_t = 100_000_000, value_name = "N")]
    events: u64,
}

/// A measuring program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// Loading signed packs, beside the signature checks alone.
    License,
    /// The console's pages with very many pools and seats, and what they cost running checkouts.
    Console,
    /// Questions about a year of usage history, and their memory.
    History,
    /// One checkout at a time, beside a bare flush and an empty echo.
    Idle,
    /// Files read again under load, beside the same load without.
    Reread,
    /// The seat engine alone, beside a bare counter, a lock and a semaphore.
    Seats,
    /// Starts with very many seats held, and their memory.
    Startup,
    /// Checkouts and checkins, beside an empty echo.
    Throughput,
}

impl What {
    /// In the order in which they run.
    const ALL: [Self; 8] = [
        Self::License,
        Self::Console,
        Self::History,
        Self::Idle,
        Self::Reread,
        Self::Seats,
        Self::Startup,
        Self::Throughput,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::License => "license",
            Self::Console => "console",
            Self::History => "history",
            Self::Idle => "idle",
            Self::Reread => "reread",
            Self::Seats => "seats",
            Self::Startup => "startup",
            Self::Throughput => "throughput",
        }
    }
}

/// Measures. True when every figure is as it should be.
///
/// # Errors
/// When cargo cannot be run.
pub(crate) fn run(root: &Path, args: &Args) -> Result<bool> {
    let mut is_good = true;
    for what in What::ALL.into_iter().filter(|what| args.what.is_none_or(|only| only == *what)) {
        let mut command = cargo(root);
        command.args(["bench", "--locked", "--package", "seatkeeper", "--bench", what.name(), "--"]);
        command.args(["--rounds", &args.rounds.to_string(), "--seconds", &args.seconds.to_string()]);
        if what == What::History {
            command.args(["--events", &args.events.to_string()]);
        }
        is_good &= command.status().context("cargo cannot be run")?.success();
    }
    Ok(is_good)
}
