//! `license check`: verify license files and explain what they give.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use license::{Entitlement, Loaded, Pack, PackState, Severity, Source, Trust, load};
use names::{Code, CpuId, Wall};

use crate::args::CheckArgs;
use crate::fail::Failure;
use crate::keys::{Given, given};
use crate::{files, out};

/// Verifies the files. The exit status follows the first error's code.
pub(crate) fn check(args: &CheckArgs) -> Result<u8, Failure> {
    let host = host(args)?;
    let given = given(&args.key, &args.vendor_key, &args.revoked_key)?;
    let sources: Vec<Source> = args
        .files
        .iter()
        .map(|path| Ok(Source::new(path.display().to_string(), files::read(path, "a license file")?)))
        .collect::<Result<_, Failure>>()?;
    let trust = trust(given);
    let loaded = load(&sources, &trust, host.as_deref(), args.strict);
    out::print(&report(&loaded, &sources, now()))?;
    let first = loaded.diagnostics.iter().find(|found| found.severity == Severity::Error);
    Ok(first.map_or(0, |found| found.code.map_or(1, Code::exit_status)))
}

fn host(args: &CheckArgs) -> Result<Option<Vec<CpuId>>, Failure> {
    let ids = args.host_id.iter().map(|text| {
        CpuId::new(text).map_err(|invalid| {
            let message = format!("--host-id {:?}: {invalid}", client::shown(text, 80));
            Failure::new(Code::BadParameter, message, "copy the id as `lmhostid -n` prints it")
        })
    });
    let ids: Vec<CpuId> = ids.collect::<Result<_, _>>()?;
    Ok((!ids.is_empty()).then_some(ids))
}

/// A key without a vendor is tried for every vendor that the files name.
fn trust(given: Given) -> Trust {
    Trust::new(given.pinned).with_any_vendor(given.anyones).with_revoked(given.revoked)
}

fn now() -> Wall {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Wall(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
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
        table(&mut text, &loaded.entitlements, sources, now);
    }
    let mut errors = 0;
    for found in &loaded.diagnostics {
        errors += usize::from(found.severity == Severity::Error);
        let _ = write!(text, "\n{}", found.render(sources));
    }
    let seats: u64 = loaded.entitlements.iter().map(|line| u64::from(line.count())).sum();
    let _ = writeln!(
        text,
        "\n{} line{} of {seats} seats, {errors} error{}, {} warning{}",
        loaded.entitlements.len(),
        s(loaded.entitlements.len()),
        s(errors),
        loaded.diagnostics.len() - errors,
        s(loaded.diagnostics.len() - errors),
    );
    text
}

fn state(pack: &Pack) -> String {
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

fn table(text: &mut String, lines: &[Entitlement], sources: &[Source], now: Wall) {
    let mut rows = vec![HEAD.map(str::to_owned)];
    rows.extend(lines.iter().map(|line| row(line, sources, now)));
    let widths: Vec<usize> = (0..HEAD.len())
        .map(|column| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max())
        .map(Option::unwrap_or_default)
        .collect();
    for row in rows {
        let cells: Vec<_> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        let _ = writeln!(text, "{}", cells.join("  ").trim_end());
    }
}

fn row(line: &Entitlement, sources: &[Source], now: Wall) -> [String; 9] {
    let file = sources.get(line.place.file).map_or("?", |source| source.name.as_str());
    let expires = match (line.expiry.is_past(now), line.start) {
        (true, _) => format!("{} (past: -10)", line.expiry),
        (false, Some(start)) if now < start.start() => format!("{} (from {start}: -31)", line.expiry),
        _ => line.expiry.to_string(),
    };
    let cpus = match line.cpus.as_slice() {
        [only] => only.to_string(),
        [first, rest @ ..] => format!("{first} +{}", rest.len()),
        [] => "none".to_owned(),
    };
    [
        line.config.to_string(),
        line.feature.to_string(),
        line.version.to_string(),
        line.count().to_string(),
        line.kind.to_string().to_ascii_lowercase(),
        cpus,
        expires,
        line.vendor.to_string(),
        format!("{}:{}", client::shown(file, 500), line.place.line),
    ]
}

#[cfg(test)]
mod tests {
    use license::{SecretKey, SignOptions, sign_pack};
    use names::{PackNumber, Vendor};

    use super::*;

    #[test]
    fn what_is_not_served_is_told_and_a_missing_line_is_counted() {
        let key = SecretKey::for_vendor(Vendor::new("acmed").unwrap(), [1; 32]);
        let text = "SERVER a 02aa10203040\nINCREMENT mill acmed 1 permanent 1 USER_BASED\nINCREMENT saw acmed 1 permanent 1\n";
        let options = SignOptions::new(PackNumber::new("P-1").unwrap());
        let signed = sign_pack(&Source::new("p.lic", text), &key, &options).unwrap();
        let text = String::from_utf8(signed).unwrap();
        let checked = |text: &str| {
            let sources = [Source::new("p.lic", text)];
            let loaded = load(
                &sources,
                &trust(Given { anyones: vec![key.public()], ..Given::default() }),
                None,
                false,
            );
            report(&loaded, &sources, Wall(0))
        };
        let whole = checked(&text);
        assert!(whole.contains("p.lic: good; 2 signed lines"), "{whole}");
        assert!(whole.contains("1 line of 1 seats, 1 error, 0 warnings"), "{whole}");
        let cut = checked(&text.replace("INCREMENT saw", "# INCREMENT saw"));
        assert!(cut.contains("p.lic: good, but 1 line missing; 2 signed lines"), "{cut}");
    }
}
