//! Whatever the bytes, nothing panics, and what is said is bounded.

use std::time::Instant;

use license::limits::DIAGNOSTICS_MAX;
use license::{SignedLine, Source, load, sign_pack, verify_line};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::desk::{HEAD, key, loaded, options, signed, trust};

/// Bytes that look like a license file often enough to get far into it.
fn like_a_file() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        6 => prop::sample::select(vec![
            "SERVER", "VENDOR", "DAEMON", "USE_SERVER", "FEATURE", "INCREMENT", "UPGRADE", "PACKAGE", "FEATURESET",
            "SEAL", "this_host", "ANY", "DEMO", "02aa10203040", "27000", "port=", "acmed", "mill", "4.2", "permanent",
            "31-dec-2027", "uncounted", "8", "0", "SIGN=", "SIGN=\"00000000:1:AA==\"", "PACK=P-1", "HOSTID=\"a b\"",
            "SEAT=LOCKED", "SUPERSEDE", "ISSUED=1-jan-2020", "REWRITES=\"1-3\"", "AUTH={", "}", "sort=1", "\"", "\\\n",
            "\n", "\r\n", "\r", " ", "\t", "#", "=", "\\", "\u{feff}", "VOIDS=P-1", "DUP_GROUP=UH", "CONFIG_ID=1",
        ]).prop_map(|text| text.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..4),
        3 => Just(b" ".to_vec()),
    ];
    vec(part, 0..80).prop_map(|parts| parts.concat())
}

fn try_everything(bytes: &[u8]) {
    let source = Source::new("x.lic", bytes);
    for strict in [false, true] {
        let loaded = load(std::slice::from_ref(&source), &trust(), None, strict);
        assert!(loaded.entitlements.is_empty());
        assert!(loaded.diagnostics.len() <= DIAGNOSTICS_MAX);
        for diagnostic in &loaded.diagnostics {
            assert!(diagnostic.span.end <= bytes.len());
            let _ = diagnostic.render(std::slice::from_ref(&source));
        }
    }
    if let Ok(signed) = sign_pack(&source, &key(), &options("P-1")) {
        let loaded = load(&[Source::new("x.lic", signed)], &trust(), None, true);
        assert!(loaded.packs.iter().any(|pack| pack.state == license::PackState::Served));
    }
    let line =
        SignedLine { canonical: bytes.to_vec().into(), key_id: key().public().id(), signature: [1; 64] };
    assert!(verify_line(&line, &trust()).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lf_37_arbitrary_bytes_never_panic(bytes in vec(any::<u8>(), 0..400)) {
        try_everything(&bytes);
    }

    #[test]
    fn lf_37_arbitrary_words_never_panic(bytes in like_a_file()) {
        try_everything(&bytes);
    }

    #[test]
    fn what_can_be_signed_loads(name in "[a-z]{1,8}", n in 1_u32..50, note in "[ -!#-~]{0,20}", blank in "[ \t]{1,3}") {
        let text = format!("{HEAD}INCREMENT{blank}{name} acmed{blank}1.0 permanent {n}{blank}NOTICE=\"{note}\"\n");
        if !note.ends_with('\\') {
            prop_assert_eq!(loaded(signed(&text)).entitlements.len(), 1);
        }
    }
}

/// Bytes of the size, made of one part again and again.
fn of(part: &str, bytes: usize) -> Vec<u8> {
    part.repeat(bytes / part.len()).into_bytes()
}

/// The neighbours of a word that is none are looked for only where somebody will read of them.
#[test]
fn lf_32_a_big_file_of_short_lines_takes_seconds_at_most() {
    let source = [Source::new("big", of("SEARVER\n", 16 << 20))];
    let start = Instant::now();
    assert_eq!(load(&source, &trust(), None, false).diagnostics.len(), DIAGNOSTICS_MAX);
    assert!(start.elapsed().as_secs_f64() < 2.0, "{:?}", start.elapsed());
}

#[test]
fn lf_31_lf_32_big_nonsense_takes_linear_time() {
    for part in [
        "\\\n",
        "a \\\n",
        "\"",
        "\"\n",
        "INCREMENT a b 1 permanent 1 \\\n",
        "INCREMENT a b 1 permanent 1\n",
        "A=1 ",
        "\\ ",
        "\\   \\   ",
        "AUTH={",
        "AUTH={\" ",
        "INCREMENT a b 1 permanent 1 AUTH={\n",
        "SEAL a b 9\n",
        "x\n",
        "SERVER a ANY\n",
        "VENDOR a b c d e f g\n",
        "#",
        "\r",
        " ",
        "x\u{202e}",
    ] {
        let time = |bytes: usize| {
            let source = [Source::new("big", of(part, bytes))];
            let start = Instant::now();
            let loaded = load(&source, &trust(), None, false);
            assert!(loaded.entitlements.is_empty() && loaded.diagnostics.len() <= DIAGNOSTICS_MAX);
            start.elapsed().as_secs_f64()
        };
        let (small, large) = (time(250_000), time(2_000_000));
        // Eight times the bytes: quadratic would be 64 times. The floor keeps the clock's noise out.
        assert!(large < small.max(0.05) * 30.0, "{part:?}: {small} s, then {large} s");
    }
}
