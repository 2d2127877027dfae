//! What grants are charged for, in pools and to counted rules.

use super::grants::Slot;
use super::group::{ALONE, Sharer};
use super::pool::PoolIx;
use super::{Broken, FeatureIx, State};
use crate::identity::Identity;
use crate::planted::Bug;
use crate::row::{GrantRow, GrantState, Keeping, QuotaKind, Same, Sharing};

impl State {
    /// Fills the reservations of a pool in their order, as far as its capacity goes.
    pub(super) fn fill_reserves(&mut self, ix: PoolIx) {
        let Some(pool) = self.pools.get_mut(ix.0 as usize) else { return };
        let mut left = pool.row.capacity;
        pool.idle = 0;
        for id in &pool.reserves {
            let Some(quota) = self.quotas.get_mut(id) else { continue };
            quota.in_force = quota.row.seats.min(left);
            left -= quota.in_force;
            pool.idle += quota.idle();
        }
        pool.in_force = pool.row.capacity - left;
    }

    /// Who holds a grant.
    pub(crate) fn who<'a>(&'a self, slot: &'a Slot) -> Option<&'a Identity> {
        match slot.kept() {
            Some(kept) => Some(&kept.who),
            None => self.sessions.slot(slot.holder).map(|session| &*session.row.identity),
        }
    }

    /// Charges a grant: its pool, its suite, and the counted rules it names.
    pub(crate) fn charge(&mut self, at: u32) -> Result<(), Broken> {
        self.account(at, true)
    }

    /// Takes all that back.
    pub(crate) fn uncharge(&mut self, at: u32) {
        // What was added can be taken away.
        drop(self.account(at, false));
    }

    /// Takes back all that is charged to counted rules, by grants that share no seat: others must be charged to
    /// none.
    pub(crate) fn clear_quotas(&mut self) {
        let (twice, idle) = (self.planted(Bug::RechargedTwice), self.planted(Bug::RechargeKeepsIdle));
        for quota in self.quotas.values_mut().filter(|_| !twice) {
            quota.used = 0;
        }
        if idle {
            return;
        }
        for ix in 0..self.pools.len() {
            self.fill_reserves(PoolIx(ix as u32));
        }
    }

    /// Charges a grant that shares no seat to the counted rules it names; its pools count it already.
    pub(crate) fn charge_quotas(&mut self, at: u32) -> Result<(), Broken> {
        let Some(slot) = self.grants.slot(at) else { return Ok(()) };
        let (pool, suite) = (slot.pool, slot.suite());
        self.account_quotas(pool, at, false, true, ALONE)?;
        let suite = suite.filter(|_| !self.planted(Bug::RechargeForgetsSuites));
        suite.map_or(Ok(()), |suite| self.account_quotas(suite, at, true, true, ALONE))
    }

    fn account(&mut self, at: u32, is_there: bool) -> Result<(), Broken> {
        let Some(slot) = self.grants.slot(at) else { return Ok(()) };
        let pool = slot.pool;
        if slot.rest.is_none() && self.connections.is_empty() {
            return self.account_in(pool, at, false, is_there);
        }
        let (suite, plain) = (slot.suite(), matches!(slot.state(), GrantState::Floating));
        let suite_too = suite.filter(|_| is_there || !self.planted(Bug::SuiteNotGivenBack));
        let mut done = self.account_in(pool, at, false, is_there);
        if let (Ok(()), Some(suite)) = (&done, suite_too) {
            done = self.account_in(suite, at, true, is_there);
        }
        done?;
        if !plain {
            self.account_kept(pool, suite, at, is_there);
        }
        if !self.connections.is_empty() {
            self.account_connection(at, is_there);
        }
        Ok(())
    }

    /// In one pool.
    fn account_in(&mut self, ix: PoolIx, at: u32, of_suite: bool, is_there: bool) -> Result<(), Broken> {
        let (Some(slot), Some(pool)) = (self.grants.slot(at), self.pools.get_mut(ix.0 as usize)) else {
            return Ok(());
        };
        let seats = slot.seats.get();
        pool.grants = if is_there { pool.grants + 1 } else { pool.grants - 1 };
        let (mut less, mut more, mut group) = if is_there { (0, seats, ALONE) } else { (seats, 0, ALONE) };
        if pool.row.sharing != Sharing::None {
            (less, more, group) = self.account_shared(ix, at, of_suite, is_there);
        }
        let Some(pool) = self.pools.get_mut(ix.0 as usize) else { return Ok(()) };
        pool.charged = pool.charged.saturating_sub(less.into()) + u64::from(more);
        self.account_quotas(ix, at, of_suite, is_there, group)?;
        if group != ALONE
            && !is_there
            && let Some(pool) = self.pools.get_mut(ix.0 as usize)
        {
            pool.groups.leave(group);
        }
        Ok(())
    }

    /// In the group of those it shares with: what that was charged for, what it is now, and its place.
    fn account_shared(&mut self, ix: PoolIx, at: u32, of_suite: bool, is_there: bool) -> (u32, u32, u32) {
        let (hasty, no_display) = (self.planted(Bug::SharedSeatFreed), self.planted(Bug::DisplayForgotten));
        let Self { grants, sessions, pools, .. } = self;
        let (Some(slot), Some(pool)) = (grants.slot_mut(at), pools.get_mut(ix.0 as usize)) else {
            return (0, 0, ALONE);
        };
        if is_there {
            let who = match slot.kept() {
                Some(kept) => Some(&*kept.who),
                None => sessions.slot(slot.holder).map(|session| &*session.row.identity),
            };
            let data = slot.data();
            let sharing = match pool.row.sharing {
                Sharing::Same(same) if no_display => Sharing::Same(Same { display: false, ..same }),
                other => other,
            };
            let Some(who) = who else { return (0, 0, ALONE) };
            let Some(sharer) = Sharer::of(sharing, who, data) else { return (0, 0, ALONE) };
            slot.groups[usize::from(of_suite)] = pool.groups.join(&sharer, who, data);
        }
        let (limit, seats, at) = (pool.row.sharers, slot.seats.get(), slot.groups[usize::from(of_suite)]);
        let Some(group) = pool.groups.slot_mut(at) else { return (0, 0, ALONE) };
        let before = group.all.charged(limit);
        if is_there {
            group.all.add(seats);
        } else {
            group.all.remove(seats);
        }
        let after = if is_there || !hasty { group.all.charged(limit) } else { 0 };
        (before, after, at)
    }

    fn account_quotas(
        &mut self,
        ix: PoolIx,
        at: u32,
        of_suite: bool,
        is_there: bool,
        group: u32,
    ) -> Result<(), Broken> {
        let Self { grants, pools, quotas, .. } = self;
        let (Some(slot), Some(pool)) = (grants.slot(at), pools.get_mut(ix.0 as usize)) else {
            return Ok(());
        };
        let seats = slot.seats.get();
        for charge in slot.charges().iter().filter(|charge| charge.of_suite == of_suite) {
            let missing =
                || Broken(format!("a grant is charged to quota {}, which is not there", charge.quota));
            let quota = quotas.get_mut(&charge.quota).ok_or_else(missing)?;
            let is_max = matches!(quota.row.kind, QuotaKind::Max);
            let shared = if is_max { pool.groups.slot_mut(group) } else { None };
            let (less, more) = match shared {
                Some(group) => group.count(charge.quota, seats, pool.row.sharers, is_there),
                None if is_there => (0, charge.seats),
                None => (charge.seats, 0),
            };
            let idle = quota.idle();
            quota.used = quota.used.saturating_sub(less.into()) + u64::from(more);
            if !is_max {
                pool.idle = pool.idle - idle + quota.idle();
            }
        }
        Ok(())
    }

    /// What a pool counts of grants that are not plainly floating.
    fn account_kept(&mut self, pool: PoolIx, suite: Option<PoolIx>, at: u32, is_there: bool) {
        let Some(slot) = self.grants.slot(at) else { return };
        let (id, seats, until) = (slot.id, slot.seats.get(), slot.until());
        let kept = slot.kept().map(|kept| (kept.how.clone(), kept.from));
        for ix in [Some(pool), suite].into_iter().flatten() {
            let Some(pool) = self.pools.get_mut(ix.0 as usize) else { continue };
            if let Some(until) = until {
                if is_there {
                    pool.ends.insert((until, id))
                } else {
                    pool.ends.remove(&(until, id))
                };
            }
            let Some((how, from)) = &kept else { continue };
            let seats_of = match how {
                Keeping::Lingering => {
                    if is_there {
                        pool.lingering.insert((*from, id))
                    } else {
                        pool.lingering.remove(&(*from, id))
                    };
                    &mut pool.lingering_seats
                }
                Keeping::Borrowed(_) => &mut pool.borrowed_seats,
                Keeping::Booked(_) => &mut pool.booked_seats,
            };
            let seats = u64::from(seats);
            *seats_of = if is_there { *seats_of + seats } else { seats_of.saturating_sub(seats) };
        }
    }

    fn account_connection(&mut self, at: u32, is_there: bool) {
        let Some(slot) = self.grants.slot(at).filter(|slot| slot.kept().is_none()) else { return };
        let Some(pool) = self.pools.get(slot.pool.0 as usize) else { return };
        let Some(connections) = self.connections.get_mut(pool.row.vendor()) else { return };
        let session = slot.session;
        let holds = connections.sessions.entry(session).or_default();
        *holds = if is_there { *holds + 1 } else { holds.saturating_sub(1) };
        if *holds == 0 {
            connections.sessions.remove(&session);
        }
    }

    /// Remembers that somebody in line may have a seat that this grant had.
    pub(super) fn touch(&mut self, at: u32) {
        if self.waiters.is_empty() {
            return;
        }
        let Some(slot) = self.grants.slot(at) else { return };
        let counts_elsewhere = slot.suite().is_some() || !slot.charges().is_empty();
        let feature = self.pool_at(slot.pool).map(|pool| pool.feature);
        if counts_elsewhere || !self.connections.is_empty() {
            self.touch_all();
        } else {
            self.touched.extend(feature);
        }
    }

    /// Remembers the line of a feature.
    pub(crate) fn touch_feature(&mut self, feature: &names::Feature) {
        self.touched.extend(self.by_feature.get(feature));
    }

    /// Remembers every line.
    pub(crate) fn touch_all(&mut self) {
        if self.waiters.is_empty() {
            return;
        }
        if self.waiters.len() < self.features.len() {
            let waited = self.waiters.values().filter_map(|row| self.by_feature.get(&row.ask.feature));
            self.touched.extend(waited);
            return;
        }
        let lines = self.features.iter().zip(0..).filter(|(slot, _)| !slot.line.is_empty());
        self.touched.extend(lines.map(|(_, ix)| FeatureIx(ix)));
    }
}

impl GrantRow {
    /// Whether it is held by its session and nothing more.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self.state, GrantState::Floating)
    }
}
