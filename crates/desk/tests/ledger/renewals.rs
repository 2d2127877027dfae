//! Renewals: another end, or another maintenance status (rule 4).

use desk::{ConfigStanding, Item, Refusal, Seat};
use names::{Date, Expiry, limits as name_limits};

use crate::setting::{HOST, Ledger, OTHER, cpu, item, order, renew, vendor};

const LINE: &str = "Pro/ENGINEER";

fn until(text: &str, item: Item) -> Item {
    Item { until: Expiry::parse(text).unwrap(), ..item }
}

fn proe(count: u32) -> Item {
    until("31-dec-2027", item("proe", LINE, &[(HOST, count)]))
}

/// The lines of an id: `5 through 31-dec-2027`.
fn lines(ledger: &Ledger, id: u64) -> Vec<String> {
    let of = ledger.desk.configuration(&vendor(), id).unwrap();
    of.lines.iter().map(|line| format!("{} through {}", line.count, line.until)).collect()
}

#[test]
fn renewed_maintenance_makes_one_id_and_retires_the_other() {
    let mut ledger = Ledger::new(1, &[]);
    let without = Item { maintenance: false, serials: vec!["10-1".into()], ..proe(5) };
    ledger.run(order(vec![proe(5), without])).unwrap();
    let done = ledger.run(renew(&[2], Some("31-dec-2028"), true)).unwrap();
    assert_eq!(lines(&ledger, 1), ["5 through 31-dec-2027", "5 through 31-dec-2028"]);
    assert_eq!(ledger.given(), ["1 proe = 10"]);
    let (one, two) =
        (ledger.desk.configuration(&vendor(), 1).unwrap(), ledger.desk.configuration(&vendor(), 2).unwrap());
    assert_eq!((two.standing, &two.successors[..]), (ConfigStanding::Retired, &[1][..]));
    assert_eq!(one.serials, ["10-1"]);
    let case = ledger.desk.case(&done.case.unwrap()).unwrap();
    assert!(case.about.contains(&"configuration:2".into()) && case.about.contains(&"configuration:1".into()));
    // What is retired is never used again: not renewed, not given, not allocated.
    assert!(matches!(ledger.run(renew(&[2], None, false)), Err(Refusal::Invalid { field: "ids", .. })));
    let again = Item { id: Some(2), maintenance: false, ..proe(1) };
    assert!(matches!(ledger.run(order(vec![again])), Err(Refusal::Invalid { field: "id", .. })));
    ledger.run(order(vec![Item { maintenance: false, ..proe(1) }])).unwrap();
    assert_eq!(ledger.given(), ["1 proe = 10", "3 proe = 1"]);
}

#[test]
fn another_status_without_such_a_configuration_is_a_new_id() {
    let mut ledger = Ledger::new(1, &[(2, 9)]);
    ledger.run(order(vec![proe(5)])).unwrap();
    ledger.run(renew(&[1], None, false)).unwrap();
    assert_eq!(ledger.given(), ["10 proe = 5"]);
    assert_eq!(ledger.desk.configuration(&vendor(), 1).unwrap().successors, [10]);
}

#[test]
fn a_renewal_lengthens_what_is_in_force() {
    let mut ledger = Ledger::new(1, &[]);
    let ended = until("31-dec-2025", proe(3));
    ledger.run(order(vec![ended, proe(5), until("31-dec-2028", proe(2))])).unwrap();
    ledger.run(renew(&[1], Some("31-dec-2029"), true)).unwrap();
    assert_eq!(lines(&ledger, 1), ["3 through 31-dec-2025", "7 through 31-dec-2029"]);
    // Never shorter.
    let shorter = ledger.run(renew(&[1], Some("30-dec-2029"), true)).unwrap_err();
    assert!(matches!(&shorter, Refusal::Invalid { field: "until", why } if why.contains("31-dec-2029")));
    // What has yet to begin would be doubled.
    let next = Item { from: Some(Date::new(2030, 1, 1).unwrap()), ..until("31-dec-2030", proe(7)) };
    ledger.run(order(vec![next])).unwrap();
    let early = ledger.run(renew(&[1], Some("31-dec-2031"), true)).unwrap_err();
    assert!(
        matches!(&early, Refusal::Invalid { field: "ids", why } if why.contains("01-jan-2030")),
        "{early}"
    );
    assert!(matches!(ledger.run(renew(&[], None, true)), Err(Refusal::Invalid { field: "ids", .. })));
    assert!(matches!(ledger.run(renew(&[9], None, true)), Err(Refusal::NotFound(_))));
}

#[test]
fn what_has_ended_is_renewed_or_ordered_again() {
    let mut ledger = Ledger::new(1, &[]);
    let locked = |end: &str| {
        until(end, Item { seat: Seat::Locked, host: Some(cpu(HOST)), ..item("proe", LINE, &[("0a01", 1)]) })
    };
    ledger.run(order(vec![locked("31-dec-2025")])).unwrap();
    ledger.run(renew(&[1], Some("31-dec-2026"), true)).unwrap();
    assert_eq!(lines(&ledger, 1), ["1 through 31-dec-2026"]);
    ledger.run(order(vec![locked("31-dec-2029")])).unwrap();
    assert_eq!(lines(&ledger, 1), ["1 through 31-dec-2026", "1 through 31-dec-2029"]);
    assert!(matches!(ledger.run(order(vec![locked("permanent")])), Err(Refusal::Rule { rule: "2", .. })));
}

#[test]
fn a_renewal_that_a_rule_forbids_changes_nothing() {
    let without = |item: Item| Item { maintenance: false, ..item };
    let module = || Item { is_module: true, ..item("mesh", LINE, &[(HOST, 6)]) };
    let product = || item("mesh", LINE, &[(HOST, 2)]);
    let locked = |count: &[(&str, u32)]| Item {
        seat: Seat::Locked,
        host: Some(cpu(HOST)),
        ..item("proe", LINE, count)
    };
    let old = |first: usize| (first..first + 6_000).map(|n| format!("10-{n}")).collect::<Vec<_>>();
    let numbered = |first: usize| Item { serials: old(first), ..proe(1) };
    // What is under maintenance, what comes to it, and what the renewal of that is.
    for (there, comes, expected) in [
        (proe(5), without(proe(5)), "done"),
        // A feature is a product, or a module that floats by itself, never both.
        (module(), without(product()), "rule 1"),
        (product(), without(module()), "rule 1"),
        (module(), without(Item { modules: vec!["Pro/X".into()], ..product() }), "done"),
        // A workstation has one seat.
        (locked(&[("0a01", 1)]), without(locked(&[("0a01", 1)])), "rule 2"),
        (locked(&[("0a01", 1)]), without(locked(&[("0a02", 1)])), "done"),
        // On another host it is another configuration.
        (proe(5), without(item("proe", LINE, &[(OTHER, 5)])), "done"),
        (proe(5), without(item("proe", "Pro/PDM", &[(HOST, 5)])), "done"),
        (numbered(0), without(numbered(4_000)), "done"),
        (numbered(0), without(numbered(4_001)), "limit"),
        (proe(name_limits::SEATS_MAX), without(proe(1)), "limit"),
    ] {
        let mut ledger = Ledger::new(1, &[]);
        ledger.run(order(vec![there.clone(), comes.clone()])).unwrap();
        let before: Vec<_> = ledger.desk.rows().collect();
        let told = match ledger.run(renew(&[2], None, true)) {
            Ok(_) => "done".to_owned(),
            Err(Refusal::Rule { rule, .. }) => format!("rule {rule}"),
            Err(Refusal::Limit(_)) => "limit".to_owned(),
            Err(other) => other.to_string(),
        };
        assert_eq!(told, expected, "{} {:?}", comes.feature, comes.seat);
        assert!(told == "done" || before == ledger.desk.rows().collect::<Vec<_>>());
        let of_two = ledger.desk.configuration(&vendor(), 2).unwrap();
        assert_eq!(told == "done", of_two.standing == ConfigStanding::Retired);
    }
    let many: Vec<u64> = (1..=desk::limits::ITEMS_MAX as u64 + 1).collect();
    let mut ledger = Ledger::new(1, &[]);
    assert!(matches!(ledger.run(renew(&many, None, true)), Err(Refusal::Invalid { field: "ids", .. })));
}
