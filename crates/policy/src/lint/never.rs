//! Rules that never decide anything, because of others in the file.

use license::Findings;
use rustc_hash::FxHashMap;

use super::{feature_of, warn, who_of};
use crate::feature::FeatureSpec;
use crate::keyword::Keyword;
use crate::options::{Kind, Line, OptionsFile, What};

/// What a rule is about, and whom.
type About<'a> = (Option<&'a FeatureSpec>, Kind, &'a str);

fn about(line: &Line) -> Option<About<'_>> {
    who_of(line).map(|who| (feature_of(line), who.kind, who.name.as_str()))
}

/// The lines of some keywords, by what they are about: of several the first.
fn lines_of<'a>(options: &'a OptionsFile, keywords: &[Keyword]) -> FxHashMap<About<'a>, u32> {
    let mut lines = FxHashMap::default();
    for line in options.lines.iter().filter(|line| keywords.contains(&line.keyword)) {
        if let Some(about) = about(line) {
            lines.entry(about).or_insert(line.number);
        }
    }
    lines
}

/// The same again, reservations of nothing, and rules for whom an EXCLUDE names.
pub(super) fn idle_rules(options: &OptionsFile, findings: &mut Findings) {
    let mut seen: FxHashMap<String, u32> = FxHashMap::default();
    let excluded = lines_of(options, &[Keyword::Exclude, Keyword::ExcludeAll]);
    let no_borrow = lines_of(options, &[Keyword::ExcludeBorrow]);
    for line in &options.lines {
        if let (Keyword::Reserve, What::Count { count: 0, .. }) = (line.keyword, &line.what) {
            warn(findings, line, || ("the line reserves nothing".to_owned(), "remove it"));
            continue;
        }
        if matches!(line.what, What::Who { .. }) {
            if let Some(first) = seen.get(&line.shown()) {
                warn(findings, line, || {
                    let message = format!("the rule never decides anything: line {first} says the same");
                    (message, "remove one of them")
                });
                continue;
            }
            seen.insert(line.shown(), line.number);
        }
        let words = match line.keyword {
            Keyword::Include | Keyword::IncludeAll => "the rule never lets anybody in",
            Keyword::IncludeBorrow => "the rule never lets anybody borrow",
            Keyword::Reserve => "nobody can use what the line reserves",
            Keyword::Max => "the rule never decides anything",
            _ => continue,
        };
        let Some((feature, kind, name)) = about(line) else { continue };
        let unmodified = feature.map(|spec| FeatureSpec { modifier: None, ..spec.clone() });
        let wider = [feature, unmodified.as_ref(), None];
        let over = |lines: &FxHashMap<About<'_>, u32>| {
            wider.into_iter().find_map(|spec| lines.get(&(spec, kind, name)).copied())
        };
        let of_borrow = Some(&no_borrow).filter(|_| line.keyword == Keyword::IncludeBorrow).and_then(over);
        if let Some(over) = over(&excluded).or(of_borrow) {
            warn(findings, line, || {
                (format!("{words}: line {over} excludes them, and EXCLUDE comes first"), "remove one of them")
            });
        }
    }
}

/// MAX lines for the same, of which the lowest decides.
pub(super) fn maxima(options: &OptionsFile, findings: &mut Findings) {
    let maxima = || options.lines.iter().filter(|line| line.keyword == Keyword::Max);
    let number = |line: &Line| match line.what {
        What::Count { count, .. } => Some((count, line.number)),
        _ => None,
    };
    let mut lowest: FxHashMap<About<'_>, (u32, u32)> = FxHashMap::default();
    for (about, number) in maxima().filter_map(|line| about(line).zip(number(line))) {
        lowest.entry(about).and_modify(|low| *low = (*low).min(number)).or_insert(number);
    }
    for line in maxima() {
        let low = about(line).and_then(|about| lowest.get(&about).copied());
        if let Some((count, first)) = low.filter(|low| Some(*low) != number(line)) {
            warn(findings, line, || {
                let message =
                    format!("the rule never decides anything: line {first} allows them {count} at most");
                (message, "remove one of them")
            });
        }
    }
}
