//! Every address and who may: made of the table of routes, so a new one is in it.

use console::{Kind, routes};
use desk::{Action, Need, Power, Powers};

use crate::browser::Site;

/// Who they are in the sample, and what they may.
const PEOPLE: &[(&str, &[Power])] = &[
    ("ben@example.net", &[]),
    ("kim@example.net", &[Power::Supervisor]),
    ("lee@example.net", &[Power::Licensing]),
    ("osman@example.net", &[Power::Reporting]),
    ("both@example.net", &[Power::Licensing, Power::Reporting]),
    ("all@example.net", &[Power::Supervisor, Power::Licensing, Power::Reporting]),
    ("mia@example.net", &[Power::Supervisor]),
    ("host@example.net", &[Power::HostAdministrator]),
    ("vendor@example.net", &[Power::VendorDesk]),
];

fn filled(path: &str) -> String {
    path.split('/').map(|part| if part.starts_with('{') { "1" } else { part }).collect::<Vec<_>>().join("/")
}

#[test]
fn wc_09_every_address_is_refused_to_whoever_may_not_and_written_down() {
    let site = Site::sample();
    for (who, powers) in PEOPLE {
        let mut browser = site.signed_in(who);
        let powers = powers.iter().copied().chain([Power::Everyone]).collect::<Powers>();
        for route in routes().iter().filter(|route| route.kind == Kind::Page) {
            let may = route.action.need().is_met(powers);
            // What is allowed is tried where it changes nothing.
            if may && (route.method == "POST" || route.path == "/live") {
                continue;
            }
            let noted = site.host.data().notes.len();
            let path = filled(route.path);
            let answer = if route.method == "POST" { browser.post(&path, &[]) } else { browser.get(&path) };
            if may {
                assert_ne!(answer.status, 403, "{who} {route:?}");
                assert_ne!(answer.status, 500, "{who} {route:?}");
                continue;
            }
            assert_eq!((answer.status, answer.title()), (403, "You may not do this"), "{who} {route:?}");
            let notes = site.host.data().notes.clone();
            let (by, deed, about) = notes.get(noted).expect("a note");
            assert_eq!((by.as_str(), deed.as_str()), (*who, "refused"));
            assert!(about.contains(route.action.word()), "{about}");
        }
    }
}

#[test]
fn nobody_sees_more_than_the_public_pages() {
    let site = Site::sample();
    for route in routes().iter().filter(|route| route.kind == Kind::Page) {
        let mut browser = site.browser();
        browser.get("/sign-in");
        let path = filled(route.path);
        let answer = if route.method == "POST" { browser.post(&path, &[]) } else { browser.get(&path) };
        if route.action.need() == Need::Nothing {
            assert_ne!(answer.status, 500, "{route:?}");
        } else if route.method == "POST" {
            assert_eq!(answer.status, 401, "{route:?}");
        } else {
            let location = format!("/sign-in?next={}", console::encode(&path));
            assert_eq!((answer.status, answer.header("location")), (303, location.as_str()), "{route:?}");
        }
    }
    let public = routes().into_iter().filter(|route| route.action.need() == Need::Nothing);
    assert!(public.clone().all(|route| route.action == Action::SignIn));
    let mut paths: Vec<_> =
        public.map(|route| route.path).filter(|path| !path.starts_with("/api/")).collect();
    paths.dedup();
    assert_eq!(
        paths,
        ["/assets/{name}", "/sign-in", "/sign-out", "/language", "/set-up", "/password/{token}", "/about"]
    );
}

#[test]
fn wc_01_every_form_without_the_session_s_word_is_refused() {
    let site = Site::sample();
    let other = site.signed_in("host@example.net").csrf;
    let mut browser = site.signed_in("ada@example.net");
    for route in routes().iter().filter(|route| route.kind == Kind::Page && route.method == "POST") {
        let path = filled(route.path);
        for form in [&[][..], &[("_csrf", "")], &[("_csrf", other.as_str()), ("_company", "")]] {
            let answer = browser.post_as_is(&path, form);
            assert_eq!(
                (answer.status, answer.title()),
                (403, "This form is not of your session"),
                "{route:?} {form:?}"
            );
        }
        let body = format!("_csrf={}&_company=", browser.csrf);
        for kind in ["text/plain", "application/json", "text/html", "", "application/x-www-form-urlencoded2"]
        {
            let field = format!("Content-Type: {kind}\r\n");
            assert_eq!(browser.send("POST", &path, &field, body.as_bytes()).status, 403, "{route:?} {kind}");
        }
        assert_eq!(browser.send("POST", &path, "", body.as_bytes()).status, 403, "{route:?}");
    }
    assert!(browser.session().is_some());
    // The word of a browser in which nobody is signed in is its own, too.
    let stranger = site.browser().sign_in("ada@example.net", "x");
    assert_eq!(stranger.status, 401);
    let mut stranger = site.browser();
    stranger.get("/sign-in");
    let word = stranger.csrf.clone();
    stranger.cookies.clear();
    stranger.get("/about");
    let answer = stranger.post_as_is("/sign-in", &[("_csrf", &word), ("email", "ada@example.net")]);
    assert_eq!(answer.status, 403);
}
