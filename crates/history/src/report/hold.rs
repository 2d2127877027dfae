//! How long seats were held, in classes: a few numbers instead of one for each grant.

/// Classes of a doubling.
const FINE: u32 = 8;
/// Up to 2^40 ms, which are 34 years.
const CLASSES: usize = 41 * FINE as usize;

/// So many of each length.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lengths {
    counts: Vec<u32>,
    all: u64,
    max: i64,
}

fn class(ms: i64) -> usize {
    let ms = u64::try_from(ms).unwrap_or(0).max(1);
    let power = ms.ilog2();
    // Three bits behind the first.
    let fine = if power >= 3 { (ms >> (power - 3)) & 7 } else { (ms << (3 - power)) & 7 };
    let class = power * FINE + u32::try_from(fine).unwrap_or(0);
    usize::try_from(class).unwrap_or(0).min(CLASSES - 1)
}

/// The middle of a class.
fn middle(class: usize) -> i64 {
    let (power, fine) = (class / FINE as usize, class % FINE as usize);
    let low = (1.0 + fine as f64 / 8.0) * 2_f64.powi(i32::try_from(power).unwrap_or(0));
    (low * (1.0 + 1.0 / 32.0)) as i64
}

impl Lengths {
    pub(crate) fn add(&mut self, ms: i64) {
        let class = class(ms);
        if self.counts.len() <= class {
            self.counts.resize(class + 1, 0);
        }
        self.counts[class] = self.counts[class].saturating_add(1);
        self.all += 1;
        self.max = self.max.max(ms);
    }

    /// So many of a hundred are at most so long, within 6 %; nothing where there is none.
    pub(crate) fn percentile(&self, percent: u64) -> Option<i64> {
        let wanted = (self.all * percent).div_ceil(100).max(1);
        let mut seen = 0;
        for (class, count) in self.counts.iter().enumerate() {
            seen += u64::from(*count);
            if seen >= wanted {
                return Some(middle(class).min(self.max));
            }
        }
        None
    }

    pub(crate) fn max(&self) -> Option<i64> {
        (self.all > 0).then_some(self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_told_within_six_percent() {
        for ms in [1, 7, 8, 9, 1_000, 59_999, 3_600_000, 86_400_000, 31_536_000_000_i64] {
            let mut lengths = Lengths::default();
            lengths.add(ms);
            lengths.add(ms * 4);
            let told = lengths.percentile(50).unwrap();
            assert!((told - ms).abs() * 100 <= ms * 7 + 100, "{ms}: {told}");
            assert_eq!(lengths.max(), Some(ms * 4));
        }
        assert_eq!(Lengths::default().percentile(50), None);
    }
}
