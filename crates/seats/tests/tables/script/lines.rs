//! The rules that a table puts in force.

use std::sync::Arc;

use names::{Code, Feature, PoolId};
use seats::{Identity, PoolTerms, Quota, QuotaKind, Refusal, Rules};

/// The lines of an options file, as far as the seats see them.
#[derive(Default)]
pub(super) struct Lines(pub(super) Vec<Line>);

/// One line: what it says of which users and pools.
pub(super) struct Line {
    pub(super) label: String,
    pub(super) pools: Vec<PoolId>,
    pub(super) users: Vec<String>,
    pub(super) says: Says,
}

#[derive(Clone, Copy)]
pub(super) enum Says {
    Reserve(u32),
    Max(u32),
    Exclude,
    /// The others may not.
    Include,
    NoBorrow,
}

impl Lines {
    /// The counted ones.
    pub(super) fn quotas(&self) -> impl Iterator<Item = Quota> {
        self.0.iter().filter_map(|line| {
            let (kind, seats) = match line.says {
                Says::Reserve(seats) => (QuotaKind::Reserve(line.pools[0].clone()), seats),
                Says::Max(seats) => (QuotaKind::Max, seats),
                Says::Exclude | Says::Include | Says::NoBorrow => return None,
            };
            let who = line.users.join(",").into();
            Some(Quota { key: (*line.label).into(), kind, seats, who, rule: (*line.label).into() })
        })
    }
}

impl Line {
    fn names(&self, who: &Identity) -> bool {
        self.users.iter().any(|user| user == who.user.as_str())
    }
}

impl Rules for Lines {
    fn terms(&self, who: &Identity, feature: &Feature) -> Vec<PoolTerms> {
        let mut all: Vec<PoolTerms> = Vec::new();
        for line in &self.0 {
            for pool in line.pools.iter().filter(|pool| pool.feature() == feature) {
                let at = all.iter().position(|terms| terms.pool == *pool).unwrap_or_else(|| {
                    let quotas = Vec::new();
                    all.push(PoolTerms { pool: pool.clone(), refused: None, no_borrow: None, quotas });
                    all.len() - 1
                });
                let (terms, named) = (&mut all[at], line.names(who));
                let why: Arc<str> = (*line.label).into();
                let refuse = |code| Some(Refusal { code, why: why.clone() });
                match line.says {
                    Says::Reserve(_) | Says::Max(_) if named => terms.quotas.push(why),
                    Says::Exclude if named => terms.refused = refuse(Code::Excluded),
                    Says::Include if !named => terms.refused = refuse(Code::NotIncluded),
                    Says::NoBorrow if named => terms.no_borrow = refuse(Code::Excluded),
                    _ => {}
                }
            }
        }
        all
    }

    fn are_about(&self, feature: &Feature) -> bool {
        self.0.iter().flat_map(|line| &line.pools).any(|pool| pool.feature() == feature)
    }
}
