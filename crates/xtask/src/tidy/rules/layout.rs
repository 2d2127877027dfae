//! What stands where.

use super::super::Finding;
use super::super::house::{Crate, House};
use super::packages::ELEVEN;

/// What may stand at the top level.
const TOP: &[&str] = &[
    ".cargo",
    ".ci",
    ".git",
    ".gitattributes",
    ".gitignore",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "benches",
    "clippy.toml",
    "config",
    "crates",
    "examples",
    "proto",
    "rustfmt.toml",
    "target",
    "tests",
];

/// The map of the crates.
const MAP: &str = "crates/README.md";

/// Lines of a file that is written by hand.
const LINES_MAX: usize = 600;

/// Only what belongs there stands at the top level.
pub(super) fn top_level(house: &House) -> Vec<Finding> {
    let strange = house.top.iter().filter(|name| !TOP.contains(&name.as_str()));
    strange.map(|name| Finding::new(name, 1, "it has no place at the top level")).collect()
}

/// A crate takes its lints, and the version of every dependency, from the workspace.
pub(super) fn manifests(house: &House) -> Vec<Finding> {
    house.crates.iter().flat_map(|krate| manifest(house, krate)).collect()
}

fn manifest(house: &House, krate: &Crate) -> Vec<Finding> {
    let path = krate.manifest();
    let finding = |message: String| Finding::new(&path, 1, message);
    let parsed = house.file(&path).map(|file| file.text.parse::<toml::Table>());
    let Some(Ok(manifest)) = parsed else { return vec![finding("it is no manifest".into())] };
    let is_workspaces =
        |value: &toml::Value| value.get("workspace").and_then(toml::Value::as_bool) == Some(true);
    let mut findings = Vec::new();
    if !manifest.get("lints").is_some_and(is_workspaces) {
        findings.push(finding("it does not say lints.workspace = true".into()));
    }
    let targets = manifest.get("target").and_then(toml::Value::as_table).into_iter().flatten();
    let targets = targets.filter_map(|(_, target)| target.as_table());
    for table in std::iter::once(&manifest).chain(targets) {
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let dependencies = table.get(kind).and_then(toml::Value::as_table).into_iter().flatten();
            let own = dependencies.filter(|(_, value)| !is_workspaces(value));
            findings.extend(
                own.map(|(name, _)| {
                    finding(format!("{name} has a version of its own: say workspace = true"))
                }),
            );
        }
    }
    findings
}

/// The map names every crate, and each of the eleven packages.
pub(super) fn map(house: &House) -> Vec<Finding> {
    let text = house.file(MAP).map_or("", |file| file.text.as_str());
    let crates = house.crates.iter().map(|krate| krate.name.as_str());
    let absent = crates.chain(ELEVEN.iter().copied()).filter(|name| !text.contains(&format!("`{name}`")));
    absent.map(|name| Finding::new(MAP, 1, format!("it does not name `{name}`"))).collect()
}

/// Files stay short.
pub(super) fn file_length(house: &House) -> Vec<Finding> {
    let written = |path: &str| [".rs", ".py", ".proto", ".sh", "/run"].iter().any(|end| path.ends_with(end));
    let files = house.files.iter().filter(|file| written(&file.path) && !file.generated);
    let long = files.map(|file| (file, file.text.lines().count())).filter(|(_, lines)| *lines > LINES_MAX);
    let message = |lines| format!("it has {lines} lines, more than {LINES_MAX}: divide it");
    long.map(|(file, lines)| Finding::new(&file.path, lines, message(lines))).collect()
}
