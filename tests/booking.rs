//! Bookings at the real daemon: a job that was booked for does not fail for a seat.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

mod support;

use std::time::Duration;

use client::{CheckoutOptions, Client};
use support::{DEADLINE, Site, servers};

const TWO_SEATS: &str = "SERVER this_host HOSTID_HERE 27000\nVENDOR acmed\nUSE_SERVER\n\
    INCREMENT mill acmed 4.2 permanent 2 CONFIG_ID=11470 SEAT=FLOATING PRODUCT_LINE=\"Mill\"\n";

fn mill() -> CheckoutOptions {
    CheckoutOptions::new("mill", "4.0")
}

async fn workstation(site: &Site, at: std::net::SocketAddr, user: &str) -> Client {
    Client::connect(&servers(at), site.options(user, "ws1", "02aa10203099")).await.unwrap()
}

#[tokio::test]
async fn a_job_takes_what_was_booked_for_it_and_nobody_else_does() {
    let site = Site::with_packs(&[TWO_SEATS]);
    let daemon = site.start();
    let kim = workstation(&site, daemon.address, "kim").await;
    let lee = workstation(&site, daemon.address, "lee").await;
    let booking = kim.book(&mill().seats(2), "1234", Duration::from_secs(600)).await.unwrap();
    assert_eq!(booking.seats.get(), 2);
    assert_eq!(lee.checkout(mill()).await.unwrap_err().code().number(), -4);
    let seat = kim.checkout(mill().seats(2).job("1234")).await.unwrap();
    assert_eq!(lee.checkout(mill()).await.unwrap_err().code().number(), -4);
    seat.checkin().await.unwrap();
    lee.checkout(mill().seats(2)).await.unwrap().checkin().await.unwrap();
}

#[tokio::test]
async fn a_booking_is_given_back_or_ends_by_itself() {
    let site = Site::with_packs(&[TWO_SEATS]);
    let daemon = site.start();
    let kim = workstation(&site, daemon.address, "kim").await;
    let lee = workstation(&site, daemon.address, "lee").await;
    let booking = kim.book(&mill().seats(2), "1234", Duration::from_secs(600)).await.unwrap();
    assert!(lee.checkout(mill()).await.is_err());
    kim.unbook(booking.grant).await.unwrap();
    lee.checkout(mill().seats(2)).await.unwrap().checkin().await.unwrap();
    // It needs no session, and is free at its time.
    kim.book(&mill().seats(2), "1235", Duration::from_secs(1)).await.unwrap();
    kim.close().await.unwrap();
    assert!(lee.checkout(mill()).await.is_err());
    let waits = lee.checkout(mill().seats(2).queue());
    tokio::time::timeout(DEADLINE, waits).await.expect("it is free in time").unwrap();
}
