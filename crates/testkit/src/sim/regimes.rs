//! Which capacities were in force when. Nobody outside knows the very moment of a change, so two
//! regimes may overlap.

use std::collections::BTreeSet;

use super::site::{Capacities, PoolName};

#[derive(Debug)]
struct Regime {
    from: u64,
    until: u64,
    capacities: Capacities,
}

/// All regimes of a run; the last is in force.
#[derive(Debug)]
pub(crate) struct Regimes(Vec<Regime>);

impl Regimes {
    pub(crate) fn new(capacities: Capacities) -> Self {
        Self(vec![Regime { from: 0, until: u64::MAX, capacities }])
    }

    /// Another regime begins at some moment from `from` to `until`.
    pub(crate) fn change(&mut self, from: u64, until: u64, capacities: Capacities) {
        if let Some(last) = self.0.last_mut() {
            last.until = until;
        }
        self.0.push(Regime { from, until: u64::MAX, capacities });
    }

    fn within(&self, from: u64, until: u64) -> impl Iterator<Item = &Regime> {
        self.0.iter().filter(move |r| r.from <= until && from <= r.until)
    }

    /// The largest capacity that can have been in force at some moment of a time.
    pub(crate) fn largest(&self, pool: &PoolName, from: u64, until: u64) -> u32 {
        self.within(from, until).filter_map(|r| r.capacities.get(pool)).max().copied().unwrap_or(0)
    }

    /// The smallest.
    pub(crate) fn smallest(&self, pool: &PoolName, from: u64, until: u64) -> u32 {
        self.within(from, until).map(|r| r.capacities.get(pool).copied().unwrap_or(0)).min().unwrap_or(0)
    }

    /// Every pool there ever was.
    pub(crate) fn pools(&self) -> BTreeSet<PoolName> {
        self.0.iter().flat_map(|r| r.capacities.keys().cloned()).collect()
    }

    pub(crate) fn last(&self) -> &Capacities {
        static NONE: Capacities = Capacities::new();
        self.0.last().map_or(&NONE, |r| &r.capacities)
    }
}
