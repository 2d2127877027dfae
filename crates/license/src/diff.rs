//! What another set of license files changes, pool by pool.

use std::collections::{BTreeMap, BTreeSet};

use names::{Code, ConfigId, PoolId};

use crate::canonical::fields;
use crate::findings::Findings;
use crate::source::decode;
use crate::syntax::parse;
use crate::{Entitlement, Idle, Loaded, SeatKind, Source, Unserved};

/// Lines that are named for one pool.
const IDLE_MAX: usize = 16;

/// A set of license files, loaded.
#[derive(Debug, Clone, Copy)]
pub struct LicenseSet<'a> {
    /// The files.
    pub sources: &'a [Source],
    /// What they give.
    pub loaded: &'a Loaded,
}

/// A pool that is not the same in both sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolChange<'a> {
    /// Which.
    pub pool: PoolId,
    /// In the old set.
    pub old: PoolState<'a>,
    /// In the new set.
    pub new: PoolState<'a>,
    /// The same pool with another version, or as another pack's own configuration: of what goes the new
    /// one, of what comes the old one. To the license host they are two pools.
    pub counterpart: Option<PoolId>,
    /// The lines of the new set that give nothing and might have given it.
    pub idle: Vec<&'a Idle>,
}

/// What the lines of one set say about a pool.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PoolState<'a> {
    /// What is served.
    pub served: Option<PoolTerms<'a>>,
    /// What is not, and why.
    pub unserved: Option<(PoolTerms<'a>, Code, &'a str)>,
}

/// The lines of a pool together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PoolTerms<'a> {
    /// All seats; nothing where they are not counted.
    pub seats: Option<u64>,
    /// In the order of their files.
    pub lines: Vec<&'a Entitlement>,
}

impl PoolTerms<'_> {
    /// Whether both give the same, wherever their lines stand and whichever pack they are of.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        self.facts() == other.facts()
    }

    /// The seats of each kind of line; how many lines they stand on is nothing to anybody.
    fn facts(&self) -> BTreeMap<String, Option<u64>> {
        let mut facts = BTreeMap::new();
        for line in &self.lines {
            let dates = (line.version.canonical(), line.start, line.expiry, line.sort, &line.rules);
            let rest = (&line.vendor_string, &line.product_line, &line.modules, line.maintenance);
            let sum = facts.entry(format!("{dates:?} {rest:?}")).or_insert(None);
            *sum = each(line).map(|seats| sum.unwrap_or(0) + seats);
        }
        facts
    }
}

/// What a line gives each of its pools.
fn each(line: &Entitlement) -> Option<u64> {
    line.seats.map(|seats| if line.kind == SeatKind::Locked { 1 } else { u64::from(seats.get()) })
}

/// The pools that the sets differ in, by feature, vendor and the rest of their names.
#[must_use]
pub fn diff<'a>(old: LicenseSet<'a>, new: LicenseSet<'a>) -> Vec<PoolChange<'a>> {
    let (before, mut after) = (states(old.loaded), states(new.loaded));
    let mut changes: Vec<PoolChange<'a>> = Vec::new();
    let pools: BTreeSet<PoolId> = before.keys().chain(after.keys()).cloned().collect();
    for pool in pools {
        let old = before.get(&pool).cloned().unwrap_or_default();
        let new = after.remove(&pool).unwrap_or_default();
        if !same(&old, &new) {
            changes.push(PoolChange { pool, old, new, counterpart: None, idle: Vec::new() });
        }
    }
    join_unsigned(&mut changes);
    pair(&mut changes);
    let claims = claims(new);
    for change in changes.iter_mut().filter(|change| change.new.served.is_none()) {
        let name = (change.pool.feature().to_string(), change.pool.vendor().to_string());
        let same = claims.get(&name).into_iter().flatten();
        let of = same.filter(|claim| claim.is_of(change.pool.config()));
        change.idle = of.map(|claim| claim.idle).take(IDLE_MAX).collect();
    }
    changes.sort_by(|a, b| (a.pool.feature(), &a.pool).cmp(&(b.pool.feature(), &b.pool)));
    changes
}

fn same(old: &PoolState<'_>, new: &PoolState<'_>) -> bool {
    let terms = |a: Option<&PoolTerms<'_>>, b: Option<&PoolTerms<'_>>| match (a, b) {
        (Some(a), Some(b)) => a.same_as(b),
        (a, b) => a.is_none() && b.is_none(),
    };
    let unserved = |state: &PoolState<'_>| state.unserved.as_ref().map(|(_, code, _)| *code);
    let old_terms = old.unserved.as_ref().map(|(terms, ..)| terms);
    terms(old.served.as_ref(), new.served.as_ref())
        && terms(old_terms, new.unserved.as_ref().map(|(terms, ..)| terms))
        && unserved(old) == unserved(new)
}

fn states(loaded: &Loaded) -> BTreeMap<PoolId, PoolState<'_>> {
    let mut states: BTreeMap<PoolId, PoolState<'_>> = BTreeMap::new();
    for entitlement in &loaded.entitlements {
        for pool in entitlement.pool_ids() {
            let state = states.entry(pool).or_default();
            add(state.served.get_or_insert_with(PoolTerms::default), entitlement);
        }
    }
    for Unserved { entitlement, code, why, .. } in &loaded.unserved {
        for pool in entitlement.pool_ids() {
            let state = states.entry(pool).or_default();
            let (terms, ..) = state.unserved.get_or_insert_with(|| (PoolTerms::default(), *code, why));
            add(terms, entitlement);
        }
    }
    states
}

fn add<'a>(terms: &mut PoolTerms<'a>, entitlement: &'a Entitlement) {
    if let Some(seats) = each(entitlement) {
        terms.seats = Some(terms.seats.unwrap_or(0) + seats);
    }
    terms.lines.push(entitlement);
}

/// What was not signed is in no pack; where it is in one afterwards, it is one change.
fn join_unsigned(changes: &mut Vec<PoolChange<'_>>) {
    let unsigned = |change: &PoolChange<'_>| {
        let terms = change.old.unserved.as_ref().map(|(terms, ..)| terms);
        let in_no_pack = terms.is_some_and(|terms| terms.lines.iter().all(|line| line.pack.is_none()));
        let nothing = change.old.served.is_none() && change.new == PoolState::default();
        in_no_pack && nothing && matches!(change.pool.config(), ConfigId::OfPack(_))
    };
    let comes = |change: &PoolChange<'_>| {
        change.old == PoolState::default() && matches!(change.pool.config(), ConfigId::OfPack(_))
    };
    for (from, to) in pairs(changes, unsigned, comes, &[]) {
        let old = changes.get_mut(from).map(|change| std::mem::take(&mut change.old));
        if let (Some(old), Some(to)) = (old, changes.get_mut(to)) {
            to.old = old;
        }
    }
    changes.retain(|change| change.old != PoolState::default() || change.new != PoolState::default());
}

/// A pool that goes and one that comes are the same in another version or pack, where there is one of
/// each.
fn pair(changes: &mut [PoolChange<'_>]) {
    let goes = |change: &PoolChange<'_>| change.old.served.is_some() && change.new.served.is_none();
    let comes = |change: &PoolChange<'_>| change.old.served.is_none() && change.new.served.is_some();
    for (gone, come) in pairs(changes, goes, comes, &["VERSION"]) {
        let pool = |at: usize| changes.get(at).map(|change| change.pool.clone());
        let (old, new) = (pool(gone), pool(come));
        for (at, other) in [(gone, new), (come, old)] {
            if let Some(change) = changes.get_mut(at) {
                change.counterpart = other;
            }
        }
    }
}

/// Changes of two kinds that name the same pool but for these pooling fields and the pack, where there
/// is one of each kind.
fn pairs(
    changes: &[PoolChange<'_>],
    one: impl Fn(&PoolChange<'_>) -> bool,
    other: impl Fn(&PoolChange<'_>) -> bool,
    but_for: &[&str],
) -> Vec<(usize, usize)> {
    let mut by_rest: BTreeMap<String, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
    for (at, change) in changes.iter().enumerate() {
        let pair = by_rest.entry(rest(&change.pool, but_for)).or_default();
        if one(change) {
            pair.0.push(at);
        } else if other(change) {
            pair.1.push(at);
        }
    }
    let single = |(one, other): (Vec<usize>, Vec<usize>)| match (one.as_slice(), other.as_slice()) {
        ([one], [other]) => Some((*one, *other)),
        _ => None,
    };
    by_rest.into_values().filter_map(single).collect()
}

/// A pool's name without some pooling fields, and without the number of its pack.
fn rest(pool: &PoolId, but_for: &[&str]) -> String {
    let kept = |part: &&str| !but_for.iter().any(|name| part.split('=').next() == Some(*name));
    let pooling: Vec<&str> = pool.pooling().split(';').filter(kept).collect();
    let config = match pool.config() {
        ConfigId::OfPack(_) => "pack".to_owned(),
        number @ ConfigId::Number(_) => number.to_string(),
    };
    let (vendor, cpu, feature) = (pool.vendor(), pool.cpu(), pool.feature());
    format!("{vendor} {config} {cpu} {feature} {}", pooling.join(";"))
}

/// What a line that gives nothing says it would give.
struct Claim<'a> {
    idle: &'a Idle,
    config: Option<String>,
}

impl Claim<'_> {
    fn is_of(&self, config: &ConfigId) -> bool {
        match (&self.config, config) {
            (Some(own), config) => *own == config.to_string(),
            (None, ConfigId::OfPack(_)) => true,
            (None, ConfigId::Number(_)) => false,
        }
    }
}

/// The lines of a set that give nothing, by the feature and vendor that they name.
fn claims(set: LicenseSet<'_>) -> BTreeMap<(String, String), Vec<Claim<'_>>> {
    let mut claims: BTreeMap<_, Vec<Claim<'_>>> = BTreeMap::new();
    let mut by_file: BTreeMap<usize, BTreeMap<u32, &Idle>> = BTreeMap::new();
    for idle in &set.loaded.idle {
        by_file.entry(idle.place.file).or_default().insert(idle.place.line, idle);
    }
    for (file, idle) in by_file {
        let Some(source) = set.sources.get(file) else { continue };
        let bytes = &source.bytes;
        for line in parse(bytes, &mut Findings::new(0)).lines {
            let Some(idle) = idle.get(&line.number) else { continue };
            let word =
                |at: usize| line.words.get(at).map(|word| decode(word.text(bytes))).unwrap_or_default();
            let config = line.attribute(bytes, fields(bytes, &line), "CONFIG_ID");
            let config = config.and_then(|word| word.value(bytes)).map(|value| decode(&value));
            claims.entry((word(0), word(1))).or_default().push(Claim { idle, config });
        }
    }
    claims
}

#[cfg(test)]
mod tests;
