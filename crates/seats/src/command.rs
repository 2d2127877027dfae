//! What the owner is asked to do.

use std::sync::Arc;

use names::{
    Code, ConfigId, Email, Feature, GrantId, Millis, PoolId, RequestId, SeatCount, SessionId, Vendor,
    Version, Wall, Word,
};

use crate::identity::Identity;
use crate::record::{DeskNote, Note};
use crate::row::{AssignmentRow, DeskRow, LoginRow, PoolRow, QuotaKind};

/// A command. Everything it needs is in it: ids, hashes and capacities are made outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// The daemon begins to serve.
    Start,
    /// The daemon stops as asked.
    Stop,
    /// These licenses and counted rules are in force from now on. No seat is taken away.
    SetLicense(Box<License>),
    /// Open a session.
    Open(Box<Open>),
    /// Come back to a session, whatever its connection was.
    Resume {
        /// Which.
        session: SessionId,
        /// SHA-256 of the token shown.
        token_hash: [u8; 32],
    },
    /// A session's connection is gone: what it waits for is passed over until it comes back.
    Detach(SessionId),
    /// Check seats out.
    Checkout(Checkout),
    /// Leave the line.
    Withdraw {
        /// Whose session.
        session: SessionId,
        /// The request that waits.
        request: RequestId,
    },
    /// Check a grant in.
    Checkin(Checkin),
    /// End a session and return all it holds.
    Close(SessionId),
    /// A session's time-out has passed: hold what it has.
    TimeOut(SessionId),
    /// A session's hold has passed: return what it has and end it.
    Release(SessionId),
    /// A session says that nobody works with its application, or that somebody does again.
    Idle {
        /// Whose session.
        session: SessionId,
        /// Whether it is idle.
        is_idle: bool,
    },
    /// Book seats for a job that has not begun.
    Book(Box<Book>),
    /// Give a booking back unused.
    Unbook {
        /// Whose session; any session of the user who booked will do.
        session: SessionId,
        /// Which booking.
        grant: GrantId,
    },
    /// The time of a grant has passed: a lingering, borrowed, booked or revoked one is returned.
    Expire(GrantId),
    /// Take seats away: each session is told, and a seat is free when it is given back, or in time.
    Revoke(Revoke),
    /// A borrowed seat comes back early.
    ReturnBorrowed {
        /// Which.
        grant: GrantId,
        /// The hash of the proof shown.
        proof: [u8; 32],
    },
    /// A borrowed seat's laptop is lost: free it before its date, where the pack allows that.
    Lost(GrantId),
    /// Give somebody a named seat, or change its period.
    Assign(Box<AssignmentRow>),
    /// Take it back.
    Unassign {
        /// Of which pool.
        pool: PoolId,
        /// Whose.
        email: Email,
        /// When a running seat is free at the latest.
        until: Wall,
    },
    /// Somebody proves with this token who they are.
    SetLogin(Box<LoginRow>),
    /// Nobody can show that any more.
    DropLogin(Email),
    /// Change what the license desk keeps, with the assignments and logins that follow: all of it or nothing.
    Desk(Box<DeskChange>),
    /// The wall clock has gone on, or was set: write down what it shows where it is time for that, and find
    /// out whether it was set back.
    LookAtClock,
    /// The wall clock is right, and was too far ahead before.
    ResetClock {
        /// The user id of the administrator who says so.
        by: u32,
    },
    /// Write down what an administrator asks for; what it is comes in the next command.
    Note(Box<Note>),
    /// Ask the holders of a feature to give a seat back.
    Ask {
        /// Who asks.
        session: SessionId,
        /// For what.
        feature: Feature,
    },
}

/// What a deed of the license desk changes, in the order in which it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskChange {
    /// Who does what.
    pub note: DeskNote,
    /// Rows that are as given from now on.
    pub puts: Vec<DeskRow>,
    /// The keys of rows that are gone; one that is not there is passed over.
    pub drops: Vec<Arc<str>>,
    /// Named seats that are somebody's, as [`Command::Assign`] makes them.
    pub assign: Vec<AssignmentRow>,
    /// Named seats that are taken back, as [`Command::Unassign`] does.
    pub unassign: Vec<(PoolId, Email)>,
    /// When the running seats of those are free at the latest.
    pub until: Wall,
    /// Logins that are as given from now on, as [`Command::SetLogin`] makes them.
    pub logins: Vec<LoginRow>,
    /// Those who have none any more.
    pub dropped_logins: Vec<Email>,
}

impl DeskChange {
    /// A deed that changes nothing.
    #[must_use]
    pub fn new(note: DeskNote) -> Self {
        Self {
            note,
            puts: Vec::new(),
            drops: Vec::new(),
            assign: Vec::new(),
            unassign: Vec::new(),
            until: Wall(0),
            logins: Vec::new(),
            dropped_logins: Vec::new(),
        }
    }

    /// How many changes it has.
    #[must_use]
    pub fn len(&self) -> usize {
        let rows = self.puts.len() + self.drops.len();
        let seats = self.assign.len() + self.unassign.len();
        rows + seats + self.logins.len() + self.dropped_logins.len()
    }

    /// Whether it is a note alone.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What is licensed and what rules count, whole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct License {
    /// Pools that are not among these are dropped, or kept unlicensed while seats of them are held.
    pub pools: Vec<PoolRow>,
    /// RESERVE and MAX lines, in their order.
    pub quotas: Vec<Quota>,
    /// How many sessions may hold seats of a vendor at once (`MAX_CONNECTIONS`).
    pub connections: Vec<(Vendor, u32)>,
}

/// A counted rule, before it has a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// A text of its own, the same after every reread that leaves the rule as it is.
    pub key: Arc<str>,
    /// What it counts.
    pub kind: QuotaKind,
    /// How many seats.
    pub seats: u32,
    /// For whom, as the options file says.
    pub who: Arc<str>,
    /// Where it stands: `file:line`.
    pub rule: Arc<str>,
}

/// Open a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// A name never used before.
    pub session: SessionId,
    /// SHA-256 of its token.
    pub token_hash: [u8; 32],
    /// Who; the e-mail is what is claimed, and stays only with the right `login`.
    pub identity: Identity,
    /// The hash of the personal token shown for the e-mail.
    pub login: Option<[u8; 32]>,
    /// How long it lives without a heartbeat.
    pub timeout: Millis,
    /// How long its seats are held after its time-out, at least.
    pub hold: Millis,
    /// Sessions of processes that are gone, with the hash of the token shown for each: they end, and
    /// their seats are free, in this same step.
    pub replaces: Vec<(SessionId, [u8; 32])>,
}

/// Check seats out, all or nothing, from one pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// For which session.
    pub session: SessionId,
    /// The client's number; asking again with the same one gives the same grant.
    pub request: RequestId,
    /// Which feature.
    pub feature: Feature,
    /// The version that is needed: a pool of this or a higher one will do.
    pub version: Version,
    /// How many.
    pub seats: SeatCount,
    /// Only of this vendor.
    pub vendor: Option<Vendor>,
    /// Only of this configuration; otherwise the pools are searched in their order.
    pub config: Option<ConfigId>,
    /// What few checkouts say.
    pub more: Option<Box<More>>,
}

/// What few checkouts say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct More {
    /// The data of the checkout.
    pub data: Option<Word>,
    /// Wait in line, with this priority: higher goes first, 0 is what everybody has.
    pub queue: Option<u8>,
    /// Take the seats offline.
    pub borrow: Option<Borrow>,
    /// Use what was booked for this job.
    pub job: Option<Word>,
}

/// Take seats offline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Borrow {
    /// Until when.
    pub until: Wall,
    /// The hash of what will prove the return.
    pub proof: [u8; 32],
}

/// Book seats for a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Book {
    /// Who, when, what and how many; its `more` is not looked at.
    pub ask: Checkout,
    /// For which job.
    pub job: Word,
    /// How long it waits for the job.
    pub ttl: Millis,
}

/// Take seats away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoke {
    /// Which.
    pub which: Revoked,
    /// What their users are told.
    pub code: Code,
    /// When they are free at the latest: after the time-out and hold of any session.
    pub until: Wall,
}

/// Which seats are taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revoked {
    /// This grant.
    Grant(GrantId),
    /// All of pools that no license names any more.
    Unlicensed,
    /// All of named pools whose users have no assignment today.
    Unassigned,
    /// Those whose application was idle for the time that its pool allows.
    Idle(SessionId),
}

/// Check a grant in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkin {
    /// Whose session.
    pub session: SessionId,
    /// Which grant.
    pub grant: GrantId,
}
