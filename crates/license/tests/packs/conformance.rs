//! What a license file may be written like, case by case, as FlexNet's administration guide has it.
//!
//! The third column is the word of a strict parser that somebody else wrote from that guide: a second
//! opinion. Where we differ from it, the last column says why.

use license::{Severity, Source, Trust, load};
use names::Code;

/// We and the strict parser accept, or refuse, the same.
const SAME: &str = "";

/// A text, whether we accept it, whether the strict parser does, and why we differ.
const CASES: &[(&str, bool, bool, &str)] = &[
    // Lines at all.
    ("", true, true, SAME),
    ("# a remark\n\n#another\n", true, true, SAME),
    ("frobnicate gate 02ddeeff0011", false, false, SAME),
    // SERVER host hostid [port] [options]
    ("Server gate 02ddeeff0011", true, true, SAME),
    ("SERVER gate 02ddeeff0011 27055", true, true, SAME),
    ("SERVER this_host ANY", true, true, SAME),
    ("SERVER gate 02ddeeff0011 Primary_Is_Master", true, true, SAME),
    ("SERVER gate 02ddeeff0011 heartbeat_interval=40", true, true, SAME),
    ("SERVER gate 02ddeeff0011 PRIMARY_IS_MASTER HEARTBEAT_INTERVAL=40", true, true, SAME),
    ("SERVER gate 02ddeeff0011 27055 primary_is_master heartbeat_interval=40", true, true, SAME),
    ("SERVER gate 02ddeeff0011 27055 primary_is_master heartbeats=40", false, false, SAME),
    ("SERVER", false, false, SAME),
    ("SERVER gate", false, false, SAME),
    ("SERVER gate 02ddeeff0011 primary", false, false, SAME),
    ("SERVER gate 02ddeeff0011 primary_is_master heartbeat_interval=4 primary_is_master", false, false, SAME),
    ("SERVER gate 02ddeeff0011 99999", false, false, SAME),
    // VENDOR name [path] [[options=]path] [[port=]port]
    ("VENDOR borealis", true, true, SAME),
    ("VENDOR borealis bin/borealisd", true, true, SAME),
    ("VENDOR borealis bin/borealisd etc/site.opt", true, true, SAME),
    ("VENDOR borealis bin/borealisd etc/site.opt 27120", true, true, SAME),
    ("VENDOR borealis bin/borealisd 27120", true, true, SAME),
    ("VENDOR borealis bin/borealisd etc/site.opt port=27120", true, true, SAME),
    ("VENDOR borealis bin/borealisd options=etc/site.opt 27120", false, false, SAME),
    ("VENDOR borealis bin/borealisd options=etc/site.opt port=27120", true, true, SAME),
    ("VENDOR borealis bin/borealisd options=etc/site.opt port=27120 more", false, false, SAME),
    ("VENDOR borealis OPTIONS=etc/site.opt", true, true, SAME),
    ("VENDOR borealis PORT=27120", true, true, SAME),
    ("VENDOR borealis options=etc/site.opt port=27120", true, true, SAME),
    ("VENDOR borealis 27120", true, true, SAME),
    ("VENDOR borealis etc/site.opt", true, true, SAME),
    ("VENDOR borealis etc/site.opt port=27120", true, true, SAME),
    ("VENDOR borealis etc/site.opt 27120", true, true, SAME),
    ("VENDOR borealis OPTIONS=etc/site.opt 27120", false, false, SAME),
    ("VENDOR borealis bin/borealisd options=etc/site.opt ports=27120", false, false, SAME),
    ("VENDOR borealis bin/borealisd options=etc/site.opt port=27120 port=27121", false, false, SAME),
    ("VENDOR borealis bin/borealisd options=etc/site.opt port=27120 mood=good", false, false, SAME),
    ("VENDOR", false, false, SAME),
    ("DAEMON borealis bin/borealisd", true, false, "DAEMON is the older name of VENDOR, and files have it"),
    // USE_SERVER
    ("USE_SERVER", true, true, SAME),
    ("use_server", true, true, SAME),
    ("USE_SERVER and more words", false, false, SAME),
    ("USE_SERVER options=none", false, false, SAME),
    // FEATURE and INCREMENT: name vendor version expiry count [attributes]
    (
        "FEATURE weld borealis 2026.0215 31-oct-2029 9 VENDOR_STRING=\"a string of words\" \\\n AUTH={ k=\"w\" l=(1 2 3) s=\"0 1\"} SIGN=\"<00>\"",
        true,
        true,
        SAME,
    ),
    (
        "FEATURE weld borealis 2026.0215 31-oct-2029 uncounted VENDOR_STRING=\"a string of words\" \\\n AUTH={ k=\"w\" l=(1 2 3)} SIGN=\"<00>\"",
        true,
        true,
        SAME,
    ),
    ("FEATURE weld borealis 2026.0215 0000 uncounted SIGN=\"<00>\"", true, true, SAME),
    ("FEATURE weld borealis 2026.0215 permanent uncounted HOSTID=ANY SIGN=\"<00>\"", true, true, SAME),
    (
        "Increment weld borealis 2026.0215 31-oct-2029 9 VENDOR_STRING=\"a string of words\" \\\n AUTH={ k=\"w\" l=(1 2 3) s=\"0 1\"} SIGN=\"<00>\"",
        true,
        true,
        SAME,
    ),
    ("increment weld borealis 2026.0215 31-oct-2029 UNCOUNTED SIGN=\"<00>\"", true, true, SAME),
    ("INCREMENT weld borealis 2026.0215 0000 uncounted SIGN=\"<00>\"", true, true, SAME),
    ("INCREMENT weld borealis 2026.0215 permanent uncounted SIGN=\"<00>\"", true, true, SAME),
    ("INCREMENT weld borealis 2.000 31-oct-2029 7 SIGN=\"<00>\"", true, true, SAME),
    ("FEATURE kit borealis 1.2 31-oct-2029 4 SN=800 SIGN=\"<00>\"", true, true, SAME),
    ("INCREMENT weld borealis 2.0 31-oct-2029 7 SIGN=\"<00>", false, false, SAME),
    ("INCREMENT weld borealis 2.0 31-oct-2029", false, false, SAME),
    (
        "INCREMENT weld borealis 2.0 31-oct-2029 7 SUPERSEDE ISSUED=03-mar-2026 SIGN=\"00\"",
        true,
        false,
        "SUPERSEDE without a value voids the lines of its own feature",
    ),
    (
        "INCREMENT weld borealis vee 31-oct-2029 7 SIGN=\"00\"",
        false,
        true,
        "a version is a number with at most one point; letters in it are error -77",
    ),
    // PACKAGE and UPGRADE
    ("PACKAGE kit borealis 1.2 SIGN=\"<00>\" COMPONENTS=\"weld:2.0:3 forge:1.0:2\"", true, true, SAME),
    ("PACKAGE kit borealis COMPONENTS=\"weld forge\" OPTIONS=SUITE SIGN=\"<00>\"", true, true, SAME),
    ("PACKAGE kit borealis 1.2 SIGN=\"<00>\" COMPONENTS=\"weld:2.0:3 forge:1.0:2", false, false, SAME),
    ("UPGRADE weld borealis 2.000 3.000 31-oct-2029 4 SIGN=\"<00>\"", true, true, SAME),
    (
        "UPGRADE weld borealis vee wye 31-oct-2029 4 SIGN=\"<00>\"",
        false,
        true,
        "a version is a number with at most one point; letters in it are error -77",
    ),
    ("UPGRADE weld borealis 2.0 3.0 \\\npermanent 4 SIGN=\"<00>\"", true, true, SAME),
];

/// What says that a text is no license file: signatures, hosts and what is not served do not.
fn against(text: &str) -> Option<String> {
    let source = Source::new("case.lic", format!("{text}\n"));
    let loaded = load(&[source], &Trust::default(), None, false);
    let of_grammar =
        |code| matches!(code, Code::BadSyntax | Code::UnknownKeyword | Code::BadVersion | Code::BadDate);
    let found = loaded
        .diagnostics
        .into_iter()
        .find(|found| found.severity == Severity::Error && found.code.is_some_and(of_grammar));
    found.map(|found| found.message)
}

#[test]
fn every_form_of_the_guide_is_accepted_and_nothing_else_is() {
    for (text, ours, strict, why) in CASES {
        let against = against(text);
        assert_eq!(against.is_none(), *ours, "{text}: {against:?}");
        assert_eq!(ours != strict, !why.is_empty(), "{text}: a difference has its reason, and only that");
    }
    assert!(CASES.len() >= 52, "{}", CASES.len());
}
