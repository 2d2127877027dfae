//! What is licensed, and the anew charging of every grant.

use std::sync::Arc;

use seats::{License, PoolRow, PoolStanding, ReturnReason, Rules};

use super::{Grant, Hold, Model, Quota, Reply};

impl Model {
    pub(crate) fn set_license(&mut self, license: &License, rules: &dyn Rules) -> Reply {
        let others = self.pools.iter().filter(|old| license.pools.iter().all(|pool| pool.id != old.id));
        let unlicensed = |old: &PoolRow| PoolRow {
            standing: PoolStanding::Unlicensed,
            capacity: 0,
            overdraft: 0,
            ..old.clone()
        };
        self.pools = license.pools.iter().cloned().chain(others.map(unlicensed)).collect();
        self.connections.clone_from(&license.connections);
        self.quotas = license
            .quotas
            .iter()
            .map(|quota| Quota { key: quota.key.clone(), kind: quota.kind.clone(), seats: quota.seats })
            .collect();
        for grant in self.grants.clone() {
            let is_gone = |id| self.pool(id).is_none_or(|pool| pool.standing != PoolStanding::Active);
            let pools = [Some(&grant.pool), grant.suite.as_ref()];
            if pools.into_iter().flatten().any(is_gone) && matches!(grant.hold, Hold::Lingering { .. }) {
                self.take_back(grant.name, ReturnReason::Lingered);
            }
        }
        self.forget_unlicensed();
        self.charge_anew(rules);
        self.dismiss_hopeless(rules);
        Reply::Done
    }

    /// Charges every grant, one after the other, as if it were made now.
    fn charge_anew(&mut self, rules: &dyn Rules) {
        let grants: Vec<Grant> = std::mem::take(&mut self.grants);
        for mut grant in grants {
            let pools = [Some(&grant.pool), grant.suite.as_ref()];
            let pools: Vec<_> = pools.into_iter().flatten().filter_map(|id| self.pool(id)).collect();
            let draws: Vec<(Arc<str>, u32, bool)> =
                pools.into_iter().flat_map(|pool| self.draw(&grant, pool, rules)).collect();
            grant.draws = draws;
            self.grants.push(grant);
        }
    }
}
