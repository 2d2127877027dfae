//! The files of a license host: the configuration, the licenses and the options files, as far as they
//! are known to be harmless.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use daemon::Config;
use license::{Entitlement, PackState, Source};
use names::{CpuId, Vendor};
use policy::Against;
use serde_json::Value;

use super::findings;
use super::hide::Hider;
use super::scope::Scope;
use crate::args::LoadArgs;
use crate::fail::Failure;
use crate::files;
use crate::licenses::{self, Set};

/// What the value of a key must be, to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Table,
    Switch,
    Number,
    Address,
    Path,
    HostId,
    Vendor,
    PublicKey,
    RevokedKey,
    /// What is logged.
    Filters,
    /// Where the debug log goes, and its form.
    Form,
    /// A time zone.
    Zone,
    /// What a license desk may do.
    Role,
    /// How a mail server is spoken to.
    MailTls,
}

/// The keys of the configuration whose values are harmless.
const KEYS: &[(&str, Kind)] = &[
    ("listen", Kind::Address),
    ("insecure_plaintext", Kind::Switch),
    ("admin_socket", Kind::Path),
    ("state_folder", Kind::Path),
    ("licenses", Kind::Path),
    ("strict", Kind::Switch),
    ("host_ids", Kind::HostId),
    ("log", Kind::Filters),
    ("vendor", Kind::Table),
    ("vendor.name", Kind::Vendor),
    ("vendor.keys", Kind::PublicKey),
    ("vendor.revoked", Kind::RevokedKey),
    ("vendor.options", Kind::Path),
    ("session", Kind::Table),
    ("session.timeout_ms", Kind::Number),
    ("session.grace_ms", Kind::Number),
    ("session.hold_ms", Kind::Number),
    ("limits", Kind::Table),
    ("limits.connections", Kind::Number),
    ("limits.streams_per_connection", Kind::Number),
    ("limits.sessions_per_host", Kind::Number),
    ("limits.buffered_mib", Kind::Number),
    ("limits.drain_ms", Kind::Number),
    ("metrics", Kind::Table),
    ("metrics.listen", Kind::Address),
    ("metrics.insecure_plaintext", Kind::Switch),
    ("history", Kind::Table),
    ("history.folder", Kind::Path),
    ("history.seal_ms", Kind::Number),
    ("history.keep_days", Kind::Number),
    ("history.keep_mib", Kind::Number),
    ("debug_log", Kind::Table),
    ("debug_log.file", Kind::Path),
    ("debug_log.to", Kind::Form),
    ("debug_log.format", Kind::Form),
    ("debug_log.verbose", Kind::Switch),
    ("debug_log.rollover_mib", Kind::Number),
    ("debug_log.keep", Kind::Number),
    ("debug_log.zone", Kind::Zone),
    ("audit", Kind::Table),
    ("audit.keep_years", Kind::Number),
    // Whom people turn to, and where they reach the console, are the site's own.
    ("desk", Kind::Table),
    ("desk.role", Kind::Role),
    ("desk.vendor", Kind::Vendor),
    ("desk.key", Kind::Path),
    // Where mails and events go may have a secret in it, and from whom they come is the site's own.
    ("desk.mail", Kind::Table),
    ("desk.mail.port", Kind::Number),
    ("desk.mail.tls", Kind::MailTls),
    ("desk.mail.password_file", Kind::Path),
    ("desk.webhook", Kind::Table),
    ("desk.webhook.secret_file", Kind::Path),
    ("console", Kind::Table),
    ("console.listen", Kind::Address),
    ("console.proxies", Kind::Address),
];

/// What stands in place of a value that is not what its key must have: it may be anything.
const NOT_SHOWN: &str = "[not shown: it is not what it must be]";

/// The configuration with the keys and values that are known to be harmless; the others are counted.
pub(super) fn configuration(text: &str, hider: &mut Hider) -> Result<String, String> {
    let table: toml::Table = toml::from_str(text).map_err(|error| findings::unquoted(error.message()))?;
    let mut left = 0;
    let known = kept(&table, "", hider, &mut left);
    let mut shown = toml::to_string(&known).map_err(|error| findings::unquoted(&error.to_string()))?;
    if left > 0 {
        let _ = writeln!(shown, "# {left} keys that this program does not know are left out");
    }
    Ok(shown)
}

fn kept(table: &toml::Table, within: &str, hider: &mut Hider, left: &mut usize) -> toml::Table {
    let mut known = toml::Table::new();
    for (name, value) in table {
        let key = format!("{within}{name}");
        match KEYS.iter().find(|(known, _)| *known == key) {
            Some((_, kind)) => drop(known.insert(name.clone(), value_of(value, &key, *kind, hider, left))),
            None => *left += 1,
        }
    }
    known
}

fn value_of(value: &toml::Value, key: &str, kind: Kind, hider: &mut Hider, left: &mut usize) -> toml::Value {
    use toml::Value;
    let shown = match value {
        Value::Table(table) if kind == Kind::Table => {
            return Value::Table(kept(table, &format!("{key}."), hider, left));
        }
        Value::Array(all) => {
            return Value::Array(all.iter().map(|one| value_of(one, key, kind, hider, left)).collect());
        }
        Value::Boolean(_) if kind == Kind::Switch => return value.clone(),
        Value::Integer(_) if kind == Kind::Number => return value.clone(),
        Value::String(text) => word(text, kind, hider),
        _ => None,
    };
    Value::String(shown.unwrap_or_else(|| NOT_SHOWN.to_owned()))
}

/// A text as it may be shown; nothing where it is not of this kind.
fn word(text: &str, kind: Kind, hider: &mut Hider) -> Option<String> {
    let is_address =
        || text.parse::<std::net::SocketAddr>().is_ok() || text.parse::<std::net::IpAddr>().is_ok();
    let is_filter = |c: char| c.is_ascii_lowercase() || matches!(c, '_' | ':' | '=' | ',');
    match kind {
        Kind::Address => is_address().then(|| hider.socket(text)),
        Kind::Path => Some(hider.path(text)),
        Kind::HostId => CpuId::new(text).is_ok().then(|| hider.host_id(text)),
        Kind::Vendor => Vendor::new(text).is_ok().then(|| text.to_owned()),
        Kind::PublicKey => text.parse::<license::PublicKey>().is_ok().then(|| text.to_owned()),
        Kind::RevokedKey => text.parse::<license::RevokedKey>().is_ok().then(|| text.to_owned()),
        Kind::Filters => text.chars().all(is_filter).then(|| text.to_owned()),
        Kind::Form => {
            ["file", "journald", "stderr", "flexnet", "json"].contains(&text).then(|| text.to_owned())
        }
        Kind::Zone => jiff::tz::TimeZone::get(text).is_ok().then(|| text.to_owned()),
        Kind::Role => ["vendor", "site", "both"].contains(&text).then(|| text.to_owned()),
        Kind::MailTls => ["starttls", "tls", "none"].contains(&text).then(|| text.to_owned()),
        Kind::Table | Kind::Switch | Kind::Number => None,
    }
}

/// The licenses of a configuration, read and verified as the daemon does.
pub(super) fn licenses(config: &Config, path: &Path) -> Result<Set, Failure> {
    let ids = if config.host_ids.is_empty() { daemon::host_ids() } else { config.host_ids.clone() };
    let args = LoadArgs {
        key: Vec::new(),
        vendor_key: vec![path.to_owned()],
        revoked_key: Vec::new(),
        strict: config.strict,
        host_id: ids.iter().map(ToString::to_string).collect(),
    };
    Set::load(&config.licenses, &args)
}

/// `license show --json`, of what is in the scope.
pub(super) fn entitlements(set: &Set, scope: &Scope, hider: &mut Hider) -> Result<String, Failure> {
    let mut report: Value =
        serde_json::from_str(&licenses::show_json(set, licenses::now())?).unwrap_or_default();
    let is_of = |one: &Value| scope.has(one.get("config_id").and_then(Value::as_str));
    for name in ["pools", "unserved"] {
        if let Some(all) = report.get_mut(name).and_then(Value::as_array_mut) {
            all.retain(is_of);
        }
    }
    let Some(top) = report.as_object_mut() else { return crate::out::json(&report) };
    // Findings are in checks.txt, without what the files say.
    top.remove("diagnostics");
    top.remove("idle");
    harmless(&mut report, "", hider);
    crate::out::json(&report)
}

/// Paths and host ids as they are hidden, and words of findings without what they quote.
fn harmless(value: &mut Value, key: &str, hider: &mut Hider) {
    match value {
        Value::Object(fields) => fields.iter_mut().for_each(|(name, value)| harmless(value, name, hider)),
        Value::Array(all) => all.iter_mut().for_each(|one| harmless(one, key, hider)),
        Value::String(text) => {
            *text = match key {
                "file" | "files" => hider.path(text),
                "cpu_id" | "cpu_ids" | "host_ids" => hider.host_id(text),
                "why" | "remedy" => findings::unquoted(text),
                _ => return,
            };
        }
        _ => {}
    }
}

/// `license check`, a line a pack, and what is wrong.
pub(super) fn check(set: &Set, hider: &mut Hider) -> String {
    let mut text = String::new();
    for pack in &set.loaded.packs {
        let file = set.sources.get(pack.file).map_or("?", |source| source.name.as_str());
        let state = match pack.state {
            PackState::Served => "served",
            PackState::Foreign => "made for another license host",
            PackState::Refused => "refused",
            PackState::Voided => "voided by another pack",
            PackState::Duplicate => "read already from another file",
        };
        let file = hider.path(file);
        let (lines, missing) = (pack.lines, pack.missing);
        let _ = writeln!(
            text,
            "{file}: pack {} of {}: {state}; {lines} signed lines, {missing} missing",
            pack.number, pack.vendor
        );
    }
    let shown: Vec<_> =
        set.sources.iter().map(|one| Source::new(hider.path(&one.name), one.bytes.clone())).collect();
    text.push_str(&findings::shown(&set.loaded.diagnostics, &shown));
    text
}

/// The options file of a vendor, one rule a line, and what is wrong with it.
pub(super) fn options(
    vendor: &Vendor,
    path: &Path,
    set: &Set,
    scope: &Scope,
    hider: &mut Hider,
) -> Result<String, Failure> {
    let source = Source::new(path.display().to_string(), files::read(path, "an options file")?);
    let (file, mut found) = policy::parse(&source);
    let lines: Vec<&Entitlement> =
        set.loaded.entitlements.iter().filter(|line| line.vendor == *vendor).collect();
    found.extend(policy::lint(&file, Some(Against { entitlements: &lines, sources: &set.sources })));
    let name = hider.path(&source.name);
    let mut text = format!("# {name}: its rules, without comments; lines by their numbers\n");
    for line in &file.lines {
        let shown = hider.line(line);
        if scope.has_rule(&line.what) {
            let _ = writeln!(text, "{:>5}  {shown}", line.number);
        }
    }
    if !found.is_empty() {
        text.push_str("# findings\n");
        text.push_str(&findings::shown(&found, &[Source::new(name, source.bytes.clone())]));
    }
    Ok(text)
}

/// Where the options file of a vendor is, as the daemon looks for it; nothing where there is none.
pub(super) fn options_path(vendor: &Vendor, config: &Config, set: &Set) -> Option<PathBuf> {
    if let Some(path) = config.options.get(vendor) {
        return Some(path.clone());
    }
    let lines = || set.loaded.vendors.iter().filter(|line| line.vendor == *vendor);
    let license =
        |line: &license::VendorLine| Some(Path::new(&set.sources.get(line.place.file)?.name).to_owned());
    let named =
        lines().find_map(|line| Some(license(line)?.with_file_name("").join(line.options.as_deref()?)));
    let beside = || lines().filter_map(|line| Some(license(line)?.with_file_name(format!("{vendor}.opt"))));
    named.or_else(|| beside().find(|path| path.symlink_metadata().is_ok()))
}

/// The vendors that a configuration trusts.
pub(super) fn vendors(config: &Config) -> BTreeSet<Vendor> {
    config.trust.keys().iter().map(|key| key.vendor.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_of_a_configuration_is_shown() {
        let key = license::SecretKey::for_host([7; 32]).public();
        let text = format!(
            "listen = \"10.8.0.1:27000\"\nstrict = \"hunter2\"\nlog = \"hunter2\"\nlimits = \"hunter2\"\nhost_ids = [[\"hunter2\"]]\nstate_folder = \"/home/kim/state\"\npassphrase = \"hunter2\"\n\
             [[vendor]]\nname = \"acmed\"\nkeys = [\"{key}\", \"hunter2\"]\nhunter2 = 1\n[history]\nurl = \"x://hunter2\"\n"
        );
        let shown = configuration(&text, &mut Hider::new(false)).unwrap();
        assert!(!shown.contains("hunter2") && shown.contains("# 3 keys"), "{shown}");
        for known in ["listen = \"10.8.0.1:27000\"", "name = \"acmed\"", &key.to_string(), NOT_SHOWN] {
            assert!(shown.contains(known), "{shown}");
        }
        let hidden = configuration(&text, &mut Hider::new(true)).unwrap();
        assert!(hidden.contains("address-1:27000") && !hidden.contains("kim"), "{hidden}");
        let broken = configuration("a = \"hunter2", &mut Hider::new(false)).unwrap_err();
        assert!(!broken.contains("hunter2"), "{broken}");
    }
}
