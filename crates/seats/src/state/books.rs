//! What grants are charged for, in pools and to counted rules.

use super::group::GroupKey;
use super::pool::PoolIx;
use super::{Broken, State};
use crate::identity::Identity;
use crate::planted::Bug;
use crate::row::{Charge, GrantRow, Keeping, QuotaKind, Same, Sharing};

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
    pub(crate) fn who<'a>(&'a self, row: &'a GrantRow) -> Option<&'a Identity> {
        match row.kept() {
            Some(kept) => Some(&kept.who),
            None => self.sessions.get(&row.session).map(|session| &*session.row.identity),
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

    fn account(&mut self, at: u32, is_there: bool) -> Result<(), Broken> {
        let Some(slot) = self.grants.slot(at) else { return Ok(()) };
        let (pool, suite) = (slot.pool, slot.suite);
        let plain = slot.row.state_is_plain();
        self.account_in(pool, at, false, is_there)?;
        if let Some(suite) = suite.filter(|_| is_there || !self.planted(Bug::SuiteNotGivenBack)) {
            self.account_in(suite, at, true, is_there)?;
        }
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
        let Some(slot) = self.grants.slot(at) else { return Ok(()) };
        let seats = slot.row.seats.get();
        let charges = slot.row.charges.clone();
        let Some(pool) = self.pools.get_mut(ix.0 as usize) else { return Ok(()) };
        let too_many = || Broken(format!("pool {} has more seats in use than can be counted", pool.row.id));
        pool.grants = if is_there { pool.grants + 1 } else { pool.grants - 1 };
        if pool.row.sharing == Sharing::None {
            pool.charged = if is_there {
                pool.charged.checked_add(seats).ok_or_else(too_many)?
            } else {
                pool.charged - seats
            };
            if let Some(charges) = charges {
                self.account_quotas(ix, &charges, of_suite, is_there, None)?;
            }
            return Ok(());
        }
        let key = self.group_of(ix, at);
        let is_hasty = self.planted(Bug::SharedSeatFreed);
        let Some(pool) = self.pools.get_mut(ix.0 as usize) else { return Ok(()) };
        let limit = pool.row.sharers;
        let group = pool.groups.entry(key.clone()).or_default();
        let before = group.all.charged(limit);
        if is_there {
            group.all.add(seats);
        } else {
            group.all.remove(seats);
        }
        let after = if is_there || !is_hasty { group.all.charged(limit) } else { 0 };
        pool.charged = pool.charged.saturating_sub(before).checked_add(after).ok_or_else(|| {
            Broken(format!("pool {} has more seats in use than can be counted", pool.row.id))
        })?;
        if let Some(charges) = charges {
            self.account_quotas(ix, &charges, of_suite, is_there, Some((&key, seats)))?;
        }
        let Some(pool) = self.pools.get_mut(ix.0 as usize) else { return Ok(()) };
        if pool.groups.get(&key).is_some_and(|group| group.all.is_empty()) {
            pool.groups.remove(&key);
        }
        Ok(())
    }

    /// The group of a grant in a pool that shares.
    fn group_of(&self, ix: PoolIx, at: u32) -> GroupKey {
        let Some(slot) = self.grants.slot(at) else { return GroupKey::default() };
        let sharing = self.pools.get(ix.0 as usize).map(|pool| pool.row.sharing);
        let who = self.who(&slot.row);
        sharing
            .zip(who)
            .map(|(sharing, who)| (self.without_display(sharing), who))
            .and_then(|(sharing, who)| GroupKey::of(sharing, who, slot.row.data.as_ref()))
            .unwrap_or_default()
    }

    /// As a pool shares; without the display where that is the planted bug.
    fn without_display(&self, sharing: Sharing) -> Sharing {
        match sharing {
            Sharing::Same(same) if self.planted(Bug::DisplayForgotten) => {
                Sharing::Same(Same { display: false, ..same })
            }
            other => other,
        }
    }

    fn account_quotas(
        &mut self,
        ix: PoolIx,
        charges: &[Charge],
        of_suite: bool,
        is_there: bool,
        group: Option<(&GroupKey, u32)>,
    ) -> Result<(), Broken> {
        for charge in charges.iter().filter(|charge| charge.of_suite == of_suite) {
            let missing =
                || Broken(format!("a grant is charged to quota {}, which is not there", charge.quota));
            let quota = self.quotas.get_mut(&charge.quota).ok_or_else(missing)?;
            let Some(pool) = self.pools.get_mut(ix.0 as usize) else { return Ok(()) };
            let (less, more) = match (&quota.row.kind, group) {
                (QuotaKind::Max, Some((key, seats))) => {
                    let limit = pool.row.sharers;
                    let group = pool.groups.entry(key.clone()).or_default();
                    group.count(charge.quota, seats, limit, is_there)
                }
                _ if is_there => (0, charge.seats),
                _ => (charge.seats, 0),
            };
            let idle = quota.idle();
            quota.used = (quota.used - less).saturating_add(more);
            if matches!(quota.row.kind, QuotaKind::Reserve(_)) {
                pool.idle = pool.idle - idle + quota.idle();
            }
        }
        Ok(())
    }

    /// What a pool counts of grants that are not plainly floating.
    fn account_kept(&mut self, pool: PoolIx, suite: Option<PoolIx>, at: u32, is_there: bool) {
        let Some(slot) = self.grants.slot(at) else { return };
        let (id, seats, until) = (slot.row.id, slot.row.seats.get(), slot.row.until());
        let kept = slot.row.kept().map(|kept| (kept.how.clone(), kept.from));
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
            *seats_of =
                if is_there { seats_of.saturating_add(seats) } else { seats_of.saturating_sub(seats) };
        }
    }

    fn account_connection(&mut self, at: u32, is_there: bool) {
        let Some(slot) = self.grants.slot(at).filter(|slot| slot.row.kept().is_none()) else { return };
        let Some(connections) = self.connections.get_mut(slot.row.pool.vendor()) else { return };
        let holds = connections.sessions.entry(slot.row.session).or_default();
        *holds = if is_there { *holds + 1 } else { holds.saturating_sub(1) };
        if *holds == 0 {
            connections.sessions.remove(&slot.row.session);
        }
    }

    /// Remembers that somebody in line may have a seat that this grant had.
    pub(super) fn touch(&mut self, at: u32) {
        if self.waiters.is_empty() {
            return;
        }
        let Some(slot) = self.grants.slot(at) else { return };
        let counts_elsewhere = slot.suite.is_some() || slot.row.charges.is_some();
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
        let waited = self.waiters.values().filter_map(|row| self.by_feature.get(&row.ask.feature));
        self.touched.extend(waited);
    }
}

impl GrantRow {
    /// Whether it is held by its session and nothing more.
    fn state_is_plain(&self) -> bool {
        self.state == crate::row::GrantState::Floating
    }
}
