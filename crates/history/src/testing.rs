//! Records for tests: a license host's day, decided by the engine.

use names::{
    Code, ConfigId, CpuId, Feature, GrantId, Millis, Mono, Now, PoolId, RequestId, SeatCount, Seq, SessionId,
    Vendor, Version, Wall, Word,
};
use seats::{
    Answer, Checkin, Checkout, Command, Identity, License, Machine, More, NoRules, Open, PoolRow, Record,
    Revoke, Revoked, State,
};

use crate::sink::Sink;
use crate::told::Told;

/// 22-nov-2026 09:00 UTC.
pub(crate) const MORNING: Wall = Wall(1_795_338_000_000);

/// A license host whose records are kept.
#[derive(Debug)]
pub(crate) struct Day {
    pub(crate) state: State,
    pub(crate) records: Vec<Record>,
    pub(crate) now: Now,
    requests: u64,
}

/// A pool of `acmed`.
pub(crate) fn pool(feature: &str, seats: u32) -> PoolRow {
    let vendor = Vendor::new("acmed").unwrap();
    let cpu = CpuId::new("02aa10203040").unwrap();
    let config = ConfigId::new("11470").unwrap();
    let id = PoolId::new(vendor, config, cpu, Feature::new(feature).unwrap(), "").unwrap();
    PoolRow::floating(id, seats, Version::new("4.2").unwrap())
}

/// Somebody at a workstation.
pub(crate) fn who(user: &str, host: &str) -> Identity {
    Identity {
        user: Word::new("a user", user).unwrap(),
        host: Word::new("a host", host).unwrap(),
        display: Word::new("a display", ":0").unwrap(),
        application: Word::new("an application", "cad").unwrap(),
        project: Word::new("a project", "").unwrap(),
        platform: Word::new("a platform", "x64_lsb").unwrap(),
        pid: 4711,
        cpu: CpuId::new("02aa10201101").unwrap(),
        machine: Machine::default(),
        address: Some([10, 0, 0, 7].into()),
        email: None,
    }
}

impl Day {
    /// A host that has started, with these pools.
    pub(crate) fn new(pools: Vec<PoolRow>) -> Self {
        let now = Now { mono: Mono(1_000), wall: MORNING };
        let mut day = Self { state: State::new(), records: Vec::new(), now, requests: 0 };
        day.step(Command::Start);
        day.step(Command::SetLicense(Box::new(License { pools, ..License::default() })));
        day
    }

    /// Some time passes.
    pub(crate) fn pass(&mut self, millis: u64) {
        self.now.mono = self.now.mono.plus(Millis(millis));
        self.now.wall.0 += i64::try_from(millis).unwrap();
    }

    pub(crate) fn step(&mut self, command: Command) -> Answer {
        self.state.step(self.now, command, &NoRules, &mut self.records)
    }

    /// Opens a session.
    pub(crate) fn open(&mut self, session: u64, who: Identity) {
        self.step(Command::Open(Box::new(Open {
            session: SessionId(session),
            token_hash: [1; 32],
            identity: who,
            login: None,
            timeout: Millis(120_000),
            hold: Millis(60_000),
            replaces: Vec::new(),
        })));
    }

    pub(crate) fn ask(&mut self, session: u64, feature: &str, seats: u32, more: More) -> Answer {
        self.requests += 1;
        self.step(Command::Checkout(Checkout {
            session: SessionId(session),
            request: RequestId(self.requests),
            feature: Feature::new(feature).unwrap(),
            version: Version::new("4.0").unwrap(),
            seats: SeatCount::new(u64::from(seats)).unwrap(),
            vendor: None,
            config: None,
            more: Some(Box::new(more)),
        }))
    }

    /// Checks out; gives the grant, if there is one.
    pub(crate) fn checkout(&mut self, session: u64, feature: &str, seats: u32) -> Option<GrantId> {
        let before = self.records.len();
        self.ask(session, feature, seats, More::default());
        self.records[before..].iter().rev().find_map(|record| match &record.event {
            seats::Event::Granted(row) => Some(row.id),
            _ => None,
        })
    }

    pub(crate) fn checkin(&mut self, session: u64, grant: GrantId) {
        self.step(Command::Checkin(Checkin { session: SessionId(session), grant }));
    }

    /// An administrator takes a grant away.
    pub(crate) fn remove(&mut self, grant: GrantId) {
        self.step(Command::Note(Box::new(seats::Note::new(Some(0), seats::Deed::Remove, "grant"))));
        let until = Wall(self.now.wall.0 + 1);
        let which = Revoked::Grant(grant);
        self.step(Command::Revoke(Revoke { which, code: Code::Removed, until }));
    }

    /// A deed of the desk: a row put that holds a secret, and another dropped.
    pub(crate) fn desk(&mut self, by: &str) {
        let row = |key: &str| seats::DeskRow { key: key.into(), value: b"s3cret".as_slice().into() };
        let note = seats::DeskNote::new(by, "assign", "case/17");
        for (puts, drops) in [(vec![row("case/16")], vec![]), (vec![row("case/17")], vec!["case/16".into()])]
        {
            let change = seats::DeskChange { puts, drops, ..seats::DeskChange::new(note.clone()) };
            self.step(Command::Desk(Box::new(change)));
        }
    }

    /// All records after one, given to a sink as the daemon gives them.
    pub(crate) fn give(&self, sink: &mut dyn Sink, after: Seq) {
        let mut told = Told::new(State::new());
        for record in &self.records {
            let happened = told.happened(record, &mut ()).unwrap();
            if record.seq > after {
                sink.take(&happened, &told).unwrap();
            }
        }
    }

    /// The last record's number.
    pub(crate) fn last(&self) -> Seq {
        self.records.last().map_or(Seq(0), |record| record.seq)
    }
}
