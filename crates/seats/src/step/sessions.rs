//! Sessions: open, resume, detach, close, time-out, release, idle.

use std::sync::Arc;

use names::{Code, Now, SessionId, limits};

use crate::answer::{Answer, Detail};
use crate::command::Open;
use crate::planted::Bug;
use crate::record::{DequeueReason, EndReason, Event, Record};
use crate::row::{SessionMark, SessionRow, Standing};
use crate::state::{Session, State};

impl State {
    pub(crate) fn open(&mut self, now: Now, open: Open, out: &mut Vec<Record>) -> Answer {
        if self.sessions.len() >= limits::SESSIONS_MAX {
            let detail = Detail::Limit("the daemon keeps as many sessions as it may; try again later");
            return Answer::denied(Code::Busy, detail);
        }
        if self.sessions.at(open.session).is_some() {
            return Answer::SessionUnknown;
        }
        let mut identity = open.identity;
        if let Some(email) = &identity.email {
            let known = self.logins.get(email).map(|login| login.token_hash);
            if known.is_none() || known != open.login {
                let what = "the personal token is not that of this e-mail address: `seatkeeper login`";
                return Answer::denied(Code::BadParameter, Detail::Parameter(what));
            }
        } else {
            identity.email = None;
        }
        for (session, token_hash) in open.replaces {
            let is_own = |s: &Session| s.row.token_hash == token_hash || self.planted(Bug::ReplacedByAnybody);
            if self.sessions.get(session).is_some_and(is_own) {
                self.end(now, session, EndReason::Replaced, out);
            }
        }
        let row = SessionRow {
            id: open.session,
            token_hash: open.token_hash,
            identity: Arc::new(identity),
            timeout: open.timeout,
            hold: open.hold,
            opened: now.wall,
        };
        self.sessions.insert(row.id, || Session::new(row));
        Answer::Welcome { session: open.session, held: Vec::new(), waiting: Vec::new() }
    }

    pub(crate) fn resume(
        &mut self,
        now: Now,
        id: SessionId,
        token_hash: &[u8; 32],
        out: &mut Vec<Record>,
    ) -> Answer {
        // Hashes are compared, not tokens: the time it takes tells nothing about a token.
        let is_any = self.planted(Bug::AnyToken);
        let is_own = |s: &&mut Session| s.row.token_hash == *token_hash || is_any;
        let Some(session) = self.sessions.get_mut(id).filter(is_own) else {
            return Answer::SessionUnknown;
        };
        session.attached = true;
        if session.mark.standing == Standing::Held {
            let mark = SessionMark { standing: Standing::Live, ..session.mark };
            self.record(now, Event::SessionMarked(mark), out);
        }
        self.touch_waits(id);
        let waiting = self.sessions.get(id).map(|s| s.waiting.iter().map(|(request, _)| *request).collect());
        Answer::Welcome { session: id, held: self.held(id).collect(), waiting: waiting.unwrap_or_default() }
    }

    pub(crate) fn detach(&mut self, id: SessionId) -> Answer {
        if let Some(session) = self.sessions.get_mut(id) {
            session.attached = false;
        }
        self.touch_waits(id);
        Answer::Done
    }

    /// What a session waits for is looked at again, and what waits behind it.
    fn touch_waits(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get(id) else { return };
        let waits = session.waiting.iter().filter_map(|(_, waiter)| self.waiters.get(waiter));
        let features: Vec<_> = waits.filter_map(|row| self.feature_ix(&row.ask.feature)).collect();
        self.touched.extend(features);
    }

    pub(crate) fn close(&mut self, now: Now, id: SessionId, out: &mut Vec<Record>) -> Answer {
        self.end(now, id, EndReason::Closed, out);
        Answer::Closed
    }

    pub(crate) fn time_out(&mut self, now: Now, id: SessionId, out: &mut Vec<Record>) -> Answer {
        if let Some(session) = self.sessions.get(id) {
            let holds_nothing = session
                .grants
                .iter()
                .all(|(_, grant)| self.grants.get(*grant).is_none_or(|slot| slot.kept().is_some()));
            let waits = !session.waiting.is_empty() && !self.planted(Bug::WaitEndsWithTimeOut);
            if holds_nothing && !waits {
                self.end(now, id, EndReason::TimedOut, out);
            } else if session.mark.standing == Standing::Live {
                let mark = SessionMark { standing: Standing::Held, ..session.mark };
                self.record(now, Event::SessionMarked(mark), out);
            }
        }
        Answer::Done
    }

    pub(crate) fn release(&mut self, now: Now, id: SessionId, out: &mut Vec<Record>) -> Answer {
        let is_held = |s: &Session| s.mark.standing == Standing::Held || self.planted(Bug::ReleasedAlive);
        if self.sessions.get(id).is_some_and(is_held) {
            self.end(now, id, EndReason::TimedOut, out);
        }
        Answer::Done
    }

    pub(crate) fn idle(&mut self, now: Now, id: SessionId, is_idle: bool, out: &mut Vec<Record>) -> Answer {
        let Some((at, session)) = self.live(id) else { return Answer::SessionUnknown };
        if session.mark.idle.is_some() != is_idle {
            let mark = SessionMark { idle: is_idle.then_some(now.wall), ..session.mark };
            self.write_session(now, at, out);
            self.record(now, Event::SessionMarked(mark), out);
        }
        Answer::Done
    }

    /// Returns all that a session holds and ends it. What is borrowed or booked stays.
    fn end(&mut self, now: Now, id: SessionId, why: EndReason, out: &mut Vec<Record>) {
        let Some(session) = self.sessions.get(id) else { return };
        if !session.written {
            self.sessions.remove(id);
            return;
        }
        let waiting: Vec<_> = session.waiting.iter().map(|(_, waiter)| *waiter).collect();
        let grants: Vec<_> = session.grants.iter().map(|(_, grant)| *grant).collect();
        for waiter in waiting {
            self.dequeue(now, waiter, DequeueReason::Ended, out);
        }
        for grant in grants {
            let stays = self.grants.get(grant).is_none_or(|slot| slot.kept().is_some());
            if stays && !self.planted(Bug::KeptEndsWithSession) {
                continue;
            }
            match why {
                EndReason::Closed => self.hand_in(now, grant, why.of_grants(), out),
                EndReason::TimedOut | EndReason::Replaced => self.give_back(now, grant, why.of_grants(), out),
            }
        }
        self.record(now, Event::SessionEnded { session: id, why }, out);
    }
}
