//! What is doubtful about an options file although every line can be read.

mod licensed;
mod lists;
mod never;

use std::collections::BTreeSet;

use license::{Diagnostic, Entitlement, Findings, Source, quoted};
use rustc_hash::FxHashSet;

use crate::feature::FeatureSpec;
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
/// there is, numbers that change nothing, and lists that the license wants and that are empty or too
/// long. All are warnings, a bounded number.
#[must_use]
pub fn lint(options: &OptionsFile, against: Option<Against<'_>>) -> Vec<Diagnostic> {
    let mut findings = Findings::new(0);
    unused_groups(options, &mut findings);
    users_in_no_group(options, &mut findings);
    never::idle_rules(options, &mut findings);
    never::maxima(options, &mut findings);
    if let Some(against) = against {
        licensed::lint(options, against, &mut findings);
        lists::lint(options, against, &mut findings);
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
        What::Who { feature, .. } | What::Number { feature, .. } | What::Feature(feature) => feature.as_ref(),
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
