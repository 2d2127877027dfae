//! Rows: what is true now. Each is put or deleted whole.

use std::sync::Arc;

use names::{
    Code, Date, Email, Expiry, GrantId, Millis, PoolId, QuotaId, RequestId, SeatCount, Seq, SessionId,
    Vendor, Version, WaiterId, Wall, Word, limits,
};

use crate::charges::Charges;
use crate::command::Checkout;
use crate::identity::Identity;

/// A capacity and what is needed to ask it for seats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolRow {
    /// Which pool.
    pub id: PoolId,
    /// Seats that may be in use at once, in force now.
    pub capacity: u32,
    /// Seats above the capacity that may be in use too, and are reported (`OVERDRAFT`).
    pub overdraft: u32,
    /// Seats are not counted.
    pub uncounted: bool,
    /// The highest version that may be asked for.
    pub version: Version,
    /// Until when the last of its lines may be used.
    pub expiry: Expiry,
    /// Whether its lines are in force.
    pub standing: PoolStanding,
    /// One of its lines begins or ends on a date: while the clock is set back it gives no seats.
    pub dated: bool,
    /// Only for the workstation of its id.
    pub locked: bool,
    /// Only for people it is assigned to.
    pub named: bool,
    /// Which grants share a seat.
    pub sharing: Sharing,
    /// At most so many grants share one; 0: any number.
    pub sharers: u32,
    /// The suite whose seat goes with each seat of this pool.
    pub suite: Option<PoolId>,
    /// It is a suite: it is not checked out by itself.
    pub is_suite: bool,
    /// A checkout takes at least so many seats (`MINIMUM`).
    pub minimum: u32,
    /// A seat stays taken so long after its return (`LINGER`).
    pub linger: Millis,
    /// A seat of an idle session goes back after so long (`TIMEOUT`); 0: never.
    pub idle_timeout: Millis,
    /// Seats may be taken offline.
    pub borrow: Option<BorrowTerms>,
    /// Where it stands among the pools of its feature: lower first.
    pub order: u32,
    /// The vendor's text, shown by lmstat.
    pub vendor_string: Option<Box<str>>,
}

/// How seats of a pool may be borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BorrowTerms {
    /// At most so many hours (`BORROW=`, `MAX_BORROW_HOURS`).
    pub hours: u32,
    /// So many seats cannot be borrowed (`BORROW_LOWWATER`).
    pub lowwater: u32,
    /// An administrator may free a lost laptop's seat before its date.
    pub may_be_lost: bool,
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

/// Which grants of a pool share a seat. Those that do are charged for the largest of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// None: every grant is charged.
    None,
    /// All of the pool (`DUP_GROUP=SITE`). The pool of a locked license is one workstation's, whose
    /// processes share its seat.
    Pool,
    /// Those that are the same in all of these.
    Same(Same),
}

/// In what grants must be the same to share a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Same {
    /// `U`: the user.
    pub user: bool,
    /// `H`: the workstation's name.
    pub host: bool,
    /// `D`: the display.
    pub display: bool,
    /// `V`: the data of the checkout.
    pub data: bool,
    /// The proven person, of a named seat.
    pub person: bool,
}

/// A counted rule of an options file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotaRow {
    /// Which.
    pub id: QuotaId,
    /// The same after every reread that leaves the rule as it is.
    pub key: Arc<str>,
    /// What it counts.
    pub kind: QuotaKind,
    /// How many seats.
    pub seats: u32,
    /// For whom, as the options file says: `GROUP cad`.
    pub who: Arc<str>,
    /// Where it stands: `acmed.opt:5`.
    pub rule: Arc<str>,
    /// Its place among the rules: reservations are filled in this order.
    pub order: u32,
}

/// What a counted rule is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuotaKind {
    /// `RESERVE`: so many seats of a pool are for these only.
    Reserve(PoolId),
    /// `MAX`: these may use so many seats at most, of all pools that the rule names together.
    Max,
}

/// A client's session; written down with its first grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Its public name.
    pub id: SessionId,
    /// SHA-256 of its token; the token itself is only the client's.
    pub token_hash: [u8; 32],
    /// Who.
    pub identity: Arc<Identity>,
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
    /// The highest request whose grant or wait has ended: a late copy of it, or of an earlier one, is
    /// refused.
    pub floor: RequestId,
    /// Since when nobody works with its application, if it says so.
    pub idle: Option<Wall>,
}

impl SessionMark {
    /// The mark of a session that has just begun; it has no row.
    #[must_use]
    pub fn new(session: SessionId) -> Self {
        Self { session, standing: Standing::Live, floor: RequestId(0), idle: None }
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

/// A grant: so many seats of a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantRow {
    /// The number of the record that made it.
    pub id: GrantId,
    /// From which pool.
    pub pool: PoolId,
    /// The suite of which it takes as many seats too.
    pub suite: Option<PoolId>,
    /// How many seats.
    pub seats: SeatCount,
    /// To which session; of a grant that outlived it, which it was.
    pub session: SessionId,
    /// By which of its requests.
    pub request: RequestId,
    /// The version that was asked for.
    pub version: Version,
    /// How it is held.
    pub state: GrantState,
    /// Since when.
    pub since: Wall,
    /// The data of the checkout, which `DUP_GROUP=V` compares and lmstat shows.
    pub data: Option<Word>,
    /// The counted rules it is charged to.
    pub charges: Charges,
}

/// How a grant is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GrantState {
    /// By a session that keeps it with heartbeats.
    Floating,
    /// The same, and its session was told to give it back: it is free when the session does, or at
    /// this time.
    Revoked(Code, Wall),
    /// Without a session.
    Kept(Arc<Kept>),
}

/// A grant that needs no session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// How.
    pub how: Keeping,
    /// By whom.
    pub who: Arc<Identity>,
    /// Since when it is kept so.
    pub from: Wall,
    /// Until when.
    pub until: Wall,
}

/// How a grant is kept without a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keeping {
    /// Returned, and still taken (`LINGER`).
    Lingering,
    /// Offline; who shows what hashes to this may return it.
    Borrowed([u8; 32]),
    /// For a job that has not begun.
    Booked(Word),
}

/// A place in the line of a feature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaiterRow {
    /// The number of the record that gave it.
    pub id: WaiterId,
    /// What is waited for.
    pub ask: Checkout,
    /// Higher goes first.
    pub priority: u8,
    /// Since when.
    pub since: Wall,
}

/// A named seat that is somebody's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssignmentRow {
    /// Of which pool.
    pub pool: PoolId,
    /// Whose.
    pub email: Email,
    /// From this day.
    pub from: Date,
    /// Through this day.
    pub until: Expiry,
}

/// How somebody proves who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginRow {
    /// Who.
    pub email: Email,
    /// SHA-256 of their token.
    pub token_hash: [u8; 32],
}

/// A row of the license desk. What it says is the desk's matter; here it is a key and bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct DeskRow {
    /// What it is found by: 1 to [`limits::DESK_KEY_BYTES_MAX`] bytes of printable ASCII without blanks.
    pub key: Arc<str>,
    /// What it is: 1 to [`limits::DESK_VALUE_BYTES_MAX`] bytes.
    pub value: Arc<[u8]>,
}

impl DeskRow {
    /// Checks a key.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check_key(key: &str) -> Result<(), &'static str> {
        if key.is_empty() || key.len() > limits::DESK_KEY_BYTES_MAX {
            return Err("the key of a desk's row has 1 to 200 bytes");
        }
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("the key of a desk's row is printable ASCII without blanks");
        }
        Ok(())
    }

    /// Checks a value.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check_value(value: &[u8]) -> Result<(), &'static str> {
        let fits = !value.is_empty() && value.len() <= limits::DESK_VALUE_BYTES_MAX;
        if fits { Ok(()) } else { Err("the value of a desk's row has 1 byte to 60 KiB") }
    }
}

/// A value may hold secrets, so no message shows it.
impl std::fmt::Debug for DeskRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DeskRow({:?}, {} bytes)", self.key, self.value.len())
    }
}

/// The latest time that the wall clock has shown, within an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockRow {
    /// That time.
    pub latest: Wall,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// See [`PoolRow`].
    Pool(PoolRow),
    /// See [`QuotaRow`].
    Quota(QuotaRow),
    /// See [`SessionRow`].
    Session(SessionRow),
    /// See [`SessionMark`].
    Mark(SessionMark),
    /// See [`GrantRow`].
    Grant(GrantRow),
    /// See [`WaiterRow`].
    Waiter(WaiterRow),
    /// See [`AssignmentRow`].
    Assignment(AssignmentRow),
    /// See [`LoginRow`].
    Login(LoginRow),
    /// See [`ClockRow`].
    Clock(ClockRow),
    /// See [`DeskRow`].
    Desk(DeskRow),
}

/// What a row is found by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RowKey {
    /// A pool.
    Pool(PoolId),
    /// A counted rule.
    Quota(QuotaId),
    /// A session.
    Session(SessionId),
    /// A session's mark.
    Mark(SessionId),
    /// A grant.
    Grant(GrantId),
    /// A place in a line.
    Waiter(WaiterId),
    /// A named seat.
    Assignment(PoolId, Email),
    /// A login.
    Login(Email),
    /// What the clock has shown: there is one.
    Clock,
    /// A row of the license desk.
    Desk(Box<str>),
}

impl Row {
    /// What it is found by.
    #[must_use]
    pub fn key(&self) -> RowKey {
        match self {
            Self::Pool(row) => RowKey::Pool(row.id.clone()),
            Self::Quota(row) => RowKey::Quota(row.id),
            Self::Session(row) => RowKey::Session(row.id),
            Self::Mark(row) => RowKey::Mark(row.session),
            Self::Grant(row) => RowKey::Grant(row.id),
            Self::Waiter(row) => RowKey::Waiter(row.id),
            Self::Assignment(row) => RowKey::Assignment(row.pool.clone(), row.email.clone()),
            Self::Login(row) => RowKey::Login(row.email.clone()),
            Self::Clock(_) => RowKey::Clock,
            Self::Desk(row) => RowKey::Desk((&*row.key).into()),
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
            Self::Quota(id) => write!(f, "quota {id}"),
            Self::Session(id) => write!(f, "session {id}"),
            Self::Mark(id) => write!(f, "mark of session {id}"),
            Self::Grant(id) => write!(f, "grant {id}"),
            Self::Waiter(id) => write!(f, "waiter {id}"),
            Self::Assignment(pool, email) => write!(f, "assignment of {pool} to {email}"),
            Self::Login(email) => write!(f, "login of {email}"),
            Self::Clock => f.write_str("clock"),
            Self::Desk(key) => write!(f, "desk {key}"),
        }
    }
}

impl GrantRow {
    /// The number of the record that made it.
    #[must_use]
    pub fn made_by(&self) -> Seq {
        Seq(self.id.0)
    }

    /// How it is kept, if it needs no session.
    #[must_use]
    pub fn kept(&self) -> Option<&Kept> {
        match &self.state {
            GrantState::Kept(kept) => Some(kept),
            GrantState::Floating | GrantState::Revoked(..) => None,
        }
    }

    /// When it is free at the latest, if that is known.
    #[must_use]
    pub fn until(&self) -> Option<Wall> {
        self.state.until()
    }
}

impl GrantState {
    /// When the seats are free at the latest, if that is known.
    pub(crate) fn until(&self) -> Option<Wall> {
        match self {
            Self::Floating => None,
            Self::Revoked(_, until) => Some(*until),
            Self::Kept(kept) => Some(kept.until),
        }
    }
}

impl PoolRow {
    /// A pool of plain floating seats: every other attribute is as a line without it has it.
    #[must_use]
    pub fn floating(id: PoolId, capacity: u32, version: Version) -> Self {
        Self {
            id,
            capacity,
            overdraft: 0,
            uncounted: false,
            version,
            expiry: Expiry::Permanent,
            standing: PoolStanding::Active,
            dated: false,
            locked: false,
            named: false,
            sharing: Sharing::None,
            sharers: 0,
            suite: None,
            is_suite: false,
            minimum: 1,
            linger: Millis(0),
            idle_timeout: Millis(0),
            borrow: None,
            order: 0,
            vendor_string: None,
        }
    }

    /// Whose license it is.
    #[must_use]
    pub fn vendor(&self) -> &Vendor {
        self.id.vendor()
    }

    /// Seats that may be in use at once, the overdraft included.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.capacity.saturating_add(self.overdraft)
    }
}
