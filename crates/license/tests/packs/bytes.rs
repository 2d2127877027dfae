//! Every byte of the golden packs, changed, deleted, inserted.

use license::Loaded;

use crate::desk::{loaded, said};
use crate::golden::golden;

/// A golden pack, and what of it only adds: the features whose lines may be missing.
const PACKS: [(&str, &[&str]); 2] = [
    ("signed.lic", &["PROENGINEER", "PROCABLING"]),
    // The others are upgraded, superseded, voiding, or a package's.
    ("rewriting.lic", &["probe", "turn", "drill", "studio", "sketch", "render"]),
];

/// Everything that verified lines say they give, served or not, with the proof: (feature, the rest).
fn given(loaded: &Loaded) -> Vec<(String, String)> {
    let unserved = loaded.unserved.iter().map(|unserved| &unserved.entitlement);
    let all = loaded.entitlements.iter().chain(unserved).filter(|e| e.line.is_some());
    all.map(|e| (e.feature.to_string(), format!("{:?} {:?} {:?} {:?}", e.line, e.pools(), e.seats, e.expiry)))
        .collect()
}

/// Equal, or without lines that only add and that were named, or nothing.
fn check(original: &[(String, String)], adding: &[&str], bytes: Vec<u8>, what: &dyn std::fmt::Display) {
    let changed = loaded(bytes);
    let now = given(&changed);
    if now == original {
        return;
    }
    let said = said(&changed.diagnostics);
    assert!(said.contains("error: ") || changed.packs.is_empty(), "{what}: no error was said\n{said}");
    let mut rest = now.iter().peekable();
    for before in original {
        if rest.peek() == Some(&before) {
            rest.next();
        } else {
            assert!(
                changed.entitlements.is_empty() || adding.contains(&before.0.as_str()),
                "{what}: {} is gone and the pack is served\n{said}",
                before.0
            );
        }
    }
    assert_eq!(rest.next(), None, "{what}: something new\n{said}");
}

#[test]
fn lf_02_lf_16_no_byte_of_a_golden_pack_can_be_changed_for_more() {
    const NEW: &[u8] = b" \n\\\"#=0Aa\0\xe9";
    for (name, adding) in PACKS {
        let pack = golden(name);
        let original = given(&loaded(pack.clone()));
        assert!(original.len() > 2);
        // The first pack is tried with every bit and byte, the longer one with some at each place.
        let some = |at: usize, n: usize, of: usize| name == "signed.lic" || (at * 7 + n) % of < 2;
        for at in 0..=pack.len() {
            for (n, new) in NEW.iter().enumerate().filter(|(n, _)| some(at, *n, NEW.len())) {
                let mut inserted = pack.clone();
                inserted.insert(at, *new);
                check(&original, adding, inserted, &format_args!("{name}: {new:#x} before byte {at}, {n}"));
            }
            let Some(old) = pack.get(at).copied() else { continue };
            let mut deleted = pack.clone();
            deleted.remove(at);
            check(&original, adding, deleted, &format_args!("{name}: byte {at} deleted"));
            let bits = (0..8).filter(|bit| some(at, *bit, 8)).map(|bit| old ^ 1 << bit);
            let others =
                NEW.iter().enumerate().filter(|(n, _)| some(at + 3, *n, NEW.len())).map(|(_, new)| *new);
            for new in bits.chain(others).chain([old ^ 0x20]) {
                let mut changed = pack.clone();
                changed[at] = new;
                check(&original, adding, changed, &format_args!("{name}: byte {at} is {new:#x}"));
            }
        }
    }
}

#[test]
fn no_line_of_a_golden_pack_can_be_left_out_for_more() {
    for (name, adding) in PACKS {
        let pack = golden(name);
        let original = given(&loaded(pack.clone()));
        let lines: Vec<&[u8]> = pack.split_inclusive(|b| *b == b'\n').collect();
        for from in 0..lines.len() {
            for to in from + 1..=lines.len() {
                let rest = [&lines[..from], &lines[to..]].concat().concat();
                check(&original, adding, rest, &format_args!("{name}: lines {from} to {to} left out"));
            }
        }
    }
}

/// A file that is read while it is being written ends anywhere.
#[test]
fn lf_41_a_file_that_is_cut_short_gives_no_more_than_the_whole() {
    for (name, adding) in PACKS {
        let pack = golden(name);
        let original = given(&loaded(pack.clone()));
        for end in 0..pack.len() {
            check(&original, adding, pack[..end].to_vec(), &format_args!("{name}: cut at {end}"));
        }
    }
}
