//! What another options file changes, and for whom.

mod lines;
mod people;
mod terms;

use std::collections::BTreeMap;

use names::{Feature, PoolId};
use rustc_hash::FxHashSet;

use crate::compile::{capacities, in_order};
use crate::limits::DIFF_NAMES_MAX;
use crate::lint::Against;
use crate::options::OptionsFile;
use crate::policy::Policy;

/// Something that another file changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What.
    pub what: Changed,
    /// In one line.
    pub text: String,
}

/// What a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// The file: lines that came, went or moved, and members of groups.
    Lines,
    /// Who may use or borrow a feature.
    Use,
    /// Seats that are reserved, and maxima.
    Counts,
    /// LINGER, TIMEOUT and their kin.
    Terms,
    /// Nothing that is known: there was too much to compare.
    Unknown,
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// Two policies for the same license.
struct Sides<'a> {
    old: (&'a OptionsFile, Policy),
    new: (&'a OptionsFile, Policy),
    against: Against<'a>,
    /// The counted pools with their seats, as they are searched.
    pools: Vec<(PoolId, u32)>,
    /// The pools of each feature, in that order.
    features: BTreeMap<Feature, Vec<PoolId>>,
}

/// What a new options file changes: lines that came, went or moved; members of groups; and, against a
/// license, for every user, host, display, project and address that either file names and for everybody
/// else, and for every feature, whether they may use and borrow it before and after; and which
/// reservations, maxima and terms of pools change. The same files give the same lines.
#[must_use]
pub fn diff(old: &OptionsFile, new: &OptionsFile, against: Option<Against<'_>>) -> Vec<Change> {
    let mut changes = lines::diff(old, new);
    let Some(against) = against else { return changes };
    let policy = |options: &OptionsFile| {
        let mut policy = Policy::new();
        policy.add(options, against.entitlements, against.sources);
        policy
    };
    let pools = capacities(against.entitlements);
    let mut features: BTreeMap<Feature, Vec<PoolId>> = BTreeMap::new();
    let mut seen: FxHashSet<PoolId> = FxHashSet::default();
    for (pool, _) in in_order(against.entitlements).into_iter().flat_map(|line| line.pools()) {
        if seen.insert(pool.clone()) {
            features.entry(pool.feature().clone()).or_default().push(pool);
        }
    }
    let sides = Sides { old: (old, policy(old)), new: (new, policy(new)), against, pools, features };
    changes.extend(people::diff(&sides));
    changes.extend(terms::counts(&sides));
    changes.extend(terms::options(&sides));
    changes
}

/// Some names, and how many more there are.
fn some(names: &[&str]) -> String {
    let shown: Vec<_> = names.iter().take(DIFF_NAMES_MAX).copied().collect();
    match names.len().saturating_sub(DIFF_NAMES_MAX) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
