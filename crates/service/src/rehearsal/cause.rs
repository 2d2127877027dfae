//! Why a checkout was refused, in words that are the same for all who are refused for one cause.

use std::sync::Arc;

use names::{Code, Feature};
use seats::{Answer, Denial, Detail, QuotaKind, State};

/// Why a checkout got nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// FlexNet's code.
    pub code: Code,
    /// What its user would be told.
    pub why: String,
    /// The cause: the rule as the options file has it and its place, `RESERVE 2 mill GROUP cad
    /// (acmed.opt:7)`, or a few words.
    pub cause: String,
    /// The rule's place, where a rule is the cause: `acmed.opt:7`.
    pub rule: Option<Arc<str>>,
}

impl Refused {
    /// An answer that no checkout has.
    pub(super) fn unexpected(answer: &Answer) -> Self {
        let cause = "the engine gave another answer".to_owned();
        Self { code: Code::BadParameter, why: format!("{answer:?}"), cause, rule: None }
    }
}

/// A denial's cause. `rules` are the places and words of what options files forbid the asker.
pub(super) fn refused(
    state: &State,
    feature: &Feature,
    rules: &[(Arc<str>, Arc<str>)],
    denial: &Denial,
) -> Refused {
    let plain = |cause: String| (cause, None);
    let (cause, rule) = match &denial.detail {
        Detail::Reserved { who, rule } => {
            (counted(state, feature, "RESERVE", who, rule), Some(Arc::clone(rule)))
        }
        Detail::Max { who, rule, .. } => (counted(state, feature, "MAX", who, rule), Some(Arc::clone(rule))),
        Detail::Barred(words) => barred(denial.code, rules, words),
        Detail::Connections(vendor, limit) => plain(format!("MAX_CONNECTIONS {limit} of {vendor}")),
        Detail::AllTaken { .. } => plain("all seats in use".to_owned()),
        Detail::Queued(_) => plain("others wait in line".to_owned()),
        Detail::TooMany { licensed, .. } => plain(format!("more than the {licensed} seats of {feature}")),
        Detail::NoSuchFeature { .. } => plain(format!("no license line of {feature}")),
        Detail::WrongHost { .. } => plain(format!("{feature} is locked to workstations")),
        Detail::Version { licensed, .. } => plain(format!("{feature} is licensed up to version {licensed}")),
        Detail::Expired(_, expiry) => plain(format!("{feature} expired on {expiry}")),
        _ => plain(denial.code.text().trim_end_matches('.').to_owned()),
    };
    Refused { code: denial.code, why: denial.to_string(), cause, rule }
}

/// `RESERVE 2 mill GROUP cad (acmed.opt:7)`
fn counted(state: &State, feature: &Feature, keyword: &str, who: &str, rule: &str) -> String {
    let is_reserve = keyword == "RESERVE";
    let row = state.quotas().map(|(row, _)| row).find(|row| {
        (&*row.rule, &*row.who, matches!(row.kind, QuotaKind::Reserve(_))) == (rule, who, is_reserve)
    });
    // A rule about a suite is one of its component too.
    let of = match row.map(|row| &row.kind) {
        Some(QuotaKind::Reserve(pool)) => pool.feature(),
        _ => feature,
    };
    let seats = row.map_or(String::new(), |row| format!(" {}", row.seats));
    format!("{keyword}{seats} {of} {who} ({rule})")
}

/// `EXCLUDE mill USER lee (acmed.opt:3)`: the words of the rule stand behind its place.
fn barred(code: Code, rules: &[(Arc<str>, Arc<str>)], words: &str) -> (String, Option<Arc<str>>) {
    let Some((place, _)) = rules.iter().find(|(_, of)| **of == *words) else {
        return (code.text().trim_end_matches('.').to_owned(), None);
    };
    let shown = words.split_once(&**place).and_then(|(_, rest)| rest.split_once('`'));
    let cause = match shown {
        Some((_, rule)) => format!("{} ({place})", rule.trim_end_matches('`')),
        None => format!("{} ({place})", code.text().trim_end_matches('.')),
    };
    (cause, Some(Arc::clone(place)))
}
