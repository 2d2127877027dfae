//! Named seats at the real daemon: whose they are, how somebody proves who they are, and that a seat
//! that is taken back goes back while it is in use.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

mod hostile;
mod support;

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use client::{Admin, CheckoutOptions, Client, Error, Login, SeatState};
use names::Email;
use proto::v1;
use support::tool::{said, tool};
use support::{Daemon, Site, servers};

const TWO_NAMED: &str = "SERVER this_host HOSTID_HERE 27000\nVENDOR acmed\nUSE_SERVER\n\
    INCREMENT mill acmed 4.2 permanent 2 CONFIG_ID=11470 SEAT=NAMED PRODUCT_LINE=\"Mill\"\n";
const CPU: &str = "02aa10203099";
/// How soon a seat is back whose assignment has ended.
const SOON: Duration = Duration::from_secs(5);

/// Waits until no seat is in use, and says how long it took.
async fn free(daemon: &Daemon, since: Instant) -> Duration {
    hostile::until("the seat's return", || async {
        (hostile::in_use(daemon.address).await == 0).then(|| since.elapsed())
    })
    .await
}

fn mill() -> CheckoutOptions {
    CheckoutOptions::new("mill", "4.0")
}

async fn connect(site: &Site, daemon: &Daemon, login: Option<(&str, &str)>) -> Result<Client, Error> {
    let servers = servers(daemon.address);
    let server = servers.groups()[0][0].clone();
    let mut options = site.options("kim", "ws1", CPU);
    options.logins = login
        .map(|(email, token)| Login::new(server, Email::new(email).unwrap(), token))
        .into_iter()
        .collect();
    Client::connect(&servers, options).await
}

#[tokio::test]
async fn a_named_seat_is_used_by_whom_it_is_assigned_to_until_it_is_taken_back() {
    let site = Site::with_packs(&[TWO_NAMED]);
    let daemon = site.start();
    let said = |line: &str| said(&site, &daemon, line);
    let refused = |why: &str| {
        let (status, text) = said("run mill -- true");
        assert_eq!(status, 125, "{why}: {text}");
        assert!(text.contains("(-39)"), "{why}: {text}");
    };
    refused("it is nobody's");
    let assigned = "assign mill --to kim@example.net";
    assert_eq!(said(&format!("{assigned} --from 1-jan-2099")).0, 0);
    refused("it is nobody's yet");
    let (status, text) = said(assigned);
    assert!(status == 0 && text.starts_with("assigned: mill"), "{text}");
    refused("nobody has said who they are");

    let token = tool(&site, &daemon, "login-token kim@example.net").output().unwrap();
    assert!(token.status.success());
    site.write("token", &token.stdout);
    std::fs::set_permissions(site.path("token"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let (status, text) = said("login kim@example.net --token-file token");
    assert!(status == 0 && text.contains("are kim@example.net"), "{text}");

    let mut holding = tool(&site, &daemon, "checkout mill");
    let mut holder = holding.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(holder.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.starts_with("checked out: 1 seat of mill"), "{first}");
    let (_, text) = said("assignments");
    assert!(text.contains("kim@example.net") && text.contains(", in use"), "{text}");

    let (status, text) = said("unassign mill --from kim@example.net");
    let since = Instant::now();
    assert!(status == 0 && text.starts_with("taken back: mill"), "{text}");
    let after = free(&daemon, since).await;
    assert!(after < SOON, "{after:?}");
    let ended = holder.wait_with_output().unwrap();
    let text = String::from_utf8(ended.stderr).unwrap();
    assert!(ended.status.code() == Some(217) && text.contains("taken away"), "{text}");
    refused("it was taken back");
    assert_eq!(said(assigned).0, 0);
    assert_eq!(said("run mill -- true"), (0, String::new()));
}

#[tokio::test]
async fn an_application_that_does_not_listen_loses_its_seat_as_soon() {
    let site = Site::with_packs(&[TWO_NAMED]);
    let daemon = site.start();
    let mut admin = Admin::connect(&site.path("admin.sock")).await.unwrap();
    let (email, pool) =
        ("kim@example.net".to_owned(), hostile::status(daemon.address).await.pools.remove(0).pool);
    let from = v1::AssignRequest { pool: pool.clone(), email: email.clone(), ..Default::default() };
    admin.assign(from).await.unwrap();
    let login = v1::SetLoginRequest { email: email.clone(), remove: false };
    let token = admin.set_login(login.clone()).await.unwrap().token;

    // Whoever cannot prove it is nobody; and somebody else's is not theirs.
    for (email, token) in [("kim@example.net", "0"), ("lee@example.net", token.as_str())] {
        let refused = connect(&site, &daemon, Some((email, token))).await.unwrap_err();
        assert_eq!(refused.code().number(), -42, "{refused}");
    }
    let nobody = connect(&site, &daemon, None).await.unwrap();
    assert_eq!(nobody.checkout(mill()).await.unwrap_err().code().number(), -39);

    let kim = connect(&site, &daemon, Some((&email, &token))).await.unwrap();
    let seat = kim.checkout(mill()).await.unwrap();
    admin.unassign(v1::UnassignRequest { pool, email }).await.unwrap();
    let after = free(&daemon, Instant::now()).await;
    assert!(after < SOON, "{after:?}");
    let state = seat.state();
    assert!(matches!(&state, SeatState::Revoked { code, .. } if code.number() == -39), "{state:?}");
    assert_eq!(kim.checkout(mill()).await.unwrap_err().code().number(), -39);

    // A token that was taken away proves nothing any more.
    admin.set_login(v1::SetLoginRequest { remove: true, ..login }).await.unwrap();
    let refused = connect(&site, &daemon, Some(("kim@example.net", &token))).await.unwrap_err();
    assert_eq!(refused.code().number(), -42, "{refused}");
}
