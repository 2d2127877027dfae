//! An options file against what is licensed: for each pool its rules, as look-ups.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use license::{Entitlement, SeatKind, Source, Suite, quoted};
use names::PoolId;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::attributes::Attributes;
use crate::counted::{Counted, Keys};
use crate::index::{GroupNumbers, Groups};
use crate::keyword::Keyword;
use crate::listed::{Listed, Members, Wanted};
use crate::lists::{List, Lists, NoAsk};
use crate::numbers::{Numbers, PoolOptions};
use crate::options::{Line, OptionsFile, What, Who};

/// A compiled options file.
#[derive(Debug, Clone)]
pub(crate) struct Compiled {
    pub(crate) rules: Vec<Rule>,
    pub(crate) groups: Groups,
    pub(crate) lists: Vec<List>,
    pub(crate) sets: Vec<Set>,
}

/// A rule about somebody.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) line: u32,
    /// `file:line`
    pub(crate) place: Arc<str>,
    /// The place, and the line in one spelling.
    pub(crate) shown: Box<str>,
    /// RESERVE and MAX.
    pub(crate) counted: Option<Counted>,
}

/// The rules of some pools.
#[derive(Debug, Clone, Default)]
pub(crate) struct Set {
    pub(crate) lists: Vec<usize>,
    /// USER_BASED, HOST_BASED.
    pub(crate) listed: Vec<Listed>,
    pub(crate) options: PoolOptions,
    pub(crate) no_ask: Option<NoAsk>,
}

/// What is about a pool; pools with the same have one set.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct About {
    lists: BTreeSet<usize>,
    users: Option<Wanted>,
    hosts: Option<Wanted>,
}

/// Whom each rule names, by its number.
type Whos<'a> = Vec<&'a Who>;

impl Compiled {
    /// The file compiled, and the number of the rules of each pool that has some. `owner` begins the
    /// keys of its counted rules.
    pub(crate) fn new(
        options: &OptionsFile,
        entitlements: &[&Entitlement],
        sources: &[Source],
        owner: &str,
    ) -> (Self, Vec<(PoolId, usize)>) {
        let (groups, numbers) = Groups::read(options);
        let mut compiled = Self { rules: Vec::new(), groups, lists: Vec::new(), sets: Vec::new() };
        let reserved = reserved_packages(entitlements);
        let (lists, whos) = compiled.read_rules(options, &numbers, &reserved, owner);
        let attributes = match lists.are_modified() {
            true => Attributes::read(entitlements, sources),
            false => Attributes::default(),
        };
        // A pool has the rules of all its lines.
        let mut of_pool: BTreeMap<PoolId, About> = BTreeMap::new();
        for line in entitlements {
            let (users, hosts) = Wanted::of(line);
            let lists = lists.about(line, &attributes);
            if lists.is_empty() && users.is_none() && hosts.is_none() {
                continue;
            }
            for (pool, _) in line.pools() {
                let about = of_pool.entry(pool).or_default();
                about.lists.extend(&lists);
                about.users = Wanted::and(about.users, users);
                about.hosts = Wanted::and(about.hosts, hosts);
            }
        }
        let mut known: BTreeMap<About, usize> = BTreeMap::new();
        let mut pools = Vec::with_capacity(of_pool.len());
        let mut make = Make { options, sources, whos: &whos, members: None };
        for (pool, about) in of_pool {
            for list in &about.lists {
                if let Some(list) = compiled.lists.get_mut(*list) {
                    list.pools.push(pool.clone());
                }
            }
            if let Some(set) = known.get(&about) {
                pools.push((pool, *set));
                continue;
            }
            let fresh = compiled.sets.len();
            compiled.sets.push(make.set(&about, &compiled.lists));
            known.insert(about, fresh);
            pools.push((pool, fresh));
        }
        (compiled, pools)
    }

    /// Puts each line into the list that it belongs to.
    fn read_rules<'a>(
        &mut self,
        options: &'a OptionsFile,
        groups: &GroupNumbers<'_>,
        reserved: &FxHashSet<&str>,
        owner: &str,
    ) -> (Lists<'a>, Whos<'a>) {
        let (mut lists, mut whos) = (Lists::default(), Whos::new());
        let mut keys = Keys::of(owner);
        for line in &options.lines {
            let (feature, who, count) = match &line.what {
                What::Who { feature, who } => (feature.as_ref(), who, None),
                What::Count { count, feature, who } => (Some(feature), who, Some(*count)),
                What::Number { feature, number } if Numbers::are_of(line.keyword) => {
                    let at = self.list(&mut lists, feature.as_ref());
                    if let Some(list) = self.lists.get_mut(at) {
                        list.numbers.add(line.keyword, line.number, *number);
                    }
                    continue;
                }
                What::Feature(feature) => {
                    let at = self.list(&mut lists, feature.as_ref());
                    if let Some(list) = self.lists.get_mut(at) {
                        list.no_ask.get_or_insert_with(|| (line.number, shown(options, line).into()));
                    }
                    continue;
                }
                _ => continue,
            };
            let is_reserve = line.keyword == Keyword::Reserve;
            // The manual forbids it, since the package reserves its components itself.
            if is_reserve && feature.is_some_and(|feature| reserved.contains(feature.name.as_str())) {
                continue;
            }
            let at = self.list(&mut lists, feature);
            let Ok(number) = u32::try_from(self.rules.len()) else { break };
            let Some(list) = self.lists.get_mut(at) else { continue };
            list.add(line.keyword, who, number, groups, options.fqdn_matching);
            if line.keyword == Keyword::Include && feature.is_some_and(|feature| feature.modifier.is_some()) {
                list.listing.push(number);
            }
            let counted = count.zip(feature).map(|(seats, feature)| Counted {
                is_reserve,
                seats,
                feature: feature.name.as_str().into(),
                spec: feature.to_string().into(),
                list: at,
                who: who.to_string().into(),
                key: keys.of_line(line),
            });
            let place = format!("{}:{}", options.name, line.number);
            let shown = shown(options, line).into();
            self.rules.push(Rule { line: line.number, place: place.into(), shown, counted });
            whos.push(who);
        }
        (lists, whos)
    }

    fn list<'a>(&mut self, lists: &mut Lists<'a>, feature: Option<&'a crate::FeatureSpec>) -> usize {
        let at = lists.at(feature, self.lists.len());
        if at == self.lists.len() {
            self.lists.push(List::default());
        }
        at
    }
}

/// `file:line`, and the line in one spelling.
fn shown(options: &OptionsFile, line: &Line) -> String {
    format!("{}:{}: {}", options.name, line.number, quoted(line.shown().as_bytes()))
}

/// What sets are made of.
struct Make<'a> {
    options: &'a OptionsFile,
    sources: &'a [Source],
    whos: &'a Whos<'a>,
    /// Made when the first line is USER_BASED or HOST_BASED.
    members: Option<Members<'a>>,
}

impl Make<'_> {
    fn set(&mut self, about: &About, lists: &[List]) -> Set {
        let of_set = || about.lists.iter().filter_map(|at| lists.get(*at));
        let mut numbers = Numbers::default();
        of_set().for_each(|list| numbers.join(&list.numbers));
        let mut listed = Vec::new();
        for (hosts, wanted) in [(false, &about.users), (true, &about.hosts)] {
            let Some(wanted) = wanted else { continue };
            let members = self.members.get_or_insert_with(|| Members::of(self.options));
            let mut rules: Vec<u32> = of_set().flat_map(|list| &list.listing).copied().collect();
            rules.sort_unstable();
            let whos = rules.iter().filter_map(|rule| Some((*rule, *self.whos.get(*rule as usize)?)));
            listed.push(Listed::new(hosts, wanted, whos, members, self.options, self.sources));
        }
        let no_ask = of_set().filter_map(|list| list.no_ask.clone()).min();
        Set { lists: about.lists.iter().copied().collect(), listed, options: numbers.options(), no_ask }
    }
}

/// The packages whose components are reserved for whoever takes one of them.
pub(crate) fn reserved_packages<'a>(entitlements: &[&'a Entitlement]) -> FxHashSet<&'a str> {
    let parts = entitlements.iter().filter_map(|line| line.packaged.as_ref());
    parts.filter(|part| part.suite == Some(Suite::Reserved)).map(|part| part.package.as_str()).collect()
}

/// The counted pools of some lines with all their seats, in the order in which they are searched: what
/// [`crate::Policy::quotas`] wants to know, where every line is in force.
#[must_use]
pub fn capacities(entitlements: &[&Entitlement]) -> Vec<(PoolId, u32)> {
    let mut at: FxHashMap<PoolId, usize> = FxHashMap::default();
    let mut pools: Vec<(PoolId, u32)> = Vec::new();
    for line in in_order(entitlements).into_iter().filter(|line| line.seats.is_some()) {
        let seats = if line.kind == SeatKind::Locked { 1 } else { line.count() };
        for (pool, _) in line.pools() {
            let place = *at.entry(pool.clone()).or_insert(pools.len());
            match pools.get_mut(place) {
                Some((_, sum)) => *sum = sum.saturating_add(seats),
                None => pools.push((pool, seats)),
            }
        }
    }
    pools
}

/// Lines in the order in which their pools are searched.
pub(crate) fn in_order<'a>(entitlements: &[&'a Entitlement]) -> Vec<&'a Entitlement> {
    let mut lines = entitlements.to_vec();
    lines.sort_by(|a, b| a.search_order(b));
    lines
}
