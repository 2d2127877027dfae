//! Sessions: their ids, their ends, their streams.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use console::testing::{PASSWORD, email, number};
use desk::{Change, Membership, Privileges, Row, RowKey};

use crate::browser::{Browser, Site};

const SESSION: &str = "__Host-seatkeeper";

#[test]
fn wc_04_an_id_that_was_planted_is_not_taken_and_each_sign_in_makes_a_new_one() {
    let site = Site::sample();
    let planted = "ab".repeat(32);
    let mut browser = site.browser();
    browser.cookies.insert(SESSION.into(), planted.clone());
    assert_eq!(browser.get("/company").status, 303);
    browser.sign_in("ada@example.net", PASSWORD);
    let first = browser.session().cloned().unwrap();
    assert_ne!(first, planted);
    // Signing in again ends the session that there was.
    browser.get("/about");
    let again = browser.post("/sign-in", &[("email", "ada@example.net"), ("password", PASSWORD)]);
    assert_eq!(again.status, 303);
    assert_ne!(browser.session(), Some(&first));
    for id in [planted, first] {
        let mut other = site.browser();
        other.cookies.insert(SESSION.into(), id);
        assert_eq!(other.get("/company").status, 303);
    }
    assert_eq!(browser.get("/company").status, 200);
}

fn is_over(browser: &mut Browser) -> bool {
    browser.get("/company").status == 303
}

#[test]
fn wc_11_a_session_ends_with_what_it_rests_on() {
    let site = Site::sample();
    let kim = email("kim@example.net");
    let row = |privileges| Membership {
        company: number("4711"),
        email: kim.clone(),
        privileges,
        since_ms: 0,
        version: 2,
    };
    let with = |licensing| Privileges { supervisor: true, licensing, reporting: false };
    let changes = [
        Change::Put(Row::Membership(Box::new(row(with(true))))),
        Change::Put(Row::Membership(Box::new(row(Privileges::default())))),
        Change::Drop(RowKey::Membership(number("4711"), kim.clone())),
        Change::Put(Row::Membership(Box::new(row(with(false))))),
    ];
    for change in changes {
        let mut browser = site.signed_in("kim@example.net");
        assert!(!is_over(&mut browser));
        site.host.apply(std::slice::from_ref(&change));
        assert!(is_over(&mut browser), "{change:?}");
        site.pass(60);
    }
    let mut browser = site.signed_in("kim@example.net");
    let mut credential = site.host.data().desk.credential(&kim).unwrap().clone();
    credential.set_ms += 1;
    site.host.put(Row::Credential(Box::new(credential)));
    assert!(is_over(&mut browser));
    let mut browser = site.signed_in("kim@example.net");
    let mut person = site.host.data().desk.person(&kim).unwrap().clone();
    person.name = "Kim K".into();
    site.host.put(Row::Person(Box::new(person.clone())));
    assert!(!is_over(&mut browser), "a name is no privilege");
    person.is_host_administrator = true;
    site.host.put(Row::Person(Box::new(person)));
    assert!(is_over(&mut browser));
}

#[test]
fn one_s_own_password_is_changed_and_other_sessions_end() {
    let site = Site::sample();
    let mut other = site.signed_in("kim@example.net");
    let mut browser = site.signed_in("kim@example.net");
    let new = "another good sentence";
    let form = |old, again| [("old", old), ("password", new), ("again", again)];
    for bad in [form("wrong", new), form(PASSWORD, "else"), form("", new)] {
        assert_eq!(browser.post("/password", &bad).status, 422);
    }
    for short in ["short", "aaaaaaaaaaaaaaaa", "kim@example.net"] {
        let answer = browser.post("/password", &[("old", PASSWORD), ("password", short), ("again", short)]);
        assert_eq!(answer.status, 422, "{short}");
    }
    let answer = browser.post("/password", &form(PASSWORD, new));
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(!is_over(&mut browser), "the one that changed it goes on");
    assert!(is_over(&mut other));
    assert_eq!(site.browser().sign_in("kim@example.net", PASSWORD).status, 401);
    assert_eq!(site.browser().sign_in("kim@example.net", new).status, 303);
}

#[test]
fn wc_22_a_session_ends_idle_old_or_signed_out_and_its_pages_are_not_kept() {
    let site = Site::sample();
    let mut browser = site.signed_in("ada@example.net");
    let page = browser.get("/company");
    assert_eq!(page.header("cache-control"), "no-store");
    site.pass(29 * 60);
    assert!(!is_over(&mut browser));
    site.pass(30 * 60);
    assert!(is_over(&mut browser), "idle for 30 minutes");
    let mut browser = site.signed_in("ada@example.net");
    for _ in 0..12 * 3 - 1 {
        site.pass(20 * 60);
        assert!(!is_over(&mut browser));
    }
    site.pass(20 * 60);
    assert!(is_over(&mut browser), "12 hours old");
    let mut browser = site.signed_in("ada@example.net");
    let kept = browser.cookies.clone();
    let answer = browser.post("/sign-out", &[]);
    assert_eq!((answer.status, answer.header("location")), (303, "/sign-in"));
    assert_eq!(browser.session(), None);
    browser.cookies = kept;
    assert!(is_over(&mut browser), "the cookie of a session that was signed out");
}

fn stream(site: &Site, browser: &Browser) -> (String, BufReader<TcpStream>) {
    let mut tcp = TcpStream::connect(site.address).unwrap();
    tcp.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let id = browser.session().unwrap();
    let request = format!("GET /live HTTP/1.1\r\nHost: {}\r\nCookie: {SESSION}={id}\r\n\r\n", site.address);
    tcp.write_all(request.as_bytes()).unwrap();
    let mut reader = BufReader::new(tcp);
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    (line, reader)
}

/// Reads until a line begins so.
fn wait_for(reader: &mut BufReader<TcpStream>, start: &str) -> String {
    loop {
        let mut line = String::new();
        assert_ne!(reader.read_line(&mut line).unwrap(), 0, "it ended before {start}");
        if line.starts_with(start) {
            return line;
        }
    }
}

#[test]
fn wc_20_a_session_has_five_streams_and_room_again_when_one_ends() {
    let site = Site::sample();
    let browser = site.signed_in("ada@example.net");
    let mut open: Vec<_> = (0..5).map(|_| stream(&site, &browser)).collect();
    for (status, reader) in &mut open {
        assert!(status.contains(" 200 "), "{status}");
        wait_for(reader, "event: change");
    }
    assert!(stream(&site, &browser).0.contains(" 429 "));
    // Another session has its own.
    let other = site.signed_in("ada@example.net");
    assert!(stream(&site, &other).0.contains(" 200 "));
    site.host.data().changes += 1;
    let shown = format!("data: {}", site.host.data().changes);
    for (_, reader) in &mut open {
        wait_for(reader, &shown);
    }
    drop(open.pop());
    let until = Instant::now() + Duration::from_secs(10);
    while !stream(&site, &browser).0.contains(" 200 ") {
        assert!(Instant::now() < until, "the place stays taken");
    }
}

#[test]
fn wc_11_a_stream_ends_with_its_session() {
    let site = Site::sample();
    let mut browser = site.signed_in("ada@example.net");
    let (_, mut reader) = stream(&site, &browser);
    wait_for(&mut reader, "event: change");
    browser.post("/sign-out", &[]);
    wait_for(&mut reader, "event: over");
}
