//! Bytes to rows and events.

use core::net::IpAddr;
use std::sync::Arc;

use names::{
    Code, ConfigId, CpuId, Date, Email, Expiry, Feature, GrantId, Millis, PoolId, QuotaId, RequestId,
    SeatCount, SessionId, Vendor, Version, WaiterId, Wall, Word,
};

use super::known::Known;
use super::{CodecError, DEEDS};
use crate::charges::{Charge, Charges};
use crate::command::{Borrow, Checkout, More};
use crate::identity::{Identity, Machine};
use crate::record::{Denied, DeskNote, Note};
use crate::row::{
    AssignmentRow, BorrowTerms, ClockRow, DeskRow, GrantRow, GrantState, Keeping, Kept, LoginRow, PoolRow,
    PoolStanding, QuotaKind, QuotaRow, Same, SessionMark, SessionRow, Sharing, Standing, WaiterRow,
};

/// Reads what the functions above wrote, and trusts none of it.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    known: Option<&'a mut Known>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, known: None }
    }

    pub(super) fn knowing(bytes: &'a [u8], known: &'a mut Known) -> Self {
        Self { bytes, at: 0, known: Some(known) }
    }

    pub(super) fn bad(&self, why: impl Into<String>) -> CodecError {
        CodecError { at: self.at, why: why.into() }
    }

    pub(super) fn end(&self) -> Result<(), CodecError> {
        if self.at == self.bytes.len() { Ok(()) } else { Err(self.bad("bytes are left over")) }
    }

    pub(super) fn byte(&mut self) -> Result<u8, CodecError> {
        let byte = *self.bytes.get(self.at).ok_or_else(|| self.bad("it ends too early"))?;
        self.at += 1;
        Ok(byte)
    }

    pub(super) fn take(&mut self, n: usize) -> Result<&'a [u8], CodecError> {
        let end = self.at.checked_add(n).filter(|end| *end <= self.bytes.len());
        let end = end.ok_or_else(|| self.bad("it ends too early"))?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    pub(super) fn number(&mut self) -> Result<u64, CodecError> {
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

    pub(super) fn signed(&mut self) -> Result<i64, CodecError> {
        let n = self.number()?;
        Ok((n >> 1).cast_signed() ^ -((n & 1).cast_signed()))
    }

    pub(super) fn small(&mut self) -> Result<u32, CodecError> {
        let n = self.number()?;
        u32::try_from(n).map_err(|_| self.bad("a number is too large"))
    }

    pub(super) fn text(&mut self) -> Result<&'a str, CodecError> {
        let n = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        let bytes = self.take(n)?;
        core::str::from_utf8(bytes).map_err(|_| self.bad("a text is not UTF-8"))
    }

    pub(super) fn named<T>(
        &mut self,
        make: impl FnOnce(&str) -> Result<T, names::Invalid>,
    ) -> Result<T, CodecError> {
        let text = self.text()?;
        make(text).map_err(|e| self.bad(e.to_string()))
    }

    pub(super) fn word(&mut self) -> Result<Word, CodecError> {
        self.named(|t| Word::new("a word", t))
    }

    pub(super) fn seats(&mut self) -> Result<SeatCount, CodecError> {
        let n = self.number()?;
        SeatCount::new(n).map_err(|e| self.bad(e.to_string()))
    }

    pub(super) fn choice<T: Copy>(&mut self, of: &[T]) -> Result<T, CodecError> {
        let byte = self.byte()?;
        of.get(usize::from(byte)).copied().ok_or_else(|| self.bad(format!("there is no choice {byte}")))
    }

    pub(super) fn flag(&mut self) -> Result<bool, CodecError> {
        self.choice(&[false, true])
    }

    pub(super) fn option<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, CodecError>,
    ) -> Result<Option<T>, CodecError> {
        if self.flag()? { read(self).map(Some) } else { Ok(None) }
    }

    fn hash(&mut self) -> Result<[u8; 32], CodecError> {
        let mut hash = [0; 32];
        hash.copy_from_slice(self.take(32)?);
        Ok(hash)
    }

    fn shared_text(&mut self) -> Result<Arc<str>, CodecError> {
        self.text().map(Into::into)
    }

    pub(super) fn email(&mut self) -> Result<Email, CodecError> {
        self.named(Email::new)
    }

    fn config(&mut self) -> Result<ConfigId, CodecError> {
        match self.byte()? {
            0 => Ok(ConfigId::Number(self.number()?)),
            1 => Ok(ConfigId::OfPack(self.named(names::PackNumber::new)?)),
            other => Err(self.bad(format!("there is no configuration of kind {other}"))),
        }
    }

    pub(super) fn pool(&mut self) -> Result<PoolId, CodecError> {
        let begin = self.at;
        let rest = self.bytes.get(begin..).unwrap_or_default();
        if let Some((id, len)) = self.known.as_ref().and_then(|known| known.again(rest)) {
            self.at += len;
            return Ok(id);
        }
        let id = self.new_pool()?;
        let own = self.bytes.get(begin..self.at).unwrap_or_default();
        Ok(match &mut self.known {
            Some(known) => known.keep(own, id),
            None => id,
        })
    }

    fn new_pool(&mut self) -> Result<PoolId, CodecError> {
        let vendor = self.named(Vendor::new)?;
        let config = self.config()?;
        let cpu = self.named(CpuId::new)?;
        let feature = self.named(Feature::new)?;
        let pooling = self.text()?;
        PoolId::new(vendor, config, cpu, feature, pooling).map_err(|e| self.bad(e.to_string()))
    }

    fn identity(&mut self) -> Result<Identity, CodecError> {
        Ok(Identity {
            user: self.word()?,
            host: self.word()?,
            display: self.word()?,
            application: self.word()?,
            project: self.word()?,
            platform: self.word()?,
            pid: self.small()?,
            cpu: self.named(CpuId::new)?,
            machine: Machine {
                is_virtual: self.flag()?,
                is_remote: self.flag()?,
                utc_offset: {
                    let minutes = self.signed()?;
                    i16::try_from(minutes).map_err(|_| self.bad("a number is too large"))?
                },
            },
            address: self.address()?,
            email: self.option(Self::email)?,
        })
    }

    fn address(&mut self) -> Result<Option<IpAddr>, CodecError> {
        match self.byte()? {
            0 => Ok(None),
            4 => {
                let mut octets = [0; 4];
                octets.copy_from_slice(self.take(4)?);
                Ok(Some(octets.into()))
            }
            6 => {
                let mut octets = [0; 16];
                octets.copy_from_slice(self.take(16)?);
                Ok(Some(octets.into()))
            }
            other => Err(self.bad(format!("there is no address of kind {other}"))),
        }
    }

    pub(super) fn mark(&mut self) -> Result<SessionMark, CodecError> {
        Ok(SessionMark {
            session: SessionId(self.number()?),
            standing: self.choice(&[Standing::Live, Standing::Held])?,
            floor: RequestId(self.number()?),
            idle: self.option(|r| r.signed().map(Wall))?,
        })
    }

    pub(super) fn pool_row(&mut self) -> Result<PoolRow, CodecError> {
        Ok(PoolRow {
            id: self.pool()?,
            capacity: self.small()?,
            overdraft: self.small()?,
            uncounted: self.flag()?,
            version: self.named(Version::new)?,
            expiry: self.expiry()?,
            standing: self.choice(&[
                PoolStanding::Active,
                PoolStanding::Expired,
                PoolStanding::NotYet,
                PoolStanding::Unlicensed,
            ])?,
            dated: self.flag()?,
            locked: self.flag()?,
            named: self.flag()?,
            sharing: self.sharing()?,
            sharers: self.small()?,
            suite: self.option(Self::pool)?,
            is_suite: self.flag()?,
            minimum: self.small()?,
            linger: Millis(self.number()?),
            idle_timeout: Millis(self.number()?),
            borrow: self.option(|r| {
                Ok(BorrowTerms { hours: r.small()?, lowwater: r.small()?, may_be_lost: r.flag()? })
            })?,
            order: self.small()?,
            vendor_string: self.option(|r| r.text().map(Into::into))?,
        })
    }

    fn sharing(&mut self) -> Result<Sharing, CodecError> {
        match self.byte()? {
            0 => Ok(Sharing::None),
            1 => Ok(Sharing::Pool),
            2 => Ok(Sharing::Same(Same {
                user: self.flag()?,
                host: self.flag()?,
                display: self.flag()?,
                data: self.flag()?,
                person: self.flag()?,
            })),
            other => Err(self.bad(format!("there is no sharing of kind {other}"))),
        }
    }

    fn day(&mut self) -> Result<Date, CodecError> {
        let days = self.signed()?;
        let date = i32::try_from(days).ok().and_then(Date::from_days);
        date.ok_or_else(|| self.bad("there is no such day"))
    }

    fn expiry(&mut self) -> Result<Expiry, CodecError> {
        Ok(self.option(Self::day)?.map_or(Expiry::Permanent, Expiry::On))
    }

    pub(super) fn quota_row(&mut self) -> Result<QuotaRow, CodecError> {
        Ok(QuotaRow {
            id: QuotaId(self.number()?),
            key: self.shared_text()?,
            kind: match self.byte()? {
                0 => QuotaKind::Max,
                1 => QuotaKind::Reserve(self.pool()?),
                other => return Err(self.bad(format!("there is no quota of kind {other}"))),
            },
            seats: self.small()?,
            who: self.shared_text()?,
            rule: self.shared_text()?,
            order: self.small()?,
        })
    }

    pub(super) fn session_row(&mut self) -> Result<SessionRow, CodecError> {
        Ok(SessionRow {
            id: SessionId(self.number()?),
            token_hash: self.hash()?,
            identity: Arc::new(self.identity()?),
            timeout: Millis(self.number()?),
            hold: Millis(self.number()?),
            opened: Wall(self.signed()?),
        })
    }

    pub(super) fn grant_row(&mut self) -> Result<GrantRow, CodecError> {
        Ok(GrantRow {
            id: GrantId(self.number()?),
            pool: self.pool()?,
            suite: self.option(Self::pool)?,
            seats: self.seats()?,
            session: SessionId(self.number()?),
            request: RequestId(self.number()?),
            version: self.named(Version::new)?,
            state: self.grant_state()?,
            since: Wall(self.signed()?),
            data: self.option(Self::word)?,
            charges: self.charges()?,
        })
    }

    fn grant_state(&mut self) -> Result<GrantState, CodecError> {
        let how = match self.byte()? {
            0 => return Ok(GrantState::Floating),
            1 => return Ok(GrantState::Revoked(self.code()?, Wall(self.signed()?))),
            2 => Keeping::Lingering,
            3 => Keeping::Borrowed(self.hash()?),
            4 => Keeping::Booked(self.word()?),
            other => return Err(self.bad(format!("a grant is not held in way {other}"))),
        };
        let who = Arc::new(self.identity()?);
        let (from, until) = (Wall(self.signed()?), Wall(self.signed()?));
        Ok(GrantState::Kept(Arc::new(Kept { how, who, from, until })))
    }

    fn charges(&mut self) -> Result<Charges, CodecError> {
        let n = self.number()?;
        let mut charges = Charges::new();
        for _ in 0..n {
            let quota = QuotaId(self.number()?);
            charges.push(Charge { quota, seats: self.small()?, of_suite: self.flag()? });
        }
        Ok(charges)
    }

    fn checkout(&mut self) -> Result<Checkout, CodecError> {
        Ok(Checkout {
            session: SessionId(self.number()?),
            request: RequestId(self.number()?),
            feature: self.named(Feature::new)?,
            version: self.named(Version::new)?,
            seats: self.seats()?,
            vendor: self.option(|r| r.named(Vendor::new))?,
            config: self.option(Self::config)?,
            more: self.option(|r| r.more().map(Box::new))?,
        })
    }

    fn more(&mut self) -> Result<More, CodecError> {
        Ok(More {
            data: self.option(Self::word)?,
            queue: self.option(Self::byte)?,
            borrow: self.option(|r| Ok(Borrow { until: Wall(r.signed()?), proof: r.hash()? }))?,
            job: self.option(Self::word)?,
        })
    }

    pub(super) fn waiter_row(&mut self) -> Result<WaiterRow, CodecError> {
        Ok(WaiterRow {
            id: WaiterId(self.number()?),
            ask: self.checkout()?,
            priority: self.byte()?,
            since: Wall(self.signed()?),
        })
    }

    pub(super) fn assignment_row(&mut self) -> Result<AssignmentRow, CodecError> {
        Ok(AssignmentRow {
            pool: self.pool()?,
            email: self.email()?,
            from: self.day()?,
            until: self.expiry()?,
        })
    }

    pub(super) fn login_row(&mut self) -> Result<LoginRow, CodecError> {
        Ok(LoginRow { email: self.email()?, token_hash: self.hash()? })
    }

    pub(super) fn wall(&mut self) -> Result<Wall, CodecError> {
        Ok(Wall(self.signed()?))
    }

    pub(super) fn clock_row(&mut self) -> Result<ClockRow, CodecError> {
        Ok(ClockRow { latest: self.wall()? })
    }

    pub(super) fn note(&mut self) -> Result<Note, CodecError> {
        let (by, deed) = (self.option(Self::small)?, self.choice(&DEEDS)?);
        let about = self.text()?;
        if about.len() > Note::ABOUT_BYTES_MAX {
            return Err(self.bad("the words of a note are too many"));
        }
        Ok(Note { by, deed, about: about.into() })
    }

    pub(super) fn desk_note(&mut self) -> Result<DeskNote, CodecError> {
        let (by, deed, about) = (self.text()?, self.text()?, self.text()?);
        let note = DeskNote::new(by, deed, about);
        if (&*note.by, &*note.deed, &*note.about) != (by, deed, about) {
            return Err(self.bad("the words of a note are too many"));
        }
        Ok(note)
    }

    pub(super) fn desk_key(&mut self) -> Result<Arc<str>, CodecError> {
        let key = self.text()?;
        DeskRow::check_key(key).map_err(|why| self.bad(why))?;
        Ok(key.into())
    }

    pub(super) fn desk_row(&mut self) -> Result<DeskRow, CodecError> {
        let key = self.desk_key()?;
        let n = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        let value = self.take(n)?;
        DeskRow::check_value(value).map_err(|why| self.bad(why))?;
        Ok(DeskRow { key, value: value.into() })
    }

    fn code(&mut self) -> Result<Code, CodecError> {
        let n = self.signed()?;
        let code = i32::try_from(n).ok().and_then(Code::from_number);
        code.ok_or_else(|| self.bad(format!("there is no code {n}")))
    }

    pub(super) fn denied(&mut self) -> Result<Denied, CodecError> {
        Ok(Denied {
            identity: Arc::new(self.identity()?),
            session: SessionId(self.number()?),
            request: RequestId(self.number()?),
            feature: self.named(Feature::new)?,
            version: self.named(Version::new)?,
            seats: self.seats()?,
            code: self.code()?,
        })
    }
}
