//! `config/seatkeeperd.toml` says the truth: every key is in it, and the defaults are what it says.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use client::Client;
use daemon::{Config, Licenses};
use license::{SecretKey, SignOptions, Source};
use names::{CpuId, PackNumber, Vendor};
use support::{CPU_ID, Site, VENDOR, servers};
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
    // Nor has a vendor an options file that is not named.
    let vendor = every["vendor"][0].as_table_mut().unwrap();
    assert_eq!(vendor.remove("options"), Some("/etc/seatkeeper/acmed.opt".into()));
    // Nor is there a place for metrics that is not named.
    let metrics = every["metrics"].as_table_mut().unwrap();
    assert!(metrics.remove("listen").is_some_and(|listen| listen.is_str()));
    // Nor is there a debug log that is not named, and its times are this machine's.
    let log = every["debug_log"].as_table_mut().unwrap();
    for key in ["file", "to", "zone"] {
        assert!(log.remove(key).is_some_and(|value| value.is_str()), "{key}");
    }
    // The usage history is in the state folder.
    let history = every["history"].as_table_mut().unwrap();
    assert_eq!(history.remove("folder"), Some("/var/lib/seatkeeper/history".into()));
    // Nor is there a desk or a console.
    assert!(every.remove("desk").is_some() && every.remove("console").is_some());
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

/// What `seatkeeperd check` says of a host's configuration, and its exit status.
fn checked(site: &Site) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seatkeeperd"));
    let output = command.arg("check").arg("--config").arg(site.path("seatkeeperd.toml")).output().unwrap();
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

/// A host that serves `mill` of the vendor's old key and `lathe` of its new one.
fn two_keys() -> (Site, SecretKey) {
    let pack = |feature| format!("SERVER this_host {CPU_ID}\nINCREMENT {feature} {VENDOR} 1 permanent 2\n");
    let site = Site::with_packs(&[&pack("mill")]);
    let new = SecretKey::for_vendor(Vendor::new(VENDOR).unwrap(), [5; 32]);
    let options = SignOptions {
        host_key: Some(site.host().clone()),
        ..SignOptions::new(PackNumber::new("P-1").unwrap())
    };
    let signed = license::sign_pack(&Source::new("P-1", pack("lathe")), &new, &options).unwrap();
    site.write("licenses/pack-1.lic", &signed);
    (site, new)
}

#[test]
fn lf_06_two_keys_of_a_vendor_are_good_until_the_old_one_is_revoked() {
    let (site, new) = two_keys();
    let text = std::fs::read_to_string(site.path("seatkeeperd.toml")).unwrap();
    let old = site.vendor().public();
    let configure = |revoked: &str| {
        let keys = format!("keys = [\"{old}\", \"{}\"]\nrevoked = [{revoked}]", new.public());
        let text = text.replace(&format!("keys = [\"{old}\"]"), &keys);
        site.write("seatkeeperd.toml", text.as_bytes());
        checked(&site)
    };
    let (status, said) = configure("");
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("lines of seats in force: 2"), "{said}");
    let gone = format!("the vendor {VENDOR} has revoked its key {}: pack P-0, which it signed,", old.id());
    for by in [format!("\"{old}\""), format!("\"{}\"", old.id())] {
        let (status, said) = configure(&by);
        assert!(said.contains(&gone) && said.contains("signed with its new key"), "{said}");
        assert!(said.contains("pack-0.lic:") && said.contains("(-8)"), "{said}");
        assert!(said.contains("lines of seats in force: 1"), "{status:?}: {said}");
        let config = Config::read(&site.path("seatkeeperd.toml")).unwrap();
        let licenses = Licenses::read(&config, &[CpuId::new(CPU_ID).unwrap()]).unwrap();
        let features: Vec<_> = licenses.loaded.entitlements.iter().map(|e| e.feature.to_string()).collect();
        assert_eq!(features, ["lathe"]);
        // The log of a start says the same.
        let daemon = site.start();
        assert!(daemon.log().contains(&gone), "{}", daemon.log());
    }
    let (status, said) = configure(&format!("\"{old}\", \"{}\"", new.public().id()));
    assert_eq!(status, Some(78), "nothing is left: {said}");
    assert!(said.contains("pack P-0,") && said.contains("pack P-1,"), "{said}");
    let (status, said) = configure("\"1a2b3c4\"");
    assert_eq!(status, Some(78), "{said}");
    assert!(said.contains("seatkeeperd.toml:9:12: ") && said.contains("issue keyid"), "{said}");
}

#[tokio::test]
async fn one_session_more_than_a_host_may_have_is_refused_with_the_key_to_change() {
    let site = Site::new().configure("[limits]\nsessions_per_host = 2\n");
    let daemon = site.start();
    let servers = servers(daemon.address);
    let connect = |user| Client::connect(&servers, site.options(user, user, CPU_ID));
    let (kim, _lee) = (connect("kim").await.unwrap(), connect("lee").await.unwrap());
    let refused = connect("ada").await.unwrap_err().to_string();
    for words in ["-106", "127.0.0.1 has 2 sessions, and a host may have 2", "[limits] sessions_per_host"] {
        assert!(refused.contains(words), "{refused}");
    }
    kim.close().await.unwrap();
    connect("ada").await.unwrap();
}
