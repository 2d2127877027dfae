//! Reservations, maxima and the terms of pools, before and after.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use names::PoolId;
use rustc_hash::FxHashMap;

use super::{Change, Changed, Sides, some};
use crate::counted::QuotaKind;
use crate::keyword::Keyword;
use crate::numbers::PoolOptions;
use crate::policy::Policy;

/// What rules count: seats reserved for somebody in a pool, as far as there are seats, and the lowest
/// maximum of somebody.
#[derive(Debug, Default)]
struct Counts {
    reserved: BTreeMap<(Arc<str>, PoolId), u32>,
    maxima: BTreeMap<(Arc<str>, String), u32>,
}

impl Counts {
    fn of(policy: &Policy, pools: &[(PoolId, u32)]) -> Self {
        let mut free: FxHashMap<&PoolId, u32> = pools.iter().map(|(pool, seats)| (pool, *seats)).collect();
        let mut counts = Self::default();
        policy.counted(pools, |counted, quota| match quota.kind {
            QuotaKind::Reserve(pool) => {
                let free = free.get_mut(&pool);
                let fits = free.as_ref().map_or(0, |free| quota.seats.min(**free));
                free.into_iter().for_each(|free| *free -= fits);
                *counts.reserved.entry((quota.who, pool)).or_default() += fits;
            }
            QuotaKind::Max => {
                let lowest =
                    counts.maxima.entry((quota.who, counted.spec.to_string())).or_insert(quota.seats);
                *lowest = quota.seats.min(*lowest);
            }
        });
        counts
    }
}

pub(super) fn counts(sides: &Sides<'_>) -> Vec<Change> {
    let (before, after) = (Counts::of(&sides.old.1, &sides.pools), Counts::of(&sides.new.1, &sides.pools));
    let mut changes = Vec::new();
    let mut say = |text: String| changes.push(Change { what: Changed::Counts, text });
    for at in before.reserved.keys().chain(after.reserved.keys()).collect::<BTreeSet<_>>() {
        let of = |counts: &Counts| counts.reserved.get(at).copied().unwrap_or(0);
        let (was, is) = (of(&before), of(&after));
        if was != is {
            say(format!("{}: {} seats reserved: {was} -> {is}", at.0, sides.pool(&at.1)));
        }
    }
    for at in before.maxima.keys().chain(after.maxima.keys()).collect::<BTreeSet<_>>() {
        let (was, is) = (before.maxima.get(at), after.maxima.get(at));
        if was != is {
            say(format!("{}: {} seats at most: {} -> {}", at.0, at.1, number(was), number(is)));
        }
    }
    changes
}

fn number(number: Option<&u32>) -> String {
    number.map_or("any number".to_owned(), u32::to_string)
}

/// A number of [`PoolOptions`].
type Number = fn(&PoolOptions) -> Option<u32>;

const NUMBERS: [(Keyword, Number); 5] = [
    (Keyword::Linger, |of| of.linger_s),
    (Keyword::Timeout, |of| of.timeout_s),
    (Keyword::MaxOverdraft, |of| of.max_overdraft),
    (Keyword::MaxBorrowHours, |of| of.max_borrow_hours),
    (Keyword::BorrowLowwater, |of| of.borrow_lowwater),
];

pub(super) fn options(sides: &Sides<'_>) -> Vec<Change> {
    let mut changes = Vec::new();
    for (keyword, number) in NUMBERS {
        // The pools of the same change together, and a feature for all of its pools.
        let mut said: BTreeMap<(Option<u32>, Option<u32>), Vec<String>> = BTreeMap::new();
        for (feature, pools) in &sides.features {
            let of = |policy: &Policy, pool| number(&policy.pool_options(pool));
            let each: Vec<_> =
                pools.iter().map(|pool| (of(&sides.old.1, pool), of(&sides.new.1, pool))).collect();
            let is_one = each.windows(2).all(|pair| pair.first() == pair.last());
            for (pool, change) in pools.iter().zip(each).filter(|(_, (was, is))| was != is) {
                let names = said.entry(change).or_default();
                if is_one {
                    names.push(feature.to_string());
                    break;
                }
                names.push(sides.pool(pool));
            }
        }
        for ((was, is), names) in said {
            let shown = |number: Option<u32>| number.map_or("none".to_owned(), |number| number.to_string());
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let text = format!("{}: {}: {} -> {}", some(&names), keyword.text(), shown(was), shown(is));
            changes.push(Change { what: Changed::Terms, text });
        }
    }
    changes
}

impl Sides<'_> {
    /// A pool's feature, and which of its pools it is where it has several.
    fn pool(&self, pool: &PoolId) -> String {
        let feature = pool.feature();
        let of_feature = self.features.get(feature).map_or(&[][..], Vec::as_slice);
        match of_feature.iter().position(|of| of == pool) {
            Some(at) if of_feature.len() > 1 => {
                format!("{feature} (pool {} of {})", at + 1, of_feature.len())
            }
            _ => feature.to_string(),
        }
    }
}
