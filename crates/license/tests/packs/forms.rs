//! The forms that real license files have, in files of our own: `tests/forms/NAME.lic`, and in
//! `NAME.expected` what is made of each, line by line.
//!
//! With `SEATKEEPER_BLESS=1` the expected texts are written anew. Read the difference before you keep
//! it: every line of it is a ruling.

use std::path::PathBuf;

use license::{Entitlement, Loaded, Source, Trust, load};

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/forms"))
}

/// The license files, in order.
fn forms() -> Vec<String> {
    let entries = folder().read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> =
        entries.filter_map(|name| name.strip_suffix(".lic").map(Into::into)).collect();
    names.sort();
    names
}

/// Everything that was read, one fact a line; what lines without our signature would give stands under
/// its own heading.
fn told(loaded: &Loaded, sources: &[Source]) -> String {
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let mut lines = vec!["servers:".to_owned()];
    lines.extend(loaded.servers.iter().map(|s| {
        format!("  {}: {} {} {}", s.place.line, s.host, s.cpu, or_none(s.port.map(|port| port.to_string())))
    }));
    lines.push("vendors:".to_owned());
    lines.extend(loaded.vendors.iter().map(|v| {
        let port = or_none(v.port.map(|port| port.to_string()));
        format!("  {}: {} options {} port {port}", v.place.line, v.vendor, or_none(v.options.clone()))
    }));
    lines.push("gives:".to_owned());
    lines.extend(loaded.entitlements.iter().map(entitlement));
    lines.push("would give, if it were signed for us:".to_owned());
    lines.extend(loaded.unserved.iter().map(|unserved| entitlement(&unserved.entitlement)));
    lines.push("gives nothing:".to_owned());
    lines.extend(loaded.idle.iter().map(|idle| format!("  {}: {}", idle.place.line, idle.why)));
    lines.push("said:".to_owned());
    lines.extend(loaded.diagnostics.iter().map(|d| {
        let code = d.code.map_or("-".to_owned(), |code| code.number().to_string());
        format!("  {} {} {code}: {}", d.place(sources), d.severity, d.message)
    }));
    lines.join("\n") + "\n"
}

fn entitlement(e: &Entitlement) -> String {
    let seats = e.seats.map_or("uncounted".to_owned(), |seats| format!("x{seats}"));
    format!("  {}: {} {} v{} {} {seats} {}", e.place.line, e.vendor, e.feature, e.version, e.expiry, e.kind)
}

#[test]
fn every_form_is_read_as_expected() {
    let forms = forms();
    assert!(forms.len() >= 8, "{forms:?}");
    let bless = std::env::var_os("SEATKEEPER_BLESS").is_some();
    for name in forms {
        let file = format!("{name}.lic");
        let sources = [Source::new(file.as_str(), std::fs::read(folder().join(&file)).unwrap())];
        let told = told(&load(&sources, &Trust::default(), None, false), &sources);
        let expected = folder().join(format!("{name}.expected"));
        if bless {
            std::fs::write(&expected, &told).unwrap();
        }
        let expected = std::fs::read_to_string(&expected).unwrap_or_default();
        assert_eq!(
            told, expected,
            "{name}: read what changed, then SEATKEEPER_BLESS=1 cargo test -p license forms"
        );
    }
}

/// What nobody signed for us gives nothing, whatever its form.
#[test]
fn no_form_gives_a_seat_without_our_signature() {
    for name in forms() {
        let bytes = std::fs::read(folder().join(format!("{name}.lic"))).unwrap();
        let loaded = load(&[Source::new(name.as_str(), bytes)], &crate::desk::trust(), None, false);
        assert!(loaded.entitlements.is_empty() && loaded.packs.is_empty(), "{name}");
    }
}
