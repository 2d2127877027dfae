//! A rehearsal: checkouts and checkins of another license server's past, asked of one engine at their own
//! times.
//!
//! Whoever asks has one session as long as they have seats or wait. Nobody beats for it, and it never times
//! out: what a log does not say did not happen.

mod cause;

use core::net::IpAddr;
use std::sync::Arc;

use names::{
    CpuId, Feature, GrantId, Invalid, Millis, Mono, Now, PoolId, RequestId, SeatCount, SessionId, Vendor,
    Version, Wall, Word, limits,
};
use rustc_hash::FxHashMap;
use seats::{Answer, Checkin, Checkout, Figures, Identity, Machine, More, Record, State};

pub use self::cause::Refused;
use crate::ask::Ask;
use crate::engine::Engine;
use crate::in_force::InForce;
use crate::news::News;
use crate::settings::Settings;

/// How long a session lives whom nobody beats for: longer than any log.
const FOR_EVER: Mono = Mono(1 << 47);

/// A checkout that was asked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The user.
    pub user: &'a str,
    /// The workstation.
    pub host: &'a str,
    /// The project; may be empty.
    pub project: &'a str,
    /// From which address, where that is known.
    pub address: Option<IpAddr>,
    /// Of which vendor.
    pub vendor: &'a Vendor,
    /// Which feature.
    pub feature: &'a Feature,
    /// Which version: a pool of this or a higher one will do.
    pub version: &'a Version,
    /// How many seats.
    pub seats: SeatCount,
    /// The data of the checkout.
    pub data: Option<&'a str>,
    /// Whether it waits in line.
    pub waits: bool,
}

/// What a checkout got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Took {
    /// The seats.
    Seats(Taken),
    /// A place in line.
    Place(Place),
    /// Nothing.
    Refused(Box<Refused>),
}

/// Seats that are held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    session: SessionId,
    grant: GrantId,
    /// Of which pool.
    pub pool: PoolId,
}

/// A place in line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    session: SessionId,
    request: RequestId,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Who {
    user: Word,
    host: Word,
    project: Word,
    address: Option<IpAddr>,
}

/// A session that is open.
#[derive(Debug)]
struct Live {
    who: Who,
    /// Grants and places in line.
    has: usize,
}

/// One engine, and whom it serves.
#[derive(Debug)]
pub struct Rehearsal {
    engine: Engine,
    /// A log does not say a workstation's host id, so lines for one are for others.
    nowhere: CpuId,
    begin: Wall,
    now: Now,
    sessions: FxHashMap<Who, SessionId>,
    live: FxHashMap<SessionId, Live>,
    opened: u64,
    /// Requests have one count over all sessions.
    asked: u64,
    settled: Vec<(Place, Option<Taken>)>,
    records: Vec<Record>,
}

impl Rehearsal {
    /// An engine on which nobody has a seat, that begins to serve at `begin`.
    ///
    /// # Errors
    /// Never: the host id of nobody's workstation is one.
    pub fn new(in_force: InForce, begin: Wall) -> Result<Self, Invalid> {
        let now = Now { mono: Mono(0), wall: begin };
        let settings = Settings::default().with_sessions_per_host(u32::MAX);
        let mut records = Vec::new();
        let mut engine = Engine::new(State::new(), settings, in_force, now);
        engine.start(now, &mut records);
        Ok(Self {
            engine,
            nowhere: CpuId::new("ID=0")?,
            begin,
            now,
            sessions: FxHashMap::default(),
            live: FxHashMap::default(),
            opened: 0,
            asked: 0,
            settled: Vec::new(),
            records,
        })
    }

    /// Goes on to this time; what is due by then is done. Time never goes back.
    pub fn go_on(&mut self, at: Wall) {
        let wall = at.max(self.now.wall);
        let since = u64::try_from(wall.0.saturating_sub(self.begin.0)).unwrap_or(0);
        self.now = Now { mono: Mono(since), wall };
        loop {
            self.records.clear();
            if !self.engine.due(self.now, &mut self.records) {
                break;
            }
        }
        self.read_news();
    }

    /// Checks seats out.
    pub fn take(&mut self, wanted: &Wanted<'_>) -> Took {
        let who = Who {
            user: Word::nearest(wanted.user),
            host: Word::nearest(wanted.host),
            project: Word::nearest(wanted.project),
            address: wanted.address,
        };
        let identity = self.identity(&who);
        let session = self.session(who, &identity, wanted.waits);
        self.asked += 1;
        let request = RequestId(self.asked);
        let data = wanted.data.map(Word::nearest).filter(|data| !data.as_str().is_empty());
        let more = More { data, queue: wanted.waits.then_some(0), ..More::default() };
        let checkout = Checkout {
            session,
            request,
            feature: wanted.feature.clone(),
            version: *wanted.version,
            seats: wanted.seats,
            vendor: Some(wanted.vendor.clone()),
            config: None,
            more: (more != More::default()).then(|| Box::new(more)),
        };
        let took = match self.ask(Ask::Checkout(checkout)) {
            Answer::Granted { grant, pool, .. } => Took::Seats(Taken { session, grant, pool }),
            Answer::Queued { .. } => Took::Place(Place { session, request }),
            Answer::Denied(denial) => {
                let rules = self.engine.rules_of(&identity, wanted.feature);
                Took::Refused(Box::new(cause::refused(self.engine.state(), wanted.feature, &rules, &denial)))
            }
            other => Took::Refused(Box::new(Refused::unexpected(&other))),
        };
        if let (Some(live), false) = (self.live.get_mut(&session), matches!(took, Took::Refused(_))) {
            live.has += 1;
        }
        self.end_if_empty(session);
        took
    }

    /// Checks seats in.
    pub fn give_back(&mut self, taken: &Taken) {
        let checkin = Checkin { session: taken.session, grant: taken.grant };
        self.ask(Ask::Checkin(checkin));
        self.has_less(taken.session);
    }

    /// Leaves the line.
    pub fn leave(&mut self, place: Place) {
        self.ask(Ask::Withdraw(place.session, place.request));
        self.has_less(place.session);
    }

    /// Places in line that came to an end since the last call: with the seats, or with nothing, where no pool
    /// can ever give them.
    pub fn take_settled(&mut self) -> std::vec::Drain<'_, (Place, Option<Taken>)> {
        self.settled.drain(..)
    }

    /// How a pool stands.
    #[must_use]
    pub fn figures(&self, pool: &PoolId) -> Option<Figures> {
        self.engine.state().figures(pool)
    }

    /// How many seats of a vendor's feature its pools have, the overdraft included; nothing where they are
    /// not counted.
    #[must_use]
    pub fn seats_of(&self, vendor: &Vendor, feature: &Feature) -> Option<u64> {
        let mut seats = 0;
        let pools = self.engine.state().pools().map(|(row, _)| row);
        for row in pools.filter(|row| row.vendor() == vendor && row.id.feature() == feature) {
            if row.uncounted {
                return None;
            }
            seats += u64::from(row.limit());
        }
        Some(seats)
    }

    fn ask(&mut self, ask: Ask) -> Answer {
        self.records.clear();
        let reply = self.engine.handle(self.now, ask, &mut self.records);
        self.read_news();
        reply.answer
    }

    /// The asker's session, opened where there is none that may have one more.
    fn session(&mut self, who: Who, identity: &Identity, waits: bool) -> SessionId {
        let most = if waits { limits::WAITS_PER_SESSION_MAX } else { limits::GRANTS_PER_SESSION_MAX };
        if let Some(session) = self.sessions.get(&who)
            && self.live.get(session).is_some_and(|live| live.has < most)
        {
            return *session;
        }
        self.opened += 1;
        let session = SessionId(self.opened);
        let open = Ask::Open {
            session,
            token_hash: [0; 32],
            identity: Box::new(identity.clone()),
            login: None,
            timeout: Millis(0),
            replaces: Vec::new(),
        };
        self.records.clear();
        let reply = self.engine.handle(self.now, open, &mut self.records);
        if let Some(live) = reply.live {
            live.word.beat(live.epoch, FOR_EVER);
        }
        self.sessions.insert(who.clone(), session);
        self.live.insert(session, Live { who, has: 0 });
        session
    }

    /// What a log says of a client.
    fn identity(&self, who: &Who) -> Identity {
        let none = Word::nearest("");
        Identity {
            user: who.user.clone(),
            host: who.host.clone(),
            display: none.clone(),
            application: none.clone(),
            project: who.project.clone(),
            platform: none,
            pid: 0,
            cpu: self.nowhere.clone(),
            machine: Machine::default(),
            address: who.address,
            email: None,
        }
    }

    fn has_less(&mut self, session: SessionId) {
        if let Some(live) = self.live.get_mut(&session) {
            live.has = live.has.saturating_sub(1);
        }
        self.end_if_empty(session);
    }

    fn end_if_empty(&mut self, session: SessionId) {
        if self.live.get(&session).is_none_or(|live| live.has > 0) {
            return;
        }
        self.ask(Ask::Close(session));
        if let Some(live) = self.live.remove(&session)
            && self.sessions.get(&live.who) == Some(&session)
        {
            self.sessions.remove(&live.who);
        }
        self.engine.take_ended().for_each(drop);
    }

    fn read_news(&mut self) {
        let news: Vec<_> = self.engine.take_news().collect();
        for (session, news) in news {
            match news {
                News::Granted { grant, request, pool, .. } => {
                    self.settled.push((Place { session, request }, Some(Taken { session, grant, pool })));
                }
                News::Hopeless(request) => {
                    self.settled.push((Place { session, request }, None));
                    self.has_less(session);
                }
                News::Revoked { .. } | News::Wanted { .. } => {}
            }
        }
    }
}

impl Engine {
    /// What options files forbid somebody of a feature: the place of the rule, and all of its words.
    fn rules_of(&self, who: &Identity, feature: &Feature) -> Vec<(Arc<str>, Arc<str>)> {
        let asker = policy::Asker {
            user: who.user.as_str(),
            host: who.host.as_str(),
            display: who.display.as_str(),
            project: who.project.as_str(),
            address: who.address,
        };
        let said = self.policy().terms(&asker, feature).into_iter().filter_map(|terms| terms.refused);
        said.map(|said| (Arc::clone(&said.rule), Arc::clone(&said.words))).collect()
    }
}

#[cfg(test)]
mod tests;
