use names::{PackNumber, Vendor};

use super::*;
use crate::{SecretKey, SignOptions, Trust, TrustedKey, load, sign_pack};

const HEAD: &str = "SERVER lic1 02aa10203040 27000\n";

fn key() -> SecretKey {
    SecretKey::for_vendor(Vendor::new("acmed").unwrap(), [1; 32])
}

fn set(lines: &str) -> (Vec<Source>, Loaded) {
    let source = Source::new("p.lic", format!("{HEAD}{lines}\n"));
    let text = match lines.strip_prefix("unsigned ") {
        Some(lines) => format!("{HEAD}{lines}\n").into_bytes(),
        None => sign_pack(&source, &key(), &SignOptions::new(PackNumber::new("P-1").unwrap())).unwrap(),
    };
    let sources = vec![Source::new("p.lic", text)];
    let trust = Trust::new(vec![TrustedKey { vendor: Vendor::new("acmed").unwrap(), key: key().public() }]);
    let loaded = load(&sources, &trust, None, false);
    (sources, loaded)
}

/// `-5 +7`: seats before and after; `(n)` where they are not served.
fn shown(old: &(Vec<Source>, Loaded), new: &(Vec<Source>, Loaded)) -> Vec<String> {
    let side = |state: &PoolState<'_>| {
        let seats = |terms: &PoolTerms<'_>| terms.seats.map_or("uncounted".to_owned(), |n| n.to_string());
        let served = state.served.as_ref().map(seats);
        let unserved =
            state.unserved.as_ref().map(|(terms, code, _)| format!("({} {})", seats(terms), code.number()));
        [served, unserved].into_iter().flatten().collect::<String>()
    };
    let set = |(sources, loaded)| LicenseSet { sources, loaded };
    let row = |c: &PoolChange<'_>| {
        let other = c.counterpart.as_ref().map(|pool| format!(" other {} {}", pool.config(), pool.pooling()));
        let idle: String = c.idle.iter().map(|idle| format!(" idle {}", idle.place.line)).collect();
        let (pool, other) = (&c.pool, other.unwrap_or_default());
        let (old, new) = (side(&c.old), side(&c.new));
        format!("{}/{} {} {old}>{new}{other}{idle}", pool.feature(), pool.config(), pool.cpu())
    };
    diff(set((&old.0, &old.1)), set((&new.0, &new.1))).iter().map(row).collect()
}

#[test]
fn what_changes_is_named_pool_by_pool() {
    let mill = "INCREMENT mill acmed 4.2 31-dec-2027 8 CONFIG_ID=7";
    for (old, new, expected) in [
        (mill, mill, &[][..]),
        (mill, "# a comment\nincrement  mill acmed 4.20 31-dec-2027 8 CONFIG_ID=7 my=note", &[]),
        (
            mill,
            "INCREMENT mill acmed 4.2 31-dec-2027 5 CONFIG_ID=7\nINCREMENT mill acmed 4.2 31-dec-2027 3 CONFIG_ID=7",
            &[],
        ),
        (mill, "INCREMENT mill acmed 4.2 31-dec-2027 9 CONFIG_ID=7", &["mill/7 02aa10203040 8>9"]),
        (mill, "INCREMENT mill acmed 4.2 31-dec-2028 8 CONFIG_ID=7", &["mill/7 02aa10203040 8>8"]),
        (
            mill,
            "INCREMENT mill acmed 4.2 31-dec-2027 8 CONFIG_ID=7 START=1-jan-2026",
            &["mill/7 02aa10203040 8>8"],
        ),
        (mill, "INCREMENT mill acmed 4.2 31-dec-2027 8 CONFIG_ID=7 LINGER=60", &["mill/7 02aa10203040 8>8"]),
        (
            mill,
            "INCREMENT mill acmed 5.0 31-dec-2027 8 CONFIG_ID=7",
            &["mill/7 02aa10203040 8> other 7 VERSION=5", "mill/7 02aa10203040 >8 other 7 VERSION=4.2"],
        ),
        (
            mill,
            "INCREMENT saw acmed 4.2 permanent 1",
            &["mill/7 02aa10203040 8>", "saw/pack:P-1 02aa10203040 >1"],
        ),
        (
            mill,
            "INCREMENT mill acmed 4.2 31-dec-2027 8 CONFIG_ID=8",
            &["mill/7 02aa10203040 8>", "mill/8 02aa10203040 >8"],
        ),
        (mill, "INCREMENT mill acmed 4.2 31-dec-2027 8 CONFIG_ID=7 MINIMUM=2", &["mill/7 02aa10203040 8>8"]),
        (
            mill,
            "INCREMENT mill acmed 4.2 31-dec-2027 8 CONFIG_ID=7 FLOAT_OK",
            &["mill/7 02aa10203040 >(8 -18)", "mill/7 02aa10203040 8>"],
        ),
        (
            mill,
            "unsigned INCREMENT mill acmed 4.2 31-dec-2027 8 CONFIG_ID=7",
            &["mill/7 02aa10203040 8>(8 -114)"],
        ),
        (
            "unsigned INCREMENT mill acmed 4.2 31-dec-2027 8 CONFIG_ID=7",
            mill,
            &["mill/7 02aa10203040 (8 -114)>8"],
        ),
        (
            mill,
            "INCREMENT mill acmed 4.2 31-dec-2027 8 CONFIG_ID=7 ISSUED=1-jan-2020\n\
             INCREMENT saw acmed 1 permanent 1 SUPERSEDE=mill ISSUED=1-jan-2021",
            &["mill/7 02aa10203040 8> idle 2", "saw/pack:P-1 02aa10203040 >1"],
        ),
        (
            "INCREMENT mill acmed 1 permanent 2 SEAT=LOCKED HOSTID=\"02aa10200001 02aa10200002\"",
            "INCREMENT mill acmed 1 permanent 2 SEAT=LOCKED HOSTID=\"02aa10200001 02aa10200003\"",
            &["mill/pack:P-1 02aa10200002 1>", "mill/pack:P-1 02aa10200003 >1"],
        ),
    ] {
        assert_eq!(shown(&set(old), &set(new)), expected, "{old}\n{new}");
    }
}

#[test]
fn a_pack_of_another_number_is_another_configuration_and_says_of_which() {
    let as_pack = |number: &str| {
        let source = Source::new("p.lic", format!("{HEAD}INCREMENT mill acmed 1 permanent 2\n"));
        let text = sign_pack(&source, &key(), &SignOptions::new(PackNumber::new(number).unwrap())).unwrap();
        let sources = vec![Source::new("p.lic", text)];
        let trust =
            Trust::new(vec![TrustedKey { vendor: Vendor::new("acmed").unwrap(), key: key().public() }]);
        let loaded = load(&sources, &trust, None, false);
        (sources, loaded)
    };
    assert_eq!(
        shown(&as_pack("P-1"), &as_pack("P-2")),
        [
            "mill/pack:P-1 02aa10203040 2> other pack:P-2 VERSION=1",
            "mill/pack:P-2 02aa10203040 >2 other pack:P-1 VERSION=1"
        ]
    );
}

#[test]
fn an_altered_line_is_named_as_the_one_that_would_have_given_the_pool() {
    let old = set(
        "INCREMENT mill acmed 4.2 31-dec-2027 8 CONFIG_ID=7\nINCREMENT saw acmed 1 permanent 1 CONFIG_ID=8",
    );
    let text = String::from_utf8(old.0[0].bytes.clone()).unwrap().replace("2027 8", "2027 9");
    let sources = vec![Source::new("p.lic", text)];
    let trust = Trust::new(vec![TrustedKey { vendor: Vendor::new("acmed").unwrap(), key: key().public() }]);
    let loaded = load(&sources, &trust, None, false);
    assert_eq!(shown(&old, &(sources, loaded)), ["mill/7 02aa10203040 8> idle 2"]);
}
