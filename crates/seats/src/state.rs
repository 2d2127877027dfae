//! The rows, with what is derived from them.

use std::collections::BTreeSet;

use names::{Feature, GrantId, PoolId, RequestId, Seq, SessionId, limits};
use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::xxh3_128;

use crate::answer::{Held, Holder};
use crate::record::Record;
use crate::row::{Change, GrantRow, PoolRow, PoolStanding, Row, RowKey, SessionMark, SessionRow, Sharing};

/// All rows at one moment, as a number: equal rows give equal fingerprints, in whatever order they
/// came. It finds what a checksum of each row cannot: rows that are lost, stale or extra.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fingerprint(pub u128);

/// How many rows there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Pools.
    pub pools: u64,
    /// Sessions that are written down.
    pub sessions: u64,
    /// Marks.
    pub marks: u64,
    /// Grants.
    pub grants: u64,
}

impl Counts {
    /// All of them.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.pools + self.sessions + self.marks + self.grants
    }
}

/// Rows that contradict each other: the state is broken and must not be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken(pub String);

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Broken {}

#[derive(Debug, Clone)]
pub(crate) struct Pool {
    pub(crate) row: PoolRow,
    /// Seats charged: a sum over `grants`, or their largest where the pool is shared.
    pub(crate) in_use: u32,
    pub(crate) grants: BTreeSet<GrantId>,
}

#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) row: SessionRow,
    pub(crate) mark: SessionMark,
    /// Whether it is written down. A session is, from its first grant.
    pub(crate) written: bool,
    /// Its grants by the request that made each, in the order of requests.
    pub(crate) grants: Vec<(RequestId, GrantId)>,
}

/// The seat state: rows, and the sums and indexes derived from them.
#[derive(Debug, Clone, Default)]
pub struct State {
    last: Seq,
    pools: FxHashMap<PoolId, Pool>,
    /// The pools of each feature in their order: a locked license has one for each workstation.
    by_feature: FxHashMap<Feature, BTreeSet<(u32, PoolId)>>,
    pub(crate) sessions: FxHashMap<SessionId, Session>,
    grants: FxHashMap<GrantId, GrantRow>,
    counts: Counts,
    fingerprint: u128,
    scratch: Vec<u8>,
}

impl State {
    /// A state without rows, before record 1.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The state that has these rows after record `last`.
    ///
    /// # Errors
    /// When the rows contradict each other.
    pub fn from_rows(last: Seq, rows: impl IntoIterator<Item = Row>) -> Result<Self, Broken> {
        let mut state = Self::new();
        let mut later = Vec::new();
        // Grants need their pools and sessions, and marks their sessions, whatever the order of keys.
        for row in rows {
            match row {
                Row::Pool(_) | Row::Session(_) => state.change(Change::Put(row))?,
                Row::Mark(_) | Row::Grant(_) => later.push(row),
            }
        }
        for row in later {
            if let Row::Grant(grant) = &row
                && grant.made_by() > last
            {
                return Err(Broken(format!("grant {} is of a record after the last, {last}", grant.id)));
            }
            state.change(Change::Put(row))?;
        }
        state.last = last;
        Ok(state)
    }

    /// Applies a record: the next one, and no other.
    ///
    /// # Errors
    /// When it is not the next, or contradicts the rows.
    pub fn apply(&mut self, record: &Record) -> Result<(), Broken> {
        if record.seq.0 != self.last.0 + 1 {
            return Err(Broken(format!("record {} does not follow record {}", record.seq, self.last)));
        }
        for change in record.event.changes() {
            self.change(change)?;
        }
        self.last = record.seq;
        Ok(())
    }

    /// The number of the last record applied.
    #[must_use]
    pub fn last(&self) -> Seq {
        self.last
    }

    /// All rows as a number.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint(self.fingerprint)
    }

    /// How many rows there are.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Sessions known, written down or not.
    #[must_use]
    pub fn sessions_open(&self) -> usize {
        self.sessions.len()
    }

    /// Every row that is written down, in no particular order.
    pub fn rows(&self) -> impl Iterator<Item = Row> {
        let pools = self.pools.values().map(|p| Row::Pool(p.row.clone()));
        let written = || self.sessions.values().filter(|s| s.written);
        let sessions = written().map(|s| Row::Session(s.row.clone()));
        let marks = written().filter(|s| is_marked(s.mark)).map(|s| Row::Mark(s.mark));
        let grants = self.grants.values().map(|g| Row::Grant(g.clone()));
        pools.chain(sessions).chain(marks).chain(grants)
    }

    /// A pool and the seats of it in use.
    #[must_use]
    pub fn pool(&self, id: &PoolId) -> Option<(&PoolRow, u32)> {
        self.pools.get(id).map(|p| (&p.row, p.in_use))
    }

    /// Every pool with the seats of it in use, in no particular order.
    pub fn pools(&self) -> impl Iterator<Item = (&PoolRow, u32)> {
        self.pools.values().map(|p| (&p.row, p.in_use))
    }

    /// The grants of a pool, in the order they were made.
    pub fn grants_of_pool(&self, id: &PoolId) -> impl Iterator<Item = &GrantRow> {
        self.pools.get(id).into_iter().flat_map(|p| &p.grants).filter_map(|g| self.grants.get(g))
    }

    /// A grant.
    #[must_use]
    pub fn grant(&self, id: GrantId) -> Option<&GrantRow> {
        self.grants.get(&id)
    }

    /// A session and its mark.
    #[must_use]
    pub fn session(&self, id: SessionId) -> Option<(&SessionRow, SessionMark)> {
        self.sessions.get(&id).map(|s| (&s.row, s.mark))
    }

    /// Every session that is written down, with its mark, in the order of their names.
    #[must_use]
    pub fn written_sessions(&self) -> Vec<(&SessionRow, SessionMark)> {
        let mut all: Vec<_> =
            self.sessions.values().filter(|s| s.written).map(|s| (&s.row, s.mark)).collect();
        all.sort_by_key(|(row, _)| row.id);
        all
    }

    /// What a session holds, in the order of its requests.
    pub fn held(&self, session: SessionId) -> impl Iterator<Item = Held> {
        let grants = self.sessions.get(&session).into_iter().flat_map(|s| &s.grants);
        grants.filter_map(|(_, id)| self.grants.get(id)).map(|g| Held {
            grant: g.id,
            request: g.request,
            pool: g.pool.clone(),
            seats: g.seats,
        })
    }

    /// The pools of a feature, in their order.
    pub(crate) fn pools_of(&self, feature: &Feature) -> impl Iterator<Item = &Pool> {
        let ids = self.by_feature.get(feature).into_iter().flatten();
        ids.filter_map(|(_, id)| self.pools.get(id))
    }

    /// The first holders of a pool, and how many more there are.
    pub(crate) fn holders(&self, id: &PoolId) -> (Vec<Holder>, usize) {
        let named: Vec<_> = self
            .grants_of_pool(id)
            .filter_map(|g| self.sessions.get(&g.session).map(|s| (g, &s.row.identity)))
            .take(limits::HOLDERS_IN_DENIAL_MAX)
            .map(|(g, who)| Holder {
                user: who.user.clone(),
                host: who.host.clone(),
                display: who.display.clone(),
                seats: g.seats,
            })
            .collect();
        let all = self.pools.get(id).map_or(0, |p| p.grants.len());
        let more = all.saturating_sub(named.len());
        (named, more)
    }

    /// Checks that every sum and index is what the rows give.
    ///
    /// # Errors
    /// The first contradiction.
    pub fn check(&self) -> Result<(), Broken> {
        let again = Self::from_rows(self.last, self.rows())?;
        if again.fingerprint != self.fingerprint {
            return Err(Broken("the fingerprint is not that of the rows".into()));
        }
        if again.counts != self.counts {
            return Err(Broken(format!(
                "{:?} rows are counted, and there are {:?}",
                self.counts, again.counts
            )));
        }
        for (id, pool) in &self.pools {
            let sum = again.pools.get(id).map(|p| p.in_use);
            if sum != Some(pool.in_use) {
                return Err(Broken(format!(
                    "pool {id} counts {} in use, and its grants are {sum:?}",
                    pool.in_use
                )));
            }
        }
        Ok(())
    }

    fn change(&mut self, change: Change) -> Result<(), Broken> {
        match change {
            Change::Put(row) => self.put(row),
            Change::Delete(key) => self.delete(&key),
        }
    }

    fn put(&mut self, row: Row) -> Result<(), Broken> {
        match &row {
            Row::Session(session) if self.row(&row.key()).is_some() => {
                return Err(Broken(format!("session {} was opened before", session.id)));
            }
            Row::Session(_) => {}
            Row::Pool(_) | Row::Mark(_) => {
                if let Some(old) = self.row(&row.key()) {
                    self.count(&old, false);
                }
            }
            Row::Grant(grant) if self.grants.contains_key(&grant.id) => {
                return Err(Broken(format!("grant {} was made before", grant.id)));
            }
            Row::Grant(_) => {}
        }
        self.count(&row, true);
        match row {
            Row::Pool(row) => self.put_pool(row),
            Row::Session(row) => {
                let mark = SessionMark::new(row.id);
                let session = Session { mark, row, written: true, grants: Vec::new() };
                // A session may be open before it is written down; then it holds nothing.
                self.sessions.insert(session.row.id, session);
            }
            Row::Mark(mark) => {
                let session = self.sessions.get_mut(&mark.session);
                session
                    .ok_or_else(|| Broken(format!("session {} is marked and is not there", mark.session)))?
                    .mark = mark;
            }
            Row::Grant(row) => self.put_grant(row)?,
        }
        Ok(())
    }

    fn put_pool(&mut self, row: PoolRow) {
        let id = row.id.clone();
        let order = row.order;
        let mut old_order = None;
        match self.pools.get_mut(&id) {
            Some(pool) => {
                old_order = Some(pool.row.order);
                pool.row = row;
                pool.in_use =
                    charged(pool.row.sharing, pool.grants.iter().filter_map(|id| self.grants.get(id)));
            }
            None => {
                self.pools.insert(id.clone(), Pool { row, in_use: 0, grants: BTreeSet::new() });
            }
        }
        if old_order != Some(order) {
            let ids = self.by_feature.entry(id.feature().clone()).or_default();
            if let Some(old) = old_order {
                ids.remove(&(old, id.clone()));
            }
            ids.insert((order, id));
        }
    }

    fn put_grant(&mut self, row: GrantRow) -> Result<(), Broken> {
        let missing = |what: &str| Broken(format!("grant {} is of a {what} that is not there", row.id));
        let session =
            self.sessions.get_mut(&row.session).filter(|s| s.written).ok_or_else(|| missing("session"))?;
        let pool = self.pools.get_mut(&row.pool).ok_or_else(|| missing("pool"))?;
        let at = session.grants.partition_point(|(request, _)| *request < row.request);
        if session.grants.get(at).is_some_and(|(request, _)| *request == row.request) {
            return Err(Broken(format!("request {} of session {} has two grants", row.request, row.session)));
        }
        session.grants.insert(at, (row.request, row.id));
        pool.in_use = match pool.row.sharing {
            Sharing::None => pool.in_use.checked_add(row.seats.get()).ok_or_else(|| {
                Broken(format!("pool {} has more seats in use than can be counted", row.pool))
            })?,
            Sharing::Pool => pool.in_use.max(row.seats.get()),
        };
        pool.grants.insert(row.id);
        self.grants.insert(row.id, row);
        Ok(())
    }

    fn delete(&mut self, key: &RowKey) -> Result<(), Broken> {
        let Some(old) = self.row(key) else {
            // A session that was never marked has no mark.
            return match key {
                RowKey::Mark(_) => Ok(()),
                _ => Err(Broken(format!("{key} is deleted and is not there"))),
            };
        };
        self.count(&old, false);
        match old {
            Row::Pool(row) => {
                if self.pools.get(&row.id).is_some_and(|p| !p.grants.is_empty()) {
                    return Err(Broken(format!("pool {} is deleted while seats of it are held", row.id)));
                }
                self.pools.remove(&row.id);
                if let Some(ids) = self.by_feature.get_mut(row.id.feature()) {
                    ids.remove(&(row.order, row.id.clone()));
                    if ids.is_empty() {
                        self.by_feature.remove(row.id.feature());
                    }
                }
            }
            Row::Session(row) => {
                if self.sessions.get(&row.id).is_some_and(|s| !s.grants.is_empty()) {
                    return Err(Broken(format!("session {} is deleted while it holds seats", row.id)));
                }
                self.sessions.remove(&row.id);
            }
            Row::Mark(mark) => {
                if let Some(session) = self.sessions.get_mut(&mark.session) {
                    session.mark = SessionMark::new(mark.session);
                }
            }
            Row::Grant(row) => self.delete_grant(&row),
        }
        Ok(())
    }

    fn delete_grant(&mut self, row: &GrantRow) {
        self.grants.remove(&row.id);
        if let Some(session) = self.sessions.get_mut(&row.session) {
            session.grants.retain(|(_, id)| *id != row.id);
        }
        let Some(pool) = self.pools.get_mut(&row.pool) else { return };
        pool.grants.remove(&row.id);
        pool.in_use = match pool.row.sharing {
            Sharing::None => pool.in_use - row.seats.get(),
            Sharing::Pool => charged(Sharing::Pool, pool.grants.iter().filter_map(|id| self.grants.get(id))),
        };
    }

    fn row(&self, key: &RowKey) -> Option<Row> {
        let written = |id| self.sessions.get(id).filter(|s: &&Session| s.written);
        match key {
            RowKey::Pool(id) => self.pools.get(id).map(|p| Row::Pool(p.row.clone())),
            RowKey::Session(id) => written(id).map(|s| Row::Session(s.row.clone())),
            RowKey::Mark(id) => written(id).filter(|s| is_marked(s.mark)).map(|s| Row::Mark(s.mark)),
            RowKey::Grant(id) => self.grants.get(id).map(|g| Row::Grant(g.clone())),
        }
    }

    /// Counts a row in or out, in the counts and the fingerprint.
    fn count(&mut self, row: &Row, is_there: bool) {
        self.scratch.clear();
        row.encode(&mut self.scratch);
        let hash = xxh3_128(&self.scratch);
        let count = match row {
            Row::Pool(_) => &mut self.counts.pools,
            Row::Session(_) => &mut self.counts.sessions,
            Row::Mark(_) => &mut self.counts.marks,
            Row::Grant(_) => &mut self.counts.grants,
        };
        if is_there {
            *count += 1;
            self.fingerprint = self.fingerprint.wrapping_add(hash);
        } else {
            *count -= 1;
            self.fingerprint = self.fingerprint.wrapping_sub(hash);
        }
    }
}

/// The seats that grants are charged for together.
fn charged<'a>(sharing: Sharing, grants: impl Iterator<Item = &'a GrantRow>) -> u32 {
    let seats = grants.map(|g| g.seats.get());
    match sharing {
        Sharing::None => seats.fold(0, u32::saturating_add),
        Sharing::Pool => seats.max().unwrap_or(0),
    }
}

/// Whether a mark says more than its absence would.
fn is_marked(mark: SessionMark) -> bool {
    mark != SessionMark::new(mark.session)
}

impl Pool {
    /// Seats that are free.
    pub(crate) fn free(&self) -> u32 {
        self.row.capacity.saturating_sub(self.in_use)
    }

    /// Whether it is served at all.
    pub(crate) fn is_licensed(&self) -> bool {
        self.row.standing != PoolStanding::Unlicensed
    }
}
