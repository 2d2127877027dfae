//! One wheel of timers for all sessions.

use std::collections::BTreeSet;

use names::{Mono, SessionId};

/// What is due when a timer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// Look at the session's word: its time-out may have passed, or been moved by heartbeats.
    TimeOut(SessionId),
    /// The session's hold has passed.
    Release(SessionId),
}

/// Timers in the order they are due. A heartbeat does not touch them: a time-out that is due looks
/// at the session's word and is set again for the deadline it finds.
#[derive(Debug, Default)]
pub(crate) struct Timers(BTreeSet<(Mono, Due)>);

impl Timers {
    pub(crate) fn set(&mut self, at: Mono, due: Due) {
        self.0.insert((at, due));
    }

    /// The next one, if it is due.
    pub(crate) fn take(&mut self, now: Mono) -> Option<Due> {
        let (at, _) = self.0.first()?;
        if *at > now { None } else { self.0.pop_first().map(|(_, due)| due) }
    }

    pub(crate) fn next(&self) -> Option<Mono> {
        self.0.first().map(|(at, _)| *at)
    }
}
