//! Links that are good for once: to set a password, and for the first set-up.

use std::collections::HashMap;
#[expect(
    clippy::disallowed_types,
    reason = "the console is off the way of seats; held for a look-up only"
)]
use std::sync::Mutex;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use names::Email;

use crate::limits;
use crate::token::{self, TokenHash};

/// What is still to be used; only hashes of the tokens, and only in memory.
#[derive(Debug, Default)]
struct Open {
    set_up: Option<TokenHash>,
    passwords: HashMap<TokenHash, (Email, Duration)>,
}

#[derive(Debug, Default)]
pub(crate) struct Links {
    #[expect(
        clippy::disallowed_types,
        reason = "the console is off the way of seats; held for a look-up only"
    )]
    open: Mutex<Open>,
}

impl Links {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn offer_set_up(&self, token: &str) {
        self.open().set_up = Some(token::hash(token));
    }

    pub(crate) fn has_set_up(&self) -> bool {
        self.open().set_up.is_some()
    }

    /// Takes the set-up; whoever comes second finds none.
    pub(crate) fn take_set_up(&self, token: &str) -> bool {
        let mut open = self.open();
        let is_it = open.set_up.is_some_and(|hash| token::is_same_hash(&hash, &token::hash(token)));
        if is_it {
            open.set_up = None;
        }
        is_it
    }

    /// A link for somebody, instead of those that they had.
    pub(crate) fn add(&self, token: &str, email: &Email, now: Duration) -> Option<()> {
        let mut open = self.open();
        open.passwords.retain(|_, (whose, until)| whose != email && *until > now);
        if open.passwords.len() >= limits::LINKS_MAX {
            return None;
        }
        open.passwords.insert(token::hash(token), (email.clone(), now + limits::LINK_WITHIN));
        Some(())
    }

    /// Whose a link is, while it is good.
    pub(crate) fn whose(&self, token: &str, now: Duration) -> Option<Email> {
        let open = self.open();
        let (email, until) = open.passwords.get(&token::hash(token))?;
        (*until > now).then(|| email.clone())
    }

    /// Takes a link: it is good no more.
    pub(crate) fn take(&self, token: &str, now: Duration) -> Option<Email> {
        let (email, until) = self.open().passwords.remove(&token::hash(token))?;
        (until > now).then_some(email)
    }
}
