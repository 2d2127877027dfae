//! The byte form of rows and events: what the journal, the seat state and the fingerprint are made of.
//!
//! Numbers are little-endian base-128 (7 bits a byte, the high bit says that more follow); texts and
//! byte strings have their length before them; signed numbers are zigzag. Each value begins with the
//! number of its kind. Numbers of kinds and fields are never given a second meaning: a change of the
//! form is a new [`FORMAT`].

mod known;
mod reader;

use core::net::IpAddr;

use names::{ConfigId, Email, Expiry, GrantId, PoolId, QuotaId, SessionId, WaiterId};

pub use self::known::Decoder;
use self::reader::Reader;
use crate::command::{Checkout, More};
use crate::identity::Identity;
use crate::record::{DequeueReason, EndReason, Event, ReturnReason};
use crate::row::{
    AssignmentRow, ClockRow, GrantRow, GrantState, Keeping, LoginRow, PoolRow, PoolStanding, QuotaKind,
    QuotaRow, Row, RowKey, SessionMark, SessionRow, Sharing, Standing, WaiterRow,
};

/// The number of this form; whoever keeps bytes keeps it beside them.
pub const FORMAT: u16 = 2;

/// Why bytes are not a row or an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodecError {
    /// Where in the bytes.
    pub at: usize,
    /// What is wrong.
    pub why: String,
}

impl std::fmt::Display for CodecError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at byte {}", self.why, self.at)
    }
}

impl std::error::Error for CodecError {}

fn put_number(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push((n as u8) | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

fn put_signed(out: &mut Vec<u8>, n: i64) {
    put_number(out, ((n << 1) ^ (n >> 63)).cast_unsigned());
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put_number(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

fn put_pool(out: &mut Vec<u8>, id: &PoolId) {
    put_text(out, id.vendor().as_str());
    put_config(out, id.config());
    put_text(out, id.cpu().as_str());
    put_text(out, id.feature().as_str());
    put_text(out, id.pooling());
}

fn put_flag(out: &mut Vec<u8>, flag: bool) {
    out.push(u8::from(flag));
}

fn put_option<T>(out: &mut Vec<u8>, value: Option<T>, put: impl FnOnce(&mut Vec<u8>, T)) {
    put_flag(out, value.is_some());
    if let Some(value) = value {
        put(out, value);
    }
}

fn put_identity(out: &mut Vec<u8>, who: &Identity) {
    for word in [&who.user, &who.host, &who.display, &who.application, &who.project, &who.platform] {
        put_text(out, word.as_str());
    }
    put_number(out, u64::from(who.pid));
    put_text(out, who.cpu.as_str());
    put_flag(out, who.machine.is_virtual);
    put_flag(out, who.machine.is_remote);
    put_signed(out, i64::from(who.machine.utc_offset));
    match who.address {
        None => out.push(0),
        Some(IpAddr::V4(v4)) => {
            out.push(4);
            out.extend_from_slice(&v4.octets());
        }
        Some(IpAddr::V6(v6)) => {
            out.push(6);
            out.extend_from_slice(&v6.octets());
        }
    }
    put_option(out, who.email.as_ref(), |out, email| put_text(out, email.as_str()));
}

fn put_mark(out: &mut Vec<u8>, mark: SessionMark) {
    put_number(out, mark.session.0);
    out.push(match mark.standing {
        Standing::Live => 0,
        Standing::Held => 1,
    });
    put_number(out, mark.floor.0);
    put_option(out, mark.idle, |out, since| put_signed(out, since.0));
}

fn put_expiry(out: &mut Vec<u8>, expiry: Expiry) {
    let day = match expiry {
        Expiry::Permanent => None,
        Expiry::On(date) => Some(date),
    };
    put_option(out, day, |out, date| put_signed(out, i64::from(date.days())));
}

fn put_pool_row(out: &mut Vec<u8>, row: &PoolRow) {
    put_pool(out, &row.id);
    put_number(out, u64::from(row.capacity));
    put_number(out, u64::from(row.overdraft));
    put_flag(out, row.uncounted);
    put_text(out, row.version.as_str());
    put_expiry(out, row.expiry);
    out.push(match row.standing {
        PoolStanding::Active => 0,
        PoolStanding::Expired => 1,
        PoolStanding::NotYet => 2,
        PoolStanding::Unlicensed => 3,
    });
    put_flag(out, row.dated);
    put_flag(out, row.locked);
    put_flag(out, row.named);
    match row.sharing {
        Sharing::None => out.push(0),
        Sharing::Pool => out.push(1),
        Sharing::Same(same) => {
            out.push(2);
            for flag in [same.user, same.host, same.display, same.data, same.person] {
                put_flag(out, flag);
            }
        }
    }
    put_number(out, u64::from(row.sharers));
    put_option(out, row.suite.as_ref(), put_pool);
    put_flag(out, row.is_suite);
    put_number(out, u64::from(row.minimum));
    put_number(out, row.linger.0);
    put_number(out, row.idle_timeout.0);
    put_option(out, row.borrow, |out, borrow| {
        put_number(out, u64::from(borrow.hours));
        put_number(out, u64::from(borrow.lowwater));
        put_flag(out, borrow.may_be_lost);
    });
    put_number(out, u64::from(row.order));
    put_option(out, row.vendor_string.as_deref(), put_text);
}

fn put_quota_row(out: &mut Vec<u8>, row: &QuotaRow) {
    put_number(out, row.id.0);
    put_text(out, &row.key);
    match &row.kind {
        QuotaKind::Max => out.push(0),
        QuotaKind::Reserve(pool) => {
            out.push(1);
            put_pool(out, pool);
        }
    }
    put_number(out, u64::from(row.seats));
    put_text(out, &row.who);
    put_text(out, &row.rule);
    put_number(out, u64::from(row.order));
}

fn put_session_row(out: &mut Vec<u8>, row: &SessionRow) {
    put_number(out, row.id.0);
    out.extend_from_slice(&row.token_hash);
    put_identity(out, &row.identity);
    put_number(out, row.timeout.0);
    put_number(out, row.hold.0);
    put_signed(out, row.opened.0);
}

fn put_grant_row(out: &mut Vec<u8>, row: &GrantRow) {
    put_number(out, row.id.0);
    put_pool(out, &row.pool);
    put_option(out, row.suite.as_ref(), put_pool);
    put_number(out, u64::from(row.seats.get()));
    put_number(out, row.session.0);
    put_number(out, row.request.0);
    put_text(out, row.version.as_str());
    put_grant_state(out, &row.state);
    put_signed(out, row.since.0);
    put_option(out, row.data.as_ref(), |out, data| put_text(out, data.as_str()));
    let charges = &row.charges;
    put_number(out, charges.len() as u64);
    for charge in charges {
        put_number(out, charge.quota.0);
        put_number(out, u64::from(charge.seats));
        put_flag(out, charge.of_suite);
    }
}

fn put_grant_state(out: &mut Vec<u8>, state: &GrantState) {
    let kept = match state {
        GrantState::Floating => return out.push(0),
        GrantState::Revoked(code, until) => {
            out.push(1);
            put_signed(out, i64::from(code.number()));
            return put_signed(out, until.0);
        }
        GrantState::Kept(kept) => kept,
    };
    match &kept.how {
        Keeping::Lingering => out.push(2),
        Keeping::Borrowed(proof) => {
            out.push(3);
            out.extend_from_slice(proof);
        }
        Keeping::Booked(job) => {
            out.push(4);
            put_text(out, job.as_str());
        }
    }
    put_identity(out, &kept.who);
    put_signed(out, kept.from.0);
    put_signed(out, kept.until.0);
}

fn put_config(out: &mut Vec<u8>, config: &ConfigId) {
    match config {
        ConfigId::Number(n) => {
            out.push(0);
            put_number(out, *n);
        }
        ConfigId::OfPack(pack) => {
            out.push(1);
            put_text(out, pack.as_str());
        }
    }
}

fn put_checkout(out: &mut Vec<u8>, ask: &Checkout) {
    put_number(out, ask.session.0);
    put_number(out, ask.request.0);
    put_text(out, ask.feature.as_str());
    put_text(out, ask.version.as_str());
    put_number(out, u64::from(ask.seats.get()));
    put_option(out, ask.vendor.as_ref(), |out, vendor| put_text(out, vendor.as_str()));
    put_option(out, ask.config.as_ref(), put_config);
    put_option(out, ask.more.as_deref(), put_more);
}

fn put_more(out: &mut Vec<u8>, more: &More) {
    put_option(out, more.data.as_ref(), |out, data| put_text(out, data.as_str()));
    put_option(out, more.queue, |out, priority| out.push(priority));
    put_option(out, more.borrow, |out, borrow| {
        put_signed(out, borrow.until.0);
        out.extend_from_slice(&borrow.proof);
    });
    put_option(out, more.job.as_ref(), |out, job| put_text(out, job.as_str()));
}

fn put_waiter_row(out: &mut Vec<u8>, row: &WaiterRow) {
    put_number(out, row.id.0);
    put_checkout(out, &row.ask);
    out.push(row.priority);
    put_signed(out, row.since.0);
}

fn put_assignment_row(out: &mut Vec<u8>, row: &AssignmentRow) {
    put_pool(out, &row.pool);
    put_text(out, row.email.as_str());
    put_signed(out, i64::from(row.from.days()));
    put_expiry(out, row.until);
}

fn put_login_row(out: &mut Vec<u8>, row: &LoginRow) {
    put_text(out, row.email.as_str());
    out.extend_from_slice(&row.token_hash);
}

/// The place of a choice among all of its kind, which is what is written.
fn choice<T: PartialEq>(of: &[T], value: &T) -> u8 {
    of.iter().position(|other| other == value).unwrap_or_default() as u8
}

/// Every reason in the order of their numbers.
const END_REASONS: [EndReason; 3] = [EndReason::Closed, EndReason::TimedOut, EndReason::Replaced];

/// See [`END_REASONS`].
const RETURN_REASONS: [ReturnReason; 11] = [
    ReturnReason::Checkin,
    ReturnReason::Closed,
    ReturnReason::TimedOut,
    ReturnReason::Replaced,
    ReturnReason::Lingered,
    ReturnReason::Revoked,
    ReturnReason::Early,
    ReturnReason::BorrowEnded,
    ReturnReason::Lost,
    ReturnReason::BookingUsed,
    ReturnReason::BookingEnded,
];

/// See [`END_REASONS`].
const DEQUEUE_REASONS: [DequeueReason; 4] =
    [DequeueReason::Granted, DequeueReason::Withdrawn, DequeueReason::Ended, DequeueReason::Hopeless];

/// A key of a kind and a number, which sorts by the number.
fn put_numbered(out: &mut Vec<u8>, kind: u8, number: u64) {
    out.push(kind);
    out.extend_from_slice(&number.to_be_bytes());
}

impl RowKey {
    /// Appends the key's bytes. Keys of one kind share their first byte, and grants sort by number.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Grant(GrantId(n)) => put_numbered(out, b'G', *n),
            Self::Mark(SessionId(n)) => put_numbered(out, b'K', *n),
            Self::Quota(QuotaId(n)) => put_numbered(out, b'Q', *n),
            Self::Session(SessionId(n)) => put_numbered(out, b'S', *n),
            Self::Waiter(WaiterId(n)) => put_numbered(out, b'W', *n),
            Self::Pool(id) => {
                out.push(b'P');
                put_pool(out, id);
            }
            Self::Assignment(pool, email) => {
                out.push(b'A');
                put_assignment_key(out, pool, email);
            }
            Self::Login(email) => {
                out.push(b'L');
                put_text(out, email.as_str());
            }
            Self::Clock => out.push(b'C'),
        }
    }
}

fn put_assignment_key(out: &mut Vec<u8>, pool: &PoolId, email: &Email) {
    put_pool(out, pool);
    put_text(out, email.as_str());
}

impl Row {
    /// Appends the row's bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Pool(row) => {
                out.push(b'P');
                put_pool_row(out, row);
            }
            Self::Quota(row) => {
                out.push(b'Q');
                put_quota_row(out, row);
            }
            Self::Session(row) => {
                out.push(b'S');
                put_session_row(out, row);
            }
            Self::Mark(mark) => {
                out.push(b'K');
                put_mark(out, *mark);
            }
            Self::Grant(row) => {
                out.push(b'G');
                put_grant_row(out, row);
            }
            Self::Waiter(row) => {
                out.push(b'W');
                put_waiter_row(out, row);
            }
            Self::Assignment(row) => {
                out.push(b'A');
                put_assignment_row(out, row);
            }
            Self::Login(row) => {
                out.push(b'L');
                put_login_row(out, row);
            }
            Self::Clock(row) => {
                out.push(b'C');
                put_signed(out, row.latest.0);
            }
        }
    }

    /// Reads a row; all of `bytes` must be it.
    ///
    /// # Errors
    /// When they are not, with the place.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        Self::read(Reader::new(bytes))
    }

    fn read(mut r: Reader<'_>) -> Result<Self, CodecError> {
        let row = match r.byte()? {
            b'P' => Self::Pool(r.pool_row()?),
            b'Q' => Self::Quota(r.quota_row()?),
            b'S' => Self::Session(r.session_row()?),
            b'K' => Self::Mark(r.mark()?),
            b'G' => Self::Grant(r.grant_row()?),
            b'W' => Self::Waiter(r.waiter_row()?),
            b'A' => Self::Assignment(r.assignment_row()?),
            b'L' => Self::Login(r.login_row()?),
            b'C' => Self::Clock(r.clock_row()?),
            other => return Err(r.bad(format!("there is no row of kind {other}"))),
        };
        r.end()?;
        Ok(row)
    }
}

impl Event {
    /// Appends the event's bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Started => out.push(1),
            Self::Stopped => out.push(2),
            Self::PoolSet(row) => {
                out.push(3);
                put_pool_row(out, row);
            }
            Self::PoolDropped(id) => {
                out.push(4);
                put_pool(out, id);
            }
            Self::SessionOpened(row) => {
                out.push(5);
                put_session_row(out, row);
            }
            Self::SessionMarked(mark) => {
                out.push(6);
                put_mark(out, *mark);
            }
            Self::SessionEnded { session, why } => {
                out.push(7);
                put_number(out, session.0);
                out.push(choice(&END_REASONS, why));
            }
            Self::Granted(row) => {
                out.push(8);
                put_grant_row(out, row);
            }
            Self::Returned { grant, mark, why } => {
                out.push(9);
                put_number(out, grant.0);
                put_option(out, *mark, put_mark);
                out.push(choice(&RETURN_REASONS, why));
            }
            Self::Denied(d) => {
                out.push(10);
                put_identity(out, &d.identity);
                put_number(out, d.session.0);
                put_number(out, d.request.0);
                put_text(out, d.feature.as_str());
                put_text(out, d.version.as_str());
                put_number(out, u64::from(d.seats.get()));
                put_signed(out, i64::from(d.code.number()));
            }
            Self::Changed(row) => {
                out.push(11);
                put_grant_row(out, row);
            }
            other => other.encode_rare(out),
        }
    }

    /// Appends the bytes of events that are no part of a checkout or checkin.
    fn encode_rare(&self, out: &mut Vec<u8>) {
        match self {
            Self::QuotaSet(row) => {
                out.push(12);
                put_quota_row(out, row);
            }
            Self::QuotaDropped(id) => {
                out.push(13);
                put_number(out, id.0);
            }
            Self::Queued(row) => {
                out.push(14);
                put_waiter_row(out, row);
            }
            Self::Dequeued { waiter, mark, why } => {
                out.push(15);
                put_number(out, waiter.0);
                put_option(out, *mark, put_mark);
                out.push(choice(&DEQUEUE_REASONS, why));
            }
            Self::Assigned(row) => {
                out.push(16);
                put_assignment_row(out, row);
            }
            Self::Unassigned { pool, email } => {
                out.push(17);
                put_assignment_key(out, pool, email);
            }
            Self::LoginSet(row) => {
                out.push(18);
                put_login_row(out, row);
            }
            Self::LoginDropped(email) => {
                out.push(19);
                put_text(out, email.as_str());
            }
            Self::ClockNoted(ClockRow { latest }) => {
                out.push(20);
                put_signed(out, latest.0);
            }
            Self::ClockReset { row, was, by } => {
                out.push(21);
                put_signed(out, row.latest.0);
                put_signed(out, was.0);
                put_number(out, u64::from(*by));
            }
            _ => {}
        }
    }

    /// Reads an event; all of `bytes` must be it.
    ///
    /// # Errors
    /// When they are not, with the place.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        Self::read(Reader::new(bytes))
    }

    fn read(mut r: Reader<'_>) -> Result<Self, CodecError> {
        let event = match r.byte()? {
            1 => Self::Started,
            2 => Self::Stopped,
            3 => Self::PoolSet(Box::new(r.pool_row()?)),
            4 => Self::PoolDropped(r.pool()?),
            5 => Self::SessionOpened(Box::new(r.session_row()?)),
            6 => Self::SessionMarked(r.mark()?),
            7 => Self::SessionEnded { session: SessionId(r.number()?), why: r.choice(&END_REASONS)? },
            8 => Self::Granted(r.grant_row()?),
            9 => Self::Returned {
                grant: GrantId(r.number()?),
                mark: r.option(Reader::mark)?,
                why: r.choice(&RETURN_REASONS)?,
            },
            10 => Self::Denied(Box::new(r.denied()?)),
            11 => Self::Changed(r.grant_row()?.into()),
            12 => Self::QuotaSet(Box::new(r.quota_row()?)),
            13 => Self::QuotaDropped(QuotaId(r.number()?)),
            14 => Self::Queued(Box::new(r.waiter_row()?)),
            15 => Self::Dequeued {
                waiter: WaiterId(r.number()?),
                mark: r.option(Reader::mark)?,
                why: r.choice(&DEQUEUE_REASONS)?,
            },
            16 => Self::Assigned(Box::new(r.assignment_row()?)),
            17 => Self::Unassigned { pool: r.pool()?, email: r.email()? },
            18 => Self::LoginSet(Box::new(r.login_row()?)),
            19 => Self::LoginDropped(r.email()?),
            20 => Self::ClockNoted(r.clock_row()?),
            21 => Self::ClockReset { row: r.clock_row()?, was: r.wall()?, by: r.small()? },
            other => return Err(r.bad(format!("there is no event of kind {other}"))),
        };
        r.end()?;
        Ok(event)
    }
}
