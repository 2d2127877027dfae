//! How many seats.

use crate::{Invalid, limits};

/// A number of seats: 1 to [`limits::SEATS_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeatCount(u32);

impl SeatCount {
    /// One seat.
    pub const ONE: Self = Self(1);

    /// Checks a number from outside.
    ///
    /// # Errors
    /// When it is 0 or above the limit.
    pub fn new(n: u64) -> Result<Self, Invalid> {
        match u32::try_from(n) {
            Ok(n) if (1..=limits::SEATS_MAX).contains(&n) => Ok(Self(n)),
            _ => Err(Invalid::new(
                "a number of seats",
                format!("{n} is not between 1 and {}", limits::SEATS_MAX),
            )),
        }
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
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
