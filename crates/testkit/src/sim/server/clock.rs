//! What time it is on the license host.

use names::{Mono, Now, Wall};

/// The server's clocks: a monotonic one that begins anew with each start, and a wall clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    pub(crate) booted: u64,
    pub(crate) origin: u64,
    pub(crate) wall: Wall,
    pub(crate) stepped: i64,
}

impl Clock {
    pub(crate) fn at(&self, time: u64) -> Now {
        let wall = Wall(self.wall.0 + time.cast_signed() + self.stepped);
        Now { mono: Mono(self.origin + (time - self.booted)), wall }
    }

    pub(super) fn time_of(&self, mono: Mono) -> u64 {
        self.booted + mono.0.saturating_sub(self.origin)
    }
}
