//! Questions: who could give a seat back, and what a checkout would be answered.

use names::{Feature, Now, PoolId, SessionId, limits};

use super::admit::{Admission, Stop, is_named};
use crate::answer::{Answer, Denial};
use crate::command::Checkout;
use crate::identity::Identity;
use crate::rules::Rules;
use crate::state::State;

impl State {
    /// The sessions that hold seats of a feature: the idle ones first, then those that hold longest.
    pub(crate) fn ask(&self, session: SessionId, feature: &Feature) -> Answer {
        if self.live(session).is_none() {
            return Answer::SessionUnknown;
        }
        let slot = self.feature_ix(feature).and_then(|ix| self.feature_at(ix));
        let pools = slot.into_iter().flat_map(|slot| &slot.pools).filter_map(|ix| self.pool_at(*ix));
        let rows = pools.flat_map(|pool| self.grants.from(pool.first));
        let floating = rows.filter(|row| row.kept().is_none() && row.session != session);
        let mut holders: Vec<_> = floating
            .filter_map(|row| {
                self.session(row.session).map(|(_, mark)| (mark.idle.is_none(), row.id, row.session))
            })
            .collect();
        holders.sort_unstable_by_key(|(is_busy, grant, _)| (*is_busy, *grant));
        let mut sessions: Vec<SessionId> = Vec::new();
        for (_, _, holder) in holders {
            if !sessions.contains(&holder) {
                sessions.push(holder);
            }
            if sessions.len() == limits::ASKED_HOLDERS_MAX {
                break;
            }
        }
        Answer::Asked(sessions)
    }

    /// What a checkout would be answered, without taking a seat: the pool that would give the seats.
    ///
    /// # Errors
    /// The denial.
    pub fn explain(
        &mut self,
        now: Now,
        who: &Identity,
        ask: &Checkout,
        rules: &dyn Rules,
    ) -> Result<PoolId, Box<Denial>> {
        let Some(found) = self.found_for(who, ask, rules) else {
            return Err(Box::new(self.denial(None, &[], ask)));
        };
        let admitted = match self.booked_for(now, ask, who, &found) {
            Some((_, admission, _)) => Ok(admission),
            None => {
                let behind = self.is_behind(found.feature, ask);
                let asked = found.asked(now, ask, who, behind);
                self.admit_or_reclaim(&asked)
                    .map_err(|stops| Box::new(self.denial(Some(&asked), &stops, ask)))
            }
        };
        match self.pool_at(admitted?.pool) {
            Some(pool) => Ok(pool.row.id.clone()),
            None => Err(Box::new(self.denial(None, &[], ask))),
        }
    }

    /// The same of each pool that the request may mean, in the order in which they are searched.
    pub fn explain_each(
        &mut self,
        now: Now,
        who: &Identity,
        ask: &Checkout,
        rules: &dyn Rules,
    ) -> Vec<(PoolId, Result<(), Box<Denial>>)> {
        let Some(found) = self.found_for(who, ask, rules) else { return Vec::new() };
        let asked = found.asked(now, ask, who, self.is_behind(found.feature, ask));
        let pools = self.feature_at(found.feature).map_or(&[][..], |slot| &slot.pools);
        let pools = pools.iter().filter_map(|ix| Some((*ix, self.pool_at(*ix)?)));
        let each = pools.filter(|(_, pool)| is_named(pool, ask)).map(|(ix, pool)| {
            let tried = self.try_pool(ix, pool, &asked, &mut Admission::default());
            let denied = |why| Box::new(self.denial(Some(&asked), &[Stop { pool: ix, why }], ask));
            (pool.row.id.clone(), tried.map_err(denied))
        });
        each.collect()
    }
}
