//! Grants in one array, so that making and returning one moves nothing else.

use names::GrantId;
use rustc_hash::FxHashMap;

use super::pool::PoolIx;
use crate::row::GrantRow;

/// No place.
pub(crate) const NOWHERE: u32 = u32::MAX;

/// A grant in its place.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    pub(crate) row: GrantRow,
    pub(crate) hash: u128,
    pub(crate) pool: PoolIx,
    pub(crate) suite: Option<PoolIx>,
    /// Its neighbours among the grants of its pool.
    pub(crate) before: u32,
    pub(crate) after: u32,
}

/// Every grant.
#[derive(Debug, Clone, Default)]
pub(crate) struct Grants {
    slots: Vec<Option<Slot>>,
    free: Vec<u32>,
    by_id: FxHashMap<GrantId, u32>,
}

impl Grants {
    pub(crate) fn at(&self, id: GrantId) -> Option<u32> {
        self.by_id.get(&id).copied()
    }

    pub(crate) fn slot(&self, at: u32) -> Option<&Slot> {
        self.slots.get(at as usize).and_then(Option::as_ref)
    }

    pub(crate) fn slot_mut(&mut self, at: u32) -> Option<&mut Slot> {
        self.slots.get_mut(at as usize).and_then(Option::as_mut)
    }

    pub(crate) fn get(&self, id: GrantId) -> Option<&GrantRow> {
        self.at(id).and_then(|at| self.slot(at)).map(|slot| &slot.row)
    }

    /// Every grant, in no particular order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter().flatten()
    }

    pub(crate) fn insert(&mut self, slot: Slot) -> u32 {
        let id = slot.row.id;
        let at = if let Some(at) = self.free.pop() {
            if let Some(place) = self.slots.get_mut(at as usize) {
                *place = Some(slot);
            }
            at
        } else {
            self.slots.push(Some(slot));
            (self.slots.len() - 1) as u32
        };
        self.by_id.insert(id, at);
        at
    }

    pub(crate) fn remove(&mut self, id: GrantId) -> Option<Slot> {
        let at = self.by_id.remove(&id)?;
        self.free.push(at);
        self.slots.get_mut(at as usize).and_then(Option::take)
    }

    /// The grants from a place on, in the order they were made.
    pub(crate) fn from(&self, first: u32) -> impl Iterator<Item = &Slot> {
        std::iter::successors(self.slot(first), |slot| self.slot(slot.after))
    }
}
