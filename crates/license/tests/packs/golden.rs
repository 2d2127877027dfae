//! Packs and signatures of format 1, kept: what an older release signed stays good.

use license::{SecretKey, SignOptions, Source, sign_pack, verify_line};
use names::PackNumber;

use crate::desk::{key, loaded, said, seats, trust};

pub(crate) fn golden(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/golden/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The packs of this format version: the unsigned text, the signed one, its number, and what it gives.
struct Golden {
    unsigned: &'static str,
    signed: &'static str,
    canonical: &'static str,
    number: &'static str,
    gives: &'static [&'static str],
}

const GOLDEN: [Golden; 2] = [
    Golden {
        unsigned: "unsigned.lic",
        signed: "signed.lic",
        canonical: "canonical.golden",
        number: "P-4711",
        gives: &["PROENGINEER/11470=10", "PROENGINEER/73633=2", "PROCABLING/pack:P-4711=3"],
    },
    Golden {
        unsigned: "rewriting-unsigned.lic",
        signed: "rewriting.lic",
        canonical: "rewriting-canonical.golden",
        number: "P-4712",
        gives: &[
            "lathe/500=4",
            "mill/501=4",
            "mill/501=6",
            "turn/502=3",
            "drill/502=12",
            "sketch/503=4",
            "render/503=4",
            "studio/503=4",
            "probe/504=2",
            "saw/pack:P-4712=7",
        ],
    },
];

/// Compares with a golden file. `SEATKEEPER_BLESS=1` writes it where there is none yet: a golden file of
/// a format that was released is never written over.
fn check(name: &str, bytes: &[u8]) {
    let path = format!("{}/tests/golden/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("SEATKEEPER_BLESS").is_some() && !std::path::Path::new(&path).exists() {
        std::fs::write(&path, bytes).unwrap();
    }
    assert_eq!(String::from_utf8_lossy(bytes), String::from_utf8_lossy(&golden(name)), "{name}");
}

/// The unsigned text, signed with the test key, is the golden pack byte for byte.
#[test]
fn the_golden_packs_are_signed_the_same_way_today() {
    for Golden { unsigned, signed, number, .. } in &GOLDEN {
        let source = Source::new(*unsigned, golden(unsigned));
        let options = SignOptions {
            host_key: Some(SecretKey::for_host([2; 32]).public()),
            ..SignOptions::new(PackNumber::new(number).unwrap())
        };
        check(signed, &sign_pack(&source, &key(), &options).map_err(|d| said(&d)).unwrap());
    }
}

#[test]
fn the_golden_packs_load_and_their_canonical_forms_are_the_golden_ones() {
    for Golden { signed, canonical, gives, .. } in &GOLDEN {
        let loaded = loaded(golden(signed));
        assert_eq!(seats(&loaded), *gives, "{signed}: {}", said(&loaded.diagnostics));
        let mut forms = Vec::new();
        for entitlement in &loaded.entitlements {
            let line = entitlement.line.as_ref().unwrap();
            assert!(verify_line(line, &trust()).is_ok());
            // The golden forms are of the lines that stand for themselves.
            if entitlement.packaged.is_none() {
                forms.extend_from_slice(&line.canonical);
            }
        }
        check(canonical, &forms);
    }
}

#[test]
fn keys_have_the_golden_texts() {
    let text = format!("{}{}", *key().to_text(), *SecretKey::for_host([2; 32]).to_text());
    assert_eq!(text.as_bytes(), golden("keys.golden"));
}
