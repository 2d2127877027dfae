//! Files read again at the real daemon, and what the new engine serves to clients that verify it: rules
//! that count, packages, seats that are taken away.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

mod support;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use client::{Admin, CheckoutOptions, Client, Error, Seat, SeatState};
use license::{SecretKey, SignOptions, Source};
use names::{CpuId, PackNumber, Vendor};
use proto::v1;
use proto::v1::seats_client::SeatsClient;
use support::{CPU_ID, DEADLINE, Daemon, Site, servers};
use tokio::time::timeout;

const HEAD: &str = "SERVER this_host HOSTID_HERE 27000\nVENDOR acmed\nUSE_SERVER\n";
const FOUR: &str = "INCREMENT mill acmed 4.2 permanent 4 CONFIG_ID=11470 SEAT=FLOATING\n";
const LATHE: &str = "INCREMENT lathe acmed 3.0 permanent 1 CONFIG_ID=11471 SEAT=FLOATING\n";

async fn connect(site: &Site, daemon: &Daemon, user: &str) -> Client {
    let options = site.options(user, &format!("ws-{user}"), "02aa10203099");
    Client::connect(&servers(daemon.address), options).await.unwrap()
}

async fn reread(site: &Site, drop: bool) -> v1::RereadReply {
    let mut admin = Admin::connect(&site.path("admin.sock")).await.unwrap();
    admin.reread(v1::RereadRequest { drop, dry_run: false }).await.unwrap()
}

async fn code(client: &Client, feature: &str, seats: u64) -> i32 {
    match client.checkout(CheckoutOptions::new(feature, "1.0").seats(seats)).await {
        Ok(_) => 0,
        Err(Error::Denied { code, .. }) => code.number(),
        Err(other) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_options_file_that_is_read_again_counts_and_a_bad_one_changes_nothing() {
    let site = Site::with_packs(&[&format!("{HEAD}{FOUR}")]);
    site.write("licenses/acmed.opt", b"GROUP cad kim\n");
    let daemon = site.start();
    let (kim, lee) = (connect(&site, &daemon, "kim").await, connect(&site, &daemon, "lee").await);
    let held = lee.checkout(CheckoutOptions::new("mill", "1.0")).await.unwrap();
    site.write("licenses/acmed.opt", b"GROUP cad kim\nRESERVE 2 mill GROUP cad\nMAX 2 mill USER lee\n");
    let told = reread(&site, false).await;
    assert!(told.in_force, "{told:?}");
    // One is held, two are kept for cad, and lee's own seat counts for the MAX line.
    assert_eq!(code(&lee, "mill", 3).await, -87);
    let ada = connect(&site, &daemon, "ada").await;
    assert_eq!(code(&ada, "mill", 2).await, -101);
    assert_eq!(code(&kim, "mill", 3).await, 0);
    site.write("licenses/acmed.opt", b"EXCLUDE mill USR lee\n");
    let told = reread(&site, false).await;
    assert!(!told.in_force && told.findings.iter().any(|line| line.contains("`USR` is no type")), "{told:?}");
    assert_eq!(code(&ada, "mill", 2).await, -101, "the rules of before are in force");
    assert!(matches!(held.state(), SeatState::Granted));
}

#[tokio::test]
async fn seats_that_are_not_licensed_any_more_are_kept_and_dropped_when_asked() {
    let site = Site::with_packs(&[&format!("{HEAD}{FOUR}{LATHE}")]);
    let daemon = site.start();
    let kim = connect(&site, &daemon, "kim").await;
    let mut seat = kim.checkout(CheckoutOptions::new("lathe", "1.0")).await.unwrap();
    let file = std::fs::read_dir(site.path("licenses")).unwrap().next().unwrap().unwrap().path();
    let pack = site.sign("P-9", &format!("{HEAD}{FOUR}"));
    site.write(&format!("licenses/{}", file.file_name().unwrap().to_str().unwrap()), &pack);
    let told = reread(&site, false).await;
    assert!(told.in_force && told.dropped == 0, "{told:?}");
    assert!(matches!(seat.state(), SeatState::Granted), "{:?}", seat.state());
    let lee = connect(&site, &daemon, "lee").await;
    assert_eq!(code(&lee, "lathe", 1).await, -5, "nobody is given one any more");
    let told = reread(&site, true).await;
    assert_eq!(told.dropped, 1, "{told:?}");
    let state = timeout(DEADLINE, seat.changed()).await.expect("its user is told");
    assert!(matches!(&state, SeatState::Revoked { code, .. } if code.number() == -92), "{state:?}");
}

#[tokio::test]
async fn a_component_is_proved_by_two_lines_and_takes_a_seat_of_its_suite() {
    let package = "PACKAGE cam acmed 1.0 COMPONENTS=\"mill2d post\" OPTIONS=SUITE\n\
                   INCREMENT cam acmed 1.0 permanent 1 CONFIG_ID=11472 SEAT=FLOATING SUITE_DUP_GROUP=U\n";
    let site = Site::with_packs(&[&format!("{HEAD}{package}")]);
    let daemon = site.start();
    let (kim, lee) = (connect(&site, &daemon, "kim").await, connect(&site, &daemon, "lee").await);
    let _mill2d = kim.checkout(CheckoutOptions::new("mill2d", "1.0")).await.unwrap();
    let _post = kim.checkout(CheckoutOptions::new("post", "1.0")).await.unwrap();
    assert_eq!(code(&lee, "post", 1).await, -4, "kim has the one suite");
    assert_eq!(code(&lee, "cam", 1).await, -125, "a suite is not checked out by itself");
}

/// A pack of another vendor, for the site's host.
fn of_another_vendor(site: &Site, key: &SecretKey) -> Vec<u8> {
    let pack = format!("{HEAD}{LATHE}").replace("acmed", "borealis");
    let options = SignOptions {
        host_key: Some(site.host().clone()),
        host_ids: Some(vec![CpuId::new(CPU_ID).unwrap()]),
        ..SignOptions::new(PackNumber::new("B-1").unwrap())
    };
    license::sign_pack(&Source::new("B-1", pack.as_bytes()), key, &options).unwrap()
}

#[tokio::test]
async fn a_key_that_served_nothing_at_the_start_is_not_served_before_a_restart() {
    // One daemon at a time serves a key on this machine, and the test may run twice.
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).unwrap();
    let key = SecretKey::for_vendor(Vendor::new("borealis").unwrap(), seed);
    let vendor = format!("[[vendor]]\nname = \"borealis\"\nkeys = [\"{}\"]\n", key.public());
    let site = Site::with_packs(&[&format!("{HEAD}{FOUR}")]).configure(&vendor);
    let daemon = site.start();
    let kim = connect(&site, &daemon, "kim").await;
    let held = kim.checkout(CheckoutOptions::new("mill", "1.0")).await.unwrap();
    site.write("licenses/pack-1.lic", &of_another_vendor(&site, &key));
    let pack = site.path("licenses/pack-1.lic");
    for dry_run in [true, false] {
        let mut admin = Admin::connect(&site.path("admin.sock")).await.unwrap();
        let told = admin.reread(v1::RereadRequest { drop: true, dry_run }).await.unwrap();
        assert!(!told.in_force && told.changes.is_empty() && told.dropped == 0, "{told:?}");
        let said = told.findings.join("\n");
        let place = format!("{}:4: error: it is signed with the key {},", pack.display(), key.public().id());
        assert!(said.contains(&place) && said.contains("(-18)"), "{said}");
        assert!(said.contains("help: restart the daemon to serve it here"), "{said}");
    }
    assert_eq!(code(&kim, "lathe", 1).await, -5, "nothing has changed");
    assert!(matches!(held.state(), SeatState::Granted));

    kim.close().await.unwrap();
    assert!(daemon.terminate().success());
    let daemon = site.start();
    let at = format!("http://{}", daemon.address);
    let mut calls = SeatsClient::connect(at).await.unwrap();
    let pools = calls.status(v1::StatusRequest::default()).await.unwrap().into_inner().pools;
    assert!(pools.iter().any(|pool| pool.pool.as_ref().unwrap().vendor == "borealis"), "{pools:?}");
}

#[test]
fn a_dry_run_lists_pools_and_rules_with_an_exit_status_for_scripts_and_changes_nothing() {
    let site = Site::with_packs(&[&format!("{HEAD}{FOUR}")]);
    site.write("licenses/acmed.opt", b"GROUP cad kim\nINCLUDE mill GROUP cad\nMAX 2 mill USER lee\n");
    let daemon = site.start();
    let lmreread = |flags: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_seatkeeper"));
        let out = command.arg("lmreread").args(flags).arg("--socket").arg(site.path("admin.sock"));
        let out = out.output().unwrap();
        let text = [out.stdout, out.stderr].concat();
        (out.status.code().unwrap(), String::from_utf8(text).unwrap())
    };
    let (status, text) = lmreread(&["--dry-run"]);
    assert!(status == 0 && text.contains("nothing changes\nnothing was changed: --dry-run\n"), "{text}");
    site.write("licenses/acmed.opt", b"GROUP cad kim ada\nMAX 2 mill USER lee\nRESERVE 1 mill GROUP cad\n");
    let rules = "options file of acmed: removed, line 2: `INCLUDE mill GROUP cad`\n\
                 options file of acmed: added, line 3: `RESERVE 1 mill GROUP cad`\n\
                 options file of acmed: GROUP cad with ada\n";
    for _ in 0..2 {
        let (status, text) = lmreread(&["--dry-run"]);
        assert!(status == 1 && text.contains(&format!("{rules}nothing was changed")), "{status} {text}");
    }
    let (status, text) = lmreread(&[]);
    assert!(status == 0 && text.contains(&format!("{rules}the license and options files are")), "{text}");
    assert_eq!(lmreread(&["--dry-run"]).0, 0, "it is in force");
    // A pool with the rules, and then a file with an error.
    site.write("licenses/pack-0.lic", &site.sign("P-7", &format!("{HEAD}{FOUR}{LATHE}")));
    let (status, text) = lmreread(&["--dry-run"]);
    assert!(status == 1 && text.contains("lathe") && text.contains("new, 1 seats"), "{status} {text}");
    site.write("licenses/acmed.opt", b"EXCLUD mill USER kim\n");
    for flags in [&["--dry-run"][..], &[]] {
        let (status, text) = lmreread(flags);
        assert!(status == 254 && text.contains("did you mean EXCLUDE"), "{status} {text}");
        assert!(!text.contains("nothing changes"), "{text}");
    }
    drop(daemon);
}

/// Features that are held, and who holds how many seats of them, one by one.
const HELD: [&str; 3] = ["mill", "lathe", "post"];
const HOLDERS: usize = 12;
const SEATS_EACH: usize = 25;
const REREADS: usize = 16;

/// The files for the `k`th time: other counts, and rules that come and go.
fn changed(site: &Site, k: usize) {
    let mut pack = HEAD.to_owned();
    let mut options = "GROUP cad user0 user1 user2 user3 load0\nEXCLUDE post USER osman\n".to_owned();
    for (n, feature) in HELD.iter().enumerate() {
        let seats = 400 + 10 * (k % 3);
        pack.push_str(&format!(
            "INCREMENT {feature} acmed 4.2 permanent {seats} CONFIG_ID={} SEAT=FLOATING\n",
            11_470 + n
        ));
        options.push_str(&format!("RESERVE {} {feature} GROUP cad\n", 20 + 5 * (k % 4)));
        if k % 2 == 1 {
            options.push_str(&format!("MAX 390 {feature} ALL_USERS\n"));
        }
    }
    site.write("licenses/pack-0.lic", &site.sign("P-0", &pack));
    site.write("licenses/acmed.opt", options.as_bytes());
}

/// Checks out and in until it is told to stop; gives how many grants it had, each by its number.
fn load(site: &Site, at: SocketAddr, n: usize, stop: &AtomicBool) -> Vec<u64> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let options = site.options(&format!("load{n}"), "ws-load", "02aa10203098");
        let client = Client::connect(&servers(at), options).await.unwrap();
        let mut grants = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            let feature = HELD[(grants.len() + n) % HELD.len()];
            let seat = client.checkout(CheckoutOptions::new(feature, "1.0")).await.unwrap();
            grants.push(seat.grant().0);
            seat.checkin().await.unwrap();
        }
        grants
    })
}

/// Every grant that is shown, with its feature; and the seats that the pools are charged for.
async fn shown(at: SocketAddr) -> (BTreeMap<u64, String>, u32) {
    let mut calls = SeatsClient::connect(format!("http://{at}")).await.unwrap();
    let report = calls.status(v1::StatusRequest::default()).await.unwrap().into_inner();
    let in_use = report.pools.iter().map(|pool| pool.in_use).sum();
    let mut grants = BTreeMap::new();
    for pool in report.pools {
        let feature = pool.pool.unwrap().feature;
        for holder in pool.holders {
            assert!(grants.insert(holder.grant, feature.clone()).is_none(), "a grant is shown twice");
        }
    }
    (grants, in_use)
}

#[tokio::test]
async fn no_seat_is_lost_or_double_while_files_are_read_again_and_others_check_out() {
    let site = Site::with_packs(&[&format!("{HEAD}{FOUR}")]);
    changed(&site, 0);
    let daemon = site.start();
    let mut clients = Vec::new();
    let mut held: Vec<Seat> = Vec::new();
    for n in 0..HOLDERS {
        let client = connect(&site, &daemon, &format!("user{n}")).await;
        for at in 0..SEATS_EACH {
            let feature = HELD[(n + at) % HELD.len()];
            held.push(client.checkout(CheckoutOptions::new(feature, "1.0")).await.unwrap());
        }
        clients.push(client);
    }
    let stop = AtomicBool::new(false);
    let granted: Vec<Vec<u64>> = std::thread::scope(|threads| {
        let (site, stop, at) = (&site, &stop, daemon.address);
        let loads: Vec<_> = (0..3).map(|n| threads.spawn(move || load(site, at, n, stop))).collect();
        let rereads = threads.spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            for k in 1..=REREADS {
                changed(site, k);
                let told = runtime.block_on(reread(site, false));
                assert!(told.in_force && !told.changes.is_empty(), "{told:?}");
            }
        });
        let reread = rereads.join();
        stop.store(true, Ordering::Relaxed);
        let granted = loads.into_iter().map(|load| load.join().unwrap()).collect();
        reread.unwrap();
        granted
    });
    let mut all: Vec<u64> = granted.concat();
    all.extend(held.iter().map(|seat| seat.grant().0));
    let many = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), many, "a grant was made twice");
    assert!(granted.iter().all(|grants| !grants.is_empty()), "nobody checked out meanwhile");
    assert!(held.iter().all(|seat| seat.state() == SeatState::Granted), "a seat was taken away");
    let own: BTreeMap<u64, String> =
        held.iter().map(|seat| (seat.grant().0, seat.pool().feature().to_string())).collect();
    assert_eq!(shown(daemon.address).await, (own.clone(), own.len() as u32));
    // And the journal says the same.
    daemon.kill9();
    let daemon = site.start();
    assert_eq!(shown(daemon.address).await, (own.clone(), own.len() as u32), "after a crash");
}
