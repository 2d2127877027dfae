//! What is counted while the daemon serves: plain numbers, each written where a thing happens and read
//! by whoever asks. Nobody takes a lock for one, or waits.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use names::Mono;

use crate::denials::Denials;
use crate::histogram::{Histogram, SIZES, Shown, TIMES};
use crate::latency::Latencies;

/// A flush that takes longer is slow: the log says so, and a metric.
pub(crate) const SLOW_FLUSH: Duration = Duration::from_secs(5);

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Total(AtomicU64);

impl Total {
    pub(crate) fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    pub(crate) fn one(&self) {
        self.add(1);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number that goes up and down.
#[derive(Debug, Default)]
pub(crate) struct Level(AtomicU64);

impl Level {
    pub(crate) fn set(&self, n: u64) {
        self.0.store(n, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Messages that remind, this way.
#[derive(Debug, Default)]
pub(crate) struct Sending {
    /// Taken by their receivers.
    pub(crate) sent: Total,
    /// Times that one was not.
    pub(crate) failures: Total,
    /// Due, and not taken yet.
    pub(crate) waiting: Level,
}

/// Reminders.
#[derive(Debug, Default)]
pub(crate) struct Reminders {
    pub(crate) mail: Sending,
    pub(crate) webhook: Sending,
}

/// What the owner and the connections count.
#[derive(Debug)]
pub(crate) struct Counted {
    /// Writes of the journal, each with its flush.
    pub(crate) flushes: Flushes,
    /// Records in each of them.
    pub(crate) batches: Histogram<{ SIZES.len() }>,
    /// Bytes in all of them.
    pub(crate) journal_bytes: Total,
    /// The disk has no room for the journal's next segment, so that no seat is granted.
    pub(crate) is_full: AtomicBool,
    /// Bytes that are left in the segment being written.
    pub(crate) journal_left: Level,
    /// Old segments that could not be removed.
    pub(crate) segments_kept: Total,
    /// Exports written.
    pub(crate) exports: Total,
    /// Exports that could not be.
    pub(crate) exports_failed: Total,
    /// Readers of the journal that have a name, and how many records the last of them is behind.
    pub(crate) readers: Level,
    pub(crate) readers_behind: Level,
    /// Readers that were cut loose.
    pub(crate) readers_cut: Total,
    /// Times that a part of the history could not be written.
    pub(crate) history_failures: Total,
    /// Messages that found the ring full.
    pub(crate) turned_away: Total,
    /// Connections that were not taken.
    pub(crate) not_taken: Total,
    /// Rereads that were put in force, and those that were refused.
    pub(crate) rereads: Total,
    pub(crate) rereads_refused: Total,
    /// How long clients wait for their answers.
    pub(crate) latencies: Latencies,
    /// Denials.
    pub(crate) denials: Denials,
    /// Reminders.
    pub(crate) reminders: Reminders,
}

impl Default for Counted {
    fn default() -> Self {
        Self {
            flushes: Flushes::default(),
            batches: Histogram::of_sizes(),
            journal_bytes: Total::default(),
            is_full: AtomicBool::new(false),
            journal_left: Level::default(),
            segments_kept: Total::default(),
            exports: Total::default(),
            exports_failed: Total::default(),
            readers: Level::default(),
            readers_behind: Level::default(),
            readers_cut: Total::default(),
            history_failures: Total::default(),
            turned_away: Total::default(),
            not_taken: Total::default(),
            rereads: Total::default(),
            rereads_refused: Total::default(),
            latencies: Latencies::default(),
            denials: Denials::default(),
            reminders: Reminders::default(),
        }
    }
}

/// How long flushes take. The owner alone writes it.
#[derive(Debug)]
pub(crate) struct Flushes {
    took: Histogram<{ TIMES.len() }>,
    slow: Total,
    was_slow: AtomicBool,
    /// Since when one is under way: [`Mono`] and one, or 0.
    since: AtomicU64,
}

impl Default for Flushes {
    fn default() -> Self {
        Self {
            took: Histogram::of_times(),
            slow: Total::default(),
            was_slow: AtomicBool::new(false),
            since: AtomicU64::new(0),
        }
    }
}

impl Flushes {
    /// One begins.
    pub(crate) fn begins(&self, now: Mono) {
        self.since.store(now.0.saturating_add(1), Ordering::Relaxed);
    }

    /// It has ended. Says whether it was slow.
    pub(crate) fn ended(&self, took: Duration) -> bool {
        self.took.took(took);
        let is_slow = took > SLOW_FLUSH;
        if is_slow {
            self.slow.one();
        }
        self.was_slow.store(is_slow, Ordering::Relaxed);
        self.since.store(0, Ordering::Relaxed);
        is_slow
    }

    /// Whether the one under way is slow by now, or the last one was.
    pub(crate) fn is_slow(&self, now: Mono) -> bool {
        let since = self.since.load(Ordering::Relaxed).checked_sub(1);
        let under_way = since.map_or(0, |since| now.since(Mono(since)).0);
        self.was_slow.load(Ordering::Relaxed) || u128::from(under_way) > SLOW_FLUSH.as_millis()
    }

    /// How many were slow.
    pub(crate) fn slow(&self) -> u64 {
        self.slow.get()
    }

    /// How long each took.
    pub(crate) fn took(&self) -> Shown {
        self.took.shown()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flushes_are_counted_and_those_above_5_s_apart() {
        let flushes = Flushes::default();
        for us in [50, 5_000_000, 5_000_001] {
            flushes.begins(Mono(7));
            assert_eq!(flushes.ended(Duration::from_micros(us)), us > 5_000_000);
        }
        assert_eq!(flushes.took().counts.iter().map(|(_, n)| n).sum::<u64>(), 3);
        assert_eq!(flushes.slow(), 1);
    }

    #[test]
    fn a_flush_is_slow_while_it_takes_too_long_and_until_the_next_does_not() {
        let flushes = Flushes::default();
        assert!(!flushes.is_slow(Mono(100_000)));
        flushes.begins(Mono(0));
        assert!(!flushes.is_slow(Mono(5_000)));
        assert!(flushes.is_slow(Mono(5_001)), "it is under way");
        flushes.ended(Duration::from_millis(5_001));
        assert!(flushes.is_slow(Mono(5_001)), "it was the last one");
        flushes.begins(Mono(9_000));
        flushes.ended(Duration::from_millis(1));
        assert!(!flushes.is_slow(Mono(9_001)));
    }
}
