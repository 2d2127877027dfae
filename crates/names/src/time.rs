//! Time as an argument. Nothing here reads a clock.

use core::fmt;

use crate::Date;

/// A duration in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Millis(pub u64);

/// A moment of the monotonic clock that leases are counted on: milliseconds since an origin that
/// the process chose. It never goes back, and means nothing after a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Mono(pub u64);

impl Mono {
    /// The moment `later` after this one; the end of time where that does not fit.
    #[must_use]
    pub fn plus(self, later: Millis) -> Self {
        Self(self.0.saturating_add(later.0))
    }

    /// The time from `earlier` to this; zero when `earlier` is not earlier.
    #[must_use]
    pub fn since(self, earlier: Self) -> Millis {
        Millis(self.0.saturating_sub(earlier.0))
    }
}

/// A moment of the wall clock: milliseconds since 1970-01-01 00:00 UTC. For people and for license
/// dates; never for leases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Wall(pub i64);

impl fmt::Display for Wall {
    /// As people on a license host read it: `31-dec-2027 18:00 UTC`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.0.div_euclid(60_000).rem_euclid(24 * 60);
        write!(f, "{} {:02}:{:02} UTC", Date::of(*self), minutes / 60, minutes % 60)
    }
}

/// Both clocks, read at the same moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Now {
    /// For leases, time-outs, holds.
    pub mono: Mono,
    /// For dates and for people.
    pub wall: Wall,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_shown_to_the_minute_in_utc() {
        for (ms, shown) in [
            (0, "01-jan-1970 00:00 UTC"),
            (1_829_584_799_999, "23-dec-2027 17:59 UTC"),
            (253_402_300_799_999, "31-dec-9999 23:59 UTC"),
        ] {
            assert_eq!(Wall(ms).to_string(), shown);
        }
    }
}
