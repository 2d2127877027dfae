//! A record with all that is known of it. A record of a return says which grant and no more, so what has been
//! seen before, and what stands, is asked.

use std::collections::HashMap;
use std::sync::Arc;

use names::{GrantId, PoolId, SeatCount, Seq, SessionId, Version, WaiterId, Wall, Word};
use rustc_hash::FxBuildHasher;
use seats::{Event, GrantRow, GrantState, Identity, Keeping, Record, Row, SessionMark, State, WaiterRow};

/// A map that grows to a bound: what is beyond is not known.
#[derive(Debug)]
struct Bounded<K, V> {
    map: HashMap<K, V, FxBuildHasher>,
    max: usize,
}

impl<K: std::hash::Hash + Eq, V> Bounded<K, V> {
    fn new(max: usize) -> Self {
        Self { map: HashMap::default(), max }
    }

    fn put(&mut self, key: K, value: V) {
        if self.map.len() < self.max || self.map.contains_key(&key) {
            self.map.insert(key, value);
        }
    }
}

/// How a grant is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum How {
    /// By a session.
    Floating,
    /// The same, and its session was told to give it back.
    Revoked,
    /// Returned, and still taken.
    Lingering,
    /// Offline.
    Borrowed,
    /// For a job that has not begun.
    Booked,
}

impl How {
    /// How this grant is held.
    #[must_use]
    pub fn of(state: &GrantState) -> Self {
        match state {
            GrantState::Floating => Self::Floating,
            GrantState::Revoked(..) => Self::Revoked,
            GrantState::Kept(kept) => match kept.how {
                Keeping::Lingering => Self::Lingering,
                Keeping::Borrowed(_) => Self::Borrowed,
                Keeping::Booked(_) => Self::Booked,
            },
        }
    }

    /// As events and files say it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Floating => "floating",
            Self::Revoked => "revoked",
            Self::Lingering => "lingering",
            Self::Borrowed => "borrowed",
            Self::Booked => "booked",
        }
    }

    /// What [`Self::word`] says.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Floating, Self::Revoked, Self::Lingering, Self::Borrowed, Self::Booked]
            .into_iter()
            .find(|how| how.word() == word)
    }
}

/// What is known of a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Which.
    pub id: GrantId,
    /// Of which pool.
    pub pool: PoolId,
    /// How many seats.
    pub seats: SeatCount,
    /// The version that was asked for.
    pub version: Version,
    /// To which session.
    pub session: SessionId,
    /// How it is held.
    pub how: How,
    /// Since when.
    pub since: Wall,
    /// When it is free at the latest, if that is known.
    pub until: Option<Wall>,
    /// The data of the checkout.
    pub data: Option<Word>,
    /// Who holds it.
    pub who: Option<Arc<Identity>>,
}

impl Held {
    /// What its row says.
    fn of(row: &GrantRow, who: Option<Arc<Identity>>) -> Self {
        Self {
            id: row.id,
            pool: row.pool.clone(),
            seats: row.seats,
            version: row.version,
            session: row.session,
            how: How::of(&row.state),
            since: row.since,
            until: row.until(),
            data: row.data.clone(),
            who,
        }
    }
}

/// What was written down of a grant that has ended.
pub trait Past {
    /// The grant, if it is known.
    fn grant(&mut self, id: GrantId) -> Option<Held>;
}

/// Nothing was.
impl Past for () {
    fn grant(&mut self, _: GrantId) -> Option<Held> {
        None
    }
}

/// A record with all that is known of it.
#[derive(Debug)]
pub struct Happened<'a> {
    /// The record.
    pub record: &'a Record,
    /// Whose it is: who asked, or holds, or whose session it is.
    pub who: Option<Arc<Identity>>,
    /// The grant that it is about, as it stands after it; of a return, as it stood before.
    pub held: Option<Held>,
    /// How a grant that changes was held before, if that is known.
    pub was: Option<How>,
    /// The place in line that it is about.
    pub waiter: Option<WaiterRow>,
    /// The seats of the grant's pool that are in use after it, and its limit, where that is known.
    pub in_use: Option<(u32, u32)>,
}

/// Sessions, grants and places in line that records were about.
#[derive(Debug)]
pub struct Seen {
    sessions: Bounded<SessionId, Arc<Identity>>,
    grants: Bounded<GrantId, Held>,
    waiters: Bounded<WaiterId, WaiterRow>,
}

impl<K, V> Bounded<K, V> {
    fn close(&mut self) {
        (self.map, self.max) = (HashMap::default(), 0);
    }
}

impl Seen {
    /// Nothing yet; at most so many of each are kept.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self { sessions: Bounded::new(max), grants: Bounded::new(max), waiters: Bounded::new(max) }
    }

    /// Forgets all, and remembers nothing from now on: the state that is shown knows.
    pub(crate) fn close(&mut self) {
        self.sessions.close();
        self.grants.close();
        self.waiters.close();
    }

    /// Whose a session is: of those that were seen, or stand.
    fn identity(&self, session: SessionId, state: &State) -> Option<Arc<Identity>> {
        let seen = self.sessions.map.get(&session).cloned();
        seen.or_else(|| state.session(session).map(|(row, _)| Arc::clone(&row.identity)))
    }

    fn holder(&self, row: &GrantRow, state: &State) -> Option<Arc<Identity>> {
        let kept = row.kept().map(|kept| Arc::clone(&kept.who));
        kept.or_else(|| self.identity(row.session, state))
            .or_else(|| self.grants.map.get(&row.id).and_then(|held| held.who.clone()))
    }

    fn held(&self, grant: GrantId, state: &State) -> Option<Held> {
        let seen = self.grants.map.get(&grant).cloned();
        seen.or_else(|| state.grant(grant).map(|row| Held::of(&row, self.holder(&row, state))))
    }

    /// The record with what is known of it: from the records before it, from what stands (before it or after
    /// it), and of grants of which neither knows, from what was written down. It is remembered.
    pub fn happened<'a>(&mut self, record: &'a Record, state: &State, past: &mut dyn Past) -> Happened<'a> {
        let mut told = Happened { record, who: None, held: None, was: None, waiter: None, in_use: None };
        match &record.event {
            Event::SessionOpened(row) => {
                told.who = Some(Arc::clone(&row.identity));
                self.sessions.put(row.id, Arc::clone(&row.identity));
            }
            Event::SessionMarked(SessionMark { session, .. }) => told.who = self.identity(*session, state),
            Event::SessionEnded { session, .. } => {
                told.who = self.identity(*session, state);
                self.sessions.map.remove(session);
            }
            Event::Granted(row) => self.granted(row, state, past, &mut told),
            Event::Changed(row) => self.granted(row, state, past, &mut told),
            Event::Returned { grant, .. } => {
                told.held = self.held(*grant, state).or_else(|| past.grant(*grant));
                told.who = told.held.as_ref().and_then(|held| held.who.clone());
                self.grants.map.remove(grant);
            }
            Event::Queued(row) => {
                told.who = self.identity(row.ask.session, state);
                told.waiter = Some(WaiterRow::clone(row));
                self.waiters.put(row.id, WaiterRow::clone(row));
            }
            Event::Dequeued { waiter, .. } => {
                let seen = self.waiters.map.remove(waiter);
                told.waiter = seen.or_else(|| state.waiter(*waiter).cloned());
                let session = told.waiter.as_ref().map(|row| row.ask.session);
                told.who = session.and_then(|session| self.identity(session, state));
            }
            Event::Denied(denied) => told.who = Some(Arc::clone(&denied.identity)),
            _ => {}
        }
        told
    }

    /// A grant as it stood before a record. A state that has the record already says how it stood later.
    fn before(&self, grant: GrantId, seq: Seq, state: &State, past: &mut dyn Past) -> Option<Held> {
        let seen = self.grants.map.get(&grant).cloned();
        let before = seen.or_else(|| (seq > state.last()).then(|| self.held(grant, state)).flatten());
        before.or_else(|| past.grant(grant))
    }

    fn granted(&mut self, row: &GrantRow, state: &State, past: &mut dyn Past, told: &mut Happened<'_>) {
        let is_new = matches!(told.record.event, Event::Granted(_));
        let before = if is_new { None } else { self.before(row.id, told.record.seq, state, past) };
        let who = self.holder(row, state).or_else(|| before.as_ref().and_then(|held| held.who.clone()));
        told.who.clone_from(&who);
        told.was = before.map(|held| held.how);
        let held = Held::of(row, who);
        told.held = Some(held.clone());
        self.grants.put(row.id, held);
    }

    /// Remembers what stands, so that it is known once it does not stand any more.
    pub fn learn(&mut self, state: &State) {
        for row in state.rows() {
            match row {
                Row::Session(row) => self.sessions.put(row.id, row.identity),
                Row::Grant(row) => {
                    let who = self.holder(&row, state);
                    self.grants.put(row.id, Held::of(&row, who));
                }
                Row::Waiter(row) => self.waiters.put(row.id, row),
                _ => {}
            }
        }
    }
}
