//! What monitors read of lmstat's text, by expressions that accept what theirs do, and what `--json` says.

#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use regex::{Captures, Regex};
use serde_json::Value;

/// What is counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Issued and in use, by feature.
    pub features: BTreeMap<String, (u64, u64)>,
    pub uncounted: BTreeSet<String>,
    /// Lines, and their seats.
    pub users: (u64, u64),
    pub queued: (u64, u64),
    /// Reserved seats: for hosts; for groups of users and of hosts.
    pub reserved: (u64, u64),
    pub servers_up: u64,
    pub vendors_up: u64,
}

impl Counts {
    /// What `lmstat --json` says.
    pub fn of_json(report: &Value) -> Self {
        let mut counts = Self::default();
        for status in report["servers"].as_array().unwrap().iter().map(|server| &server["status"]) {
            let up = |of: &Value| list(of).iter().filter(|one| one["up"] == true).count() as u64;
            counts.servers_up += up(&status["hosts"]);
            counts.vendors_up += up(&status["vendors"]);
            for pool in list(&status["pools"]) {
                counts.add_pool(pool);
            }
        }
        let counted = &counts.features;
        counts.uncounted.retain(|name| !counted.contains_key(name));
        counts
    }

    fn add_pool(&mut self, pool: &Value) {
        let number = |of: &Value, key: &str| of[key].as_u64().unwrap();
        let name = pool["feature"].as_str().unwrap().to_owned();
        if pool["uncounted"] == true {
            self.uncounted.insert(name);
        } else {
            let (issued, used) = self.features.entry(name).or_default();
            *issued += number(pool, "capacity");
            *used += number(pool, "in_use") + number(pool, "reserved");
        }
        for user in list(&pool["users"]) {
            add(&mut self.users, number(user, "seats"));
        }
        for waiting in list(&pool["queue"]) {
            add(&mut self.queued, number(waiting, "seats"));
        }
        for reservation in list(&pool["reservations"]) {
            let kind = reservation["who"].as_str().unwrap().split(' ').next().unwrap_or_default();
            match kind {
                "HOST" => self.reserved.0 += number(reservation, "seats"),
                "GROUP" | "HOST_GROUP" => self.reserved.1 += number(reservation, "seats"),
                _ => {}
            }
        }
    }
}

fn list(of: &Value) -> &[Value] {
    of.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn add((lines, seats): &mut (u64, u64), n: u64) {
    *lines += 1;
    *seats += n;
}

thread_local! {
    /// Expressions that were made before: to make one takes longer than to use it.
    static MADE: RefCell<BTreeMap<String, Regex>> = const { RefCell::new(BTreeMap::new()) };
}

fn regex(text: &str) -> Regex {
    MADE.with_borrow_mut(|made| {
        made.entry(text.to_owned()).or_insert_with(|| Regex::new(text).unwrap()).clone()
    })
}

fn number(found: &Captures<'_>, name: &str) -> u64 {
    found.name(name).map_or(1, |n| n.as_str().parse().unwrap())
}

/// The lines of `text` that `of` finds, each with what it found.
fn all<'t>(text: &'t str, of: &Regex) -> Vec<Captures<'t>> {
    text.lines().filter_map(|line| of.captures(line)).collect()
}

fn features(text: &str, of: &Regex) -> BTreeMap<String, (u64, u64)> {
    let mut features = BTreeMap::<_, (u64, u64)>::new();
    for found in all(text, of) {
        let (issued, used) = features.entry(found["name"].to_owned()).or_default();
        *issued += number(&found, "issued");
        *used += number(&found, "used");
    }
    features
}

fn names(text: &str, of: &Regex) -> BTreeSet<String> {
    all(text, of).iter().map(|found| found["name"].to_owned()).collect()
}

/// A Prometheus exporter's: each line from its first to its last character.
pub fn exporter(text: &str) -> Counts {
    let tail = r"\(v[0-9A-Za-z_.]+\) \([0-9A-Za-z_.-]+/[0-9]+ [0-9]+\)";
    let start = r", start [0-9A-Za-z_]+ [0-9]+/[0-9]+ [0-9]+:[0-9]+(?:,\s(?<n>[0-9]+)\s[0-9A-Za-z_]+|)(?:\s+\(linger:\s[0-9]+\s/\s[0-9]+\))?(?:,\s+PID:\s+[0-9]+\s?)?$";
    let user = regex(&format!(r"^\s+[ -~]+ [0-9A-Za-z_.-]+ [ -~]+ {tail}{start}"));
    let bare = regex(&format!(r"^\s+[ -~]+ [0-9A-Za-z_.-]+ {tail}{start}"));
    let queued = regex(&format!(
        r"^\s+[ -~]+ [0-9A-Za-z_.-]+ [ -~]+ [0-9.]+ {tail}\s+queued for (?<n>[0-9]+) licenses?$"
    ));
    let mut counts = Counts {
        features: features(
            text,
            &regex(
                r"^Users of (?<name>.*):\s+\(Total of (?<issued>[0-9]+) [0-9A-Za-z_]+ issued;\s+Total of (?<used>[0-9]+) [0-9A-Za-z_]+ in use\)$",
            ),
        ),
        uncounted: names(text, &regex(r"^Users of (?<name>.*):\s+\(Uncounted, node-locked\)$")),
        servers_up: all(text, &regex(r"[0-9A-Za-z_.-]+: license server UP(?:\s\(MASTER\))? v[0-9.]+$")).len()
            as u64,
        vendors_up: all(text, &regex(r"^\s+[0-9A-Za-z_]+: UP v[0-9.]+$")).len() as u64,
        ..Counts::default()
    };
    for line in text.lines() {
        if let Some(found) = user.captures(line).or_else(|| bare.captures(line)) {
            add(&mut counts.users, number(&found, "n"));
        }
        if let Some(found) = queued.captures(line) {
            add(&mut counts.queued, number(&found, "n"));
        }
    }
    let reserved = |kinds: &str| -> u64 {
        let of = regex(&format!(r"^\s*(?<n>[0-9]+)\s+[0-9A-Za-z_]+\s+for\s+(?:{kinds})\s+[0-9A-Za-z_]+.*$"));
        all(text, &of).iter().map(|found| number(found, "n")).sum()
    };
    counts.reserved = (reserved("HOST"), reserved("HOST_GROUP|GROUP"));
    counts
}

/// A web page's: loose at a line's end, strict about its blanks. It reads no queue and no reservation.
pub fn watcher(text: &str) -> Counts {
    let mut counts = Counts {
        features: features(
            text,
            &regex(
                r"(?i)^Users of (?<name>[0-9A-Za-z_\- ]+):  \(Total of (?<issued>[0-9]+) licenses? issued;  Total of (?<used>[0-9]+)",
            ),
        ),
        uncounted: names(text, &regex(r"(?i)^Users of (?<name>[0-9A-Za-z_\- ]+):  \(Uncounted")),
        servers_up: all(text, &regex(r"(?i)license server UP (?:\(MASTER\) )?v[0-9]+(?:\.[0-9]+)+$")).len()
            as u64,
        ..Counts::default()
    };
    let user = regex(
        r"(?i)^ *[^ ]+ [^ ]+ .+, start [0-9A-Za-z_]{3} [0-9]{1,2}/[0-9]{1,2} [0-9]{1,2}:[0-9]{2}(?:, (?<n>[0-9]+) licenses)?",
    );
    for found in all(text, &user) {
        add(&mut counts.users, number(&found, "n"));
    }
    counts
}

/// A script's whose expressions may begin anywhere in a line. It takes a process behind a count for a pool's
/// header, so it reads the layout without.
pub fn unanchored(text: &str) -> Counts {
    let feature =
        regex(r"^Users of (?<name>[^:]*):[^0-9:]*(?<issued>[0-9]+)[^0-9]*(?<used>[0-9]+)[^0-9]*\)+");
    let header = regex(r"\s*(\S*)\s+([^\s,]*),\s+(\S*)\s+([^\s,]*),\s+(\S*)\s+([^\s,]*)");
    let user = regex(r"(\S*)\s+(\S*)\s+(\S*)\s+\((\S*)\)\s+\(([^)]*)\),\s+(\S*)\s(.*)");
    let mut counts = Counts { features: features(text, &feature), ..Counts::default() };
    for line in text.lines().filter(|line| !feature.is_match(line)) {
        if line.starts_with("  vendor_string: ") {
            // It takes some of a vendor's texts for headers, FlexNet's too.
            assert!(!user.is_match(line), "it is no user: {line:?}");
        } else if let Some(found) = header.captures(line) {
            assert!(found[2].starts_with('v') && &found[3] == "vendor:", "it is no pool's header: {line:?}");
        } else if let Some(found) = user.captures(line) {
            let seats = regex(", (?<n>[0-9]+) licenses");
            add(&mut counts.users, seats.captures(&found[7]).map_or(1, |found| number(&found, "n")));
        }
    }
    counts
}

/// Holds what monitors read of a text against `--json` of the same state. `has_pid`: processes are shown.
pub fn agree(text: &str, report: &Value, has_pid: bool) {
    let counts = Counts::of_json(report);
    assert_eq!(exporter(text), counts, "{text}");
    let Counts { features, uncounted, users, servers_up, .. } = counts;
    let read = Counts { features, users, ..Counts::default() };
    assert_eq!(watcher(text), Counts { uncounted, servers_up, ..read.clone() }, "{text}");
    if !has_pid {
        assert_eq!(unanchored(text), read, "{text}");
    }
}
