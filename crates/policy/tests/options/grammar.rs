//! Each keyword's forms, what is refused, and the limits.

use license::{Diagnostic, Severity, Source};
use policy::{Effect, Event, FqdnMatching, Keyword, OptionsFile, What, limits, parse};
use proptest::prelude::*;

fn read(text: &[u8]) -> (OptionsFile, Vec<Diagnostic>) {
    parse(&Source::new("acmed.opt", text))
}

fn errors(found: &[Diagnostic]) -> Vec<String> {
    let errors = found.iter().filter(|found| found.severity == Severity::Error);
    errors.map(|found| format!("{}; {}", found.message, found.remedy)).collect()
}

/// A line, and what it is read as; by keyword, each in the forms of the manual.
const GOOD: &[(Keyword, &[&str])] = &[
    (
        Keyword::ActivationExpiryDays,
        &["ACTIVATION_EXPIRY_DAYS E-1 30", "ACTIVATION_EXPIRY_DAYS E-1:FID=7 30"],
    ),
    (Keyword::ActivationLowwater, &["ACTIVATION_LOWWATER E-1 3"]),
    (Keyword::AutomaticReread, &["AUTOMATIC_REREAD OFF", "AUTOMATIC_REREAD on"]),
    (Keyword::BorrowLowwater, &["BORROW_LOWWATER mill 2", "BORROW_LOWWATER mill:VERSION=4.2 0"]),
    (Keyword::DaemonSelectTimeout, &["DAEMON_SELECT_TIMEOUT 10"]),
    (
        Keyword::DebugLog,
        &[
            "DEBUGLOG /var/log/a.log",
            "DEBUGLOG +a.log",
            "DEBUGLOG +/var/log/a.log AUTO_ROLLOVER 50",
            "DEBUGLOG \"C:/Program Files/a.log\" OBF_ADDMARK",
        ],
    ),
    (
        Keyword::Exclude,
        &[
            "EXCLUDE mill USER kim",
            "exclude mill host ws1",
            "EXCLUDE mill HOST 10.8.*.*",
            "EXCLUDE mill DISPLAY ws1:0.0",
            "EXCLUDE mill INTERNET 10.8.1.2",
            "EXCLUDE mill INTERNET 10.8.*.*",
            "EXCLUDE mill INTERNET 10.8.0.0/16",
            "EXCLUDE mill INTERNET 2001:db8::/32",
            "EXCLUDE mill PROJECT turbine",
            "EXCLUDE mill GROUP cad",
            "EXCLUDE mill USER_GROUP cad",
            "EXCLUDE mill HOST_GROUP farm",
            "EXCLUDE mill:VERSION=4.2 USER kim",
            "EXCLUDE \"mill VERSION=4.2\" USER kim",
            "EXCLUDE mill:SIGN=\"00AA 11BB\" USER kim",
            "EXCLUDE mill USER \"Kim Example\"",
            "EXCLUDE \\\n  mill \\\r\n USER kim",
        ],
    ),
    (Keyword::ExcludeAll, &["EXCLUDEALL USER kim", "EXCLUDEALL GROUP cad"]),
    (Keyword::ExcludeBorrow, &["EXCLUDE_BORROW mill:VERSION=4 HOST ws1"]),
    (Keyword::ExcludeEntitlement, &["EXCLUDE_ENTITLEMENT E-1 USER kim", "EXCLUDE_ENTITLEMENT USER kim"]),
    (Keyword::ExcludeAllEntitlement, &["EXCLUDEALL_ENTITLEMENT HOST ws1"]),
    (Keyword::FqdnMatching, &["FQDN_MATCHING exact", "FQDN_MATCHING LENIENT"]),
    (Keyword::Group, &["GROUP cad kim lee", "USER_GROUP cad kim", "GROUP cad kim \\\n lee"]),
    (Keyword::GroupCaseInsensitive, &["GROUPCASEINSENSITIVE ON", "GROUPCASEINSENSITIVE OFF"]),
    (Keyword::HostGroup, &["HOST_GROUP farm r01 r02 10.8.*.*"]),
    (Keyword::Include, &["INCLUDE mill USER kim", "INCLUDE lathe:SIGN=\"00AA\" USER kim"]),
    (Keyword::IncludeAll, &["INCLUDEALL HOST_GROUP farm"]),
    (Keyword::IncludeBorrow, &["INCLUDE_BORROW mill GROUP cad"]),
    (Keyword::IncludeEntitlement, &["INCLUDE_ENTITLEMENT E-1 GROUP cad"]),
    (Keyword::IncludeAllEntitlement, &["INCLUDEALL_ENTITLEMENT USER kim"]),
    (Keyword::Linger, &["LINGER viewer 300", "LINGER 300"]),
    (
        Keyword::Max,
        &[
            "MAX 3 mill USER lee",
            "MAX 3 mill:VERSION=4 ALL_USERS",
            "MAX 3 mill USER ALL_USERS",
            "MAX 3 mill GROUP ALL_USERS",
        ],
    ),
    (Keyword::MaxBorrowHours, &["MAX_BORROW_HOURS mill 72"]),
    (Keyword::MaxConnections, &["MAX_CONNECTIONS 100"]),
    (Keyword::MaxOverdraft, &["MAX_OVERDRAFT lathe 0"]),
    (Keyword::NoAsk, &["NO_ASK", "NO_ASK mill", "no_ask mill:VERSION=4.2", "NO_ASK \"mill VERSION=4.2\""]),
    (Keyword::NoLog, &["NOLOG IN", "NOLOG QUEUED denied OUT UNSUPPORTED UPGRADE DEQUEUED"]),
    (Keyword::ReportLog, &["REPORTLOG a.rl", "REPORTLOG +/var/log/a.rl HIDE_USER"]),
    (Keyword::Reserve, &["RESERVE 2 mill:VERSION=4.2 GROUP cad", "RESERVE 1 mill HOST ws1"]),
    (Keyword::Timeout, &["TIMEOUT mill 7200"]),
    (Keyword::TimeoutAll, &["TIMEOUTALL 7200"]),
];

const GROUPS: &str = "\nGROUP cad kim\nHOST_GROUP farm ws1\n";

#[test]
fn every_keyword_is_read_in_the_forms_of_the_manual() {
    for keyword in Keyword::ALL {
        let (_, cases) = GOOD.iter().find(|(of, _)| of == keyword).unwrap_or_else(|| panic!("{keyword:?}"));
        for text in *cases {
            let (file, found) = read(format!("{text}{GROUPS}").as_bytes());
            assert_eq!(file.lines.len(), 3, "{text}: {found:?}");
            let line = &file.lines[0];
            assert_eq!((line.keyword, line.number), (*keyword, 1), "{text}");
            assert_eq!(line.span, 0..u32::try_from(text.len()).unwrap(), "{text}");
            // What is not held is said, once, and nothing else.
            let said = usize::from(keyword.effect() != Effect::Enforced);
            assert_eq!(found.len(), said, "{text}: {found:?}");
            let words = match keyword.effect() {
                Effect::ReportLog => "REPORTLOG is without effect",
                _ => "",
            };
            assert!(found.iter().all(|found| found.message.contains(words)), "{text}: {found:?}");
        }
    }
    assert_eq!(GOOD.len(), Keyword::ALL.len());
}

#[test]
fn values_are_what_was_written() {
    let (file, _) = read(
        b"RESERVE 2 mill:VERSION=4.20 GROUP cad\nMAX 3 mill ALL_USERS\nLINGER 300\nTIMEOUT mill 7200\n\
          DEBUGLOG +a.log OBF_ADDMARK AUTO_ROLLOVER 50\nREPORTLOG a.rl HIDE_USER\nNOLOG in OUT\n\
          GROUP cad kim M\xfcller \"a b\"\nEXCLUDEALL INTERNET 10.8.*.*\nGROUPCASEINSENSITIVE ON\nFQDN_MATCHING lenient\n",
    );
    assert_eq!(file.lines[0].shown(), "RESERVE 2 mill:VERSION=4.2 GROUP cad");
    assert_eq!(file.lines[1].shown(), "MAX 3 mill ALL_USERS");
    assert_eq!(file.lines[2].what, What::Number { feature: None, number: 300 });
    assert!(
        matches!(&file.lines[3].what, What::Number { feature: Some(f), number: 7200 } if f.name == "mill")
    );
    let log = |path: &str, append, hide_user, mark, rollover| What::Log {
        path: path.into(),
        append,
        hide_user,
        mark,
        rollover,
    };
    assert_eq!(file.lines[4].what, log("a.log", true, false, true, Some(50)));
    assert_eq!(file.lines[5].what, log("a.rl", false, true, false, None));
    assert_eq!(file.lines[6].what, What::Events(vec![Event::In, Event::Out]));
    let members = ["kim", "Müller", "a b"].map(String::from).to_vec();
    assert_eq!(file.lines[7].what, What::Group { name: "cad".into(), members });
    assert_eq!(file.lines[8].shown(), "EXCLUDEALL INTERNET 10.8.*.*");
    assert!(file.group_case_insensitive);
    assert_eq!(file.fqdn_matching, FqdnMatching::Lenient);
}

#[test]
fn what_does_not_say_what_was_meant_is_an_error_with_its_place_and_remedy() {
    for (text, column, words) in [
        ("EXCLUD mill USER kim", 1, "did you mean EXCLUDE?"),
        ("INCULDE mill USER kim", 1, "did you mean INCLUDE?"),
        ("GRUOP cad kim", 1, "did you mean GROUP?"),
        ("INTERNET_GROUP x", 1, "unknown keyword `INTERNET_GROUP`"),
        ("INTERNET 10.8.1.2", 1, "unknown keyword"),
        ("EXCLUDE", 1, "too few words"),
        ("EXCLUDE mill", 1, "too few words; write it like: EXCLUDE feature"),
        ("EXCLUDE mill USER", 1, "too few words"),
        ("EXCLUDE mill USR kim", 14, "did you mean USER?"),
        ("EXCLUDE mill TEAM kim", 14, "`TEAM` is no type"),
        ("EXCLUDE mill USER kim lee", 23, "put several into a GROUP"),
        ("EXCLUDE mill ALL_USERS", 14, "only for MAX"),
        ("EXCLUDE mill INTERNET ws1", 23, "no address; write it like 10.8.1.2"),
        ("EXCLUDE mill INTERNET 10.8.1.300", 23, "no address"),
        ("EXCLUDE mill:VERSIN=4 USER kim", 9, "did you mean VERSION?"),
        ("EXCLUDE mill:VERSION=four USER kim", 9, "no value of VERSION"),
        ("EXCLUDE \"mill red\" USER kim", 9, "no KEY=value"),
        ("EXCLUDE mill USER \"kim", 1, "a quote is not closed"),
        ("EXCLUDE mill USER \"\"", 19, "no name"),
        ("RESERVE mill GROUP cad", 9, "no number"),
        ("RESERVE -1 mill GROUP cad", 9, "no number"),
        ("RESERVE 99999999999 mill GROUP cad", 9, "too large a number"),
        ("MAX 1 mill", 1, "too few words"),
        ("LINGER viewer soon", 15, "no number"),
        ("TIMEOUT 7200", 1, "too few words"),
        ("TIMEOUTALL mill 7200", 12, "no number"),
        ("NO_ASK mill lathe", 13, "one word too many: `lathe`; write it like: NO_ASK [feature[:KEY=value]]"),
        ("NO_ASK mill:VERSIN=4", 8, "did you mean VERSION?"),
        ("NOASK mill", 1, "did you mean NO_ASK?"),
        ("GROUP", 1, "too few words"),
        ("GROUPCASEINSENSITIVE YES", 22, "neither of ON, OFF"),
        ("FQDN_MATCHING strict", 15, "neither of exact, lenient"),
        ("NOLOG EVERYTHING", 7, "no event"),
        ("NOLOG", 1, "too few words"),
        ("DEBUGLOG a.log HIDE_USER", 16, "no option of the log"),
        ("DEBUGLOG a.log AUTO_ROLLOVER", 1, "too few words"),
        ("DEBUGLOG +", 10, "no path"),
        ("REPORTLOG a.rl OBF_ADDMARK", 16, "no option of the log"),
    ] {
        let (file, found) = read(format!("\n{text}\n").as_bytes());
        let said = errors(&found);
        assert_eq!(said.len(), 1, "{text}: {found:?}");
        assert!(said[0].contains(words), "{text}: {said:?}");
        assert!(file.lines.is_empty(), "{text}: {file:?}");
        let source = [Source::new("acmed.opt", format!("\n{text}\n"))];
        assert_eq!(found[0].place(&source), format!("acmed.opt:2:{column}"), "{text}");
    }
}

#[test]
fn what_is_only_doubtful_is_a_warning() {
    for (text, words) in [
        ("EXCLUDE mill GROUP cad", "the GROUP `cad` is not there"),
        ("HOST_GROUP cad ws1\nEXCLUDE mill GROUP cad", "line 1 makes it a HOST_GROUP"),
        ("GROUP Cad kim\nEXCLUDE mill GROUP cad", "case sensitive"),
        ("EXCLUDE mill HOST ws*", "only addresses have wildcards"),
        ("EXCLUDE mill HOST 10.8.*", "only addresses have wildcards"),
        ("GROUP cad", "names nobody"),
        ("EXCLUDE mill USER <NNU username>", "`<NNU username>` is a placeholder"),
        ("TIMEOUT mill 899", "TIMEOUT 899 is taken as 900 seconds"),
        ("TIMEOUTALL 0", "TIMEOUTALL 0 is taken as 900 seconds"),
        ("REPORTLOG a.rl", "REPORTLOG is without effect; there is no report log: `seatkeeper lmswitchr`"),
        ("ACTIVATION_LOWWATER E-1 3", "trusted storage"),
        ("DAEMON_SELECT_TIMEOUT 3", "vendor daemon"),
    ] {
        let (_, found) = read(text.as_bytes());
        assert_eq!(errors(&found), [""; 0], "{text}");
        let said: Vec<_> = found.iter().map(|found| format!("{}; {}", found.message, found.remedy)).collect();
        assert!(said.len() == 1 && said[0].contains(words), "{text}: {said:?}");
    }
}

#[test]
fn a_file_in_the_forms_that_installers_write_is_read_whole() {
    let (file, found) = read(include_bytes!("site.opt"));
    assert_eq!(errors(&found), [""; 0]);
    assert_eq!(file.lines.len(), 12);
    let odd: Vec<_> = found
        .iter()
        .map(|found| found.message.as_str())
        .filter(|message| !message.contains("without effect") && !message.contains("placeholder"))
        .collect();
    assert_eq!(odd, [""; 0]);
}

#[test]
fn each_limit_is_held_at_its_value() {
    let group = |chars: usize| format!("GROUP cad {}", "x".repeat(chars - 10));
    let reserve = |n: usize| "RESERVE 1 mill USER kim\n".repeat(n);
    let continued = |n: usize| format!("GROUP cad{} kim", " \\\n".repeat(n));
    let long = |n: usize| format!("# {}", "x".repeat(n));
    for (limit, make) in [
        (limits::LINE_CHARS_MAX, &group as &dyn Fn(usize) -> String),
        (limits::RESERVATIONS_MAX, &reserve),
        (limits::CONTINUATIONS_MAX, &continued),
        (limits::FILE_BYTES_MAX - 2, &long),
    ] {
        for (n, wrong) in [(limit - 1, 0), (limit, 0), (limit + 1, 1)] {
            assert_eq!(errors(&read(make(n).as_bytes()).1).len(), wrong, "{n} of {limit}");
        }
    }
    // A line of many characters of two bytes is not longer for it; what is long is left out, and its
    // neighbours stay.
    let wide = format!("GROUP cad {}\n", "é".repeat(limits::LINE_CHARS_MAX - 10));
    assert_eq!(errors(&read(wide.as_bytes()).1).len(), 0);
    let (file, found) = read(format!("GROUP a b\n{}\nGROUP c d\n", group(5_000)).as_bytes());
    assert_eq!((file.lines.len(), errors(&found).len()), (2, 1));
    // Each part of a line that goes on may be as long.
    let parts = format!("GROUP cad {} \\\n{}", "x".repeat(3_900), "y".repeat(4_000));
    assert_eq!(errors(&read(parts.as_bytes()).1).len(), 0);
}

#[test]
fn other_files_are_refused_as_a_whole() {
    for (bytes, words) in [
        (&b"\xff\xfeG\0R\0"[..], "UTF-16"),
        (b"GROUP a b\n\0", "control character 0x00"),
        (b"\x7fELF", "control character 0x7f"),
    ] {
        let (file, found) = read(bytes);
        assert!(file.lines.is_empty() && errors(&found)[0].contains(words), "{found:?}");
    }
    assert_eq!(read(b"\xef\xbb\xbfGROUP a b\r\n\r\n# x\rGROUP a c").0.lines[1].number, 4);
}

#[test]
fn a_large_file_takes_linear_time_and_its_diagnostics_are_bounded() {
    // Quadratic work would take minutes for any of these.
    let words = format!("GROUP a {}", "x ".repeat(limits::FILE_BYTES_MAX / 2 - 20));
    let quotes = "\"".repeat(limits::FILE_BYTES_MAX);
    let lines = "EXCLUDE mill GROUP cad\n".repeat(limits::FILE_BYTES_MAX / 23);
    let unknown = "X\n".repeat(limits::FILE_BYTES_MAX / 2);
    for text in [words, quotes, lines, unknown] {
        assert!(read(text.as_bytes()).1.len() <= license::limits::DIAGNOSTICS_MAX);
    }
}

proptest! {
    #[test]
    fn whatever_the_bytes_are_every_place_is_in_the_file(
        words in prop::collection::vec(prop::sample::select(vec![
            "EXCLUDE", "GROUP", "RESERVE", "LINGER", "NOLOG", "DEBUGLOG", "mill", "mill:VERSION=4", "USER", "INTERNET",
            "10.8.*.*", "::/0", "7", "\"", "\\\n", "\n", "\r", "#", " ", "\u{e9}", "<", ">", "ON", "ALL_USERS",
        ]), 0..60),
        noise in prop::collection::vec(any::<u8>(), 0..8),
    ) {
        let mut bytes = words.join(" ").into_bytes();
        bytes.extend(noise);
        let (file, found) = read(&bytes);
        let end = bytes.len();
        prop_assert!(found.iter().all(|found| found.span.start <= found.span.end && found.span.end <= end));
        prop_assert!(file.lines.iter().all(|line| line.span.end as usize <= end));
        let source = [Source::new("x", bytes)];
        for found in &found {
            prop_assert!(!found.render(&source).is_empty());
        }
    }
}
