//! The byte form of rows and events: what the journal, the seat state and the fingerprint are made of.
//!
//! Numbers are little-endian base-128 (7 bits a byte, the high bit says that more follow); texts and
//! byte strings have their length before them; signed numbers are zigzag. Each value begins with the
//! number of its kind. Numbers of kinds and fields are never given a second meaning: a change of the
//! form is a new [`FORMAT`].

use names::{
    ConfigId, CpuId, Date, Expiry, Feature, GrantId, Millis, PoolId, RequestId, SeatCount, SessionId, Vendor,
    Version, Wall, Word,
};

use crate::record::{Denied, EndReason, Event, ReturnReason};
use crate::row::{
    GrantRow, GrantState, Identity, PoolRow, PoolStanding, Row, RowKey, SessionMark, SessionRow, Sharing,
    Standing,
};

/// The number of this form; whoever keeps bytes keeps it beside them.
pub const FORMAT: u16 = 1;

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
    match id.config() {
        ConfigId::Number(n) => {
            out.push(0);
            put_number(out, *n);
        }
        ConfigId::OfPack(pack) => {
            out.push(1);
            put_text(out, pack.as_str());
        }
    }
    put_text(out, id.cpu().as_str());
    put_text(out, id.feature().as_str());
    put_text(out, id.pooling());
}

fn put_identity(out: &mut Vec<u8>, who: &Identity) {
    for word in [&who.user, &who.host, &who.display, &who.application] {
        put_text(out, word.as_str());
    }
    put_number(out, u64::from(who.pid));
    put_text(out, who.cpu.as_str());
}

fn put_mark(out: &mut Vec<u8>, mark: SessionMark) {
    put_number(out, mark.session.0);
    out.push(match mark.standing {
        Standing::Live => 0,
        Standing::Held => 1,
    });
    put_number(out, mark.floor.0);
}

fn put_pool_row(out: &mut Vec<u8>, row: &PoolRow) {
    put_pool(out, &row.id);
    put_number(out, u64::from(row.capacity));
    put_text(out, row.version.as_str());
    match row.expiry {
        Expiry::Permanent => out.push(0),
        Expiry::On(date) => {
            out.push(1);
            put_signed(out, i64::from(date.days()));
        }
    }
    out.push(match row.standing {
        PoolStanding::Active => 0,
        PoolStanding::Expired => 1,
        PoolStanding::NotYet => 2,
        PoolStanding::Unlicensed => 3,
    });
    out.push(match row.sharing {
        Sharing::None => 0,
        Sharing::Pool => 1,
    });
    put_number(out, u64::from(row.order));
    match &row.vendor_string {
        None => out.push(0),
        Some(text) => {
            out.push(1);
            put_text(out, text);
        }
    }
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
    put_number(out, u64::from(row.seats.get()));
    put_number(out, row.session.0);
    put_number(out, row.request.0);
    put_text(out, row.version.as_str());
    out.push(match row.state {
        GrantState::Floating => 0,
    });
    put_signed(out, row.since.0);
}

fn end_reason(why: EndReason) -> u8 {
    match why {
        EndReason::Closed => 0,
        EndReason::TimedOut => 1,
        EndReason::Replaced => 2,
    }
}

fn return_reason(why: ReturnReason) -> u8 {
    match why {
        ReturnReason::Checkin => 0,
        ReturnReason::Closed => 1,
        ReturnReason::TimedOut => 2,
        ReturnReason::Replaced => 3,
    }
}

impl RowKey {
    /// Appends the key's bytes. Keys of one kind share their first byte, and grants sort by number.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Grant(id) => {
                out.push(b'G');
                out.extend_from_slice(&id.0.to_be_bytes());
            }
            Self::Mark(id) => {
                out.push(b'K');
                out.extend_from_slice(&id.0.to_be_bytes());
            }
            Self::Pool(id) => {
                out.push(b'P');
                put_pool(out, id);
            }
            Self::Session(id) => {
                out.push(b'S');
                out.extend_from_slice(&id.0.to_be_bytes());
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
        }
    }

    /// Reads a row; all of `bytes` must be it.
    ///
    /// # Errors
    /// When they are not, with the place.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut r = Reader { bytes, at: 0 };
        let row = match r.byte()? {
            b'P' => Self::Pool(r.pool_row()?),
            b'S' => Self::Session(r.session_row()?),
            b'K' => Self::Mark(r.mark()?),
            b'G' => Self::Grant(r.grant_row()?),
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
                out.push(end_reason(*why));
            }
            Self::Granted(row) => {
                out.push(8);
                put_grant_row(out, row);
            }
            Self::Returned { grant, mark, why } => {
                out.push(9);
                put_number(out, grant.0);
                put_mark(out, *mark);
                out.push(return_reason(*why));
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
        }
    }

    /// Reads an event; all of `bytes` must be it.
    ///
    /// # Errors
    /// When they are not, with the place.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut r = Reader { bytes, at: 0 };
        let event = match r.byte()? {
            1 => Self::Started,
            2 => Self::Stopped,
            3 => Self::PoolSet(r.pool_row()?),
            4 => Self::PoolDropped(r.pool()?),
            5 => Self::SessionOpened(r.session_row()?),
            6 => Self::SessionMarked(r.mark()?),
            7 => Self::SessionEnded { session: SessionId(r.number()?), why: r.end_reason()? },
            8 => Self::Granted(r.grant_row()?),
            9 => Self::Returned { grant: GrantId(r.number()?), mark: r.mark()?, why: r.return_reason()? },
            10 => Self::Denied(Box::new(r.denied()?)),
            other => return Err(r.bad(format!("there is no event of kind {other}"))),
        };
        r.end()?;
        Ok(event)
    }
}

/// Reads what the functions above wrote, and trusts none of it.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn bad(&self, why: impl Into<String>) -> CodecError {
        CodecError { at: self.at, why: why.into() }
    }

    fn end(&self) -> Result<(), CodecError> {
        if self.at == self.bytes.len() { Ok(()) } else { Err(self.bad("bytes are left over")) }
    }

    fn byte(&mut self) -> Result<u8, CodecError> {
        let byte = *self.bytes.get(self.at).ok_or_else(|| self.bad("it ends too early"))?;
        self.at += 1;
        Ok(byte)
    }

    fn take(&mut self, n: usize) -> Result<&[u8], CodecError> {
        let end = self.at.checked_add(n).filter(|end| *end <= self.bytes.len());
        let end = end.ok_or_else(|| self.bad("it ends too early"))?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u64, CodecError> {
        let mut n = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            if shift == 63 && part > 1 {
                return Err(self.bad("a number is too large"));
            }
            n |= part << shift;
            if byte & 0x80 == 0 {
                return if byte == 0 && shift > 0 {
                    Err(self.bad("a number is written too long"))
                } else {
                    Ok(n)
                };
            }
        }
        Err(self.bad("a number is too large"))
    }

    fn signed(&mut self) -> Result<i64, CodecError> {
        let n = self.number()?;
        Ok((n >> 1).cast_signed() ^ -((n & 1).cast_signed()))
    }

    fn small(&mut self) -> Result<u32, CodecError> {
        let n = self.number()?;
        u32::try_from(n).map_err(|_| self.bad("a number is too large"))
    }

    fn text(&mut self) -> Result<String, CodecError> {
        let n = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        let bytes = self.take(n)?.to_vec();
        String::from_utf8(bytes).map_err(|_| self.bad("a text is not UTF-8"))
    }

    fn named<T>(&mut self, make: impl FnOnce(&str) -> Result<T, names::Invalid>) -> Result<T, CodecError> {
        let text = self.text()?;
        make(&text).map_err(|e| self.bad(e.to_string()))
    }

    fn word(&mut self) -> Result<Word, CodecError> {
        self.named(|t| Word::new("a word", t))
    }

    fn seats(&mut self) -> Result<SeatCount, CodecError> {
        let n = self.number()?;
        SeatCount::new(n).map_err(|e| self.bad(e.to_string()))
    }

    fn choice<T: Copy>(&mut self, of: &[T]) -> Result<T, CodecError> {
        let byte = self.byte()?;
        of.get(usize::from(byte)).copied().ok_or_else(|| self.bad(format!("there is no choice {byte}")))
    }

    fn pool(&mut self) -> Result<PoolId, CodecError> {
        let vendor = self.named(Vendor::new)?;
        let config = match self.byte()? {
            0 => ConfigId::Number(self.number()?),
            1 => ConfigId::OfPack(self.named(names::PackNumber::new)?),
            other => return Err(self.bad(format!("there is no configuration of kind {other}"))),
        };
        let cpu = self.named(CpuId::new)?;
        let feature = self.named(Feature::new)?;
        let pooling = self.text()?;
        PoolId::new(vendor, config, cpu, feature, &pooling).map_err(|e| self.bad(e.to_string()))
    }

    fn identity(&mut self) -> Result<Identity, CodecError> {
        Ok(Identity {
            user: self.word()?,
            host: self.word()?,
            display: self.word()?,
            application: self.word()?,
            pid: self.small()?,
            cpu: self.named(CpuId::new)?,
        })
    }

    fn mark(&mut self) -> Result<SessionMark, CodecError> {
        Ok(SessionMark {
            session: SessionId(self.number()?),
            standing: self.choice(&[Standing::Live, Standing::Held])?,
            floor: RequestId(self.number()?),
        })
    }

    fn pool_row(&mut self) -> Result<PoolRow, CodecError> {
        Ok(PoolRow {
            id: self.pool()?,
            capacity: self.small()?,
            version: self.named(Version::new)?,
            expiry: self.expiry()?,
            standing: self.choice(&[
                PoolStanding::Active,
                PoolStanding::Expired,
                PoolStanding::NotYet,
                PoolStanding::Unlicensed,
            ])?,
            sharing: self.choice(&[Sharing::None, Sharing::Pool])?,
            order: self.small()?,
            vendor_string: match self.byte()? {
                0 => None,
                _ => Some(self.text()?.into()),
            },
        })
    }

    fn expiry(&mut self) -> Result<Expiry, CodecError> {
        match self.byte()? {
            0 => Ok(Expiry::Permanent),
            _ => {
                let days = self.signed()?;
                let date = i32::try_from(days).ok().and_then(Date::from_days);
                date.map(Expiry::On).ok_or_else(|| self.bad("there is no such day"))
            }
        }
    }

    fn session_row(&mut self) -> Result<SessionRow, CodecError> {
        let id = SessionId(self.number()?);
        let mut token_hash = [0; 32];
        token_hash.copy_from_slice(self.take(32)?);
        Ok(SessionRow {
            id,
            token_hash,
            identity: self.identity()?,
            timeout: Millis(self.number()?),
            hold: Millis(self.number()?),
            opened: Wall(self.signed()?),
        })
    }

    fn grant_row(&mut self) -> Result<GrantRow, CodecError> {
        Ok(GrantRow {
            id: GrantId(self.number()?),
            pool: self.pool()?,
            seats: self.seats()?,
            session: SessionId(self.number()?),
            request: RequestId(self.number()?),
            version: self.named(Version::new)?,
            state: self.choice(&[GrantState::Floating])?,
            since: Wall(self.signed()?),
        })
    }

    fn denied(&mut self) -> Result<Denied, CodecError> {
        Ok(Denied {
            identity: self.identity()?,
            session: SessionId(self.number()?),
            request: RequestId(self.number()?),
            feature: self.named(Feature::new)?,
            version: self.named(Version::new)?,
            seats: self.seats()?,
            code: {
                let n = self.signed()?;
                let code = i32::try_from(n).ok().and_then(names::Code::from_number);
                code.ok_or_else(|| self.bad(format!("there is no code {n}")))?
            },
        })
    }

    fn end_reason(&mut self) -> Result<EndReason, CodecError> {
        self.choice(&[EndReason::Closed, EndReason::TimedOut, EndReason::Replaced])
    }

    fn return_reason(&mut self) -> Result<ReturnReason, CodecError> {
        self.choice(&[
            ReturnReason::Checkin,
            ReturnReason::Closed,
            ReturnReason::TimedOut,
            ReturnReason::Replaced,
        ])
    }
}
