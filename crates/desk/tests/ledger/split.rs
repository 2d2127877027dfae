//! The split that is shown before an order is confirmed.

use desk::ledger::{Issued, split};
use desk::{Change, Counter, Desk, Item, Refusal, Row};

use crate::setting::{HOST, Ledger, OTHER, Setting, company, desk, item, order};

fn shown(issued: &Issued) -> Vec<String> {
    let count = |lines: &[desk::ConfigLine]| lines.iter().map(|line| line.count).sum::<u32>();
    issued.configurations.iter().map(|c| format!("{} = {}", c.id, count(&c.added))).collect()
}

fn of(desk: &Desk, items: &[Item]) -> Result<Issued, Refusal> {
    split(desk, &Setting::new().ctx(), &company(), items)
}

#[test]
fn two_hosts_are_two_ids_and_reserved_ids_are_passed_over() {
    let items = [item("proe", "Pro/ENGINEER", &[(HOST, 5), (OTHER, 5)])];
    assert_eq!(shown(&of(&desk(1717, &[]), &items).unwrap()), ["1717 = 5", "1718 = 5"]);
    assert_eq!(
        shown(&of(&desk(1700, &[(1700, 1716), (1718, 1720)]), &items).unwrap()),
        ["1717 = 5", "1721 = 5"]
    );
}

#[test]
fn the_last_numbers_there_are_are_given_and_none_after_them() {
    use desk::limits::CONFIGURATION_ID_MAX as LAST;
    let items = |count: u32| -> Vec<Item> {
        (0..count).map(|n| item(&format!("f{n}"), "Pro/ENGINEER", &[(HOST, 1)])).collect()
    };
    // The next id, reserved ranges, how many are wanted, and the ids.
    for (next, reserved, wanted, expected) in [
        (LAST, &[][..], 1, Some(vec![LAST])),
        (LAST, &[], 2, None),
        (LAST - 1, &[(LAST, LAST)], 1, Some(vec![LAST - 1])),
        (LAST - 1, &[(LAST, LAST)], 2, None),
        (1, &[(1, LAST)], 1, None),
        (1, &[(1, LAST - 1)], 1, Some(vec![LAST])),
        (0, &[], 1, Some(vec![1])),
        (u64::MAX, &[], 1, None),
        (5, &[(1, 4), (6, 7), (8, 8)], 2, Some(vec![5, 9])),
    ] {
        let issued = of(&desk(next, reserved), &items(wanted));
        match (issued, expected) {
            (Ok(issued), Some(ids)) => {
                assert_eq!(issued.configurations.iter().map(|of| of.id).collect::<Vec<_>>(), ids);
            }
            (Err(Refusal::Limit(_)), None) => {}
            (other, expected) => panic!("{next} {reserved:?}: {other:?}, not {expected:?}"),
        }
    }
}

#[test]
fn a_counter_at_its_end_gives_no_number_twice() {
    let mut ledger = Ledger::new(1, &[]);
    for of in ["case", "order", "pack"] {
        let counter = |next| Change::Put(Row::Counter(Box::new(Counter { of: of.into(), next })));
        ledger.desk.apply(&counter(u64::MAX));
        let refusal = ledger.run(order(vec![item("proe", "Pro/ENGINEER", &[(HOST, 1)])])).unwrap_err();
        assert!(matches!(&refusal, Refusal::Limit(why) if why.contains(of)), "{refusal}");
        ledger.desk.apply(&counter(u64::MAX - 1));
    }
    ledger.run(order(vec![item("proe", "Pro/ENGINEER", &[(HOST, 1)])])).unwrap();
    assert!(ledger.desk.order(&format!("O-{}", u64::MAX - 1)).is_some());
}
