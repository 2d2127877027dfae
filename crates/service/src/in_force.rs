//! What is in force: licenses and options files together, as the rules that a step asks.

use std::sync::Arc;

use names::{Date, Feature, GrantId, PoolId, WaiterId};
use policy::{Asker, Policy};
use seats::{Identity, License, PoolTerms, Quota, QuotaKind, Refusal, Rules, State};

use crate::licensed::Licensed;
use crate::prepared::Prepared;

/// The licenses and rules of a license host, read and resolved: what a reread puts in force.
#[derive(Debug, Clone, Default)]
pub struct InForce {
    /// What is licensed.
    pub licensed: Arc<Licensed>,
    /// What the options files say.
    pub policy: Arc<Policy>,
    /// The license host's minutes east of UTC, which `TZ=SERVERTZ` compares.
    pub utc_offset: i16,
    /// What is known beforehand of putting this in force, if somebody found it out.
    pub(crate) prepared: Option<Box<Prepared>>,
}

impl InForce {
    /// These licenses and rules. `utc_offset` is the license host's minutes east of UTC.
    #[must_use]
    pub fn new(licensed: Arc<Licensed>, policy: Arc<Policy>, utc_offset: i16) -> Self {
        Self { licensed, policy, utc_offset, prepared: None }
    }

    /// Finds out beforehand what the owner will need to put this in force: with it, it is away for less
    /// time. `state` is as new as it may be had; the answers are the same with any.
    pub fn prepare(&mut self, state: &State, date: Date) {
        self.prepared = Some(Box::new(Prepared::new(self, state, date)));
    }

    /// Whether the other is the same, whatever was found out of either.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.licensed, &other.licensed)
            && Arc::ptr_eq(&self.policy, &other.policy)
            && self.utc_offset == other.utc_offset
    }

    /// The pools and counted rules of a day, which may be there already.
    pub(crate) fn take_license(&mut self, date: Date) -> License {
        let prepared = self.prepared.as_deref_mut().filter(|prepared| prepared.date == date);
        let license = prepared.and_then(|prepared| prepared.license.take());
        license.unwrap_or_else(|| self.on(date))
    }

    /// The pools and counted rules of a day.
    pub(crate) fn on(&self, date: Date) -> License {
        let pools = self.licensed.on(date, |pool| self.policy.pool_options(pool));
        let counted: Vec<(PoolId, u32)> =
            pools.iter().filter(|row| !row.uncounted).map(|row| (row.id.clone(), row.capacity)).collect();
        let quotas = self.policy.quotas(&counted).into_iter().map(|rule| Quota {
            key: rule.key,
            kind: match rule.kind {
                policy::QuotaKind::Reserve(pool) => QuotaKind::Reserve(pool),
                policy::QuotaKind::Max => QuotaKind::Max,
            },
            seats: rule.seats,
            who: rule.who,
            rule: rule.rule,
        });
        License { quotas: quotas.collect(), connections: self.policy.connections(), pools }
    }
}

/// The rules on a day.
pub(crate) struct Today<'a> {
    pub(crate) in_force: &'a InForce,
    pub(crate) date: Date,
}

impl Today<'_> {
    /// What was found out of this day.
    fn prepared(&self) -> Option<&Prepared> {
        self.in_force.prepared.as_deref().filter(|prepared| prepared.date == self.date)
    }
}

impl Rules for Today<'_> {
    fn alike(&self, grant: GrantId, of_suite: bool) -> Option<u32> {
        self.prepared()?.alike(grant, of_suite)
    }

    fn alike_in_line(&self, waiter: WaiterId) -> Option<u32> {
        self.prepared()?.alike_in_line(waiter)
    }

    fn may_wait(&self, waiter: WaiterId) -> bool {
        self.prepared().is_some_and(|prepared| prepared.may_wait(waiter))
    }

    fn terms(&self, who: &Identity, feature: &Feature) -> Vec<PoolTerms> {
        let asker = Asker {
            user: who.user.as_str(),
            host: who.host.as_str(),
            display: who.display.as_str(),
            project: who.project.as_str(),
            address: who.address,
        };
        let refusal = |said: &policy::Refusal| Refusal { code: said.code, why: Arc::clone(&said.words) };
        let said = self.in_force.policy.terms(&asker, feature).into_iter();
        let mut terms: Vec<PoolTerms> = said
            .map(|said| PoolTerms {
                pool: said.pool,
                refused: said.refused.as_deref().map(refusal),
                no_borrow: said.no_borrow.as_deref().map(refusal),
                quotas: said.quotas,
            })
            .collect();
        let InForce { licensed, utc_offset, .. } = self.in_force;
        for (pool, refused) in licensed.refused(who, feature, self.date, *utc_offset) {
            // What the license says stands before what the site's rules say.
            match terms.iter_mut().find(|terms| terms.pool == pool) {
                Some(terms) => terms.refused = Some(refused),
                None => terms.push(PoolTerms {
                    pool,
                    refused: Some(refused),
                    no_borrow: None,
                    quotas: Vec::new(),
                }),
            }
        }
        terms
    }

    fn are_about(&self, feature: &Feature) -> bool {
        self.in_force.policy.is_about(feature) || self.in_force.licensed.is_restricted(feature)
    }
}
