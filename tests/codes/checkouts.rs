//! Refusals that a client is told in answer to what it asks: seats, rules, borrowing.

use std::time::Duration;

use client::{CheckoutOptions, SeatState};
use names::Wall;
use proto::v1;
use proto::v1::command::Kind;
use proto::v1::reply;
use tokio::time::timeout;

use crate::clients::the_record_of_the_clock_is_gone;
use crate::desk::{Desk, RULES, as_user, close, code, grant, one};
use crate::support::{DEADLINE, Site};

fn seats(feature: &str, seats: u32) -> v1::Checkout {
    v1::Checkout { seats, ..one(feature) }
}

fn in_hours(hours: i64) -> Wall {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Wall(i64::try_from(since.as_millis()).unwrap() + hours * 3_600_000)
}

/// One seat of a feature, offline for so many hours.
fn borrow(feature: &str, hours: i64) -> v1::Checkout {
    let proof_hash = license::proof_hash(&SECRET).to_vec().into();
    let borrow = v1::Borrow { until_ms: in_hours(hours).0, proof_hash };
    v1::Checkout { borrow: Some(borrow), ..one(feature) }
}

/// What returns the seats that are borrowed here.
const SECRET: [u8; 32] = [7; 32];

fn bring_back(grant: u64, proof: [u8; 32]) -> Kind {
    Kind::ReturnBorrowed(v1::ReturnBorrowed { grant, proof: proof.to_vec().into() })
}

pub(crate) async fn every_seat_is_taken(desk: &mut Desk) -> i32 {
    let mut kim = desk.session("kim").await;
    grant(&kim.ask_own(Kind::Checkout(seats("mill", 2))).await);
    let told = desk.refused("lee", "mill").await;
    close(kim).await;
    told
}

pub(crate) async fn nobody_licensed_the_feature(desk: &mut Desk) -> i32 {
    desk.refused("kim", "plough").await
}

pub(crate) async fn locked_to_another_workstation(desk: &mut Desk) -> i32 {
    desk.refused("kim", "locked").await
}

pub(crate) async fn the_license_has_expired(desk: &mut Desk) -> i32 {
    desk.refused("kim", "over").await
}

pub(crate) async fn the_license_has_not_begun(desk: &mut Desk) -> i32 {
    desk.refused("kim", "ahead").await
}

pub(crate) async fn a_later_version_than_is_licensed(desk: &mut Desk) -> i32 {
    let later = v1::Checkout { version: "9.0".into(), ..one("mill") };
    desk.refused_so(as_user("kim"), later).await
}

pub(crate) async fn more_seats_than_there_are(desk: &mut Desk) -> i32 {
    desk.refused_so(as_user("kim"), seats("mill", 3)).await
}

/// One of two seats is free, and lee waits for both.
pub(crate) async fn somebody_waits_for_more(desk: &mut Desk) -> i32 {
    let mut kim = desk.session("kim").await;
    grant(&kim.ask_own(Kind::Checkout(one("mill"))).await);
    let mut lee = desk.session("lee").await;
    let both = v1::Checkout { queue: true, ..seats("mill", 2) };
    let place = lee.ask_own(Kind::Checkout(both)).await;
    assert!(matches!(place.kind, Some(reply::Kind::Queued(_))), "{place:?}");
    let told = desk.refused("ada", "mill").await;
    close(lee).await;
    close(kim).await;
    told
}

pub(crate) async fn excluded_by_a_rule(desk: &mut Desk) -> i32 {
    desk.refused("lee", "lathe").await
}

pub(crate) async fn on_no_include_line(desk: &mut Desk) -> i32 {
    desk.refused("ada", "lathe").await
}

pub(crate) async fn above_a_max_line(desk: &mut Desk) -> i32 {
    desk.refused_so(as_user("osman"), seats("mill", 2)).await
}

pub(crate) async fn reserved_for_somebody_else(desk: &mut Desk) -> i32 {
    desk.refused("lee", "reserved").await
}

pub(crate) async fn user_based_without_users(desk: &mut Desk) -> i32 {
    desk.refused("kim", "listed").await
}

pub(crate) async fn too_many_connections(desk: &mut Desk) -> i32 {
    desk.rules("MAX_CONNECTIONS 1\n").await;
    let mut kim = desk.session("kim").await;
    grant(&kim.ask_own(Kind::Checkout(one("mill"))).await);
    let told = desk.refused("lee", "mill").await;
    close(kim).await;
    desk.rules(RULES).await;
    told
}

pub(crate) async fn a_suite_by_itself(desk: &mut Desk) -> i32 {
    desk.refused("kim", "cam").await
}

pub(crate) async fn in_another_time_zone(desk: &mut Desk) -> i32 {
    desk.refused_so(v1::Hello { utc_offset_min: -300, ..as_user("kim") }, one("zone")).await
}

pub(crate) async fn on_another_platform(desk: &mut Desk) -> i32 {
    desk.refused_so(v1::Hello { platform: "x64_lsb".into(), ..as_user("kim") }, one("unix")).await
}

pub(crate) async fn over_a_terminal_server(desk: &mut Desk) -> i32 {
    desk.refused_so(v1::Hello { remote: true, ..as_user("kim") }, one("view")).await
}

pub(crate) async fn a_session_that_nobody_opened(desk: &mut Desk) -> i32 {
    let mut kim = desk.session("kim").await;
    let reply = kim.ask(0x5ea7, Kind::Heartbeat(v1::Heartbeat {})).await;
    close(kim).await;
    code(&reply)
}

pub(crate) async fn a_hello_of_another_protocol(desk: &mut Desk) -> i32 {
    let reply = desk.calls.open(v1::Hello { protocol: 2, ..as_user("kim") }).await.unwrap();
    code(&reply.into_inner())
}

pub(crate) async fn colleagues_are_asked_again_at_once(desk: &mut Desk) -> i32 {
    let mut kim = desk.session("kim").await;
    let ask = || Kind::Ask(v1::Ask { feature: "mill".into() });
    let first = kim.ask_own(ask()).await;
    assert!(matches!(first.kind, Some(reply::Kind::Asked(_))), "{first:?}");
    let again = kim.ask_own(ask()).await;
    close(kim).await;
    code(&again)
}

pub(crate) async fn taken_away_by_the_administrator(desk: &mut Desk) -> i32 {
    let kim = desk.client("kim").await;
    let mut seat = kim.checkout(CheckoutOptions::new("mill", "4.0")).await.unwrap();
    let revoked = desk.admin.revoke(v1::RevokeRequest { grant: seat.grant().0 }).await.unwrap();
    assert_eq!(revoked.revoked, 1);
    let state = timeout(DEADLINE, seat.changed()).await.expect("its user is told");
    let SeatState::Revoked { code, .. } = state else { panic!("{state:?}") };
    kim.close().await.unwrap();
    code.number()
}

pub(crate) async fn not_to_be_borrowed(desk: &mut Desk) -> i32 {
    desk.refused_so(as_user("kim"), borrow("lathe", 1)).await
}

pub(crate) async fn borrow_lowwater_keeps_the_seats(desk: &mut Desk) -> i32 {
    desk.refused_so(as_user("kim"), borrow("lent", 1)).await
}

pub(crate) async fn borrowed_for_longer_than_is_licensed(desk: &mut Desk) -> i32 {
    desk.refused_so(as_user("kim"), borrow("mill", 73)).await
}

pub(crate) async fn borrowed_until_a_time_that_has_passed(desk: &mut Desk) -> i32 {
    desk.refused_so(as_user("kim"), borrow("mill", -1)).await
}

pub(crate) async fn returned_with_another_secret(desk: &mut Desk) -> i32 {
    let mut kim = desk.session("kim").await;
    let lent = grant(&kim.ask_own(Kind::Checkout(borrow("mill", 1))).await);
    let told = code(&kim.ask_own(bring_back(lent, [8; 32])).await);
    let back = kim.ask_own(bring_back(lent, SECRET)).await;
    assert!(matches!(back.kind, Some(reply::Kind::Returned(_))), "{back:?}");
    close(kim).await;
    told
}

pub(crate) async fn lost_without_borrow_lost_ok(desk: &mut Desk) -> i32 {
    let mut kim = desk.session("kim").await;
    let lent = grant(&kim.ask_own(Kind::Checkout(borrow("mill", 1))).await);
    let lost = v1::ReturnBorrowedRequest { grant: lent, lost: true, ..Default::default() };
    let refused = desk.admin.return_borrowed(lost).await.unwrap_err();
    kim.ask_own(bring_back(lent, SECRET)).await;
    close(kim).await;
    refused.code().number()
}

pub(crate) async fn a_borrowed_seat_that_nobody_knows(desk: &mut Desk) -> i32 {
    let lost = v1::ReturnBorrowedRequest { grant: 0x5ea7, lost: true, ..Default::default() };
    desk.admin.return_borrowed(lost).await.unwrap_err().code().number()
}

/// A daemon of its own: what lingers would be in the way of the next case.
pub(crate) async fn a_lingering_seat_is_not_removed(_: &mut Desk) -> i32 {
    let pack = "SERVER this_host HOSTID_HERE 27000\nVENDOR acmed\nUSE_SERVER\n\
                INCREMENT mill acmed 4.2 permanent 1 CONFIG_ID=1 SEAT=FLOATING LINGER=600\n";
    let mut desk = Desk::at(Site::with_packs(&[pack])).await;
    let mut kim = desk.session("kim").await;
    let seat = grant(&kim.ask_own(Kind::Checkout(one("mill"))).await);
    kim.ask_own(Kind::Checkin(v1::Checkin { grant: seat })).await;
    desk.admin.revoke(v1::RevokeRequest { grant: seat }).await.unwrap_err().code().number()
}

pub(crate) async fn lmdown_while_a_seat_is_borrowed(desk: &mut Desk) -> i32 {
    let mut kim = desk.session("kim").await;
    let lent = grant(&kim.ask_own(Kind::Checkout(borrow("mill", 1))).await);
    let refused = desk.admin.stop(v1::StopRequest::default()).await.unwrap_err();
    kim.ask_own(bring_back(lent, SECRET)).await;
    close(kim).await;
    refused.code().number()
}

/// A daemon of its own, whose clock is ten days behind what it has shown; and the SDK, of a borrowed seat.
pub(crate) async fn the_clock_was_set_back(desk: &mut Desk) -> i32 {
    let pack = "SERVER this_host HOSTID_HERE 27000\nVENDOR acmed\nUSE_SERVER\n\
                INCREMENT mill acmed 4.2 31-dec-2099 1 CONFIG_ID=1 SEAT=FLOATING\n";
    let site = Site::with_packs(&[pack]);
    site.clock_was_ahead(Duration::from_secs(10 * 86_400));
    let told = Desk::at(site).await.refused("kim", "mill").await;
    assert_eq!(told, the_record_of_the_clock_is_gone(desk).await);
    told
}
