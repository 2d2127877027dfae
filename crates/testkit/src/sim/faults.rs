//! What went wrong, counted by kind.

use std::collections::BTreeMap;
use std::fmt;

/// Faults injected, by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults(BTreeMap<&'static str, u64>);

impl Faults {
    pub(crate) fn count(&mut self, kind: &'static str) {
        self.count_many(kind, 1);
    }

    pub(crate) fn count_many(&mut self, kind: &'static str, n: u64) {
        if n > 0 {
            *self.0.entry(kind).or_default() += n;
        }
    }

    /// Adds others.
    pub fn add(&mut self, others: &Self) {
        for (kind, n) in &others.0 {
            self.count_many(kind, *n);
        }
    }

    /// Each kind with its number.
    pub fn by_kind(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.0.iter().map(|(kind, n)| (*kind, *n))
    }

    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }
}

impl fmt::Display for Faults {
    /// `12 kills, 3 power cuts, …`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (kind, n)) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{n} {kind}")?;
        }
        Ok(())
    }
}
