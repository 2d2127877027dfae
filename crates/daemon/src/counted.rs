//! What is counted while the daemon serves: plain numbers, each written where a thing happens and read
//! by whoever asks. Nobody takes a lock for one, or waits.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use names::{Code, Mono};

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

/// What the owner and the connections count.
#[derive(Debug)]
pub(crate) struct Counted {
    /// Writes of the journal, each with its flush.
    pub(crate) flushes: Flushes,
    /// Records in them.
    pub(crate) records: Total,
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
    /// Messages that found the ring full.
    pub(crate) turned_away: Total,
    /// Connections that were not taken.
    pub(crate) not_taken: Total,
    /// Denials, by code.
    denials: Box<[Total]>,
}

impl Default for Counted {
    fn default() -> Self {
        Self {
            flushes: Flushes::default(),
            records: Total::default(),
            is_full: AtomicBool::new(false),
            journal_left: Level::default(),
            segments_kept: Total::default(),
            exports: Total::default(),
            exports_failed: Total::default(),
            readers: Level::default(),
            readers_behind: Level::default(),
            readers_cut: Total::default(),
            turned_away: Total::default(),
            not_taken: Total::default(),
            denials: Code::ALL.iter().map(|_| Total::default()).collect(),
        }
    }
}

impl Counted {
    /// Somebody was denied something.
    pub(crate) fn denied(&self, code: Code) {
        let at = Code::ALL.iter().position(|known| *known == code);
        if let Some(total) = at.and_then(|at| self.denials.get(at)) {
            total.one();
        }
    }

    /// How often each code was told, where it was.
    pub(crate) fn denials(&self) -> impl Iterator<Item = (Code, u64)> {
        Code::ALL.iter().copied().zip(self.denials.iter().map(Total::get)).filter(|(_, n)| *n > 0)
    }
}

/// Seconds up to which the flushes are counted apart.
pub(crate) const BOUNDS: [f64; 15] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// How long flushes take. The owner alone writes it.
#[derive(Debug, Default)]
pub(crate) struct Flushes {
    /// Those up to each bound, and those above all.
    up_to: [Total; BOUNDS.len() + 1],
    took_us: Total,
    slow: Total,
    was_slow: AtomicBool,
    /// Since when one is under way: [`Mono`] and one, or 0.
    since: AtomicU64,
}

impl Flushes {
    /// One begins.
    pub(crate) fn begins(&self, now: Mono) {
        self.since.store(now.0.saturating_add(1), Ordering::Relaxed);
    }

    /// It has ended. Says whether it was slow.
    pub(crate) fn ended(&self, took: Duration) -> bool {
        let seconds = took.as_secs_f64();
        let at = BOUNDS.iter().position(|bound| seconds <= *bound).unwrap_or(BOUNDS.len());
        if let Some(total) = self.up_to.get(at) {
            total.one();
        }
        self.took_us.add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        let is_slow = took > SLOW_FLUSH;
        self.slow.add(u64::from(is_slow));
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

    /// Seconds that all took, and how many there were up to each bound and above the one before it.
    pub(crate) fn all(&self) -> (f64, Vec<(f64, u64)>) {
        let bounds = BOUNDS.into_iter().chain([f64::INFINITY]);
        (self.took_us.get() as f64 / 1e6, bounds.zip(self.up_to.iter().map(Total::get)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flushes_are_counted_by_how_long_they_took() {
        let flushes = Flushes::default();
        for us in [50, 100, 101, 5_000_000, 5_000_001] {
            flushes.begins(Mono(7));
            assert_eq!(flushes.ended(Duration::from_micros(us)), us > 5_000_000);
        }
        let (took, counts) = flushes.all();
        assert!((took - 10.000_252).abs() < 1e-9, "{took}");
        let counts: Vec<_> = counts.into_iter().filter(|(_, n)| *n > 0).collect();
        assert_eq!(counts, [(0.0001, 2), (0.00025, 1), (5.0, 1), (f64::INFINITY, 1)]);
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

    #[test]
    fn denials_are_counted_by_their_code() {
        let counted = Counted::default();
        for code in [Code::AllTaken, Code::Busy, Code::AllTaken] {
            counted.denied(code);
        }
        let all: Vec<_> = counted.denials().collect();
        assert_eq!(all, [(Code::AllTaken, 2), (Code::Busy, 1)]);
    }
}
