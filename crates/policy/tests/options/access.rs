//! Who may use what: lists, precedence, groups, names, addresses, modifiers. A table for each keyword.

use policy::Keyword;

use crate::licensed::Licensed;

const LICENSE: &str = "SERVER this_host 02aa10203040 27000
VENDOR acmed
PACKAGE suite acmed 1.0 COMPONENTS=\"drill saw\" OPTIONS=SUITE
INCREMENT mill acmed 4.2 31-dec-2027 10 VENDOR_STRING=gold ISSUER=\"Acme Tools\" SIGN=\"00 AA\" \\
  asset_info=\"PO 4711\" user_info=u dist_info=d
INCREMENT mill acmed 5.0 permanent 10 HOSTID=ANY NOTICE=\"Licensed to X\" SIGN=00BB SIGN2=\"00 CC\"
INCREMENT lathe acmed 1.0 permanent 10 SIGN=00DD
INCREMENT suite acmed 1.0 permanent 10 SIGN=00EE
";

/// An options file, who asks for what, and 0 or the code and line.
type Case = (&'static str, &'static str, &'static str, i32, u32);

/// What a table is about, where the manual says it, and its cases.
type Table = (&'static [Keyword], &'static str, &'static [Case]);

pub(crate) const TABLES: &[Table] = &[
    (
        &[],
        "LAG:Rules_of_Precedence_in_Options_Files: neither list, so all are allowed",
        &[("", "kim@ws1", "mill-4.2", 0, 0), ("GROUP cad kim", "kim@ws1", "mill-4.2", 0, 0)],
    ),
    (
        &[Keyword::Exclude],
        "LAG:Rules_of_Precedence_in_Options_Files: only EXCLUDE, so everyone else is allowed",
        EXCLUDE,
    ),
    (&[Keyword::ExcludeAll], "LAG:Options_File_Syntax: EXCLUDEALL denies all features", EXCLUDE_ALL),
    (
        &[Keyword::Include],
        "LAG:Rules_of_Precedence_in_Options_Files: only INCLUDE, so only those listed",
        INCLUDE,
    ),
    (&[Keyword::IncludeAll], "LAG:Options_File_Syntax: INCLUDEALL lists for all features", INCLUDE_ALL),
    (
        &[],
        "LAG:Rules_of_Precedence_in_Options_Files: EXCLUDE is checked first; on both lists, so denied",
        BOTH,
    ),
    (&[Keyword::Group], "LAG:Options_File_Syntax: GROUP is a list of users; repeated lines add up", GROUP),
    (&[Keyword::HostGroup], "LAG:Options_File_Syntax: HOST_GROUP is a list of hosts", HOST_GROUP),
    (
        &[Keyword::GroupCaseInsensitive],
        "LAG:Options_File_Syntax: the case of members only; names of groups stay case sensitive",
        GROUP_CASE,
    ),
    (
        &[Keyword::FqdnMatching],
        "EUG p.53: the matrix of what the line says and what the application sends",
        FQDN,
    ),
    (&[], "EUG p.49: the types, of which HOST and INTERNET may be addresses with wildcards", TYPES),
    (&[], "EUG p.49: PROJECT is the client's LM_PROJECT", PROJECT),
    (&[], "EUG p.48: name:KEY=value picks license lines", MODIFIERS),
    (&[], "EUG p.48: the name of a package is about all of its components", PACKAGES),
];

const EXCLUDE: &[Case] = &[
    ("EXCLUDE mill USER kim", "kim@ws1", "mill-4.2", -38, 1),
    ("EXCLUDE mill USER kim", "lee@ws1", "mill-4.2", 0, 0),
    ("EXCLUDE mill USER kim", "kim@ws1", "lathe-1.0", 0, 0),
    ("EXCLUDE mill USER kim", "Kim@ws1", "mill-4.2", 0, 0),
    // Of several rules the first is named.
    ("EXCLUDE mill HOST ws1\nEXCLUDE mill USER kim", "kim@ws1", "mill-4.2", -38, 1),
    ("EXCLUDEALL USER kim\nEXCLUDE mill USER kim", "kim@ws1", "mill-4.2", -38, 1),
];

const EXCLUDE_ALL: &[Case] = &[
    ("EXCLUDEALL USER kim", "kim@ws1", "lathe-1.0", -38, 1),
    ("EXCLUDEALL USER kim", "lee@ws1", "lathe-1.0", 0, 0),
];

const INCLUDE: &[Case] = &[
    ("INCLUDE mill USER kim", "kim@ws1", "mill-4.2", 0, 0),
    ("INCLUDE mill USER kim", "lee@ws1", "mill-4.2", -39, 1),
    ("INCLUDE mill USER kim", "lee@ws1", "lathe-1.0", 0, 0),
    ("#\nINCLUDE mill USER kim\nINCLUDE mill USER max", "lee@ws1", "mill-4.2", -39, 2),
    ("INCLUDE mill USER kim\nINCLUDE mill USER max", "max@ws1", "mill-4.2", 0, 0),
];

const INCLUDE_ALL: &[Case] = &[
    ("INCLUDEALL USER kim", "kim@ws1", "lathe-1.0", 0, 0),
    ("INCLUDEALL USER kim", "lee@ws1", "lathe-1.0", -39, 1),
    ("INCLUDEALL USER kim\nINCLUDE mill USER lee", "lee@ws1", "mill-4.2", 0, 0),
    ("INCLUDEALL USER kim\nINCLUDE mill USER lee", "kim@ws1", "mill-4.2", 0, 0),
    ("INCLUDEALL USER kim\nINCLUDE mill USER lee", "lee@ws1", "lathe-1.0", -39, 1),
    ("INCLUDEALL USER kim\nEXCLUDE mill USER kim", "kim@ws1", "mill-4.2", -38, 2),
];

const BOTH: &[Case] = &[
    ("INCLUDE mill USER kim\nEXCLUDE mill USER kim", "kim@ws1", "mill-4.2", -38, 2),
    ("EXCLUDE mill USER kim\nINCLUDE mill USER kim", "kim@ws1", "mill-4.2", -38, 1),
    ("EXCLUDE mill USER kim\nINCLUDE mill USER lee", "lee@ws1", "mill-4.2", 0, 0),
    ("EXCLUDE mill USER kim\nINCLUDE mill USER lee", "max@ws1", "mill-4.2", -39, 2),
    ("INCLUDE mill USER kim\nEXCLUDE mill HOST ws1", "kim@ws1", "mill-4.2", -38, 2),
    ("INCLUDE mill USER kim\nEXCLUDE mill HOST ws1", "kim@ws2", "mill-4.2", 0, 0),
];

const GROUP: &[Case] = &[
    ("GROUP cad kim\nGROUP cad lee\nINCLUDE mill GROUP cad", "lee@ws1", "mill-4.2", 0, 0),
    ("GROUP cad kim\nGROUP cad lee\nINCLUDE mill GROUP cad", "max@ws1", "mill-4.2", -39, 3),
    ("USER_GROUP cad kim\nEXCLUDE mill USER_GROUP cad", "kim@ws1", "mill-4.2", -38, 2),
    ("GROUP cad kim\nEXCLUDE mill GROUP Cad", "kim@ws1", "mill-4.2", 0, 0),
    ("EXCLUDE mill GROUP cad\nGROUP cad kim", "kim@ws1", "mill-4.2", -38, 1),
    ("INCLUDE mill GROUP nobody", "kim@ws1", "mill-4.2", -39, 1),
];

const HOST_GROUP: &[Case] = &[
    (
        "GROUPCASEINSENSITIVE ON\nHOST_GROUP farm R01\nEXCLUDE mill HOST_GROUP farm",
        "kim@r01",
        "mill-4.2",
        -38,
        3,
    ),
    ("HOST_GROUP farm R01\nEXCLUDE mill HOST_GROUP farm", "kim@r01", "mill-4.2", 0, 0),
    ("HOST_GROUP farm r01 10.8.*.*\nEXCLUDE mill HOST_GROUP farm", "kim@r02/10.8.3.4", "mill-4.2", -38, 2),
    ("HOST_GROUP farm r01 10.8.*.*\nEXCLUDE mill HOST_GROUP farm", "kim@r02/10.9.3.4", "mill-4.2", 0, 0),
    // A group of users is none of hosts.
    ("GROUP farm r01\nEXCLUDE mill HOST_GROUP farm", "kim@r01", "mill-4.2", 0, 0),
];

const GROUP_CASE: &[Case] = &[
    ("GROUP cad Kim\nEXCLUDE mill GROUP cad", "kim@ws1", "mill-4.2", 0, 0),
    ("GROUPCASEINSENSITIVE ON\nGROUP cad Kim\nEXCLUDE mill GROUP cad", "kIM@ws1", "mill-4.2", -38, 3),
    ("GROUP cad Kim\nEXCLUDE mill GROUP cad\nGROUPCASEINSENSITIVE ON", "kim@ws1", "mill-4.2", -38, 2),
    (
        "GROUPCASEINSENSITIVE ON\nGROUPCASEINSENSITIVE OFF\nGROUP cad Kim\nEXCLUDE mill GROUP cad",
        "kim@ws1",
        "mill-4.2",
        0,
        0,
    ),
    ("GROUPCASEINSENSITIVE ON\nEXCLUDE mill USER Kim", "kim@ws1", "mill-4.2", 0, 0),
];

const FQDN: &[Case] = &[
    // The matrix of FQDN_MATCHING: the option line, what the application sends.
    ("FQDN_MATCHING exact\nEXCLUDE mill HOST myhost", "kim@myhost.abc.com", "mill-4.2", 0, 0),
    ("FQDN_MATCHING exact\nEXCLUDE mill HOST myhost", "kim@myhost", "mill-4.2", -38, 2),
    ("FQDN_MATCHING exact\nEXCLUDE mill HOST myhost.abc.com", "kim@myhost.abc.com", "mill-4.2", -38, 2),
    ("FQDN_MATCHING exact\nEXCLUDE mill HOST myhost.abc.com", "kim@myhost", "mill-4.2", 0, 0),
    ("FQDN_MATCHING lenient\nEXCLUDE mill HOST myhost", "kim@myhost.abc.com", "mill-4.2", -38, 2),
    ("FQDN_MATCHING lenient\nEXCLUDE mill HOST myhost", "kim@myhost", "mill-4.2", -38, 2),
    ("FQDN_MATCHING lenient\nEXCLUDE mill HOST myhost.abc.com", "kim@myhost.abc.com", "mill-4.2", -38, 2),
    ("FQDN_MATCHING lenient\nEXCLUDE mill HOST myhost.abc.com", "kim@myhost", "mill-4.2", -38, 2),
    // Exact is what holds without it; two domains are two hosts; groups are compared in the same way.
    ("EXCLUDE mill HOST myhost", "kim@myhost.abc.com", "mill-4.2", 0, 0),
    ("FQDN_MATCHING lenient\nEXCLUDE mill HOST myhost.abc.com", "kim@myhost.xyz.com", "mill-4.2", 0, 0),
    (
        "FQDN_MATCHING lenient\nHOST_GROUP g myhost.abc.com\nEXCLUDE mill HOST_GROUP g",
        "kim@myhost",
        "mill-4.2",
        -38,
        3,
    ),
];

const TYPES: &[Case] = &[
    ("EXCLUDE mill HOST 10.8.1.2", "kim@ws1/10.8.1.2", "mill-4.2", -38, 1),
    ("EXCLUDE mill HOST 10.8.1.2", "kim@10.8.1.2", "mill-4.2", 0, 0),
    ("EXCLUDE mill INTERNET 10.8.0.0/16", "kim@ws1/10.8.200.1", "mill-4.2", -38, 1),
    ("EXCLUDE mill INTERNET 10.8.0.0/16", "kim@ws1/10.9.200.1", "mill-4.2", 0, 0),
    ("EXCLUDE mill INTERNET 10.8.0.0/16", "kim@ws1", "mill-4.2", 0, 0),
    ("INCLUDE mill INTERNET 2001:db8::/32", "kim@ws1/2001:db8::7", "mill-4.2", 0, 0),
    ("INCLUDE mill INTERNET 2001:db8::/32", "kim@ws1/127.0.0.1", "mill-4.2", -39, 1),
    ("EXCLUDE mill DISPLAY ws1:0", "kim@ws1", "mill-4.2", -38, 1),
    ("EXCLUDE mill DISPLAY ws1:0", "kim@ws2", "mill-4.2", 0, 0),
    // USER is case sensitive; a display is no host.
    ("EXCLUDE mill USER kim", "KIM@ws1", "mill-4.2", 0, 0),
    ("EXCLUDE mill HOST ws1:0", "kim@ws1", "mill-4.2", 0, 0),
];

const PROJECT: &[Case] = &[
    ("EXCLUDE mill PROJECT turbine", "kim@ws1#turbine", "mill-4.2", -38, 1),
    ("EXCLUDE mill PROJECT turbine", "kim@ws1#Turbine", "mill-4.2", 0, 0),
    ("EXCLUDE mill PROJECT turbine", "kim@ws1", "mill-4.2", 0, 0),
    ("INCLUDE mill PROJECT turbine", "kim@ws1#turbine", "mill-4.2", 0, 0),
    ("INCLUDE mill PROJECT turbine", "kim@ws1#rotor", "mill-4.2", -39, 1),
    ("INCLUDE mill PROJECT turbine", "turbine@turbine", "mill-4.2", -39, 1),
    ("INCLUDEALL PROJECT turbine", "kim@ws1", "lathe-1.0", -39, 1),
    ("INCLUDE mill PROJECT turbine\nEXCLUDE mill USER kim", "kim@ws1#turbine", "mill-4.2", -38, 2),
];

const MODIFIERS: &[Case] = &[
    // Modifiers, each by its key; a pool has the rules of its own lines.
    ("EXCLUDE mill:VERSION=4.20 USER kim", "kim@ws1", "mill-4.2", -38, 1),
    ("EXCLUDE mill:VERSION=4.20 USER kim", "kim@ws1", "mill-5.0", 0, 0),
    ("INCLUDE mill:VERSION=5 USER kim", "lee@ws1", "mill-5.0", -39, 1),
    ("INCLUDE mill:VERSION=5 USER kim", "lee@ws1", "mill-4.2", 0, 0),
    ("EXCLUDE mill:EXPDATE=31-DEC-2027 USER kim", "kim@ws1", "mill-4.2", -38, 1),
    ("EXCLUDE mill:EXPDATE=permanent USER kim", "kim@ws1", "mill-4.2", 0, 0),
    ("EXCLUDE mill:EXPDATE=1-jan-0 USER kim", "kim@ws1", "mill-5.0", -38, 1),
    ("EXCLUDE mill:HOSTID=any USER kim", "kim@ws1", "mill-5.0", -38, 1),
    ("EXCLUDE mill:HOSTID=any USER kim", "kim@ws1", "mill-4.2", 0, 0),
    ("EXCLUDE mill:SIGN=00AA USER kim", "kim@ws1", "mill-4.2", -38, 1),
    ("EXCLUDE \"mill SIGN=00 AA\" USER kim", "kim@ws1", "mill-4.2", -38, 1),
    ("EXCLUDE mill:SIGN=00AA USER kim", "kim@ws1", "mill-5.0", 0, 0),
    ("EXCLUDE \"mill SIGN=00CC\" USER kim", "kim@ws1", "mill-5.0", -38, 1),
    ("EXCLUDE \"mill key=00BB\" USER kim", "kim@ws1", "mill-5.0", -38, 1),
    ("EXCLUDE \"mill ISSUER=Acme Tools\" USER kim", "kim@ws1", "mill-4.2", -38, 1),
    ("EXCLUDE mill:NOTICE=\"Licensed to X\" USER kim", "kim@ws1", "mill-5.0", -38, 1),
    ("EXCLUDE mill:VENDOR_STRING=gold USER kim", "kim@ws1", "mill-4.2", -38, 1),
    ("EXCLUDE mill:VENDOR_STRING=Gold USER kim", "kim@ws1", "mill-4.2", 0, 0),
    ("EXCLUDE \"mill asset_info=PO 4711\" USER kim", "kim@ws1", "mill-4.2", -38, 1),
    ("EXCLUDE mill:user_info=u USER kim", "kim@ws1", "mill-4.2", -38, 1),
    ("EXCLUDE mill:dist_info=d USER kim", "kim@ws1", "mill-4.2", -38, 1),
    ("EXCLUDE mill:dist_info=x USER kim", "kim@ws1", "mill-4.2", 0, 0),
];

const PACKAGES: &[Case] = &[
    ("EXCLUDE suite USER kim", "kim@ws1", "drill-1.0", -38, 1),
    ("EXCLUDE suite USER kim", "kim@ws1", "saw-1.0", -38, 1),
    ("EXCLUDE suite USER kim", "kim@ws1", "suite-1.0", -38, 1),
    ("EXCLUDE suite USER kim", "kim@ws1", "mill-4.2", 0, 0),
    ("EXCLUDE drill USER kim", "kim@ws1", "saw-1.0", 0, 0),
    ("INCLUDE suite USER kim\nINCLUDE drill USER lee", "lee@ws1", "drill-1.0", 0, 0),
];

#[test]
fn every_case_of_the_manual_is_answered_and_the_rule_is_named() {
    let licensed = Licensed::new(LICENSE);
    for (_, page, cases) in TABLES {
        assert!(cases.len() > 1, "{page}");
        for (options, who, feature, code, line) in *cases {
            let told = licensed.ask(&licensed.policy(options), who, feature);
            assert_eq!(told.code(), *code, "{page}: {options:?} {who} {feature}: {told:?}");
            assert!(told.no_borrow.is_none() && told.quotas.is_empty(), "{options:?}");
            if let Some(refusal) = told.refused {
                assert_eq!(*refusal.rule, format!("acmed.opt:{line}"), "{page}: {options:?}");
                let text = options.lines().nth(*line as usize - 1).unwrap().split(' ').next().unwrap();
                assert!(
                    refusal.words.contains(&*refusal.rule) && refusal.words.contains(text),
                    "{refusal:?}"
                );
            }
        }
    }
}

#[test]
fn a_refusal_says_who_what_and_by_which_rule() {
    let licensed = Licensed::new(LICENSE);
    let policy = licensed.policy("GROUP cad kim\nEXCLUDE mill:VERSION=4.2 GROUP cad\nINCLUDE lathe USER kim");
    let words = |who, feature| licensed.ask(&policy, who, feature).refused.unwrap().words;
    assert_eq!(
        &*words("kim@ws1", "mill-4.2"),
        "kim@ws1 is excluded from mill by acmed.opt:2: `EXCLUDE mill:VERSION=4.2 GROUP cad`"
    );
    assert_eq!(
        &*words("lee@ws1", "lathe-1.0"),
        "lee@ws1 is on no INCLUDE line of lathe; the first is acmed.opt:3: `INCLUDE lathe USER kim`"
    );
}

#[test]
fn many_rules_groups_and_features_are_compiled_in_linear_space() {
    use std::fmt::Write as _;
    let mut license = "SERVER this_host 02aa10203040\nVENDOR acmed\n".to_owned();
    let mut options = String::new();
    for n in 0..5_000 {
        let _ = writeln!(license, "INCREMENT f{n} acmed 1.0 permanent 1 SIGN=00{n:06}");
        let _ = writeln!(
            options,
            "EXCLUDEALL USER x{n}\nINCLUDE f{n}:SIGN=00{n:06} GROUP g{}\nGROUP g{n} u{n} everybody",
            n / 2
        );
    }
    let licensed = Licensed::new(&license);
    let policy = licensed.policy(&options);
    assert_eq!(licensed.ask(&policy, "everybody@ws1", "f4999-1.0").code(), 0);
    assert_eq!(licensed.ask(&policy, "u2499@ws1", "f4999-1.0").code(), 0);
    assert_eq!(licensed.ask(&policy, "u4999@ws1", "f4999-1.0").code(), -39);
    assert_eq!(&*licensed.ask(&policy, "x4999@ws1", "f0-1.0").refused.unwrap().rule, "acmed.opt:14998");
}
