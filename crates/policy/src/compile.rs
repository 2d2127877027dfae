//! An options file against what is licensed: for each pool its rules, as look-ups.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use license::{Entitlement, Source, quoted};
use names::{Code, Feature, PoolId};
use rustc_hash::FxHashMap;

use crate::attributes::Attributes;
use crate::feature::{FeatureSpec, Modifier};
use crate::index::{Asker, Groups, Hosts, Names};
use crate::keyword::Keyword;
use crate::options::{Kind, OptionsFile, What, Who};
use crate::policy::Refusal;

/// A compiled options file.
#[derive(Debug, Clone)]
pub(crate) struct Compiled {
    file: Arc<str>,
    rules: Vec<Rule>,
    groups: Groups,
    lists: Vec<List>,
    /// The lists that are about some pools.
    sets: Vec<Vec<usize>>,
}

/// A rule as it is shown.
#[derive(Debug, Clone)]
struct Rule {
    line: u32,
    text: Box<str>,
}

/// The rules about one feature, or one modifier of it, or about all.
#[derive(Debug, Clone, Default)]
struct List {
    exclude: Names,
    include: Names,
    /// The first INCLUDE or INCLUDEALL; without one everybody is included.
    included_by: Option<u32>,
}

/// Where the list about something is.
#[derive(Debug, Default)]
struct Lists {
    all: Option<usize>,
    of_feature: FxHashMap<String, usize>,
    modified: FxHashMap<String, FxHashMap<Modifier, usize>>,
}

impl Lists {
    fn at(&mut self, feature: Option<&FeatureSpec>, fresh: usize) -> usize {
        match feature {
            None => *self.all.get_or_insert(fresh),
            Some(FeatureSpec { name, modifier: None }) => {
                *self.of_feature.entry(name.clone()).or_insert(fresh)
            }
            Some(FeatureSpec { name, modifier: Some(modifier) }) => {
                *self.modified.entry(name.clone()).or_default().entry(modifier.clone()).or_insert(fresh)
            }
        }
    }

    /// The lists that are about an entitlement: about its own name, and about its package's.
    fn about(&self, line: &Entitlement, attributes: &Attributes) -> Vec<usize> {
        let package = line.packaged.as_ref().map(|part| part.package.as_str());
        let own = line.feature.as_str();
        let mut lists: Vec<_> = self.all.into_iter().collect();
        for name in [Some(own), package.filter(|package| *package != own)].into_iter().flatten() {
            lists.extend(self.of_feature.get(name));
            let Some(modified) = self.modified.get(name) else { continue };
            lists.extend(attributes.of(line).iter().filter_map(|modifier| modified.get(modifier)));
        }
        lists
    }
}

impl Compiled {
    /// The file compiled, and the number of the rules of each pool that has some.
    pub(crate) fn new(
        options: &OptionsFile,
        entitlements: &[&Entitlement],
        sources: &[Source],
    ) -> (Self, Vec<(PoolId, usize)>) {
        let (groups, numbers) = groups(options);
        let file = options.name.as_str().into();
        let mut compiled = Self { file, rules: Vec::new(), groups, lists: Vec::new(), sets: Vec::new() };
        let lists = compiled.read_rules(options, &numbers);
        let attributes = match lists.modified.is_empty() {
            true => Attributes::default(),
            false => Attributes::read(entitlements, sources),
        };
        // A pool has the rules of all its lines.
        let mut of_pool: BTreeMap<PoolId, BTreeSet<usize>> = BTreeMap::new();
        for line in entitlements {
            let about = lists.about(line, &attributes);
            for (pool, _) in line.pools().into_iter().filter(|_| !about.is_empty()) {
                of_pool.entry(pool).or_default().extend(&about);
            }
        }
        let mut known: BTreeMap<BTreeSet<usize>, usize> = BTreeMap::new();
        let mut pools = Vec::with_capacity(of_pool.len());
        for (pool, lists) in of_pool {
            let fresh = compiled.sets.len();
            if let Some(set) = known.get(&lists) {
                pools.push((pool, *set));
                continue;
            }
            compiled.sets.push(lists.iter().copied().collect());
            known.insert(lists, fresh);
            pools.push((pool, fresh));
        }
        (compiled, pools)
    }

    /// Puts each INCLUDE and EXCLUDE line into the list that it belongs to.
    fn read_rules(&mut self, options: &OptionsFile, groups: &GroupNumbers<'_>) -> Lists {
        use Keyword::{Exclude, ExcludeAll, Include, IncludeAll};
        let mut lists = Lists::default();
        for line in &options.lines {
            let What::Who { feature, who } = &line.what else { continue };
            if !matches!(line.keyword, Exclude | ExcludeAll | Include | IncludeAll) {
                continue;
            }
            let Ok(number) = u32::try_from(self.rules.len()) else { return lists };
            self.rules.push(Rule { line: line.number, text: line.shown().into() });
            let at = lists.at(feature.as_ref(), self.lists.len());
            if at == self.lists.len() {
                let names = || Names { hosts: Hosts::new(options.fqdn_matching, false), ..Names::default() };
                self.lists.push(List { exclude: names(), include: names(), included_by: None });
            }
            let Some(list) = self.lists.get_mut(at) else { continue };
            let is_include = matches!(line.keyword, Include | IncludeAll);
            if is_include {
                list.included_by.get_or_insert(number);
            }
            add(if is_include { &mut list.include } else { &mut list.exclude }, who, number, groups);
        }
        lists
    }

    /// EXCLUDE first; then, where there is an INCLUDE, only those it names.
    pub(crate) fn allows(&self, set: usize, asker: &Asker<'_>, feature: &Feature) -> Result<(), Refusal> {
        let Some(set) = self.sets.get(set) else { return Ok(()) };
        let lists = || set.iter().filter_map(|at| self.lists.get(*at));
        let (groups, host_groups) = self.groups.of(asker);
        let find = |names: &Names| names.find(asker, &groups, &host_groups);
        let who = || format!("{}@{}", asker.user, asker.host);
        if let Some(rule) = lists().filter_map(|list| find(&list.exclude)).min() {
            return Err(self.refusal(Code::Excluded, rule, |rule| {
                format!("{} is excluded from {feature} by {rule}", who())
            }));
        }
        match lists().filter_map(|list| list.included_by).min() {
            Some(first) if !lists().any(|list| find(&list.include).is_some()) => {
                Err(self.refusal(Code::NotIncluded, first, |rule| {
                    format!("{} is on no INCLUDE line of {feature}; the first is {rule}", who())
                }))
            }
            _ => Ok(()),
        }
    }

    fn refusal(&self, code: Code, rule: u32, words: impl FnOnce(&str) -> String) -> Refusal {
        let rule = self.rules.get(rule as usize);
        let (line, text) = rule.map_or((0, ""), |rule| (rule.line, &*rule.text));
        let place = format!("{}:{line}", self.file);
        let words = words(&format!("{place}: {}", quoted(text.as_bytes())));
        Refusal { code, rule: place, words: words.into() }
    }
}

/// Whether of hosts, and the name: the number of each group.
type GroupNumbers<'a> = FxHashMap<(bool, &'a str), u32>;

/// Who is in which group; lines of one name add up.
fn groups(options: &OptionsFile) -> (Groups, GroupNumbers<'_>) {
    let fold = options.group_case_insensitive;
    let mut groups = Groups { fold, hosts: Hosts::new(options.fqdn_matching, fold), ..Groups::default() };
    let mut numbers = GroupNumbers::default();
    for (hosts, name, line) in options.groups() {
        let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        let number = *numbers.entry((hosts, name)).or_insert(next);
        let What::Group { members, .. } = &line.what else { continue };
        for member in members {
            if hosts {
                groups.hosts.add(member, crate::Pattern::read(member), number);
            } else {
                groups.add_user(member, number);
            }
        }
    }
    groups.finish();
    (groups, numbers)
}

fn add(names: &mut Names, who: &Who, number: u32, groups: &GroupNumbers<'_>) {
    let name = who.name.as_str();
    let first = |known: &mut u32| *known = (*known).min(number);
    match who.kind {
        Kind::User => {
            names.users.entry(name.into()).and_modify(first).or_insert(number);
        }
        Kind::Display => {
            names.displays.entry(name.into()).and_modify(first).or_insert(number);
        }
        Kind::Host | Kind::Internet => names.hosts.add(name, who.address, number),
        Kind::Group | Kind::HostGroup => {
            let hosts = who.kind == Kind::HostGroup;
            if let Some(group) = groups.get(&(hosts, name)) {
                let list = if hosts { &mut names.host_groups } else { &mut names.groups };
                list.entry(*group).and_modify(first).or_insert(number);
            }
        }
        // No client says its project; ALL_USERS stands on MAX lines only.
        Kind::Project | Kind::AllUsers => {}
    }
}
