//! Who holds what, as the log has it.

use std::collections::{BTreeMap, HashMap, VecDeque};

/// A name's number.
pub(crate) type Id = u32;

/// Names, each kept once.
#[derive(Debug, Default)]
pub(crate) struct Names {
    ids: HashMap<Box<str>, Id>,
    names: Vec<Box<str>>,
}

impl Names {
    /// The number of a name.
    pub(crate) fn id(&mut self, name: &str) -> Id {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let id = Id::try_from(self.names.len()).unwrap_or(Id::MAX);
        self.ids.insert(name.into(), id);
        self.names.push(name.into());
        id
    }

    /// The name of a number.
    pub(crate) fn name(&self, id: Id) -> &str {
        self.names.get(id as usize).map_or("", |name| name)
    }
}

/// Whose seats, and of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    /// Among the vendors.
    pub(crate) vendor: usize,
    pub(crate) feature: Id,
    pub(crate) user: Id,
    pub(crate) host: Id,
}

/// A checkout that did not come back yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held<T> {
    pub(crate) seats: u32,
    pub(crate) data: Option<Id>,
    /// The verbose form's.
    pub(crate) handle: Option<Box<str>>,
    /// What is known of it.
    pub(crate) of: T,
}

/// What a checkin gave back.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Back<T> {
    pub(crate) held: Vec<Held<T>>,
    /// So many seats more than were said of the last of them stay out.
    pub(crate) rest: u32,
    /// So many seats came back that nobody had taken.
    pub(crate) missing: u32,
}

/// All checkouts that did not come back yet.
#[derive(Debug)]
pub(crate) struct Ledger<T> {
    held: BTreeMap<Key, VecDeque<Held<T>>>,
}

impl<T> Default for Ledger<T> {
    fn default() -> Self {
        Self { held: BTreeMap::new() }
    }
}

impl<T> Ledger<T> {
    /// Seats are out.
    pub(crate) fn put(&mut self, key: Key, held: Held<T>) {
        self.held.entry(key).or_default().push_back(held);
    }

    /// Seats come back: the checkout with this handle; else the oldest with as many seats, and the same data
    /// if there is one; else the oldest ones until it is as many.
    pub(crate) fn take(&mut self, key: Key, seats: u32, data: Option<Id>, handle: Option<&str>) -> Back<T> {
        let mut back = Back { held: Vec::new(), rest: 0, missing: seats };
        let Some(all) = self.held.get_mut(&key) else { return back };
        let by_handle =
            handle.and_then(|handle| all.iter().position(|one| one.handle.as_deref() == Some(handle)));
        let same = || all.iter().position(|one| one.seats == seats && one.data == data);
        let as_many = || all.iter().position(|one| one.seats == seats);
        match by_handle.or_else(same).or_else(as_many) {
            Some(at) => {
                back.missing = 0;
                back.held.extend(all.remove(at));
                back.rest = back.held.first().map_or(0, |one| one.seats.saturating_sub(seats));
            }
            None => {
                while back.missing > 0
                    && let Some(one) = all.pop_front()
                {
                    back.rest = one.seats.saturating_sub(back.missing);
                    back.missing = back.missing.saturating_sub(one.seats);
                    back.held.push(one);
                }
            }
        }
        if all.is_empty() {
            self.held.remove(&key);
        }
        back
    }

    /// A vendor's daemon begins anew: nobody has its seats.
    pub(crate) fn clear(&mut self, vendor: usize) -> Vec<(Key, Held<T>)> {
        let keys: Vec<Key> = self.held.keys().filter(|key| key.vendor == vendor).copied().collect();
        let all = keys.into_iter().filter_map(|key| Some((key, self.held.remove(&key)?)));
        all.flat_map(|(key, all)| all.into_iter().map(move |one| (key, one))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIM: Key = Key { vendor: 0, feature: 0, user: 0, host: 0 };

    fn held(seats: u32, data: Option<Id>, of: char) -> Held<char> {
        Held { seats, data, handle: Some(of.to_string().into()), of }
    }

    /// What comes back of checkouts a (1), b (3 with data), c (3), d (20).
    fn back(seats: u32, data: Option<Id>, handle: Option<&str>) -> (String, u32, u32) {
        let mut ledger = Ledger::default();
        for one in [held(1, None, 'a'), held(3, Some(7), 'b'), held(3, None, 'c'), held(20, None, 'd')] {
            ledger.put(KIM, one);
        }
        let back = ledger.take(KIM, seats, data, handle);
        (back.held.iter().map(|one| one.of).collect(), back.rest, back.missing)
    }

    #[test]
    fn a_checkin_is_of_the_oldest_checkout_that_fits() {
        for (seats, data, handle, expected) in [
            (1, None, None, ("a", 0, 0)),
            (3, None, None, ("c", 0, 0)),
            (3, Some(7), None, ("b", 0, 0)),
            (3, Some(8), None, ("b", 0, 0)),
            (20, None, Some("d"), ("d", 0, 0)),
            (3, None, Some("d"), ("d", 17, 0)),
            (3, None, Some("x"), ("c", 0, 0)),
            (2, None, None, ("ab", 2, 0)),
            (8, None, None, ("abcd", 19, 0)),
            (30, None, None, ("abcd", 0, 3)),
        ] {
            let (of, rest, missing) = expected;
            assert_eq!(
                back(seats, data, handle),
                (of.to_owned(), rest, missing),
                "{seats} {data:?} {handle:?}"
            );
        }
        let mut ledger: Ledger<char> = Ledger::default();
        assert_eq!(ledger.take(KIM, 2, None, None).missing, 2);
        ledger.put(KIM, held(1, None, 'a'));
        ledger.put(Key { vendor: 1, ..KIM }, held(1, None, 'b'));
        assert_eq!(ledger.clear(0).len(), 1);
        assert_eq!(ledger.take(KIM, 1, None, None).missing, 1);
        assert_eq!(ledger.clear(1).len(), 1);
    }
}
