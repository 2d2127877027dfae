//! Sessions, and what they give back.

use names::{Code, Expiry, Feature, RequestId, SessionId, limits};
use seats::{DequeueReason, EndReason, Open, PoolStanding, ReturnReason};

use super::checkout::later;
use super::{Grant, Happened, Hold, Model, Name, Reply, Session};

impl Model {
    pub(crate) fn open(&mut self, open: &Open) -> Reply {
        if self.session(open.session).is_some() {
            return Reply::Unknown;
        }
        if let Some(email) = &open.identity.email {
            let known = self.logins.iter().find(|(other, _)| other == email).map(|(_, hash)| *hash);
            if known.is_none() || open.login != known {
                return Reply::Denied(Code::BadParameter);
            }
        }
        for (old, token) in &open.replaces {
            if self.session(*old).is_some_and(|session| session.token == *token) {
                self.end(*old, EndReason::Replaced);
            }
        }
        self.sessions.push(Session {
            id: open.session,
            token: open.token_hash,
            who: open.identity.clone(),
            is_held: false,
            is_attached: true,
            is_written: false,
            floor: RequestId(0),
            idle: None,
        });
        Reply::Welcome { held: Vec::new(), waiting: Vec::new() }
    }

    pub(crate) fn resume(&mut self, id: SessionId, token: &[u8; 32]) -> Reply {
        let Some(session) = self.session_mut(id).filter(|session| session.token == *token) else {
            return Reply::Unknown;
        };
        session.is_held = false;
        session.is_attached = true;
        self.welcome(id)
    }

    /// What a session that comes back is told.
    pub(crate) fn welcome(&self, id: SessionId) -> Reply {
        let is_told = |grant: &&Grant| grant.name.0 == id && !matches!(grant.hold, Hold::Lingering { .. });
        let own = self.grants.iter().filter(is_told);
        let code = |hold: &Hold| if let Hold::Revoked(code, _) = hold { Some(*code) } else { None };
        let mut held: Vec<_> = own.map(|grant| (grant.name, code(&grant.hold))).collect();
        held.sort_unstable();
        let own = self.waiters.iter().filter(|waiter| waiter.name.0 == id);
        let mut waiting: Vec<_> = own.map(|waiter| waiter.name.1).collect();
        waiting.sort_unstable();
        Reply::Welcome { held, waiting }
    }

    pub(crate) fn detach(&mut self, id: SessionId) -> Reply {
        if let Some(session) = self.session_mut(id) {
            session.is_attached = false;
        }
        Reply::Done
    }

    pub(crate) fn time_out(&mut self, id: SessionId) -> Reply {
        let holds = self.grants.iter().any(|grant| grant.name.0 == id && grant.is_sessions());
        let waits = self.waiters.iter().any(|waiter| waiter.name.0 == id);
        if !holds && !waits {
            self.end(id, EndReason::TimedOut);
        } else if let Some(session) = self.session_mut(id) {
            session.is_held = true;
        }
        Reply::Done
    }

    pub(crate) fn release(&mut self, id: SessionId) -> Reply {
        if self.session(id).is_some_and(|session| session.is_held) {
            self.end(id, EndReason::TimedOut);
        }
        Reply::Done
    }

    pub(crate) fn idle(&mut self, id: SessionId, is_idle: bool) -> Reply {
        let now = self.now.wall;
        let Some(session) = self.session_mut(id).filter(|session| !session.is_held) else {
            return Reply::Unknown;
        };
        session.is_written |= session.idle.is_some() != is_idle;
        session.idle = is_idle.then(|| session.idle.unwrap_or(now));
        Reply::Done
    }

    /// Ends a session: what it holds comes back, or lingers where it was closed in good order.
    pub(crate) fn end(&mut self, id: SessionId, why: EndReason) {
        let Some(session) = self.session(id) else { return };
        let is_written = session.is_written;
        let own = self.grants.iter().filter(|grant| grant.name.0 == id && grant.is_sessions());
        for name in own.map(|grant| grant.name).collect::<Vec<_>>() {
            match why {
                EndReason::Closed => self.return_or_linger(name, ReturnReason::Closed),
                EndReason::TimedOut => self.take_back(name, ReturnReason::TimedOut),
                EndReason::Replaced => self.take_back(name, ReturnReason::Replaced),
            }
        }
        let own = self.waiters.iter().filter(|waiter| waiter.name.0 == id);
        for name in own.map(|waiter| waiter.name).collect::<Vec<_>>() {
            self.leave_line(name, DequeueReason::Ended);
        }
        self.sessions.retain(|session| session.id != id);
        if is_written {
            self.happened.push(Happened::ended(id, why));
        }
    }

    pub(crate) fn checkin(&mut self, session: SessionId, name: Option<Name>) -> Reply {
        if self.session(session).is_none() {
            return Reply::Unknown;
        }
        let own = name.filter(|name| name.0 == session);
        let Some(grant) = own.and_then(|name| self.grant(name)) else { return Reply::Returned };
        let name = grant.name;
        match grant.hold {
            Hold::Floating | Hold::Revoked(..) => self.return_or_linger(name, ReturnReason::Checkin),
            Hold::Booked { .. } => self.take_back(name, ReturnReason::BookingEnded),
            Hold::Borrowed { .. } => return Reply::Denied(Code::BadParameter),
            Hold::Lingering { .. } => {}
        }
        Reply::Returned
    }

    /// A floating grant lingers where its pool says so; any other comes back.
    fn return_or_linger(&mut self, name: Name, why: ReturnReason) {
        let from = self.now.wall;
        let Some(grant) = self.grant(name) else { return };
        let is_floating = grant.hold == Hold::Floating;
        let pool = self.pool(&grant.pool).filter(|pool| pool.standing == PoolStanding::Active);
        let linger = pool.map(|pool| pool.linger).filter(|linger| linger.0 > 0 && is_floating);
        let Some(linger) = linger else { return self.take_back(name, why) };
        // A seat lingers no longer than its license is good for.
        let ends = self.pool(&grant.pool).map(|pool| pool.expiry);
        let until = match ends {
            Some(Expiry::On(date)) => later(from, linger).min(date.end()),
            _ => later(from, linger),
        };
        if until <= from {
            return self.take_back(name, why);
        }
        if let Some(grant) = self.grant_mut(name) {
            grant.hold = Hold::Lingering { from, until };
        }
        self.raise_floor(name);
    }

    pub(crate) fn ask(&self, asker: SessionId, feature: &Feature) -> Reply {
        if self.session(asker).is_none_or(|session| session.is_held) {
            return Reply::Unknown;
        }
        let holders = self.grants.iter().filter(|g| g.pool.feature() == feature && g.is_sessions());
        let mut asked: Vec<SessionId> = Vec::new();
        for grant in holders {
            if grant.name.0 != asker && !asked.contains(&grant.name.0) {
                asked.push(grant.name.0);
            }
        }
        asked.sort_by_key(|id| self.session(*id).is_none_or(|session| session.idle.is_none()));
        asked.truncate(limits::ASKED_HOLDERS_MAX);
        Reply::Asked(asked)
    }
}
