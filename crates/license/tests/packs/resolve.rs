//! What packs give together.

use license::{PackState, Source};

use crate::desk::{HEAD, errors, loaded, loaded_all, refusal, said, seats, signed_as};

fn file(pack: &str, lines: &str) -> Source {
    Source::new(format!("{pack}.lic"), signed_as(pack, &format!("{HEAD}{lines}\n")))
}

#[test]
fn lf_15_a_later_line_supersedes_earlier_ones() {
    let old = file(
        "P-1",
        "INCREMENT mill acmed 1 permanent 5 ISSUED=1-jan-2025\nINCREMENT lathe acmed 1 permanent 5",
    );
    for (new, left) in [
        (
            "INCREMENT mill acmed 2 permanent 3 SUPERSEDE ISSUED=2-jan-2025",
            &["lathe/pack:P-1=5", "mill/pack:P-2=3"][..],
        ),
        (
            "INCREMENT mill acmed 2 permanent 3 SUPERSEDE ISSUED=1-jan-2025",
            &["mill/pack:P-1=5", "lathe/pack:P-1=5", "mill/pack:P-2=3"],
        ),
        (
            "INCREMENT mill acmed 2 permanent 3 SUPERSEDE=\"lathe mill\" ISSUED=2-jan-2025",
            &["mill/pack:P-2=3"],
        ),
        (
            "INCREMENT mill acmed 2 permanent 3 SUPERSEDE=lathe ISSUED=2-jan-2024",
            &["mill/pack:P-1=5", "mill/pack:P-2=3"],
        ),
    ] {
        let new = file("P-2", new);
        for sources in [[old.clone(), new.clone()], [new, old.clone()]] {
            let loaded = loaded_all(&sources);
            let mut now = seats(&loaded);
            now.sort();
            let mut left = left.to_vec();
            left.sort_unstable();
            assert_eq!((now, errors(&loaded)), (left.iter().map(|s| (*s).to_owned()).collect(), vec![]));
        }
    }
}

#[test]
fn a_pack_voids_the_ones_it_replaces() {
    let old = file("P-1", "INCREMENT mill acmed 1 permanent 5");
    let new = file("P-2", "INCREMENT mill acmed 1 permanent 4 VOIDS=P-1");
    for sources in [[old.clone(), new.clone()], [new.clone(), old.clone()]] {
        let loaded = loaded_all(&sources);
        assert_eq!((seats(&loaded), errors(&loaded)), (vec!["mill/pack:P-2=4".to_owned()], vec![]));
        assert!(loaded.packs.iter().any(|pack| pack.state == PackState::Voided));
    }
    // The license went to another machine: the old pack is void here all the same.
    let moved = signed_as(
        "P-2",
        &format!("{}INCREMENT mill acmed 1 permanent 5 VOIDS=P-1\n", HEAD.replace("3040", "3049")),
    );
    assert!(loaded_all(&[old, Source::new("moved", moved)]).entitlements.is_empty());
    // Without its seal, or with the line gone, the new pack gives nothing at all.
    let text = String::from_utf8(new.bytes).unwrap();
    for bad in [
        text.replace("SEAL", "# SEAL"),
        text.replace("INCREMENT", "# INCREMENT"),
        text.replace("VOIDS=P-1", ""),
    ] {
        assert!(loaded(bad).entitlements.is_empty());
    }
}

#[test]
fn the_first_feature_line_counts() {
    let loaded = loaded_all(&[
        file("P-1", "FEATURE mill acmed 1 permanent 5\nINCREMENT mill acmed 1 permanent 1"),
        file("P-2", "FEATURE mill acmed 1 permanent 7"),
    ]);
    assert_eq!(seats(&loaded), ["mill/pack:P-1=5", "mill/pack:P-1=1"]);
    assert!(said(&loaded.diagnostics).contains("a second FEATURE line of mill gives nothing"));
    assert_eq!(
        refusal(&format!("{HEAD}FEATURE mill acmed 1 permanent 5\nFEATURE mill acmed 2 permanent 5\n")),
        [-94]
    );
}

#[test]
fn what_this_version_does_not_serve_is_said_not_half_served() {
    for line in [
        "INCREMENT mill acmed 1 permanent 1 HOSTID=FLEXID=9-0a1b2c3d FLOAT_OK",
        "INCREMENT mill acmed 1 permanent 5 FLOAT_OK=02aa10203040",
        "INCREMENT mill acmed 1 permanent 5 TZ=CET",
        "INCREMENT mill acmed 1 permanent 1 SEAT=LOCKED HOSTID=INTERNET=192.0.2.*",
        "INCREMENT mill acmed 1 permanent uncounted SEAT=NAMED HOSTID=ANY",
        "PACKAGE kit acmed 1 COMPONENTS=\"mill saw\" OPTIONS=SUITE\nINCREMENT kit acmed 1 permanent 5 FLOAT_OK",
    ] {
        let loaded = loaded_all(&[file("P-1", &format!("{line}\nINCREMENT lathe acmed 1 permanent 1"))]);
        assert_eq!(
            (seats(&loaded), errors(&loaded)),
            (vec!["lathe/pack:P-1=1".to_owned()], vec![-18]),
            "{line}"
        );
        assert_eq!(loaded.diagnostics[0].code.map(names::Code::number), Some(-18), "{line}");
        assert!(loaded.diagnostics[0].message.ends_with("not served by this version"), "{line}");
    }
}

#[test]
fn lf_17_lf_18_dates_are_left_to_whoever_has_a_clock() {
    let loaded = loaded_all(&[file("P-1", "INCREMENT mill acmed 1 2-jan-1970 5 START=1-jan-1970 sort=7")]);
    let [line] = &loaded.entitlements[..] else { panic!("{}", said(&loaded.diagnostics)) };
    assert_eq!(
        (line.start.unwrap().to_string(), line.expiry.to_string(), line.sort),
        ("01-jan-1970".into(), "02-jan-1970".into(), 7)
    );
}

#[test]
fn packs_of_two_vendors_share_a_file() {
    let other = names::Vendor::new("othersoft").unwrap();
    let other_key = license::SecretKey::for_vendor(other.clone(), [5; 32]);
    let text = signed_as(
        "P-1",
        &format!(
            "{HEAD}VENDOR othersoft\nINCREMENT mill acmed 1 permanent 5\nINCREMENT saw othersoft 1 permanent 6\n"
        ),
    );
    let both = license::sign_pack(&Source::new("x", text), &other_key, &crate::desk::options("P-1")).unwrap();
    let mut keys = crate::desk::trust().keys().to_vec();
    keys.push(license::TrustedKey { vendor: other, key: other_key.public() });
    let loaded = license::load(
        &[Source::new("x", both)],
        &license::Trust::new(keys),
        Some(&[crate::desk::host()]),
        true,
    );
    assert_eq!(seats(&loaded), ["mill/pack:P-1=5", "saw/pack:P-1=6"]);
    assert_eq!(said(&loaded.diagnostics), "");
    assert_eq!(loaded.packs.len(), 2);
}

#[test]
fn without_keys_lines_say_what_they_would_give_and_nothing_is_served() {
    let pack = file("P-1", "INCREMENT mill acmed 1 permanent 5 CONFIG_ID=1 NOTICE=\"a SIGN=\\\n b\"");
    let altered = Source::new("p.lic", String::from_utf8(pack.bytes.to_vec()).unwrap().replace("t 5", "t 6"));
    let broken = Source::new("b.lic", format!("{HEAD}INCREMENT saw acmed 1 permanent 1 SIGN=\"1:2:3\"\n"));
    let loaded = license::load_unverified(&[pack, altered, broken]);
    let said: Vec<_> = loaded.unserved.iter().map(|u| crate::desk::shown(&u.entitlement)).collect();
    assert_eq!(
        (said, loaded.entitlements.len()),
        (["mill 1 5", "mill 1 6", "saw 1 1"].map(str::to_owned).to_vec(), 0)
    );
    assert!(loaded.packs.is_empty(), "{:?}", loaded.packs);
}

/// An UPGRADE in a pack of its own takes seats that last as long as what it gives: whoever puts a trial
/// that is over before it gets none of its seats back, and does not keep those that were to be upgraded.
#[test]
fn an_upgrade_takes_nothing_that_is_over_from_another_pack() {
    let bought = file("1", "INCREMENT mill acmed 3.0 permanent 5 CONFIG_ID=1");
    let trial = file("2", "INCREMENT mill acmed 3.0 31-dec-2020 5 CONFIG_ID=1");
    let later = file("3", "INCREMENT mill acmed 3.0 permanent 5 CONFIG_ID=1 START=1-jan-2090");
    let upgrade = file("4", "UPGRADE mill acmed 3.0 4.0 permanent 5 CONFIG_ID=1");
    let packs = [&bought, &trial, &later, &upgrade];
    let today = names::Date::parse("1-jan-2027").unwrap();
    for order in 0..4_usize.pow(4) {
        let order: Vec<_> = (0..4).map(|at| order / 4_usize.pow(at) % 4).collect();
        if (0..4).any(|pack| !order.contains(&pack)) {
            continue;
        }
        let files: Vec<_> = order.iter().map(|at| packs[*at].clone()).collect();
        let loaded = loaded_all(&files);
        let in_force = loaded
            .entitlements
            .iter()
            .filter(|e| e.start.is_none_or(|start| start <= today) && e.expiry >= names::Expiry::On(today));
        assert_eq!(in_force.map(license::Entitlement::count).sum::<u32>(), 5, "{order:?}");
    }
    let loaded = loaded_all(&[bought, trial, upgrade]);
    let given: Vec<_> = loaded.entitlements.iter().map(|e| format!("{} {}", e.version, e.count())).collect();
    assert_eq!(given, ["3.0 5", "4.0 5"], "the bought seats are the upgraded ones; the trial is over");
    assert_eq!(loaded.entitlements[0].expiry, names::Expiry::parse("31-dec-2020").unwrap());
}
