//! The JSON API: who is asked, what is answered, and how it refuses.

use console::Host as _;
use serde_json::Value;

use crate::client::{Answer, Site};

fn json(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|e| panic!("{e}: {}", answer.body))
}

#[tokio::test]
async fn commands_are_done_and_refusals_say_of_which_kind() {
    let site = Site::sample().await;
    let mut lee = site.program("lee@example.net");
    let body = "{\"company\":\"4711\",\"ids\":[11472],\"wish\":\"more modules\"}";
    let done = lee.json("/api/v1/reconfigure", body).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert_eq!(json(&done)["case"], "V-1001");
    let mut osman = site.program("osman@example.net");
    let kinds = [
        (osman.json("/api/v1/reconfigure", body).await, 403, "forbidden"),
        (lee.json("/api/v1/reconfigure", "{\"company\":\"4711\"}").await, 422, "invalid"),
        (lee.json("/api/v1/reconfigure", "[1]").await, 422, "invalid"),
        (lee.json("/api/v1/reconfigure", "{\"do\":\"set-staff\"}").await, 422, "invalid"),
        (lee.get("/api/v1/cases/V-9999").await, 404, "not-found"),
        (lee.json("/api/v1/contact", "{}").await, 404, "not-found"),
    ];
    for (answer, status, kind) in kinds {
        assert_eq!(answer.status, status, "{}", answer.body);
        if answer.headers["content-type"] == "application/problem+json" {
            let problem = json(&answer);
            assert_eq!((&problem["kind"], &problem["status"]), (&Value::from(kind), &Value::from(status)));
            assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
        } else {
            assert_eq!(status, 404, "only an address that is none has no problem: {}", answer.body);
        }
    }
    let told = json(&osman.json("/api/v1/reconfigure", body).await);
    assert!(told["detail"].as_str().unwrap().contains("Kim"), "W5: {told}");
}

#[tokio::test]
async fn a_command_is_done_for_the_company_that_it_names() {
    let site = Site::sample().await;
    let mut lee = site.program("lee@example.net");
    let version = site.host.desk().company(&console::testing::number("4712")).unwrap().version;
    let body = format!("{{\"company\":\"4712\",\"address\":\"2 Mill Road\",\"version\":{version}}}");
    let done = lee.json("/api/v1/change-contact", &body).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert_eq!(lee.json("/api/v1/change-contact", &body).await.status, 409, "a stale version");
    let mut ben = site.program("ben@example.net");
    assert!(matches!(ben.json("/api/v1/change-contact", &body).await.status, 403 | 409));
}

#[tokio::test]
async fn what_is_read_is_what_one_may_see() {
    let site = Site::sample().await;
    let mut osman = site.program("osman@example.net");
    let licenses = json(&osman.get("/api/v1/licenses?take=2").await);
    assert_eq!((licenses["total"].as_u64(), licenses["rows"].as_array().map(Vec::len)), (Some(3), Some(2)));
    assert_eq!(json(&osman.get("/api/v1/licenses?search=lathe").await)["total"], 1);
    assert_eq!(json(&osman.get("/api/v1/me").await)["company"], "4711");
    assert_eq!(osman.get("/api/v1/licenses?take=x").await.status, 422);
    assert!(osman.get("/api/v1/customer-report").await.body.contains("11470"));
    let calendar = osman.get("/api/v1/reminders.ics").await;
    assert!(calendar.headers["content-type"].starts_with("text/calendar"));
    assert!(calendar.body.starts_with("BEGIN:VCALENDAR\r\n"), "{}", calendar.body);
    let mut max = site.program("max@example.net");
    assert!(matches!(max.get("/api/v1/licenses?company=4711").await.status, 403 | 409));
    assert!(matches!(max.get("/api/v1/customer-report?company=4711").await.status, 403 | 409));
}

/// A calendar program shows nothing but an address.
#[tokio::test]
async fn a_calendar_has_an_address_of_its_own_that_opens_nothing_else() {
    let site = Site::sample().await;
    let mut osman = site.signed_in("osman@example.net").await;
    let address = |page: &str| {
        let from = page.find("href=\"/calendar/")? + "href=\"".len();
        page[from..].split('"').next().map(str::to_owned)
    };
    drop(site.program("osman@example.net"));
    let path = address(&osman.get("/reminders").await.body).expect("an address");
    let mut nobody = site.program("nobody@example.net");
    nobody.forget();
    let calendar = nobody.get(&path).await;
    assert_eq!(calendar.status, 200, "{}", calendar.body);
    assert!(calendar.headers["content-type"].starts_with("text/calendar"));
    let own = site.program("osman@example.net").get("/api/v1/reminders.ics").await;
    assert_eq!(calendar.body, own.body);
    // Not one digit otherwise, not somebody else's, and no other address.
    let (start, secret) = path.rsplit_once('/').unwrap();
    let (folder, _) = start.rsplit_once('/').unwrap();
    let lee: String = "lee@example.net".bytes().map(|byte| format!("{byte:02x}")).collect();
    let digit = if secret.starts_with('0') { "1" } else { "0" };
    for wrong in [
        format!("{start}/{digit}{}", &secret[1..]),
        format!("{folder}/{lee}/{secret}"),
        format!("{start}/.ics"),
        format!("{folder}/none/{secret}"),
        path.replace("/calendar/", "/api/v1/"),
    ] {
        let status = nobody.get(&wrong).await.status;
        assert!(matches!(status, 401 | 404), "{wrong} answers {status}");
    }
    // It ends with the token.
    osman.submit("/token/drop", &[]).await;
    assert_eq!(nobody.get(&path).await.status, 401);
    assert_eq!(address(&osman.get("/reminders").await.body), None);
}

#[tokio::test]
async fn its_description_is_everybody_s_and_a_token_is_no_session() {
    let site = Site::sample().await;
    let mut nobody = site.program("nobody@example.net");
    nobody.forget();
    let description = nobody.get("/api/v1/openapi.json").await;
    assert_eq!((description.status, json(&description)["openapi"].as_str()), (200, Some("3.1.0")));
    assert_eq!(nobody.get("/api/v1/licenses").await.status, 401);
    // A page's cookie opens no address of the API, and a token no page.
    let mut osman = site.signed_in("osman@example.net").await;
    assert_eq!(osman.get("/api/v1/licenses").await.status, 401);
    assert_eq!(site.program("osman@example.net").get("/licenses").await.status, 303);
}
