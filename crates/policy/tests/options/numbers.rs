//! LINGER, TIMEOUT and their kin: what a file says of the seats of a pool.

use policy::{Keyword, PoolOptions};

use crate::licensed::Licensed;

const LICENSE: &str = "SERVER this_host 02aa10203040
VENDOR acmed
PACKAGE suite acmed 1.0 COMPONENTS=\"drill saw\"
INCREMENT mill acmed 4.2 permanent 3 SIGN=00AA
INCREMENT mill acmed 5.0 permanent 2 SIGN=00BB
INCREMENT suite acmed 1.0 permanent 4 SIGN=00DD
";

/// An options file, a pool, and the number for it.
type Case = (&'static str, &'static str, Option<u32>);

/// A keyword, where the manual says it, what is looked at, and its cases.
type Table = (&'static [Keyword], &'static str, fn(&PoolOptions) -> Option<u32>, &'static [Case]);

pub(crate) const TABLES: &[Table] = &[
    (
        &[Keyword::Linger],
        "LAG:LINGER: the longest wins; without a feature it is about all",
        |of| of.linger_s,
        &[
            ("", "mill-4.2", None),
            ("LINGER mill 300", "mill-4.2", Some(300)),
            ("LINGER mill 300", "drill-1.0", None),
            ("LINGER mill:VERSION=4.2 300", "mill-5.0", None),
            ("LINGER 60", "mill-5.0", Some(60)),
            ("LINGER mill 300\nLINGER 60", "mill-5.0", Some(300)),
            ("LINGER mill 30\nLINGER 60", "mill-5.0", Some(60)),
            ("LINGER mill 300\nLINGER mill 200", "mill-5.0", Some(300)),
            ("LINGER suite 300", "saw-1.0", Some(300)),
            ("LINGER mill 0", "mill-4.2", Some(0)),
        ],
    ),
    (
        &[Keyword::Timeout, Keyword::TimeoutAll],
        "LAG:TIMEOUT: seconds, the publisher's minimum at least (900); TIMEOUTALL is TIMEOUT for all",
        |of| of.timeout_s,
        &[
            ("TIMEOUT mill 7200", "mill-4.2", Some(7_200)),
            ("TIMEOUT mill 7200", "drill-1.0", None),
            ("TIMEOUTALL 3600", "drill-1.0", Some(3_600)),
            ("TIMEOUTALL 3600\nTIMEOUT mill 7200", "mill-4.2", Some(7_200)),
            ("TIMEOUT mill 7200\nTIMEOUTALL 3600", "mill-4.2", Some(7_200)),
            ("TIMEOUT mill 7200\nTIMEOUTALL 3600", "saw-1.0", Some(3_600)),
            ("TIMEOUT mill 7200\nTIMEOUT mill:VERSION=4.2 3600", "mill-4.2", Some(3_600)),
            ("TIMEOUT mill 899", "mill-4.2", Some(900)),
            ("TIMEOUT mill 900", "mill-4.2", Some(900)),
            ("TIMEOUT mill 901", "mill-4.2", Some(901)),
            ("TIMEOUTALL 0", "mill-4.2", Some(900)),
        ],
    ),
    (
        &[Keyword::MaxOverdraft],
        "LAG:Options_File_Syntax: MAX_OVERDRAFT lowers the OVERDRAFT",
        |of| of.max_overdraft,
        &[
            ("MAX_OVERDRAFT mill 0", "mill-4.2", Some(0)),
            ("MAX_OVERDRAFT mill 0", "saw-1.0", None),
            ("MAX_OVERDRAFT mill 2\nMAX_OVERDRAFT mill 5", "mill-4.2", Some(2)),
            ("MAX_OVERDRAFT mill:VERSION=5.0 2", "mill-4.2", None),
            ("MAX_OVERDRAFT suite 1", "saw-1.0", Some(1)),
        ],
    ),
    (
        &[Keyword::MaxBorrowHours],
        "EUG p.58: MAX_BORROW_HOURS, the last line wins",
        |of| of.max_borrow_hours,
        &[
            ("MAX_BORROW_HOURS mill 72", "mill-4.2", Some(72)),
            ("MAX_BORROW_HOURS mill 72\nMAX_BORROW_HOURS mill 24", "mill-4.2", Some(24)),
            ("MAX_BORROW_HOURS mill 24\nMAX_BORROW_HOURS mill 72", "mill-4.2", Some(72)),
            ("MAX_BORROW_HOURS mill:VERSION=4.2 24\nMAX_BORROW_HOURS mill 72", "mill-4.2", Some(72)),
            ("MAX_BORROW_HOURS mill 72", "saw-1.0", None),
        ],
    ),
    (
        &[Keyword::BorrowLowwater],
        "LAG:Options_File_Syntax: BORROW_LOWWATER, the last n cannot be borrowed",
        |of| of.borrow_lowwater,
        &[
            ("BORROW_LOWWATER mill 2", "mill-4.2", Some(2)),
            ("BORROW_LOWWATER mill 2", "mill-5.0", Some(2)),
            ("BORROW_LOWWATER mill:VERSION=4.2 2", "mill-5.0", None),
            ("BORROW_LOWWATER mill 2\nBORROW_LOWWATER mill 1", "mill-4.2", Some(1)),
            ("BORROW_LOWWATER suite 1", "drill-1.0", Some(1)),
        ],
    ),
];

#[test]
fn every_pool_has_the_numbers_of_its_lines() {
    let licensed = Licensed::new(LICENSE);
    for (_, page, of, cases) in TABLES {
        for (options, pool, expected) in *cases {
            let policy = licensed.policy(options);
            let found = policy.pool_options(&licensed.pool(pool));
            assert_eq!(of(&found), *expected, "{page}: {options} {pool}");
            // Nobody is kept from anything by them.
            assert_eq!(licensed.ask(&policy, "kim@ws1", pool).code(), 0);
        }
    }
}
