//! Whom rules name, as look-ups.

use core::net::IpAddr;
use std::borrow::Cow;

use rustc_hash::FxHashMap;

use crate::address::{Addresses, Pattern};
use crate::options::FqdnMatching;

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// The user, as the client says.
    pub user: &'a str,
    /// The workstation, as the client says.
    pub host: &'a str,
    /// The display, as the client says.
    pub display: &'a str,
    /// Where its connection comes from.
    pub address: Option<IpAddr>,
}

/// Numbers by hosts: by name, as FQDN_MATCHING has it, and by address.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hosts {
    matching: FqdnMatching,
    /// Whether case does not matter.
    fold: bool,
    by_name: FxHashMap<Box<str>, Vec<u32>>,
    /// By the name without its domain, of those that have one; only for lenient matching.
    by_label: FxHashMap<Box<str>, Vec<u32>>,
    by_address: Addresses,
}

/// The text as names are compared.
pub(crate) fn folded(text: &str, fold: bool) -> Cow<'_, str> {
    if fold { Cow::Owned(text.to_lowercase()) } else { Cow::Borrowed(text) }
}

fn insert(map: &mut FxHashMap<Box<str>, Vec<u32>>, name: &str, number: u32) {
    let numbers = map.entry(name.into()).or_default();
    if numbers.last() != Some(&number) {
        numbers.push(number);
    }
}

impl Hosts {
    pub(crate) fn new(matching: FqdnMatching, fold: bool) -> Self {
        Self { matching, fold, ..Self::default() }
    }

    pub(crate) fn add(&mut self, name: &str, address: Option<Pattern>, number: u32) {
        if let Some(pattern) = address {
            self.by_address.add(pattern, number);
            return;
        }
        let name = folded(name, self.fold);
        insert(&mut self.by_name, &name, number);
        if let (FqdnMatching::Lenient, Some((label, _))) = (self.matching, name.split_once('.')) {
            insert(&mut self.by_label, label, number);
        }
    }

    /// The numbers of whoever asks, in no particular order.
    pub(crate) fn of(&self, asker: &Asker<'_>) -> Vec<u32> {
        let name = folded(asker.host, self.fold);
        let mut found = Vec::new();
        let mut take = |map: &FxHashMap<Box<str>, Vec<u32>>, name: &str| {
            found.extend(map.get(name).into_iter().flatten().copied());
        };
        take(&self.by_name, &name);
        if self.matching == FqdnMatching::Lenient {
            match name.split_once('.') {
                // What has a domain meets what has none.
                Some((label, _)) => take(&self.by_name, label),
                None => take(&self.by_label, &name),
            }
        }
        found.extend(asker.address.into_iter().flat_map(|address| self.by_address.of(address)));
        found
    }
}

/// The rules of one list by whom they name; of several for one name the first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    pub(crate) users: FxHashMap<Box<str>, u32>,
    pub(crate) displays: FxHashMap<Box<str>, u32>,
    pub(crate) groups: FxHashMap<u32, u32>,
    pub(crate) host_groups: FxHashMap<u32, u32>,
    pub(crate) hosts: Hosts,
}

impl Names {
    /// The first rule that names whoever asks. `groups` and `host_groups` are those they are in.
    pub(crate) fn find(&self, asker: &Asker<'_>, groups: &[u32], host_groups: &[u32]) -> Option<u32> {
        let by_name = self.users.get(asker.user).into_iter().chain(self.displays.get(asker.display));
        let hosts = self.hosts.of(asker).into_iter().min();
        by_name
            .copied()
            .chain(hosts)
            .chain(first_common(&self.groups, groups))
            .chain(first_common(&self.host_groups, host_groups))
            .min()
    }
}

/// The first rule for one of these groups, from whichever side there are fewer.
fn first_common(rules: &FxHashMap<u32, u32>, of: &[u32]) -> Option<u32> {
    if rules.len() < of.len() {
        let named = rules.iter().filter(|(group, _)| of.binary_search(group).is_ok());
        return named.map(|(_, rule)| *rule).min();
    }
    of.iter().filter_map(|group| rules.get(group)).min().copied()
}

/// The groups of a file, and who is in them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Groups {
    /// Whether case does not matter.
    pub(crate) fold: bool,
    pub(crate) users: FxHashMap<Box<str>, Vec<u32>>,
    pub(crate) hosts: Hosts,
}

impl Groups {
    pub(crate) fn add_user(&mut self, name: &str, group: u32) {
        let name = folded(name, self.fold);
        insert(&mut self.users, &name, group);
    }

    /// The numbers of the groups of whoever asks, rising.
    pub(crate) fn of(&self, asker: &Asker<'_>) -> (Cow<'_, [u32]>, Vec<u32>) {
        let groups = self.users.get(folded(asker.user, self.fold).as_ref());
        let mut hosts = self.hosts.of(asker);
        hosts.sort_unstable();
        hosts.dedup();
        (groups.map_or(Cow::Borrowed(&[]), |groups| Cow::Borrowed(groups.as_slice())), hosts)
    }

    /// Puts every user's groups in order.
    pub(crate) fn finish(&mut self) {
        for groups in self.users.values_mut() {
            groups.sort_unstable();
            groups.dedup();
        }
    }
}
