//! Borrowing from the real daemon: offline use, returns, receipts, and `kill -9`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

mod support;

use client::{Admin, CheckoutOptions, Client, Leases, SeatState};
use names::Wall;
use proto::v1;
use support::{Site, servers};

const BORROWABLE: &str = "SERVER this_host HOSTID_HERE 27000\nVENDOR acmed\nUSE_SERVER\n\
    INCREMENT mill acmed 4.2 permanent 1 CONFIG_ID=11470 SEAT=FLOATING PRODUCT_LINE=\"Mill\" BORROW=72\n";
const CPU: &str = "02aa10203099";

fn mill() -> CheckoutOptions {
    CheckoutOptions::new("mill", "4.0")
}

fn in_hours(hours: i64) -> Wall {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Wall(i64::try_from(since.as_millis()).unwrap() + hours * 3_600_000)
}

async fn workstation(site: &Site, at: std::net::SocketAddr, user: &str) -> Client {
    Client::connect(&servers(at), site.options(user, "ws1", CPU)).await.unwrap()
}

#[tokio::test]
async fn bo_08_a_borrowed_seat_works_without_its_daemon_and_survives_it() {
    let mut site = Site::with_packs(&[BORROWABLE]);
    let daemon = site.start();
    let address = daemon.address;
    let leases = Leases::at(&site.path("borrowed")).unwrap();
    let kim = workstation(&site, address, "kim").await;
    assert_eq!(kim.borrow(&leases, &mill(), in_hours(100)).await.unwrap_err().code().number(), -104);
    kim.borrow(&leases, &mill(), in_hours(24)).await.unwrap();
    drop(kim);
    site.listen_again(address);
    daemon.kill9();

    let who = site.options("kim", "ws1", CPU);
    let seat = leases.open(&who.trust, &who.identity, "mill", "4.0").unwrap();
    assert_eq!(seat.state(), SeatState::Granted);
    let other = site.options("lee", "ws1", CPU);
    assert_eq!(leases.open(&other.trust, &other.identity, "mill", "4.0").unwrap_err().code().number(), -9);

    let _daemon = site.start();
    let lee = workstation(&site, address, "lee").await;
    assert_eq!(lee.checkout(mill()).await.unwrap_err().code().number(), -4);
    // Whoever has the secret brings it back, once.
    let kept = leases.list().unwrap().borrowed.remove(0);
    let kim = workstation(&site, address, "kim").await;
    kim.return_borrowed(&leases, &kept).await.unwrap();
    assert!(leases.open(&who.trust, &who.identity, "mill", "4.0").is_err());
    lee.checkout(mill()).await.unwrap();
}

#[tokio::test]
async fn bo_13_a_seat_that_was_given_up_comes_back_by_its_receipt_only() {
    let site = Site::with_packs(&[BORROWABLE]);
    let daemon = site.start();
    let leases = Leases::at(&site.path("borrowed")).unwrap();
    let kim = workstation(&site, daemon.address, "kim").await;
    let grant = kim.borrow(&leases, &mill(), in_hours(24)).await.unwrap().terms().grant;
    let kept = leases.list().unwrap().borrowed.remove(0);
    let receipt = leases.give_up(&kept).unwrap().receipt();
    assert!(kim.checkout(mill()).await.is_err());

    let mut admin = Admin::connect(&site.path("admin.sock")).await.unwrap();
    let by = |proof: Vec<u8>, lost| v1::ReturnBorrowedRequest { grant: grant.0, proof: proof.into(), lost };
    for refused in [by(vec![0; 32], false), by(Vec::new(), false), by(Vec::new(), true)] {
        assert!(admin.return_borrowed(refused).await.is_err());
    }
    admin.return_borrowed(by(receipt.secret(grant).unwrap().to_vec(), false)).await.unwrap();
    kim.checkout(mill()).await.unwrap();
}
