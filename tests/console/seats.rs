//! Named seats: bought, given to people, used on a workstation, and taken back; who may not; two tabs.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::browser::Browser;
use crate::served::{Bought, Served, order, place};
use crate::support::CPU_ID;
use crate::support::desk::{Desk, both};

const KIM: &str = "kim@example.net";
const LEE: &str = "lee@example.net";
/// How soon a seat is gone that was taken back.
const SOON: Duration = Duration::from_secs(5);
/// Twenty addresses as somebody pastes them; three of them are none.
const PASTED: &str = "u1@example.net, u2@example.net;u3@example.net\nu4@example.net; u5@example.net\n\
    u6@example.net,u7@example.net,u8@example.net\nnobody; @example.net; two@@example.net\n\
    u9@example.net\nu10@example.net\nu11@example.net\nu12@example.net;u13@example.net;u14@example.net,\
    u15@example.net,u16@example.net\nu17@example.net\n";
const NOT: [&str; 3] = ["nobody", "@example.net", "two@@example.net"];

#[test]
fn seats_from_the_order_until_they_are_taken_back() {
    let served = Served::start(both());
    let ada = served.set_up();
    let lee = people(&served, &ada);
    buy(&served, &ada, &lee);
    use_and_revoke(&served, &ada, &lee);
    paste_and_change(&served, &lee);
    is_refused(&served, &lee);
    two_tabs(&served, &ada, &lee);
}

/// Kim is the supervisor, and gives lee Licensing and Reporting; gives lee's browser.
fn people(served: &Served, ada: &Browser) -> Browser {
    served.make_company(ada, "C-1", "Mills");
    ada.fill_in("Name the first supervisor", "Email Address", KIM);
    ada.click("Name the supervisor");
    ada.wait_for(KIM);
    let browser = Browser::start();
    served.sign_in_by(&served.link(ada, KIM), &browser, KIM);
    browser.goto(&served.url("/people"));
    browser.wait_for("There is one supervisor");
    browser.fill("Email Address", LEE);
    browser.click("Add");
    browser.click_in(LEE, "Privileges");
    browser.click("Licensing");
    browser.click("Reporting");
    browser.click("Set privileges");
    browser.wait_for("It is done");
    served.sign_in_by(&served.link(ada, LEE), &browser, LEE);
    browser
}

/// Five of one product and thirty of another are bought: lee has the first of each.
fn buy(served: &Served, ada: &Browser, lee: &Browser) {
    let line = |feature, count| Bought { feature, seats: "named", count, host: CPU_ID };
    order(served, ada, &[line("mill", 5), line("lathe", 30)], LEE);
    ada.fill("Public keys of the license hosts", &format!("{CPU_ID}={}", served.site.host()));
    place(ada);
    lee.goto(&served.url("/licenses"));
    let licenses = lee.read("tbody");
    let row = licenses.lines().find(|line| line.contains("mill")).unwrap();
    assert!(row.contains("5\t1\t4"), "bought, assigned, left: {row:?}");
}

/// Lee checks out on a workstation; the seat is taken back, and is gone from the page and the workstation.
fn use_and_revoke(served: &Served, ada: &Browser, lee: &Browser) {
    lee.goto(&served.url("/token"));
    lee.click("Make a personal token");
    lee.wait_for("Your new personal token");
    let workstation = served.host().with_token(LEE, lee.read("main pre").trim());
    ada.goto(&served.url("/seats"));
    ada.wait_for("Nobody has a seat now");
    let holder = check_out(&workstation);
    ada.wait_for(LEE);
    lee.goto(&served.url("/users"));
    lee.click_in("mill", "Assign User");
    lee.click_in(LEE, "Revoke");
    let since = Instant::now();
    lee.click(&format!("Revoke the seat of {LEE}"));
    ada.wait_without(LEE, SOON);
    assert!(since.elapsed() < SOON, "{:?}", since.elapsed());
    lee.wait_for("Assigned users: 0 of 5, 5 free");
    let ended = holder.wait_with_output().unwrap();
    let text = String::from_utf8(ended.stderr).unwrap();
    assert!(ended.status.code() == Some(217) && text.contains("taken away"), "{text}");
    let (status, text) = workstation.said("run mill -- true");
    assert!(status == 125 && text.contains("(-39)"), "{text}");
}

/// A seat of `mill`, held by a command until it is ended.
fn check_out(workstation: &Desk<'_>) -> Child {
    let mut command = workstation.command("checkout mill");
    let mut holder = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(holder.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.starts_with("checked out: 1 seat of mill"), "{first}");
    holder
}

/// Twenty are pasted of which three are bad; one of the others gets another period.
fn paste_and_change(served: &Served, lee: &Browser) {
    lee.goto(&served.url("/users"));
    lee.click_in("lathe", "Assign User");
    lee.fill("Email Addresses", PASTED);
    lee.click("Assign");
    lee.wait_for("Assigned users: 18 of 30, 12 free");
    assert!(NOT.iter().all(|bad| lee.has(bad)), "{}", lee.text());
    lee.click_in("u7@example.net", "Change User");
    lee.fill("Through", "2099-12-31");
    lee.click("Change the period");
    lee.wait_for("31-dec-2099");
    let row = lee.read("tbody");
    let row = row.lines().find(|line| line.starts_with("u7@example.net")).unwrap().to_owned();
    assert!(row.contains("31-dec-2099"), "{row}");
}

/// Who may not is told whom to ask, by name.
fn is_refused(served: &Served, lee: &Browser) {
    lee.goto(&served.url("/people"));
    lee.wait_for("You may not do this");
    assert_eq!(lee.status(), 403);
    assert!(lee.has("the Supervisor privilege") && lee.has(KIM), "{}", lee.text());
}

/// A form of a company is sent after another tab has switched to another company.
fn two_tabs(served: &Served, ada: &Browser, lee: &Browser) {
    served.make_company(ada, "C-2", "Lathes");
    // Without what was said of the company's making.
    ada.goto(&served.url("/companies/C-2"));
    ada.fill_in("Add a contact", "Email Address", LEE);
    ada.click("Add the contact");
    ada.wait_for("It is done");
    // Whose companies change signs in again.
    served.sign_in(lee, LEE);
    lee.goto(&served.url("/users"));
    lee.click_in("mill", "Assign User");
    lee.fill("Email Addresses", "osman@example.net");
    let first = lee.tab();
    lee.open_tab();
    lee.goto(&served.url("/company"));
    lee.click("Switch to company C-2");
    lee.wait_for("Your primary company is C-1");
    let known =
        || (served.host().json("cases"), served.host().json("people"), served.host().said("assignments"));
    let before = known();
    lee.show(&first);
    lee.click("Assign");
    lee.wait_for(
        "This page was made for company C-1, and another tab switched to company C-2. Nothing was changed.",
    );
    assert_eq!(lee.status(), 409);
    assert_eq!(known(), before, "nothing is changed");
    lee.goto(&served.url("/licenses"));
    lee.click("Switch to primary");
    lee.wait_for("Active licenses of company C-1");
    assert!(!lee.has("Your primary company is"), "{}", lee.text());
}
