//! Rows put and deleted, and all that is derived kept with them.

use std::cmp::Reverse;
use std::sync::Arc;

use names::{Feature, PoolId, RequestId, SessionId, WaiterId};

use super::hash::hash_mark;
use super::places::NOWHERE;
use super::pool::{Pool, PoolIx};
use super::{Broken, FeatureIx, FeatureSlot, Quota, Session, State};
use crate::row::{
    Change, DeskRow, LoginRow, PoolRow, QuotaKind, QuotaRow, Row, RowKey, SessionMark, SessionRow, WaiterRow,
};

impl State {
    pub(super) fn change(&mut self, change: Change) -> Result<(), Broken> {
        match change {
            Change::Put(row) => self.put(row),
            Change::Delete(key) => self.delete(key),
        }
    }

    pub(super) fn put(&mut self, row: Row) -> Result<(), Broken> {
        match row {
            Row::Pool(row) => self.put_pool(row),
            Row::Quota(row) => self.put_quota(row),
            Row::Session(row) => self.put_session(row),
            Row::Mark(mark) => self.put_mark(mark),
            Row::Grant(row) if self.grants.at(row.id).is_some() => self.change_grant(&row),
            Row::Grant(row) => self.put_grant(&row),
            Row::Waiter(row) => self.put_waiter(row),
            Row::Assignment(row) => {
                if !self.by_pool.contains_key(&row.pool) {
                    return Err(Broken(format!("{} is of a pool that is not there", row.email)));
                }
                let key = (row.pool.clone(), row.email.clone());
                let old = self.assignments.insert(key, row.clone()).map(Row::Assignment);
                self.count_other(old, Some(Row::Assignment(row)));
                Ok(())
            }
            Row::Login(row) => {
                let old = self.logins.insert(row.email.clone(), row.clone());
                if let Some(old) = &old {
                    self.disown(old);
                }
                self.own(&row);
                self.count_other(old.map(Row::Login), Some(Row::Login(row)));
                Ok(())
            }
            Row::Clock(row) => {
                let old = self.clock.replace(row).map(Row::Clock);
                self.count_other(old, Some(Row::Clock(row)));
                Ok(())
            }
            Row::Desk(row) => {
                let old = self.desk.insert(Arc::clone(&row.key), Arc::clone(&row.value));
                let old = old.map(|value| DeskRow { key: Arc::clone(&row.key), value });
                self.count_other(old.map(Row::Desk), Some(Row::Desk(row)));
                Ok(())
            }
        }
    }

    fn delete(&mut self, key: RowKey) -> Result<(), Broken> {
        match key {
            RowKey::Pool(id) => self.delete_pool(&id),
            RowKey::Session(id) => self.delete_session(id),
            RowKey::Mark(id) => self.put_mark(SessionMark::new(id)),
            RowKey::Grant(id) => self.delete_grant(id),
            RowKey::Waiter(id) => self.delete_waiter(id),
            RowKey::Quota(id) => {
                let quota = self.quotas.remove(&id).ok_or_else(|| missing(&RowKey::Quota(id)))?;
                if quota.used > 0 {
                    return Err(Broken(format!("quota {id} is deleted while seats are charged to it")));
                }
                self.quota_keys.remove(&quota.row.key);
                let reserved = quota.row.kind.clone();
                self.count_other(Some(Row::Quota(quota.row)), None);
                if let QuotaKind::Reserve(pool) = reserved
                    && let Some(ix) = self.by_pool.get(&pool).copied()
                {
                    if let Some(pool) = self.pool_mut(ix) {
                        pool.reserves.retain(|other| *other != id);
                        pool.look();
                    }
                    self.fill_reserves(ix);
                }
                Ok(())
            }
            RowKey::Assignment(pool, email) => {
                let key = (pool, email);
                let old = self.assignments.remove(&key);
                let old = old.ok_or_else(|| missing(&RowKey::Assignment(key.0, key.1)))?;
                self.count_other(Some(Row::Assignment(old)), None);
                Ok(())
            }
            RowKey::Login(email) => {
                let old = self.logins.remove(&email).ok_or_else(|| missing(&RowKey::Login(email)))?;
                self.disown(&old);
                self.count_other(Some(Row::Login(old)), None);
                Ok(())
            }
            RowKey::Clock => {
                let old = self.clock.take().ok_or_else(|| missing(&RowKey::Clock))?;
                self.count_other(Some(Row::Clock(old)), None);
                Ok(())
            }
            RowKey::Desk(key) => {
                let (key, value) =
                    self.desk.remove_entry(&*key).ok_or_else(|| missing(&RowKey::Desk(key)))?;
                self.count_other(Some(Row::Desk(DeskRow { key, value })), None);
                Ok(())
            }
        }
    }

    /// A token is somebody's.
    fn own(&mut self, row: &LoginRow) {
        let owners = self.owners.entry(row.token_hash).or_default();
        if let Err(at) = owners.binary_search(&row.email) {
            owners.insert(at, row.email.clone());
        }
    }

    /// And is not any more.
    fn disown(&mut self, old: &LoginRow) {
        let Some(owners) = self.owners.get_mut(&old.token_hash) else { return };
        owners.retain(|email| *email != old.email);
        if owners.is_empty() {
            self.owners.remove(&old.token_hash);
        }
    }

    /// Counts rows of the rarer kinds out and in.
    fn count_other(&mut self, old: Option<Row>, new: Option<Row>) {
        if let Some(row) = old {
            self.counts.pools -= 1;
            self.fingerprint = self.fingerprint.wrapping_sub(self.hash(&row));
        }
        if let Some(row) = new {
            self.counts.pools += 1;
            self.fingerprint = self.fingerprint.wrapping_add(self.hash(&row));
        }
    }

    pub(crate) fn pool_ix(&self, id: &PoolId) -> Option<PoolIx> {
        self.by_pool.get(id).copied()
    }

    pub(crate) fn pool_at(&self, ix: PoolIx) -> Option<&Pool> {
        self.pools.get(ix.0 as usize).filter(|pool| pool.is_there)
    }

    pub(super) fn pool_mut(&mut self, ix: PoolIx) -> Option<&mut Pool> {
        self.pools.get_mut(ix.0 as usize).filter(|pool| pool.is_there)
    }

    pub(crate) fn feature_at(&self, ix: FeatureIx) -> Option<&FeatureSlot> {
        self.features.get(ix.0 as usize)
    }

    pub(crate) fn feature_mut(&mut self, ix: FeatureIx) -> Option<&mut FeatureSlot> {
        self.features.get_mut(ix.0 as usize)
    }

    pub(crate) fn feature_ix(&self, name: &Feature) -> Option<FeatureIx> {
        self.by_feature.get(name).copied()
    }

    /// The place of a feature; a new one where it has none. Places are kept: there are as many as
    /// features were ever licensed or waited for.
    fn feature(&mut self, name: &Feature) -> FeatureIx {
        if let Some(ix) = self.by_feature.get(name) {
            return *ix;
        }
        let ix = FeatureIx(self.features.len() as u32);
        self.features.push(FeatureSlot {
            name: name.clone(),
            pools: Vec::new(),
            line: std::collections::BTreeSet::new(),
            awaited: 0,
            stopped: None,
            bookings: std::collections::BTreeSet::new(),
            held_ms: None,
            has_suites: false,
            ruled: None,
        });
        self.by_feature.insert(name.clone(), ix);
        ix
    }

    fn put_pool(&mut self, row: PoolRow) -> Result<(), Broken> {
        let id = row.id.clone();
        let feature = self.feature(id.feature());
        let hash = self.hash(&Row::Pool(row.clone()));
        let ix = match self.by_pool.get(&id).copied() {
            Some(ix) => {
                let sharing = |row: &PoolRow| (row.sharing, row.sharers);
                let old = self.pool_at(ix).map(|pool| (pool.row_hash, sharing(&pool.row)));
                let Some((old_hash, old_sharing)) = old else { return Err(missing(&RowKey::Pool(id))) };
                self.fingerprint = self.fingerprint.wrapping_sub(old_hash);
                let again = old_sharing != sharing(&row);
                // Grants that share otherwise from now on are charged otherwise.
                let grants = if again { self.grants_at(ix) } else { Vec::new() };
                for at in &grants {
                    self.uncharge(*at);
                }
                self.displace_pool(feature, ix);
                if let Some(pool) = self.pool_mut(ix) {
                    pool.row = row;
                    pool.look();
                }
                self.place_pool(feature, ix);
                for at in &grants {
                    self.charge(*at)?;
                }
                ix
            }
            None => {
                self.counts.pools += 1;
                let ix = self.vacant.pop().unwrap_or(PoolIx(self.pools.len() as u32));
                let pool = Pool::new(row, feature);
                match self.pools.get_mut(ix.0 as usize) {
                    Some(place) => *place = pool,
                    None => self.pools.push(pool),
                }
                self.place_pool(feature, ix);
                self.by_pool.insert(id.clone(), ix);
                ix
            }
        };
        let id_hash = self.hash_key(&RowKey::Pool(id));
        if let Some(pool) = self.pool_mut(ix) {
            pool.row_hash = hash;
            pool.id_hash = id_hash;
        }
        self.fingerprint = self.fingerprint.wrapping_add(hash);
        self.fill_reserves(ix);
        self.touched.insert(feature);
        Ok(())
    }

    /// Where a pool stands among those of its feature, or would.
    fn place_of(&self, feature: FeatureIx, ix: PoolIx) -> Result<usize, usize> {
        let order = |ix: PoolIx| self.pools.get(ix.0 as usize).map(|pool| (pool.row.order, &pool.row.id));
        let pools = self.feature_at(feature).map_or(&[][..], |slot| &slot.pools);
        pools.binary_search_by(|other| order(*other).cmp(&order(ix)))
    }

    /// Puts a pool in its place among those of its feature. A feature may have very many.
    fn place_pool(&mut self, feature: FeatureIx, ix: PoolIx) {
        if let Err(at) = self.place_of(feature, ix)
            && let Some(slot) = self.feature_mut(feature)
        {
            slot.pools.insert(at, ix);
        }
        let has_suite = self.pool_at(ix).is_some_and(|pool| pool.row.suite.is_some());
        if let Some(slot) = self.feature_mut(feature).filter(|_| has_suite) {
            slot.has_suites = true;
        }
    }

    /// Takes it from there; its row is still what it was placed by.
    fn displace_pool(&mut self, feature: FeatureIx, ix: PoolIx) {
        if let Ok(at) = self.place_of(feature, ix)
            && let Some(slot) = self.feature_mut(feature)
        {
            slot.pools.remove(at);
        }
    }

    fn delete_pool(&mut self, id: &PoolId) -> Result<(), Broken> {
        let ix = self.by_pool.remove(id).ok_or_else(|| missing(&RowKey::Pool(id.clone())))?;
        let Some(pool) = self.pools.get_mut(ix.0 as usize) else { return Ok(()) };
        if !pool.is_unused() {
            return Err(Broken(format!("pool {id} is deleted while seats of it are held or reserved")));
        }
        pool.is_there = false;
        let (feature, hash) = (pool.feature, pool.row_hash);
        self.fingerprint = self.fingerprint.wrapping_sub(hash);
        self.counts.pools -= 1;
        self.displace_pool(feature, ix);
        self.vacant.push(ix);
        self.touched.insert(feature);
        Ok(())
    }

    fn put_quota(&mut self, row: QuotaRow) -> Result<(), Broken> {
        let (id, kind) = (row.id, row.kind.clone());
        let used = match self.quotas.remove(&id) {
            Some(old) => {
                if old.row.kind != kind {
                    return Err(Broken(format!("quota {id} counts something else than before")));
                }
                self.quota_keys.remove(&old.row.key);
                self.count_other(Some(Row::Quota(old.row)), None);
                old.used
            }
            None => 0,
        };
        if self.quota_keys.insert(row.key.clone(), id).is_some() {
            return Err(Broken(format!("quota {id} has the key of another")));
        }
        self.count_other(None, Some(Row::Quota(row.clone())));
        self.quotas.insert(id, Quota { row, used, in_force: 0 });
        if let QuotaKind::Reserve(pool) = &kind {
            let ix = self.by_pool.get(pool).copied().ok_or_else(|| missing(&RowKey::Pool(pool.clone())))?;
            let mut reserves = self.pool_at(ix).map(|pool| pool.reserves.clone()).unwrap_or_default();
            if !reserves.contains(&id) {
                reserves.push(id);
            }
            reserves.sort_by_key(|id| (self.quotas.get(id).map(|quota| quota.row.order), *id));
            if let Some(pool) = self.pool_mut(ix) {
                pool.reserves = reserves;
                pool.look();
            }
            self.fill_reserves(ix);
        }
        Ok(())
    }

    fn put_session(&mut self, row: SessionRow) -> Result<(), Broken> {
        let known = self.sessions.get(row.id);
        if known.is_some_and(|session| session.written) {
            return Err(Broken(format!("session {} was opened before", row.id)));
        }
        // A session may be open before it is written down; then it holds nothing.
        let (attached, terms) = known.map_or((false, Vec::new()), |s| (s.attached, s.terms.clone()));
        self.counts.sessions += 1;
        self.fingerprint = self.fingerprint.wrapping_add(self.hash(&Row::Session(row.clone())));
        let session = Session { written: true, attached, terms, ..Session::new(row) };
        self.sessions.insert(session.row.id, || session);
        Ok(())
    }

    fn delete_session(&mut self, id: SessionId) -> Result<(), Broken> {
        let session = self.sessions.get(id).filter(|session| session.written);
        let session = session.ok_or_else(|| missing(&RowKey::Session(id)))?;
        let holds = session
            .grants
            .iter()
            .any(|(_, grant)| self.grants.get(*grant).is_some_and(|slot| slot.kept().is_none()));
        if holds || !session.waiting.is_empty() {
            return Err(Broken(format!("session {id} is deleted while it holds seats or waits")));
        }
        let row = Row::Session(session.row.clone());
        // What is borrowed or booked outlives it.
        for (_, grant) in session.grants.clone() {
            if let Some(slot) = self.grants.get_mut(grant) {
                slot.holder = NOWHERE;
            }
        }
        self.put_mark(SessionMark::new(id))?;
        self.counts.sessions -= 1;
        self.fingerprint = self.fingerprint.wrapping_sub(self.hash(&row));
        self.sessions.remove(id);
        Ok(())
    }

    /// Puts a mark; one that says no more than its absence is no row.
    pub(super) fn put_mark(&mut self, mark: SessionMark) -> Result<(), Broken> {
        let is_there = |at: &u32| self.sessions.slot(*at).is_some_and(|session| session.written);
        match self.sessions.at(mark.session).filter(is_there) {
            Some(at) => self.mark(at, mark),
            None if mark == SessionMark::new(mark.session) => {}
            None => return Err(Broken(format!("session {} is marked and is not there", mark.session))),
        }
        Ok(())
    }

    /// Marks the session in this place, which is written down.
    pub(crate) fn mark(&mut self, at: u32, mark: SessionMark) {
        let Some(session) = self.sessions.slot_mut(at) else { return };
        let (old, new) = (session.mark_hash, hash_mark(mark));
        if session.mark.standing != mark.standing {
            let waiting = session.waiting.iter().filter_map(|(_, id)| self.waiters.get(id));
            self.touched.extend(waiting.filter_map(|row| self.by_feature.get(&row.ask.feature)));
        }
        session.mark = mark;
        session.mark_hash = new;
        self.counts.marks = self.counts.marks + u64::from(new != 0) - u64::from(old != 0);
        self.fingerprint = self.fingerprint.wrapping_sub(old).wrapping_add(new);
    }

    fn put_waiter(&mut self, row: WaiterRow) -> Result<(), Broken> {
        let (id, request, session) = (row.id, row.ask.request, row.ask.session);
        if self.waiters.contains_key(&id) {
            return Err(Broken(format!("waiter {id} came before")));
        }
        let feature = self.feature(&row.ask.feature);
        let Some(session) = self.sessions.get_mut(session).filter(|session| session.written) else {
            return Err(Broken(format!("waiter {id} is of a session that is not there")));
        };
        insert(&mut session.waiting, request, id)
            .map_err(|()| Broken(format!("request {request} of session {} waits twice", session.row.id)))?;
        if let Some(slot) = self.feature_mut(feature) {
            slot.line.insert((Reverse(row.priority), id));
            slot.awaited += u64::from(row.ask.seats.get());
        }
        self.count_other(None, Some(Row::Waiter(row.clone())));
        self.waiters.insert(id, row);
        self.touched.insert(feature);
        Ok(())
    }

    fn delete_waiter(&mut self, id: WaiterId) -> Result<(), Broken> {
        let row = self.waiters.remove(&id).ok_or_else(|| missing(&RowKey::Waiter(id)))?;
        if let Some(session) = self.sessions.get_mut(row.ask.session) {
            session.waiting.retain(|(_, waiter)| *waiter != id);
        }
        let feature = self.feature(&row.ask.feature);
        if let Some(slot) = self.feature_mut(feature) {
            slot.line.remove(&(Reverse(row.priority), id));
            slot.awaited -= u64::from(row.ask.seats.get());
            // Nobody goes through an empty line.
            if slot.line.is_empty() {
                slot.stopped = None;
            }
        }
        self.touched.insert(feature);
        self.count_other(Some(Row::Waiter(row)), None);
        Ok(())
    }
}

/// Inserts in the order of requests; almost always that is the end.
pub(super) fn insert<T>(list: &mut Vec<(RequestId, T)>, request: RequestId, value: T) -> Result<(), ()> {
    match list.binary_search_by_key(&request, |(request, _)| *request) {
        Ok(_) => Err(()),
        Err(at) => {
            list.insert(at, (request, value));
            Ok(())
        }
    }
}

pub(super) fn missing(key: &RowKey) -> Broken {
    Broken(format!("{key} is not there"))
}
