use desk::{Answer, CaseKind, CaseNumber, CaseState, Change, Command, OrderState, Person, Role, Row};
use license::{Asks, Request, RequestKind, SecretKey};

use crate::setting::*;

fn take(file: &str) -> Command {
    Command::TakeRequest { file: file.to_owned() }
}

fn order() -> Command {
    Command::Order {
        company: company("C-1"),
        subscription: "SUB-2".into(),
        invoice: String::new(),
        buyer: Some(kim()),
        items: vec![item("mesh", "Pro/MESH", 2)],
        host_keys: Vec::new(),
    }
}

fn request(kind: RequestKind, body: &str) -> Request {
    Request {
        case: "S-1001".into(),
        company: Some("C-1".into()),
        by: Some(kim()),
        host: cpu(OLD),
        at: names::Wall(1),
        asks: Asks::Words { kind, body: body.into() },
    }
}

fn signed(request: &Request) -> String {
    request.sign(&SecretKey::for_host([2; 32])).unwrap()
}

#[test]
fn a_sites_order_goes_in_a_file_and_is_issued_by_its_answer() {
    let mut vendor = House::new(Role::Vendor, "02aa10203099", 9);
    let mut site = House::new(Role::Site, OLD, 2);
    let placed = site.does(&kim_at(), order()).unwrap();
    let number = placed.case.clone().unwrap();
    assert_eq!(site.desk.case(&number).unwrap().state, CaseState::Waiting);
    let file = site.file(&placed, "order-S-1001.request");

    let taken = vendor.does(&staff(), take(&file)).unwrap();
    assert!(taken.said.iter().any(|said| said.contains("no pack names the key")), "{:?}", taken.said);
    let case = vendor.desk.case(&number).unwrap();
    assert_eq!((Some(&case.number), case.other.as_ref()), (taken.case.as_ref(), Some(&number)));
    assert_eq!(
        (case.kind, case.state, case.asked_by.as_ref()),
        (CaseKind::Order, CaseState::Open, Some(&kim()))
    );
    // It waits for the vendor's desk, and its pack will be bound to the key that the site signs with.
    let placed = vendor.desk.orders().next().unwrap().clone();
    assert_eq!((placed.state, placed.subscription.as_str()), (OrderState::Placed, "SUB-2"));
    assert_eq!(placed.host_keys, [format!("{OLD}={}", site.key())]);
    let before = vendor.rows();
    let refusal = vendor.does(&staff(), take(&file)).unwrap_err();
    assert!(refusal.to_string().contains(case_of(&taken).as_str()), "{refusal}");
    assert_eq!(vendor.rows(), before, "once");

    let issue = Command::Issue { order: placed.number, refuse: String::new(), host_keys: Vec::new() };
    vendor.does(&staff(), issue).unwrap();
    let answer = vendor.newest(OLD);
    let said = Answer::of(&answer).unwrap();
    assert_eq!((said.case, said.to), (case_of(&taken), Some((number, cpu(OLD)))));
    let installed = site.installs(&answer);
    assert_eq!(seats([&site]), [("mesh".into(), 2)].into());
    // The request ends with its answer, and the vendor's number finds it here too.
    let case = site.desk.case(&case_of(&taken)).unwrap();
    assert_eq!((case.number.as_str(), case.state), ("S-1001", CaseState::Done));
    assert_eq!(installed.case.unwrap().as_str(), "S-1002");
}

fn case_of(decision: &desk::Decision) -> CaseNumber {
    decision.case.clone().unwrap()
}

#[test]
fn a_reconfiguration_is_carried_and_taken() {
    let mut world = World::new();
    let wish = Command::Reconfigure {
        company: company("C-1"),
        ids: vec![11470],
        wish: "with Pro/MESH\nfrom may".into(),
    };
    let asked = world.old.does(&kim_at(), wish).unwrap();
    let file = world.old.file(&asked, ".request");
    let taken = world.vendor.does(&staff(), take(&file)).unwrap();
    assert!(taken.said.is_empty(), "its key is known: {:?}", taken.said);
    let case = world.vendor.desk.case(&case_of(&asked)).unwrap();
    assert_eq!((case.kind, case.state), (CaseKind::Reconfiguration, CaseState::Open));
    assert!(case.history.iter().any(|entry| entry.what.contains("with Pro/MESH")), "{:?}", case.history);
}

#[test]
fn a_request_that_is_not_the_sites_own_is_refused_and_changes_nothing() {
    let body = serde_json::to_string(&order()).unwrap();
    let of_c2 = body.replace("C-1", "C-2");
    let foreign = SecretKey::for_host([6; 32]);
    let name = Command::SetName { name: "kim".into() };
    let files: Vec<(String, &str, &str)> = vec![
        (String::new(), "file", "(-2)"),
        (signed(&request(RequestKind::Order, &body)).replace("SUB-2", "SUB-3"), "file", "(-8)"),
        (request(RequestKind::Order, &body).sign(&foreign).unwrap(), "file", "another key"),
        (signed(&request(RequestKind::Order, "5 of mill")), "file", "no order"),
        (signed(&request(RequestKind::Order, &of_c2)), "file", "not for company C-1"),
        (signed(&request(RequestKind::Tools, &body)), "file", "something else"),
        (signed(&request(RequestKind::Order, &serde_json::to_string(&name).unwrap())), "file", "no order"),
        (signed(&Request { company: None, ..request(RequestKind::Order, &body) }), "file", "no company"),
        (
            signed(&Request { company: Some("C-9".into()), ..request(RequestKind::Order, &body) }),
            "not found",
            "C-9",
        ),
    ];
    let mut world = World::new();
    let receipt = world.receipt(&[11470]);
    let before = world.vendor.rows();
    for (file, what, words) in files.into_iter().chain([(receipt, "file", "issue the move with it")]) {
        let refusal = world.vendor.does(&staff(), take(&file)).unwrap_err();
        assert_eq!(about(&refusal), what, "{refusal}");
        assert!(refusal.to_string().contains(words), "{refusal}");
        assert_eq!(world.vendor.rows(), before);
    }
    let good = signed(&request(RequestKind::Order, &body));
    assert_eq!(about(&world.vendor.does(&kim_at(), take(&good)).unwrap_err()), "forbidden");
    assert_eq!(about(&world.old.does(&staff(), take(&good)).unwrap_err()), "forbidden");
    world.vendor.does(&staff(), take(&good)).unwrap();
    // The same case number of the same host is one request, whatever is in it.
    let again = signed(&Request { at: names::Wall(2), ..request(RequestKind::Order, &body) });
    assert_eq!(about(&world.vendor.does(&staff(), take(&again)).unwrap_err()), "W2");
    // Another host's case may have that number.
    let other = Request { host: cpu(NEW), ..request(RequestKind::Order, &body) };
    world.vendor.does(&staff(), take(&signed(&other))).unwrap();
}

#[test]
fn a_site_that_names_somebody_of_the_vendors_desk_gets_nothing_issued() {
    let mut world = World::new();
    let mut ada = Person::new(names::Email::new("ada@acmed.example").unwrap(), names::Wall(0));
    ada.is_vendor_desk = true;
    world.vendor.desk.apply(&Change::Put(Row::Person(Box::new(ada.clone()))));
    let body = serde_json::to_string(&order()).unwrap();
    let asked = Request { by: Some(ada.email), ..request(RequestKind::Order, &body) };
    let seats = ledger(&world.vendor);
    world.vendor.does(&staff(), take(&signed(&asked))).unwrap();
    assert_eq!(ledger(&world.vendor), seats);
    assert!(world.vendor.desk.orders().any(|order| order.state == OrderState::Placed));
}

#[test]
fn only_an_answers_first_row_says_what_it_answers() {
    let text = "# seatkeeper answer V-1002 to S-1001 of 02aa10203040\nSERVER a 02aa10203040\n";
    let answer = Answer::of(text).unwrap();
    assert_eq!((answer.case.as_str(), answer.to.unwrap().0.as_str()), ("V-1002", "S-1001"));
    assert_eq!(Answer::of("# seatkeeper answer V-1002\n").unwrap().to, None);
    for bad in [
        "",
        "SERVER a 02aa10203040\n# seatkeeper answer V-1002\n",
        "# seatkeeper answer \n",
        "# seatkeeper answer V-1002 \n",
        "# seatkeeper answer V-1002 to S-1001\n",
        "# seatkeeper answer V-1002 to S-1001 of x/y\n",
        "# seatkeeper answer V-1002 to S-1001 of 02aa10203040 more\n",
        "# seatkeeper answer V-1002 of S-1001 to 02aa10203040\n",
        "# seatkeeper answer V/1002\n",
    ] {
        assert_eq!(Answer::of(bad), None, "{bad:?}");
    }
}

#[test]
fn w7_an_answer_that_is_installed_links_the_cases_of_both_hosts() {
    let mut world = World::new();
    let receipt = world.receipt(&[11470]);
    let issued = world.vendor.does(&staff(), issue(&receipt)).unwrap();
    let (new, rest) = (world.vendor.newest(NEW), world.vendor.newest(OLD));
    let number = case_of(&issued);
    let installed = world.new.installs(&new);
    assert_eq!(world.new.desk.case(&number).map(|case| &case.number), installed.case.as_ref());
    world.old.installs(&rest);
    let case = world.old.desk.case(&number).unwrap();
    assert_eq!((case.number.as_str(), case.state), ("S-1001", CaseState::Done));
    assert_eq!(world.old.desk.moving(&case.number).unwrap().state, desk::MoveState::Installed);
    assert_eq!(seats([&world.old, &world.new]), ledger(&world.vendor));
}

#[test]
fn an_answer_ends_no_case_that_it_is_not_the_answer_to() {
    for (from, to) in [
        // Another host's case of that number, one that is not there, one that asks the vendor nothing.
        ("to S-1001 of 02aa10203040", "to S-1001 of 02aa10203041"),
        ("to S-1001 of 02aa10203040", "to S-1009 of 02aa10203040"),
        ("to S-1001 of 02aa10203040", "to S-1002 of 02aa10203040"),
        (" to S-1001 of 02aa10203040", ""),
    ] {
        let mut world = World::new();
        let receipt = world.receipt(&[11470]);
        world.vendor.does(&staff(), issue(&receipt)).unwrap();
        let first = world.vendor.desk.packs().next().unwrap().text.clone();
        world.old.installs(&first);
        let rest = world.vendor.newest(OLD).replacen(from, to, 1);
        world.old.installs(&rest);
        let case = world.old.desk.case(&CaseNumber::new("S-1001").unwrap()).unwrap();
        assert_eq!((case.state, &case.other), (CaseState::Waiting, &None), "{to:?}");
        let by = world.old.desk.case(&CaseNumber::new("V-1002").unwrap()).unwrap();
        assert_eq!((by.number.as_str(), by.kind), ("S-1003", CaseKind::Install), "{to:?}");
    }
}

#[test]
fn who_asks_for_the_tools_at_a_site_needs_no_account_at_the_vendors_desk() {
    let mut vendor = House::new(Role::Vendor, "02aa10203099", 9);
    let mut site = House::new(Role::Site, OLD, 2);
    let lee = names::Email::new("lee@example.com").unwrap();
    site.desk.apply(&Change::Put(Row::Person(Box::new(Person::new(lee.clone(), names::Wall(0))))));
    let actor = desk::Actor::Person { email: lee.clone(), company: None };
    let ask = Command::AskForTools { company: company("C-1"), reason: "to order".into() };
    let asked = site.does(&actor, ask).unwrap();
    let file = site.file(&asked, ".request");
    vendor.does(&staff(), take(&file)).unwrap();
    let case = vendor.desk.case(&case_of(&asked)).unwrap();
    assert_eq!((case.kind, case.asked_by.as_ref()), (CaseKind::Tools, Some(&lee)));
    assert!(vendor.desk.person(&lee).is_none());
}
