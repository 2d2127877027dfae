//! What the owner would need to find out when licenses and rules come into force: the day's licenses, what
//! the rules say of those who hold seats or wait, and who of these surely waits with hope. It is found out
//! by another thread, so that the owner is away for less time.

use std::collections::hash_map::Entry;

use names::{Date, Feature, GrantId, Now, Seq, WaiterId};
use rustc_hash::{FxHashMap, FxHashSet};
use seats::{Command, Identity, License, PoolTerms, Rules as _, State};

use crate::in_force::{InForce, Today};

/// What was found out. It is only ever a shorter way to the same answers: whoever has got a seat or come
/// into line since is asked about when their turn comes, and on another day nothing of it is used.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    pub(crate) date: Date,
    /// Until it is taken.
    pub(crate) license: Option<License>,
    /// What the rules say of the holder of each grant, of its feature and its suite's: a number for each
    /// different answer.
    holders: FxHashMap<GrantId, (u32, Option<u32>)>,
    /// The same of those who wait, and their feature.
    waiters: FxHashMap<WaiterId, u32>,
    /// Those who may wait in vain, and whoever has come into line after this record.
    in_doubt: FxHashSet<WaiterId>,
    last: Seq,
}

/// The answers so far, each asked once of a holder and a feature.
#[derive(Default)]
struct Answers<'a> {
    numbers: FxHashMap<Vec<PoolTerms>, u32>,
    of: FxHashMap<(usize, &'a Feature), u32>,
}

impl Prepared {
    /// What these rules say on a day of all who hold seats or wait. Who holds a grant and what somebody
    /// waits for never changes, so it does not matter how old the state is.
    pub(crate) fn new(in_force: &InForce, state: &State, date: Date) -> Self {
        let (license, today) = (in_force.on(date), Today { in_force, date });
        let mut answers = Answers::default();
        let (mut holders, mut waiters) = (FxHashMap::default(), FxHashMap::default());
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
        for row in state.waiters() {
            if let Some((session, _)) = state.session(row.ask.session) {
                waiters.insert(row.id, answers.number(&today, &session.identity, &row.ask.feature));
            }
        }
        let in_doubt = in_doubt(state, &license, &today);
        Self { date, license: Some(license), holders, waiters, in_doubt, last: state.last() }
    }

    /// The number of what the rules say of the holder of a grant.
    pub(crate) fn alike(&self, grant: GrantId, of_suite: bool) -> Option<u32> {
        let (own, suite) = self.holders.get(&grant)?;
        if of_suite { *suite } else { Some(*own) }
    }

    /// The number of what the rules say of one who waits.
    pub(crate) fn alike_in_line(&self, waiter: WaiterId) -> Option<u32> {
        self.waiters.get(&waiter).copied()
    }

    /// Whether one who waits surely does so with hope.
    pub(crate) fn may_wait(&self, waiter: WaiterId) -> bool {
        waiter.0 <= self.last.0 && !self.in_doubt.contains(&waiter)
    }
}

/// Those who may wait in vain once this license is in force: what a copy of the state comes to with it.
fn in_doubt(state: &State, license: &License, today: &Today<'_>) -> FxHashSet<WaiterId> {
    let mut waiters: FxHashSet<WaiterId> = state.waiters().map(|row| row.id).collect();
    if waiters.is_empty() {
        return waiters;
    }
    let mut then = state.clone();
    let now = Now { wall: today.date.start(), ..Now::default() };
    then.step(now, Command::SetLicense(Box::new(license.clone())), today, &mut Vec::new());
    let in_doubt: FxHashSet<_> = then.in_doubt(now, today).into_iter().collect();
    // Whoever has left the line there may have had no hope.
    for row in then.waiters().filter(|row| !in_doubt.contains(&row.id)) {
        waiters.remove(&row.id);
    }
    waiters
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
