//! Those whom no pool could ever grant: they leave the line when other licenses or rules come.

use std::sync::Arc;

use names::{Now, WaiterId};

use super::admit::{Asked, is_named};
use crate::planted::Bug;
use crate::record::{DequeueReason, Record};
use crate::row::{PoolRow, Sharing, WaiterRow};
use crate::rules::Rules;
use crate::state::{Pool, State, Terms};

impl State {
    /// Takes those out of every line whom no pool could ever grant.
    pub(crate) fn drop_hopeless(&mut self, now: Now, rules: &dyn Rules, out: &mut Vec<Record>) {
        if self.planted(Bug::HopelessWait) {
            return;
        }
        let in_doubt = self.waiters.keys().copied().filter(|waiter| !rules.may_wait(*waiter));
        let mut in_doubt: Vec<_> = in_doubt.collect();
        in_doubt.sort_unstable();
        for waiter in in_doubt {
            let hope = |state: &mut Self, asked: &Asked<'_>| match state.admit_or_reclaim(asked) {
                Ok(_) => true,
                Err(stops) => stops.iter().any(|stop| stop.why.may_wait_on()),
            };
            if self.look_closely(now, waiter, rules, hope) == Some(false) {
                self.dequeue(now, waiter, DequeueReason::Hopeless, out);
            }
        }
    }

    /// Those who wait, but for those who surely do so with hope as long as these licenses and rules are in
    /// force, whoever holds what. They are to be in force here.
    pub fn in_doubt(&mut self, now: Now, rules: &dyn Rules) -> Vec<WaiterId> {
        let waiters: Vec<_> = self.waiters.keys().copied().collect();
        let is_sure = |state: &mut Self, asked: &Asked<'_>| state.is_surely_hopeful(asked);
        let mut in_doubt = waiters;
        in_doubt.retain(|waiter| self.look_closely(now, *waiter, rules, is_sure) != Some(true));
        in_doubt
    }

    /// Looks at one who waits as at a newcomer; nothing where the session is not there.
    fn look_closely(
        &mut self,
        now: Now,
        waiter: WaiterId,
        rules: &dyn Rules,
        look: impl Fn(&mut Self, &Asked<'_>) -> bool,
    ) -> Option<bool> {
        let WaiterRow { ask, .. } = self.waiters.get(&waiter)?.clone();
        let place = self.sessions.at(ask.session)?;
        let who = Arc::clone(&self.sessions.slot(place)?.row.identity);
        match self.found_in_line(waiter, place, &ask, rules) {
            None => Some(false),
            Some(found) => Some(look(self, &found.asked(now, &ask, &who, false))),
        }
    }

    /// Whether there is a pool of which nothing but seats can be lacking, as many as it will have again.
    fn is_surely_hopeful(&self, asked: &Asked<'_>) -> bool {
        // Whose a named seat is, and what is borrowed, may be otherwise by then.
        if asked.ask.more.as_ref().is_some_and(|more| more.borrow.is_some()) {
            return false;
        }
        let pools = self.feature_at(asked.feature).map_or(&[][..], |slot| &slot.pools);
        pools.iter().any(|ix| {
            let Some(pool) = self.pool_at(*ix).filter(|pool| is_named(pool, asked.ask)) else { return false };
            let terms = asked.terms.iter().find(|terms| terms.pool == *ix);
            let seats = asked.ask.seats.get().max(pool.row.minimum);
            let may_use = match self.may_use(pool, terms, asked, seats) {
                Ok(()) => true,
                Err(why) => why.may_wait(),
            };
            let suite = pool.row.suite.as_ref().and_then(|id| self.pool_ix(id));
            let suites = suite.and_then(|suite| asked.suites.iter().find(|terms| terms.pool == suite));
            !pool.row.named
                && may_use
                && self.may_have_room(pool, seats, terms)
                && suite
                    .and_then(|suite| self.pool_at(suite))
                    .is_none_or(|suite| self.may_have_room(suite, seats, suites))
        })
    }

    /// Whether a pool that nobody holds a seat of has room for so many.
    fn may_have_room(&self, pool: &Pool, seats: u32, terms: Option<&Terms>) -> bool {
        let most = |id| self.quotas.get(id).map_or(u32::MAX, |quota| quota.row.seats);
        if !terms.iter().flat_map(|terms| &terms.maxima).all(|id| seats <= most(id)) {
            return false;
        }
        let PoolRow { uncounted, sharing, .. } = pool.row;
        if uncounted || sharing != Sharing::None {
            return true;
        }
        let own = terms.map_or(&[][..], |terms| &terms.reserves);
        let own = own.iter().filter_map(|id| self.quotas.get(id)).map(|quota| quota.in_force).sum();
        seats <= pool.row.limit().saturating_sub(pool.in_force.saturating_sub(own))
    }
}
