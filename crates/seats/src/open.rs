//! Sessions: open, resume, close, time-out, release.

use names::{Code, Now, SessionId, limits};

use crate::answer::{Answer, Denial, Detail};
use crate::command::Open;
use crate::record::{EndReason, Event, Record};
use crate::row::{SessionMark, SessionRow, Standing};
use crate::state::{Session, State};

impl State {
    pub(crate) fn open(&mut self, now: Now, open: Open, out: &mut Vec<Record>) -> Answer {
        if self.sessions.len() >= limits::SESSIONS_MAX {
            let detail = Detail::Limit("the daemon keeps as many sessions as it may; try again later");
            return Answer::Denied(Box::new(Denial { code: Code::Busy, detail }));
        }
        if self.sessions.contains_key(&open.session) {
            return Answer::SessionUnknown;
        }
        for (session, token_hash) in open.replaces {
            if self.sessions.get(&session).is_some_and(|s| s.row.token_hash == token_hash) {
                self.end(now, session, EndReason::Replaced, out);
            }
        }
        let row = SessionRow {
            id: open.session,
            token_hash: open.token_hash,
            identity: open.identity,
            timeout: open.timeout,
            hold: open.hold,
            opened: now.wall,
        };
        let mark = SessionMark::new(row.id);
        self.sessions.insert(row.id, Session { row, mark, written: false, grants: Vec::new() });
        Answer::Welcome { session: open.session, held: Vec::new() }
    }

    pub(crate) fn resume(
        &mut self,
        now: Now,
        id: SessionId,
        token_hash: &[u8; 32],
        out: &mut Vec<Record>,
    ) -> Answer {
        // Hashes are compared, not tokens: the time it takes tells nothing about a token.
        let Some(session) = self.sessions.get(&id).filter(|s| s.row.token_hash == *token_hash) else {
            return Answer::SessionUnknown;
        };
        if session.mark.standing == Standing::Held {
            let mark = SessionMark { standing: Standing::Live, ..session.mark };
            self.record(now, Event::SessionMarked(mark), out);
        }
        Answer::Welcome { session: id, held: self.held(id).collect() }
    }

    pub(crate) fn close(&mut self, now: Now, id: SessionId, out: &mut Vec<Record>) -> Answer {
        self.end(now, id, EndReason::Closed, out);
        Answer::Closed
    }

    pub(crate) fn time_out(&mut self, now: Now, id: SessionId, out: &mut Vec<Record>) -> Answer {
        if let Some(session) = self.sessions.get(&id) {
            if session.grants.is_empty() {
                self.end(now, id, EndReason::TimedOut, out);
            } else if session.mark.standing == Standing::Live {
                let mark = SessionMark { standing: Standing::Held, ..session.mark };
                self.record(now, Event::SessionMarked(mark), out);
            }
        }
        Answer::Done
    }

    pub(crate) fn release(&mut self, now: Now, id: SessionId, out: &mut Vec<Record>) -> Answer {
        if self.sessions.get(&id).is_some_and(|s| s.mark.standing == Standing::Held) {
            self.end(now, id, EndReason::TimedOut, out);
        }
        Answer::Done
    }

    /// Returns all that a session holds and ends it.
    fn end(&mut self, now: Now, id: SessionId, why: EndReason, out: &mut Vec<Record>) {
        let Some(session) = self.sessions.get(&id) else { return };
        if !session.written {
            self.sessions.remove(&id);
            return;
        }
        let grants: Vec<_> = session.grants.iter().map(|(_, grant)| *grant).collect();
        for grant in grants {
            self.give_back(now, grant, why.of_grants(), out);
        }
        self.record(now, Event::SessionEnded { session: id, why }, out);
    }
}
