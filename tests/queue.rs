//! Waiting in line at the real daemon: places, restarts, and who goes first.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

mod support;

use client::{CheckoutOptions, Client, Place, Progress, Seat, Waiting};
use support::{DEADLINE, Site, servers};
use tokio::time::timeout;

const TWO_SEATS: &str = "SERVER this_host HOSTID_HERE 27000\nVENDOR acmed\nUSE_SERVER\n\
    INCREMENT mill acmed 4.2 permanent 2 CONFIG_ID=11470 SEAT=FLOATING PRODUCT_LINE=\"Mill\"\n";

fn mill() -> CheckoutOptions {
    CheckoutOptions::new("mill", "4.0")
}

async fn workstation(site: &Site, at: std::net::SocketAddr, user: &str) -> Client {
    let options = site.options(user, &format!("ws-{user}"), "02aa10203099");
    Client::connect(&servers(at), options).await.unwrap()
}

/// Waits until the place in line is this one.
async fn has_place(waiting: &mut Waiting, position: u64) {
    let waits = async {
        loop {
            match waiting.next().await.unwrap() {
                Progress::Queued(Place { position: at, .. }) if at == position => return,
                Progress::Queued(_) => {}
                Progress::Granted(seat) => panic!("it is granted: {seat:?}"),
            }
        }
    };
    timeout(DEADLINE, waits).await.expect("the place is told");
}

async fn granted(waiting: Waiting) -> Seat {
    timeout(DEADLINE, waiting.seat()).await.expect("the seat comes").unwrap()
}

#[tokio::test]
async fn places_in_line_are_kept_over_a_restart() {
    let mut site = Site::with_packs(&[TWO_SEATS]);
    let daemon = site.start();
    let address = daemon.address;
    let kim = workstation(&site, address, "kim").await;
    let (lee, ada) = (workstation(&site, address, "lee").await, workstation(&site, address, "ada").await);
    let both = kim.checkout(mill().seats(2)).await.unwrap();

    let mut second = lee.begin_checkout(&mill().queue()).unwrap();
    has_place(&mut second, 1).await;
    let mut third = ada.begin_checkout(&mill().queue()).unwrap();
    has_place(&mut third, 2).await;
    // More than there is is refused at once, in line or not; so is a newcomer who does not wait.
    assert_eq!(ada.checkout(mill().seats(3).queue()).await.unwrap_err().code().number(), -26);
    assert!([-4, -24].contains(&ada.checkout(mill()).await.unwrap_err().code().number()));

    site.listen_again(address);
    daemon.kill9();
    let _daemon = site.start();
    timeout(DEADLINE, both.checkin()).await.unwrap().unwrap();
    // Whoever is back is served; who comes back first is not in the daemon's hands.
    let (second, third) = (granted(second).await, granted(third).await);
    assert_ne!(second.grant(), third.grant());
}

#[tokio::test]
async fn whoever_leaves_the_line_lets_the_next_go_ahead() {
    let site = Site::with_packs(&[TWO_SEATS]);
    let daemon = site.start();
    let kim = workstation(&site, daemon.address, "kim").await;
    let lee = workstation(&site, daemon.address, "lee").await;
    let both = kim.checkout(mill().seats(2)).await.unwrap();
    let mut first = lee.begin_checkout(&mill().seats(2).queue()).unwrap();
    has_place(&mut first, 1).await;
    let mut second = lee.begin_checkout(&mill().queue()).unwrap();
    has_place(&mut second, 2).await;
    drop(first);
    both.checkin().await.unwrap();
    let seat = granted(second).await;
    // One of the two is free still: nobody waits for it.
    let other = kim.checkout(mill()).await.unwrap();
    assert_ne!(seat.grant(), other.grant());
}
