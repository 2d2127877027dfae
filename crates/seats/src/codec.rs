//! The byte form of rows and events: what the journal, the seat state and the fingerprint are made of.
//!
//! Numbers are little-endian base-128 (7 bits a byte, the high bit says that more follow); texts and
//! byte strings have their length before them; signed numbers are zigzag. Each value begins with the
//! number of its kind. Numbers of kinds and fields are never given a second meaning: a change of the
//! form is a new [`FORMAT`].

mod known;
mod reader;
mod writer;

use names::{GrantId, QuotaId, SessionId, WaiterId};

pub use self::known::Decoder;
use self::reader::Reader;
use self::writer::{
    put_assignment_key, put_assignment_row, put_desk_row, put_grant_row, put_identity, put_login_row,
    put_mark, put_number, put_numbered, put_option, put_pool, put_pool_row, put_quota_row, put_session_row,
    put_signed, put_text, put_waiter_row,
};
use crate::record::{Deed, DequeueReason, EndReason, Event, ReturnReason};
use crate::row::{ClockRow, Row, RowKey};

/// The number of this form; whoever keeps bytes keeps it beside them.
pub const FORMAT: u16 = 3;

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

/// See [`END_REASONS`].
const DEEDS: [Deed; 11] = [
    Deed::Reread,
    Deed::RereadAndDrop,
    Deed::Remove,
    Deed::TakeBack,
    Deed::Assign,
    Deed::Unassign,
    Deed::SetLogin,
    Deed::DropLogin,
    Deed::Stop,
    Deed::SwitchLog,
    Deed::SwitchReport,
];

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
            Self::Desk(key) => {
                out.push(b'D');
                out.extend_from_slice(key.as_bytes());
            }
        }
    }
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
            Self::Desk(row) => {
                out.push(b'D');
                put_desk_row(out, row);
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
            b'D' => Self::Desk(r.desk_row()?),
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
            Self::Administered(note) => {
                out.push(22);
                put_option(out, note.by, |out, by| put_number(out, u64::from(by)));
                out.push(choice(&DEEDS, &note.deed));
                put_text(out, &note.about);
            }
            Self::DeskDid(note) => {
                out.push(23);
                put_text(out, &note.by);
                put_text(out, &note.deed);
                put_text(out, &note.about);
            }
            Self::DeskPut(row) => {
                out.push(24);
                put_desk_row(out, row);
            }
            Self::DeskDropped(key) => {
                out.push(25);
                put_text(out, key);
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
            22 => Self::Administered(Box::new(r.note()?)),
            23 => Self::DeskDid(Box::new(r.desk_note()?)),
            24 => Self::DeskPut(r.desk_row()?),
            25 => Self::DeskDropped(r.desk_key()?),
            other => return Err(r.bad(format!("there is no event of kind {other}"))),
        };
        r.end()?;
        Ok(event)
    }
}
