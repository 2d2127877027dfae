//! Two tabs, stale pages, forms that are sent twice.

use console::Host as _;
use console::testing::{email, number};

use crate::client::Site;

#[tokio::test]
async fn w6_a_form_of_a_tab_of_another_company_changes_nothing() {
    let site = Site::sample().await;
    let mut browser = site.signed_in("lee@example.net").await;
    let page = browser.get("/contact").await;
    assert!(page.text().contains("Address and contact of company 4711"), "{}", page.text());
    let version = page.field("version");
    // The other tab switches; this one still has its page.
    let mut other = browser.clone();
    let switched = other.post("/company", &[("company", "4712"), ("next", "/contact")]).await;
    assert_eq!(switched.status, 303);
    other.get("/contact").await;
    assert_eq!(other.company, "4712");
    let mut this = other.clone();
    this.company = "4711".into();
    let before = site.host.desk();
    let answer = this.post("/contact", &[("address", "elsewhere"), ("version", &version)]).await;
    assert_eq!(answer.status, 409);
    assert!(answer.text().contains("another tab switched to company 4712"), "{}", answer.text());
    assert!(std::sync::Arc::ptr_eq(&before, &site.host.desk()), "nothing was changed");
    // A form that says the company itself is held to it too.
    let answer =
        other.post("/contact", &[("company", "4711"), ("address", "elsewhere"), ("version", &version)]).await;
    assert_eq!(answer.status, 409);
    assert!(std::sync::Arc::ptr_eq(&before, &site.host.desk()), "nothing was changed");
}

#[tokio::test]
async fn a_page_that_is_stale_is_shown_as_it_is_now() {
    let site = Site::sample().await;
    let mut kim = site.signed_in("kim@example.net").await;
    let mut all = site.signed_in("all@example.net").await;
    let stale = kim.get("/people/privileges?email=ben%40example.net").await.field("version");
    let now = all.get("/people/privileges?email=ben%40example.net").await.field("version");
    let set = |version| [("email", "ben@example.net"), ("version", version), ("reporting", "yes")];
    let done = all.submit("/people/privileges", &set(&now)).await;
    assert!(done.text().contains("It is done."), "{}", done.text());
    let answer = kim
        .post(
            "/people/privileges",
            &[("email", "ben@example.net"), ("version", &stale), ("licensing", "yes")],
        )
        .await;
    assert_eq!(answer.status, 409, "{}", answer.text());
    assert!(answer.text().contains("Nothing was changed; below is how it is now."), "{}", answer.text());
    assert_ne!(answer.field("version"), stale);
    let privileges =
        site.host.desk().membership(&number("4711"), &email("ben@example.net")).unwrap().privileges;
    assert!(privileges.reporting && !privileges.licensing);
}

#[tokio::test]
async fn a_form_that_is_sent_twice_is_done_once() {
    let site = Site::sample().await;
    let mut lee = site.signed_in("lee@example.net").await;
    let once = lee.get("/reconfigure?ids=11472").await.field("once");
    let form = [("ids", "11472"), ("wish", "another set of modules"), ("once", once.as_str())];
    let first = lee.post("/reconfigure", &form).await;
    let second = lee.post("/reconfigure", &form).await;
    assert_eq!((first.status, second.status), (303, 303), "{}{}", first.text(), second.text());
    assert_eq!(site.host.desk().cases().count(), 1);
    let shown = lee.get("/moves").await;
    assert!(shown.text().contains("This form was sent already: it was done once."), "{}", shown.text());
    // Somebody else's form of the same number is another one.
    let mut both = site.signed_in("both@example.net").await;
    assert_eq!(both.post("/reconfigure", &form).await.status, 303);
    assert_eq!(site.host.desk().cases().count(), 2);
}

#[tokio::test]
async fn forms_without_the_session_s_word_are_refused() {
    let site = Site::sample().await;
    let kim = site.signed_in("kim@example.net").await;
    let mut forged = site.signed_in("all@example.net").await;
    forged.take_cookies_of(&kim);
    let before = site.host.desk();
    let answer = forged.post("/people/add", &[("email", "new@example.net")]).await;
    assert_eq!(answer.status, 403);
    assert!(std::sync::Arc::ptr_eq(&before, &site.host.desk()), "nothing was changed");
}
