//! A request as a page gets it: known, allowed, read.

use std::sync::Arc;

use bytes::Bytes;
use desk::Command;

use super::{Fault, Fields, Layout, List, Reply, Upload, Visitor};
use crate::{App, Done, Host};

/// A request. Whoever made it may do what its route is for, and its form is of their session and company.
#[derive(Debug)]
pub struct Request {
    pub(crate) app: Arc<App>,
    /// Who asks.
    pub visitor: Visitor,
    /// The name and port under which this console was asked; one of its own.
    pub(crate) named: String,
    /// Its path.
    pub path: String,
    pub(crate) params: Vec<(String, String)>,
    /// The fields of its address.
    pub query: Fields,
    /// The fields of its form.
    pub form: Fields,
    /// The files of its form.
    pub files: Vec<Upload>,
    /// Its body, where it is no form.
    pub body: Bytes,
}

impl Request {
    /// The license host.
    #[must_use]
    pub fn host(&self) -> &dyn Host {
        &*self.app.host
    }

    /// A part of its path, by its name in the route; empty where there is none.
    #[must_use]
    pub fn param(&self, name: &str) -> &str {
        self.params
            .iter()
            .find(|(param, _)| param == name)
            .map(|(_, value)| value.as_str())
            .unwrap_or_default()
    }

    /// The file of a field of its form.
    #[must_use]
    pub fn file(&self, field: &str) -> Option<&Upload> {
        self.files.iter().find(|file| file.field == field)
    }

    /// What every page has, under this title.
    #[must_use]
    pub fn layout(&self, title: &str) -> Layout {
        Layout::new(&self.app, &self.visitor, &self.path, title)
    }

    /// The part of a list that its address asks for.
    #[must_use]
    pub fn list(&self) -> List {
        List::of(&self.path, &self.query)
    }

    /// Does a command as who asks.
    ///
    /// # Errors
    /// The desk's refusal.
    pub async fn act(&self, command: Command) -> Result<Done, Fault> {
        Ok(self.app.host.act(self.visitor.actor.clone(), command).await?)
    }

    /// What a command would say.
    ///
    /// # Errors
    /// The desk's refusal.
    pub async fn preview(&self, command: Command) -> Result<Vec<String>, Fault> {
        Ok(self.app.host.preview(self.visitor.actor.clone(), command).await?)
    }

    /// On to another page, which says what was done.
    #[must_use]
    pub fn done(&self, path: &str, said: Vec<String>) -> Reply {
        if let Some(key) = &self.visitor.key {
            self.app.sessions.say(key, said);
        }
        Reply::to(path)
    }

    /// The same of a command: what it said, and its case.
    #[must_use]
    pub fn done_with(&self, path: &str, what: &str, done: Done) -> Reply {
        let mut said = vec![match done.case {
            Some(case) => format!("{what} ({} {case})", self.visitor.lang.t("case")),
            None => what.to_owned(),
        }];
        said.extend(done.said);
        self.done(path, said)
    }
}
