//! What is linked to what, and who may see it.

use serde::Serialize;

use super::find::HitKind;
use super::index::folded;
use super::seats::{active, email};
use crate::change::RowKey;
use crate::model::{CaseState, ConfigStanding, Configuration, PackStanding};
use crate::{Actor, Context, CustomerNumber, Desk, Power, Powers, limits};

/// Something linked to what was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Link {
    /// Its kind.
    pub kind: HitKind,
    /// Its number or address.
    pub key: String,
    /// In a line.
    pub title: String,
}

/// What somebody may see.
pub(crate) struct Sight<'a> {
    pub(crate) desk: &'a Desk,
    pub(crate) ctx: &'a Context<'a>,
    pub(crate) actor: &'a Actor,
    pub(crate) powers: Powers,
}

impl<'a> Sight<'a> {
    pub(crate) fn new(desk: &'a Desk, ctx: &'a Context<'a>, actor: &'a Actor) -> Self {
        Self { desk, ctx, actor, powers: desk.powers(actor, ctx.role) }
    }

    /// All companies.
    pub(crate) fn is_vendors(&self) -> bool {
        self.powers.has(Power::VendorDesk)
    }

    pub(crate) fn active(&self) -> Option<&'a CustomerNumber> {
        active(self.actor)
    }

    /// Whether something of a company is seen with one of these.
    pub(crate) fn has(&self, company: Option<&CustomerNumber>, powers: &[Power]) -> bool {
        self.is_vendors() || (company.is_some() && company == self.active() && self.powers.has_any(powers))
    }

    /// Whether a row of this kind can be seen at all; said without looking for the row.
    pub(crate) fn may_see(&self, kind: HitKind) -> bool {
        use Power::{Licensing, Reporting, VendorDesk};
        match kind {
            HitKind::Configuration => self.powers.has_any(&[Licensing, Reporting, VendorDesk]),
            HitKind::Order | HitKind::Pack => self.powers.has_any(&[Reporting, VendorDesk]),
            _ => true,
        }
    }

    /// Whether a row is seen (W9).
    pub(crate) fn sees(&self, key: &RowKey) -> bool {
        use Power::{Licensing, Reporting, Supervisor};
        let desk = self.desk;
        match key {
            RowKey::Company(number) => {
                self.has(Some(number), &[Supervisor, Licensing, Reporting])
                    || (self.powers.has(Power::SiteHost) && desk.company(number).is_some())
                    || (self.active() == Some(number)
                        && email(self.actor).is_some_and(|own| desk.membership(number, own).is_some()))
            }
            RowKey::Person(person) => {
                let is_member = || self.active().is_some_and(|c| desk.membership(c, person).is_some());
                self.is_vendors()
                    || (email(self.actor) == Some(person) && self.powers.has(Power::Everyone))
                    || (self.powers.has(Supervisor) && is_member())
            }
            RowKey::Configuration(vendor, id) => {
                let company = desk.configuration(vendor, *id).map(|row| &row.company);
                self.has(company, &[Licensing, Reporting])
            }
            RowKey::Order(number) => self.has(desk.order(number).map(|row| &row.company), &[Reporting]),
            RowKey::Pack(vendor, number) => {
                self.has(desk.pack_of(vendor, number).map(|row| &row.company), &[Reporting])
            }
            RowKey::Case(number) => {
                desk.own_case(number).is_some_and(|case| desk.sees_case(self.ctx, self.actor, case))
            }
            _ => false,
        }
    }

    /// A row as a link, where it is seen.
    pub(crate) fn link(&self, key: &RowKey) -> Option<Link> {
        if !self.sees(key) {
            return None;
        }
        let desk = self.desk;
        let (kind, key, title) = match key {
            RowKey::Company(number) => {
                let row = desk.company(number)?;
                (HitKind::Company, number.to_string(), row.name.clone())
            }
            RowKey::Person(email) => {
                let row = desk.person(email)?;
                (HitKind::Person, email.to_string(), row.shown().to_owned())
            }
            RowKey::Configuration(vendor, id) => {
                let row = desk.configuration(vendor, *id)?;
                (HitKind::Configuration, id.to_string(), configuration(row))
            }
            RowKey::Order(number) => {
                let row = desk.order(number)?;
                let title = format!("order of company {}, {} items", row.company, row.items.len());
                (HitKind::Order, number.clone(), title)
            }
            RowKey::Pack(vendor, number) => {
                let row = desk.pack_of(vendor, number)?;
                let standing = match row.standing {
                    PackStanding::Current => "current",
                    PackStanding::Superseded => "superseded",
                    PackStanding::Void => "void",
                };
                (HitKind::Pack, desk.pack_shown(row), format!("pack for host {}, {standing}", row.host))
            }
            RowKey::Case(number) => {
                let row = desk.own_case(number)?;
                let state = match row.state {
                    CaseState::Open => "open",
                    CaseState::Waiting => "waits for the other desk",
                    CaseState::Done => "done",
                    CaseState::Refused => "refused",
                };
                (HitKind::Case, row.number.to_string(), format!("{}, {state}", row.subject))
            }
            _ => return None,
        };
        Some(Link { kind, key, title })
    }

    /// What is linked to a row, each once, of what is seen.
    pub(crate) fn linked(&self, key: &RowKey) -> Vec<Link> {
        let mut keys = self.named_by(key);
        keys.extend(self.naming(key));
        let mut links: Vec<Link> = Vec::new();
        for other in keys.iter().filter(|other| *other != key) {
            if links.len() >= limits::LINKED_MAX {
                break;
            }
            if let Some(link) = self.link(other).filter(|link| !links.contains(link)) {
                links.push(link);
            }
        }
        links
    }

    /// The rows that a row names.
    fn named_by(&self, key: &RowKey) -> Vec<RowKey> {
        let desk = self.desk;
        let mut keys = Vec::new();
        match key {
            RowKey::Person(email) => keys.extend(desk.companies_of(email).cloned().map(RowKey::Company)),
            RowKey::Configuration(vendor, id) => {
                let Some(row) = desk.configuration(vendor, *id) else { return keys };
                keys.push(RowKey::Company(row.company.clone()));
                let orders = row.lines.iter().filter(|line| !line.order.is_empty());
                keys.extend(orders.map(|line| RowKey::Order(line.order.clone())));
                let to = |id: &u64| RowKey::Configuration(vendor.clone(), *id);
                keys.extend(row.successors.iter().map(to));
            }
            RowKey::Order(number) => {
                let Some(row) = desk.order(number) else { return keys };
                keys.extend([RowKey::Company(row.company.clone()), RowKey::Case(row.case.clone())]);
                let numbered = row.packs.iter().flat_map(|number| desk.packs_numbered(number));
                let own = numbered.filter(|pack| pack.company == row.company);
                keys.extend(own.map(|pack| RowKey::Pack(pack.vendor.clone(), pack.number.clone())));
                keys.extend(row.buyer.iter().cloned().map(RowKey::Person));
            }
            RowKey::Pack(vendor, number) => {
                let Some(row) = desk.pack_of(vendor, number) else { return keys };
                keys.extend([RowKey::Company(row.company.clone()), RowKey::Case(row.case.clone())]);
                keys.extend(row.voids.iter().map(|number| RowKey::Pack(vendor.clone(), number.clone())));
                for id in row.configurations.iter().take(limits::LINKED_MAX) {
                    keys.extend(self.found(&id.to_string(), Some(&row.company), HitKind::Configuration));
                }
            }
            RowKey::Case(number) => {
                let Some(row) = desk.own_case(number) else { return keys };
                keys.extend(row.company.iter().cloned().map(RowKey::Company));
                keys.extend(row.asked_by.iter().cloned().map(RowKey::Person));
                for about in row.about.iter().take(limits::LINKED_MAX) {
                    keys.extend(self.about(about, row.company.as_ref()));
                }
            }
            _ => {}
        }
        keys
    }

    /// The rows of `order:O-1001` and the like.
    fn about(&self, about: &str, company: Option<&CustomerNumber>) -> Vec<RowKey> {
        let Some((word, of)) = about.split_once(':') else { return Vec::new() };
        let kind = match word {
            "order" => HitKind::Order,
            "configuration" => HitKind::Configuration,
            "pack" => HitKind::Pack,
            "case" => HitKind::Case,
            "person" => HitKind::Person,
            "company" => HitKind::Company,
            _ => return Vec::new(),
        };
        let company = if kind == HitKind::Person { None } else { company };
        self.found(of, company, kind)
    }

    /// The rows of a company, or of nobody, that have this word and are of this kind.
    fn found(&self, word: &str, company: Option<&CustomerNumber>, kind: HitKind) -> Vec<RowKey> {
        self.desk.index.of(&folded(word), company, kind).take(limits::LINKED_MAX).cloned().collect()
    }

    /// The rows that name a row.
    fn naming(&self, key: &RowKey) -> Vec<RowKey> {
        let (word, company) = match key {
            RowKey::Company(number) => (super::index::ALL.to_owned(), Some(number)),
            RowKey::Person(email) => (email.to_string(), self.active()),
            RowKey::Configuration(vendor, id) => {
                let company = self.desk.configuration(vendor, *id).map(|row| &row.company);
                (id.to_string(), company)
            }
            RowKey::Order(number) => (folded(number), self.desk.order(number).map(|row| &row.company)),
            RowKey::Pack(vendor, number) => {
                let company = self.desk.pack_of(vendor, number).map(|row| &row.company);
                (folded(number.as_str()), company)
            }
            _ => return Vec::new(),
        };
        let Some(places) = self.desk.index.exact(&word) else { return Vec::new() };
        let is_persons = matches!(key, RowKey::Person(_));
        let is_near =
            |of: &Option<CustomerNumber>| (is_persons && self.is_vendors()) || of.as_ref() == company;
        let all = places.iter().filter(|((of, kind), _)| is_near(of) && self.may_see(*kind));
        let rows = all.flat_map(|(_, rows)| rows).map(|(_, key)| key.clone());
        rows.take(limits::LINKED_MAX * 2).collect()
    }
}

/// A configuration in a line: `mill 10, lathe 5 on host 02fc00000001`.
pub(crate) fn configuration(row: &Configuration) -> String {
    let lines: Vec<String> =
        row.lines.iter().take(10).map(|line| format!("{} {}", line.feature, line.count)).collect();
    let more = if row.lines.len() > 10 { " …" } else { "" };
    let standing = match row.standing {
        ConfigStanding::Active => String::new(),
        ConfigStanding::Retired | ConfigStanding::Moved => {
            let to: Vec<String> = row.successors.iter().map(ToString::to_string).collect();
            let word = if row.standing == ConfigStanding::Moved { "moved" } else { "retired" };
            if to.is_empty() { format!(", {word}") } else { format!(", {word}: now {}", to.join(", ")) }
        }
    };
    format!("{}{more} on host {}{standing}", lines.join(", "), row.host)
}
