//! The rows, with what is derived from them.

mod books;
mod build;
mod change;
mod grants;
mod group;
mod hash;
mod hold;
mod look;
mod places;
mod pool;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use names::{Email, Feature, GrantId, PoolId, QuotaId, RequestId, Seq, SessionId, Vendor, WaiterId};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

pub use self::build::Building;
pub(crate) use self::grants::{Grants, Slot};
pub(crate) use self::group::{Group, Sharer};
pub(crate) use self::places::{NOWHERE, Placed, Places};
pub(crate) use self::pool::{Pool, PoolIx, shown};
use crate::record::{Event, Record};
use crate::row::{AssignmentRow, ClockRow, LoginRow, QuotaRow, SessionMark, SessionRow, WaiterRow};
use crate::rules::Refusal;

/// All rows at one moment, as a number: equal rows give equal fingerprints, in whatever order they
/// came. It finds what a checksum of each row cannot: rows that are lost, stale or extra.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fingerprint(pub u128);

/// How many rows there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Pools, and what is as rare: counted rules, places in line, assignments, logins, the
    /// desk's rows, the clock.
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
        write!(f, "the rows contradict each other: {}", self.0)
    }
}

impl std::error::Error for Broken {}

/// A session, with what is derived.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) row: SessionRow,
    pub(crate) mark: SessionMark,
    /// The hash of the mark's row; 0 where it has none.
    mark_hash: u128,
    /// Whether it is written down. A session is, from its first grant.
    pub(crate) written: bool,
    /// Whether a connection speaks for it, as far as the owner was told.
    pub(crate) attached: bool,
    /// Its grants by the request that made each, in the order of requests; not those that linger.
    pub(crate) grants: Vec<(RequestId, GrantId)>,
    /// Its requests that wait, in their order.
    pub(crate) waiting: Vec<(RequestId, WaiterId)>,
    /// What rules say of it, by feature, since the license of that number.
    terms: Vec<(FeatureIx, u64, Arc<[Terms]>)>,
}

impl Session {
    pub(crate) fn new(row: SessionRow) -> Self {
        Self {
            mark: SessionMark::new(row.id),
            row,
            mark_hash: 0,
            written: false,
            attached: true,
            grants: Vec::new(),
            waiting: Vec::new(),
            terms: Vec::new(),
        }
    }
}

impl Placed for Session {
    type Id = SessionId;

    fn id(&self) -> SessionId {
        self.row.id
    }
}

impl Session {
    /// What rules say of it and a feature, if that was found under this license.
    pub(crate) fn terms_of(&self, feature: FeatureIx, license: u64) -> Option<&Arc<[Terms]>> {
        let known = self.terms.iter().find(|(ix, at, _)| *ix == feature && *at == license);
        known.map(|(_, _, terms)| terms)
    }

    /// Remembers it, in the place of what was found longest ago once there are `most`.
    pub(crate) fn remember(&mut self, feature: FeatureIx, license: u64, terms: Arc<[Terms]>, most: usize) {
        self.terms.retain(|(_, at, _)| *at == license);
        if self.terms.len() >= most {
            self.terms.remove(0);
        }
        self.terms.push((feature, license, terms));
    }
}

/// What rules say of somebody and a pool, as numbers.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    pub(crate) pool: PoolIx,
    pub(crate) refused: Option<Refusal>,
    pub(crate) no_borrow: Option<Refusal>,
    pub(crate) reserves: Vec<QuotaId>,
    pub(crate) maxima: Vec<QuotaId>,
}

/// A feature's place among all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FeatureIx(pub(crate) u32);

/// The pools of a feature, and its line.
#[derive(Debug, Clone)]
pub(crate) struct FeatureSlot {
    pub(crate) name: Feature,
    /// In the order they are searched.
    pub(crate) pools: Vec<PoolIx>,
    /// Who waits: the highest priority first, then the earliest.
    pub(crate) line: BTreeSet<(Reverse<u8>, WaiterId)>,
    /// Seats that they all wait for.
    pub(crate) awaited: u64,
    /// The priority of the first in line who lacks seats: others must wait behind.
    pub(crate) stopped: Option<u8>,
    /// Bookings, in the order they were made.
    pub(crate) bookings: BTreeSet<GrantId>,
    /// How long seats were held lately, in milliseconds.
    pub(crate) held_ms: Option<u64>,
    /// Whether any of its pools is of a suite, or was.
    pub(crate) has_suites: bool,
    /// Whether any rule is about it, as was found under the license of this number.
    pub(crate) ruled: Option<(u64, bool)>,
}

/// A counted rule, with what is charged to it.
#[derive(Debug, Clone)]
pub(crate) struct Quota {
    pub(crate) row: QuotaRow,
    /// Seats that count.
    pub(crate) used: u64,
    /// Of a reservation: seats that the capacity has for it.
    pub(crate) in_force: u32,
}

impl Quota {
    /// Seats of a reservation that nobody draws from.
    pub(crate) fn idle(&self) -> u32 {
        self.in_force.saturating_sub(shown(self.used))
    }
}

/// Sessions that hold seats of a vendor, where it says how many may.
#[derive(Debug, Clone, Default)]
pub(crate) struct Connections {
    pub(crate) limit: u32,
    pub(crate) sessions: FxHashMap<SessionId, u32>,
}

/// The seat state: rows, and the sums and indexes derived from them.
#[derive(Debug, Clone, Default)]
pub struct State {
    last: Seq,
    pub(crate) pools: Vec<Pool>,
    /// Places of dropped pools.
    vacant: Vec<PoolIx>,
    by_pool: FxHashMap<PoolId, PoolIx>,
    pub(crate) features: Vec<FeatureSlot>,
    by_feature: FxHashMap<Feature, FeatureIx>,
    pub(crate) sessions: Places<Session>,
    pub(crate) grants: Grants,
    pub(crate) quotas: FxHashMap<QuotaId, Quota>,
    pub(crate) quota_keys: FxHashMap<Arc<str>, QuotaId>,
    pub(crate) waiters: FxHashMap<WaiterId, WaiterRow>,
    pub(crate) assignments: BTreeMap<(PoolId, Email), AssignmentRow>,
    pub(crate) logins: BTreeMap<Email, LoginRow>,
    /// Whose a personal token is, by its hash; were it several people's, in the order of their addresses.
    owners: FxHashMap<[u8; 32], SmallVec<[Email; 1]>>,
    pub(crate) desk: BTreeMap<Arc<str>, Arc<[u8]>>,
    pub(crate) connections: BTreeMap<Vendor, Connections>,
    /// The latest that the wall clock has shown.
    pub(crate) clock: Option<ClockRow>,
    /// Whether it was set back, as it was last looked at: pools with dates give no seats.
    pub(crate) is_clock_back: bool,
    counts: Counts,
    fingerprint: u128,
    scratch: Vec<u8>,
    #[cfg(feature = "planted")]
    pub(crate) bug: Option<crate::planted::Bug>,
    /// Raised with every license: terms that were found under another are not used.
    pub(crate) license: u64,
    /// What rules say, by the number that they give it: of this license.
    pub(crate) alike: FxHashMap<(u32, FeatureIx), Arc<[Terms]>>,
    /// Features whose line is to be gone through at the end of the step.
    pub(crate) touched: BTreeSet<FeatureIx>,
}

impl State {
    /// A state without rows, before record 1.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Applies a record: the next one, and no other.
    ///
    /// # Errors
    /// When it is not the next, or contradicts the rows.
    pub fn apply(&mut self, record: &Record) -> Result<(), Broken> {
        self.touched.clear();
        self.follow(record)
    }

    /// The number of the next record, which is then the last.
    pub(crate) fn advance(&mut self) -> Seq {
        self.last.0 += 1;
        self.last
    }

    /// The same, in a step: what it touches is remembered.
    pub(crate) fn follow(&mut self, record: &Record) -> Result<(), Broken> {
        if record.seq.0 != self.last.0 + 1 {
            return Err(Broken(format!("record {} does not follow record {}", record.seq, self.last)));
        }
        match &record.event {
            // The events of every checkout and checkin, without the detour over rows.
            Event::Granted(row) => self.put_grant(row)?,
            Event::Changed(row) => self.change_grant(row)?,
            Event::Returned { grant, mark, .. } => {
                self.delete_grant(*grant)?;
                if let Some(mark) = mark {
                    self.put_mark(*mark)?;
                }
            }
            Event::Denied(_) => {}
            event => {
                for change in event.changes() {
                    self.change(change)?;
                }
            }
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
}
