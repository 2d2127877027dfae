//! What rows are found by: every number, name and address in them, in lower case.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use crate::CustomerNumber;
use crate::change::{Row, RowKey};

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

/// The rows that a word finds, by the company whose they are.
pub(crate) type Places = BTreeMap<Option<CustomerNumber>, BTreeSet<(Field, RowKey)>>;

type Shard = BTreeMap<Box<str>, Places>;

const SHARDS: usize = 256;

/// Words and their rows. In shards, so that a copy of a desk shares those that do not change.
#[derive(Debug, Clone)]
pub(crate) struct Index {
    shards: Vec<Arc<Shard>>,
    is_off: bool,
}

impl Default for Index {
    fn default() -> Self {
        Self { shards: vec![Arc::default(); SHARDS], is_off: false }
    }
}

impl Index {
    /// One that is not kept: a draft's, which nobody asks.
    pub(crate) fn off() -> Self {
        Self { shards: Vec::new(), is_off: true }
    }

    pub(crate) fn is_off(&self) -> bool {
        self.is_off
    }

    pub(crate) fn add(&mut self, row: &Row) {
        let key = row.key();
        let company = company(row);
        for (field, word) in words(row) {
            if let Some(shard) = self.shard(&word) {
                let places = Arc::make_mut(shard).entry(word.into()).or_default();
                places.entry(company.cloned()).or_default().insert((field, key.clone()));
            }
        }
    }

    pub(crate) fn remove(&mut self, row: &Row) {
        let key = row.key();
        let company = company(row).cloned();
        for (field, word) in words(row) {
            let Some(shard) = self.shard(&word).map(Arc::make_mut) else { continue };
            let Some(places) = shard.get_mut(&*word) else { continue };
            if let Some(rows) = places.get_mut(&company) {
                rows.remove(&(field, key.clone()));
                if rows.is_empty() {
                    places.remove(&company);
                }
            }
            if places.is_empty() {
                shard.remove(&*word);
            }
        }
    }

    /// The rows of a word.
    pub(crate) fn exact(&self, word: &str) -> Option<&Places> {
        self.shards.get(place(word))?.get(word)
    }

    /// The rows of words that begin so and go on.
    pub(crate) fn beginning<'a>(&'a self, start: &'a str) -> impl Iterator<Item = &'a Places> + 'a {
        let range = move |shard: &'a Arc<Shard>| {
            shard
                .range::<str, _>((Bound::Included(start), Bound::Unbounded))
                .take_while(move |(word, _)| word.starts_with(start))
                .filter(move |(word, _)| word.len() > start.len())
                .map(|(_, places)| places)
        };
        self.shards.iter().flat_map(range)
    }

    fn shard(&mut self, word: &str) -> Option<&mut Arc<Shard>> {
        self.shards.get_mut(place(word))
    }
}

/// The shard of a word: FNV-1a.
fn place(word: &str) -> usize {
    let hash = word.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    usize::try_from(hash % SHARDS as u64).unwrap_or(0)
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
