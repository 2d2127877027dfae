//! Makes histories: what may happen next, from how things are.

use std::sync::Arc;

use names::{Code, Date, Expiry, Feature, Millis, RequestId, SeatCount, SessionId, Wall};
use seats::{
    AssignmentRow, Book, Borrow, Checkout, Command, DeskChange, DeskNote, DeskRow, Identity, LoginRow,
    Machine, More, Open, Revoke, Revoked,
};

use super::model::{Hold, Model, Name};
use super::op::{OnGrant, Op};
use super::site::{HOSTS, USERS, email, known, word};
use super::world::{SUITE, World, cpu, feature, version};
use crate::rng::Rng;

/// The kinds of things that happen, and how often beside each other.
const KINDS: &[(Kind, u64)] = &[
    (Kind::Checkout, 40),
    (Kind::Checkin, 24),
    (Kind::Open, 14),
    (Kind::Queue, 22),
    (Kind::Borrow, 12),
    (Kind::Book, 10),
    (Kind::Job, 8),
    (Kind::Again, 6),
    (Kind::Altered, 3),
    (Kind::Late, 3),
    (Kind::Withdraw, 4),
    (Kind::Foreign, 3),
    (Kind::Replace, 4),
    (Kind::Resume, 8),
    (Kind::Detach, 6),
    (Kind::Close, 7),
    (Kind::TimeOut, 8),
    (Kind::Release, 7),
    (Kind::Idle, 6),
    (Kind::Unbook, 4),
    (Kind::Expire, 10),
    (Kind::Revoke, 7),
    (Kind::Return, 6),
    (Kind::Lost, 3),
    (Kind::Assign, 8),
    (Kind::Unassign, 5),
    (Kind::Login, 4),
    (Kind::Ask, 2),
    (Kind::Reread, 9),
    (Kind::Pass, 12),
    (Kind::Restart, 5),
    (Kind::Clock, 14),
    (Kind::Desk, 9),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Checkout,
    Checkin,
    Open,
    Queue,
    Borrow,
    Book,
    Job,
    Again,
    Altered,
    Late,
    Withdraw,
    Foreign,
    Replace,
    Resume,
    Detach,
    Close,
    TimeOut,
    Release,
    Idle,
    Unbook,
    Expire,
    Revoke,
    Return,
    Lost,
    Assign,
    Unassign,
    Login,
    Ask,
    Reread,
    Pass,
    Restart,
    Clock,
    Desk,
}

/// What is always possible; of the rest a seed has some.
const CORE: usize = 4;
const DESK_KEYS: [&str; 4] = ["case/1", "case/2", "company/1", "person/kim"];
const JOBS: [&str; 2] = ["job:1", "job:2"];

#[derive(Debug)]
pub(crate) struct Generator {
    rng: Rng,
    pub(crate) world: World,
    kinds: Vec<(Kind, u64)>,
    /// How many sessions may be open at a time.
    sessions: usize,
    opened: u64,
    requests: u64,
    sent: Vec<Checkout>,
}

pub(crate) fn token(session: SessionId) -> [u8; 32] {
    [u8::try_from(session.0 % 200).unwrap_or(0) + 1; 32]
}

impl Generator {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let world = World::new(&mut rng);
        let is_in = |at: usize, rng: &mut Rng| at < CORE || rng.chance(550);
        let kinds =
            KINDS.iter().enumerate().filter(|(at, _)| is_in(*at, &mut rng)).map(|(_, kind)| *kind).collect();
        let sessions = usize::try_from(rng.between(3, 8)).unwrap_or(3);
        Self { rng, world, kinds, sessions, opened: 0, requests: 0, sent: Vec::new() }
    }

    /// How many things happen in this history.
    pub(crate) fn length(&mut self) -> u64 {
        self.rng.between(20, 60)
    }

    pub(crate) fn license(&self) -> Op {
        Op::License(Box::new(self.world.license()))
    }

    /// What happens next.
    pub(crate) fn next(&mut self, model: &Model) -> Op {
        if model.sessions.len() < 2 {
            return self.open(model, false);
        }
        let total = self.kinds.iter().map(|(_, weight)| weight).sum();
        let mut at = self.rng.below(total);
        let mut kind = Kind::Checkout;
        for (this, weight) in &self.kinds {
            kind = *this;
            if at < *weight {
                break;
            }
            at -= weight;
        }
        self.of_kind(kind, model).unwrap_or_else(|| self.checkout(model, Kind::Checkout))
    }

    fn of_kind(&mut self, kind: Kind, model: &Model) -> Option<Op> {
        let session = self.session(model);
        Some(match kind {
            Kind::Checkout | Kind::Queue | Kind::Borrow | Kind::Job | Kind::Book => {
                self.checkout(model, kind)
            }
            Kind::Open if model.sessions.len() < self.sessions => self.open(model, false),
            Kind::Replace => self.open(model, true),
            Kind::Again | Kind::Altered | Kind::Late => self.again(kind)?,
            Kind::Withdraw => {
                let (session, request) = self.rng.pick(&model.waiters)?.name;
                Op::Do(Command::Withdraw { session, request })
            }
            Kind::Checkin | Kind::Foreign | Kind::Unbook | Kind::Expire | Kind::Return | Kind::Lost => {
                self.on_grant(kind, model)?
            }
            Kind::Revoke => self.revoke(model)?,
            Kind::Resume => {
                let shown = if self.rng.chance(150) { SessionId(session.0 + 1) } else { session };
                Op::Do(Command::Resume { session, token_hash: token(shown) })
            }
            Kind::Detach => Op::Do(Command::Detach(session)),
            Kind::Close => Op::Do(Command::Close(session)),
            Kind::TimeOut => Op::Do(Command::TimeOut(session)),
            Kind::Release => {
                let held: Vec<_> = model.sessions.iter().filter(|s| s.is_held).map(|s| s.id).collect();
                Op::Do(Command::Release(self.rng.pick(&held).copied().unwrap_or(session)))
            }
            Kind::Idle => Op::Do(Command::Idle { session, is_idle: self.rng.chance(700) }),
            Kind::Assign | Kind::Unassign => self.assign(kind, model)?,
            Kind::Login => self.login(),
            Kind::Desk => self.desk(model),
            Kind::Ask => Op::Do(Command::Ask { session, feature: self.feature() }),
            Kind::Reread => {
                self.world.change(&mut self.rng);
                self.license()
            }
            Kind::Pass => self.pass(),
            Kind::Restart => Op::Restart,
            Kind::Clock if self.world.swarm.dated => self.clock(model),
            Kind::Clock | Kind::Open => return None,
        })
    }

    fn session(&mut self, model: &Model) -> SessionId {
        self.rng.pick(&model.sessions).map_or(SessionId(9_999), |session| session.id)
    }

    fn feature(&mut self) -> Feature {
        let all: Vec<Feature> = self.world.pools.iter().map(|pool| pool.id.feature().clone()).collect();
        let plain: Vec<_> = all.iter().filter(|name| name.as_str() != SUITE).cloned().collect();
        let of = if plain.is_empty() || self.rng.chance(40) { all } else { plain };
        self.rng.pick(&of).cloned().unwrap_or_else(|| feature("mill"))
    }

    fn pass(&mut self) -> Op {
        let spans = [1_000, 60_000, 601_000, 1_000_000, 3_600_000, 25 * 3_600_000];
        Op::Pass(Millis(self.rng.pick(&spans).copied().unwrap_or(1_000)))
    }

    /// The clock is set back by more than a day, or is set right again, or is said to be right.
    fn clock(&mut self, model: &Model) -> Op {
        let Some(latest) = model.latest.filter(|_| model.is_clock_back) else {
            // By fewer days than any pool lends a seat for, nobody finds out that time has passed.
            let days = self.rng.between(4, 20).cast_signed();
            return Op::Set(-days * 24 * 3_600_000);
        };
        match self.rng.below(10) {
            0..=2 => Op::Do(Command::ResetClock { by: 1_000 }),
            3 => Op::Do(Command::LookAtClock),
            _ => Op::Set(latest.0 - model.now.wall.0),
        }
    }

    fn open(&mut self, model: &Model, is_replacing: bool) -> Op {
        self.opened += 1;
        let session = SessionId(self.opened);
        let user = self.rng.pick(&USERS).copied().unwrap_or("kim");
        let host = self.rng.pick(&HOSTS).copied().unwrap_or("r01");
        let mut replaces = Vec::new();
        if is_replacing {
            let old = self.session(model);
            let shown = if self.rng.chance(200) { SessionId(old.0 + 1) } else { old };
            replaces.push((old, token(shown)));
        }
        let has_login = model.logins.iter().any(|(email, _)| email.as_str().starts_with(user));
        let is_claimed = self.rng.chance(if has_login { 800 } else { 100 });
        let identity = Identity {
            user: word(user),
            host: word(host),
            display: word(if self.rng.chance(700) { ":0" } else { ":1" }),
            application: word("cad"),
            project: word(""),
            platform: word(""),
            pid: 1,
            cpu: cpu(host),
            machine: Machine::default(),
            address: None,
            email: is_claimed.then(|| email(user)),
        };
        let login = (is_claimed && self.rng.chance(850)).then(|| login_of(user));
        let (timeout, hold) = (Millis(120_000), Millis(60_000));
        Op::Do(Command::Open(Box::new(Open {
            session,
            token_hash: token(session),
            identity,
            login,
            timeout,
            hold,
            replaces,
        })))
    }

    fn checkout(&mut self, model: &Model, kind: Kind) -> Op {
        let session = self.session(model);
        self.requests += 1;
        let seats = if self.rng.chance(650) { 1 } else { self.rng.between(2, 3) };
        let versions = ["4.0", "4.0", "4.0", "4.0", "4.0", "4.0", "4.10", "4.2", "5.0"];
        let mut more = More::default();
        if self.rng.chance(200) {
            more.data = Some(word(if self.rng.chance(500) { "a" } else { "b" }));
        }
        let job = word(self.rng.pick(&JOBS).copied().unwrap_or("job:1"));
        match kind {
            Kind::Queue => more.queue = Some(if self.rng.chance(750) { 0 } else { 5 }),
            Kind::Borrow => {
                let hours = self.rng.pick(&[-1, 1, 5, 12, 20, 23, 24, 30, 72, 100]).copied().unwrap_or(1);
                let until = Wall(model.now.wall.0 + hours * 3_600_000);
                // In line only where the date is far: nobody looks at a line again because time passes.
                more.queue = (hours >= 72 && self.rng.chance(400)).then_some(0);
                more.borrow = Some(Borrow { until, proof: proof(session, self.requests) });
            }
            Kind::Job => more.job = Some(job.clone()),
            _ => {}
        }
        let config = if self.rng.chance(120) {
            self.rng.pick(&self.world.pools).map(|pool| pool.id.config().clone())
        } else {
            None
        };
        let is_plain = more == More::default();
        let mut ask = Checkout {
            session,
            request: RequestId(self.requests),
            feature: self.feature(),
            version: version(self.rng.pick(&versions).copied().unwrap_or("4.0")),
            seats: known(SeatCount::new(seats)),
            vendor: None,
            config,
            more: (!is_plain).then(|| Box::new(more)),
        };
        if kind == Kind::Book {
            ask.more = None;
            let ttl = Millis(if self.rng.chance(500) { 300_000 } else { 7_200_000 });
            return Op::Do(Command::Book(Box::new(Book { ask, job, ttl })));
        }
        self.sent.push(ask.clone());
        Op::Do(Command::Checkout(ask))
    }

    /// A checkout that was sent before, as it was or otherwise.
    fn again(&mut self, kind: Kind) -> Option<Op> {
        let from = self.sent.len().saturating_sub(8);
        let mut ask = self.rng.pick(self.sent.get(from..)?)?.clone();
        match kind {
            Kind::Altered => match self.rng.below(3) {
                0 => ask.seats = known(SeatCount::new(u64::from(ask.seats.get()) + 1)),
                1 => ask.version = version("3.0"),
                _ => ask.feature = feature("drill"),
            },
            Kind::Late => ask.request = RequestId(self.rng.between(1, ask.request.0)),
            _ => {}
        }
        Some(Op::Do(Command::Checkout(ask)))
    }

    fn on_grant(&mut self, kind: Kind, model: &Model) -> Option<Op> {
        let now = model.now.wall;
        let of = |wanted: &dyn Fn(&Hold) -> bool| -> Vec<Name> {
            model.grants.iter().filter(|grant| wanted(&grant.hold)).map(|grant| grant.name).collect()
        };
        let any = of(&|_| true);
        let own = match kind {
            Kind::Checkin => of(&|hold| matches!(hold, Hold::Floating | Hold::Revoked(..))),
            Kind::Unbook => of(&|hold| matches!(hold, Hold::Booked { .. })),
            Kind::Return | Kind::Lost => of(&|hold| matches!(hold, Hold::Borrowed { .. })),
            Kind::Expire => {
                let due = |grant: &&super::model::Grant| grant.until().is_some_and(|until| until <= now);
                model.grants.iter().filter(due).map(|grant| grant.name).collect()
            }
            _ => any.clone(),
        };
        let from = if self.rng.chance(80) || own.is_empty() { &any } else { &own };
        let name = *self.rng.pick(from)?;
        let other = self.session(model);
        let what = match kind {
            Kind::Checkin => OnGrant::Checkin(name.0),
            Kind::Foreign => OnGrant::Checkin(other),
            Kind::Unbook => OnGrant::Unbook(other),
            Kind::Expire => OnGrant::Expire,
            Kind::Return if self.rng.chance(350) => OnGrant::Return([0; 32]),
            Kind::Return => OnGrant::Return(proof(name.0, name.1.0)),
            _ => OnGrant::Lost,
        };
        Some(Op::On(name, what))
    }

    fn revoke(&mut self, model: &Model) -> Option<Op> {
        let until = Wall(model.now.wall.0 + 180_000);
        let which = match self.rng.below(5) {
            0 => Revoked::Unlicensed,
            2 => Revoked::Unassigned,
            1 => {
                let idle: Vec<_> = model.sessions.iter().filter(|s| s.idle.is_some()).map(|s| s.id).collect();
                Revoked::Idle(self.rng.pick(&idle).copied().unwrap_or_else(|| self.session(model)))
            }
            _ => {
                let name = self.rng.pick(&model.grants)?.name;
                return Some(Op::On(name, OnGrant::Revoke(Code::Removed, until)));
            }
        };
        Some(Op::Do(Command::Revoke(Revoke { which, code: Code::Removed, until })))
    }

    fn assign(&mut self, kind: Kind, model: &Model) -> Option<Op> {
        let named: Vec<_> =
            self.world.pools.iter().filter(|pool| pool.named).map(|pool| pool.id.clone()).collect();
        let pool = self.rng.pick(&named)?.clone();
        let email = email(self.rng.pick(&USERS).copied()?);
        let day = |n| known(Date::new(2026, 3, n));
        if kind == Kind::Unassign {
            let known = self.rng.pick(&model.assignments).map(|row| (row.pool.clone(), row.email.clone()));
            let (pool, email) = known.unwrap_or((pool, email));
            let until = Wall(super::world::BEGINS + 999_000);
            return Some(Op::Do(Command::Unassign { pool, email, until }));
        }
        let from = day(if self.rng.chance(800) { 1 } else { 4 });
        let until = match self.rng.below(4) {
            0 => Expiry::On(day(2)),
            1 => Expiry::On(day(5)),
            _ => Expiry::Permanent,
        };
        Some(Op::Do(Command::Assign(Box::new(AssignmentRow { pool, email, from, until }))))
    }

    /// A deed of the license desk: some of all that it may change, now and then with a key that is none.
    fn desk(&mut self, model: &Model) -> Op {
        let mut change = DeskChange::new(DeskNote::new("uid 0", "try", ""));
        for _ in 0..self.rng.below(4) {
            let value = vec![b'a'; usize::try_from(self.rng.between(1, 3)).unwrap_or(1)];
            change.puts.push(DeskRow { key: self.desk_key(), value: value.into() });
        }
        for _ in 0..self.rng.below(3) {
            change.drops.push(self.desk_key());
        }
        for _ in 0..self.rng.below(3) {
            if let Some(Op::Do(Command::Assign(row))) = self.assign(Kind::Assign, model) {
                change.assign.push(*row);
            }
        }
        if self.rng.chance(200)
            && let Some(Op::Do(Command::Unassign { pool, email, until })) = self.assign(Kind::Unassign, model)
        {
            change.unassign.push((pool, email));
            change.until = until;
        }
        if self.rng.chance(200) {
            match self.login() {
                Op::Do(Command::SetLogin(row)) => change.logins.push(*row),
                Op::Do(Command::DropLogin(email)) => change.dropped_logins.push(email),
                _ => {}
            }
        }
        Op::Do(Command::Desk(Box::new(change)))
    }

    fn desk_key(&mut self) -> Arc<str> {
        if self.rng.chance(20) {
            return "case 1".into();
        }
        self.rng.pick(&DESK_KEYS).copied().unwrap_or("case/1").into()
    }

    fn login(&mut self) -> Op {
        let user = self.rng.pick(&USERS).copied().unwrap_or("kim");
        if self.rng.chance(250) {
            return Op::Do(Command::DropLogin(email(user)));
        }
        Op::Do(Command::SetLogin(Box::new(LoginRow { email: email(user), token_hash: login_of(user) })))
    }

    /// The logins that a history begins with.
    pub(crate) fn logins(&self) -> Vec<Op> {
        let row = |user: &&str| LoginRow { email: email(user), token_hash: login_of(user) };
        let all = USERS.iter().take(if self.world.pools.iter().any(|pool| pool.named) { 3 } else { 0 });
        all.map(|user| Op::Do(Command::SetLogin(Box::new(row(user))))).collect()
    }
}

fn login_of(user: &str) -> [u8; 32] {
    [user.bytes().next().unwrap_or(0); 32]
}

fn proof(session: SessionId, request: u64) -> [u8; 32] {
    let mut proof = [1; 32];
    proof[1] = u8::try_from(session.0 % 256).unwrap_or(0);
    proof[2] = u8::try_from(request % 256).unwrap_or(0);
    proof
}
