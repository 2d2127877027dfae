//! The audit chain of a daemon that is killed again and again is whole, has each event once, and is verified by
//! whoever has the license host's public key.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

mod support;

use std::process::Command;

use support::Site;
use support::tool::said;

/// Kinds of events that are in the chain as they are in the stream.
const KINDS: [&str; 8] = [
    "started",
    "stopped",
    "pool-set",
    "pool-dropped",
    "administered",
    "login-set",
    "login-dropped",
    "rule-set",
];

/// `seatkeeper audit …` of a site's chain.
fn audit(site: &Site, words: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seatkeeper"));
    let output = command.arg("audit").args(words).current_dir(site.path("")).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

fn verify(site: &Site, more: &[&str]) -> (i32, String) {
    let key = site.host().to_string();
    audit(site, &[&["verify", "state", "--host-key", &key], more].concat())
}

#[test]
fn a_chain_is_whole_after_every_kill_and_has_each_event_once() {
    let site = Site::new();
    let mut kept = Vec::new();
    for life in 0..5 {
        let daemon = site.start();
        for n in 0..=life {
            let (status, text) = said(&site, &daemon, &format!("login-token kim{life}{n}@example.net"));
            assert_eq!(status, 0, "{text}");
            assert_eq!(said(&site, &daemon, "lmreread").0, 0);
        }
        if life == 0 {
            // The first has a chain for sure: one that is killed at once may have none yet.
            assert_eq!(daemon.terminate().code(), Some(0));
        } else {
            daemon.kill9();
        }
        let (status, text) = verify(&site, &[]);
        // What was written and not signed yet is told; nothing was changed.
        assert!(status <= 1, "{text}");
        let (status, line) = audit(&site, &["checkpoint", "state"]);
        assert_eq!(status, 0, "{line}");
        kept.push(line.trim().to_owned());
    }
    let daemon = site.start();
    assert_eq!(daemon.terminate().code(), Some(0));
    let (status, text) = verify(&site, &[]);
    assert!(status == 0 && text.contains("proved: lines 1 to ") && !text.contains("not proved"), "{text}");
    for line in &kept {
        let (status, text) = verify(&site, &["--checkpoint", line]);
        assert_eq!(status, 0, "{text}");
    }
    let daemon = site.start();
    let (_, events) = said(&site, &daemon, "events --json");
    let seqs = |lines: &str| -> Vec<u64> {
        let values = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let values = values.filter(|value| KINDS.contains(&value["kind"].as_str().unwrap()));
        values.map(|value| value["seq"].as_u64().unwrap()).collect()
    };
    assert_eq!(daemon.terminate().code(), Some(0));
    let mut names: Vec<_> =
        std::fs::read_dir(site.path("state/audit")).unwrap().map(|e| e.unwrap().path()).collect();
    names.retain(|path| path.extension().is_some_and(|ending| ending == "jsonl"));
    names.sort();
    let chain: String = names.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let (events, mut chain) = (seqs(&events), seqs(&chain));
    // The last daemon's stop is in no stream.
    chain.truncate(chain.len() - 1);
    assert!(events.len() > 30);
    assert_eq!(events, chain);

    // A chain whose tail is cut, head and all, is known by what was kept; one that was edited by itself.
    let last = names.pop().unwrap();
    let whole = std::fs::read_to_string(&last).unwrap();
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    std::fs::remove_file(site.path("state/audit/head")).unwrap();
    std::fs::write(&last, lines[..5].concat()).unwrap();
    let (status, text) = verify(&site, &[]);
    assert!(status == 1 && text.contains("not proved: that no line was cut at the end"), "{text}");
    let (status, text) = verify(&site, &["--checkpoint", &kept[0]]);
    assert!(status == 2 && text.contains("the tail is cut"), "{text}");
    std::fs::write(&last, whole.replacen("kim00", "lee00", 1)).unwrap();
    let (status, text) = verify(&site, &[]);
    assert!(status == 2 && text.contains("was changed"), "{text}");
}

#[test]
fn what_is_no_chain_is_said_with_what_to_do() {
    let site = Site::new();
    for (words, expected) in [
        (&["verify", "state"][..], "there is no audit chain"),
        (&["verify", "none"], "name the daemon's state folder"),
        (&["checkpoint", "state"], "there is no audit chain"),
        (&["show", "none"], "name the daemon's state folder"),
        (&["verify", "state", "--host-key", "x\u{1b}[2J"], "--host-key"),
        (&["verify", "state", "--checkpoint", "seatkeeper-audit-1 3"], "give the whole line"),
    ] {
        let (status, text) = audit(&site, words);
        assert!(status > 2 && text.contains(expected) && !text.contains('\u{1b}'), "{words:?}: {text}");
    }
    let daemon = site.start();
    assert_eq!(daemon.terminate().code(), Some(0));
    let (status, text) = audit(&site, &["verify", "state"]);
    assert!(status == 1 && text.contains("give the license host's with --host-key"), "{text}");
    let (_, text) = audit(&site, &["show", "state"]);
    assert!(
        text.starts_with("1  ") && text.contains("  started\n") && text.contains("  checkpoint  key "),
        "{text}"
    );
}
