//! Packs and signatures of format 1, kept: what an older release signed stays good.

use license::{SecretKey, SignOptions, Source, sign_pack, verify_line};
use names::PackNumber;

use crate::desk::{key, loaded, said, seats, trust};

fn golden(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/golden/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The unsigned text, signed with the test key, is the golden pack byte for byte.
#[test]
fn the_golden_pack_is_signed_the_same_way_today() {
    let source = Source::new("unsigned.lic", golden("unsigned.lic"));
    let options = SignOptions {
        host_key: Some(SecretKey::for_host([2; 32]).public()),
        ..SignOptions::new(PackNumber::new("P-4711").unwrap())
    };
    let signed = sign_pack(&source, &key(), &options).map_err(|d| said(&d)).unwrap();
    assert_eq!(String::from_utf8_lossy(&signed), String::from_utf8_lossy(&golden("signed.lic")));
}

#[test]
fn the_golden_pack_loads_and_its_canonical_forms_are_the_golden_ones() {
    let loaded = loaded(golden("signed.lic"));
    assert_eq!(said(&loaded.diagnostics), "");
    assert_eq!(seats(&loaded), ["PROENGINEER/11470=10", "PROENGINEER/73633=2", "PROCABLING/pack:P-4711=3"]);
    let mut canonical = Vec::new();
    for entitlement in &loaded.entitlements {
        let line = entitlement.line.as_ref().unwrap();
        assert!(verify_line(line, &trust()).is_ok());
        canonical.extend_from_slice(&line.canonical);
    }
    assert_eq!(String::from_utf8_lossy(&canonical), String::from_utf8_lossy(&golden("canonical.golden")));
}

#[test]
fn keys_have_the_golden_texts() {
    let text = format!("{}{}", *key().to_text(), *SecretKey::for_host([2; 32]).to_text());
    assert_eq!(text.as_bytes(), golden("keys.golden"));
}
