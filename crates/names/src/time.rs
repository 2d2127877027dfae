//! Time as an argument. Nothing here reads a clock.

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

/// Both clocks, read at the same moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Now {
    /// For leases, time-outs, holds.
    pub mono: Mono,
    /// For dates and for people.
    pub wall: Wall,
}
