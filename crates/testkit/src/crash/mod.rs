//! The real daemon under load, killed at random moments, started again, and audited against what its
//! clients were told; also with power cuts.
//!
//! ```text
//!  workstations ──▶ seatkeeperd ──▶ its state folder (for power cuts: ext4 on a loop device)
//!       │  what was acknowledged         ▲ SIGKILL, or the disk is shut down: while it serves,
//!       └────▶ ledgers ──▶ audit         │ and while it starts
//!                            ▲ status, and what resumed sessions are told
//! ```
//!
//! A seed is one cycle: load, a crash, as many ended starts as the seed says, a start, the audit.
//! [`Options::life`] cycles share a state folder. The seed chooses what is asked for and when the crash comes; what the
//! daemon is at in that moment is the machine's choice, so a seed comes near to a run, and not to the
//! byte.

mod audit;
mod fault;
mod figures;
mod ledger;
mod life;
mod pack;
mod power;
mod process;
mod site;
mod station;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

pub use fault::{Fault, Found};
pub use figures::{Figures, Finding, Summary};

use crate::seeds;
use life::{End, Life};

/// State folders that are served from beside each other: a daemon waits for the disk most of its start.
const LANES: usize = 4;
/// How long anything may take that must come.
const DEADLINE: Duration = Duration::from_secs(60);

/// Set once, when somebody asks for the end.
static IS_STOPPED: AtomicBool = AtomicBool::new(false);

/// What is run, and where.
#[derive(Debug, Clone)]
pub struct Options {
    /// `seatkeeperd`.
    pub program: PathBuf,
    /// Where the state folders are made.
    pub folder: PathBuf,
    /// Cycles that share a state folder.
    pub life: u64,
    /// The script that cuts the power, where it is to be cut; without it the daemon is killed.
    pub cutter: Option<PathBuf>,
}

/// Whether power can be cut: root, a loop device, ext4.
///
/// # Errors
/// Why not.
pub fn can_cut(options: &Options) -> Result<(), String> {
    let cutter = options.cutter.as_deref().ok_or("nothing to cut the power with")?;
    power::is_possible(&options.folder.join("try"), cutter)
}

/// Runs the cycles of these seeds, until they are done, `budget` is used up, something is found, or
/// Ctrl-C.
#[must_use]
pub fn crash(cycles: Range<u64>, budget: Option<Duration>, options: &Options) -> Summary {
    let began = Instant::now();
    stop_when_asked();
    let has_found = AtomicBool::new(false);
    let is_over = || {
        IS_STOPPED.load(Ordering::Relaxed)
            || has_found.load(Ordering::Relaxed)
            || budget.is_some_and(|budget| began.elapsed() >= budget)
    };
    let each = options.life.max(1);
    let lives = 0..(cycles.end - cycles.start).div_ceil(each);
    let parts = seeds::each_on(LANES, lives, budget, |life, summary: &mut Summary| {
        let first = cycles.start + life * each;
        let seeds = first..first.saturating_add(each).min(cycles.end);
        live(seeds, options, &is_over, summary);
        if !summary.findings.is_empty() || !summary.failures.is_empty() {
            has_found.store(true, Ordering::Relaxed);
        }
        is_over()
    });
    let mut whole = Summary { elapsed: began.elapsed(), ..Summary::default() };
    whole.is_stopped = IS_STOPPED.load(Ordering::Relaxed);
    for part in parts {
        whole.figures.add(part.figures);
        whole.findings.extend(part.findings);
        whole.failures.extend(part.failures);
    }
    whole
}

/// Runs the cycles of one state folder.
fn live(seeds: Range<u64>, options: &Options, is_over: &dyn Fn() -> bool, summary: &mut Summary) {
    let folder = options.folder.join(seeds.start.to_string());
    let _ = std::fs::remove_dir_all(&folder);
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => return summary.failures.push(format!("no runtime: {e}")),
    };
    let from = seeds.start;
    let ended = runtime.block_on(run(seeds, options, &folder, is_over, summary));
    match ended {
        Ok(()) => {
            let _ = std::fs::remove_dir_all(&folder);
        }
        Err((seed, End::Found(fault))) => {
            summary.findings.push(Finding { seed, from, fault, folder });
        }
        Err((seed, End::Cannot(why))) => summary.failures.push(format!("seed {seed}: {why}")),
    }
}

async fn run(
    seeds: Range<u64>,
    options: &Options,
    folder: &Path,
    is_over: &dyn Fn() -> bool,
    summary: &mut Summary,
) -> Result<(), (u64, End)> {
    let first = seeds.start;
    let begun = Life::begin(&options.program, folder, options.cutter.as_deref(), first).await;
    let mut life = begun.map_err(|end| (first, end))?;
    let mut done = Ok(());
    for seed in seeds {
        if is_over() {
            break;
        }
        done = life.cycle(seed).await.map_err(|end| (seed, end));
        if done.is_err() {
            break;
        }
    }
    summary.figures.add(life.end().await);
    done
}

/// From now on Ctrl-C and SIGTERM end the run after the cycles that are under way, so that nothing
/// stays mounted.
fn stop_when_asked() {
    use tokio::signal::unix::{SignalKind, signal};
    let wait = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut interrupt = signal(SignalKind::interrupt())?;
            let mut terminate = signal(SignalKind::terminate())?;
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            IS_STOPPED.store(true, Ordering::Relaxed);
            std::io::Result::Ok(())
        })
    };
    std::thread::spawn(wait);
}
