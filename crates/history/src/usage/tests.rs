//! The history of a day, through crashes, merges and orders.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use jiff::civil::Date;
use names::{GrantId, Seq, Wall};
use seats::More;
use tempfile::TempDir;

use super::*;
use crate::seen::How;
use crate::sink::{Order, Sink as _};
use crate::testing::{Day, MORNING, pool, who};

const BOUNDS: Bounds = Bounds { days: 750, bytes: u64::MAX };

fn settings(folder: &Path) -> Settings {
    let warn = |_: &str| ();
    Settings { folder: folder.to_owned(), seal: Duration::from_secs(3_600), bounds: BOUNDS, warn }
}

fn folder() -> (TempDir, Folder) {
    let temporary = tempfile::tempdir().unwrap();
    let folder = Folder::new(&temporary.path().join("history"));
    (temporary, folder)
}

fn open(folder: &Folder) -> UsageSink {
    UsageSink::open(&settings(folder.path())).unwrap()
}

/// A day with a bit of everything.
fn day() -> Day {
    let mut day = Day::new(vec![pool("mill", 2), pool("lathe", 1)]);
    for (session, user) in [(1, "kim"), (2, "lee"), (3, "=osman, \"ada\"")] {
        day.open(session, who(user, "ws01"));
    }
    let first = day.checkout(1, "mill", 2).unwrap();
    day.pass(60_000);
    assert_eq!(day.checkout(2, "mill", 1), None, "denied");
    day.ask(3, "mill", 1, More { queue: Some(0), ..More::default() });
    day.pass(30_000);
    day.checkin(1, first);
    let lathe = day.checkout(2, "lathe", 1).unwrap();
    day.pass(1_000);
    day.remove(lathe);
    day
}

/// All rows of a folder as text, the numbers as they are.
fn rows(folder: &Folder) -> Vec<String> {
    let mut rows = Vec::new();
    for file in folder.files().unwrap() {
        let reader = Reader::open(&file.path).unwrap();
        for group in reader.groups().unwrap() {
            let table = reader.read_all(&group).unwrap();
            for row in 0..table.rows() {
                let mut line = Vec::new();
                line.extend(Num::ALL.iter().map(|num| format!("{:?}", table.number(*num, row))));
                line.extend(Text::ALL.iter().map(|text| format!("{:?}", table.text(*text).at(row))));
                rows.push(line.join(" "));
            }
        }
    }
    rows
}

fn numbers(folder: &Folder) -> Vec<u64> {
    let rows = rows(folder);
    let first = |row: &String| row.strip_prefix("Some(")?.split(')').next()?.parse().ok();
    rows.iter().map(|row| first(row).unwrap()).collect()
}

#[test]
fn every_event_is_a_row_with_all_that_is_known() {
    let (_temporary, folder) = folder();
    let day = day();
    let mut sink = open(&folder);
    day.give(&mut sink, Seq(0));
    assert_eq!(sink.upto(), Seq(0), "nothing is sealed");
    sink.close(MORNING).unwrap();
    assert_eq!(sink.upto(), day.last());
    assert_eq!(numbers(&folder), (1..=day.last().0).collect::<Vec<_>>());
    let file = folder.files().unwrap().remove(0);
    let reader = Reader::open(&file.path).unwrap();
    let table = reader.read_all(&reader.groups().unwrap()[0]).unwrap();
    let find = |kind: &str, user: &str| {
        let is = |row: &usize| {
            table.text(Text::Kind).at(*row) == Some(kind) && table.text(Text::User).at(*row) == Some(user)
        };
        (0..table.rows()).find(is).unwrap_or_else(|| panic!("{kind} of {user}"))
    };
    let text = |row, column| table.text(column).at(row);
    let granted = find("granted", "kim");
    assert_eq!(table.number(Num::Grant, granted), table.number(Num::Seq, granted));
    assert_eq!((table.number(Num::InUse, granted), table.number(Num::Limit, granted)), (Some(2), Some(2)));
    for (column, value) in [
        (Text::Vendor, "acmed"),
        (Text::Feature, "mill"),
        (Text::Version, "4.0"),
        (Text::Configuration, "11470"),
        (Text::CpuId, "02aa10203040"),
        (Text::Host, "ws01"),
        (Text::Display, ":0"),
        (Text::Address, "10.0.0.7"),
        (Text::Application, "cad"),
        (Text::How, "floating"),
    ] {
        assert_eq!(text(granted, column), Some(value), "{}", column.name());
    }
    assert_eq!(text(granted, Text::Project), None);
    let returned = find("returned", "kim");
    assert_eq!(table.number(Num::HeldMs, returned), Some(90_000));
    assert_eq!(
        (text(returned, Text::Reason), table.number(Num::InUse, returned)),
        (Some("checkin"), Some(0))
    );
    let denied = find("denied", "lee");
    assert_eq!((table.number(Num::Code, denied), text(denied, Text::Vendor)), (Some(-4), Some("acmed")));
    let dequeued = find("dequeued", "=osman, \"ada\"");
    assert_eq!(
        (table.number(Num::WaitMs, dequeued), text(dequeued, Text::Reason)),
        (Some(30_000), Some("granted"))
    );
    assert_eq!(text(find("revoked", "lee"), Text::How), Some("revoked"));
}

#[test]
fn after_a_crash_nothing_is_missing_and_nothing_twice() {
    let day = day();
    for sealed in 0..=day.last().0 {
        let (_temporary, folder) = folder();
        // A first life seals so many events, gathers the rest, and is gone.
        let mut sink = open(&folder);
        let mut first = Day::new(Vec::new());
        first.records = day.records.iter().filter(|record| record.seq.0 <= sealed).cloned().collect();
        first.give(&mut sink, Seq(0));
        sink.close(MORNING).unwrap();
        day.give(&mut sink, Seq(sealed));
        drop(sink);
        let half = folder.file(Date::constant(2026, 11, 22), 900, 901).with_extension("parquet.unfinished");
        std::fs::write(&half, b"PAR1 half").unwrap();
        let mut sink = open(&folder);
        assert_eq!(sink.upto(), Seq(sealed));
        assert!(!half.exists());
        // It is given more than it asks for.
        day.give(&mut sink, Seq(0));
        sink.close(MORNING).unwrap();
        assert_eq!(numbers(&folder), (1..=day.last().0).collect::<Vec<_>>(), "sealed {sealed}");
    }
}

/// Writes the day as parts of one event each.
fn parts(day: &Day, folder: &Folder) {
    for upto in 1..=day.last().0 {
        let mut sink = open(folder);
        let mut some = Day::new(Vec::new());
        some.records = day.records.iter().filter(|record| record.seq.0 <= upto).cloned().collect();
        some.give(&mut sink, Seq(0));
        sink.close(MORNING).unwrap();
    }
}

fn merge(folder: &Folder, bounds: Bounds, today: Date) {
    tidy(folder, bounds, today, &AtomicBool::new(false)).unwrap();
}

#[test]
fn parts_become_one_file_with_the_same_rows_and_a_crash_in_between_is_mended() {
    let (_temporary, folder) = folder();
    let day = day();
    parts(&day, &folder);
    let (before, parts) = (rows(&folder), folder.files().unwrap());
    assert_eq!(parts.len() as u64, day.last().0);
    let saved: Vec<_> = parts.iter().map(|file| std::fs::read(&file.path).unwrap()).collect();
    merge(&folder, BOUNDS, Date::constant(2026, 11, 22));
    assert_eq!(folder.files().unwrap(), parts, "the day is not over");
    merge(&folder, BOUNDS, Date::constant(2026, 11, 23));
    let merged = folder.files().unwrap();
    assert_eq!(merged.len(), 1);
    assert_eq!(rows(&folder), before);
    // As if it had been killed before the old ones were removed.
    for (file, bytes) in parts.iter().zip(&saved).skip(2) {
        std::fs::write(&file.path, bytes).unwrap();
    }
    assert_eq!(rows(&folder), before, "they are read once");
    assert_eq!(open(&folder).upto(), day.last());
    assert!(parts.iter().all(|file| !file.path.exists()), "and are removed");
    assert_eq!(rows(&folder), before);
}

#[test]
fn what_cannot_be_read_is_set_aside_and_what_it_was_merged_of_stays() {
    let (_temporary, folder) = folder();
    let day = day();
    parts(&day, &folder);
    let before = rows(&folder);
    let torn = folder.file(Date::constant(2026, 11, 22), 1, day.last().0);
    std::fs::write(&torn, b"PAR1PAR1").unwrap();
    assert_eq!(open(&folder).upto(), day.last());
    assert!(!torn.exists() && torn.with_file_name(name(&torn, "bad-1")).exists());
    assert_eq!(rows(&folder), before);
    let last = folder.files().unwrap().pop().unwrap();
    let whole = std::fs::read(&last.path).unwrap();
    std::fs::write(&last.path, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(open(&folder).upto(), Seq(day.last().0 - 1), "it is written again from the journal");
    let other = folder.file(last.day, last.from, last.to + 1);
    std::fs::write(&other, whole).unwrap();
    assert_eq!(open(&folder).upto(), Seq(day.last().0 - 1), "a name that says more than there is");
}

fn name(path: &Path, end: &str) -> String {
    format!("{}.{end}", path.file_name().unwrap().to_str().unwrap())
}

#[test]
fn the_oldest_are_removed_and_the_newest_stays() {
    let (_temporary, folder) = folder();
    let day = day();
    parts(&day, &folder);
    let size = folder.files().unwrap()[0].bytes;
    let count = folder.files().unwrap().len();
    let at = |day| Date::constant(2026, 11, day);
    merge(&folder, Bounds { days: 1, ..BOUNDS }, at(22));
    assert_eq!(folder.files().unwrap().len(), count);
    merge(&folder, Bounds { bytes: size * 2, ..BOUNDS }, at(22));
    let left = folder.files().unwrap();
    assert!((1..=2).contains(&left.len()), "{}", left.len());
    assert_eq!(left.last().unwrap().to, day.last().0);
    merge(&folder, Bounds { days: 1, bytes: 0 }, at(28));
    assert_eq!(folder.files().unwrap().last().unwrap().to, day.last().0);
    assert_eq!(folder.files().unwrap().len(), 1);
}

#[test]
fn a_gap_is_a_row_and_events_go_on_behind_it() {
    let (_temporary, folder) = folder();
    let day = day();
    let mut sink = open(&folder);
    sink.gap(Seq(1), Seq(4), Wall(MORNING.0)).unwrap();
    day.give(&mut sink, Seq(0));
    sink.close(MORNING).unwrap();
    assert_eq!(numbers(&folder), (4..=day.last().0).collect::<Vec<_>>());
    assert_eq!(folder.files().unwrap()[0].from, 1);
    drop(sink);
    assert_eq!(open(&folder).upto(), day.last());
}

#[test]
fn a_grant_that_has_ended_is_known_from_the_files() {
    let (_temporary, folder) = folder();
    let day = day();
    parts(&day, &folder);
    let find = |record: &&seats::Record| matches!(record.event, seats::Event::Granted(_));
    let granted: Vec<_> = day.records.iter().filter(find).map(|record| record.seq.0).collect();
    let mut sink = open(&folder);
    for (id, user, feature) in [(granted[0], "kim", "mill"), (granted[2], "lee", "lathe")] {
        let held = sink.past().unwrap().grant(GrantId(id)).unwrap();
        assert_eq!(held.who.as_ref().unwrap().user.as_str(), user);
        assert_eq!((held.pool.feature().as_str(), held.how), (feature, How::Floating));
        assert_eq!(held.pool, pool(feature, 1).id);
    }
    assert_eq!(sink.past().unwrap().grant(GrantId(1)), None, "that is no grant");
    assert_eq!(sink.past().unwrap().grant(GrantId(999)), None);
}

#[test]
fn a_report_log_has_what_came_since_the_last_and_harms_no_file() {
    let (temporary, folder) = folder();
    let day = day();
    let mut sink = open(&folder);
    day.give(&mut sink, Seq(0));
    let path = |name: &str| temporary.path().join(name);
    let mut switch = |of: &str, path: &Path| {
        let order = Order::SwitchReport { of: of.into(), path: path.to_owned() };
        sink.order(&order, MORNING).unwrap()
    };
    let first = switch("mill", &path("a.csv")).unwrap();
    let text = std::fs::read_to_string(path("a.csv")).unwrap();
    let is_its = |row: &&String| row.contains("Some(\"acmed\")");
    assert_eq!(first.events, rows(&folder).iter().filter(is_its).count() as u64);
    assert!(text.starts_with("seq,time,utc_offset,session,"), "{text}");
    assert!(text.contains("\"'=osman, \"\"ada\"\"\""), "{text}");
    assert_eq!(switch("acmed", &path("b.parquet")).unwrap().events, 0, "nothing came since");
    for (of, to, words) in [
        ("nobody", path("c.csv"), "knows no vendor and no feature \"nobody\""),
        ("mill", path("a.csv"), "File exists"),
        ("mill", Path::new("c.csv").to_owned(), "not a path from the root"),
        ("mill", path("none/c.csv"), "No such file"),
    ] {
        let error = switch(of, &to).unwrap_err();
        assert!(error.contains(words), "{error}");
    }
    std::os::unix::fs::symlink(path("c.csv"), path("link.csv")).unwrap();
    assert!(switch("mill", &path("link.csv")).unwrap_err().contains("File exists"));
    assert!(!path("c.csv").exists());
    assert_eq!(std::fs::read_to_string(path("a.csv")).unwrap(), text);
    drop(sink);
    std::fs::remove_file(folder.path().join("switched")).unwrap();
    let order = Order::SwitchReport { of: "ACMED".into(), path: path("d.parquet") };
    assert_eq!(open(&folder).order(&order, MORNING).unwrap().unwrap().events, first.events);
    let reader = Reader::open(&path("d.parquet")).unwrap();
    assert_eq!(reader.groups().unwrap()[0].rows as u64, first.events);
}

#[test]
fn large_tables_come_back_as_they_were() {
    let (_temporary, folder) = folder();
    std::fs::create_dir(folder.path()).unwrap();
    let mut table = Table::default();
    for n in 0..70_000_i64 {
        let mut numbers = [NONE; Num::COUNT];
        for (place, num) in numbers.iter_mut().zip(Num::ALL) {
            let is_there = matches!(num, Num::Seq | Num::Time | Num::Offset) || n % 3 != 0;
            *place = if is_there { n * (*num as i64 + 1) } else { NONE };
        }
        let mut texts = [0; Text::COUNT];
        for (place, text) in texts.iter_mut().zip(Text::ALL) {
            let of = [1, 2, 3, 300, 20_000, 70_000][*text as usize % 6];
            let is_there = *text == Text::Kind || n % 5 != 0;
            *place = if is_there { table.text_mut(*text).id(format!("{}", n % of).as_bytes()) } else { 0 };
        }
        table.push(&numbers, &texts);
    }
    let path = folder.file(Date::constant(2026, 11, 22), 1, 70_000);
    write(&path, 1, 70_000, [&table]).unwrap();
    let reader = Reader::open(&path).unwrap();
    let back = reader.read_all(&reader.groups().unwrap()[0]).unwrap();
    for num in Num::ALL {
        assert!(back.num(*num) == table.num(*num), "{}", num.name());
    }
    for text in Text::ALL {
        for row in 0..table.rows() {
            assert_eq!(back.text(*text).at(row), table.text(*text).at(row), "{} {row}", text.name());
        }
    }
}

#[test]
fn a_deed_of_the_desk_is_a_row_of_who_did_it_and_none_has_a_value() {
    let (_temporary, folder) = folder();
    let mut day = Day::new(vec![pool("mill", 3)]);
    let before = day.last();
    day.desk("kim@acmed.test");
    day.desk("uid 7");
    let mut sink = open(&folder);
    day.give(&mut sink, before);
    sink.close(day.now.wall).unwrap();
    let mut told = Vec::new();
    for file in folder.files().unwrap() {
        let reader = Reader::open(&file.path).unwrap();
        for group in reader.groups().unwrap() {
            let table = reader.read_all(&group).unwrap();
            for row in 0..table.rows() {
                let text = |text: Text| table.text(text).at(row).unwrap_or_default().to_owned();
                let by = table.number(Num::By, row).map(|by| by.to_string()).unwrap_or_default();
                let words = [Text::Kind, Text::Reason, Text::About, Text::Email].map(text).join(" ");
                told.push(format!("{words} {by}").trim().to_owned());
            }
        }
    }
    // A row that is put again as it is makes no event.
    assert_eq!(told.len(), 9, "{told:?}");
    assert_eq!(told[0], "desk-did assign case/17 kim@acmed.test");
    assert_eq!(told[1], "desk-put  case/16");
    assert_eq!(told[5], "desk-did assign case/17  7");
    assert_eq!(told[8], "desk-dropped  case/16");
}
