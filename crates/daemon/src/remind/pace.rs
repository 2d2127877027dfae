//! How often something that fails is tried again, and said.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

/// How long a way that failed rests, first and at most.
const WAY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(600));
/// How long a receiver that refused is left alone, first and at most.
const RECEIVER: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(6 * 3_600));
/// Receivers that are left alone at once; of more the oldest are tried again.
const HELD_MAX: usize = 10_000;
/// How often the same is said.
const SAY_EVERY: Duration = Duration::from_secs(600);

fn doubled((first, longest): (Duration, Duration), times: u32) -> Duration {
    first.saturating_mul(1_u32.checked_shl(times).unwrap_or(u32::MAX)).min(longest)
}

/// When a way that failed is tried again.
#[derive(Debug, Default)]
pub(super) struct Pace {
    failures: u32,
}

impl Pace {
    /// It failed: how long it rests.
    pub(super) fn failed(&mut self) -> Duration {
        let wait = doubled(WAY, self.failures);
        self.failures = self.failures.saturating_add(1);
        wait
    }

    /// It did not; whether it had before.
    pub(super) fn succeeded(&mut self) -> bool {
        std::mem::take(&mut self.failures) > 0
    }
}

/// Receivers that refused, each until when, and how often.
#[derive(Debug, Default)]
pub(super) struct Held(BTreeMap<String, (Instant, u32)>);

impl Held {
    /// It refused: how long it is left alone.
    pub(super) fn hold(&mut self, receiver: &str, now: Instant) -> Duration {
        if self.0.len() >= HELD_MAX && !self.0.contains_key(receiver) {
            let first = self.0.iter().min_by_key(|(_, (until, _))| *until).map(|(of, _)| of.clone());
            if let Some(first) = first {
                self.0.remove(&first);
            }
        }
        let times = self.0.get(receiver).map_or(0, |(_, times)| *times);
        let wait = doubled(RECEIVER, times);
        self.0.insert(receiver.to_owned(), (now + wait, times.saturating_add(1)));
        wait
    }

    /// It took a message.
    pub(super) fn free(&mut self, receiver: &str) {
        self.0.remove(receiver);
    }

    /// Those that are left alone now.
    pub(super) fn now(&self, now: Instant) -> BTreeSet<String> {
        self.0.iter().filter(|(_, (until, _))| *until > now).map(|(of, _)| of.clone()).collect()
    }

    /// When the next one is tried again.
    pub(super) fn look_in(&self, now: Instant) -> Duration {
        let next = self.0.values().map(|(until, _)| *until).filter(|until| *until > now).min();
        next.map_or(Duration::MAX, |until| until.saturating_duration_since(now))
    }
}

/// What is said once in a while.
#[derive(Debug, Default)]
pub(super) struct Said {
    last: Option<Instant>,
    unsaid: u64,
}

impl Said {
    /// Whether it is said now, and how often it was not.
    pub(super) fn may(&mut self, now: Instant) -> Option<u64> {
        if self.last.is_some_and(|last| now.saturating_duration_since(last) < SAY_EVERY) {
            self.unsaid += 1;
            return None;
        }
        self.last = Some(now);
        Some(std::mem::take(&mut self.unsaid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_rests_twice_as_long_each_time_and_no_longer_than_it_may() {
        let mut pace = Pace::default();
        let waits: Vec<u64> = (0..40).map(|_| pace.failed().as_secs()).collect();
        assert_eq!(&waits[..11], [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600]);
        assert_eq!(waits[39], 600);
        assert!(pace.succeeded() && !pace.succeeded());
        assert_eq!(pace.failed().as_secs(), 1);
    }

    #[test]
    fn a_receiver_that_refuses_is_left_alone_and_the_others_are_not() {
        let (mut held, now) = (Held::default(), Instant::now());
        assert_eq!(held.look_in(now), Duration::MAX);
        assert_eq!(held.hold("kim", now).as_secs(), 60);
        assert_eq!(held.now(now), ["kim".to_owned()].into());
        assert_eq!(held.look_in(now).as_secs(), 60);
        let later = now + Duration::from_secs(60);
        assert!(held.now(later).is_empty());
        assert_eq!(held.hold("kim", later).as_secs(), 120);
        held.free("kim");
        assert!(held.now(later).is_empty());
        assert_eq!(held.hold("kim", later).as_secs(), 60);
        for n in 0..2 * HELD_MAX {
            held.hold(&n.to_string(), now);
        }
        assert_eq!(held.0.len(), HELD_MAX);
    }

    #[test]
    fn the_same_is_said_once_in_ten_minutes_with_how_often_it_was_not() {
        let (mut said, now) = (Said::default(), Instant::now());
        let at = |seconds| now + Duration::from_secs(seconds);
        assert_eq!(said.may(at(0)), Some(0));
        assert_eq!((said.may(at(1)), said.may(at(599))), (None, None));
        assert_eq!((said.may(at(600)), said.may(at(601))), (Some(2), None));
    }
}
