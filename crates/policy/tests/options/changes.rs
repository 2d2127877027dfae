//! What a new options file changes, and for whom.

use license::Source;
use policy::{Against, Changed, OptionsFile, Policy, diff, limits, parse};

use crate::licensed::Licensed;

const LICENSE: &str = "SERVER this_host 02aa10203040
VENDOR acmed
INCREMENT mill acmed 4.2 permanent 3 BORROW=168 SIGN=00AA
INCREMENT mill acmed 5.0 permanent 2 BORROW=168 SIGN=00BB
INCREMENT lathe acmed 1.0 permanent 10 SIGN=00CC
INCREMENT drum acmed 1.0 permanent 10 SIGN=00DD
";

fn read(name: &str, text: &str) -> OptionsFile {
    parse(&Source::new(name, text)).0
}

fn changes(old: &str, new: &str) -> Vec<String> {
    let licensed = Licensed::new(LICENSE);
    let lines = licensed.lines();
    let against = Against { entitlements: &lines, sources: &licensed.0 };
    let found = diff(&read("old.opt", old), &read("new.opt", new), Some(against));
    found.iter().map(ToString::to_string).collect()
}

/// An old file, a new one, and every change, in its order.
const CASES: &[(&str, &str, &[&str])] = &[
    ("", "", &[]),
    ("# a\nMAX 2 mill USER kim", "max 2  mill user kim\n# b", &[]),
    // Lines.
    (
        "EXCLUDE mill USER kim",
        "\nEXCLUDE mill USER lee",
        &[
            "removed, line 1: `EXCLUDE mill USER kim`",
            "added, line 2: `EXCLUDE mill USER lee`",
            "USER kim: mill: may not use (-38, old.opt:1) -> may use",
            "USER lee: mill: may use -> may not use (-38, new.opt:2)",
        ],
    ),
    (
        "EXCLUDE mill USER kim\nEXCLUDE mill USER lee\nLINGER 3",
        "LINGER 3\nEXCLUDE mill USER kim\nEXCLUDE mill USER lee",
        &["moved from line 3 to 1, without effect: `LINGER 3`"],
    ),
    (
        "RESERVE 10 lathe USER kim\nRESERVE 4 lathe USER lee",
        "RESERVE 4 lathe USER lee\nRESERVE 10 lathe USER kim",
        &[
            "moved from line 2 to 1: `RESERVE 4 lathe USER lee`",
            "USER kim: lathe seats reserved: 10 -> 6",
            "USER lee: lathe seats reserved: 0 -> 4",
        ],
    ),
    (
        "AUTOMATIC_REREAD OFF\nNOLOG IN",
        "AUTOMATIC_REREAD ON\nNOLOG IN",
        &["removed, line 1: `AUTOMATIC_REREAD OFF`", "added, line 1: `AUTOMATIC_REREAD ON`"],
    ),
    // The first INCLUDE line keeps everybody else out.
    (
        "",
        "INCLUDE lathe USER kim",
        &[
            "added, line 1: `INCLUDE lathe USER kim`",
            "everybody else: lathe: may use -> may not use (-39, new.opt:1)",
        ],
    ),
    (
        "",
        "INCLUDEALL HOST ws1\nEXCLUDE mill:VERSION=4.2 HOST ws1",
        &[
            "added, line 1: `INCLUDEALL HOST ws1`",
            "added, line 2: `EXCLUDE mill:VERSION=4.2 HOST ws1`",
            "everybody else: drum, lathe, mill: may use -> may not use (-39, new.opt:1)",
            "HOST ws1: mill: may use -> may use 1 of 2 pools",
        ],
    ),
    // Groups: whom they won and lost, and what that changes.
    (
        "GROUP cad kim lee\nEXCLUDE lathe GROUP cad",
        "GROUP cad lee max\nEXCLUDE lathe GROUP cad",
        &[
            "GROUP cad without kim",
            "GROUP cad with max",
            "USER kim: lathe: may not use (-38, old.opt:2) -> may use",
            "USER max: lathe: may use -> may not use (-38, new.opt:2)",
        ],
    ),
    (
        "GROUP cad kim lee max\nHOST_GROUP farm r01 r02",
        "GROUP cad kim lee\nGROUP cad max\nHOST_GROUP farm r01 r02\nEXCLUDE lathe GROUP cad\nEXCLUDE lathe HOST_GROUP farm",
        &[
            "added, line 4: `EXCLUDE lathe GROUP cad`",
            "added, line 5: `EXCLUDE lathe HOST_GROUP farm`",
            "GROUP cad (3 members): lathe: may use -> may not use (-38, new.opt:4)",
            "HOST_GROUP farm (2 members): lathe: may use -> may not use (-38, new.opt:5)",
        ],
    ),
    // Another rule with the same answer changes nothing for anybody.
    (
        "EXCLUDE lathe USER kim",
        "EXCLUDEALL USER kim\nINCLUDE lathe PROJECT x\nINCLUDE lathe USER kim",
        &[
            "removed, line 1: `EXCLUDE lathe USER kim`",
            "added, line 1: `EXCLUDEALL USER kim`",
            "added, line 2: `INCLUDE lathe PROJECT x`",
            "added, line 3: `INCLUDE lathe USER kim`",
            "USER kim: drum, mill: may use -> may not use (-38, new.opt:1)",
            "everybody else: lathe: may use -> may not use (-39, new.opt:2)",
        ],
    ),
    // Borrowing, of what may be borrowed.
    (
        "EXCLUDE_BORROW mill USER kim\nEXCLUDE_BORROW lathe USER kim",
        "EXCLUDE_BORROW mill INTERNET 10.8.*.*",
        &[
            "removed, line 1: `EXCLUDE_BORROW mill USER kim`",
            "removed, line 2: `EXCLUDE_BORROW lathe USER kim`",
            "added, line 1: `EXCLUDE_BORROW mill INTERNET 10.8.*.*`",
            "INTERNET 10.8.*.*: mill: may borrow -> may not borrow (-38, new.opt:1)",
            "USER kim: mill: may not borrow (-38, old.opt:1) -> may borrow",
        ],
    ),
    // Counts and terms.
    (
        "RESERVE 2 mill USER kim\nMAX 3 mill USER lee\nMAX 2 lathe ALL_USERS",
        "RESERVE 4 mill USER kim\nMAX 2 mill USER lee",
        &[
            "removed, line 1: `RESERVE 2 mill USER kim`",
            "removed, line 2: `MAX 3 mill USER lee`",
            "removed, line 3: `MAX 2 lathe ALL_USERS`",
            "added, line 1: `RESERVE 4 mill USER kim`",
            "added, line 2: `MAX 2 mill USER lee`",
            "USER kim: mill (pool 1 of 2) seats reserved: 2 -> 3",
            "USER kim: mill (pool 2 of 2) seats reserved: 0 -> 1",
            "ALL_USERS: lathe seats at most: 2 -> any number",
            "USER lee: mill seats at most: 3 -> 2",
        ],
    ),
    (
        "LINGER 60\nTIMEOUT mill:VERSION=5.0 3600",
        "LINGER 60\nLINGER lathe 90\nTIMEOUTALL 7200\nTIMEOUT mill:VERSION=5.0 3600",
        &[
            "added, line 2: `LINGER lathe 90`",
            "added, line 3: `TIMEOUTALL 7200`",
            "lathe: LINGER: 60 -> 90",
            "drum, lathe, mill (pool 1 of 2): TIMEOUT: none -> 7200",
        ],
    ),
];

#[test]
fn each_change_is_said_once_for_those_it_is_for() {
    for (old, new, expected) in CASES {
        assert_eq!(changes(old, new), *expected, "{old:?} -> {new:?}");
        assert_eq!(changes(new, new), [""; 0], "{new:?}");
    }
}

#[test]
fn without_a_license_only_the_lines_are_compared() {
    let of = |old, new| diff(&read("old.opt", old), &read("new.opt", new), None);
    let found = of("GROUP cad kim", "GROUP cad kim\nEXCLUDE mill GROUP cad");
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].what, found[0].to_string().as_str()),
        (Changed::Lines, "added, line 2: `EXCLUDE mill GROUP cad`")
    );
}

#[test]
fn names_in_a_line_are_bounded() {
    let group = |n: usize| (0..n).fold("GROUP cad kim".to_owned(), |text, n| format!("{text} u{n}"));
    for (n, words) in [(limits::DIFF_NAMES_MAX, "u7"), (limits::DIFF_NAMES_MAX + 1, "u7 and 1 more")] {
        let found = changes("GROUP cad kim", &group(n));
        assert!(found.len() == 1 && found[0].ends_with(words), "{found:?}");
    }
}

#[test]
fn questions_are_bounded_and_what_was_not_asked_is_said() {
    // Kim, everybody else, and so many: one question of each.
    for (names, asked) in [(limits::DIFF_QUESTIONS_MAX - 2, true), (limits::DIFF_QUESTIONS_MAX - 1, false)] {
        let mut options = "EXCLUDE mill USER kim\nGROUP g".to_owned();
        (0..names).for_each(|n| {
            options.push_str(&format!("{}{n:x}", if n % 500 == 0 { "\nGROUP g " } else { " " }));
        });
        let file = read("new.opt", &options);
        let licensed = Licensed::new(LICENSE);
        let lines = licensed.lines();
        let against = Against { entitlements: &lines, sources: &licensed.0 };
        let found = diff(&read("old.opt", ""), &file, Some(against));
        let kims = found.iter().filter(|change| change.what == Changed::Use).count();
        let unknown = found.iter().filter(|change| change.what == Changed::Unknown).count();
        assert_eq!((kims, unknown), if asked { (1, 0) } else { (0, 1) }, "{names}");
    }
}

#[test]
fn two_policies_differ_in_the_lines_of_their_files_vendor_by_vendor() {
    let licensed = Licensed::new(LICENSE);
    let (old, new) = ("GROUP g kim\nMAX 1 mill GROUP g\n", "GROUP g lee\nMAX 2 mill GROUP g\n");
    let said = |old: &Policy, new: &Policy| -> Vec<String> {
        old.changes(new).iter().map(|(vendor, change)| format!("{vendor}: {change}")).collect()
    };
    let (before, after, none) = (licensed.policy(old), licensed.policy(new), Policy::new());
    let lines = [
        "acmed: removed, line 2: `MAX 1 mill GROUP g`",
        "acmed: added, line 2: `MAX 2 mill GROUP g`",
        "acmed: GROUP g without kim",
        "acmed: GROUP g with lee",
    ];
    assert_eq!(said(&before, &after), lines);
    assert_eq!(said(&before, &licensed.policy(old)), [""; 0]);
    // A file that came, or went.
    assert_eq!(
        said(&none, &after),
        ["acmed: added, line 2: `MAX 2 mill GROUP g`", "acmed: GROUP g with lee"]
    );
    assert_eq!(said(&after, &none).len(), 2);
}
