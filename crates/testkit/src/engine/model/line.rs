//! The line of a feature.

use std::collections::BTreeSet;

use names::Feature;
use seats::{Checkout, DequeueReason, Rules};

use super::checkout::{Stopped, priority};
use super::{Happened, Hold, Model, Name, Reply, Waiter};

impl Model {
    /// Who waits for a feature, in the order in which they are looked at.
    pub(crate) fn line(&self, feature: &Feature) -> Vec<&Waiter> {
        let mut line: Vec<_> = self.waiters.iter().filter(|waiter| waiter.ask.feature == *feature).collect();
        line.sort_by_key(|waiter| std::cmp::Reverse(waiter.priority));
        line
    }

    /// The place of a waiter in its line; 1 is next.
    pub(crate) fn position(&self, name: Name) -> usize {
        let Some(waiter) = self.waiters.iter().find(|waiter| waiter.name == name) else { return 0 };
        1 + self.line(&waiter.ask.feature).iter().take_while(|other| other.name != name).count()
    }

    /// Whether the session of a waiter is there to be granted anything.
    pub(crate) fn is_there(&self, waiter: &Waiter) -> bool {
        self.session(waiter.name.0).is_some_and(|session| !session.is_held && session.is_attached)
    }

    /// Whether somebody who comes before a newcomer lacks seats.
    pub(crate) fn is_stopped(&self, ask: &Checkout, rules: &dyn Rules) -> bool {
        let own = priority(ask).unwrap_or(0);
        self.line(&ask.feature).iter().any(|waiter| {
            waiter.priority >= own
                && self.is_there(waiter)
                && match self.clone().try_waiter(waiter, false, rules) {
                    Ok(()) => true,
                    Err(stopped) => stopped.lacks,
                }
        })
    }

    /// Grants a waiter what it waits for, if it can.
    fn try_waiter(&mut self, waiter: &Waiter, is_stopped: bool, rules: &dyn Rules) -> Result<(), Stopped> {
        let Some(session) = self.session(waiter.name.0).cloned() else { return Err(Stopped::nowhere()) };
        let borrow = waiter.ask.more.as_ref().and_then(|more| more.borrow);
        let hold = borrow
            .map_or(Hold::Floating, |borrow| Hold::Borrowed { proof: borrow.proof, until: borrow.until });
        self.seek(&session, &waiter.ask, &hold, is_stopped, rules)
    }

    /// Goes through every line, until nobody in it gets anything.
    pub(crate) fn serve_lines(&mut self, rules: &dyn Rules) {
        let mut is_over = false;
        while !is_over {
            is_over = true;
            let features: BTreeSet<Feature> = self.waiters.iter().map(|w| w.ask.feature.clone()).collect();
            for feature in features {
                while self.serve_one(&feature, rules) {
                    // Whoever waits for another feature may share a suite's seat with it.
                    is_over = false;
                }
            }
        }
    }

    /// Grants the first in line who can be granted.
    fn serve_one(&mut self, feature: &Feature, rules: &dyn Rules) -> bool {
        let line: Vec<Waiter> = self.line(feature).into_iter().cloned().collect();
        let mut is_stopped = false;
        for waiter in line {
            if !self.is_there(&waiter) {
                continue;
            }
            let before = self.waiters.clone();
            self.waiters.retain(|other| other.name != waiter.name);
            match self.try_waiter(&waiter, is_stopped, rules) {
                Ok(()) => {
                    self.happened.push(Happened::dequeued(waiter.name, DequeueReason::Granted));
                    return true;
                }
                Err(stopped) => is_stopped |= stopped.lacks,
            }
            self.waiters = before;
        }
        false
    }

    pub(crate) fn withdraw(&mut self, name: Name) -> Reply {
        if self.session(name.0).is_none() {
            return Reply::Unknown;
        }
        if self.waiters.iter().any(|waiter| waiter.name == name) {
            self.leave_line(name, DequeueReason::Withdrawn);
        } else if self.grant(name).is_none() {
            let is_later = self.session(name.0).is_some_and(|session| name.1 > session.floor);
            if let Some(session) = self.session_mut(name.0).filter(|_| is_later) {
                session.is_written = true;
            }
            self.raise_floor(name);
        }
        Reply::Withdrawn
    }

    pub(crate) fn leave_line(&mut self, name: Name, why: DequeueReason) {
        self.waiters.retain(|waiter| waiter.name != name);
        self.raise_floor(name);
        self.happened.push(Happened::dequeued(name, why));
    }

    /// Waiters whom no wait can help any more leave the line.
    pub(crate) fn dismiss_hopeless(&mut self, rules: &dyn Rules) {
        for waiter in self.waiters.clone() {
            let Some(session) = self.session(waiter.name.0) else { continue };
            let pools = self.pools_for(&waiter.ask);
            let is_hopeless = pools.iter().all(|pool| {
                let borrow = waiter.ask.more.as_ref().and_then(|more| more.borrow);
                let hold = borrow.map_or(Hold::Floating, |borrow| Hold::Borrowed {
                    proof: borrow.proof,
                    until: borrow.until,
                });
                let want = self.want(session, &waiter.ask, &hold, pool, false, rules);
                let obstacle = self.obstacle(pool, &want);
                obstacle.is_some_and(|obstacle| obstacle.is_lasting)
            });
            if is_hopeless {
                self.leave_line(waiter.name, DequeueReason::Hopeless);
            }
        }
    }
}
