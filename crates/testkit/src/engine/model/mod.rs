//! A plain sequential model of the seat engine, written from `crates/seats/README.md` by other means.
//!
//! It keeps flat lists and makes every number anew whenever it is asked for: slow, and as obviously
//! right as can be. It shares the words of `seats` (commands, rows, identities) and none of its code.

mod checkout;
mod clock;
mod desk;
mod kept;
mod license;
mod line;
pub(crate) mod room;
mod sessions;

use std::sync::Arc;

use names::{Code, Email, GrantId, Now, PoolId, RequestId, SessionId, Vendor, Version, Wall, Word};
use seats::{
    AssignmentRow, Checkout, Command, DequeueReason, EndReason, Identity, PoolRow, PoolStanding, QuotaKind,
    ReturnReason, Rules,
};

/// What a grant or a request is called: its session and the session's own number.
pub(crate) type Name = (SessionId, RequestId);

/// What is expected of a command's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    Done,
    Welcome { held: Vec<(Name, Option<Code>)>, waiting: Vec<RequestId> },
    Granted { name: Name, pool: PoolId, seats: u32, until: Option<Wall> },
    Queued { position: usize },
    Withdrawn,
    Returned,
    Revoked(usize),
    Asked(Vec<SessionId>),
    Closed,
    Unknown,
    Denied(Code),
}

/// What happened in a step.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Happened {
    Granted(Name),
    Returned(Name, String),
    Queued(Name),
    Dequeued(Name, String),
    Ended(SessionId, String),
}

impl Happened {
    pub(crate) fn returned(name: Name, why: ReturnReason) -> Self {
        Self::Returned(name, format!("{why:?}"))
    }

    pub(crate) fn dequeued(name: Name, why: DequeueReason) -> Self {
        Self::Dequeued(name, format!("{why:?}"))
    }

    pub(crate) fn ended(session: SessionId, why: EndReason) -> Self {
        Self::Ended(session, format!("{why:?}"))
    }
}

/// How a grant is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Hold {
    Floating,
    Revoked(Code, Wall),
    Lingering { from: Wall, until: Wall },
    Borrowed { proof: [u8; 32], until: Wall },
    Booked { job: Word, until: Wall },
}

#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) name: Name,
    pub(crate) who: Identity,
    pub(crate) pool: PoolId,
    pub(crate) suite: Option<PoolId>,
    pub(crate) seats: u32,
    pub(crate) version: Version,
    pub(crate) data: Option<Word>,
    pub(crate) hold: Hold,
    /// What it took of reservations: the rule, how many seats, whether of the suite.
    pub(crate) draws: Vec<(Arc<str>, u32, bool)>,
}

#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) token: [u8; 32],
    pub(crate) who: Identity,
    pub(crate) is_held: bool,
    pub(crate) is_attached: bool,
    pub(crate) is_written: bool,
    pub(crate) floor: RequestId,
    pub(crate) idle: Option<Wall>,
}

#[derive(Debug, Clone)]
pub(crate) struct Waiter {
    pub(crate) name: Name,
    pub(crate) ask: Checkout,
    pub(crate) priority: u8,
}

#[derive(Debug, Clone)]
pub(crate) struct Quota {
    pub(crate) key: Arc<str>,
    pub(crate) kind: QuotaKind,
    pub(crate) seats: u32,
}

/// The lists.
#[derive(Debug, Clone, Default)]
pub(crate) struct Model {
    pub(crate) now: Now,
    pub(crate) pools: Vec<PoolRow>,
    pub(crate) quotas: Vec<Quota>,
    pub(crate) connections: Vec<(Vendor, u32)>,
    pub(crate) sessions: Vec<Session>,
    /// In the order in which they were made.
    pub(crate) grants: Vec<Grant>,
    /// In the order in which they came.
    pub(crate) waiters: Vec<Waiter>,
    pub(crate) assignments: Vec<AssignmentRow>,
    pub(crate) logins: Vec<(Email, [u8; 32])>,
    /// The desk's rows: keys and values, as they came.
    pub(crate) desk: Vec<(String, Vec<u8>)>,
    /// The latest that the clock has shown, and whether it was found to be set back.
    pub(crate) latest: Option<Wall>,
    pub(crate) is_clock_back: bool,
    pub(crate) happened: Vec<Happened>,
}

impl Model {
    /// What a command must be answered. `named` says which grant a number is.
    pub(crate) fn step(
        &mut self,
        now: Now,
        command: &Command,
        rules: &dyn Rules,
        named: impl Fn(GrantId) -> Option<Name>,
    ) -> Reply {
        self.now = now;
        self.happened.clear();
        let reply = match command {
            Command::Start | Command::LookAtClock => self.look(),
            Command::Stop | Command::Note(_) => Reply::Done,
            Command::ResetClock { .. } => self.reset(),
            Command::SetLicense(license) => self.set_license(license, rules),
            Command::Open(open) => self.open(open),
            Command::Resume { session, token_hash } => self.resume(*session, token_hash),
            Command::Detach(session) => self.detach(*session),
            Command::Checkout(ask) => self.checkout(ask, rules),
            Command::Withdraw { session, request } => self.withdraw((*session, *request)),
            Command::Checkin(checkin) => self.checkin(checkin.session, named(checkin.grant)),
            Command::Close(session) => {
                self.end(*session, EndReason::Closed);
                Reply::Closed
            }
            Command::TimeOut(session) => self.time_out(*session),
            Command::Release(session) => self.release(*session),
            Command::Idle { session, is_idle } => self.idle(*session, *is_idle),
            Command::Book(book) => self.book(book, rules),
            Command::Unbook { session, grant } => self.unbook(*session, named(*grant)),
            Command::Expire(grant) => self.expire(named(*grant)),
            Command::Revoke(revoke) => self.revoke(revoke, named),
            Command::ReturnBorrowed { grant, proof } => self.return_borrowed(named(*grant), proof),
            Command::Lost(grant) => self.lost(named(*grant)),
            Command::Assign(row) => self.assign(row),
            Command::Unassign { pool, email, until } => self.unassign(pool, email, *until),
            Command::SetLogin(row) => {
                self.logins.retain(|(email, _)| *email != row.email);
                self.logins.push((row.email.clone(), row.token_hash));
                Reply::Done
            }
            Command::DropLogin(email) => {
                self.logins.retain(|(other, _)| other != email);
                Reply::Done
            }
            Command::Desk(change) => self.desk(change),
            Command::Ask { session, feature } => self.ask(*session, feature),
        };
        let is_denied = matches!(reply, Reply::Denied(_) | Reply::Unknown | Reply::Asked(_));
        if !is_denied {
            self.serve_lines(rules);
        }
        reply
    }

    /// A restart: what was only in memory is gone.
    pub(crate) fn restart(&mut self) {
        self.sessions.retain(|session| session.is_written);
        self.is_clock_back = false;
        for session in &mut self.sessions {
            session.is_attached = false;
        }
    }

    pub(crate) fn pool(&self, id: &PoolId) -> Option<&PoolRow> {
        self.pools.iter().find(|pool| pool.id == *id)
    }

    pub(crate) fn session(&self, id: SessionId) -> Option<&Session> {
        self.sessions.iter().find(|session| session.id == id)
    }

    pub(crate) fn session_mut(&mut self, id: SessionId) -> Option<&mut Session> {
        self.sessions.iter_mut().find(|session| session.id == id)
    }

    pub(crate) fn grant(&self, name: Name) -> Option<&Grant> {
        self.grants.iter().find(|grant| grant.name == name)
    }

    pub(crate) fn grant_mut(&mut self, name: Name) -> Option<&mut Grant> {
        self.grants.iter_mut().find(|grant| grant.name == name)
    }

    /// The request has ended: neither it nor an earlier one is granted any more.
    pub(crate) fn raise_floor(&mut self, name: Name) {
        if let Some(session) = self.session_mut(name.0) {
            session.floor = session.floor.max(name.1);
        }
    }

    /// Gives a grant's seats back.
    pub(crate) fn take_back(&mut self, name: Name, why: ReturnReason) {
        self.grants.retain(|grant| grant.name != name);
        self.raise_floor(name);
        self.happened.push(Happened::returned(name, why));
        self.forget_unlicensed();
    }

    /// A pool that nothing licenses is there as long as somebody holds a seat of it.
    pub(crate) fn forget_unlicensed(&mut self) {
        let is_held = |id: &PoolId| {
            self.grants.iter().any(|grant| grant.pool == *id || grant.suite.as_ref() == Some(id))
        };
        let gone = |pool: &PoolRow| pool.standing == PoolStanding::Unlicensed && !is_held(&pool.id);
        let gone: Vec<_> = self.pools.iter().filter(|pool| gone(pool)).map(|pool| pool.id.clone()).collect();
        self.pools.retain(|pool| !gone.contains(&pool.id));
        self.assignments.retain(|row| !gone.contains(&row.pool));
    }
}

impl Grant {
    /// Whether its session keeps it.
    pub(crate) fn is_sessions(&self) -> bool {
        matches!(self.hold, Hold::Floating | Hold::Revoked(..))
    }

    /// Leaves so many of its seats to it, and of what it drew as much as they need.
    pub(crate) fn shrink(&mut self, seats: u32) {
        self.seats = seats;
        for is_suites in [false, true] {
            let mut left = seats;
            for (_, drawn, _) in self.draws.iter_mut().filter(|(.., of_suite)| *of_suite == is_suites) {
                *drawn = (*drawn).min(left);
                left -= *drawn;
            }
        }
        self.draws.retain(|(_, drawn, _)| *drawn > 0);
    }

    pub(crate) fn until(&self) -> Option<Wall> {
        match &self.hold {
            Hold::Floating => None,
            Hold::Revoked(_, until)
            | Hold::Lingering { until, .. }
            | Hold::Borrowed { until, .. }
            | Hold::Booked { until, .. } => Some(*until),
        }
    }
}
