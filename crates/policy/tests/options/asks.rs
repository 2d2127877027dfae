//! NO_ASK: of which pools the holders are not told that somebody waits.

use names::Feature;
use policy::Keyword;

use crate::licensed::Licensed;

const LICENSE: &str = "SERVER this_host 02aa10203040
VENDOR acmed
PACKAGE suite acmed 1.0 COMPONENTS=\"drill saw\"
INCREMENT mill acmed 4.2 permanent 3 SIGN=00AA
INCREMENT mill acmed 5.0 permanent 2 SIGN=00BB
INCREMENT suite acmed 1.0 permanent 4 SIGN=00DD
";

/// An options file, a pool, and the line that says so of it.
type Case = (&'static str, &'static str, Option<&'static str>);

pub(crate) const TABLES: &[(&[Keyword], &[Case])] = &[(
    &[Keyword::NoAsk],
    &[
        ("", "mill-4.2", None),
        ("NO_ASK mill", "mill-4.2", Some("acmed.opt:1: `NO_ASK mill`")),
        ("no_ask mill", "mill-5.0", Some("acmed.opt:1: `NO_ASK mill`")),
        ("NO_ASK mill", "drill-1.0", None),
        ("NO_ASK mill:VERSION=4.2", "mill-4.2", Some("acmed.opt:1: `NO_ASK mill:VERSION=4.2`")),
        ("NO_ASK mill:VERSION=4.2", "mill-5.0", None),
        ("NO_ASK \"mill VERSION=5\"", "mill-5.0", Some("acmed.opt:1: `NO_ASK mill:VERSION=5`")),
        ("NO_ASK", "drill-1.0", Some("acmed.opt:1: `NO_ASK`")),
        ("NO_ASK suite", "saw-1.0", Some("acmed.opt:1: `NO_ASK suite`")),
        // The first line is named.
        ("LINGER 60\nNO_ASK mill\nNO_ASK", "mill-5.0", Some("acmed.opt:2: `NO_ASK mill`")),
        ("NO_ASK\nNO_ASK mill", "mill-5.0", Some("acmed.opt:1: `NO_ASK`")),
    ],
)];

#[test]
fn the_first_line_about_a_pool_is_named_and_nobody_is_kept_from_its_seats() {
    let licensed = Licensed::new(LICENSE);
    for (_, cases) in TABLES {
        for (options, name, expected) in *cases {
            let policy = licensed.policy(options);
            let pool = licensed.pool(name);
            let said = policy.no_ask(&Feature::new(pool.feature().as_str()).unwrap());
            let rule = said.iter().find(|(of, _)| *of == pool).map(|(_, rule)| &**rule);
            assert_eq!(rule, *expected, "{options} {name}");
            assert_eq!(licensed.ask(&policy, "kim@ws1", name).code(), 0);
        }
    }
}
