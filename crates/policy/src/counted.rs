//! RESERVE and MAX: rules that count.

use std::sync::Arc;

use names::{Feature, PoolId};
use rustc_hash::FxHashMap;

use crate::compile::Compiled;
use crate::options::{Line, What};

/// A counted rule in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotaRule {
    /// A text of its own, the same after every reread that leaves the line as it is.
    pub key: Arc<str>,
    /// What it counts.
    pub kind: QuotaKind,
    /// How many seats.
    pub seats: u32,
    /// For whom: `GROUP cad`.
    pub who: Arc<str>,
    /// Where it stands: `acmed.opt:5`.
    pub rule: Arc<str>,
}

/// What a counted rule is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuotaKind {
    /// `RESERVE`: so many seats of a pool are for these only.
    Reserve(PoolId),
    /// `MAX`: these may use so many seats at most, of all pools of a feature that the line is about.
    Max,
}

/// A RESERVE or MAX line.
#[derive(Debug, Clone)]
pub(crate) struct Counted {
    pub(crate) is_reserve: bool,
    pub(crate) seats: u32,
    /// What it names: a feature or a package.
    pub(crate) feature: Box<str>,
    /// The same with the modifier.
    pub(crate) spec: Box<str>,
    /// The list that has what it is about.
    pub(crate) list: usize,
    pub(crate) who: Arc<str>,
    pub(crate) key: Arc<str>,
}

impl Counted {
    /// The key of the rule at a pool.
    pub(crate) fn key(&self, pool: &Named) -> Arc<str> {
        match self.is_reserve {
            true => [&self.key, &*pool.ending].concat().into(),
            false if &*self.feature == pool.id.feature().as_str() => self.key.clone(),
            false => [&self.key, " of ", pool.id.feature().as_str()].concat().into(),
        }
    }
}

/// A pool, and how the keys of reservations in it end.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    pub(crate) id: PoolId,
    ending: Box<str>,
}

impl Named {
    pub(crate) fn new(id: PoolId) -> Self {
        // Blanks divide: of these only the pooling fields may have some.
        let ending =
            format!(" in {} {} {} {}", id.config(), id.cpu(), id.feature(), id.pooling()).trim_end().into();
        Self { id, ending }
    }
}

/// Makes the keys of a file's lines: what a line says, and which of equal lines it is.
#[derive(Debug)]
pub(crate) struct Keys<'a> {
    owner: &'a str,
    made: FxHashMap<String, u32>,
}

impl<'a> Keys<'a> {
    pub(crate) fn of(owner: &'a str) -> Self {
        Self { owner, made: FxHashMap::default() }
    }

    pub(crate) fn of_line(&mut self, line: &Line) -> Arc<str> {
        let What::Count { count, feature, who } = &line.what else { return "".into() };
        let (owner, keyword, kind) = (self.owner, line.keyword.text(), who.kind.text());
        // Quoted, so that two lines never read the same.
        let modifier = feature.modifier.as_ref();
        let modifier = modifier.map_or(String::new(), |m| format!(" {}={:?}", m.key.text(), m.value));
        let key = format!("{owner} {keyword} {count} {:?}{modifier} {kind} {:?}", feature.name, who.name);
        match self.made.get_mut(&key) {
            Some(times) => {
                *times += 1;
                format!("{key} #{times}").into()
            }
            None => {
                self.made.insert(key.clone(), 1);
                key.into()
            }
        }
    }
}

/// Pools with the seats that nothing reserves yet.
pub(crate) struct Free<'a> {
    pools: &'a [(PoolId, u32)],
    at: FxHashMap<&'a PoolId, usize>,
    free: Vec<u32>,
}

impl<'a> Free<'a> {
    pub(crate) fn new(pools: &'a [(PoolId, u32)]) -> Self {
        Self {
            pools,
            at: pools.iter().enumerate().map(|(at, (pool, _))| (pool, at)).collect(),
            free: pools.iter().map(|(_, seats)| *seats).collect(),
        }
    }

    /// The pools of each feature, in the order of the search.
    fn by_feature(&self, pools: &[PoolId]) -> Vec<OfFeature> {
        let mut places: Vec<usize> = pools.iter().filter_map(|pool| self.at.get(pool).copied()).collect();
        places.sort_unstable();
        let mut known: FxHashMap<&Feature, usize> = FxHashMap::default();
        let mut all: Vec<OfFeature> = Vec::new();
        for place in places {
            let Some((pool, _)) = self.pools.get(place) else { continue };
            let at = *known.entry(pool.feature()).or_insert(all.len());
            match all.get_mut(at) {
                Some(of) => of.places.push(place),
                None => all.push(OfFeature { places: vec![place], next: 0 }),
            }
        }
        all
    }

    /// Takes so many seats of the pools in their order: how many of which. What none has is the last's.
    fn take(&mut self, of: &mut OfFeature, mut seats: u32) -> Vec<(usize, u32)> {
        let mut taken: Vec<(usize, u32)> = Vec::new();
        while let Some(place) = of.places.get(of.next).copied().filter(|_| seats > 0) {
            let free = self.free.get(place).copied().unwrap_or(0);
            if free == 0 {
                of.next += 1;
                continue;
            }
            let some = free.min(seats);
            self.free.iter_mut().skip(place).take(1).for_each(|free| *free -= some);
            taken.push((place, some));
            seats -= some;
        }
        let Some(last) = of.places.last().copied().filter(|_| seats > 0) else { return taken };
        match taken.last_mut().filter(|(place, _)| *place == last) {
            Some((_, some)) => *some += seats,
            None => taken.push((last, seats)),
        }
        taken
    }
}

/// The pools of a feature that some rules are about.
struct OfFeature {
    places: Vec<usize>,
    /// Those before have no free seat.
    next: usize,
}

impl Compiled {
    /// Finds the quotas of the counted rules of this file, in their order.
    pub(crate) fn quotas(&self, free: &mut Free<'_>, mut found: impl FnMut(&Counted, QuotaRule)) {
        let mut of_list: FxHashMap<usize, Vec<OfFeature>> = FxHashMap::default();
        for rule in &self.rules {
            let Some(counted) = &rule.counted else { continue };
            let about = of_list.entry(counted.list).or_insert_with(|| {
                let pools = self.lists.get(counted.list).map(|list| list.pools.as_slice());
                free.by_feature(pools.unwrap_or_default())
            });
            let quota = |pool: &PoolId, kind, seats| QuotaRule {
                key: counted.key(&Named::new(pool.clone())),
                kind,
                seats,
                who: counted.who.clone(),
                rule: rule.place.clone(),
            };
            for of in about {
                if !counted.is_reserve {
                    let first = of.places.first().and_then(|place| free.pools.get(*place));
                    if let Some((pool, _)) = first {
                        found(counted, quota(pool, QuotaKind::Max, counted.seats));
                    }
                    continue;
                }
                for (place, seats) in free.take(of, counted.seats) {
                    let Some((pool, _)) = free.pools.get(place) else { continue };
                    found(counted, quota(pool, QuotaKind::Reserve(pool.clone()), seats));
                }
            }
        }
    }
}
