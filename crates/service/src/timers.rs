//! One wheel of timers for sessions and grants.

use std::collections::BTreeSet;

use names::{GrantId, Mono, SessionId};
use rustc_hash::FxHashMap;

/// What is due when a timer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// Look at the session's word: its time-out may have passed, or been moved by heartbeats.
    TimeOut,
    /// The session's hold has passed.
    Release,
    /// An idle session's seats may have to go back.
    Idle,
    /// The time of a kept or revoked grant has passed.
    Expire,
}

/// What a timer is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Timed {
    /// A session's life.
    Session(SessionId),
    /// How long a session is idle.
    Idle(SessionId),
    /// A grant.
    Grant(GrantId),
}

/// One timer of a kind, in the order they are due. A heartbeat does not touch them: a time-out that
/// is due looks at the session's word and is set again for the deadline it finds.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    by_time: BTreeSet<(Mono, Timed, Due)>,
    by_what: FxHashMap<Timed, (Mono, Due)>,
}

impl Timers {
    /// Sets a timer, in place of the one it has.
    pub(crate) fn set(&mut self, what: Timed, at: Mono, due: Due) {
        self.cancel(what);
        self.by_what.insert(what, (at, due));
        self.by_time.insert((at, what, due));
    }

    /// Forgets a timer.
    pub(crate) fn cancel(&mut self, what: Timed) {
        if let Some((at, due)) = self.by_what.remove(&what) {
            self.by_time.remove(&(at, what, due));
        }
    }

    /// The next one, if it is due.
    pub(crate) fn take(&mut self, now: Mono) -> Option<(Timed, Due)> {
        let (at, what, due) = *self.by_time.first()?;
        if at > now {
            return None;
        }
        self.cancel(what);
        Some((what, due))
    }

    pub(crate) fn next(&self) -> Option<Mono> {
        self.by_time.first().map(|(at, _, _)| *at)
    }
}
