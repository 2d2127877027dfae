//! Who may use what, by the manual's words: lists, precedence, groups, names, addresses, modifiers.

use license::{Entitlement, Loaded, Source, Trust};
use names::{Feature, PoolId};
use policy::{Asker, Policy, Refusal, parse};

const LICENSE: &str = "SERVER this_host 02aa10203040 27000
VENDOR acmed
PACKAGE suite acmed 1.0 COMPONENTS=\"drill saw\" OPTIONS=SUITE
INCREMENT mill acmed 4.2 31-dec-2027 10 VENDOR_STRING=gold ISSUER=\"Acme Tools\" SIGN=\"00 AA\" \\
  asset_info=\"PO 4711\" user_info=u dist_info=d
INCREMENT mill acmed 5.0 permanent 10 HOSTID=ANY NOTICE=\"Licensed to X\" SIGN=00BB SIGN2=\"00 CC\"
INCREMENT lathe acmed 1.0 permanent 10 SIGN=00DD
INCREMENT suite acmed 1.0 permanent 10 SIGN=00EE
";

/// What the license has, whoever signed it.
struct Licensed(Vec<Source>, Loaded);

impl Licensed {
    fn new(text: &str) -> Self {
        let sources = vec![Source::new("acmed.lic", text)];
        let loaded = license::load(&sources, &Trust::default(), None, false);
        Self(sources, loaded)
    }

    fn lines(&self) -> Vec<&Entitlement> {
        let unserved = self.1.unserved.iter().map(|unserved| &unserved.entitlement);
        self.1.entitlements.iter().chain(unserved).collect()
    }

    fn policy(&self, options: &str) -> Policy {
        let (file, found) = parse(&Source::new("acmed.opt", options));
        let wrong = found.iter().find(|found| found.severity == license::Severity::Error);
        assert_eq!(wrong, None, "{options}");
        let mut policy = Policy::new();
        policy.add(&file, &self.lines(), &self.0);
        policy
    }

    fn pools(&self, feature: &str, version: &str) -> Vec<PoolId> {
        let of = |line: &&&Entitlement| line.feature.as_str() == feature && line.version.as_str() == version;
        self.lines().iter().filter(of).flat_map(|line| line.pools()).map(|(pool, _)| pool).collect()
    }

    /// The answer for `user@host[/address]` and a feature and version.
    fn ask(&self, policy: &Policy, who: &str, feature: &str) -> Result<(), Refusal> {
        let (who, address) =
            who.split_once('/').map_or((who, None), |(who, a)| (who, Some(a.parse().unwrap())));
        let (user, host) = who.split_once('@').unwrap();
        let (feature, version) = feature.split_once('-').unwrap();
        let asker = Asker { user, host, display: &format!("{host}:0"), address };
        let pools = self.pools(feature, version);
        assert!(!pools.is_empty(), "{feature}");
        let told: Vec<_> = pools.iter().map(|pool| policy.allows(&asker, pool)).collect();
        // The same by feature.
        let refused = policy.refused(&asker, &Feature::new(feature).unwrap());
        for (pool, told) in pools.iter().zip(&told) {
            let by_feature =
                refused.iter().find(|(of, _)| of == pool).map(|(_, refusal)| (**refusal).clone());
            assert_eq!(by_feature, told.clone().err());
        }
        told.into_iter().next().unwrap()
    }
}

/// An options file, who asks for what, and 0 or the code and line.
type Case = (&'static str, &'static str, &'static str, i32, u32);

const CASES: &[Case] = &[
    // Neither list: everybody.
    ("", "kim@ws1", "mill-4.2", 0, 0),
    ("GROUP cad kim", "kim@ws1", "mill-4.2", 0, 0),
    // EXCLUDE only: everybody else is allowed.
    ("EXCLUDE mill USER kim", "kim@ws1", "mill-4.2", -38, 1),
    ("EXCLUDE mill USER kim", "lee@ws1", "mill-4.2", 0, 0),
    ("EXCLUDE mill USER kim", "kim@ws1", "lathe-1.0", 0, 0),
    ("EXCLUDE mill USER kim", "Kim@ws1", "mill-4.2", 0, 0),
    // INCLUDE only: only those listed.
    ("INCLUDE mill USER kim", "kim@ws1", "mill-4.2", 0, 0),
    ("INCLUDE mill USER kim", "lee@ws1", "mill-4.2", -39, 1),
    ("INCLUDE mill USER kim", "lee@ws1", "lathe-1.0", 0, 0),
    ("#\nINCLUDE mill USER kim\nINCLUDE mill USER max", "lee@ws1", "mill-4.2", -39, 2),
    ("INCLUDE mill USER kim\nINCLUDE mill USER max", "max@ws1", "mill-4.2", 0, 0),
    // Both: EXCLUDE is checked first, whatever the order.
    ("INCLUDE mill USER kim\nEXCLUDE mill USER kim", "kim@ws1", "mill-4.2", -38, 2),
    ("EXCLUDE mill USER kim\nINCLUDE mill USER kim", "kim@ws1", "mill-4.2", -38, 1),
    ("EXCLUDE mill USER kim\nINCLUDE mill USER lee", "lee@ws1", "mill-4.2", 0, 0),
    ("EXCLUDE mill USER kim\nINCLUDE mill USER lee", "max@ws1", "mill-4.2", -39, 2),
    ("INCLUDE mill USER kim\nEXCLUDE mill HOST ws1", "kim@ws1", "mill-4.2", -38, 2),
    ("INCLUDE mill USER kim\nEXCLUDE mill HOST ws1", "kim@ws2", "mill-4.2", 0, 0),
    // Of several rules the first is named.
    ("EXCLUDE mill HOST ws1\nEXCLUDE mill USER kim", "kim@ws1", "mill-4.2", -38, 1),
    ("EXCLUDEALL USER kim\nEXCLUDE mill USER kim", "kim@ws1", "mill-4.2", -38, 1),
    // EXCLUDEALL and INCLUDEALL.
    ("EXCLUDEALL USER kim", "kim@ws1", "lathe-1.0", -38, 1),
    ("EXCLUDEALL USER kim", "lee@ws1", "lathe-1.0", 0, 0),
    ("INCLUDEALL USER kim", "kim@ws1", "lathe-1.0", 0, 0),
    ("INCLUDEALL USER kim", "lee@ws1", "lathe-1.0", -39, 1),
    ("INCLUDEALL USER kim\nINCLUDE mill USER lee", "lee@ws1", "mill-4.2", 0, 0),
    ("INCLUDEALL USER kim\nINCLUDE mill USER lee", "kim@ws1", "mill-4.2", 0, 0),
    ("INCLUDEALL USER kim\nINCLUDE mill USER lee", "lee@ws1", "lathe-1.0", -39, 1),
    ("INCLUDEALL USER kim\nEXCLUDE mill USER kim", "kim@ws1", "mill-4.2", -38, 2),
    // Groups: lines of one name add up; names of groups are case sensitive.
    ("GROUP cad kim\nGROUP cad lee\nINCLUDE mill GROUP cad", "lee@ws1", "mill-4.2", 0, 0),
    ("GROUP cad kim\nGROUP cad lee\nINCLUDE mill GROUP cad", "max@ws1", "mill-4.2", -39, 3),
    ("USER_GROUP cad kim\nEXCLUDE mill USER_GROUP cad", "kim@ws1", "mill-4.2", -38, 2),
    ("GROUP cad kim\nEXCLUDE mill GROUP Cad", "kim@ws1", "mill-4.2", 0, 0),
    ("EXCLUDE mill GROUP cad\nGROUP cad kim", "kim@ws1", "mill-4.2", -38, 1),
    ("INCLUDE mill GROUP nobody", "kim@ws1", "mill-4.2", -39, 1),
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
    // Hosts, displays, addresses.
    ("EXCLUDE mill HOST 10.8.1.2", "kim@ws1/10.8.1.2", "mill-4.2", -38, 1),
    ("EXCLUDE mill HOST 10.8.1.2", "kim@10.8.1.2", "mill-4.2", 0, 0),
    ("EXCLUDE mill INTERNET 10.8.0.0/16", "kim@ws1/10.8.200.1", "mill-4.2", -38, 1),
    ("EXCLUDE mill INTERNET 10.8.0.0/16", "kim@ws1/10.9.200.1", "mill-4.2", 0, 0),
    ("EXCLUDE mill INTERNET 10.8.0.0/16", "kim@ws1", "mill-4.2", 0, 0),
    ("INCLUDE mill INTERNET 2001:db8::/32", "kim@ws1/2001:db8::7", "mill-4.2", 0, 0),
    ("INCLUDE mill INTERNET 2001:db8::/32", "kim@ws1/127.0.0.1", "mill-4.2", -39, 1),
    ("EXCLUDE mill DISPLAY ws1:0", "kim@ws1", "mill-4.2", -38, 1),
    ("EXCLUDE mill DISPLAY ws1:0", "kim@ws2", "mill-4.2", 0, 0),
    // Nobody says a project.
    ("EXCLUDE mill PROJECT turbine", "kim@ws1", "mill-4.2", 0, 0),
    ("INCLUDE mill PROJECT turbine", "kim@ws1", "mill-4.2", -39, 1),
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
    // A package's name is about all of its components.
    ("EXCLUDE suite USER kim", "kim@ws1", "drill-1.0", -38, 1),
    ("EXCLUDE suite USER kim", "kim@ws1", "saw-1.0", -38, 1),
    ("EXCLUDE suite USER kim", "kim@ws1", "suite-1.0", -38, 1),
    ("EXCLUDE suite USER kim", "kim@ws1", "mill-4.2", 0, 0),
    ("EXCLUDE drill USER kim", "kim@ws1", "saw-1.0", 0, 0),
    ("INCLUDE suite USER kim\nINCLUDE drill USER lee", "lee@ws1", "drill-1.0", 0, 0),
    // What is not held changes nothing.
    (
        "RESERVE 10 mill USER kim\nMAX 0 mill USER lee\nEXCLUDE_BORROW mill USER lee",
        "lee@ws1",
        "mill-4.2",
        0,
        0,
    ),
];

#[test]
fn every_case_of_the_manual_is_answered_and_the_rule_is_named() {
    let licensed = Licensed::new(LICENSE);
    for (options, who, feature, code, line) in CASES {
        let told = licensed.ask(&licensed.policy(options), who, feature);
        let found = told.as_ref().map_or_else(|refusal| refusal.code.number(), |()| 0);
        assert_eq!(found, *code, "{options:?} {who} {feature}: {told:?}");
        if let Err(refusal) = told {
            assert_eq!(refusal.rule, format!("acmed.opt:{line}"), "{options:?}");
            let text = options.lines().nth(*line as usize - 1).unwrap().split(' ').next().unwrap();
            assert!(refusal.words.contains(&refusal.rule) && refusal.words.contains(text), "{refusal:?}");
        }
    }
}

#[test]
fn a_refusal_says_who_what_and_by_which_rule() {
    let licensed = Licensed::new(LICENSE);
    let policy = licensed.policy("GROUP cad kim\nEXCLUDE mill:VERSION=4.2 GROUP cad\nINCLUDE lathe USER kim");
    let words = |who, feature| licensed.ask(&policy, who, feature).unwrap_err().words;
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
    assert!(licensed.ask(&policy, "everybody@ws1", "f4999-1.0").is_ok());
    assert!(licensed.ask(&policy, "u2499@ws1", "f4999-1.0").is_ok());
    assert_eq!(licensed.ask(&policy, "u4999@ws1", "f4999-1.0").unwrap_err().code.number(), -39);
    assert_eq!(licensed.ask(&policy, "x4999@ws1", "f0-1.0").unwrap_err().rule, "acmed.opt:14998");
}
