use desk::{Actor, Command, ConfigStanding, Role};
use license::{Asks, Request, SecretKey, SignedRequest};
use names::PackNumber;

use crate::setting::*;

/// A receipt with another content, signed again with the old host's key.
fn altered(receipt: &str, alter: impl FnOnce(&mut Request)) -> String {
    let mut request = SignedRequest::read(receipt.as_bytes()).unwrap().request().clone();
    alter(&mut request);
    request.sign(&SecretKey::for_host([2; 32])).unwrap()
}

fn given_up(request: &mut Request) -> &mut license::Surrendered {
    match &mut request.asks {
        Asks::Surrendered(surrendered) => surrendered,
        Asks::Words { .. } => panic!("it is a receipt"),
    }
}

/// A change to what is asked for, what refuses it, and words of the refusal.
type Spoilt = (fn(&mut Try), &'static str, &'static str);

/// What is asked for, and the world.
struct Try {
    world: World,
    receipt: String,
    command: Option<Command>,
}

impl Try {
    fn alter(&mut self, alter: impl FnOnce(&mut Request)) {
        self.receipt = altered(&self.receipt, alter);
    }

    fn ask(&mut self, host_lost: &str, ids: &[u64], to: Option<&str>, to_key: &str) {
        let (host_lost, ids, to_key) = (host_lost.to_owned(), ids.to_vec(), to_key.to_owned());
        self.command = Some(Command::IssueMove {
            receipt: self.receipt.clone(),
            host_lost,
            ids,
            to: to.map(cpu),
            to_key,
        });
    }
}

#[test]
fn w7_a_move_that_its_receipt_does_not_prove_is_refused_and_changes_nothing() {
    let cases: [Spoilt; 28] = [
        (|_| {}, "", ""),
        (|t| t.receipt.clear(), "W7", "give the receipt"),
        (|t| t.ask("it burnt down", &[], None, ""), "host_lost", "give one of the two"),
        (|t| t.receipt.push('\n'), "receipt", "(-2)"),
        (|t| t.receipt = t.receipt.replace("11470", "11471"), "receipt", "(-8)"),
        (|t| t.receipt = "S-1001".into(), "receipt", "(-2)"),
        (|t| t.alter(|r| r.asks = words()), "receipt", "a request (order)"),
        (|t| t.alter(|r| given_up(r).vendor = other()), "W7", "licenses of other"),
        (|t| t.ask("", &[11471], None, ""), "W7", "and configuration 11471 were asked for"),
        (|t| t.ask("", &[11470], Some(NEW), ""), "", ""),
        (|t| t.ask("", &[], Some("02aa10203051"), ""), "W7", "02aa10203051 was asked for"),
        (
            |t| t.ask("", &[], None, &SecretKey::for_host([7; 32]).public().to_string()),
            "W7",
            "new host's key",
        ),
        (|t| t.ask("", &[], None, "abc"), "to_key", "44 characters"),
        (|t| t.alter(|r| given_up(r).ids = vec![11475]), "W7", "never issued"),
        (|t| t.alter(|r| given_up(r).ids = vec![11470, 11471]), "", ""),
        (|t| t.alter(|r| r.host = cpu("02aa10203077")), "W7", "the receipt is of 02aa10203077"),
        (|t| t.alter(|r| r.company = Some("C-2".into())), "W7", "not of company C-1"),
        (|t| t.alter(|r| r.company = None), "", ""),
        (|t| t.alter(|r| given_up(r).to = cpu(OLD)), "to", "moved from"),
        (
            |t| t.alter(|r| given_up(r).packs = vec![PackNumber::new("P-1").unwrap()]),
            "W7",
            "pack P-1, which was not",
        ),
        (|t| t.alter(|r| given_up(r).to_key = None), "to_key", "give the public key"),
        (|t| grown(t), "W7", "in none of the packs"),
        (|t| forged(t), "W7", "another key than the license host's"),
        (|t| used(t), "W7", "moved already; its seats are configuration 11472 now"),
        (|t| t.world.vendor.role = Role::Site, "forbidden", ""),
        (|t| t.world.vendor.vendor_key = SecretKey::for_vendor(other(), [1; 32]), "role", ""),
        (|t| unnamed(t), "W7", "no pack names the key"),
        (|t| merged(t), "W7", "the seats of configuration 11472 went into configuration 11470"),
    ];
    for (n, (spoil, what, words)) in cases.into_iter().enumerate() {
        let mut world = World::new();
        let receipt = world.receipt(&[11470]);
        let mut t = Try { world, receipt, command: None };
        spoil(&mut t);
        let Try { mut world, receipt, command } = t;
        let before = world.vendor.rows();
        match world.vendor.does(&staff(), command.unwrap_or_else(|| issue(&receipt))) {
            Ok(_) => assert_eq!(what, "", "case {n} was done"),
            Err(refusal) => {
                assert_eq!(about(&refusal), what, "case {n}: {refusal}");
                assert!(refusal.to_string().contains(words), "case {n}: {refusal}");
                assert_eq!(world.vendor.rows(), before, "case {n}");
            }
        }
    }
}

fn other() -> names::Vendor {
    names::Vendor::new("other").unwrap()
}

fn words() -> Asks {
    Asks::Words { kind: license::RequestKind::Order, body: "5 of mill".into() }
}

/// The id is newer than the packs that the receipt names.
fn grown(t: &mut Try) {
    let key = t.world.old.key();
    t.world.vendor.sells(vec![item("mesh", "Pro/MESH", 2)], &[(OLD, key)]);
    t.alter(|r| given_up(r).ids = vec![11472]);
}

/// Somebody else's key signed it.
fn forged(t: &mut Try) {
    let request = SignedRequest::read(t.receipt.as_bytes()).unwrap().request().clone();
    t.receipt = request.sign(&SecretKey::for_host([6; 32])).unwrap();
}

/// It was issued for another receipt of the same license.
fn used(t: &mut Try) {
    t.world.vendor.does(&staff(), issue(&t.receipt)).unwrap();
    t.alter(|r| r.at.0 += 1);
}

/// The old host's pack is not bound to a key.
fn unnamed(t: &mut Try) {
    let mut world = World::new();
    world.vendor = House::new(Role::Vendor, "02aa10203099", 9);
    world.vendor.sells(vec![item("mill", "Pro/ENGINEER", 5)], &[]);
    t.world = world;
}

/// The host serves 5 under maintenance and 2 without, and gives the 5 up; the 2 are renewed meanwhile, so all
/// 7 have the id of the 5. The host's packs still give it the 2.
fn merged(t: &mut Try) {
    let mut world = World::new();
    let key = world.old.key();
    let mut without = item("mill", "Pro/ENGINEER", 2);
    without.maintenance = false;
    world.vendor.sells(vec![without], &[(OLD, key)]);
    world.old.packs = vec![world.vendor.newest(OLD)];
    t.receipt = world.receipt(&[11470]);
    assert_eq!(seats([&world.old])["mill"], 2);
    let renew = Command::Renew {
        company: company("C-1"),
        ids: vec![11472],
        until: None,
        maintenance: true,
        host_keys: Vec::new(),
    };
    world.vendor.does(&staff(), renew).unwrap();
    t.world = world;
}

#[test]
fn w7_only_the_vendors_desk_issues_a_move() {
    let mut world = World::new();
    let receipt = world.receipt(&[11470]);
    for (actor, what) in [(kim_at(), "forbidden"), (Actor::Nobody, "signed out")] {
        let refusal = world.vendor.does(&actor, issue(&receipt)).unwrap_err();
        assert_eq!(about(&refusal), what);
    }
}

#[test]
fn w7_a_receipt_is_good_once() {
    let mut world = World::new();
    let receipt = world.receipt(&[11470]);
    world.vendor.does(&staff(), issue(&receipt)).unwrap();
    let before = world.vendor.rows();
    let refusal = world.vendor.does(&staff(), issue(&receipt)).unwrap_err();
    assert!(refusal.to_string().contains("V-1002"), "{refusal}");
    assert_eq!(world.vendor.rows(), before);
}

#[test]
fn w7_every_byte_of_a_receipt_counts() {
    let mut world = World::new();
    let receipt = world.receipt(&[11470]);
    for at in 0..receipt.len() {
        let mut bytes = receipt.clone().into_bytes();
        bytes[at] = if bytes[at] == b'1' { b'2' } else { b'1' };
        let altered = String::from_utf8(bytes).unwrap();
        let refusal = world.vendor.does(&staff(), issue(&altered)).unwrap_err();
        assert_eq!(about(&refusal), "receipt", "byte {at}: {refusal}");
    }
    world.vendor.does(&staff(), issue(&receipt)).unwrap();
}

#[test]
fn w7_a_host_that_is_lost_needs_a_reason_which_its_case_keeps() {
    let mut world = World::new();
    let key = world.new.key();
    let lost = |reason: &str, ids: &[u64], to: Option<&str>, to_key: &str| Command::IssueMove {
        receipt: String::new(),
        host_lost: reason.into(),
        ids: ids.to_vec(),
        to: to.map(cpu),
        to_key: to_key.into(),
    };
    for (command, what) in [
        (lost(" ", &[11470], Some(NEW), &key), "W7"),
        (lost("it burnt down", &[], Some(NEW), &key), "ids"),
        (lost("it burnt down", &[11470], None, &key), "to"),
        (lost("it burnt down", &[11470], Some(OLD), &key), "to"),
        (lost("it burnt down", &[11470], Some(NEW), ""), "to_key"),
        (lost("it burnt down", &[11475], Some(NEW), &key), "W7"),
        (lost(&"x".repeat(2001), &[11470], Some(NEW), &key), "host_lost"),
        (lost("it \u{1b}[2J burnt", &[11470], Some(NEW), &key), "host_lost"),
        (lost("it \u{202e}burnt", &[11470], Some(NEW), &key), "host_lost"),
    ] {
        assert_eq!(about(&world.vendor.does(&staff(), command).unwrap_err()), what);
    }
    let before = ledger(&world.vendor);
    let decision = world.vendor.does(&staff(), lost("it burnt down", &[11470], Some(NEW), &key)).unwrap();
    let case = world.vendor.desk.case(decision.case.as_ref().unwrap()).unwrap();
    assert!(case.history[0].what.contains("it burnt down"), "{:?}", case.history);
    let row = world.vendor.desk.moving(&case.number).unwrap();
    assert_eq!(row.host_lost, "it burnt down");
    assert_eq!(ledger(&world.vendor), before);
    // What the lost host signs after all comes too late.
    let receipt = world.receipt(&[11470]);
    assert_eq!(about(&world.vendor.does(&staff(), issue(&receipt)).unwrap_err()), "W7");
    let standing = |id| world.vendor.desk.configuration(&acmed(), id).unwrap().standing;
    assert_eq!((standing(11470), standing(11472)), (ConfigStanding::Moved, ConfigStanding::Active));
}

#[test]
fn w7_the_key_of_an_older_pack_proves_nothing() {
    let mut world = World::new();
    let receipt = world.receipt(&[11470]);
    // The host was made anew: its next pack names another key.
    let key = SecretKey::for_host([5; 32]);
    let keys = [(OLD, key.public().to_string())];
    world.vendor.sells(vec![item("mesh", "Pro/MESH", 1)], &keys);
    let before = world.vendor.rows();
    let refusal = world.vendor.does(&staff(), issue(&receipt)).unwrap_err();
    assert!(refusal.to_string().contains("another key"), "{refusal}");
    assert_eq!(world.vendor.rows(), before);
    // Signed by the host as it is now, the same is good.
    let request = SignedRequest::read(receipt.as_bytes()).unwrap().request().clone();
    world.vendor.does(&staff(), issue(&request.sign(&key).unwrap())).unwrap();
}

#[test]
fn w7_a_license_that_was_renewed_meanwhile_is_given_up_under_its_new_id() {
    let mut world = World::new();
    let all = ledger(&world.vendor);
    let renew = Command::Renew {
        company: company("C-1"),
        ids: vec![11470],
        until: None,
        maintenance: false,
        host_keys: Vec::new(),
    };
    world.vendor.does(&staff(), renew).unwrap();
    // The host does not know yet: it gives up what the vendor's desk has under another id.
    let receipt = world.receipt(&[11470]);
    let refusal = world.vendor.does(&staff(), issue(&receipt)).unwrap_err();
    assert!(refusal.to_string().contains("its seats are configuration 11472 now"), "{refusal}");
    // Its next pack has that id, which it gives up instead. Nothing is lost, and nothing is there twice.
    world.old.packs.push(world.vendor.newest(OLD));
    assert_eq!(seats([&world.old]), all);
    let receipt = world.receipt(&[11472]);
    world.vendor.does(&staff(), issue(&receipt)).unwrap();
    world.old.packs.push(world.vendor.newest(OLD));
    world.new.packs.push(world.vendor.newest(NEW));
    assert_eq!((seats([&world.old, &world.new]), ledger(&world.vendor)), (all.clone(), all));
}

#[test]
fn w7_a_license_moves_whole_or_not_at_all() {
    let text = r#"{"do":"surrender","company":"C-1","ids":[11470],"to":"02aa10203050","ending":"finish"}"#;
    assert!(serde_json::from_str::<Command>(text).is_ok());
    for part in [r#""count":2,"#, r#""counts":{"mill":2},"#] {
        let some = text.replace(r#""to""#, &format!(r#"{part}"to""#));
        assert!(serde_json::from_str::<Command>(&some).is_err(), "{some}");
    }
}
