//! Orders: who places them, what they wait for, and what is wrong with them.

use desk::{
    Actor, CaseState, Change, Command, ConfigStanding, Item, Membership, OrderState, Person, Privileges,
    Refusal, Role, Row, Seat, limits,
};
use names::{Date, Email, Expiry, Wall, limits as name_limits};

use crate::setting::{HOST, Ledger, OTHER, company, cpu, item, order};

const LINE: &str = "Pro/ENGINEER";

fn proe(count: u32) -> Item {
    item("proe", LINE, &[(HOST, count)])
}

/// Somebody of the company with the Licensing privilege.
fn kim(ledger: &mut Ledger) -> Actor {
    let email = Email::new("kim@bay.example").unwrap();
    let privileges = Privileges { licensing: true, ..Privileges::default() };
    let member = Membership { company: company(), email: email.clone(), privileges, since_ms: 0, version: 1 };
    ledger.desk.apply(&Change::Put(Row::Person(Box::new(Person::new(email.clone(), Wall(0))))));
    ledger.desk.apply(&Change::Put(Row::Membership(Box::new(member))));
    Actor::Person { email, company: Some(company()) }
}

fn issue(number: &str, refuse: &str) -> Command {
    Command::Issue { order: number.into(), refuse: refuse.into(), host_keys: Vec::new() }
}

#[test]
fn a_companys_order_waits_for_the_vendors_desk() {
    let mut ledger = Ledger::new(1, &[]);
    let kim = kim(&mut ledger);
    let placed = ledger.run_as(&kim, order(vec![proe(5)])).unwrap();
    assert!(placed.install.is_empty() && ledger.desk.configurations().next().is_none());
    let case = placed.case.unwrap();
    assert_eq!(ledger.desk.case(&case).unwrap().state, CaseState::Open);
    assert!(matches!(ledger.run_as(&kim, issue("O-1001", "")), Err(Refusal::Forbidden { .. })));

    let issued = ledger.run(issue("O-1001", "")).unwrap();
    assert_eq!(issued.case, Some(case.clone()));
    assert_eq!(issued.install.len(), 1);
    assert_eq!(ledger.given(), ["1 proe = 5"]);
    let row = ledger.desk.order("O-1001").unwrap();
    assert_eq!((row.state, row.packs.len(), row.version), (OrderState::Issued, 1, 2));
    let case = ledger.desk.case(&case).unwrap();
    assert_eq!(case.state, CaseState::Done);
    for about in ["order:O-1001", "configuration:1", "pack:P-1001", &format!("host:{HOST}")] {
        assert!(case.about.iter().any(|one| one == about), "{about}: {:?}", case.about);
    }
    // Once.
    assert!(matches!(ledger.run(issue("O-1001", "")), Err(Refusal::Conflict(_))));
    assert_eq!(ledger.given(), ["1 proe = 5"]);
}

#[test]
fn the_key_that_the_vendors_desk_gives_stands_for_the_one_that_came_with_the_order() {
    let mut ledger = Ledger::new(1, &[]);
    let kim = kim(&mut ledger);
    let key = |n| format!("{OTHER}={}", license::SecretKey::for_host([n; 32]).public());
    let mut asked = order(vec![item("proe", LINE, &[(OTHER, 1)])]);
    if let Command::Order { host_keys, .. } = &mut asked {
        host_keys.push(key(7));
    }
    ledger.run_as(&kim, asked).unwrap();
    ledger
        .run(Command::Issue { order: "O-1001".into(), refuse: String::new(), host_keys: vec![key(8)] })
        .unwrap();
    let pack = ledger.current().next().unwrap();
    let named =
        desk::ledger::host_key(&ledger.desk, &crate::setting::vendor(), &company(), &cpu(OTHER)).unwrap();
    assert_eq!(format!("{OTHER}={named}"), key(8), "{}", pack.text);
}

#[test]
fn the_vendors_desk_refuses_an_order_with_words() {
    let mut ledger = Ledger::new(1, &[]);
    let kim = kim(&mut ledger);
    let case = ledger.run_as(&kim, order(vec![proe(5)])).unwrap().case.unwrap();
    ledger.run(issue("O-1001", "the invoice is not paid")).unwrap();
    let case = ledger.desk.case(&case).unwrap();
    assert_eq!(case.state, CaseState::Refused);
    assert!(case.history.last().unwrap().what.contains("not paid"));
    assert_eq!(ledger.desk.order("O-1001").unwrap().state, OrderState::Refused);
    assert!(matches!(ledger.run(issue("O-1001", "")), Err(Refusal::Conflict(_))));
    assert!(matches!(ledger.run(issue("O-9", "")), Err(Refusal::NotFound(_))));
    assert!(ledger.current().next().is_none());
}

#[test]
fn a_site_signs_nothing() {
    let mut ledger = Ledger::new(1, &[]);
    ledger.setting.role = Role::Site;
    let kim = kim(&mut ledger);
    let placed = ledger.run_as(&kim, order(vec![proe(5)])).unwrap();
    let case = ledger.desk.case(&placed.case.unwrap()).unwrap();
    assert_eq!((case.state, case.number.as_str()), (CaseState::Waiting, "S-1001"));
    for command in [issue("O-1001", ""), Command::ReserveIds { from: 1, to: 2, note: String::new() }] {
        assert!(matches!(ledger.run(command), Err(Refusal::Forbidden { .. })));
    }
    // A vendor's desk whose configuration names no key signs nothing either.
    ledger.setting.role = Role::Vendor;
    let no_key = desk::Context { vendor_key: None, ..ledger.setting.ctx() };
    let refusal = ledger.desk.decide(&no_key, &Actor::Host { uid: 0 }, issue("O-1001", "")).unwrap_err();
    assert!(matches!(refusal, Refusal::Rule { rule: "role", .. }), "{refusal}");
}

#[test]
fn an_order_for_an_unknown_company_or_of_nothing_is_refused() {
    let mut ledger = Ledger::new(1, &[]);
    let mut other = order(vec![proe(1)]);
    if let Command::Order { company, .. } = &mut other {
        *company = desk::CustomerNumber::new("C-2").unwrap();
    }
    assert!(matches!(ledger.run(other), Err(Refusal::NotFound(_))));
    assert!(matches!(ledger.run(order(Vec::new())), Err(Refusal::Invalid { field: "items", .. })));
    let most = vec![proe(1); limits::ITEMS_MAX];
    ledger.run(order(most.clone())).unwrap();
    assert!(matches!(ledger.run(order([most, vec![proe(1)]].concat())), Err(Refusal::Limit(_))));
}

#[test]
fn what_is_wrong_with_an_item_is_named_with_its_number() {
    let words = |text: &str| Item { product_line: text.into(), ..proe(1) };
    let modules = |module: &str| Item { modules: vec![module.into()], ..proe(1) };
    let module = Item { is_module: true, ..proe(1) };
    let locked = |host: &str| Item { seat: Seat::Locked, host: Some(cpu(host)), ..proe(1) };
    let ends = Date::new(2027, 1, 1).unwrap();
    let cases: Vec<(&str, Item)> = vec![
        ("product_line", words("")),
        ("product_line", words(" Pro")),
        ("product_line", words("Pro  X")),
        ("product_line", words("Pro\" SEAT=\"NAMED")),
        ("product_line", words("Pro\nINCREMENT mill acmed 1 permanent 99")),
        ("product_line", words("Pro\\")),
        ("product_line", words("Pro\u{202e}X")),
        ("product_line", words(&"x".repeat(10_000))),
        ("modules", modules("")),
        ("modules", modules("a b")),
        ("modules", modules("a,b")),
        ("modules", modules("a\"b")),
        ("serials", Item { serials: vec!["1 2".into()], ..proe(1) }),
        ("serials", Item { serials: vec!["\u{1b}[2J".into()], ..proe(1) }),
        ("serials", Item { serials: vec!["x".repeat(65)], ..proe(1) }),
        ("installs", Item { installs: vec![String::new()], ..proe(1) }),
        ("is_module", Item { seat: Seat::Named, ..module.clone() }),
        ("is_module", Item { modules: vec!["X".into()], ..module.clone() }),
        ("is_module", Item { serials: vec!["10-10".into()], ..module }),
        ("places", Item { places: Vec::new(), ..proe(1) }),
        ("places", proe(0)),
        ("places", proe(name_limits::SEATS_MAX + 1)),
        ("places", item("proe", LINE, &[("ANY", 1)])),
        ("places", item("proe", LINE, &[("DEMO", 1)])),
        ("places", item("proe", LINE, &[("USER=kim", 1)])),
        ("places", item("proe", LINE, &[("INTERNET=10.0.0.*", 1)])),
        ("places", locked("ANY")),
        ("host", Item { host: Some(cpu(OTHER)), ..proe(1) }),
        ("until", Item { from: Some(ends), until: Expiry::On(Date::new(2026, 12, 31).unwrap()), ..proe(1) }),
    ];
    let mut ledger = Ledger::new(1, &[]);
    for (expected, bad) in cases {
        let refusal = ledger.run(order(vec![proe(1), bad.clone()])).unwrap_err();
        let Refusal::Invalid { field, why } = &refusal else { panic!("{refusal}: {bad:?}") };
        assert_eq!(*field, expected, "{why}");
        assert!(why.starts_with("item 2: ") && !why.chars().any(char::is_control), "{why:?}");
    }
    ledger.setting.role = Role::Vendor;
    let nowhere = Item { host: None, ..locked(HOST) };
    assert!(matches!(ledger.run(order(vec![nowhere])), Err(Refusal::Invalid { field: "host", .. })));
    assert_eq!(ledger.desk.configurations().count(), 0);
}

#[test]
fn numbers_of_subscription_and_invoice_cannot_write_a_line_of_their_own() {
    let mut ledger = Ledger::new(1, &[]);
    for bad in ["a\"b", "a\nb", "a\\", " a", "a  b", &"x".repeat(65)] {
        for first in [true, false] {
            let mut asked = order(vec![proe(1)]);
            if let Command::Order { subscription, invoice, .. } = &mut asked {
                *(if first { subscription } else { invoice }) = bad.to_owned();
            }
            let refusal = ledger.run(asked).unwrap_err();
            assert!(
                matches!(refusal, Refusal::Invalid { field: "subscription" | "invoice", .. }),
                "{refusal}"
            );
        }
    }
}

#[test]
fn a_line_has_a_million_seats_at_most() {
    let mut ledger = Ledger::new(1, &[]);
    ledger.run(order(vec![proe(name_limits::SEATS_MAX - 1)])).unwrap();
    ledger.run(order(vec![proe(1)])).unwrap();
    assert_eq!(ledger.given(), ["1 proe = 1000000"]);
    let refusal = ledger.run(order(vec![proe(1)])).unwrap_err();
    assert!(matches!(&refusal, Refusal::Limit(why) if why.contains("1000001")), "{refusal}");
    let at_once = item("pdm", "Pro/PDM", &[(HOST, name_limits::SEATS_MAX), (HOST, 1)]);
    assert!(matches!(ledger.run(order(vec![at_once])), Err(Refusal::Limit(_))));
}

#[test]
fn ids_end_at_18_digits_and_reserved_ranges_are_passed_over() {
    let last = limits::CONFIGURATION_ID_MAX;
    let mut ledger = Ledger::new(last, &[]);
    ledger.run(order(vec![proe(1)])).unwrap();
    let full = ledger.run(order(vec![item("pdm", "Pro/PDM", &[(HOST, 1)])])).unwrap_err();
    assert!(matches!(full, Refusal::Limit(_)), "{full}");
    assert_eq!(ledger.given(), [format!("{last} proe = 1")]);

    let reserve = |from, to| Command::ReserveIds { from, to, note: "given before".into() };
    let mut ledger = Ledger::new(1, &[]);
    ledger.run(reserve(1, 10)).unwrap();
    ledger.run(reserve(11, 11)).unwrap();
    ledger.run(order(vec![proe(1)])).unwrap();
    assert_eq!(ledger.given(), ["12 proe = 1"]);
    for (from, to) in [(0, 5), (5, 4), (13, last + 1), (10, 20), (11, 11), (12, 12)] {
        let refusal = ledger.run(reserve(from, to)).unwrap_err();
        assert!(matches!(refusal, Refusal::Invalid { field: "from", .. }), "{from} {to}: {refusal}");
    }
    let active = ledger.desk.configurations().filter(|of| of.standing == ConfigStanding::Active);
    assert_eq!(active.count(), 1);
}
