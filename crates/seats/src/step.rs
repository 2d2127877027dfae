//! The decisions.

use std::collections::BTreeSet;

use names::{Code, GrantId, Now, PoolId, Seq, limits};
use rustc_hash::FxHashMap;

use crate::answer::{Answer, Denial, Detail};
use crate::command::{Bar, Checkin, Checkout, Command};
use crate::record::{Denied, Event, Record, ReturnReason};
use crate::row::{GrantRow, GrantState, PoolRow, PoolStanding, SessionMark, Sharing, Standing};
use crate::state::{Pool, Session, State};

impl State {
    /// Decides one command: appends what happens to `out`, applies it, and says the answer.
    ///
    /// The records of one command belong together: whoever writes them writes all or none. The same
    /// state, time and command always give the same answer and records.
    pub fn step(&mut self, now: Now, command: Command, out: &mut Vec<Record>) -> Answer {
        match command {
            Command::Start => self.note(now, Event::Started, out),
            Command::Stop => self.note(now, Event::Stopped, out),
            Command::SetPools(pools) => self.set_pools(now, pools, out),
            Command::Open(open) => self.open(now, *open, out),
            Command::Resume { session, token_hash } => self.resume(now, session, &token_hash, out),
            Command::Checkout(checkout) => self.checkout(now, &checkout, &[], out),
            Command::CheckoutBarred(checkout, bars) => self.checkout(now, &checkout, &bars, out),
            Command::Checkin(checkin) => self.checkin(now, checkin, out),
            Command::Close(session) => self.close(now, session, out),
            Command::TimeOut(session) => self.time_out(now, session, out),
            Command::Release(session) => self.release(now, session, out),
        }
    }

    fn note(&mut self, now: Now, event: Event, out: &mut Vec<Record>) -> Answer {
        self.record(now, event, out);
        Answer::Done
    }

    /// Writes an event down as the next record and applies it.
    ///
    /// # Panics
    /// When the event contradicts the rows: the decision that made it is broken, and serving on
    /// would give seats away. A crash leaves what is on the disk, which is right.
    #[expect(clippy::expect_used, reason = "a broken decision must stop the owner, never be served")]
    pub(crate) fn record(&mut self, now: Now, event: Event, out: &mut Vec<Record>) {
        let record = Record { seq: Seq(self.last().0 + 1), at: now.wall, event };
        self.apply(&record).expect("a decision must fit the rows it was made on");
        out.push(record);
    }

    fn set_pools(&mut self, now: Now, pools: Vec<PoolRow>, out: &mut Vec<Record>) -> Answer {
        let named: BTreeSet<PoolId> = pools.iter().map(|p| p.id.clone()).collect();
        let mut others: Vec<PoolRow> =
            self.pools().map(|(row, _)| row).filter(|row| !named.contains(&row.id)).cloned().collect();
        others.sort_by(|a, b| a.id.cmp(&b.id));
        for row in pools {
            if self.pool(&row.id).is_none_or(|(old, _)| *old != row) {
                self.record(now, Event::PoolSet(row), out);
            }
        }
        for row in others {
            if self.grants_of_pool(&row.id).next().is_none() {
                self.record(now, Event::PoolDropped(row.id), out);
            } else if row.standing != PoolStanding::Unlicensed {
                let kept = PoolRow { standing: PoolStanding::Unlicensed, capacity: 0, ..row };
                self.record(now, Event::PoolSet(kept), out);
            }
        }
        Answer::Done
    }

    fn checkout(&mut self, now: Now, ask: &Checkout, bars: &[Bar], out: &mut Vec<Record>) -> Answer {
        let Some(session) = self.sessions.get(&ask.session).filter(|s| s.mark.standing == Standing::Live)
        else {
            return Answer::SessionUnknown;
        };
        if let Some(answer) = self.asked_before(session, ask) {
            return answer;
        }
        if session.grants.len() >= limits::GRANTS_PER_SESSION_MAX {
            let detail = Detail::Limit("the session holds as many grants as it may; check some in");
            return Answer::Denied(Box::new(Denial { code: Code::Busy, detail }));
        }
        match self.find_pool(session, ask, bars) {
            Ok(pool) => self.grant_seats(now, ask, pool, out),
            Err(denial) => {
                let denied = Denied {
                    identity: session.row.identity.clone(),
                    session: ask.session,
                    request: ask.request,
                    feature: ask.feature.clone(),
                    version: ask.version.clone(),
                    seats: ask.seats,
                    code: denial.code,
                };
                self.record(now, Event::Denied(Box::new(denied)), out);
                Answer::Denied(Box::new(denial))
            }
        }
    }

    /// The answer to a request that was made before: the same grant if it is the same request.
    fn asked_before(&self, session: &Session, ask: &Checkout) -> Option<Answer> {
        let parameter = |what| {
            let denial = Denial { code: Code::BadParameter, detail: Detail::Parameter(what) };
            Some(Answer::Denied(Box::new(denial)))
        };
        if let Ok(at) = session.grants.binary_search_by_key(&ask.request, |(request, _)| *request) {
            let grant = session.grants.get(at).and_then(|(_, id)| self.grant(*id))?;
            let same = *grant.pool.feature() == ask.feature
                && grant.seats == ask.seats
                && grant.version.as_str() == ask.version.as_str()
                && ask.config.as_ref().is_none_or(|config| config == grant.pool.config())
                && ask.vendor.as_ref().is_none_or(|vendor| vendor == grant.pool.vendor());
            return if same {
                Some(Answer::Granted { grant: grant.id, pool: grant.pool.clone(), seats: grant.seats })
            } else {
                parameter("this request id was used for another checkout; give each request its own")
            };
        }
        if ask.request <= session.mark.floor {
            return parameter("a request with this id or a later one has ended; request ids must rise");
        }
        None
    }

    /// The first pool, in order, that can give the seats; else the reason that was nearest to a grant.
    fn find_pool(&self, session: &Session, ask: &Checkout, bars: &[Bar]) -> Result<PoolId, Denial> {
        let bars: FxHashMap<&PoolId, &Bar> = bars.iter().map(|bar| (&bar.pool, bar)).collect();
        let mut nearest: Option<(u8, &Pool, Code)> = None;
        let mut largest = 0;
        for pool in self.pools_of(&ask.feature) {
            let id = &pool.row.id;
            let named = ask.config.as_ref().is_none_or(|config| config == id.config())
                && ask.vendor.as_ref().is_none_or(|vendor| vendor == id.vendor());
            if !named || !pool.is_licensed() {
                continue;
            }
            // A rule comes before everything that is wrong with the pool itself.
            let obstacle =
                bars.get(id).map(|bar| (BARRED, bar.code)).or_else(|| obstacle(pool, session, ask));
            let Some((rank, code)) = obstacle else { return Ok(id.clone()) };
            if code == Code::TooMany {
                largest = largest.max(pool.row.capacity);
            }
            let nearer = nearest.is_none_or(|(best, other, _)| {
                rank > best
                    || (code == Code::VersionNotServed
                        && rank == best
                        && pool.row.version > other.row.version)
            });
            if nearer {
                nearest = Some((rank, pool, code));
            }
        }
        let Some((_, pool, code)) = nearest else {
            let detail = Detail::NoSuchFeature {
                feature: ask.feature.clone(),
                config: ask.config.clone(),
                vendor: ask.vendor.clone(),
            };
            return Err(Denial { code: Code::NoSuchFeature, detail });
        };
        let detail = match bars.get(&pool.row.id) {
            Some(bar) => Detail::Barred(bar.why.clone()),
            None => self.detail(code, pool, session, ask, largest),
        };
        Err(Denial { code, detail })
    }

    fn detail(&self, code: Code, pool: &Pool, session: &Session, ask: &Checkout, largest: u32) -> Detail {
        let id = pool.row.id.clone();
        match code {
            Code::WrongHost => {
                Detail::WrongHost { feature: ask.feature.clone(), cpu: session.row.identity.cpu.clone() }
            }
            Code::Expired => Detail::Expired(id, pool.row.expiry),
            Code::NotYet => Detail::NotYet(id),
            Code::VersionNotServed => Detail::Version { pool: id, licensed: pool.row.version.clone() },
            Code::TooMany => Detail::TooMany { asked: ask.seats, licensed: largest },
            _ => {
                let (holders, more) = self.holders(&id);
                Detail::AllTaken { capacity: pool.row.capacity, in_use: pool.in_use, pool: id, holders, more }
            }
        }
    }

    fn grant_seats(&mut self, now: Now, ask: &Checkout, pool: PoolId, out: &mut Vec<Record>) -> Answer {
        if let Some(session) = self.sessions.get(&ask.session).filter(|s| !s.written) {
            let row = session.row.clone();
            self.record(now, Event::SessionOpened(row), out);
        }
        let grant = GrantId(self.last().0 + 1);
        let row = GrantRow {
            id: grant,
            pool: pool.clone(),
            seats: ask.seats,
            session: ask.session,
            request: ask.request,
            version: ask.version.clone(),
            state: GrantState::Floating,
            since: now.wall,
        };
        self.record(now, Event::Granted(row), out);
        Answer::Granted { grant, pool, seats: ask.seats }
    }

    fn checkin(&mut self, now: Now, checkin: Checkin, out: &mut Vec<Record>) -> Answer {
        let Some(session) = self.sessions.get(&checkin.session) else { return Answer::SessionUnknown };
        // A grant of another session is as unknown as one that was returned: it changes nothing.
        if session.grants.iter().any(|(_, grant)| *grant == checkin.grant) {
            self.give_back(now, checkin.grant, ReturnReason::Checkin, out);
        }
        Answer::Returned { grant: checkin.grant }
    }

    /// Returns a grant; drops its pool if that was the last of it and no license names it.
    pub(crate) fn give_back(&mut self, now: Now, grant: GrantId, why: ReturnReason, out: &mut Vec<Record>) {
        let Some(row) = self.grant(grant) else { return };
        let (pool, request) = (row.pool.clone(), row.request);
        let Some((_, mark)) = self.session(row.session) else { return };
        let mark = SessionMark { floor: mark.floor.max(request), ..mark };
        self.record(now, Event::Returned { grant, mark, why }, out);
        let unlicensed = self.pool(&pool).is_some_and(|(row, _)| row.standing == PoolStanding::Unlicensed);
        if unlicensed && self.grants_of_pool(&pool).next().is_none() {
            self.record(now, Event::PoolDropped(pool), out);
        }
    }
}

/// How near a pool is that a rule keeps the asker from: as one that lacks nothing but seats, almost.
const BARRED: u8 = 5;

/// What stops a pool from giving the seats, and how near it was: the nearest is told.
fn obstacle(pool: &Pool, session: &Session, ask: &Checkout) -> Option<(u8, Code)> {
    let row = &pool.row;
    if row.sharing == Sharing::Pool && *row.id.cpu() != session.row.identity.cpu {
        return Some((1, Code::WrongHost));
    }
    match row.standing {
        PoolStanding::Expired => return Some((2, Code::Expired)),
        PoolStanding::NotYet => return Some((3, Code::NotYet)),
        PoolStanding::Active | PoolStanding::Unlicensed => {}
    }
    if ask.version > row.version {
        return Some((4, Code::VersionNotServed));
    }
    if ask.seats.get() > row.capacity {
        return Some((6, Code::TooMany));
    }
    let charged = match row.sharing {
        Sharing::None => ask.seats.get(),
        Sharing::Pool => ask.seats.get().saturating_sub(pool.in_use),
    };
    (charged > pool.free()).then_some((7, Code::AllTaken))
}
