//! The rules of a file by what they are about: one feature, one modifier of it, or all.

use std::sync::Arc;

use license::Entitlement;
use names::PoolId;
use rustc_hash::FxHashMap;

use crate::attributes::Attributes;
use crate::feature::{FeatureSpec, Modifier};
use crate::index::{GroupNumbers, Keep, Names};
use crate::keyword::Keyword;
use crate::numbers::Numbers;
use crate::options::{FqdnMatching, Who};

/// A NO_ASK line: its number, and its place and what it says.
pub(crate) type NoAsk = (u32, Arc<str>);

/// The rules about one thing.
#[derive(Debug, Clone, Default)]
pub(crate) struct List {
    pub(crate) exclude: Option<Box<Names>>,
    pub(crate) include: Option<Box<Names>>,
    pub(crate) exclude_borrow: Option<Box<Names>>,
    pub(crate) include_borrow: Option<Box<Names>>,
    /// RESERVE and MAX.
    pub(crate) counted: Option<Box<Names>>,
    /// The first INCLUDE or INCLUDEALL; without one everybody is included.
    pub(crate) included_by: Option<u32>,
    /// The first INCLUDE_BORROW; without one everybody may borrow.
    pub(crate) borrowed_by: Option<u32>,
    /// INCLUDE lines that name license lines, not only a feature: whom they name is listed.
    pub(crate) listing: Vec<u32>,
    pub(crate) numbers: Numbers,
    /// The first NO_ASK.
    pub(crate) no_ask: Option<NoAsk>,
    /// What it is about.
    pub(crate) pools: Vec<PoolId>,
}

impl List {
    /// Adds a rule about somebody. `groups` are the file's.
    pub(crate) fn add(
        &mut self,
        keyword: Keyword,
        who: &Who,
        number: u32,
        groups: &GroupNumbers<'_>,
        matching: FqdnMatching,
    ) {
        let (names, keep) = match keyword {
            Keyword::Exclude | Keyword::ExcludeAll => (&mut self.exclude, Keep::First),
            Keyword::Include | Keyword::IncludeAll => {
                self.included_by.get_or_insert(number);
                (&mut self.include, Keep::First)
            }
            Keyword::ExcludeBorrow => (&mut self.exclude_borrow, Keep::First),
            Keyword::IncludeBorrow => {
                self.borrowed_by.get_or_insert(number);
                (&mut self.include_borrow, Keep::First)
            }
            Keyword::Reserve | Keyword::Max => (&mut self.counted, Keep::All),
            _ => return,
        };
        names.get_or_insert_with(|| Box::new(Names::new(matching, keep))).add(who, number, groups);
    }
}

/// Where the list about something is.
#[derive(Debug, Default)]
pub(crate) struct Lists<'a> {
    all: Option<usize>,
    of_feature: FxHashMap<&'a str, usize>,
    modified: FxHashMap<&'a str, FxHashMap<&'a Modifier, usize>>,
}

impl<'a> Lists<'a> {
    /// The list about something; `fresh` where it has none yet.
    pub(crate) fn at(&mut self, feature: Option<&'a FeatureSpec>, fresh: usize) -> usize {
        match feature {
            None => *self.all.get_or_insert(fresh),
            Some(FeatureSpec { name, modifier: None }) => *self.of_feature.entry(name).or_insert(fresh),
            Some(FeatureSpec { name, modifier: Some(modifier) }) => {
                *self.modified.entry(name).or_default().entry(modifier).or_insert(fresh)
            }
        }
    }

    /// Whether a rule has a modifier.
    pub(crate) fn are_modified(&self) -> bool {
        !self.modified.is_empty()
    }

    /// The lists that are about an entitlement: about its own name, and about its package's.
    pub(crate) fn about(&self, line: &Entitlement, attributes: &Attributes) -> Vec<usize> {
        let package = line.packaged.as_ref().map(|part| part.package.as_str());
        let own = line.feature.as_str();
        let mut lists: Vec<_> = self.all.into_iter().collect();
        for name in [Some(own), package.filter(|package| *package != own)].into_iter().flatten() {
            lists.extend(self.of_feature.get(name));
            let Some(modified) = self.modified.get(name) else { continue };
            lists.extend(attributes.of(line).iter().filter_map(|modifier| modified.get(modifier)));
        }
        lists
    }
}
