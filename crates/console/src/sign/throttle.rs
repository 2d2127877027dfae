//! How often somebody may try, by what they try and from where.

use std::collections::HashMap;
#[expect(
    clippy::disallowed_types,
    reason = "the console is off the way of seats; held for a look-up only"
)]
use std::sync::Mutex;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use crate::limits;
use crate::token::{self, TokenHash};

const MINUTE: Duration = Duration::from_secs(60);

/// What is counted: a key, and how often a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    key: TokenHash,
    per_minute: u32,
}

impl Count {
    pub(crate) fn of(what: &str, per_minute: u32) -> Self {
        Self { key: token::hash(what), per_minute }
    }

    fn step(self) -> Duration {
        MINUTE / self.per_minute.max(1)
    }
}

/// When what was counted will be forgotten.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    #[expect(
        clippy::disallowed_types,
        reason = "the console is off the way of seats; held for a look-up only"
    )]
    rows: Mutex<HashMap<TokenHash, Duration>>,
}

impl Throttle {
    fn rows(&self) -> MutexGuard<'_, HashMap<TokenHash, Duration>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more of each of these, or of none of them: after so many seconds again.
    pub(crate) fn take(&self, counts: &[Count], now: Duration) -> Result<(), u64> {
        let mut rows = self.rows();
        let until = |rows: &HashMap<TokenHash, Duration>, count: &Count| {
            rows.get(&count.key).map_or(now, |at| (*at).max(now))
        };
        let waits = counts
            .iter()
            .map(|count| (until(&rows, count) + count.step()).saturating_sub(now + MINUTE))
            .max();
        if let Some(wait) = waits.filter(|wait| !wait.is_zero()) {
            return Err(wait.as_secs() + 1);
        }
        if rows.len() + counts.len() > limits::TRIES_KEPT {
            make_room(&mut rows, now);
        }
        for count in counts {
            let at = until(&rows, count) + count.step();
            rows.insert(count.key, at);
        }
        Ok(())
    }

    /// It was no try: the password was right.
    pub(crate) fn give_back(&self, counts: &[Count]) {
        let mut rows = self.rows();
        for count in counts {
            if let Some(at) = rows.get_mut(&count.key) {
                *at = at.saturating_sub(count.step());
            }
        }
    }
}

/// What is forgotten anyway goes first; where that is not enough, what is forgotten soonest.
fn make_room(rows: &mut HashMap<TokenHash, Duration>, now: Duration) {
    rows.retain(|_, at| *at > now);
    if rows.len() < limits::TRIES_KEPT / 2 {
        return;
    }
    let mut ends: Vec<Duration> = rows.values().copied().collect();
    let middle = ends.len() / 2;
    let (_, median, _) = ends.select_nth_unstable(middle);
    let median = *median;
    rows.retain(|_, at| *at > median);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_a_minute_and_then_one_a_step() {
        let throttle = Throttle::default();
        let count = [Count::of("kim", 5)];
        let at = |seconds| Duration::from_secs(seconds);
        for _ in 0..5 {
            throttle.take(&count, at(100)).unwrap();
        }
        assert_eq!(throttle.take(&count, at(100)), Err(13));
        assert_eq!(throttle.take(&count, at(111)), Err(2));
        throttle.take(&count, at(112)).unwrap();
        assert!(throttle.take(&count, at(112)).is_err());
        throttle.give_back(&count);
        throttle.take(&count, at(112)).unwrap();
        throttle.take(&[Count::of("lee", 5)], at(112)).unwrap();
        // One that is full takes nothing of the others.
        let both = [Count::of("osman", 1), count[0]];
        assert!(throttle.take(&both, at(112)).is_err());
        throttle.take(&both[..1], at(112)).unwrap();
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let throttle = Throttle::default();
        for n in 0..limits::TRIES_KEPT + 10 {
            throttle.take(&[Count::of(&n.to_string(), 5)], Duration::from_secs(1)).unwrap();
        }
        assert!(throttle.rows().len() <= limits::TRIES_KEPT);
    }
}
