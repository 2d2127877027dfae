//! A pool, with what is derived from its grants.

use std::collections::BTreeSet;

use names::{GrantId, QuotaId, SeatCount, Wall};

use super::FeatureIx;
use super::group::Groups;
use super::places::NOWHERE;
use crate::row::{PoolRow, PoolStanding, Sharing};

/// A pool's place among all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct PoolIx(pub(crate) u32);

/// A pool, with what is derived.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    pub(crate) row: PoolRow,
    /// Whether it has a row: the place of a dropped pool is used again.
    pub(crate) is_there: bool,
    pub(crate) row_hash: u128,
    /// The hash of its id, in the hashes of its grants.
    pub(crate) id_hash: u128,
    pub(crate) feature: FeatureIx,
    /// Floating seats in force, each for one grant of anybody: nothing but their number counts.
    pub(crate) is_simple: bool,
    /// Seats charged. Uncounted ones may be more than a pool can have.
    pub(crate) charged: u64,
    /// Where it shares seats.
    pub(crate) groups: Groups,
    /// Its first and last grant.
    pub(crate) first: u32,
    pub(crate) newest: u32,
    /// How many grants it has, those that take its seats as a suite included.
    pub(crate) grants: u32,
    /// When those of its grants end that have an end.
    pub(crate) ends: BTreeSet<(Wall, GrantId)>,
    /// Its lingering grants since when, those that take its seats as a suite included.
    pub(crate) lingering: BTreeSet<(Wall, GrantId)>,
    /// Seats of lingering, borrowed and booked grants.
    pub(crate) lingering_seats: u64,
    pub(crate) borrowed_seats: u64,
    pub(crate) booked_seats: u64,
    /// Its reservations in their order.
    pub(crate) reserves: Vec<QuotaId>,
    /// Seats that the capacity has for them all, and those of these that nobody draws from.
    pub(crate) in_force: u32,
    pub(crate) idle: u32,
}

impl Pool {
    pub(crate) fn new(row: PoolRow, feature: FeatureIx) -> Self {
        let mut pool = Self {
            row,
            is_there: true,
            row_hash: 0,
            id_hash: 0,
            feature,
            charged: 0,
            groups: Groups::default(),
            first: NOWHERE,
            newest: NOWHERE,
            grants: 0,
            ends: BTreeSet::new(),
            lingering: BTreeSet::new(),
            lingering_seats: 0,
            borrowed_seats: 0,
            booked_seats: 0,
            reserves: Vec::new(),
            in_force: 0,
            idle: 0,
            is_simple: false,
        };
        pool.look();
        pool
    }

    /// Finds out whether it is simple: after its row or its reservations have changed.
    pub(crate) fn look(&mut self) {
        let PoolRow { standing, locked, named, is_suite, uncounted, sharing, suite, minimum, .. } = &self.row;
        let is_open = *standing == PoolStanding::Active && !(*locked || *named || *is_suite || *uncounted);
        let is_alone = *sharing == Sharing::None && suite.is_none() && self.reserves.is_empty();
        self.is_simple = is_open && is_alone && *minimum <= 1;
    }

    /// Whether each of its grants is charged for itself, whatever the others are.
    pub(crate) fn counts_alone(&self) -> bool {
        self.row.sharing == Sharing::None
    }

    /// Charges seats to a grant that has them alone.
    pub(super) fn count(&mut self, seats: SeatCount) {
        self.charged += u64::from(seats.get());
        self.grants += 1;
    }

    /// Takes that back.
    pub(super) fn discount(&mut self, seats: SeatCount) {
        self.charged = self.charged.saturating_sub(seats.get().into());
        self.grants -= 1;
    }

    /// Seats that no grant is charged for.
    pub(crate) fn free(&self) -> u32 {
        self.row.limit().saturating_sub(shown(self.charged))
    }

    /// Free seats that are kept for reservations.
    pub(crate) fn reserved(&self) -> u32 {
        self.idle.min(self.free())
    }

    /// Whether nobody holds a seat of it and none is reserved.
    pub(crate) fn is_unused(&self) -> bool {
        self.grants == 0 && self.reserves.is_empty()
    }

    /// Whether it is served at all.
    pub(crate) fn is_licensed(&self) -> bool {
        self.row.standing != PoolStanding::Unlicensed
    }
}

/// A number of seats as it is shown: the most there is where it is more.
pub(crate) fn shown(seats: u64) -> u32 {
    u32::try_from(seats).unwrap_or(u32::MAX)
}
