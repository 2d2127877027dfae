//! Grants, each in its place.

use std::sync::Arc;

use names::GrantId;

use super::places::{BuildRising, Places};
use super::pool::PoolIx;
use crate::row::GrantRow;

/// A grant in its place.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    /// The record of it has the same.
    pub(crate) row: Arc<GrantRow>,
    pub(crate) hash: u128,
    pub(crate) pool: PoolIx,
    pub(crate) suite: Option<PoolIx>,
    /// The session that lists it: of one that lingers or outlived its session, none.
    pub(crate) holder: u32,
    /// With whom it shares seats of its pool, and of its suite.
    pub(crate) groups: [u32; 2],
    /// Its neighbours among the grants of its pool.
    pub(crate) before: u32,
    pub(crate) after: u32,
}

/// Every grant.
pub(crate) type Grants = Places<GrantId, Slot, BuildRising>;

impl Grants {
    pub(crate) fn row(&self, id: GrantId) -> Option<&GrantRow> {
        self.get(id).map(|slot| &*slot.row)
    }

    /// The grants from a place on, in the order they were made.
    pub(crate) fn from(&self, first: u32) -> impl Iterator<Item = &Slot> {
        std::iter::successors(self.slot(first), |slot| self.slot(slot.after))
    }
}
