//! USER_BASED and HOST_BASED lines: those whom INCLUDE lines of a fully qualified feature list, so many
//! at most.

use policy::Policy;

use crate::licensed::Licensed;

const LICENSE: &str = "SERVER this_host 02aa10203040
VENDOR acmed
PACKAGE suite acmed 1.0 COMPONENTS=\"drill saw\"
INCREMENT mill acmed 4.2 permanent 3 USER_BASED SIGN=00AA
INCREMENT lathe acmed 1.0 permanent 9 USER_BASED=2 SIGN=00BB
INCREMENT farm acmed 3.0 permanent 9 HOST_BASED=2 SIGN=00CC
INCREMENT both acmed 1.0 permanent 9 USER_BASED=1 HOST_BASED=1 SIGN=00DD
INCREMENT suite acmed 1.0 permanent 4 USER_BASED=1 SIGN=00EE
INCREMENT sum acmed 1.0 permanent 1 USER_BASED SIGN=00F1
INCREMENT sum acmed 1.0 permanent 1 USER_BASED SIGN=00F2
INCREMENT free acmed 1.0 permanent 1 SIGN=00FF
";

/// An options file, who asks for what, and 0 or the code.
type Case = (&'static str, &'static str, &'static str, i32);

const TABLES: &[(&str, &[Case])] = &[
    (
        "LAG:Optional_Publisher_Defined_Keywords: no users listed, so -84",
        &[
            ("", "kim@ws1", "mill-4.2", -84),
            ("", "kim@ws1", "farm-3.0", -84),
            ("", "kim@ws1", "free-1.0", 0),
            ("EXCLUDE mill USER kim", "kim@ws1", "mill-4.2", -38),
            ("INCLUDE mill:VERSION=9 USER kim", "kim@ws1", "mill-4.2", -84),
            ("INCLUDE mill:VERSION=4.2 GROUP none", "kim@ws1", "mill-4.2", -84),
            // A host lists no user, nor does a project.
            ("INCLUDE mill:VERSION=4.2 HOST ws1", "kim@ws1", "mill-4.2", -84),
            ("INCLUDE mill:VERSION=4.2 PROJECT x", "kim@ws1#x", "mill-4.2", -84),
            ("INCLUDE farm:VERSION=3.0 USER kim", "kim@ws1", "farm-3.0", -84),
        ],
    ),
    (
        "EUG p.48: the feature must be fully qualified",
        &[
            ("INCLUDE mill USER kim", "kim@ws1", "mill-4.2", -84),
            ("INCLUDEALL USER kim", "kim@ws1", "mill-4.2", -84),
            ("INCLUDE mill:VERSION=4.2 USER kim", "kim@ws1", "mill-4.2", 0),
            ("INCLUDE mill:SIGN=00AA USER kim", "kim@ws1", "mill-4.2", 0),
            ("INCLUDE mill:VERSION=4.2 USER kim\nINCLUDE mill USER lee", "lee@ws1", "mill-4.2", -39),
        ],
    ),
    (
        "LAG:Optional_Publisher_Defined_Keywords: USER_BASED, at most n users, the line's seats by default",
        &[
            ("INCLUDE mill:VERSION=4.2 USER kim", "lee@ws1", "mill-4.2", -39),
            ("INCLUDE mill:VERSION=4.2 GROUP g\nGROUP g a b c d", "c@ws1", "mill-4.2", 0),
            ("INCLUDE mill:VERSION=4.2 GROUP g\nGROUP g a b c d", "d@ws1", "mill-4.2", -39),
            ("INCLUDE lathe:VERSION=1 GROUP g\nGROUP g a b c d", "b@ws1", "lathe-1.0", 0),
            ("INCLUDE lathe:VERSION=1 GROUP g\nGROUP g a b c d", "c@ws1", "lathe-1.0", -39),
            // In the file's order, a name counts once.
            (
                "INCLUDE lathe:VERSION=1 USER c\nINCLUDE lathe:SIGN=00BB GROUP g\nGROUP g a b c",
                "c@ws1",
                "lathe-1.0",
                0,
            ),
            (
                "INCLUDE lathe:VERSION=1 USER c\nINCLUDE lathe:SIGN=00BB GROUP g\nGROUP g a b c",
                "a@ws1",
                "lathe-1.0",
                0,
            ),
            (
                "INCLUDE lathe:VERSION=1 USER c\nINCLUDE lathe:SIGN=00BB GROUP g\nGROUP g a b c",
                "b@ws1",
                "lathe-1.0",
                -39,
            ),
            (
                "INCLUDE lathe:VERSION=1 USER a\nINCLUDE lathe:VERSION=1 USER a\nINCLUDE lathe:VERSION=1 USER b",
                "b@ws1",
                "lathe-1.0",
                0,
            ),
            ("GROUP g a a\nGROUP g b\nINCLUDE lathe:VERSION=1 GROUP g", "b@ws1", "lathe-1.0", 0),
            // The case of members, and the case of users.
            (
                "GROUPCASEINSENSITIVE ON\nGROUP g Kim KIM lee\nINCLUDE lathe:VERSION=1 GROUP g",
                "LEE@ws1",
                "lathe-1.0",
                0,
            ),
            ("INCLUDE lathe:VERSION=1 USER Kim", "kim@ws1", "lathe-1.0", -39),
            ("INCLUDE lathe:VERSION=1 USER kim\nEXCLUDE lathe USER kim", "kim@ws1", "lathe-1.0", -38),
            // The lines of a pool together.
            (
                "INCLUDE sum:SIGN=00F1 USER a\nINCLUDE sum:SIGN=00F2 USER b\nINCLUDE sum:SIGN=00F1 USER c",
                "b@ws1",
                "sum-1.0",
                0,
            ),
            (
                "INCLUDE sum:SIGN=00F1 USER a\nINCLUDE sum:SIGN=00F2 USER b\nINCLUDE sum:SIGN=00F1 USER c",
                "c@ws1",
                "sum-1.0",
                -39,
            ),
            ("INCLUDE suite:VERSION=1.0 USER kim", "kim@ws1", "drill-1.0", 0),
            ("INCLUDE suite:VERSION=1.0 USER kim", "lee@ws1", "drill-1.0", -39),
        ],
    ),
    (
        "LAG:Optional_Publisher_Defined_Keywords: HOST_BASED, at most n hosts",
        &[
            ("INCLUDE farm:VERSION=3.0 HOST r01", "kim@r01", "farm-3.0", 0),
            ("INCLUDE farm:VERSION=3.0 HOST r01", "kim@r02", "farm-3.0", -39),
            (
                "INCLUDE farm:VERSION=3.0 HOST_GROUP f\nHOST_GROUP f r01 10.8.1.2 r03",
                "kim@r02/10.8.1.2",
                "farm-3.0",
                0,
            ),
            (
                "INCLUDE farm:VERSION=3.0 HOST_GROUP f\nHOST_GROUP f r01 10.8.1.2 r03",
                "kim@r03",
                "farm-3.0",
                -39,
            ),
            ("INCLUDE farm:VERSION=3.0 INTERNET 10.8.1.2", "kim@r02/10.8.1.2", "farm-3.0", 0),
            // A network is any number of hosts, so it lists none.
            ("INCLUDE farm:VERSION=3.0 INTERNET 10.8.0.0/16", "kim@r02/10.8.1.2", "farm-3.0", -84),
            ("INCLUDE farm:VERSION=3.0 HOST_GROUP f\nHOST_GROUP f 10.8.*.* r01", "kim@r01", "farm-3.0", 0),
            ("FQDN_MATCHING lenient\nINCLUDE farm:VERSION=3.0 HOST r01", "kim@r01.abc.com", "farm-3.0", 0),
            ("INCLUDE farm:VERSION=3.0 HOST r01", "kim@r01.abc.com", "farm-3.0", -39),
            ("INCLUDE both:VERSION=1 USER kim\nINCLUDE both:VERSION=1 HOST r01", "kim@r01", "both-1.0", 0),
            ("INCLUDE both:VERSION=1 USER kim\nINCLUDE both:VERSION=1 HOST r01", "kim@r02", "both-1.0", -39),
            ("INCLUDE both:VERSION=1 USER kim", "kim@r02", "both-1.0", -84),
        ],
    ),
];

#[test]
fn only_the_first_who_are_listed_may_use_it() {
    let licensed = Licensed::new(LICENSE);
    for (page, cases) in TABLES {
        for (options, who, pool, code) in *cases {
            let told = licensed.ask(&licensed.policy(options), who, pool);
            assert_eq!(told.code(), *code, "{page}: {options} {who} {pool}: {told:?}");
        }
    }
}

#[test]
fn a_vendor_without_an_options_file_lists_nobody() {
    let licensed = Licensed::new(LICENSE);
    let mut policy = Policy::new();
    policy.add_without_options(&licensed.lines(), &licensed.0);
    assert_eq!(licensed.ask(&policy, "kim@ws1", "mill-4.2").code(), -84);
    assert_eq!(licensed.ask(&policy, "kim@ws1", "free-1.0").code(), 0);
    assert!(policy.vendors().is_empty() && !policy.is_empty());
}

#[test]
fn a_refusal_names_the_line_of_the_license() {
    let licensed = Licensed::new(LICENSE);
    let words = |options: &str| {
        let refusal = licensed.ask(&licensed.policy(options), "kim@ws1", "lathe-1.0").refused.unwrap();
        assert_eq!(&*refusal.rule, "acmed.lic:5");
        refusal.words
    };
    assert_eq!(
        &*words(""),
        "lathe is USER_BASED (acmed.lic:5), and no INCLUDE line with a modifier lists its users"
    );
    assert_eq!(
        &*words("GROUP g a b kim\nINCLUDE lathe:VERSION=1 GROUP g"),
        "kim@ws1 is not among the 2 users that INCLUDE lines list for lathe, which is USER_BASED (acmed.lic:5)"
    );
}
