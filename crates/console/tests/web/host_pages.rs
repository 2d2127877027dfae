//! The license host's pages.

use std::time::Instant;

use desk::Role;

use console::Chain;
use console::testing::FakeHost;

use crate::browser::Site;

#[test]
fn a_seat_is_taken_away_after_it_was_asked() {
    let site = Site::sample();
    let mut browser = site.signed_in("host@example.net");
    let list = browser.get("/seats").body;
    assert!(
        list.contains("/seats/reclaim/1\"") && !list.contains("/seats/reclaim/4\""),
        "a borrowed one is not offered"
    );
    let page = browser.get("/seats/reclaim/1");
    assert!(page.body.contains("user0") && page.body.contains("Take the seat away"), "{}", page.body);
    let done = browser.post("/seats/reclaim/1", &[]);
    assert_eq!((done.status, done.header("location")), (303, "/seats"));
    assert!(browser.get("/seats").body.contains("The seat is taken away: user0"));
    // Sent twice, it is gone.
    assert_eq!(browser.post("/seats/reclaim/1", &[]).status, 404);
    assert_eq!(browser.get("/seats/reclaim/1").status, 404);
    let notes = site.host.data().notes.clone();
    assert!(notes.contains(&("host@example.net".into(), "reclaim".into(), "1".into())));
}

#[test]
fn wc_21_a_hundred_thousand_seats_are_searched_and_paged() {
    let site = Site::sample();
    site.host.with_holders(100_000);
    let mut browser = site.signed_in("host@example.net");
    let begun = Instant::now();
    let page = browser.get("/seats?page=2");
    assert!(page.body.contains("51–100 of 100000"), "{}", page.body);
    let found = browser.get("/seats?search=USER99999&per=1000000000&sort=evil");
    assert!(found.body.contains("1–1 of 1") && found.body.contains("user99999"), "{}", found.body);
    let beyond = browser.get("/seats?page=18446744073709551615&per=200");
    assert!(beyond.body.contains("The list has no such part any more."), "{}", beyond.body);
    assert!(browser.get("/seats?search=nobody+at+all").body.contains("Nothing is found."));
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
}

#[test]
fn pages_without_anything_say_what_to_do() {
    let host = FakeHost::empty(Role::Both);
    console::testing::person(&host, "ada@example.net", &[], true, true);
    let site = Site::of(host, |settings| settings);
    let mut browser = site.signed_in("ada@example.net");
    for (path, told) in [
        ("/overview", "No license is served."),
        ("/seats", "Nobody has a seat now."),
        ("/queue", "Nobody waits for a seat."),
        ("/denials", "Nobody was denied a seat."),
        ("/host-usage", "There is no license whose use could be shown."),
        ("/company", "You belong to no company."),
    ] {
        let page = browser.get(path);
        assert!(page.status == 200 && page.body.contains(told), "{path}: {}", page.body);
    }
}

#[test]
fn an_options_file_is_checked_tried_and_saved_once() {
    let site = Site::sample();
    let mut browser = site.signed_in("host@example.net");
    let page = browser.get("/options").body;
    let version =
        page.split_once("name=\"version\" value=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
    let form = |text: &'static str| [("vendor", "acmed"), ("version", "@"), ("text", text)];
    let with =
        |text| form(text).map(|(name, value)| (name, if value == "@" { version.as_str() } else { value }));
    let checked = browser.post("/options/check", &with("MAX 1 mill USER kim\r\nnonsense <b>"));
    assert!(checked.body.contains("acmed.opt:2: this is no rule: nonsense &#60;b&#62;"), "{}", checked.body);
    let tried =
        [with("EXCLUDE mill USER kim"), [("user", "kim"), ("host", "ws1"), ("feature", "mill")]].concat();
    assert!(browser.post("/options/try", &tried).body.contains("denied"));
    assert_eq!(browser.post("/options/save", &with("nonsense")).status, 422);
    assert_eq!(site.host.data().options, "# who may use what\nMAX 5 mill USER kim\n");
    assert_eq!(browser.post("/options/save", &with("# one\r\n")).status, 303);
    assert_eq!(site.host.data().options, "# one\n", "as lines end on this host");
    // Sent again, or of somebody who looked before.
    let stale = browser.post("/options/save", &with("# two"));
    assert_eq!(stale.status, 409);
    assert!(stale.body.contains("# two") && stale.body.contains("# one"), "{}", stale.body);
    assert_eq!(site.host.data().options, "# one\n");
    assert_eq!(browser.post("/options/save", &[("vendor", "nobody"), ("text", "")]).status, 404);
}

#[test]
fn use_is_shown_of_what_one_may_see() {
    let site = Site::sample();
    let mut host = site.signed_in("host@example.net");
    for period in ["day", "week", "month", "century"] {
        let page = host.get(&format!("/host-usage?feature=mill&period={period}"));
        assert!(
            page.status == 200 && page.body.contains("<svg") && page.body.contains("Sunday"),
            "{}",
            page.body
        );
    }
    assert_eq!(host.get("/host-usage?feature=nix").status, 404);
    let mut osman = site.signed_in("osman@example.net");
    assert!(osman.get("/usage").body.contains("<svg"));
    // What another company has of a feature is not told.
    let mut other = site.host.data().owned[0].clone();
    other.company = Some(console::testing::number("4712"));
    site.host.data().owned.push(other);
    assert_eq!(osman.get("/usage?feature=mill").status, 404);
    assert_eq!(osman.get("/usage?feature=lathe").status, 200);
}

#[test]
fn the_audit_page_says_whether_the_chain_is_whole() {
    let site = Site::sample();
    let mut host = site.signed_in("host@example.net");
    let whole = host.get("/audit").body;
    assert!(whole.contains("The audit chain is whole") && whole.contains("sign-in"), "{whole}");
    let (place, what) = ("2026-11-000000000001.jsonl:7".to_owned(), "it <b>does not</b> follow".to_owned());
    site.host.data().chain = Some(Chain::Broken { place, what, more: 2 });
    let broken = host.get("/audit").body;
    assert!(
        broken.contains("The audit chain was changed.") && !broken.contains("chain is whole"),
        "{broken}"
    );
    assert!(
        broken.contains("jsonl:7: it &#60;b&#62;does not") && broken.contains("places more: 2"),
        "{broken}"
    );
    site.host.data().chain = Some(Chain::Unknown("the disk is gone".into()));
    let unknown = host.get("/audit").body;
    assert!(
        unknown.contains("is not known: the disk is gone") && !unknown.contains("is whole:"),
        "{unknown}"
    );
}
