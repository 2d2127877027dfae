//! License files on the command line: looked at, explained, compared, and converted from FlexNet's,
//! with the real programs in an empty folder.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use names::Code;
use support::{FLOATING, Site, VENDOR};
use tempfile::TempDir;

/// A file in FlexNet's old forms, of a vendor of our own.
const OLD: &str = "\
# Acme Works, customer 4711
SERVER north ACME_HOSTID=08-00-76-32-E4-22 7788
SERVER south ACME_HOSTID=08-00-76-32-E4-23 7788
SERVER west  ACME_HOSTID=08-00-76-32-E4-24 7788
DAEMON acmed /opt/acme/obj/acmed
INCREMENT PROE_366 acmed 20.0 1-jan-0 5 8573AB12CD34EF56 VENDOR_STRING=\"VSVER=1.0 \\
   LO=(0 2 6 7 9)\" SUPERSEDE ISSUED=01-Feb-1998
INCREMENT PROE_44333 acmed 20.0 1-jan-0 0 BC15AB12CD34EF56 HOSTID=\"ACME_HOSTID=08-00-4E-22-AB-08\" FLOAT_OK
INCREMENT 48 acmed 20.0 01-jan-0000 1 FC15AB12CD34EF56
INCREMENT PROBUNDLE_10108 acmed 33.0 01-nov-2031 99999 CC24AB12CD34EF56
INCREMENT mill acmed 4.2 31-dec-2031 3 SIGN=\"00AA 11BB\" SIGN2=\"169C\" AUTH={acmed=(SIGN=\"00FF\")}
INCREMENT drill othersoft 1.0 permanent 4 SIGN=\"04\"
";

/// An empty folder, and the program in it.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// With a vendor's key, and a FlexNet file.
    fn of_vendor() -> Self {
        let folder = Self::new();
        assert_eq!(folder.run("issue keygen --vendor acmed").status, 0);
        folder.write("old.lic", OLD);
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn run(&self, line: &str) -> Ran {
        run_in(self.0.path(), line)
    }
}

/// What a command did.
struct Ran {
    status: i32,
    out: String,
    err: String,
}

impl Ran {
    /// It failed with a code, and says so with a remedy.
    fn failed(&self, code: Code, words: &str) {
        assert_eq!(self.status, i32::from(code.exit_status()), "{}{}", self.out, self.err);
        let text = format!("{}{}", self.out, self.err);
        assert!(text.contains(&format!("({})", code.number())) && text.contains("help: "), "{text}");
        assert!(text.contains(words), "{words} in {text}");
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap()
    }
}

fn run_in(folder: &Path, line: &str) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seatkeeper"));
    command.args(line.split_whitespace()).current_dir(folder).stdin(Stdio::null());
    for name in ["SEATKEEPER_LICENSE_FILE", "LM_LICENSE_FILE", "ACMED_LICENSE_FILE", "SEATKEEPER_KEY"] {
        command.env_remove(name);
    }
    command.env("XDG_RUNTIME_DIR", folder);
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { status: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

#[test]
fn a_flexnet_file_becomes_a_pack_that_is_checked_shown_explained_and_compared() {
    let folder = Folder::of_vendor();
    let done = folder.run("license convert old.lic --vendor acmed --key acmed.key --pack P-1 --out new.lic");
    assert_eq!(done.status, 0, "{}", done.err);
    for said in [
        "old.lic:8: signed, and not served by this version: lines with FLOAT_OK are not served (-18)",
        "old.lic:12: not signed, and left as it is: it is a line of the vendor othersoft",
        "propose; --take-ids writes them",
        "  PROE_366    366        6\n  PROE_44333  44333      8\n",
        "5 lines signed, 1 not, written to new.lic as pack P-1",
    ] {
        assert!(done.err.contains(said), "{said} in {}", done.err);
    }
    assert!(!done.err.contains("10108 ") && !folder.read("new.lic").contains("CONFIG_ID"));
    // The same again is the same; another pack is not written over it.
    let again = "license convert old.lic --vendor acmed --key acmed.key --pack P-1 --out new.lic";
    assert_eq!(folder.run(again).status, 0);
    folder.run(&again.replace("P-1", "P-2")).failed(Code::BadParameter, "not this signed pack");

    let check = folder.run("license check new.lic --vendor-key acmed.key");
    assert!(check.out.contains("pack P-1 of acmed in new.lic: good; 5 signed lines"), "{}", check.out);
    assert!(check.out.contains("; 2 are not served (see `seatkeeper license show`)"), "{}", check.out);
    let show = folder.run("license show new.lic --vendor-key acmed.key");
    assert_eq!(show.status, check.status);
    assert!(show.out.contains("mill of acmed: 3 seats, 1 pool\n"), "{}", show.out);
    assert!(show.out.contains("VENDOR_STRING VSVER=1.0 LO=(0 2 6 7 9); issued 01-feb-1998"), "{}", show.out);

    // The second line of the first INCREMENT.
    let explain = folder.run("license explain new.lic:7 --vendor-key acmed.key");
    assert_eq!(explain.status, 0, "{}", explain.err);
    for said in [
        "new.lic:6-9: INCREMENT: ",
        "  flexnet_key    8573AB12CD34EF56 ",
        "line 1 of its pack; it holds\n",
        "gives: 5 floating seats of PROE_366 20.0 (acmed), configuration pack:P-1,",
    ] {
        assert!(explain.out.contains(said), "{said} in {}", explain.out);
    }

    let diff = folder.run("license diff old.lic new.lic --vendor-key acmed.key");
    assert_eq!(diff.status, 1);
    assert!(diff.out.contains("pools: 4 added, 0 removed, 0 changed, 1 not served"), "{}", diff.out);
    assert_eq!(folder.run("license diff new.lic new.lic --vendor-key acmed.key").status, 0);
    // Nobody knows that nothing changes where nothing is proven.
    let unproven = folder.run("license diff new.lic new.lic");
    assert_eq!(unproven.status, i32::from(Code::BadSignature.exit_status()), "{}", unproven.out);
    assert_eq!(unproven.out, "nothing that is verified changes\n");

    let taken = folder.run(
        "license convert old.lic --vendor acmed --key acmed.key --pack P-2 --take-ids --host-id 02aa10203040 \
         --host-id 02aa10203041 --host-id 02aa10203042",
    );
    assert_eq!(taken.status, 0, "{}", taken.err);
    assert!(taken.out.contains("ISSUED=01-Feb-1998 CONFIG_ID=366 \\\n\tPACK=P-2"), "{}", taken.out);
    assert!(taken.out.contains("SERVER south 02aa10203041 7788\n"), "{}", taken.out);
}

#[test]
fn what_cannot_be_converted_is_left_and_told() {
    let folder = Folder::of_vendor();
    folder.write("bad.lic", &format!("License Pack\n{OLD}INCREMENT lathe acmed 1 31-feb-2030 1 SIGN=03\n"));
    let convert = "license convert bad.lic --vendor acmed --key acmed.key --pack P-1";
    let done = folder.run(convert);
    assert_eq!(done.status, i32::from(Code::UnknownKeyword.exit_status()), "{}", done.err);
    assert!(
        done.err.contains("bad.lic:1: not signed, and left as a comment: unknown keyword `License` (-90)")
    );
    assert!(
        done.err.contains("bad.lic:14: not signed, and left as a comment: `31-feb-2030` is not a date (-11)")
    );
    assert!(done.err.contains("5 lines signed, 3 not"), "{}", done.err);
    assert!(done.out.starts_with("# License Pack\n") && done.out.contains("\n# INCREMENT lathe acmed"));

    assert_eq!(folder.run("issue keygen --vendor other").status, 0);
    folder.write("signed.lic", &done.out);
    folder.write("empty.lic", "");
    for (line, code, words) in [
        (convert.replace("bad.lic", "none.lic"), Code::CannotReadFile, "none.lic"),
        (convert.replace("bad.lic", "empty.lic"), Code::BadSyntax, "no line of a license"),
        (convert.replace("bad.lic", "signed.lic"), Code::Incompatible, "signed for Seatkeeper already"),
        (
            convert.replace("acmed.key", "other.key"),
            Code::BadParameter,
            "a key of the vendor other, not of acmed",
        ),
        (convert.replace("acmed.key", "none.key"), Code::CannotReadFile, "none.key"),
        (convert.replace("--vendor acmed", "--vendor a/b"), Code::BadParameter, "--vendor"),
        (convert.replace("P-1", "P/1"), Code::BadParameter, "--pack"),
        (format!("{convert} --host-id 02aa10203040"), Code::BadSyntax, "give one for each SERVER line"),
        (format!("{convert} --host-key x"), Code::BadParameter, "--host-key"),
    ] {
        folder.run(&line).failed(code, words);
    }
    // The numbers in the names would break a rule of Configuration IDs: without them it is converted.
    let head = "SERVER a 02aa10203040\n";
    let line = "INCREMENT PROE_7 acmed 1 permanent 1 SIGN=00";
    folder.write("rule.lic", &format!("{head}{line} HOSTID=02aa10200001\n{line}\n"));
    let rule = convert.replace("bad.lic", "rule.lic");
    folder.run(&format!("{rule} --take-ids")).failed(Code::Incompatible, "without --take-ids");
    assert_eq!(folder.run(&rule).status, 0);
    let without = folder.run(&convert.replace(" --pack P-1", ""));
    assert_eq!(without.status, i32::from(Code::BadParameter.exit_status()));
    assert!(without.err.contains("(-42)") && without.err.contains("--pack <NUMBER>"), "{}", without.err);
}

#[test]
fn files_folders_and_lists_are_named_the_same_everywhere() {
    let folder = Folder::of_vendor();
    std::fs::create_dir(folder.path("empty")).unwrap();
    std::fs::create_dir(folder.path("packs")).unwrap();
    folder.write("mill.txt", "SERVER a 02aa10203040\nINCREMENT mill acmed 4.2 31-dec-2031 3 CONFIG_ID=7\n");
    folder.write("saw.txt", "SERVER a 02aa10203040\nINCREMENT saw acmed 1.0 permanent 2 CONFIG_ID=8\n");
    for (text, out) in [("mill.txt", "mill.lic"), ("saw.txt", "packs/saw.lic")] {
        assert_eq!(folder.run(&format!("issue sign {text} --key acmed.key --out {out}")).status, 0);
    }
    let key = "--vendor-key acmed.key";
    for files in ["mill.lic packs", "mill.lic:packs", "packs;mill.lic", "mill.lic:packs/saw.lic:mill.lic"] {
        let check = folder.run(&format!("license check {files} {key}"));
        assert_eq!(check.status, 0, "{files}: {}", check.err);
        assert!(check.out.ends_with("\n2 lines of 5 seats, 0 errors, 0 warnings\n"), "{}", check.out);
        let show = folder.run(&format!("license show {files} {key} --json")).json();
        assert_eq!(
            (&show["schema"], show["pools"].as_array().unwrap().len()),
            (&"seatkeeper.license.show/1".into(), 2)
        );
    }
    let diff = folder.run(&format!("license diff mill.lic mill.lic:packs {key} --json"));
    assert_eq!(diff.status, 1);
    let diff = diff.json();
    assert_eq!(
        (&diff["schema"], diff["changes"].as_array().unwrap().len()),
        (&"seatkeeper.license.diff/1".into(), 1)
    );
    let change = &diff["changes"][0];
    assert_eq!(
        (&change["change"], &change["feature"], &change["new"]["served"]["seats"]),
        (&"added".into(), &"saw".into(), &2.into())
    );
    for command in ["check", "show", "diff mill.lic"] {
        let run = |files: &str| folder.run(&format!("license {command} {files} {key}"));
        run("none.lic").failed(Code::CannotReadFile, "none.lic");
        run("mill.lic:none.lic").failed(Code::CannotReadFile, "none.lic");
        run("empty").failed(Code::NoLicenseFile, "no *.lic file");
        run("27000@lic1").failed(Code::BadParameter, "no license file");
        folder
            .run(&format!("license {command} mill.lic --vendor-key none"))
            .failed(Code::CannotReadFile, "none");
        folder
            .run(&format!("license {command} mill.lic --host-id x/y"))
            .failed(Code::BadParameter, "--host-id");
    }
    let skipped = folder.run(&format!("license check 27000@lic1:mill.lic {key}"));
    assert!(skipped.status == 0 && skipped.err.contains("27000@lic1 is left out"), "{}", skipped.err);
}

#[test]
fn a_line_is_explained_with_what_is_wrong_with_it() {
    let folder = Folder::of_vendor();
    let text = "# note\n\nSERVER a 02aa10203040\nVENDOR acmed\nINCREMENT mill acmed 4.2 31-dec-2031 3\n\
                INCREMENT old acmed 1 permanent 1 ISSUED=1-jan-2020\n\
                INCREMENT old acmed 2 permanent 1 SUPERSEDE ISSUED=1-jan-2021\nPACKAGE kit acmed COMPONENTS=nut\n";
    folder.write("pack.txt", text);
    assert_eq!(folder.run("issue sign pack.txt --key acmed.key --pack P-1 --out a.lic").status, 0);
    // Each line in one, so the numbers stay; and then one more that is none.
    let signed = folder.read("a.lic").replace(" \\\n\t", " ") + "NONSENSE here\n";
    folder.write("a.lic", &signed);
    folder.write("altered.lic", &signed.replace("2031 3", "2031 4"));
    for (place, code, said) in [
        ("a.lic:1", None, "a.lic:1: a comment"),
        ("a.lic:2", None, "nothing stands there"),
        ("a.lic:3", None, "license host of: pack P-1"),
        ("a.lic:4", None, "served of this vendor: 2 lines"),
        ("a.lic:5", None, "gives: 3 floating seats of mill 4.2 (acmed), configuration pack:P-1"),
        ("a.lic:6", None, "gives nothing: this line is void"),
        ("a.lic:8", None, "gives nothing: no line enables the package kit"),
        ("a.lic:9", None, "pack P-1: good"),
        ("a.lic:10", Some(Code::UnknownKeyword), "a.lic:10: this cannot be read, and gives nothing"),
        ("altered.lic:5", Some(Code::BadSignature), "gives nothing: its signature does not hold"),
        ("old.lic:6", Some(Code::NoSignature), "not served: it has no signature of this system (-114)"),
        ("a.lic:11", Some(Code::BadParameter), "it has 10 lines"),
        ("a.lic:0", Some(Code::BadParameter), "it has 10 lines"),
        ("a.lic", Some(Code::BadParameter), "is no FILE:LINE"),
        ("a.lic:x", Some(Code::BadParameter), "is no FILE:LINE"),
        (".:1", Some(Code::BadParameter), "it is a folder"),
        ("none.lic:1", Some(Code::CannotReadFile), "none.lic"),
    ] {
        let ran = folder.run(&format!("license explain {place} --vendor-key acmed.key"));
        match code {
            None => assert!(ran.status == 0 && ran.out.contains(said), "{place}: {}{}", ran.out, ran.err),
            Some(code) => ran.failed(code, said),
        }
    }
}

#[test]
fn a_comparison_says_what_happens_to_the_seats_in_use() {
    let site = Site::with_packs(&[FLOATING]);
    let daemon = site.start();
    for (n, (from, to)) in
        [("permanent 10", "permanent 2"), ("CONFIG_ID=11470", "CONFIG_ID=11471")].iter().enumerate()
    {
        site.write(&format!("new-{n}.lic"), &site.sign(&format!("N-{n}"), &FLOATING.replace(from, to)));
    }
    let server = format!("{}@{}", daemon.address.port(), daemon.address.ip());
    let key = format!("--key {VENDOR}={}", site.vendor().public());
    let program = env!("CARGO_BIN_EXE_seatkeeper");
    let diff = |new: &str, more: &str| format!("license diff licenses {new} {key} {more}");
    let held = |new: &str, more: &str| {
        let inner = diff(new, &format!("-c {server} {more}"));
        run_in(&site.path(""), &format!("run PROENGINEER -n 3 -c {server} {key} -- {program} {inner}"))
    };
    let lower = held("new-0.lic", "");
    assert_eq!(lower.status, 1, "{}{}", lower.out, lower.err);
    assert!(lower.out.contains("seats: 10 -> 2\n"), "{}", lower.out);
    let said =
        "now 3 of 10 in use: its 3 seats in use stay; there are no new ones until fewer than 2 are in use";
    assert!(lower.out.contains(said), "{}", lower.out);
    let gone = held("new-1.lic", "--json").json();
    let removed = &gone["changes"][0];
    assert_eq!((&removed["change"], &removed["config_id"]), (&"removed".into(), &"11470".into()));
    assert_eq!((&removed["live"]["in_use"], &removed["live"]["capacity"]), (&3.into(), &10.into()));
    let effect = removed["live"]["effect"].as_str().unwrap();
    assert_eq!(effect, "its 3 seats in use stay until they are returned; there are no new ones");
    assert_eq!(gone["changes"][1]["live"], serde_json::Value::Null);

    let without = run_in(&site.path(""), &diff("new-0.lic", ""));
    assert!(without.status == 1 && without.out.contains("Nobody is thrown out"), "{}", without.out);
    let nobody = run_in(&site.path(""), &diff("new-0.lic", &format!("-c {server}")));
    assert!(nobody.out.contains("now 0 of 10 in use: no seat is in use"), "{}", nobody.out);
    run_in(&site.path(""), &diff("new-0.lic", "-c 1@127.0.0.1")).failed(Code::NoConnection, "");
}
