//! The console in a browser, on a license host that is made up: each page as it is seen, by whom it is for,
//! with and without scripts; and what people do there.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

#[path = "../../../../tests/support/browser/mod.rs"]
mod browser;
mod conversion;
mod served;
mod visits;

use served::Served;
use visits::Who;

/// Twenty addresses as somebody pastes them; three of them are none.
const PASTED: &str = "u1@example.net, u2@example.net;u3@example.net\nu4@example.net; u5@example.net\n\
    u6@example.net,u7@example.net,u8@example.net\nnobody; @example.net; two@@example.net\n\
    u9@example.net\nu10@example.net\nu11@example.net\nu12@example.net;u13@example.net;u14@example.net,\
    u15@example.net,u16@example.net\nu17@example.net\n";
const NOT: [&str; 3] = ["nobody", "@example.net", "two@@example.net"];

fn named(served: &Served) -> String {
    let mut data = served.host.data();
    let license = data.owned.iter_mut().find(|owned| owned.is_named).unwrap();
    license.quantity = 30;
    license.pool.to_string()
}

fn assigned(served: &Served) -> usize {
    served.host.data().assigned.len()
}

#[test]
fn every_page_of_the_license_host_is_right_to_see() {
    visits::walk(Who::Host);
}

#[test]
fn every_page_of_a_company_is_right_to_see() {
    visits::walk(Who::Company);
}

#[test]
fn every_page_of_the_vendor_is_right_to_see() {
    visits::walk(Who::Vendor);
}

#[test]
fn every_page_before_one_signs_in_is_right_to_see() {
    visits::walk(Who::First);
    visits::walk(Who::Nobody);
}

#[test]
fn twenty_are_pasted_of_which_three_are_bad_one_is_changed_and_one_revoked() {
    let browser = browser::Browser::start();
    for has_scripts in [true, false] {
        let served = Served::start();
        let pool = named(&served);
        browser.scripts(has_scripts);
        served.sign_in(&browser, "lee");
        browser.goto(&served.url("/users"));
        browser.click_in("report", "Assign User");
        browser.fill("Email Addresses", PASTED);
        browser.click("None at all where one address is bad");
        browser.click("Assign");
        for bad in NOT {
            browser.wait_for(bad);
        }
        assert_eq!(assigned(&served), 0, "one is bad, so none is assigned");
        browser.goto(&served.url(&format!("/users/license?pool={}", visits::escaped(&pool))));
        browser.fill("Email Addresses", PASTED);
        browser.click("Assign");
        browser.wait_for("Assigned users: 17 of 30, 13 free");
        for bad in NOT {
            assert!(browser.has(bad), "{bad} is named");
        }
        browser.click_in("u7@example.net", "Change User");
        browser.fill("Through", "2026-11-25");
        browser.click("Change the period");
        browser.wait_for("25-nov-2026");
        let until = |who: &str| {
            let assigned = &served.host.data().assigned;
            assigned.iter().find(|row| row.email.as_str() == who).map(|row| row.until.to_string())
        };
        assert_eq!(until("u7@example.net").as_deref(), Some("25-nov-2026"));
        browser.click_in("u3@example.net", "Revoke");
        browser.click("Revoke the seat of u3@example.net");
        browser.wait_for("Assigned users: 16 of 30, 14 free");
        assert_eq!(until("u3@example.net"), None);
    }
}

#[test]
fn who_may_not_is_told_whom_to_ask() {
    let served = Served::start();
    let pool = named(&served);
    let browser = served.browser("osman");
    browser.goto(&served.url(&format!("/users/license?pool={}", visits::escaped(&pool))));
    browser.wait_for("You may not do this");
    assert_eq!(browser.status(), 403);
    assert!(browser.has("the Licensing privilege") && browser.has("Kim"), "{}", browser.text());
    let wrong = browser.look("refused");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_form_of_another_company_changes_nothing() {
    let served = Served::start();
    let browser = served.browser("lee");
    browser.goto(&served.url("/reconfigure"));
    browser.fill("Configuration IDs", "11470");
    browser.fill("How they are to be", "with sheet metal");
    let first = browser.tab();
    browser.open_tab();
    browser.goto(&served.url("/company"));
    browser.click("Switch to company 4712");
    browser.wait_for("Your primary company is 4711");
    let cases = || served.host.data().desk.cases().count();
    let before = cases();
    browser.show(&first);
    browser.click("Ask for it");
    browser.wait_for("This page was made for");
    assert_eq!(browser.status(), 409);
    let wrong = browser.look("switched");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(cases(), before, "nothing is changed");
    browser.goto(&served.url("/reconfigure"));
    browser.click("Switch to primary");
    browser.wait_for("Example Works");
    assert!(!browser.has("Your primary company is"));
}

#[test]
fn what_happens_is_seen_without_loading_the_page_again() {
    let served = Served::start();
    let browser = served.browser("ada");
    browser.goto(&served.url("/seats"));
    browser.wait_for("user7");
    served.host.data().holders.retain(|row| row.user != "user7");
    served.host.data().changes += 1;
    browser.wait_without("user7 ", browser::PATIENCE);
    browser.click_in("user5", "Reclaim");
    browser.wait_for("user5");
    browser.screenshot("reclaim");
    browser.click("Take the seat away");
    browser.wait_for("The seat is taken away: user5");
    assert!(!served.host.data().holders.iter().any(|row| row.user == "user5"));
}
