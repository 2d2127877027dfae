//! A desk with one company, and what is done at it.

mod checker;
mod example;
mod format;
mod random;
mod table;
mod twice;

use license::SecretKey;
use names::{Date, Email, Vendor};

use super::{Preview, preview};
use crate::change::{Change, Row};
use crate::decision::Draft;
use crate::model::{Company, Counter, Membership, Person, Privileges, Range};
use crate::{Action, Actor, Command, Configuration, Context, CustomerNumber, Decision, Desk, Refusal, Role};

/// A vendor's desk with its company.
pub(super) struct Place {
    pub(super) desk: Desk,
    pub(super) company: CustomerNumber,
    pub(super) role: Role,
    vendor: Vendor,
    key: SecretKey,
}

impl Place {
    pub(super) fn new() -> Self {
        let company = CustomerNumber::new("C-100").unwrap();
        let vendor = Vendor::new("acmed").unwrap();
        let mut desk = Desk::default();
        let row = Company::new(company.clone(), "Example", Date::new(1997, 10, 1).unwrap().start());
        desk.apply(&Change::Put(Row::Company(Box::new(row))));
        let kim = Email::new("kim@example.org").unwrap();
        let row = Person::new(kim.clone(), names::Wall(0));
        desk.apply(&Change::Put(Row::Person(Box::new(row))));
        let privileges = Privileges { licensing: true, ..Privileges::default() };
        let row =
            Membership { company: company.clone(), email: kim.clone(), privileges, since_ms: 0, version: 1 };
        desk.apply(&Change::Put(Row::Membership(Box::new(row))));
        Self {
            desk,
            company,
            role: Role::Vendor,
            vendor: vendor.clone(),
            key: SecretKey::for_vendor(vendor, [1; 32]),
        }
    }

    pub(super) fn ctx(&self) -> Context<'_> {
        Context {
            now: Date::new(1997, 10, 20).unwrap().start(),
            role: self.role,
            vendor: (self.role != Role::Site).then_some(&self.vendor),
            vendor_key: (self.role != Role::Site).then_some(&self.key),
            host_key: None,
            host: None,
            owned: &[],
            assigned: &[],
            borrowed: &[],
            support: "support@acmed.example",
        }
    }

    /// Has the next id be this one.
    pub(super) fn next_id(&mut self, next: u64) {
        let row = Counter { of: "configuration".into(), next };
        self.desk.apply(&Change::Put(Row::Counter(Box::new(row))));
    }

    pub(super) fn reserve(&mut self, from: u64, to: u64) {
        let row = Range { from, to, note: "before".into() };
        self.desk.apply(&Change::Put(Row::Range(Box::new(row))));
    }

    pub(super) fn preview(&self, estate: &str) -> Preview {
        preview(&self.desk, &self.ctx(), &self.company, estate, None).unwrap()
    }

    pub(super) fn decide(&self, command: Command) -> Result<Decision, Refusal> {
        self.desk.decide(&self.ctx(), &Actor::Host { uid: 0 }, command)
    }

    /// As kim, who has the Licensing privilege.
    pub(super) fn ask(&self, command: Command) -> Result<Decision, Refusal> {
        let (email, company) = (Email::new("kim@example.org").unwrap(), Some(self.company.clone()));
        self.desk.decide(&self.ctx(), &Actor::Person { email, company }, command)
    }

    pub(super) fn apply(&mut self, decision: &Decision) {
        for change in &decision.changes {
            self.desk.apply(change);
        }
    }

    pub(super) fn convert(&mut self, estate: &str, preview: &str) -> Result<Decision, Refusal> {
        let (company, estate, preview) = (self.company.clone(), estate.to_owned(), preview.to_owned());
        let decision = self.decide(Command::Convert { company, estate, preview })?;
        self.apply(&decision);
        Ok(decision)
    }

    /// As [`Self::convert`], without packs: signing takes long.
    pub(super) fn issue(&mut self, estate: &str, preview: &str) -> Result<Decision, Refusal> {
        let (ctx, actor) = (self.ctx(), Actor::Host { uid: 0 });
        let mut draft = Draft::new(&self.desk, &ctx, &actor, Action::Convert);
        let decision = match super::convert::issue(&mut draft, &self.company, estate, preview)? {
            Some((case, run)) => super::convert::finish(draft, case, &self.company, &run, &[])?,
            None => draft.done(""),
        };
        self.apply(&decision);
        Ok(decision)
    }

    /// Looks, and converts what was seen.
    pub(super) fn look_and_convert(&mut self, estate: &str) -> (Preview, Decision) {
        let seen = self.preview(estate);
        assert!(seen.refusals.is_empty(), "{}", seen.refusals.text());
        let done = self.convert(estate, &seen.fingerprint).unwrap();
        (seen, done)
    }

    pub(super) fn configurations(&self) -> Vec<Configuration> {
        self.desk.configurations().cloned().collect()
    }
}
