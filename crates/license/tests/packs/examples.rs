//! The example packs give what their cases say.

use license::{SeatKind, SignOptions, Source, load, sign_pack};
use names::{CpuId, PackNumber};

use crate::desk::{errors, host, key, said, seats, trust};

#[test]
fn every_example_is_signed_for_a_host_and_loads_without_a_word() {
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/packs/");
    for (name, expected) in [
        ("f1-floating.lic", &["PROENGINEER/11470=10"][..]),
        (
            "f3-package.lic",
            &["PROENGINEER/2290=10", "PROPDM/2291=10", "PROINTRALINK/2293=10", "PROFLYTHROUGH/2294=10"],
        ),
        ("f4-modules.lic", &["PROSHEETMETAL/6696=3", "PROCABLING/6696=5", "PROMESH/6696=6"]),
        ("l2-locked.lic", &["PROENGINEER/73633=8"]),
        ("l3-locked-small.lic", &["PROENGINEER/17349=1", "PRODESIGNER/17357=1"]),
        ("r1-two-configurations.lic", &["PROENGINEER/81001=2", "PROENGINEER/81002=2"]),
        ("u1-upgrade.lic", &["PROENGINEER/11470=4", "PROENGINEER/11470=6"]),
    ] {
        let source = Source::new(name, std::fs::read(format!("{here}{name}")).unwrap());
        let unsigned = load(std::slice::from_ref(&source), &trust(), None, false);
        assert!(unsigned.entitlements.is_empty() && !errors(&unsigned).is_empty(), "{name}");
        let options = SignOptions {
            host_ids: Some(vec![host()]),
            ..SignOptions::new(PackNumber::new("EX-1").unwrap())
        };
        let text = sign_pack(&source, &key(), &options).map_err(|d| said(&d)).unwrap();
        let loaded = load(&[Source::new(name, text)], &trust(), Some(&[host()]), true);
        assert_eq!(seats(&loaded), expected, "{name}");
        assert_eq!(said(&loaded.diagnostics), "", "{name}");
    }
}

#[test]
fn a_locked_line_has_a_pool_of_one_seat_for_each_workstation() {
    let text = crate::desk::signed(&format!(
        "{}INCREMENT mill acmed 4.2 permanent 2 CONFIG_ID=7 SEAT=LOCKED HOSTID=\"02AA10200001 02-aa-10-20-00-02\"\n",
        crate::desk::HEAD
    ));
    let loaded = crate::desk::loaded(text);
    let [locked] = &loaded.entitlements[..] else { panic!("{}", said(&loaded.diagnostics)) };
    assert_eq!(locked.kind, SeatKind::Locked);
    let pools: Vec<String> =
        locked.pools().iter().map(|(pool, n)| format!("{pool} {}", n.unwrap())).collect();
    assert_eq!(
        pools,
        [
            "acmed/7/02aa10200001/mill/SEAT=LOCKED;VERSION=4.2 1",
            "acmed/7/02aa10200002/mill/SEAT=LOCKED;VERSION=4.2 1"
        ]
    );
    assert_eq!(locked.cpus, ["02aa10200001", "02aa10200002"].map(|id| CpuId::new(id).unwrap()));
}

/// A workstation that is the license host itself: its locked seat is not one of the floating ones.
#[test]
fn a_locked_seat_of_the_license_host_is_no_floating_one() {
    let text = "SERVER this_host 02aa10203040\nVENDOR acmed\nUSE_SERVER\n\
                INCREMENT mill acmed 4.2 permanent 10 SEAT=FLOATING\n\
                INCREMENT mill acmed 4.2 permanent 2 SEAT=LOCKED HOSTID=\"02aa10203040 02aa10200001\"\n";
    let options = SignOptions::new(PackNumber::new("1").unwrap());
    let signed = sign_pack(&Source::new("p.lic", text.as_bytes()), &key(), &options).unwrap();
    let loaded = load(&[Source::new("p.lic", signed)], &trust(), None, true);
    let pools: std::collections::BTreeSet<_> =
        loaded.entitlements.iter().flat_map(|line| line.pools()).map(|(pool, _)| pool).collect();
    assert_eq!(pools.len(), 3, "{pools:?}");
}
