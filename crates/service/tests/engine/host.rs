//! A license host without a host: an engine, its clocks, and a copy that replays its records.

use std::sync::Arc;

use license::{Loaded, SecretKey, SignOptions, Source, Trust, TrustedKey};
use names::{
    CpuId, Date, Email, Feature, GrantId, Millis, Mono, Now, PackNumber, RequestId, SeatCount, SessionId,
    Vendor, Version, Wall, Word,
};
use policy::Policy;
use seats::word::Beat;
use seats::{Answer, Checkin, Checkout, Event, Identity, Machine, More, Record, State};
use service::{Ask, Engine, InForce, Licensed, Live, News, Reply, Settings};

/// The settings of every test, in milliseconds.
pub(crate) const TIMEOUT: u64 = 10_000;
pub(crate) const GRACE: u64 = 3_000;
pub(crate) const HOLD: u64 = 4_000;

/// Ten floating seats for ever.
pub(crate) const TEN: &str = "INCREMENT PROE acmed 20.0 permanent 10 CONFIG_ID=11470\n";

pub(crate) fn settings() -> Settings {
    Settings::new(Millis(TIMEOUT), Millis(GRACE), Millis(HOLD)).unwrap()
}

/// What license lines give, once they are signed and read back.
pub(crate) fn licensed(lines: &str) -> Arc<Licensed> {
    Arc::new(Licensed::new(&read(lines).1.entitlements))
}

/// What license lines and an options file put in force together.
pub(crate) fn in_force(lines: &str, options: &str) -> InForce {
    let (sources, loaded) = read(lines);
    let (file, found) = policy::parse(&Source::new("acmed.opt", options));
    assert!(found.iter().all(|found| found.severity == license::Severity::Warning), "{found:?}");
    let mut policy = Policy::new();
    policy.add(&file, &loaded.entitlements.iter().collect::<Vec<_>>(), &sources);
    let licensed = Arc::new(Licensed::new(&loaded.entitlements));
    InForce::new(licensed, Arc::new(policy), 0)
}

/// The signed text of license lines, and what it gives.
pub(crate) fn read(lines: &str) -> (Vec<Source>, Loaded) {
    let vendor = Vendor::new("acmed").unwrap();
    let key = SecretKey::for_vendor(vendor.clone(), [7; 32]);
    let text = format!("SERVER this_host 02aa10203040 27000\nVENDOR acmed\n{lines}");
    let source = |bytes| Source { name: "acmed.lic".into(), bytes };
    let options = SignOptions::new(PackNumber::new("P-1").unwrap());
    let signed = license::sign_pack(&source(text.into_bytes()), &key, &options);
    let trust = Trust::new(vec![TrustedKey { vendor, key: key.public() }]);
    let host = [CpuId::new("02aa10203040").unwrap()];
    let sources = vec![source(signed.unwrap())];
    let loaded = license::load(&sources, &trust, Some(&host), true);
    let wrong = loaded.diagnostics.iter().find(|found| found.severity == license::Severity::Error);
    assert_eq!(wrong, None);
    (sources, loaded)
}

#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) engine: Engine,
    pub(crate) now: Now,
    /// Every record since the start, or the restart.
    pub(crate) records: Vec<Record>,
    in_force: InForce,
    replica: State,
}

impl Host {
    /// A host that begins at 12:00 of 2027-06-15 with these lines.
    pub(crate) fn new(lines: &str) -> Self {
        Self::with(lines, "")
    }

    /// The same, with an options file.
    pub(crate) fn with(lines: &str, options: &str) -> Self {
        let noon = Wall(Date::new(2027, 6, 15).unwrap().start().0 + 12 * 3_600_000);
        let now = Now { mono: Mono(1_000), wall: noon };
        Self::on(State::new(), in_force(lines, options), now, settings())
    }

    fn on(state: State, in_force: InForce, now: Now, settings: Settings) -> Self {
        let engine = Engine::new(state.clone(), settings, in_force.clone(), now);
        let mut host = Self { engine, now, records: Vec::new(), in_force, replica: state };
        host.run(|engine, now, out| engine.start(now, out));
        host
    }

    /// The host after it was killed and started again `down` ms later, on a monotonic clock that
    /// begins anew.
    pub(crate) fn restarted(self, down: u64) -> Self {
        self.restarted_with(down, settings())
    }

    /// The same, with other settings.
    pub(crate) fn restarted_with(self, down: u64, settings: Settings) -> Self {
        let rows: Vec<_> = self.engine.state().rows().collect();
        let state = State::from_rows(self.engine.state().last(), rows).unwrap();
        let now = Now { mono: Mono(5), wall: Wall(self.now.wall.0 + down.cast_signed()) };
        Self::on(state, self.in_force, now, settings)
    }

    /// Puts other licenses and another options file in force.
    pub(crate) fn reread(&mut self, lines: &str, options: &str) {
        self.put_in_force(in_force(lines, options));
    }

    pub(crate) fn put_in_force(&mut self, in_force: InForce) {
        self.in_force = in_force.clone();
        self.run(|engine, now, out| engine.reread(now, in_force, out));
    }

    /// Runs one call of the engine, and replays what it records.
    pub(crate) fn run<T>(&mut self, call: impl FnOnce(&mut Engine, Now, &mut Vec<Record>) -> T) -> T {
        let mut records = Vec::new();
        let result = call(&mut self.engine, self.now, &mut records);
        for record in &records {
            self.replica.apply(record).unwrap();
        }
        assert_eq!(self.replica.fingerprint(), self.engine.state().fingerprint(), "the replay differs");
        self.engine.state().check().unwrap();
        self.replica.check().unwrap();
        self.records.extend(records);
        result
    }

    pub(crate) fn ask(&mut self, ask: Ask) -> Reply {
        let reply = self.run(|engine, now, out| engine.handle(now, ask, out));
        assert_eq!(reply.at_once, reply.answer.is_denial(), "{:?}", reply.answer);
        reply
    }

    /// Lets time pass as the owner's thread does: it wakes at the moments it was told, and no others.
    pub(crate) fn wait(&mut self, ms: u64) {
        let end = self.now.mono.plus(Millis(ms));
        loop {
            let wake = self.engine.next_due(self.now).min(end);
            self.now.wall.0 += wake.since(self.now.mono).0.cast_signed();
            self.now.mono = wake.max(self.now.mono);
            while self.run(|engine, now, out| engine.due(now, out)) {}
            if self.now.mono == end {
                return;
            }
        }
    }

    /// Opens session `n`, of user `u<n>` at workstation `ws<n>`.
    pub(crate) fn open(&mut self, n: u64) -> Live {
        self.open_with(n, 0, Vec::new())
    }

    pub(crate) fn open_with(&mut self, n: u64, timeout: u64, replaces: Vec<(SessionId, [u8; 32])>) -> Live {
        self.open_as(n, identity(n), timeout, replaces)
    }

    /// The same, of somebody who says more of themselves; an e-mail is proven.
    pub(crate) fn open_as(
        &mut self,
        n: u64,
        identity: Identity,
        timeout: u64,
        replaces: Vec<(SessionId, [u8; 32])>,
    ) -> Live {
        let ask = Ask::Open {
            session: SessionId(n),
            token_hash: token_hash(n),
            login: identity.email.as_ref().map(login),
            identity: Box::new(identity),
            timeout: Millis(timeout),
            replaces,
        };
        self.ask(ask).live.expect("a welcome")
    }

    pub(crate) fn resume(&mut self, n: u64) -> Reply {
        self.ask(Ask::Resume { session: SessionId(n), token_hash: token_hash(n) })
    }

    pub(crate) fn checkout(&mut self, n: u64, request: u64) -> Answer {
        self.checkout_of(n, request, "PROE").answer
    }

    pub(crate) fn checkout_of(&mut self, n: u64, request: u64, feature: &str) -> Reply {
        self.ask(Ask::Checkout(wish(n, request, feature)))
    }

    /// A checkout of one seat of PROE that says more.
    pub(crate) fn checkout_with(&mut self, n: u64, request: u64, more: More) -> Reply {
        let checkout = Checkout { more: Some(Box::new(more)), ..wish(n, request, "PROE") };
        self.ask(Ask::Checkout(checkout))
    }

    /// Checks one seat out and gives the grant.
    pub(crate) fn take(&mut self, n: u64, request: u64) -> GrantId {
        match self.checkout(n, request) {
            Answer::Granted { grant, .. } => grant,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn checkin(&mut self, n: u64, grant: GrantId) -> Answer {
        self.ask(Ask::Checkin(Checkin { session: SessionId(n), grant })).answer
    }

    /// A heartbeat as a connection does it: without the engine.
    pub(crate) fn beat(&self, live: &Live) -> Beat {
        live.word.beat(live.epoch, self.now.mono.plus(live.timeout))
    }

    /// Seats in use, of all pools.
    pub(crate) fn in_use(&self) -> u32 {
        self.engine.state().pools().map(|(_, used)| used).sum()
    }

    /// The code of a checkout of `feature` that must be denied.
    pub(crate) fn denied(&mut self, n: u64, request: u64, feature: &str) -> i32 {
        match self.checkout_of(n, request, feature).answer {
            Answer::Denied(denial) => denial.code.number(),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn ended(&mut self) -> Vec<u64> {
        self.engine.take_ended().map(|session| session.0).collect()
    }

    /// What sessions were told since the last call.
    pub(crate) fn news(&mut self) -> Vec<(u64, News)> {
        self.engine.take_news().map(|(session, news)| (session.0, news)).collect()
    }

    /// How many records are of such an event.
    pub(crate) fn count(&self, is_one: impl Fn(&Event) -> bool) -> usize {
        self.records.iter().filter(|record| is_one(&record.event)).count()
    }
}

pub(crate) fn token_hash(n: u64) -> [u8; 32] {
    service::token_hash(&n.to_le_bytes())
}

/// One seat of a feature, and nothing more.
pub(crate) fn wish(n: u64, request: u64, feature: &str) -> Checkout {
    Checkout {
        session: SessionId(n),
        request: RequestId(request),
        feature: Feature::new(feature).unwrap(),
        version: Version::new("20.0").unwrap(),
        seats: SeatCount::ONE,
        vendor: None,
        config: None,
        more: None,
    }
}

/// What proves an e-mail.
pub(crate) fn login(email: &Email) -> [u8; 32] {
    service::token_hash(email.as_str().as_bytes())
}

pub(crate) fn identity(n: u64) -> Identity {
    let word = |text: &str| Word::new("a word", text).unwrap();
    Identity {
        user: word(&format!("u{n}")),
        host: word(&format!("ws{n}")),
        display: word(""),
        application: word("proe"),
        project: word(""),
        platform: word("x64_lsb"),
        pid: 1,
        cpu: CpuId::new(&format!("02b{n}")).unwrap(),
        machine: Machine::default(),
        address: None,
        email: None,
    }
}
