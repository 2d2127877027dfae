//! One wheel of timers for all sessions.

use std::collections::BTreeSet;

use names::{Mono, SessionId};
use rustc_hash::FxHashMap;

/// What is due when a session's timer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// Look at the session's word: its time-out may have passed, or been moved by heartbeats.
    TimeOut,
    /// The session's hold has passed.
    Release,
}

/// One timer a session, in the order they are due. A heartbeat does not touch them: a time-out that
/// is due looks at the session's word and is set again for the deadline it finds.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    by_time: BTreeSet<(Mono, SessionId, Due)>,
    by_session: FxHashMap<SessionId, (Mono, Due)>,
}

impl Timers {
    /// Sets a session's timer, in place of the one it has.
    pub(crate) fn set(&mut self, session: SessionId, at: Mono, due: Due) {
        self.cancel(session);
        self.by_session.insert(session, (at, due));
        self.by_time.insert((at, session, due));
    }

    /// Forgets a session's timer.
    pub(crate) fn cancel(&mut self, session: SessionId) {
        if let Some((at, due)) = self.by_session.remove(&session) {
            self.by_time.remove(&(at, session, due));
        }
    }

    /// The next one, if it is due.
    pub(crate) fn take(&mut self, now: Mono) -> Option<(SessionId, Due)> {
        let (at, session, due) = *self.by_time.first()?;
        if at > now {
            return None;
        }
        self.cancel(session);
        Some((session, due))
    }

    pub(crate) fn next(&self) -> Option<Mono> {
        self.by_time.first().map(|(at, _, _)| *at)
    }
}
