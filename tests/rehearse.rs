//! `seatkeeper rehearse`: a FlexNet debug log against a FlexNet license and an options file, as a site has
//! them before it moves.

#![allow(clippy::unwrap_used, reason = "what is not as it must be fails the test")]

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// FlexNet's own file, with FlexNet's signature.
const LICENSE: &str = "SERVER lic1 02fc00000001 27000\nVENDOR acmed\nUSE_SERVER\n\
                       INCREMENT mill acmed 4.2 31-dec-2027 4 SIGN=\"00AA BB11\"\n";
const OPTIONS: &str =
    "# acmed.opt\n\nGROUP cad kim lee\n\n# The designers first.\n\nRESERVE 2 mill GROUP cad\n";

/// Two open seats, then a denial that the reservation causes; all four seats, then nine denials.
fn ten_denials() -> String {
    let mut log = String::from(
        "8:00:00 (lmgrd) FlexNet Licensing (v11.19.6.0 build 293152 x64_lsb) started on lic1 (linux) (3/2/2026)\r\n\
         8:00:00 (acmed) Server started on lic1 for:\tmill\t\r\n\
         8:00:00 (lmgrd) (@lmgrd-SLOG@) === LMGRD ===\r\n\
         8:05:00 (acmed) OUT: \"mill\" osman@ws1\r\n\
         8:06:00 (acmed) OUT: \"mill\" ada@ws2\r\n\
         8:07:00 (acmed) DENIED: \"mill\" ida@ws3  (All licenses are reserved for others. (-101,402))\r\n\
         9:00:00 (acmed) OUT: \"mill\" kim@ws4\r\n 9:01:00 (acmed) OUT: \"mill\" lee@ws5\r\n",
    );
    for n in 0..9 {
        let _ = write!(
            log,
            "{:2}:00:00 (acmed) DENIED: \"mill\" u{n}@ws9  (Licensed number of users already reached. (-4,342))\r\n",
            10 + n
        );
    }
    log + "23:10:00 (acmed) IN: \"mill\" osman@ws1\r\n 0:10:00 (acmed) IN: \"mill\" kim@ws4  (INACTIVE)\r\n"
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("old.lic", LICENSE.as_bytes()).write("acmed.opt", OPTIONS.as_bytes());
        folder.write("lmgrd.log", ten_denials().as_bytes());
        folder
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, bytes: &[u8]) -> &Self {
        std::fs::write(self.path().join(name), bytes).unwrap();
        self
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seatkeeper"));
        command.arg("rehearse").args(line.split_whitespace()).current_dir(self.path());
        command
    }

    fn said(&self, line: &str) -> (i32, String) {
        let Output { status, stdout, stderr } = self.command(line).output().unwrap();
        (status.code().unwrap(), String::from_utf8([stdout, stderr].concat()).unwrap())
    }

    fn json(&self, line: &str) -> serde_json::Value {
        let output = self.command(&format!("{line} --json")).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

const ALL: &str = "--log lmgrd.log --pack old.lic --options acmed.opt --zone Europe/Berlin";

#[test]
fn of_ten_denials_the_one_by_a_reservation_is_named() {
    let folder = Folder::new();
    let (status, said) = folder.said(ALL);
    assert_eq!(status, 0, "{said}");
    for words in [
        "02-mar-2026 08:00:00 to 03-mar-2026 00:10:00 (Europe/Berlin)",
        "16 events: 4 OUT, 2 IN, 10 DENIED",
        "the same: 4 grants, 10 denials",
        "nothing differs",
        "  9  all seats in use (-4)\n",
        "  1  RESERVE 2 mill GROUP cad (acmed.opt:7) (-101)\n",
    ] {
        assert!(said.contains(words), "{words}\n{said}");
    }
    let found = folder.json(ALL);
    assert_eq!(found["schema"], "seatkeeper.rehearse/1");
    assert_eq!(found["log"]["first"], "2026-03-02T07:00:00Z");
    assert_eq!(found["differences"].as_array().unwrap().len(), 0);
    let rules: Vec<_> = found["causes"].as_array().unwrap().iter().map(|cause| &cause["rule"]).collect();
    assert!(rules.contains(&&serde_json::json!("acmed.opt:7")), "{rules:?}");
    assert_eq!(found["features"][0]["peak_here"], 4);
}

#[test]
fn without_the_reservation_that_one_is_granted() {
    let folder = Folder::new();
    folder.write("acmed.opt", b"GROUP cad kim lee\n");
    let (status, said) = folder.said(ALL);
    assert_eq!(status, 1, "{said}");
    for words in [
        "the same: 4 grants, 9 denials",
        "different: 1\n  1  refused or put in line there, granted here",
        "lmgrd.log:6  02-mar-2026 08:07:00  DENIED mill ida@ws3\n",
        "log:  denied: All licenses are reserved for others. (-101)\n",
        "here: granted: with it, 3 of 4 seats of mill (configuration pack:unsigned) are in use; no RESERVE line",
    ] {
        assert!(said.contains(words), "{words}\n{said}");
    }
    let found = folder.json(ALL);
    assert_eq!(found["differs"][0], serde_json::json!({"kind": "granted_here", "count": 1}));
    assert_eq!(found["differences"][0]["code_there"], -101);
    // Without any options file it is the same.
    assert_eq!(folder.said("--log lmgrd.log --pack old.lic --zone UTC").0, 1);
}

#[test]
fn what_is_refused_here_or_with_another_code_names_its_rule_and_stays_refused() {
    let folder = Folder::new();
    folder.write("acmed.opt", b"GROUP cad kim lee\nEXCLUDE mill USER osman\nRESERVE 2 mill GROUP cad\n");
    let found = folder.json(&format!("{ALL} --all"));
    let differences = found["differences"].as_array().unwrap();
    let first = &differences[0];
    assert_eq!(
        (&first["kind"], &first["rule"], &first["code_here"]),
        (&"refused_here".into(), &"acmed.opt:2".into(), &(-38).into())
    );
    assert!(first["cause"].as_str().unwrap().starts_with("EXCLUDE mill USER osman"));
    // osman's seat is free here: his checkin is passed over, and each who came later finds a seat.
    assert_eq!(found["passed_over"], 1);
    assert_eq!(
        found["differs"],
        serde_json::json!([
            {"kind": "refused_here", "count": 1},
            {"kind": "granted_here", "count": 10},
        ])
    );
    assert_eq!(found["features"][0]["peak_there"], 4);
    assert_eq!(found["features"][0]["peak_here"], 3);
    // FlexNet may have said -4 where the seats were reserved.
    let log = ten_denials().replace("All licenses are reserved for others. (-101,402)", "Reached. (-4,342)");
    folder.write("lmgrd.log", log.as_bytes()).write("acmed.opt", OPTIONS.as_bytes());
    let (status, said) = folder.said(ALL);
    assert_eq!(status, 1, "{said}");
    assert!(
        said.contains("refused in both, with another code")
            && said.contains("by:   RESERVE 2 mill GROUP cad (acmed.opt:7)"),
        "{said}"
    );
}

#[test]
fn what_was_held_before_the_log_began_is_taken_at_its_start() {
    let folder = Folder::new();
    let log = "9:00:00 (acmed) DENIED: \"mill\" ida@ws3  (Licensed number of users already reached. (-4,342))\n\
               9:10:00 (acmed) IN: \"mill\" kim@ws4  (3 licenses)\n\
               9:11:00 (acmed) OUT: \"mill\" ida@ws3\n\
               9:12:00 (acmed) OUT: \"lathe\" ida@ws3\n\
               9:13:00 (other) OUT: \"mill\" ida@ws3\n\
               9:20:00 (acmed) IN: \"mill\" ada@ws2\n\
               9:21:00 (acmed) OUT: \"mill\x1b[31m\" ida@ws3\n\
               9:22:00 (acmed) IN: \"mill\x1b[31m\" ida@ws3\n\
               9:30:00 (lmgrd) TIMESTAMP 3/2/2026\n";
    folder.write("lmgrd.log", log.as_bytes());
    let (status, said) = folder.said("--log lmgrd.log --pack old.lic --zone UTC");
    assert_eq!(status, 1, "{said}");
    for words in [
        "4 seats held before the log began",
        "the same: 1 grant, 1 denial",
        "  1  no license line of lathe (-5)",
        "1 event of lathe, which is in no license line",
        "1 event of other, of which there is no license line, passed over",
        "2 lines cannot be read:",
        "lmgrd.log:7: 9:21:00 (acmed) OUT: \"mill?[31m\" ida@ws3",
        "02-mar-2026 09:00:00 to",
    ] {
        assert!(said.contains(words) && !said.contains('\x1b'), "{words}\n{said}");
    }
    // A daemon that began in the log had given nothing before.
    folder.write("lmgrd.log", format!("8:00:00 (acmed) Server started on lic1 for: mill\n{log}").as_bytes());
    let found = folder.json("--log lmgrd.log --pack old.lic --zone UTC");
    assert_eq!((&found["held_before"], &found["without_out"]), (&0.into(), &2.into()));
}

#[test]
fn a_line_of_those_who_wait_is_gone_through_as_there() {
    let folder = Folder::new();
    let log = "8:00:00 (lmgrd) TIMESTAMP 3/2/2026\n\
               8:00:01 (acmed) OUT: \"mill\" kim@ws1  (4 licenses)\n\
               8:00:02 (acmed) QUEUED: \"mill\" lee@ws2\n\
               8:00:03 (acmed) QUEUED: \"mill\" ada@ws3\n\
               8:01:00 (acmed) DEQUEUED: \"mill\" lee@ws2\n\
               8:02:00 (acmed) IN: \"mill\" kim@ws1  (3 licenses)\n\
               8:02:00 (acmed) DEQUEUED: \"mill\" ada@ws3\n\
               8:02:01 (acmed) OUT: \"mill\" ada@ws3\n\
               8:03:00 (acmed) OUT: \"mill\" lee@ws2  (2 licenses)\n\
               8:03:01 (acmed) DENIED: \"mill\" osman@ws4  (Licensed number of users already reached. (-4,342))\n";
    folder.write("lmgrd.log", log.as_bytes());
    let (status, said) = folder.said("--log lmgrd.log --pack old.lic --zone UTC");
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("the same: 3 grants, 1 denial, 2 places"), "{said}");
}

#[test]
fn what_a_log_does_not_say_of_a_workstation_is_taken_to_fit() {
    let folder = Folder::new();
    let license = "SERVER lic1 02fc00000001\nVENDOR acmed\nUSE_SERVER\n\
                   FEATURE view acmed 1.0 permanent uncounted HOSTID=02aa10209999 SIGN=00\n\
                   INCREMENT mill acmed 1.0 permanent 2 HOSTID=02aa10209999 SIGN=00\n\
                   INCREMENT lathe acmed 1.0 permanent 2 PLATFORMS=x64_n TZ=SERVERTZ VM_PLATFORMS=PHYSICAL SIGN=00\n\
                   INCREMENT drill acmed 1.0 permanent 2 HOSTID=FLEXID=9-0a1b2c3d FLOAT_OK SIGN=00\n";
    let log = "8:00:00 (lmgrd) TIMESTAMP 3/2/2026\n8:00:01 (acmed) OUT: \"view\" kim@ws1\n\
               8:00:01 (acmed) OUT: \"view\" lee@ws2\n8:00:02 (acmed) OUT: \"mill\" kim@ws1\n\
               8:00:03 (acmed) OUT: \"mill\" lee@ws2\n8:00:04 (acmed) OUT: \"lathe\" kim@ws1\n\
               8:00:05 (acmed) DENIED: \"mill\" ada@ws3  (Licensed number of users already reached. (-4,342))\n\
               8:00:06 (acmed) OUT: \"drill\" kim@ws1\n";
    folder.write("old.lic", license.as_bytes()).write("lmgrd.log", log.as_bytes());
    let (status, said) = folder.said("--log lmgrd.log --pack old.lic");
    assert_eq!(status, 1, "{said}");
    for words in [
        "the same: 5 grants, 1 denial\ndifferent: 1\n",
        "old.lic:4: taken to fit, since the log does not tell: HOSTID\n",
        "old.lic:5: taken to fit, since the log does not tell: HOSTID\n",
        "old.lic:6: taken to fit, since the log does not tell: PLATFORMS, TZ, VM_PLATFORMS\n",
        "old.lic:7: left out: lines with FLOAT_OK are not served (-18)\n",
    ] {
        assert!(said.contains(words), "{words}\n{said}");
    }
}

#[test]
fn bad_input_is_one_message_with_a_code_and_a_remedy() {
    let folder = Folder::new();
    folder.write("bad.opt", b"EXCLUD mill USER kim\n").write("no.lic", b"nothing\n").write("empty.log", b"");
    folder.write("other.log", b"8:00:00 (other) OUT: \"mill\" kim@ws1\n");
    let many = format!("{LICENSE}INCREMENT lathe othersoft 1.0 permanent 1 SIGN=00\n");
    folder.write("two.lic", many.as_bytes()).write("my.opt", b"");
    for (line, status, words) in [
        ("--log none.log --pack old.lic", 226, "none.log: cannot read it"),
        ("--log . --pack old.lic", 226, "a log is read twice"),
        ("--log lmgrd.log --pack none.lic", 226, "none.lic"),
        ("--log lmgrd.log --pack no.lic", 166, "no license line that can be served"),
        ("--log lmgrd.log --pack old.lic --options bad.opt", 166, "unknown keyword"),
        ("--log lmgrd.log --pack two.lic --options my.opt", 214, "say it with --vendor"),
        ("--log other.log --pack old.lic", 159, "the log has checkouts of other"),
        ("--log lmgrd.log --pack old.lic --zone Mars/Base", 185, "no such time zone"),
        ("--log lmgrd.log --pack old.lic --from-date 3/2/2026", 245, "dd-mmm-yyyy"),
        ("--log lmgrd.log", 214, "--pack"),
        ("--log empty.log --pack old.lic", 0, "0 events"),
        ("--log lmgrd.log --pack two.lic --options my.opt --vendor acmed", 1, "different: 1"),
    ] {
        let (found, said) = folder.said(line);
        assert_eq!(found, status, "{line}\n{said}");
        assert!(said.contains(words), "{line}\n{said}");
    }
}

#[test]
fn a_log_that_is_larger_than_the_memory_is_read() {
    let folder = Folder::new();
    let mut log = ten_denials();
    // No end of line, no text, NUL bytes: 100 MB of it.
    let junk = [vec![b'x'; 8 << 20], vec![0; 8 << 20], b"\xff\n".repeat(1 << 10)].concat();
    let mut file = std::fs::File::create(folder.path().join("lmgrd.log")).unwrap();
    for _ in 0..6 {
        std::io::Write::write_all(&mut file, &junk).unwrap();
    }
    log.insert(0, '\n');
    std::io::Write::write_all(&mut file, log.as_bytes()).unwrap();
    let run = format!("ulimit -v 90000; exec {} rehearse {ALL}", env!("CARGO_BIN_EXE_seatkeeper"));
    let output = Command::new("sh").args(["-c", &run]).current_dir(folder.path()).output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success() && said.contains("the same: 4 grants, 10 denials"), "{said}");
}
