//! The example packs against the real daemon and the SDK: every seat of them, and not one more; and
//! packs that were altered, are another machine's, or are past their date.

#![allow(clippy::unwrap_used, reason = "what is not as it must be fails the test")]

mod support;

use std::net::SocketAddr;

use client::{CheckoutOptions, Client, Error, Options, Seat, SeatState, TrustPolicy};
use daemon::{Config, Licenses};
use license::SecretKey;
use names::{Code, CpuId, Vendor};
use proto::v1;
use proto::v1::seats_client::SeatsClient;
use support::{CPU_ID, Daemon, FLOATING, Site, VENDOR, servers};

const PACKAGE: &str = include_str!("../examples/packs/f3-package.lic");
const MODULES: &str = include_str!("../examples/packs/f4-modules.lic");
const LOCKED: &str = include_str!("../examples/packs/l2-locked.lic");
const UPGRADE: &str = include_str!("../examples/packs/u1-upgrade.lic");
const TWO_CONFIGURATIONS: &str = include_str!("../examples/packs/r1-two-configurations.lic");

/// A workstation without a license of its own.
const ELSEWHERE: &str = "02aa10209999";

async fn connect(daemon: &Daemon, options: Options) -> Client {
    Client::connect(&servers(daemon.address), options).await.unwrap()
}

fn one(feature: &str) -> CheckoutOptions {
    CheckoutOptions::new(feature, "20.0")
}

/// The code of a denial, and its words.
async fn denied(client: &Client, checkout: CheckoutOptions) -> (i32, String) {
    match client.checkout(checkout).await {
        Err(Error::Denied { code, message, .. }) => (code.number(), message),
        other => panic!("{other:?}"),
    }
}

async fn take(client: &Client, n: usize, checkout: CheckoutOptions) -> Vec<Seat> {
    let mut seats = Vec::new();
    for _ in 0..n {
        seats.push(client.checkout(checkout.clone()).await.unwrap());
    }
    seats
}

async fn pools(at: SocketAddr) -> Vec<v1::PoolStatus> {
    let mut calls = SeatsClient::connect(format!("http://{at}")).await.unwrap();
    calls.status(v1::StatusRequest::default()).await.unwrap().into_inner().pools
}

#[tokio::test]
async fn f1_f3_f4_are_checked_out_to_the_last_seat_and_the_next_names_the_holders() {
    let modules = [("PROSHEETMETAL", 3), ("PROCABLING", 5), ("PROMESH", 6)];
    let package = ["PROENGINEER", "PROPDM", "PROINTRALINK", "PROFLYTHROUGH"].map(|feature| (feature, 10));
    for (pack, features) in [(FLOATING, &[("PROENGINEER", 10)][..]), (PACKAGE, &package), (MODULES, &modules)]
    {
        let site = Site::with_packs(&[pack]);
        let daemon = site.start();
        let kim = connect(&daemon, site.options("kim", "ws1", ELSEWHERE)).await;
        let lee = connect(&daemon, site.options("lee", "ws2", ELSEWHERE)).await;
        for (feature, seats) in features {
            let mut held = take(&kim, seats - 1, one(feature)).await;
            held.extend(take(&lee, 1, one(feature)).await);
            for client in [&kim, &lee] {
                let (code, words) = denied(client, one(feature)).await;
                assert_eq!(code, -4, "{feature}: {words}");
                assert!(words.contains(&format!("{seats} of {seats} seats of {feature}")), "{words}");
                assert!(words.contains("kim@ws1"), "{words}");
                assert!(words.contains("lee@ws2") || *seats > 8, "{words}");
            }
            // One comes back, and is to be had again, once.
            held.pop().unwrap().checkin().await.unwrap();
            held.extend(take(&kim, 1, one(feature)).await);
            assert_eq!(denied(&lee, one(feature)).await.0, -4);
            // More than there are for anybody; a version that is not licensed; nothing of that name.
            assert_eq!(denied(&lee, one(feature).seats(*seats as u64 + 1)).await.0, -26);
            assert_eq!(denied(&lee, CheckoutOptions::new(feature, "20.1")).await.0, -25);
            assert_eq!(denied(&lee, one(feature).vendor("other")).await.0, -5);
            assert_eq!(denied(&lee, one(feature).config("1")).await.0, -5);
            for seat in held {
                seat.checkin().await.unwrap();
            }
        }
        let (code, words) = denied(&lee, one("NOTHING")).await;
        assert_eq!(code, -5);
        assert!(words.contains("NOTHING"), "{words}");
        assert!(pools(daemon.address).await.iter().all(|pool| pool.in_use == 0));
    }
}

#[tokio::test]
async fn l2_each_workstation_has_its_seat_and_no_other_has_one() {
    let site = Site::with_packs(&[LOCKED]);
    let daemon = site.start();
    let (mut held, mut clients) = (Vec::new(), Vec::new());
    for n in 1..=8 {
        let own = connect(&daemon, site.options("kim", &format!("ws{n}"), &format!("02aa1020000{n}"))).await;
        let seats = take(&own, 1, one("PROENGINEER")).await;
        assert_eq!(seats[0].pool().cpu().as_str(), format!("02aa1020000{n}"));
        // Processes of one workstation share its seat; two seats it never has.
        let beside =
            connect(&daemon, site.options("lee", &format!("ws{n}"), &format!("02aa1020000{n}"))).await;
        held.extend(take(&beside, 1, one("PROENGINEER")).await);
        assert_eq!(denied(&beside, one("PROENGINEER").seats(2)).await.0, -26);
        held.extend(seats);
        assert!(held.iter().all(|seat| seat.state() == SeatState::Granted));
        clients.extend([own, beside]);
    }
    let pools = pools(daemon.address).await;
    assert_eq!(pools.len(), 8);
    assert!(pools.iter().all(|pool| (pool.locked, pool.capacity, pool.in_use) == (true, 1, 1)), "{pools:?}");
    for cpu in [ELSEWHERE, CPU_ID] {
        let other = connect(&daemon, site.options("max", "ws9", cpu)).await;
        let (code, words) = denied(&other, one("PROENGINEER")).await;
        assert_eq!(code, -9, "{words}");
        assert!(words.contains(cpu), "{words}");
    }
}

#[tokio::test]
async fn an_upgrade_serves_seats_of_both_versions_and_no_more_than_were_sold() {
    let site = Site::with_packs(&[UPGRADE]);
    let daemon = site.start();
    let kim = connect(&daemon, site.options("kim", "ws1", ELSEWHERE)).await;
    // Who needs the new version finds six; the SDK has verified the UPGRADE line behind each.
    let new = take(&kim, 6, CheckoutOptions::new("PROENGINEER", "21.0")).await;
    assert_eq!(denied(&kim, CheckoutOptions::new("PROENGINEER", "21.0")).await.0, -4);
    let old = take(&kim, 4, one("PROENGINEER")).await;
    let (code, words) = denied(&kim, one("PROENGINEER")).await;
    assert_eq!(code, -4, "{words}");
    // Who needs the old version is given of the earlier pool first.
    for seat in new.into_iter().chain(old) {
        seat.checkin().await.unwrap();
    }
    let seat = take(&kim, 1, one("PROENGINEER")).await;
    assert!(seat[0].pool().pooling().contains("VERSION=20"), "{:?}", seat[0].pool());
}

#[tokio::test]
async fn r1_two_configurations_of_one_feature_are_filled_apart() {
    let site = Site::with_packs(&[TWO_CONFIGURATIONS]);
    let daemon = site.start();
    let kim = connect(&daemon, site.options("kim", "ws1", ELSEWHERE)).await;
    let (a, b) = (one("PROENGINEER").config("81001"), one("PROENGINEER").config("81002"));
    let first = take(&kim, 2, a.clone()).await;
    assert!(first.iter().all(|seat| seat.pool().config().to_string() == "81001"));
    let (code, words) = denied(&kim, a.clone()).await;
    assert_eq!(code, -4);
    assert!(words.contains("81001") && !words.contains("81002"), "{words}");
    // Who names none is given of the other.
    let second = take(&kim, 1, one("PROENGINEER")).await;
    assert_eq!(second[0].pool().config().to_string(), "81002");
    let shown = pools(daemon.address).await;
    let shown: Vec<_> = shown
        .iter()
        .map(|p| (p.pool.as_ref().unwrap().config_id.as_str(), p.capacity, p.in_use, p.holders.len()))
        .collect();
    assert_eq!(shown, [("81001", 2, 2, 2), ("81002", 2, 1, 1)]);
    let third = take(&kim, 1, b.clone()).await;
    for checkout in [a, b, one("PROENGINEER")] {
        assert_eq!(denied(&kim, checkout).await.0, -4);
    }
    // Two seats are never made of one here and one there.
    drop(third);
    assert_eq!(denied(&kim, one("PROENGINEER").seats(2)).await.0, -4);
}

#[tokio::test]
async fn an_application_that_trusts_another_key_refuses_the_daemon() {
    let site = Site::new();
    let daemon = site.start();
    let other = SecretKey::for_vendor(Vendor::new(VENDOR).unwrap(), [5; 32]).public().to_string();
    let own = site.vendor().public().to_string();
    for (vendor, key) in [(VENDOR, other.as_str()), ("other", own.as_str())] {
        let mut options = site.options("kim", "ws1", ELSEWHERE);
        options.trust = TrustPolicy::vendor(vendor, key).unwrap();
        let client = connect(&daemon, options).await;
        let refused = client.checkout(one("PROENGINEER")).await.unwrap_err();
        assert!(matches!(refused, Error::Unproved { code: Code::BadSignature, .. }), "{refused:?}");
        client.close().await.unwrap();
        // It keeps no seat that it would not use.
        assert_eq!(pools(daemon.address).await[0].in_use, 0);
    }
}

#[tokio::test]
async fn a_pack_past_its_date_or_before_it_is_told_at_the_checkout() {
    let on = |word: &str, to: &str| FLOATING.replace(word, to);
    for (pack, code) in [
        (on("permanent", "1-jan-2020"), -10),
        (on("CONFIG_ID=11470", "CONFIG_ID=11470 START=1-jan-2990"), -31),
        (on("permanent", "31-dec-2990"), 0),
    ] {
        let site = Site::with_packs(&[&pack]);
        let daemon = site.start();
        let kim = connect(&daemon, site.options("kim", "ws1", ELSEWHERE)).await;
        if code == 0 {
            take(&kim, 1, one("PROENGINEER")).await;
        } else {
            assert_eq!(denied(&kim, one("PROENGINEER")).await.0, code);
        }
    }
}

/// What a license file with these bytes gives this host.
fn read(site: &Site, bytes: &[u8], strict: bool) -> Result<Licenses, String> {
    site.write("licenses/pack-0.lic", bytes);
    let mut config = Config::read(&site.path("seatkeeperd.toml")).unwrap();
    config.strict = strict;
    Licenses::read(&config, &[CpuId::new(CPU_ID).unwrap()]).map_err(|e| e.to_string())
}

#[test]
fn a_pack_altered_by_any_byte_gives_the_same_seats_or_is_refused() {
    for pack in [FLOATING, MODULES, LOCKED, TWO_CONFIGURATIONS] {
        let site = Site::with_packs(&[pack]);
        let good = std::fs::read(site.path("licenses/pack-0.lic")).unwrap();
        let seats = |licenses: &Licenses| {
            let lines = licenses.loaded.entitlements.iter();
            lines.map(|l| (l.feature.clone(), l.config.clone(), l.line.clone())).collect::<Vec<_>>()
        };
        let all = seats(&read(&site, &good, true).unwrap());
        let (mut refused, mut same) = (0, 0);
        for at in 0..good.len() {
            let mut altered = good.clone();
            altered[at] ^= [0x01, 0x20, 0x80][at % 3];
            match read(&site, &altered, false) {
                Err(why) => {
                    let codes = ["(-8)", "(-2)", "(-90)", "(-11)", "(-94)", "(-114)", "(-13)", "(-9)"];
                    assert!(codes.iter().any(|code| why.contains(code)), "byte {at}: {why}");
                    refused += 1;
                }
                // A line that only adds may be left out, and is named; nothing is changed.
                Ok(read) => {
                    let left = seats(&read);
                    assert!(left.iter().all(|line| all.contains(line)), "byte {at} changed what is given");
                    let is_named = left.len() == all.len() || !read.loaded.diagnostics.is_empty();
                    assert!(is_named, "byte {at} took a line away silently");
                    if left.len() == all.len() { same += 1 } else { refused += 1 }
                }
            }
        }
        // Blanks, comments and the letters' case of names are not signed.
        assert!(refused > same, "{refused} refused, {same} the same");
    }
}

#[test]
fn what_the_daemon_says_of_an_altered_pack_has_its_place_and_code() {
    let site = Site::new();
    let good = String::from_utf8(std::fs::read(site.path("licenses/pack-0.lic")).unwrap()).unwrap();
    for (from, to, words) in [
        (" 10 CONFIG", " 11 CONFIG", "(-8)"),
        ("20.0", "21.0", "(-8)"),
        ("permanent", "permanenu", "(-"),
        ("11470", "11471", "(-8)"),
        ("FLOATING", "FLOATINH", "(-"),
        ("INCREMENT", "INCREMENU", "(-90)"),
        (CPU_ID, "02aa10203041", "(-8)"),
        ("Example Works", "Example Worms", "(-8)"),
    ] {
        let altered = good.replacen(from, to, 1);
        assert_ne!(altered, good, "{from}");
        let why = read(&site, altered.as_bytes(), false).unwrap_err();
        assert!(why.contains(words) && why.contains("pack-0.lic:") && why.contains("help: "), "{why}");
    }
}
