//! Who asks.

use std::net::IpAddr;
use std::sync::Arc;

use desk::{Action, Actor, CustomerNumber, Desk, Person, Powers};
use names::Email;

use super::Lang;
use crate::token::TokenHash;

/// Who asks, as the desk's rows are at this moment.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// As the desk knows them, bound to the company that they work for.
    pub actor: Actor,
    /// What they may do.
    pub powers: Powers,
    /// The desk's rows.
    pub desk: Arc<Desk>,
    /// Their language.
    pub lang: Lang,
    /// What each of their forms carries.
    pub csrf: String,
    /// They were asked whether to stay with another company than their primary one, and stay.
    pub has_stayed: bool,
    /// What this page is to say.
    pub said: Vec<String>,
    /// The page to go back to: this one, unless a form was sent to it.
    pub(crate) back: String,
    /// Where they come from.
    pub address: IpAddr,
    /// Their session.
    pub(crate) key: Option<TokenHash>,
    /// What marks their browser before they sign in.
    pub(crate) mark: Option<String>,
    /// What marks a browser that somebody was signed in with.
    pub(crate) known: Option<String>,
}

impl Visitor {
    /// Who they are, once they are signed in.
    #[must_use]
    pub fn email(&self) -> Option<&Email> {
        match &self.actor {
            Actor::Person { email, .. } => Some(email),
            _ => None,
        }
    }

    /// Their account.
    #[must_use]
    pub fn person(&self) -> Option<&Person> {
        self.desk.person(self.email()?)
    }

    /// The company that they work for.
    #[must_use]
    pub fn company(&self) -> Option<&CustomerNumber> {
        match &self.actor {
            Actor::Person { company, .. } => company.as_ref(),
            _ => None,
        }
    }

    /// Their primary company.
    #[must_use]
    pub fn primary(&self) -> Option<&CustomerNumber> {
        self.person()?.primary.as_ref()
    }

    /// Whether they may do this.
    #[must_use]
    pub fn may(&self, action: Action) -> bool {
        action.need().is_met(self.powers)
    }
}
