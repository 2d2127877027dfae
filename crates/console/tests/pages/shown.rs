//! What somebody typed is shown as text, in pages and files, and long lists a part at a time.

use console::routes;
use console::testing::{email, number};
use desk::{
    Case, CaseFile, CaseKind, CaseNumber, CaseState, Company, ConfigLine, ConfigStanding, Configuration,
    Entry, FileRow, Item, Membership, Order, OrderState, PackRow, PackStanding, Person, Place, Privileges,
    Row, Seat,
};
use names::{CpuId, Expiry, Feature, PackNumber, Vendor, Version, Wall};

use crate::client::Site;
use crate::html::assert_harmless;

/// What breaks out of text, of an attribute in either quote, of a text area and of a title.
const NASTY: &str =
    "\"'><script>alert(1)</script><img src=x onerror=alert(2)></textarea></title>{{7*7}}javascript:x&lt;";

fn cpu() -> CpuId {
    CpuId::new("0a1b2c3d4e5f").unwrap()
}

fn plant(site: &Site, nasty: &str) {
    let case = CaseNumber::new("V-1001").unwrap();
    let put = |row| site.host.put(row);
    let mut company = Company::new(number("4711"), nasty, Wall(1));
    company.address = nasty.into();
    company.is_supervised = false;
    put(Row::Company(Box::new(company)));
    let mut person = Person::new(email("o'neill+x=y@example.net"), Wall(1));
    person.name = nasty.into();
    person.is_vendor_desk = true;
    put(Row::Person(Box::new(person)));
    put(Row::Membership(Box::new(Membership {
        company: number("4711"),
        email: email("o'neill+x=y@example.net"),
        privileges: Privileges::default(),
        since_ms: 1,
        version: 1,
    })));
    put(Row::Case(Box::new(Case {
        number: case.clone(),
        other: None,
        kind: CaseKind::Order,
        company: Some(number("4711")),
        asked_by: None,
        subject: nasty.into(),
        state: CaseState::Open,
        history: vec![Entry { at_ms: 1, by: nasty.into(), what: nasty.into() }],
        files: vec![CaseFile { name: nasty.into(), bytes: 5 }],
        about: vec![format!("host:{nasty}")],
        opened_ms: 1,
        version: 1,
    })));
    put(Row::File(Box::new(FileRow { case: case.clone(), name: nasty.into(), text: nasty.into() })));
    let item = Item {
        feature: Feature::new("mill").unwrap(),
        version: Version::new("2.0").unwrap(),
        product_line: nasty.into(),
        modules: vec![nasty.into()],
        is_module: false,
        seat: Seat::Named,
        maintenance: true,
        places: vec![Place { cpu: cpu(), count: 5 }],
        host: None,
        from: None,
        until: Expiry::Permanent,
        serials: vec![nasty.into()],
        installs: vec![nasty.into()],
        id: None,
    };
    put(Row::Order(Box::new(Order {
        number: "O-1001".into(),
        company: number("4711"),
        subscription: nasty.into(),
        invoice: nasty.into(),
        buyer: None,
        items: vec![item],
        host_keys: Vec::new(),
        state: OrderState::Placed,
        case: case.clone(),
        placed_ms: 1,
        packs: Vec::new(),
        version: 1,
    })));
    put(Row::Pack(Box::new(PackRow {
        vendor: Vendor::new("acmed").unwrap(),
        number: PackNumber::new("P-1001").unwrap(),
        company: number("4711"),
        host: cpu(),
        text: nasty.into(),
        configurations: vec![11_472],
        voids: Vec::new(),
        standing: PackStanding::Current,
        case,
        issued_ms: 1,
    })));
    put(Row::Configuration(Box::new(configuration(nasty))));
    let mut data = site.host.data();
    for owned in &mut data.owned {
        owned.subscription = Some(nasty.into());
        owned.invoice = Some(nasty.into());
        owned.product_line = Some(nasty.into());
        owned.modules = vec![nasty.into()];
        owned.serials = vec![nasty.into()];
    }
}

fn configuration(nasty: &str) -> Configuration {
    Configuration {
        vendor: Vendor::new("acmed").unwrap(),
        id: 90_001,
        company: number("4711"),
        product: Some(Feature::new("mill").unwrap()),
        product_line: nasty.into(),
        modules: vec![nasty.into()],
        maintenance: true,
        seat: Seat::Floating,
        host: cpu(),
        lines: vec![ConfigLine {
            feature: Feature::new("mill").unwrap(),
            version: Version::new("2.0").unwrap(),
            count: 5,
            workstations: Vec::new(),
            from: None,
            until: Expiry::Permanent,
            order: nasty.into(),
        }],
        serials: vec![nasty.into()],
        installs: vec![nasty.into()],
        warnings: vec![nasty.into()],
        standing: ConfigStanding::Active,
        successors: Vec::new(),
        version: 1,
    }
}

/// Addresses of every page, their parts filled with what is there.
fn pages() -> Vec<String> {
    let fill = |path: &str| {
        let parts = path.split('/').map(|part| match part {
            "{case}" => "V-1001".to_owned(),
            "{pack}" => "P-1001".into(),
            "{order}" => "O-1001".into(),
            "{number}" => "4711".into(),
            "{name}" => console::encode(NASTY),
            "{grant}" => "1".into(),
            part if part.starts_with('{') => "none".into(),
            part => part.into(),
        });
        parts.collect::<Vec<_>>().join("/")
    };
    let pages = routes();
    let is_page = |route: &&console::Route| {
        route.method.as_str() == "GET" && !matches!(route.path, "/live" | "/assets/{name}")
    };
    pages.iter().filter(is_page).map(|route| fill(route.path)).collect()
}

#[tokio::test]
async fn wc_02_what_somebody_typed_is_text_on_every_page() {
    let site = Site::sample().await;
    plant(&site, NASTY);
    let mut browser = site.signed_in("vera@example.net").await;
    let nasty = console::encode(NASTY);
    let pool = console::encode("acmed/11472/0a1b2c3d4e5f/report");
    let whole = format!("pool={pool}&email={}&q=11472", console::encode("o'neill+x=y@example.net"));
    let typed =
        format!("q={nasty}&search={nasty}&pool={nasty}&email={nasty}&ids={nasty}&month={nasty}&next={nasty}");
    let (mut seen, mut shown) = (0, 0);
    for page in pages() {
        for query in ["", "company=4711", "q=mill", &whole, &typed] {
            let path = format!("{page}?{query}");
            let answer = browser.get(&path).await;
            assert!(answer.status < 500, "{path}: {}", answer.status);
            if answer.headers.get("content-type").is_some_and(|kind| kind.starts_with("text/html")) {
                assert_harmless(&path, &answer.body);
                assert!(!answer.body.contains("<img"), "{path}");
                seen += 1;
                shown +=
                    usize::from(answer.body.contains("&#60;script") || answer.body.contains("&lt;script"));
            } else if answer.status == 200 {
                let kept = answer.headers.contains_key("content-disposition");
                let is_json = answer.headers["content-type"].starts_with("application/");
                assert!(kept || is_json, "{path}: {:?}", answer.headers);
            }
        }
    }
    assert!(seen > 150 && shown > 60, "{seen} pages, {shown} with what was typed");
}

#[tokio::test]
async fn wc_02_what_was_typed_into_a_form_comes_back_as_text() {
    let site = Site::sample().await;
    let mut browser = site.signed_in("vera@example.net").await;
    for route in
        routes().iter().filter(|route| route.method.as_str() == "POST" && !route.path.starts_with("/api/"))
    {
        if matches!(route.path, "/sign-out" | "/language" | "/company" | "/company/stay" | "/company/primary")
        {
            continue;
        }
        let path =
            route.path.replace("{case}", "V-1001").replace("{pack}", "P-1001").replace("{order}", "O-1001");
        let path = path.replace("{number}", "4711").replace("{grant}", "1").replace("{token}", "none");
        let names = [
            "email", "emails", "name", "person", "reason", "text", "estate", "address", "ids", "wish", "to",
            "from",
        ];
        let more = [
            "until",
            "subscription",
            "feature1",
            "product_line1",
            "places1",
            "new_name",
            "host_lost",
            "receipt",
            "items",
        ];
        let fields: Vec<(&str, &str)> = names.iter().chain(&more).map(|name| (*name, NASTY)).collect();
        let answer = browser.post(&path, &fields).await;
        assert!(answer.status < 500, "{path}: {}", answer.status);
        assert_harmless(&path, &answer.body);
    }
}

#[tokio::test]
async fn wc_03_no_cell_of_a_file_is_a_formula() {
    let site = Site::sample().await;
    plant(&site, "=cmd|'/c calc'!A1");
    let mut browser = site.signed_in("vera@example.net").await;
    for path in ["/licenses.csv", "/report.csv"] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.body.contains("'=cmd|"), "{path}: {}", answer.body);
        let is_formula = |cell: &str| cell.trim_start_matches('"').starts_with(['=', '+', '-', '@']);
        assert!(
            !answer.body.lines().flat_map(|line| line.split(',')).any(is_formula),
            "{path}: {}",
            answer.body
        );
    }
}

#[tokio::test]
async fn a_hundred_thousand_people_are_shown_a_part_at_a_time_and_searched() {
    let site = Site::sample().await;
    for n in 0..100_000 {
        site.host.put(Row::Membership(Box::new(Membership {
            company: number("4711"),
            email: email(&format!("p{n:06}@example.net")),
            privileges: Privileges::default(),
            since_ms: 1,
            version: 1,
        })));
    }
    let mut browser = site.signed_in("kim@example.net").await;
    let first = browser.get("/people").await;
    assert!(first.text().contains("1 to 50 of 100007") && first.body.len() < 100_000, "{}", first.body.len());
    let last = browser.get("/people?page=2001").await;
    assert!(last.text().contains("100001 to 100007 of 100007"));
    let found = browser.get("/people?search=P099999").await;
    assert!(found.text().contains("1 to 1 of 1") && found.text().contains("p099999@example.net"));
    let none = browser.get("/people?search=nobody-of-this-name").await;
    assert!(none.text().contains("Nothing here has that text in it."));
}
