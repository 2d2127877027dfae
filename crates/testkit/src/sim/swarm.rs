//! How a run is made of its seed: how many clients, how they behave, what goes wrong and how often.
//! Each kind of fault is off in some runs, rare in others and common in the rest, so that no kind
//! hides behind another.

use super::client::Manners;
use crate::rng::Rng;

/// The rates of a run, per mille unless they say otherwise.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Swarm {
    pub(crate) site: u64,
    pub(crate) clients: u64,
    pub(crate) timeout: u64,
    pub(crate) grace: u64,
    pub(crate) hold: u64,
    /// Length of the first phase, in milliseconds.
    pub(crate) trouble_ms: u64,
    pub(crate) manners: Manners,
    pub(crate) lost: u64,
    pub(crate) late: u64,
    pub(crate) doubled: u64,
    pub(crate) slow_flush: u64,
    pub(crate) short_writes: u64,
    /// Milliseconds between the following, on average; 0 for never.
    pub(crate) crash_every: u64,
    pub(crate) partition_every: u64,
    pub(crate) full_every: u64,
    pub(crate) error_every: u64,
    pub(crate) step_every: u64,
    pub(crate) reread_every: u64,
    /// What a crash is.
    pub(crate) power_cut: u64,
    pub(crate) seats_damaged: u64,
    /// Whether a start may crash too.
    pub(crate) crash_in_start: u64,
}

impl Swarm {
    pub(crate) fn new(rng: &mut Rng) -> Self {
        let mut one = |of: &[u64]| rng.pick(of).copied().unwrap_or(0);
        let timeout = one(&[2_000, 4_000, 8_000]);
        let grace = timeout / one(&[2, 3, 4]);
        let margin = ((timeout + grace) / 100).max(100);
        Self {
            site: one(&[0, 1, 2, 3, 4, 5, 6, 6, 7, 7]),
            clients: one(&[2, 3, 4, 6, 8]),
            timeout,
            grace,
            hold: grace + margin + one(&[0, 0, 500]),
            trouble_ms: one(&[20_000, 40_000, 60_000]),
            manners: Manners {
                checkout: one(&[100, 250, 500]),
                checkin: one(&[30, 100, 300]),
                wait: one(&[0, 200, 700]),
                borrow: one(&[0, 200, 600]),
                book: one(&[0, 50, 200]),
                close: one(&[0, 5, 30]),
                die: one(&[0, 5, 20]),
                repeat: one(&[0, 30, 150]),
                meddle: one(&[0, 20, 100]),
                resume: one(&[0, 5, 50]),
            },
            lost: one(&[0, 10, 100]),
            late: one(&[0, 20, 150]),
            doubled: one(&[0, 20, 150]),
            slow_flush: one(&[0, 5, 50]),
            short_writes: one(&[0, 0, 20, 200]),
            crash_every: one(&[3_000, 8_000, 20_000, 0]),
            partition_every: one(&[0, 8_000, 25_000]),
            full_every: one(&[0, 0, 30_000]),
            error_every: one(&[0, 0, 15_000]),
            step_every: one(&[0, 0, 5_000]),
            reread_every: one(&[0, 5_000, 15_000]),
            power_cut: one(&[0, 500, 1_000]),
            seats_damaged: one(&[0, 200, 600]),
            crash_in_start: one(&[0, 200]),
        }
    }
}
