//! What a reread can know before the owner is asked: the day's licenses, and what the rules say of those
//! who hold seats. It is found out by another thread, so that the owner is away for less time.

use std::collections::hash_map::Entry;

use names::{Date, Feature, GrantId};
use rustc_hash::FxHashMap;
use seats::{Identity, License, PoolTerms, Rules as _, State};

use crate::in_force::{InForce, Today};

/// What was found out. It is only ever a shorter way to the same answers: whoever has got a seat since is
/// asked about when their turn comes, and on another day nothing of it is used.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    pub(crate) date: Date,
    /// Until it is taken.
    pub(crate) license: Option<License>,
    /// What the rules say of the holder of each grant, of its feature and its suite's: a number for each
    /// different answer.
    holders: FxHashMap<GrantId, (u32, Option<u32>)>,
}

/// The answers so far, each asked once of a holder and a feature.
#[derive(Default)]
struct Answers<'a> {
    numbers: FxHashMap<Vec<PoolTerms>, u32>,
    of: FxHashMap<(usize, &'a Feature), u32>,
}

impl Prepared {
    /// What these rules say on a day of all who hold seats. Who holds a grant never changes, so it does not
    /// matter how old the state is.
    pub(crate) fn new(in_force: &InForce, state: &State, date: Date) -> Self {
        let (license, today) = (in_force.on(date), Today { in_force, date });
        let (mut answers, mut holders) = (Answers::default(), FxHashMap::default());
        for (pool, _) in state.pools() {
            for row in state.grants_of_pool(&pool.id) {
                let of_session = || state.session(row.session).map(|(session, _)| &session.identity);
                let Some(who) = row.kept().map(|kept| &kept.who).or_else(of_session) else { continue };
                let own = answers.number(&today, who, pool.id.feature());
                let suite = row.suite.as_ref().and_then(|suite| state.pool(suite));
                let suite = suite.map(|(suite, _)| answers.number(&today, who, suite.id.feature()));
                holders.insert(row.id, (own, suite));
            }
        }
        Self { date, license: Some(license), holders }
    }

    /// The number of what the rules say of the holder of a grant.
    pub(crate) fn alike(&self, grant: GrantId, of_suite: bool) -> Option<u32> {
        let (own, suite) = self.holders.get(&grant)?;
        if of_suite { *suite } else { Some(*own) }
    }
}

impl<'a> Answers<'a> {
    fn number(&mut self, today: &Today<'_>, who: &Identity, feature: &'a Feature) -> u32 {
        // Sessions share their identity by reference.
        match self.of.entry((std::ptr::from_ref(who) as usize, feature)) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(free) => {
                let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
                *free.insert(*self.numbers.entry(today.terms(who, feature)).or_insert(next))
            }
        }
    }
}
