//! What rows are found by: every number, name and address in them, in lower case.

use std::ops::Bound;
use std::sync::Arc;

use super::find::HitKind;
use crate::CustomerNumber;
use crate::change::{Row, RowKey};
use crate::table::{self, Map, Set};

/// By what a row is found. What a case has of its own comes first, to [`Self::Email`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Field {
    /// Its own number or address.
    Own,
    /// Its number at the other desk.
    Other,
    Name,
    Serial,
    Install,
    Subscription,
    Invoice,
    Email,
    Host,
    Order,
    Pack,
    Configuration,
    /// What a case is linked to.
    About,
}

impl Field {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Own | Self::Other => "number",
            Self::Name => "name",
            Self::Serial => "serial number",
            Self::Install => "install number",
            Self::Subscription => "subscription",
            Self::Invoice => "invoice",
            Self::Email => "e-mail",
            Self::Host => "host",
            Self::Order => "order",
            Self::Pack => "pack",
            Self::Configuration => "configuration",
            Self::About => "case",
        }
    }
}

/// The rows that a word finds, by the company whose they are and by kind: what somebody may not see is passed
/// over without a look at it.
pub(crate) type Places = Map<(Option<CustomerNumber>, HitKind), Set<(Field, RowKey)>>;

/// Words and their rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    words: Map<Arc<str>, Places>,
    is_off: bool,
}

impl Index {
    /// One that is not kept: a draft's, which nobody asks.
    pub(crate) fn off() -> Self {
        Self { is_off: true, ..Self::default() }
    }

    pub(crate) fn is_off(&self) -> bool {
        self.is_off
    }

    /// Whether rows of this kind are found.
    pub(crate) fn has(key: &RowKey) -> bool {
        HitKind::of(key).is_some()
    }

    pub(crate) fn add(&mut self, row: &Row) {
        let key = row.key();
        let Some(kind) = HitKind::of(&key) else { return };
        let place = (company(row).cloned(), kind);
        for (field, word) in words(row) {
            let mut places = self.words.get(&*word).cloned().unwrap_or_default();
            table::add(&mut places, place.clone(), (field, key.clone()));
            self.words.insert_mut(word.into(), places);
        }
    }

    pub(crate) fn remove(&mut self, row: &Row) {
        let key = row.key();
        let Some(kind) = HitKind::of(&key) else { return };
        let place = (company(row).cloned(), kind);
        for (field, word) in words(row) {
            let Some(mut places) = self.words.get(&*word).cloned() else { continue };
            table::take(&mut places, &place, &(field, key.clone()));
            if places.is_empty() {
                self.words.remove_mut(&*word);
            } else {
                self.words.insert_mut(word.into(), places);
            }
        }
    }

    /// The rows of a word.
    pub(crate) fn exact(&self, word: &str) -> Option<&Places> {
        self.words.get(word)
    }

    /// The rows of a word that are of a company, or of nobody, and of a kind.
    pub(crate) fn of<'a>(
        &'a self,
        word: &str,
        company: Option<&CustomerNumber>,
        kind: HitKind,
    ) -> impl Iterator<Item = &'a RowKey> + use<'a> {
        let rows = self.exact(word).and_then(|places| places.get(&(company.cloned(), kind)));
        rows.into_iter().flatten().map(|(_, key)| key)
    }

    /// The rows of words that begin so and go on.
    pub(crate) fn beginning<'a>(&'a self, start: &'a str) -> impl Iterator<Item = &'a Places> + 'a {
        self.words
            .range::<str, _>((Bound::Excluded(start), Bound::Unbounded))
            .take_while(move |(word, _)| word.starts_with(start))
            .map(|(_, places)| places)
    }
}

/// As it is looked for: in lower case, with one blank where there are several.
pub(crate) fn folded(text: &str) -> String {
    if text.bytes().all(|b| b.is_ascii_graphic()) {
        return text.to_ascii_lowercase();
    }
    text.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

/// The company whose row it is; of people none.
fn company(row: &Row) -> Option<&CustomerNumber> {
    match row {
        Row::Company(row) => Some(&row.number),
        Row::Order(row) => Some(&row.company),
        Row::Configuration(row) => Some(&row.company),
        Row::Pack(row) => Some(&row.company),
        Row::Case(row) => row.company.as_ref(),
        _ => None,
    }
}

/// The word that all rows of a company stand under. Nobody can look for it: it has a control character.
pub(crate) const ALL: &str = "\u{1}";

/// The words of a row; one may come twice.
fn words(row: &Row) -> Vec<(Field, String)> {
    let mut words = Vec::new();
    let mut add = |field, text: &str| {
        let word = folded(text);
        if !word.is_empty() {
            words.push((field, word));
        }
    };
    match row {
        Row::Company(row) => {
            add(Field::Own, row.number.as_str());
            names(&row.name, &mut add);
            row.contact.iter().for_each(|email| add(Field::Email, email.as_str()));
        }
        Row::Person(row) => {
            add(Field::Own, row.email.as_str());
            names(&row.name, &mut add);
        }
        Row::Order(row) => {
            add(Field::Own, &row.number);
            add(Field::Subscription, &row.subscription);
            add(Field::Invoice, &row.invoice);
            row.buyer.iter().for_each(|email| add(Field::Email, email.as_str()));
            row.packs.iter().for_each(|pack| add(Field::Pack, pack.as_str()));
            row.items.iter().flat_map(|item| &item.serials).for_each(|serial| add(Field::Serial, serial));
        }
        Row::Configuration(row) => {
            add(Field::Own, &row.id.to_string());
            row.serials.iter().for_each(|serial| add(Field::Serial, serial));
            row.installs.iter().for_each(|install| add(Field::Install, install));
            add(Field::Host, row.host.as_str());
            for line in &row.lines {
                line.workstations.iter().for_each(|cpu| add(Field::Host, cpu.as_str()));
                add(Field::Order, &line.order);
            }
        }
        Row::Pack(row) => {
            add(Field::Own, row.number.as_str());
            add(Field::Host, row.host.as_str());
            row.configurations.iter().for_each(|id| add(Field::Configuration, &id.to_string()));
        }
        Row::Case(row) => {
            add(Field::Own, row.number.as_str());
            row.other.iter().for_each(|other| add(Field::Other, other.as_str()));
            row.asked_by.iter().for_each(|email| add(Field::Email, email.as_str()));
            row.about
                .iter()
                .filter_map(|about| about.split_once(':'))
                .for_each(|(_, of)| add(Field::About, of));
        }
        _ => return words,
    }
    if company(row).is_some() {
        words.push((Field::Own, ALL.to_owned()));
    }
    words
}

/// A name, and each word of it.
fn names(name: &str, add: &mut impl FnMut(Field, &str)) {
    add(Field::Name, name);
    name.split_whitespace().for_each(|word| add(Field::Name, word));
}
