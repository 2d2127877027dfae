//! `license show`: what a set of license files gives, pool by pool, and what it does not.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use license::{Entitlement, Severity, Unserved};
use names::{Code, Feature, PoolId, Vendor, Wall};

use super::words::{self, Row, table, wrap};
use super::{Set, json, now, place, unserved_lines};
use crate::args::ShowArgs;
use crate::fail::Failure;
use crate::out;

/// Shows. The exit status is that of `license check`.
pub(super) fn show(args: &ShowArgs) -> Result<u8, Failure> {
    let set = Set::load(&args.files, &args.load)?;
    let text = if args.json { json::show(&set, now())? } else { text(&set, now()) };
    out::print(&text)?;
    Ok(set.status())
}

/// The lines that fill the same pools.
pub(super) struct Group<'a> {
    pub(super) pools: Vec<PoolId>,
    pub(super) lines: Vec<&'a Entitlement>,
}

/// The lines of each feature of each vendor, by pool, in the order in which the pools are searched.
pub(super) fn features<'a>(
    entitlements: impl Iterator<Item = &'a Entitlement>,
) -> BTreeMap<(&'a Feature, &'a Vendor), Vec<Group<'a>>> {
    let mut features: BTreeMap<_, Vec<&Entitlement>> = BTreeMap::new();
    for entitlement in entitlements {
        features.entry((&entitlement.feature, &entitlement.vendor)).or_default().push(entitlement);
    }
    let grouped = |mut lines: Vec<&'a Entitlement>| {
        lines.sort_by(|a, b| a.search_order(b));
        let mut groups: Vec<Group<'a>> = Vec::new();
        let mut known: BTreeMap<Vec<PoolId>, usize> = BTreeMap::new();
        for line in lines {
            let pools: Vec<PoolId> = line.pools().into_iter().map(|(pool, _)| pool).collect();
            let at = *known.entry(pools.clone()).or_insert(groups.len());
            match groups.get_mut(at) {
                Some(group) => group.lines.push(line),
                None => groups.push(Group { pools, lines: vec![line] }),
            }
        }
        groups
    };
    features.into_iter().map(|(name, lines)| (name, grouped(lines))).collect()
}

fn text(set: &Set, now: Wall) -> String {
    let mut text = String::new();
    for ((feature, vendor), groups) in features(set.loaded.entitlements.iter()) {
        served(&mut text, feature, vendor, &groups, set, now);
    }
    unserved(&mut text, set, now);
    if !set.loaded.idle.is_empty() {
        text.push_str("Lines that give nothing\n\n");
        for idle in &set.loaded.idle {
            let line = format!("{}: {}", place(&set.sources, idle.place), words::safe(&idle.why));
            wrap(&mut text, &line, "  ");
        }
        text.push('\n');
    }
    summary(&mut text, set);
    text
}

fn served(text: &mut String, feature: &Feature, vendor: &Vendor, groups: &[Group<'_>], set: &Set, now: Wall) {
    let lines = || groups.iter().flat_map(|group| &group.lines);
    let seats: u64 = lines().map(|line| u64::from(line.count())).sum();
    let seats = match (lines().any(|line| line.seats.is_none()), seats) {
        (false, seats) => many(seats, "seat"),
        (true, 0) => "uncounted".to_owned(),
        (true, seats) => format!("{}, others uncounted", many(seats, "seat")),
    };
    let pools: usize = groups.iter().map(|group| group.pools.len()).sum();
    let order = if pools > 1 { ", searched in this order" } else { "" };
    let _ = writeln!(text, "{feature} of {vendor}: {seats}, {}{order}\n", many(pools as u64, "pool"));
    let mut rows = Vec::new();
    let mut number = 1;
    for group in groups {
        let last = number + group.pools.len().saturating_sub(1);
        let shown = if last > number { format!("{number}-{last}") } else { number.to_string() };
        number = last + 1;
        for (at, line) in group.lines.iter().enumerate() {
            let mut cells = vec![if at == 0 { shown.clone() } else { String::new() }];
            cells.extend(columns(line, set, now));
            rows.push(Row { cells, notes: words::notes(line, &set.sources) });
        }
    }
    let head = ["POOL", "CONFIGURATION", "CPU_ID", "VERSION", "SEATS", "KIND", "EXPIRES", "PLACE"];
    text.push_str(&table(&head, &rows));
    text.push('\n');
}

fn columns(line: &Entitlement, set: &Set, now: Wall) -> [String; 7] {
    [
        words::config(line),
        words::cpus(line),
        line.version.to_string(),
        words::seats(line),
        words::kind(line),
        words::until(line, now),
        place(&set.sources, line.place),
    ]
}

/// What is not served, by its reason, in the order of the files.
fn unserved(text: &mut String, set: &Set, now: Wall) {
    let mut known: BTreeMap<(&Vendor, Code, &str), usize> = BTreeMap::new();
    let mut reasons: Vec<Vec<&Unserved>> = Vec::new();
    for unserved in &set.loaded.unserved {
        let reason = (&unserved.entitlement.vendor, unserved.code, unserved.why.as_str());
        let at = *known.entry(reason).or_insert(reasons.len());
        match reasons.get_mut(at) {
            Some(same) => same.push(unserved),
            None => reasons.push(vec![unserved]),
        }
    }
    for these in reasons {
        let Some(Unserved { entitlement, code, why, .. }) = these.first() else { continue };
        let vendor = &entitlement.vendor;
        let _ = writeln!(text, "Not served, of {vendor}: {} ({})", words::safe(why), code.number());
        let _ = writeln!(text, "help: {}\n", words::remedy(*code));
        let rows: Vec<Row> = these
            .iter()
            .map(|unserved| {
                let line = &unserved.entitlement;
                let mut cells = vec![line.feature.to_string()];
                cells.extend(columns(line, set, now));
                Row { cells, notes: words::notes(line, &set.sources) }
            })
            .collect();
        let head = ["FEATURE", "CONFIGURATION", "CPU_ID", "VERSION", "SEATS", "KIND", "EXPIRES", "PLACE"];
        text.push_str(&table(&head, &rows));
        text.push('\n');
    }
}

fn summary(text: &mut String, set: &Set) {
    let loaded = &set.loaded;
    // A suite's seats go with those of its components.
    let lines = loaded.entitlements.iter().filter(|line| !line.is_suite());
    let seats: u64 = lines.map(|line| u64::from(line.count())).sum();
    let errors = loaded.diagnostics.iter().filter(|found| found.severity == Severity::Error).count();
    let warnings = loaded.diagnostics.len() - errors;
    let mut parts = vec![format!("{} served", many(seats, "seat"))];
    for (n, what) in [(unserved_lines(loaded), "not served"), (loaded.idle.len(), "without effect")] {
        if n > 0 {
            parts.push(format!("{} {what}", many(n as u64, "line")));
        }
    }
    let _ = write!(
        text,
        "{}; {}, {}",
        parts.join(", "),
        many(errors as u64, "error"),
        many(warnings as u64, "warning")
    );
    text.push_str(if loaded.diagnostics.is_empty() { "\n" } else { " (see `seatkeeper license check`)\n" });
}

/// `1 seat`, `2 seats`.
pub(super) fn many(n: u64, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests;
