//! FlexNet's commands beside `lmstat`, against the real daemon: what each says and ends with, right and wrong.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

mod support;

use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::{Command, Stdio};

use client::{CheckoutOptions, Client, Seat, SeatState};
use license::{SecretKey, SignOptions, Source};
use names::{CpuId, Date, PackNumber, Vendor, Word};
use serde_json::Value;
use support::tool::{said, tool};
use support::{CPU_ID, DEADLINE, Daemon, Site, servers};
use tokio::time::timeout;

const HEAD: &str = "SERVER this_host HOSTID_HERE 27000\nVENDOR acmed\nUSE_SERVER\n";
const LINES: &str = "INCREMENT mill acmed 4.2 permanent 3 CONFIG_ID=11470 SEAT=FLOATING BORROW=72\n\
    INCREMENT mill acmed 4.2 permanent 3 CONFIG_ID=11471 SEAT=FLOATING\n\
    INCREMENT lathe acmed 3.0 permanent 1 CONFIG_ID=11472 SEAT=FLOATING LINGER=600\n\
    INCREMENT old acmed 1.0 31-dec-2020 1 CONFIG_ID=11473 SEAT=FLOATING\n";
const BANNER: &str = "lmutil - Copyright (c) 2026 the Seatkeeper contributors. Seatkeeper ";

fn site() -> Site {
    Site::with_packs(&[&format!("{HEAD}{LINES}")])
}

/// What FlexNet's exit status is for a code.
fn status(code: i32) -> i32 {
    if code == 0 { 0 } else { 256 + code }
}

async fn workstation(site: &Site, daemon: &Daemon, user: &str, display: &str) -> Client {
    let mut options = site.options(user, "ws1", "02aa10203099");
    options.identity.display = Word::new("a display", display).unwrap();
    Client::connect(&servers(daemon.address), options).await.unwrap()
}

async fn seat(client: &Client, feature: &str) -> Seat {
    client.checkout(CheckoutOptions::new(feature, "1.0")).await.unwrap()
}

/// The tool with words that may have blanks in them.
fn with_words(site: &Site, daemon: &Daemon, words: &[&str]) -> (i32, String) {
    let output = tool(site, daemon, "").args(words).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

fn host(site: &Site, daemon: &Daemon) -> String {
    let (_, text) = said(site, daemon, "lmstat --json -a");
    let report: Value = serde_json::from_str(&text).unwrap();
    report["servers"][0]["status"]["host"].as_str().unwrap().to_owned()
}

async fn is_taken(seat: &mut Seat) {
    let state = timeout(DEADLINE, seat.changed()).await.expect("its application is told");
    assert!(matches!(state, SeatState::Revoked { code, .. } if code.number() == -92), "{state:?}");
}

#[tokio::test]
async fn lmremove_takes_back_all_that_is_named_and_nothing_else() {
    let site = site();
    let daemon = site.start();
    let kim = workstation(&site, &daemon, "kim", ":0").await;
    let lee = workstation(&site, &daemon, "lee (cad), 2", ":0").await;
    let mut taken = Vec::new();
    for config in ["11470", "11471"] {
        let wanted = CheckoutOptions::new("mill", "1.0").config(config);
        taken.push(kim.checkout(wanted).await.unwrap());
    }
    let (other_feature, mut of_lee) = (seat(&kim, "lathe").await, seat(&lee, "mill").await);
    let handle = of_lee.grant().0;
    let port = daemon.address.port();
    let long = "x".repeat(10_000);
    for (words, code, says) in [
        (vec!["drill", "kim", "ws1", ":0"], -5, "No such feature exists. (-5): drill"),
        (
            vec!["mill", "kim", "ws2", ":0"],
            -41,
            "kim@ws2 on :0 has no seat of mill; those who have are kim@ws1 on :0, lee (cad), 2@ws1 on :0",
        ),
        (vec!["mill", "kim", "ws1", ""], -41, "kim@ws1 on no display has no seat"),
        (vec!["mill", "k\u{1b}[2Jim", "a\nb", "c d"], -41, "k?[2Jim@a b on c d has no seat"),
        (vec!["mill", &long, "ws1", ":0"], -41, "xxx@ws1 on :0 has no seat"),
        (vec!["mill/", "kim", "ws1", ":0"], -42, "(-42)"),
        (vec!["mill", "kim", "ws1"], -42, "Usage:"),
        (vec!["-h", "mill", "elsewhere", "1", "7"], -42, "elsewhere/1 is not this daemon"),
        (vec!["-h", "mill", "127.0.0.1", "x", "7"], -42, "\"x\" is no port"),
        (vec!["-h", "mill", "127.0.0.1", "1", "-7"], -42, "(-42)"),
        (vec!["-h", "lathe", "127.0.0.1", &port.to_string(), &handle.to_string()], -41, "has the handle"),
    ] {
        let (ended, text) = with_words(&site, &daemon, &[&["lmremove"], words.as_slice()].concat());
        assert_eq!(ended, status(code), "{words:?}: {text}");
        assert!(text.contains(says) && text.len() < 2_000 && !text.contains('\u{1b}'), "{words:?}: {text}");
    }
    let (ended, text) = with_words(&site, &daemon, &["lmremove", "mill", "kim", "WS1", ":0"]);
    let [one, two] = [0, 1].map(|n: usize| taken[n].grant());
    let removed = |grant| format!("removed: 1 seat of mill from kim@ws1 on :0, handle {grant}\n");
    assert!(ended == 0 && text.starts_with(BANNER), "{text}");
    assert!(text.ends_with(&format!("\n{}{}", removed(one), removed(two))), "{text}");
    for seat in &mut taken {
        is_taken(seat).await;
    }
    assert!(
        matches!(of_lee.state(), SeatState::Granted) && matches!(other_feature.state(), SeatState::Granted)
    );
    // As lmstat shows the name; brackets and commas are `_` there.
    let (ended, text) =
        with_words(&site, &daemon, &["lmremove", "--json", "mill", "lee _cad__ 2", "ws1", ":0"]);
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((ended, report["schema"].as_str()), (0, Some("seatkeeper.lmremove/1")));
    assert_eq!(
        (&report["removed"][0]["handle"], &report["removed"][0]["user"]),
        (&handle.into(), &"lee (cad), 2".into())
    );
    is_taken(&mut of_lee).await;
    // What it cannot show, and blanks; then names that look like flags, and two that are shown alike.
    for (user, shown) in [("osman  \u{1f600}", "osman ?"), ("-h", "-h")] {
        let client = workstation(&site, &daemon, user, ":0").await;
        let mut seat = seat(&client, "mill").await;
        let (_, text) = said(&site, &daemon, "lmstat -a");
        assert!(text.contains(&format!("    {shown} ws1 :0 (v")), "{text}");
        let (ended, text) = with_words(&site, &daemon, &["lmremove", "mill", shown, "ws1", ":0"]);
        assert_eq!(ended, 0, "{text}");
        is_taken(&mut seat).await;
    }
    let alike = ["ada(", "ada)"];
    let mut clients = Vec::new();
    for user in alike {
        let client = workstation(&site, &daemon, user, ":0").await;
        let seat = seat(&client, "mill").await;
        clients.push((client, seat));
    }
    let (ended, text) = with_words(&site, &daemon, &["lmremove", "mill", "ada_", "ws1", ":0"]);
    assert!(ended == status(-42) && text.contains("2 holders of mill are shown so (-42)"), "{text}");
    let (ended, text) = with_words(&site, &daemon, &["lmremove", "mill", "ada)", "ws1", ":0"]);
    assert_eq!(ended, 0, "{text}");
    is_taken(&mut clients[1].1).await;
    assert!(matches!(clients[0].1.state(), SeatState::Granted));
    drop(clients);
    // By its handle; then it lingers, and neither form takes it away.
    let mut by_handle = seat(&kim, "mill").await;
    let words = [host(&site, &daemon), port.to_string(), by_handle.grant().to_string()];
    let (ended, text) = said(&site, &daemon, &format!("lmremove -h mill {}", words.join(" ")));
    assert_eq!(ended, 0, "{text}");
    is_taken(&mut by_handle).await;
    let lingers = other_feature.grant();
    other_feature.checkin().await.unwrap();
    for words in ["lathe kim ws1 :0".to_owned(), format!("-h lathe {} {port} {lingers}", words[0])] {
        let (ended, text) = said(&site, &daemon, &format!("lmremove {words}"));
        assert_eq!(ended, status(-100), "{text}");
        assert!(text.contains("Cannot remove a lingering license. (-100): grant"), "{text}");
    }
    let (_, events) = said(&site, &daemon, "events");
    assert_eq!(events.matches("deed remove").count(), 6, "{events}");
}

#[tokio::test]
async fn lmdown_is_refused_while_seats_are_borrowed_and_is_written_down_before_it_ends() {
    let site = site();
    let mut daemon = site.start();
    let tomorrow = "1-jan-2099";
    let borrow = "lmborrow acmed 31-dec-2098 nothing";
    assert_eq!(said(&site, &daemon, borrow).0, status(-5), "there is no such feature");
    let (ended, text) = said(&site, &daemon, "borrow mill --hours 24");
    assert_eq!(ended, 0, "{text}");
    assert_eq!(said(&site, &daemon, &format!("lmborrow acmed {tomorrow} mill")).0, status(-104));
    for (words, code, says) in [
        ("-q", -120, "Cannot lmdown the server when licenses are borrowed. (-120): mill by"),
        ("-q -vendor other", -97, "other is not served here; acmed is"),
        ("-q -c 1@127.0.0.1", -15, "refused"),
        ("-q --socket none.sock", -119, "lmdown and lmreread must be run on license server machine: "),
        ("-force", -42, "it was not confirmed"),
        ("-z", -42, "Usage:"),
    ] {
        let (ended, text) = said(&site, &daemon, &format!("lmdown {words}"));
        assert_eq!(ended, status(code), "{words}: {text}");
        assert!(text.contains(says), "{words}: {text}");
    }
    assert!(daemon.is_alive());
    let mut asked = tool(&site, &daemon, "lmdown -force -vendor acmed -all -json")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    asked.stdin.take().unwrap().write_all(b"y\n").unwrap();
    let output = asked.wait_with_output().unwrap();
    let question = String::from_utf8(output.stderr).unwrap();
    assert!(question.contains("Port@Host") && question.ends_with("Are you sure (y/n)? "), "{question}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &report["ended"]), (Some(0), &true.into()), "{report}");
    assert!(daemon.wait().success());
    let daemon = site.start();
    let (_, events) = said(&site, &daemon, "events");
    let stop = events.find("deed stop").expect("it is in the journal");
    assert!(events[stop..].contains("stopped"), "{events}");
}

#[tokio::test]
async fn the_license_files_are_told_as_they_are_served() {
    let site = site();
    let filler = format!("# {}\n", "x".repeat(70)).repeat(1_000);
    let file = site.path("licenses/pack-0.lic");
    let before = [std::fs::read(&file).unwrap(), filler.into_bytes()].concat();
    site.write("licenses/pack-0.lic", &before);
    site.write("licenses/none.lic", b"# nothing that is served: kept to ourselves\n");
    let daemon = site.start();
    let all: Vec<_> = servers(daemon.address).all().cloned().collect();
    let told = || async { client::licenses(&all, "acmed").await.unwrap().1 };
    let files = told().await;
    assert_eq!(files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["pack-0.lic"]);
    assert!(files[0].text == before, "it comes whole, in several pieces");
    assert!(client::licenses(&all, "other").await.unwrap().1.is_empty());
    // What is on the disk is told once it is in force.
    let other =
        site.sign("P-9", &format!("{HEAD}INCREMENT mill acmed 4.2 permanent 1 CONFIG_ID=1 SEAT=FLOATING\n"));
    site.write("licenses/pack-0.lic", &other);
    assert!(told().await[0].text == before);
    let (ended, text) = said(&site, &daemon, "lmreread");
    assert!(ended == 0 && text.ends_with("lmreread successful\n"), "{text}");
    assert!(told().await[0].text == other);
    // Monitors read expiry dates from here.
    let (ended, text) = said(&site, &daemon, &format!("lmcksum -c {}@127.0.0.1", daemon.address.port()));
    assert_eq!(ended, 0, "{text}");
    let line = text.lines().find(|line| line.contains("INCREMENT")).unwrap();
    let (sum, line) = line.split_once(": ").unwrap();
    assert!(sum.trim().parse::<u8>().is_ok(), "{text}");
    assert!(line.starts_with("INCREMENT mill acmed 4.2 permanent 1 CONFIG_ID=1"), "{text}");
    // The same from the file.
    let (_, from_file) = said(&site, &daemon, "lmcksum -c licenses/pack-0.lic");
    assert!(from_file.contains(&format!("{sum}: {line}")), "{from_file}");
}

/// A program that stands in for FlexNet's lmutil.
fn flexnets(site: &Site) -> std::path::PathBuf {
    let script = "#!/bin/sh\nread line\necho \"theirs:$*:$line\"\necho 'and this' >&2\nexit 241\n";
    site.write("theirs", script.as_bytes());
    std::fs::set_permissions(site.path("theirs"), std::fs::Permissions::from_mode(0o755)).unwrap();
    site.path("theirs")
}

#[test]
fn calls_that_are_flexnets_are_handed_on_or_said() {
    let site = site();
    let daemon = site.start();
    let theirs = flexnets(&site);
    site.write(
        "flexnet.lic",
        b"SERVER lic1 02aa10203040 1\nVENDOR othersoft\nFEATURE saw othersoft 1 permanent 1 SIGN=\"00AA 11BB\"\n",
    );
    // It says something that is no HTTP/2, as lmgrd does.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let foreign = format!("{}@127.0.0.1", listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let _ = stream.write_all(b"W\0\0\0nothing of ours");
        }
    });
    let ask = |words: &[&str], program: &std::path::Path| {
        let mut command = tool(&site, &daemon, "");
        command.args(words).env("SEATKEEPER_FLEXNET_LMUTIL", program).stdin(Stdio::piped());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // A tool that reads no answer may be gone.
        let _ = child.stdin.take().unwrap().write_all(b"an answer\n");
        let output = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    for words in [
        vec!["lmstat", "-a", "-c", &foreign],
        vec!["lmdown", "-q", "-vendor", "a b", "-c", &foreign],
        vec!["lmremove", "-c", "flexnet.lic", "-h", "saw", "lic1", "1", "77"],
        vec!["lmcksum", "-c", "flexnet.lic", "-unknown"],
    ] {
        let expected = format!("theirs:{}:an answer\n", words.join(" "));
        assert_eq!(ask(&words, &theirs), (Some(241), expected, "and this\n".to_owned()), "{words:?}");
    }
    // Ours stay ours.
    let (ended, text, _) = ask(&["lmstat", "-a"], &theirs);
    assert!(ended == Some(0) && text.contains("Users of mill:"), "{text}");
    for (program, says) in [
        (site.path("gone"), "cannot run"),
        (env!("CARGO_BIN_EXE_seatkeeper").into(), "which is Seatkeeper's own"),
    ] {
        let (ended, _, text) = ask(&["lmstat", "-c", "flexnet.lic"], &program);
        assert!(ended == Some(status(-42)) && text.contains(says), "{text}");
    }
    // Without the variable it is said, with the remedy.
    let (ended, text) = said(&site, &daemon, &format!("lmreread -c {foreign}"));
    assert_eq!(ended, status(-12), "{text}");
    assert!(
        text.contains("it answers as FlexNet's lmgrd does") && text.contains("SEATKEEPER_FLEXNET_LMUTIL"),
        "{text}"
    );
}

#[test]
fn links_are_made_by_name_and_never_over_anything_else() {
    let site = site();
    let daemon = site.start();
    std::fs::create_dir(site.path("links")).unwrap();
    let at = |name: &str| site.path(&format!("links/{name}"));
    site.write("links/lmdown", b"another's");
    symlink("/usr/bin/env", at("lmver")).unwrap();
    symlink("/an/older/seatkeeper", at("lmdiag")).unwrap();
    let (ended, text) = said(&site, &daemon, "install-links links");
    assert_eq!(ended, status(-42), "{text}");
    assert!(text.contains("left alone: lmdown, lmver (-42)"), "{text}");
    assert_eq!(std::fs::read(at("lmdown")).unwrap(), b"another's");
    assert_eq!(std::fs::read_link(at("lmver")).unwrap().to_str(), Some("/usr/bin/env"));
    let own = std::fs::canonicalize(env!("CARGO_BIN_EXE_seatkeeper")).unwrap();
    assert_eq!(std::fs::canonicalize(at("lmdiag")).unwrap(), own);
    let run = |name: &str, words: &[&str]| {
        let mut command = Command::new(at(name));
        command.args(words).env("SEATKEEPER_ADMIN_SOCKET", site.path("admin.sock"));
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (ended, text) = run("lmhostid", &["-hostname", "-n"]);
    assert!(ended == Some(0) && text.starts_with("HOSTNAME="), "{text}");
    assert_eq!(run("lmutil", &["lmreread", "-dry-run"]).0, Some(0));
    let (ended, text) = run("lmreread", &["-v"]);
    assert!(ended == Some(0) && text.contains("\nlmreread v"), "{text}");
    let (ended, text) = said(&site, &daemon, "install-links links --json");
    assert!(ended == status(-42) && text.contains("seatkeeper.install-links/1"), "{text}");
    assert_eq!(said(&site, &daemon, "install-links links --remove").0, status(-42));
    let mut left: Vec<_> =
        std::fs::read_dir(site.path("links")).unwrap().map(|item| item.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["lmdown", "lmver"]);
    assert_eq!(said(&site, &daemon, "install-links nowhere").0, status(-42));
}

#[test]
fn each_command_answers_right_and_wrong() {
    let site = site();
    let daemon = site.start();
    site.write("app", b"\x7fELF\0FlexNet Licensing v11.16.2.0 build 242433 x64_lsb\0");
    site.write("decimal.lic", b"acmed-mill-10420-00331-54321-00001\n");
    site.write("broken.lic", b"INCREMENT mill acmed 4.2 permanent 1 SIGN=\"never closed\n\x01");
    let key = format!("--key acmed={}", site.vendor().public());
    let foreign_host = "02aa1020ffff";
    for (line, code, says) in [
        (
            "lmdiag -n",
            -10,
            "This license cannot be checked out because a checkout would be refused:\n  Feature has expired. (-10)",
        ),
        ("lmdiag lathe:VERSION=3.0", 0, "This license can be checked out: one seat was, and lingers until "),
        ("lmdiag mill:CONFIG_ID=11471", 0, "This license can be checked out: one seat was, and is back\n"),
        ("lmdiag mill:VERSION=9", -5, "has no such license"),
        ("lmdiag mill:COLOUR=red", -42, "nothing that a license is told apart by"),
        ("lmdiag -c 1@127.0.0.1", -15, "connection refused"),
        (
            "lmborrow -status",
            0,
            "Vendor       Feature                          Expiration\n______       _______                          __________\n",
        ),
        ("lmborrow acmed 31-dec-2098", 0, ":acmed:31-dec-2098\n"),
        ("lmborrow -status", 0, ":acmed:31-dec-2098\n"),
        ("borrow mill", -104, "Cannot borrow that long. (-104)"),
        ("lmborrow -clear", 0, "LM_BORROW is cleared\n"),
        ("borrow mill", -42, "until when is not said"),
        ("lmborrow acmed 1-jan-2020", -118, "BORROW period has expired: 1-jan-2020 (-118)"),
        ("lmborrow acmed tomorrow", -11, "the date \"tomorrow\": not a date"),
        ("lmborrow -return mill", -41, "no seat of mill is borrowed on this machine (-41)"),
        ("lmborrow -purge", 0, "0 borrowed seats"),
        ("lmborrow -status mill", -42, "not what lmborrow takes"),
        ("lmborrow", -42, "not what lmborrow takes"),
        ("lmpath -add acmed 27000@lic1", 0, "acmed: 27000@lic1\n"),
        ("lmpath -add acmed 27001@lic2:27000@lic1", 0, "acmed: 27001@lic2:27000@lic1\n"),
        ("lmpath -override acmed 27002@lic3", 0, "acmed: 27002@lic3\n"),
        ("lmpath -add all x@lic1", -42, "\"x@lic1\" in lmpath is no license server"),
        ("lmpath -add a/b 1@a", -42, "the vendor"),
        ("lmpath -add acmed", -42, "not what lmpath takes"),
        ("lmpath", -42, "Usage:"),
        ("lminstall -i licenses/pack-0.lic -o new.lic", 0, "lines written to new.lic"),
        (&format!("license check new.lic {key}"), 0, "good; 4 signed lines"),
        ("lminstall -i licenses/pack-0.lic -o new.lic", -42, "File exists"),
        ("lminstall -i licenses/pack-0.lic -odecimal", -85, "not expressed in decimal"),
        ("lminstall -i decimal.lic", -85, "not expressed in decimal"),
        ("lminstall -i licenses/pack-0.lic -overfmt 2", -85, "there is one form"),
        ("lminstall -i broken.lic", -2, "control character"),
        ("lminstall -i gone.lic", -30, "(-30)"),
        ("lmver app", 0, "app: FlexNet v11.16.2.0 build 242433 x64_lsb\n"),
        ("lmver decimal.lic", -42, "names no version"),
        ("lmver gone", -30, "(-30)"),
        ("lmcksum -c gone.lic", -30, "(-30)"),
        ("lmcksum -pre_v6", -85, "one form of check sum"),
        (&format!("lmlicvalidator new.lic {key}"), 0, "valid: it would be served there\n"),
        (&format!("lmlicvalidator new.lic {key} --host-id {foreign_host}"), -9, "not valid there\n"),
        ("lmlicvalidator -c 1@127.0.0.1 new.lic", -15, "(-15)"),
        ("lmhostid -ptype PDP11", -9, "not PDP11"),
        ("lmhostid -flexid", -85, "a dongle's FLEXID"),
        ("lmhostid -vsn", -85, "(-85)"),
        ("lmhostid -user -n", 0, "USER="),
        ("lmhostid -hostdomain -n", 0, "HOSTNAME="),
        ("lmhostid -ether -user", -42, "Usage:"),
        ("lmreread -vendor other", -97, "The desired vendor daemon is down: other is not served here (-97)"),
        ("lmreread -vendor acmed -all -dry-run", 0, "nothing was changed"),
        ("lmswitch acmed", -42, "Usage:"),
        ("lmswitch acmed new.log -c 1@127.0.0.1", -15, "(-15)"),
        ("lmswitch acmed new.log --socket none.sock", -63, "You are not a license administrator: "),
        ("lmnewlog acmed new.log -secondary", -85, "one report log"),
        ("lmswitchr acmed", -42, "Usage:"),
    ] {
        let (ended, text) = said(&site, &daemon, line);
        assert_eq!(ended, status(code), "{line}: {text}");
        assert!(text.contains(says), "{line}: {text}");
    }
    // What lmpath keeps is asked: of each vendor, as the environment's, and everybody's.
    let kept = || {
        let output =
            tool(&site, &daemon, "lmstat -a").env_remove("SEATKEEPER_LICENSE_FILE").output().unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };
    let (is_up, text) = kept();
    assert!(!is_up && text.contains("License server status: 27002@lic3\nError getting status: "), "{text}");
    let place = format!("{}@{}", daemon.address.port(), daemon.address.ip());
    assert_eq!(with_words(&site, &daemon, &["lmpath", "-override", "acmed", ""]).0, 0);
    assert_eq!(said(&site, &daemon, &format!("lmpath -add all {place}")).0, 0);
    let (is_up, text) = kept();
    assert!(is_up && text.contains("Users of mill:"), "{text}");
}

#[test]
fn a_borrowed_seat_comes_back_by_lmborrow_and_not_by_lmremove() {
    let site = site();
    let daemon = site.start();
    let (ended, text) = said(&site, &daemon, "borrow mill --hours 24");
    assert_eq!(ended, 0, "{text}");
    let grant = text.split("grant ").nth(1).and_then(|rest| rest.split(',').next()).unwrap();
    let by_handle = format!("lmremove -h mill 127.0.0.1 {} {grant}", daemon.address.port());
    // Of two features the second is refused: the first is borrowed, and told.
    let today = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() / 86_400;
    let day = Date::from_days(i32::try_from(today).unwrap() + 1).unwrap();
    let (ended, text) = said(&site, &daemon, &format!("lmborrow acmed {day} mill lathe --json"));
    assert_eq!(ended, status(-68), "{text}");
    assert!(text.contains("\"feature\": \"mill\""), "{text}");
    let (first, _) = text.rsplit_once("\n}").unwrap();
    let second = first.rsplit("\"grant\": ").next().unwrap().split_whitespace().next().unwrap();
    assert_eq!(said(&site, &daemon, &format!("borrow return {second}")).0, 0);
    assert_eq!(said(&site, &daemon, "lmborrow -clear").0, 0);
    for (line, code, says) in [
        (by_handle.as_str(), -123, "takes it back by its receipt, or as lost"),
        ("lmborrow -status", 0, "acmed        mill                             "),
        (
            "lmborrow -return -u nobody-here mill",
            -128,
            "no borrowed seat of mill is the one that is described",
        ),
        ("lmborrow -return -vendor other mill", -128, "(-128)"),
        ("lmborrow -return -bv 9.9 mill", -128, "(-128)"),
        ("lmborrow -return -vendor acmed mill", 0, "returned: the borrowed seat of mill\n"),
        ("lmborrow -return mill", -41, "(-41)"),
        ("lmdown -q", 0, "1 FlexNet License Server shut down\n"),
    ] {
        let (ended, text) = said(&site, &daemon, line);
        assert_eq!(ended, status(code), "{line}: {text}");
        assert!(text.contains(says), "{line}: {text}");
    }
}

/// A site that serves two vendors.
fn of_two_vendors() -> Site {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).unwrap();
    let key = SecretKey::for_vendor(Vendor::new("borealis").unwrap(), seed);
    let table = format!("[[vendor]]\nname = \"borealis\"\nkeys = [\"{}\"]\n", key.public());
    let site = site().configure(&table);
    let pack = format!("{HEAD}INCREMENT saw acmed 1.0 permanent 1 CONFIG_ID=1 SEAT=FLOATING\n");
    let options = SignOptions {
        host_key: Some(site.host().clone()),
        host_ids: Some(vec![CpuId::new(CPU_ID).unwrap()]),
        ..SignOptions::new(PackNumber::new("B-1").unwrap())
    };
    let pack = Source::new("B-1", pack.replace("acmed", "borealis"));
    site.write("licenses/pack-1.lic", &license::sign_pack(&pack, &key, &options).unwrap());
    site
}

#[test]
fn one_vendor_of_two_is_not_stopped_alone_and_its_files_are_told_alone() {
    let site = of_two_vendors();
    let mut daemon = site.start();
    let (ended, text) = said(&site, &daemon, "lmdown -q -vendor acmed");
    assert_eq!(ended, status(-85), "{text}");
    assert!(text.contains("one daemon serves acmed, borealis, and stops for all of them"), "{text}");
    assert!(daemon.is_alive());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let all: Vec<_> = servers(daemon.address).all().cloned().collect();
    for (vendor, names) in [
        ("", vec!["pack-0.lic", "pack-1.lic"]),
        ("borealis", vec!["pack-1.lic"]),
        ("acmed", vec!["pack-0.lic"]),
    ] {
        let (_, files) = runtime.block_on(client::licenses(&all, vendor)).unwrap();
        assert_eq!(files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), names, "{vendor}");
    }
}

#[test]
fn each_command_has_its_schema() {
    let site = site();
    let daemon = site.start();
    for (line, schema, field) in [
        ("lmdiag mill", "lmdiag", "/lines/0/can_be_checked_out"),
        ("lmborrow -status", "lmborrow", "/borrowed"),
        ("lmpath -status", "lmpath", "/kept"),
        ("lminstall -i licenses/pack-0.lic", "lminstall", "/text"),
        ("lmver licenses/pack-0.lic", "lmver", "/versions"),
        ("lmcksum -c licenses", "lmcksum", "/files/0/lines/0/sum"),
        ("lmlicvalidator licenses", "lmlicvalidator", "/packs/0/state"),
        ("lmhostid -hostname", "lmhostid", "/ids/0"),
        ("lmreread", "lmreread", "/in_force"),
    ] {
        let output = tool(&site, &daemon, &format!("{line} --json")).output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["schema"], format!("seatkeeper.{schema}/1"), "{line}");
        assert!(report.pointer(field).is_some(), "{line}: {report}");
    }
    let report = said(
        &site,
        &daemon,
        &format!("lmlicvalidator licenses --json --key acmed={}", site.vendor().public()),
    );
    assert!(report.1.contains(CPU_ID) && report.1.contains("\"valid\": true"), "{}", report.1);
}
