//! The audit chain, from its files.

use std::path::Path;
use std::time::{Duration, Instant};

use console::{Audit, AuditLine, Chain};
use history::{Expected, Looked};
use license::PublicKey;
use names::Wall;

/// Where it is in the state folder.
pub(super) const FOLDER: &str = "audit";
/// How long it is kept whether the chain is whole.
pub(super) const CHAIN_KEPT: Duration = Duration::from_secs(60);
/// How long lines may be searched for.
const WITHIN: Duration = Duration::from_secs(5);
/// Characters of a value that are shown.
const VALUE_CHARS_MAX: usize = 300;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    /// Only what has this text in it.
    pub(super) search: String,
    pub(super) skip: usize,
    pub(super) take: usize,
}

/// A part of it, the newest first.
pub(super) fn look(folder: &Path, asked: &Asked) -> Result<Audit, String> {
    let search = asked.search.to_lowercase();
    let found = if search.is_empty() {
        history::newest(folder, asked.skip, asked.take)
    } else {
        let has = |line: &history::AuditLine| {
            let shown = shown(line);
            format!("{} {}", shown.by, shown.what).to_lowercase().contains(&search)
        };
        history::search(folder, asked.skip, asked.take, Instant::now() + WITHIN, has)
    };
    let Looked { lines, total, is_cut } =
        found.map_err(|error| format!("the audit chain cannot be read: {error}"))?;
    Ok(Audit { rows: lines.iter().map(shown).collect(), total, is_cut })
}

fn shown(line: &history::AuditLine) -> AuditLine {
    let field = |name: &str| line.fields.get(name).and_then(|value| value.as_str()).unwrap_or_default();
    let by = match field("by") {
        "" => "the daemon".to_owned(),
        by if by.bytes().all(|b| b.is_ascii_digit()) => format!("uid {by}"),
        by => by.to_owned(),
    };
    let is_deed = matches!(line.kind.as_str(), "administered" | "desk-did");
    let what = if is_deed && line.fields.contains_key("deed") { field("deed") } else { &line.kind };
    let rest = line.fields.iter().filter(|(name, value)| {
        !matches!(name.as_str(), "by" | "deed" | "key" | "signature") && value.as_str() != Some("")
    });
    let words = rest.map(|(name, value)| {
        let value: String = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
            .chars()
            .take(VALUE_CHARS_MAX)
            .collect();
        if name == "about" { value } else { format!("{name} {value}") }
    });
    let words = words.collect::<Vec<_>>().join(", ");
    let at = line.time.parse().map_or(0, |at: jiff::Timestamp| at.as_millisecond());
    AuditLine {
        line: line.line,
        seq: line.seq,
        at: Wall(at),
        by,
        what: if words.is_empty() { what.to_owned() } else { format!("{what}: {words}") },
    }
}

/// Whether it is whole.
pub(super) fn chain(folder: &Path, key: &PublicKey) -> Result<Chain, String> {
    let expected = Expected { key: Some(key.clone()), ..Expected::default() };
    let verify =
        || history::verify(folder, &expected).map_err(|e| format!("the audit chain cannot be read: {e}"));
    let mut found = verify()?;
    if !found.faults.is_empty() || !found.is_to_the_head {
        // A line that was half written is whole now; what was changed stays so.
        found = verify()?;
    }
    if let Some(fault) = found.faults.first() {
        return Ok(Chain::Broken {
            place: fault.place.clone(),
            what: fault.what.clone(),
            more: found.faults.len() - 1,
        });
    }
    if !found.is_to_the_head {
        let what = "it is not there, so that no line was cut at the end is not proved".to_owned();
        return Ok(Chain::Broken { place: "head".into(), what, more: 0 });
    }
    Ok(Chain::Whole { first: found.first.map_or(1, |(line, _)| line), signed: found.signed })
}
