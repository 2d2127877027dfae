//! RESERVE and MAX: which quotas a file makes, in which pools, and whom they name. What they come to is
//! counted by the engine.

use std::collections::BTreeSet;

use policy::Keyword;

use crate::licensed::Licensed;

const LICENSE: &str = "SERVER this_host 02aa10203040
VENDOR acmed
PACKAGE suite acmed 1.0 COMPONENTS=\"drill saw\" OPTIONS=SUITE
PACKAGE kit acmed 1.0 COMPONENTS=\"nut bolt\" OPTIONS=SUITE_RESERVED
INCREMENT mill acmed 4.2 permanent 3 NOTICE=a SIGN=00AA
INCREMENT mill acmed 5.0 permanent 2 NOTICE=\"a USER b\" SIGN=00BB
INCREMENT lathe acmed 1.0 permanent 10 SIGN=00CC
INCREMENT suite acmed 1.0 permanent 4 SIGN=00DD
INCREMENT kit acmed 1.0 permanent 4 SIGN=00EE
";

/// An options file and the quotas it makes.
type Case = (&'static str, &'static [&'static str]);

/// What a table is about, where the manual says it, and its cases.
type Table = (&'static [Keyword], &'static str, &'static [Case]);

pub(crate) const TABLES: &[Table] = &[
    (
        &[Keyword::Reserve],
        "LAG:RESERVE: num feature type name; licenses are dedicated, in each pool of the feature as far as it goes",
        &[
            ("RESERVE 2 lathe GROUP cad\nGROUP cad kim", &["RESERVE lathe-1.0 2 GROUP cad acmed.opt:1"]),
            ("RESERVE 1 mill HOST ws1", &["RESERVE mill-4.2 1 HOST ws1 acmed.opt:1"]),
            // The pools are filled in the order in which they are searched.
            (
                "RESERVE 4 mill USER kim",
                &["RESERVE mill-4.2 3 USER kim acmed.opt:1", "RESERVE mill-5.0 1 USER kim acmed.opt:1"],
            ),
            // A later line gets what the first has left.
            (
                "RESERVE 2 mill USER kim\nRESERVE 2 mill USER lee",
                &[
                    "RESERVE mill-4.2 2 USER kim acmed.opt:1",
                    "RESERVE mill-4.2 1 USER lee acmed.opt:2",
                    "RESERVE mill-5.0 1 USER lee acmed.opt:2",
                ],
            ),
            ("RESERVE 0 lathe USER kim", &[]),
            ("RESERVE 1 drum USER kim", &[]),
        ],
    ),
    (
        &[],
        "LAG:RESERVE: above the count only the first that fit are used; the rest waits on the last pool",
        &[
            (
                "RESERVE 9 mill USER kim",
                &["RESERVE mill-4.2 3 USER kim acmed.opt:1", "RESERVE mill-5.0 6 USER kim acmed.opt:1"],
            ),
            (
                "RESERVE 5 mill USER kim\nRESERVE 1 mill USER lee",
                &[
                    "RESERVE mill-4.2 3 USER kim acmed.opt:1",
                    "RESERVE mill-5.0 2 USER kim acmed.opt:1",
                    "RESERVE mill-5.0 1 USER lee acmed.opt:2",
                ],
            ),
        ],
    ),
    (
        &[],
        "EUG p.48: a modifier picks license lines; the name of a package is about all of its components",
        &[
            ("RESERVE 2 mill:VERSION=5.0 USER kim", &["RESERVE mill-5.0 2 USER kim acmed.opt:1"]),
            (
                "RESERVE 2 mill:VERSION=4.2 USER kim\nRESERVE 2 mill USER lee",
                &[
                    "RESERVE mill-4.2 2 USER kim acmed.opt:1",
                    "RESERVE mill-4.2 1 USER lee acmed.opt:2",
                    "RESERVE mill-5.0 1 USER lee acmed.opt:2",
                ],
            ),
            ("RESERVE 1 mill:VERSION=7 USER kim", &[]),
            // As many for each, and for the suite.
            (
                "RESERVE 3 suite USER kim",
                &[
                    "RESERVE suite-1.0 3 USER kim acmed.opt:1",
                    "RESERVE drill-1.0 3 USER kim acmed.opt:1",
                    "RESERVE saw-1.0 3 USER kim acmed.opt:1",
                ],
            ),
            ("RESERVE 3 drill USER kim", &["RESERVE drill-1.0 3 USER kim acmed.opt:1"]),
        ],
    ),
    (
        &[],
        "LAG:RESERVE: not together with SUITE_RESERVED on the package",
        &[
            ("RESERVE 3 kit USER kim", &[]),
            ("RESERVE 3 nut USER kim", &["RESERVE nut-1.0 3 USER kim acmed.opt:1"]),
        ],
    ),
    (
        &[Keyword::Max],
        "LAG:Options_File_Syntax: MAX num feature type name caps what they use, of all pools of the feature together",
        &[
            ("MAX 3 mill USER lee", &["MAX 3 USER lee acmed.opt:1"]),
            ("MAX 3 mill:VERSION=4.2 USER lee", &["MAX 3 USER lee acmed.opt:1"]),
            ("MAX 0 mill GROUP cad\nGROUP cad lee", &["MAX 0 GROUP cad acmed.opt:1"]),
            ("MAX 3 mill ALL_USERS", &["MAX 3 ALL_USERS acmed.opt:1"]),
            ("MAX 3 mill USER ALL_USERS", &["MAX 3 ALL_USERS acmed.opt:1"]),
            ("MAX 99 mill USER lee", &["MAX 99 USER lee acmed.opt:1"]),
            ("MAX 3 drum USER lee", &[]),
            // A package: each component, as if the line named it.
            (
                "MAX 2 suite USER lee",
                &["MAX 2 USER lee acmed.opt:1", "MAX 2 USER lee acmed.opt:1", "MAX 2 USER lee acmed.opt:1"],
            ),
            (
                "MAX 2 kit USER lee\nMAX 1 mill USER kim",
                &[
                    "MAX 2 USER lee acmed.opt:1",
                    "MAX 2 USER lee acmed.opt:1",
                    "MAX 2 USER lee acmed.opt:1",
                    "MAX 1 USER kim acmed.opt:2",
                ],
            ),
        ],
    ),
];

#[test]
fn every_line_makes_the_quotas_of_the_manual() {
    let licensed = Licensed::new(LICENSE);
    for (_, page, cases) in TABLES {
        for (options, expected) in *cases {
            let mut found = licensed.quotas(&licensed.policy(options), &licensed.pools());
            let mut expected = expected.to_vec();
            // The order of a package's parts is the license's, which is not the matter here.
            if options.contains("suite") {
                found.sort();
                expected.sort_unstable();
            }
            assert_eq!(found, expected, "{page}: {options}");
        }
    }
}

/// Who asks for what, and the lines of the rules that count it.
const NAMED: &[(&str, &str, &str, &[u32])] = &[
    ("RESERVE 2 mill GROUP cad\nGROUP cad kim", "kim@ws1", "mill-4.2", &[1]),
    ("RESERVE 2 mill GROUP cad\nGROUP cad kim", "lee@ws1", "mill-4.2", &[]),
    ("RESERVE 4 mill USER kim", "kim@ws1", "mill-5.0", &[1]),
    ("RESERVE 4 mill USER kim", "kim@ws1", "lathe-1.0", &[]),
    ("RESERVE 4 mill:VERSION=4.2 USER kim", "kim@ws1", "mill-5.0", &[]),
    // Somebody hit by several, in the file's order.
    ("MAX 3 mill USER kim\nRESERVE 1 mill HOST ws1\nMAX 2 mill ALL_USERS", "kim@ws1", "mill-4.2", &[1, 2, 3]),
    ("MAX 3 mill USER kim\nRESERVE 1 mill HOST ws1\nMAX 2 mill ALL_USERS", "lee@ws2", "mill-4.2", &[3]),
    ("MAX 2 mill GROUP ALL_USERS", "lee@ws2", "mill-5.0", &[1]),
    ("MAX 2 mill PROJECT turbine", "lee@ws2#turbine", "mill-5.0", &[1]),
    ("MAX 2 mill INTERNET 10.8.*.*", "lee@ws2/10.8.1.1", "mill-5.0", &[1]),
    ("MAX 2 mill DISPLAY ws2:0", "lee@ws2", "mill-5.0", &[1]),
    ("MAX 2 mill HOST_GROUP farm\nHOST_GROUP farm ws2", "lee@ws2", "mill-5.0", &[1]),
    // In two groups and by name: each line, once.
    (
        "GROUP a kim\nGROUP b kim kim\nMAX 2 mill GROUP a\nMAX 2 mill GROUP b\nMAX 2 mill USER kim",
        "kim@ws1",
        "mill-4.2",
        &[3, 4, 5],
    ),
    ("MAX 2 mill USER kim\nMAX 2 mill USER kim", "kim@ws1", "mill-4.2", &[1, 2]),
    ("RESERVE 3 suite USER kim", "kim@ws1", "saw-1.0", &[1]),
    ("RESERVE 3 suite USER kim", "kim@ws1", "suite-1.0", &[1]),
    ("RESERVE 3 kit USER kim", "kim@ws1", "nut-1.0", &[]),
];

#[test]
fn terms_name_the_quotas_of_whoever_asks_and_of_nobody_else() {
    let licensed = Licensed::new(LICENSE);
    for (options, who, pool, lines) in NAMED {
        let policy = licensed.policy(options);
        let told = licensed.ask(&policy, who, pool);
        assert!(told.refused.is_none() && told.no_borrow.is_none(), "{options}");
        let quotas = policy.quotas(&licensed.pools());
        let here = licensed.pool(pool);
        let found = told.quotas.iter().map(|key| {
            let quota = quotas.iter().find(|quota| *quota.key == **key);
            let quota = quota.unwrap_or_else(|| panic!("{options}: {key}"));
            if let policy::QuotaKind::Reserve(of) = &quota.kind {
                assert_eq!(*of, here, "{options}");
            }
            quota.rule.strip_prefix("acmed.opt:").unwrap().parse::<u32>().unwrap()
        });
        assert_eq!(found.collect::<Vec<_>>(), *lines, "{options} {who} {pool}");
    }
}

#[test]
fn a_refusal_does_not_hide_what_is_counted() {
    // IBM's page has the order EXCLUDE, RESERVE, MAX, INCLUDE: all of them are told, and the engine says
    // which counts.
    let licensed = Licensed::new(LICENSE);
    let policy = licensed.policy("EXCLUDE mill USER kim\nRESERVE 1 mill USER kim\nMAX 1 mill USER kim");
    let told = licensed.ask(&policy, "kim@ws1", "mill-4.2");
    assert_eq!((told.code(), told.quotas.len()), (-38, 2));
}

#[test]
fn a_key_is_of_what_a_line_says_and_never_of_two_lines() {
    let licensed = Licensed::new(LICENSE);
    let keys = |options: &str| -> Vec<String> {
        let quotas = licensed.policy(options).quotas(&licensed.pools());
        quotas.iter().map(|quota| quota.key.to_string()).collect()
    };
    let (max, reserve) = ("MAX 2 mill USER kim", "RESERVE 1 lathe GROUP cad");
    let before = keys(&format!("{max}\n{reserve}\nGROUP cad kim"));
    assert_eq!(before.len(), 2);
    // Moved, spelled otherwise, among other lines, or with another group of that name: the same rule.
    for same in [
        format!("# moved\n\n{max}\nEXCLUDE mill USER lee\n{reserve}\nGROUP cad kim lee"),
        "GROUP cad kim\nmax  2 \"mill\" user kim\nLINGER 3\nReserve 1 lathe USER_GROUP cad".to_owned(),
    ] {
        assert_eq!(keys(&same), before, "{same}");
    }
    // Another number, feature, name or kind: another rule.
    let mut all = BTreeSet::from_iter(before);
    for (n, other) in [
        "MAX 3 mill USER kim",
        "MAX 2 lathe USER kim",
        "MAX 2 mill USER Kim",
        "MAX 2 mill HOST kim",
        "MAX 2 mill:VERSION=4.2 USER kim",
        "MAX 2 mill ALL_USERS",
        "RESERVE 2 lathe GROUP cad\nGROUP cad kim",
        // These read alike without their quotes.
        "MAX 1 mill:NOTICE=a USER \"b USER c\"",
        "MAX 1 \"mill NOTICE=a USER b\" USER c",
    ]
    .into_iter()
    .enumerate()
    {
        let found = keys(other);
        assert_eq!(found.len(), 1, "{other}");
        all.extend(found);
        assert_eq!(all.len(), n + 3, "{other}");
    }
    // Equal lines are two rules, and the first stays what it is when the second goes.
    let twice = keys(&format!("{max}\n{max}"));
    assert!(twice[0] != twice[1] && twice[0] == keys(max)[0], "{twice:?}");
    // So are equal lines of two files.
    let mut policy = licensed.policy(max);
    policy.add(&crate::licensed::read(max), &licensed.lines(), &licensed.0);
    let keys: BTreeSet<_> = policy.quotas(&licensed.pools()).into_iter().map(|quota| quota.key).collect();
    assert_eq!(keys.len(), 2);
}

#[test]
fn keys_are_of_one_pool_and_one_rule_however_many_there_are() {
    let licensed = Licensed::new(LICENSE);
    let mut options = "MAX 2 suite ALL_USERS\nMAX 2 mill ALL_USERS\n".to_owned();
    for n in 0..policy::limits::RESERVATIONS_MAX / 2 {
        options.push_str(&format!("RESERVE 1 mill USER u{n}\nRESERVE 1 suite USER u{n}\n"));
    }
    let policy = licensed.policy(&options);
    let quotas = policy.quotas(&licensed.pools());
    let keys: BTreeSet<_> = quotas.iter().map(|quota| &quota.key).collect();
    assert_eq!(keys.len(), quotas.len());
    // 5,000 of mill, 5,000 of each of the three features, and the two maxima, of three and one.
    assert_eq!(quotas.len(), 5_000 + 15_000 + 4);
    let reserved: u64 = quotas.iter().map(|quota| u64::from(quota.seats)).sum();
    assert_eq!(reserved, 20_000 + 2 * 4);
    assert_eq!(licensed.ask(&policy, "u4999@ws1", "mill-4.2").quotas.len(), 2);
}

#[test]
fn a_pool_that_is_not_served_has_no_quota() {
    let licensed = Licensed::new(LICENSE);
    let policy = licensed.policy("RESERVE 4 mill USER kim\nMAX 3 lathe USER kim");
    let mut pools = licensed.pools();
    pools.retain(|(pool, _)| *pool == licensed.pool("mill-5.0"));
    assert_eq!(licensed.quotas(&policy, &pools), ["RESERVE mill-5.0 4 USER kim acmed.opt:1"]);
    // More seats later, and the last pool's line fills them.
    pools[0].1 = 0;
    assert_eq!(licensed.quotas(&policy, &pools), ["RESERVE mill-5.0 4 USER kim acmed.opt:1"]);
    assert_eq!(licensed.quotas(&policy, &[]), [""; 0]);
}
