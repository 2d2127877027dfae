//! What is wanted under a given id: refused with the rule's number and both places.

use desk::{Item, Refusal, Seat};

use crate::setting::{HOST, Ledger, OTHER, cpu, item, order};

const LINE: &str = "Pro/ENGINEER";

fn proe() -> Item {
    item("proe", LINE, &[(HOST, 2)])
}

fn under(id: u64, item: Item) -> Item {
    Item { id: Some(id), ..item }
}

fn with(modules: &[&str], item: Item) -> Item {
    Item { modules: modules.iter().map(ToString::to_string).collect(), ..item }
}

fn against_rules() -> Vec<(&'static str, &'static str, &'static str, Item)> {
    let locked =
        Item { seat: Seat::Locked, host: Some(cpu(HOST)), ..item("proe", LINE, &[("02aa10200001", 1)]) };
    let module = Item { is_module: true, ..item("mesh", LINE, &[(HOST, 2)]) };
    vec![
        ("1", "proe with Pro/MESH", "proe without modules", with(&["Pro/MESH"], proe())),
        ("1", "pdm without modules", "proe without modules", item("pdm", LINE, &[(HOST, 2)])),
        ("1", "modules that float by themselves", "proe without modules", module),
        ("1", "named seats", "floating seats", Item { seat: Seat::Named, ..proe() }),
        ("2", "locked seats", "floating seats", locked),
        ("2", OTHER, HOST, item("proe", LINE, &[(OTHER, 2)])),
        (
            "3",
            "the product line Pro/PDM",
            "the product line Pro/ENGINEER",
            item("pdm", "Pro/PDM", &[(HOST, 2)]),
        ),
        ("4", "no maintenance", "maintenance", Item { maintenance: false, ..proe() }),
    ]
}

#[test]
fn an_id_of_another_configuration_is_refused_with_both_places() {
    let mut ledger = Ledger::new(1, &[]);
    ledger.run(order(vec![proe()])).unwrap();
    for (rule, here, there, item) in against_rules() {
        // Against what was ordered before, and against an item of the same order.
        let before = ledger.run(order(vec![under(1, item.clone())])).unwrap_err();
        assert_against(&before, rule, &["item 1", here, there, "configuration 1", "order O-1001"]);
        let mut fresh = Ledger::new(1, &[(500, 500)]);
        let together = fresh.run(order(vec![under(500, proe()), under(500, item)])).unwrap_err();
        assert_against(
            &together,
            rule,
            &["item 2", here, there, "configuration 500", "item 1 of this order"],
        );
    }
    let spanning = under(1, item("proe", LINE, &[(HOST, 1), (OTHER, 1)]));
    assert_against(&ledger.run(order(vec![spanning])).unwrap_err(), "2", &[HOST, OTHER]);
    // Nothing of that was done.
    assert_eq!(ledger.given(), ["1 proe = 2"]);
}

#[track_caller]
fn assert_against(refusal: &Refusal, expected: &str, words: &[&str]) {
    let Refusal::Rule { rule, why } = refusal else { panic!("{refusal}") };
    assert_eq!(*rule, expected, "{why}");
    for word in words {
        assert!(why.contains(word), "{word:?} is not in {why}");
    }
}

#[test]
fn a_given_id_is_the_configurations_own_or_a_reserved_one() {
    let mut ledger = Ledger::new(1, &[(500, 599)]);
    ledger.run(order(vec![under(550, proe())])).unwrap();
    ledger.run(order(vec![under(550, proe())])).unwrap();
    assert_eq!(ledger.given(), ["550 proe = 4"]);
    // What names no id joins it, also where it stands before it in the order.
    let named = Item { seat: Seat::Named, ..proe() };
    ledger.run(order(vec![named.clone(), under(551, named)])).unwrap();
    assert_eq!(ledger.given(), ["550 proe = 4", "551 proe = 4"]);

    let second = ledger.run(order(vec![under(552, proe())])).unwrap_err();
    assert_against(&second, "1", &["item 1", "552", "550 already", "order O-"]);
    for (id, words) in
        [(7, "never issued"), (0, "1 to 999999999999999999"), (u64::MAX, "1 to 999999999999999999")]
    {
        let refusal = ledger.run(order(vec![under(id, item("pdm", "Pro/PDM", &[(HOST, 1)]))])).unwrap_err();
        assert!(
            matches!(&refusal, Refusal::Invalid { field: "id", why } if why.contains(words)),
            "{refusal}"
        );
    }
}

#[test]
fn a_module_that_floats_by_itself_is_no_product_as_well() {
    let module = || Item { is_module: true, ..item("mesh", LINE, &[(HOST, 2)]) };
    let product = || item("mesh", LINE, &[(HOST, 1)]);
    for (first, second) in [(module(), product()), (product(), module())] {
        let mut ledger = Ledger::new(1, &[]);
        let together = ledger.run(order(vec![first.clone(), second.clone()])).unwrap_err();
        assert_against(&together, "1", &["mesh is", "item 2", "item 1 of this order"]);
        ledger.run(order(vec![first])).unwrap();
        let later = ledger.run(order(vec![second])).unwrap_err();
        assert_against(&later, "1", &["mesh is", "item 1", "configuration 1", "order O-1001"]);
    }
}

#[test]
fn a_workstation_has_one_seat_of_a_locked_configuration() {
    let locked = |workstations: &[&str]| {
        let places: Vec<_> = workstations.iter().map(|ws| (*ws, 1)).collect();
        Item { seat: Seat::Locked, host: Some(cpu(HOST)), ..item("proe", LINE, &places) }
    };
    let mut ledger = Ledger::new(1, &[]);
    let twice = ledger.run(order(vec![locked(&["0a01", "0A01"])])).unwrap_err();
    assert_against(&twice, "2", &["item 1", "workstation 0a01", "twice"]);
    ledger.run(order(vec![locked(&["0a01", "0a02"])])).unwrap();
    let again = ledger.run(order(vec![locked(&["0a03", "0a02"])])).unwrap_err();
    assert_against(&again, "2", &["workstation 0a02", "configuration 1", "permanent"]);
    let two = Item { places: vec![desk::Place { cpu: cpu("0a05"), count: 2 }], ..locked(&[]) };
    assert_against(
        &ledger.run(order(vec![two])).unwrap_err(),
        "2",
        &["2 licenses for the one workstation 0a05"],
    );
    ledger.run(order(vec![locked(&["0a03"])])).unwrap();
    assert_eq!(ledger.given(), ["1 proe = 3"]);
}
