//! A little license host: pools, sessions, checkouts; and its store in memory.

use names::{
    Code, ConfigId, CpuId, Date, Email, Expiry, Feature, GrantId, Millis, Mono, Now, PoolId, RequestId,
    SeatCount, SessionId, Vendor, Version, Wall, Word,
};
use seats::{
    Answer, AssignmentRow, Book, Borrow, BorrowTerms, Checkin, Checkout, Command, DeskChange, DeskNote,
    DeskRow, Identity, License, LoginRow, Machine, More, NoRules, Open, PoolRow, PoolStanding, Quota,
    QuotaKind, Record, Revoke, Revoked, Same, Sharing, State,
};
use store::{
    Batch, Committed, Disk, Follower, FollowerOptions, InitKind, InitOptions, Journal, JournalOptions,
    MapFolder, MapStore, OpenError, Opened, Options, SeatStore, StoreId,
};

use crate::memory::Memory;

pub(crate) const STORE: StoreId = StoreId([0xa5; 16]);
pub(crate) const SEGMENT: u64 = 8 * 1024;

/// A thing to do, made of small numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Op {
    Open(u8),
    Checkout(u8, u8, u8),
    Checkin(u8),
    Close(u8),
    TimeOut(u8),
    Release(u8),
    Pools(u8),
    /// What few do, so that there is a row of every kind.
    Rare(u8),
}

/// Decides, and keeps what a client would have to know.
#[derive(Debug, Default)]
pub(crate) struct House {
    pub(crate) state: State,
    clock: i64,
    requests: u64,
    grants: Vec<(SessionId, GrantId)>,
}

impl House {
    pub(crate) fn of(state: State) -> Self {
        let grants = state
            .rows()
            .filter_map(|row| match row {
                seats::Row::Grant(g) => Some((g.session, g.id)),
                _ => None,
            })
            .collect();
        Self { requests: state.last().0 + 1_000_000, state, clock: 0, grants }
    }

    /// Does a thing, and gives the records of it.
    pub(crate) fn run(&mut self, op: Op) -> Vec<Record> {
        let session = |n: u8| SessionId(0x0101_0101_0101_0100 + u64::from(n % 6));
        let command = match op {
            Op::Open(n) => Command::Open(Box::new(open(session(n)))),
            Op::Checkout(n, feature, seats) => {
                self.requests += 1;
                Command::Checkout(Checkout {
                    session: session(n),
                    request: RequestId(self.requests),
                    feature: feature_of(feature),
                    version: Version::new("1.0").unwrap(),
                    seats: SeatCount::new(u64::from(seats % 3) + 1).unwrap(),
                    vendor: None,
                    config: None,
                    more: None,
                })
            }
            Op::Checkin(n) => {
                let Some((session, grant)) = self.grants.get(usize::from(n) % self.grants.len().max(1))
                else {
                    return Vec::new();
                };
                Command::Checkin(Checkin { session: *session, grant: *grant })
            }
            Op::Close(n) => Command::Close(session(n)),
            Op::TimeOut(n) => Command::TimeOut(session(n)),
            Op::Release(n) => Command::Release(session(n)),
            Op::Rare(n) => {
                self.requests += 1;
                rare(n, session(0), RequestId(self.requests))
            }
            Op::Pools(n) => Command::SetLicense(Box::new(license(u32::from(n % 4) * 10 + 20))),
        };
        let Command::Checkout(ask) = &command else { return self.step(command).1 };
        let session = ask.session;
        let (answer, records) = self.step(command);
        if let Answer::Granted { grant, .. } = answer {
            self.grants.push((session, grant));
        }
        records
    }

    pub(crate) fn step(&mut self, command: Command) -> (Answer, Vec<Record>) {
        self.clock += 7;
        let now = Now { mono: Mono(0), wall: Wall(1_790_000_000_000 + self.clock) };
        let mut records = Vec::new();
        let answer = self.state.step(now, command, &NoRules, &mut records);
        (answer, records)
    }
}

fn feature_of(n: u8) -> Feature {
    Feature::new(["solid", "sheet-metal", "render"][usize::from(n % 3)]).unwrap()
}

fn pool(feature: u8, capacity: u32) -> PoolRow {
    let cpu = CpuId::new("02aa10203040").unwrap();
    let id = PoolId::new(Vendor::new("acme").unwrap(), ConfigId::Number(11470), cpu, feature_of(feature), "");
    PoolRow {
        order: u32::from(feature),
        ..PoolRow::floating(id.unwrap(), capacity, Version::new("9.0").unwrap())
    }
}

fn license(capacity: u32) -> License {
    License { pools: (0..3).map(|feature| pool(feature, capacity)).collect(), ..License::default() }
}

/// A license with every attribute, and what only it makes possible.
fn rare(n: u8, session: SessionId, request: RequestId) -> Command {
    let word = |text: &str| Word::new("a word", text).unwrap();
    let email = Email::new("kim@example.com").unwrap();
    let until = Wall(1_790_003_600_000);
    let ask = |seats: u64, more: More| Checkout {
        session,
        request,
        feature: feature_of(0),
        version: Version::new("1.0").unwrap(),
        seats: SeatCount::new(seats).unwrap(),
        vendor: None,
        config: None,
        more: Some(Box::new(more)),
    };
    match n % 11 {
        0 => Command::SetLicense(Box::new(full_license())),
        1 => Command::SetLogin(Box::new(LoginRow { email, token_hash: [3; 32] })),
        2 => {
            let from = Date::new(2026, 9, 1).unwrap();
            let until = Expiry::On(Date::new(2027, 8, 31).unwrap());
            Command::Assign(Box::new(AssignmentRow { pool: pool(1, 0).id, email, from, until }))
        }
        3 => {
            let borrow = Some(Borrow { until, proof: [4; 32] });
            Command::Checkout(ask(1, More { borrow, data: Some(word("v1")), ..More::default() }))
        }
        4 => {
            let job = word("job7");
            Command::Book(Box::new(Book { ask: ask(2, More::default()), job, ttl: Millis(60_000) }))
        }
        5 => Command::Checkout(ask(39, More { queue: Some(1), data: Some(word("v2")), ..More::default() })),
        6 => Command::Idle { session, is_idle: true },
        8 => Command::LookAtClock,
        9 => desk(&[("case/17", b"{\"n\":1}"), ("company/1", &[0, 0xff]), ("case/2", b"gone")], &[]),
        10 => desk(&[("case/17", b"{\"n\":2}")], &["case/2"]),
        _ => Command::Revoke(Revoke { which: Revoked::Grant(GrantId(5)), code: Code::Removed, until }),
    }
}

/// A deed of the license desk.
pub(crate) fn desk(puts: &[(&str, &[u8])], drops: &[&str]) -> Command {
    let row = |(key, value): &(&str, &[u8])| DeskRow { key: (*key).into(), value: (*value).into() };
    let (puts, drops) = (puts.iter().map(row).collect(), drops.iter().map(|key| (*key).into()).collect());
    let note = DeskNote::new("kim@example.com", "try", "case/17");
    Command::Desk(Box::new(DeskChange { puts, drops, ..DeskChange::new(note) }))
}

fn full_license() -> License {
    let mut license = license(40);
    let [first, second, third] = &mut license.pools[..] else { unreachable!("there are three") };
    first.overdraft = 1;
    first.sharing = Sharing::Same(Same { data: true, ..Same::default() });
    first.linger = Millis(60_000);
    first.idle_timeout = Millis(900_000);
    first.borrow = Some(BorrowTerms { hours: 168, lowwater: 1, may_be_lost: true });
    first.vendor_string = Some("seats of a site".into());
    second.named = true;
    second.dated = true;
    second.sharing = Sharing::Same(Same { person: true, ..Same::default() });
    third.standing = PoolStanding::NotYet;
    third.capacity = 0;
    let quota = |key: &str, kind, rule: &str| Quota {
        key: key.into(),
        kind,
        seats: 2,
        who: "USER lee".into(),
        rule: rule.into(),
    };
    license.quotas = vec![
        quota("r", QuotaKind::Reserve(license.pools[0].id.clone()), "acme.opt:1"),
        quota("m", QuotaKind::Max, "acme.opt:2"),
    ];
    license
}

fn open(session: SessionId) -> Open {
    let word = |text: &str| Word::new("a word", text).unwrap();
    let identity = Identity {
        user: word("kim"),
        host: word("ws7"),
        display: word(""),
        application: word("cad"),
        project: word(""),
        platform: word("x64_lsb"),
        pid: 4711,
        cpu: CpuId::new("0a0b0c0d0e0f").unwrap(),
        machine: Machine::default(),
        address: None,
        email: None,
    };
    Open {
        session,
        token_hash: [7; 32],
        identity,
        login: None,
        timeout: Millis(120_000),
        hold: Millis(60_000),
        replaces: Vec::new(),
    }
}

/// Things that give a record or more each: a pool, a session, then grants.
pub(crate) fn grants(n: u8) -> Vec<Op> {
    let mut ops = vec![Op::Pools(3), Op::Open(0)];
    ops.extend((0..n).map(|i| Op::Checkout(0, i, 0)));
    ops
}

pub(crate) fn init_options(kind: InitKind) -> InitOptions {
    InitOptions {
        store: STORE,
        created: Wall(1_790_000_000_000),
        host: CpuId::new("02aa10203040").unwrap(),
        kind,
        journal: JournalOptions { segment_bytes: SEGMENT },
    }
}

pub(crate) fn options() -> Options {
    Options {
        journal: JournalOptions { segment_bytes: SEGMENT },
        follower: FollowerOptions { export_after_bytes: u64::MAX, export_growth: 4 },
        ..Options::default()
    }
}

/// A store that was just made, in memory.
pub(crate) fn made() -> Memory {
    let disk = Memory::new();
    store::init_on(&disk, &init_options(InitKind::New)).unwrap();
    disk
}

/// Opens a store in memory, with its seat state in `folder`.
pub(crate) fn open_with(
    disk: &Memory,
    folder: &mut MapFolder,
) -> Result<Opened<Memory, MapStore>, OpenError> {
    store::open_on(disk, folder, &options())
}

/// Opens a store in memory by its journal and exports alone.
pub(crate) fn open_alone(disk: &Memory) -> Result<Opened<Memory, MapStore>, OpenError> {
    open_with(disk, &mut MapFolder::default())
}

/// Does some things, a batch each, and has the follower take every one.
pub(crate) fn work<D: Disk, S: SeatStore>(
    house: &mut House,
    journal: &mut Journal<D>,
    follower: &mut Follower<D, S>,
    ops: &[Op],
) {
    for op in ops {
        let records = house.run(*op);
        let Some(batch) = commit(house, journal, records) else { continue };
        follower.take(&batch);
    }
}

/// Commits the records of one command.
pub(crate) fn commit<D: Disk>(
    house: &House,
    journal: &mut Journal<D>,
    records: Vec<Record>,
) -> Option<Committed> {
    if records.is_empty() {
        return None;
    }
    let mut batch = Batch::new();
    batch.push_command(&records);
    let (counts, fingerprint) = (house.state.counts(), house.state.fingerprint());
    let bytes = journal.commit(&mut batch, counts, fingerprint).unwrap();
    Some(Committed { records, counts, fingerprint, bytes })
}

/// A store with these things done, a batch each, and the state after each batch; no seat state.
pub(crate) fn worked(ops: &[Op]) -> (Memory, Vec<State>) {
    let disk = made();
    let mut opened = open_alone(&disk).unwrap();
    let mut house = House::of(opened.state);
    let mut states = vec![house.state.clone()];
    for op in ops {
        let records = house.run(*op);
        if commit(&house, &mut opened.journal, records).is_some() {
            states.push(house.state.clone());
        }
    }
    (disk, states)
}

/// Asserts that two states are the same, row by row.
#[track_caller]
pub(crate) fn assert_same(found: &State, wanted: &State) {
    found.check().unwrap();
    assert_eq!(found.last(), wanted.last());
    assert_eq!(found.counts(), wanted.counts());
    assert_eq!(found.fingerprint(), wanted.fingerprint());
}
