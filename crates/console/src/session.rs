//! Who is signed in. Only hashes of the ids are kept, and only in memory: a restart ends all sessions.

use std::collections::HashMap;
#[expect(
    clippy::disallowed_types,
    reason = "the console is off the way of seats; held for a look-up only"
)]
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use desk::{CustomerNumber, Desk, Privileges};
use names::Email;

use crate::limits;
use crate::token::{self, TokenHash};

/// What a session rests on: where any of it changes, it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    password_set_ms: i64,
    is_vendor_desk: bool,
    is_host_administrator: bool,
    companies: Vec<(CustomerNumber, Privileges)>,
}

impl Standing {
    /// Of somebody who can sign in, as the desk's rows are now.
    pub(crate) fn of(desk: &Desk, email: &Email) -> Option<Self> {
        let person = desk.person(email)?;
        let member = |company: &CustomerNumber| {
            desk.membership(company, email).map(|member| (company.clone(), member.privileges))
        };
        Some(Self {
            password_set_ms: desk.credential(email)?.set_ms,
            is_vendor_desk: person.is_vendor_desk,
            is_host_administrator: person.is_host_administrator,
            companies: desk.companies_of(email).filter_map(member).collect(),
        })
    }
}

/// A session as a request finds it.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) email: Email,
    /// The company that it works for.
    pub(crate) company: Option<CustomerNumber>,
    /// Its person was asked whether to stay with another company than the primary one, and stays.
    pub(crate) has_stayed: bool,
    /// What its forms carry.
    pub(crate) csrf: String,
    standing: Standing,
    began: Duration,
    seen: Duration,
    /// What its next page is to say.
    said: Vec<String>,
    /// Streams that are open.
    streams: Arc<AtomicUsize>,
}

/// Why there is no session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    /// There is none of this id.
    Unknown,
    /// It was idle too long, or it is too old.
    Expired,
    /// Password, privileges or companies of its person changed.
    Changed,
}

/// One of a session's streams; dropped with it.
#[derive(Debug)]
pub(crate) struct Stream(Arc<AtomicUsize>);

impl Drop for Stream {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[derive(Debug)]
pub(crate) struct Sessions {
    #[expect(
        clippy::disallowed_types,
        reason = "the console is off the way of seats; held for a look-up only"
    )]
    rows: Mutex<HashMap<TokenHash, Session>>,
    idle: Duration,
    absolute: Duration,
}

impl Sessions {
    #[expect(
        clippy::disallowed_types,
        reason = "the console is off the way of seats; held for a look-up only"
    )]
    pub(crate) fn new(idle: Duration, absolute: Duration) -> Self {
        Self { rows: Mutex::new(HashMap::new()), idle, absolute }
    }

    fn rows(&self) -> MutexGuard<'_, HashMap<TokenHash, Session>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins one; its id is told once. Nothing where the person cannot sign in, or there is no more room.
    pub(crate) fn begin(&self, desk: &Desk, email: &Email, now: Duration) -> Option<String> {
        let standing = Standing::of(desk, email)?;
        let (id, csrf) = (token::random()?, token::random()?);
        let is_of = |company: &&CustomerNumber| desk.membership(company, email).is_some();
        let primary = desk.person(email).and_then(|person| person.primary.as_ref()).filter(is_of);
        let company = primary.or_else(|| desk.companies_of(email).next()).cloned();
        let mut rows = self.rows();
        self.make_room(&mut rows, email, now)?;
        let session = Session {
            email: email.clone(),
            company,
            has_stayed: false,
            csrf,
            standing,
            began: now,
            seen: now,
            said: Vec::new(),
            streams: Arc::default(),
        };
        rows.insert(token::hash(&id), session);
        Some(id)
    }

    fn make_room(&self, rows: &mut HashMap<TokenHash, Session>, email: &Email, now: Duration) -> Option<()> {
        if rows.len() >= limits::SESSIONS_MAX {
            rows.retain(|_, session| !self.is_expired(session, now));
        }
        let own = || rows.iter().filter(|(_, session)| session.email == *email);
        if own().count() >= limits::SESSIONS_PER_PERSON {
            let oldest = own().min_by_key(|(_, session)| session.seen).map(|(key, _)| *key)?;
            rows.remove(&oldest);
        }
        (rows.len() < limits::SESSIONS_MAX).then_some(())
    }

    fn is_expired(&self, session: &Session, now: Duration) -> bool {
        now.saturating_sub(session.seen) >= self.idle || now.saturating_sub(session.began) >= self.absolute
    }

    /// The session of an id, as long as it rests on what is so now. `is_used` says that somebody uses it,
    /// which a stream that is open does not.
    pub(crate) fn find(
        &self,
        key: &TokenHash,
        desk: &Desk,
        now: Duration,
        is_used: bool,
    ) -> Result<Session, Over> {
        let mut rows = self.rows();
        let session = rows.get_mut(key).ok_or(Over::Unknown)?;
        let over = if self.is_expired(session, now) {
            Some(Over::Expired)
        } else if Standing::of(desk, &session.email).as_ref() != Some(&session.standing) {
            Some(Over::Changed)
        } else {
            None
        };
        if let Some(over) = over {
            rows.remove(key);
            return Err(over);
        }
        if is_used {
            session.seen = now;
        }
        Ok(session.clone())
    }

    /// Has it work for another company, under another id, which is told once.
    pub(crate) fn switch(&self, key: &TokenHash, company: CustomerNumber) -> Option<String> {
        let id = token::random()?;
        let mut rows = self.rows();
        let session = rows.remove(key)?;
        rows.insert(token::hash(&id), Session { company: Some(company), has_stayed: false, ..session });
        Some(id)
    }

    /// Its person stays with the company that is not the primary one.
    pub(crate) fn stay(&self, key: &TokenHash) {
        if let Some(session) = self.rows().get_mut(key) {
            session.has_stayed = true;
        }
    }

    /// What its next page is to say.
    pub(crate) fn say(&self, key: &TokenHash, said: Vec<String>) {
        if let Some(session) = self.rows().get_mut(key) {
            session.said.extend(said);
            session.said.truncate(limits::NOTICES_MAX);
        }
    }

    /// Takes what a page is to say.
    pub(crate) fn take_said(&self, key: &TokenHash) -> Vec<String> {
        self.rows().get_mut(key).map(|session| std::mem::take(&mut session.said)).unwrap_or_default()
    }

    /// One more stream of it; none where it has as many as it may.
    pub(crate) fn stream(&self, key: &TokenHash) -> Option<Stream> {
        let rows = self.rows();
        let counted = &rows.get(key)?.streams;
        let one_more = |count| (count < limits::STREAMS_PER_SESSION).then_some(count + 1);
        counted.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more).ok()?;
        Some(Stream(Arc::clone(counted)))
    }

    /// Ends it.
    pub(crate) fn end(&self, key: &TokenHash) {
        self.rows().remove(key);
    }

    /// Ends all of a person.
    pub(crate) fn end_all(&self, email: &Email) {
        self.rows().retain(|_, session| session.email != *email);
    }
}
