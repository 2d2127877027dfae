//! The core decides, and does nothing else: time, randomness and ids are arguments.

use super::super::Finding;
use super::super::house::House;
use super::{lines_with, pattern};

/// The crates without runtime, file, socket, thread, clock and random source.
const CORE: &[&str] = &["names", "license", "policy", "seats", "desk", "service"];

/// Packages that reach for one of those.
const REACHING_OUT: &[&str] = &[
    "axum",
    "chrono",
    "crossbeam-channel",
    "fastrand",
    "getrandom",
    "h2",
    "hyper",
    "jiff",
    "mio",
    "nix",
    "parking_lot",
    "rand",
    "rand_core",
    "rayon",
    "rustix",
    "sled",
    "socket2",
    "tempfile",
    "time",
    "tokio",
    "tokio-util",
    "tonic",
];

/// What the source of the core may not say, and what it would be.
const REACHES: &[(&str, &str)] = &[
    (r"\bstd::(\{[^}]*\b)?(fs|net|process|env|os|io)\b", "files, sockets and the environment"),
    (r"\bstd::(\{[^}]*\b)?thread\b|\bthread::", "threads"),
    (r"\b(Instant|SystemTime)\b", "clocks"),
    (
        r"\bRandomState\b|\bHash(Map|Set)::(new|default|with_capacity|from)\b",
        "a random source: hashers are fixed",
    ),
];

/// Where nothing may take a lock, wait on one or spin, whatever the reason.
const WITHOUT_LOCKS: &[&str] = &["names", "seats", "service", "daemon"];

/// The core needs no package that reaches out.
pub(super) fn packages(house: &House) -> Vec<Finding> {
    let mut findings = Vec::new();
    for krate in house.crates.iter().filter(|krate| CORE.contains(&krate.name.as_str())) {
        let reached = house.reach(&krate.name);
        for name in REACHING_OUT.iter().filter(|name| reached.contains(*name)) {
            let message =
                format!("{} is core and may not need {name}, not even through another package", krate.name);
            findings.push(Finding::new(krate.manifest(), 1, message));
        }
    }
    findings
}

/// The core's source names nothing that reaches out.
pub(super) fn sources(house: &House) -> Vec<Finding> {
    let reaches: Vec<_> = REACHES.iter().map(|(text, what)| (pattern(text), what)).collect();
    let mut findings = Vec::new();
    for krate in house.crates.iter().filter(|krate| CORE.contains(&krate.name.as_str())) {
        for file in house.sources_of(krate) {
            let shipped = file.source().shipped();
            for (reach, what) in &reaches {
                let message = format!("{} is core and has no {what}", krate.name);
                let lines = lines_with(&shipped, reach);
                findings.extend(lines.map(|(line, _)| Finding::new(&file.path, line, &message)));
            }
        }
    }
    findings
}

/// The ban on locks has no exception on the way of a request.
pub(super) fn no_locks(house: &House) -> Vec<Finding> {
    let exception = pattern(r"clippy::disallowed_(types|methods)|\bparking_lot::|\bspin::");
    let mut findings = Vec::new();
    for krate in house.crates.iter().filter(|krate| WITHOUT_LOCKS.contains(&krate.name.as_str())) {
        for file in house.sources_of(krate) {
            let shipped = file.source().shipped();
            let message =
                format!("{} is on the way of requests: no lock, and no exception from the ban", krate.name);
            let lines = lines_with(&shipped, &exception);
            findings.extend(lines.map(|(line, _)| Finding::new(&file.path, line, &message)));
        }
    }
    findings
}
