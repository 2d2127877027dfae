//! Things in one array, so that making and ending one moves no other.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher};

use rustc_hash::FxHasher;

/// No place.
pub(crate) const NOWHERE: u32 = u32::MAX;

/// Things by name, each in a place that stays its own until it is gone.
#[derive(Debug, Clone)]
pub(crate) struct Places<K, V, S = BuildHasherDefault<FxHasher>> {
    slots: Vec<Option<V>>,
    free: Vec<u32>,
    by_id: HashMap<K, u32, S>,
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

impl<K, V, S: Default> Default for Places<K, V, S> {
    fn default() -> Self {
        Self { slots: Vec::new(), free: Vec::new(), by_id: HashMap::with_hasher(S::default()) }
    }
}

impl<K: Copy + Eq + Hash, V, S: BuildHasher> Places<K, V, S> {
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(crate) fn at(&self, id: K) -> Option<u32> {
        self.by_id.get(&id).copied()
    }

    pub(crate) fn slot(&self, at: u32) -> Option<&V> {
        self.slots.get(at as usize).and_then(Option::as_ref)
    }

    pub(crate) fn slot_mut(&mut self, at: u32) -> Option<&mut V> {
        self.slots.get_mut(at as usize).and_then(Option::as_mut)
    }

    pub(crate) fn get(&self, id: K) -> Option<&V> {
        self.at(id).and_then(|at| self.slot(at))
    }

    pub(crate) fn get_mut(&mut self, id: K) -> Option<&mut V> {
        self.at(id).and_then(|at| self.slot_mut(at))
    }

    /// Every thing, in no particular order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &V> {
        self.slots.iter().flatten()
    }

    /// Puts it in a place: its own, if there is one of this name.
    pub(crate) fn insert(&mut self, id: K, value: V) -> u32 {
        let Self { slots, free, by_id } = self;
        let at = *by_id.entry(id).or_insert_with(|| free.pop().unwrap_or(slots.len() as u32));
        match slots.get_mut(at as usize) {
            Some(place) => *place = Some(value),
            None => slots.push(Some(value)),
        }
        at
    }

    /// Ends the thing of this name.
    pub(crate) fn remove(&mut self, id: K) {
        let Some(at) = self.by_id.remove(&id) else { return };
        self.free.push(at);
        if let Some(place) = self.slots.get_mut(at as usize) {
            *place = None;
        }
    }
}
