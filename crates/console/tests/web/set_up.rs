//! The first set-up, and links to set passwords.

use console::testing::{FakeHost, PASSWORD, email};
use desk::{Change, Role, RowKey};

use crate::browser::Site;

const NEW: &str = "another good sentence";

#[test]
fn wc_24_only_who_has_the_host_s_token_sets_up_and_only_once() {
    let site = Site::of(FakeHost::empty(Role::Both), |settings| settings);
    let form = |token| [("token", token), ("email", "ada@example.net"), ("password", NEW), ("again", NEW)];
    let mut visitor = site.browser();
    let page = visitor.get("/set-up");
    let token = site.host.data().set_up.clone().expect("a token");
    assert!(page.status == 200 && !page.body.contains(&token), "{}", page.body);
    let wrong = "0".repeat(64);
    assert_eq!(visitor.post("/set-up", &form(&wrong)).status, 422);
    assert_eq!(visitor.post("/set-up", &form("")).status, 422);
    let mut owner = site.browser();
    owner.get("/set-up");
    let done = owner.post("/set-up", &form(&token));
    assert_eq!(done.status, 200, "{}", done.body);
    // Whoever comes second finds nothing to set up.
    assert_eq!(visitor.post("/set-up", &form(&token)).status, 404);
    assert_eq!(visitor.get("/set-up").status, 404);
    assert_eq!(owner.sign_in("ada@example.net", NEW).status, 303);
    assert_eq!(owner.get("/overview").status, 200);
}

#[test]
fn wc_24_a_host_that_has_an_administrator_offers_no_set_up() {
    let site = Site::sample();
    assert_eq!(site.host.data().set_up, None);
    assert_eq!(site.browser().get("/set-up").status, 404);
}

#[test]
fn wc_24_the_token_is_not_to_be_guessed_at_speed() {
    let site = Site::of(FakeHost::empty(Role::Site), |settings| settings);
    let mut visitor = site.browser();
    visitor.get("/set-up");
    let form = [("token", "x"), ("email", "ada@example.net"), ("password", NEW), ("again", NEW)];
    let told: Vec<_> = (0..25).map(|_| visitor.post("/set-up", &form).status).collect();
    assert_eq!(told.iter().filter(|status| **status == 422).count(), 20);
}

#[test]
fn a_site_s_host_is_set_up_without_a_vendor_s_desk() {
    let site = Site::of(FakeHost::empty(Role::Site), |settings| settings);
    let mut owner = site.browser();
    owner.get("/set-up");
    let token = site.host.data().set_up.clone().expect("a token");
    let form = [("token", token.as_str()), ("email", "ada@example.net"), ("password", NEW), ("again", NEW)];
    let done = owner.post("/set-up", &form);
    assert_eq!(done.status, 200, "{}", done.body);
    let desk = site.host.data().desk.clone();
    let ada = desk.person(&email("ada@example.net")).expect("an account");
    assert!(ada.is_host_administrator && !ada.is_vendor_desk);
}

fn link(body: &str) -> String {
    let (_, rest) = body.split_once("<code class=\"long\">").expect("a link");
    let link = rest.split_once("</code>").expect("its end").0;
    let at = link.find("/password/").expect("its address");
    assert!(link.starts_with("http://127.0.0.1:"), "it can be sent as it is: {link}");
    link.split_at(at).1.to_owned()
}

#[test]
fn a_link_sets_a_password_once_and_for_a_day() {
    let site = Site::sample();
    let mut ada = site.signed_in("ada@example.net");
    let path = link(&ada.post("/password-links", &[("email", "ben@example.net")]).body);
    let mut ben = site.browser();
    assert!(ben.get(&path).body.contains("ben@example.net"));
    assert_eq!(ben.post(&path, &[("password", "short"), ("again", "short")]).status, 422);
    let done = ben.post(&path, &[("password", NEW), ("again", NEW)]);
    assert_eq!(done.status, 200, "{}", done.body);
    assert_eq!(ben.post(&path, &[("password", PASSWORD), ("again", PASSWORD)]).status, 404);
    assert_eq!(ben.get(&path).status, 404);
    assert_eq!(ben.sign_in("ben@example.net", NEW).status, 303);
    let old = link(&ada.post("/password-links", &[("email", "ben@example.net")]).body);
    let newer = link(&ada.post("/password-links", &[("email", "ben@example.net")]).body);
    assert_eq!(site.browser().get(&old).status, 404, "a newer link takes its place");
    site.pass(24 * 60 * 60);
    assert_eq!(site.browser().get(&newer).status, 404, "a day later");
    assert_eq!(site.browser().get(&format!("/password/{}", "0".repeat(64))).status, 404);
}

#[test]
fn wc_10_nobody_gets_at_another_s_password_beyond_their_powers() {
    let site = Site::sample();
    // Licensing makes no links at all.
    let mut lee = site.signed_in("lee@example.net");
    for path in ["/people/password-link", "/password-links"] {
        assert_eq!(lee.post(path, &[("email", "kim@example.net")]).status, 403, "{path}");
    }
    // Who administers the host makes first ones, and none of the vendor's desk.
    let mut host = site.signed_in("host@example.net");
    for who in ["kim@example.net", "ada@example.net", "vendor@example.net"] {
        assert_eq!(host.post("/password-links", &[("email", who)]).status, 422, "{who}");
    }
    // A supervisor makes first ones, of their own people.
    let mut kim = site.signed_in("kim@example.net");
    assert_eq!(kim.post("/password-links", &[("email", "ben@example.net")]).status, 403);
    let first = |browser: &mut crate::browser::Browser, who| {
        browser.post("/people/password-link", &[("email", who)]).status
    };
    assert_eq!(first(&mut kim, "ben@example.net"), 422, "who has a password");
    let without = |who| site.host.apply(&[Change::Drop(RowKey::Credential(email(who)))]);
    ["ben@example.net", "lee@example.net", "mia@example.net"].into_iter().for_each(without);
    assert_eq!(first(&mut kim, "ben@example.net"), 200);
    assert_eq!(host.post("/password-links", &[("email", "ben@example.net")]).status, 200);
    assert_eq!(first(&mut kim, "lee@example.net"), 422, "who works for another company too");
    assert_eq!(first(&mut kim, "mia@example.net"), 404, "who is of another company");
    without("host@example.net");
    assert_eq!(first(&mut kim, "host@example.net"), 404, "who is of none");
}
