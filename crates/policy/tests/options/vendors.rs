//! What a file says of its vendor as a whole.

use policy::{DebugLog, Event, Keyword, Policy, ReportLog, VendorOptions};

use crate::licensed::{Licensed, read};

const LICENSE: &str = "SERVER this_host 02aa10203040
VENDOR acmed
INCREMENT mill acmed 4.2 permanent 3 SIGN=00AA
";

/// An options file, and what is so of it and of no other here.
type Case = (&'static str, fn(&VendorOptions) -> bool);

pub(crate) const TABLES: &[(&[Keyword], &str, &[Case])] = &[
    (
        &[Keyword::MaxConnections],
        "LAG:Options_File_Syntax: MAX_CONNECTIONS n",
        &[
            ("", |of| of.connections.is_none()),
            ("MAX_CONNECTIONS 100", |of| of.connections == Some(100)),
            ("MAX_CONNECTIONS 100\nMAX_CONNECTIONS 7", |of| of.connections == Some(7)),
        ],
    ),
    (
        &[Keyword::AutomaticReread],
        "LAG:Options_File_Syntax: read again at midnight, unless it is OFF",
        &[
            ("", |of| of.automatic_reread),
            ("AUTOMATIC_REREAD OFF", |of| !of.automatic_reread),
            ("AUTOMATIC_REREAD OFF\nAUTOMATIC_REREAD ON", |of| of.automatic_reread),
            ("GROUPCASEINSENSITIVE OFF", |of| of.automatic_reread),
        ],
    ),
    (
        &[Keyword::NoLog],
        "LAG:Options_File_Syntax: NOLOG drops events from the debug log",
        &[
            ("", |of| of.no_log.is_empty()),
            ("NOLOG QUEUED", |of| of.no_log == [Event::Queued]),
            ("NOLOG OUT in\nNOLOG OUT", |of| of.no_log == [Event::In, Event::Out]),
            ("NOLOG IN OUT DENIED QUEUED UNSUPPORTED UPGRADE DEQUEUED", |of| of.no_log == Event::ALL),
        ],
    ),
    (
        &[Keyword::DebugLog],
        "LAG:Options_File_Syntax: DEBUGLOG [+]path [OBF_ADDMARK] [AUTO_ROLLOVER size]",
        &[
            ("", |of| of.debug_log.is_none()),
            ("DEBUGLOG a.log", |of| {
                of.debug_log
                    == Some(DebugLog { path: "a.log".into(), append: false, mark: false, rollover_mib: None })
            }),
            ("DEBUGLOG b.log\nDEBUGLOG +a.log OBF_ADDMARK AUTO_ROLLOVER 50", |of| {
                of.debug_log
                    == Some(DebugLog {
                        path: "a.log".into(),
                        append: true,
                        mark: true,
                        rollover_mib: Some(50),
                    })
            }),
        ],
    ),
    (
        &[Keyword::ReportLog],
        "LAG:Options_File_Syntax: REPORTLOG [+]path [HIDE_USER]",
        &[
            ("DEBUGLOG a.log", |of| of.report_log.is_none()),
            ("REPORTLOG +a.rl HIDE_USER", |of| {
                of.report_log == Some(ReportLog { path: "a.rl".into(), append: true, hide_user: true })
            }),
        ],
    ),
];

#[test]
fn a_vendor_has_what_its_file_says() {
    let licensed = Licensed::new(LICENSE);
    for (_, page, cases) in TABLES {
        for (options, so) in *cases {
            let policy = licensed.policy(options);
            let [of] = policy.vendors() else { panic!("{options}") };
            assert!(so(of), "{page}: {options}: {of:?}");
            let connections: Vec<_> = of.connections.iter().map(|n| (of.vendor.clone(), *n)).collect();
            assert_eq!(policy.connections(), connections, "{options}");
            assert!(policy.is_empty());
        }
    }
}

#[test]
fn a_vendor_of_which_nothing_is_licensed_says_nothing() {
    let mut policy = Policy::new();
    policy.add(&read("MAX_CONNECTIONS 3\nEXCLUDEALL USER kim"), &[], &[]);
    assert!(policy.vendors().is_empty() && policy.is_empty());
}
