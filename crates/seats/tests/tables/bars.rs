//! Pools that a rule keeps the asker from.

use std::sync::Arc;

use names::{
    Code, ConfigId, CpuId, Expiry, Feature, Millis, Now, PoolId, RequestId, SeatCount, SessionId, Vendor,
    Version, Word,
};
use seats::{
    Answer, Bar, Checkout, Command, Detail, Event, Identity, Open, PoolRow, PoolStanding, Sharing, State,
};

fn pool(config: u64) -> PoolId {
    let (vendor, cpu) = (Vendor::new("acmed").unwrap(), CpuId::new("02aa").unwrap());
    PoolId::new(vendor, ConfigId::Number(config), cpu, Feature::new("PROE").unwrap(), "").unwrap()
}

/// Pools by configuration: capacity and standing, in this order.
fn state(pools: &[(u64, u32, PoolStanding)]) -> State {
    let mut state = State::new();
    let rows = pools.iter().zip(0..).map(|((config, capacity, standing), order)| PoolRow {
        id: pool(*config),
        capacity: *capacity,
        version: Version::new("20.0").unwrap(),
        expiry: Expiry::Permanent,
        standing: *standing,
        sharing: Sharing::None,
        order,
        vendor_string: None,
    });
    state.step(Now::default(), Command::SetPools(rows.collect()), &mut Vec::new());
    let word = |text| Word::new("a word", text).unwrap();
    let identity = Identity {
        user: word("kim"),
        host: word("ws1"),
        display: word(""),
        application: word(""),
        pid: 1,
        cpu: CpuId::new("02b1").unwrap(),
    };
    let (session, timeout, hold) = (SessionId(1), Millis(120_000), Millis(60_000));
    let open = Open { session, token_hash: [1; 32], identity, timeout, hold, replaces: Vec::new() };
    state.step(Now::default(), Command::Open(Box::new(open)), &mut Vec::new());
    state
}

/// The answer where these pools are barred, as text.
fn ask(state: &mut State, request: u64, seats: u64, config: Option<u64>, bars: &[(u64, Code)]) -> String {
    let checkout = Checkout {
        session: SessionId(1),
        request: RequestId(request),
        feature: Feature::new("PROE").unwrap(),
        version: Version::new("20.0").unwrap(),
        seats: SeatCount::new(seats).unwrap(),
        vendor: None,
        config: config.map(ConfigId::Number),
    };
    let why = |config| Arc::from(format!("rule of {config}"));
    let bars = bars.iter().map(|(config, code)| Bar { pool: pool(*config), code: *code, why: why(*config) });
    let mut records = Vec::new();
    let command = Command::CheckoutBarred(Box::new(checkout), bars.collect());
    let answer = state.step(Now::default(), command, &mut records);
    state.check().unwrap();
    match answer {
        Answer::Granted { pool, .. } => format!("granted {}", pool.config()),
        Answer::Denied(denial) => {
            assert!(
                matches!(&records[..], [r] if matches!(&r.event, Event::Denied(d) if d.code == denial.code))
            );
            match denial.detail {
                Detail::Barred(why) => format!("{} {why}", denial.code.number()),
                _ => denial.code.number().to_string(),
            }
        }
        other => format!("{other:?}"),
    }
}

#[test]
fn a_barred_pool_is_passed_over_and_its_rule_told_where_nothing_else_would_do() {
    use Code::{Excluded, NotIncluded};
    use PoolStanding::{Active, Expired};
    let two = [(1, 2, Active), (2, 1, Active)];
    let spent = [(1, 2, Active), (2, 1, Expired)];
    for (pools, seats, config, bars, told) in [
        (&two[..], 1, None, &[][..], "granted 1"),
        (&two, 1, None, &[(1, Excluded)], "granted 2"),
        (&two, 1, None, &[(2, Excluded)], "granted 1"),
        (&two, 1, None, &[(1, Excluded), (2, NotIncluded)], "-38 rule of 1"),
        (&two, 1, None, &[(2, Excluded), (1, NotIncluded)], "-39 rule of 1"),
        (&two, 1, Some(2), &[(1, Excluded)], "granted 2"),
        (&two, 1, Some(2), &[(1, Excluded), (2, NotIncluded)], "-39 rule of 2"),
        (&two, 1, Some(3), &[(1, Excluded), (2, Excluded)], "-5"),
        // What the allowed pool lacks is told before the rule of the other, unless it is nothing to wait for.
        (&two, 2, None, &[(1, Excluded)], "-26"),
        (&spent, 1, None, &[(1, Excluded)], "-38 rule of 1"),
        (&spent, 1, None, &[(2, Excluded), (1, Excluded)], "-38 rule of 1"),
        // A rule about a pool that is not there says nothing.
        (&two, 1, None, &[(9, Excluded)], "granted 1"),
    ] {
        assert_eq!(
            ask(&mut state(pools), 1, seats, config, bars),
            told,
            "{pools:?} {seats} {config:?} {bars:?}"
        );
    }
    let mut full = state(&two);
    assert_eq!(ask(&mut full, 1, 1, Some(2), &[]), "granted 2");
    assert_eq!(ask(&mut full, 2, 1, None, &[(1, Excluded)]), "-4");
    // Asked again, the same grant, whatever the rules say now.
    assert_eq!(ask(&mut full, 1, 1, Some(2), &[(2, Excluded)]), "granted 2");
}
