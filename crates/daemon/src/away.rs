//! How long the owner is away from what was submitted: between two looks at the ring, without the time
//! in which the disk writes, since nobody could be answered sooner.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::owner::Pulse;

/// The owner's watch: it costs a look at the clock for each submission.
#[derive(Debug)]
pub(crate) struct Away {
    since: Instant,
    longest: Duration,
    pulse: Arc<Pulse>,
}

impl Away {
    pub(crate) fn new(pulse: Arc<Pulse>) -> Self {
        Self { since: Instant::now(), longest: Duration::ZERO, pulse }
    }

    /// The owner looks at the ring.
    pub(crate) fn looks(&mut self) {
        let now = Instant::now();
        self.note(now.saturating_duration_since(self.since));
        self.since = now;
    }

    /// The owner has waited: for the disk so long, or for something to do.
    pub(crate) fn waited(&mut self, waited: Duration) {
        self.since += waited;
    }

    /// The owner was asleep.
    pub(crate) fn slept(&mut self) {
        self.since = Instant::now();
    }

    fn note(&mut self, away: Duration) {
        if away > self.longest {
            self.longest = away;
            let us = u64::try_from(away.as_micros()).unwrap_or(u64::MAX);
            self.pulse.longest_away_us.store(us, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_time_away_is_told_and_what_the_disk_took_is_not_in_it() {
        let pulse = Arc::new(Pulse::default());
        let told = || pulse.longest_away_us.load(Ordering::Relaxed);
        let mut away = Away::new(Arc::clone(&pulse));
        let begin = away.since;
        away.note(Duration::from_micros(700));
        away.note(Duration::from_micros(300));
        assert_eq!(told(), 700);
        away.since = begin - Duration::from_secs(7);
        away.waited(Duration::from_secs(5));
        away.looks();
        assert!((2_000_000..5_000_000).contains(&told()), "{}", told());
    }
}
