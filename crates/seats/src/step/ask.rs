//! Questions: who could give a seat back, and what a checkout would be answered.

use names::{Feature, Now, PoolId, SessionId, limits};

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
        let rows = pools.flat_map(|pool| self.grants.from(pool.first)).map(|slot| &slot.row);
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
        let behind = self.is_behind(found.feature, ask);
        let asked = found.asked(now, ask, who, behind);
        match self.admit_or_reclaim(&asked) {
            Ok(admission) => match self.pool_at(admission.pool) {
                Some(pool) => Ok(pool.row.id.clone()),
                None => Err(Box::new(self.denial(None, &[], ask))),
            },
            Err(stops) => Err(Box::new(self.denial(Some(&asked), &stops, ask))),
        }
    }
}
