//! Whom rules name, as look-ups.

use core::net::IpAddr;
use std::borrow::Cow;
use std::collections::hash_map::Entry;

use rustc_hash::FxHashMap;

use crate::address::{Addresses, Pattern};
use crate::options::{FqdnMatching, Kind, OptionsFile, What, Who};

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// The user, as the client says.
    pub user: &'a str,
    /// The workstation, as the client says.
    pub host: &'a str,
    /// The display, as the client says.
    pub display: &'a str,
    /// The project, as the client says (`LM_PROJECT`); may be empty.
    pub project: &'a str,
    /// Where its connection comes from.
    pub address: Option<IpAddr>,
}

/// Who asks, with the groups they are in.
#[derive(Debug, Clone)]
pub(crate) struct Known<'a> {
    pub(crate) asker: &'a Asker<'a>,
    /// Groups of users, rising.
    pub(crate) groups: Cow<'a, [u32]>,
    /// Groups of hosts, rising.
    pub(crate) host_groups: Vec<u32>,
}

/// Numbers by hosts: by name, as FQDN_MATCHING has it, and by address.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hosts {
    matching: FqdnMatching,
    /// Whether case does not matter.
    fold: bool,
    keep: Keep,
    by_name: FxHashMap<Box<str>, Few>,
    /// By the name without its domain, of those that have one; only for lenient matching.
    by_label: FxHashMap<Box<str>, Few>,
    by_address: Addresses,
}

/// The text as names are compared.
pub(crate) fn folded(text: &str, fold: bool) -> Cow<'_, str> {
    if fold { Cow::Owned(text.to_lowercase()) } else { Cow::Borrowed(text) }
}

/// The numbers for one name, at least one: most names have one, which then is found without another
/// look into memory.
#[derive(Debug, Clone)]
struct Few {
    first: u32,
    more: Vec<u32>,
}

impl Few {
    fn each(&self) -> impl Iterator<Item = u32> {
        std::iter::once(self.first).chain(self.more.iter().copied())
    }
}

/// Adds a number. Numbers come rising, so the first is the lowest.
fn insert<K: Eq + std::hash::Hash>(map: &mut FxHashMap<K, Few>, key: K, number: u32, keep: Keep) {
    match map.entry(key) {
        Entry::Vacant(free) => {
            free.insert(Few { first: number, more: Vec::new() });
        }
        Entry::Occupied(mut few) if keep == Keep::All => {
            let few = few.get_mut();
            if *few.more.last().unwrap_or(&few.first) != number {
                few.more.push(number);
            }
        }
        Entry::Occupied(_) => {}
    }
}

/// What is kept of several numbers for one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Keep {
    /// The first.
    #[default]
    First,
    /// Each.
    All,
}

impl Hosts {
    pub(crate) fn new(matching: FqdnMatching, fold: bool, keep: Keep) -> Self {
        Self { matching, fold, keep, ..Self::default() }
    }

    pub(crate) fn add(&mut self, name: &str, address: Option<Pattern>, number: u32) {
        if let Some(pattern) = address {
            self.by_address.add(pattern, number, self.keep);
            return;
        }
        let name = folded(name, self.fold);
        insert(&mut self.by_name, name.as_ref().into(), number, self.keep);
        if let (FqdnMatching::Lenient, Some((label, _))) = (self.matching, name.split_once('.')) {
            insert(&mut self.by_label, label.into(), number, self.keep);
        }
    }

    /// The numbers of whoever asks, in no particular order; one may come twice.
    pub(crate) fn each(&self, asker: &Asker<'_>, mut found: impl FnMut(u32)) {
        if !self.by_name.is_empty() {
            let name = folded(asker.host, self.fold);
            let mut take = |map: &FxHashMap<Box<str>, Few>, name: &str| {
                map.get(name).into_iter().flat_map(Few::each).for_each(&mut found);
            };
            take(&self.by_name, &name);
            if self.matching == FqdnMatching::Lenient {
                match name.split_once('.') {
                    // What has a domain meets what has none.
                    Some((label, _)) => take(&self.by_name, label),
                    None => take(&self.by_label, &name),
                }
            }
        }
        if let Some(address) = asker.address {
            self.by_address.of(address).for_each(found);
        }
    }
}

/// The numbers of rules by whom they name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    keep: Keep,
    users: FxHashMap<Box<str>, Few>,
    displays: FxHashMap<Box<str>, Few>,
    projects: FxHashMap<Box<str>, Few>,
    groups: FxHashMap<u32, Few>,
    host_groups: FxHashMap<u32, Few>,
    hosts: Hosts,
    everybody: Vec<u32>,
}

impl Names {
    pub(crate) fn new(matching: FqdnMatching, keep: Keep) -> Self {
        Self { keep, hosts: Hosts::new(matching, false, keep), ..Self::default() }
    }

    /// Adds a rule; they come in their order.
    pub(crate) fn add(&mut self, who: &Who, number: u32, groups: &GroupNumbers<'_>) {
        let (name, keep) = (who.name.as_str(), self.keep);
        match who.kind {
            Kind::User => insert(&mut self.users, name.into(), number, keep),
            Kind::Display => insert(&mut self.displays, name.into(), number, keep),
            Kind::Project => insert(&mut self.projects, name.into(), number, keep),
            Kind::Host | Kind::Internet => self.hosts.add(name, who.address, number),
            Kind::Group | Kind::HostGroup => {
                let hosts = who.kind == Kind::HostGroup;
                if let Some(group) = groups.get(&(hosts, name)) {
                    let list = if hosts { &mut self.host_groups } else { &mut self.groups };
                    insert(list, *group, number, keep);
                }
            }
            Kind::AllUsers => self.everybody.push(number),
        }
    }

    /// The rules that name whoever asks, each once, in no particular order.
    pub(crate) fn each(&self, known: &Known<'_>, mut found: impl FnMut(u32)) {
        let asker = known.asker;
        let named =
            [(&self.users, asker.user), (&self.displays, asker.display), (&self.projects, asker.project)];
        for (rules, name) in named {
            rules.get(name).into_iter().flat_map(Few::each).for_each(&mut found);
        }
        self.hosts.each(asker, &mut found);
        in_common(&self.groups, &known.groups, &mut found);
        in_common(&self.host_groups, &known.host_groups, &mut found);
        self.everybody.iter().copied().for_each(found);
    }

    /// The first rule that names whoever asks.
    pub(crate) fn first(&self, known: &Known<'_>) -> Option<u32> {
        let mut first: Option<u32> = None;
        self.each(known, |rule| first = Some(first.map_or(rule, |first| first.min(rule))));
        first
    }
}

/// The rules for these groups, from whichever side there are fewer.
fn in_common(rules: &FxHashMap<u32, Few>, of: &[u32], found: impl FnMut(u32)) {
    if rules.len() < of.len() {
        let named = rules.iter().filter(|(group, _)| of.binary_search(group).is_ok());
        named.flat_map(|(_, rules)| rules.each()).for_each(found);
    } else {
        of.iter().filter_map(|group| rules.get(group)).flat_map(Few::each).for_each(found);
    }
}

/// The groups of a file, and who is in them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Groups {
    /// Whether case does not matter.
    fold: bool,
    users: FxHashMap<Box<str>, Vec<u32>>,
    hosts: Hosts,
}

/// Whether of hosts, and the name: the number of each group.
pub(crate) type GroupNumbers<'a> = FxHashMap<(bool, &'a str), u32>;

impl Groups {
    /// Who is in which group; lines of one name add up.
    pub(crate) fn read(options: &OptionsFile) -> (Self, GroupNumbers<'_>) {
        let fold = options.group_case_insensitive;
        let hosts = Hosts::new(options.fqdn_matching, fold, Keep::All);
        let mut groups = Self { fold, hosts, ..Self::default() };
        let mut numbers = GroupNumbers::default();
        for (hosts, name, line) in options.groups() {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            let number = *numbers.entry((hosts, name)).or_insert(next);
            let What::Group { members, .. } = &line.what else { continue };
            for member in members {
                match hosts {
                    true => groups.hosts.add(member, Pattern::read(member), number),
                    false => {
                        let name = folded(member, fold).as_ref().into();
                        groups.users.entry(name).or_default().push(number);
                    }
                }
            }
        }
        for groups in groups.users.values_mut() {
            groups.sort_unstable();
            groups.dedup();
        }
        (groups, numbers)
    }

    /// Somebody with the groups they are in.
    pub(crate) fn of<'a>(&'a self, asker: &'a Asker<'a>) -> Known<'a> {
        let groups = self.users.get(folded(asker.user, self.fold).as_ref());
        let mut host_groups = Vec::new();
        self.hosts.each(asker, |group| host_groups.push(group));
        host_groups.sort_unstable();
        host_groups.dedup();
        let groups = groups.map_or(Cow::Borrowed(&[][..]), |groups| Cow::Borrowed(groups.as_slice()));
        Known { asker, groups, host_groups }
    }
}
