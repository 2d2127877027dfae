//! Records: what happened, in the one order it happened in.

use names::{Code, Feature, GrantId, PoolId, RequestId, SeatCount, Seq, SessionId, Version, Wall};

use crate::row::{Change, GrantRow, Identity, PoolRow, Row, RowKey, SessionMark, SessionRow};

/// One record of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its number: one more than the last.
    pub seq: Seq,
    /// When, by the wall clock.
    pub at: Wall,
    /// What.
    pub event: Event,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The daemon began to serve.
    Started,
    /// The daemon stopped as asked.
    Stopped,
    /// A pool is now as given.
    PoolSet(PoolRow),
    /// A pool is gone: nothing licenses it and nobody holds a seat of it.
    PoolDropped(PoolId),
    /// A session got its first grant (the next record).
    SessionOpened(SessionRow),
    /// A session's time-out passed, or it came back.
    SessionMarked(SessionMark),
    /// A session ended; its grants were returned by the records before.
    SessionEnded {
        /// Which.
        session: SessionId,
        /// Why.
        why: EndReason,
    },
    /// Seats were granted.
    Granted(GrantRow),
    /// Seats were returned.
    Returned {
        /// Which grant.
        grant: GrantId,
        /// Its session's mark after it.
        mark: SessionMark,
        /// Why.
        why: ReturnReason,
    },
    /// A request was denied.
    Denied(Box<Denied>),
}

/// A request that was denied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// Who asked.
    pub identity: Identity,
    /// In which session.
    pub session: SessionId,
    /// With which request.
    pub request: RequestId,
    /// For what.
    pub feature: Feature,
    /// Which version.
    pub version: Version,
    /// How many seats.
    pub seats: SeatCount,
    /// Why not.
    pub code: Code,
}

/// Why seats came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReturnReason {
    /// The client checked them in.
    Checkin,
    /// The client closed its session.
    Closed,
    /// The session's time-out and hold passed.
    TimedOut,
    /// A new process of the same application took the session's place.
    Replaced,
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndReason {
    /// The client closed it.
    Closed,
    /// Its time-out and hold passed.
    TimedOut,
    /// A new process of the same application took its place.
    Replaced,
}

impl EndReason {
    /// Why its grants came back.
    pub(crate) fn of_grants(self) -> ReturnReason {
        match self {
            Self::Closed => ReturnReason::Closed,
            Self::TimedOut => ReturnReason::TimedOut,
            Self::Replaced => ReturnReason::Replaced,
        }
    }
}

impl Event {
    /// The changes of rows that this event is. They follow from the event alone, so every reader of
    /// the journal makes the same ones.
    pub fn changes(&self) -> impl Iterator<Item = Change> {
        let (first, second) = match self {
            Self::Started | Self::Stopped | Self::Denied(_) => (None, None),
            Self::PoolSet(row) => (Some(Change::Put(Row::Pool(row.clone()))), None),
            Self::PoolDropped(id) => (Some(Change::Delete(RowKey::Pool(id.clone()))), None),
            Self::SessionOpened(row) => (Some(Change::Put(Row::Session(row.clone()))), None),
            Self::SessionMarked(mark) => (Some(marked(*mark)), None),
            Self::SessionEnded { session, .. } => (
                Some(Change::Delete(RowKey::Mark(*session))),
                Some(Change::Delete(RowKey::Session(*session))),
            ),
            Self::Granted(row) => (Some(Change::Put(Row::Grant(row.clone()))), None),
            Self::Returned { grant, mark, .. } => {
                (Some(Change::Delete(RowKey::Grant(*grant))), Some(marked(*mark)))
            }
        };
        first.into_iter().chain(second)
    }
}

/// A mark that says no more than its absence is no row.
fn marked(mark: SessionMark) -> Change {
    if mark == SessionMark::new(mark.session) {
        Change::Delete(RowKey::Mark(mark.session))
    } else {
        Change::Put(Row::Mark(mark))
    }
}
