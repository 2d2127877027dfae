//! Borrowing from the real daemon: offline use, returns, receipts, and `kill -9`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

mod support;

use std::process::Command;

use client::{Admin, CheckoutOptions, Client, Leases, SeatState};
use names::{GrantId, Wall};
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

/// `seatkeeper borrow take-back --lost` on the license host: its exit status, and what it says.
fn take_back_lost(site: &Site, grant: GrantId) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seatkeeper"));
    command.args(["borrow", "take-back", &grant.to_string(), "--lost", "--socket"]);
    let output = command.arg(site.path("admin.sock")).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
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

#[tokio::test]
async fn a_lost_seat_is_taken_back_only_where_its_license_allows_it() {
    for (pack, is_allowed) in
        [(BORROWABLE.to_owned(), false), (BORROWABLE.replace("BORROW=72", "BORROW=72 BORROW_LOST_OK"), true)]
    {
        let site = Site::with_packs(&[&pack]);
        let daemon = site.start();
        let leases = Leases::at(&site.path("borrowed")).unwrap();
        let kim = workstation(&site, daemon.address, "kim").await;
        let grant = kim.borrow(&leases, &mill(), in_hours(24)).await.unwrap().terms().grant;
        let lee = workstation(&site, daemon.address, "lee").await;
        let (status, said) = take_back_lost(&site, grant);
        let again = take_back_lost(&site, grant);
        if is_allowed {
            assert_eq!((status, said), (0, format!("grant {grant} is taken back\n")));
            lee.checkout(mill()).await.unwrap();
            let log = daemon.log();
            assert!(
                log.lines().any(|line| line.contains("borrowed seat back") && line.contains("lost=true")),
                "{log}"
            );
            // It is not taken back twice.
            assert!(again.0 == 128 && again.1.contains("(-128)"), "{again:?}");
        } else {
            assert!(status == 133 && said.contains("(-123)") && said.contains("free at its date"), "{said}");
            assert_eq!(again, (status, said), "and asking again does not help");
            assert_eq!(lee.checkout(mill()).await.unwrap_err().code().number(), -4);
            assert!(!daemon.log().contains("borrowed seat back"), "{}", daemon.log());
        }
    }
}
