//! The accounting alone: `seats.step` in one thread, its records dropped.

use std::time::{Duration, Instant};

use names::{ConfigId, CpuId, Feature, Millis, Mono, Now, PoolId, RequestId, SeatCount, SessionId};
use names::{Vendor, Version, Wall, Word};
use seats::{Answer, Checkin, Checkout, Command, Identity, License, Machine, NoRules, Open, PoolRow, State};

const SESSIONS: u64 = 64;
/// Pairs between two looks at the clock.
const BLOCK: u64 = 1_000;

/// Checkout+checkin pairs a second.
pub(crate) fn pairs_a_second(longest: Duration) -> f64 {
    let now = Now { mono: Mono(1_000), wall: Wall(1_800_000_000_000) };
    let mut state = State::new();
    let mut records = Vec::new();
    let license = License { pools: vec![pool()], ..License::default() };
    state.step(now, Command::SetLicense(Box::new(license)), &NoRules, &mut records);
    for n in 1..=SESSIONS {
        state.step(now, Command::Open(Box::new(open(n))), &NoRules, &mut records);
    }
    let feature = Feature::new("PROENGINEER").unwrap();
    let version = Version::new("20.0").unwrap();
    let began = Instant::now();
    let mut pairs = 0;
    while began.elapsed() < longest {
        for _ in 0..BLOCK {
            pairs += 1;
            let session = SessionId(1 + pairs % SESSIONS);
            let checkout = Checkout {
                session,
                request: RequestId(pairs),
                feature: feature.clone(),
                version: version.clone(),
                seats: SeatCount::new(1).unwrap(),
                vendor: None,
                config: None,
                more: None,
            };
            let answer = state.step(now, Command::Checkout(Box::new(checkout)), &NoRules, &mut records);
            let Answer::Granted { grant, .. } = answer else { panic!("{answer:?}") };
            let answer =
                state.step(now, Command::Checkin(Checkin { session, grant }), &NoRules, &mut records);
            assert!(matches!(answer, Answer::Returned { .. }), "{answer:?}");
            records.clear();
        }
    }
    pairs as f64 / began.elapsed().as_secs_f64()
}

fn pool() -> PoolRow {
    let id = PoolId::new(
        Vendor::new("acmed").unwrap(),
        ConfigId::new("11470").unwrap(),
        CpuId::new("02aa10203040").unwrap(),
        Feature::new("PROENGINEER").unwrap(),
        "VERSION=20.0",
    );
    PoolRow::floating(id.unwrap(), 100_000, Version::new("20.0").unwrap())
}

fn open(n: u64) -> Open {
    let word = |text: &str| Word::new("a word", text).unwrap();
    Open {
        session: SessionId(n),
        token_hash: [1; 32],
        identity: Identity {
            user: word("ada"),
            host: word("ws1"),
            display: word(":0"),
            application: word("cad"),
            project: word(""),
            platform: word("x64_lsb"),
            pid: 4_711,
            cpu: CpuId::new("02aa10200001").unwrap(),
            machine: Machine::default(),
            address: None,
            email: None,
        },
        login: None,
        timeout: Millis(120_000),
        hold: Millis(60_000),
        replaces: Vec::new(),
    }
}
