//! Every page, where it is and who sees it.

use std::fmt::Write as _;

use crate::browser::Browser;
use crate::served::Served;

/// A page: its route, and an address of it; `POOL` is a named license.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Visit {
    pub(crate) route: &'static str,
    at: &'static str,
}

const fn at(route: &'static str, at: &'static str) -> Visit {
    Visit { route, at }
}

const fn visit(route: &'static str) -> Visit {
    at(route, route)
}

/// Pages that are no pages, or are looked at elsewhere, and why.
pub(crate) const LEFT_OUT: &[(&str, &str)] = &[
    ("/live", "a stream"),
    ("/licenses.csv", "a file"),
    ("/report.csv", "a file"),
    ("/report.json", "a file"),
    ("/reminders.ics", "a file"),
    ("/cases/{case}/files/{name}", "a file"),
    ("/packs/{pack}/download", "a file"),
    ("/set-up", "only on a host that nobody administers"),
    ("/password/{token}", "only with a link that was made"),
    ("/sign-in", "looked at before one has signed in"),
    ("/packs/{pack}", "only where a pack was signed"),
    ("/packs/{pack}/void", "only where a pack was signed"),
];

/// Of who administers the license host.
pub(crate) const HOST: &[Visit] = &[
    visit("/overview"),
    at("/seats", "/seats?search=user1"),
    at("/seats/reclaim/{grant}", "/seats/reclaim/3"),
    visit("/queue"),
    visit("/denials"),
    visit("/audit"),
    at("/host-usage", "/host-usage?feature=mill"),
    visit("/options"),
    visit("/about"),
    visit("/staff"),
    visit("/password-links"),
    visit("/password"),
    visit("/reminders"),
];

/// Of somebody with all of a company's privileges.
pub(crate) const COMPANY: &[Visit] = &[
    visit("/"),
    visit("/licenses"),
    at("/license", "/license?pool=POOL"),
    visit("/users"),
    at("/users/license", "/users/license?pool=POOL"),
    at("/users/change", "/users/change?pool=POOL&email=kim@example.net"),
    at("/users/revoke", "/users/revoke?pool=POOL&email=kim@example.net"),
    visit("/my-seats"),
    visit("/cases"),
    at("/cases/{case}", "/cases/V-1001"),
    visit("/tools"),
    visit("/contact"),
    visit("/moves"),
    at("/moves/new", "/moves/new?ids=11470"),
    visit("/reconfigure"),
    visit("/people"),
    at("/people/privileges", "/people/privileges?email=kim@example.net"),
    at("/people/remove", "/people/remove?email=ben@example.net"),
    visit("/report"),
    visit("/packs"),
    visit("/packs/install"),
    visit("/token"),
    visit("/usage"),
    at("/find", "/find?q=11470"),
    visit("/company"),
];

/// Of the vendor's desk.
pub(crate) const VENDOR: &[Visit] = &[
    visit("/companies"),
    at("/companies/{number}", "/companies/4711"),
    visit("/orders"),
    at("/orders/new", "/orders/new?company=4711"),
    at("/orders/{order}", "/orders/O-1001"),
    visit("/ids"),
    at("/conversion", "/conversion?company=4711"),
    visit("/moves/issue"),
];

/// Something to be seen: an order that waits, its case, and somebody with a seat.
fn fill(served: &Served, browser: &Browser) {
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
}

/// Looks at each page, and holds it to say the same without scripts.
pub(crate) fn walk(who: &str, visits: &[Visit]) {
    let served = Served::start();
    let pool = escaped(&crate::named(&served));
    let browser = Browser::start();
    browser.goto(&served.url("/sign-in"));
    let mut wrong = browser.look("sign-in");
    fill(&served, &browser);
    if who != "all" {
        browser.click("Sign out");
        served.sign_in(&browser, who);
    }
    let first = browser.tab();
    let plain = browser.open_tab();
    browser.scripts(false);
    for visit in visits {
        let url = served.url(&visit.at.replace("POOL", &pool));
        browser.show(&first);
        browser.goto(&url);
        let name = visit.route.replace(['/', '{', '}'], "-");
        let name = if name == "-" { "home" } else { name.trim_matches('-') };
        let status = browser.status();
        if status != 200 || browser.url() != url && visit.route != "/" {
            wrong.push(format!("{url} is {} with {status}: {}", browser.url(), browser.read("main")));
            continue;
        }
        let seen = browser.read("main");
        wrong.extend(browser.look(&name.replace("--", "-")));
        browser.show(&plain);
        browser.goto(&url);
        let without = browser.read("main");
        if seen != without {
            wrong.push(format!("{url} without scripts:\n{without}\nand with them:\n{seen}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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
