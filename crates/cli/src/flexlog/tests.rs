//! Lines as daemons write them, and as they do not.

use names::Date;

use super::line::Stamp;
use super::*;

fn event(text: &str) -> Event<'_> {
    match read(text).unwrap().says {
        Says::Event(event) => event,
        other => panic!("{other:?}: {text}"),
    }
}

#[test]
fn each_form_of_an_event_is_read() {
    use Kind::{Denied, Dequeued, In, Out, Queued, Unsupported};
    type Row =
        (&'static str, Kind, &'static str, &'static str, Option<&'static str>, Option<u32>, Option<i32>);
    let rows: &[Row] = &[
        (r#"16:07:10 (acmed) OUT: "mill" kim@ws1"#, Out, "mill", "kim|ws1", None, None, None),
        (
            r#" 9:06:15 (acmed) OUT: "mill" kim@node7005.x.edu  (20 licenses) "#,
            Out,
            "mill",
            "kim|node7005.x.edu",
            None,
            Some(20),
            None,
        ),
        (r#"16:42:19 (acmed) IN: "mill" kim@ws1  (1 license)"#, In, "mill", "kim|ws1", None, Some(1), None),
        (r#"17:53:25 (acmed) IN: "mill" kim@ws1  (INACTIVE)"#, In, "mill", "kim|ws1", None, None, None),
        (r#"17:53:25 (acmed_2) IN: "mill" kim@ws1  (SHUTDOWN)"#, In, "mill", "kim|ws1", None, None, None),
        (
            r#"15:36:36 (acmed) DENIED: "mill" kim@ws1  (Licensed number of users already reached. (-4,342))"#,
            Denied,
            "mill",
            "kim|ws1",
            None,
            None,
            Some(-4),
        ),
        (
            r#"15:36:36 (acmed) DENIED: "mill" kim@ws1 (Cannot connect. (-15,10:111 "Connection (is) refused"))"#,
            Denied,
            "mill",
            "kim|ws1",
            None,
            None,
            Some(-15),
        ),
        (
            r#"19:20:54 (acmed) UNSUPPORTED: "LDSDK.EXE" (PORT_AT_HOST_PLUS   ) LOCAL SERVICE@DESKTOP-07  (No such feature exists. (-5,346))"#,
            Unsupported,
            "LDSDK.EXE",
            "LOCAL SERVICE|DESKTOP-07",
            None,
            None,
            Some(-5),
        ),
        (
            r#"16:12:16 (acmed) OUT: "mill" kim@ws1 [mill:a b] (60 licenses)"#,
            Out,
            "mill",
            "kim|ws1",
            Some("mill:a b"),
            Some(60),
            None,
        ),
        (
            r#"16:12:16 (acmed) QUEUED: "mill" kim@ws1 [x]y] (2 licenses)"#,
            Queued,
            "mill",
            "kim|ws1",
            Some("x]y"),
            Some(2),
            None,
        ),
        (r#"16:12:16 (acmed) DEQUEUED: "mill" kim@ws1"#, Dequeued, "mill", "kim|ws1", None, None, None),
        (
            r#"16:12:16 (acmed) OUT: "mill" kim@acme.org@ws1"#,
            Out,
            "mill",
            "kim@acme.org|ws1",
            None,
            None,
            None,
        ),
        (
            r#"16:12:16 (acmed) OUT: "mill" kim@ @a@b@ws1  (2)"#,
            Out,
            "mill",
            "kim@ @a@b|ws1",
            None,
            Some(2),
            None,
        ),
        (r#"16:12:16 (acmed) OUT: "mill" kim b@c lee@ws1"#, Out, "mill", "kim b@c lee|ws1", None, None, None),
        (r#"01:15:00 (acmed) DENIED: 4 "mill" to kim@ws1"#, Denied, "mill", "kim|ws1", None, Some(4), None),
        (
            r#"01:15:00 (acmed) IN: "mill" kim@ws1  (99999999999 licenses)"#,
            In,
            "mill",
            "kim|ws1",
            None,
            Some(u32::MAX),
            None,
        ),
        ("01:15:00 (acmed) OUT: mill by kim@ws1", Out, "mill", "kim|ws1", None, None, None),
        (
            r#"01:15:00 (acmed) OUT: "mill" @ws1 (3) ^^^ 4.2 kim b 10.1.2.3 77 1a 3 10 plan 11 19 3/2/2026 01:15 0 ^^^"#,
            Out,
            "mill",
            "kim b|ws1",
            None,
            Some(3),
            None,
        ),
        (
            r#"01:15:00 (acmed) DENIED: "mill" @ws1 (Others wait. (-24,332)) ^^^ 4.2 kim 10.1.2.3 77 1a 3 10 11 19 3/2/2026 01:15 0 ^^^"#,
            Denied,
            "mill",
            "kim|ws1",
            None,
            None,
            Some(-24),
        ),
    ];
    for (text, kind, feature, who, data, seats, code) in rows {
        let found = event(text);
        let who_is = format!("{}|{}", found.user, found.host);
        assert_eq!((found.kind, found.feature, &*who_is), (*kind, *feature, *who), "{text}");
        assert_eq!((found.data, found.seats, found.code), (*data, *seats, *code), "{text}");
    }
    let verbose = |text| event(text).verbose.map(|v| (v.version, v.address.to_string(), v.handle, v.project));
    let expected = |project| Some(("4.2", "10.1.2.3".to_owned(), "1a", project));
    assert_eq!(verbose(rows[17].0), expected("plan"));
    assert_eq!(verbose(rows[18].0), expected(""));
}

#[test]
fn other_lines_say_the_day_or_nothing() {
    let date = |y, m, d| Says::Day(Date::new(y, m, d).unwrap());
    for (text, says) in [
        ("16:01:34 (lmgrd) TIMESTAMP 4/8/2019", Some(date(2019, 4, 8))),
        (
            "11:47:03 (lmgrd) FlexNet Licensing (v11.16.2.0 build 242433 x64_lsb) started on ws1 (linux) (9/23/2020)",
            Some(date(2020, 9, 23)),
        ),
        (
            "11:47:03 (lmgrd) Server's System Date and Time: Wed Sep 23 2020 11:47:03 UTC",
            Some(date(2020, 9, 23)),
        ),
        (
            "15:34:04 (acmed) (@acmed-SLOG@) Time: Thu Apr 30 2015 15:34:04 Eastern Daylight Time",
            Some(date(2015, 4, 30)),
        ),
        ("15:34:04 (lmgrd) TIMESTAMP 13/8/2019", Some(Says::Other)),
        ("15:34:04 (acmed) Server started on lic1 for:\tmill\t\t", Some(Says::Started)),
        ("15:34:04 (lmgrd) ", Some(Says::Other)),
        ("15:34:04 (acmed) EXITING DUE TO SIGNAL 15", Some(Says::Other)),
        ("15:34:04 (acmed) OUT: nothing", Some(Says::Garbled)),
        (r#"15:34:04 (acmed) OUT: "mill" kim"#, Some(Says::Garbled)),
        (r#"15:34:04 (acmed) OUT: "mill kim@ws1"#, Some(Says::Garbled)),
        (r#"15:34:04 (acmed) OUT: "" kim@ws1"#, Some(Says::Garbled)),
        (r#"15:34:04 (acmed) OUT: "mill" @ws1"#, Some(Says::Garbled)),
        (r#"24:00:00 (acmed) OUT: "mill" kim@ws1"#, None),
        (r#"1:0:00 (acmed) OUT: "mill" kim@ws1"#, None),
        ("15:34:04 acmed", None),
        ("", None),
        ("mill", None),
    ] {
        assert_eq!(read(text).map(|line| line.says), says, "{text}");
    }
    assert_eq!(read("23:59:60 (acmed) x").unwrap().stamp, Stamp::Clock(86_399));
    let full = |zone| Stamp::Full(Date::new(2026, 3, 2).unwrap(), 3_600, zone);
    for (text, zone) in
        [("", None), ("Z", Some(0)), ("+0130", Some(90)), ("-05:00", Some(-300)), (".250+01", Some(60))]
    {
        assert_eq!(
            read(&format!("2026-03-02T01:00:00{text} (acmed) x")).unwrap().stamp,
            full(zone),
            "{text}"
        );
    }
    for (name, base) in [("acmed_2", "acmed"), ("acme_d", "acme_d"), ("_2", "_2"), ("acmed_", "acmed_")] {
        assert_eq!(base_name(name), base);
    }
}

#[test]
fn lines_of_any_kind_are_read_in_bounded_memory() {
    let long = "x".repeat(3 * LINE_BYTES_MAX);
    let bytes = [b"one\r\ntw\0\0o\n\n".as_slice(), b"J\xfcrgen\n", long.as_bytes(), b"\nlast"].concat();
    // A buffer of 7 bytes, so that lines are read in parts.
    let mut lines = Lines::new(std::io::BufReader::with_capacity(7, &*bytes));
    let mut found = Vec::new();
    while let Some(line) = lines.next().unwrap() {
        found.push(text(line).into_owned());
    }
    assert_eq!(found, ["one", "two", "", "Jürgen", &"x".repeat(LINE_BYTES_MAX), "last"]);
}

/// The days and times of lines, the log beginning on day 0.
fn days(lines: &[&str], is_twice: impl Fn(i32, u32) -> bool) -> (Vec<(i32, u32, bool)>, Option<i32>, u64) {
    let mut calendar = Calendar::new(0, is_twice);
    let moments = lines
        .iter()
        .map(|text| {
            let moment = calendar.at(&read(&format!("{text} ")).unwrap());
            (moment.day, moment.second, moment.again)
        })
        .collect();
    (moments, calendar.begins(), calendar.backs())
}

#[test]
fn days_pass_at_midnight_and_where_a_line_names_them() {
    let day = |y, m, d| Date::new(y, m, d).unwrap().days();
    let never = |_, _| false;
    // Daemons write side by side; midnight passes; a late line does not bring the day back.
    let (found, begins, _) = days(
        &["10:00:30 (a)", "9:59:40 (lmgrd)", "23:59:59 (a)", "0:00:01 (a)", "23:59:58 (b)", "0:00:02 (a)"],
        never,
    );
    let expected = [(0, 36_030), (0, 36_030), (0, 86_399), (1, 1), (1, 1), (1, 2)];
    assert_eq!(found, expected.map(|(day, second)| (day, second, false)));
    assert_eq!(begins, None);
    // The first line was a day before the one that names its day.
    let (found, begins, backs) = days(
        &[
            "23:00:00 (a)",
            "1:00:00 (lmgrd) TIMESTAMP 3/2/2026",
            "0:30:00 (a)",
            "5:00:00 (lmgrd) TIMESTAMP 3/9/2026",
        ],
        never,
    );
    let expected =
        [(0, 82_800), (day(2026, 3, 2), 3_600), (day(2026, 3, 3), 1_800), (day(2026, 3, 9), 18_000)];
    assert_eq!(found, expected.map(|(day, second)| (day, second, false)));
    assert_eq!((begins, backs), (Some(day(2026, 3, 1)), 0));
    // Back to an older day: that is told.
    let back = ["1:00:00 (lmgrd) TIMESTAMP 3/2/2026", "1:00:00 (lmgrd) TIMESTAMP 3/1/2026"];
    assert_eq!(days(&back, never).2, 1);
    // A late TIMESTAMP of the day before is none.
    let late = ["23:59:50 (lmgrd) TIMESTAMP 3/2/2026", "0:00:00 (a)", "23:59:59 (lmgrd) TIMESTAMP 3/2/2026"];
    let (found, _, backs) = days(&late, never);
    assert_eq!((found[2].0, backs), (day(2026, 3, 3), 0));
}

#[test]
fn an_hour_that_is_there_twice_is_no_new_day() {
    let twice = |_, second: u32| (7_200..10_800).contains(&second);
    let (found, _, _) =
        days(&["2:59:00 (a)", "2:01:00 (a)", "2:30:00 (a)", "3:00:00 (a)", "2:10:00 (a)"], twice);
    let expected =
        [(0, 10_740, false), (0, 7_260, true), (0, 9_000, true), (0, 10_800, true), (1, 7_800, false)];
    assert_eq!(found, expected);
}
