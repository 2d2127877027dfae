//! Who may what: every route × everybody, against rule W9 as it was written down by hand.

use std::collections::BTreeMap;

use console::{Kind, Route, routes};
use desk::{Action, Reach};

use crate::client::{Browser, Site};

/// Who is asked for, and what W9 gives them: `-` nothing but what is everybody's, `S`upervisor, `L`icensing,
/// `R`eporting, `H`ost administrator, `V`endor's desk.
const PEOPLE: &[(&str, &str)] = &[
    ("ben@example.net", "-"),
    ("osman@example.net", "R"),
    ("lee@example.net", "L"),
    ("kim@example.net", "S"),
    ("both@example.net", "LR"),
    ("all@example.net", "SLR"),
    ("host@example.net", "H"),
    ("vendor@example.net", "V"),
];

/// W9 by hand: which of them may. `E` is everybody who is signed in; empty is everybody.
const W9: &[(&str, &str)] = &[
    ("sign-in", ""),
    ("own-seats", "E"),
    ("change-own", "E"),
    ("own-token", "E"),
    ("choose-company", "E"),
    ("ask-for-tools", "E"),
    ("find", "E"),
    ("see-case", "E"),
    ("see-people", "SV"),
    ("add-person", "S"),
    ("remove-person", "S"),
    ("set-privileges", "S"),
    ("order", "LV"),
    ("install-pack", "L"),
    ("reconfigure", "LV"),
    ("surrender", "L"),
    ("move", "L"),
    ("change-contact", "LV"),
    ("preview-conversion", "LV"),
    ("request-conversion", "L"),
    ("assign", "L"),
    ("change-assignment", "L"),
    ("unassign", "L"),
    ("see-license", "LR"),
    ("see-licenses", "R"),
    ("customer-report", "RV"),
    ("see-packs", "RV"),
    ("see-usage", "R"),
    ("see-cases", "RV"),
    ("see-host", "H"),
    ("reclaim", "H"),
    ("see-options", "H"),
    ("save-options", "H"),
    ("reread", "H"),
    ("stop", "H"),
    ("see-audit", "H"),
    ("set-password", "HV"),
    ("set-company", "V"),
    ("name-supervisor", "V"),
    ("add-contact", "V"),
    ("upgrade-account", "V"),
    ("set-staff", "V"),
    ("issue", "V"),
    ("convert", "V"),
    ("issue-move", "V"),
    ("void-pack", "V"),
    ("reserve-ids", "V"),
    ("close-case", "V"),
    ("see-companies", "V"),
];

fn is_post(route: &Route) -> bool {
    route.method.as_str() == "POST"
}

fn may(action: Action, powers: &str) -> bool {
    let table: BTreeMap<&str, &str> = W9.iter().copied().collect();
    let needed = table.get(action.word()).unwrap_or_else(|| panic!("{} has no row", action.word()));
    needed.is_empty() || needed.contains('E') || needed.chars().any(|power| powers.contains(power))
}

/// An address of a route, its parts filled with what is not there.
fn filled(route: &Route) -> String {
    let parts = route.path.split('/').map(|part| if part.starts_with('{') { "none" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// Not routes that begin or end sessions, nor one whose answer does not end.
fn is_tried(route: &Route) -> bool {
    let is_signing = is_post(route) && matches!(route.path, "/sign-in" | "/sign-out" | "/set-up");
    !is_signing && route.path != "/live" && !route.path.starts_with("/assets")
}

async fn ask(browser: &mut Browser, route: &Route, company: &str) -> u16 {
    let path = filled(route);
    let named = [("company", company)];
    let fields = if company.is_empty() { &[][..] } else { &named[..] };
    let answer = match (is_post(route), route.kind) {
        (true, Kind::Page) => browser.post(&path, fields).await,
        (true, Kind::Api) => {
            let body =
                if company.is_empty() { "{}".to_owned() } else { format!("{{\"company\":\"{company}\"}}") };
            browser.json(&path, &body).await
        }
        (false, _) if company.is_empty() => browser.get(&path).await,
        (false, _) => browser.get(&format!("{path}?company={company}")).await,
    };
    answer.status
}

#[test]
fn every_action_has_a_row() {
    for action in Action::ALL {
        may(*action, "-");
    }
    assert_eq!(W9.len(), Action::ALL.len());
}

#[tokio::test]
async fn every_route_gives_everybody_exactly_what_w9_says() {
    let site = Site::sample().await;
    for (email, powers) in PEOPLE {
        let mut browser = site.signed_in(email).await;
        for route in routes().iter().filter(|route| is_tried(route)) {
            let status = match route.kind {
                Kind::Page => ask(&mut browser, route, "").await,
                // One of the routes takes the token away.
                Kind::Api => ask(&mut site.program(email), route, "").await,
            };
            let is_let_in = status != 403 && status != 401;
            assert_eq!(
                is_let_in,
                may(route.action, powers),
                "{email} ({powers}): {route:?} answers {status}"
            );
            assert!(status < 500, "{email}: {route:?} answers {status}");
        }
    }
}

#[tokio::test]
async fn nobody_reaches_anything_without_signing_in() {
    let site = Site::sample().await;
    let mut browser = site.signed_in("ben@example.net").await;
    browser.get("/about").await;
    let mut nobody = Browser::clone(&browser);
    nobody.forget();
    for route in routes().iter().filter(|route| is_tried(route) && route.action != Action::SignIn) {
        let status = ask(&mut nobody, route, "").await;
        let is_sent_away = matches!((is_post(route), route.kind), (false, Kind::Page)) && status == 303;
        assert!(is_sent_away || status == 401, "{route:?} answers {status}");
    }
}

/// Somebody with every privilege in another company gets nothing of this one.
#[tokio::test]
async fn another_company_gets_nothing() {
    let site = Site::sample().await;
    let mut browser = site.signed_in("max@example.net").await;
    let mut program = site.program("max@example.net");
    let desk = console::Host::desk(&*site.host);
    for route in routes().iter().filter(|route| is_tried(route) && route.action.reach() == Reach::Company) {
        // Pages of the server's own say nothing of a company that is named.
        let is_desks = !matches!(route.path, "/usage" | "/people/password-link");
        let status = match route.kind {
            Kind::Page => ask(&mut browser, route, "4711").await,
            Kind::Api => ask(&mut program, route, "4711").await,
        };
        assert!(!is_desks || matches!(status, 403 | 404 | 409 | 422), "{route:?} answers {status}");
    }
    assert!(std::sync::Arc::ptr_eq(&desk, &console::Host::desk(&*site.host)), "nothing was changed");
}
