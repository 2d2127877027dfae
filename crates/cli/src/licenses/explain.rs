//! `license explain FILE:LINE`: one line of a license file, word by word.

use std::fmt::Write as _;
use std::path::PathBuf;

use license::{
    Diagnostic, Entitlement, Explained, ExplainedLine, LinePlace, LineSignature, Part, PartKind, Place,
    Severity,
};
use names::Code;

use super::words::{self, Row, table, wrap};
use super::{Set, file, now, place};
use crate::args::ExplainArgs;
use crate::fail::Failure;
use crate::out;

/// Characters of a value that are shown; of a key or signature, which nobody reads, fewer.
const VALUE_CHARS: usize = 36;
const KEY_CHARS: usize = 16;
const KEYS: &[&str] = &["SIGN", "SIGN2", "HOST_KEY", "DIGEST", "AUTH", "flexnet_sign", "license key"];

/// Explains. The exit status follows the first error of the line.
pub(super) fn explain(args: &ExplainArgs) -> Result<u8, Failure> {
    let (path, line) = parse(&args.place)?;
    let mut names = vec![path];
    names.extend(args.files.iter().cloned());
    let set = Set::load(&names, &args.load)?;
    let Some(source) = set.sources.first() else { return Err(no_line(&args.place)) };
    let text = match license::explain(source, line) {
        Explained::NoSuchLine { lines } => {
            let message =
                format!("{}: it has {}", file(&set.sources, 0), super::show::many(lines.into(), "line"));
            return Err(Failure::new(Code::BadParameter, message, "name a line from 1 to the last"));
        }
        Explained::Blank => format!("{}:{line}: nothing stands there\n", file(&set.sources, 0)),
        Explained::Comment => {
            format!("{}:{line}: a comment: it has no effect, and is not signed\n", file(&set.sources, 0))
        }
        Explained::Unreadable(at) => {
            let found = found(&set, &at);
            let mut text = format!("{}: this cannot be read, and gives nothing\n", at_lines(&set, &at));
            diagnostics(&mut text, &set, &found);
            return out::print(&text).map(|()| status(&found));
        }
        Explained::Line(line) => {
            let found = found(&set, &line.place);
            let mut text = words_of(&set, &line);
            gives(&mut text, &set, &line);
            diagnostics(&mut text, &set, &found);
            return out::print(&text).map(|()| status(&found));
        }
    };
    out::print(&text).map(|()| 0)
}

/// `FILE:LINE`.
fn parse(text: &str) -> Result<(PathBuf, u32), Failure> {
    let parts = text.rsplit_once(':').filter(|(path, _)| !path.is_empty());
    let line = parts.and_then(|(path, line)| Some((PathBuf::from(path), line.parse::<u32>().ok()?)));
    let line = line.ok_or_else(|| no_line(text))?;
    if line.0.is_dir() {
        let message = format!("{}: it is a folder", client::shown(text, 200));
        return Err(Failure::new(Code::BadParameter, message, "name one file and the number of its line"));
    }
    Ok(line)
}

fn no_line(text: &str) -> Failure {
    let message = format!("{:?} is no FILE:LINE", client::shown(text, 200));
    Failure::new(
        Code::BadParameter,
        message,
        "write the file, a colon and the number of the line: acmed.lic:4",
    )
}

/// The findings that are about a line.
fn found<'a>(set: &'a Set, at: &LinePlace) -> Vec<&'a Diagnostic> {
    let touches = |file: usize, span: &std::ops::Range<usize>| {
        file == 0 && span.start < at.span.end && span.end > at.span.start
    };
    let of = |found: &&Diagnostic| {
        touches(found.file, &found.span)
            || found.other.as_ref().is_some_and(|other| touches(other.file, &other.span))
    };
    set.loaded.diagnostics.iter().filter(of).collect()
}

fn status(found: &[&Diagnostic]) -> u8 {
    let first = found.iter().find(|found| found.severity == Severity::Error);
    first.map_or(0, |found| found.code.map_or(1, Code::exit_status))
}

/// `file:4` or `file:4-6`.
fn at_lines(set: &Set, at: &LinePlace) -> String {
    let last = if at.last > at.first { format!("-{}", at.last) } else { String::new() };
    format!("{}:{}{last}", file(&set.sources, 0), at.first)
}

fn words_of(set: &Set, line: &ExplainedLine) -> String {
    let mut text = format!("{}: {}: {}\n\n", at_lines(set, &line.place), line.keyword, line.means);
    let row = |part: &Part| {
        let value = part.value.as_deref().unwrap_or_default();
        let chars = if KEYS.contains(&part.name.as_str()) { KEY_CHARS } else { VALUE_CHARS };
        let mut shown = client::shown(value, chars);
        if value.chars().count() > chars {
            shown.push('…');
        }
        let kind = match part.kind {
            PartKind::Signed if line.signature == LineSignature::Missing => "",
            PartKind::Signed => "signed",
            PartKind::Free => "free",
            PartKind::Signature => "signature",
            PartKind::Unknown => "unknown",
            PartKind::Misplaced => "",
        };
        let cells = [&words::safe(&part.name), &shown, kind, &words::safe(&part.means)];
        Row { cells: cells.map(str::to_owned).to_vec(), notes: Vec::new() }
    };
    if !line.parts.is_empty() {
        text.push_str(&table(
            &["WORD", "VALUE", "KIND", "MEANING"],
            &line.parts.iter().map(row).collect::<Vec<_>>(),
        ));
        text.push('\n');
    }
    text
}

fn gives(text: &mut String, set: &Set, line: &ExplainedLine) {
    let here = Place { file: 0, line: line.place.first };
    let loaded = &set.loaded;
    let of = |e: &Entitlement| e.place == here;
    let takes_part = |e: &Entitlement| {
        e.also_from.contains(&here) || e.packaged.as_ref().is_some_and(|packaged| packaged.place == here)
    };
    let served: Vec<_> = loaded.entitlements.iter().filter(|e| of(e) || takes_part(e)).collect();
    let unserved: Vec<_> =
        loaded.unserved.iter().filter(|u| of(&u.entitlement) || takes_part(&u.entitlement)).collect();
    let signed = served.iter().copied().chain(unserved.iter().map(|u| &u.entitlement));
    let holds = signed.filter(|e| e.line.is_some()).count() > 0;
    signature(text, set, line, holds);
    for e in served {
        let also = if of(e) { "" } else { "takes part in what another line gives: " };
        wrap(text, &format!("gives: {also}{}", sentence(set, e)), "");
    }
    for u in unserved {
        let (why, code) = (words::safe(&u.why), u.code.number());
        wrap(text, &format!("would give: {}", sentence(set, &u.entitlement)), "");
        wrap(text, &format!("not served: {why} ({code})"), "");
        wrap(text, &format!("help: {}", words::remedy(u.code)), "");
    }
    for idle in loaded.idle.iter().filter(|idle| idle.place == here) {
        wrap(text, &format!("gives nothing: {}", words::safe(&idle.why)), "");
    }
}

fn signature(text: &mut String, set: &Set, line: &ExplainedLine, holds: bool) {
    let vendor = line.parts.first().and_then(|part| part.value.as_deref()).unwrap_or_default();
    let said = match line.signature {
        LineSignature::NotNeeded if line.keyword == "SERVER" => {
            let packs: Vec<String> = set
                .loaded
                .packs
                .iter()
                .filter(|pack| pack.file == 0)
                .map(|pack| pack.number.to_string())
                .collect();
            match packs.is_empty() {
                true => return,
                false => format!("license host of: pack {}", packs.join(", pack ")),
            }
        }
        LineSignature::NotNeeded if line.keyword == "VENDOR" => {
            let lines = set.loaded.entitlements.iter().filter(|e| e.vendor.as_str() == vendor).count();
            format!("served of this vendor: {}", super::show::many(lines as u64, "line"))
        }
        LineSignature::NotNeeded => return,
        LineSignature::Missing => "signature: none, so it is not served".to_owned(),
        LineSignature::Foreign => {
            "signature: another system's, which only the vendor can check; it is not served".to_owned()
        }
        LineSignature::Broken => "signature: it is none".to_owned(),
        LineSignature::Ours { key, index: 0 } => {
            let number = line.parts.get(1).and_then(|part| part.value.as_deref()).unwrap_or_default();
            let is_of =
                |pack: &&license::Pack| pack.number.as_str() == number && pack.vendor.as_str() == vendor;
            let pack = set.loaded.packs.iter().filter(|pack| pack.file == 0).find(is_of);
            let state = pack.map_or("refused".to_owned(), crate::check::state);
            format!("signature: by key {key}; pack {}: {state}", words::safe(number))
        }
        LineSignature::Ours { key, index } if holds => {
            format!("signature: by key {key}, line {index} of its pack; it holds")
        }
        LineSignature::Ours { key, index } => format!("signature: names key {key}, line {index} of its pack"),
    };
    wrap(text, &said, "");
}

/// What an entitlement is, in one sentence.
fn sentence(set: &Set, e: &Entitlement) -> String {
    let notes = words::notes(e, &set.sources);
    let notes = if notes.is_empty() { String::new() } else { format!("; {}", notes.join("; ")) };
    format!(
        "{} {} seats of {} {} ({}), configuration {}, cpu_id {}, {}, from {}{notes}",
        words::seats(e),
        words::kind(e),
        e.feature,
        e.version,
        e.vendor,
        words::config(e),
        words::cpus(e),
        words::lasts(e, now()),
        place(&set.sources, e.place),
    )
}

fn diagnostics(text: &mut String, set: &Set, found: &[&Diagnostic]) {
    for one in found {
        let _ = write!(text, "\n{}", one.render(&set.sources));
    }
}
