//! What is asked of rows in another way than by their keys.

use std::sync::Arc;

use names::{Email, PackNumber, Vendor};

use crate::change::{Row, RowKey, Tables};
use crate::model::{Case, CaseNumber, CustomerNumber, Membership};
use crate::table::{Map, Set, Table, add, take};

/// How the marks of a case begin by which it is found again: the request that it came with, and the estate that
/// it is to convert.
const MARKS: [&str; 2] = ["request:", "estate:"];

/// Who belongs to whom, and which case is which elsewhere.
#[derive(Debug, Clone, Default)]
pub(crate) struct Links {
    /// The people of each company.
    people_of: Map<CustomerNumber, Table<Email, Membership>>,
    /// The companies of each person.
    companies_of: Map<Email, Set<CustomerNumber>>,
    /// Cases by their number at the other desk. Each site has an S-1001 of its own.
    other: Map<CaseNumber, Set<CaseNumber>>,
    /// Cases by their marks.
    marked: Map<String, Set<CaseNumber>>,
    /// The cases of each company.
    cases_of: Map<CustomerNumber, Set<CaseNumber>>,
    /// The cases that each person asked for.
    cases_by: Map<Email, Set<CaseNumber>>,
    /// The orders of each case.
    orders_of: Map<CaseNumber, Set<String>>,
    /// The configurations of each company.
    configurations_of: Map<CustomerNumber, Set<(Vendor, u64)>>,
    /// The packs of each company.
    packs_of: Map<CustomerNumber, Set<(Vendor, PackNumber)>>,
    /// The vendors who gave a pack this number.
    numbered: Map<PackNumber, Set<Vendor>>,
}

impl Links {
    /// A row is there.
    pub(crate) fn add(&mut self, row: &Row) {
        match row {
            Row::Membership(row) => {
                let (company, email) = (row.company.clone(), row.email.clone());
                add(&mut self.companies_of, email.clone(), company.clone());
                let mut people = self.people_of.get(&company).cloned().unwrap_or_default();
                people.insert_mut(email, Arc::new((**row).clone()));
                self.people_of.insert_mut(company, people);
            }
            Row::Case(row) => {
                if let Some(other) = &row.other {
                    add(&mut self.other, other.clone(), row.number.clone());
                }
                if let Some(company) = &row.company {
                    add(&mut self.cases_of, company.clone(), row.number.clone());
                }
                if let Some(email) = &row.asked_by {
                    add(&mut self.cases_by, email.clone(), row.number.clone());
                }
                marks(row).for_each(|mark| add(&mut self.marked, mark.clone(), row.number.clone()));
            }
            Row::Order(row) => add(&mut self.orders_of, row.case.clone(), row.number.clone()),
            Row::Configuration(row) => {
                add(&mut self.configurations_of, row.company.clone(), (row.vendor.clone(), row.id));
            }
            Row::Pack(row) => {
                let (vendor, number) = (row.vendor.clone(), row.number.clone());
                add(&mut self.numbered, number.clone(), vendor.clone());
                add(&mut self.packs_of, row.company.clone(), (vendor, number));
            }
            _ => {}
        }
    }

    /// The row of a key, which the tables still have, is there no more.
    pub(crate) fn remove(&mut self, tables: &Tables, key: &RowKey) {
        match key {
            RowKey::Membership(company, email) => {
                take(&mut self.companies_of, email, company);
                if let Some(mut people) = self.people_of.get(company).cloned() {
                    people.remove_mut(email);
                    self.people_of.insert_mut(company.clone(), people);
                }
            }
            RowKey::Case(number) => {
                let Some(row) = tables.cases.get(number) else { return };
                if let Some(other) = &row.other {
                    take(&mut self.other, other, number);
                }
                if let Some(company) = &row.company {
                    take(&mut self.cases_of, company, number);
                }
                if let Some(email) = &row.asked_by {
                    take(&mut self.cases_by, email, number);
                }
                marks(row).for_each(|mark| take(&mut self.marked, mark, number));
            }
            RowKey::Order(number) => {
                let Some(row) = tables.orders.get(number) else { return };
                take(&mut self.orders_of, &row.case, number);
            }
            RowKey::Configuration(vendor, id) => {
                let key = (vendor.clone(), *id);
                let Some(row) = tables.configurations.get(&key) else { return };
                take(&mut self.configurations_of, &row.company, &key);
            }
            RowKey::Pack(vendor, number) => {
                let key = (vendor.clone(), number.clone());
                let Some(row) = tables.packs.get(&key) else { return };
                take(&mut self.numbered, number, vendor);
                take(&mut self.packs_of, &row.company, &key);
            }
            _ => {}
        }
    }

    /// The people of a company, by e-mail.
    pub(crate) fn people_of(&self, company: &CustomerNumber) -> Option<&Table<Email, Membership>> {
        self.people_of.get(company)
    }

    /// The companies of a person, by number.
    pub(crate) fn companies_of(&self, email: &Email) -> impl Iterator<Item = &CustomerNumber> + use<'_> {
        self.companies_of.get(email).into_iter().flat_map(|companies| companies.iter())
    }

    /// The cases that have this number at the other desk.
    pub(crate) fn other(&self, number: &CaseNumber) -> impl Iterator<Item = &CaseNumber> + use<'_> {
        self.other.get(number).into_iter().flat_map(|cases| cases.iter())
    }

    /// The cases of a company.
    pub(crate) fn cases_of(&self, company: &CustomerNumber) -> impl Iterator<Item = &CaseNumber> + use<'_> {
        self.cases_of.get(company).into_iter().flat_map(|cases| cases.iter())
    }

    /// The cases that somebody asked for.
    pub(crate) fn cases_by(&self, email: &Email) -> impl Iterator<Item = &CaseNumber> + use<'_> {
        self.cases_by.get(email).into_iter().flat_map(|cases| cases.iter())
    }

    /// The orders of a case.
    pub(crate) fn orders_of(&self, case: &CaseNumber) -> impl Iterator<Item = &String> + use<'_> {
        self.orders_of.get(case).into_iter().flat_map(|orders| orders.iter())
    }

    /// The configurations of a company, by vendor and id.
    pub(crate) fn configurations_of(
        &self,
        company: &CustomerNumber,
    ) -> impl Iterator<Item = &(Vendor, u64)> + use<'_> {
        self.configurations_of.get(company).into_iter().flat_map(|keys| keys.iter())
    }

    /// The packs of a company, by vendor and number.
    pub(crate) fn packs_of(
        &self,
        company: &CustomerNumber,
    ) -> impl Iterator<Item = &(Vendor, PackNumber)> + use<'_> {
        self.packs_of.get(company).into_iter().flat_map(|keys| keys.iter())
    }

    /// The vendors who gave a pack this number.
    pub(crate) fn numbered(&self, number: &PackNumber) -> impl Iterator<Item = &Vendor> + use<'_> {
        self.numbered.get(number).into_iter().flat_map(|vendors| vendors.iter())
    }

    /// The cases that have this mark.
    pub(crate) fn marked(&self, mark: &str) -> impl Iterator<Item = &CaseNumber> + use<'_> {
        self.marked.get(mark).into_iter().flat_map(|cases| cases.iter())
    }
}

fn marks(case: &Case) -> impl Iterator<Item = &String> {
    case.about.iter().filter(|about| MARKS.iter().any(|mark| about.starts_with(mark)))
}
