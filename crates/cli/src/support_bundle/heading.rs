//! README.txt of a bundle: whose it is, by configuration ids and serial numbers, and what is in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use proto::v1;

use super::archive::Part;
use super::scope::Scope;
use crate::licenses::Set;

/// Numbers by which a vendor finds a customer, beside the configuration id: the attribute and its name.
const NUMBERS: [(&str, &str); 4] = [
    ("SN", "serial number"),
    ("CUSTOMER", "customer number"),
    ("SUBSCRIPTION", "subscription number"),
    ("INVOICE", "invoice number"),
];
/// Numbers of one kind that are told.
const TOLD_MAX: usize = 1_000;

/// What a vendor finds the customer by.
#[derive(Debug, Default)]
pub(super) struct Heading {
    /// Features by configuration.
    configs: BTreeMap<String, BTreeSet<String>>,
    packs: BTreeSet<String>,
    numbers: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Heading {
    /// Of what is served.
    pub(super) fn status(&mut self, reply: &v1::StatusReply) {
        for name in reply.pools.iter().filter_map(|pool| pool.pool.as_ref()) {
            let features = self.configs.entry(client::shown(&name.config_id, 100)).or_default();
            features.insert(client::shown(&name.feature, 100));
        }
    }

    /// Whether anything is known of a configuration.
    pub(super) fn has(&self, config: &str) -> bool {
        self.configs.contains_key(config)
    }

    /// Of what the license files say.
    pub(super) fn licenses(&mut self, set: &Set, scope: &Scope) {
        let unserved = set.loaded.unserved.iter().map(|unserved| &unserved.entitlement);
        for line in set.loaded.entitlements.iter().chain(unserved) {
            if !scope.has(Some(line.config.to_string().as_str())) {
                continue;
            }
            self.configs.entry(line.config.to_string()).or_default().insert(line.feature.to_string());
            self.packs.extend(line.pack.as_ref().map(ToString::to_string));
            let Some(signed) = &line.line else { continue };
            let text = String::from_utf8_lossy(&signed.canonical);
            for (key, name) in NUMBERS {
                self.numbers.entry(name).or_default().extend(attribute(&text, key));
            }
        }
    }

    /// The whole text.
    pub(super) fn text(
        &self,
        made: &str,
        scope: &Scope,
        hidden: bool,
        parts: &[Part],
        missing: &[(String, String)],
    ) -> String {
        let mut text = String::from("Seatkeeper support bundle\n\n");
        for (config, features) in self.configs.iter().take(TOLD_MAX) {
            let features: Vec<_> = features.iter().map(String::as_str).collect();
            let _ = writeln!(text, "configuration id {config}: {}", features.join(" "));
        }
        if self.configs.is_empty() {
            text.push_str("configuration id: none is known\n");
        }
        for (name, found) in &self.numbers {
            for number in found.iter().take(TOLD_MAX) {
                let _ = writeln!(text, "{name} {number}");
            }
        }
        if self.numbers.get("serial number").is_none_or(BTreeSet::is_empty) {
            text.push_str("serial number: none is on the signed lines\n");
        }
        for pack in self.packs.iter().take(TOLD_MAX) {
            let _ = writeln!(text, "license pack {pack}");
        }
        let _ = writeln!(text, "\nmade {made} by seatkeeper {}", env!("CARGO_PKG_VERSION"));
        if let Some(config) = scope.config() {
            let _ = writeln!(text, "only of the configuration {}", client::shown(config, 100));
        }
        if hidden {
            text.push_str("users, hosts, displays and addresses are replaced by user-1, host-1 ...\n");
        }
        text.push_str("Only what is known to be harmless is in it, and no secrets.\n\nIn it:\n");
        for part in parts {
            let _ = writeln!(text, "  {:<24}{}", part.name, part.about);
        }
        if !missing.is_empty() {
            text.push_str("\nNot in it, or not whole:\n");
            for (what, why) in missing {
                let _ = writeln!(text, "  {what}: {}", client::shown(why, 1000));
            }
        }
        text
    }
}

/// The values of an attribute of a signed line; a list is divided by commas.
fn attribute(line: &str, key: &str) -> Vec<String> {
    let (mut words, mut word, mut is_quoted) = (Vec::new(), String::new(), false);
    for c in line.chars() {
        match c {
            '"' => is_quoted = !is_quoted,
            c if c.is_whitespace() && !is_quoted => words.push(std::mem::take(&mut word)),
            c => word.push(c),
        }
    }
    words.push(word);
    let named = |word: &String| {
        let (name, value) = word.split_once('=')?;
        name.eq_ignore_ascii_case(key).then(|| value.to_owned())
    };
    let values: Vec<String> = words.iter().filter_map(named).collect();
    let split = values.iter().flat_map(|value| value.split(',')).map(str::trim).filter(|one| !one.is_empty());
    split.map(|one| client::shown(one, 100)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_off_signed_lines() {
        let line = "INCREMENT mill acmed 4.2 permanent 1 NOTICE=\"SN=7 x\" SN=\"10-10-B1-11, 10-10-B1-12\" customer=C1 XSN=3";
        assert_eq!(attribute(line, "SN"), ["10-10-B1-11", "10-10-B1-12"]);
        assert_eq!(attribute(line, "CUSTOMER"), ["C1"]);
        assert!(attribute(line, "INVOICE").is_empty());
    }
}
