//! By what an answer is told: numbers for features, users, hosts and what else there is.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::scan::{Ask, Chunk};
use super::sheet::Cell;
use crate::usage::{Table, Text, Texts};

/// By what an answer is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Vendor and feature.
    Feature,
    /// User.
    User,
    /// Workstation.
    Host,
    /// Group of an options file.
    Group,
    /// Project.
    Project,
    /// Vendor, feature and configuration.
    Configuration,
    /// Vendor.
    Vendor,
}

/// The group of each user.
pub type Groups = BTreeMap<String, String>;

impl By {
    /// The columns that it is made of.
    pub(crate) fn texts(self) -> &'static [Text] {
        match self {
            Self::Feature => &[Text::Vendor, Text::Feature],
            Self::User | Self::Group => &[Text::User],
            Self::Host => &[Text::Host],
            Self::Project => &[Text::Project],
            Self::Configuration => &[Text::Vendor, Text::Feature, Text::Configuration],
            Self::Vendor => &[Text::Vendor],
        }
    }

    /// The names of its columns.
    pub(crate) fn columns(self) -> Vec<&'static str> {
        if self == Self::Group {
            return vec!["group"];
        }
        self.texts().iter().map(|text| text.name()).collect()
    }

    /// Whether it is about pools, whose seats are counted.
    pub(crate) fn is_of_pools(self) -> bool {
        matches!(self, Self::Feature | Self::Configuration | Self::Vendor)
    }
}

/// All texts that were seen, each with a number.
#[derive(Debug)]
pub(crate) struct World {
    texts: [Texts; Text::COUNT],
    only: [(Text, Option<u32>); 2],
    groups: Groups,
}

impl World {
    pub(crate) fn new(ask: &Ask) -> Self {
        let mut texts: [Texts; Text::COUNT] = std::array::from_fn(|_| Texts::default());
        let mut id = |text: Text, value: &Option<String>| {
            (text, value.as_ref().map(|value| texts[text as usize].id(value.as_bytes())))
        };
        let only = [id(Text::Vendor, &ask.vendor), id(Text::Feature, &ask.feature)];
        Self { texts, only, groups: ask.groups.clone() }
    }

    pub(crate) fn only(&self) -> [(Text, Option<u32>); 2] {
        self.only
    }

    pub(crate) fn learn(&mut self, table: &Table, texts: &[Text]) {
        for text in texts {
            for (_, bytes) in table.text(*text).dictionary() {
                self.texts[*text as usize].id(bytes);
            }
        }
    }

    /// Of each text of a row group, its number among all.
    pub(crate) fn known(&self, table: &Table, text: Text) -> Vec<u32> {
        let (all, some) = (&self.texts[text as usize], table.text(text));
        let mut known = vec![0; some.len()];
        for (id, bytes) in some.dictionary() {
            known[id as usize] = all.find(bytes);
        }
        known
    }

    pub(crate) fn text(&self, text: Text, id: u32) -> &str {
        self.texts[text as usize].text(id).unwrap_or("")
    }
}

/// Columns that a key is made of at most: those of a pool.
const PARTS: usize = 5;

/// Numbers for what an answer is told by.
#[derive(Debug)]
pub(crate) struct Keys {
    texts: &'static [Text],
    by: Option<By>,
    ids: FxHashMap<[u32; PARTS], u32>,
    parts: Vec<[u32; PARTS]>,
    /// Of each user, the number of the group.
    of_user: FxHashMap<u32, u32>,
    groups: Vec<String>,
}

impl Keys {
    pub(crate) fn new(by: By) -> Self {
        Self { by: Some(by), ..Self::of(by.texts()) }
    }

    /// By these columns, at most [`PARTS`].
    pub(crate) fn of(texts: &'static [Text]) -> Self {
        let (ids, of_user) = (FxHashMap::default(), FxHashMap::default());
        Self { texts, by: None, ids, parts: Vec::new(), of_user, groups: vec![String::new()] }
    }

    pub(crate) fn key(&mut self, world: &World, chunk: &Chunk<'_>, row: usize) -> usize {
        let mut parts = [0; PARTS];
        for (part, text) in parts.iter_mut().zip(self.texts) {
            *part = chunk.text(*text, row);
        }
        if self.by == Some(By::Group) {
            parts = [self.group(world, parts[0]), 0, 0, 0, 0];
        }
        let next = u32::try_from(self.parts.len()).unwrap_or(u32::MAX);
        let id = *self.ids.entry(parts).or_insert(next);
        if id == next {
            self.parts.push(parts);
        }
        id as usize
    }

    fn group(&mut self, world: &World, user: u32) -> u32 {
        let groups = &mut self.groups;
        *self.of_user.entry(user).or_insert_with(|| {
            let Some(group) = world.groups.get(world.text(Text::User, user)) else { return 0 };
            let at = groups.iter().position(|known| known == group);
            let at = at.unwrap_or_else(|| {
                groups.push(group.clone());
                groups.len() - 1
            });
            u32::try_from(at).unwrap_or(0)
        })
    }

    /// The cells that name one.
    pub(crate) fn cells(&self, world: &World, key: usize) -> Vec<Cell> {
        let Some(parts) = self.parts.get(key) else { return Vec::new() };
        if self.by == Some(By::Group) {
            return vec![self.groups.get(parts[0] as usize).map_or(Cell::None, |name| name.as_str().into())];
        }
        self.texts.iter().zip(parts).map(|(text, id)| world.text(*text, *id).into()).collect()
    }

    /// The texts of each.
    pub(crate) fn texts<'a>(&'a self, world: &'a World) -> impl Iterator<Item = Vec<&'a str>> {
        self.parts
            .iter()
            .map(|parts| self.texts.iter().zip(parts).map(|(text, id)| world.text(*text, *id)).collect())
    }

    /// The same in a few words.
    pub(crate) fn name(&self, world: &World, key: usize) -> String {
        let words = self.cells(world, key).into_iter().map(|cell| match cell {
            Cell::Text(text) => text,
            _ => "(none)".into(),
        });
        words.collect::<Vec<_>>().join(" ")
    }
}
