//! Grants, each in its place.

use std::sync::Arc;

use names::{GrantId, RequestId, SeatCount, SessionId, VersionText, Wall, Word};

use super::places::{BuildRising, Placed, Places};
use super::pool::PoolIx;
use crate::charges::{Charge, Charges};
use crate::row::{GrantRow, GrantState, Kept};

/// A grant in its place: its row, without what its pool says, and where it stands. There may be a
/// million of them, so what few have is elsewhere.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    pub(crate) id: GrantId,
    pub(crate) session: SessionId,
    pub(crate) request: RequestId,
    pub(crate) since: Wall,
    /// Its row's hash, in two halves.
    hash: [u64; 2],
    pub(crate) seats: SeatCount,
    version: VersionText,
    pub(crate) pool: PoolIx,
    /// The session that lists it: of one that lingers or outlived its session, none.
    pub(crate) holder: u32,
    /// With whom it shares seats of its pool, and of its suite.
    pub(crate) groups: [u32; 2],
    /// Its neighbours among the grants of its pool.
    pub(crate) before: u32,
    pub(crate) after: u32,
    /// What a plain grant has not.
    pub(crate) rest: Option<Box<Rest>>,
}

/// What few grants have.
#[derive(Debug, Clone)]
pub(crate) struct Rest {
    pub(crate) suite: Option<PoolIx>,
    pub(crate) state: GrantState,
    pub(crate) data: Option<Word>,
    pub(crate) charges: Charges,
}

/// Every grant.
pub(crate) type Grants = Places<Slot, BuildRising>;

impl Placed for Slot {
    type Id = GrantId;

    fn id(&self) -> GrantId {
        self.id
    }
}

impl Slot {
    /// A grant of this pool and suite, after the one in this place, that is in no list yet.
    #[inline]
    pub(crate) fn new(row: &GrantRow, pool: PoolIx, suite: Option<PoolIx>, hash: u128, before: u32) -> Self {
        let nowhere = super::places::NOWHERE;
        Self {
            id: row.id,
            session: row.session,
            request: row.request,
            since: row.since,
            hash: [hash as u64, (hash >> 64) as u64],
            seats: row.seats,
            version: row.version.text(),
            pool,
            holder: nowhere,
            groups: [nowhere; 2],
            before,
            after: nowhere,
            rest: Rest::of(row, suite),
        }
    }

    /// The row is now as given, of the same pool and suite, with this hash.
    pub(crate) fn set(&mut self, row: &GrantRow, hash: u128) {
        let Self { holder, groups, before, after, pool, .. } = *self;
        *self = Self { holder, groups, after, ..Self::new(row, pool, self.suite(), hash, before) };
    }

    pub(crate) fn hash(&self) -> u128 {
        let [low, high] = self.hash;
        u128::from(high) << 64 | u128::from(low)
    }

    pub(crate) fn suite(&self) -> Option<PoolIx> {
        self.rest.as_ref()?.suite
    }

    pub(crate) fn state(&self) -> &GrantState {
        self.rest.as_ref().map_or(&GrantState::Floating, |rest| &rest.state)
    }

    pub(crate) fn data(&self) -> Option<&Word> {
        self.rest.as_ref()?.data.as_ref()
    }

    pub(crate) fn charges(&self) -> &[Charge] {
        self.rest.as_ref().map_or(&[], |rest| &rest.charges)
    }

    /// How it is kept, if it needs no session.
    pub(crate) fn kept(&self) -> Option<&Arc<Kept>> {
        match self.state() {
            GrantState::Kept(kept) => Some(kept),
            GrantState::Floating | GrantState::Revoked(..) => None,
        }
    }

    /// When it is free at the latest, if that is known.
    pub(crate) fn until(&self) -> Option<Wall> {
        self.state().until()
    }

    /// The row, of a grant of this pool and suite.
    pub(crate) fn row(&self, pool: &names::PoolId, suite: Option<&names::PoolId>) -> GrantRow {
        let rest = self.rest.as_deref();
        GrantRow {
            id: self.id,
            pool: pool.clone(),
            suite: suite.cloned(),
            seats: self.seats,
            session: self.session,
            request: self.request,
            version: self.version.into(),
            state: rest.map_or(GrantState::Floating, |rest| rest.state.clone()),
            since: self.since,
            data: rest.and_then(|rest| rest.data.clone()),
            charges: rest.map(|rest| rest.charges.clone()).unwrap_or_default(),
        }
    }
}

impl Rest {
    /// What a row has that a plain one has not.
    fn of(row: &GrantRow, suite: Option<PoolIx>) -> Option<Box<Self>> {
        let is_plain = suite.is_none() && row.data.is_none() && row.charges.is_empty();
        let rest =
            || Self { suite, state: row.state.clone(), data: row.data.clone(), charges: row.charges.clone() };
        (!is_plain || !row.is_plain()).then(|| Box::new(rest()))
    }
}

impl Grants {
    /// The grants from a place on, in the order they were made.
    pub(crate) fn from(&self, first: u32) -> impl Iterator<Item = &Slot> {
        std::iter::successors(self.slot(first), |slot| self.slot(slot.after))
    }
}
