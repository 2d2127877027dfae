//! Cases: requests for the license tools (W8), who may follow a case (W2), how one ends.

use desk::{
    Actor, Case, CaseKind, CaseNumber, CaseState, Command, Order, OrderState, Reminded, Role, Row, RowKey,
    limits,
};

use crate::world::{World, alone, email, kind, number, of_4711};

fn ask(company: &str) -> Command {
    Command::AskForTools { company: number(company), reason: "to order".into() }
}

fn upgrade(case: &CaseNumber, accept: bool) -> Command {
    Command::UpgradeAccount { case: case.clone(), accept }
}

#[test]
fn w8_an_accepted_request_gives_the_tools_where_there_is_no_supervisor() {
    // The company, whether it is accepted, what is had then.
    for (company, accept, letters, state) in [
        ("4713", true, Some("LR"), CaseState::Done),
        ("4711", true, Some(""), CaseState::Done),
        ("4713", false, None, CaseState::Refused),
        ("4711", false, None, CaseState::Refused),
    ] {
        let mut world = World::with_new_company();
        world.person("lee");
        let case = world.act(&alone("lee"), ask(company)).unwrap().case.unwrap();
        let row = world.desk.case(&case).unwrap();
        assert_eq!((row.kind, row.state), (CaseKind::Tools, CaseState::Open));
        assert_eq!(row.history[0].what, "asked: to order");
        let done = world.act(&alone("ada"), upgrade(&case, accept)).unwrap();
        assert_eq!(world.letters(company, "lee").as_deref(), letters);
        let row = world.desk.case(&case).unwrap();
        assert_eq!((row.state, row.history.len()), (state, 2));
        if company == "4711" && accept {
            assert!(
                done.said[0].contains("supervisors decide") && done.said[0].contains("kim"),
                "{:?}",
                done.said
            );
        }
        assert_eq!(kind(&world.act(&alone("ada"), upgrade(&case, true))), "conflict", "a case ends once");
    }
}

#[test]
fn w8_a_request_is_made_once_and_only_by_who_lacks_the_tools() {
    let mut world = World::with_new_company();
    world.member("4711", "lee", "LR");
    assert_eq!(kind(&world.act(&of_4711("lee"), ask("4711"))), "rule W8");
    world.member("4711", "osman", "R");
    assert_eq!(kind(&world.act(&of_4711("osman"), ask("4711"))), "done");
    assert_eq!(kind(&world.act(&of_4711("osman"), ask("4711"))), "conflict");
    // Whether a company is known is not told; so many requests may be open.
    for n in 1..limits::TOOLS_OPEN_MAX {
        assert_eq!(kind(&world.act(&of_4711("osman"), ask(&format!("99{n}")))), "done");
    }
    assert_eq!(kind(&world.act(&of_4711("osman"), ask("4712"))), "limit");
    let unknown = CaseNumber::new("V-1002").unwrap();
    assert_eq!(kind(&world.act(&alone("ada"), upgrade(&unknown, true))), "not found");
    assert_eq!(kind(&world.act(&alone("ada"), upgrade(&CaseNumber::new("V-9").unwrap(), true))), "not found");
    // Nobody upgrades themselves.
    let case = world.act(&alone("ada"), ask("4713")).unwrap().case.unwrap();
    assert_eq!(kind(&world.act(&alone("ada"), upgrade(&case, true))), "rule W3");
    // At a site, whoever sits on the host enters the vendor's answer.
    world.role = Role::Site;
    assert_eq!(kind(&world.act(&Actor::Host { uid: 0 }, upgrade(&case, true))), "done");
    assert_eq!(world.letters("4713", "ada").unwrap(), "LR");
}

#[test]
fn w2_a_case_is_followed_by_who_opened_it_and_by_reporting() {
    let mut world = World::new();
    world.member("4711", "lee", "R");
    world.member("4711", "osman", "L");
    world.person("new");
    let own = world.act(&alone("new"), ask("4711")).unwrap().case.unwrap();
    let add = Command::AddPerson { company: number("4711"), email: email("new"), name: String::new() };
    let people = world.act(&of_4711("kim"), add).unwrap().case.unwrap();
    let other_company = Actor::Person { email: email("lee"), company: Some(number("4712")) };
    for (actor, expected) in [
        (Actor::Nobody, vec![]),
        (alone("new"), vec![&own]),
        (of_4711("kim"), vec![&people]),
        (of_4711("lee"), vec![&people, &own]),
        (of_4711("osman"), vec![]),
        (other_company, vec![]),
        (alone("ada"), vec![&people, &own]),
        (Actor::Host { uid: 0 }, vec![&people, &own]),
    ] {
        let seen: Vec<&CaseNumber> =
            world.desk.cases_for(&world.ctx(), &actor).into_iter().map(|case| &case.number).collect();
        assert_eq!(seen, expected, "{actor}");
    }
}

#[test]
fn a_case_is_ended_once_with_an_answer_at_the_version_that_was_seen() {
    let mut world = World::new();
    let case = |kind, n: u64| Case {
        number: CaseNumber::new(&format!("V-{n}")).unwrap(),
        other: Some(CaseNumber::new(&format!("S-{n}")).unwrap()),
        kind,
        company: Some(number("4711")),
        asked_by: Some(email("kim")),
        subject: "x".into(),
        state: CaseState::Open,
        history: Vec::new(),
        files: Vec::new(),
        about: Vec::new(),
        opened_ms: 0,
        version: 3,
    };
    for (kind, n) in [(CaseKind::Reconfiguration, 1), (CaseKind::Tools, 2), (CaseKind::Order, 3)] {
        world.put(Row::Case(Box::new(case(kind, n))));
    }
    world.put(Row::Order(Box::new(Order {
        number: "O-1001".into(),
        company: number("4711"),
        subscription: String::new(),
        invoice: String::new(),
        buyer: None,
        items: Vec::new(),
        state: OrderState::Placed,
        case: CaseNumber::new("V-3").unwrap(),
        placed_ms: 0,
        packs: Vec::new(),
        host_keys: Vec::new(),
        version: 1,
    })));
    let mut close = |number: &str, done, answer: &str, version| {
        let case = CaseNumber::new(number).unwrap();
        kind(&world.act(&alone("ada"), Command::CloseCase { case, done, answer: answer.into(), version }))
    };
    assert_eq!(close("V-1", true, "x", 2), "conflict");
    assert_eq!(close("V-1", true, "a\u{1b}", 3), "invalid answer");
    assert_eq!(close("S-1", true, "configured", 3), "done");
    assert_eq!(close("V-1", false, "no", 4), "conflict");
    assert_eq!(close("V-2", true, "given", 3), "rule W8");
    assert_eq!(close("V-2", false, "no", 3), "done");
    assert_eq!(close("V-3", false, "no", 3), "rule W2");
    assert_eq!(close("V-9", true, "", 0), "not found");
    let row = world.desk.case(&CaseNumber::new("V-1").unwrap()).unwrap();
    assert_eq!((row.state, row.history[0].what.as_str()), (CaseState::Done, "done: configured"));
    assert_eq!(row.history[0].by, "ada@works.example");
}

#[test]
fn reminders_are_noted_once_and_forgotten_when_they_are_old() {
    let mut world = World::new();
    let day = 86_400_000;
    for (of, days) in [("old", limits::REMINDED_DAYS + 1), ("new", limits::REMINDED_DAYS - 1)] {
        let row = Reminded { of: of.into(), at_ms: world.now.0 - days * day };
        world.put(Row::Reminded(Box::new(row)));
    }
    let of = vec!["new".into(), "newest".into(), "newest".into()];
    let done = world.act(&Actor::Daemon, Command::Reminded { of }).unwrap();
    let put = Reminded { of: "newest".into(), at_ms: world.now.0 };
    assert_eq!(
        done.changes,
        [desk::Change::Drop(RowKey::Reminded("old".into())), desk::Change::Put(Row::Reminded(Box::new(put)))]
    );
}

/// A case of a company at the vendor's desk, which its site calls S-1001.
fn of_site(world: &mut World, at: &str, company: &str, kind: CaseKind, by: &str) -> CaseNumber {
    let case = Case {
        number: CaseNumber::new(at).unwrap(),
        other: Some(CaseNumber::new("S-1001").unwrap()),
        kind,
        company: Some(number(company)),
        asked_by: Some(email(by)),
        subject: "license tools".into(),
        state: CaseState::Open,
        history: Vec::new(),
        files: Vec::new(),
        about: Vec::new(),
        opened_ms: 0,
        version: 1,
    };
    world.put(Row::Case(Box::new(case.clone())));
    case.number
}

#[test]
fn w2_two_sites_have_an_s_1001_each_and_everybody_has_their_own() {
    let mut world = World::with_new_company();
    world.member("4711", "lee", "R");
    world.member("4713", "osman", "");
    of_site(&mut world, "V-1001", "4711", CaseKind::Tools, "lee");
    of_site(&mut world, "V-1002", "4713", CaseKind::Tools, "osman");
    let number = CaseNumber::new("S-1001").unwrap();
    let osman = Actor::Person { email: email("osman"), company: Some(crate::world::number("4713")) };
    let found = |world: &World, actor: &Actor| {
        world.desk.case_for(&world.ctx(), actor, &number).map(|case| case.number.to_string())
    };
    assert_eq!(found(&world, &of_4711("lee")).unwrap(), "V-1001");
    assert_eq!(found(&world, &osman).unwrap(), "V-1002");
    assert!(
        found(&world, &of_4711("kim")).unwrap_err().to_string().starts_with("case S-1001: there is none")
    );
    let told = found(&world, &alone("ada")).unwrap_err().to_string();
    assert!(told.contains("V-1001 or V-1002"), "{told}");
    assert!(world.desk.case(&number).is_none(), "it is nobody's");
    // The vendor's desk ends and upgrades none of them by that number: it might be the other one's.
    let close = Command::CloseCase { case: number.clone(), done: false, answer: "no".into(), version: 1 };
    for command in [close, upgrade(&number, true)] {
        let before = world.rows();
        assert_eq!(kind(&world.act(&alone("ada"), command)), "invalid case");
        assert_eq!(world.rows(), before);
    }
    // One of them is called otherwise from now on: what is left is found.
    world.desk.apply(&desk::Change::Drop(RowKey::Case(CaseNumber::new("V-1001").unwrap())));
    assert_eq!(found(&world, &alone("ada")).unwrap(), "V-1002");
    assert_eq!(kind(&world.act(&alone("ada"), upgrade(&number, true))), "done");
    assert_eq!(world.letters("4713", "osman").unwrap(), "LR");
}
