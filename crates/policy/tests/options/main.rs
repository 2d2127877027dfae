//! Options files: every keyword, every limit, and what the rules say of whom.

#![allow(clippy::unwrap_used, reason = "what is not as it must be fails the test")]

mod access;
mod asks;
mod borrow;
mod changes;
mod counted;
mod grammar;
mod licensed;
mod lints;
mod listed;
mod model;
mod numbers;
mod speed;
mod vendors;

use policy::{Effect, Keyword};

#[test]
fn every_keyword_with_a_meaning_here_has_a_table() {
    let mut with: Vec<Keyword> = Vec::new();
    access::TABLES.iter().for_each(|table| with.extend(table.0));
    asks::TABLES.iter().for_each(|table| with.extend(table.0));
    borrow::TABLES.iter().for_each(|table| with.extend(table.0));
    counted::TABLES.iter().for_each(|table| with.extend(table.0));
    numbers::TABLES.iter().for_each(|table| with.extend(table.0));
    vendors::TABLES.iter().for_each(|table| with.extend(table.0));
    with.sort();
    let meant =
        |keyword: &&Keyword| !matches!(keyword.effect(), Effect::TrustedStorage | Effect::VendorDaemon);
    let mut all: Vec<_> = Keyword::ALL.iter().filter(meant).copied().collect();
    all.sort();
    assert_eq!(with, all);
}
