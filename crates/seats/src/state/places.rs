//! Things in one array, so that making and ending one moves no other.

use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher};

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use rustc_hash::FxHasher;

/// No place.
pub(crate) const NOWHERE: u32 = u32::MAX;

/// What has a name of its own.
pub(crate) trait Placed {
    type Id: Copy + Eq + Hash;

    fn id(&self) -> Self::Id;
}

/// Things by name, each in a place that stays its own until it is gone.
#[derive(Debug, Clone)]
pub(crate) struct Places<V, S = BuildHasherDefault<FxHasher>> {
    slots: Vec<Option<V>>,
    free: Vec<u32>,
    /// Each thing's place; the names are where the things are.
    by_id: HashTable<u32>,
    hashes: S,
}

/// Hashes numbers that are given in their order: neighbours stay neighbours, sixteen at a time, so that
/// the next number's place in a large table is where the last one's was, and in the cache.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rising(u64);

/// See [`Rising`].
pub(crate) type BuildRising = BuildHasherDefault<Rising>;

impl Hasher for Rising {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(self.0 << 8 | u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
        // The upper bits of a product are the mixed ones.
        let block = (number >> 4).wrapping_mul(ODD) >> 11;
        // The table takes the place from the lower bits, and what tells apart who is there from the upper.
        self.0 = block << 4 | number & 15 | number.wrapping_mul(ODD) << 57;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl<V, S: Default> Default for Places<V, S> {
    fn default() -> Self {
        Self { slots: Vec::new(), free: Vec::new(), by_id: HashTable::new(), hashes: S::default() }
    }
}

impl<V: Placed, S: BuildHasher> Places<V, S> {
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(crate) fn at(&self, id: V::Id) -> Option<u32> {
        let is_it = |at: &u32| self.slot(*at).is_some_and(|thing| thing.id() == id);
        self.by_id.find(self.hashes.hash_one(id), is_it).copied()
    }

    pub(crate) fn slot(&self, at: u32) -> Option<&V> {
        self.slots.get(at as usize).and_then(Option::as_ref)
    }

    pub(crate) fn slot_mut(&mut self, at: u32) -> Option<&mut V> {
        self.slots.get_mut(at as usize).and_then(Option::as_mut)
    }

    pub(crate) fn get(&self, id: V::Id) -> Option<&V> {
        self.at(id).and_then(|at| self.slot(at))
    }

    pub(crate) fn get_mut(&mut self, id: V::Id) -> Option<&mut V> {
        self.at(id).and_then(|at| self.slot_mut(at))
    }

    /// Every thing, in no particular order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &V> {
        self.slots.iter().flatten()
    }

    /// Every thing and its place.
    pub(crate) fn placed(&self) -> impl Iterator<Item = (u32, &V)> {
        (0..).zip(&self.slots).filter_map(|(at, slot)| slot.as_ref().map(|thing| (at, thing)))
    }

    /// Puts it in a place: its own, if there is one of this name.
    #[inline]
    pub(crate) fn insert(&mut self, id: V::Id, value: impl FnOnce() -> V) -> u32 {
        let Self { slots, free, by_id, hashes } = self;
        let named = |at: &u32| slots.get(*at as usize).and_then(Option::as_ref).map(Placed::id);
        let is_it = |at: &u32| named(at) == Some(id);
        let hash = |at: &u32| named(at).map_or(0, |id| hashes.hash_one(id));
        let at = match by_id.entry(hashes.hash_one(id), is_it, hash) {
            Entry::Occupied(its) => *its.get(),
            Entry::Vacant(none) => {
                let at = free.pop().unwrap_or(slots.len() as u32);
                none.insert(at);
                at
            }
        };
        match slots.get_mut(at as usize) {
            Some(place) => *place = Some(value()),
            None => slots.push(Some(value())),
        }
        at
    }

    /// Ends the thing of this name.
    pub(crate) fn remove(&mut self, id: V::Id) {
        if let Some(at) = self.at(id) {
            self.take(at);
        }
    }

    /// Ends the thing in this place.
    pub(crate) fn take(&mut self, at: u32) {
        let Some(place) = self.slots.get_mut(at as usize) else { return };
        let Some(thing) = place else { return };
        if let Ok(its) = self.by_id.find_entry(self.hashes.hash_one(thing.id()), |other| *other == at) {
            its.remove();
            self.free.push(at);
        }
        *place = None;
    }
}
