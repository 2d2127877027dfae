//! The rules.

mod arrows;
mod core;
mod layout;
mod packages;
mod text;

use super::Finding;
use super::house::House;

/// A rule and its name.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    pub(crate) check: fn(&House) -> Vec<Finding>,
}

/// All rules.
pub(crate) const RULES: &[Rule] = &[
    Rule { name: "arrows", check: arrows::arrows },
    Rule { name: "shipped", check: arrows::shipped },
    Rule { name: "planted", check: arrows::planted },
    Rule { name: "one-owner", check: arrows::one_owner },
    Rule { name: "core-packages", check: core::packages },
    Rule { name: "core-sources", check: core::sources },
    Rule { name: "no-locks", check: core::no_locks },
    Rule { name: "eleven-used", check: packages::eleven_used },
    Rule { name: "one-version", check: packages::one_version },
    Rule { name: "top-level", check: layout::top_level },
    Rule { name: "manifests", check: layout::manifests },
    Rule { name: "map", check: layout::map },
    Rule { name: "file-length", check: layout::file_length },
    Rule { name: "words", check: text::words },
    Rule { name: "sleeping-tests", check: text::sleeping_tests },
    Rule { name: "fixed-ports", check: text::fixed_ports },
];

/// Each line of a text with its number that a pattern matches.
fn lines_with<'a>(text: &'a str, pattern: &'a regex::Regex) -> impl Iterator<Item = (usize, &'a str)> {
    text.lines().enumerate().filter(|(_, line)| pattern.is_match(line)).map(|(n, line)| (n + 1, line))
}

fn pattern(text: &str) -> regex::Regex {
    #[expect(clippy::expect_used, reason = "the patterns are written here, and a test tries each")]
    regex::Regex::new(text).expect("the pattern is right")
}

#[cfg(test)]
mod tests;
