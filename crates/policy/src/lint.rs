//! What is doubtful about an options file although every line can be read.

use std::collections::{BTreeMap, BTreeSet};

use license::{Diagnostic, Entitlement, Findings, Source, quoted};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::attributes::Attributes;
use crate::feature::{FeatureSpec, Modifier};
use crate::keyword::Keyword;
use crate::options::{Kind, Line, OptionsFile, What, Who};

/// What a file is held against.
#[derive(Debug, Clone, Copy)]
pub struct Against<'a> {
    /// The vendor's lines, served or not.
    pub entitlements: &'a [&'a Entitlement],
    /// The text they were read from.
    pub sources: &'a [Source],
}

/// Looks for what was hardly meant: groups that nothing uses, users in no group, rules that never
/// decide; and, against a license, features and modifiers that it does not have, more reserved than
/// there is, and lines that need an INCLUDE and have none. All are warnings, a bounded number.
#[must_use]
pub fn lint(options: &OptionsFile, against: Option<Against<'_>>) -> Vec<Diagnostic> {
    let mut findings = Findings::new(0);
    unused_groups(options, &mut findings);
    users_in_no_group(options, &mut findings);
    idle_rules(options, &mut findings);
    if let Some(against) = against {
        let modified = options.lines.iter().filter_map(feature_of).any(|spec| spec.modifier.is_some());
        let licensed = Licensed::new(against, modified);
        unknown_features(options, &licensed, &mut findings);
        reservations(options, &licensed, &mut findings);
        without_include(options, against, &mut findings);
    }
    findings.finish()
}

fn warn(findings: &mut Findings, line: &Line, words: impl FnOnce() -> (String, &'static str)) {
    findings.warning_with(None, line.span.clone(), || {
        let (message, remedy) = words();
        (message, remedy.to_owned())
    });
}

fn who_of(line: &Line) -> Option<&Who> {
    match &line.what {
        What::Who { who, .. } | What::Count { who, .. } => Some(who),
        _ => None,
    }
}

fn feature_of(line: &Line) -> Option<&FeatureSpec> {
    match &line.what {
        What::Who { feature, .. } | What::Number { feature, .. } => feature.as_ref(),
        What::Count { feature, .. } => Some(feature),
        _ => None,
    }
}

fn unused_groups(options: &OptionsFile, findings: &mut Findings) {
    let used: FxHashSet<(Kind, &str)> =
        options.lines.iter().filter_map(who_of).map(|who| (who.kind, who.name.as_str())).collect();
    let mut said = BTreeSet::new();
    for (hosts, name, line) in options.groups() {
        let kind = if hosts { Kind::HostGroup } else { Kind::Group };
        if !used.contains(&(kind, name)) && said.insert((hosts, name)) {
            warn(findings, line, || {
                let message = format!("no line uses the {} {}", kind.text(), quoted(name.as_bytes()));
                (message, "remove it, or write the rule that it is for")
            });
        }
    }
}

fn users_in_no_group(options: &OptionsFile, findings: &mut Findings) {
    if !options.lines.iter().filter_map(who_of).any(|who| who.kind == Kind::Group) {
        return;
    }
    let fold = |name: &str| match options.group_case_insensitive {
        true => name.to_lowercase(),
        false => name.to_owned(),
    };
    let mut known: FxHashSet<String> = FxHashSet::default();
    for (_, _, line) in options.groups().filter(|(hosts, ..)| !hosts) {
        if let What::Group { members, .. } = &line.what {
            known.extend(members.iter().map(|member| fold(member)));
        }
    }
    for line in &options.lines {
        let Some(who) = who_of(line).filter(|who| who.kind == Kind::User) else { continue };
        // Each user once.
        if known.insert(fold(&who.name)) {
            warn(findings, line, || {
                let message = format!("the user {} is in no GROUP of this file", quoted(who.name.as_bytes()));
                (message, "check the spelling: other rules of the file are for groups")
            });
        }
    }
}

/// Rules that another one makes idle: the same again, and INCLUDE of whom an EXCLUDE names.
fn idle_rules(options: &OptionsFile, findings: &mut Findings) {
    let mut seen: FxHashMap<String, u32> = FxHashMap::default();
    let mut excluded: FxHashMap<(Option<&FeatureSpec>, Kind, &str), u32> = FxHashMap::default();
    for line in &options.lines {
        if let (Keyword::Exclude | Keyword::ExcludeAll, What::Who { feature, who }) =
            (line.keyword, &line.what)
        {
            excluded.entry((feature.as_ref(), who.kind, &who.name)).or_insert(line.number);
        }
    }
    for line in &options.lines {
        let What::Who { feature, who } = &line.what else { continue };
        if let Some(first) = seen.get(&line.shown()) {
            warn(findings, line, || {
                (format!("the rule never decides anything: line {first} says the same"), "remove one of them")
            });
            continue;
        }
        seen.insert(line.shown(), line.number);
        if !matches!(line.keyword, Keyword::Include | Keyword::IncludeAll) {
            continue;
        }
        let unmodified = feature.as_ref().map(|spec| FeatureSpec { modifier: None, ..spec.clone() });
        let wider = [feature.as_ref(), unmodified.as_ref(), None];
        let over = wider.into_iter().find_map(|spec| excluded.get(&(spec, who.kind, who.name.as_str())));
        if let Some(over) = over {
            warn(findings, line, || {
                let message = format!(
                    "the rule never lets anybody in: line {over} excludes them, and EXCLUDE comes first"
                );
                (message, "remove one of them")
            });
        }
    }
}

/// The features and packages of a license, with what tells their lines apart.
#[derive(Debug, Default)]
struct Licensed {
    features: FxHashMap<String, Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// The seats of the lines of this name, and of each component where it is a package; nothing
    /// where some are not counted.
    seats: BTreeMap<String, Option<u64>>,
    modified: FxHashMap<Modifier, Option<u64>>,
}

fn add(sum: &mut Option<u64>, line: &Entitlement) {
    *sum = sum.zip(line.seats).map(|(sum, seats)| sum + u64::from(seats.get()));
}

impl Licensed {
    fn new(against: Against<'_>, modified: bool) -> Self {
        let attributes = match modified {
            true => Attributes::read(against.entitlements, against.sources),
            false => Attributes::default(),
        };
        let mut licensed = Self::default();
        for line in against.entitlements {
            let own = line.feature.as_str();
            let package = line.packaged.as_ref().map(|part| part.package.as_str());
            let present = if modified { attributes.of(line) } else { Vec::new() };
            for name in [Some(own), package.filter(|package| *package != own)].into_iter().flatten() {
                let known = licensed.features.entry(name.to_owned()).or_default();
                add(known.seats.entry(own.to_owned()).or_insert(Some(0)), line);
                for modifier in &present {
                    add(known.modified.entry(modifier.clone()).or_insert(Some(0)), line);
                }
            }
        }
        licensed
    }

    /// How many seats may be reserved of what a rule names.
    fn seats(&self, spec: &FeatureSpec) -> Option<u64> {
        let known = self.features.get(&spec.name)?;
        match &spec.modifier {
            Some(modifier) => *known.modified.get(modifier)?,
            None => known.seats.values().copied().min().flatten(),
        }
    }
}

fn unknown_features(options: &OptionsFile, licensed: &Licensed, findings: &mut Findings) {
    for line in &options.lines {
        let Some(spec) = feature_of(line) else { continue };
        match licensed.features.get(&spec.name) {
            None => warn(findings, line, || {
                let message =
                    format!("the license has no feature or package {}", quoted(spec.name.as_bytes()));
                (message, "the line matches nothing: check the spelling, or remove it")
            }),
            Some(known) if spec.modifier.as_ref().is_some_and(|m| !known.modified.contains_key(m)) => {
                warn(findings, line, || {
                    let message = format!("no license line is {}", quoted(spec.to_string().as_bytes()));
                    (message, "the line matches nothing: copy the value from the license line")
                });
            }
            Some(_) => {}
        }
    }
}

fn reservations(options: &OptionsFile, licensed: &Licensed, findings: &mut Findings) {
    let mut reserved: BTreeMap<&FeatureSpec, u64> = BTreeMap::new();
    for line in &options.lines {
        let (Keyword::Reserve, What::Count { count, feature, .. }) = (line.keyword, &line.what) else {
            continue;
        };
        let sum = reserved.entry(feature).or_default();
        let before = *sum;
        *sum += u64::from(*count);
        let Some(seats) = licensed.seats(feature).filter(|seats| before <= *seats && *seats < *sum) else {
            continue;
        };
        let sum = *sum;
        warn(findings, line, || {
            let message =
                format!("{sum} seats of {feature} are reserved up to here, and {seats} are licensed");
            (message, "only the first reservations that fit are used: reserve fewer")
        });
    }
}

/// USER_BASED and HOST_BASED lines whose users nobody lists.
fn without_include(options: &OptionsFile, against: Against<'_>, findings: &mut Findings) {
    let mut included: FxHashSet<&str> = FxHashSet::default();
    for line in &options.lines {
        match (line.keyword, feature_of(line)) {
            (Keyword::IncludeAll, _) => return,
            (Keyword::Include, Some(spec)) => {
                included.insert(&spec.name);
            }
            _ => {}
        }
    }
    let mut said = BTreeSet::new();
    for line in against.entitlements {
        let attribute = match (line.rules.user_based, line.rules.host_based) {
            (Some(_), _) => "USER_BASED",
            (None, Some(_)) => "HOST_BASED",
            (None, None) => continue,
        };
        let package = line.packaged.as_ref().map(|part| part.package.as_str());
        let is_listed =
            included.contains(line.feature.as_str()) || package.is_some_and(|p| included.contains(p));
        if is_listed || !said.insert(&line.feature) {
            continue;
        }
        let file = against.sources.get(line.place.file).map_or("?", |source| source.name.as_str());
        let message = format!(
            "{} is {attribute} ({file}:{}), and no INCLUDE line lists who may use it",
            line.feature, line.place.line
        );
        findings.warning(None, 0..0, message, "add INCLUDE lines: nobody may use it without");
    }
}
