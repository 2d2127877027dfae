//! `license check`: verify license files and explain what they give.

use std::fmt::Write as _;

use license::{Entitlement, Loaded, Pack, PackState, Severity, Source};
use names::{CpuId, Wall};

use crate::args::CheckArgs;
use crate::fail::Failure;
use crate::licenses::words::{self, Row};
use crate::licenses::{self, Set};
use crate::out;

/// Verifies the files. The exit status follows the first error's code.
pub(crate) fn check(args: &CheckArgs) -> Result<u8, Failure> {
    let set = Set::load(&args.files, &args.load)?;
    out::print(&report(&set.loaded, &set.sources, licenses::now()))?;
    Ok(set.status())
}

fn report(loaded: &Loaded, sources: &[Source], now: Wall) -> String {
    let mut text = String::new();
    for pack in &loaded.packs {
        let state = state(pack);
        let file = sources.get(pack.file).map_or("?", |source| source.name.as_str());
        let file = client::shown(file, 500);
        let ids: Vec<_> = pack.host_ids.iter().map(CpuId::as_str).collect();
        let _ = writeln!(
            text,
            "pack {} of {} in {file}: {state}; {} signed line{}, license host {}",
            pack.number,
            pack.vendor,
            pack.lines,
            if pack.lines == 1 { "" } else { "s" },
            if ids.is_empty() { "none".to_owned() } else { ids.join(", ") },
        );
    }
    if !loaded.entitlements.is_empty() {
        text.push('\n');
        let rows = loaded.entitlements.iter().map(|line| row(line, sources, now));
        text.push_str(&words::table(&HEAD, &rows.collect::<Vec<_>>()));
    }
    let mut errors = 0;
    for found in &loaded.diagnostics {
        errors += usize::from(found.severity == Severity::Error);
        let before = if text.is_empty() { "" } else { "\n" };
        let _ = write!(text, "{before}{}", found.render(sources));
    }
    let seats: u64 = loaded.entitlements.iter().map(|line| u64::from(line.count())).sum();
    let _ = writeln!(
        text,
        "\n{} line{} of {seats} seats, {errors} error{}, {} warning{}{}",
        loaded.entitlements.len(),
        s(loaded.entitlements.len()),
        s(errors),
        loaded.diagnostics.len() - errors,
        s(loaded.diagnostics.len() - errors),
        left_out(loaded),
    );
    text
}

/// What gives nothing; nothing is said where everything gives something.
fn left_out(loaded: &Loaded) -> String {
    let mut said = String::new();
    for (n, one, several) in [
        (licenses::unserved_lines(loaded), "is not served", "are not served"),
        (loaded.idle.len(), "gives nothing", "give nothing"),
    ] {
        if n > 0 {
            let _ = write!(said, "; {n} {}", if n == 1 { one } else { several });
        }
    }
    if said.is_empty() { said } else { said + " (see `seatkeeper license show`)" }
}

pub(crate) fn state(pack: &Pack) -> String {
    let state = match (pack.state, pack.missing) {
        (PackState::Served, 0) => "good",
        (PackState::Served, 1) => "good, but 1 line missing",
        (PackState::Served, n) => return format!("good, but {n} lines missing"),
        (PackState::Foreign, _) => "good, but made for another license host",
        (PackState::Refused, _) => "refused",
        (PackState::Voided, _) => "voided by another pack",
        (PackState::Duplicate, _) => "read already from another file",
    };
    state.to_owned()
}

fn s(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}

const HEAD: [&str; 9] =
    ["CONFIGURATION", "FEATURE", "VERSION", "SEATS", "KIND", "CPU_ID", "EXPIRES", "VENDOR", "PLACE"];

fn row(line: &Entitlement, sources: &[Source], now: Wall) -> Row {
    let cpus = match line.cpus.as_slice() {
        [only] => only.to_string(),
        [first, rest @ ..] => format!("{first} +{}", rest.len()),
        [] => "none".to_owned(),
    };
    let cells = vec![
        line.config.to_string(),
        line.feature.to_string(),
        line.version.to_string(),
        line.count().to_string(),
        line.kind.to_string().to_ascii_lowercase(),
        cpus,
        licenses::expires(line, now),
        line.vendor.to_string(),
        licenses::place(sources, line.place),
    ];
    Row { cells, notes: Vec::new() }
}

#[cfg(test)]
mod tests {
    use license::{SecretKey, SignOptions, Trust, load, sign_pack};
    use names::{PackNumber, Vendor};

    use super::*;

    #[test]
    fn what_is_not_served_is_told_and_a_missing_line_is_counted() {
        let key = SecretKey::for_vendor(Vendor::new("acmed").unwrap(), [1; 32]);
        let text = "SERVER a 02aa10203040\nINCREMENT mill acmed 1 permanent 1 HOSTID=FLEXID=9-0a1b2c3d FLOAT_OK\nINCREMENT saw acmed 1 permanent 1\n";
        let options = SignOptions::new(PackNumber::new("P-1").unwrap());
        let signed = sign_pack(&Source::new("p.lic", text), &key, &options).unwrap();
        let text = String::from_utf8(signed).unwrap();
        let checked = |text: &str| {
            let sources = [Source::new("p.lic", text)];
            let loaded = load(&sources, &Trust::default().with_any_vendor(vec![key.public()]), None, false);
            report(&loaded, &sources, Wall(0))
        };
        let whole = checked(&text);
        assert!(whole.contains("p.lic: good; 2 signed lines"), "{whole}");
        assert!(whole.contains("1 line of 1 seats, 1 error, 0 warnings"), "{whole}");
        let cut = checked(&text.replace("INCREMENT saw", "# INCREMENT saw"));
        assert!(cut.contains("p.lic: good, but 1 line missing; 2 signed lines"), "{cut}");
        assert!(checked("# nothing\n").starts_with("p.lic:1:1: warning: "), "no empty line before it");
    }
}
