//! Packs that are installed and served, and whoever buys (T6).

use desk::{Actor, Command, Decision, Owned, PackStanding, Refusal, Role};
use names::{Email, Expiry, PackNumber};

use crate::world::{World, date, email, kind, number, of_4711, owned, pool};

fn bought(config: u64, feature: &str, quantity: u32, by: &str) -> Owned {
    Owned { buyer: Some(email(by)), ..owned(config, feature, quantity) }
}

/// Serves these, and tells who has a seat of which configuration.
fn serve(world: &mut World, owned: Vec<Owned>) -> Vec<String> {
    world.owned = owned;
    world.act(&Actor::Daemon, Command::Served).unwrap();
    seats(world)
}

fn seats(world: &World) -> Vec<String> {
    let mut seats: Vec<String> =
        world.assigned.iter().map(|one| format!("{} {}", one.email, one.pool.config())).collect();
    seats.sort();
    seats
}

#[test]
fn t6_whoever_buys_five_has_one_and_four_are_left() {
    let mut world = World::new();
    assert_eq!(serve(&mut world, vec![bought(11470, "mill", 5, "lee")]), ["lee@works.example 11470"]);
    let license = &world.desk.my_licenses(&world.ctx(), &number("4711"))[0];
    assert_eq!((license.assigned, license.free), (1, 4));
    assert_eq!((world.assigned[0].from, world.assigned[0].until), (date("22-nov-2026"), license.until));
    // An account, and no privilege.
    assert!(world.desk.person(&email("lee")).is_some());
    assert_eq!(world.letters("4711", "lee"), None);
}

#[test]
fn t6_the_seat_is_of_the_first_license_of_the_purchase_once_per_person_and_product() {
    let floating = |one: Owned| Owned { is_named: false, ..one };
    let invoice = |one: Owned, text: &str| Owned { invoice: Some(text.into()), ..one };
    let plain = |one: Owned| Owned { invoice: None, subscription: None, ..one };
    let mill = || bought(11470, "mill", 5, "lee");
    let lathe = || bought(11471, "lathe", 5, "lee");
    for (owned, expected) in [
        (vec![mill(), lathe()], "11470"),
        (vec![lathe(), mill()], "11471"),
        // What floats is nobody's.
        (vec![floating(mill()), lathe()], "11471"),
        (vec![floating(mill())], ""),
        // Two purchases.
        (vec![mill(), invoice(lathe(), "INV-2")], "11470 11471"),
        (vec![mill(), invoice(bought(11475, "mill", 5, "lee"), "INV-2")], "11470"),
        // Without numbers each license is a purchase.
        (vec![plain(mill()), plain(lathe())], "11470 11471"),
        (vec![Owned { until: Expiry::On(date("21-nov-2026")), ..mill() }], ""),
        (vec![owned(11470, "mill", 5)], ""),
    ] {
        let mut world = World::new();
        let seats = serve(&mut world, owned.clone());
        let ids: Vec<&str> = seats.iter().filter_map(|seat| seat.split(' ').nth(1)).collect();
        assert_eq!(ids.join(" "), expected, "{owned:?}");
        let before = world.rows();
        assert_eq!(serve(&mut world, owned), seats, "again changes nothing");
        assert_eq!(world.rows(), before);
    }
    // Two buyers have one each, as far as seats are free.
    let mut world = World::new();
    let both = vec![bought(11470, "mill", 1, "lee"), bought(11470, "mill", 0, "osman")];
    assert_eq!(serve(&mut world, both), ["lee@works.example 11470"]);
    // A vendor's desk serves nothing.
    let mut world = World::new();
    world.role = Role::Vendor;
    assert!(serve(&mut world, vec![mill()]).is_empty());
}

#[test]
fn t6_a_seat_that_was_taken_back_does_not_return_with_the_next_pack() {
    let mut world = World::new();
    world.member("4711", "osman", "L");
    serve(&mut world, vec![bought(11470, "mill", 5, "lee")]);
    let take = Command::Unassign {
        company: number("4711"),
        pool: pool(11470, "mill").to_string(),
        email: email("lee"),
    };
    world.act(&of_4711("osman"), take).unwrap();
    let next = Owned { pack: PackNumber::new("P-2").unwrap(), ..bought(11470, "mill", 6, "lee") };
    assert!(serve(&mut world, vec![next.clone()]).is_empty());
    // Another purchase is another seat.
    let again = Owned { invoice: Some("INV-9".into()), ..next };
    assert_eq!(serve(&mut world, vec![again]), ["lee@works.example 11470"]);
}

#[test]
fn companies_and_buyers_that_packs_name_are_there() {
    let mut world = World::new();
    let long = Email::new(&format!("{}@b.c", "x".repeat(250))).unwrap();
    let owned = Owned { company: Some(number("4799")), buyer: Some(long.clone()), ..owned(11470, "mill", 5) };
    world.owned = vec![owned];
    let done = world.act(&Actor::Daemon, Command::Served).unwrap();
    assert!(world.desk.company(&number("4799")).is_some() && world.desk.person(&long).is_some());
    assert_eq!(done.said.len(), 2, "{:?}", done.said);
}

fn install(pack: &str, text: &str, owned: Vec<Owned>) -> Command {
    let pack = PackNumber::new(pack).unwrap();
    let owned = owned.into_iter().map(|one| Owned { pack: pack.clone(), ..one }).collect();
    Command::InstallPack { company: number("4711"), pack, text: text.into(), owned }
}

#[test]
fn a_pack_is_installed_kept_and_the_one_that_it_voids_is_superseded() {
    let mut world = World::new();
    world.member("4711", "lee", "L");
    let lee = of_4711("lee");
    let mut act = |command: Command| -> Result<Decision, Refusal> { world.act(&lee, command) };
    let mill = || vec![owned(11470, "mill", 5)];
    let other = Owned { company: Some(number("4712")), ..owned(11472, "drill", 5) };
    let done = act(install("P-1", "text 1", mill())).unwrap();
    assert_eq!((done.install.len(), done.install[0].text.as_str()), (1, "text 1"));
    assert!(done.case.is_some() && done.seats.is_empty());
    let huge = "x".repeat(desk::limits::FILE_BYTES_MAX + 1);
    for (command, expected) in [
        (install("P-1", "text 1", mill()), "done"),
        (install("P-1", "another text", mill()), "rule W1"),
        (install("P-2", "text", Vec::new()), "invalid text"),
        (install("P-2", "text", vec![owned(11470, "mill", 5), other]), "rule W6"),
        (install("P-2", &huge, mill()), "limit"),
        (install("P-2", "INCREMENT mill VOIDS=\"P-1 P-0\" SIGN=x", mill()), "done"),
        // What is void does not come back, whether it was here before or not.
        (install("P-1", "text 1", mill()), "rule W7"),
        (install("P-0", "text 0", mill()), "rule W7"),
        (install("P-2", "INCREMENT mill VOIDS=\"P-1 P-0\" SIGN=x", mill()), "done"),
    ] {
        assert_eq!(kind(&act(command.clone())), expected, "{command:?}");
    }
    let wrong = Command::InstallPack {
        company: number("4711"),
        pack: PackNumber::new("P-7").unwrap(),
        text: "x".into(),
        owned: mill(),
    };
    assert_eq!(kind(&act(wrong)), "invalid pack");
    let standing = |pack: &str| world.desk.pack(&PackNumber::new(pack).unwrap()).map(|row| row.standing);
    assert_eq!(standing("P-1"), Some(PackStanding::Superseded));
    assert_eq!(standing("P-2"), Some(PackStanding::Current));
    let row = world.desk.pack(&PackNumber::new("P-2").unwrap()).unwrap();
    assert_eq!((row.configurations.as_slice(), row.voids.len()), ([11470].as_slice(), 2));
    world.role = Role::Vendor;
    assert_eq!(kind(&world.act(&lee, install("P-3", "text", mill()))), "rule W1");
}

#[test]
fn two_vendors_packs_of_one_number_are_installed_beside_each_other() {
    let mut world = World::new();
    world.member("4711", "lee", "LR");
    let lee = of_4711("lee");
    let of = |vendor: &str, owned: Owned| {
        let pool = &owned.pool;
        let vendor = names::Vendor::new(vendor).unwrap();
        let (config, cpu, feature) = (pool.config().clone(), pool.cpu().clone(), pool.feature().clone());
        Owned { pool: names::PoolId::new(vendor, config, cpu, feature, "").unwrap(), ..owned }
    };
    let mill = of("acmed", owned(11470, "mill", 5));
    let drill = of("other", owned(11470, "drill", 5));
    for (number, text, vendor, expected) in [
        ("P-1001", "text 1", &mill, "done"),
        ("P-1001", "text 2", &drill, "done"),
        ("P-1001", "text 2", &mill, "rule W1"),
        ("P-1002", "INCREMENT VOIDS=P-1001 SIGN=x", &drill, "done"),
        // The answer's row is not the pack's.
        ("P-1001", "# seatkeeper answer V-7\ntext 1", &mill, "done"),
        ("P-1001", "text 2", &drill, "rule W7"),
    ] {
        let told = world.act(&lee, install(number, text, vec![vendor.clone()]));
        assert_eq!(kind(&told), expected, "{number} {text}: {told:?}");
        assert!(told.is_err() || told.unwrap().install[0].vendor == *vendor.pool.vendor());
    }
    let both = install("P-1003", "text", vec![mill, drill]);
    assert_eq!(kind(&world.act(&lee, both)), "invalid text");
    let shown = |text: &str| {
        let found = world.desk.pack_for(&world.ctx(), &lee, text);
        found
            .map(|pack| format!("{} {} {:?}", pack.vendor, pack.text, pack.standing))
            .map_err(|e| e.to_string())
    };
    assert_eq!(shown("acmed:P-1001").unwrap(), "acmed text 1 Current");
    assert_eq!(shown("other:P-1001").unwrap(), "other text 2 Superseded");
    assert!(shown("P-1001").unwrap_err().contains("give acmed:P-1001 or other:P-1001"));
    assert!(shown("P-1002").unwrap().starts_with("other INCREMENT"));
    assert!(shown("P-9").unwrap_err().starts_with("pack P-9: there is none"));
    assert!(shown("a b:P-1").unwrap_err().contains("vendor name"));
    // Of another company's nobody learns that it is there.
    let osman = Actor::Person { email: email("osman"), company: Some(number("4712")) };
    assert!(matches!(world.desk.pack_for(&world.ctx(), &osman, "P-1002"), Err(Refusal::Forbidden { .. })));
    world.member("4712", "osman", "R");
    assert!(matches!(world.desk.pack_for(&world.ctx(), &osman, "P-1002"), Err(Refusal::NotFound(_))));
    // Both are found, each by what tells it from the other.
    let found = world.desk.find(&world.ctx(), &lee, "P-1001").unwrap();
    let packs: Vec<&str> = found
        .hits
        .iter()
        .filter(|hit| hit.kind == desk::look::HitKind::Pack)
        .map(|hit| hit.key.as_str())
        .collect();
    assert_eq!(packs, ["acmed:P-1001", "other:P-1001"]);
}

#[test]
fn t6_a_purchase_of_several_ids_and_packs_is_one_and_what_has_yet_to_begin_waits() {
    let mill = || bought(11470, "mill", 1, "lee");
    let lathe = || Owned { pack: PackNumber::new("P-2").unwrap(), ..bought(11471, "lathe", 1, "lee") };
    let later = |one: Owned| Owned { from: Some(date("1-jan-2027")), ..one };
    // One pack after the other: the purchase was looked at with the first.
    let mut world = World::new();
    assert_eq!(serve(&mut world, vec![mill()]), ["lee@works.example 11470"]);
    assert_eq!(serve(&mut world, vec![mill(), lathe()]), ["lee@works.example 11470"]);
    // Nobody has a seat of a license that has yet to begin: the license host would refuse all of it.
    let mut world = World::new();
    let served = || vec![Owned { company: Some(number("4799")), ..later(mill()) }];
    assert!(serve(&mut world, served()).is_empty());
    assert!(world.desk.company(&number("4799")).is_some(), "what else it brings is known");
    world.later(39);
    assert!(serve(&mut world, served()).is_empty(), "31-dec-2026");
    world.later(1);
    assert_eq!(serve(&mut world, served()), ["lee@works.example 11470"]);
    assert_eq!(world.assigned[0].from, date("1-jan-2027"));
    // Seats that come later are none yet.
    let mut world = World::new();
    let next = later(Owned { buyer: Some(email("osman")), ..mill() });
    assert_eq!(serve(&mut world, vec![mill(), next.clone()]), ["lee@works.example 11470"]);
    world.later(40);
    assert_eq!(
        serve(&mut world, vec![mill(), next]),
        ["lee@works.example 11470", "osman@works.example 11470"]
    );
}
