//! What each line type and attribute means: a table for each, by the manual's words.

use license::{DupGroup, Entitlement, Listed, Rules, SeatKind, Source, TerminalServer, VmPlatforms};
use names::CpuId;

use crate::desk::{
    HEAD, codes, errors, loaded, loaded_all, options, refusal, said, shown, sign, signed, signed_as,
};

/// What the lines give, served or not, in the order of the files.
fn given(lines: &str) -> (Vec<String>, String) {
    let loaded = loaded(signed(&format!("{HEAD}{lines}\n")));
    let unserved = loaded.unserved.iter().map(|unserved| &unserved.entitlement);
    let mut all: Vec<&Entitlement> = loaded.entitlements.iter().chain(unserved).collect();
    all.sort_by_key(|e| e.place);
    (all.iter().map(|e| shown(e)).collect(), said(&loaded.diagnostics))
}

fn one(line: &str) -> Entitlement {
    let loaded = loaded(signed(&format!("{HEAD}{line}\n")));
    let unserved = loaded.unserved.into_iter().map(|unserved| unserved.entitlement);
    let mut all: Vec<Entitlement> = loaded.entitlements.into_iter().chain(unserved).collect();
    assert_eq!(all.len(), 1, "{line}: {}", said(&loaded.diagnostics));
    all.remove(0)
}

/// An attribute, and what it sets.
type Sets = (&'static str, fn(&mut Rules));

const ATTRIBUTES: &[Sets] = &[
    ("BORROW", |rules| rules.borrow_hours = Some(168)),
    ("BORROW=336", |rules| rules.borrow_hours = Some(336)),
    ("BORROW_LOST_OK", |rules| rules.borrow_lost_ok = true),
    ("DUP_LIMIT=4", |rules| rules.dup_limit = Some(4)),
    ("DUP_LIMIT=0", |rules| rules.dup_limit = None),
    ("DUP_GROUP=NONE", |rules| rules.dup_group = None),
    ("DUP_GROUP=SITE", |rules| rules.dup_group = Some(DupGroup::Site)),
    ("DUP_GROUP=UH", |rules| rules.dup_group = Some(equal(true, true, false, false))),
    ("DUP_GROUP=vd", |rules| rules.dup_group = Some(equal(false, false, true, true))),
    ("SUITE_DUP_GROUP=U", |rules| rules.suite_dup_group = Some(equal(true, false, false, false))),
    ("FLOAT_OK", |rules| rules.float_ok = true),
    ("FLOAT_OK=001122334455", |rules| rules.float_ok = true),
    ("HOST_BASED", |rules| rules.host_based = Some(Listed::AsSeats)),
    ("HOST_BASED=4", |rules| rules.host_based = Some(Listed::AtMost(4))),
    ("USER_BASED", |rules| rules.user_based = Some(Listed::AsSeats)),
    ("USER_BASED=6", |rules| rules.user_based = Some(Listed::AtMost(6))),
    ("LINGER=600", |rules| rules.linger_s = Some(600)),
    ("MINIMUM=2", |rules| rules.minimum = Some(2)),
    ("OVERDRAFT=2", |rules| rules.overdraft = Some(2)),
    ("PLATFORMS=\"i86_n x64_lsb\"", |rules| rules.platforms = vec!["i86_n".into(), "x64_lsb".into()]),
    ("PLATFORM=x64_lsb", |rules| rules.platforms = vec!["x64_lsb".into()]),
    ("TS_OK", |rules| rules.terminal_server = TerminalServer::Yes),
    ("ONE_TS_OK", |rules| rules.terminal_server = TerminalServer::One),
    ("TZ=SERVERTZ", |rules| rules.time_zone = Some("SERVERTZ".into())),
    ("VM_PLATFORMS=PHYSICAL", |rules| rules.virtual_machines = Some(VmPlatforms::Physical)),
    ("VM_PLATFORMS=VM_ONLY", |rules| rules.virtual_machines = Some(VmPlatforms::VmOnly)),
    ("SEAT=FLOATING HOSTID=\"02aa10200001 USER=kim\"", |rules| {
        rules.host_ids = ["02aa10200001", "USER=kim"].map(|id| CpuId::new(id).unwrap()).to_vec();
    }),
    ("HOSTID=ANY", |_| ()),
    (
        "ISSUER=\"Acme Tools\" NOTICE=\"Licensed to Example\" SN=1 SIGN2=\"00 AA\" AUTH={acmed=(SIGN=\"00\")}",
        |_| (),
    ),
    ("CUSTOMER=1 INVOICE=2 SUBSCRIPTION=3 BUYER=kim@example.com", |_| ()),
    ("asset_info=1 dist_info=2 user_info=3 vendor_info=4 ck=77", |_| ()),
];

const fn equal(user: bool, host: bool, display: bool, vendor_data: bool) -> DupGroup {
    DupGroup::Equal { user, host, display, vendor_data }
}

#[test]
fn every_attribute_sets_what_the_manual_says() {
    for (attribute, set) in ATTRIBUTES {
        let mut rules = Rules::default();
        set(&mut rules);
        for keyword in ["INCREMENT", "FEATURE"] {
            let found = one(&format!("{keyword} mill acmed 4.2 permanent 5 {attribute}"));
            assert_eq!(found.rules, rules, "{keyword} {attribute}");
            assert_eq!((found.count(), found.kind), (5, SeatKind::Floating), "{attribute}");
        }
    }
    let line =
        one("INCREMENT mill acmed 4.2 permanent 5 VENDOR_STRING=\"a b\" PRODUCT_LINE=P MODULES=\"b a,b\" \
                    MAINTENANCE=NONE START=1-jan-2027 ISSUED=02-jan-2026 sort=300 CONFIG_ID=7");
    assert_eq!((line.vendor_string.as_deref(), line.product_line.as_deref()), (Some("a b"), Some("P")));
    assert_eq!(line.modules, Some(vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!((line.maintenance.map(|m| m.to_string()).as_deref(), line.sort), (Some("NONE"), 255));
    assert_eq!(
        (line.start.unwrap().to_string(), line.issued.unwrap().to_string()),
        ("01-jan-2027".into(), "02-jan-2026".into())
    );
}

#[test]
fn a_value_without_a_meaning_is_refused_with_its_place() {
    for (attribute, code) in [
        ("BORROW=x", -2),
        ("BORROW=-1", -2),
        ("BORROW=", -2),
        ("DUP_GROUP=UX", -2),
        ("DUP_GROUP", -2),
        ("DUP_LIMIT", -2),
        ("DUP_LIMIT=-1", -2),
        ("BORROW_LOST_OK=1", -2),
        ("SEAT=FLOATING HOSTID=DEMO", -94),
        ("SEAT=NAMED HOSTID=\"DEMO 02aa10200001\"", -94),
        ("SUITE_DUP_GROUP=", -2),
        ("LINGER=1h", -2),
        ("LINGER=99999999999", -2),
        ("MINIMUM=two", -2),
        ("OVERDRAFT=+2", -2),
        ("OVERDRAFT=1.5", -2),
        ("USER_BASED=all", -2),
        ("HOST_BASED=-", -2),
        ("VM_PLATFORMS=XEN", -2),
        ("TS_OK=1", -2),
        ("HOSTID=\"02aa1020000 zz\"", -2),
        ("MAINTENANCE=YES", -2),
        ("SEAT=BOTH", -2),
        ("CONFIG_ID=PROE_5", -2),
        ("START=31-feb-2027", -11),
        ("ISSUED=2027-01-01", -11),
        ("SUPERSEDE", -94),
        ("SUPERSEDE=\"a b\"", -94),
        ("OVERDRAFT=1 OVERDRAFT=2", -2),
    ] {
        let text = format!("{HEAD}INCREMENT mill acmed 4.2 permanent 5 {attribute}\n");
        let found = sign("P-1", &text).unwrap_err();
        assert_eq!(codes(&found, license::Severity::Error), [code], "{attribute}: {}", said(&found));
        let place = found[0].place(&[Source::new("p.lic", text.clone())]);
        assert!(place.starts_with("p.lic:4:"), "{attribute}: {place}");
    }
}

#[test]
fn counted_and_uncounted_lines() {
    for (count, hostid, expected) in [
        ("uncounted", "HOSTID=ANY", Ok("mill 1 uncounted")),
        ("UNCOUNTED", "HOSTID=02aa10200001", Ok("mill 1 uncounted")),
        ("0", "HOSTID=DEMO", Ok("mill 1 uncounted")),
        ("000", "HOSTID=\"02aa10200001 02aa10200002\"", Ok("mill 1 uncounted")),
        ("uncounted", "", Err(-94)),
        ("0", "", Err(-94)),
        ("5", "HOSTID=DEMO", Err(-94)),
        ("5", "", Ok("mill 1 5")),
        ("1000000", "", Ok("mill 1 1000000")),
        ("1000001", "", Err(-2)),
    ] {
        let line = format!("FEATURE mill acmed 1 permanent {count} {hostid}");
        match expected {
            Ok(expected) => assert_eq!(shown(&one(&line)), expected, "{line}"),
            Err(code) => assert_eq!(refusal(&format!("{HEAD}{line}\n")), [code], "{line}"),
        }
    }
}

/// The manual: only the first counted FEATURE of a name counts; INCREMENT lines always add.
#[test]
fn feature_and_increment_lines() {
    let file = |pack: &str, lines: &str| Source::new(pack, signed_as(pack, &format!("{HEAD}{lines}\n")));
    let packs = [
        file("P-1", "FEATURE mill acmed 1 permanent 5\nINCREMENT mill acmed 1 permanent 2"),
        file("P-2", "FEATURE mill acmed 1 permanent 9\nFEATURE view acmed 1 permanent 0 HOSTID=ANY"),
        file("P-3", "FEATURE view acmed 1 permanent 0 HOSTID=ANY\nINCREMENT mill acmed 1 permanent 3"),
    ];
    let loaded = loaded_all(&packs);
    assert_eq!(
        loaded.entitlements.iter().map(shown).collect::<Vec<_>>(),
        ["mill 1 5", "mill 1 2", "view 1 uncounted", "view 1 uncounted", "mill 1 3"],
        "uncounted FEATURE lines all count"
    );
    assert_eq!(loaded.idle.len(), 1);
    assert!(loaded.idle[0].why.contains("a second FEATURE line"));
}

/// The manual (UPGRADE Lines): up to so many seats of the closest line before it whose version is not
/// below the first and below the second number become seats of the second.
#[test]
fn upgrade_lines() {
    for (lines, expected, warned) in [
        (
            "INCREMENT mill acmed 1 permanent 10\nUPGRADE mill acmed 1 2 permanent 4",
            &["mill 1 6", "mill 2 4"][..],
            "",
        ),
        ("INCREMENT mill acmed 1 permanent 10\nUPGRADE mill acmed 1 2 permanent 10", &["mill 2 10"], ""),
        (
            "INCREMENT mill acmed 1 permanent 3\nUPGRADE mill acmed 1 2 permanent 10",
            &["mill 2 3"],
            "only 3 of 10",
        ),
        // The bounds: from is included, to is not.
        ("INCREMENT mill acmed 1.9 permanent 3\nUPGRADE mill acmed 1.5 2 permanent 3", &["mill 2 3"], ""),
        (
            "INCREMENT mill acmed 2 permanent 3\nUPGRADE mill acmed 1 2 permanent 3",
            &["mill 2 3"],
            "nothing to upgrade",
        ),
        (
            "INCREMENT mill acmed 0.9 permanent 3\nUPGRADE mill acmed 1 2 permanent 3",
            &["mill 0.9 3"],
            "nothing to upgrade",
        ),
        // The closest line before it, and no line behind it.
        (
            "INCREMENT mill acmed 1 permanent 5\nINCREMENT mill acmed 1.5 permanent 5\nUPGRADE mill acmed 1 2 permanent 2",
            &["mill 1 5", "mill 1.5 3", "mill 2 2"],
            "",
        ),
        (
            "UPGRADE mill acmed 1 2 permanent 2\nINCREMENT mill acmed 1 permanent 5",
            &["mill 1 5"],
            "nothing to upgrade",
        ),
        // A line whose seats are gone is passed by; an upgrade may be upgraded.
        (
            "INCREMENT mill acmed 1 permanent 5\nINCREMENT mill acmed 1 permanent 2\nUPGRADE mill acmed 1 2 permanent 2\n\
             UPGRADE mill acmed 1 3 permanent 2\nUPGRADE mill acmed 1 4 permanent 1",
            &["mill 1 5", "mill 3 1", "mill 4 1"],
            "",
        ),
        // FEATURE lines are upgraded as well; other features, configurations and bindings are not.
        (
            "FEATURE mill acmed 1 permanent 5\nUPGRADE mill acmed 1 2 permanent 1",
            &["mill 1 4", "mill 2 1"],
            "",
        ),
        (
            "INCREMENT lathe acmed 1 permanent 5\nUPGRADE mill acmed 1 2 permanent 1",
            &["lathe 1 5"],
            "nothing to upgrade",
        ),
        (
            "INCREMENT mill acmed 1 permanent 5 CONFIG_ID=5\nUPGRADE mill acmed 1 2 permanent 1",
            &["mill 1 5"],
            "nothing to upgrade",
        ),
        (
            "INCREMENT mill acmed 1 permanent 5 CONFIG_ID=5\nUPGRADE mill acmed 1 2 permanent 1 CONFIG_ID=5",
            &["mill 1 4", "mill 2 1"],
            "",
        ),
        (
            "INCREMENT mill acmed 1 permanent 1 HOSTID=02aa10200001\nUPGRADE mill acmed 1 2 permanent 1",
            &["mill 1 1"],
            "nothing to upgrade",
        ),
        (
            "INCREMENT mill acmed 1 permanent 1 HOSTID=02aa10200001\nUPGRADE mill acmed 1 2 permanent 1 HOSTID=02AA10200001",
            &["mill 2 1"],
            "",
        ),
        // Date-based versions are numbers too.
        (
            "INCREMENT mill acmed 2024.0101 permanent 5\nUPGRADE mill acmed 2024.0101 2025.0630 permanent 5",
            &["mill 2025.0630 5"],
            "",
        ),
    ] {
        let (found, said) = given(lines);
        assert_eq!(found, expected, "{lines}\n{said}");
        assert_eq!(said.is_empty(), warned.is_empty(), "{lines}\n{said}");
        assert!(said.contains(warned), "{lines}\n{said}");
    }
    for (line, code) in [
        ("UPGRADE mill acmed 2 2 permanent 1", -94),
        ("UPGRADE mill acmed 2 1 permanent 1", -94),
        ("UPGRADE mill acmed x 1 permanent 1", -77),
        ("UPGRADE mill acmed 1 permanent 1", -2),
        ("UPGRADE mill acmed 1 2 permanent 0 HOSTID=ANY", -94),
    ] {
        assert_eq!(refusal(&format!("{HEAD}INCREMENT mill acmed 1 permanent 5\n{line}\n")), [code], "{line}");
    }
}

/// The seats of an upgrade are proved by its own line.
#[test]
fn an_upgrades_line_proves_the_new_version() {
    let loaded = loaded(signed(&format!(
        "{HEAD}INCREMENT mill acmed 1 permanent 10\nUPGRADE mill acmed 1 2 31-dec-2027 4\n"
    )));
    let upgraded = &loaded.entitlements[1];
    let line = license::verify_line(upgraded.line.as_ref().unwrap(), &crate::desk::trust()).unwrap();
    assert_eq!((line.version.as_str(), line.seats.map(|n| n.get())), ("2", Some(4)));
    assert_eq!((line.expiry, &line.config), (upgraded.expiry, &upgraded.config));
    assert_eq!(upgraded.also_from, [loaded.entitlements[0].place]);
}

/// The manual (PACKAGE Lines): the enabling line becomes the components; so many of each for each seat;
/// a suite keeps its own seats too.
#[test]
fn package_lines() {
    for (lines, expected, warned) in [
        (
            "PACKAGE fruit acmed 3.0 COMPONENTS=\"apple pear:2.5 plum:3.1:4 fig::2\"\nFEATURE fruit acmed 3.0 permanent 3",
            &["apple 3.0 3", "pear 2.5 3", "plum 3.1 12", "fig 3.0 6"][..],
            "",
        ),
        // Without a version it is enabled by every one.
        ("PACKAGE fruit acmed COMPONENTS=apple\nINCREMENT fruit acmed 7 permanent 2", &["apple 7 2"], ""),
        (
            "PACKAGE fruit acmed 3 COMPONENTS=apple\nINCREMENT fruit acmed 3.0 permanent 2",
            &["apple 3.0 2"],
            "",
        ),
        (
            "PACKAGE fruit acmed 3.1 COMPONENTS=apple\nINCREMENT fruit acmed 3.0 permanent 2",
            &["fruit 3.0 2"],
            "no line enables",
        ),
        (
            "PACKAGE fruit acmed 3.1 COMPONENTS=apple\nINCREMENT nuts acmed 3.1 permanent 2",
            &["nuts 3.1 2"],
            "no line enables",
        ),
        // Two lines enable it together; its place does not matter.
        (
            "INCREMENT fruit acmed 1 permanent 2\nPACKAGE fruit acmed 1 COMPONENTS=apple\nINCREMENT fruit acmed 1 permanent 3",
            &["apple 1 2", "apple 1 3"],
            "",
        ),
        (
            "PACKAGE fruit acmed 1 COMPONENTS=\"apple pear\" OPTIONS=SUITE\nINCREMENT fruit acmed 1 permanent 2",
            &["apple 1 2", "pear 1 2", "fruit 1 2"],
            "",
        ),
        (
            "PACKAGE fruit acmed 1 COMPONENTS=\"apple pear\" OPTIONS=SUITE_RESERVED\nINCREMENT fruit acmed 1 permanent 2",
            &["apple 1 2", "pear 1 2", "fruit 1 2"],
            "",
        ),
        // Two packages of a name have two versions; the first of one version counts.
        (
            "PACKAGE fruit acmed 1 COMPONENTS=apple\nPACKAGE fruit acmed 2 COMPONENTS=pear\n\
             INCREMENT fruit acmed 1 permanent 1\nINCREMENT fruit acmed 2 permanent 2",
            &["apple 1 1", "pear 2 2"],
            "",
        ),
        (
            "PACKAGE fruit acmed 1 COMPONENTS=apple\nPACKAGE fruit acmed 1 COMPONENTS=pear\nINCREMENT fruit acmed 1 permanent 1",
            &["apple 1 1"],
            "a second PACKAGE line",
        ),
        // SUPERSEDE on a PACKAGE line voids PACKAGE lines only.
        (
            "PACKAGE fruit acmed 1 COMPONENTS=apple ISSUED=1-jan-2025\n\
             PACKAGE fruit acmed 1 COMPONENTS=pear SUPERSEDE ISSUED=1-jan-2026\nINCREMENT fruit acmed 1 permanent 1",
            &["pear 1 1"],
            "a line of 01-jan-2026 supersedes it",
        ),
        // An upgrade is enabled as its new version.
        (
            "PACKAGE fruit acmed 2 COMPONENTS=apple\nINCREMENT fruit acmed 1 permanent 3\nUPGRADE fruit acmed 1 2 permanent 2",
            &["fruit 1 1", "apple 2 2"],
            "",
        ),
    ] {
        let (found, said) = given(lines);
        assert_eq!(found, expected, "{lines}\n{said}");
        assert_eq!(said.is_empty(), warned.is_empty(), "{lines}\n{said}");
        assert!(said.contains(warned), "{lines}\n{said}");
    }
    for (line, code) in [
        ("PACKAGE fruit acmed 1", -2),
        ("PACKAGE fruit", -2),
        ("PACKAGE fruit acmed 1 COMPONENTS=\"\"", -2),
        ("PACKAGE fruit acmed 1 COMPONENTS=\"a b a\"", -94),
        ("PACKAGE fruit acmed 1 COMPONENTS=\"a:1:2\" OPTIONS=SUITE", -94),
        ("PACKAGE fruit acmed 1 COMPONENTS=\"a:1:0\"", -2),
        ("PACKAGE fruit acmed 1 COMPONENTS=\"a:1:1.5\"", -2),
        ("PACKAGE fruit acmed 1 COMPONENTS=a OPTIONS=BUNDLE", -2),
        ("PACKAGE fruit acmed 1 COMPONENTS=a SUPERSEDE", -94),
    ] {
        assert_eq!(refusal(&format!("{HEAD}{line}\n")), [code], "{line}");
    }
    let many: Vec<String> = (0..257).map(|n| format!("c{n}")).collect();
    for (n, refused) in [(256, false), (257, true)] {
        let line = format!("{HEAD}PACKAGE fruit acmed 1 COMPONENTS=\"{}\"\n", many[..n].join(" "));
        assert_eq!(sign("P-1", &line).is_err(), refused, "{n} components");
    }
}

/// A component's terms are its enabling line's, and it says where it comes from.
#[test]
fn a_component_has_the_terms_of_the_line_that_enables_it() {
    let text = format!(
        "{HEAD}PACKAGE fruit acmed 1 COMPONENTS=\"apple pear\" OPTIONS=SUITE_RESERVED\n\
         INCREMENT fruit acmed 1 31-dec-2027 2 CONFIG_ID=8 BORROW=10 START=1-jan-2026 VENDOR_STRING=x\n"
    );
    let loaded = loaded(signed(&text));
    assert_eq!((loaded.entitlements.len(), errors(&loaded)), (3, vec![]));
    for e in &loaded.entitlements {
        assert_eq!((e.config.to_string().as_str(), e.rules.borrow_hours), ("8", Some(10)));
        assert_eq!((e.expiry.to_string().as_str(), e.vendor_string.as_deref()), ("31-dec-2027", Some("x")));
        let packaged = e.packaged.as_ref().unwrap();
        assert_eq!(
            (packaged.suite, packaged.is_suite),
            (Some(license::Suite::Reserved), e.feature.as_str() == "fruit")
        );
        assert_eq!((e.also_from.as_slice(), packaged.place.line), (&[packaged.place][..], 4));
        assert_eq!(e.pools()[0].0.feature(), &e.feature);
    }
}

#[test]
fn supersede_by_signature() {
    let old =
        signed(&format!("{HEAD}INCREMENT mill acmed 1 permanent 5\nINCREMENT mill acmed 1 permanent 3\n"));
    let sign: String = old.split("SIGN=\"").nth(2).unwrap().split('"').next().unwrap().to_owned();
    let new =
        signed_as("P-2", &format!("{HEAD}INCREMENT lathe acmed 1 permanent 1 SUPERSEDE_SIGN=\"{sign} x\"\n"));
    let packs = [Source::new("1", old), Source::new("2", new.clone())];
    let loaded = loaded_all(&packs);
    assert_eq!(loaded.entitlements.iter().map(shown).collect::<Vec<_>>(), ["mill 1 5", "lathe 1 1"]);
    assert!(loaded.idle[0].why.contains("supersedes its signature"));
    assert!(new.contains("REWRITES=\"1\""), "the line may not be left out");
}

/// When a vendor's key is replaced, a line that is signed again has another signature than the one that a
/// pack names: whoever signs is told.
#[test]
fn a_superseded_signature_of_another_key_is_warned_about() {
    let old = signed(&format!("{HEAD}INCREMENT mill acmed 1 permanent 5\n"));
    let sign = old.split("SIGN=\"").nth(1).unwrap().split('"').next().unwrap();
    let text = format!("{HEAD}INCREMENT lathe acmed 1 permanent 1 SUPERSEDE_SIGN=\"{sign}\"\n");
    let warned = |seed: u8| {
        let key = license::SecretKey::for_vendor(crate::desk::vendor(), [seed; 32]);
        let pack = license::sign(&Source::new("p.lic", text.clone()), &key, &options("P-2")).unwrap();
        pack.warnings.iter().any(|found| found.message.contains("a signature of the key"))
    };
    assert!(!warned(1), "the key that signed the line");
    assert!(warned(2), "the key that took its place");
}

/// The manual's sort rules (2025 R1), each decided by one word; what is first is drained first.
#[test]
fn pools_are_searched_in_the_manuals_order() {
    const DAY: &str = "ISSUED=01-jan-2026";
    for (first, second) in [
        ("INCREMENT mill acmed 2 permanent 1 sort=1", "INCREMENT mill acmed 1 permanent 1"),
        ("INCREMENT mill acmed 2 permanent 1", "INCREMENT mill acmed 1 permanent 1 sort=101"),
        (
            "INCREMENT mill acmed 2 permanent 1 VENDOR_STRING=a",
            "INCREMENT mill acmed 1 permanent 1 VENDOR_STRING=b",
        ),
        ("FEATURE mill acmed 2 permanent 1", "INCREMENT mill acmed 1 permanent 1"),
        ("INCREMENT mill acmed 2 permanent 0 HOSTID=ANY", "INCREMENT mill acmed 1 permanent 1"),
        ("INCREMENT mill acmed 1 permanent 1", "INCREMENT mill acmed 2 permanent 1"),
        (
            "INCREMENT mill acmed 1 permanent 1 ISSUED=02-jan-2026 BORROW",
            &format!("INCREMENT mill acmed 1 permanent 1 {DAY}"),
        ),
        (
            "INCREMENT mill acmed 1 permanent 1 START=02-jan-2026 BORROW",
            &format!("INCREMENT mill acmed 1 permanent 1 {DAY}"),
        ),
    ] {
        for lines in [format!("{first}\n{second}"), format!("{second}\n{first}")] {
            let loaded = loaded(signed(&format!("{HEAD}{lines}\n")));
            let unserved = loaded.unserved.iter().map(|unserved| &unserved.entitlement);
            let mut all: Vec<&Entitlement> = loaded.entitlements.iter().chain(unserved).collect();
            all.sort_by(|a, b| a.search_order(b));
            assert_eq!(shown(all[0]), shown(&one(first)), "{lines}");
            assert_eq!(all[0].sort, one(first).sort, "{lines}");
        }
    }
    // Sorting never crosses files, and equal lines keep their order.
    let file = |n: &str, lines: &str| Source::new(n, signed_as(n, &format!("{HEAD}{lines}\n")));
    let packs = [
        file("1", "INCREMENT mill acmed 9 permanent 1\nINCREMENT mill acmed 9 permanent 2 BORROW"),
        file("2", "INCREMENT mill acmed 1 permanent 3 sort=1"),
    ];
    let loaded = loaded_all(&packs);
    let mut all: Vec<&Entitlement> = loaded.entitlements.iter().collect();
    all.sort_by(|a, b| a.search_order(b));
    assert_eq!(all.iter().map(|e| e.count()).collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn a_line_says_which_attributes_are_none_of_its_own() {
    let text = format!(
        "{HEAD}INCREMENT mill acmed 1 permanent 5 COMPONENTS=a OPTIONS=SUITE\n\
         PACKAGE mill acmed 1 COMPONENTS=a BORROW OVERDRAFT=1\n"
    );
    let loaded = loaded(signed(&text));
    let said = said(&loaded.diagnostics);
    for name in ["COMPONENTS", "OPTIONS", "BORROW", "OVERDRAFT"] {
        assert!(said.contains(&format!("{name} has no effect on a line of this kind")), "{said}");
    }
}

/// The order that counts within a pack is the one that was signed.
#[test]
fn a_moved_upgrade_takes_what_it_took() {
    let text = signed(&format!(
        "{HEAD}INCREMENT mill acmed 1 permanent 3\nINCREMENT mill acmed 1.5 permanent 3\n\
         UPGRADE mill acmed 1 2 permanent 3\n"
    ));
    let seal = &text[text.find("SEAL").unwrap()..];
    let line = |begin: &str, next: &str| &text[text.find(begin).unwrap()..text.find(next).unwrap()];
    let one = line("INCREMENT mill acmed 1 ", "INCREMENT mill acmed 1.5");
    let two = line("INCREMENT mill acmed 1.5", "UPGRADE");
    let up = line("UPGRADE", "SEAL");
    for order in [[one, two, up], [up, two, one], [two, up, one], [one, up, two]] {
        let moved = format!("{HEAD}{}{seal}", order.concat());
        let mut found: Vec<String> = loaded(moved).entitlements.iter().map(shown).collect();
        found.sort();
        assert_eq!(found, ["mill 1 3", "mill 2 3"], "the closest line before it is 1.5");
    }
}

/// A component that would be more seats than can be counted is left out, and the line gives the others.
#[test]
fn a_component_of_too_many_seats_leaves_the_others() {
    for (components, others, idle) in [("apple pear::1001", &["apple 1 1000"][..], 0), ("pear::1001", &[], 1)]
    {
        let lines = format!(
            "PACKAGE fruit acmed 1 COMPONENTS=\"{components}\"\nINCREMENT fruit acmed 1 permanent 1000"
        );
        let loaded = loaded(format!("{HEAD}{lines}\n"));
        let given: Vec<String> =
            loaded.unserved.iter().map(|unserved| shown(&unserved.entitlement)).collect();
        assert_eq!(
            (given.as_slice(), loaded.idle.len()),
            (others.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>().as_slice(), idle)
        );
        assert!(
            said(&loaded.diagnostics).contains("1001 of its component pear"),
            "{}",
            said(&loaded.diagnostics)
        );
    }
}
