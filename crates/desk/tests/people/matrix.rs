//! Who may what (W9), written out by hand: a deed without a row fails, and so does a row without a deed.

use std::collections::BTreeMap;

use desk::{Action, Actor, Command, Item, Person, Reach, Refusal, Role, Row};
use names::PackNumber;

use crate::world::{World, alone, email, number, of_4711, privileges};

/// Who tries: for company 4711.
const WHO: [&str; 13] =
    ["nobody", "none", "R", "L", "S", "LR", "SLR", "assigned", "other", "host", "vendor", "socket", "both"];

/// The deeds, and with an `x` who may. In the order of [`WHO`]: `other` has all privileges of company 4712,
/// `host` administers the host, `vendor` is of the vendor's desk, `socket` sits on a site's license host, and
/// `both` on one that is the vendor's desk too.
const TABLE: &str = "
    sign-in             x x x x x x x x x x x x x
    own-seats           . x x x x x x x x x x . .
    change-own          . x x x x x x x x x x . .
    set-password        . . . . . . . . . x x x x
    own-token           . x x x x x x x x x x . .
    choose-company      . x x x x x x x x x x . .
    ask-for-tools       . x x x x x x x x x x . .
    find                . x x x x x x x x x x x x
    see-case            . x x x x x x x x x x x x

    see-people          . . . . x . x . . . x x x
    add-person          . . . . x . x . . . . . .
    remove-person       . . . . x . x . . . . . .
    set-privileges      . . . . x . x . . . . . .

    order               . . . x . x x . . . x . x
    install-pack        . . . x . x x . . . . . .
    reconfigure         . . . x . x x . . . x . x
    surrender           . . . x . x x . . . . . .
    move                . . . x . x x . . . . . .
    change-contact      . . . x . x x . . . x . x
    preview-conversion  . . . x . x x . . . x . x
    request-conversion  . . . x . x x . . . . . .
    assign              . . . x . x x . . . . . .
    change-assignment   . . . x . x x . . . . . .
    unassign            . . . x . x x . . . . . .
    see-license         . . x x . x x . . . . . .

    see-licenses        . . x . . x x . . . . . .
    customer-report     . . x . . x x . . . x . x
    see-packs           . . x . . x x . . . x . x
    see-usage           . . x . . x x . . . . . .
    see-cases           . . x . . x x . . . x x x

    see-host            . . . . . . . . . x . x x
    reclaim             . . . . . . . . . x . x x
    see-options         . . . . . . . . . x . x x
    save-options        . . . . . . . . . x . x x
    reread              . . . . . . . . . x . x x
    stop                . . . . . . . . . x . x x
    see-audit           . . . . . . . . . x . x x

    set-company         . . . . . . . . . . x . x
    name-supervisor     . . . . . . . . . . x x x
    add-contact         . . . . . . . . . . x x x
    upgrade-account     . . . . . . . . . . x x x
    set-staff           . . . . . . . . . . x x x
    issue               . . . . . . . . . . x . x
    convert             . . . . . . . . . . x . x
    issue-move          . . . . . . . . . . x . x
    void-pack           . . . . . . . . . . x . x
    reserve-ids         . . . . . . . . . . x . x
    close-case          . . . . . . . . . . x x x
    see-companies       . . . . . . . . . . x x x
";

fn table() -> BTreeMap<&'static str, Vec<bool>> {
    let rows = TABLE.lines().filter(|line| !line.trim().is_empty());
    rows.map(|line| {
        let mut words = line.split_whitespace();
        let deed = words.next().unwrap();
        let may: Vec<bool> = words.map(|word| word == "x").collect();
        assert_eq!(may.len(), WHO.len(), "{deed}");
        (deed, may)
    })
    .collect()
}

/// The world, and who of [`WHO`] acts in it.
fn acting(who: &str) -> (World, Actor) {
    let mut world = World::new();
    let all = privileges("SLR");
    let actor = match who {
        "nobody" => Actor::Nobody,
        "none" | "R" | "L" | "S" | "LR" | "SLR" => {
            let letters = if who == "none" { "" } else { who };
            world.member("4711", "lee", letters);
            of_4711("lee")
        }
        "assigned" => {
            world.person("lee");
            world.owned = vec![crate::world::owned(11470, "mill", 5)];
            let until = world.owned[0].until;
            let (pool, from) = (crate::world::pool(11470, "mill"), crate::world::date("1-jan-2026"));
            world.assigned = vec![desk::Assigned { pool, email: email("lee"), from, until }];
            alone("lee")
        }
        "other" => {
            world.member("4712", "lee", "SLR");
            assert_eq!(world.desk.membership(&number("4712"), &email("lee")).unwrap().privileges, all);
            Actor::Person { email: email("lee"), company: Some(number("4712")) }
        }
        "host" => {
            let person = Person { is_host_administrator: true, ..Person::new(email("lee"), world.now) };
            world.put(Row::Person(Box::new(person)));
            alone("lee")
        }
        "vendor" => alone("ada"),
        "socket" => {
            world.role = Role::Site;
            Actor::Host { uid: 0 }
        }
        _ => Actor::Host { uid: 0 },
    };
    (world, actor)
}

#[test]
fn everybody_may_exactly_what_w9_says() {
    let table = table();
    for action in Action::ALL {
        let row = table.get(action.word()).unwrap_or_else(|| panic!("no row for {}", action.word()));
        for (who, may) in WHO.iter().zip(row) {
            let (world, actor) = acting(who);
            let company = number("4711");
            let about = (action.reach() == Reach::Company).then_some(&company);
            let told = world.desk.may(&world.ctx(), &actor, *action, about);
            assert_eq!(told.is_ok(), *may, "{who} {}: {told:?}", action.word());
        }
    }
    assert_eq!(table.len(), Action::ALL.len(), "a row of a deed that there is not");
}

/// Each command once, for company 4711.
fn commands() -> Vec<Command> {
    let company = || number("4711");
    let (someone, case) = (|| email("new"), desk::CaseNumber::new("V-1").unwrap());
    let pool = || crate::world::pool(11470, "mill").to_string();
    let day = crate::world::date("1-jan-2027");
    let until = names::Expiry::On(day);
    let pack = || PackNumber::new("P-9").unwrap();
    let host = names::CpuId::new("02fc00000002").unwrap();
    vec![
        Command::SetName { name: "Lee".into() },
        Command::SetPassword { email: email("kim"), hash: "$argon2id$x".into() },
        Command::SetToken { token_hash: [1; 32] },
        Command::DropToken,
        Command::SetPrimary { company: company() },
        Command::AskForTools { company: company(), reason: String::new() },
        Command::AddPerson { company: company(), email: someone(), name: String::new() },
        Command::RemovePerson { company: company(), email: email("kim"), version: 1 },
        Command::SetPrivileges {
            company: company(),
            email: email("kim"),
            privileges: privileges("SL"),
            version: 1,
        },
        Command::Order {
            company: company(),
            subscription: String::new(),
            invoice: String::new(),
            buyer: None,
            items: Vec::<Item>::new(),
            host_keys: Vec::new(),
        },
        Command::InstallPack { company: company(), pack: pack(), text: String::new(), owned: Vec::new() },
        Command::Reconfigure { company: company(), ids: vec![1], wish: "x".into() },
        Command::Surrender {
            company: company(),
            ids: vec![1],
            to: host,
            to_key: String::new(),
            ending: desk::Ending::End,
        },
        Command::ChangeContact { company: company(), address: "x".into(), contact: None, version: 1 },
        Command::RequestConversion { company: company(), estate: String::new() },
        Command::Assign {
            company: company(),
            pool: pool(),
            emails: "new@works.example".into(),
            from: None,
            until: None,
            all_or_none: false,
        },
        Command::ChangeAssignment {
            company: company(),
            pool: pool(),
            email: someone(),
            from: day,
            until,
            was: String::new(),
        },
        Command::Unassign { company: company(), pool: pool(), email: someone() },
        Command::SetCompany { company: company(), name: "x".into(), version: 1 },
        Command::AddContact { company: company(), email: someone(), name: String::new() },
        Command::NameSupervisor { company: company(), email: someone() },
        Command::UpgradeAccount { case: case.clone(), accept: true },
        Command::SetStaff { email: someone(), vendor_desk: false, host_administrator: true },
        Command::Issue { order: "O-1".into(), refuse: String::new(), host_keys: Vec::new() },
        Command::Convert { company: company(), estate: String::new(), preview: String::new() },
        Command::IssueMove {
            receipt: String::new(),
            host_lost: String::new(),
            ids: Vec::new(),
            to: None,
            to_key: String::new(),
        },
        Command::Renew {
            company: company(),
            ids: vec![1],
            until: None,
            maintenance: true,
            host_keys: Vec::new(),
        },
        Command::TakeRequest { file: String::new() },
        Command::VoidPack { pack: pack(), reason: String::new() },
        Command::ReserveIds { from: 5, to: 6, note: String::new() },
        Command::CloseCase { case, done: true, answer: String::new(), version: 1 },
    ]
}

/// The place of each command: a new one does not compile without one, and fails without a try.
fn place(command: &Command) -> usize {
    match command {
        Command::SetName { .. } => 0,
        Command::SetPassword { .. } => 1,
        Command::SetToken { .. } => 2,
        Command::DropToken => 3,
        Command::SetPrimary { .. } => 4,
        Command::AskForTools { .. } => 5,
        Command::AddPerson { .. } => 6,
        Command::RemovePerson { .. } => 7,
        Command::SetPrivileges { .. } => 8,
        Command::Order { .. } => 9,
        Command::InstallPack { .. } => 10,
        Command::Reconfigure { .. } => 11,
        Command::Surrender { .. } => 12,
        Command::ChangeContact { .. } => 13,
        Command::RequestConversion { .. } => 14,
        Command::Assign { .. } => 15,
        Command::ChangeAssignment { .. } => 16,
        Command::Unassign { .. } => 17,
        Command::SetCompany { .. } => 18,
        Command::AddContact { .. } => 19,
        Command::NameSupervisor { .. } => 20,
        Command::UpgradeAccount { .. } => 21,
        Command::SetStaff { .. } => 22,
        Command::Issue { .. } => 23,
        Command::Convert { .. } => 24,
        Command::IssueMove { .. } => 25,
        Command::Renew { .. } => 26,
        Command::TakeRequest { .. } => 27,
        Command::VoidPack { .. } => 28,
        Command::ReserveIds { .. } => 29,
        Command::CloseCase { .. } => 30,
        // The daemon's own: see below.
        Command::Served | Command::Surrendered { .. } | Command::Reminded { .. } => 31,
    }
}

#[test]
fn every_command_asks_the_table_before_anything_else() {
    let table = table();
    let places: Vec<usize> = commands().iter().map(place).collect();
    assert_eq!(places, (0..31).collect::<Vec<_>>());
    for command in commands() {
        for (place, who) in WHO.iter().enumerate() {
            let (world, actor) = acting(who);
            let action = command.action_by(&actor).unwrap();
            let may = table[action.word()][place];
            let told = world.decide(&actor, command.clone());
            let is_refused = match &told {
                Err(Refusal::Forbidden { .. } | Refusal::SignedOut) => true,
                Err(Refusal::Conflict(why)) => why.contains("another tab switched"),
                _ => false,
            };
            assert_eq!(is_refused, !may, "{who}: {command:?}: {told:?}");
        }
    }
}

#[test]
fn the_daemons_own_commands_are_nobody_elses() {
    for who in WHO {
        let (world, actor) = acting(who);
        let own = [
            Command::Served,
            Command::Surrendered { receipts: Vec::new() },
            Command::Reminded { of: vec!["x".into()] },
        ];
        for command in own {
            assert!(matches!(world.decide(&actor, command), Err(Refusal::NotFound(_))), "{who}");
        }
    }
    assert!(World::new().decide(&Actor::Daemon, Command::Served).is_ok());
}

#[test]
fn w5_who_is_refused_is_told_the_supervisors_by_name_or_the_vendors_support() {
    let mut world = World::with_new_company();
    world.member("4711", "lee", "R");
    world.member("4713", "osman", "R");
    let ask = |world: &World, actor: &Actor, company: &str| {
        let told = world.desk.may(&world.ctx(), actor, Action::Assign, Some(&number(company)));
        told.unwrap_err().to_string()
    };
    assert_eq!(
        ask(&world, &of_4711("lee"), "4711"),
        "this needs the Licensing privilege; ask your company's supervisors: kim@works.example"
    );
    let osman = Actor::Person { email: email("osman"), company: Some(number("4713")) };
    assert_eq!(
        ask(&world, &osman, "4713"),
        "this needs the Licensing privilege; ask the vendor's support: support@acmed.example"
    );
    // W6: the page of another company changes nothing, and does not say who its supervisors are.
    let told = ask(&world, &of_4711("lee"), "4712");
    assert!(told.contains("another tab switched") && !told.contains("osman"), "{told}");
}
