//! The differences as text: `+` comes, `-` goes, `~` changes, `!` is not served in either.

use std::collections::BTreeSet;
use std::fmt::{Display, Write as _};

use license::{Entitlement, PoolChange, PoolTerms};
use names::{PoolId, Version, Wall};

use super::super::words::{self, wrap};
use super::super::{Set, place};
use super::live::{Live, effect};

const RULE: &str = "Nobody is thrown out: a pool that goes keeps its seats in use until they are returned, and one \
                    that is lowered below its use grants none until it is below (-c PORT@HOST shows them).";

/// The whole report.
pub(super) fn render(
    old: &Set,
    new: &Set,
    changes: &[PoolChange<'_>],
    live: Option<&Live>,
    now: Wall,
) -> String {
    if changes.is_empty() {
        let all =
            if super::unproven(old, new) { "nothing that is verified changes" } else { "nothing changes" };
        return format!("{all}\n");
    }
    let mut text = String::new();
    for change in changes {
        one(&mut text, old, new, change, live, now);
    }
    let count = |sign: char| changes.iter().filter(|change| self::sign(change) == sign).count();
    let _ = writeln!(
        text,
        "pools: {} added, {} removed, {} changed, {} not served before or after",
        count('+'),
        count('-'),
        count('~'),
        count('!')
    );
    if live.is_none() {
        wrap(&mut text, RULE, "");
    }
    text
}

/// What a pool's heading begins with.
pub(super) fn sign(change: &PoolChange<'_>) -> char {
    match (&change.old.served, &change.new.served) {
        (None, Some(_)) => '+',
        (Some(_), None) => '-',
        (Some(_), Some(_)) => '~',
        (None, None) => '!',
    }
}

fn one(text: &mut String, old: &Set, new: &Set, change: &PoolChange<'_>, live: Option<&Live>, now: Wall) {
    let pool = &change.pool;
    let heading = format!("{} {}", sign(change), name(change));
    wrap(text, &heading, "");
    let mut say = |line: &str| wrap(text, line, "    ");
    match (&change.old.served, &change.new.served) {
        (Some(before), Some(after)) => differences(before, after, now).iter().for_each(|line| say(line)),
        (Some(before), None) => say(&format!("was: {}", terms(before, old, now))),
        (None, Some(after)) => say(&terms(after, new, now)),
        (None, None) => {}
    }
    for (state, set, when) in [(&change.old, old, "was not served"), (&change.new, new, "not served")] {
        if let Some((unserved, code, why)) = &state.unserved {
            let (why, code) = (words::safe(why), code.number());
            say(&format!("{when}: {}: {why} ({code})", terms(unserved, set, now)));
        }
    }
    if let Some(other) = &change.counterpart {
        let verb = if change.old.served.is_some() { "becomes" } else { "was" };
        let (version, config) = (version(other), other.config());
        say(&format!(
            "{verb} version {version}, configuration {config}: to the license host a pool of its own"
        ));
    }
    for idle in &change.idle {
        say(&format!("{}: {}", place(&new.sources, idle.place), words::safe(&idle.why)));
    }
    if let (Some(live), true) = (live, change.old.served.is_some()) {
        match live.of(pool) {
            Some(use_now) => {
                say(&format!(
                    "now {} of {} in use: {}",
                    use_now.in_use,
                    use_now.capacity,
                    effect(change, &use_now)
                ));
            }
            None => say("no server of the list has this pool"),
        }
    }
    text.push('\n');
}

/// A pool as people name it.
fn name(change: &PoolChange<'_>) -> String {
    let pool = &change.pool;
    let unserved = change.old.unserved.iter().chain(&change.new.unserved);
    let unsigned = unserved.flat_map(|(terms, ..)| &terms.lines).find(|line| line.config == *pool.config());
    let config = unsigned.map_or(pool.config().to_string(), |line| words::config(line));
    let fields = pool.pooling().split(';').filter(|part| !part.starts_with("VERSION="));
    let fields: String = fields.map(|part| format!(", {}", words::safe(part))).collect();
    let (feature, vendor, cpu) = (pool.feature(), pool.vendor(), pool.cpu());
    format!("{feature} v{} of {vendor}, configuration {config}, cpu_id {cpu}{fields}", version(pool))
}

fn version(pool: &PoolId) -> &str {
    pool.pooling().split(';').find_map(|part| part.strip_prefix("VERSION=")).unwrap_or_default()
}

fn count(terms: &PoolTerms<'_>) -> String {
    terms.seats.map_or("uncounted".to_owned(), |n| n.to_string())
}

/// What a pool's lines are together.
fn terms(terms: &PoolTerms<'_>, set: &Set, now: Wall) -> String {
    let dates = all(terms, |e| words::lasts(e, now));
    let places = all(terms, |e| place(&set.sources, e.place));
    let seats = if terms.seats == Some(1) { "seat" } else { "seats" };
    format!("{} {seats}, {dates}, from {places}", count(terms))
}

/// The different words that a pool's lines have for something, in their order.
fn all(terms: &PoolTerms<'_>, word: impl Fn(&Entitlement) -> String) -> String {
    let mut seen = BTreeSet::new();
    let words = terms.lines.iter().map(|line| word(line)).filter(|word| seen.insert(word.clone()));
    words.collect::<Vec<_>>().join(", ")
}

/// What a pool's lines say of something.
type Word<'a> = &'a dyn Fn(&PoolTerms<'_>) -> String;

/// What is not the same before and after.
pub(super) fn differences(before: &PoolTerms<'_>, after: &PoolTerms<'_>, now: Wall) -> Vec<String> {
    let shown = |value: Option<String>| value.unwrap_or_else(|| "none".to_owned());
    let text = |text: &Option<String>| shown(text.as_ref().map(|text| words::safe(text)));
    let rows: [(&str, Word<'_>); 10] = [
        ("seats", &count),
        ("expires", &|terms| all(terms, |e| words::until(e, now))),
        ("starts", &|terms| all(terms, |e| option(e.start.as_ref()))),
        ("version", &|terms| all(terms, |e| Version::canonical(&e.version))),
        ("rules", &|terms| {
            all(terms, |e| shown(Some(words::rules(&e.rules).join(", ")).filter(|s| !s.is_empty())))
        }),
        ("product line", &|terms| all(terms, |e| text(&e.product_line))),
        ("modules", &|terms| all(terms, |e| text(&e.modules.as_ref().map(|modules| modules.join(" "))))),
        ("maintenance", &|terms| all(terms, |e| option(e.maintenance.as_ref()))),
        ("VENDOR_STRING", &|terms| all(terms, |e| text(&e.vendor_string))),
        ("sort", &|terms| all(terms, |e| e.sort.to_string())),
    ];
    let mut lines: Vec<String> = rows
        .iter()
        .map(|(name, word)| (name, word(before), word(after)))
        .filter(|(_, before, after)| before != after)
        .map(|(name, before, after)| format!("{name}: {before} -> {after}"))
        .collect();
    if lines.is_empty() {
        let by_line = |terms: &PoolTerms<'_>| {
            let line = |e: &&Entitlement| format!("{} until {}", words::seats(e), words::until(e, now));
            terms.lines.iter().map(line).collect::<Vec<_>>().join(", ")
        };
        lines.push(format!("lines: {} -> {}", by_line(before), by_line(after)));
    }
    lines
}

fn option(value: Option<&impl Display>) -> String {
    value.map_or("none".to_owned(), ToString::to_string)
}
