//! Any row and any event.

use std::sync::Arc;

use names::{
    Code, ConfigId, CpuId, Date, Email, Expiry, Feature, GrantId, Millis, PackNumber, PoolId, QuotaId,
    RequestId, SeatCount, SessionId, Vendor, Version, WaiterId, Wall, Word,
};
use proptest::prelude::*;
use seats::{
    AssignmentRow, Borrow, BorrowTerms, Charge, Charges, Checkout, ClockRow, Deed, Denied, DequeueReason,
    DeskNote, DeskRow, EndReason, Event, GrantRow, GrantState, Identity, Keeping, Kept, LoginRow, Machine,
    More, Note, PoolRow, PoolStanding, QuotaKind, QuotaRow, ReturnReason, Row, RowKey, Same, SessionMark,
    SessionRow, Sharing, Standing, WaiterRow,
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

fn email() -> impl Strategy<Value = Email> {
    one_of(&["kim@example.net", "lee@example.net"]).prop_map(|text| Email::new(text).unwrap())
}

fn machine() -> impl Strategy<Value = Machine> {
    (any::<bool>(), any::<bool>(), any::<i16>()).prop_map(|(is_virtual, is_remote, utc_offset)| Machine {
        is_virtual,
        is_remote,
        utc_offset,
    })
}

fn identity() -> BoxedStrategy<Identity> {
    let address = prop::option::of(any::<std::net::IpAddr>());
    let words = (word(), word(), word(), word(), word(), word());
    (words, small(), cpu(), machine(), address, prop::option::of(email()))
        .prop_map(
            |((user, host, display, application, project, platform), pid, cpu, machine, address, email)| {
                Identity {
                    user,
                    host,
                    display,
                    application,
                    project,
                    platform,
                    pid,
                    cpu,
                    machine,
                    address,
                    email,
                }
            },
        )
        .boxed()
}

fn standing() -> impl Strategy<Value = Standing> {
    prop::sample::select(vec![Standing::Live, Standing::Held])
}

fn mark() -> impl Strategy<Value = SessionMark> {
    (number(), standing(), number(), prop::option::of(wall())).prop_map(|(session, standing, floor, idle)| {
        SessionMark { session: SessionId(session), standing, floor: RequestId(floor), idle }
    })
}

fn day() -> impl Strategy<Value = Date> {
    (0..2_932_896i32).prop_map(|days| Date::from_days(days).unwrap())
}

fn expiry() -> impl Strategy<Value = Expiry> {
    prop_oneof![Just(Expiry::Permanent), day().prop_map(Expiry::On)]
}

fn sharing() -> impl Strategy<Value = Sharing> {
    let same = any::<[bool; 5]>().prop_map(|[user, host, display, data, person]| Same {
        user,
        host,
        display,
        data,
        person,
    });
    prop_oneof![Just(Sharing::None), Just(Sharing::Pool), same.prop_map(Sharing::Same)]
}

fn borrow_terms() -> impl Strategy<Value = BorrowTerms> {
    (small(), small(), any::<bool>()).prop_map(|(hours, lowwater, may_be_lost)| BorrowTerms {
        hours,
        lowwater,
        may_be_lost,
    })
}

fn pool_row() -> BoxedStrategy<PoolRow> {
    let standing = prop::sample::select(vec![
        PoolStanding::Active,
        PoolStanding::Expired,
        PoolStanding::NotYet,
        PoolStanding::Unlicensed,
    ]);
    let vendor_string = prop::option::of(one_of(&["", "site 4", "\"\\\u{0}é"]).prop_map(Into::into));
    let seats = (small(), small(), small(), small(), small());
    let terms = (sharing(), prop::option::of(pool()), prop::option::of(borrow_terms()));
    (
        pool(),
        version(),
        expiry(),
        standing,
        any::<[bool; 5]>(),
        seats,
        terms,
        (number(), number()),
        vendor_string,
    )
        .prop_map(|(id, version, expiry, standing, flags, seats, terms, times, vendor_string)| {
            let [uncounted, dated, locked, named, is_suite] = flags;
            let (capacity, overdraft, sharers, minimum, order) = seats;
            let (sharing, suite, borrow) = terms;
            PoolRow {
                id,
                capacity,
                overdraft,
                uncounted,
                version,
                expiry,
                standing,
                dated,
                locked,
                named,
                sharing,
                sharers,
                suite,
                is_suite,
                minimum,
                linger: Millis(times.0),
                idle_timeout: Millis(times.1),
                borrow,
                order,
                vendor_string,
            }
        })
        .boxed()
}

fn text() -> impl Strategy<Value = Arc<str>> {
    one_of(&["", "acmed.opt:5", "GROUP cad", "é\n"]).prop_map(Into::into)
}

fn quota_row() -> BoxedStrategy<QuotaRow> {
    let kind = prop_oneof![Just(QuotaKind::Max), pool().prop_map(QuotaKind::Reserve)];
    (number(), text(), kind, small(), text(), text(), small())
        .prop_map(|(id, key, kind, seats, who, rule, order)| QuotaRow {
            id: QuotaId(id),
            key,
            kind,
            seats,
            who,
            rule,
            order,
        })
        .boxed()
}

fn session_row() -> BoxedStrategy<SessionRow> {
    (number(), any::<[u8; 32]>(), identity(), number(), number(), wall())
        .prop_map(|(id, token_hash, identity, timeout, hold, opened)| SessionRow {
            id: SessionId(id),
            token_hash,
            identity: Arc::new(identity),
            timeout: Millis(timeout),
            hold: Millis(hold),
            opened,
        })
        .boxed()
}

fn code() -> impl Strategy<Value = Code> {
    prop::sample::select(Code::ALL)
}

fn grant_state() -> impl Strategy<Value = GrantState> {
    let how = prop_oneof![
        Just(Keeping::Lingering),
        any::<[u8; 32]>().prop_map(Keeping::Borrowed),
        word().prop_map(Keeping::Booked),
    ];
    prop_oneof![
        Just(GrantState::Floating),
        (code(), wall()).prop_map(|(code, until)| GrantState::Revoked(code, until)),
        (how, identity(), wall(), wall()).prop_map(|(how, who, from, until)| {
            GrantState::Kept(Arc::new(Kept { how, who: Arc::new(who), from, until }))
        }),
    ]
}

fn charges() -> impl Strategy<Value = Charges> {
    let charge = (number(), small(), any::<bool>()).prop_map(|(quota, seats, of_suite)| Charge {
        quota: QuotaId(quota),
        seats,
        of_suite,
    });
    prop::collection::vec(charge, 0..4).prop_map(|all| all.into_iter().collect())
}

fn grant_row() -> BoxedStrategy<GrantRow> {
    let terms = (grant_state(), prop::option::of(word()), charges());
    (number(), pool(), prop::option::of(pool()), seats(), number(), number(), version(), terms, wall())
        .prop_map(|(id, pool, suite, seats, session, request, version, (state, data, charges), since)| {
            GrantRow {
                id: GrantId(id),
                pool,
                suite,
                seats,
                session: SessionId(session),
                request: RequestId(request),
                version,
                state,
                since,
                data,
                charges,
            }
        })
        .boxed()
}

fn more() -> impl Strategy<Value = More> {
    let borrow = (wall(), any::<[u8; 32]>()).prop_map(|(until, proof)| Borrow { until, proof });
    let (data, job) = (prop::option::of(word()), prop::option::of(word()));
    (data, prop::option::of(any::<u8>()), prop::option::of(borrow), job)
        .prop_map(|(data, queue, borrow, job)| More { data, queue, borrow, job })
}

fn checkout() -> impl Strategy<Value = Checkout> {
    let (pool, more) = (prop::option::of(pool()), prop::option::of(more()));
    (number(), number(), feature(), version(), seats(), pool, more).prop_map(
        |(session, request, feature, version, seats, pool, more)| Checkout {
            session: SessionId(session),
            request: RequestId(request),
            feature,
            version,
            seats,
            vendor: pool.as_ref().map(|pool| pool.vendor().clone()),
            config: pool.as_ref().map(|pool| pool.config().clone()),
            more: more.map(Box::new),
        },
    )
}

fn waiter_row() -> BoxedStrategy<WaiterRow> {
    (number(), checkout(), any::<u8>(), wall())
        .prop_map(|(id, ask, priority, since)| WaiterRow { id: WaiterId(id), ask, priority, since })
        .boxed()
}

fn assignment_row() -> BoxedStrategy<AssignmentRow> {
    (pool(), email(), day(), expiry())
        .prop_map(|(pool, email, from, until)| AssignmentRow { pool, email, from, until })
        .boxed()
}

fn login_row() -> impl Strategy<Value = LoginRow> {
    (email(), any::<[u8; 32]>()).prop_map(|(email, token_hash)| LoginRow { email, token_hash })
}

fn denied() -> BoxedStrategy<Denied> {
    (identity(), number(), number(), feature(), version(), seats(), code())
        .prop_map(|(identity, session, request, feature, version, seats, code)| Denied {
            identity: Arc::new(identity),
            session: SessionId(session),
            request: RequestId(request),
            feature,
            version,
            seats,
            code,
        })
        .boxed()
}

fn clock_row() -> impl Strategy<Value = ClockRow> {
    wall().prop_map(|latest| ClockRow { latest })
}

fn desk_key() -> impl Strategy<Value = Arc<str>> {
    "[!-~]{1,200}".prop_map(Arc::from)
}

fn desk_row() -> impl Strategy<Value = DeskRow> {
    (desk_key(), prop::collection::vec(any::<u8>(), 1..300))
        .prop_map(|(key, value)| DeskRow { key, value: value.into() })
}

/// Any row.
pub(crate) fn row() -> BoxedStrategy<Row> {
    prop_oneof![
        pool_row().prop_map(Row::Pool),
        session_row().prop_map(Row::Session),
        mark().prop_map(Row::Mark),
        grant_row().prop_map(Row::Grant),
        quota_row().prop_map(Row::Quota),
        waiter_row().prop_map(Row::Waiter),
        assignment_row().prop_map(Row::Assignment),
        login_row().prop_map(Row::Login),
        clock_row().prop_map(Row::Clock),
        desk_row().prop_map(Row::Desk),
    ]
    .boxed()
}

/// Any event.
pub(crate) fn event() -> BoxedStrategy<Event> {
    let ended = prop::sample::select(vec![EndReason::Closed, EndReason::TimedOut, EndReason::Replaced]);
    let returned = prop::sample::select(vec![
        ReturnReason::Checkin,
        ReturnReason::Closed,
        ReturnReason::TimedOut,
        ReturnReason::Replaced,
        ReturnReason::Lingered,
        ReturnReason::Revoked,
        ReturnReason::Early,
        ReturnReason::BorrowEnded,
        ReturnReason::Lost,
        ReturnReason::BookingUsed,
        ReturnReason::BookingEnded,
    ]);
    let dequeued = prop::sample::select(vec![
        DequeueReason::Granted,
        DequeueReason::Withdrawn,
        DequeueReason::Ended,
        DequeueReason::Hopeless,
    ]);
    let mark_after = || prop::option::of(mark());
    let seats = prop_oneof![
        grant_row().prop_map(Event::Granted),
        grant_row().prop_map(|row| Event::Changed(Box::new(row))),
        (number(), mark_after(), returned).prop_map(|(id, mark, why)| Event::Returned {
            grant: GrantId(id),
            mark,
            why
        }),
        waiter_row().prop_map(|row| Event::Queued(Box::new(row))),
        (number(), mark_after(), dequeued).prop_map(|(id, mark, why)| Event::Dequeued {
            waiter: WaiterId(id),
            mark,
            why
        }),
        denied().prop_map(|denied| Event::Denied(Box::new(denied))),
    ];
    let others = prop_oneof![
        Just(Event::Started),
        Just(Event::Stopped),
        pool_row().prop_map(|row| Event::PoolSet(Box::new(row))),
        pool().prop_map(Event::PoolDropped),
        quota_row().prop_map(|row| Event::QuotaSet(Box::new(row))),
        number().prop_map(|id| Event::QuotaDropped(QuotaId(id))),
        session_row().prop_map(|row| Event::SessionOpened(Box::new(row))),
        mark().prop_map(Event::SessionMarked),
        (number(), ended).prop_map(|(id, why)| Event::SessionEnded { session: SessionId(id), why }),
        assignment_row().prop_map(|row| Event::Assigned(Box::new(row))),
        (pool(), email()).prop_map(|(pool, email)| Event::Unassigned { pool, email }),
        login_row().prop_map(|row| Event::LoginSet(Box::new(row))),
        email().prop_map(Event::LoginDropped),
        clock_row().prop_map(Event::ClockNoted),
        (clock_row(), wall(), small()).prop_map(|(row, was, by)| Event::ClockReset { row, was, by }),
        (proptest::option::of(small()), deed(), ".{0,300}")
            .prop_map(|(by, deed, about)| Event::Administered(Box::new(Note::new(by, deed, &about)))),
    ];
    let desk = prop_oneof![
        (".{0,300}", ".{0,80}", ".{0,1500}")
            .prop_map(|(by, deed, about)| Event::DeskDid(Box::new(DeskNote::new(&by, &deed, &about)))),
        desk_row().prop_map(Event::DeskPut),
        desk_key().prop_map(Event::DeskDropped),
    ];
    prop_oneof![seats.boxed(), others.boxed(), desk.boxed()].boxed()
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        Just(Deed::Reread),
        Just(Deed::RereadAndDrop),
        Just(Deed::Remove),
        Just(Deed::TakeBack),
        Just(Deed::Assign),
        Just(Deed::Unassign),
        Just(Deed::SetLogin),
        Just(Deed::DropLogin),
        Just(Deed::Stop),
        Just(Deed::SwitchLog),
        Just(Deed::SwitchReport),
    ]
}

/// Any key of a row.
pub(crate) fn key() -> impl Strategy<Value = RowKey> {
    row().prop_map(|row| row.key())
}
