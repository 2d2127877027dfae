//! Packs: one for a company and host, what stands in it, and what becomes of those before it.

use desk::{Change, Command, Company, CustomerNumber, Item, PackRow, PackStanding, Place, Role, Row, Seat};
use license::{PublicKey, SecretKey};
use names::{Email, PackNumber, Vendor, Wall};

use crate::setting::{HOST, Ledger, OTHER, company, cpu, item, order, renew};

const LINE: &str = "Pro/ENGINEER";

fn proe(count: u32) -> Item {
    item("proe", LINE, &[(HOST, count)])
}

fn pack<'a>(ledger: &'a Ledger, number: &str) -> &'a PackRow {
    ledger.desk.pack(&PackNumber::new(number).unwrap()).unwrap()
}

fn keys(ledger: &Ledger, number: &str) -> Vec<Option<PublicKey>> {
    ledger.load(&[pack(ledger, number)]).entitlements.into_iter().map(|line| line.host_key).collect()
}

#[test]
fn a_new_pack_voids_all_before_it_and_gives_all_there_is() {
    let mut ledger = Ledger::new(1, &[]);
    ledger.run(order(vec![proe(2)])).unwrap();
    ledger.run(order(vec![proe(3), item("pdm", "Pro/PDM", &[(HOST, 1)])])).unwrap();
    ledger.run(order(vec![item("pdm", "Pro/PDM", &[(HOST, 4)])])).unwrap();
    let standing: Vec<_> = ledger.desk.packs().map(|pack| (pack.number.to_string(), pack.standing)).collect();
    let of = |number: &str, standing| (number.to_owned(), standing);
    assert_eq!(
        standing,
        [
            of("P-1001", PackStanding::Superseded),
            of("P-1002", PackStanding::Superseded),
            of("P-1003", PackStanding::Current),
        ]
    );
    assert_eq!(pack(&ledger, "P-1003").configurations, [1, 2]);
    // A host that has any of the older ones beside it serves what the newest gives, and no more.
    for older in [vec!["P-1001"], vec!["P-1002"], vec!["P-1001", "P-1002"]] {
        let packs: Vec<&PackRow> =
            older.iter().chain(&["P-1003"]).map(|number| pack(&ledger, number)).collect();
        let loaded = ledger.load(&packs);
        let given: Vec<_> = loaded.entitlements.iter().map(|of| (of.feature.as_str(), of.count())).collect();
        assert_eq!(given, [("proe", 5), ("pdm", 5)], "{older:?}");
    }
}

#[test]
fn a_line_says_what_was_ordered_and_no_install_number() {
    let mut ledger = Ledger::new(11470, &[]);
    let bought = Item {
        seat: Seat::Named,
        modules: vec!["Pro/MESH".into(), "Pro/CABLING".into(), "Pro/MESH".into()],
        serials: vec!["10-10-B1-11".into()],
        installs: vec!["3311".into(), "3312".into()],
        from: Some(names::Date::new(2027, 1, 1).unwrap()),
        until: names::Expiry::parse("31-dec-2027").unwrap(),
        ..proe(10)
    };
    let mut asked = order(vec![bought]);
    if let Command::Order { buyer, .. } = &mut asked {
        *buyer = Some(Email::new("kim@bay.example").unwrap());
    }
    ledger.run(asked).unwrap();
    let text = &pack(&ledger, "P-1001").text;
    for words in [
        &format!("SERVER this_host {HOST}\nVENDOR acmed\nUSE_SERVER\n"),
        "INCREMENT proe acmed 18.0 31-dec-2027 10 CONFIG_ID=11470",
        "PRODUCT_LINE=\"Pro/ENGINEER\"",
        "MODULES=\"Pro/CABLING Pro/MESH\"",
        "SEAT=\"NAMED\"",
        "MAINTENANCE=\"ACTIVE\"",
        "CUSTOMER=\"C-1\"",
        "SUBSCRIPTION=\"S-77\"",
        "INVOICE=\"I-2001\"",
        "BUYER=\"kim@bay.example\"",
        "SN=\"10-10-B1-11\"",
        "ISSUED=\"01-jun-2027\"",
        "START=\"01-jan-2027\"",
        "PACK=P-1001",
    ] {
        assert!(text.contains(words), "{words}:\n{text}");
    }
    assert!(!text.contains("3311") && !text.contains("VOIDS"), "{text}");
    let configuration = ledger.desk.configuration(&crate::setting::vendor(), 11470).unwrap();
    assert_eq!(configuration.installs, ["3311", "3312"]);
}

#[test]
fn odd_characters_stay_what_they_are() {
    let mut ledger = Ledger::new(1, &[]);
    let line = "Bänk #1 {a}=b;%'<x>&日 AUTH={ SIGN=0";
    let odd =
        Item { modules: vec!["é#{}".into(), "SEAT=LOCKED".into()], ..item("proe", line, &[(HOST, 2)]) };
    ledger.run(order(vec![odd])).unwrap();
    let lines = ledger.load(&[pack(&ledger, "P-1001")]).entitlements;
    assert_eq!(lines[0].product_line.as_deref(), Some(line));
    assert_eq!(lines[0].modules.as_deref(), Some(&["SEAT=LOCKED".to_owned(), "é#{}".to_owned()][..]));
}

#[test]
fn companies_and_hosts_have_packs_of_their_own() {
    let mut ledger = Ledger::new(1, &[]);
    let other = CustomerNumber::new("C-2").unwrap();
    ledger.desk.apply(&Change::Put(Row::Company(Box::new(Company::new(other.clone(), "Hill", Wall(0))))));
    ledger.run(order(vec![item("proe", LINE, &[(HOST, 2), (OTHER, 3)])])).unwrap();
    let mut second = order(vec![proe(4)]);
    if let Command::Order { company, .. } = &mut second {
        *company = other.clone();
    }
    ledger.run(second).unwrap();
    // The same configuration of another company has an id of its own; nobody's pack is superseded.
    assert_eq!(ledger.given(), ["1 proe = 2", "2 proe = 3", "3 proe = 4"]);
    assert_eq!(ledger.current().count(), 3);
    assert!(matches!(ledger.run(renew(&[3], None, true)), Err(desk::Refusal::NotFound(_))));
}

#[test]
fn a_pack_for_this_host_is_installed_where_the_desk_serves() {
    for (role, installed) in [(Role::Both, vec!["P-1001"]), (Role::Vendor, Vec::new())] {
        let mut ledger = Ledger::new(1, &[]);
        ledger.setting.role = role;
        let done = ledger.run(order(vec![item("proe", LINE, &[(HOST, 2), (OTHER, 3)])])).unwrap();
        let numbers: Vec<_> = done.install.iter().map(|install| install.pack.as_str()).collect();
        assert_eq!(numbers, installed);
        assert!(done.install.iter().all(|install| install.text == pack(&ledger, install.pack.as_str()).text));
    }
}

#[test]
fn a_pack_names_the_hosts_key() {
    let own = SecretKey::for_host([2; 32]).public();
    let (first, second) = (SecretKey::for_host([7; 32]).public(), SecretKey::for_host([8; 32]).public());
    let ordered = |key: Option<&PublicKey>| {
        let mut asked = order(vec![item("proe", LINE, &[(OTHER, 1)])]);
        if let Command::Order { host_keys, .. } = &mut asked {
            host_keys.extend(key.map(|key| format!("{OTHER}={key}")));
        }
        asked
    };
    let mut ledger = Ledger::new(1, &[]);
    ledger.run(order(vec![proe(1)])).unwrap();
    assert_eq!(keys(&ledger, "P-1001"), [Some(own)]);
    // Of another host none is known: it is said.
    let said = ledger.run(ordered(None)).unwrap().said.join("\n");
    assert!(said.contains("P-1002 names no host key"), "{said}");
    assert_eq!(keys(&ledger, "P-1002"), [None]);
    // It is kept once it was given, until another is.
    ledger.run(ordered(Some(&first))).unwrap();
    ledger.run(ordered(None)).unwrap();
    assert_eq!(keys(&ledger, "P-1004"), [Some(first.clone())]);
    ledger.run(ordered(Some(&second))).unwrap();
    assert_eq!(keys(&ledger, "P-1005"), [Some(second)]);

    // This host's key is its own, whatever somebody writes.
    let mut wrong = order(vec![proe(1)]);
    if let Command::Order { host_keys, .. } = &mut wrong {
        host_keys.push(format!("{HOST}={first}"));
    }
    let refusal = ledger.run(wrong).unwrap_err();
    assert!(
        matches!(&refusal, desk::Refusal::Invalid { why, .. } if why.contains("is this host")),
        "{refusal}"
    );

    let host = format!("{HOST}={first}");
    for bad in
        [&format!("{OTHER}={first}x"), OTHER, "", "=", &format!("{first}"), &format!("x y={first}"), &host]
    {
        let mut asked = ordered(None);
        if let Command::Order { host_keys, .. } = &mut asked {
            host_keys.push(bad.to_owned());
        }
        let refusal = ledger.run(asked).unwrap_err();
        assert!(matches!(refusal, desk::Refusal::Invalid { field: "host_keys", .. }), "{bad}: {refusal}");
    }
}

#[test]
fn a_long_list_of_workstations_and_serial_numbers_is_one_configuration() {
    let places = (0..450).map(|n| Place { cpu: cpu(&format!("02aa1020{n:04}")), count: 1 }).collect();
    let serials = (0..1_000).map(|n| format!("10-10-{n:04}")).collect();
    let locked = Item { seat: Seat::Locked, host: Some(cpu(HOST)), places, serials, ..proe(1) };
    let mut ledger = Ledger::new(1, &[]);
    ledger.run(order(vec![locked])).unwrap();
    assert_eq!(ledger.given(), ["1 proe = 450"]);
    assert_eq!(ledger.desk.configuration(&crate::setting::vendor(), 1).unwrap().serials.len(), 1_000);
    assert_eq!(pack(&ledger, "P-1001").text.matches("INCREMENT").count(), 3);
}

#[test]
fn a_pack_that_would_be_too_long_is_refused_whole() {
    let modules: Vec<String> = (0..50).map(|n| format!("module_{n:020}")).collect();
    let long = |n| Item { modules: modules.clone(), ..item(&format!("feature_{n}"), LINE, &[(HOST, 1)]) };
    let many = (0..400).map(long).collect();
    let mut ledger = Ledger::new(1, &[]);
    let refusal = ledger.run(order(many)).unwrap_err();
    assert!(matches!(&refusal, desk::Refusal::Limit(why) if why.contains("P-1001")), "{refusal}");
    assert_eq!(ledger.desk.configurations().count() + ledger.desk.orders().count(), 0);
}

#[test]
fn a_voided_pack_is_voided_by_the_next() {
    let void = |number: &str| Command::VoidPack {
        pack: PackNumber::new(number).unwrap(),
        reason: "signed for the wrong host".into(),
    };
    let mut ledger = Ledger::new(1, &[]);
    ledger.run(order(vec![proe(2)])).unwrap();
    let done = ledger.run(void("P-1001")).unwrap();
    assert!(done.said.join("").contains("the next pack"), "{:?}", done.said);
    assert!(ledger.desk.case(&done.case.unwrap()).unwrap().about.contains(&"pack:P-1001".to_owned()));
    assert_eq!(pack(&ledger, "P-1001").standing, PackStanding::Void);
    assert!(matches!(ledger.run(void("P-1001")), Err(desk::Refusal::Conflict(_))));
    assert!(matches!(ledger.run(void("P-9")), Err(desk::Refusal::NotFound(_))));
    // A renewal of nothing but the pack signs it anew.
    ledger.run(renew(&[1], None, true)).unwrap();
    assert_eq!(pack(&ledger, "P-1002").voids, [PackNumber::new("P-1001").unwrap()]);
    assert_eq!(pack(&ledger, "P-1001").standing, PackStanding::Void);
    let both = ledger.load(&[pack(&ledger, "P-1001"), pack(&ledger, "P-1002")]);
    assert_eq!(both.entitlements.iter().map(license::Entitlement::count).sum::<u32>(), 2);
    assert_eq!(pack(&ledger, "P-1002").company, company());
}

#[test]
fn packs_of_another_vendor_that_are_installed_here_stay_as_they_are() {
    let mut ledger = Ledger::new(1, &[]);
    let other = Vendor::new("other").unwrap();
    let foreign = PackRow {
        vendor: other.clone(),
        number: PackNumber::new("P-1001").unwrap(),
        company: company(),
        host: cpu(HOST),
        text: "SEAL other P-1001 1 DIGEST=0".into(),
        configurations: vec![7],
        voids: Vec::new(),
        standing: PackStanding::Current,
        case: desk::CaseNumber::new("V-1").unwrap(),
        issued_ms: 0,
    };
    ledger.desk.apply(&Change::Put(Row::Pack(Box::new(foreign.clone()))));
    ledger.run(order(vec![proe(2)])).unwrap();
    // Two vendors give one number, and each pack is found.
    let number = PackNumber::new("P-1001").unwrap();
    assert_eq!(ledger.desk.pack_of(&other, &number), Some(&foreign));
    let own = ledger.desk.pack_of(&crate::setting::vendor(), &number).unwrap();
    assert_eq!((own.voids.as_slice(), ledger.desk.packs_numbered(&number).count()), (&[][..], 2));
    assert_eq!((ledger.desk.pack(&number), ledger.desk.pack_shown(own)), (None, "acmed:P-1001".into()));
    // The vendor's desk voids its own.
    let void = Command::VoidPack { pack: number.clone(), reason: "wrong".into() };
    ledger.run(void.clone()).unwrap();
    assert_eq!(ledger.desk.pack_of(&other, &number), Some(&foreign));
    assert!(matches!(ledger.run(void), Err(desk::Refusal::Conflict(_))));
    ledger.run(renew(&[1], None, true)).unwrap();
    assert_eq!(pack(&ledger, "P-1002").voids, std::slice::from_ref(&number));
    assert_eq!(ledger.desk.pack_of(&other, &number), Some(&foreign));
}

#[test]
fn a_hosts_key_that_another_company_gave_is_not_put_into_a_companys_pack() {
    let mut ledger = Ledger::new(1, &[]);
    let (first, second) = (SecretKey::for_host([7; 32]).public(), SecretKey::for_host([8; 32]).public());
    let other = CustomerNumber::new("C-2").unwrap();
    ledger.desk.apply(&Change::Put(Row::Company(Box::new(Company::new(other.clone(), "Hill", Wall(0))))));
    let ordered = |of: &CustomerNumber, key: Option<&PublicKey>| {
        let mut asked = order(vec![item("proe", LINE, &[(OTHER, 1)])]);
        if let Command::Order { company, host_keys, .. } = &mut asked {
            *company = of.clone();
            host_keys.extend(key.map(|key| format!("{OTHER}={key}")));
        }
        asked
    };
    ledger.run(ordered(&company(), Some(&first))).unwrap();
    ledger.run(ordered(&other, Some(&second))).unwrap();
    ledger.run(ordered(&company(), None)).unwrap();
    assert_eq!(keys(&ledger, "P-1003"), [Some(first)]);
    ledger.run(ordered(&other, None)).unwrap();
    assert_eq!(keys(&ledger, "P-1004"), [Some(second)]);
}
