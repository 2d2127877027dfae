//! The engine of a site, and what it answers.

use std::sync::Arc;

use license::{SecretKey, SignOptions, Source, Trust, TrustedKey};
use names::{
    ConfigId, Email, GrantId, Millis, Mono, Now, PackNumber, PoolId, RequestId, SeatCount, SessionId, Vendor,
    Version, Wall,
};
use policy::Policy;
use seats::{
    Answer, Book, Borrow, Charge, Checkin, Checkout, Denial, Identity, LoginRow, More, QuotaKind, Record,
    State,
};
use service::{Ask, Engine, InForce, Licensed, Settings};

use super::site::{NOON, Op, Site, Wish, assignment, feature};
use crate::engine::{known, word};

/// What the license lines and an options file of a site put in force; nothing where a line of them is not
/// as it must be.
pub(crate) fn in_force(site: &Site, options: usize) -> Result<InForce, String> {
    let vendor = known(Vendor::new("acmed"));
    let key = SecretKey::for_vendor(vendor.clone(), [7; 32]);
    let source = |bytes: Vec<u8>| Source { name: "acmed.lic".into(), bytes };
    let text = site.license.join("\n") + "\n";
    let number = SignOptions::new(known(PackNumber::new("P-1")));
    let signed = license::sign_pack(&source(text.into_bytes()), &key, &number);
    let sources = vec![source(signed.map_err(|found| format!("the license: {found:?}"))?)];
    let trust = Trust::new(vec![TrustedKey { vendor, key: key.public() }]);
    let loaded = license::load(&sources, &trust, None, false);
    let lines = site.options.get(options).map_or(&[][..], Vec::as_slice).join("\n");
    let (file, found) = policy::parse(&Source::new("acmed.opt", lines));
    if let Some(wrong) = found.iter().find(|found| found.severity == license::Severity::Error) {
        return Err(format!("the options: {wrong:?}"));
    }
    let mut policy = Policy::new();
    policy.add(&file, &loaded.entitlements.iter().collect::<Vec<_>>(), &sources);
    let licensed = Arc::new(Licensed::new(&loaded.entitlements));
    Ok(InForce::new(licensed, Arc::new(policy), 0))
}

/// An engine, with a session for each of the people.
pub(crate) struct Host {
    pub(crate) engine: Engine,
    pub(crate) now: Now,
    people: Vec<Identity>,
    sessions: Vec<SessionId>,
    opened: u64,
    requests: u64,
}

/// The answer to a checkout, without what only a checkout has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    Granted(PoolId),
    Queued,
    Denied(Box<Denial>),
}

impl Host {
    pub(crate) fn new(in_force: InForce, people: &[Identity]) -> Self {
        let now = Now { mono: Mono(1_000), wall: NOON };
        let engine = Engine::new(State::new(), Settings::default(), in_force, now);
        let mut host =
            Self { engine, now, people: people.to_vec(), sessions: Vec::new(), opened: 0, requests: 0 };
        host.run(|engine, now, out| engine.start(now, out));
        for email in people.iter().filter_map(|who| who.email.clone()) {
            let row = LoginRow { token_hash: login(&email), email };
            host.ask(Ask::SetLogin(Box::new(row)));
        }
        for who in 0..people.len() {
            let session = host.open(who);
            host.sessions.push(session);
        }
        host
    }

    fn run<T>(&mut self, call: impl FnOnce(&mut Engine, Now, &mut Vec<Record>) -> T) -> T {
        call(&mut self.engine, self.now, &mut Vec::new())
    }

    fn ask(&mut self, ask: Ask) -> Answer {
        self.run(|engine, now, out| engine.handle(now, ask, out)).answer
    }

    fn open(&mut self, who: usize) -> SessionId {
        self.opened += 1;
        let session = SessionId(self.opened);
        if let Some(identity) = self.people.get(who).cloned() {
            self.ask(Ask::Open {
                session,
                token_hash: [1; 32],
                login: identity.email.as_ref().map(login),
                identity: Box::new(identity),
                timeout: Millis(0),
                replaces: Vec::new(),
            });
        }
        session
    }

    pub(crate) fn session(&self, who: usize) -> SessionId {
        self.sessions.get(who).copied().unwrap_or(SessionId(0))
    }

    /// What somebody is told who asks, by `explain`; in no session, as over the wire, or in their own.
    pub(crate) fn explained(&mut self, who: usize, ask: &Checkout) -> Told {
        let Some(identity) = self.people.get(who).cloned() else { return Told::Queued };
        told(self.ask(Ask::Explain(Box::new((identity, ask.clone())))))
    }

    pub(crate) fn checked_out(&mut self, ask: Checkout) -> Told {
        told(self.ask(Ask::Checkout(ask)))
    }

    /// What a grant of a session is charged to: whether MAX, the rule, the seats, whether of the suite.
    pub(crate) fn charges(&self, session: SessionId) -> Option<Vec<(bool, String, u32, bool)>> {
        let state = self.engine.state();
        let grant = state.held(session).next()?.grant;
        let charged = |charge: &Charge| {
            let (row, _) = state.quota(charge.quota)?;
            Some((row.kind == QuotaKind::Max, row.rule.to_string(), charge.seats, charge.of_suite))
        };
        Some(state.grant(grant)?.charges.iter().filter_map(charged).collect())
    }

    pub(crate) fn checkout(&mut self, who: usize, wish: &Wish) -> Checkout {
        self.requests += 1;
        let borrow = wish.borrow.map(|hours| Borrow {
            until: Wall(self.now.wall.0.saturating_add_unsigned(hours * 3_600_000)),
            proof: [2; 32],
        });
        let more = More { data: wish.data.map(word), queue: wish.queue, borrow, job: wish.job.map(word) };
        Checkout {
            session: self.session(who),
            request: RequestId(self.requests),
            feature: feature(wish.feature),
            version: known(Version::new(wish.version)),
            seats: known(SeatCount::new(wish.seats)),
            vendor: None,
            config: wish.config.map(|n| known(ConfigId::new(&n.to_string()))),
            more: (more != More::default()).then(|| Box::new(more)),
        }
    }

    /// Lets happen what is no question.
    pub(crate) fn happen(&mut self, op: &Op, site: &Site) -> Result<(), String> {
        match op {
            Op::Checkout { .. } => {}
            Op::Checkin(n) => {
                let held: Vec<(SessionId, GrantId)> = self
                    .sessions
                    .iter()
                    .flat_map(|session| self.engine.state().held(*session).map(|held| (*session, held.grant)))
                    .collect();
                let at = n.checked_rem(held.len()).and_then(|at| held.get(at).copied());
                if let Some((session, grant)) = at {
                    self.ask(Ask::Checkin(Checkin { session, grant }));
                }
            }
            Op::Again(who) => {
                self.ask(Ask::Close(self.session(*who)));
                let session = self.open(*who);
                if let Some(place) = self.sessions.get_mut(*who) {
                    *place = session;
                }
            }
            Op::Idle(who, is_idle) => {
                self.ask(Ask::Idle(self.session(*who), *is_idle));
            }
            Op::Book { who, wish } => {
                let ask = Checkout { more: None, ..self.checkout(*who, wish) };
                let book = Book { ask, job: word("job:1"), ttl: Millis(600_000) };
                self.ask(Ask::Book(Box::new(book)));
            }
            Op::Wait(ms) => self.wait(*ms),
            Op::Reread => {
                let in_force = in_force(site, 1)?;
                self.run(|engine, now, out| engine.reread(now, in_force, out));
            }
            Op::Assign { who, feature } => {
                let email = self.people.get(*who).and_then(|who| who.email.clone());
                let state = self.engine.state();
                let named =
                    state.pools().filter(|(row, _)| row.named && row.id.feature().as_str() == *feature);
                let pools: Vec<PoolId> = named.map(|(row, _)| row.id.clone()).collect();
                for (pool, email) in pools.into_iter().zip(email) {
                    self.ask(Ask::Assign(Box::new(assignment(pool, email))));
                }
            }
        }
        Ok(())
    }

    /// Time passes while every session beats.
    fn wait(&mut self, ms: u64) {
        self.now = Now {
            mono: self.now.mono.plus(Millis(ms)),
            wall: Wall(self.now.wall.0.saturating_add_unsigned(ms)),
        };
        let lives: Vec<_> = self.engine.live_sessions().map(|(_, live)| live).collect();
        for live in lives {
            live.word.beat(live.epoch, self.now.mono.plus(live.timeout));
        }
        while self.run(|engine, now, out| engine.due(now, out)) {}
    }
}

fn login(email: &Email) -> [u8; 32] {
    service::token_hash(email.as_str().as_bytes())
}

fn told(answer: Answer) -> Told {
    match answer {
        Answer::Granted { pool, .. } => Told::Granted(pool),
        Answer::Denied(denial) => Told::Denied(denial),
        _ => Told::Queued,
    }
}
