//! Any row and any event.

use names::{
    Code, ConfigId, CpuId, Date, Expiry, Feature, GrantId, Millis, PackNumber, PoolId, RequestId, SeatCount,
    SessionId, Vendor, Version, Wall, Word,
};
use proptest::prelude::*;
use seats::{
    Denied, EndReason, Event, GrantRow, GrantState, Identity, PoolRow, PoolStanding, ReturnReason, Row,
    RowKey, SessionMark, SessionRow, Sharing, Standing,
};

/// Numbers at the edges of their lengths as often as any others.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![any::<u64>(), 0..300u64, (0..64u32).prop_map(|bits| 1 << bits), Just(u64::MAX)]
}

fn small() -> impl Strategy<Value = u32> {
    prop_oneof![any::<u32>(), 0..300u32, Just(u32::MAX)]
}

fn wall() -> impl Strategy<Value = Wall> {
    prop_oneof![any::<i64>(), -3..3i64, Just(i64::MIN), Just(i64::MAX)].prop_map(Wall)
}

/// Texts from a list, so that they are the strange ones.
fn one_of(texts: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop::sample::select(texts)
}

fn word() -> impl Strategy<Value = Word> {
    one_of(&[
        "",
        "kim",
        "LOCAL SERVICE",
        "/dev/pts/0",
        "Jürgen",
        "李",
        "0123456789012345678901234567890123456789",
    ])
    .prop_map(|text| Word::new("a word", text).unwrap())
}

fn cpu() -> impl Strategy<Value = CpuId> {
    one_of(&["02aa10203040", "ANY", "DEMO", "HOSTNAME=lic1.example.net", "USER=Kim", "72726b50"])
        .prop_map(|text| CpuId::new(text).unwrap())
}

fn feature() -> impl Strategy<Value = Feature> {
    one_of(&["PROE", "a", "x.y:z+1-2_3"]).prop_map(|text| Feature::new(text).unwrap())
}

fn version() -> impl Strategy<Value = Version> {
    one_of(&["20.0", "0", ".5", "3.", "2026.0101"]).prop_map(|text| Version::new(text).unwrap())
}

fn pool() -> impl Strategy<Value = PoolId> {
    let config = prop_oneof![
        number().prop_map(ConfigId::Number),
        Just(ConfigId::OfPack(PackNumber::new("P-4711").unwrap())),
    ];
    let pooling = one_of(&["", "USER_BASED=3", "PLATFORMS=i86_n i86_w;VENDOR_STRING=a \"b\""]);
    let vendor = one_of(&["acmed", "x-1_2.z"]).prop_map(|text| Vendor::new(text).unwrap());
    (vendor, config, cpu(), feature(), pooling)
        .prop_map(|(vendor, config, cpu, feature, p)| PoolId::new(vendor, config, cpu, feature, p).unwrap())
}

fn seats() -> impl Strategy<Value = SeatCount> {
    prop_oneof![1..300u64, 999_999..=1_000_000u64].prop_map(|n| SeatCount::new(n).unwrap())
}

fn identity() -> impl Strategy<Value = Identity> {
    (word(), word(), word(), word(), small(), cpu()).prop_map(
        |(user, host, display, application, pid, cpu)| Identity {
            user,
            host,
            display,
            application,
            pid,
            cpu,
        },
    )
}

fn standing() -> impl Strategy<Value = Standing> {
    prop::sample::select(vec![Standing::Live, Standing::Held])
}

fn mark() -> impl Strategy<Value = SessionMark> {
    (number(), standing(), number()).prop_map(|(session, standing, floor)| SessionMark {
        session: SessionId(session),
        standing,
        floor: RequestId(floor),
    })
}

fn pool_row() -> impl Strategy<Value = PoolRow> {
    let expiry = prop_oneof![
        Just(Expiry::Permanent),
        (0..2_932_896i32).prop_map(|days| Expiry::On(Date::from_days(days).unwrap())),
    ];
    let standing = prop::sample::select(vec![
        PoolStanding::Active,
        PoolStanding::Expired,
        PoolStanding::NotYet,
        PoolStanding::Unlicensed,
    ]);
    let sharing = prop::sample::select(vec![Sharing::None, Sharing::Pool]);
    let vendor_string = prop::option::of(one_of(&["", "site 4", "\"\\\u{0}é"]).prop_map(Into::into));
    (pool(), small(), version(), expiry, standing, sharing, small(), vendor_string).prop_map(
        |(id, capacity, version, expiry, standing, sharing, order, vendor_string)| PoolRow {
            id,
            capacity,
            version,
            expiry,
            standing,
            sharing,
            order,
            vendor_string,
        },
    )
}

fn session_row() -> impl Strategy<Value = SessionRow> {
    (number(), any::<[u8; 32]>(), identity(), number(), number(), wall()).prop_map(
        |(id, token_hash, identity, timeout, hold, opened)| SessionRow {
            id: SessionId(id),
            token_hash,
            identity,
            timeout: Millis(timeout),
            hold: Millis(hold),
            opened,
        },
    )
}

fn grant_row() -> impl Strategy<Value = GrantRow> {
    (number(), pool(), seats(), number(), number(), version(), wall()).prop_map(
        |(id, pool, seats, session, request, version, since)| GrantRow {
            id: GrantId(id),
            pool,
            seats,
            session: SessionId(session),
            request: RequestId(request),
            version,
            state: GrantState::Floating,
            since,
        },
    )
}

fn denied() -> impl Strategy<Value = Denied> {
    (identity(), number(), number(), feature(), version(), seats(), prop::sample::select(Code::ALL)).prop_map(
        |(identity, session, request, feature, version, seats, code)| Denied {
            identity,
            session: SessionId(session),
            request: RequestId(request),
            feature,
            version,
            seats,
            code,
        },
    )
}

/// Any row.
pub(crate) fn row() -> impl Strategy<Value = Row> {
    prop_oneof![
        pool_row().prop_map(Row::Pool),
        session_row().prop_map(Row::Session),
        mark().prop_map(Row::Mark),
        grant_row().prop_map(Row::Grant),
    ]
}

/// Any event.
pub(crate) fn event() -> impl Strategy<Value = Event> {
    let ended = prop::sample::select(vec![EndReason::Closed, EndReason::TimedOut, EndReason::Replaced]);
    let returned = prop::sample::select(vec![
        ReturnReason::Checkin,
        ReturnReason::Closed,
        ReturnReason::TimedOut,
        ReturnReason::Replaced,
    ]);
    prop_oneof![
        Just(Event::Started),
        Just(Event::Stopped),
        pool_row().prop_map(Event::PoolSet),
        pool().prop_map(Event::PoolDropped),
        session_row().prop_map(Event::SessionOpened),
        mark().prop_map(Event::SessionMarked),
        (number(), ended).prop_map(|(id, why)| Event::SessionEnded { session: SessionId(id), why }),
        grant_row().prop_map(Event::Granted),
        (number(), mark(), returned).prop_map(|(id, mark, why)| Event::Returned {
            grant: GrantId(id),
            mark,
            why
        }),
        denied().prop_map(|denied| Event::Denied(Box::new(denied))),
    ]
}

/// Any key of a row.
pub(crate) fn key() -> impl Strategy<Value = RowKey> {
    row().prop_map(|row| row.key())
}
