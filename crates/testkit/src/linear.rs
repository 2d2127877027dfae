//! Whether what clients saw could have happened one thing after another.
//!
//! A history is a list of calls, each with the moments it was sent and answered. It is *linearizable*
//! when every call can be given a moment between the two at which it happened, so that a sequential
//! specification gives the same answers. Wing and Gong's search, with Lowe's memory of what was tried.
//! A call without an answer may have happened at any time after it was sent, or never.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Debug;
use std::hash::Hash;

/// Calls of one history, at most: a longer one is cut by whoever records it, or by [`partition`].
pub const CALLS_MAX: usize = 200;

/// What may happen one after the other.
pub trait Spec {
    /// How things are.
    type State: Clone + Eq + Hash;
    /// What is asked.
    type Ask;
    /// What is answered.
    type Answer;

    /// How things are at first.
    fn first(&self) -> Self::State;

    /// How things are after a call with this answer; none where it cannot be answered so. Without an
    /// answer: how things are if it happened.
    fn after(
        &self,
        state: &Self::State,
        ask: &Self::Ask,
        answer: Option<&Self::Answer>,
    ) -> Option<Self::State>;
}

/// One call of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call<Ask, Answer> {
    /// What was asked.
    pub ask: Ask,
    /// When it was sent, on the one clock of the history.
    pub sent: u64,
    /// When it was answered, and what.
    pub answered: Option<(u64, Answer)>,
}

/// Why a history is none that could have happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// It has more calls than are looked at.
    TooLong(usize),
    /// No order explains it. The longest that was found has these calls, by their places, and none of
    /// those that are left can come next.
    NoOrder(Vec<usize>),
}

/// Calls that are done, one bit each.
type Done = [u64; CALLS_MAX.div_ceil(64)];

fn is_in(done: &Done, at: usize) -> bool {
    done.get(at / 64).is_some_and(|bits| bits >> (at % 64) & 1 == 1)
}

fn with(mut done: Done, at: usize) -> Done {
    if let Some(bits) = done.get_mut(at / 64) {
        *bits |= 1 << (at % 64);
    }
    done
}

/// Checks one history: gives the order in which its calls can have happened.
///
/// # Errors
/// When there is none.
pub fn check<S: Spec>(spec: &S, calls: &[Call<S::Ask, S::Answer>]) -> Result<Vec<usize>, Wrong> {
    if calls.len() > CALLS_MAX {
        return Err(Wrong::TooLong(calls.len()));
    }
    let mut tried: HashSet<(Done, S::State)> = HashSet::new();
    let mut open = vec![(Done::default(), spec.first(), Vec::new())];
    let mut longest = Vec::new();
    while let Some((done, state, order)) = open.pop() {
        if !tried.insert((done, state.clone())) {
            continue;
        }
        let left = || calls.iter().enumerate().filter(|(at, _)| !is_in(&done, *at));
        let is_over = left().all(|(_, call)| call.answered.is_none());
        if is_over {
            return Ok(order);
        }
        // Whatever was sent after another was answered cannot have happened before it.
        let first_answer = left().filter_map(|(_, call)| call.answered.as_ref().map(|(when, _)| *when)).min();
        let may_be_next = left().filter(|(_, call)| first_answer.is_none_or(|when| call.sent <= when));
        let mut next: Vec<_> = may_be_next.collect();
        // The one sent first is tried first: it is on top.
        next.sort_by_key(|(_, call)| std::cmp::Reverse(call.sent));
        for (at, call) in next {
            let answer = call.answered.as_ref().map(|(_, answer)| answer);
            if let Some(after) = spec.after(&state, &call.ask, answer) {
                let mut order = order.clone();
                order.push(at);
                open.push((with(done, at), after, order));
            }
        }
        if order.len() > longest.len() {
            longest = order;
        }
    }
    Err(Wrong::NoOrder(longest))
}

/// The calls of each part of a history by itself: a history is linearizable where that of each of its
/// objects is.
pub fn partition<K: Ord, Ask: Clone, Answer: Clone>(
    calls: &[Call<Ask, Answer>],
    part: impl Fn(&Ask) -> K,
) -> BTreeMap<K, Vec<Call<Ask, Answer>>> {
    let mut parts: BTreeMap<K, Vec<_>> = BTreeMap::new();
    for call in calls {
        parts.entry(part(&call.ask)).or_default().push(call.clone());
    }
    parts
}

/// A pool of single seats, as its clients see it.
#[derive(Debug, Clone, Copy)]
pub struct Seats {
    /// How many there are.
    pub capacity: u32,
}

/// What a client asks a pool of single seats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeatAsk {
    /// One seat.
    Checkout,
    /// Gives one back that it holds.
    Checkin,
    /// How many are in use?
    Status,
}

/// What it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeatAnswer {
    /// It has the seat.
    Granted,
    /// All were taken.
    Denied,
    /// The seat is free.
    Returned,
    /// So many are in use.
    InUse(u32),
}

impl Spec for Seats {
    type State = u32;
    type Ask = SeatAsk;
    type Answer = SeatAnswer;

    fn first(&self) -> u32 {
        0
    }

    fn after(&self, taken: &u32, ask: &SeatAsk, answer: Option<&SeatAnswer>) -> Option<u32> {
        match (ask, answer) {
            (SeatAsk::Checkout, Some(SeatAnswer::Granted)) => (*taken < self.capacity).then_some(taken + 1),
            (SeatAsk::Checkout, Some(SeatAnswer::Denied)) => (*taken >= self.capacity).then_some(*taken),
            (SeatAsk::Checkout, None) => Some((taken + 1).min(self.capacity)),
            (SeatAsk::Checkin, Some(SeatAnswer::Returned) | None) => taken.checked_sub(1),
            (SeatAsk::Status, Some(SeatAnswer::InUse(told))) => (told == taken).then_some(*taken),
            (SeatAsk::Status, None) => Some(*taken),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SeatAnswer::{Denied, Granted, InUse, Returned};
    use super::SeatAsk::{Checkin, Checkout, Status};
    use super::*;
    use crate::rng::Rng;

    type SeatCall = Call<SeatAsk, SeatAnswer>;

    fn call(sent: u64, ask: SeatAsk, answer: SeatAnswer, at: u64) -> SeatCall {
        Call { ask, sent, answered: Some((at, answer)) }
    }

    fn unanswered(sent: u64, ask: SeatAsk) -> SeatCall {
        Call { ask, sent, answered: None }
    }

    #[test]
    fn histories_are_told_apart() {
        let seats = Seats { capacity: 1 };
        let one = call(0, Checkout, Granted, 10);
        let cases: &[(&str, bool, Vec<SeatCall>)] = &[
            ("nothing", true, vec![]),
            (
                "one after another",
                true,
                vec![one.clone(), call(11, Checkin, Returned, 12), call(13, Checkout, Granted, 14)],
            ),
            ("a denial while the seat is taken", true, vec![one.clone(), call(11, Checkout, Denied, 12)]),
            ("a double grant", false, vec![one.clone(), call(5, Checkout, Granted, 12)]),
            (
                "a denial of a seat that was free",
                false,
                vec![call(0, Checkout, Denied, 1), call(2, Checkout, Granted, 3)],
            ),
            (
                "a lost return",
                false,
                vec![one.clone(), call(11, Checkin, Returned, 12), call(13, Checkout, Denied, 14)],
            ),
            (
                "a return that may be late",
                true,
                vec![one.clone(), call(11, Checkin, Returned, 20), call(13, Checkout, Denied, 14)],
            ),
            (
                "a return that must have been",
                true,
                vec![one.clone(), call(11, Checkin, Returned, 20), call(13, Checkout, Granted, 14)],
            ),
            ("a stale read", false, vec![one.clone(), call(11, Status, InUse(0), 12)]),
            ("a read beside the checkout", true, vec![one.clone(), call(5, Status, InUse(0), 12)]),
            (
                "reads that go back",
                false,
                vec![one.clone(), call(1, Status, InUse(1), 2), call(3, Status, InUse(0), 4)],
            ),
            (
                "an unanswered checkout that explains a denial",
                true,
                vec![unanswered(0, Checkout), call(5, Checkout, Denied, 6)],
            ),
            (
                "an unanswered checkout that never was",
                true,
                vec![unanswered(0, Checkout), call(5, Checkout, Granted, 6)],
            ),
            (
                "one sent too late to explain it",
                false,
                vec![call(5, Checkout, Denied, 6), unanswered(7, Checkout)],
            ),
        ];
        for (what, is_good, calls) in cases {
            assert_eq!(check(&seats, calls).is_ok(), *is_good, "{what}: {:?}", check(&seats, calls));
        }
    }

    #[test]
    fn a_history_that_is_too_long_is_refused_and_one_at_the_limit_is_not() {
        let reads =
            |n: usize| (0..n as u64).map(|n| call(2 * n, Status, InUse(0), 2 * n + 1)).collect::<Vec<_>>();
        let seats = Seats { capacity: 1 };
        assert_eq!(check(&seats, &reads(CALLS_MAX)).map(|order| order.len()), Ok(CALLS_MAX));
        assert_eq!(check(&seats, &reads(CALLS_MAX + 1)), Err(Wrong::TooLong(CALLS_MAX + 1)));
    }

    #[test]
    fn parts_are_looked_at_by_themselves() {
        let calls = [(0, 'a'), (1, 'b'), (2, 'a')].map(|(sent, part)| Call {
            ask: part,
            sent,
            answered: Some((sent + 1, ())),
        });
        let parts = partition(&calls, |part| *part);
        assert_eq!(
            parts.iter().map(|(part, calls)| (*part, calls.len())).collect::<Vec<_>>(),
            [('a', 2), ('b', 1)]
        );
    }

    /// What `threads` clients see of a pool that does every call at one moment between the two.
    fn true_history(seed: u64, threads: usize, capacity: u32) -> Vec<SeatCall> {
        let mut rng = Rng::new(seed);
        let mut held = vec![false; threads];
        let mut busy_until = vec![0; threads];
        let (mut calls, mut taken, mut now) = (Vec::new(), 0, 0);
        for _ in 0..150 {
            let of = usize::try_from(rng.below(threads as u64)).unwrap();
            now += rng.between(1, 10);
            // It happens now: it was sent since the client's last answer, and is answered later.
            let sent = rng.between(busy_until[of], now.max(busy_until[of]));
            if busy_until[of] >= now {
                continue;
            }
            let (ask, answer) = match (rng.chance(200), held[of]) {
                (true, _) => (Status, InUse(taken)),
                (false, true) => (Checkin, Returned),
                (false, false) => (Checkout, if taken < capacity { Granted } else { Denied }),
            };
            match answer {
                Granted => (taken, held[of]) = (taken + 1, true),
                Returned => (taken, held[of]) = (taken - 1, false),
                Denied | InUse(_) => {}
            }
            let answered = now + rng.between(1, 20);
            busy_until[of] = answered + 1;
            calls.push(call(sent, ask, answer, answered));
        }
        calls
    }

    #[test]
    fn whatever_happened_one_after_another_is_accepted_and_one_grant_too_many_is_not() {
        for seed in 0..60 {
            let calls = true_history(seed, 6, 2);
            let order = check(&Seats { capacity: 2 }, &calls);
            assert!(order.is_ok(), "seed {seed}: {order:?}");
            let end = calls.iter().filter_map(|call| call.answered).map(|(at, _)| at).max().unwrap();
            let mut wrong = calls.clone();
            wrong.extend((1..=3).map(|n| call(end + 2 * n, Checkout, Granted, end + 2 * n + 1)));
            assert!(check(&Seats { capacity: 2 }, &wrong).is_err(), "seed {seed}");
        }
    }
}
