//! Many seeds.

use std::ops::Range;
use std::time::{Duration, Instant};

use super::{Faults, Options, Violation, run};
use crate::seeds;

/// What many runs came to.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// How many seeds were run.
    pub seeds: u64,
    /// How many things happened in them.
    pub steps: u64,
    /// What went wrong on purpose, by kind.
    pub faults: Faults,
    /// The violations found, by seed. Each thread stops at its first.
    pub violations: Vec<Violation>,
    /// How long it took.
    pub elapsed: Duration,
    /// How long cores worked for it; nothing where the system does not say.
    pub busy: Duration,
}

impl Summary {
    /// Runs a second, over all threads.
    #[must_use]
    pub fn runs_per_second(&self) -> f64 {
        self.seeds as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// Runs a second that a core works, whatever else it works for.
    #[must_use]
    pub fn runs_per_core_second(&self) -> f64 {
        self.seeds as f64 / self.busy.as_secs_f64().max(1e-9)
    }

    /// Faults a run, by their number.
    #[must_use]
    pub fn each(&self, faults: u64) -> f64 {
        faults as f64 / (self.seeds.max(1)) as f64
    }
}

/// How long a core has worked for this thread, as Linux says.
fn worked() -> Duration {
    let said = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = said.split(' ').next().and_then(|nanos| nanos.parse().ok());
    Duration::from_nanos(nanos.unwrap_or(0))
}

/// Runs the seeds in turn, on two threads, until they are done, `budget` is used up, or one of them
/// finds what must not be.
#[must_use]
pub fn simulate(range: Range<u64>, options: &Options, budget: Option<Duration>) -> Summary {
    let began = Instant::now();
    let summaries = seeds::each(range, budget, |seed, summary: &mut Summary| {
        let outcome = run(seed, options);
        summary.seeds += 1;
        summary.steps += outcome.steps;
        summary.faults.add(&outcome.faults);
        summary.busy = worked();
        let is_over = outcome.violation.is_some();
        summary.violations.extend(outcome.violation);
        is_over
    });
    let mut all = Summary::default();
    for one in summaries {
        all.seeds += one.seeds;
        all.steps += one.steps;
        all.faults.add(&one.faults);
        all.busy += one.busy;
        all.violations.extend(one.violations);
    }
    all.violations.sort_by_key(|violation| violation.seed);
    all.elapsed = began.elapsed();
    all
}
