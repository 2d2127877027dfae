use desk::{CaseNumber, CaseState, ConfigStanding, MoveState, PackStanding, Place, Role, Seat};

use crate::setting::*;

fn case(text: &str) -> CaseNumber {
    CaseNumber::new(text).unwrap()
}

#[test]
fn w7_a_license_moves_by_files_and_its_counts_stay() {
    let mut world = World::new();
    let all = seats([&world.old, &world.new]);
    assert_eq!(
        (ledger(&world.vendor), &all),
        (all.clone(), &[("lathe".into(), 3), ("mill".into(), 5)].into())
    );

    let receipt = world.receipt(&[11470]);
    assert_eq!(seats([&world.old, &world.new]), [("lathe".into(), 3)].into(), "on its way it is nowhere");
    let decision = world.vendor.does(&staff(), issue(&receipt)).unwrap();
    assert_eq!(ledger(&world.vendor), all);

    // A new id, since a floating one never spans hosts; the old one says where its seats went.
    let of = |id| world.vendor.desk.configuration(&acmed(), id).unwrap();
    assert_eq!((of(11470).standing, &of(11470).successors), (ConfigStanding::Moved, &vec![11472]));
    assert_eq!((of(11472).standing, &of(11472).host), (ConfigStanding::Active, &cpu(NEW)));
    assert_eq!(of(11471).standing, ConfigStanding::Active);
    let packs: Vec<_> = world.vendor.desk.packs().map(|pack| (pack.number.as_str(), pack.standing)).collect();
    let standing = [PackStanding::Superseded, PackStanding::Current, PackStanding::Current];
    assert_eq!(packs, ["P-1001", "P-1002", "P-1003"].into_iter().zip(standing).collect::<Vec<_>>());

    // Both numbers find the case, and both packs say that they answer it.
    let own = world.vendor.desk.case(&case("S-1001")).unwrap();
    assert_eq!((decision.case.as_ref(), own.state), (Some(&own.number), CaseState::Done));
    assert_eq!(world.vendor.desk.moving(&own.number).unwrap().state, MoveState::Issued);
    let (new, rest) = (world.vendor.newest(NEW), world.vendor.newest(OLD));
    assert!(new.starts_with("# seatkeeper answer V-1002 to S-1001 of 02aa10203040\n"), "{new}");
    assert!(new.contains("VOIDS=") && new.contains("P-1001"), "{new}");

    // The new host serves it; the old one serves what is left, whichever of its packs it has.
    world.new.packs.push(new.clone());
    assert_eq!(seats([&world.old, &world.new]), all);
    world.old.packs.push(rest.clone());
    assert_eq!(seats([&world.old, &world.new]), all);
    world.old.packs.push(new.clone());
    assert_eq!(seats([&world.old, &world.new]), all);
    world.old.packs = vec![rest];
    assert_eq!(seats([&world.old, &world.new]), all);
    assert!(
        world
            .new
            .served()
            .iter()
            .all(|line| line.host_key == world.new.host_key.as_ref().map(|k| k.public()))
    );

    // And back again, to the old host under another id: what it gave up stays given up.
    let key = world.old.key();
    let back = desk::Command::Surrender {
        company: company("C-1"),
        ids: vec![11472],
        to: cpu(OLD),
        to_key: key,
        ending: desk::Ending::End,
    };
    let decision = world.new.does(&kim_at(), back).unwrap();
    let receipt = world.new.file(&decision, ".request");
    world.vendor.does(&staff(), issue(&receipt)).unwrap();
    assert_eq!(world.vendor.desk.configuration(&acmed(), 11473).unwrap().host, cpu(OLD));
    world.old.packs.push(world.vendor.newest(OLD));
    assert_eq!((seats([&world.old, &world.new]), ledger(&world.vendor)), (all.clone(), all));
    assert!(world.new.served().is_empty());
}

#[test]
fn w7_all_of_a_host_moves_and_its_pack_is_void() {
    let mut world = World::new();
    let all = ledger(&world.vendor);
    let receipt = world.receipt(&[11471, 11470]);
    world.vendor.does(&staff(), issue(&receipt)).unwrap();
    let packs: Vec<_> = world.vendor.desk.packs().map(|pack| (pack.host.clone(), pack.standing)).collect();
    assert_eq!(packs, [(cpu(OLD), PackStanding::Void), (cpu(NEW), PackStanding::Current)]);
    world.new.packs.push(world.vendor.newest(NEW));
    assert_eq!((seats([&world.old, &world.new]), ledger(&world.vendor)), (all.clone(), all));
}

#[test]
fn w7_where_the_new_host_has_the_configuration_already_its_count_grows() {
    let mut world = World::new();
    let (old, new) = (world.old.key(), world.new.key());
    let mut there = item("mill", "Pro/ENGINEER", 2);
    there.places = vec![Place { cpu: cpu(NEW), count: 2 }];
    world.vendor.sells(vec![there], &[(NEW, new)]);
    world.vendor.sells(vec![item("mill", "Pro/ENGINEER", 1)], &[(OLD, old)]);
    let all = ledger(&world.vendor);
    assert_eq!(all["mill"], 8);
    // The host still serves the 5 that it knows of; the ledger moves all 6.
    let receipt = world.receipt(&[11470]);
    world.vendor.does(&staff(), issue(&receipt)).unwrap();
    let successors = &world.vendor.desk.configuration(&acmed(), 11470).unwrap().successors;
    assert_eq!(successors, &vec![11472]);
    world.new.packs = vec![world.vendor.newest(NEW)];
    assert_eq!(seats([&world.new]), [("mill".into(), 8)].into());
    assert_eq!(ledger(&world.vendor), all);
    // Its newer pack brings the old host nothing back.
    world.old.packs.push(world.vendor.desk.packs().nth(2).unwrap().text.clone());
    assert_eq!(seats([&world.old]).get("mill"), None);
}

#[test]
fn w7_locked_and_named_licenses_modules_and_old_numbers_move_whole() {
    let mut world = World::new();
    let key = world.old.key();
    let mut locked = item("lathe", "Pro/ENGINEER", 1);
    locked.seat = Seat::Locked;
    locked.host = Some(cpu(OLD));
    locked.places = ["02aa10203001", "02aa10203002"].map(|at| Place { cpu: cpu(at), count: 1 }).into();
    locked.serials = vec!["10-10-77-D2".into()];
    locked.installs = vec!["2233".into(), "2234".into()];
    let mut named = item("mill", "Pro/ENGINEER", 4);
    named.seat = Seat::Named;
    named.modules = vec!["Pro/MESH".into()];
    let mut module = item("mesh", "Pro/ENGINEER", 6);
    module.is_module = true;
    let mut dated = item("mill", "Pro/ENGINEER", 2);
    dated.until = names::Expiry::parse("31-dec-2030").unwrap();
    world.vendor.sells(vec![locked, named, module, dated], &[(OLD, key)]);
    world.old.packs.push(world.vendor.newest(OLD));
    let (all, served) = (ledger(&world.vendor), seats([&world.old]));
    let receipt = world.receipt(&[11470, 11472, 11473, 11474]);
    world.vendor.does(&staff(), issue(&receipt)).unwrap();
    world.new.packs.push(world.vendor.newest(NEW));
    assert_eq!((ledger(&world.vendor), seats([&world.old, &world.new])), (all, served));
    let of = |id| world.vendor.desk.configuration(&acmed(), id).unwrap();
    for old in [11470, 11472, 11473, 11474] {
        let [new] = of(old).successors[..] else { panic!("{:?}", of(old).successors) };
        let (old, new) = (of(old), of(new));
        let what = |of: &desk::Configuration| {
            (of.product.clone(), of.product_line.clone(), of.modules.clone(), of.maintenance, of.seat)
        };
        assert_eq!((what(old), &old.lines), (what(new), &new.lines));
        assert_eq!((&old.serials, &old.installs, &new.host), (&new.serials, &new.installs, &cpu(NEW)));
    }
}

#[test]
fn w7_where_both_desks_are_one_the_same_steps_need_no_file() {
    let mut both = House::new(Role::Both, OLD, 2);
    both.sells(vec![item("mill", "Pro/ENGINEER", 5), item("lathe", "Pro/DESIGNER", 3)], &[]);
    assert_eq!(seats([&both]), ledger(&both), "its pack is installed");
    let all = ledger(&both);
    let mut new = House::new(Role::Site, NEW, 3);
    let given = both.does(&kim_at(), surrender(&[11470], &new.key())).unwrap();
    let number = given.case.unwrap();
    assert_eq!(both.desk.case(&number).unwrap().state, CaseState::Open, "nothing is carried");
    let refusal = both.does(&kim_at(), surrender(&[11470], &new.key())).unwrap_err();
    assert_eq!(about(&refusal), "W7");
    // The case's number finds its receipt, and the move is the same case.
    let issued = both.does(&staff(), issue(number.as_str())).unwrap();
    assert_eq!(issued.case.as_ref(), Some(&number));
    let case_now = both.desk.case(&number).unwrap();
    assert_eq!((case_now.state, case_now.history.len()), (CaseState::Done, 2));
    assert_eq!(both.desk.moving(&number).unwrap().state, MoveState::Issued);
    new.packs.push(both.newest(NEW));
    assert_eq!((seats([&both, &new]), ledger(&both)), (all.clone(), all));
    assert_eq!(about(&both.does(&staff(), issue(number.as_str())).unwrap_err()), "W7");
}

#[test]
fn w7_a_license_comes_to_the_desk_that_issues_it_and_is_installed_there() {
    let mut both = House::new(Role::Both, NEW, 3);
    let mut old = House::new(Role::Site, OLD, 2);
    both.sells(vec![item("mill", "Pro/ENGINEER", 5)], &[(OLD, old.key())]);
    old.packs.push(both.newest(OLD));
    let decision = old.does(&kim_at(), surrender(&[11470], "")).unwrap();
    let receipt = old.file(&decision, ".request");
    // Its own key is known; nobody had to give it.
    let issued = both.does(&staff(), issue(&receipt)).unwrap();
    assert_eq!(both.desk.moving(issued.case.as_ref().unwrap()).unwrap().state, MoveState::Installed);
    assert_eq!(seats([&both, &old]), [("mill".into(), 5)].into());
}

#[test]
fn w7_the_desks_own_host_is_not_lost() {
    let mut both = House::new(Role::Both, OLD, 2);
    both.sells(vec![item("mill", "Pro/ENGINEER", 5)], &[]);
    let (before, served) = (both.rows(), seats([&both]));
    let to_key = House::new(Role::Site, NEW, 3).key();
    let lost = desk::Command::IssueMove {
        receipt: String::new(),
        host_lost: "it burnt down".into(),
        ids: vec![11470],
        to: Some(cpu(NEW)),
        to_key,
    };
    let refusal = both.does(&staff(), lost).unwrap_err();
    assert!(refusal.to_string().contains("is this host, which is not lost"), "{refusal}");
    assert_eq!((both.rows(), seats([&both])), (before, served));
}
