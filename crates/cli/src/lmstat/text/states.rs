//! States of a license host, as its answers: everything that a pool can be.

use proto::v1::{
    Holder, Keeping, PoolName, PoolStatus, Reservation, ServerStatus, Standing, StatusReply, VendorStatus,
    Waiting,
};

/// Wednesday, 20 October 2027, 9:03 in the zone of the tests.
pub(super) const NOW_MS: i64 = 1_824_015_825_000;

pub(super) fn holder(user: &str, host: &str, display: &str, grant: u64, seats: u32) -> Holder {
    Holder {
        grant,
        user: user.into(),
        host: host.into(),
        display: display.into(),
        version: "20.0".into(),
        seats,
        pid: 4000 + u32::try_from(grant).unwrap(),
        since_ms: NOW_MS - 60_000 * i64::try_from(grant).unwrap(),
        ..Holder::default()
    }
}

pub(super) fn pool(feature: &str, config: &str, capacity: u32, holders: Vec<Holder>) -> PoolStatus {
    let in_use = holders.iter().map(|holder| holder.seats).sum();
    PoolStatus {
        pool: Some(PoolName {
            vendor: "acmed".into(),
            config_id: config.into(),
            cpu_id: "02aa10203040".into(),
            feature: feature.into(),
            pooling: String::new(),
        }),
        license_version: "20.0".into(),
        capacity,
        in_use,
        expiry: "31-dec-2027".into(),
        standing: Standing::Active.into(),
        holders,
        ..PoolStatus::default()
    }
}

pub(super) fn locked(feature: &str, config: &str, cpu: &str, holders: Vec<Holder>) -> PoolStatus {
    let mut pool = PoolStatus { locked: true, ..pool(feature, config, 1, holders) };
    pool.pool.as_mut().unwrap().cpu_id = cpu.into();
    pool
}

pub(super) fn reply(pools: Vec<PoolStatus>) -> StatusReply {
    let vendor = |name: &str, up| VendorStatus { name: name.into(), up, version: "0.1.0-dev".into() };
    StatusReply {
        seq: 99,
        now_ms: NOW_MS,
        server: Some(ServerStatus {
            host: "lic1.example.net".into(),
            port: 27000,
            version: "0.1.0-dev".into(),
            license_files: vec!["/etc/seatkeeper/a.lic".into(), "/etc/seatkeeper/b.lic".into()],
            cpu_id: "02aa10203040".into(),
        }),
        vendors: vec![vendor("acmed", true), vendor("averylongvendor", true), vendor("other", false)],
        pools,
    }
}

/// Two configurations of one feature, one of them full; a locked one; one with nothing in use.
pub(super) fn busy() -> StatusReply {
    let mill_a = vec![holder("kim", "ws1", ":0", 41, 1), holder("J. Doe", "ws-2", "/dev/pts/0", 42, 5)];
    let mill_b = PoolStatus {
        expiry: "permanent".into(),
        vendor_string: "tier=gold".into(),
        ..pool("mill", "11471", 2, vec![])
    };
    let lathe = vec![
        locked("lathe", "73633", "02aa00000001", vec![holder("lee", "ws3", "", 43, 1)]),
        locked("lathe", "73633", "02aa00000002", vec![]),
    ];
    let mut pools = lathe;
    pools.extend([pool("mill", "11470", 6, mill_a), mill_b, pool("probe", "6696", 1, vec![])]);
    reply(pools)
}

/// A vendor's pools of one feature: two versions, two configurations.
pub(super) fn several() -> StatusReply {
    let old = PoolStatus { license_version: "18.5".into(), ..pool("mill", "11400", 3, vec![]) };
    let mut other = pool("mill", "9", 4, vec![holder("ada", "ws7", "localhost:10.0", 47, 2)]);
    other.pool.as_mut().unwrap().vendor = "other".into();
    let mut reply = busy();
    reply.pools.extend([old, other]);
    reply
}

pub(super) fn kept(keeping: Keeping, ago: i64, ahead: i64, holder: Holder) -> Holder {
    Holder {
        keeping: keeping.into(),
        kept_from_ms: NOW_MS - ago * 1000,
        kept_until_ms: NOW_MS + ahead * 1000,
        ..holder
    }
}

pub(super) fn lingering() -> StatusReply {
    let holders = vec![
        kept(Keeping::Lingering, 100, 200, holder("lee", "ws2", ":0", 42, 2)),
        kept(Keeping::Lingering, 300, -1, holder("ada", "ws2", "", 43, 1)),
    ];
    reply(vec![PoolStatus { lingering: 3, ..pool("mill", "11470", 10, holders) }])
}

pub(super) fn borrowed() -> StatusReply {
    let holders = vec![kept(Keeping::Borrowed, 3_600, 82_800, holder("osman", "ws3", ":0", 43, 1))];
    reply(vec![PoolStatus { borrowed: 1, ..pool("mill", "11470", 10, holders) }])
}

pub(super) fn booked() -> StatusReply {
    let booking = Holder { job: "1234".into(), ..holder("ada", "ws4", "", 44, 1) };
    let holders = vec![kept(Keeping::Booked, 0, 300, booking)];
    reply(vec![PoolStatus { booked: 1, ..pool("mill", "11470", 10, holders) }])
}

pub(super) fn reserved_seats() -> StatusReply {
    let reservation = |seats, who: &str| Reservation { seats, who: who.into(), rule: "acmed.opt:5".into() };
    let reservations = vec![
        reservation(1, "HOST ws1"),
        reservation(2, "GROUP cad"),
        reservation(4, "HOST_GROUP farm"),
        reservation(1, "USER kim"),
    ];
    let holders = vec![holder("kim", "ws1", ":0", 41, 1)];
    reply(vec![PoolStatus { reservations, ..pool("mill", "11470", 10, holders) }])
}

pub(super) fn queued() -> StatusReply {
    let waiting = |user: &str, display: &str, seats, data: &str| Waiting {
        user: user.into(),
        host: "ws9".into(),
        display: display.into(),
        version: "20.0".into(),
        seats,
        data: data.into(),
        ..Waiting::default()
    };
    let waiting =
        vec![waiting("lee", ":0", 1, ""), waiting("kim", ":0", 3, "part 8"), waiting("ada", "", 1, "")];
    reply(vec![PoolStatus { waiting, ..pool("mill", "11470", 1, vec![holder("kim", "ws1", ":0", 41, 1)]) }])
}

pub(super) fn uncounted() -> StatusReply {
    let of = |feature: &str, cpu: &str| PoolStatus {
        uncounted: true,
        holders: vec![holder("kim", "ws1", ":0", 45, 1)],
        ..locked(feature, "9", cpu, vec![])
    };
    reply(vec![of("lathe", "ANY"), of("mill", "02aa00000001")])
}

/// Three processes that share one seat.
pub(super) fn shared() -> StatusReply {
    let holders = (41..44).map(|grant| holder("kim", "ws1", ":0", grant, 1)).collect();
    reply(vec![PoolStatus { in_use: 1, ..pool("mill", "11470", 2, holders) }])
}

pub(super) fn notes() -> StatusReply {
    let noted = Holder {
        data: "part 7".into(),
        project: "turbine".into(),
        address: "192.0.2.7".into(),
        ..holder("kim", "ws1", ":0", 41, 1)
    };
    let mut reply = reply(vec![pool("mill", "11470", 4, vec![noted, holder("lee", "ws2", ":0", 42, 2)])]);
    reply.pools[0].standing = Standing::Expired.into();
    reply
}

/// Names and texts that are as bad as they can be.
pub(super) fn bad_texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "a\u{1b}[2Jb",
        "J. Doe",
        "x y (v9) (h/1 7), start Mon 1/1 1:00, 999 licenses",
        "x y :0 20.0 (v9) (h/1 7) queued for 99 licenses",
        "Users of mill:  (Total of 9 licenses issued;  Total of 9 licenses in use)",
        "a\nUsers of mill:  (Total of 7 licenses issued;  Total of 7 licenses in use)",
        "a\r\n\t9 RESERVATIONs for GROUP cad (h/1)",
        "9 RESERVATIONs for HOST ws1",
        "\n\"lathe\" v1.0, vendor: evil, expiry: permanent",
        "h: license server UP v9.9",
        "evil: UP v9.9",
        "floating license",
        "\u{202e}evil",
        "\"quoted\" 'text' `id` $(id) %s %n",
        ") (",
        "",
        " ",
    ]
    .map(Into::into)
    .to_vec();
    texts.push("x".repeat(10_240));
    texts.push("y z, ".repeat(2_048));
    texts.push(String::from_utf8_lossy(b"kim\xff\xfe").into_owned());
    texts.retain(|text| text.is_ascii() || text.contains(char::is_control) || text.len() < 20);
    texts
}

pub(super) fn hostile() -> StatusReply {
    let texts = bad_texts();
    let holders: Vec<_> = texts.iter().zip(1..).map(|(text, n)| holder(text, text, text, n, 1)).collect();
    let waiting = texts.iter().map(|text| Waiting {
        user: text.clone(),
        host: text.clone(),
        display: text.clone(),
        data: text.clone(),
        version: "20.0".into(),
        seats: 1,
        ..Waiting::default()
    });
    let mut bad = PoolStatus { waiting: waiting.collect(), ..pool("mill", "11470", 99, holders) };
    for (holder, text) in bad.holders.iter_mut().zip(&texts) {
        holder.data.clone_from(text);
        holder.project.clone_from(text);
    }
    bad.reservations = texts
        .iter()
        .map(|who| Reservation { seats: 1, who: format!("GROUP g{who}"), rule: String::new() })
        .collect();
    let mut pools = vec![bad];
    pools.extend(texts.iter().map(|text| PoolStatus {
        vendor_string: format!("a b c {text}"),
        ..pool("lathe", "1", 1, vec![holder("kim", "ws1", ":0", 1, 1)])
    }));
    let mut reply = reply(pools);
    reply.server.as_mut().unwrap().license_files = texts;
    reply
}
