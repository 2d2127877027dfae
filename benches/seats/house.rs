//! An engine with pools, sessions and holders, and the pairs that are measured.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use names::{ConfigId, CpuId, Feature, GrantId, Millis, Mono, Now, PoolId, RequestId, SeatCount};
use names::{SessionId, Vendor, Version, Wall, Word};
use seats::{Answer, Checkin, Checkout, Command, Identity, License, Machine, NoRules, Open, PoolRow};
use seats::{PoolTerms, Quota, QuotaKind, Record, Rules, Same, Sharing, State};

/// Sessions that check out and in.
pub(crate) const ACTIVE: u64 = 64;
/// Seats that each session of the others holds.
const HELD: u32 = 1_000;
/// Pairs whose commands are made at a time.
const BLOCK: u64 = 64;

/// What an engine has before it is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) pools: u32,
    /// Seats that are held, of the pools in turn.
    pub(crate) holders: u32,
    /// RESERVE, MAX and DUP_GROUP in force.
    pub(crate) rules: bool,
    /// Every pair is of another pool; otherwise each session keeps to one.
    pub(crate) wanders: bool,
}

impl Shape {
    pub(crate) const PLAIN: Self =
        Self { name: "one pool", pools: 1, holders: 0, rules: false, wanders: false };
    pub(crate) const RULES: Self = Self { name: "RESERVE, MAX, DUP_GROUP", rules: true, ..Self::PLAIN };
}

/// An engine, and what its clients ask of it.
pub(crate) struct House {
    state: State,
    rules: Box<dyn Rules + Send>,
    features: Vec<Feature>,
    version: Version,
    shape: Shape,
    records: Vec<Record>,
    requests: u64,
}

const NOW: Now = Now { mono: Mono(1_000), wall: Wall(1_800_000_000_000) };

impl House {
    pub(crate) fn new(shape: Shape) -> Self {
        let features: Vec<_> =
            (0..shape.pools).map(|n| Feature::new(&format!("mill_{n}")).unwrap()).collect();
        let rows: Vec<_> = features.iter().enumerate().map(|(n, feature)| pool(n, feature, shape)).collect();
        let rules: Box<dyn Rules + Send> =
            if shape.rules { Box::new(Office::new(&rows)) } else { Box::new(NoRules) };
        let quotas = if shape.rules { rows.iter().flat_map(quotas).collect() } else { Vec::new() };
        let license = License { pools: rows, quotas, ..License::default() };
        let version = Version::new("20.0").unwrap();
        let records = Vec::with_capacity(2 * BLOCK as usize);
        let mut house = Self { state: State::new(), rules, features, version, shape, records, requests: 0 };
        house.decide(Command::SetLicense(Box::new(license)));
        for n in 0..ACTIVE + u64::from(shape.holders.div_ceil(HELD)) {
            house.decide(Command::Open(Box::new(open(n))));
        }
        for n in 0..shape.holders {
            let session = SessionId(ACTIVE + u64::from(n / HELD));
            let command = house.checkout(session, n as usize % house.features.len());
            let answer = house.decide(command);
            assert!(matches!(answer, Answer::Granted { .. }), "{answer:?}");
            house.records.clear();
        }
        // The active ones are written down, as those of a busy hour are.
        house.block();
        house
    }

    /// What the owner does with a command.
    pub(crate) fn decide(&mut self, command: Command) -> Answer {
        self.state.step(NOW, command, &*self.rules, &mut self.records)
    }

    /// The records go to the journal.
    pub(crate) fn write(&mut self) {
        self.records.clear();
    }

    pub(crate) fn checkout(&mut self, session: SessionId, feature: usize) -> Command {
        self.requests += 1;
        Command::Checkout(Checkout {
            session,
            request: RequestId(self.requests),
            feature: self.features[feature].clone(),
            version: self.version,
            seats: SeatCount::new(1).unwrap(),
            vendor: None,
            config: None,
            more: None,
        })
    }

    /// Some pairs, and the time they took: the commands are there, and their records are dropped after.
    fn block(&mut self) -> Duration {
        let pools = self.features.len() as u64;
        let mut asks = Vec::with_capacity(BLOCK as usize);
        for n in 0..BLOCK {
            let session = n % ACTIVE;
            // Each session keeps to a pool of its own, far from the next one's.
            let place = if self.shape.wanders { self.requests * 7_919 } else { session * pools / ACTIVE };
            asks.push((SessionId(session), self.checkout(SessionId(session), (place % pools) as usize)));
        }
        let began = Instant::now();
        for (session, ask) in asks {
            let Answer::Granted { grant, .. } = self.decide(ask) else {
                panic!("a seat of a pool that has free ones was denied");
            };
            let answer = self.decide(Command::Checkin(Checkin { session, grant }));
            assert!(matches!(answer, Answer::Returned { .. }), "{answer:?}");
        }
        let took = began.elapsed();
        self.records.clear();
        took
    }

    /// At least so many pairs.
    pub(crate) fn pairs(&mut self, least: u64) {
        for _ in 0..least.div_ceil(BLOCK) {
            self.block();
        }
    }

    /// Pairs a second, for so long.
    pub(crate) fn pairs_a_second(&mut self, longest: Duration) -> f64 {
        let (mut pairs, mut took) = (0, Duration::ZERO);
        while took < longest {
            took += self.block();
            pairs += BLOCK;
        }
        pairs as f64 / took.as_secs_f64()
    }
}

/// Makes the commands of a session, far from the engine.
pub(crate) struct Maker {
    session: SessionId,
    ask: Checkout,
    requests: u64,
}

impl Maker {
    pub(crate) fn new(session: SessionId) -> Self {
        let Command::Checkout(ask) = House::new(Shape::PLAIN).checkout(session, 0) else { unreachable!() };
        Self { session, ask, requests: 1 << 32 }
    }

    pub(crate) fn checkout(&mut self) -> Command {
        self.requests += 1;
        Command::Checkout(Checkout { request: RequestId(self.requests), ..self.ask.clone() })
    }

    pub(crate) fn checkin(&self, grant: GrantId) -> Command {
        Command::Checkin(Checkin { session: self.session, grant })
    }
}

fn pool(n: usize, feature: &Feature, shape: Shape) -> PoolRow {
    let id = PoolId::new(
        Vendor::new("acmed").unwrap(),
        ConfigId::new(&(11_470 + n).to_string()).unwrap(),
        CpuId::new("02aa10203040").unwrap(),
        feature.clone(),
        "VERSION=20.0",
    );
    let seats = shape.holders / shape.pools + 100_000;
    let row = PoolRow::floating(id.unwrap(), seats, Version::new("20.0").unwrap());
    let same = Same { user: true, host: true, ..Same::default() };
    if shape.rules { PoolRow { sharing: Sharing::Same(same), sharers: 4, ..row } } else { row }
}

/// `RESERVE 10 mill_N GROUP cad` and `MAX 2000000 mill_N GROUP cad`.
fn quotas(row: &PoolRow) -> [Quota; 2] {
    let quota = |kind: QuotaKind, word: &str, seats: u32| Quota {
        key: format!("{word} {}", row.id).into(),
        kind,
        seats,
        who: "GROUP cad".into(),
        rule: "acmed.opt:5".into(),
    };
    [quota(QuotaKind::Reserve(row.id.clone()), "RESERVE", 10), quota(QuotaKind::Max, "MAX", 2_000_000)]
}

/// Everybody is of the group that the rules are about.
struct Office {
    terms: HashMap<Feature, PoolTerms>,
}

impl Office {
    fn new(rows: &[PoolRow]) -> Self {
        let terms = rows.iter().map(|row| {
            let quotas = quotas(row).map(|quota| quota.key).to_vec();
            let terms = PoolTerms { pool: row.id.clone(), refused: None, no_borrow: None, quotas };
            (row.id.feature().clone(), terms)
        });
        Self { terms: terms.collect() }
    }
}

impl Rules for Office {
    fn terms(&self, _: &Identity, feature: &Feature) -> Vec<PoolTerms> {
        self.terms.get(feature).cloned().into_iter().collect()
    }

    fn are_about(&self, feature: &Feature) -> bool {
        self.terms.contains_key(feature)
    }
}

fn open(n: u64) -> Open {
    let word = |text: &str| Word::new("a word", text).unwrap();
    let [_, a, b, c] = (n as u32).to_be_bytes();
    Open {
        session: SessionId(n),
        token_hash: [1; 32],
        identity: Identity {
            user: word(&format!("user{n}")),
            host: word(&format!("ws{n}")),
            display: word(":0"),
            application: word("cad"),
            project: word(""),
            platform: word("x64_lsb"),
            pid: 4_711,
            cpu: CpuId::new("02aa10200001").unwrap(),
            machine: Machine::default(),
            address: Some(IpAddr::V4(Ipv4Addr::new(127, a, b, c))),
            email: None,
        },
        login: None,
        timeout: Millis(120_000),
        hold: Millis(60_000),
        replaces: Vec::new(),
    }
}
