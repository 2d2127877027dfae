//! Maps and sets in order, whose copies share what they have in common: a copy takes no time, and a change of
//! one leaves the others as they are.

use std::sync::Arc;

use rpds::{RedBlackTreeMapSync, RedBlackTreeSetSync};

/// A map in order.
pub(crate) type Map<K, V> = RedBlackTreeMapSync<K, V>;
/// A set in order.
pub(crate) type Set<T> = RedBlackTreeSetSync<T>;
/// Rows by their keys.
pub(crate) type Table<K, R> = Map<K, Arc<R>>;

/// Adds to the set of a key.
pub(crate) fn add<K: Ord, T: Ord>(map: &mut Map<K, Set<T>>, key: K, one: T) {
    let mut set = map.get(&key).cloned().unwrap_or_default();
    set.insert_mut(one);
    map.insert_mut(key, set);
}

/// Takes out of the set of a key; a set that is empty then goes.
pub(crate) fn take<K: Ord + Clone, T: Ord>(map: &mut Map<K, Set<T>>, key: &K, one: &T) {
    let Some(mut set) = map.get(key).cloned() else { return };
    set.remove_mut(one);
    if set.is_empty() {
        map.remove_mut(key);
    } else {
        map.insert_mut(key.clone(), set);
    }
}
