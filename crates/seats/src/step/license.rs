//! Licenses and counted rules put in force.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use names::{Now, PoolId, QuotaId, limits};
use rustc_hash::FxHashMap;

use super::room::Want;
use crate::answer::Answer;
use crate::charges::Charges;
use crate::command::{License, Quota};
use crate::identity::Identity;
use crate::planted::Bug;
use crate::record::{Event, Record, ReturnReason};
use crate::row::{PoolRow, PoolStanding, QuotaKind, QuotaRow};
use crate::rules::Rules;
use crate::state::{Connections, FeatureIx, Pool, PoolIx, Slot, State, Terms};

/// What rules have said during one recharge.
#[derive(Default)]
struct Asked {
    /// Of somebody: sessions share their identity by reference.
    of: FxHashMap<(usize, FeatureIx), Arc<[Terms]>>,
    /// Of everybody of whom they say the same, by the number that they give it.
    alike: FxHashMap<(u32, FeatureIx), Arc<[Terms]>>,
}

impl Asked {
    /// The terms of somebody and a feature, asked once.
    fn terms(
        &mut self,
        who: &Identity,
        ix: FeatureIx,
        alike: Option<u32>,
        ask: impl FnOnce() -> Arc<[Terms]>,
    ) -> &[Terms] {
        match alike {
            Some(number) => self.alike.entry((number, ix)).or_insert_with(ask),
            None => self.of.entry((std::ptr::from_ref(who) as usize, ix)).or_insert_with(ask),
        }
    }
}

impl State {
    pub(crate) fn set_license(
        &mut self,
        now: Now,
        license: License,
        rules: &dyn Rules,
        out: &mut Vec<Record>,
    ) -> Answer {
        self.license += 1;
        self.alike.clear();
        self.judge_clock(now);
        let named: BTreeSet<PoolId> = license.pools.iter().map(|pool| pool.id.clone()).collect();
        for row in license.pools {
            if self.pool(&row.id).is_none_or(|(old, _)| *old != row) {
                self.record(now, Event::PoolSet(Box::new(row)), out);
            }
        }
        self.unlicense(now, &named, out);
        if self.planted(Bug::RereadTakesSeats) {
            let gone = self
                .grants
                .iter()
                .filter(|slot| self.pool_at(slot.pool).is_some_and(|pool| !named.contains(&pool.row.id)));
            let gone: Vec<_> = gone.map(|slot| slot.id).collect();
            for grant in gone {
                self.give_back(now, grant, ReturnReason::Revoked, out);
            }
        }
        let gone = self.set_quotas(now, license.quotas, out);
        self.return_lingering(now, out);
        self.recharge(now, rules, out);
        // Nothing is charged to those any more.
        for quota in gone {
            self.record(now, Event::QuotaDropped(quota), out);
        }
        self.drop_unused(now, out);
        self.connections = self.count_connections(license.connections);
        self.drop_hopeless(now, rules, out);
        self.touch_all();
        Answer::Done
    }

    /// Pools that no license names any more: seats of them are kept to their return. One that nobody
    /// holds a seat of is dropped at once.
    fn unlicense(&mut self, now: Now, named: &BTreeSet<PoolId>, out: &mut Vec<Record>) {
        let others = self.pools().map(|(row, _)| row).filter(|row| !named.contains(&row.id));
        let others = others.filter(|row| row.standing != PoolStanding::Unlicensed || row.limit() > 0);
        let mut others: Vec<PoolRow> = others.cloned().collect();
        others.sort_by(|a, b| a.id.cmp(&b.id));
        for row in others {
            let unused = self.pool_ix(&row.id).and_then(|ix| self.pool_at(ix)).is_some_and(Pool::is_unused);
            if unused {
                self.drop_pool(now, row.id, out);
                continue;
            }
            let kept = PoolRow { standing: PoolStanding::Unlicensed, capacity: 0, overdraft: 0, ..row };
            self.record(now, Event::PoolSet(Box::new(kept)), out);
        }
    }

    /// Pools that nothing licenses and nobody uses.
    fn drop_unused(&mut self, now: Now, out: &mut Vec<Record>) {
        let unlicensed = self.pools().filter(|(row, _)| row.standing == PoolStanding::Unlicensed);
        let mut unlicensed: Vec<_> = unlicensed.map(|(row, _)| row.id.clone()).collect();
        unlicensed.sort();
        for ix in unlicensed.iter().filter_map(|id| self.pool_ix(id)).collect::<Vec<_>>() {
            self.drop_if_unused(now, ix, out);
        }
    }

    pub(crate) fn drop_if_unused(&mut self, now: Now, ix: PoolIx, out: &mut Vec<Record>) {
        let Some(pool) = self.pool_at(ix) else { return };
        if !pool.is_licensed() && pool.is_unused() {
            self.drop_pool(now, pool.row.id.clone(), out);
        }
    }

    fn drop_pool(&mut self, now: Now, id: PoolId, out: &mut Vec<Record>) {
        let assigned = self.assignments.keys().filter(|(pool, _)| *pool == id);
        for (pool, email) in assigned.cloned().collect::<Vec<_>>() {
            self.record(now, Event::Unassigned { pool, email }, out);
        }
        self.record(now, Event::PoolDropped(id), out);
    }

    /// Puts the counted rules in force; gives those that are gone, which grants are still charged to.
    fn set_quotas(&mut self, now: Now, quotas: Vec<Quota>, out: &mut Vec<Record>) -> Vec<QuotaId> {
        let mut gone: BTreeMap<QuotaId, ()> = self.quotas.keys().map(|id| (*id, ())).collect();
        let mut seen: BTreeSet<Arc<str>> = BTreeSet::new();
        for (order, quota) in quotas.into_iter().take(limits::QUOTAS_MAX).enumerate() {
            let is_licensed = match &quota.kind {
                QuotaKind::Reserve(pool) => {
                    self.pool(pool).is_some_and(|(row, _)| row.standing != PoolStanding::Unlicensed)
                }
                QuotaKind::Max => true,
            };
            if !is_licensed || !seen.insert(Arc::clone(&quota.key)) {
                continue;
            }
            let known = self.quota_keys.get(&quota.key).copied();
            let same = known.filter(|id| self.quotas.get(id).is_some_and(|old| old.row.kind == quota.kind));
            if let (Some(id), None) = (known, same) {
                // The key counts something else now: nothing may be charged to what it was.
                self.strip(now, id, out);
                self.record(now, Event::QuotaDropped(id), out);
                gone.remove(&id);
            }
            let row = QuotaRow {
                id: same.unwrap_or(QuotaId(self.last().0 + 1)),
                key: quota.key,
                kind: quota.kind,
                seats: quota.seats,
                who: quota.who,
                rule: quota.rule,
                order: u32::try_from(order).unwrap_or(u32::MAX),
            };
            gone.remove(&row.id);
            if self.quotas.get(&row.id).is_none_or(|old| old.row != row) {
                self.record(now, Event::QuotaSet(Box::new(row)), out);
            }
        }
        for quota in gone.keys() {
            self.retire(now, *quota, out);
        }
        gone.into_keys().collect()
    }

    /// Takes a counted rule out of force: it keeps no seats, and nothing is charged to it from now on.
    fn retire(&mut self, now: Now, quota: QuotaId, out: &mut Vec<Record>) {
        let Some(row) = self.quotas.get(&quota).map(|quota| quota.row.clone()) else { return };
        let key = Arc::clone(&row.key);
        if matches!(row.kind, QuotaKind::Reserve(_)) && row.seats > 0 {
            self.record(now, Event::QuotaSet(Box::new(QuotaRow { seats: 0, ..row })), out);
        }
        self.quota_keys.remove(&key);
    }

    /// Takes the charges to one rule from every grant.
    fn strip(&mut self, now: Now, quota: QuotaId, out: &mut Vec<Record>) {
        let is_charged = |slot: &&Slot| slot.charges().iter().any(|c| c.quota == quota);
        let slots = self.grants.iter().filter(is_charged);
        let mut rows: Vec<_> = slots.filter_map(|slot| self.row_of(slot)).collect();
        rows.sort_by_key(|row| row.id);
        for mut row in rows {
            row.charges.retain(|charge| charge.quota != quota);
            self.record(now, Event::Changed(Box::new(row)), out);
        }
    }

    /// Charges every grant anew, in the order of their numbers, and writes down whose charges differ.
    fn recharge(&mut self, now: Now, rules: &dyn Rules, out: &mut Vec<Record>) {
        if self.quotas.is_empty() {
            return;
        }
        let mut grants = Vec::with_capacity(self.grants.len());
        for (at, slot) in self.grants.placed() {
            grants.push((slot.id, at, self.is_counted_alone(slot)));
        }
        // Most stand in their order.
        grants.sort();
        for (_, at, _) in grants.iter().filter(|(_, _, is_alone)| !is_alone) {
            self.uncharge(*at);
        }
        self.clear_quotas();
        let mut asked = Asked::default();
        for (_, at, is_alone) in grants {
            // What the pools count of a grant that shares with nobody stays as it is.
            let charge = if is_alone { Self::charge_quotas } else { Self::charge };
            let charges = self.charges_now(at, rules, &mut asked).unwrap_or_default();
            if self.grants.slot(at).is_some_and(|slot| *slot.charges() != *charges) {
                // Every line is looked at in the end: until then a grant that changes touches none.
                self.record_charges(now, at, charges, charge, out);
            } else if !(is_alone && charges.is_empty()) {
                // What was charged before can be charged again.
                drop(charge(self, at));
            }
        }
    }

    /// Whether no seat of a grant's pools is shared.
    fn is_counted_alone(&self, slot: &Slot) -> bool {
        let alone = |ix: PoolIx| self.pool_at(ix).is_some_and(Pool::counts_alone);
        alone(slot.pool) && (slot.suite().is_none_or(alone) || self.planted(Bug::RechargeByComponent))
    }

    /// What a grant is to be charged to, with those before it charged.
    fn charges_now(&self, at: u32, rules: &dyn Rules, asked: &mut Asked) -> Option<Charges> {
        let slot = self.grants.slot(at)?;
        let mut charges = Charges::new();
        for (ix, of_suite) in [(Some(slot.pool), false), (slot.suite(), true)] {
            let Some((ix, pool)) = ix.and_then(|ix| Some((ix, self.pool_at(ix)?))) else { continue };
            let alike = rules.alike(slot.id, of_suite);
            let known = alike.and_then(|number| asked.alike.get(&(number, pool.feature)));
            if pool.counts_alone()
                && let Some(terms) = known
            {
                // Who it is makes no difference any more.
                let terms = terms.iter().find(|terms| terms.pool == ix);
                self.charge_alone(pool, slot.seats.get(), terms, of_suite, &mut charges);
                continue;
            }
            let who = self.who(slot)?;
            let want = Want { who, seats: slot.seats.get(), data: slot.data(), behind: false };
            let ask = || self.terms_for(who, pool.feature, rules);
            let terms = asked.terms(who, pool.feature, alike, ask).iter().find(|terms| terms.pool == ix);
            self.charge_anyhow(ix, &want, terms, of_suite, &mut charges);
        }
        Some(charges)
    }

    /// Lingering grants end with the license of their pool.
    fn return_lingering(&mut self, now: Now, out: &mut Vec<Record>) {
        let over =
            self.pools.iter().filter(|pool| pool.is_there && pool.row.standing != PoolStanding::Active);
        let mut over: Vec<_> = over.flat_map(|pool| &pool.lingering).map(|(_, id)| *id).collect();
        over.sort_unstable();
        over.dedup();
        for grant in over {
            self.give_back(now, grant, ReturnReason::Lingered, out);
        }
    }

    fn count_connections(&self, limits: Vec<(names::Vendor, u32)>) -> BTreeMap<names::Vendor, Connections> {
        if limits.is_empty() {
            return BTreeMap::new();
        }
        let mut connections: BTreeMap<_, _> = limits
            .into_iter()
            .map(|(vendor, limit)| (vendor, Connections { limit, ..Connections::default() }))
            .collect();
        for slot in self.grants.iter().filter(|slot| slot.kept().is_none()) {
            let vendor = self.pool_at(slot.pool).map(|pool| pool.row.vendor());
            if let Some(of_vendor) = vendor.and_then(|vendor| connections.get_mut(vendor)) {
                *of_vendor.sessions.entry(slot.session).or_default() += 1;
            }
        }
        connections
    }
}
