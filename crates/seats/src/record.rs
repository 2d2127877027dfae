//! Records: what happened, in the one order it happened in.

use std::sync::Arc;

use names::{
    Code, Email, Feature, GrantId, PoolId, QuotaId, RequestId, SeatCount, Seq, SessionId, Version, WaiterId,
    Wall, limits,
};

use crate::identity::Identity;
use crate::row::{
    AssignmentRow, Change, ClockRow, DeskRow, GrantRow, LoginRow, PoolRow, QuotaRow, Row, RowKey,
    SessionMark, SessionRow, WaiterRow,
};

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
    PoolSet(Box<PoolRow>),
    /// A pool is gone: nothing licenses it and nobody holds a seat of it.
    PoolDropped(PoolId),
    /// A counted rule is now as given.
    QuotaSet(Box<QuotaRow>),
    /// A counted rule is gone, and nothing is charged to it.
    QuotaDropped(QuotaId),
    /// A session got its first grant or place in line (the next record).
    SessionOpened(Box<SessionRow>),
    /// A session's time-out passed, or it came back, or became idle or busy.
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
    /// A grant is held otherwise, or charged to other rules.
    Changed(Box<GrantRow>),
    /// Seats were returned.
    Returned {
        /// Which grant.
        grant: GrantId,
        /// Its session's mark after it, if its session is there.
        mark: Option<SessionMark>,
        /// Why.
        why: ReturnReason,
    },
    /// A request waits in line.
    Queued(Box<WaiterRow>),
    /// It waits no more.
    Dequeued {
        /// Which place.
        waiter: WaiterId,
        /// Its session's mark after it, if its session is there.
        mark: Option<SessionMark>,
        /// Why.
        why: DequeueReason,
    },
    /// A request was denied.
    Denied(Box<Denied>),
    /// A named seat is somebody's, in this period.
    Assigned(Box<AssignmentRow>),
    /// It is nobody's.
    Unassigned {
        /// Of which pool.
        pool: PoolId,
        /// Whose it was.
        email: Email,
    },
    /// Somebody has a login.
    LoginSet(Box<LoginRow>),
    /// They have none.
    LoginDropped(Email),
    /// The wall clock has gone on.
    ClockNoted(ClockRow),
    /// An administrator says that the wall clock, which was further ahead before, is right.
    ClockReset {
        /// What it shows, from which it goes on.
        row: ClockRow,
        /// The latest that it had shown.
        was: Wall,
        /// The administrator's user id on the license host.
        by: u32,
    },
    /// An administrator asked for something; what came of it are the records after this one, if any.
    Administered(Box<Note>),
    /// Something was done at the license desk; what came of it are the records after this one, if any.
    DeskDid(Box<DeskNote>),
    /// A row of the desk is now as given.
    DeskPut(DeskRow),
    /// The desk's row with this key is gone.
    DeskDropped(Arc<str>),
}

/// What was done at the license desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskNote {
    /// Who did it: an e-mail address or `uid 0`; at most [`DeskNote::BY_BYTES_MAX`] bytes.
    pub by: Box<str>,
    /// What, in a word; at most [`DeskNote::DEED_BYTES_MAX`] bytes.
    pub deed: Box<str>,
    /// To what, in words; at most [`DeskNote::ABOUT_BYTES_MAX`] bytes.
    pub about: Box<str>,
}

impl DeskNote {
    /// How long it may be who did it: an e-mail address at most.
    pub const BY_BYTES_MAX: usize = limits::EMAIL_CHARS_MAX;
    /// How long the word may be.
    pub const DEED_BYTES_MAX: usize = 64;
    /// How long the words may be.
    pub const ABOUT_BYTES_MAX: usize = Note::ABOUT_BYTES_MAX;

    /// A note; what is too long is cut.
    #[must_use]
    pub fn new(by: &str, deed: &str, about: &str) -> Self {
        Self {
            by: cut(by, Self::BY_BYTES_MAX),
            deed: cut(deed, Self::DEED_BYTES_MAX),
            about: cut(about, Self::ABOUT_BYTES_MAX),
        }
    }
}

/// As much of the front of a text as has at most so many bytes.
fn cut(text: &str, bytes: usize) -> Box<str> {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or("").into()
}

/// What an administrator asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The administrator's user id on the license host; nobody's where the daemon does it by itself.
    pub by: Option<u32>,
    /// What.
    pub deed: Deed,
    /// To what, in words; at most [`Note::ABOUT_BYTES_MAX`] bytes.
    pub about: Box<str>,
}

/// What administrators do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Have license and options files read again.
    Reread,
    /// The same, and take away what is not licensed any more.
    RereadAndDrop,
    /// Take a seat away (`lmremove`).
    Remove,
    /// Bring a borrowed seat back, by its receipt or as lost.
    TakeBack,
    /// Give somebody a named seat, or change its period.
    Assign,
    /// Take it back.
    Unassign,
    /// Make somebody's personal token.
    SetLogin,
    /// Take it away.
    DropLogin,
    /// Stop the daemon (`lmdown`).
    Stop,
    /// Write the debug log to another file (`lmswitch`).
    SwitchLog,
    /// Write the report log to another file (`lmswitchr`, `lmnewlog`).
    SwitchReport,
}

impl Note {
    /// How long the words may be.
    pub const ABOUT_BYTES_MAX: usize = 1024;

    /// A note; words that are too long are cut.
    #[must_use]
    pub fn new(by: Option<u32>, deed: Deed, about: &str) -> Self {
        Self { by, deed, about: cut(about, Self::ABOUT_BYTES_MAX) }
    }
}

/// A request that was denied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// Who asked.
    pub identity: Arc<Identity>,
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
    /// They lingered to their end, or somebody needed them.
    Lingered,
    /// Taken away: given back, or the time for that passed.
    Revoked,
    /// Borrowed, and brought back early.
    Early,
    /// Borrowed, to their date.
    BorrowEnded,
    /// Borrowed, and declared lost by an administrator.
    Lost,
    /// Booked, and the job took them.
    BookingUsed,
    /// Booked, and given back or not used in time.
    BookingEnded,
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

/// Why a request waits no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DequeueReason {
    /// Its seats were granted (the next record).
    Granted,
    /// The client withdrew it.
    Withdrawn,
    /// Its session ended.
    Ended,
    /// It can never be granted any more: the license is gone, smaller, or the rules forbid it.
    Hopeless,
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
            Self::Started | Self::Stopped | Self::Denied(_) | Self::Administered(_) | Self::DeskDid(_) => {
                (None, None)
            }
            Self::PoolSet(row) => (Some(Change::Put(Row::Pool((**row).clone()))), None),
            Self::PoolDropped(id) => (Some(Change::Delete(RowKey::Pool(id.clone()))), None),
            Self::QuotaSet(row) => (Some(Change::Put(Row::Quota((**row).clone()))), None),
            Self::QuotaDropped(id) => (Some(Change::Delete(RowKey::Quota(*id))), None),
            Self::SessionOpened(row) => (Some(Change::Put(Row::Session((**row).clone()))), None),
            Self::SessionMarked(mark) => (Some(marked(*mark)), None),
            Self::SessionEnded { session, .. } => (
                Some(Change::Delete(RowKey::Mark(*session))),
                Some(Change::Delete(RowKey::Session(*session))),
            ),
            Self::Granted(row) => (Some(Change::Put(Row::Grant(row.clone()))), None),
            Self::Changed(row) => (Some(Change::Put(Row::Grant((**row).clone()))), None),
            Self::Returned { grant, mark, .. } => {
                (Some(Change::Delete(RowKey::Grant(*grant))), mark.map(marked))
            }
            Self::Queued(row) => (Some(Change::Put(Row::Waiter((**row).clone()))), None),
            Self::Dequeued { waiter, mark, .. } => {
                (Some(Change::Delete(RowKey::Waiter(*waiter))), mark.map(marked))
            }
            Self::Assigned(row) => (Some(Change::Put(Row::Assignment((**row).clone()))), None),
            Self::Unassigned { pool, email } => {
                (Some(Change::Delete(RowKey::Assignment(pool.clone(), email.clone()))), None)
            }
            Self::LoginSet(row) => (Some(Change::Put(Row::Login((**row).clone()))), None),
            Self::LoginDropped(email) => (Some(Change::Delete(RowKey::Login(email.clone()))), None),
            Self::ClockNoted(row) | Self::ClockReset { row, .. } => {
                (Some(Change::Put(Row::Clock(*row))), None)
            }
            Self::DeskPut(row) => (Some(Change::Put(Row::Desk(row.clone()))), None),
            Self::DeskDropped(key) => (Some(Change::Delete(RowKey::Desk((&**key).into()))), None),
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
