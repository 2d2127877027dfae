//! Grants that share a seat.

use names::{Email, QuotaId, Word};

use crate::identity::Identity;
use crate::row::{Same, Sharing};

/// In what the grants of a group are the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct GroupKey {
    user: Option<Word>,
    host: Option<Word>,
    display: Option<Word>,
    data: Option<Word>,
    person: Option<Email>,
}

impl GroupKey {
    /// The key of a grant in a pool that shares so; nothing where none do.
    pub(crate) fn of(sharing: Sharing, who: &Identity, data: Option<&Word>) -> Option<Self> {
        let Same { user, host, display, data: by_data, person } = match sharing {
            Sharing::None => return None,
            Sharing::Pool => return Some(Self::default()),
            Sharing::Same(same) => same,
        };
        Some(Self {
            user: user.then(|| who.user.clone()),
            host: host.then(|| who.host.clone()),
            display: display.then(|| who.display.clone()),
            data: data.filter(|_| by_data).cloned(),
            person: who.email.clone().filter(|_| person),
        })
    }
}

/// So many grants of each size.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sharers {
    /// Size and number, the smallest first.
    sizes: Vec<(u32, u32)>,
    grants: u32,
}

impl Sharers {
    /// What they are charged: the largest, times the seats that so many need where `limit` may share
    /// one.
    pub(crate) fn charged(&self, limit: u32) -> u32 {
        charged(self.sizes.last().map_or(0, |(size, _)| *size), self.grants, limit)
    }

    /// What they would be charged with one more.
    pub(crate) fn charged_with(&self, size: u32, limit: u32) -> u32 {
        let largest = self.sizes.last().map_or(0, |(size, _)| *size);
        charged(largest.max(size), self.grants.saturating_add(1), limit)
    }

    pub(crate) fn add(&mut self, size: u32) {
        self.grants += 1;
        match self.sizes.binary_search_by_key(&size, |(size, _)| *size) {
            Ok(at) => self.sizes[at].1 += 1,
            Err(at) => self.sizes.insert(at, (size, 1)),
        }
    }

    pub(crate) fn remove(&mut self, size: u32) {
        if let Ok(at) = self.sizes.binary_search_by_key(&size, |(size, _)| *size) {
            self.grants -= 1;
            self.sizes[at].1 -= 1;
            if self.sizes[at].1 == 0 {
                self.sizes.remove(at);
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.grants == 0
    }
}

fn charged(largest: u32, grants: u32, limit: u32) -> u32 {
    let seats = if limit == 0 { grants.min(1) } else { grants.div_ceil(limit) };
    largest.saturating_mul(seats)
}

/// A group: its grants, and those of them that each maximum counts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Group {
    pub(crate) all: Sharers,
    maxima: Vec<(QuotaId, Sharers)>,
}

impl Group {
    /// Those whom a maximum counts.
    pub(crate) fn counted(&self, quota: QuotaId) -> Option<&Sharers> {
        self.maxima.iter().find(|(other, _)| *other == quota).map(|(_, sharers)| sharers)
    }

    /// Adds a grant to those whom a maximum counts, or takes it away; gives what that adds or takes.
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
