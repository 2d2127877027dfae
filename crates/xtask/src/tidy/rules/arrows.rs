//! Who may use whom.

use super::super::Finding;
use super::super::house::{Crate, House};
use super::{lines_with, pattern};

/// Who may use whom. Everyone may use `names`, and `testkit` everything; what only tests need is free.
const ARROWS: &[(&str, &[&str])] = &[
    ("names", &[]),
    ("license", &[]),
    ("policy", &["license"]),
    ("seats", &[]),
    ("desk", &["license"]),
    ("service", &["seats", "policy", "desk", "license"]),
    ("store", &["seats", "desk"]),
    ("history", &["seats", "desk", "license"]),
    ("proto", &[]),
    ("console", &["service", "desk", "history"]),
    // `desk`, `license`, `policy` and `seats` by a ruling: the daemon reads packs, keys and options files, and
    // hands records to the store.
    ("daemon", &["console", "service", "store", "history", "proto", "license", "policy", "seats", "desk"]),
    ("client", &["proto", "license"]),
    ("cli", &["daemon", "service", "store", "history", "client", "license", "policy", "desk", "proto"]),
    ("seatkeeper", &["cli", "daemon"]),
    ("xtask", &["testkit"]),
];

/// What only one crate may name.
const OWNERS: &[(&str, &str)] = &[("sled", "store"), ("axum", "console")];

/// What no shipped binary may contain.
const NOT_SHIPPED: &[&str] = &["testkit", "xtask"];

/// The root package, which owns the binaries.
pub(super) const ROOT: &str = "seatkeeper";

/// A crate uses only the crates that its arrows lead to.
pub(super) fn arrows(house: &House) -> Vec<Finding> {
    let ours = |name: &str| house.crates.iter().any(|krate| krate.name == name);
    let mut findings = Vec::new();
    for krate in &house.crates {
        if krate.name == "testkit" {
            continue;
        }
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == krate.name) else {
            let message = format!("the crate {} has no place among the arrows", krate.name);
            findings.push(Finding::new(krate.manifest(), 1, message));
            continue;
        };
        let used = krate.depends_on.iter().filter(|name| ours(name) && *name != "names");
        for name in used.filter(|name| !allowed.contains(&name.as_str())) {
            let message = format!("no arrow leads from {} to {name}", krate.name);
            findings.push(at_dependency(house, krate, name, message));
        }
    }
    findings
}

/// The shipped binaries contain nothing that is only for tests.
pub(super) fn shipped(house: &House) -> Vec<Finding> {
    let reached = house.reach(ROOT);
    let wrong = NOT_SHIPPED.iter().filter(|name| reached.contains(*name));
    wrong.map(|name| Finding::new("Cargo.toml", 1, format!("the binaries contain {name}"))).collect()
}

/// Only the testkit makes an engine in which bugs can be planted.
pub(super) fn planted(house: &House) -> Vec<Finding> {
    let named = pattern("planted");
    let mut findings = Vec::new();
    for krate in house.crates.iter().filter(|krate| krate.name != "testkit") {
        let path = krate.manifest();
        let text = house.file(&path).map_or("", |file| file.text.as_str());
        let lines = lines_with(text, &named);
        let wrong = lines.filter(|(_, line)| krate.name != "seats" || line.trim() != "planted = []");
        let message = || "only testkit may turn on `planted`".to_owned();
        findings.extend(wrong.map(|(line, _)| Finding::new(&path, line, message())));
    }
    findings
}

/// What has one owner is named by nobody else.
pub(super) fn one_owner(house: &House) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (package, owner) in OWNERS {
        let used = pattern(&format!(r"(^|[^:\w]){package}::"));
        for krate in house.crates.iter().filter(|krate| krate.name != *owner) {
            let message = || format!("only {owner} may name {package}");
            if krate.depends_on.iter().any(|name| name == package) {
                findings.push(at_dependency(house, krate, package, message()));
            }
            for file in house.sources_of(krate) {
                let shipped = file.source().shipped();
                let lines = lines_with(&shipped, &used);
                findings.extend(lines.map(|(line, _)| Finding::new(&file.path, line, message())));
            }
        }
    }
    findings
}

/// A finding at the line of a manifest that names a dependency.
pub(super) fn at_dependency(house: &House, krate: &Crate, name: &str, message: String) -> Finding {
    let path = krate.manifest();
    let text = house.file(&path).map_or("", |file| file.text.as_str());
    let named = |line: &str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '.', '=']));
    let line = text.lines().position(named).map_or(1, |at| at + 1);
    Finding::new(path, line, message)
}
