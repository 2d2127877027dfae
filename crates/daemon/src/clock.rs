//! The daemon's clocks.

use names::{Mono, Now, Wall};
use seats::State;

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

/// Whether the wall clock was set back, as it was last said in the log.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    is_back: bool,
}

impl Watch {
    /// Says that it was set back, and that it is right again, once each.
    pub(crate) fn look(&mut self, now: Now, state: &State) {
        let is_back = state.is_clock_back();
        if std::mem::replace(&mut self.is_back, is_back) == is_back {
            return;
        }
        if is_back {
            let (now, latest) = (now.wall, state.latest_wall().unwrap_or_default());
            tracing::warn!(
                %now,
                %latest,
                "the clock was set back by more than 24 hours: seats of dated licenses are not granted (-88); set it \
                 right, or if it had been too far ahead before, say so with `seatkeeper clock-reset`"
            );
        } else {
            tracing::info!("the clock is not set back any more: seats of dated licenses are granted");
        }
    }
}
