//! Histograms of plain numbers. Who counts adds to two of them, and nobody waits.

use std::time::Duration;

use crate::counted::Total;

/// Times, in nanoseconds, up to which they are counted apart: a heartbeat takes one or two microseconds.
pub(crate) const TIMES: [u64; 18] = [
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
];
/// Numbers of records up to which batches are counted apart.
pub(crate) const SIZES: [u64; 12] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000];

/// Nanoseconds in a second.
const SECOND: f64 = 1e9;

/// How many values there were up to each bound and above the one before it, how many above all, and
/// their sum.
#[derive(Debug)]
pub(crate) struct Histogram<const N: usize> {
    bounds: &'static [u64; N],
    /// What a value is divided by when it is shown.
    per: f64,
    up_to: [Total; N],
    above: Total,
    sum: Total,
}

/// What a histogram has counted, as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shown {
    pub(crate) sum: f64,
    /// Each bound, and how many values there were up to it and above the one before it.
    pub(crate) counts: Vec<(f64, u64)>,
}

impl Histogram<{ TIMES.len() }> {
    /// Of times, shown in seconds.
    pub(crate) fn of_times() -> Self {
        Self::new(&TIMES, SECOND)
    }

    /// Counts a time.
    pub(crate) fn took(&self, took: Duration) {
        self.count(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    }
}

impl Histogram<{ SIZES.len() }> {
    /// Of numbers of records.
    pub(crate) fn of_sizes() -> Self {
        Self::new(&SIZES, 1.0)
    }
}

impl<const N: usize> Histogram<N> {
    fn new(bounds: &'static [u64; N], per: f64) -> Self {
        let up_to = std::array::from_fn(|_| Total::default());
        Self { bounds, per, up_to, above: Total::default(), sum: Total::default() }
    }

    /// Counts a value.
    pub(crate) fn count(&self, value: u64) {
        let at = self.bounds.partition_point(|bound| *bound < value);
        self.up_to.get(at).unwrap_or(&self.above).one();
        self.sum.add(value);
    }

    /// The sum of all values.
    pub(crate) fn sum(&self) -> u64 {
        self.sum.get()
    }

    /// What it has counted.
    pub(crate) fn shown(&self) -> Shown {
        let bounds = self.bounds.iter().map(|bound| *bound as f64 / self.per).chain([f64::INFINITY]);
        let counts = self.up_to.iter().chain([&self.above]).map(Total::get);
        Shown { sum: self.sum.get() as f64 / self.per, counts: bounds.zip(counts).collect() }
    }
}

impl Shown {
    /// How many values there were.
    pub(crate) fn count(&self) -> u64 {
        self.counts.iter().map(|(_, n)| n).sum()
    }

    /// This with what another one of the same bounds has counted.
    pub(crate) fn with(mut self, other: &Self) -> Self {
        self.sum += other.sum;
        for ((_, n), (_, more)) in self.counts.iter_mut().zip(&other.counts) {
            *n += more;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(shown: &Shown) -> Vec<(f64, u64)> {
        shown.counts.iter().copied().filter(|(_, n)| *n > 0).collect()
    }

    #[test]
    fn values_are_counted_up_to_the_bound_that_they_reach() {
        let times = Histogram::of_times();
        for us in [0, 100, 101, 5_000_000, 5_000_001] {
            times.took(Duration::from_micros(us));
        }
        let shown = times.shown();
        assert!((shown.sum - 10.000_202).abs() < 1e-9, "{shown:?}");
        let counts = [(0.000_01, 1), (0.000_1, 1), (0.000_25, 1), (5.0, 1), (f64::INFINITY, 1)];
        assert_eq!(some(&shown), counts);
        assert_eq!(some(&shown.clone().with(&shown)), counts.map(|(bound, n)| (bound, 2 * n)));
    }

    #[test]
    fn sizes_are_shown_as_they_are() {
        let sizes = Histogram::of_sizes();
        for n in [1, 2, 3, 5_001] {
            sizes.count(n);
        }
        let shown = sizes.shown();
        assert_eq!((shown.sum, sizes.sum()), (5_007.0, 5_007));
        assert_eq!(some(&shown), [(1.0, 1), (2.0, 1), (5.0, 1), (f64::INFINITY, 1)]);
    }

    #[test]
    fn bounds_rise() {
        assert!(TIMES.is_sorted_by(|a, b| a < b) && SIZES.is_sorted_by(|a, b| a < b));
    }
}
