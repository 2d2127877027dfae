//! Grants put, changed and deleted, and all that is derived kept with them.

use names::GrantId;

use super::change::{insert, missing};
use super::grants::Slot;
use super::hash::hash_grant;
use super::places::NOWHERE;
use super::pool::PoolIx;
use super::{Broken, State};
use crate::row::{GrantRow, Keeping, RowKey};

impl State {
    pub(super) fn put_grant(&mut self, row: &GrantRow) -> Result<(), Broken> {
        let lacks = |what: &str| Broken(format!("grant {} is of a {what} that is not there", row.id));
        if self.grants.at(row.id).is_some() {
            return Err(Broken(format!("grant {} was made before", row.id)));
        }
        let ix = self.pool_ix(&row.pool).ok_or_else(|| lacks("pool"))?;
        let suite = match &row.suite {
            None => None,
            Some(suite) => Some(self.pool_ix(suite).ok_or_else(|| lacks("suite"))?),
        };
        let written = |at: &u32| self.sessions.slot(*at).is_some_and(|session| session.written);
        let holder = self.sessions.at(row.session).filter(written);
        if holder.is_none() && row.kept().is_none() {
            return Err(lacks("session"));
        }
        self.place_grant(row, ix, suite, holder)
    }

    /// Puts a grant of this pool and suite, for the session in this place.
    pub(crate) fn place_grant(
        &mut self,
        row: &GrantRow,
        ix: PoolIx,
        suite: Option<PoolIx>,
        holder: Option<u32>,
    ) -> Result<(), Broken> {
        let Some(pool) = self.pools.get_mut(ix.0 as usize).filter(|pool| pool.is_there) else {
            return Err(missing(&RowKey::Pool(row.pool.clone())));
        };
        let hash = hash_grant(&mut self.scratch, row, pool.id_hash);
        self.counts.grants += 1;
        self.fingerprint = self.fingerprint.wrapping_add(hash);
        let newest = pool.newest;
        let at = self.grants.insert(row.id, || Slot::new(row, ix, suite, hash, newest));
        let is_plain = self.grants.slot(at).is_some_and(|slot| slot.rest.is_none());
        let is_counted_alone = is_plain && pool.counts_alone() && self.connections.is_empty();
        if pool.newest == NOWHERE {
            pool.first = at;
        } else if let Some(before) = self.grants.slot_mut(pool.newest) {
            before.after = at;
        }
        pool.newest = at;
        if is_counted_alone {
            pool.count(row.seats);
            return self.list(at, holder);
        }
        self.list(at, holder)?;
        self.charge(at)
    }

    pub(super) fn change_grant(&mut self, row: &GrantRow) -> Result<(), Broken> {
        let Some(at) = self.grants.at(row.id) else { return Err(missing(&RowKey::Grant(row.id))) };
        self.uncharge(at);
        self.unlist(at);
        let Some(slot) = self.grants.slot(at) else { return Err(missing(&RowKey::Grant(row.id))) };
        let (pool, old) = (slot.pool, slot.hash());
        let suite = row.suite.as_ref().map(|suite| self.pool_ix(suite));
        if self.pool_ix(&row.pool) != Some(pool) || suite != slot.suite().map(Some) {
            return Err(Broken(format!("grant {} is of another pool than it was", row.id)));
        }
        let holder = self.sessions.at(row.session);
        let id_hash = self.pool_at(pool).map_or(0, |pool| pool.id_hash);
        let hash = hash_grant(&mut self.scratch, row, id_hash);
        self.fingerprint = self.fingerprint.wrapping_sub(old).wrapping_add(hash);
        if let Some(slot) = self.grants.slot_mut(at) {
            slot.set(row, hash);
        }
        self.list(at, holder)?;
        self.charge(at)?;
        self.touch(at);
        Ok(())
    }

    /// Writes the new row of a grant, which is not charged yet, in its place: only its charges are new.
    pub(crate) fn rewrite(&mut self, at: u32, row: &GrantRow) {
        let Some(slot) = self.grants.slot(at) else { return };
        let (pool, old) = (slot.pool, slot.hash());
        let id_hash = self.pool_at(pool).map_or(0, |pool| pool.id_hash);
        let hash = hash_grant(&mut self.scratch, row, id_hash);
        self.fingerprint = self.fingerprint.wrapping_sub(old).wrapping_add(hash);
        if let Some(slot) = self.grants.slot_mut(at) {
            slot.set(row, hash);
        }
    }

    pub(super) fn delete_grant(&mut self, id: GrantId) -> Result<(), Broken> {
        let at = self.grants.at(id).ok_or_else(|| missing(&RowKey::Grant(id)))?;
        self.drop_grant(at);
        Ok(())
    }

    /// Deletes the grant in this place.
    pub(crate) fn drop_grant(&mut self, at: u32) {
        self.touch(at);
        let Some(slot) = self.grants.slot(at) else { return };
        let (hash, ix, before, after) = (slot.hash(), slot.pool, slot.before, slot.after);
        let (seats, is_plain) = (slot.seats, slot.rest.is_none() && self.connections.is_empty());
        match self.pools.get_mut(ix.0 as usize).filter(|pool| is_plain && pool.counts_alone()) {
            Some(pool) => pool.discount(seats),
            None => self.uncharge(at),
        }
        self.unlist(at);
        self.grants.take(at);
        self.counts.grants -= 1;
        self.fingerprint = self.fingerprint.wrapping_sub(hash);
        let Some(pool) = self.pools.get_mut(ix.0 as usize) else { return };
        match self.grants.slot_mut(before) {
            Some(slot) => slot.after = after,
            None => pool.first = after,
        }
        match self.grants.slot_mut(after) {
            Some(slot) => slot.before = before,
            None => pool.newest = before,
        }
    }

    /// Puts a grant in its session's list, and a booking in its feature's.
    fn list(&mut self, at: u32, holder: Option<u32>) -> Result<(), Broken> {
        let Some(slot) = self.grants.slot_mut(at) else { return Ok(()) };
        let (id, request, pool) = (slot.id, slot.request, slot.pool);
        let how = slot.kept().map(|kept| &kept.how);
        let lingers = matches!(how, Some(Keeping::Lingering));
        let is_booked = matches!(how, Some(Keeping::Booked(_)));
        let holder = holder.filter(|_| !lingers);
        slot.holder = holder.unwrap_or(NOWHERE);
        if is_booked && let Some(feature) = self.pool_at(pool).map(|pool| pool.feature) {
            self.feature_mut(feature).map(|slot| slot.bookings.insert(id));
        }
        let Some(session) = holder.and_then(|at| self.sessions.slot_mut(at)) else { return Ok(()) };
        insert(&mut session.grants, request, id)
            .map_err(|()| Broken(format!("request {request} of session {} has two grants", session.row.id)))
    }

    fn unlist(&mut self, at: u32) {
        let Some(slot) = self.grants.slot_mut(at) else { return };
        let (id, request, holder, pool) = (slot.id, slot.request, slot.holder, slot.pool);
        let is_booked = matches!(slot.kept().map(|kept| &kept.how), Some(Keeping::Booked(_)));
        slot.holder = NOWHERE;
        if is_booked && let Some(feature) = self.pool_at(pool).map(|pool| pool.feature) {
            self.feature_mut(feature).map(|slot| slot.bookings.remove(&id));
        }
        let Some(session) = self.sessions.slot_mut(holder) else { return };
        // Almost always that is the last.
        if session.grants.last().is_some_and(|(last, _)| *last == request) {
            session.grants.pop();
        } else if let Ok(place) = session.grants.binary_search_by_key(&request, |(request, _)| *request) {
            session.grants.remove(place);
        }
    }

    /// The places of a pool's grants, those that take its seats as a suite included.
    pub(crate) fn grants_at(&self, ix: PoolIx) -> Vec<u32> {
        let all = self.grants.iter().filter(|slot| slot.pool == ix || slot.suite() == Some(ix));
        let mut ids: Vec<_> = all.map(|slot| slot.id).collect();
        ids.sort_unstable();
        ids.into_iter().filter_map(|id| self.grants.at(id)).collect()
    }
}
