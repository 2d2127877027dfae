//! Random desks: what any view shows somebody is what W9 lets them see, by a checker that asks neither the table
//! of deeds nor the views who may.

use std::collections::BTreeSet;

use desk::look::{Hit, HitKind};
use desk::{
    Actor, Assigned, Case, CaseKind, CaseNumber, CaseState, Company, Configuration, Order, OrderState, Owned,
    PackRow, PackStanding, Person, Role, Row,
};
use names::{CpuId, PackNumber, Vendor};
use proptest::prelude::*;

use crate::find::configuration;
use crate::world::{World, email, number, owned, pool};

const PEOPLE: [&str; 5] = ["kim", "lee", "osman", "ada", "user"];
const COMPANIES: [&str; 3] = ["4711", "4712", "4713"];

/// What is drawn for each row: whose it is, by whom, which number others may have too.
type Drawn = (u8, u8, u8);

fn of(list: &[&'static str], drawn: u8) -> &'static str {
    list[usize::from(drawn) % list.len()]
}

fn cpu(drawn: u8) -> CpuId {
    CpuId::new(&format!("02fc0000000{}", drawn % 3)).unwrap()
}

/// Two vendors whose packs may have one number.
fn vendor(drawn: u8) -> Vendor {
    Vendor::new(if drawn.is_multiple_of(2) { "acmed" } else { "other" }).unwrap()
}

/// A desk of all that was drawn. Numbers collide: the same serial, invoice, pack and case numbers are several
/// companies'.
fn world(privileges: &[(u8, u8, u8)], rows: &[Drawn], role: Role) -> World {
    let mut world = World { desk: desk::Desk::default(), role, ..World::new() };
    for company in COMPANIES {
        let name = format!("Works {company}");
        world.put(Row::Company(Box::new(Company::new(number(company), &name, world.now))));
    }
    for (n, name) in PEOPLE.iter().enumerate() {
        let (is_vendor_desk, is_host_administrator) = (*name == "ada", n == 3 || *name == "osman");
        let person = Person::new(email(name), world.now);
        let name = format!("Name {n}");
        world.put(Row::Person(Box::new(Person { name, is_vendor_desk, is_host_administrator, ..person })));
    }
    for (who, company, bits) in privileges {
        let letters: String =
            "SLR".chars().enumerate().filter(|(n, _)| bits & 1 << n != 0).map(|(_, letter)| letter).collect();
        let name = of(&PEOPLE, *who);
        let before = world.desk.person(&email(name)).unwrap().clone();
        world.member(of(&COMPANIES, *company), name, &letters);
        let person = world.desk.person(&email(name)).unwrap().clone();
        world.put(Row::Person(Box::new(Person { primary: person.primary, ..before })));
    }
    for (n, drawn) in rows.iter().enumerate() {
        add(&mut world, n, *drawn);
    }
    world
}

fn add(world: &mut World, n: usize, (company, by, shared): Drawn) {
    let (customer, asker) = (number(of(&COMPANIES, company)), email(of(&PEOPLE, by)));
    let case = CaseNumber::new(&format!("V-{}", 1001 + n)).unwrap();
    let (order, pack) = (format!("O-{}", 1001 + n), PackNumber::new(&format!("P-{}", shared % 4)).unwrap());
    let id = 100 + n as u64;
    let feature = format!("feature{n}");
    world.put(Row::Configuration(Box::new(Configuration {
        vendor: vendor(shared),
        company: customer.clone(),
        host: cpu(shared),
        serials: vec![format!("10-{}", shared % 3)],
        installs: vec![format!("77{}", shared % 3)],
        successors: vec![100 + u64::from(by)],
        lines: configuration(id, &feature, 1)
            .lines
            .into_iter()
            .map(|line| desk::ConfigLine { order: order.clone(), ..line })
            .collect(),
        ..configuration(id, &feature, 1)
    })));
    world.put(Row::Order(Box::new(Order {
        number: order,
        company: customer.clone(),
        subscription: format!("SUB-{}", shared % 3),
        invoice: format!("INV-{}", shared % 3),
        buyer: Some(asker.clone()),
        items: Vec::new(),
        host_keys: Vec::new(),
        state: OrderState::Issued,
        case: case.clone(),
        placed_ms: 0,
        packs: vec![pack.clone()],
        version: 1,
    })));
    if world.desk.pack_of(&vendor(shared), &pack).is_none() {
        world.put(Row::Pack(Box::new(PackRow {
            vendor: vendor(shared),
            number: pack.clone(),
            company: customer.clone(),
            host: cpu(by),
            text: String::new(),
            configurations: vec![id, 100 + u64::from(shared)],
            voids: vec![PackNumber::new(&format!("P-{}", by % 4)).unwrap()],
            standing: PackStanding::Current,
            case: case.clone(),
            issued_ms: 0,
        })));
    }
    world.put(Row::Case(Box::new(Case {
        number: case,
        other: Some(CaseNumber::new(&format!("S-{}", shared % 3)).unwrap()),
        kind: CaseKind::Order,
        company: Some(customer.clone()).filter(|_| by != 7),
        asked_by: Some(asker.clone()).filter(|_| by != 6),
        subject: format!("Subject {n}"),
        state: CaseState::Open,
        history: Vec::new(),
        files: Vec::new(),
        about: vec![
            format!("configuration:{id}"),
            format!("configuration:{}", 100 + u64::from(shared)),
            format!("order:O-{}", 1001 + u64::from(by)),
            format!("pack:{pack}"),
            format!("person:{}", email(of(&PEOPLE, shared))),
            format!("company:{}", of(&COMPANIES, shared)),
        ],
        opened_ms: 0,
        version: 1,
    })));
    let mine = pool(500 + n as u64, &format!("served{n}"));
    let seat = owned(500, "mill", 3);
    world.owned.push(Owned {
        pool: mine.clone(),
        company: Some(customer),
        subscription: Some(format!("SUB-{}", shared % 3)),
        invoice: Some(format!("INV-{}", shared % 3)),
        buyer: Some(asker.clone()),
        pack,
        serials: vec![format!("10-{}", shared % 3)],
        ..seat.clone()
    });
    if shared.is_multiple_of(2) {
        let (from, until) = (crate::world::date("1-jan-2026"), seat.until);
        world.assigned.push(Assigned { pool: mine, email: asker, from, until });
    }
}

/// Who looks, and what W9 gives them, found out by hand.
struct Eyes<'a> {
    world: &'a World,
    actor: Actor,
    name: Option<&'static str>,
    active: Option<&'static str>,
    letters: String,
    is_vendor: bool,
    is_host: bool,
    is_site_host: bool,
}

impl<'a> Eyes<'a> {
    fn of_person(world: &'a World, name: &'static str, active: Option<&'static str>) -> Self {
        let is_site = world.role == Role::Site;
        Self {
            world,
            actor: Actor::Person { email: email(name), company: active.map(number) },
            name: Some(name),
            active,
            letters: active.and_then(|company| world.letters(company, name)).unwrap_or_default(),
            is_vendor: name == "ada" && !is_site,
            is_host: name == "ada" || name == "osman",
            is_site_host: false,
        }
    }

    fn of_host(world: &'a World) -> Self {
        let is_site = world.role == Role::Site;
        Self {
            world,
            actor: Actor::Host { uid: 0 },
            name: None,
            active: None,
            letters: String::new(),
            is_vendor: !is_site,
            is_host: true,
            is_site_host: is_site,
        }
    }

    /// Something of a company, with one of these privileges.
    fn has(&self, company: &str, letters: &str) -> bool {
        self.is_vendor || (self.active == Some(company) && self.letters.contains(|c| letters.contains(c)))
    }

    fn sees_case(&self, case: &Case) -> bool {
        let is_own = self.name.is_some() && case.asked_by == self.name.map(email);
        let company = case.company.as_ref().map(ToString::to_string);
        is_own || self.is_site_host || self.is_vendor || company.is_some_and(|of| self.has(&of, "R"))
    }

    fn sees_license(&self, owned: &Owned, by: &str) -> bool {
        let is_plain = ["configuration", "name", "host"].contains(&by);
        let company = owned.company.as_ref().unwrap().as_str();
        let mut seats = self.world.assigned.iter();
        let is_theirs =
            seats.any(|seat| Some(&seat.email) == self.name.map(email).as_ref() && seat.pool == owned.pool);
        self.has(company, "LR") || (is_plain && (self.is_host || is_theirs))
    }

    /// Whether something of this kind and number may be shown; of a license by what it was found.
    fn sees(&self, kind: HitKind, key: &str, by: &str) -> bool {
        let desk = &self.world.desk;
        match kind {
            HitKind::Configuration => {
                let mut all = desk.configurations().filter(|row| row.id.to_string() == key);
                all.all(|row| self.has(row.company.as_str(), "LR"))
            }
            HitKind::License => {
                let owned = self.world.owned.iter().find(|owned| owned.pool.to_string() == key).unwrap();
                self.sees_license(owned, by)
            }
            HitKind::Company => {
                let is_member = || self.name.is_some_and(|name| self.world.letters(key, name).is_some());
                self.is_vendor || self.is_site_host || (self.active == Some(key) && is_member())
            }
            HitKind::Person => {
                let name = key.split('@').next().unwrap();
                let is_ones_people = || {
                    self.letters.contains('S')
                        && self.active.is_some_and(|active| self.world.letters(active, name).is_some())
                };
                self.is_vendor || self.name == Some(name) || is_ones_people()
            }
            HitKind::Order => self.has(desk.order(key).unwrap().company.as_str(), "R"),
            HitKind::Pack => {
                let (vendor, number) = key.split_once(':').unwrap_or(("", key));
                let mut all = desk.packs().filter(|pack| {
                    pack.number.as_str() == number && (vendor.is_empty() || pack.vendor.as_str() == vendor)
                });
                all.all(|pack| self.has(pack.company.as_str(), "R"))
            }
            HitKind::Case => self.sees_case(desk.case(&CaseNumber::new(key).unwrap()).unwrap()),
            // A host is what others are on: of something that is seen.
            HitKind::Host => {
                let on = |cpu: &CpuId| cpu.as_str() == key;
                desk.configurations().any(|row| on(&row.host) && self.has(row.company.as_str(), "LR"))
                    || desk.packs().any(|row| on(&row.host) && self.has(row.company.as_str(), "R"))
                    || self
                        .world
                        .owned
                        .iter()
                        .any(|owned| on(owned.pool.cpu()) && self.sees_license(owned, "host"))
            }
        }
    }
}

/// All texts that rows have, and beginnings of them.
fn texts(world: &World) -> BTreeSet<String> {
    let mut texts: BTreeSet<String> = ["10-", "SUB-", "INV-", "fea", "name", "works", "work", "4711", "771"]
        .into_iter()
        .chain(["V-1", "O-10", "P-", "100", "10"])
        .map(str::to_owned)
        .collect();
    for n in 0..3 {
        let all =
            [format!("10-{n}"), format!("77{n}"), format!("SUB-{n}"), format!("INV-{n}"), format!("P-{n}")];
        texts.extend(all);
        texts.extend([format!("S-{n}"), cpu(n).to_string()]);
    }
    texts.extend(PEOPLE.iter().map(|name| email(name).to_string()));
    for row in world.desk.configurations() {
        texts.insert(row.id.to_string());
    }
    texts.extend(world.desk.cases().map(|row| row.number.to_string()));
    texts.extend(world.desk.orders().map(|row| row.number.clone()));
    texts.extend(world.owned.iter().map(|owned| owned.pool.feature().to_string()));
    texts
}

fn look(eyes: &Eyes<'_>) -> Result<(), TestCaseError> {
    let (world, ctx) = (eyes.world, eyes.world.ctx());
    let desk = &world.desk;
    let mut found: BTreeSet<(HitKind, String)> = BTreeSet::new();
    for text in texts(world) {
        let Ok(seen) = desk.find(&ctx, &eyes.actor, &text) else { continue };
        for Hit { kind, key, title, by, linked, .. } in &seen.hits {
            prop_assert!(
                eyes.sees(*kind, key, by),
                "{} finds {kind:?} {key} by {by} with {text:?}",
                eyes.actor
            );
            for other in world.desk.configurations() {
                let feature = other.lines[0].feature.as_str();
                let is_named = title.split([' ', ',']).any(|word| word == feature);
                prop_assert!(
                    !is_named || eyes.has(other.company.as_str(), "LR"),
                    "{} reads {title}",
                    eyes.actor
                );
            }
            for link in linked {
                // A link is shown beside what was found, by nothing that was looked for.
                let is_seen = eyes.sees(link.kind, &link.key, "name");
                prop_assert!(
                    is_seen,
                    "{} is led from {kind:?} {key} to {:?} {}",
                    eyes.actor,
                    link.kind,
                    link.key
                );
            }
            found.insert((*kind, key.clone()));
        }
    }
    // What they may see is found by its own number.
    let all = desk.orders().map(|row| (HitKind::Order, row.number.clone()));
    let all = all.chain(desk.cases().map(|row| (HitKind::Case, row.number.to_string())));
    let all = all.chain(desk.configurations().map(|row| (HitKind::Configuration, row.id.to_string())));
    for (kind, key) in all.filter(|(kind, key)| eyes.sees(*kind, key, "number")) {
        prop_assert!(found.contains(&(kind, key.clone())), "{} does not find {kind:?} {key}", eyes.actor);
    }
    lists(eyes)
}

/// Reports, packs, cases and one's own seats.
fn lists(eyes: &Eyes<'_>) -> Result<(), TestCaseError> {
    let (world, ctx) = (eyes.world, eyes.world.ctx());
    let desk = &world.desk;
    for company in COMPANIES {
        let report = desk.customer_report(&ctx, &eyes.actor, &number(company));
        prop_assert_eq!(
            report.is_ok(),
            eyes.has(company, "R"),
            "{} reads the report of {}",
            eyes.actor,
            company
        );
        for row in report.unwrap_or_default() {
            let of_ledger = desk.configurations().find(|of| of.id.to_string() == row.configuration);
            let of_pack = world.owned.iter().find(|of| of.pool.config().to_string() == row.configuration);
            let whose = of_ledger.map(|of| &of.company).or(of_pack.and_then(|of| of.company.as_ref()));
            prop_assert_eq!(whose.map(ToString::to_string), Some(company.to_owned()));
            if let Some(order) = desk.order(&row.order) {
                prop_assert_eq!(order.company.as_str(), company);
            }
            for pack in &row.packs {
                let own = |of: &PackRow| of.number.as_str() == pack && of.company.as_str() == company;
                prop_assert!(desk.packs().any(own) || of_ledger.is_none(), "{company} {pack}");
            }
        }
    }
    let cases: BTreeSet<_> =
        desk.cases_for(&ctx, &eyes.actor).into_iter().map(|case| case.number.clone()).collect();
    let seen: BTreeSet<_> =
        desk.cases().filter(|case| eyes.sees_case(case)).map(|case| case.number.clone()).collect();
    prop_assert_eq!(&cases, &seen, "{}", eyes.actor);
    for case in desk.cases() {
        prop_assert_eq!(desk.case_for(&ctx, &eyes.actor, &case.number).is_ok(), seen.contains(&case.number));
        if let Ok(other) = desk.case_for(&ctx, &eyes.actor, case.other.as_ref().unwrap()) {
            prop_assert!(seen.contains(&other.number));
        }
    }
    for pack in desk.packs() {
        let told = desk.pack_for(&ctx, &eyes.actor, &format!("{}:{}", pack.vendor, pack.number));
        prop_assert_eq!(told.is_ok(), eyes.has(pack.company.as_str(), "R"), "{} {:?}", eyes.actor, told);
    }
    let own = desk.own_seats(&ctx, &eyes.actor);
    let theirs = world.assigned.iter().filter(|seat| eyes.name.map(email).as_ref() == Some(&seat.email));
    prop_assert_eq!(own.len(), theirs.count());
    let is_own = |seat: &desk::look::OwnSeat| {
        world
            .assigned
            .iter()
            .any(|one| one.pool == seat.pool && Some(&one.email) == eyes.name.map(email).as_ref())
    };
    prop_assert!(own.iter().all(is_own));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn w9_nobody_is_shown_more_than_they_may_see(
        privileges in prop::collection::vec((0..5_u8, 0..3_u8, 0..8_u8), 0..10),
        rows in prop::collection::vec((0..3_u8, 0..8_u8, 0..12_u8), 1..12),
        is_site in any::<bool>(),
    ) {
        let world = world(&privileges, &rows, if is_site { Role::Site } else { Role::Both });
        for name in PEOPLE {
            for active in COMPANIES.into_iter().map(Some).chain([None]) {
                look(&Eyes::of_person(&world, name, active))?;
            }
        }
        look(&Eyes::of_host(&world))?;
    }
}

#[test]
fn the_random_desks_show_something_to_somebody() {
    let world = world(&[(1, 0, 4), (0, 0, 1), (2, 1, 2)], &[(0, 1, 2), (1, 2, 4), (0, 4, 1)], Role::Site);
    let lee = Eyes::of_person(&world, "lee", Some("4711"));
    let kinds = |eyes: &Eyes<'_>| {
        let all = texts(&world)
            .into_iter()
            .filter_map(|text| world.desk.find(&world.ctx(), &eyes.actor, &text).ok());
        all.flat_map(|found| found.hits).map(|hit| hit.kind).collect::<BTreeSet<_>>()
    };
    use HitKind::{Case, Company, Configuration, Host, License, Order, Pack, Person};
    let all = [Configuration, License, Company, Person, Order, Pack, Case, Host];
    assert_eq!(kinds(&lee), all.into_iter().collect());
    assert_eq!(kinds(&Eyes::of_person(&world, "kim", Some("4711"))), [Company, Person].into());

    let user = Eyes::of_person(&world, "user", None);
    assert_eq!(kinds(&user), [Person, Case].into());
}
