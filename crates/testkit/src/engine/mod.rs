//! The seat engine beside a plain model of it.
//!
//! ```text
//!  seed ──▶ history ──┬──▶ seats::State ──▶ answer, records, rows ──┬─▶ compared, step by step
//!                     └──▶ model ─────────▶ answer, records, rows ──┤
//!                                           what must always hold ──┘
//! ```
//!
//! A history is twenty to sixty things that happen on a small site: a few sessions, one to four pools,
//! a few rules, rereads and restarts. Each seed has some kinds of things and not others, so that rare
//! ones meet often enough. What is found is made as short as it gets, and its seed shows it again.

mod compare;
mod figures;
mod generate;
mod invariants;
mod model;
mod op;
mod rows;
mod run;
mod shrink;
mod site;
mod world;

use std::cell::Cell;
use std::ops::Range;
use std::panic;
use std::sync::Once;
use std::time::{Duration, Instant};

pub use figures::Figures;
pub use seats::planted::Bug;

pub(crate) use self::site::{known, word};
use crate::seeds;

/// A history in which the engine did what it must not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreement {
    /// Which history.
    pub seed: u64,
    /// With which planted bug.
    pub bug: Option<Bug>,
    /// What found it: `model: answer`, or the name of an invariant.
    pub checker: &'static str,
    /// What it found.
    pub what: String,
    /// The history, as short as it got: one line of what happened each.
    pub history: Vec<String>,
}

impl std::fmt::Display for Disagreement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "seed {}: {}: {}", self.seed, self.checker, self.what)?;
        for (at, line) in self.history.iter().enumerate() {
            writeln!(f, "{:>4}  {line}", at + 1)?;
        }
        write!(f, "to see it again: cargo xtask simulate --engine --seed {}", self.seed)?;
        self.bug.map_or(Ok(()), |bug| write!(f, " --bug {bug}"))
    }
}

/// What many histories came to.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// How many histories were run.
    pub histories: u64,
    /// What happened in them.
    pub figures: Figures,
    /// What was found, by seed. Each thread stops at its first.
    pub disagreements: Vec<Disagreement>,
    /// How long it took.
    pub elapsed: Duration,
}

/// Runs the history of a seed; what was found is as short as it gets.
#[must_use]
pub fn run(seed: u64, bug: Option<Bug>) -> (Figures, Option<Disagreement>) {
    let history = run::history(seed, bug);
    let found = history.found.map(|found| {
        let (ops, found) = shrink::shrink(history.ops, found, bug);
        Disagreement {
            seed,
            bug,
            checker: found.checker,
            what: found.what,
            history: ops.iter().map(ToString::to_string).collect(),
        }
    });
    (history.figures, found)
}

/// Which checker finds something in a seed's history, first of all.
#[must_use]
pub fn checker(seed: u64, bug: Option<Bug>) -> Option<&'static str> {
    run::history(seed, bug).found.map(|found| found.checker)
}

/// Runs the histories of the seeds in turn, on two threads, until they are done, `budget` is used up,
/// or one of them finds what must not be.
#[must_use]
pub fn simulate(range: Range<u64>, bug: Option<Bug>, budget: Option<Duration>) -> Summary {
    let began = Instant::now();
    let summaries = seeds::each(range, budget, |seed, summary: &mut Summary| {
        let (figures, found) = run(seed, bug);
        summary.histories += 1;
        summary.figures.add(&figures);
        let is_over = found.is_some();
        summary.disagreements.extend(found);
        is_over
    });
    let mut all = Summary::default();
    for one in summaries {
        all.histories += one.histories;
        all.figures.add(&one.figures);
        all.disagreements.extend(one.disagreements);
    }
    all.disagreements.sort_by_key(|found| found.seed);
    all.elapsed = began.elapsed();
    all
}

thread_local! {
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs what may panic on purpose: its panic is a finding, and is not printed.
pub(crate) fn quiet<T>(run: impl FnOnce() -> T) -> T {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let old = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !IS_QUIET.get() {
                old(info);
            }
        }));
    });
    /// Ends the silence, also when a panic does.
    struct Loud;
    impl Drop for Loud {
        fn drop(&mut self) {
            IS_QUIET.set(false);
        }
    }
    IS_QUIET.set(true);
    let _loud = Loud;
    run()
}
