//! Options files against the real daemon: who is excluded and included, where the file is found, what
//! refuses the start, and what is said of keywords that are not held.

#![allow(clippy::unwrap_used, reason = "what is not as it must be fails the test")]

mod support;

use std::process::Output;

use client::{CheckoutOptions, Client, Error};
use support::{Daemon, Site, servers};

const ELSEWHERE: &str = "02aa10209999";

/// A site with this options file beside its license file, which has two versions of a product.
fn site(options: &str) -> Site {
    let pack = "SERVER this_host HOSTID_HERE\nVENDOR acmed\nUSE_SERVER\n\
                INCREMENT PROENGINEER acmed 20.0 permanent 1 CONFIG_ID=1 SEAT=FLOATING\n\
                INCREMENT PROENGINEER acmed 21.0 permanent 1 CONFIG_ID=2 SEAT=FLOATING\n";
    let site = Site::with_packs(&[pack]);
    site.write("licenses/acmed.opt", options.as_bytes());
    site
}

async fn connect(site: &Site, daemon: &Daemon, user: &str, host: &str) -> Client {
    Client::connect(&servers(daemon.address), site.options(user, host, ELSEWHERE)).await.unwrap()
}

/// The code of a checkout that is denied, and its words.
async fn denied(client: &Client) -> (i32, String) {
    match client.checkout(CheckoutOptions::new("PROENGINEER", "20.0")).await {
        Err(Error::Denied { code, message, .. }) => (code.number(), message),
        other => panic!("{other:?}"),
    }
}

/// What the daemon says that does not start.
fn refused(site: &Site) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = site.command().output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

#[tokio::test]
async fn an_excluded_user_gets_38_with_file_and_line_and_an_included_one_is_served() {
    let site = site(
        "# who may use what\nGROUP cad kim lee\nEXCLUDE PROENGINEER USER max\nINCLUDE PROENGINEER GROUP cad\n\
         EXCLUDE PROENGINEER:VERSION=20 USER kim\n",
    );
    let place = site.path("licenses/acmed.opt").display().to_string();
    let daemon = site.start();
    let max = connect(&site, &daemon, "max", "ws1").await;
    let (code, words) = denied(&max).await;
    assert_eq!(code, -38);
    let rule = format!("max@ws1 is excluded from PROENGINEER by {place}:3: `EXCLUDE PROENGINEER USER max`");
    assert!(words.contains("EXCLUDE list") && words.contains(&rule), "{words}");
    let eva = connect(&site, &daemon, "eva", "ws2").await;
    let (code, words) = denied(&eva).await;
    assert_eq!(code, -39);
    assert!(words.contains("INCLUDE list") && words.contains(&format!("{place}:4")), "{words}");
    // kim is kept from the first pool, and is given of the second.
    let kim = connect(&site, &daemon, "kim", "ws3").await;
    let seat = kim.checkout(CheckoutOptions::new("PROENGINEER", "20.0")).await.unwrap();
    assert_eq!(seat.pool().config().to_string(), "2");
    assert_eq!(denied(&kim).await.0, -4);
    let lee = connect(&site, &daemon, "lee", "ws4").await;
    let other = lee.checkout(CheckoutOptions::new("PROENGINEER", "20.0")).await.unwrap();
    assert_eq!(other.pool().config().to_string(), "1");
}

#[tokio::test]
async fn the_connections_address_counts_and_the_rules_hold_after_a_restart() {
    let site = site(
        "EXCLUDE PROENGINEER:VERSION=20 INTERNET 127.0.0.*\nEXCLUDE PROENGINEER:VERSION=21 HOST 10.8.1.2\n",
    );
    let daemon = site.start();
    // What a client says of its host is a name, not an address.
    let kim = connect(&site, &daemon, "kim", "10.8.1.2").await;
    let seat = kim.checkout(CheckoutOptions::new("PROENGINEER", "20.0")).await.unwrap();
    assert_eq!(seat.pool().config().to_string(), "2");
    daemon.kill9();
    // The file is changed: the seat stays, and nothing more is given.
    site.write("licenses/acmed.opt", b"EXCLUDEALL INTERNET 127.0.0.0/8\n");
    let daemon = site.start();
    let lee = connect(&site, &daemon, "lee", "ws1").await;
    let (code, words) = denied(&lee).await;
    assert!(code == -38 && words.contains("acmed.opt:1"), "{words}");
    let mut calls =
        proto::v1::seats_client::SeatsClient::connect(format!("http://{}", daemon.address)).await.unwrap();
    let pools = calls.status(proto::v1::StatusRequest::default()).await.unwrap().into_inner().pools;
    assert_eq!(pools.iter().map(|pool| pool.in_use).sum::<u32>(), 1);
    drop(seat);
}

#[test]
fn a_bad_file_refuses_the_start_with_its_diagnostics() {
    for (options, words) in [
        ("EXCLUDE PROENGINEER USR max\n", ":1:21: error: `USR` is no type (-2)"),
        ("\nEXCLUD PROENGINEER USER max\n", ":2:1: error: unknown keyword `EXCLUD` (-90)"),
    ] {
        let site = site(options);
        let (status, said) = refused(&site);
        assert_eq!(status, Some(78), "{said}");
        let place = format!("{}{words}", site.path("licenses/acmed.opt").display());
        assert!(said.contains(&place) && said.contains("help: did you mean"), "{said}");
        // `check` says the same.
        let checked = site.command().arg("check").output().unwrap();
        assert_eq!(checked.status.code(), Some(78));
        assert!(String::from_utf8(checked.stderr).unwrap().contains(&place));
    }
    // Everybody may write to it.
    let site = site("EXCLUDEALL USER max\n");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    std::fs::set_permissions(site.path("licenses/acmed.opt"), mode).unwrap();
    let (status, said) = refused(&site);
    assert!(status == Some(78) && said.contains("everybody may write"), "{said}");
}

#[tokio::test]
async fn the_configuration_names_the_file_a_link_is_followed_and_what_is_not_held_is_said() {
    let site = site("EXCLUDEALL USER kim\n");
    site.write("own.txt", b"NOLOG IN\nEXCLUDEALL USER lee\nREPORTLOG +acmed.rl\n");
    std::os::unix::fs::symlink(site.path("own.txt"), site.path("own.opt")).unwrap();
    // The vendor's table is the last in the file.
    let own = site.path("own.opt").display().to_string();
    let site = site.configure(&format!("options = \"{own}\"\n"));
    let daemon = site.start();
    let kim = connect(&site, &daemon, "kim", "ws1").await;
    kim.checkout(CheckoutOptions::new("PROENGINEER", "20.0")).await.unwrap();
    let lee = connect(&site, &daemon, "lee", "ws2").await;
    let (code, words) = denied(&lee).await;
    assert!(code == -38 && words.contains(&format!("{own}:2")), "{words}");
    let log = daemon.log();
    let said = format!("{own}:3:1: warning: REPORTLOG is without effect");
    assert!(log.contains(&said) && log.contains("there is no report log: `seatkeeper lmswitchr`"), "{log}");
}

/// What `seatkeeper` says to a line of words; `FOLDER/` is the site's.
fn said(site: &Site, line: &str) -> (i32, String) {
    let folder = format!("{}/", site.path("licenses").display());
    let words = line.split_whitespace().map(|word| word.replace("FOLDER/", &folder));
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_seatkeeper")).args(words).output().unwrap();
    let text = [out.stdout, out.stderr].concat();
    (out.status.code().unwrap(), String::from_utf8(text).unwrap().replace(&folder, ""))
}

#[test]
fn check_shows_errors_and_what_is_doubtful_with_its_exit_status() {
    let site = site("GROUP cad kim\nEXCLUD mill USER kim\n");
    let (status, text) = said(&site, "options check FOLDER/acmed.opt");
    assert_eq!(status, 166, "{text}");
    assert!(text.contains("acmed.opt:2:1: error: unknown keyword `EXCLUD` (-90)"), "{text}");
    assert!(text.contains("warning: no line uses the GROUP `cad`"), "{text}");
    assert!(text.ends_with("1 line, 1 error, 1 warning\n"), "{text}");
    site.write(
        "licenses/acmed.opt",
        b"INCLUDE mil USER kim\nRESERVE 9 PROENGINEER USER kim\nREPORTLOG +a.rl\n",
    );
    let (status, text) = said(&site, "options check FOLDER/acmed.opt --against FOLDER/pack-0.lic");
    assert_eq!(status, 0, "{text}");
    for words in [
        "acmed.opt:3:1: warning: REPORTLOG is without effect",
        "acmed.opt:1:1: warning: the license has no feature or package `mil`",
        "acmed.opt:2:1: warning: 9 seats of PROENGINEER are reserved up to here, and 2 are licensed",
    ] {
        assert!(text.contains(words), "{text}");
    }
    assert!(said(&site, "options check FOLDER/none.opt").1.contains("(-30)"));
    let (status, text) =
        said(&site, "options check FOLDER/acmed.opt --against FOLDER/pack-0.lic --vendor other");
    assert!(status == 251 && text.contains("lines of acmed"), "{status} {text}");
}

#[tokio::test]
async fn try_says_what_a_real_checkout_is_told() {
    let options = "GROUP cad kim lee\nHOST_GROUP farm ws3\nEXCLUDE PROENGINEER:VERSION=20 GROUP cad\n\
                   EXCLUDE PROENGINEER HOST_GROUP farm\nINCLUDE PROENGINEER:VERSION=21 GROUP cad\n\
                   INCLUDE PROENGINEER:VERSION=20 USER max\nEXCLUDE PROENGINEER DISPLAY :9\n";
    let site = site(options);
    let daemon = site.start();
    let folder = format!("{}/", site.path("licenses").display());
    for user in ["kim", "lee", "max", "eva"] {
        for host in ["ws1", "ws3"] {
            let line = format!(
                "options try FOLDER/acmed.opt --against FOLDER/pack-0.lic --as {user}@{host}::0 --address 127.0.0.1 PROENGINEER"
            );
            let (status, text) = said(&site, &line);
            // Verified or not, the same is said of a good pack.
            let key = format!("{line} --key acmed={}", site.vendor().public());
            assert_eq!(said(&site, &key), (status, text.clone()));
            let client = connect(&site, &daemon, user, host).await;
            match client.checkout(CheckoutOptions::new("PROENGINEER", "20.0")).await {
                Ok(seat) => {
                    assert_eq!(status, 0, "{text}");
                    let allowed = format!(
                        "allowed: {user}@{host} may use PROENGINEER (configuration {},",
                        seat.pool().config()
                    );
                    assert!(text.contains(&allowed), "{text}");
                    seat.checkin().await.unwrap();
                }
                Err(Error::Denied { code, message, .. }) => {
                    assert_eq!(status, i32::from(code.exit_status()), "{text} {message}");
                    assert!(!text.contains("allowed:"), "{text}");
                    assert!(text.contains(&message.replace(&folder, "")), "{text} {message}");
                }
                Err(other) => panic!("{other:?}"),
            }
        }
    }
    let line = "options try FOLDER/acmed.opt --against FOLDER/pack-0.lic --as";
    assert!(said(&site, &format!("{line} kim@ws1::9 PROENGINEER")).1.contains("acmed.opt:7"));
    assert_eq!(said(&site, &format!("{line} kim@ws1 NOTHING")).0, 251);
    assert_eq!(said(&site, &format!("{line} kim PROENGINEER")).0, 214);

    let folder = "options try FOLDER/acmed.opt --against FOLDER/ --as kim@ws1::9 PROENGINEER";
    assert!(said(&site, folder).1.contains("acmed.opt:7"), "a folder is its *.lic files");
    let configured = site.path("seatkeeperd.toml");
    let verified = format!("{folder} --vendor-key {}", configured.display());
    assert!(said(&site, &verified).1.contains("acmed.opt:7"), "{:?}", said(&site, &verified));
    let text = std::fs::read_to_string(&configured).unwrap();
    let keys = text.lines().find(|line| line.starts_with("keys = ")).unwrap();
    std::fs::write(&configured, text.replace(keys, &format!("{keys}\n{}", keys.replace("keys", "revoked"))))
        .unwrap();
    assert_eq!(said(&site, &verified).0, 251, "what a revoked key signed is not served");
}

#[test]
fn try_says_what_counts_and_what_may_not_be_borrowed() {
    let site = site(
        "RESERVE 1 PROENGINEER:VERSION=20 USER kim\nMAX 1 PROENGINEER PROJECT turbine\n\
                     EXCLUDE_BORROW PROENGINEER:VERSION=21 USER kim\nINCLUDE PROENGINEER:VERSION=20 PROJECT turbine\n",
    );
    let line = "options try FOLDER/acmed.opt --against FOLDER/pack-0.lic --as kim@ws1 PROENGINEER";
    let (status, text) = said(&site, &format!("{line} --project turbine"));
    assert_eq!(status, 0, "{text}");
    for words in [
        "  reserved: 1 seat for USER kim (acmed.opt:1)\n  at most: 1 seat for PROJECT turbine (acmed.opt:2)\n",
        "  not to be borrowed: User/host on EXCLUDE list for feature. (-38): kim@ws1 is excluded from borrowing",
    ] {
        assert!(text.contains(words), "{text}");
    }
    let (status, text) = said(&site, line);
    assert!(status == 0 && text.contains("refused: ") && text.contains("acmed.opt:4"), "{text}");
    assert!(!text.contains("at most") && text.contains("allowed: "), "{text}");
}

#[test]
fn try_judges_the_day_what_is_reserved_for_others_and_the_workstation() {
    let pack = "SERVER this_host HOSTID_HERE\nVENDOR acmed\nUSE_SERVER\n\
                INCREMENT mill acmed 4.2 31-dec-2030 1 CONFIG_ID=1 START=1-jan-2030\n\
                INCREMENT lathe acmed 1.0 permanent 1 CONFIG_ID=2 HOSTID=02aa10209999\n";
    let site = Site::with_packs(&[pack]);
    site.write("licenses/acmed.opt", b"RESERVE 1 mill USER lee\n");
    let line = "options try FOLDER/acmed.opt --against FOLDER/pack-0.lic --as";
    for (asked, status, words) in [
        ("kim@ws1 mill --on 1-jul-2030", 155, "reserved for USER lee, by acmed.opt:1"),
        ("lee@ws1 mill --on 1-jul-2030", 0, "  reserved: 1 seat for USER lee (acmed.opt:1)\n"),
        ("lee@ws1 mill --on 31-dec-2029", 225, "has not begun"),
        ("lee@ws1 mill --on 1-jan-2031", 246, "expired on 31-dec-2030"),
        ("lee@ws1 mill --on 1-13-2031", 214, "--on: "),
        ("lee@ws1 lathe --host-id 02aa10209999", 0, "allowed: lee@ws1"),
        ("lee@ws1 lathe --host-id 02aa10209998", 247, "locked to other workstations than 02aa10209998"),
        ("lee@ws1 lathe --host-id -", 214, "help: "),
    ] {
        let (found, text) = said(&site, &format!("{line} {asked}"));
        assert!(text.contains(words), "{asked}: {text}");
        if status != 214 {
            assert_eq!(found, status, "{asked}: {text}");
        }
    }
}

#[test]
fn diff_says_what_another_file_changes_with_its_exit_status() {
    let site = site("EXCLUDE PROENGINEER USER kim\n");
    site.write("licenses/next.opt", b"# Nobody is kept out.\nLINGER PROENGINEER 60\n");
    let diff = "options diff FOLDER/acmed.opt FOLDER/next.opt";
    let lines = "removed, line 1: `EXCLUDE PROENGINEER USER kim`\nadded, line 2: `LINGER PROENGINEER 60`\n";
    assert_eq!(said(&site, diff), (1, lines.to_owned()));
    let against = format!("{diff} --against FOLDER/pack-0.lic");
    let meant = "USER kim: PROENGINEER: may not use (-38, acmed.opt:1) -> may use\n\
                 PROENGINEER: LINGER: none -> 60\n";
    assert_eq!(said(&site, &against), (1, format!("{lines}{meant}")));
    let same = "options diff FOLDER/next.opt FOLDER/next.opt --against FOLDER/pack-0.lic";
    assert_eq!(said(&site, same), (0, "nothing changes\n".to_owned()));
    assert!(said(&site, "options diff FOLDER/none.opt FOLDER/next.opt").1.contains("(-30)"));
    site.write("licenses/next.opt", b"EXCLUD mill USER kim\n");
    let (status, text) = said(&site, diff);
    assert!(status == 166 && text.contains("did you mean EXCLUDE"), "{status} {text}");
}
