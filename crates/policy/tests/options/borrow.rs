//! INCLUDE_BORROW and EXCLUDE_BORROW: who may borrow.

use policy::Keyword;

use crate::licensed::Licensed;

const LICENSE: &str = "SERVER this_host 02aa10203040
VENDOR acmed
PACKAGE suite acmed 1.0 COMPONENTS=\"drill saw\"
INCREMENT mill acmed 4.2 permanent 3 BORROW=168 SIGN=00AA
INCREMENT mill acmed 5.0 permanent 2 BORROW=168 SIGN=00BB
INCREMENT suite acmed 1.0 permanent 4 BORROW SIGN=00DD
";

/// An options file, who asks for what, 0 or the code and line for borrowing, and the code for using.
type Case = (&'static str, &'static str, &'static str, i32, u32, i32);

pub(crate) const TABLES: &[(&[Keyword], &str, &[Case])] = &[
    (
        &[Keyword::ExcludeBorrow],
        "LAG:Options_File_Syntax: EXCLUDE_BORROW denies borrowing, and only that",
        &[
            ("EXCLUDE_BORROW mill USER kim", "kim@ws1", "mill-4.2", -38, 1, 0),
            ("EXCLUDE_BORROW mill USER kim", "lee@ws1", "mill-4.2", 0, 0, 0),
            ("EXCLUDE_BORROW mill:VERSION=4.2 HOST ws1", "kim@ws1", "mill-4.2", -38, 1, 0),
            ("EXCLUDE_BORROW mill:VERSION=4.2 HOST ws1", "kim@ws1", "mill-5.0", 0, 0, 0),
            ("EXCLUDE_BORROW suite GROUP cad\nGROUP cad kim", "kim@ws1", "saw-1.0", -38, 1, 0),
            ("EXCLUDE_BORROW mill PROJECT turbine", "kim@ws1#turbine", "mill-4.2", -38, 1, 0),
        ],
    ),
    (
        &[Keyword::IncludeBorrow],
        "LAG:Options_File_Syntax: INCLUDE_BORROW, so only those listed may borrow",
        &[
            ("INCLUDE_BORROW mill GROUP cad\nGROUP cad kim", "kim@ws1", "mill-4.2", 0, 0, 0),
            ("INCLUDE_BORROW mill GROUP cad\nGROUP cad kim", "lee@ws1", "mill-4.2", -39, 1, 0),
            (
                "\nINCLUDE_BORROW mill USER kim\nINCLUDE_BORROW mill USER max",
                "lee@ws1",
                "mill-5.0",
                -39,
                2,
                0,
            ),
            ("INCLUDE_BORROW mill:VERSION=5.0 USER kim", "lee@ws1", "mill-4.2", 0, 0, 0),
            ("INCLUDE_BORROW mill USER kim", "lee@ws1", "saw-1.0", 0, 0, 0),
        ],
    ),
    (
        &[],
        "LAG:Rules_of_Precedence_in_Options_Files: EXCLUDE is checked first; the lists for use and for borrowing are two",
        &[
            ("INCLUDE_BORROW mill USER kim\nEXCLUDE_BORROW mill USER kim", "kim@ws1", "mill-4.2", -38, 2, 0),
            ("INCLUDE_BORROW mill USER kim\nEXCLUDE_BORROW mill USER lee", "max@ws1", "mill-4.2", -39, 1, 0),
            ("EXCLUDE mill USER kim", "kim@ws1", "mill-4.2", 0, 0, -38),
            ("INCLUDE mill USER lee\nEXCLUDE_BORROW mill USER kim", "kim@ws1", "mill-4.2", -38, 2, -39),
        ],
    ),
];

#[test]
fn who_may_borrow_is_answered_and_the_rule_is_named() {
    let licensed = Licensed::new(LICENSE);
    for (_, page, cases) in TABLES {
        for (options, who, pool, code, line, use_code) in *cases {
            let told = licensed.ask(&licensed.policy(options), who, pool);
            assert_eq!(told.code(), *use_code, "{page}: {options} {who} {pool}");
            let found = told.no_borrow.as_ref().map_or(0, |refusal| refusal.code.number());
            assert_eq!(found, *code, "{page}: {options} {who} {pool}: {told:?}");
            if let Some(refusal) = told.no_borrow {
                assert_eq!(*refusal.rule, format!("acmed.opt:{line}"), "{options}");
                assert!(
                    refusal.words.contains(&*refusal.rule) && refusal.words.contains("BORROW"),
                    "{refusal:?}"
                );
            }
        }
    }
}

#[test]
fn a_refusal_says_who_what_and_by_which_rule() {
    let licensed = Licensed::new(LICENSE);
    let words = |options: &str| {
        licensed.ask(&licensed.policy(options), "kim@ws1", "mill-4.2").no_borrow.unwrap().words
    };
    assert_eq!(
        &*words("EXCLUDE_BORROW mill USER kim"),
        "kim@ws1 is excluded from borrowing mill by acmed.opt:1: `EXCLUDE_BORROW mill USER kim`"
    );
    assert_eq!(
        &*words("INCLUDE_BORROW mill USER lee"),
        "kim@ws1 is on no INCLUDE_BORROW line of mill; the first is acmed.opt:1: `INCLUDE_BORROW mill USER lee`"
    );
}
