//! The company that one works for (W5, W6).

use console::testing::number;

use crate::browser::Site;

#[test]
fn w5_who_is_refused_is_told_the_supervisors_by_name() {
    let site = Site::sample();
    let answer = site.signed_in("lee@example.net").get("/usage");
    assert_eq!(answer.status, 403);
    for told in ["the Reporting privilege", "All", "Kim"] {
        assert!(answer.body.contains(told), "{told}: {}", answer.body);
    }
    let answer = site.signed_in("lee@example.net").get("/audit");
    assert!(answer.body.contains("whoever administers the license host"), "{}", answer.body);
}

#[test]
fn w6_a_form_of_another_tab_s_company_changes_nothing() {
    let site = Site::sample();
    let mut first = site.signed_in("lee@example.net");
    assert_eq!(first.company, "4711");
    let (mut second, page) = (first.clone(), first.get("/company").body);
    assert!(!page.contains("Stay with current"), "{page}");
    let id = second.session().cloned();
    let switched = second.post("/company", &[("company", "4712"), ("next", "/company")]);
    assert_eq!((switched.status, switched.header("location")), (303, "/company"));
    assert_ne!(second.session().cloned(), id, "the id stays");
    // Both tabs are of one browser.
    first.cookies = second.cookies.clone();
    let before = site.host.data().changes;
    let answer = first.post("/password", &[("old", "x"), ("password", "y"), ("again", "y")]);
    assert_eq!((answer.status, answer.title()), (409, "Another tab switched to another company"));
    assert!(answer.body.contains("company 4711") && answer.body.contains("company 4712"), "{}", answer.body);
    assert_eq!(site.host.data().changes, before);
    // The old id is no session any more.
    let mut old = site.browser();
    old.cookies.insert("__Host-seatkeeper".into(), id.unwrap());
    assert_eq!(old.get("/company").status, 303);
}

#[test]
fn w6_the_other_company_is_shown_with_two_choices() {
    let site = Site::sample();
    let mut browser = site.signed_in("lee@example.net");
    browser.post("/company", &[("company", "4712")]);
    let page = browser.get("/company").body;
    for shown in ["4712", "Switch to primary", "Stay with current"] {
        assert!(page.contains(shown), "{shown}");
    }
    assert_eq!(browser.post("/company/stay", &[("next", "/about")]).header("location"), "/about");
    let page = browser.get("/about").body;
    assert!(page.contains("4712") && page.contains("4711") && !page.contains("Stay with current"), "{page}");
    browser.post("/company", &[("company", "4711")]);
    assert!(!browser.get("/about").body.contains("4712"));
    // Of a company that one does not belong to, one is told as of one that is not.
    for other in ["4713", "nix/..", ""] {
        assert!([404, 422].contains(&browser.post("/company", &[("company", other)]).status), "{other}");
    }
    let mut stranger = site.signed_in("kim@example.net");
    assert_eq!(stranger.post("/company", &[("company", "4712")]).status, 404);
}

#[test]
fn w6_the_primary_company_is_changed_for_good() {
    let site = Site::sample();
    let mut browser = site.signed_in("lee@example.net");
    let answer = browser.post("/company/primary", &[("company", "4712")]);
    assert_eq!(answer.status, 303, "{}", answer.body);
    let desk = site.host.data().desk.clone();
    let lee = desk.person(&console::testing::email("lee@example.net")).unwrap();
    assert_eq!(lee.primary, Some(number("4712")));
    let page = browser.get("/company").body;
    assert!(page.contains("Your primary company is changed."), "{page}");
    assert!(!browser.get("/company").body.contains("Your primary company is changed."));
}
