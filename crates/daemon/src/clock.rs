//! The daemon's clocks.

use names::{Mono, Now, Wall};

/// Both clocks now. Leases run on the monotonic clock, which stands still while the machine is
/// suspended: a license host that wakes does not find every session dead.
pub(crate) fn now() -> Now {
    let mono = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let wall = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
    Now { mono: Mono(u64::try_from(millis(mono)).unwrap_or(0)), wall: Wall(millis(wall)) }
}

fn millis(time: rustix::time::Timespec) -> i64 {
    time.tv_sec.saturating_mul(1_000).saturating_add(time.tv_nsec / 1_000_000)
}
