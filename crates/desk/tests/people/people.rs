//! What is one's own, a company's people and their privileges (W3, W4, W6).

use desk::{Actor, Command, Decision, Person, Refusal, Role, Row, SeatChange};

use crate::world::{World, alone, email, kind, number, of_4711, privileges};

fn set(who: &str, letters: &str, version: u64) -> Command {
    let (company, email) = (number("4711"), email(who));
    Command::SetPrivileges { company, email, privileges: privileges(letters), version }
}

fn remove(who: &str, version: u64) -> Command {
    Command::RemovePerson { company: number("4711"), email: email(who), version }
}

fn add(who: &str) -> Command {
    Command::AddPerson { company: number("4711"), email: email(who), name: "Lee".into() }
}

fn contact(company: &str, who: &str) -> Command {
    Command::AddContact { company: number(company), email: email(who), name: String::new() }
}

fn supervisor(company: &str, who: &str) -> Command {
    Command::NameSupervisor { company: number(company), email: email(who) }
}

fn staff(who: &str, vendor_desk: bool, host_administrator: bool) -> Command {
    Command::SetStaff { email: email(who), vendor_desk, host_administrator }
}

/// Does it, and holds what came of it against what is expected; a refusal changes nothing.
#[track_caller]
fn expect(world: &mut World, actor: &Actor, command: Command, expected: &str) -> Option<Decision> {
    let before = world.rows();
    let shown = format!("{command:?}");
    let told = world.act(actor, command);
    assert_eq!(kind(&told), expected, "{shown}: {told:?}");
    if told.is_err() {
        assert_eq!(world.rows(), before);
    }
    told.ok()
}

#[test]
fn w3_privileges_are_given_by_another_supervisor_and_the_last_one_stays() {
    let kim = of_4711("kim");
    // Who acts, whose, to what, at which version; with osman's privileges of the same company before.
    for (osman, actor, whose, to, version, expected) in [
        ("", "kim", "osman", "LR", 1, "done"),
        ("", "kim", "osman", "S", 1, "done"),
        ("", "kim", "osman", "SLR", 2, "conflict"),
        ("", "kim", "osman", "SLR", 0, "conflict"),
        ("", "kim", "lee", "R", 1, "not found"),
        // Oneself: only to give up, and never the last Supervisor.
        ("", "kim", "kim", "SL", 1, "rule W3"),
        ("", "kim", "kim", "", 1, "rule W3"),
        ("", "kim", "kim", "L", 1, "rule W3"),
        ("", "kim", "kim", "S", 1, "done"),
        ("S", "kim", "kim", "", 1, "done"),
        ("S", "kim", "kim", "R", 1, "rule W3"),
        ("S", "osman", "kim", "", 1, "done"),
        ("S", "osman", "kim", "SLR", 1, "done"),
        ("L", "osman", "kim", "S", 1, "forbidden"),
        ("R", "osman", "osman", "S", 1, "forbidden"),
        ("LR", "osman", "osman", "", 1, "forbidden"),
    ] {
        let mut world = World::new();
        world.member("4711", "osman", osman);
        let done = expect(&mut world, &of_4711(actor), set(whose, to, version), expected);
        if done.is_some() {
            assert_eq!(world.letters("4711", whose).unwrap(), to);
        }
    }
    // More than one is advised.
    let mut world = World::new();
    world.member("4711", "osman", "");
    let done = expect(&mut world, &kim, set("osman", "S", 1), "done").unwrap();
    assert_eq!(done.said, [""; 0]);
    let done = expect(&mut world, &kim, set("osman", "L", 2), "done").unwrap();
    assert!(done.said[0].contains("one supervisor"), "{:?}", done.said);
    // A case tells it.
    let case = world.desk.case(&done.case.unwrap()).unwrap();
    assert_eq!(case.history.last().unwrap().what, "give osman@works.example Licensing, before Supervisor");
}

#[test]
fn wc_12_the_last_supervisor_is_not_removed() {
    for (osman, actor, whose, version, expected) in [
        ("", "kim", "kim", 1, "rule W3"),
        ("LR", "kim", "kim", 1, "rule W3"),
        ("S", "kim", "kim", 1, "done"),
        ("S", "osman", "kim", 1, "done"),
        ("S", "kim", "osman", 1, "done"),
        ("LR", "kim", "osman", 1, "done"),
        ("LR", "kim", "osman", 7, "conflict"),
        ("LR", "kim", "lee", 1, "not found"),
        ("LR", "osman", "kim", 1, "forbidden"),
    ] {
        let mut world = World::new();
        world.member("4711", "osman", osman);
        let done = expect(&mut world, &of_4711(actor), remove(whose, version), expected);
        if done.is_some() {
            assert_eq!(world.letters("4711", whose), None);
            assert!(world.desk.person(&email(whose)).is_some(), "the account stays");
        }
    }
}

#[test]
fn w6_a_removed_persons_primary_company_is_another_of_theirs_or_none() {
    let mut world = World::new();
    world.member("4711", "lee", "R");
    world.member("4712", "lee", "L");
    let primary = |world: &World| world.desk.person(&email("lee")).unwrap().primary.clone();
    assert_eq!(primary(&world), Some(number("4711")));
    expect(&mut world, &of_4711("kim"), remove("lee", 1), "done");
    assert_eq!(primary(&world), Some(number("4712")));
    let osman = Actor::Person { email: email("osman"), company: Some(number("4712")) };
    let out = Command::RemovePerson { company: number("4712"), email: email("lee"), version: 1 };
    expect(&mut world, &osman, out, "done");
    assert_eq!(primary(&world), None);
}

#[test]
fn w4_who_is_added_later_has_none_and_what_was_looked_at_before_a_removal_is_stale() {
    let mut world = World::new();
    let kim = of_4711("kim");
    expect(&mut world, &kim, add("lee"), "done");
    assert_eq!(world.letters("4711", "lee").unwrap(), "");
    assert_eq!(world.desk.person(&email("lee")).unwrap().name, "Lee");
    let rows = world.rows().len();
    let again = expect(&mut world, &kim, add("lee"), "done").unwrap();
    assert!(again.said[0].contains("already"), "{:?}", again.said);
    assert_eq!(world.rows().len(), rows, "a double submit makes nothing");
    let seen = world.version("4711", "lee");
    expect(&mut world, &kim, set("lee", "L", seen), "done");
    expect(&mut world, &kim, remove("lee", seen + 1), "done");
    expect(&mut world, &kim, add("lee"), "done");
    assert_eq!(world.letters("4711", "lee").unwrap(), "", "added again, without what was had before");
    for stale in 0..=seen + 1 {
        expect(&mut world, &kim, set("lee", "SLR", stale), "conflict");
    }
    // Whoever exists keeps the name that they gave themselves.
    world.person("ada");
    let named = Command::AddPerson { company: number("4711"), email: email("ada"), name: "Other".into() };
    expect(&mut world, &kim, named, "done");
    assert_eq!(world.desk.person(&email("ada")).unwrap().name, "");
}

#[test]
fn w4_contacts_have_the_tools_until_a_first_supervisor_is_named_who_takes_nothing_away() {
    let mut world = World::with_new_company();
    let ada = alone("ada");
    expect(&mut world, &ada, contact("4713", "lee"), "done");
    assert_eq!(world.letters("4713", "lee").unwrap(), "LR");
    // Nobody can give anything.
    let lee = Actor::Person { email: email("lee"), company: Some(number("4713")) };
    let adding = Command::AddPerson { company: number("4713"), email: email("osman"), name: String::new() };
    expect(&mut world, &lee, adding, "forbidden");
    let rows = world.rows().len();
    expect(&mut world, &ada, contact("4713", "lee"), "done");
    assert_eq!(world.rows().len(), rows);
    let done = expect(&mut world, &ada, supervisor("4713", "osman"), "done").unwrap();
    assert!(done.said[0].contains("one supervisor"), "{:?}", done.said);
    assert_eq!(world.letters("4713", "osman").unwrap(), "S");
    assert_eq!(world.letters("4713", "lee").unwrap(), "LR", "what exists stays");
    for (command, expected) in [
        (supervisor("4713", "lee"), "rule W4"),
        (contact("4713", "kim"), "rule W4"),
        (supervisor("4711", "lee"), "rule W4"),
        (supervisor("4799", "lee"), "not found"),
        (contact("4799", "lee"), "not found"),
    ] {
        expect(&mut world, &ada, command, expected);
    }
    // A contact who becomes the first supervisor keeps the tools.
    let mut world = World::with_new_company();
    expect(&mut world, &ada, contact("4713", "lee"), "done");
    expect(&mut world, &ada, supervisor("4713", "lee"), "done");
    assert_eq!(world.letters("4713", "lee").unwrap(), "SLR");
    // The vendor's desk gives itself nothing either.
    let mut world = World::with_new_company();
    expect(&mut world, &ada, supervisor("4713", "ada"), "rule W3");
    expect(&mut world, &ada, contact("4713", "ada"), "rule W3");
}

#[test]
fn staff_is_named_by_the_vendors_desk_and_nobody_names_themselves() {
    let mut world = World::new();
    let ada = alone("ada");
    expect(&mut world, &ada, staff("lee", true, false), "done");
    expect(&mut world, &ada, staff("ada", true, true), "rule W3");
    expect(&mut world, &alone("lee"), staff("ada", false, false), "done");
    expect(&mut world, &ada, staff("lee", false, false), "forbidden");
    expect(&mut world, &alone("lee"), staff("lee", false, false), "done");
    // At a site, whoever sits on the host names who administers it, and nobody is the vendor's desk.
    world.role = Role::Site;
    let root = Actor::Host { uid: 0 };
    expect(&mut world, &root, staff("lee", true, false), "rule W9");
    expect(&mut world, &root, staff("lee", false, true), "done");
    expect(&mut world, &alone("lee"), staff("kim", false, true), "forbidden");
}

#[test]
fn a_password_is_set_by_its_person_or_given_first_by_who_may() {
    let hash = || "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA".to_owned();
    let of = |who: &str| Command::SetPassword { email: email(who), hash: hash() };
    let mut world = World::new();
    world.member("4711", "lee", "LR");
    let host = Person { is_host_administrator: true, ..Person::new(email("osman"), world.now) };
    world.put(Row::Person(Box::new(host)));
    let root = Actor::Host { uid: 0 };
    for (actor, whose, expected) in [
        (of_4711("lee"), "kim", "forbidden"),
        (of_4711("kim"), "lee", "forbidden"),
        (Actor::Nobody, "lee", "signed out"),
        (alone("osman"), "lee", "done"),
        // Not a second one, and none of the vendor's desk.
        (alone("osman"), "lee", "rule W3"),
        (alone("osman"), "ada", "rule W3"),
        (alone("ada"), "lee", "done"),
        (root.clone(), "lee", "done"),
        (root.clone(), "ada", "done"),
        (root, "nobody", "not found"),
        (of_4711("lee"), "lee", "done"),
        (alone("osman"), "osman", "done"),
    ] {
        let before = world.desk.credential(&email(whose)).map(|one| one.set_ms);
        if expect(&mut world, &actor, of(whose), expected).is_some() {
            let after = world.desk.credential(&email(whose)).unwrap().set_ms;
            assert!(Some(after) > before, "sessions from before are over");
        }
    }
    for bad in ["", "secret", "$argon2id$ x", "$argon2id$\n", &format!("$argon2{}", "x".repeat(506))] {
        let command = Command::SetPassword { email: email("lee"), hash: bad.to_owned() };
        expect(&mut world, &of_4711("lee"), command, "invalid hash");
    }
}

#[test]
fn a_token_is_ones_own() {
    let mut world = World::new();
    let kim = of_4711("kim");
    let done = expect(&mut world, &kim, Command::SetToken { token_hash: [7; 32] }, "done").unwrap();
    assert_eq!(done.seats, [SeatChange::SetLogin { email: email("kim"), token_hash: [7; 32] }]);
    let done = expect(&mut world, &kim, Command::DropToken, "done").unwrap();
    assert_eq!(done.seats, [SeatChange::DropLogin(email("kim"))]);
    assert!(done.changes.is_empty());
}

#[test]
fn names_have_no_hidden_characters_and_a_limit() {
    let most = desk::limits::NAME_CHARS_MAX;
    for (name, expected) in [
        ("Kim".to_owned(), "done"),
        ("  Kim  ".into(), "done"),
        (String::new(), "done"),
        ("<script>alert(1)</script>".into(), "done"),
        ("x".repeat(most), "done"),
        ("é".repeat(most), "done"),
        ("x".repeat(most + 1), "invalid name"),
        ("K\nim".into(), "invalid name"),
        ("K\u{1b}[31mim".into(), "invalid name"),
        ("K\u{0}im".into(), "invalid name"),
        ("Kim\u{202e}mik".into(), "invalid name"),
        ("K\u{200b}im".into(), "invalid name"),
        ("K\u{200d}im".into(), "invalid name"),
        ("K\u{ad}im".into(), "invalid name"),
        ("K\u{61c}im".into(), "invalid name"),
        ("K\u{2060}im".into(), "invalid name"),
        ("K\u{3164}im".into(), "invalid name"),
        ("K\u{e0041}im".into(), "invalid name"),
        ("\u{5d0}\u{5d1} Kim".into(), "done"),
    ] {
        let mut world = World::new();
        let done = expect(&mut world, &of_4711("kim"), Command::SetName { name: name.clone() }, expected);
        if done.is_some() {
            assert_eq!(world.desk.person(&email("kim")).unwrap().name, name.trim());
        }
        let adding = Command::AddPerson { company: number("4711"), email: email("lee"), name };
        expect(&mut world, &of_4711("kim"), adding, expected);
    }
    // The longest address is an account's too.
    let long = format!("{}@works.example", "x".repeat(names::limits::EMAIL_CHARS_MAX - 14));
    expect(&mut World::new(), &of_4711("kim"), add(&long), "done");
}

#[test]
fn w6_a_primary_company_is_one_of_ones_own() {
    let mut world = World::new();
    world.member("4711", "lee", "");
    world.member("4712", "lee", "");
    let primary = |company: &str| Command::SetPrimary { company: number(company) };
    expect(&mut world, &of_4711("lee"), primary("4712"), "done");
    assert_eq!(world.desk.person(&email("lee")).unwrap().primary, Some(number("4712")));
    expect(&mut world, &of_4711("kim"), primary("4712"), "not found");
    expect(&mut world, &of_4711("kim"), primary("4799"), "not found");
}

#[test]
fn companies_and_contacts_have_versions() {
    let company =
        |name: &str, version| Command::SetCompany { company: number("4713"), name: name.into(), version };
    let mut world = World::new();
    let ada = alone("ada");
    expect(&mut world, &ada, company("Drill Works", 1), "not found");
    expect(&mut world, &ada, company(" ", 0), "invalid name");
    expect(&mut world, &ada, company("Drill Works", 0), "done");
    expect(&mut world, &ada, company("Drill Works", 0), "conflict");
    expect(&mut world, &ada, company("Drills", 1), "done");
    expect(&mut world, &ada, company("Drills", 1), "conflict");
    assert_eq!(world.desk.company(&number("4713")).unwrap().name, "Drills");

    world.member("4711", "lee", "L");
    let lee = of_4711("lee");
    let address = |text: &str, version| Command::ChangeContact {
        company: number("4711"),
        address: text.into(),
        contact: Some(email("osman")),
        version,
    };
    let done = expect(&mut world, &lee, address("1 Mill Road\r\nMilltown", 1), "done").unwrap();
    assert_eq!(world.desk.company(&number("4711")).unwrap().address, "1 Mill Road\nMilltown");
    assert!(world.desk.case(&done.case.unwrap()).unwrap().history[0].what.contains("Milltown"));
    expect(&mut world, &lee, address("2 Mill Road", 1), "conflict");
    expect(&mut world, &ada, address("2 Mill Road", 2), "done");
    expect(&mut world, &lee, address("x\u{7}", 3), "invalid address");
    expect(&mut world, &lee, address(&"x".repeat(desk::limits::TEXT_CHARS_MAX + 1), 3), "invalid address");
    // An address to write to is no privilege.
    assert_eq!(world.letters("4711", "osman"), None);
    let other =
        Command::ChangeContact { company: number("4712"), address: String::new(), contact: None, version: 1 };
    assert!(matches!(world.act(&lee, other), Err(Refusal::Conflict(why)) if why.contains("another tab")));
}
