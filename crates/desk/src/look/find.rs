//! Finding: one text, and everything that has it as a number, a name or an address.

use std::collections::BTreeSet;

use serde::Serialize;

use super::index::{Field, Places, folded};
use super::link::{Link, Sight};
use super::seats::email;
use crate::change::RowKey;
use crate::context::Owned;
use crate::{Action, Actor, Context, Desk, Power, Refusal, limits};

/// What is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HitKind {
    /// A Configuration ID of the ledger.
    Configuration,
    /// A license that is served here.
    License,
    /// A company.
    Company,
    /// Somebody.
    Person,
    /// An order.
    Order,
    /// A pack.
    Pack,
    /// A case.
    Case,
    /// A license host or workstation.
    Host,
}

impl HitKind {
    pub(crate) fn of(key: &RowKey) -> Option<Self> {
        Some(match key {
            RowKey::Configuration(..) => Self::Configuration,
            RowKey::Company(_) => Self::Company,
            RowKey::Person(_) => Self::Person,
            RowKey::Order(_) => Self::Order,
            RowKey::Pack(..) => Self::Pack,
            RowKey::Case(_) => Self::Case,
            _ => return None,
        })
    }
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// Its kind.
    pub kind: HitKind,
    /// Its number or address; of a license its pool.
    pub key: String,
    /// In a line.
    pub title: String,
    /// By what it was found: `serial number`, `host` …
    pub by: &'static str,
    /// What is odd about it.
    pub warnings: Vec<String>,
    /// Everything linked to it that one may see.
    pub linked: Vec<Link>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Found {
    /// The best first: what has the very text before what begins with it.
    pub hits: Vec<Hit>,
    /// There is more than is told.
    pub has_more: bool,
}

/// Fewer characters than these find only what has no more.
const PREFIX_CHARS_MIN: usize = 3;
/// So many words that begin with a text are looked at.
const WORDS_MAX: usize = 4_000;

impl Desk {
    /// Everything that has this text as a serial, install, configuration, case, order, subscription, invoice or
    /// pack number, as an e-mail, host or company, of what somebody may see; then what begins with it.
    ///
    /// # Errors
    /// Nobody is signed in, or the text is empty or too long.
    pub fn find(&self, ctx: &Context<'_>, actor: &Actor, text: &str) -> Result<Found, Refusal> {
        self.may(ctx, actor, Action::Find, None)?;
        let word = folded(text);
        if word.is_empty() || word.chars().any(char::is_control) {
            return Err(Refusal::invalid("text", "write a number, a name or an address"));
        }
        if word.chars().count() > limits::NAME_CHARS_MAX * 2 {
            return Err(Refusal::invalid("text", "it is longer than any number or name"));
        }
        let mut search = Search { sight: Sight::new(self, ctx, actor), hits: Vec::new(), has_more: false };
        search.rows(&word);
        search.licenses(&word);
        search.host(&word);
        Ok(search.found())
    }
}

/// A hit that is not dressed yet: exact ones first, then by what, then the row.
type Raw = (bool, Field, RawKey);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum RawKey {
    Row(RowKey),
    Pool(usize),
    Host(String),
}

struct Search<'a> {
    sight: Sight<'a>,
    hits: Vec<Raw>,
    has_more: bool,
}

impl Search<'_> {
    fn rows(&mut self, word: &str) {
        let desk = self.sight.desk;
        if let Some(places) = desk.index.exact(word) {
            self.take(places, false);
        }
        if word.chars().count() < PREFIX_CHARS_MIN {
            return;
        }
        for (seen, places) in desk.index.beginning(word).enumerate() {
            if seen >= WORDS_MAX || self.hits.len() > limits::FOUND_MAX {
                self.has_more = true;
                return;
            }
            self.take(places, true);
        }
    }

    /// Takes the rows of a word that are seen: of all companies, or of one's own and of people.
    fn take(&mut self, places: &Places, is_prefix: bool) {
        let (active, is_vendors) = (self.sight.active().cloned(), self.sight.is_vendors());
        let is_near = |company: &Option<crate::CustomerNumber>| company.is_none() || *company == active;
        let own = email(self.sight.actor);
        let is_site_host = self.sight.powers.has(Power::SiteHost);
        for ((company, kind), rows) in places {
            // Whoever sits on a site's host follows all cases there.
            let is_sites = is_site_host && *kind == HitKind::Case;
            let is_near = is_vendors || is_sites || is_near(company);
            let is_seen =
                if is_near { self.sight.may_see(*kind) } else { own.is_some() && *kind == HitKind::Case };
            if !is_seen {
                continue;
            }
            // In other companies there are one's own cases only, by what is their own.
            let rows = rows.iter().take_while(|(field, _)| is_near || *field <= Field::Email);
            for (field, key) in rows {
                if self.sight.sees(key) {
                    if self.hits.len() > limits::FOUND_MAX {
                        self.has_more = true;
                        return;
                    }
                    self.hits.push((is_prefix, *field, RawKey::Row(key.clone())));
                }
            }
        }
    }

    /// Licenses that are served here.
    fn licenses(&mut self, word: &str) {
        let mut count = 0;
        for (place, owned) in self.sight.ctx.owned.iter().enumerate() {
            let Some((is_prefix, field)) = matched(owned, word) else { continue };
            if !self.sees_license(owned, field) {
                continue;
            }
            if count >= limits::FOUND_MAX {
                self.has_more = true;
                return;
            }
            count += 1;
            self.hits.push((is_prefix, field, RawKey::Pool(place)));
        }
    }

    /// Whoever has a seat of it, and who administers the host, sees which license it is, not how it was bought.
    fn sees_license(&self, owned: &Owned, field: Field) -> bool {
        let sight = &self.sight;
        let own = email(sight.actor);
        let is_plain = matches!(field, Field::Configuration | Field::Name | Field::Host);
        let is_theirs = || {
            let mut assigned = sight.ctx.assigned.iter();
            assigned.any(|one| Some(&one.email) == own && one.pool == owned.pool)
        };
        sight.has(sight.desk.owner(owned), &[Power::Licensing, Power::Reporting])
            || (is_plain && (sight.powers.has(Power::HostAdministrator) || is_theirs()))
    }

    fn host(&mut self, word: &str) {
        if self.hits.iter().any(|(is_prefix, field, _)| !is_prefix && *field == Field::Host) {
            self.hits.push((false, Field::Own, RawKey::Host(word.to_owned())));
        }
    }

    fn found(mut self) -> Found {
        self.hits.sort();
        let mut seen = BTreeSet::new();
        let hits = std::mem::take(&mut self.hits);
        let once: Vec<Raw> = hits.into_iter().filter(|(_, _, key)| seen.insert(key.clone())).collect();
        let has_more = self.has_more || once.len() > limits::FOUND_MAX;
        let hits = once.iter().take(limits::FOUND_MAX).filter_map(|(_, field, key)| self.dress(*field, key));
        Found { hits: hits.collect(), has_more }
    }

    fn dress(&self, field: Field, key: &RawKey) -> Option<Hit> {
        match key {
            RawKey::Row(key) => {
                let Link { kind, key: shown, title } = self.sight.link(key)?;
                let warnings = match key {
                    RowKey::Configuration(vendor, id) => {
                        self.sight.desk.configuration(vendor, *id)?.warnings.clone()
                    }
                    _ => Vec::new(),
                };
                let linked = self.sight.linked(key);
                Some(Hit { kind, key: shown, title, by: field.word(), warnings, linked })
            }
            RawKey::Pool(place) => self.sight.ctx.owned.get(*place).map(|owned| self.license(field, owned)),
            RawKey::Host(host) => Some(self.host_hit(host)),
        }
    }

    fn license(&self, field: Field, owned: &Owned) -> Hit {
        let sight = &self.sight;
        let mut keys = vec![RowKey::Pack(owned.pool.vendor().clone(), owned.pack.clone())];
        keys.extend(sight.desk.owner(owned).cloned().map(RowKey::Company));
        if let names::ConfigId::Number(id) = owned.pool.config() {
            keys.push(RowKey::Configuration(owned.pool.vendor().clone(), *id));
        }
        Hit {
            kind: HitKind::License,
            key: owned.pool.to_string(),
            title: format!("{}, {} seats, through {}", owned.pool.feature(), owned.quantity, owned.until),
            by: field.word(),
            warnings: Vec::new(),
            linked: keys.iter().filter_map(|key| sight.link(key)).collect(),
        }
    }

    /// A host is not a row: it is what others are on.
    fn host_hit(&self, host: &str) -> Hit {
        let places = self.sight.desk.index.exact(host).into_iter().flatten();
        let seen = places.filter(|((_, kind), _)| self.sight.may_see(*kind));
        let rows = seen.flat_map(|(_, rows)| rows).filter(|(field, _)| *field == Field::Host);
        let links = rows.filter_map(|(_, key)| self.sight.link(key)).take(limits::LINKED_MAX);
        Hit {
            kind: HitKind::Host,
            key: host.to_owned(),
            title: format!("host {host}"),
            by: "host",
            warnings: Vec::new(),
            linked: links.collect(),
        }
    }
}

/// By what a license is found, and whether only by a beginning.
fn matched(owned: &Owned, word: &str) -> Option<(bool, Field)> {
    let config = owned.pool.config().to_string();
    let optional = [
        (Field::Subscription, owned.subscription.as_deref()),
        (Field::Invoice, owned.invoice.as_deref()),
        (Field::Email, owned.buyer.as_ref().map(names::Email::as_str)),
    ];
    let always = [
        (Field::Configuration, config.as_str()),
        (Field::Name, owned.pool.feature().as_str()),
        (Field::Host, owned.pool.cpu().as_str()),
        (Field::Pack, owned.pack.as_str()),
    ];
    let serials = owned.serials.iter().map(|serial| (Field::Serial, serial.as_str()));
    let texts = || {
        let optional = optional.iter().filter_map(|(field, text)| text.map(|text| (*field, text)));
        always.iter().copied().chain(optional).chain(serials.clone())
    };
    if let Some((field, _)) = texts().find(|(_, text)| text.eq_ignore_ascii_case(word)) {
        return Some((false, field));
    }
    let begins = |text: &str| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    let is_long = word.chars().count() >= PREFIX_CHARS_MIN;
    texts().find(|(_, text)| is_long && begins(text)).map(|(field, _)| (true, field))
}
