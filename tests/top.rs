//! `seatkeeper top` on a terminal, with the real daemon; and where there is none.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

mod support;

use client::{CheckoutOptions, Client};
use rustix::process::{Signal, kill_process};
use support::pty::Terminal;
use support::tool::tool;
use support::{Daemon, Site, servers};

const PACK: &str = "SERVER this_host HOSTID_HERE 27000\nVENDOR acmed\nUSE_SERVER\n\
    INCREMENT mill acmed 4.2 permanent 1 CONFIG_ID=11470 SEAT=FLOATING\n\
    INCREMENT lathe acmed 4.2 permanent 5 CONFIG_ID=1717 SEAT=FLOATING\n";
/// What gives a terminal back: its own screen, and its cursor.
const BACK: [&str; 2] = ["\u{1b}[?1049l", "\u{1b}[?25h"];

async fn kim(site: &Site, daemon: &Daemon) -> Client {
    let at = servers(daemon.address);
    Client::connect(&at, site.options("kim", "ws01", "02aa10201101")).await.unwrap()
}

fn on_terminal(site: &Site, daemon: &Daemon) -> Terminal {
    Terminal::run(&tool(site, daemon, ""), &format!("{} top", env!("CARGO_BIN_EXE_seatkeeper")))
}

fn is_given_back(terminal: &Terminal) {
    let raw = String::from_utf8_lossy(&terminal.raw);
    for sequence in BACK {
        assert!(raw.contains(sequence), "{raw:?}");
    }
}

#[tokio::test]
async fn it_shows_holders_and_denials_and_comes_back_with_the_daemon() {
    let mut site = Site::with_packs(&[PACK]);
    let daemon = site.start();
    let kim = kim(&site, &daemon).await;
    let _seat = kim.checkout(CheckoutOptions::new("mill", "4.0")).await.unwrap();
    let mut terminal = on_terminal(&site, &daemon);
    terminal
        .wait("the full pool", |seen| seen.contains(">mill") && seen.contains("1/1") && seen.contains("0/5"));
    terminal.wait("its holder", |seen| {
        seen.contains("kim") && seen.contains("ws01") && seen.contains("127.0.0.1 ")
    });
    assert!(!tool(&site, &daemon, "run mill -- true").output().unwrap().status.success());
    terminal.wait("the denial", |seen| seen.contains("Denials (1)") && seen.contains("-4 Licensed number"));
    terminal.press("j");
    terminal.wait("the other pool", |seen| seen.contains(">lathe") && seen.contains("Holders of lathe"));
    terminal.press("/kim\r");
    terminal.wait("the filter", |seen| seen.contains("only with \"kim\"") && !seen.contains("0/5"));
    // Escape by itself, and no beginning of a longer key.
    terminal.press("\u{1b}");
    terminal.wait("all pools", |seen| seen.contains("0/5"));
    site.listen_again(daemon.address);
    daemon.kill9();
    terminal.wait("the loss", |seen| seen.contains("connection lost") && seen.contains("trying again"));
    assert!(terminal_has(&mut terminal, "kim"), "what was last known stays");
    let daemon = site.start();
    terminal.wait("the daemon", |seen| seen.contains(": up, "));
    terminal.press("q");
    assert_eq!(terminal.wait_to_end(), Some(0));
    is_given_back(&terminal);
    drop(daemon);
}

fn terminal_has(terminal: &mut Terminal, word: &str) -> bool {
    terminal.wait(word, |seen| seen.contains(word));
    true
}

#[test]
fn the_terminal_is_given_back_by_ctrl_c_and_by_signals() {
    let site = Site::with_packs(&[PACK]);
    let daemon = site.start();
    for (signal, status) in [
        (None, 0),
        (Some(Signal::TERM), 143),
        (Some(Signal::HUP), 129),
        (Some(Signal::INT), 130),
        (Some(Signal::QUIT), 131),
    ] {
        let mut terminal = on_terminal(&site, &daemon);
        terminal.wait("the pools", |seen| seen.contains("0/5"));
        match signal {
            Some(signal) => kill_process(terminal.program(), signal).unwrap(),
            None => terminal.press("\u{3}"),
        }
        assert_eq!(terminal.wait_to_end(), Some(status), "{signal:?}");
        is_given_back(&terminal);
    }
}

#[tokio::test]
async fn without_a_terminal_there_is_one_frame_or_an_error_with_its_remedy() {
    let site = Site::with_packs(&[PACK]);
    let daemon = site.start();
    let kim = kim(&site, &daemon).await;
    let _seat = kim.checkout(CheckoutOptions::new("lathe", "4.0")).await.unwrap();
    let ran = |line: &str| {
        let output = tool(&site, &daemon, line).env("COLUMNS", "100").env("NO_COLOR", "1").output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    };
    let (status, out, err) = ran("top");
    assert_eq!((status, out.as_str()), (214, ""), "{err}");
    assert!(
        err.contains("needs a terminal") && err.contains("help: ") && err.contains("top --once"),
        "{err}"
    );
    let (status, out, err) = ran("top --once");
    assert_eq!((status, err.as_str()), (0, ""));
    assert_eq!(out.lines().count(), 24, "{out}");
    assert!(
        out.is_ascii() && out.contains("1/5") && out.contains("kim") && out.contains("nobody was denied"),
        "{out}"
    );
    let (status, out, _) = ran("top --once --admin-socket none.sock");
    assert!(status == 0 && out.contains("not told: ") && out.contains("none.sock"), "{out}");
    let (status, out, err) = ran("top --once -c 1@127.0.0.1");
    assert_eq!(status, 241, "{err}");
    assert!(out.contains("1@127.0.0.1: no connection") && err.contains("help: "), "{out}{err}");
    for bad in ["top -d 0", "top -d x", "top -c nonsense --once"] {
        assert_ne!(ran(bad).0, 0, "{bad}");
    }
}
