//! A vendor's keys: one replaces another, and one is revoked.

use license::{
    KeyError, LineError, Loaded, PackState, PublicKey, Revocation, RevokedKey, SecretKey, Severity,
    SignedLine, Source, Trust, TrustedKey, load, sign_pack, verify_line,
};
use names::{Code, Vendor};

use crate::desk::{HEAD, codes, host, key, options, said, seats, vendor};

/// Two seeds whose keys have one id, c1198422; found by trying seeds in their order.
const COLLIDING: [u32; 2] = [27_857, 84_242];

fn new_key() -> SecretKey {
    SecretKey::for_vendor(vendor(), [8; 32])
}

fn from_number(n: u32) -> SecretKey {
    let mut seed = [0; 32];
    seed[..4].copy_from_slice(&n.to_le_bytes());
    SecretKey::for_vendor(vendor(), seed)
}

fn of(keys: &[&SecretKey]) -> Trust {
    let trusted = keys.iter().map(|key| TrustedKey { vendor: vendor(), key: key.public() });
    Trust::new(trusted.collect())
}

fn whole(key: &PublicKey) -> RevokedKey {
    RevokedKey::Key(key.clone())
}

fn revoked(by: &str, key: RevokedKey) -> [Revocation; 1] {
    [Revocation { vendor: Some(Vendor::new(by).unwrap()), key }]
}

fn pack(key: &SecretKey, number: &str, line: &str) -> Source {
    let source = Source::new(format!("{number}.lic"), format!("{HEAD}INCREMENT {line}\n"));
    let signed = sign_pack(&source, key, &options(number)).unwrap();
    Source::new(format!("{number}.lic"), signed)
}

fn served(sources: &[Source], trust: &Trust) -> Loaded {
    load(sources, trust, Some(&[host()]), false)
}

fn line(key: &SecretKey) -> SignedLine {
    served(&[pack(key, "P-1", "mill acmed 1 permanent 5")], &of(&[key])).entitlements[0].line.clone().unwrap()
}

#[test]
fn lf_06_a_revoked_key_is_told_apart_from_an_unknown_one() {
    let (old, new) = (key().public(), new_key().public());
    let line = line(&key());
    let both = of(&[&key(), &new_key()]);
    let unknown = LineError::UnknownKey { vendor: vendor(), key: old.id() };
    let gone = LineError::RevokedKey { vendor: vendor(), key: old.id() };
    assert_eq!((unknown.code(), gone.code()), (Code::BadSignature, Code::BadSignature));
    assert!(gone.to_string().contains("has revoked its key") && gone.remedy().contains("its new key"));
    assert!(!unknown.to_string().contains("revoked") && unknown.remedy() != gone.remedy());
    let anyone = || Trust::default().with_any_vendor(vec![old.clone(), new.clone()]);
    let everywhere = |key| [Revocation { vendor: None, key }];
    for (trust, expected) in [
        (both.clone(), None),
        (of(&[&new_key()]), Some(&unknown)),
        (both.clone().with_revoked(revoked("acmed", whole(&old))), Some(&gone)),
        (both.clone().with_revoked(revoked("acmed", RevokedKey::Id(old.id()))), Some(&gone)),
        (both.clone().with_revoked(everywhere(whole(&old))), Some(&gone)),
        (of(&[&new_key()]).with_revoked(revoked("acmed", whole(&old))), Some(&gone)),
        (Trust::default().with_revoked(revoked("acmed", whole(&old))), Some(&gone)),
        // The other key, or another vendor's word about this one.
        (both.clone().with_revoked(revoked("acmed", whole(&new))), None),
        (both.clone().with_revoked(revoked("othersoft", whole(&old))), None),
        (both.with_revoked(revoked("othersoft", RevokedKey::Id(old.id()))), None),
        // A key that is tried for every vendor.
        (anyone(), None),
        (anyone().with_revoked(revoked("acmed", whole(&old))), Some(&gone)),
        (anyone().with_revoked(everywhere(RevokedKey::Id(old.id()))), Some(&gone)),
        (anyone().with_revoked(revoked("othersoft", whole(&old))), None),
    ] {
        assert_eq!(verify_line(&line, &trust).err().as_ref(), expected, "{trust:?}");
    }
}

#[test]
fn two_keys_overlap_until_the_old_one_is_revoked() {
    let voiding = "mill acmed 1 permanent 5 VOIDS=P-1";
    let old = pack(&key(), "P-1", "mill acmed 1 permanent 5");
    let other = pack(&key(), "P-2", "saw acmed 1 permanent 2");
    let sources = [old.clone(), other, pack(&new_key(), "P-3", "lathe acmed 1 permanent 7")];
    let both = of(&[&key(), &new_key()]);
    let overlap = served(&sources, &both);
    assert!(overlap.diagnostics.is_empty(), "{}", said(&overlap.diagnostics));
    assert_eq!(seats(&overlap).len(), 3);

    let trust = both.clone().with_revoked(revoked("acmed", whole(&key().public())));
    let after = served(&sources, &trust);
    assert_eq!(after.entitlements.iter().map(|e| e.feature.to_string()).collect::<Vec<_>>(), ["lathe"]);
    let states: Vec<_> = after.packs.iter().map(|pack| pack.state).collect();
    assert_eq!(states, [PackState::Refused, PackState::Refused, PackState::Served]);
    // Each pack is named once, with what to do.
    assert_eq!(codes(&after.diagnostics, Severity::Error), [-8, -8], "{}", said(&after.diagnostics));
    for (found, number) in after.diagnostics.iter().zip(["P-1", "P-2"]) {
        let shown = found.render(&sources);
        assert!(
            shown.contains("has revoked its key") && shown.contains(&format!("pack {number},")),
            "{shown}"
        );
        assert!(shown.contains("ask the vendor for the pack that is signed with its new key"), "{shown}");
    }

    // The same text signed again with its old number is the same pack, and counts once; a changed one
    // is another pack of that number, and takes another number and VOIDS=.
    let again = pack(&new_key(), "P-1", "mill acmed 1 permanent 5");
    for trust in [&both, &trust] {
        assert_eq!(seats(&served(&[old.clone(), again.clone()], trust)).len(), 1);
    }
    let changed = pack(&new_key(), "P-1", "mill acmed 1 permanent 6");
    assert!(served(&[old.clone(), changed.clone()], &both).entitlements.is_empty());
    let replaced = [old.clone(), pack(&new_key(), "P-4", voiding)];
    for trust in [&both, &trust] {
        assert_eq!(seats(&served(&replaced, trust)).len(), 1);
    }
    // Where the old one is refused, its number alone stands in nobody's way.
    assert_eq!(seats(&served(&[old, changed], &trust)).len(), 1);
}

#[test]
fn what_a_revoked_key_voided_is_in_force_again_until_a_good_key_voids_it() {
    let first = pack(&new_key(), "P-1", "mill acmed 1 permanent 5");
    let line = "saw acmed 1 permanent 5 VOIDS=P-1";
    let both = of(&[&key(), &new_key()]);
    let trust = both.clone().with_revoked(revoked("acmed", whole(&key().public())));
    let names = |second: &SecretKey, trust: &Trust| {
        let loaded = served(&[first.clone(), pack(second, "P-2", line)], trust);
        loaded.entitlements.iter().map(|e| e.feature.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(names(&key(), &both), ["saw"]);
    assert_eq!(names(&key(), &trust), ["mill"]);
    assert_eq!(names(&new_key(), &trust), ["saw"]);
}

#[test]
fn keys_that_share_an_id_are_revoked_one_by_one_or_together() {
    let [a, b] = COLLIDING.map(from_number);
    assert!(a.public() != b.public() && a.public().id() == b.public().id());
    let gone = || LineError::RevokedKey { vendor: vendor(), key: a.public().id() };
    let both = of(&[&a, &b]);
    assert!(verify_line(&line(&a), &both).is_ok() && verify_line(&line(&b), &both).is_ok());
    let one = both.clone().with_revoked(revoked("acmed", whole(&a.public())));
    assert_eq!(verify_line(&line(&a), &one), Err(gone()));
    assert!(verify_line(&line(&b), &one).is_ok());
    let refused = served(&[pack(&a, "P-1", "mill acmed 1 permanent 5")], &one);
    assert!(said(&refused.diagnostics).contains("has revoked its key"), "{}", said(&refused.diagnostics));
    let mut altered = line(&b);
    altered.signature[3] ^= 1;
    assert_eq!(verify_line(&altered, &one), Err(LineError::BadSignature));
    let together = both.with_revoked(revoked("acmed", RevokedKey::Id(a.public().id())));
    for key in [&a, &b] {
        assert_eq!(verify_line(&line(key), &together), Err(gone()));
    }
}

#[test]
fn a_revoked_key_is_written_as_a_key_or_as_its_id() {
    let public = key().public();
    assert_eq!(public.to_string().parse(), Ok(whole(&public)));
    assert_eq!(public.id().to_string().parse(), Ok(RevokedKey::Id(public.id())));
    let upper = "ABCDEF01";
    for bad in ["", "1234567", "123456789", upper, "0x123456", &public.to_string()[..43], "nonsense"] {
        assert_eq!(bad.parse::<RevokedKey>(), Err(KeyError::NeitherKeyNorId), "{bad:?}");
    }
}
