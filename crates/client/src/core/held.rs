//! Opening a session, coming back to it, and losing it.

use std::collections::HashMap;

use names::Code;
use proto::v1;

use super::{Asked, Core, Session, Verdict};
use crate::boot::Boot;
use crate::trust::{self, Unproved};
use crate::{Error, SeatState, Server, State};

/// Time-outs shorter than this are a server's error; heartbeats would flood it.
const TIMEOUT_MS_MIN: u64 = 100;

impl Core {
    /// Takes a server's welcome to a hello that was sent at `sent_at` with `nonce`.
    pub(crate) fn welcomed(
        &mut self,
        server: &Server,
        welcome: &v1::Welcome,
        nonce: &[u8; 32],
        sent_at: Boot,
    ) -> Result<(), Unproved> {
        let host_key = trust::host_key(&self.setup.trust, welcome, nonce)?;
        let resumed = match &self.session {
            Some(session) if session.host_key != host_key => {
                let why = "it proves another host key than before".into();
                return Err(Unproved { code: Code::BadHandshake, why });
            }
            Some(session) if session.id != welcome.session => {
                return Err(Unproved { code: Code::BadServerData, why: "it resumes another session".into() });
            }
            Some(_) => true,
            None => false,
        };
        self.timeout_ms = u64::from(welcome.timeout_ms).max(TIMEOUT_MS_MIN);
        self.grace_ms = u64::from(welcome.grace_ms);
        self.leased_from = sent_at;
        self.beat_at = sent_at.plus(self.timeout_ms / 3);
        if resumed {
            if let Some(session) = &mut self.session {
                session.server = server.clone();
            }
            self.compare_line(welcome);
            self.compare(&welcome.held, sent_at);
        } else {
            self.lines.clear();
            self.shown.clear();
            self.session = Some(Session {
                id: welcome.session,
                token: welcome.token.clone(),
                server: server.clone(),
                host_key,
            });
            self.take_again();
            self.say_again_that_away();
        }
        self.tell_all(State::Safe);
        Ok(())
    }

    /// Compares what the server says the session holds with what it believes to hold.
    fn compare(&mut self, held: &[v1::Granted], now: Boot) {
        for granted in held {
            self.remember(granted);
            self.learn_line(granted);
            if granted.revoked != 0 {
                self.revoked(granted.grant, granted.revoked, "", now);
            }
        }
        // Seats that need no session go back in other ways.
        let held = held.iter().filter(|granted| granted.until_ms == 0);
        let held: HashMap<u64, u64> = held.map(|g| (g.grant, g.request_id)).collect();
        let missing: Vec<u64> = self
            .seats
            .iter()
            .filter(|(_, row)| row.grant.is_some_and(|grant| !held.contains_key(&grant.0)))
            .map(|(key, _)| *key)
            .collect();
        for seat in missing {
            self.lost_or_again(seat, "the server does not hold it any more");
        }
        for (grant, request) in held {
            if !self.asked.contains_key(&request) && !self.knows(grant) {
                self.give_back(grant);
            }
        }
    }

    /// A line that came with a welcome counts like one that came with a grant; one that proves
    /// nothing is noticed when it is needed.
    fn learn_line(&mut self, granted: &v1::Granted) {
        let crate::TrustPolicy::Vendor { keys, .. } = &self.setup.trust else { return };
        if let (Some(line), Some(pool)) = (&granted.line, &granted.pool)
            && let (Ok(line), Ok(pool)) = (trust::line(keys, line), names::PoolId::try_from(pool))
        {
            self.lines.insert(pool, line);
        }
    }

    /// The server does not know the session: what it held is gone. A new hello comes next, unless the
    /// session was to end anyway.
    pub(crate) fn session_lost(&mut self) -> Verdict {
        self.session = None;
        self.line_breaks();
        let (ending, staying): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.asked).into_iter().partition(|(_, asked)| asked.ends_with_session());
        let (doubtful, staying): (Vec<_>, Vec<_>) =
            staying.into_iter().partition(|(_, asked)| asked.outlives_session());
        self.asked = staying.into_iter().collect();
        for (_, asked) in doubtful {
            let why = "the session was lost before the answer came; `lmstat` shows whether it was done";
            asked.refuse(|| Error::SessionLost { why: why.into() });
        }
        self.outbox = self.asked.keys().copied().collect();
        self.later.clear();
        let mut verdict = Verdict::Go;
        for (_, asked) in ending {
            if matches!(asked, Asked::Goodbye { .. }) {
                verdict = Verdict::Over;
            }
            asked.accept();
        }
        if verdict == Verdict::Over {
            self.close();
            return verdict;
        }
        for seat in self.seats.keys().copied().collect::<Vec<_>>() {
            self.lost_or_again(seat, "the server does not know the session any more");
        }
        verdict
    }

    fn lost_or_again(&mut self, seat: u64, why: &str) {
        if let Some(row) = self.seats.get_mut(&seat)
            && row.give_back_at.is_some()
        {
            // It was taken away, and is gone.
            row.grant = None;
            return;
        }
        if !self.setup.reacquire {
            return self.lose(seat, Code::Removed, why);
        }
        if let Some(row) = self.seats.get_mut(&seat)
            && row.grant.take().is_some()
        {
            row.tell(SeatState::Jeopardy);
            let wanted = Box::new(row.wanted.clone());
            self.submit(Asked::Again { seat, wanted, sent: false });
        }
    }

    /// All that waits is sent on the new session, under new numbers where the old ones meant
    /// another session's requests.
    fn take_again(&mut self) {
        let waiting = std::mem::take(&mut self.asked);
        self.outbox.clear();
        self.later.clear();
        for mut asked in waiting.into_values() {
            match &mut asked {
                Asked::Again { sent, .. } | Asked::Call { sent, .. } => *sent = false,
                Asked::Checkout(hopeful) => hopeful.has_place = false,
                _ => {}
            }
            self.submit(asked);
        }
    }

    /// A new session begins as one that somebody works with.
    fn say_again_that_away(&mut self) {
        if self.is_away {
            let kind = Box::new(v1::command::Kind::Idle(v1::Idle { idle: true }));
            self.submit(Asked::Call { kind, answer: None, sent: false });
        }
    }
}
