//! Who may use and borrow what, before and after.

use core::net::IpAddr;
use std::collections::{BTreeMap, BTreeSet};

use names::{Feature, PoolId};

use super::{Change, Changed, Sides, some};
use crate::address::Pattern;
use crate::index::Asker;
use crate::limits::DIFF_QUESTIONS_MAX;
use crate::options::{Kind, OptionsFile, What};
use crate::policy::{Policy, Refusal, Terms};

/// Somebody that a file names, by one thing alone. `AllUsers` is everybody that no file names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Named {
    kind: Kind,
    name: String,
}

/// Features of which both files say the same of everybody.
struct Alike<'a> {
    features: Vec<&'a Feature>,
    pools: usize,
}

/// Of whom a change says what, and of which features.
type Said<'a> = BTreeMap<(&'a Named, String), BTreeSet<&'a str>>;

pub(super) fn diff(sides: &Sides<'_>) -> Vec<Change> {
    let people = people(sides);
    let alike = alike(sides);
    let mut said = Said::new();
    let mut left = DIFF_QUESTIONS_MAX;
    let mut passed_over = 0_usize;
    for alike in &alike {
        if people.len() > left {
            passed_over += alike.features.len();
            continue;
        }
        left -= people.len();
        people.iter().for_each(|named| compare(sides, alike, named, &mut said));
    }
    // What is said of the same features of several people stands together.
    let mut whom: BTreeMap<(BTreeSet<&str>, String), BTreeSet<&Named>> = BTreeMap::new();
    for ((named, text), features) in said {
        whom.entry((features, text)).or_default().insert(named);
    }
    let groups = groups(sides);
    let mut changes = Vec::new();
    for ((features, text), whom) in whom {
        let features = some(&features.into_iter().collect::<Vec<_>>());
        changes.extend(
            shown(&whom, &groups)
                .into_iter()
                .map(|who| Change { what: Changed::Use, text: format!("{who}: {features}: {text}") }),
        );
    }
    if passed_over > 0 {
        let text = format!(
            "{} names and {passed_over} features are more than can be compared: their use was not",
            people.len()
        );
        changes.push(Change { what: Changed::Unknown, text });
    }
    changes
}

/// Everybody that either file names, and everybody else.
fn people(sides: &Sides<'_>) -> BTreeSet<Named> {
    let mut all = BTreeSet::from([Named { kind: Kind::AllUsers, name: String::new() }]);
    for line in [sides.old.0, sides.new.0].into_iter().flat_map(|file| &file.lines) {
        match &line.what {
            What::Who { who, .. } | What::Count { who, .. } if who.kind.is_somebody() => {
                all.insert(Named { kind: who.kind, name: who.name.clone() });
            }
            What::Group { members, .. } => {
                let kind = member_kind(line.keyword == crate::Keyword::HostGroup);
                all.extend(members.iter().map(|name| Named { kind, name: name.clone() }));
            }
            _ => {}
        }
    }
    all
}

fn member_kind(hosts: bool) -> Kind {
    if hosts { Kind::Host } else { Kind::User }
}

impl Named {
    fn asker(&self) -> Asker<'_> {
        let as_kind = |kind| if self.kind == kind { self.name.as_str() } else { "" };
        let address: Option<IpAddr> = match self.kind {
            Kind::Host | Kind::Internet => Pattern::read(&self.name).map(Pattern::sample),
            _ => None,
        };
        Asker {
            user: as_kind(Kind::User),
            host: as_kind(Kind::Host),
            display: as_kind(Kind::Display),
            project: as_kind(Kind::Project),
            address,
        }
    }

    fn shown(&self) -> String {
        match self.kind {
            Kind::AllUsers => "everybody else".to_owned(),
            kind => format!("{} {}", kind.text(), self.name),
        }
    }
}

/// The features that have rules, those of the same rules together.
fn alike<'a>(sides: &'a Sides<'_>) -> Vec<Alike<'a>> {
    let mut places: BTreeMap<Vec<_>, usize> = BTreeMap::new();
    let mut all: Vec<Alike<'a>> = Vec::new();
    for (feature, pools) in &sides.features {
        let rules: Vec<_> =
            pools.iter().map(|pool| (sides.old.1.rules_of(pool), sides.new.1.rules_of(pool))).collect();
        if rules.iter().all(|rules| *rules == (None, None)) {
            continue;
        }
        let place = *places.entry(rules).or_insert(all.len());
        match all.get_mut(place) {
            Some(alike) => alike.features.push(feature),
            None => all.push(Alike { features: vec![feature], pools: pools.len() }),
        }
    }
    all
}

/// Asks both sides about somebody and features.
fn compare<'a>(sides: &Sides<'_>, alike: &Alike<'a>, named: &'a Named, said: &mut Said<'a>) {
    let Some(feature) = alike.features.first() else { return };
    let asker = named.asker();
    let ask = |policy: &Policy| policy.terms(&asker, feature);
    let (before, after) = (ask(&sides.old.1), ask(&sides.new.1));
    let mut say = |features: &[&'a str], before: String, after: String| {
        said.entry((named, format!("{before} -> {after}"))).or_default().extend(features);
    };
    let names: Vec<&'a str> = alike.features.iter().map(|feature| feature.as_str()).collect();
    let may = |terms: &[Terms], of: fn(&Terms) -> Option<&Refusal>, verb: &str| {
        let refused: Vec<&Refusal> = terms.iter().filter_map(of).collect();
        match (refused.first(), alike.pools - refused.len().min(alike.pools)) {
            (None, _) => format!("may {verb}"),
            (Some(first), 0) => format!("may not {verb} ({}, {})", first.code.number(), first.rule),
            (Some(_), some) => format!("may {verb} {some} of {} pools", alike.pools),
        }
    };
    let use_of: fn(&Terms) -> Option<&Refusal> = |terms| terms.refused.as_deref();
    if refused(&before, use_of) != refused(&after, use_of) {
        say(&names, may(&before, use_of, "use"), may(&after, use_of, "use"));
    }
    let borrow_of: fn(&Terms) -> Option<&Refusal> = |terms| terms.no_borrow.as_deref();
    if refused(&before, borrow_of) != refused(&after, borrow_of) {
        let lent: Vec<&'a str> = names.into_iter().filter(|name| sides.may_be_borrowed(name)).collect();
        if !lent.is_empty() {
            say(&lent, may(&before, borrow_of, "borrow"), may(&after, borrow_of, "borrow"));
        }
    }
}

fn refused(terms: &[Terms], of: fn(&Terms) -> Option<&Refusal>) -> BTreeSet<&PoolId> {
    terms.iter().filter(|terms| of(terms).is_some()).map(|terms| &terms.pool).collect()
}

impl Sides<'_> {
    fn may_be_borrowed(&self, feature: &str) -> bool {
        let of = self.against.entitlements.iter().filter(|line| line.feature.as_str() == feature);
        of.into_iter().any(|line| line.rules.borrow_hours.is_some())
    }
}

/// The groups of both files by their name, with the members of the new one, or else of the old one.
fn groups(sides: &Sides<'_>) -> BTreeMap<(bool, String), BTreeSet<Named>> {
    let of = |options: &OptionsFile| {
        let mut all: BTreeMap<(bool, String), BTreeSet<Named>> = BTreeMap::new();
        for (hosts, name, line) in options.groups() {
            let What::Group { members, .. } = &line.what else { continue };
            let named = members.iter().map(|name| Named { kind: member_kind(hosts), name: name.clone() });
            all.entry((hosts, name.to_owned())).or_default().extend(named);
        }
        all
    };
    let mut all = of(sides.old.0);
    all.extend(of(sides.new.0));
    all
}

/// Of whom something is said: a group for its members where it is said of all of them.
fn shown(whom: &BTreeSet<&Named>, groups: &BTreeMap<(bool, String), BTreeSet<Named>>) -> Vec<String> {
    let whole = groups
        .iter()
        .filter(|(_, members)| members.len() > 1 && members.iter().all(|named| whom.contains(named)));
    let (mut shown, mut covered) = (Vec::new(), BTreeSet::new());
    for ((hosts, name), members) in whole {
        let kind = if *hosts { Kind::HostGroup } else { Kind::Group };
        shown.push(format!("{} {name} ({} members)", kind.text(), members.len()));
        covered.extend(members);
    }
    let alone = whom.iter().filter(|named| !covered.contains(**named));
    shown.extend(alone.map(|named| named.shown()));
    shown
}
