//! What a decision and a view cost where the desk has a hundred thousand rows.

use std::time::{Duration, Instant};

use desk::{
    Actor, Case, CaseKind, CaseNumber, CaseState, Change, Command, Configuration, Desk, PackRow,
    PackStanding, Privileges, Row,
};
use names::{PackNumber, Vendor};

use crate::find::configuration;
use crate::world::{World, alone, email, number, of_4711, owned, pool};

/// So long a decision takes at most: the owner of the desk does one after another.
const WITHIN: Duration = Duration::from_millis(10);

/// 30,000 cases, packs and configurations of many companies, and 20,000 people of one.
fn large() -> World {
    let mut world = World::new();
    world.member("4711", "lee", "SLR");
    world.owned = vec![owned(11470, "mill", 5)];
    for n in 0..30_000_u64 {
        let company = number(&format!("{}", 5_000 + n % 1_000));
        let case = CaseNumber::new(&format!("V-{}", 100_000 + n)).unwrap();
        world.put(Row::Case(Box::new(Case {
            number: case.clone(),
            other: None,
            kind: if n % 2 == 0 { CaseKind::Tools } else { CaseKind::Order },
            company: Some(company.clone()),
            asked_by: Some(email(&format!("p{n}"))),
            subject: "large".into(),
            state: CaseState::Open,
            history: Vec::new(),
            files: Vec::new(),
            about: vec![format!("request:{n:064x}")],
            opened_ms: 0,
            version: 1,
        })));
        world.put(Row::Configuration(Box::new(Configuration {
            company: company.clone(),
            ..configuration(n + 1, "mill", 1)
        })));
        world.put(Row::Pack(Box::new(PackRow {
            vendor: Vendor::new("acmed").unwrap(),
            number: PackNumber::new(&format!("P-{n}")).unwrap(),
            company,
            host: pool(1, "mill").cpu().clone(),
            text: String::new(),
            configurations: vec![n + 1],
            voids: Vec::new(),
            standing: PackStanding::Current,
            case,
            issued_ms: 0,
        })));
    }
    for n in 0..10_000 {
        world.member("4711", &format!("p{n}"), "");
    }
    world
}

#[test]
fn a_decision_at_a_large_desk_takes_milliseconds() {
    let world = large();
    let company = || number("4711");
    let privileges = Privileges { licensing: true, ..Privileges::default() };
    let case = CaseNumber::new("V-100001").unwrap();
    let commands = [
        (of_4711("lee"), Command::SetName { name: "Lee".into() }),
        (of_4711("p7"), Command::AskForTools { company: number("4712"), reason: String::new() }),
        (
            of_4711("kim"),
            Command::SetPrivileges { company: company(), email: email("p9"), privileges, version: 1 },
        ),
        (of_4711("kim"), Command::RemovePerson { company: company(), email: email("p9"), version: 1 }),
        (
            of_4711("lee"),
            Command::Assign {
                company: company(),
                pool: pool(11470, "mill").to_string(),
                emails: "a@b.c".into(),
                from: None,
                until: None,
                all_or_none: false,
            },
        ),
        (
            of_4711("lee"),
            Command::ChangeContact { company: company(), address: "x".into(), contact: None, version: 1 },
        ),
        (alone("ada"), Command::CloseCase { case, done: true, answer: String::new(), version: 1 }),
        (alone("ada"), Command::SetCompany { company: number("1"), name: "New".into(), version: 0 }),
        (Actor::Daemon, Command::Served),
        (Actor::Daemon, Command::Reminded { of: vec!["x".into()] }),
    ];
    let mut taken = Vec::new();
    for (actor, command) in commands {
        let told = world.decide(&actor, command.clone());
        assert!(told.is_ok(), "{told:?}");
        let time = best(|| {
            let decision = world.decide(&actor, command.clone()).unwrap();
            // What follows: the desk that is published is a copy with the changes.
            let mut next: Desk = world.desk.clone();
            decision.changes.iter().for_each(|change: &Change| next.apply(change));
        });
        taken.push((time, format!("{:.40}", format!("{command:?}"))));
    }
    let unknown = CaseNumber::new("S-9").unwrap();
    taken.push((best(|| assert!(world.desk.case(&unknown).is_none())), "a case that there is not".into()));
    let lee = of_4711("lee");
    let cases = || world.desk.cases_for(&world.ctx(), &lee).len();
    taken.push((best(|| assert_eq!(cases(), 0)), "the cases of a company".into()));
    assert!(taken.iter().all(|(time, _)| *time < WITHIN), "{taken:#?}");
}

/// The best of some: other work on the machine is not what is measured.
fn best(mut act: impl FnMut()) -> Duration {
    let one = || {
        let start = Instant::now();
        act();
        start.elapsed()
    };
    std::iter::repeat_with(one).take(30).min().unwrap()
}
