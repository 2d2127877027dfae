use desk::{Actor, CaseNumber, CaseState, Command, CustomerNumber, Ending, MoveState, Refusal, Role};
use license::{SecretKey, SignedRequest};
use names::{CpuId, PackNumber, Vendor};

use crate::setting::*;

/// A change to what is asked for, what refuses it, and words of the refusal.
type Spoilt = (fn(&mut Try), &'static str, &'static str);

/// What is asked for, and of which desk.
struct Try {
    old: House,
    company: CustomerNumber,
    ids: Vec<u64>,
    to: CpuId,
    to_key: String,
}

#[test]
fn w7_what_may_not_be_given_up_is_refused_and_changes_nothing() {
    let cases: [Spoilt; 18] = [
        (|_| {}, "", ""),
        (|t| t.old.role = Role::Vendor, "W7", "this desk serves none"),
        (|t| t.old.host = None, "W7", "knows no host id"),
        (|t| t.old.host_key = None, "W7", "has no key to sign"),
        (|t| t.ids.clear(), "ids", "at least one"),
        (|t| t.ids = vec![11472], "not found", "configuration 11472"),
        (|t| t.ids = vec![11470, 11472], "not found", "configuration 11472"),
        (|t| t.ids = (1..=101).collect(), "limit", "100 configurations at most"),
        (|t| t.old.owner = Some(company("C-2")), "not found", "configuration 11470"),
        // A line that does not say whose it is is the host's own company's.
        (|t| t.old.owner = None, "", ""),
        (|t| installed_for_another(t), "not found", "configuration 11470"),
        (|t| t.to = cpu(OLD), "to", "moved from"),
        (|t| t.to = cpu("ANY"), "to", "no license host"),
        (|t| t.to = cpu("demo"), "to", "no license host"),
        (|t| t.to_key = "abc".into(), "to_key", "44 characters"),
        (|t| t.to_key = t.old.key(), "to_key", "this host's key"),
        (|t| lend(t, 11470), "W7", "a borrowed seat of configuration 11470 (mill) is out"),
        (|t| lend(t, 11471), "", ""),
    ];
    for (n, (spoil, what, words)) in cases.into_iter().enumerate() {
        let world = World::new();
        let to_key = world.new.key();
        let (company, ids, to) = (company("C-1"), vec![11470], cpu(NEW));
        let mut t = Try { old: world.old, company, ids, to, to_key };
        spoil(&mut t);
        let Try { mut old, company, ids, to, to_key } = t;
        let before = old.rows();
        let command = Command::Surrender { company, ids, to, to_key, ending: Ending::End };
        match old.does(&kim_at(), command) {
            Ok(decision) => {
                assert_eq!(what, "", "case {n} was done");
                assert!(decision.reread);
            }
            Err(refusal) => {
                assert_eq!(about(&refusal), what, "case {n}: {refusal}");
                assert!(refusal.to_string().contains(words), "case {n}: {refusal}");
                assert_eq!(old.rows(), before, "case {n}");
            }
        }
    }
}

/// Its lines do not say whose they are, and it was installed for another company.
fn installed_for_another(t: &mut Try) {
    t.old.owner = None;
    let row = desk::PackRow {
        vendor: acmed(),
        number: PackNumber::new("P-1001").unwrap(),
        company: company("C-2"),
        host: cpu(OLD),
        text: t.old.packs[0].clone(),
        configurations: vec![11470, 11471],
        voids: Vec::new(),
        standing: desk::PackStanding::Current,
        case: CaseNumber::new("S-1000").unwrap(),
        issued_ms: 0,
    };
    t.old.desk.apply(&desk::Change::Put(desk::Row::Pack(Box::new(row))));
}

/// A borrowed seat of an id is out.
fn lend(t: &mut Try, id: u64) {
    let config = names::ConfigId::Number(id);
    let feature = t.old.served().into_iter().find(|line| line.config == config).unwrap();
    t.old.borrowed = feature.pool_ids().collect();
}

#[test]
fn w7_only_who_has_licensing_for_the_company_gives_up() {
    let mut world = World::new();
    let key = world.new.key();
    for (actor, what) in [
        (staff(), "forbidden"),
        (Actor::Nobody, "signed out"),
        (Actor::Person { email: kim(), company: Some(company("C-2")) }, "conflict"),
        (
            Actor::Person {
                email: names::Email::new("lee@example.com").unwrap(),
                company: Some(company("C-1")),
            },
            "forbidden",
        ),
    ] {
        let refusal = world.old.does(&actor, surrender(&[11470], &key)).unwrap_err();
        assert_eq!(about(&refusal), what, "{actor}");
    }
}

#[test]
fn w7_two_vendors_may_use_one_number_and_the_desks_own_is_meant() {
    let mut world = World::new();
    world.old.vendor = Vendor::new("other").unwrap();
    let key = world.new.key();
    // The desk's own vendor has no such id here; what is served is meant.
    let decision = world.old.does(&kim_at(), surrender(&[11470], &key)).unwrap();
    assert!(decision.about.contains("of acmed"), "{}", decision.about);
}

#[test]
fn w7_a_surrender_keeps_a_receipt_a_case_and_a_move_and_the_host_serves_it_no_more() {
    let mut world = World::new();
    let key = world.new.key();
    let decision = world.old.does(&kim_at(), surrender(&[11470, 11470], &key)).unwrap();
    let number = CaseNumber::new("S-1001").unwrap();
    assert_eq!((decision.case.as_ref(), decision.reread), (Some(&number), true));
    let case = world.old.desk.case(&number).unwrap();
    assert_eq!((case.state, case.asked_by.as_ref()), (CaseState::Waiting, Some(&kim())));
    for link in ["configuration:11470", "host:02aa10203040", "host:02aa10203050", "pack:P-1001"] {
        assert!(case.about.iter().any(|about| about == link), "{link}: {:?}", case.about);
    }
    let text = world.old.file(&decision, "surrender-S-1001.request");
    let receipt = SignedRequest::read(text.as_bytes()).unwrap();
    receipt.is_of(&world.old.host_key.as_ref().unwrap().public()).unwrap();
    let surrendered = receipt.request().surrendered().unwrap();
    assert_eq!((&surrendered.ids, &surrendered.to), (&vec![11470], &cpu(NEW)));
    assert_eq!(surrendered.packs, [PackNumber::new("P-1001").unwrap()]);
    assert_eq!(surrendered.to_key.as_ref().map(ToString::to_string), Some(key.clone()));
    assert_eq!(
        (receipt.request().company.as_deref(), receipt.request().case.as_str()),
        (Some("C-1"), "S-1001")
    );
    let row = world.old.desk.moving(&number).unwrap();
    assert_eq!(
        (row.state, &row.ids, row.to_key.as_str()),
        (MoveState::Surrendered, &vec![11470], key.as_str())
    );
    let retired: Vec<_> = world.old.desk.retired().map(|row| (row.id, row.receipt == text)).collect();
    assert_eq!(retired, [(11470, true)]);
    assert_eq!(seats([&world.old]), [("lathe".to_owned(), 3)].into());
    // A second time there is nothing to give up, whether the files were read again or not.
    let refusal = world.old.does(&kim_at(), surrender(&[11470], &key)).unwrap_err();
    assert!(
        matches!(&refusal, Refusal::Rule { rule: "W7", why } if why.contains("case S-1001")),
        "{refusal}"
    );
    // The same after a restart: the rows are read back.
    let rows: Vec<_> = world.old.rows().into_iter().collect();
    world.old.desk =
        desk::Desk::load(rows.iter().map(|(key, value)| (key.as_str(), value.as_slice()))).unwrap();
    assert_eq!(seats([&world.old]), [("lathe".to_owned(), 3)].into());
}

#[test]
fn w7_a_receipt_beside_the_packs_makes_its_row_again_in_an_older_state() {
    let mut world = World::new();
    let older = world.old.desk.clone();
    let receipt = world.receipt(&[11470, 11471]);
    world.old.desk = older;
    assert_eq!(seats([&world.old])["mill"], 5);
    let found = |text: &str| Command::Surrendered { receipts: vec![text.to_owned()] };
    assert!(world.old.does(&kim_at(), found(&receipt)).is_err(), "it is the daemon's own");
    let forged = Command::Surrendered { receipts: vec![receipt.replace("11470", "11469")] };
    assert!(world.old.does(&Actor::Daemon, forged).is_err());
    let own = world.old.host_key.replace(SecretKey::for_host([8; 32]));
    assert!(world.old.does(&Actor::Daemon, found(&receipt)).is_err(), "another host's key");
    world.old.host_key = own;
    let decision = world.old.does(&Actor::Daemon, found(&receipt)).unwrap();
    assert!(decision.reread && seats([&world.old]).is_empty());
    // Once more there is nothing to do.
    let decision = world.old.does(&Actor::Daemon, found(&receipt)).unwrap();
    assert!(!decision.reread && decision.changes.is_empty());
    // Its case's number is not given a second time.
    world.old.packs.clear();
    world.old.desk.apply(&desk::Change::Drop(desk::RowKey::Retired(acmed(), 11470, cpu(OLD))));
    world.old.packs.push(world.vendor.newest(OLD));
    let key = world.new.key();
    let decision = world.old.does(&kim_at(), surrender(&[11470], &key)).unwrap();
    assert_eq!(decision.case, Some(CaseNumber::new("S-1002").unwrap()));
}
