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
";
/// What keeps the license's own lints quiet.
const LISTED: &str = "INCLUDE seats HOST ws1\nINCLUDE nodes HOST ws1\n";

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
            "GROUP cad kim\nEXCLUDEALL GROUP cad\nEXCLUDE mill USER kin\nEXCLUDE suite USER kin\n",
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
    assert!(found[0].contains("seats is USER_BASED (acmed.lic:7), and no INCLUDE line"), "{found:?}");
    assert!(found[1].contains("nodes is HOST_BASED (acmed.lic:8)"), "{found:?}");
}

#[test]
fn what_is_right_is_left_alone() {
    for options in [
        "GROUP cad kim lee\nEXCLUDE mill GROUP cad\nEXCLUDE mill USER kim\n",
        "GROUPCASEINSENSITIVE ON\nGROUP cad kim\nEXCLUDE mill GROUP cad\nEXCLUDE drill USER KIM\n",
        "EXCLUDE mill:VERSION=4.2 USER kim\nINCLUDE mill USER kim\n",
        "EXCLUDE mill USER kim\nINCLUDE suite USER kim\n",
        "RESERVE 3 mill USER kim\nRESERVE 2 mill USER lee\nRESERVE 4 saw USER kim\nRESERVE 4 suite USER lee\n",
        "EXCLUDE mill:SIGN=00AA USER kim\nEXCLUDE mill:VERSION=5 USER kim\n",
        "TIMEOUTALL 900\nLINGER 300\nMAX_BORROW_HOURS mill 3\n",
    ] {
        assert_eq!(said(&format!("{options}{LISTED}"), true), [""; 0], "{options}");
    }
    assert_eq!(said("INCLUDEALL USER kim\n", true), [""; 0]);
    // Without a license nothing is said about it.
    assert_eq!(said("EXCLUDE lathe USER kim\nRESERVE 9999 mill USER kim\n", false), [""; 0]);
}
