//! How many seats.

use std::num::NonZeroU32;

use crate::{Invalid, limits};

/// A number of seats: 1 to [`limits::SEATS_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeatCount(NonZeroU32);

impl SeatCount {
    /// One seat.
    pub const ONE: Self = Self(NonZeroU32::MIN);

    /// Checks a number from outside.
    ///
    /// # Errors
    /// When it is 0 or above the limit.
    pub fn new(n: u64) -> Result<Self, Invalid> {
        let count = u32::try_from(n).ok().filter(|n| *n <= limits::SEATS_MAX).and_then(NonZeroU32::new);
        let why = || format!("{n} is not between 1 and {}", limits::SEATS_MAX);
        count.map(Self).ok_or_else(|| Invalid::new("a number of seats", why()))
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0.get()
    }
}

impl std::fmt::Display for SeatCount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gr_05_lf_23_a_count_is_1_to_a_million() {
        for bad in [0, 1_000_001, 1 << 31, 1 << 32, u64::MAX] {
            assert!(SeatCount::new(bad).is_err(), "{bad}");
        }
        for good in [1, 2, 999_999, 1_000_000] {
            assert_eq!(u64::from(SeatCount::new(good).unwrap().get()), good);
        }
    }
}
