//! Questions about a few hours, whose answers are known.

use std::path::Path;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use names::{CpuId, PoolId, Seq, Wall};
use seats::{Borrow, BorrowTerms, More};
use tempfile::TempDir;

use super::*;
use crate::sink::Sink as _;
use crate::testing::{Day, MORNING, pool, who};
use crate::usage::{Bounds, Folder, Settings, UsageSink};

const MINUTE: u64 = 60_000;

/// The history of a day, and where it is.
fn written(day: &Day, temporary: &TempDir) -> std::path::PathBuf {
    let path = temporary.path().join("history");
    let bounds = Bounds { days: 750, bytes: u64::MAX };
    let settings = Settings { folder: path.clone(), seal: Duration::from_secs(60), bounds, warn: |_| () };
    let mut sink = UsageSink::open(&settings).unwrap();
    day.give(&mut sink, Seq(0));
    sink.close(MORNING).unwrap();
    path
}

/// Four hours from nine o'clock: kim has both seats of mill for two of them, lee is denied three times and then gets
/// one for an hour; osman is denied and goes; ada borrows a lathe.
fn history() -> (TempDir, Ask) {
    let temporary = tempfile::tempdir().unwrap();
    let lathe = seats::PoolRow {
        borrow: Some(BorrowTerms { hours: 100, lowwater: 0, may_be_lost: true }),
        ..pool("lathe", 3)
    };
    let mut day = Day::new(vec![pool("mill", 2), lathe]);
    for (session, user) in [(1, "kim"), (2, "lee"), (3, "osman"), (4, "ada")] {
        day.open(session, who(user, "ws01"));
    }
    let first = day.checkout(1, "mill", 2).unwrap();
    day.pass(60 * MINUTE);
    let until = Wall(day.now.wall.0 + 48 * 3_600_000);
    let borrow = Some(Borrow { until, proof: [7; 32] });
    day.ask(4, "lathe", 1, More { borrow, ..More::default() });
    day.pass(53 * MINUTE);
    for _ in 0..3 {
        assert_eq!(day.checkout(2, "mill", 1), None);
        day.pass(2 * MINUTE);
    }
    assert_eq!(day.checkout(3, "mill", 1), None);
    day.pass(MINUTE);
    day.checkin(1, first);
    let second = day.checkout(2, "mill", 1).unwrap();
    day.pass(60 * MINUTE);
    day.checkin(2, second);
    day.pass(60 * MINUTE);
    day.step(seats::Command::Stop);
    let path = written(&day, &temporary);
    (temporary, ask(&path))
}

fn ask(path: &Path) -> Ask {
    Ask {
        folder: Folder::new(path),
        from: None,
        to: None,
        vendor: None,
        feature: None,
        groups: Groups::from([("kim".to_owned(), "cad".to_owned()), ("lee".to_owned(), "cad".to_owned())]),
        zone: TimeZone::UTC,
        is_strict: true,
    }
}

/// The rows of an answer as CSV, without the head.
fn lines(answer: Result<Answer, ReportError>) -> Vec<String> {
    let csv = answer.unwrap().sheet.csv();
    csv.lines().skip(1).map(str::to_owned).collect()
}

#[test]
fn use_is_peak_mean_and_time_at_the_limit() {
    let (_temporary, ask) = history();
    // Two hours of two seats and one of one, in four hours and one millisecond.
    assert_eq!(
        lines(uses(&ask, By::Feature, None)),
        ["acmed,lathe,1,0.7500,3,0.0000,0", "acmed,mill,2,1.2500,2,2.0000,4"]
    );
    assert_eq!(
        lines(uses(&Ask { feature: Some("mill".into()), ..ask.clone() }, By::Feature, Some(Every::Hour))),
        [
            "acmed,mill,2026-11-22T09:00:00+00:00,2,2.0000,2,1.0000,0",
            "acmed,mill,2026-11-22T10:00:00+00:00,2,2.0000,2,1.0000,4",
            "acmed,mill,2026-11-22T11:00:00+00:00,1,1.0000,2,0.0000,0",
            "acmed,mill,2026-11-22T12:00:00+00:00,0,0.0000,2,0.0000,0",
            "acmed,mill,2026-11-22T13:00:00+00:00,0,0.0000,2,0.0000,0",
        ]
    );
    assert_eq!(
        lines(uses(&ask, By::User, None)),
        ["ada,1,0.7500,0", "kim,2,1.0000,0", "lee,1,0.2500,3", "osman,0,0.0000,1"]
    );
    assert_eq!(lines(uses(&ask, By::Group, None)), [",1,0.7500,1", "cad,2,1.2500,3"]);
    assert_eq!(lines(uses(&ask, By::Vendor, None)), ["acmed,3,2.0000,5,0.0000,4"]);
}

#[test]
fn what_was_held_before_the_range_is_in_use_in_it() {
    let (_temporary, ask) = history();
    let from = MORNING.0 + 90 * 60_000;
    let ask = Ask { from: Some(from), to: Some(from + 60 * 60_000), ..ask };
    // Half an hour of two seats, half an hour of one.
    let mill = Ask { feature: Some("mill".into()), ..ask.clone() };
    assert_eq!(lines(uses(&mill, By::Feature, None)), ["acmed,mill,2,1.5000,2,0.5000,4"]);
    assert_eq!(lines(uses(&mill, By::User, None)), ["kim,2,1.0000,0", "lee,1,0.5000,3", "osman,0,0.0000,1"]);
    let holders = lines(holders(&mill, None));
    assert!(holders[0].starts_with("kim,ws01,0,1.0000,"), "{holders:?}");
    assert!(holders[1].starts_with("lee,ws01,1,0.5000,,,,1"), "{holders:?}");
}

#[test]
fn denials_are_told_from_retries_and_from_those_that_were_met() {
    let (_temporary, ask) = history();
    let within = Duration::from_secs(600);
    let all = "-4,Licensed number of users already reached.,4,2,1,1";
    assert_eq!(lines(denials(&ask, By::Feature, within)), [format!("acmed,mill,{all}")]);
    let of =
        |user: &str, counts: &str| format!("{user},-4,Licensed number of users already reached.,{counts}");
    assert_eq!(lines(denials(&ask, By::User, within)), [of("lee", "3,2,1,0"), of("osman", "1,0,0,1")]);
    // Who comes back after two minutes is somebody else, if a minute is all there is.
    assert_eq!(
        lines(denials(&ask, By::User, Duration::from_secs(60))),
        [of("lee", "3,0,0,3"), of("osman", "1,0,0,1")]
    );
}

#[test]
fn holders_have_seat_hours_and_borrowers_what_is_out() {
    let (_temporary, ask) = history();
    let rows = lines(holders(&ask, None));
    let starts = ["kim,ws01,1,4.0000,", "ada,ws01,1,3.0000,", "lee,ws01,1,1.0000,"];
    for (row, start) in rows.iter().zip(starts) {
        assert!(row.starts_with(start), "{row} {start}");
    }
    assert!(rows[0].ends_with(",120.0000,0"), "{}", rows[0]);
    assert_eq!(lines(borrow(&ask, None)), ["lathe,ada,ws01,1,0,0,0,,1,2026-11-24T10:00:00+00:00"]);
}

#[test]
fn what_if_says_how_many_seats_lacked() {
    let (_temporary, ask) = history();
    // lee lacked one; osman, with lee still waiting, a second.
    let answer = what_if(&ask, "mill", Duration::from_secs(600)).unwrap();
    assert!(answer.sheet.notes[0].contains("4 denials") && answer.sheet.notes[0].contains("2 needs"));
    let rows: Vec<_> = answer.sheet.csv().lines().skip(1).map(str::to_owned).collect();
    assert_eq!(rows, ["50,1,3", "90,2,4", "99,2,4", "100,2,4"]);
    let error = what_if(&ask, "drill\n", Duration::from_secs(600)).unwrap_err().to_string();
    assert!(error.contains("nothing of the feature drill in"), "{error}");
}

#[test]
fn nothing_a_wrong_range_and_damage_are_told() {
    let (temporary, ask) = history();
    let none = Ask { folder: Folder::new(&temporary.path().join("none")), ..ask.clone() };
    let error = uses(&none, By::Feature, None).unwrap_err().to_string();
    assert!(error.ends_with("none: there is no usage history"), "{error}");
    for (from, to, words) in [
        (Some(2), Some(1), "--to is not after --from"),
        (Some(1), Some(1), "--to is not after --from"),
        (None, Some(1), "nothing happened in this range; the history has 2026-11-22T09:00:00+00:00 to "),
        (Some(i64::MAX), None, "nothing happened in this range"),
    ] {
        let error = uses(&Ask { from, to, ..ask.clone() }, By::Feature, None).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    let whole = lines(uses(&ask, By::Feature, None));
    for (name, bytes) in [
        ("usage-2026-11-23-000000000900-000000000901.parquet", &b"PAR1"[..]),
        ("usage-2026-11-23-000000000902-000000000903.parquet", b""),
    ] {
        let bad = ask.folder.path().join(name);
        std::fs::write(&bad, bytes).unwrap();
        let error = uses(&ask, By::Feature, None).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
        let lenient = Ask { is_strict: false, ..ask.clone() };
        let answer = uses(&lenient, By::Feature, None).unwrap();
        assert_eq!(answer.left_out.len(), 1, "{:?}", answer.left_out);
        assert_eq!(lines(Ok(answer)), whole);
        std::fs::remove_file(bad).unwrap();
    }
    // Damage in the middle of a file.
    let file = ask.folder.files().unwrap().remove(0);
    let mut bytes = std::fs::read(&file.path).unwrap();
    for byte in bytes.iter_mut().take(file.bytes as usize / 3).skip(4) {
        *byte = !*byte;
    }
    std::fs::write(&file.path, bytes).unwrap();
    let error = uses(&ask, By::Feature, None).unwrap_err().to_string();
    assert!(error.contains("the file is damaged"), "{error}");
}

const HOUR: i64 = 3_600_000;

/// Steps of mill: when each begins, peak, mean, limit and denials.
fn steps(ask: &Ask, from: i64, to: i64, step: i64, steady: &[Steady]) -> Vec<(i64, u32, f64, u32, u32)> {
    let ask = Ask { from: Some(from), to: Some(to), feature: Some("mill".into()), ..ask.clone() };
    let later = Instant::now() + Duration::from_secs(60);
    let points = points(&ask, step, steady, later).unwrap();
    points.iter().map(|p| ((p.at - MORNING.0) / 60_000, p.peak, p.mean, p.limit, p.denials)).collect()
}

#[test]
fn steps_begin_with_the_history_and_go_on_to_the_end() {
    let (_temporary, ask) = history();
    let hours = [(0, 2, 2.0, 2, 0), (60, 2, 2.0, 2, 4), (120, 1, 1.0, 2, 0), (180, 0, 0.0, 2, 0)];
    let start = MORNING.0;
    assert_eq!(steps(&ask, start, start + 4 * HOUR, HOUR, &[]), hours);
    // Nothing is told of hours before the first event; after the last one all is as it was.
    assert_eq!(steps(&ask, start - 2 * HOUR, start + 4 * HOUR, HOUR, &[]), hours);
    let longer = steps(&ask, start, start + 6 * HOUR, HOUR, &[]);
    assert_eq!((&longer[..4], &longer[4..]), (&hours[..], &[(240, 0, 0.0, 2, 0), (300, 0, 0.0, 2, 0)][..]));
    // A step that began before the history did is of the time that is known.
    assert_eq!(
        steps(&ask, start - HOUR, start + 4 * HOUR, 2 * HOUR, &[]),
        [(-60, 2, 2.0, 2, 0), (60, 2, 1.5, 2, 4), (180, 0, 0.0, 2, 0)]
    );
    assert_eq!(steps(&ask, start - 2 * HOUR, start, HOUR, &[]), []);
}

#[test]
fn a_pool_of_which_nothing_is_said_stands_as_it_is_known_to() {
    let (_temporary, ask) = history();
    let pool = |cpu: &str| ["acmed", "mill", "11470", cpu, ""].map(str::to_owned);
    let long_ago = MORNING.0 - HOUR;
    let steady = [Steady { pool: pool("02aa10203040"), held: vec![(long_ago, 1)], in_use: 1, limit: 2 }];
    // Twenty minutes in which nothing happened.
    let from = MORNING.0 + 190 * 60_000;
    let quiet = |steady: &[Steady]| steps(&ask, from, from + 20 * 60_000, 10 * 60_000, steady);
    assert_eq!(quiet(&[]), [(190, 0, 0.0, 0, 0), (200, 0, 0.0, 0, 0)]);
    assert_eq!(quiet(&steady), [(190, 1, 1.0, 2, 0), (200, 1, 1.0, 2, 0)]);
    // What the history says of a pool comes before.
    let hour = |steady: &[Steady]| steps(&ask, MORNING.0, MORNING.0 + HOUR, HOUR, steady);
    assert_eq!(hour(&steady), [(0, 2, 2.0, 2, 0)]);
    let another = Steady { pool: pool("02aa10203041"), ..steady[0].clone() };
    assert_eq!(hour(std::slice::from_ref(&another)), [(0, 3, 3.0, 4, 0)]);
    // Somebody came at half the time with two, of which one is shared.
    let came = (MORNING.0 + HOUR / 2, 2);
    let two = Steady { held: vec![came, (long_ago, 1)], in_use: 2, ..another };
    assert_eq!(hour(&[two]), [(0, 4, 3.5, 4, 0)]);
}

#[test]
fn steps_have_bounds() {
    let (_temporary, ask) = history();
    let ask = Ask { from: Some(MORNING.0), to: Some(MORNING.0 + HOUR), feature: Some("mill".into()), ..ask };
    let later = Instant::now() + Duration::from_secs(60);
    for (ask, step, until, words) in [
        (ask.clone(), 60_000, Instant::now(), "takes too long"),
        (ask.clone(), 360, later, "more than 10000 steps"),
        (ask.clone(), 0, later, "steps need"),
        (Ask { feature: None, ..ask.clone() }, 60_000, later, "steps need"),
    ] {
        let error = points(&ask, step, &[], until).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    assert_eq!(points(&ask, 361, &[], later).unwrap().len(), 9_973);
}

#[test]
fn pools_that_differ_in_their_host_alone_are_told_apart() {
    let temporary = tempfile::tempdir().unwrap();
    let one = pool("mill", 1);
    let cpu = CpuId::new("02aa10203041").unwrap();
    let id = PoolId::new(one.id.vendor().clone(), one.id.config().clone(), cpu, one.id.feature().clone(), "");
    let mut day = Day::new(vec![one.clone(), seats::PoolRow { id: id.unwrap(), ..one }]);
    day.open(1, who("kim", "ws01"));
    for _ in 0..2 {
        day.checkout(1, "mill", 1).unwrap();
    }
    day.pass(60 * MINUTE);
    day.step(seats::Command::Stop);
    let path = written(&day, &temporary);
    assert_eq!(lines(uses(&ask(&path), By::Feature, None)), ["acmed,mill,2,2.0000,2,1.0000,0"]);
}
