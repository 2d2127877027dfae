//! What went wrong, counted by kind.

use std::collections::BTreeMap;
use std::fmt;

/// What goes wrong on purpose, by what it happens to. What is not counted here is not injected.
const KINDS: [(&str, &[&str]); 6] = [
    ("process", &["kills", "power cuts", "stops", "crashes at start", "crashes in init"]),
    (
        "disk",
        &[
            "writes torn",
            "writes reordered",
            "sectors lost",
            "names lost",
            "short writes",
            "slow flushes",
            "errors",
            "full disks",
            "seat states damaged",
        ],
    ),
    ("messages", &["requests lost", "answers lost", "late", "doubled"]),
    ("clients", &["deaths", "cut off"]),
    ("clock", &["set back", "set forward", "said to be right"]),
    ("files", &["rereads", "rereads of bad files"]),
];

/// Faults injected, by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults(BTreeMap<&'static str, u64>);

impl Faults {
    pub(crate) fn count(&mut self, kind: &'static str) {
        self.count_many(kind, 1);
    }

    pub(crate) fn count_many(&mut self, kind: &'static str, n: u64) {
        debug_assert!(KINDS.iter().any(|(_, kinds)| kinds.contains(&kind)), "{kind} is no kind of fault");
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

    /// How many there were of a kind.
    #[must_use]
    pub fn of(&self, kind: &str) -> u64 {
        self.0.get(kind).copied().unwrap_or(0)
    }

    /// The kinds, by what they happen to.
    pub fn kinds() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
        KINDS.into_iter()
    }

    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// All but those of messages and single writes, of which there are many.
    #[must_use]
    pub fn grave(&self) -> u64 {
        let is_small = |kind: &str| matches!(kind, "sectors lost" | "names lost" | "short writes");
        let grave = KINDS.iter().filter(|(what, _)| *what != "messages").flat_map(|(_, kinds)| *kinds);
        grave.filter(|kind| !is_small(kind)).map(|kind| self.of(kind)).sum()
    }
}

impl fmt::Display for Faults {
    /// `process: 12 kills, 3 power cuts, …`, a line for each thing that they happen to.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (what, kinds)) in KINDS.iter().enumerate() {
            let each: Vec<_> = kinds.iter().map(|kind| format!("{} {kind}", self.of(kind))).collect();
            let end = if at == 0 { "" } else { "\n" };
            write!(f, "{end}{what}: {}", each.join(", "))?;
        }
        Ok(())
    }
}
