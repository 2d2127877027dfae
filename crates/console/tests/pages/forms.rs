//! What the forms do: people, seats, cases, orders, conversion.

use console::Host as _;
use console::testing::{FakeHost, email, number};

use crate::client::Site;

const POOL: &str = "acmed/11472/0a1b2c3d4e5f/report";

#[tokio::test]
async fn t1_to_t5_seats_are_given_changed_and_taken_back() {
    let site = Site::sample().await;
    let mut lee = site.signed_in("lee@example.net").await;
    let page = lee.get(&format!("/users/license?pool={}", console::encode(POOL))).await;
    assert!(page.text().contains("Assigned users: 0 of 5, 5 free"), "{}", page.text());
    // Three separators, three bad ones.
    let emails = "a@example.net, b@example.net;c@example.net\nnot an address\n@, x@\nd@example.net";
    let done = lee.submit("/users/assign", &[("pool", POOL), ("emails", emails)]).await;
    let text = done.text();
    assert!(text.contains("Assigned users: 4 of 5, 1 free"), "{text}");
    for bad in ["not an address", "@", "x@"] {
        assert!(text.contains(bad), "{bad} is named: {text}");
    }
    // More than are free: refused with the count, and what was typed stays.
    let answer = lee
        .post("/users/assign", &[("pool", POOL), ("emails", "e@example.net; f@example.net\ng@example.net")])
        .await;
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert!(answer.body.contains("g@example.net") && site.host.assigned().len() == 4);
    // None at all where one is bad.
    let answer =
        lee.post("/users/assign", &[("pool", POOL), ("emails", "e@example.net, bad"), ("all", "yes")]).await;
    assert_eq!((answer.status, site.host.assigned().len()), (422, 4), "{}", answer.text());

    let named = format!("pool={}&email=a%40example.net", console::encode(POOL));
    let page = lee.get(&format!("/users/change?{named}")).await;
    let was = page.field("was");
    let change = |until| {
        [
            ("pool", POOL),
            ("email", "a@example.net"),
            ("was", was.as_str()),
            ("from", "2026-11-22"),
            ("until", until),
        ]
    };
    let past = lee.post("/users/change", &change("2027-06-01")).await;
    assert_eq!(past.status, 422, "past the license's end: {}", past.text());
    let done = lee.submit("/users/change", &change("2026-11-25")).await;
    assert!(done.text().contains("25-nov-2026"), "{}", done.text());
    let stale = lee.post("/users/change", &change("2026-11-26")).await;
    assert_eq!(stale.status, 409, "{}", stale.text());

    let confirm = lee.get(&format!("/users/revoke?{named}")).await;
    assert!(confirm.text().contains("loses the seat"), "{}", confirm.text());
    lee.submit("/users/revoke", &[("pool", POOL), ("email", "a@example.net")]).await;
    assert_eq!(site.host.assigned().len(), 3);
}

#[tokio::test]
async fn w3_the_last_supervisor_stays_and_one_is_warned_of() {
    let site = Site::sample().await;
    let mut mia = site.signed_in("mia@example.net").await;
    let page = mia.get("/people").await;
    assert!(!page.text().contains("There is one supervisor."), "max is another: {}", page.text());
    let max = mia.get("/people/privileges?email=max%40example.net").await;
    let form = [("email", "max@example.net"), ("version", &max.field("version")), ("licensing", "yes")];
    let done = mia.submit("/people/privileges", &form).await;
    assert!(done.text().contains("There is one supervisor."), "{}", done.text());
    let own = mia.get("/people/remove?email=mia%40example.net").await;
    let answer =
        mia.post("/people/remove", &[("email", "mia@example.net"), ("version", &own.field("version"))]).await;
    assert_eq!(answer.status, 422, "wc_12: {}", answer.text());
    assert!(site.host.desk().membership(&number("4712"), &email("mia@example.net")).is_some());
}

#[tokio::test]
async fn w5_who_may_not_is_told_the_supervisors_by_name() {
    let site = Site::sample().await;
    let mut osman = site.signed_in("osman@example.net").await;
    let answer = osman.get("/users/license").await;
    assert_eq!(answer.status, 403);
    assert!(
        answer.text().contains("the Licensing privilege") && answer.text().contains("Kim"),
        "{}",
        answer.text()
    );
}

#[tokio::test]
async fn w2_w8_a_request_is_a_case_that_is_followed_and_answered() {
    let site = Site::sample().await;
    let mut ben = site.signed_in("ben@example.net").await;
    let done = ben.submit("/tools", &[("company", "4711"), ("reason", "I install them")]).await;
    assert!(done.text().contains("V-1001"), "{}", done.text());
    let case = ben.get("/cases/V-1001").await;
    assert!(case.text().contains("license tools") && case.text().contains("open"), "{}", case.text());
    // Not everybody's.
    let mut lee = site.signed_in("lee@example.net").await;
    assert_eq!(lee.get("/cases/V-1001").await.status, 404);
    assert!(!lee.get("/cases").await.text().contains("V-1001"));
    let mut osman = site.signed_in("osman@example.net").await;
    assert!(osman.get("/cases").await.text().contains("V-1001"), "Reporting follows all of the company");
    let mut vendor = site.signed_in("vendor@example.net").await;
    let done = vendor.submit("/cases/V-1001/upgrade", &[("accept", "no")]).await;
    assert!(done.text().contains("refused"), "{}", done.text());
}

#[tokio::test]
async fn an_order_is_shown_as_it_is_split_before_it_is_placed() {
    let site = Site::sample().await;
    let mut lee = site.signed_in("lee@example.net").await;
    let line = |n: u32, of: &str| format!("{of}{n}");
    let mut fields: Vec<(String, &str)> = vec![("subscription".into(), "SUB-9")];
    for (n, feature) in [(1, "mill"), (2, "lathe")] {
        fields.push((line(n, "feature"), feature));
        fields.push((line(n, "product_line"), if n == 1 { "Mill/LINE" } else { "Lathe/LINE" }));
        fields.push((line(n, "item_version"), "2.0"));
        fields.push((line(n, "seat"), "floating"));
        fields.push((line(n, "places"), "2 0a1b2c3d4e5f\n3 0a1b2c3d4e60"));
        fields.push((line(n, "maintenance"), "yes"));
    }
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let shown = lee.post("/orders/preview", &fields).await;
    assert_eq!(shown.status, 200, "{}", shown.text());
    // Two products on two hosts: four ids (rules 2 and 3).
    assert_eq!(shown.text().matches(" new ").count(), 4, "{}", shown.text());
    assert_eq!(site.host.desk().orders().count(), 0, "nothing is ordered yet");
    let items = shown.field("items").replace("&#34;", "\"");
    let placed = lee
        .submit("/orders/place", &[("subscription", "SUB-9"), ("company", "4711"), ("items", &items)])
        .await;
    assert!(placed.text().contains("O-1001") && placed.text().contains("placed"), "{}", placed.text());
    let mut vendor = site.signed_in("vendor@example.net").await;
    let page = vendor.get("/orders/O-1001").await;
    assert!(page.text().contains("How it is split"), "{}", page.text());
    let form = [("version", page.field("version")), ("why", "no".to_owned())];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let refused = vendor.submit("/orders/O-1001/refuse", &form).await;
    assert!(refused.text().contains("refused"), "{}", refused.text());
    let stale = vendor.post("/orders/O-1001/refuse", &form).await;
    assert_eq!(stale.status, 409, "{}", stale.text());
}

#[tokio::test]
async fn an_order_that_is_wrong_comes_back_with_what_was_typed() {
    let site = Site::sample().await;
    let mut lee = site.signed_in("lee@example.net").await;
    let fields = [
        ("feature1", "mill"),
        ("product_line1", "Mill/LINE"),
        ("item_version1", "2.0"),
        ("seat1", "floating"),
        ("places1", "many 0a1b2c3d4e5f"),
    ];
    let answer = lee.post("/orders/preview", &fields).await;
    assert_eq!(answer.status, 422);
    let text = answer.text();
    assert!(text.contains("line 1: \"many\" is not a quantity"), "{text}");
    assert!(answer.body.contains("many 0a1b2c3d4e5f") && answer.body.contains("Mill/LINE"), "{text}");
}

const ESTATE: &str = "product_line,product,version,modules,module,seat,quantity,host,server,maintenance,from,until,serial,installs,note\n\
    Pro/ENGINEER,proe,18.0,,no,floating,5,0a1b2c3d4e5f,,active,,permanent,10-11-71-DD,7711 7712,\n\
    Pro/ENGINEER,proe,18.0,,no,floating,5,0a1b2c3d4e60,,active,,permanent,10-11-71-DD,7713 7714,\n";

#[tokio::test]
async fn a_conversion_is_previewed_side_by_side_and_kept_as_csv() {
    let site = Site::sample().await;
    let mut vendor = site.signed_in("vendor@example.net").await;
    let shown = vendor.post("/conversion/preview", &[("company", "4711"), ("estate", ESTATE)]).await;
    let text = shown.text();
    assert_eq!(shown.status, 200, "{text}");
    assert!(text.contains("Prior to October 20, 1997") && text.contains("10-11-71-DD"), "{text}");
    assert!(text.contains("Convert: issue these ids"), "{text}");
    let report = vendor.post("/conversion/report.csv", &[("company", "4711"), ("estate", ESTATE)]).await;
    assert!(report.headers["content-type"].starts_with("text/csv") && report.body.contains("10-11-71-DD"));
    let bad =
        vendor.post("/conversion/preview", &[("company", "4711"), ("estate", "what,is\nthis,?\n")]).await;
    assert!(bad.text().contains("Nothing can be converted"), "{}", bad.text());
    // Licensing sees it and may ask for it, and no more.
    let mut lee = site.signed_in("lee@example.net").await;
    let shown = lee.post("/conversion/preview", &[("company", "4711"), ("estate", ESTATE)]).await;
    assert!(shown.text().contains("Ask the vendor to convert it"), "{}", shown.text());
    let asked = lee.submit("/conversion/request", &[("company", "4711"), ("estate", ESTATE)]).await;
    assert!(asked.text().contains("V-1001"), "{}", asked.text());
}

#[tokio::test]
async fn w4_the_vendor_names_the_first_supervisor() {
    let site = Site::sample().await;
    let mut vendor = site.signed_in("vendor@example.net").await;
    let made = vendor
        .submit("/companies/set", &[("new_number", "C-9"), ("new_name", "New Works"), ("version", "0")])
        .await;
    assert!(made.text().contains("No supervisor is named yet"), "{}", made.text());
    let contact =
        vendor.submit("/companies/C-9/contact", &[("email", "eva@example.net"), ("person", "Eva")]).await;
    assert_eq!(contact.status, 200, "{}", contact.text());
    let named = vendor.submit("/companies/C-9/supervisor", &[("email", "eva@example.net")]).await;
    assert!(named.text().contains("Supervisors eva@example.net"), "{}", named.text());
    let privileges =
        site.host.desk().membership(&number("C-9"), &email("eva@example.net")).unwrap().privileges;
    assert!(
        privileges.supervisor && privileges.licensing && privileges.reporting,
        "naming takes nothing away"
    );
}

#[tokio::test]
async fn a_personal_token_is_shown_once_and_lets_programs_in() {
    let site = Site::sample().await;
    let mut ben = site.signed_in("ben@example.net").await;
    let once = ben.get("/token").await.field("once");
    let made = ben.post("/token/new", &[("once", once.as_str())]).await;
    let token = made.body.split_once("<pre tabindex=\"0\">").unwrap().1.split('<').next().unwrap().to_owned();
    assert_eq!(token.len(), 64);
    let again = ben.submit("/token/new", &[("once", once.as_str())]).await;
    assert!(!again.body.contains(&token), "it is not shown again");
    assert_eq!(site.host.login(&service::token_hash(token.as_bytes())), Some(email("ben@example.net")));
    ben.submit("/token/drop", &[]).await;
    assert_eq!(site.host.login(&service::token_hash(token.as_bytes())), None);
}

#[tokio::test]
async fn an_empty_desk_says_what_to_do() {
    let host = FakeHost::empty(desk::Role::Both);
    console::testing::person(
        &host,
        "vera@example.net",
        &[("4711", crate::client::may(true, true, true))],
        true,
        true,
    );
    let site = Site::of(host).await;
    let mut vera = site.signed_in("vera@example.net").await;
    for (path, says) in [
        ("/licenses", "No license is in force"),
        ("/users", "No license with named seats"),
        ("/my-seats", "No named seat is yours"),
        ("/cases", "No case yet"),
        ("/packs", "No license pack was signed"),
        ("/orders", "Nothing was ordered yet"),
        ("/moves", "No license is being moved"),
        ("/companies", "There is no company yet"),
        ("/find?q=4547", "Nothing that you may see"),
    ] {
        let answer = vera.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert!(answer.text().contains(says), "{path}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_renewal_is_shown_before_it_is_confirmed_and_says_whether_maintenance_goes_on() {
    let site = Site::sample().await;
    let mut vendor = site.signed_in("vendor@example.net").await;
    let orders = vendor.get("/orders").await;
    for path in ["/renew", "/requests/take", "/moves/issue", "/ids"] {
        assert!(orders.body.contains(&format!("href=\"{path}\"")), "{path}: {}", orders.body);
    }
    let page = vendor.get("/renew").await;
    assert_eq!(page.status, 200, "{}", page.text());
    let filled = [("company", "4711"), ("ids", "11470 11471"), ("until", "2027-12-31")];
    let asked = vendor.post("/renew/preview", &filled).await;
    assert!(asked.status == 422 && asked.text().contains("say whether"), "{}", asked.text());
    assert!(asked.body.contains("11470 11471") && asked.body.contains("2027-12-31"), "what was typed stays");
    // The made-up host has no vendor's key, and nothing is renewed without it.
    for path in ["/renew/preview", "/renew"] {
        let answer = vendor.post(path, &[&filled[..], &[("maintenance", "yes")]].concat()).await;
        assert_eq!(answer.status, 422, "{path}: {}", answer.text());
    }
    let mut lee = site.signed_in("lee@example.net").await;
    assert!(!lee.get("/orders").await.body.contains("/renew"));
    assert_eq!(lee.post("/renew", &[("maintenance", "yes")]).await.status, 403);
}

#[tokio::test]
async fn a_request_file_that_is_none_is_told_and_stays() {
    let site = Site::sample().await;
    let mut vendor = site.signed_in("vendor@example.net").await;
    let empty = vendor.post("/requests/take", &[("file", " ")]).await;
    assert!(empty.status == 422 && empty.text().contains("choose the request's file"), "{}", empty.text());
    let bad = vendor.post("/requests/take", &[("file", "no request at all")]).await;
    assert!(bad.status == 422 && bad.body.contains("no request at all"), "{}", bad.text());
    assert_eq!(site.host.desk().cases().count(), 0);
}

#[tokio::test]
async fn one_changes_ones_own_name() {
    let site = Site::sample().await;
    let mut ben = site.signed_in("ben@example.net").await;
    assert!(ben.get("/my-seats").await.body.contains("href=\"/name\""));
    let done = ben.submit("/name", &[("name", "Benedict <b>")]).await;
    assert!(done.body.contains("Benedict &#60;b&#62;"), "{}", done.body);
    assert_eq!(site.host.desk().person(&email("ben@example.net")).unwrap().name, "Benedict <b>");
    assert_eq!(ben.post("/name", &[("name", "a\u{202e}b")]).await.status, 422);
}

#[tokio::test]
async fn a_supervisor_finds_the_link_for_a_first_password() {
    let site = Site::sample().await;
    let without = |who| site.host.apply(&[desk::Change::Drop(desk::RowKey::Credential(email(who)))]);
    let mut kim = site.signed_in("kim@example.net").await;
    assert!(!kim.get("/people").await.body.contains("/people/password-link"), "all have a password");
    ["ben@example.net", "lee@example.net"].into_iter().for_each(without);
    let people = kim.get("/people").await.body;
    let link = "/people/password-link?email=ben%40example.net";
    assert!(people.contains(link), "{people}");
    assert!(!people.contains("/people/password-link?email=lee"), "who works for others too");
    let page = kim.get(link).await;
    assert!(page.body.contains("action=\"/people/password-link\""), "{}", page.body);
    let made = kim.post("/people/password-link", &[("email", "ben@example.net")]).await;
    assert!(made.status == 200 && made.body.contains("/password/"), "{}", made.body);
    let not = kim.get("/people/password-link?email=lee%40example.net").await;
    assert!(not.status == 200 && not.text().contains("they work for others too"), "{}", not.text());
    assert!(!not.body.contains("action=\"/people/password-link\""));
    assert_eq!(kim.get("/people/password-link?email=mia%40example.net").await.status, 404);
}
