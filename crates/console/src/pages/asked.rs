//! A request as the desk's pages have it.

use std::sync::Arc;

use desk::{Action, Actor, Command, Context, CustomerNumber, Desk, Power, Refusal};
use names::{Date, Vendor};

use super::fields::Fields;
use super::page::Link;
use super::{Answer, run};
use crate::host::{Done, Host};

/// A request whose sender may make it, as far as the session says.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// The license host.
    pub(crate) host: Arc<dyn Host>,
    /// The desk as it is while this is answered.
    pub(crate) desk: Arc<Desk>,
    /// Who asks.
    pub(crate) actor: Actor,
    /// What the address and the form say.
    pub(crate) fields: Fields,
    /// The form's files, as text where they are that.
    pub(crate) files: Vec<Option<String>>,
}

impl Asked {
    /// The company that who asks works for.
    pub(crate) fn active(&self) -> Option<&CustomerNumber> {
        match &self.actor {
            Actor::Person { company, .. } => company.as_ref(),
            _ => None,
        }
    }

    /// The company that this is about: the one that is named, or the one that who asks works for.
    pub(crate) fn subject(&self) -> Option<CustomerNumber> {
        match self.fields.get("company") {
            "" => self.active().cloned(),
            _ => self.fields.company("company").ok(),
        }
    }

    /// The same, where there must be one.
    pub(crate) fn company(&self) -> Result<CustomerNumber, Refusal> {
        match self.fields.get("company") {
            "" => self.active().cloned().ok_or_else(|| {
                Refusal::invalid(
                    "company",
                    "you work for no company; name one, or ask its supervisors to add you",
                )
            }),
            _ => self.fields.company("company"),
        }
    }

    /// Whether who asks may do something, for the company that this is about.
    pub(crate) fn may(&self, action: Action) -> bool {
        self.with(|ctx| self.desk.may(ctx, &self.actor, action, self.subject().as_ref())).is_ok()
    }

    /// That who asks may do it.
    pub(crate) fn must(&self, action: Action) -> Result<(), Refusal> {
        self.with(|ctx| self.desk.may(ctx, &self.actor, action, self.subject().as_ref()))
    }

    /// Whether who asks has a power.
    pub(crate) fn has(&self, power: Power) -> bool {
        self.desk.powers(&self.actor, self.host.role()).has(power)
    }

    /// The cases that who asks may follow, the newest first.
    pub(crate) fn cases(&self) -> Vec<&desk::Case> {
        self.with(|ctx| self.desk.cases_for(ctx, &self.actor))
    }

    /// The file of a form, or the text of a field where none was chosen.
    pub(crate) fn upload_or(&self, field: &str) -> Result<String, Refusal> {
        // Browsers send an empty file where none was chosen.
        let text = match self.files.iter().find(|file| file.as_deref() != Some("")) {
            Some(Some(text)) => text,
            Some(None) => return Err(Refusal::invalid("file", "it is no text in UTF-8")),
            None => self.fields.raw(field),
        };
        if text.len() > desk::limits::FILE_BYTES_MAX {
            let why = format!("a file has {} bytes at most", desk::limits::FILE_BYTES_MAX);
            return Err(Refusal::Limit(why));
        }
        Ok(text.to_owned())
    }

    /// Does a command as who asks.
    pub(crate) async fn act(&self, command: Command) -> Result<Done, Refusal> {
        self.host.act(self.actor.clone(), command).await
    }

    /// The page that says that it is done.
    pub(crate) fn done(&self, done: &Done, links: Vec<Link>) -> Answer {
        Answer::Page(run::done_page(done, links))
    }

    /// Today.
    pub(crate) fn today(&self) -> Date {
        Date::of(self.host.now())
    }

    /// The same without what a form said, but what names its subject.
    pub(crate) fn anew(&self) -> Self {
        let names = ["pool", "email", "number", "name", "order", "pack", "case", "month", "ids"];
        Self { fields: self.fields.only(&names), ..self.clone() }
    }

    /// What the desk is told of the host for a question.
    pub(crate) fn with<T>(&self, ask: impl FnOnce(&Context<'_>) -> T) -> T {
        let vendor: Option<Vendor> = self.host.vendor();
        let (owned, assigned, support) = (self.host.owned(), self.host.assigned(), self.host.support());
        ask(&Context {
            now: self.host.now(),
            role: self.host.role(),
            vendor: vendor.as_ref(),
            vendor_key: None,
            host_key: None,
            host: None,
            owned: &owned,
            assigned: &assigned,
            borrowed: &[],
            support: &support,
        })
    }
}
