//! Packages from elsewhere.

use super::super::Finding;
use super::super::house::House;
use super::arrows::ROOT;
use super::pattern;

/// The packages that the daemon is built of; each has real work.
pub(super) const ELEVEN: &[&str] = &[
    "tokio",
    "tokio-util",
    "bytes",
    "prost",
    "tonic",
    "ed25519-dalek",
    "serde",
    "toml",
    "sled",
    "tracing",
    "clap",
];

/// Two versions of one of these would not understand each other.
const ONE_VERSION: &[&str] = &["tonic", "prost", "hyper", "rustls"];

/// Each of the eleven is used by code that a binary contains and that is no test.
pub(super) fn eleven_used(house: &House) -> Vec<Finding> {
    let reached = house.reach(ROOT);
    let shipped =
        || house.crates.iter().filter(|krate| reached.contains(krate.name.as_str()) || krate.name == ROOT);
    let unused = ELEVEN.iter().filter(|package| {
        let used = pattern(&format!(r"(^|[^:\w]){}::", package.replace('-', "_")));
        let works_in = |krate| house.sources_of(krate).any(|file| used.is_match(&file.source().shipped()));
        !shipped().filter(|krate| krate.depends_on.iter().any(|name| name == *package)).any(works_in)
    });
    unused.map(|package| Finding::new("Cargo.toml", 1, format!("no binary uses {package}"))).collect()
}

/// One version each.
pub(super) fn one_version(house: &House) -> Vec<Finding> {
    let count = |name: &str| house.locked.iter().filter(|locked| *locked == name).count();
    let twice = ONE_VERSION.iter().filter(|name| count(name) > 1);
    twice
        .map(|name| Finding::new("Cargo.lock", 1, format!("there are {} versions of {name}", count(name))))
        .collect()
}
