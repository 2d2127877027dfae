//! Every page, by the table of routes: where it is, who looks at it, and that it is right to see.

use std::fmt::Write as _;

use desk::{CaseNumber, PackRow, PackStanding, Row};
use names::{CpuId, PackNumber};

use crate::browser::Browser;
use crate::served::Served;

/// Who looks at a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// Whoever comes to a license host that nobody administers yet.
    First,
    /// Whoever has not signed in.
    Nobody,
    /// Who administers the license host.
    Host,
    /// Somebody with all of a company's privileges.
    Company,
    /// The vendor's desk.
    Vendor,
}

impl Who {
    /// Who signs in for it.
    fn person(self) -> Option<&'static str> {
        match self {
            Self::First | Self::Nobody => None,
            Self::Host | Self::Vendor => Some("ada"),
            Self::Company => Some("all"),
        }
    }
}

/// Each page's route, and where it is: `POOL` is a named license, `LINK` a token that sets a password.
#[rustfmt::skip]
const PAGES: &[(Who, &str, &str)] = &[
    (Who::First, "/set-up", "/set-up"),
    (Who::Nobody, "/sign-in", "/sign-in"),
    (Who::Nobody, "/password/{token}", "/password/LINK"),
    (Who::Nobody, "/about", "/about"),
    (Who::Host, "/overview", "/overview"),
    (Who::Host, "/seats", "/seats?search=user1"),
    (Who::Host, "/seats/reclaim/{grant}", "/seats/reclaim/3"),
    (Who::Host, "/queue", "/queue"),
    (Who::Host, "/denials", "/denials"),
    (Who::Host, "/audit", "/audit"),
    (Who::Host, "/host-usage", "/host-usage?feature=mill"),
    (Who::Host, "/options", "/options"),
    (Who::Host, "/about", "/about"),
    (Who::Host, "/staff", "/staff"),
    (Who::Host, "/password-links", "/password-links"),
    (Who::Host, "/password", "/password"),
    (Who::Host, "/reminders", "/reminders"),
    (Who::Company, "/", "/"),
    (Who::Company, "/licenses", "/licenses"),
    (Who::Company, "/license", "/license?pool=POOL"),
    (Who::Company, "/users", "/users"),
    (Who::Company, "/users/license", "/users/license?pool=POOL"),
    (Who::Company, "/users/change", "/users/change?pool=POOL&email=kim@example.net"),
    (Who::Company, "/users/revoke", "/users/revoke?pool=POOL&email=kim@example.net"),
    (Who::Company, "/my-seats", "/my-seats"),
    (Who::Company, "/cases", "/cases"),
    (Who::Company, "/cases/{case}", "/cases/V-1001"),
    (Who::Company, "/tools", "/tools"),
    (Who::Company, "/contact", "/contact"),
    (Who::Company, "/moves", "/moves"),
    (Who::Company, "/moves/new", "/moves/new?ids=11470"),
    (Who::Company, "/reconfigure", "/reconfigure"),
    (Who::Company, "/people", "/people"),
    (Who::Company, "/people/privileges", "/people/privileges?email=kim@example.net"),
    (Who::Company, "/people/remove", "/people/remove?email=ben@example.net"),
    (Who::Company, "/people/password-link", "/people/password-link?email=ben@example.net"),
    (Who::Company, "/name", "/name"),
    (Who::Company, "/report", "/report"),
    (Who::Company, "/packs", "/packs"),
    (Who::Company, "/packs/{pack}", "/packs/P-1001"),
    (Who::Company, "/packs/install", "/packs/install"),
    (Who::Company, "/token", "/token"),
    (Who::Company, "/usage", "/usage"),
    (Who::Company, "/find", "/find?q=11470"),
    (Who::Company, "/company", "/company"),
    (Who::Vendor, "/companies", "/companies"),
    (Who::Vendor, "/companies/{number}", "/companies/4711"),
    (Who::Vendor, "/orders", "/orders"),
    (Who::Vendor, "/orders/new", "/orders/new?company=4711"),
    (Who::Vendor, "/orders/{order}", "/orders/O-1001"),
    (Who::Vendor, "/packs/{pack}/void", "/packs/P-1001/void"),
    (Who::Vendor, "/ids", "/ids"),
    (Who::Vendor, "/conversion", "/conversion?company=4711"),
    (Who::Vendor, "/moves/issue", "/moves/issue"),
    (Who::Vendor, "/renew", "/renew?company=4711"),
    (Who::Vendor, "/requests/take", "/requests/take?company=4711"),
];

/// What is got and is no page.
const NO_PAGES: &[&str] = &[
    "/assets/{name}",
    "/live",
    "/licenses.csv",
    "/report.csv",
    "/report.json",
    "/reminders.ics",
    "/cases/{case}/files/{name}",
    "/packs/{pack}/download",
];

/// What the table of routes has for somebody: routes, and where their pages are.
fn visits(who: Who) -> Vec<(&'static str, &'static str)> {
    let gets = console::routes().into_iter().filter(|route| {
        route.kind == console::Kind::Page && route.method == "GET" && !NO_PAGES.contains(&route.path)
    });
    let gets: Vec<_> = gets.map(|route| route.path).collect();
    for path in &gets {
        assert!(PAGES.iter().any(|(_, route, _)| route == path), "{path} is a page that nobody looks at");
    }
    let mine = PAGES.iter().filter(|(of, ..)| *of == who);
    mine.map(|(_, route, at)| {
        assert!(gets.contains(route), "{route} is no page");
        (*route, *at)
    })
    .collect()
}

/// Something to be seen: an order that waits, its case, a pack, and somebody with a seat; gives a link that
/// sets a password.
fn fill(served: &Served, browser: &Browser) -> String {
    served.host.put(Row::Pack(Box::new(pack())));
    served.sign_in(browser, "all");
    browser.goto(&served.url("/orders/new"));
    browser.fill("Line 1: feature", "mill");
    browser.fill("Line 1: product line", "Mill");
    browser.fill("Line 1: quantity and host", "5 0a1b2c3d4e5f\n3 02aa10203040");
    browser.click("Show how it is split");
    browser.wait_for("Confirm the order");
    browser.screenshot("order-preview");
    browser.click("Place the order");
    browser.wait_for("O-1001");
    browser.goto(&served.url(&format!("/users/license?pool={}", escaped(&crate::named(served)))));
    browser.fill("Email Addresses", "kim@example.net\nlee@example.net");
    browser.click("Assign");
    browser.wait_for("Assigned users: 2 of 30");
    browser.click("Sign out");
    served.sign_in(browser, "ada");
    browser.goto(&served.url("/password-links"));
    browser.fill("E-mail", "ben@example.net");
    browser.click("Make a link");
    browser.wait_for("With this link");
    browser.screenshot("password-link-made");
    let link = browser.read("code.long");
    browser.click("Sign out");
    link.rsplit('/').next().unwrap().to_owned()
}

/// A pack as a vendor signs it.
fn pack() -> PackRow {
    let signature =
        "F63GUSCUCaGRUwI8Sj2Y0mPLd7q2Jv1aZ5u0n3yG9k4cB8tXeHwQoVrKxMiDfAzTgNsLpEhJbYlWmC1R6Z7UAA==";
    PackRow {
        vendor: names::Vendor::new("acmed").unwrap(),
        number: PackNumber::new("P-1001").unwrap(),
        company: console::testing::number("4711"),
        host: CpuId::new("0a1b2c3d4e5f").unwrap(),
        text: format!(
            "SERVER this_host 0a1b2c3d4e5f 27000\nVENDOR acmed\nUSE_SERVER\n\
             INCREMENT mill acmed 2027.0 31-dec-2026 50 CONFIG_ID=11470 SEAT=FLOATING \\\n\t\
             PRODUCT_LINE=\"Mill/LINE\" MAINTENANCE=ACTIVE CUSTOMER=4711 PACK=P-1001 \\\n\t\
             SEATKEEPER_SIGN={signature}\n"
        ),
        configurations: vec![11_470, 11_471, 11_472],
        voids: vec![PackNumber::new("P-1000").unwrap()],
        standing: PackStanding::Current,
        case: CaseNumber::new("V-1001").unwrap(),
        issued_ms: 1_795_000_000_000,
    }
}

/// Looks at each page in light and dark colours and on a telephone, in German too, and holds it to say the same
/// without scripts.
pub(crate) fn walk(who: Who) {
    let served = if who == Who::First { Served::first() } else { Served::start() };
    let browser = Browser::start();
    browser.goto(&served.url("/sign-in"));
    let link = if who == Who::First { String::new() } else { fill(&served, &browser) };
    let pool = if who == Who::First { String::new() } else { escaped(&crate::named(&served)) };
    if let Some(person) = who.person() {
        served.sign_in(&browser, person);
    }
    let first = browser.tab();
    let plain = browser.open_tab();
    browser.scripts(false);
    let german = browser.open_tab();
    browser.accept_language("de");
    browser.size(360, 740);
    let mut wrong = Vec::new();
    for (route, at) in visits(who) {
        let url = served.url(&at.replace("POOL", &pool).replace("LINK", &link));
        browser.show(&first);
        browser.goto(&url);
        let status = browser.status();
        if status != 200 || browser.url() != url && route != "/" {
            wrong.push(format!("{url} is {} with {status}: {}", browser.url(), browser.read("main")));
            continue;
        }
        let name = name(who, route);
        let seen = browser.read("main");
        wrong.extend(browser.look(&name));
        browser.show(&plain);
        browser.goto(&url);
        let without = browser.read("main");
        if seen != without {
            wrong.push(format!("{url} without scripts:\n{without}\nand with them:\n{seen}"));
        }
        browser.show(&german);
        browser.goto(&url);
        browser.screenshot(&format!("{name}-de"));
        if browser.is_too_wide() {
            wrong.push(format!("{url} is wider than a telephone in German"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What its pictures are called.
fn name(who: Who, route: &str) -> String {
    let words: Vec<_> = route.split(['/', '{', '}']).filter(|word| !word.is_empty()).collect();
    let is_twice = PAGES.iter().filter(|(_, other, _)| *other == route).count() > 1;
    let by = if is_twice { format!("-{who:?}").to_lowercase() } else { String::new() };
    if words.is_empty() { "home".to_owned() } else { format!("{}{by}", words.join("-")) }
}

/// A text as it stands in an address.
pub(crate) fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut all, byte| {
        if byte.is_ascii_alphanumeric() {
            all.push(char::from(byte));
        } else {
            write!(all, "%{byte:02X}").unwrap();
        }
        all
    })
}
