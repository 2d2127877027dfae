//! What the server answers.

use license::VerifiedLine;
use names::{Code, Date, GrantId, PoolId, SeatCount};
use proto::v1;
use tokio::sync::watch;

use super::{Asked, Core, Hopeful, Row, Taken, Verdict, Wanted};
use crate::boot::Boot;
use crate::seat::Holding;
use crate::trust::{self, Unproved};
use crate::{Error, SeatState, State, TrustPolicy, shown};

/// Characters of a server's words that are kept.
pub(super) const WORDS_MAX: usize = 2000;
/// The longest that a server may put off what must be done.
const RETRY_MS_MAX: u64 = 60_000;

impl Core {
    /// Takes one answer.
    pub(crate) fn reply(&mut self, reply: v1::Reply, now: Boot, today: Date) -> Verdict {
        use v1::reply::Kind;
        if self.session.as_ref().is_none_or(|session| session.id != reply.session) {
            return Verdict::Go;
        }
        let number = reply.request_id;
        if let Some(Kind::Denied(denied)) = &reply.kind
            && denied.session_lost
        {
            return Verdict::SessionLost;
        }
        // An answer to what was not asked, or was answered before.
        let Some(asked) = self.asked.remove(&number) else { return Verdict::Go };
        match (reply.kind, asked) {
            (Some(Kind::Granted(granted)), Asked::Checkout(hopeful)) => self.grant(*hopeful, &granted, today),
            (Some(Kind::Queued(queued)), Asked::Checkout(hopeful)) => {
                self.queued(number, hopeful, &queued, now);
            }
            (Some(Kind::Granted(granted)), Asked::Again { seat, .. }) => self.again(seat, &granted, today),
            (Some(Kind::Denied(denied)), asked) if denied.retry_after_ms > 0 && asked.must_be_done() => {
                self.put_off(number, asked, now.plus(u64::from(denied.retry_after_ms).min(RETRY_MS_MAX)));
            }
            (Some(Kind::Denied(denied)), Asked::Again { seat, .. }) => {
                let denied = error(&denied);
                self.lose(seat, denied.code(), &denied.to_string());
            }
            (Some(Kind::Denied(denied)), asked) => asked.refuse(|| error(&denied)),
            (Some(Kind::Returned(_)), asked @ Asked::Checkin { .. }) => asked.accept(),
            (Some(kind), Asked::Call { answer, .. }) => {
                if let Some(answer) = answer {
                    // Where nobody waits any more, what was done is done.
                    let _ = answer.send(Ok(self.with_line(kind)));
                }
            }
            (Some(Kind::Alive(_)), Asked::Heartbeat { sent_at }) => {
                // What was given up stays so; the next look at the clock ends it.
                if now < self.grace_end() {
                    self.leased_from = self.leased_from.max(sent_at);
                    self.tell_all(State::Safe);
                }
            }
            (Some(Kind::Closed(_)), asked @ Asked::Goodbye { .. }) => {
                asked.accept();
                self.close();
                return Verdict::Over;
            }
            (_, Asked::Again { seat, .. }) => {
                self.lose(seat, Code::BadServerData, "an answer of the wrong kind");
            }
            (_, asked) => asked.refuse(|| Error::Denied {
                code: Code::BadServerData,
                message: format!("{}: an answer of the wrong kind", Code::BadServerData),
                retry_after_ms: 0,
            }),
        }
        Verdict::Go
    }

    /// Gives the seats to whoever wanted them, when they are what was asked for.
    pub(super) fn grant(&mut self, hopeful: Hopeful, granted: &v1::Granted, today: Date) {
        let Hopeful { wanted, answer, .. } = hopeful;
        match self.believe(granted, &wanted, today) {
            Ok((grant, pool)) => {
                // Where nobody waits any more, `Taken` returns the seat by itself.
                let _ = answer.send(Ok(self.seat(wanted, grant, pool)));
            }
            Err(unproved) => {
                self.give_back(granted.grant);
                let subject = format!("the seat of {}", wanted.feature);
                let _ = answer.send(Err(Error::Unproved { code: unproved.code, subject, why: unproved.why }));
            }
        }
    }

    /// A grant with its line, which the server shows once a session and pool.
    fn with_line(&mut self, kind: v1::reply::Kind) -> v1::reply::Kind {
        let v1::reply::Kind::Granted(mut granted) = kind else { return kind };
        self.remember(&granted);
        let pool = granted.pool.as_ref().and_then(|pool| PoolId::try_from(pool).ok());
        if granted.line.is_none() {
            granted.line = pool.and_then(|pool| self.shown.get(&pool).cloned());
        }
        v1::reply::Kind::Granted(granted)
    }

    /// Keeps the line of a grant as it came, for the seats that need it later.
    pub(super) fn remember(&mut self, granted: &v1::Granted) {
        if let (Some(line), Some(pool)) = (&granted.line, &granted.pool)
            && let Ok(pool) = PoolId::try_from(pool)
        {
            self.shown.insert(pool, line.clone());
        }
    }

    /// Whether a grant is one that is held here, or on its way back.
    pub(super) fn knows(&self, grant: u64) -> bool {
        let is_it = |one: GrantId| one.0 == grant;
        self.seats.values().filter_map(|row| row.grant).any(is_it)
            || self.asked.values().any(|asked| matches!(asked, Asked::Checkin { grant, .. } if is_it(*grant)))
    }

    /// The session is over and not to be found again.
    pub(super) fn close(&mut self) {
        self.line_breaks();
        for asked in std::mem::take(&mut self.asked).into_values() {
            asked.refuse(|| Error::Closed);
        }
        self.outbox.clear();
        self.later.clear();
        self.say(State::Closed);
    }

    /// Whether a grant is what was asked for, and is proved.
    fn believe(
        &mut self,
        granted: &v1::Granted,
        wanted: &Wanted,
        today: Date,
    ) -> Result<(GrantId, PoolId), Unproved> {
        let strange = |why: String| Unproved { code: Code::BadServerData, why };
        let name = granted.pool.as_ref().ok_or_else(|| strange("it names no pool".into()))?;
        let pool = PoolId::try_from(name).map_err(|invalid| strange(invalid.to_string()))?;
        let asked_for = *pool.feature() == wanted.feature
            && wanted.vendor.as_ref().is_none_or(|vendor| vendor == pool.vendor())
            && wanted.config.as_ref().is_none_or(|config| config == pool.config())
            // A line with MINIMUM gives more than was asked for.
            && SeatCount::new(u64::from(granted.seats)).is_ok_and(|seats| seats >= wanted.seats);
        if !asked_for {
            return Err(strange(format!("{} of {pool} is not what was asked for", granted.seats)));
        }
        self.remember(granted);
        self.prove(granted, &pool, wanted, today)?;
        Ok((GrantId(granted.grant), pool))
    }

    fn prove(
        &mut self,
        granted: &v1::Granted,
        pool: &PoolId,
        wanted: &Wanted,
        today: Date,
    ) -> Result<(), Unproved> {
        let TrustPolicy::Vendor { keys, require_host_key } = &self.setup.trust else { return Ok(()) };
        if let Some(line) = &granted.line {
            let line = trust::line(keys, line)?;
            let line = match &granted.package_line {
                None => line,
                Some(package) => trust::component(keys, package, &line, pool.feature())?,
            };
            self.lines.insert(pool.clone(), line);
        }
        let line: &VerifiedLine = self.lines.get(pool).ok_or_else(|| Unproved {
            code: Code::BadSignature,
            why: "the server shows no license line for it".into(),
        })?;
        let wanted = trust::Wanted {
            feature: &wanted.feature,
            version: &wanted.version,
            pool,
            today,
            host_key: self.session.as_ref().and_then(|session| session.host_key.as_ref()),
            workstation: self.setup.workstation.as_ref(),
        };
        trust::covers(line, &wanted, *require_host_key)
    }

    fn seat(&mut self, wanted: Wanted, grant: GrantId, pool: PoolId) -> Taken {
        let key = self.next_seat;
        self.next_seat += 1;
        let (holding, watch) = watch::channel(Holding { state: SeatState::Granted, grant, pool });
        self.seats.insert(key, Row { wanted, grant: Some(grant), holding, give_back_at: None });
        Taken { key, holding: watch, session: self.standing(), asks: self.setup.asks.upgrade() }
    }

    /// A lost seat was granted again.
    fn again(&mut self, seat: u64, granted: &v1::Granted, today: Date) {
        let Some(wanted) = self.seats.get(&seat).map(|row| row.wanted.clone()) else {
            // The application has returned it meanwhile.
            return self.give_back(granted.grant);
        };
        match self.believe(granted, &wanted, today) {
            Ok((grant, pool)) => {
                if let Some(row) = self.seats.get_mut(&seat) {
                    row.grant = Some(grant);
                    row.holding.send_replace(Holding { state: SeatState::Granted, grant, pool });
                }
            }
            Err(unproved) => {
                self.give_back(granted.grant);
                self.lose(seat, unproved.code, &unproved.why);
            }
        }
    }

    /// Asks again later: the server is too busy now, or its disk is full.
    fn put_off(&mut self, number: u64, mut asked: Asked, due: Boot) {
        if let Asked::Again { sent, .. } = &mut asked {
            *sent = false;
        }
        self.asked.insert(number, asked);
        self.later.insert(number, due);
    }

    /// Returns a grant that nobody has.
    pub(super) fn give_back(&mut self, grant: u64) {
        self.submit(Asked::Checkin { grant: GrantId(grant), answer: None });
    }

    pub(super) fn lose(&mut self, seat: u64, code: Code, why: &str) {
        if let Some(row) = self.seats.remove(&seat) {
            row.tell(SeatState::Lost { code, why: why.to_owned() });
        }
    }
}

/// The server's refusal as the application sees it.
pub(crate) fn error(denied: &v1::Denied) -> Error {
    let code = Code::from_number(denied.code).unwrap_or(Code::BadServerData);
    let message = shown(&denied.message, WORDS_MAX);
    let message = if message.is_empty() { code.to_string() } else { message };
    Error::Denied { code, message, retry_after_ms: denied.retry_after_ms }
}
