//! The desk's state: its rows, and how they are found.

use std::sync::Arc;

use names::{Email, PackNumber, Vendor};

use crate::change::{BadRow, Change, Row, RowKey, Tables};
use crate::links::Links;
use crate::look::index::Index;
use crate::model::{
    Case, CaseNumber, Company, Configuration, Credential, CustomerNumber, FileRow, Membership, MoveRow,
    Order, PackRow, Person, Retired,
};
use crate::table::Table;
use crate::{Actor, Power, Powers, parts};

/// All that a desk knows. A copy shares its rows.
#[derive(Debug, Clone, Default)]
pub struct Desk {
    pub(crate) tables: Tables,
    links: Links,
    /// What rows are found by.
    pub(crate) index: Index,
}

impl Desk {
    /// The desk of what is stored, in the order of its keys, as it comes out of the journal's state.
    ///
    /// # Errors
    /// The first row that cannot be read: a daemon does not start with it.
    pub fn load<'a>(stored: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<Self, BadRow> {
        let mut desk = Self::default();
        for row in parts::rows(stored)? {
            desk.apply(&Change::Put(row));
        }
        Ok(desk)
    }

    /// A row.
    #[must_use]
    pub fn row(&self, key: &RowKey) -> Option<Row> {
        self.tables.row(key)
    }

    /// All rows, by kind.
    pub fn rows(&self) -> impl Iterator<Item = Row> {
        self.tables.rows()
    }

    /// Makes a change that is on the disk.
    pub fn apply(&mut self, change: &Change) {
        let key = match change {
            Change::Put(row) => &row.key(),
            Change::Drop(key) => key,
        };
        let is_found = !self.index.is_off() && Index::has(key);
        if is_found && let Some(before) = self.row(key) {
            self.index.remove(&before);
        }
        self.links.remove(&self.tables, key);
        match change {
            Change::Put(row) => {
                if is_found {
                    self.index.add(row);
                }
                self.links.add(row);
                self.tables.put(row.clone());
            }
            Change::Drop(key) => self.tables.drop_row(key),
        }
    }

    /// The same to draft a decision on: nothing is found in it.
    pub(crate) fn to_draft(&self) -> Self {
        Self { tables: self.tables.clone(), links: self.links.clone(), index: Index::off() }
    }

    /// A company.
    #[must_use]
    pub fn company(&self, number: &CustomerNumber) -> Option<&Company> {
        self.tables.companies.get(number).map(Arc::as_ref)
    }

    /// All companies, by number.
    pub fn companies(&self) -> impl Iterator<Item = &Company> {
        self.tables.companies.values().map(Arc::as_ref)
    }

    /// Somebody with an account.
    #[must_use]
    pub fn person(&self, email: &Email) -> Option<&Person> {
        self.tables.people.get(email).map(Arc::as_ref)
    }

    /// Everybody with an account, by e-mail.
    pub fn people(&self) -> impl Iterator<Item = &Person> {
        self.tables.people.values().map(Arc::as_ref)
    }

    /// Somebody's password.
    #[must_use]
    pub fn credential(&self, email: &Email) -> Option<&Credential> {
        self.tables.credentials.get(email).map(Arc::as_ref)
    }

    /// What somebody may do for a company.
    #[must_use]
    pub fn membership(&self, company: &CustomerNumber, email: &Email) -> Option<&Membership> {
        self.links.people_of(company)?.get(email).map(Arc::as_ref)
    }

    /// The people of a company, by e-mail.
    pub fn members<'a>(&'a self, company: &'a CustomerNumber) -> impl Iterator<Item = &'a Membership> + 'a {
        self.links.people_of(company).into_iter().flat_map(Table::values).map(Arc::as_ref)
    }

    /// How many people a company has.
    pub(crate) fn members_count(&self, company: &CustomerNumber) -> usize {
        self.links.people_of(company).map_or(0, Table::size)
    }

    /// The companies that somebody belongs to, by number.
    pub fn companies_of<'a>(&'a self, email: &Email) -> impl Iterator<Item = &'a CustomerNumber> + 'a {
        self.links.companies_of(email)
    }

    /// A configuration.
    #[must_use]
    pub fn configuration(&self, vendor: &Vendor, id: u64) -> Option<&Configuration> {
        self.tables.configurations.get(&(vendor.clone(), id)).map(Arc::as_ref)
    }

    /// All configurations, by vendor and id.
    pub fn configurations(&self) -> impl Iterator<Item = &Configuration> {
        self.tables.configurations.values().map(Arc::as_ref)
    }

    /// An order.
    #[must_use]
    pub fn order(&self, number: &str) -> Option<&Order> {
        self.tables.orders.get(number).map(Arc::as_ref)
    }

    /// All orders, by number.
    pub fn orders(&self) -> impl Iterator<Item = &Order> {
        self.tables.orders.values().map(Arc::as_ref)
    }

    /// A pack, by its number, where one vendor alone gave that. Whoever asks for somebody asks
    /// [`Self::pack_for`].
    #[must_use]
    pub fn pack(&self, number: &PackNumber) -> Option<&PackRow> {
        let mut packs = self.packs_numbered(number);
        packs.next().filter(|_| packs.next().is_none())
    }

    /// A vendor's pack.
    #[must_use]
    pub fn pack_of(&self, vendor: &Vendor, number: &PackNumber) -> Option<&PackRow> {
        self.tables.packs.get(&(vendor.clone(), number.clone())).map(Arc::as_ref)
    }

    /// The packs of a number, by vendor.
    pub fn packs_numbered(&self, number: &PackNumber) -> impl Iterator<Item = &PackRow> {
        self.links.numbered(number).filter_map(|vendor| self.pack_of(vendor, number))
    }

    /// The cases of a company, by number.
    pub(crate) fn cases_of(&self, company: &CustomerNumber) -> impl Iterator<Item = &Case> {
        self.links.cases_of(company).filter_map(|number| self.own_case(number))
    }

    /// The cases that somebody asked for, by number.
    pub(crate) fn cases_by(&self, email: &Email) -> impl Iterator<Item = &Case> {
        self.links.cases_by(email).filter_map(|number| self.own_case(number))
    }

    /// The orders of a case.
    pub(crate) fn orders_of(&self, case: &CaseNumber) -> impl Iterator<Item = &Order> {
        self.links.orders_of(case).filter_map(|number| self.order(number))
    }

    /// The configurations of a company, by vendor and id.
    pub fn configurations_of(&self, company: &CustomerNumber) -> impl Iterator<Item = &Configuration> {
        self.links.configurations_of(company).filter_map(|(vendor, id)| self.configuration(vendor, *id))
    }

    /// The packs of a company, by vendor and number.
    pub fn packs_of(&self, company: &CustomerNumber) -> impl Iterator<Item = &PackRow> {
        self.links.packs_of(company).filter_map(|(vendor, number)| self.pack_of(vendor, number))
    }

    /// All packs, by vendor and number.
    pub fn packs(&self) -> impl Iterator<Item = &PackRow> {
        self.tables.packs.values().map(Arc::as_ref)
    }

    /// A case, by its number here; or at the other desk, where one case alone has that number there. Whoever
    /// asks for somebody asks [`Self::case_for`].
    #[must_use]
    pub fn case(&self, number: &CaseNumber) -> Option<&Case> {
        let mut cases = self.cases_numbered(number);
        cases.next().filter(|_| cases.next().is_none())
    }

    /// A case, by its number here alone.
    pub(crate) fn own_case(&self, number: &CaseNumber) -> Option<&Case> {
        self.tables.cases.get(number).map(Arc::as_ref)
    }

    /// The case of a number here, or, where there is none, those that have it at the other desk: each site has an
    /// S-1001 of its own.
    pub fn cases_numbered(&self, number: &CaseNumber) -> impl Iterator<Item = &Case> {
        let own = self.own_case(number);
        own.into_iter().chain(self.cases_elsewhere(number).filter(move |_| own.is_none()))
    }

    /// The cases that have a number at the other desk.
    pub(crate) fn cases_elsewhere(&self, number: &CaseNumber) -> impl Iterator<Item = &Case> {
        self.links.other(number).filter_map(|number| self.own_case(number))
    }

    /// The cases that have a mark: the request that they came with, or the estate that they are to convert.
    pub(crate) fn cases_marked(&self, mark: &str) -> impl Iterator<Item = &Case> {
        self.links.marked(mark).filter_map(|number| self.own_case(number))
    }

    /// All cases, by number.
    pub fn cases(&self) -> impl Iterator<Item = &Case> {
        self.tables.cases.values().map(Arc::as_ref)
    }

    /// A case's file.
    #[must_use]
    pub fn file(&self, case: &CaseNumber, name: &str) -> Option<&FileRow> {
        self.tables.files.get(&(case.clone(), name.to_owned())).map(Arc::as_ref)
    }

    /// A move.
    #[must_use]
    pub fn moving(&self, case: &CaseNumber) -> Option<&MoveRow> {
        self.tables.moves.get(case).map(Arc::as_ref)
    }

    /// All moves, by case.
    pub fn moves(&self) -> impl Iterator<Item = &MoveRow> {
        self.tables.moves.values().map(Arc::as_ref)
    }

    /// The licenses that hosts of this desk gave up: they are not served again (W7).
    pub fn retired(&self) -> impl Iterator<Item = &Retired> {
        self.tables.retired.values().map(Arc::as_ref)
    }

    /// Whether a reminder was sent.
    #[must_use]
    pub fn is_reminded(&self, of: &str) -> bool {
        self.tables.reminded.contains_key(of)
    }

    /// What somebody may do at all, for the company that they work for.
    #[must_use]
    pub fn powers(&self, actor: &Actor, role: crate::Role) -> Powers {
        match actor {
            Actor::Nobody => Powers::NONE,
            Actor::Host { .. } | Actor::Daemon => {
                let host = Powers::NONE.with(Power::HostAdministrator);
                match (role.is_vendor(), actor) {
                    (true, _) => host.with(Power::VendorDesk),
                    (false, Actor::Host { .. }) => host.with(Power::SiteHost),
                    (false, _) => host,
                }
            }
            Actor::Person { email, company } => self.powers_of(email, company.as_ref(), role),
        }
    }

    fn powers_of(&self, email: &Email, company: Option<&CustomerNumber>, role: crate::Role) -> Powers {
        let Some(person) = self.tables.people.get(email) else { return Powers::NONE };
        let privileges = company
            .and_then(|company| self.membership(company, email))
            .map(|membership| membership.privileges)
            .unwrap_or_default();
        let all = [
            (true, Power::Everyone),
            (privileges.supervisor, Power::Supervisor),
            (privileges.licensing, Power::Licensing),
            (privileges.reporting, Power::Reporting),
            (person.is_host_administrator, Power::HostAdministrator),
            (person.is_vendor_desk && role.is_vendor(), Power::VendorDesk),
        ];
        all.into_iter().filter(|(has, _)| *has).map(|(_, power)| power).collect()
    }
}
