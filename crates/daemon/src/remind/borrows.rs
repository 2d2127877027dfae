//! Borrowed seats as things that end.

use std::collections::BTreeMap;

use ::desk::look::{EndKind, Ends};
use ::desk::{Desk as Rules, Owned};
use names::{Date, Wall};
use seats::{Keeping, State};

/// Those that are out.
pub(super) fn ends(rules: &Rules, state: &State, owned: &[Owned]) -> Vec<Ends> {
    let owners: BTreeMap<_, _> = owned.iter().map(|owned| (&owned.pool, rules.owner(owned))).collect();
    let mut all = Vec::new();
    for (grant, until) in state.ends() {
        let Some(row) = state.grant(grant) else { continue };
        let Some(kept) = row.kept().filter(|kept| matches!(kept.how, Keeping::Borrowed(_))) else { continue };
        let (feature, who) = (row.pool.feature(), &kept.who);
        all.push(Ends {
            kind: EndKind::Borrow,
            of: format!("{}/{grant}", row.pool),
            title: format!("the seat of {feature} that {}@{} has borrowed ends", who.user, who.host),
            company: owners.get(&row.pool).copied().flatten().cloned(),
            email: who.email.clone(),
            // At the end of its last day it is midnight of the next.
            on: Date::of(Wall(until.0.saturating_sub(1))),
        });
    }
    all
}
