//! What is doubtful, each kind with its words, and what is not.

use license::{Entitlement, Severity, Source, Trust};
use policy::{Against, lint, parse};

const LICENSE: &str = "SERVER this_host 02aa10203040
VENDOR acmed
PACKAGE suite acmed 1.0 COMPONENTS=\"drill saw\"
INCREMENT mill acmed 4.2 permanent 3 SIGN=00AA
INCREMENT mill acmed 5.0 permanent 2 SIGN=00BB
INCREMENT suite acmed 1.0 permanent 4 SIGN=00CC
INCREMENT seats acmed 1.0 permanent 4 USER_BASED SIGN=00DD
INCREMENT nodes acmed 1.0 permanent 4 HOST_BASED=2 SIGN=00EE
PACKAGE kit acmed 1.0 COMPONENTS=\"nut bolt\" OPTIONS=SUITE_RESERVED
INCREMENT kit acmed 1.0 permanent 4 SIGN=00FF
INCREMENT away acmed 1.0 permanent 4 BORROW=168 OVERDRAFT=2 SIGN=00AB
";
/// What keeps the license's own lints quiet.
const LISTED: &str = "INCLUDE seats:VERSION=1.0 USER u1\nINCLUDE nodes:VERSION=1.0 HOST ws1\n";

fn said(options: &str, with_license: bool) -> Vec<String> {
    let source = Source::new("acmed.opt", options);
    let (file, _) = parse(&source);
    let sources = [Source::new("acmed.lic", LICENSE)];
    let loaded = license::load(&sources, &Trust::default(), None, false);
    let unserved = loaded.unserved.iter().map(|unserved| &unserved.entitlement);
    let lines: Vec<&Entitlement> = loaded.entitlements.iter().chain(unserved).collect();
    let against = with_license.then_some(Against { entitlements: &lines, sources: &sources });
    let found = lint(&file, against);
    assert!(found.iter().all(|found| found.severity == Severity::Warning));
    let place =
        |found: &license::Diagnostic| found.place(std::slice::from_ref(&source)).replace("acmed.opt:", "");
    found.iter().map(|found| format!("{} {}; {}", place(found), found.message, found.remedy)).collect()
}

#[test]
fn each_doubt_is_said_at_its_place() {
    for (options, place, words) in [
        ("GROUP cad kim\n", "1:1", "no line uses the GROUP `cad`"),
        (
            "GROUP cad kim\nGROUP cad lee\nHOST_GROUP cad ws1\nEXCLUDEALL HOST_GROUP cad\n",
            "1:1",
            "no line uses the GROUP",
        ),
        ("HOST_GROUP farm ws1\nRESERVE 1 mill HOST ws1\n", "1:1", "no line uses the HOST_GROUP `farm`"),
        (
            "GROUP cad kim u1\nEXCLUDEALL GROUP cad\nEXCLUDE mill USER kin\nEXCLUDE suite USER kin\n",
            "3:1",
            "the user `kin` is in no GROUP",
        ),
        ("EXCLUDE mill USER kim\nEXCLUDE mill USER kim\n", "2:1", "line 1 says the same"),
        (
            "INCLUDE mill USER kim\nINCLUDE mill USER lee\nEXCLUDE mill USER kim\n",
            "1:1",
            "line 3 excludes them",
        ),
        (
            "EXCLUDEALL USER kim\nINCLUDE mill:VERSION=4.2 USER kim\nINCLUDE mill USER lee\n",
            "2:1",
            "line 1 excludes them",
        ),
        ("EXCLUDE mill USER kim\nINCLUDE mill:VERSION=4.2 USER kim\n", "2:1", "line 1 excludes them"),
        ("INCLUDE mil USER kim\n", "1:1", "the license has no feature or package `mil`"),
        ("NO_ASK viewer\n", "1:1", "no feature or package `viewer`"),
        ("LINGER viewer 300\n", "1:1", "no feature or package `viewer`"),
        ("MAX 3 lathe USER kim\n", "1:1", "no feature or package `lathe`"),
        ("EXCLUDE mill:VERSION=4.1 USER kim\n", "1:1", "no license line is `mill:VERSION=4.1`"),
        (
            "RESERVE 3 mill USER kim\nRESERVE 2 mill USER lee\nRESERVE 1 mill USER max\nRESERVE 1 mill USER eva\n",
            "3:1",
            "6 seats of mill are reserved up to here, and 5 are licensed",
        ),
        (
            "RESERVE 4 mill:VERSION=4.2 USER kim\n",
            "1:1",
            "4 seats of mill:VERSION=4.2 are reserved up to here, and 3 are",
        ),
        ("RESERVE 5 suite USER kim\n", "1:1", "5 seats of suite are reserved up to here, and 4 are"),
        ("RESERVE 0 mill USER kim\n", "1:1", "the line reserves nothing"),
        // LAG:RESERVE: not together with SUITE_RESERVED.
        ("RESERVE 1 kit USER kim\n", "1:1", "kit is a SUITE_RESERVED package, so RESERVE is without effect"),
        // Rules for whom an EXCLUDE names.
        (
            "RESERVE 1 mill USER kim\nEXCLUDEALL USER kim\n",
            "1:1",
            "nobody can use what the line reserves: line 2",
        ),
        (
            "EXCLUDE mill USER kim\nMAX 1 mill:VERSION=5.0 USER kim\n",
            "2:1",
            "never decides anything: line 1 excludes",
        ),
        (
            "EXCLUDE_BORROW away USER kim\nINCLUDE_BORROW away USER kim\n",
            "2:1",
            "never lets anybody borrow: line 1 excludes",
        ),
        // Maxima.
        ("MAX 5 mill USER kim\n", "1:1", "the maximum is never reached: 5 seats of mill are licensed"),
        ("MAX 3 mill:VERSION=4.2 USER kim\n", "1:1", "never reached: 3 seats of mill:VERSION=4.2"),
        ("MAX 6 away USER kim\n", "1:1", "never reached: 6 seats of away"),
        ("MAX 2 mill USER kim\nMAX 1 mill USER kim\n", "1:1", "line 2 allows them 1 at most"),
        ("MAX 1 mill USER kim\nMAX 1 mill USER kim\n", "2:1", "line 1 allows them 1 at most"),
        // What the license does not allow anyway.
        ("BORROW_LOWWATER mill 1\n", "1:1", "no license line of mill has BORROW"),
        ("MAX_BORROW_HOURS mill 1\n", "1:1", "no license line of mill has BORROW"),
        ("INCLUDE_BORROW mill USER kim\n", "1:1", "no license line of mill has BORROW"),
        ("EXCLUDE_BORROW mill USER kim\n", "1:1", "no license line of mill has BORROW"),
        ("MAX_OVERDRAFT away 2\n", "1:1", "away has an OVERDRAFT of 2"),
        ("MAX_OVERDRAFT mill 0\n", "1:1", "mill has an OVERDRAFT of 0"),
        // Lists that are too long.
        (
            "GROUP g u2 u3 u4\nINCLUDE seats:VERSION=1.0 GROUP g\nINCLUDE seats:VERSION=1.0 GROUP h\nGROUP h u1 u5\n\
             INCLUDE seats:VERSION=1.0 GROUP k\nGROUP k u6\n",
            "3:1",
            "seats is USER_BASED (acmed.lic:7) for 4 users, and the line lists one more",
        ),
        (
            "INCLUDE nodes:VERSION=1.0 HOST ws2\nINCLUDE nodes:VERSION=1.0 HOST ws3\nINCLUDE nodes:SIGN=00EE HOST ws4\n",
            "3:1",
            "nodes is HOST_BASED (acmed.lic:8) for 2 hosts",
        ),
    ] {
        let found = said(&format!("{options}{LISTED}"), true);
        assert_eq!(found.len(), 1, "{options}: {found:?}");
        assert!(
            found[0].starts_with(&format!("{place} ")) && found[0].contains(words),
            "{options}: {found:?}"
        );
    }
    let found = said("", true);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[1].contains("seats is USER_BASED (acmed.lic:7), and no INCLUDE line"), "{found:?}");
    assert!(found[0].contains("nodes is HOST_BASED (acmed.lic:8)"), "{found:?}");
    // A line that is about the feature and no license line of it lists nobody.
    assert_eq!(said("INCLUDE seats USER u1\nINCLUDEALL HOST ws1\n", true).len(), 2);
}

#[test]
fn what_is_right_is_left_alone() {
    for options in [
        "GROUP cad kim lee u1\nEXCLUDE mill GROUP cad\nEXCLUDE mill USER kim\n",
        "GROUPCASEINSENSITIVE ON\nGROUP cad kim u1\nEXCLUDE mill GROUP cad\nEXCLUDE drill USER KIM\n",
        "EXCLUDE mill:VERSION=4.2 USER kim\nINCLUDE mill USER kim\n",
        "EXCLUDE mill USER kim\nINCLUDE suite USER kim\n",
        "RESERVE 3 mill USER kim\nRESERVE 2 mill USER lee\nRESERVE 4 saw USER kim\nRESERVE 4 suite USER lee\n",
        "EXCLUDE mill:SIGN=00AA USER kim\nEXCLUDE mill:VERSION=5 USER kim\n",
        "TIMEOUTALL 900\nLINGER 300\nMAX_BORROW_HOURS away 3\nMAX_OVERDRAFT away 1\n",
        "MAX 4 mill USER kim\nMAX 1 mill:VERSION=5.0 HOST ws1\nMAX 5 away ALL_USERS\nRESERVE 1 nut USER kim\n",
        "EXCLUDE_BORROW away USER kim\nINCLUDE away USER kim\nRESERVE 1 away USER kim\nRESERVE 1 away USER kim\n",
        "INCLUDE seats:VERSION=1.0 USER u2\nINCLUDE seats:VERSION=1.0 USER u3\nINCLUDE seats:VERSION=1.0 USER u4\n",
    ] {
        assert_eq!(said(&format!("{options}{LISTED}"), true), [""; 0], "{options}");
    }
    // Without a license nothing is said about it.
    assert_eq!(said("EXCLUDE lathe USER kim\nRESERVE 9999 mill USER kim\n", false), [""; 0]);
}
