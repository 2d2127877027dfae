//! What license lines say of themselves, for feature modifiers to look at.

use std::collections::BTreeSet;

use license::{Entitlement, Place, Source};
use rustc_hash::FxHashMap;

use crate::feature::{Key, Modifier};
use crate::lexer::{Lexer, RawLine};

/// The attributes that modifiers look at, by the place of the line.
#[derive(Debug, Default)]
pub(crate) struct Attributes {
    by_place: FxHashMap<Place, Vec<Modifier>>,
}

impl Attributes {
    /// Reads them from the text of the license files, each file once.
    pub(crate) fn read(entitlements: &[&Entitlement], sources: &[Source]) -> Self {
        let wanted: BTreeSet<Place> = entitlements.iter().map(|line| line.place).collect();
        let files: BTreeSet<usize> = wanted.iter().map(|place| place.file).collect();
        let mut attributes = Self::default();
        for file in files {
            let Some(source) = sources.get(file) else { continue };
            let mut lexer = Lexer::of_license(&source.bytes);
            while let Some(line) = lexer.next_line() {
                let place = Place { file, line: line.number };
                if wanted.contains(&place) {
                    attributes.by_place.insert(place, of_line(&line));
                }
            }
        }
        attributes
    }

    /// Everything that a modifier may look at in a line's entitlement.
    pub(crate) fn of(&self, line: &Entitlement) -> Vec<Modifier> {
        let own = |key: Key, value: &str| key.normal(value).map(|value| Modifier { key, value });
        let mut all: Vec<_> = [
            own(Key::Version, line.version.as_str()),
            own(Key::ExpDate, &line.expiry.to_string()),
            line.vendor_string.as_deref().and_then(|text| own(Key::VendorString, text)),
        ]
        .into_iter()
        .flatten()
        .collect();
        all.extend(self.by_place.get(&line.place).into_iter().flatten().cloned());
        all.sort();
        all.dedup();
        all
    }
}

fn of_line(line: &RawLine) -> Vec<Modifier> {
    let mut all = Vec::new();
    for word in &line.words {
        let Some((name, value)) = word.text.split_once('=') else { continue };
        let keys: &[Key] = match Key::read(name) {
            Some(Key::Sign | Key::Key) => &[Key::Sign, Key::Key],
            // These are what the entitlement says: an upgrade or a package may change them.
            Some(Key::Version | Key::ExpDate) => &[],
            Some(Key::VendorString) => &[Key::VendorString],
            Some(Key::HostId) => &[Key::HostId],
            Some(Key::Issuer) => &[Key::Issuer],
            Some(Key::Notice) => &[Key::Notice],
            Some(Key::DistInfo) => &[Key::DistInfo],
            Some(Key::UserInfo) => &[Key::UserInfo],
            Some(Key::AssetInfo) => &[Key::AssetInfo],
            None if name.eq_ignore_ascii_case("SIGN2") => &[Key::Sign, Key::Key],
            None => &[],
        };
        all.extend(keys.iter().filter_map(|key| Some(Modifier { key: *key, value: key.normal(value)? })));
    }
    all
}
