//! Random commands of random people: nobody gets a power without a grant by one who may, and a company that has
//! a supervisor keeps one.

use std::collections::BTreeMap;

use desk::{Actor, CaseNumber, Command, Role};
use proptest::prelude::*;

use crate::world::{World, alone, email, number, privileges};

const PEOPLE: [&str; 5] = ["kim", "lee", "osman", "ada", "new"];
const COMPANIES: [&str; 3] = ["4711", "4712", "4713"];

/// One try: who, for which company they work, what, on whom, with which privileges, how stale.
type Try = (u8, u8, u8, u8, u8, u8, u8);

fn actor(world: &World, who: u8, company: u8) -> Actor {
    match usize::from(who) {
        n if n < PEOPLE.len() => {
            Actor::Person { email: email(PEOPLE[n]), company: Some(number(pick(company))) }
        }
        n if n == PEOPLE.len() => Actor::Host { uid: 0 },
        _ if world.role == Role::Site => Actor::Daemon,
        _ => Actor::Nobody,
    }
}

fn pick(company: u8) -> &'static str {
    COMPANIES[usize::from(company) % COMPANIES.len()]
}

fn letters(bits: u8) -> String {
    "SLR".chars().enumerate().filter(|(n, _)| bits & 1 << n != 0).map(|(_, letter)| letter).collect()
}

fn command(world: &World, (_, active, what, whom, bits, about, stale): Try) -> Command {
    let name = PEOPLE[usize::from(whom) % PEOPLE.len()];
    // Mostly for the company that they work for.
    let company = pick(if about < 2 { about } else { active });
    let version = world.version(company, name).wrapping_sub(u64::from(stale == 0));
    let (email, company) = (email(name), number(company));
    let case = || {
        let last = world.desk.cases().filter(|case| case.kind == desk::CaseKind::Tools).last();
        last.map_or_else(|| CaseNumber::new("V-1").unwrap(), |case| case.number.clone())
    };
    match what {
        0 | 1 => Command::SetPrivileges { company, email, privileges: privileges(&letters(bits)), version },
        2 => Command::RemovePerson { company, email, version },
        3 => Command::AddPerson { company, email, name: String::new() },
        4 => Command::AddContact { company, email, name: String::new() },
        5 => Command::NameSupervisor { company, email },
        6 => Command::SetStaff { email, vendor_desk: bits & 1 != 0, host_administrator: bits & 2 != 0 },
        7 => Command::AskForTools { company, reason: String::new() },
        8 => Command::UpgradeAccount { case: case(), accept: bits & 1 != 0 },
        9 => Command::SetPassword { email, hash: "$argon2id$x".into() },
        _ => Command::SetPrimary { company },
    }
}

/// Everybody's powers: per company and at all.
fn powers(world: &World) -> BTreeMap<(String, &'static str), String> {
    let mut all = BTreeMap::new();
    for name in PEOPLE {
        for company in COMPANIES {
            all.insert((company.to_owned(), name), world.letters(company, name).unwrap_or_default());
        }
        let person = world.desk.person(&email(name));
        let of = |is: bool, letter: &str| if is { letter.to_owned() } else { String::new() };
        let staff =
            person.map_or(String::new(), |p| of(p.is_vendor_desk, "V") + &of(p.is_host_administrator, "H"));
        all.insert((String::new(), name), staff);
    }
    all
}

/// Whether a new power was somebody's to give, said here without the table: a supervisor of the company that
/// they work for, the vendor's desk, or whoever sits on the host.
fn may_give(before: &World, actor: &Actor, company: &str, whom: &str, letter: char) -> bool {
    let companies = before.desk.companies().find(|row| row.number.as_str() == company);
    let supervised = companies.is_some_and(|row| row.is_supervised);
    match actor {
        Actor::Nobody | Actor::Daemon => false,
        Actor::Host { .. } => {
            let is_desk_of_site = company.is_empty() && letter == 'V' && before.role == Role::Site;
            !supervised && !is_desk_of_site
        }
        Actor::Person { email: giver, company: active } => {
            let giver_name = giver.as_str().split('@').next().unwrap();
            if giver_name == whom {
                return false;
            }
            let is_vendor = before.role != Role::Site
                && before.desk.person(giver).is_some_and(|person| person.is_vendor_desk);
            let is_supervisor = active.as_ref().is_some_and(|active| active.as_str() == company)
                && before.letters(company, giver_name).is_some_and(|held| held.contains('S'));
            is_supervisor || (is_vendor && !supervised)
        }
    }
}

fn run(role: Role, tries: &[Try]) -> Result<(), TestCaseError> {
    let mut world = World::with_new_company();
    world.role = role;
    for each in tries {
        let before = world.clone();
        let actor = actor(&world, each.0, each.1);
        let command = command(&world, *each);
        let told = world.act(&actor, command.clone());
        let (was, is) = (powers(&before), powers(&world));
        prop_assert!(told.is_ok() || before.rows() == world.rows());
        for ((company, whom), held) in &is {
            let had = &was[&(company.clone(), *whom)];
            for letter in held.chars().filter(|letter| !had.contains(*letter)) {
                let may = may_give(&before, &actor, company, whom, letter);
                prop_assert!(may, "{actor} gave {whom} {letter} of {company:?} by {command:?}");
            }
        }
        for company in COMPANIES {
            let row = world.desk.company(&number(company)).unwrap();
            let has_one =
                PEOPLE.iter().any(|name| world.letters(company, name).is_some_and(|l| l.contains('S')));
            prop_assert_eq!(row.is_supervised, has_one, "company {} after {:?}", company, command);
        }
        for name in PEOPLE {
            let Some(person) = world.desk.person(&email(name)) else { continue };
            let theirs: Vec<_> = world.desk.companies_of(&person.email).cloned().collect();
            prop_assert!(
                person.primary.as_ref().is_none_or(|primary| theirs.contains(primary)),
                "{person:?}"
            );
        }
    }
    Ok(())
}

fn tries() -> impl Strategy<Value = Vec<Try>> {
    prop::collection::vec((0..7_u8, 0..3_u8, 0..11_u8, 0..5_u8, 0..8_u8, 0..6_u8, 0..6_u8), 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_power_comes_from_nowhere_and_the_last_supervisor_stays(is_site in any::<bool>(), tries in tries()) {
        run(if is_site { Role::Site } else { Role::Both }, &tries)?;
    }
}

#[test]
fn the_random_commands_do_give_powers() {
    // A history by hand that goes through: else the test above would be about refusals only.
    let mut world = World::with_new_company();
    world
        .act(&alone("ada"), Command::NameSupervisor { company: number("4713"), email: email("lee") })
        .unwrap();
    assert_eq!(world.letters("4713", "lee").unwrap(), "S");
}
