//! Runs the seeds of a range on several threads.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Threads that run seeds.
const THREADS: usize = 2;

/// Runs the seeds in turn, until they are done, `budget` is used up, or `run` says that it found what
/// must not be. One summary of each thread.
pub(crate) fn each<S: Default + Send>(
    seeds: Range<u64>,
    budget: Option<Duration>,
    run: impl Fn(u64, &mut S) -> bool + Sync,
) -> Vec<S> {
    each_on(THREADS, seeds, budget, run)
}

/// As [`each`], on so many threads.
pub(crate) fn each_on<S: Default + Send>(
    threads: usize,
    seeds: Range<u64>,
    budget: Option<Duration>,
    run: impl Fn(u64, &mut S) -> bool + Sync,
) -> Vec<S> {
    let began = Instant::now();
    let next = AtomicU64::new(seeds.start);
    let is_over = AtomicBool::new(false);
    let work = || {
        let mut summary = S::default();
        while !is_over.load(Ordering::Relaxed) && budget.is_none_or(|budget| began.elapsed() < budget) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                break;
            }
            if run(seed, &mut summary) {
                is_over.store(true, Ordering::Relaxed);
            }
        }
        summary
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, S>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        threads.into_iter().map(join).collect()
    })
}
