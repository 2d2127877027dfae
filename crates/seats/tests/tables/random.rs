//! Events in any order: after each, the records replay to the same rows, every sum is what the rows
//! give, and no use rises above its capacity (the script checks all of it).

use proptest::prelude::*;

use super::script::run;

const POOLS: [&str; 4] = [
    "A acmed/1/02aa/PROE v20.0 =",
    "B acmed/2/02aa/PROE v21.0 =",
    "W acmed/3/02b1/PROE v20.0 =",
    "M acmed/1/02aa/ASM v20.0 =",
];

fn event() -> impl Strategy<Value = String> {
    let session = 1..6u64;
    let pool = prop::sample::select(POOLS.as_slice());
    let standing = prop::sample::select(vec!["", "", "", "expired", "notyet"]);
    prop_oneof![
        8 => (session.clone(), 1..12u64, prop::sample::select(vec!["PROE", "ASM", "XX"]), 1..4u32,
              prop::sample::select(vec!["", "", "of 1", "of 2", "by acmed"]))
            .prop_map(|(s, r, f, n, of)| format!("checkout s{s} r{r} {f} 20.0 x{n} {of}")),
        5 => (session.clone(), 1..60u64).prop_map(|(s, g)| format!("checkin s{s} #{g}")),
        3 => session.clone().prop_map(|s| format!("open s{s} kim@ws{}", s % 2 + 1)),
        1 => (session.clone(), session.clone()).prop_map(|(s, t)| format!("open s{s} kim@ws1 replaces s{t}")),
        1 => session.clone().prop_map(|s| format!("resume s{s}")),
        1 => session.clone().prop_map(|s| format!("resume s{s} wrong")),
        2 => session.clone().prop_map(|s| format!("timeout s{s}")),
        1 => session.clone().prop_map(|s| format!("release s{s}")),
        1 => session.prop_map(|s| format!("close s{s}")),
        2 => (pool, 0..5u32, standing).prop_map(|(pool, n, standing)| {
            let locked = if pool.starts_with('W') { "locked" } else { "" };
            format!("pool {pool} {n} {locked} {standing}")
        }),
        1 => Just("restart".to_owned()),
        1 => Just("start".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_events_in_any_order_keep_the_invariants(events in prop::collection::vec(event(), 0..150)) {
        let first = ["pool A acmed/1/02aa/PROE v20.0 = 3", "open s1 kim@ws1", "open s2 lee@ws2"];
        run(first.into_iter().chain(events.iter().map(String::as_str)));
    }

    #[test]
    fn a_drop_in_the_middle_keeps_them_too(
        before in prop::collection::vec(event(), 0..80),
        after in prop::collection::vec(event(), 0..80),
    ) {
        let first = ["pool A acmed/1/02aa/PROE v20.0 = 3", "open s1 kim@ws1", "open s2 lee@ws2"];
        let before = before.iter().map(String::as_str);
        run(first.into_iter().chain(before).chain(["drop A"]).chain(after.iter().map(String::as_str)));
    }
}
