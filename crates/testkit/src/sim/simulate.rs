//! Many seeds.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::{Faults, Options, Violation, run};

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
}

impl Summary {
    /// Runs a second, over all threads.
    #[must_use]
    pub fn runs_per_second(&self) -> f64 {
        self.seeds as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }
}

/// Threads that run seeds.
const THREADS: usize = 2;

/// Runs the seeds in turn, on two threads, until they are done, `budget` is used up, or one of them
/// finds what must not be.
#[must_use]
pub fn simulate(seeds: Range<u64>, options: &Options, budget: Option<Duration>) -> Summary {
    let began = Instant::now();
    let next = AtomicU64::new(seeds.start);
    let is_over = AtomicBool::new(false);
    let work = || {
        let mut summary = Summary::default();
        while !is_over.load(Ordering::Relaxed) && budget.is_none_or(|budget| began.elapsed() < budget) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                break;
            }
            let outcome = run(seed, options);
            summary.seeds += 1;
            summary.steps += outcome.steps;
            summary.faults.add(&outcome.faults);
            if let Some(violation) = outcome.violation {
                summary.violations.push(violation);
                is_over.store(true, Ordering::Relaxed);
            }
        }
        summary
    };
    let mut all = Summary::default();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        for thread in threads {
            match thread.join() {
                Ok(one) => {
                    all.seeds += one.seeds;
                    all.steps += one.steps;
                    all.faults.add(&one.faults);
                    all.violations.extend(one.violations);
                }
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    all.violations.sort_by_key(|violation| violation.seed);
    all.elapsed = began.elapsed();
    all
}
