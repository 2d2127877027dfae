//! The attack on the license reader, of a few seeds; `cargo xtask fuzz license` goes on as long as you like.

#![cfg(not(loom))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use license::{SecretKey, SignOptions, Source, sign_pack};
use names::{PackNumber, Vendor};
use testkit::fuzz::{Originals, check, fuzz, input};

const TEXT: &str = "SERVER lic1 02aa10203040 27000\nVENDOR acmed\nINCREMENT mill acmed 1.0 permanent 3\n";

fn signed(seed: u8, pack: &str) -> Vec<u8> {
    let key = SecretKey::for_vendor(Vendor::new("acmed").unwrap(), [seed; 32]);
    let options = SignOptions::new(PackNumber::new(pack).unwrap());
    sign_pack(&Source::new("p.lic", TEXT), &key, &options).unwrap()
}

#[test]
fn a_thousand_seeds_show_nothing_and_are_always_the_same() {
    let originals = Originals::new(vec![TEXT.into()]);
    let summary = fuzz(0..1_000, &originals, None);
    println!("{summary:?}");
    let found: Vec<_> = summary.findings.iter().map(|found| (found.seed, &found.failure)).collect();
    assert!(found.is_empty(), "cargo xtask fuzz license --seed N shows it again: {found:?}");
    assert_eq!(summary.inputs, 1_000);
    // Mutations leave enough of a pack whole to be served, and of a text to be signed.
    assert!(summary.served > 100 && summary.signed > 50, "{summary:?}");
    for seed in 0..100 {
        assert_eq!(input(seed, &originals), input(seed, &originals), "{seed}");
    }
}

#[test]
fn a_line_that_no_original_gives_is_a_finding() {
    let originals = Originals::new(vec![signed(1, "P-1")]);
    assert!(check(&signed(1, "P-1"), &originals).is_ok());
    assert!(check(&signed(9, "P-1"), &originals).is_ok(), "another key gives nothing");
    let failure = check(&signed(1, "P-2"), &originals).unwrap_err();
    assert_eq!(failure.property, "only what was signed is served");
}
