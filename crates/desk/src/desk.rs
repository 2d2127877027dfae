//! The desk's state: its rows, and how they are found.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use names::{CpuId, Email, PackNumber, Vendor};

use crate::change::{BadRow, Change, Row, RowKey};
use crate::look::index::Index;
use crate::model::{
    Bought, Case, CaseNumber, Company, Configuration, Converted, Counter, Credential, CustomerNumber,
    FileRow, Membership, MoveRow, Order, PackRow, Person, Range, Reminded, Retired,
};
use crate::{Actor, Power, Powers, parts};

/// All that a desk knows. A copy shares its rows.
#[derive(Debug, Clone, Default)]
pub struct Desk {
    pub(crate) companies: BTreeMap<CustomerNumber, Arc<Company>>,
    pub(crate) people: BTreeMap<Email, Arc<Person>>,
    pub(crate) members: BTreeMap<CustomerNumber, BTreeMap<Email, Arc<Membership>>>,
    /// The companies of each person.
    pub(crate) companies_of: BTreeMap<Email, BTreeSet<CustomerNumber>>,
    pub(crate) credentials: BTreeMap<Email, Arc<Credential>>,
    pub(crate) orders: BTreeMap<String, Arc<Order>>,
    pub(crate) configurations: BTreeMap<(Vendor, u64), Arc<Configuration>>,
    pub(crate) packs: BTreeMap<PackNumber, Arc<PackRow>>,
    pub(crate) cases: BTreeMap<CaseNumber, Arc<Case>>,
    pub(crate) files: BTreeMap<(CaseNumber, String), Arc<FileRow>>,
    /// By company, and by part.
    pub(crate) converted: BTreeMap<(CustomerNumber, String), Arc<Converted>>,
    pub(crate) counters: BTreeMap<String, Arc<Counter>>,
    pub(crate) ranges: BTreeMap<u64, Arc<Range>>,
    pub(crate) retired: BTreeMap<(Vendor, u64, CpuId), Arc<Retired>>,
    pub(crate) moves: BTreeMap<CaseNumber, Arc<MoveRow>>,
    pub(crate) reminded: BTreeMap<String, Arc<Reminded>>,
    pub(crate) bought: BTreeMap<String, Arc<Bought>>,
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
        Some(match key {
            RowKey::Company(number) => Row::Company(boxed(self.companies.get(number)?)),
            RowKey::Person(email) => Row::Person(boxed(self.people.get(email)?)),
            RowKey::Membership(company, email) => {
                Row::Membership(boxed(self.members.get(company)?.get(email)?))
            }
            RowKey::Credential(email) => Row::Credential(boxed(self.credentials.get(email)?)),
            RowKey::Order(number) => Row::Order(boxed(self.orders.get(number)?)),
            RowKey::Configuration(vendor, id) => {
                Row::Configuration(boxed(self.configurations.get(&(vendor.clone(), *id))?))
            }
            RowKey::Pack(number) => Row::Pack(boxed(self.packs.get(number)?)),
            RowKey::Case(number) => Row::Case(boxed(self.cases.get(number)?)),
            RowKey::File(case, name) => Row::File(boxed(self.files.get(&(case.clone(), name.clone()))?)),
            RowKey::Converted(company, part) => {
                Row::Converted(boxed(self.converted.get(&(company.clone(), part.clone()))?))
            }
            RowKey::Counter(of) => Row::Counter(boxed(self.counters.get(of)?)),
            RowKey::Range(from) => Row::Range(boxed(self.ranges.get(from)?)),
            RowKey::Retired(vendor, id, host) => {
                Row::Retired(boxed(self.retired.get(&(vendor.clone(), *id, host.clone()))?))
            }
            RowKey::Move(case) => Row::Move(boxed(self.moves.get(case)?)),
            RowKey::Reminded(of) => Row::Reminded(boxed(self.reminded.get(of)?)),
            RowKey::Bought(of) => Row::Bought(boxed(self.bought.get(of)?)),
        })
    }

    /// Makes a change that is on the disk.
    pub fn apply(&mut self, change: &Change) {
        self.reindex(change);
        match change {
            Change::Put(row) => self.put(row),
            Change::Drop(key) => self.drop_row(key),
        }
    }

    fn reindex(&mut self, change: &Change) {
        if self.index.is_off() {
            return;
        }
        let key = match change {
            Change::Put(row) => &row.key(),
            Change::Drop(key) => key,
        };
        if let Some(row) = self.row(key) {
            self.index.remove(&row);
        }
        if let Change::Put(row) = change {
            self.index.add(row);
        }
    }

    /// The same to draft a decision on: nothing is found in it.
    pub(crate) fn to_draft(&self) -> Self {
        Self { index: Index::off(), ..self.clone() }
    }

    fn put(&mut self, row: &Row) {
        match row.clone() {
            Row::Company(row) => drop(self.companies.insert(row.number.clone(), Arc::from(row))),
            Row::Person(row) => drop(self.people.insert(row.email.clone(), Arc::from(row))),
            Row::Membership(row) => {
                self.companies_of.entry(row.email.clone()).or_default().insert(row.company.clone());
                self.members
                    .entry(row.company.clone())
                    .or_default()
                    .insert(row.email.clone(), Arc::from(row));
            }
            Row::Credential(row) => drop(self.credentials.insert(row.email.clone(), Arc::from(row))),
            Row::Order(row) => drop(self.orders.insert(row.number.clone(), Arc::from(row))),
            Row::Configuration(row) => {
                self.configurations.insert((row.vendor.clone(), row.id), Arc::from(row));
            }
            Row::Pack(row) => drop(self.packs.insert(row.number.clone(), Arc::from(row))),
            Row::Case(row) => drop(self.cases.insert(row.number.clone(), Arc::from(row))),
            Row::File(row) => drop(self.files.insert((row.case.clone(), row.name.clone()), Arc::from(row))),
            Row::Converted(row) => {
                self.converted.insert((row.company.clone(), row.part.clone()), Arc::from(row));
            }
            Row::Counter(row) => drop(self.counters.insert(row.of.clone(), Arc::from(row))),
            Row::Range(row) => drop(self.ranges.insert(row.from, Arc::from(row))),
            Row::Retired(row) => {
                self.retired.insert((row.vendor.clone(), row.id, row.host.clone()), Arc::from(row));
            }
            Row::Move(row) => drop(self.moves.insert(row.case.clone(), Arc::from(row))),
            Row::Reminded(row) => drop(self.reminded.insert(row.of.clone(), Arc::from(row))),
            Row::Bought(row) => drop(self.bought.insert(row.of.clone(), Arc::from(row))),
        }
    }

    fn drop_row(&mut self, key: &RowKey) {
        match key.clone() {
            RowKey::Company(number) => drop(self.companies.remove(&number)),
            RowKey::Person(email) => drop(self.people.remove(&email)),
            RowKey::Membership(company, email) => {
                if let Some(companies) = self.companies_of.get_mut(&email) {
                    companies.remove(&company);
                    if companies.is_empty() {
                        self.companies_of.remove(&email);
                    }
                }
                if let Some(members) = self.members.get_mut(&company) {
                    members.remove(&email);
                    if members.is_empty() {
                        self.members.remove(&company);
                    }
                }
            }
            RowKey::Credential(email) => drop(self.credentials.remove(&email)),
            RowKey::Order(number) => drop(self.orders.remove(&number)),
            RowKey::Configuration(vendor, id) => drop(self.configurations.remove(&(vendor, id))),
            RowKey::Pack(number) => drop(self.packs.remove(&number)),
            RowKey::Case(number) => drop(self.cases.remove(&number)),
            RowKey::File(case, name) => drop(self.files.remove(&(case, name))),
            RowKey::Converted(company, part) => drop(self.converted.remove(&(company, part))),
            RowKey::Counter(of) => drop(self.counters.remove(&of)),
            RowKey::Range(from) => drop(self.ranges.remove(&from)),
            RowKey::Retired(vendor, id, host) => drop(self.retired.remove(&(vendor, id, host))),
            RowKey::Move(case) => drop(self.moves.remove(&case)),
            RowKey::Reminded(of) => drop(self.reminded.remove(&of)),
            RowKey::Bought(of) => drop(self.bought.remove(&of)),
        }
    }

    /// All rows, in no order.
    pub fn rows(&self) -> impl Iterator<Item = Row> {
        let companies = self.companies.values().map(|row| Row::Company(Box::new((**row).clone())));
        let people = self.people.values().map(|row| Row::Person(Box::new((**row).clone())));
        let members = self
            .members
            .values()
            .flat_map(BTreeMap::values)
            .map(|row| Row::Membership(Box::new((**row).clone())));
        let credentials = self.credentials.values().map(|row| Row::Credential(Box::new((**row).clone())));
        let orders = self.orders.values().map(|row| Row::Order(Box::new((**row).clone())));
        let configurations =
            self.configurations.values().map(|row| Row::Configuration(Box::new((**row).clone())));
        let packs = self.packs.values().map(|row| Row::Pack(Box::new((**row).clone())));
        let cases = self.cases.values().map(|row| Row::Case(Box::new((**row).clone())));
        let files = self.files.values().map(|row| Row::File(Box::new((**row).clone())));
        let converted = self.converted.values().map(|row| Row::Converted(Box::new((**row).clone())));
        let counters = self.counters.values().map(|row| Row::Counter(Box::new((**row).clone())));
        let ranges = self.ranges.values().map(|row| Row::Range(Box::new((**row).clone())));
        let retired = self.retired.values().map(|row| Row::Retired(Box::new((**row).clone())));
        let moves = self.moves.values().map(|row| Row::Move(Box::new((**row).clone())));
        let reminded = self.reminded.values().map(|row| Row::Reminded(Box::new((**row).clone())));
        let bought = self.bought.values().map(|row| Row::Bought(Box::new((**row).clone())));
        companies
            .chain(people)
            .chain(members)
            .chain(credentials)
            .chain(orders)
            .chain(configurations)
            .chain(packs)
            .chain(cases)
            .chain(files)
            .chain(converted)
            .chain(counters)
            .chain(ranges)
            .chain(retired)
            .chain(moves)
            .chain(reminded)
            .chain(bought)
    }

    /// A company.
    #[must_use]
    pub fn company(&self, number: &CustomerNumber) -> Option<&Company> {
        self.companies.get(number).map(Arc::as_ref)
    }

    /// All companies, by number.
    pub fn companies(&self) -> impl Iterator<Item = &Company> {
        self.companies.values().map(Arc::as_ref)
    }

    /// Somebody with an account.
    #[must_use]
    pub fn person(&self, email: &Email) -> Option<&Person> {
        self.people.get(email).map(Arc::as_ref)
    }

    /// Everybody with an account, by e-mail.
    pub fn people(&self) -> impl Iterator<Item = &Person> {
        self.people.values().map(Arc::as_ref)
    }

    /// Somebody's password.
    #[must_use]
    pub fn credential(&self, email: &Email) -> Option<&Credential> {
        self.credentials.get(email).map(Arc::as_ref)
    }

    /// What somebody may do for a company.
    #[must_use]
    pub fn membership(&self, company: &CustomerNumber, email: &Email) -> Option<&Membership> {
        self.members.get(company)?.get(email).map(Arc::as_ref)
    }

    /// The people of a company, by e-mail.
    pub fn members<'a>(&'a self, company: &'a CustomerNumber) -> impl Iterator<Item = &'a Membership> + 'a {
        self.members.get(company).into_iter().flat_map(BTreeMap::values).map(Arc::as_ref)
    }

    /// The companies that somebody belongs to, by number.
    pub fn companies_of<'a>(&'a self, email: &Email) -> impl Iterator<Item = &'a CustomerNumber> + 'a {
        self.companies_of.get(email).into_iter().flatten()
    }

    /// A configuration.
    #[must_use]
    pub fn configuration(&self, vendor: &Vendor, id: u64) -> Option<&Configuration> {
        self.configurations.get(&(vendor.clone(), id)).map(Arc::as_ref)
    }

    /// All configurations, by vendor and id.
    pub fn configurations(&self) -> impl Iterator<Item = &Configuration> {
        self.configurations.values().map(Arc::as_ref)
    }

    /// An order.
    #[must_use]
    pub fn order(&self, number: &str) -> Option<&Order> {
        self.orders.get(number).map(Arc::as_ref)
    }

    /// All orders, by number.
    pub fn orders(&self) -> impl Iterator<Item = &Order> {
        self.orders.values().map(Arc::as_ref)
    }

    /// A pack.
    #[must_use]
    pub fn pack(&self, number: &PackNumber) -> Option<&PackRow> {
        self.packs.get(number).map(Arc::as_ref)
    }

    /// All packs, by number.
    pub fn packs(&self) -> impl Iterator<Item = &PackRow> {
        self.packs.values().map(Arc::as_ref)
    }

    /// A case, by its number here or at the other desk.
    #[must_use]
    pub fn case(&self, number: &CaseNumber) -> Option<&Case> {
        let other = || self.cases.values().find(|case| case.other.as_ref() == Some(number));
        self.cases.get(number).or_else(other).map(Arc::as_ref)
    }

    /// All cases, by number.
    pub fn cases(&self) -> impl Iterator<Item = &Case> {
        self.cases.values().map(Arc::as_ref)
    }

    /// A case's file.
    #[must_use]
    pub fn file(&self, case: &CaseNumber, name: &str) -> Option<&FileRow> {
        self.files.get(&(case.clone(), name.to_owned())).map(Arc::as_ref)
    }

    /// A move.
    #[must_use]
    pub fn moving(&self, case: &CaseNumber) -> Option<&MoveRow> {
        self.moves.get(case).map(Arc::as_ref)
    }

    /// All moves, by case.
    pub fn moves(&self) -> impl Iterator<Item = &MoveRow> {
        self.moves.values().map(Arc::as_ref)
    }

    /// The licenses that hosts of this desk gave up: they are not served again (W7).
    pub fn retired(&self) -> impl Iterator<Item = &Retired> {
        self.retired.values().map(Arc::as_ref)
    }

    /// Whether a reminder was sent.
    #[must_use]
    pub fn is_reminded(&self, of: &str) -> bool {
        self.reminded.contains_key(of)
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
        let Some(person) = self.people.get(email) else { return Powers::NONE };
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

fn boxed<T: Clone>(row: &Arc<T>) -> Box<T> {
    Box::new((**row).clone())
}
