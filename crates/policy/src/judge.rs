//! What the rules of a pool say of whoever asks.

use std::sync::Arc;

use names::{Code, Feature};

use crate::compile::{Compiled, Set};
use crate::index::{Known, Names};
use crate::listed::Listed;
use crate::lists::List;
use crate::policy::Refusal;

/// What some rules say of somebody.
#[derive(Debug, Clone, Default)]
pub(crate) struct Judged {
    pub(crate) refused: Option<Arc<Refusal>>,
    pub(crate) no_borrow: Option<Arc<Refusal>>,
    /// The counted rules that name them, in their order.
    pub(crate) counted: Vec<u32>,
}

impl Judged {
    pub(crate) fn is_empty(&self) -> bool {
        self.refused.is_none() && self.no_borrow.is_none() && self.counted.is_empty()
    }
}

/// The rules of one kind in a list.
type Of = fn(&List) -> Option<&Names>;

impl Compiled {
    pub(crate) fn judge(&self, set: usize, known: &Known<'_>, feature: &Feature) -> Judged {
        let Some(set) = self.sets.get(set) else { return Judged::default() };
        let one = One { of: self, set, known, feature };
        let mut counted = Vec::new();
        for names in one.lists().filter_map(|list| list.counted.as_deref()) {
            names.each(known, |rule| counted.push(rule));
        }
        counted.sort_unstable();
        Judged { refused: one.refused().map(Arc::new), no_borrow: one.no_borrow().map(Arc::new), counted }
    }
}

/// One question.
struct One<'a> {
    of: &'a Compiled,
    set: &'a Set,
    known: &'a Known<'a>,
    feature: &'a Feature,
}

impl One<'_> {
    fn lists(&self) -> impl Iterator<Item = &List> {
        self.set.lists.iter().filter_map(|at| self.of.lists.get(*at))
    }

    /// The first rule of a kind that names whoever asks.
    fn first(&self, of: Of) -> Option<u32> {
        self.lists().filter_map(|list| of(list)?.first(self.known)).min()
    }

    /// EXCLUDE; a list that the license wants and nobody is on; INCLUDE; the license's list.
    fn refused(&self) -> Option<Refusal> {
        if let Some(rule) = self.first(|list| list.exclude.as_deref()) {
            return Some(self.by_rule(Code::Excluded, rule, " is excluded from ", " by "));
        }
        if let Some(listed) = self.set.listed.iter().find(|listed| listed.count == 0) {
            return Some(self.nobody_listed(listed));
        }
        let included_by = self.lists().filter_map(|list| list.included_by).min();
        if let Some(rule) = included_by.filter(|_| self.first(|list| list.include.as_deref()).is_none()) {
            return Some(self.by_rule(
                Code::NotIncluded,
                rule,
                " is on no INCLUDE line of ",
                "; the first is ",
            ));
        }
        let missing = self.set.listed.iter().find(|listed| !listed.has(self.known));
        missing.map(|listed| self.not_listed(listed))
    }

    fn no_borrow(&self) -> Option<Refusal> {
        if let Some(rule) = self.first(|list| list.exclude_borrow.as_deref()) {
            return Some(self.by_rule(Code::Excluded, rule, " is excluded from borrowing ", " by "));
        }
        let rule = self.lists().filter_map(|list| list.borrowed_by).min()?;
        if self.first(|list| list.include_borrow.as_deref()).is_some() {
            return None;
        }
        Some(self.by_rule(Code::NotIncluded, rule, " is on no INCLUDE_BORROW line of ", "; the first is "))
    }

    /// A refusal: who, some words, the feature, some words, and the rule.
    fn by_rule(&self, code: Code, rule: u32, of: &str, by: &str) -> Refusal {
        let rule = self.of.rules.get(rule as usize);
        let (place, shown) = rule.map_or(("?".into(), "?"), |rule| (rule.place.clone(), &*rule.shown));
        let asker = self.known.asker;
        let words = [asker.user, "@", asker.host, of, self.feature.as_str(), by, shown].concat();
        Refusal { code, rule: place, words: words.into() }
    }

    fn nobody_listed(&self, listed: &Listed) -> Refusal {
        let words = format!(
            "{} {}, and no INCLUDE line with a modifier lists its {}",
            self.feature,
            listed.words,
            listed.whom()
        );
        Refusal { code: Code::NoListedUsers, rule: listed.place.clone(), words: words.into() }
    }

    fn not_listed(&self, listed: &Listed) -> Refusal {
        let words = format!(
            "{}@{} is not among the {} {} that INCLUDE lines list for {}, which {}",
            self.known.asker.user,
            self.known.asker.host,
            listed.count,
            listed.whom(),
            self.feature,
            listed.words
        );
        Refusal { code: Code::NotIncluded, rule: listed.place.clone(), words: words.into() }
    }
}
