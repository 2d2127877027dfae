//! USER_BASED and HOST_BASED: the users or hosts that INCLUDE lines list, so many at most.

use std::sync::Arc;

use license::{Entitlement, Listed as Limit, Place, Source};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::address::Pattern;
use crate::index::{Hosts, Keep, Known, folded};
use crate::options::{Kind, OptionsFile, What, Who};

/// What a pool's license lines want to be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Wanted {
    /// Of all lines together; nothing where any number may be.
    pub(crate) at_most: Option<u64>,
    /// The first of them.
    pub(crate) place: Place,
}

impl Wanted {
    /// What a line wants: of users, of hosts.
    pub(crate) fn of(line: &Entitlement) -> (Option<Self>, Option<Self>) {
        let seats = line.seats.map(|seats| u64::from(seats.get()));
        let wanted = |limit: Option<Limit>| {
            let at_most = match limit? {
                Limit::AsSeats => seats,
                Limit::AtMost(most) => Some(u64::from(most)),
            };
            Some(Self { at_most, place: line.place })
        };
        (wanted(line.rules.user_based), wanted(line.rules.host_based))
    }

    /// What two lines of a pool want together.
    pub(crate) fn and(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        let (Some(a), Some(b)) = (one, other) else { return one.or(other) };
        let at_most = a.at_most.zip(b.at_most).map(|(a, b)| a.saturating_add(b));
        Some(Self { at_most, place: a.place.min(b.place) })
    }
}

/// The members of a file's groups, in their order.
#[derive(Debug, Default)]
pub(crate) struct Members<'a>(FxHashMap<(bool, &'a str), Vec<&'a str>>);

impl<'a> Members<'a> {
    pub(crate) fn of(options: &'a OptionsFile) -> Self {
        let mut all: FxHashMap<_, Vec<&str>> = FxHashMap::default();
        for (hosts, name, line) in options.groups() {
            if let What::Group { members, .. } = &line.what {
                all.entry((hosts, name)).or_default().extend(members.iter().map(String::as_str));
            }
        }
        Self(all)
    }

    /// Those of a rule that are users, or hosts: the name, its address if it is one, and whether the
    /// case of members of groups is its case.
    pub(crate) fn listed<'w>(&'w self, hosts: bool, who: &'w Who) -> Vec<(&'w str, Option<Pattern>, bool)> {
        match (who.kind, hosts) {
            (Kind::User, false) => vec![(who.name.as_str(), None, false)],
            (Kind::Host | Kind::Internet, true) => vec![(who.name.as_str(), who.address, false)],
            (Kind::Group, false) | (Kind::HostGroup, true) => {
                let members = self.0.get(&(hosts, who.name.as_str())).into_iter().flatten();
                members.map(|name| (*name, Pattern::read(name).filter(|_| hosts), true)).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// The first users or hosts that are listed, as many as may be.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    hosts: bool,
    fold: bool,
    users: FxHashSet<Box<str>>,
    members: FxHashSet<Box<str>>,
    by_name: Hosts,
    by_group: Hosts,
    /// How many count.
    pub(crate) count: u64,
    /// The first rule that lists one too many; what it and those behind it list besides is nothing.
    pub(crate) over: Option<u32>,
    /// `mill is USER_BASED (acmed.lic:7)` without the feature.
    pub(crate) words: String,
    /// `acmed.lic:7`
    pub(crate) place: Arc<str>,
}

impl Listed {
    /// Of users or of hosts, from the INCLUDE lines that list them, in their order.
    pub(crate) fn new<'a>(
        hosts: bool,
        wanted: &Wanted,
        lines: impl Iterator<Item = (u32, &'a Who)>,
        members: &Members<'_>,
        options: &OptionsFile,
        sources: &[Source],
    ) -> Self {
        let (matching, fold) = (options.fqdn_matching, options.group_case_insensitive);
        let place = place(&wanted.place, sources);
        let mut listed = Self {
            hosts,
            fold,
            users: FxHashSet::default(),
            members: FxHashSet::default(),
            by_name: Hosts::new(matching, false, Keep::First),
            by_group: Hosts::new(matching, fold, Keep::First),
            count: 0,
            over: None,
            words: format!("is {} ({place})", attribute(hosts)),
            place: place.into(),
        };
        let mut counted = FxHashSet::default();
        'listed: for (rule, who) in lines {
            for (name, address, is_member) in members.listed(hosts, who) {
                if address.is_some_and(|pattern| !pattern.is_one()) {
                    continue;
                }
                let key = folded(name, fold && is_member);
                if !counted.contains(&key) {
                    if wanted.at_most.is_some_and(|most| listed.count >= most) {
                        listed.over = Some(rule);
                        break 'listed;
                    }
                    listed.count += 1;
                    counted.insert(key);
                }
                listed.add(name, address, is_member);
            }
        }
        listed
    }

    fn add(&mut self, name: &str, address: Option<Pattern>, is_member: bool) {
        match (self.hosts, is_member) {
            (true, true) => self.by_group.add(name, address, 0),
            (true, false) => self.by_name.add(name, address, 0),
            (false, true) => {
                self.members.insert(folded(name, self.fold).as_ref().into());
            }
            (false, false) => {
                self.users.insert(name.into());
            }
        }
    }

    /// Whether somebody is among them.
    pub(crate) fn has(&self, known: &Known<'_>) -> bool {
        let asker = known.asker;
        if !self.hosts {
            return self.users.contains(asker.user)
                || self.members.contains(folded(asker.user, self.fold).as_ref());
        }
        let mut found = false;
        self.by_name.each(asker, |_| found = true);
        self.by_group.each(asker, |_| found = true);
        found
    }

    /// `users` or `hosts`.
    pub(crate) fn whom(&self) -> &'static str {
        if self.hosts { "hosts" } else { "users" }
    }
}

/// The attribute of a license line.
pub(crate) fn attribute(hosts: bool) -> &'static str {
    if hosts { "HOST_BASED" } else { "USER_BASED" }
}

/// `file:line`.
pub(crate) fn place(place: &Place, sources: &[Source]) -> String {
    let file = sources.get(place.file).map_or("?", |source| source.name.as_str());
    format!("{file}:{}", place.line)
}
