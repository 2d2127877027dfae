//! The auditor: it knows the licenses, what clients sent and were told, and when. From that alone it
//! says what the server must, may and must not have done.
//!
//! - **Never a seat too many.** What clients may believe in at one moment, each pool added up, is
//!   never above a capacity that was in force when the last of it can have been granted.
//! - **Never a grant lost.** A grant that was told is still the session's until the client gives it
//!   back, or could have been timed out: its last answered sign of life, time-out and hold.
//! - **What is kept is kept.** A borrowed seat is its borrower's to its date, and a booking its job's,
//!   whatever becomes of the session; both are free afterwards.
//! - **Rules hold.** Those whom a RESERVE line does not name never get the seats that it keeps, and
//!   nobody more than a MAX line allows; nor is either told where it cannot be so.
//! - **A clock that was set back** stops licenses with a date, and no others: where it cannot have been, it is
//!   not told, and where it must have been, no seat of theirs is granted.
//! - **The dead make room.** A denial for want of seats is false if those who may still hold some,
//!   even counting every request whose outcome nobody knows, leave room enough.
//! - **Never a place in line lost.** A request that was told to wait waits until it is granted, withdrawn,
//!   hopeless or its session may be over; nobody is granted seats who is gone.
//! - **Idempotence.** One request has one grant, one grant one request; another's token changes nothing.

mod denials;
mod judge;
mod sums;

use std::collections::BTreeMap;

pub(crate) use judge::Given;

use names::{GrantId, RequestId, SessionId, WaiterId, Wall};

use super::books::{Request, Session};
use super::dates::Dates;
use super::message::{Body, How, Message, Token, Told};
use super::regimes::Regimes;
use super::site::{Capacities, PoolName, Table};

/// What the auditor was promised about time, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Promises {
    pub(crate) grace: u64,
    pub(crate) hold: u64,
    /// The longest that a message is under way.
    pub(crate) delay: u64,
    /// The longest that the owner is busy with something else.
    pub(crate) slack: u64,
}

/// The books.
#[derive(Debug)]
pub(crate) struct Auditor {
    pub(super) promises: Promises,
    pub(super) regimes: Regimes,
    dates: Dates,
    pub(super) sessions: BTreeMap<SessionId, Session>,
    /// Whose each grant is.
    grants: BTreeMap<GrantId, (SessionId, RequestId)>,
    /// Whose each place in line is.
    pub(super) places: BTreeMap<WaiterId, (SessionId, RequestId)>,
    /// Messages by number, with what was last sent.
    messages: BTreeMap<u64, Message>,
    /// When the server last came up, or was last kept from its work.
    pub(super) disturbed: u64,
}

pub(super) type Verdict = Result<(), String>;

impl Auditor {
    pub(crate) fn new(promises: Promises, table: Table, wall: Wall) -> Self {
        Self {
            promises,
            regimes: Regimes::new(table),
            dates: Dates::new(wall),
            sessions: BTreeMap::new(),
            grants: BTreeMap::new(),
            places: BTreeMap::new(),
            messages: BTreeMap::new(),
            disturbed: 0,
        }
    }

    /// Other licenses and rules came into force, at some moment from `from` to `until`.
    pub(crate) fn relicensed(&mut self, from: u64, until: u64, table: Table) {
        self.regimes.change(from, until, table);
    }

    /// Somebody set the license host's wall clock.
    pub(crate) fn clock_set(&mut self, time: u64, by: i64) {
        self.dates.step(time, by);
    }

    /// Somebody says that the clock is right.
    pub(crate) fn clock_reset(&mut self) {
        self.dates.reset();
    }

    /// How far the clock is behind the latest that it has shown.
    pub(crate) fn clock_behind(&self, time: u64) -> i64 {
        self.dates.behind_by(time)
    }

    /// The server ends. What had ended by now has ended for good.
    pub(crate) fn went_down(&mut self, time: u64) {
        let ended = self.sessions.iter().filter(|(_, session)| self.has_surely_ended(session, time));
        let ended: Vec<_> = ended.map(|(id, _)| *id).collect();
        for id in ended {
            if let Some(session) = self.sessions.get_mut(&id) {
                session.surely_ended.get_or_insert(time);
            }
        }
    }

    /// Nothing that the server owed can be counted from before this.
    pub(crate) fn disturbed(&mut self, time: u64) {
        self.disturbed = self.disturbed.max(time);
    }

    /// A client sent a message, or sent it again.
    pub(crate) fn sent(&mut self, time: u64, message: &Message) {
        self.messages.entry(message.number).or_insert_with(|| message.clone());
        match &message.body {
            Body::Open { replaces: Some((old, token)), .. } => {
                if let Some(session) = self.own(*old, *token) {
                    session.end_asked.get_or_insert(time);
                }
            }
            Body::Resume { session, token } | Body::BeatByToken { session, token } => {
                let is_resume = matches!(message.body, Body::Resume { .. });
                if let Some(session) = self.own(*session, *token) {
                    session.last_sent = time;
                    session.resumes += u32::from(is_resume);
                    if is_resume {
                        (session.resumed, session.attached) = (time, None);
                    }
                }
            }
            Body::Beat { session } => {
                if let Some(session) = self.sessions.get_mut(session) {
                    session.last_sent = time;
                }
            }
            Body::Checkout { session, token, request, want } => {
                if let Some(session) = self.own(*session, *token) {
                    let request =
                        session.requests.entry(*request).or_insert_with(|| Request::new(time, want.clone()));
                    request.last_sent = time;
                }
            }
            Body::Checkin { session, token, grant } => {
                if let Some(grant) = self.own(*session, *token).and_then(|s| s.grant_mut(*grant)) {
                    grant.return_sent.get_or_insert(time);
                }
            }
            Body::Return { grant, proof } => {
                if let Some(grant) = self.lent(*grant, *proof) {
                    grant.return_sent.get_or_insert(time);
                }
            }
            Body::Unbook { session, token, grant } => {
                if let Some(grant) = self.booked_by(*session, *token, *grant) {
                    grant.return_sent.get_or_insert(time);
                }
            }
            Body::Lost { grant } => {
                if let Some(grant) = self.lost(*grant) {
                    grant.return_sent.get_or_insert(time);
                }
            }
            Body::Withdraw { session, token, request } => {
                if let Some(request) = self.own(*session, *token).and_then(|s| s.requests.get_mut(request)) {
                    request.withdrawal_sent.get_or_insert(time);
                }
            }
            Body::Close { session, token } => {
                if let Some(session) = self.own(*session, *token) {
                    session.end_asked.get_or_insert(time);
                }
            }
            Body::Open { .. } => {}
        }
    }

    /// A client is gone, or has given its session up: it believes in nothing any more.
    pub(crate) fn gave_up(&mut self, id: SessionId) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.has_given_up = true;
        }
    }

    pub(super) fn own(&mut self, id: SessionId, token: Token) -> Option<&mut Session> {
        self.sessions.get_mut(&id).filter(|session| session.token == token)
    }

    /// A borrowed grant, where the token is what proves its return.
    fn lent(&mut self, id: GrantId, proof: Token) -> Option<&mut super::books::Grant> {
        let (session, request) = self.grants.get(&id)?;
        let request = self.sessions.get_mut(session)?.requests.get_mut(request)?;
        match request.want.how {
            How::Borrow(_, right) if right == proof => request.grant.as_mut(),
            _ => None,
        }
    }

    /// A booking, where the session is its user's.
    pub(super) fn booked_by(
        &mut self,
        session: SessionId,
        token: Token,
        id: GrantId,
    ) -> Option<&mut super::books::Grant> {
        let client = self.own(session, token)?.client;
        let (session, request) = self.grants.get(&id)?;
        let session = self.sessions.get_mut(session).filter(|session| session.client == client)?;
        let request = session.requests.get_mut(request)?;
        request.grant.as_mut().filter(|_| matches!(request.want.how, How::Book(..)))
    }

    /// A borrowed grant, where its license may ever have allowed that it is freed without a proof.
    pub(super) fn lost(&mut self, id: GrantId) -> Option<&mut super::books::Grant> {
        let (session, request) = self.grants.get(&id)?;
        let request = self.sessions.get_mut(session)?.requests.get_mut(request)?;
        let may_be_lost = |grant: &&mut super::books::Grant| self.regimes.was_lost_ok(&grant.pool);
        request.grant.as_mut().filter(|_| matches!(request.want.how, How::Borrow(..))).filter(may_be_lost)
    }

    /// A client was told something.
    pub(crate) fn told(&mut self, time: u64, number: u64, told: &Told) -> Verdict {
        let Some(message) = self.messages.get(&number).cloned() else {
            return Err(format!("an answer to message {number}, which nobody sent"));
        };
        if let Told::Answer(answer) = told
            && !answer.is_denial()
        {
            self.dates.answered(message.sent);
        }
        self.judge(time, &message, told).map_err(|why| {
            let (from, sent) = (message.from, message.sent);
            format!(
                "at {time} ms client {from}, which asked {:?} at {sent} ms, was told {told:?}: {why}",
                message.body
            )
        })
    }

    /// The capacities in force now.
    pub(crate) fn capacities(&self) -> &Capacities {
        self.regimes.last()
    }

    /// Seats of a pool that are reserved now.
    pub(crate) fn reserved(&self, pool: &PoolName) -> u32 {
        self.regimes.reserved_now(pool)
    }

    /// Whose a grant is.
    pub(crate) fn session_of(&self, grant: GrantId) -> Option<SessionId> {
        self.grants.get(&grant).map(|(session, _)| *session)
    }
}
