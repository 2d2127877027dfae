//! Pools, and who has seats of them.

use desk::Owned;
use names::{ConfigId, CpuId, Expiry, Feature, PackNumber, PoolId, Vendor, Wall};

use super::{FakeHost, email, number};
use crate::{Denial, Holder, Pool, Waiting};

#[expect(clippy::expect_used, reason = "tests and the example only")]
pub(super) fn pool_id(config: u64, feature: &str) -> PoolId {
    PoolId::new(
        Vendor::new("acmed").expect("a vendor"),
        ConfigId::Number(config),
        CpuId::new("0a1b2c3d4e5f").expect("a host id"),
        Feature::new(feature).expect("a feature"),
        "",
    )
    .expect("a pool")
}

pub(super) fn put(host: &FakeHost, count: usize) {
    let mut data = host.data();
    let pools = [
        ("mill", 11_470, 50, "31-dec-2026"),
        ("lathe", 11_471, 10, "permanent"),
        ("report", 11_472, 5, "30-nov-2026"),
    ];
    data.pools =
        pools.iter().map(|(feature, config, seats, expiry)| pool(*config, feature, *seats, expiry)).collect();
    data.owned = pools
        .iter()
        .map(|(feature, config, seats, expiry)| owned(*config, feature, *seats, expiry))
        .collect();
    data.holders = (0..count).map(holder).collect();
    data.waiting = (1..=3)
        .map(|place| Waiting {
            feature: "lathe".into(),
            place,
            user: format!("osman{place}"),
            host: "ws7".into(),
            seats: 1,
            since: Wall(1_795_366_000_000),
        })
        .collect();
    data.denials = (0..70).map(denial).collect();
    data.options = "# who may use what\nMAX 5 mill USER kim\n".into();
    data.changes += 1;
}

fn pool(config: u64, feature: &str, capacity: u32, expiry: &str) -> Pool {
    Pool {
        id: pool_id(config, feature),
        capacity,
        in_use: capacity * 4 / 5,
        borrowed: capacity / 10,
        reserved: 1,
        waiting: if feature == "lathe" { 3 } else { 0 },
        version: "2027.0".into(),
        expiry: expiry.into(),
        days_left: (expiry != "permanent").then_some(if feature == "report" { 8 } else { 39 }),
        is_active: true,
        is_uncounted: false,
    }
}

#[expect(clippy::expect_used, reason = "tests and the example only")]
fn owned(config: u64, feature: &str, quantity: u32, expiry: &str) -> Owned {
    Owned {
        pool: pool_id(config, feature),
        company: Some(number("4711")),
        subscription: Some("SUB-1".into()),
        invoice: Some("INV-1".into()),
        buyer: Some(email("kim@example.net")),
        pack: PackNumber::new("P-1001").expect("a pack's number"),
        product_line: Some("Mill/LINE".into()),
        modules: Vec::new(),
        maintenance: Some(true),
        serials: Vec::new(),
        quantity,
        is_named: feature == "report",
        from: None,
        until: Expiry::parse(expiry).expect("a day"),
    }
}

fn holder(n: usize) -> Holder {
    let state = ["floating", "floating", "floating", "borrowed", "lingering"]
        .get(n % 5)
        .copied()
        .unwrap_or("floating");
    Holder {
        grant: n as u64 + 1,
        pool: pool_id(11_470, "mill"),
        user: format!("user{n}"),
        host: format!("ws{}", n % 97),
        display: ":0".into(),
        application: "mill 2027".into(),
        email: None,
        seats: 1,
        since: Wall(1_795_300_000_000 + n as i64 * 1000),
        state: state.into(),
        until: (state == "borrowed").then_some(Wall(1_795_900_000_000)),
    }
}

fn denial(n: u32) -> Denial {
    Denial {
        at: Wall(1_795_366_000_000 - i64::from(n) * 60_000),
        feature: "lathe".into(),
        user: format!("lee{n}"),
        host: "ws3".into(),
        why: "-4: all seats are in use".into(),
    }
}
