//! Rows: what is true now. Each is put or deleted whole.

use names::{
    CpuId, Expiry, GrantId, Millis, PoolId, RequestId, SeatCount, Seq, SessionId, Vendor, Version, Wall, Word,
};

/// Who sits at a session's end, as the client says. FlexNet's daemons believe it too; the console
/// and the audit show it as claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The user's login name.
    pub user: Word,
    /// The workstation's name.
    pub host: Word,
    /// The display or terminal; may be empty.
    pub display: Word,
    /// The application; may be empty.
    pub application: Word,
    /// The process id on the workstation.
    pub pid: u32,
    /// The workstation's host id, which locked seats are matched with.
    pub cpu: CpuId,
}

/// A capacity and what is needed to ask it for seats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolRow {
    /// Which pool.
    pub id: PoolId,
    /// Seats that may be in use at once, in force now.
    pub capacity: u32,
    /// The highest version that may be asked for.
    pub version: Version,
    /// Until when the last of its lines may be used.
    pub expiry: Expiry,
    /// Whether its lines are in force.
    pub standing: PoolStanding,
    /// What one seat is charged for.
    pub sharing: Sharing,
    /// Where it stands among the pools of its feature: lower first.
    pub order: u32,
    /// The vendor's text, shown by lmstat.
    pub vendor_string: Option<Box<str>>,
}

/// Whether a pool's license lines are in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolStanding {
    /// They are.
    Active,
    /// The last of them has expired.
    Expired,
    /// The first of them has not begun.
    NotYet,
    /// No license names this pool any more; its seats are kept to their return.
    Unlicensed,
}

/// What one seat of a pool is charged for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// Every grant is charged.
    None,
    /// All grants of the pool share its seats: the largest grant is what is charged. The pool of a
    /// locked license is one workstation's, whose processes share the one seat.
    Pool,
}

/// A client's session; written down with its first grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Its public name.
    pub id: SessionId,
    /// SHA-256 of its token; the token itself is only the client's.
    pub token_hash: [u8; 32],
    /// Who.
    pub identity: Identity,
    /// How long it lives without a heartbeat.
    pub timeout: Millis,
    /// How long its seats are held after its time-out, at least: its client was promised a grace
    /// inside it, whatever the daemon is configured to later.
    pub hold: Millis,
    /// When it was opened.
    pub opened: Wall,
}

/// The part of a session that changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionMark {
    /// Which session.
    pub session: SessionId,
    /// Whether it lives.
    pub standing: Standing,
    /// The highest request whose grant has ended: a late copy of it, or of an earlier one, is refused.
    pub floor: RequestId,
}

impl SessionMark {
    /// The mark of a session that has just begun; it has no row.
    #[must_use]
    pub fn new(session: SessionId) -> Self {
        Self { session, standing: Standing::Live, floor: RequestId(0) }
    }
}

/// Whether a session lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Its heartbeats come.
    Live,
    /// Its time-out has passed. Its seats are kept for the hold, so that a client that still believes
    /// in them never sees them given to another, and can come back to them.
    Held,
}

/// A grant: so many seats of a pool, to a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantRow {
    /// The number of the record that made it.
    pub id: GrantId,
    /// From which pool.
    pub pool: PoolId,
    /// How many seats.
    pub seats: SeatCount,
    /// To which session.
    pub session: SessionId,
    /// By which of its requests.
    pub request: RequestId,
    /// The version that was asked for.
    pub version: Version,
    /// How it is held.
    pub state: GrantState,
    /// Since when.
    pub since: Wall,
}

/// How a grant is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantState {
    /// By a session that keeps it with heartbeats.
    Floating,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// See [`PoolRow`].
    Pool(PoolRow),
    /// See [`SessionRow`].
    Session(SessionRow),
    /// See [`SessionMark`].
    Mark(SessionMark),
    /// See [`GrantRow`].
    Grant(GrantRow),
}

/// What a row is found by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RowKey {
    /// A pool.
    Pool(PoolId),
    /// A session.
    Session(SessionId),
    /// A session's mark.
    Mark(SessionId),
    /// A grant.
    Grant(GrantId),
}

impl Row {
    /// What it is found by.
    #[must_use]
    pub fn key(&self) -> RowKey {
        match self {
            Self::Pool(row) => RowKey::Pool(row.id.clone()),
            Self::Session(row) => RowKey::Session(row.id),
            Self::Mark(row) => RowKey::Mark(row.session),
            Self::Grant(row) => RowKey::Grant(row.id),
        }
    }
}

/// One change of the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// This row is now as given, whatever it was.
    Put(Row),
    /// This row is gone.
    Delete(RowKey),
}

impl std::fmt::Display for RowKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Pool(id) => write!(f, "pool {id}"),
            Self::Session(id) => write!(f, "session {id}"),
            Self::Mark(id) => write!(f, "mark of session {id}"),
            Self::Grant(id) => write!(f, "grant {id}"),
        }
    }
}

impl GrantRow {
    /// The number of the record that made it.
    #[must_use]
    pub fn made_by(&self) -> Seq {
        Seq(self.id.0)
    }
}

impl PoolRow {
    /// Whose license it is.
    #[must_use]
    pub fn vendor(&self) -> &Vendor {
        self.id.vendor()
    }
}
