//! The log of a day, read back; and what becomes of it when the daemon is killed, or somebody moves its files.

use std::path::Path;

use names::{Wall, Word};
use proptest::prelude::*;
use seats::{Command, Identity, More};
use tempfile::TempDir;

use super::*;
use crate::testing::{Day, MORNING, pool, who};

/// What options files say, once.
#[derive(Debug, Default)]
struct Said(Option<Vec<VendorLog>>);

impl VendorLogs for Said {
    fn changed(&mut self) -> Option<Vec<VendorLog>> {
        self.0.take()
    }
}

fn setup(folder: &Path) -> LogSetup {
    std::fs::create_dir_all(folder.join("state")).unwrap();
    LogSetup {
        to: Some(LogTo::File(folder.join("debug.log"))),
        format: LogFormat::FlexNet,
        is_verbose: false,
        rollover: None,
        keep: 3,
        zone: TimeZone::UTC,
        state_folder: folder.join("state"),
        host: "lic1".into(),
        port: 27_000,
        license_files: vec!["/etc/acmed.lic".into()],
        vendors: vec![Vendor::new("acmed").unwrap()],
    }
}

fn open(setup: &LogSetup) -> DebugLog {
    DebugLog::open(setup.clone(), Box::new(Said::default())).unwrap()
}

fn read(folder: &TempDir, name: &str) -> String {
    std::fs::read_to_string(folder.path().join(name)).unwrap_or_default()
}

/// A day with everything in it that has a line.
fn a_day() -> Day {
    let mut day = Day::new(vec![pool("mill", 3), pool("lathe", 1)]);
    day.open(1, who("kim", "ws01"));
    day.open(2, who("LOCAL SERVICE", "ws02"));
    let grant = day.checkout(1, "mill", 2).unwrap();
    day.pass(61_000);
    assert!(day.checkout(2, "mill", 2).is_none());
    assert!(day.checkout(2, "drill", 1).is_none());
    day.ask(2, "mill", 2, More { queue: Some(0), ..More::default() });
    day.pass(3_600_000);
    day.checkin(1, grant);
    let data = Some(Word::new("data", "part [7]").unwrap());
    day.ask(1, "lathe", 1, More { data, ..More::default() });
    let lathe = day.records.last().unwrap().seq;
    day.remove(names::GrantId(lathe.0));
    day.step(Command::Close(names::SessionId(1)));
    day.desk("kim@acmed.test\n");
    day.pass(16 * 3_600_000);
    day.step(Command::TimeOut(names::SessionId(2)));
    day.step(Command::Release(names::SessionId(2)));
    day.step(Command::Stop);
    day
}

const A_DAY: &str = " 9:00:00 (lmgrd) Server's System Date and Time: Sun Nov 22 2026 09:00:00 UTC
 9:00:00 (lmgrd) Seatkeeper (v0.1.0) started on lic1 (linux) (11/22/2026)
 9:00:00 (lmgrd) License file(s): /etc/acmed.lic
 9:00:00 (lmgrd) lmgrd tcp-port 27000
 9:00:00 (acmed) Server started on lic1 for: lathe mill
 9:00:00 (lmgrd) TIMESTAMP 11/22/2026
 9:00:00 (acmed) TIMESTAMP 11/22/2026
 9:00:00 (acmed) OUT: \"mill\" kim@ws01  (2 licenses) 
 9:01:01 (acmed) DENIED: \"mill\" LOCAL SERVICE@ws02  (Licensed number of users already reached. (-4,342))
 9:01:01 (acmed) UNSUPPORTED: \"drill\" (PORT_AT_HOST_PLUS   ) LOCAL SERVICE@ws02  (No such feature exists. (-5,346))
 9:01:01 (acmed) QUEUED: \"mill\" LOCAL SERVICE@ws02  (2 licenses) 
10:01:01 (acmed) IN: \"mill\" kim@ws01  (2 licenses) 
10:01:01 (acmed) DEQUEUED: \"mill\" LOCAL SERVICE@ws02  (2 licenses) 
10:01:01 (acmed) OUT: \"mill\" LOCAL SERVICE@ws02  (2 licenses) 
10:01:01 (acmed) OUT: \"lathe\" kim@ws01 [part %5B7%5D]
10:01:01 (lmgrd) lmremove of grant, by user id 0
10:01:01 (acmed) IN: \"lathe\" kim@ws01 [part %5B7%5D]  (USER_REMOVED)
10:01:01 (lmgrd) license desk: assign of case/17, by kim@acmed.test%0A
10:01:01 (lmgrd) license desk: assign of case/17, by kim@acmed.test%0A
 2:01:01 (lmgrd) TIMESTAMP 11/23/2026
 2:01:01 (acmed) TIMESTAMP 11/23/2026
 2:01:01 (acmed) IN: \"mill\" LOCAL SERVICE@ws02  (2 licenses)  (INACTIVE)
 2:01:01 (acmed) EXITING DUE TO SIGNAL 15
 2:01:01 (lmgrd) EXITING DUE TO SIGNAL 15
";

#[test]
fn a_day_is_written_as_flexnet_writes_it() {
    let folder = tempfile::tempdir().unwrap();
    let day = a_day();
    let mut log = open(&setup(folder.path()));
    day.give(&mut log, Seq(0));
    log.close(day.now.wall).unwrap();
    assert_eq!(read(&folder, "debug.log"), A_DAY);
    assert_eq!(log.upto(), day.last());
}

#[test]
fn the_verbose_form_has_the_address_and_what_is_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = open(&LogSetup { is_verbose: true, ..setup(folder.path()) });
    let day = a_day();
    day.give(&mut log, Seq(0));
    log.close(day.now.wall).unwrap();
    let text = read(&folder, "debug.log");
    let line = " 9:00:00 (acmed) OUT: \"mill\" kim@ws01  (2 licenses)  ^^^ 4.0 kim 10.0.0.7 4711 6 2 3 - 0.1 0 \
                11/22/2026 09:00:00 0 ^^^\n";
    assert!(text.contains(line), "{text}");
    let line =
        "(Licensed number of users already reached. (-4,342)) ^^^ 4.0 LOCAL%20SERVICE 10.0.0.7 4711 0 - - - ";
    assert!(text.contains(line), "{text}");
}

#[test]
fn as_json_every_event_is_an_object_with_its_number() {
    let folder = tempfile::tempdir().unwrap();
    let day = a_day();
    let mut log = open(&LogSetup { format: LogFormat::Json, ..setup(folder.path()) });
    day.give(&mut log, Seq(0));
    log.gap(Seq(900), Seq(901), day.now.wall).unwrap();
    log.close(day.now.wall).unwrap();
    let text = read(&folder, "debug.log");
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let seqs: Vec<_> = lines.iter().filter_map(|line| line["seq"].as_u64()).collect();
    assert_eq!(seqs, (1..=day.last().0).collect::<Vec<_>>());
    let gap = lines.last().unwrap();
    assert_eq!((gap["kind"].as_str(), gap["from"].as_u64()), (Some("gap"), Some(900)));
    let denied = lines.iter().find(|line| line["kind"] == "denied").unwrap();
    assert_eq!(denied["fields"]["address"], "10.0.0.7");
    assert_eq!(denied["fields"]["code"], "-4");
}

/// A daemon that is killed: what it had in memory is gone.
fn kill(log: DebugLog) {
    drop(log);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Killed at any event, after any of what it does between them, and with its files renamed meanwhile, the
    /// log has each line once.
    #[test]
    fn every_line_is_written_once_over_kills_and_rotations(
        moments in prop::collection::vec((4_u64..23, 0_u8..5), 1..12),
        rollover in prop_oneof![Just(None), Just(Some(300_u64))],
    ) {
        let folder = tempfile::tempdir().unwrap();
        let day = a_day();
        let setup = LogSetup { rollover, keep: 1_000, ..setup(folder.path()) };
        let mut moved = 0;
        for (upto, act) in moments {
            let mut log = open(&setup);
            let mut told = Told::new(seats::State::new());
            let mut now = day.records[0].at;
            for record in day.records.iter().filter(|record| record.seq.0 <= upto) {
                let happened = told.happened(record, &mut ()).unwrap();
                log.take(&happened, &told).unwrap();
                now = record.at;
            }
            // What is written, and what of it is known to be, differ.
            match act {
                0 => {}
                1 => log.outputs.write_out().unwrap(),
                2 => log.settle(now).unwrap(),
                act => {
                    log.outputs.write_out().unwrap();
                    moved += 1;
                    let to = folder.path().join(format!("debug.log.{moved}"));
                    std::fs::rename(folder.path().join("debug.log"), to).unwrap();
                    if act == 4 {
                        log.settle(now).unwrap();
                    }
                }
            }
            kill(log);
        }
        let mut log = open(&setup);
        let upto = log.upto();
        day.give(&mut log, upto);
        log.close(day.now.wall).unwrap();
        let text = all_lines(folder.path());
        prop_assert_eq!(sorted(&text), sorted(A_DAY));
    }

    /// Whoever somebody says they are: one line an event, and it says who.
    #[test]
    fn no_identity_forges_a_line(
        users in prop::collection::vec((any_word(), any_word(), any_word()), 1..6),
        verbose in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut day = Day::new(vec![pool("mill", 3)]);
        for (n, (user, host, data)) in users.iter().enumerate() {
            day.open(n as u64 + 1, Identity { user: user.clone(), host: host.clone(), project: data.clone(), ..who("kim", "ws01") });
            day.ask(n as u64 + 1, "mill", 2, More { data: Some(data.clone()), ..More::default() });
        }
        let mut log = open(&LogSetup { is_verbose: verbose, ..setup(folder.path()) });
        day.give(&mut log, Seq(0));
        log.close(day.now.wall).unwrap();
        let text = read(&folder, "debug.log");
        let seats: Vec<_> = text.lines().filter_map(parse).collect();
        let expected: Vec<_> = users.iter().enumerate().map(|(n, (user, host, data))| {
            let data = if n == 0 { data.as_str() } else { "" };
            let kind = if n == 0 { "OUT" } else { "DENIED" };
            (kind.to_owned(), user.to_string(), host.to_string(), data.to_owned())
        }).collect();
        prop_assert_eq!(seats, expected, "{}", text);
        // A parser that looks for its words anywhere in a line finds each once.
        let words = ["OUT: \"", "IN: \"", "DENIED: \"", "QUEUED: \"", "licenses)", "(-"];
        let found: usize = words.iter().map(|word| text.matches(word).count()).sum();
        prop_assert_eq!(found, 2 + 2 * (users.len() - 1), "{}", text);
        prop_assert_eq!(text.lines().count(), 7 + users.len(), "{}", text);
    }
}

fn any_word() -> impl Strategy<Value = Word> {
    let nasty = prop::sample::select(vec![
        "OUT: \"mill\" a@b",
        "  (5 licenses) ",
        "\" kim@ws01",
        "(-4,342)",
        " ^^^ ",
        "@",
        "[x]",
        "%20",
        "\n",
        "\u{1b}[2J",
        "kim",
        "LOCAL SERVICE",
        "李",
        " ",
        "\u{a0}",
        "IN:",
    ]);
    let piece = prop_oneof![nasty.prop_map(str::to_owned), any::<String>()];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| Word::nearest(&pieces.concat()))
}

/// What a line of seats says: which event, user, host and data. Strict: what is no such line is none.
fn parse(line: &str) -> Option<(String, String, String, String)> {
    let rest = line.get(8..)?.strip_prefix(" (acmed) ")?;
    let (kind, rest) = rest.split_once(": \"")?;
    let rest = rest.strip_prefix("mill\" ")?;
    let rest = rest.split(" ^^^ ").next()?;
    let end = rest.find("  (").unwrap_or(rest.len());
    let (rest, data) = match rest[..end].strip_suffix(']') {
        Some(rest) => rest.rsplit_once(" [")?,
        None => (&rest[..end], ""),
    };
    let (user, host) = rest.rsplit_once('@')?;
    Some((kind.to_owned(), plain(user), plain(host), plain(data)))
}

fn plain(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut parts = text.split('%');
    bytes.extend_from_slice(parts.next().unwrap().as_bytes());
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).unwrap()
}

/// The lines of every log in a folder.
fn all_lines(folder: &Path) -> String {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_file()).map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

/// Lines of seats, and how often each is there.
fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<_> = text.lines().filter(|line| !line.contains("TIMESTAMP")).collect();
    lines.sort_unstable();
    lines
}

#[test]
fn options_files_keep_lines_out_and_give_a_vendor_a_log_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let day = a_day();
    let own = |is_kept| OwnLog { path: folder.path().join("acmed.log"), is_kept, rollover: None };
    let rule = |own| VendorLog {
        vendor: Vendor::new("acmed").unwrap(),
        dropped: LineKinds::none().and(LineKind::Queued).and(LineKind::Dequeued),
        own,
    };
    let said = Said(Some(vec![rule(Some(own(true)))]));
    let mut log = DebugLog::open(setup(folder.path()), Box::new(said)).unwrap();
    day.give(&mut log, Seq(0));
    log.close(day.now.wall).unwrap();
    let (main, own_log) = (read(&folder, "debug.log"), read(&folder, "acmed.log"));
    assert!(!main.contains("(acmed)") && main.contains("(lmgrd) TIMESTAMP"), "{main}");
    assert!(!own_log.contains("(lmgrd)") && own_log.contains("OUT: "), "{own_log}");
    assert!(!own_log.contains("QUEUED: "), "{own_log}");
    // One that is not kept is set aside at the next start; an older log is still there.
    let said = Said(Some(vec![rule(Some(own(false)))]));
    let mut log = DebugLog::open(setup(folder.path()), Box::new(said)).unwrap();
    start(&mut log, day.last().0 + 1);
    log.close(MORNING).unwrap();
    assert_eq!(read(&folder, "acmedlic12026-11-22_T09-00-00.log"), own_log);
    assert!(read(&folder, "acmed.log").lines().count() < 5);
}

/// The daemon starts, with nothing that it serves.
fn start(log: &mut DebugLog, seq: u64) {
    let record = seats::Record { seq: Seq(seq), at: MORNING, event: Event::Started };
    let told = Told::new(seats::State::new());
    let mut seen = crate::Seen::new(1);
    let happened = seen.happened(&record, told.state(), &mut ());
    log.take(&happened, &told).unwrap();
}

#[test]
fn a_log_that_somebody_moves_empties_or_removes_is_gone_on_with() {
    let day = a_day();
    for act in ["rename", "remove", "empty", "replace"] {
        let folder = tempfile::tempdir().unwrap();
        let mut log = open(&setup(folder.path()));
        let path = folder.path().join("debug.log");
        let mut told = Told::new(seats::State::new());
        for (n, record) in day.records.iter().enumerate() {
            if n == 10 {
                log.settle(record.at).unwrap();
                match act {
                    "rename" => std::fs::rename(&path, folder.path().join("debug.log.1")).unwrap(),
                    "remove" => std::fs::remove_file(&path).unwrap(),
                    "empty" => std::fs::write(&path, "").unwrap(),
                    _ => {
                        std::fs::remove_file(&path).unwrap();
                        std::fs::write(&path, "somebody's\n").unwrap();
                    }
                }
                log.settle(record.at).unwrap();
            }
            let happened = told.happened(record, &mut ()).unwrap();
            log.take(&happened, &told).unwrap();
        }
        log.close(day.now.wall).unwrap();
        let text = read(&folder, "debug.log");
        let last = A_DAY.lines().last().unwrap();
        assert!(text.ends_with(&format!("{last}\n")), "{act}: {text}");
        assert!(!text.contains("started on"), "{act}: {text}");
        assert!(!text.contains('\0'), "{act}");
    }
}

fn switched(log: &mut DebugLog, vendor: &str, path: Option<&Path>) -> Result<PathBuf, String> {
    let vendor = Some(vendor.to_owned()).filter(|vendor| !vendor.is_empty());
    let order = Order::SwitchLog { vendor, path: path.map(Path::to_owned) };
    log.order(&order, MORNING).unwrap().map(|done| done.path)
}

#[test]
fn lmswitch_goes_on_in_another_file_until_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let day = a_day();
    let mut log = open(&setup(folder.path()));
    let other = folder.path().join("other.log");
    std::fs::write(&other, "there before\n").unwrap();
    day.give(&mut log, Seq(0));
    assert_eq!(switched(&mut log, "", Some(&other)), Ok(other.clone()));
    log.gap(Seq(900), Seq(901), MORNING).unwrap();
    // A crash does not end it.
    log.settle(Wall(MORNING.0 + 5_000)).unwrap();
    kill(log);
    let mut log = open(&setup(folder.path()));
    log.gap(Seq(902), Seq(903), MORNING).unwrap();
    let rolled = switched(&mut log, "acmed", None);
    assert_eq!(rolled, Ok(other.clone()));
    start(&mut log, 904);
    log.close(MORNING).unwrap();
    let rolled = read(&folder, "lmgrdlic12026-11-22_T09-00-00.log");
    assert!(
        rolled.starts_with("there before\n")
            && rolled.contains("900 to 901")
            && rolled.contains("902 to 903"),
        "{rolled}"
    );
    assert_eq!(read(&folder, "other.log"), "");
    let text = read(&folder, "debug.log");
    assert!(text.starts_with(A_DAY) && text.matches("started on").count() == 4, "{text}");
}

#[test]
fn lmswitch_refuses_paths_that_may_be_anothers() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = open(&setup(folder.path()));
    let at = |name: &str| folder.path().join(name);
    let open_to_all = at("tmp");
    std::fs::create_dir(&open_to_all).unwrap();
    std::fs::set_permissions(&open_to_all, std::os::unix::fs::PermissionsExt::from_mode(0o1777)).unwrap();
    std::os::unix::fs::symlink(at("victim"), open_to_all.join("link")).unwrap();
    for (path, words) in [
        (PathBuf::from("log"), "from the root"),
        (at("tmp/../x.log"), "from the root"),
        (at("none/x.log"), "its folder is not there"),
        (at("state/x.log"), "in the state folder"),
        (at("tmp/link"), "a link in a folder that everybody may write to"),
        (at("debug.log"), "written there already"),
        (at("tmp"), "directory"),
        (PathBuf::from("/dev/null"), "no regular file"),
    ] {
        let why = switched(&mut log, "acmed", Some(&path)).unwrap_err();
        assert!(why.contains(words), "{}: {why}", path.display());
    }
    assert!(!at("victim").exists());
    assert!(switched(&mut log, "nobody", None).unwrap_err().contains("there are acmed"));
    let mut none = open(&LogSetup { to: None, ..setup(tempfile::tempdir().unwrap().path()) });
    assert!(switched(&mut none, "", None).unwrap_err().contains("[debug_log] file"));
}
