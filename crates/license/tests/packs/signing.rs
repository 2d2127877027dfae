//! What a vendor is told when a pack is signed, and what is not signed.

use license::{Diagnostic, SecretKey, SignOptions, Source, sign};
use names::Code;

use crate::desk::{HEAD, key, options, refusal, said};

fn warnings(options: &SignOptions, line: &str) -> Vec<Diagnostic> {
    let text =
        format!("{HEAD}INCREMENT mill acmed 1 permanent 2 {line}\nINCREMENT saw acmed 1 permanent 1\n");
    let pack = sign(&Source::new("p.lic", text), &key(), options).map_err(|d| said(&d)).unwrap();
    assert_eq!(pack.lines, 2);
    pack.warnings
}

#[test]
fn what_a_vendor_may_not_have_meant_is_said_at_signing() {
    let host_key = Some(SecretKey::for_host([2; 32]).public());
    let bound = SignOptions { host_key, ..options("P-1") };
    assert_eq!(said(&warnings(&bound, "CONFIG_ID=1 sort=3 vendor_info=x")), "");
    for (line, message) in [
        ("hostid=02aa10200001", "`hostid` is not HOSTID: it has no effect, and is not signed"),
        ("seat=LOCKED", "`seat` is not SEAT: it has no effect, and is not signed"),
        ("Hostid=02aa10200001", "`Hostid` is not HOSTID: it has no effect"),
        ("FLOAT_OK", "lines with FLOAT_OK are not served by this version"),
        (
            "TZ=CET",
            "lines with a TZ that is neither SERVERTZ nor hours from GMT are not served by this version",
        ),
        ("OWN_NOTE=x", "unknown attribute `OWN_NOTE`"),
    ] {
        let found = warnings(&bound, line);
        assert!(said(&found).contains(message), "{line}: {}", said(&found));
    }
    let open = warnings(&options("P-1"), "");
    assert!(said(&open).contains("2 lines have no HOST_KEY"), "{}", said(&open));
    assert_eq!(open.len(), 1);
}

#[test]
fn a_misspelt_attribute_and_a_pack_that_voids_itself_are_not_signed() {
    let line = |rest: &str| refusal(&format!("{HEAD}INCREMENT mill acmed 1 permanent 2 {rest}\n"));
    for misspelt in
        ["HOSTIDS=02aa10200001", "HOSTI=02aa10200001", "SEATS=LOCKED", "Hostids=ANY", "SUPERCEDE=mill"]
    {
        assert_eq!(line(misspelt), [-90], "{misspelt}");
    }
    assert_eq!(line("VOIDS=\"P-0 P-1\""), [Code::Incompatible.number()]);
}

#[test]
fn host_ids_that_are_missing_are_asked_for() {
    let text = HEAD.replace("02aa10203040", "HOSTID_HERE") + "INCREMENT mill acmed 1 permanent 2\n";
    let refused = sign(&Source::new("p.lic", text.clone()), &key(), &options("P-1")).unwrap_err();
    assert!(refused[0].remedy.contains("--host-id"), "{}", refused[0].remedy);
    let two = SignOptions { host_ids: Some(vec![crate::desk::host(); 2]), ..options("P-1") };
    let refused = sign(&Source::new("p.lic", text), &key(), &two).unwrap_err();
    assert!(refused[0].message.starts_with("there is 1 SERVER line, "), "{}", refused[0].message);
}
