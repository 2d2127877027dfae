//! Which capacities and rules were in force when. Nobody outside knows the very moment of a change, so
//! two regimes may overlap.

use std::collections::BTreeSet;

use super::message::ClientId;
use super::site::{Capacities, PoolName, Table};

#[derive(Debug)]
struct Regime {
    from: u64,
    until: u64,
    table: Table,
}

/// All regimes of a run; the last is in force.
#[derive(Debug)]
pub(crate) struct Regimes(Vec<Regime>);

impl Regimes {
    pub(crate) fn new(table: Table) -> Self {
        Self(vec![Regime { from: 0, until: u64::MAX, table }])
    }

    /// Another regime begins at some moment from `from` to `until`.
    pub(crate) fn change(&mut self, from: u64, until: u64, table: Table) {
        if let Some(last) = self.0.last_mut() {
            last.until = until;
        }
        self.0.push(Regime { from, until: u64::MAX, table });
    }

    fn within(&self, from: u64, until: u64) -> impl Iterator<Item = &Regime> {
        self.0.iter().filter(move |r| r.from <= until && from <= r.until)
    }

    /// The largest capacity that can have been in force at some moment of a time.
    pub(crate) fn largest(&self, pool: &PoolName, from: u64, until: u64) -> u32 {
        self.within(from, until).filter_map(|r| r.table.capacities.get(pool)).max().copied().unwrap_or(0)
    }

    /// The smallest.
    pub(crate) fn smallest(&self, pool: &PoolName, from: u64, until: u64) -> u32 {
        self.within(from, until)
            .map(|r| r.table.capacities.get(pool).copied().unwrap_or(0))
            .min()
            .unwrap_or(0)
    }

    /// The most that all clients may hold who have no seat of a pool reserved at any time, at some
    /// moment of a time.
    pub(crate) fn largest_unreserved(&self, pool: &PoolName, from: u64, until: u64) -> u32 {
        let open = |r: &Regime| {
            let capacity = r.table.capacities.get(pool).copied().unwrap_or(0);
            capacity.saturating_sub(reserved(&r.table, pool, |_| true))
        };
        self.within(from, until).map(open).max().unwrap_or(0)
    }

    /// The fewest seats of a pool that a client may be given at some moment of a time, if nobody else
    /// had any.
    pub(crate) fn smallest_for(&self, client: ClientId, pool: &PoolName, from: u64, until: u64) -> u32 {
        let open = |r: &Regime| {
            let capacity = r.table.capacities.get(pool).copied().unwrap_or(0);
            capacity.saturating_sub(reserved(&r.table, pool, |of| of != client))
        };
        self.within(from, until).map(open).min().unwrap_or(0)
    }

    /// Whether a pool's seats were ever reserved for a client.
    pub(crate) fn is_named(&self, client: ClientId, pool: &PoolName) -> bool {
        self.0.iter().any(|r| r.table.reserved.keys().any(|(of, named)| of == pool && *named == client))
    }

    /// The largest and the smallest maximum of a client at some moment of a time; nothing where there
    /// was none.
    pub(crate) fn most(
        &self,
        client: ClientId,
        feature: &str,
        from: u64,
        until: u64,
    ) -> (Option<u32>, Option<u32>) {
        let key = (feature.to_owned(), client);
        let all: Vec<_> = self.within(from, until).map(|r| r.table.most.get(&key).copied()).collect();
        let largest = if all.contains(&None) { None } else { all.iter().flatten().max().copied() };
        (largest, all.iter().flatten().min().copied())
    }

    /// Whether a pool was licensed all the time: rules are about no other.
    pub(crate) fn is_licensed(&self, pool: &PoolName, from: u64, until: u64) -> bool {
        self.within(from, until).all(|r| r.table.capacities.contains_key(pool))
    }

    /// Whether a feature ever had a maximum for a client.
    pub(crate) fn has_maximum(&self, client: ClientId, feature: &str) -> bool {
        self.0.iter().any(|r| r.table.most.keys().any(|(of, c)| of == feature && *c == client))
    }

    /// Seats of a pool that are reserved now.
    pub(crate) fn reserved_now(&self, pool: &PoolName) -> u32 {
        self.0.last().map_or(0, |r| reserved(&r.table, pool, |_| true))
    }

    /// Whether a pool's license ever allowed that the seat of a lost laptop is freed.
    pub(crate) fn was_lost_ok(&self, pool: &PoolName) -> bool {
        self.0.iter().any(|r| r.table.lost_ok.contains(pool))
    }

    /// Whether it did all the time.
    pub(crate) fn is_lost_ok(&self, pool: &PoolName, from: u64, until: u64) -> bool {
        self.within(from, until).all(|r| r.table.lost_ok.contains(pool))
    }

    /// Whether returned seats of a feature ever lingered.
    pub(crate) fn lingers(&self, feature: &str) -> bool {
        self.0.iter().any(|r| r.table.lingers.contains(feature))
    }

    /// Whether no rule was ever about a client, and no seat of the feature one workstation's alone.
    pub(crate) fn is_plain(&self, client: ClientId, feature: &str) -> bool {
        self.0.iter().all(|r| {
            let Table { capacities, reserved, most, .. } = &r.table;
            !capacities.keys().any(|pool| pool.feature == feature && pool.is_locked())
                && !reserved.keys().any(|(_, of)| *of == client)
                && !most.keys().any(|(_, of)| *of == client)
        })
    }

    /// Every pool there ever was.
    pub(crate) fn pools(&self) -> BTreeSet<PoolName> {
        self.0.iter().flat_map(|r| r.table.capacities.keys().cloned()).collect()
    }

    pub(crate) fn last(&self) -> &Capacities {
        static NONE: Capacities = Capacities::new();
        self.0.last().map_or(&NONE, |r| &r.table.capacities)
    }
}

/// Seats of a pool that are reserved for some.
fn reserved(table: &Table, pool: &PoolName, is_one: impl Fn(ClientId) -> bool) -> u32 {
    table.reserved.iter().filter(|((of, client), _)| of == pool && is_one(*client)).map(|(_, n)| n).sum()
}
