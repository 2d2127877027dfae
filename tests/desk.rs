//! The license desk at the real daemon, from the command line: a company, its people, an order, a pack that is
//! signed, installed and served, a named seat that is somebody's and is taken back.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

mod hostile;
mod support;

use std::time::{Duration, Instant};

use client::CheckoutOptions;
use serde_json::Value;
use support::desk::{Desk, connect};
use support::{CPU_ID, Site};

const ORDER: &str = "[[items]]\nfeature = \"mill\"\nversion = \"4.2\"\nproduct_line = \"Pro/MILL\"\nseat = \"named\"\n\
    maintenance = true\nuntil = \"permanent\"\nplaces = [{ cpu = \"02aa10203040\", count = 5 }]\n";
/// How soon a seat is back that was taken back.
const SOON: Duration = Duration::from_secs(5);

/// The same with an order that is not placed yet.
fn both() -> Site {
    let site = support::desk::both();
    site.write("order.toml", ORDER.as_bytes());
    site
}

fn mill() -> CheckoutOptions {
    CheckoutOptions::new("mill", "4.0")
}

/// The one license, as the company sees it.
fn license(desk: &Desk<'_>) -> Value {
    let mut licenses = desk.json("licenses");
    let licenses = licenses["licenses"].as_array_mut().unwrap();
    assert_eq!(licenses.len(), 1, "{licenses:?}");
    licenses.remove(0)
}

#[tokio::test]
async fn an_order_becomes_a_seat_that_its_buyer_uses_until_it_is_taken_back() {
    let site = both();
    let daemon = site.start();
    let host = Desk::on_host(&site, &daemon);
    host.does("set-company Mills");
    host.does("name-supervisor ada@example.net");
    let (ada, _) = host.of("ada@example.net");
    ada.does("add-person kim@example.net");
    ada.does("set-privileges kim@example.net --licensing --reporting");
    // Whoever is refused is told whom to ask, by name.
    let (kim, token) = host.of("kim@example.net");
    let refused = kim.is_refused("add-person lee@example.net");
    assert!(refused.contains("Supervisor") && refused.contains("ada@example.net"), "{refused}");
    let refused = ada.is_refused("licenses");
    assert!(refused.contains("Reporting") && refused.contains("(-63)"), "{refused}");

    // Five are bought: signed, installed and served, and the buyer has the first.
    let said = host.does("order --items order.toml --buyer kim@example.net --subscription S-7 --invoice I-9");
    assert!(said.contains("done: case V-"), "{said}");
    let bought = license(&kim);
    assert_eq!(
        (&bought["quantity"], &bought["assigned"], &bought["free"]),
        (&5.into(), &1.into(), &4.into())
    );
    assert_eq!((&bought["subscription"], &bought["invoice"]), (&"S-7".into(), &"I-9".into()));
    let pool = bought["pool"].as_str().unwrap().to_owned();
    let pack = bought["pack"].as_str().unwrap().to_owned();
    assert!(site.path(&format!("licenses/{pack}.lic")).is_file());
    assert!(kim.does(&format!("pack {pack}")).contains("INCREMENT mill acmed"));
    // A license is called by less than its whole name; whether it stays under maintenance is to be said.
    assert_eq!(kim.does("license mill"), kim.does(&format!("license {pool}")));
    assert!(host.is_refused("renew 1 --until 31-dec-2030").contains("--no-maintenance"));
    assert!(host.is_refused("preview-conversion order.toml").contains("cannot be converted"));
    let refused = kim.is_refused("install-pack order.toml");
    assert!(refused.contains("no signed pack") && refused.contains("; and "), "{refused}");

    // The buyer checks out; somebody else does not.
    let client = connect(&site, &daemon, "kim@example.net", &token).await.unwrap();
    let seat = client.checkout(mill()).await.unwrap();
    let (_, lees) = host.of("lee@example.net");
    let lee = connect(&site, &daemon, "lee@example.net", &lees).await.unwrap();
    assert_eq!(lee.checkout(mill()).await.unwrap_err().code().number(), -39);

    // Many at once; bad addresses are named and the others go through.
    site.write("people", b"lee@example.net; osman@example.net,\nnobody\n");
    let said = kim.does(&format!("assign {pool} --file people"));
    assert!(said.contains("nobody"), "{said}");
    assert_eq!(license(&kim)["assigned"], 3);
    let held = lee.checkout(mill()).await.unwrap();

    // Taken back, the seat goes while it is in use.
    kim.does(&format!("unassign {pool} lee@example.net"));
    let since = Instant::now();
    hostile::until("the seat's return", || async {
        (hostile::in_use(daemon.address).await == 1).then_some(())
    })
    .await;
    assert!(since.elapsed() < SOON, "{:?}", since.elapsed());
    assert_eq!(lee.checkout(mill()).await.unwrap_err().code().number(), -39);
    drop((held, seat));

    // After a crash all of it is there still.
    let before = (license(&kim), host.json("cases"), host.json("orders"), ada.json("people"));
    daemon.kill9();
    let daemon = site.start();
    let host = Desk::on_host(&site, &daemon);
    let (kim, token) = host.of("kim@example.net");
    let (ada, _) = host.of("ada@example.net");
    assert_eq!(before, (license(&kim), host.json("cases"), host.json("orders"), ada.json("people")));
    let client = connect(&site, &daemon, "kim@example.net", &token).await.unwrap();
    client.checkout(mill()).await.unwrap();
}

#[tokio::test]
async fn a_pack_that_was_signed_and_not_installed_is_installed_at_the_next_start() {
    let site = both();
    let daemon = site.start();
    let host = Desk::on_host(&site, &daemon);
    host.does("set-company Mills");
    host.does("order --items order.toml");
    let packs = host.json("packs");
    let pack = packs["packs"][0]["number"].as_str().unwrap().to_owned();
    daemon.kill9();
    // As if it had crashed between the journal and the folder.
    let file = site.path(&format!("licenses/{pack}.lic"));
    let text = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let daemon = site.start();
    hostile::until("the pack", || async {
        (!hostile::status(daemon.address).await.pools.is_empty()).then_some(())
    })
    .await;
    assert_eq!(std::fs::read(&file).unwrap(), text);
    assert_eq!(hostile::status(daemon.address).await.pools[0].pool.as_ref().unwrap().cpu_id, CPU_ID);
}

#[tokio::test]
async fn what_is_refused_is_written_down_and_a_site_signs_nothing() {
    let site = Site::new().configure("[desk]\nrole = \"site\"\nsupport = \"support@example.net\"\n");
    site.write("order.toml", ORDER.as_bytes());
    let daemon = site.start();
    let host = Desk::on_host(&site, &daemon);
    let refused = host.is_refused("order --items order.toml");
    assert!(refused.contains("vendor's desk") && refused.contains("support@example.net"), "{refused}");
    let (status, text) = host.said("events --json");
    assert_eq!(status, 0);
    let is_it = |line: &&str| line.contains("desk-did") && line.contains("refused") && line.contains("order");
    assert!(text.lines().any(|line| is_it(&line)), "{text}");
}
