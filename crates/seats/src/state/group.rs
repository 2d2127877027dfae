//! Grants that share a seat.

use std::hash::{Hash, Hasher};

use hashbrown::HashTable;
use names::{Email, QuotaId, Word};
use rustc_hash::FxHasher;

use super::places::NOWHERE;
use crate::identity::Identity;
use crate::row::{Same, Sharing};

/// In what the grants of a group are the same.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Key {
    user: Option<Word>,
    host: Option<Word>,
    display: Option<Word>,
    data: Option<Word>,
    person: Option<Email>,
}

/// The same of a grant that is looked at: nothing is copied to find its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Sharer<'a> {
    user: Option<&'a str>,
    host: Option<&'a str>,
    display: Option<&'a str>,
    data: Option<&'a str>,
    person: Option<&'a str>,
}

impl<'a> Sharer<'a> {
    /// A grant in a pool that shares so; nothing where none do.
    pub(crate) fn of(sharing: Sharing, who: &'a Identity, data: Option<&'a Word>) -> Option<Self> {
        let Same { user, host, display, data: by_data, person } = match sharing {
            Sharing::None => return None,
            Sharing::Pool => return Some(Self::default()),
            Sharing::Same(same) => same,
        };
        Some(Self {
            user: user.then(|| who.user.as_str()),
            host: host.then(|| who.host.as_str()),
            display: display.then(|| who.display.as_str()),
            data: data.filter(|_| by_data).map(Word::as_str),
            person: who.email.as_ref().filter(|_| person).map(Email::as_str),
        })
    }

    fn hashed(&self) -> u64 {
        let mut hasher = FxHasher::default();
        self.hash(&mut hasher);
        hasher.finish()
    }
}

impl Key {
    /// What a grant of this identity is the same in, kept.
    fn of(sharer: &Sharer<'_>, who: &Identity, data: Option<&Word>) -> Self {
        Self {
            user: sharer.user.map(|_| who.user.clone()),
            host: sharer.host.map(|_| who.host.clone()),
            display: sharer.display.map(|_| who.display.clone()),
            data: sharer.data.and(data).cloned(),
            person: sharer.person.and(who.email.as_ref()).cloned(),
        }
    }

    fn as_sharer(&self) -> Sharer<'_> {
        Sharer {
            user: self.user.as_ref().map(Word::as_str),
            host: self.host.as_ref().map(Word::as_str),
            display: self.display.as_ref().map(Word::as_str),
            data: self.data.as_ref().map(Word::as_str),
            person: self.person.as_ref().map(Email::as_str),
        }
    }
}

/// So many grants of each size.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sharers {
    /// The largest size, and how many grants are of it.
    largest: (u32, u32),
    /// The other sizes, the smallest first.
    smaller: Vec<(u32, u32)>,
    grants: u32,
}

impl Sharers {
    /// What they are charged: the largest, times the seats that so many need where `limit` may share
    /// one.
    pub(crate) fn charged(&self, limit: u32) -> u32 {
        charged(self.largest.0, self.grants, limit)
    }

    /// What they would be charged with one more.
    pub(crate) fn charged_with(&self, size: u32, limit: u32) -> u32 {
        charged(self.largest.0.max(size), self.grants.saturating_add(1), limit)
    }

    pub(crate) fn add(&mut self, size: u32) {
        self.grants += 1;
        if size == self.largest.0 {
            self.largest.1 += 1;
        } else if size > self.largest.0 {
            if self.largest.1 > 0 {
                self.smaller.push(self.largest);
            }
            self.largest = (size, 1);
        } else {
            match self.smaller.binary_search_by_key(&size, |(size, _)| *size) {
                Ok(at) => self.smaller[at].1 += 1,
                Err(at) => self.smaller.insert(at, (size, 1)),
            }
        }
    }

    pub(crate) fn remove(&mut self, size: u32) {
        if size == self.largest.0 && self.largest.1 > 0 {
            self.grants -= 1;
            self.largest.1 -= 1;
            if self.largest.1 == 0 {
                self.largest = self.smaller.pop().unwrap_or_default();
            }
        } else if let Ok(at) = self.smaller.binary_search_by_key(&size, |(size, _)| *size) {
            self.grants -= 1;
            self.smaller[at].1 -= 1;
            if self.smaller[at].1 == 0 {
                self.smaller.remove(at);
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.grants == 0
    }
}

fn charged(largest: u32, grants: u32, limit: u32) -> u32 {
    // Most pools let any number share, or few grants do.
    let seats = if limit == 0 { grants.min(1) } else { grants.div_ceil(limit) };
    largest.saturating_mul(seats)
}

/// A group: its grants, and those of them that each maximum counts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Group {
    key: Key,
    /// The key's hash.
    hash: u64,
    pub(crate) all: Sharers,
    maxima: Vec<(QuotaId, Sharers)>,
}

impl Group {
    /// Those whom a maximum counts.
    pub(crate) fn counted(&self, quota: QuotaId) -> Option<&Sharers> {
        self.maxima.iter().find(|(other, _)| *other == quota).map(|(_, sharers)| sharers)
    }

    /// Adds a grant to those whom a maximum counts, or takes it away; gives what that takes and adds.
    pub(crate) fn count(&mut self, quota: QuotaId, size: u32, limit: u32, is_there: bool) -> (u32, u32) {
        let at = self.maxima.iter().position(|(other, _)| *other == quota).unwrap_or_else(|| {
            self.maxima.push((quota, Sharers::default()));
            self.maxima.len() - 1
        });
        let Some((_, sharers)) = self.maxima.get_mut(at) else { return (0, 0) };
        let before = sharers.charged(limit);
        if is_there {
            sharers.add(size);
        } else {
            sharers.remove(size);
        }
        let after = sharers.charged(limit);
        if sharers.is_empty() {
            self.maxima.swap_remove(at);
        }
        (before, after)
    }
}

/// The groups of a pool, each in its place.
#[derive(Debug, Clone, Default)]
pub(crate) struct Groups {
    slots: Vec<Group>,
    free: Vec<u32>,
    by_key: HashTable<u32>,
    /// Groups that nobody is in. Who comes back finds theirs: most come back soon.
    empty: usize,
}

/// Empty groups that a pool keeps at least.
const EMPTY_MIN: usize = 64;

impl Groups {
    pub(crate) fn slot_mut(&mut self, at: u32) -> Option<&mut Group> {
        self.slots.get_mut(at as usize)
    }

    /// The group of a grant, if somebody is in it.
    pub(crate) fn find(&self, sharer: &Sharer<'_>) -> Option<&Group> {
        if self.by_key.len() == self.empty {
            return None;
        }
        let at = self.place(sharer, sharer.hashed())?;
        self.slots.get(at as usize).filter(|group| !group.all.is_empty())
    }

    fn place(&self, sharer: &Sharer<'_>, hash: u64) -> Option<u32> {
        let group = |at: &u32| self.slots.get(*at as usize);
        self.by_key.find(hash, |at| group(at).is_some_and(|group| group.key.as_sharer() == *sharer)).copied()
    }

    /// The place of the group of a grant that joins it; a new one where it has none.
    pub(crate) fn join(&mut self, sharer: &Sharer<'_>, who: &Identity, data: Option<&Word>) -> u32 {
        let hash = sharer.hashed();
        if let Some(at) = self.place(sharer, hash) {
            self.empty -= usize::from(self.slots.get(at as usize).is_some_and(|group| group.all.is_empty()));
            return at;
        }
        let at = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Group::default());
            (self.slots.len() - 1) as u32
        });
        if let Some(group) = self.slots.get_mut(at as usize) {
            group.key = Key::of(sharer, who, data);
            group.hash = hash;
        }
        let slots = &self.slots;
        let rehash = |at: &u32| slots.get(*at as usize).map_or(0, |group| group.hash);
        self.by_key.insert_unique(hash, at, rehash);
        at
    }

    /// A grant has left the group in this place.
    pub(crate) fn leave(&mut self, at: u32) {
        if self.slots.get(at as usize).is_none_or(|group| !group.all.is_empty()) {
            return;
        }
        self.empty += 1;
        if self.empty > EMPTY_MIN.max(self.by_key.len() / 2) {
            self.drop_empty();
        }
    }

    fn drop_empty(&mut self) {
        let Self { slots, free, by_key, empty } = self;
        by_key.retain(|at| {
            let Some(group) = slots.get_mut(*at as usize).filter(|group| group.all.is_empty()) else {
                return true;
            };
            *group = Group::default();
            free.push(*at);
            false
        });
        *empty = 0;
    }
}

/// No group.
pub(crate) const ALONE: u32 = NOWHERE;
