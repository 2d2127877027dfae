//! `config/seatkeeperd.toml` says the truth: every key is in it, and the defaults are what it says.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use support::Site;
use toml::{Table, Value};

const SHIPPED: &str = include_str!("../config/seatkeeperd.toml");

/// The shipped file with every key that it shows taken into use, and a real key.
fn with_every_key(key: &str) -> String {
    let is_setting = |text: &str| {
        let name: String = text.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
        text.starts_with('[') || (!name.is_empty() && text[name.len()..].starts_with(" = "))
    };
    let lines =
        SHIPPED.lines().map(|line| line.strip_prefix('#').filter(|text| is_setting(text)).unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n").replace("PUBLIC-KEY-IN-BASE64", key)
}

/// What `seatkeeperd --print-config` says of a file.
fn printed(path: &Path) -> Table {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seatkeeperd"));
    let output = command.arg("--print-config").arg("--config").arg(path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().parse().unwrap()
}

fn keys(prefix: &str, table: &Table) -> BTreeSet<String> {
    let of = |(name, value): (&String, &Value)| match value {
        Value::Table(inner) => keys(&format!("{prefix}{name}."), inner),
        Value::Array(all) => match all.first() {
            Some(Value::Table(inner)) => keys(&format!("{prefix}{name}."), inner),
            _ => BTreeSet::from([format!("{prefix}{name}")]),
        },
        _ => BTreeSet::from([format!("{prefix}{name}")]),
    };
    table.iter().flat_map(of).collect()
}

#[test]
fn the_shipped_file_has_every_key_with_its_default() {
    let site = Site::new();
    let vendor = format!("[[vendor]]\nname = \"acmed\"\nkeys = [\"{}\"]\n", site.vendor().public());
    site.write("shipped.toml", format!("{SHIPPED}\n{vendor}").as_bytes());
    site.write("every.toml", with_every_key(&site.vendor().public().to_string()).as_bytes());
    let (shipped, mut every) = (printed(&site.path("shipped.toml")), printed(&site.path("every.toml")));
    let written: Table = with_every_key("").parse().unwrap();
    assert_eq!(keys("", &written), keys("", &every), "every key that there is, and no other");
    // Without `listen` the daemon does as it says there; it has no value of its own.
    assert_eq!(every.remove("listen"), Some("127.0.0.1".into()));
    assert_eq!(shipped, every, "the defaults are what the file says");
}

#[test]
fn the_shipped_file_without_a_vendor_is_refused_with_the_remedy() {
    let site = Site::new();
    site.write("shipped.toml", SHIPPED.as_bytes());
    let mut command = Command::new(env!("CARGO_BIN_EXE_seatkeeperd"));
    let output = command.arg("check").arg("--config").arg(site.path("shipped.toml")).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(78), "{said}");
    assert!(said.contains("no vendor's key is trusted") && said.contains("issue keygen"), "{said}");
}

#[test]
fn a_hosts_configuration_and_licenses_are_checked_before_they_are_served() {
    let site = Site::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_seatkeeperd"));
    let output = command.arg("check").arg("--config").arg(site.path("seatkeeperd.toml")).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("is right; lines of seats in force: 1"), "{said}");
}
