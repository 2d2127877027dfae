//! Events in any order: after each, the records replay to the same rows, every sum is what the rows
//! give, and no use rises above its capacity (the script checks all of it).

use proptest::prelude::*;

use super::script::run;

const POOLS: [(&str, &str); 5] = [
    ("A acmed/1/02aa/PROE v20.0 =", "linger 60s borrow 24h low 1 lost"),
    ("B acmed/2/02aa/PROE v21.0 =", "+1 share U sharers 2 linger 60s"),
    ("W acmed/3/02b1/PROE v20.0 =", "locked"),
    ("S acmed/1/02aa/SUITE v20.0 =", "suite share UH"),
    ("M acmed/1/02aa/ASM v20.0 =", "of S minimum 2 borrow 24h"),
];

/// All pools, two sessions, and a line of each kind.
const FIRST: [&str; 10] = [
    "pool A acmed/1/02aa/PROE v20.0 = 3 linger 60s borrow 24h low 1 lost",
    "pool B acmed/2/02aa/PROE v21.0 = 0 notyet",
    "pool W acmed/3/02b1/PROE v20.0 = 0 notyet locked",
    "pool S acmed/1/02aa/SUITE v20.0 = 3 suite share UH",
    "pool M acmed/1/02aa/ASM v20.0 = 4 of S",
    "open s1 kim@ws1",
    "open s2 lee@ws2",
    "reserve R 1 A for kim",
    "max X 4 A,B,M for kim,lee",
    "reserve Q 1 S for lee",
];

fn choose(texts: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop::sample::select(texts)
}

fn session() -> impl Strategy<Value = String> {
    (1..9u64).prop_map(|s| format!("s{s}"))
}

fn checkout() -> impl Strategy<Value = String> {
    let feature = choose(&["PROE", "PROE", "ASM", "XX"]);
    let of = choose(&["", "", "of 1", "of 2", "by acmed"]);
    let more =
        choose(&["", "", "", "queue 0", "queue 0", "queue 3", "borrow 9h", "job j", "queue 1 borrow 9h"]);
    (session(), 1..20u64, feature, 1..4u32, of, more)
        .prop_map(|(s, r, f, n, of, more)| format!("checkout {s} r{r} {f} 20.0 x{n} {of} {more}"))
}

/// Events of sessions.
fn event_of_session() -> impl Strategy<Value = String> {
    let user = choose(&["kim", "kim", "lee", "osman"]);
    prop_oneof![
        3 => (session(), user, 1..3u64).prop_map(|(s, user, ws)| format!("open {s} {user}@ws{ws}")),
        1 => (session(), session()).prop_map(|(s, t)| format!("open {s} kim@ws1 replaces {t}")),
        2 => session().prop_map(|s| format!("resume {s}")),
        1 => session().prop_map(|s| format!("resume {s} wrong")),
        7 => (choose(&["timeout", "release", "close", "detach", "idle", "busy"]), session())
            .prop_map(|(verb, s)| format!("{verb} {s}")),
        1 => (session(), 1..20u64).prop_map(|(s, r)| format!("withdraw {s} r{r}")),
        1 => (session(), 1..20u64, 1..4u32).prop_map(|(s, r, n)| format!("book {s} r{r} PROE 20.0 x{n} for j 60s")),
    ]
}

/// Events of grants, by the numbers that grants may have.
fn event_of_grant() -> impl Strategy<Value = String> {
    prop_oneof![
        5 => (session(), 1..80u64).prop_map(|(s, g)| format!("checkin {s} #{g}")),
        1 => (session(), 1..80u64).prop_map(|(s, g)| format!("unbook {s} #{g}")),
        4 => (choose(&["expire", "return", "lost"]), 1..80u64).prop_map(|(verb, g)| format!("{verb} #{g}")),
        1 => (1..80u64).prop_map(|g| format!("revoke #{g} 60s")),
        1 => Just("revoke unlicensed 60s".to_owned()),
    ]
}

/// Other licenses and rules.
fn event_of_license() -> impl Strategy<Value = String> {
    let standing = choose(&["", "", "", "expired", "notyet"]);
    prop_oneof![
        4 => (prop::sample::select(POOLS.as_slice()), 0..5u32, standing)
            .prop_map(|((pool, terms), n, standing)| format!("pool {pool} {n} {terms} {standing}")),
        1 => (choose(&["reserve R", "reserve Q"]), 0..3u32, choose(&["A", "B", "S", "M"]), choose(&["kim", "kim,lee"]))
            .prop_map(|(line, n, pool, who)| format!("{line} {n} {pool} for {who}")),
        1 => (0..5u32, choose(&["A", "A,B", "B,M", "S"]), choose(&["kim", "kim,lee"]))
            .prop_map(|(n, pools, who)| format!("max X {n} {pools} for {who}")),
        1 => choose(&["exclude E A osman", "include E B kim", "exclude E M kim", "noborrow E A kim", "reread"])
            .prop_map(str::to_owned),
        1 => (0..4u32).prop_map(|n| format!("connections acmed {n}")),
    ]
}

fn event() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => checkout(),
        5 => event_of_session(),
        6 => event_of_grant(),
        2 => event_of_license(),
        1 => choose(&["restart", "start", "tick 30s"]).prop_map(str::to_owned),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_events_in_any_order_keep_the_invariants(events in prop::collection::vec(event(), 0..150)) {
        run(FIRST.into_iter().chain(events.iter().map(String::as_str)));
    }

    #[test]
    fn a_drop_in_the_middle_keeps_them_too(
        before in prop::collection::vec(event(), 0..80),
        after in prop::collection::vec(event(), 0..80),
    ) {
        let before = before.iter().map(String::as_str);
        run(FIRST.into_iter().chain(before).chain(["drop A S"]).chain(after.iter().map(String::as_str)));
    }
}
