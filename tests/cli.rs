//! The command line against the real daemon: what an administrator, a vendor and a shell script see.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

mod support;

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use names::Code;
use rustix::process::{Pid, Signal, kill_process};
use support::{Daemon, FLOATING, Site, VENDOR};

const TWO_CONFIGURATIONS: &str = include_str!("../examples/packs/r1-two-configurations.lic");
const LOCKED: &str = include_str!("../examples/packs/l3-locked-small.lic");

/// A site with its daemon, and the commands as its users have them.
struct Desk {
    site: Site,
    daemon: Daemon,
}

impl Desk {
    fn new(packs: &[&str]) -> Self {
        let site = Site::with_packs(packs);
        let daemon = site.start();
        Self { site, daemon }
    }

    fn command(&self, line: &str) -> Command {
        let mut command = seatkeeper(&self.site.path(""), line);
        let server = format!("{}@{}", self.daemon.address.port(), self.daemon.address.ip());
        command.env("SEATKEEPER_LICENSE_FILE", server).env("XDG_RUNTIME_DIR", self.site.path(""));
        command.env("SEATKEEPER_KEY", format!("{VENDOR}={}", self.site.vendor().public()));
        command
    }

    fn run(&self, line: &str) -> (i32, String) {
        finished(&self.command(line).output().unwrap())
    }

    /// Checks out and holds, once the seat is there.
    fn hold(&self, line: &str) -> Holder {
        let mut child = self.command(&format!("checkout {line}")).stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        out.read_line(&mut first).unwrap();
        assert!(first.starts_with("checked out: "), "{first:?}");
        Holder { child, out }
    }

    fn json(&self, line: &str) -> serde_json::Value {
        let (status, text) = self.run(&format!("lmstat --json {line}"));
        assert_eq!(status, 0, "{text}");
        serde_json::from_str(&text).unwrap()
    }
}

/// A `checkout` that holds. It is killed when this is dropped.
struct Holder {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Holder {
    /// As Ctrl-C does: the seat is checked in.
    fn interrupt(mut self) -> i32 {
        kill_process(Pid::from_child(&self.child), Signal::INT).unwrap();
        let rest: Vec<String> = self.out.by_ref().lines().map_while(Result::ok).collect();
        assert_eq!(rest.last().map(String::as_str), Some("checked in"));
        self.child.wait().unwrap().code().unwrap()
    }

    fn crash(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn seatkeeper(folder: &std::path::Path, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seatkeeper"));
    command.args(line.split_whitespace()).current_dir(folder).stdin(Stdio::null());
    for name in ["SEATKEEPER_LICENSE_FILE", "LM_LICENSE_FILE", "ACMED_LICENSE_FILE", "SEATKEEPER_KEY"] {
        command.env_remove(name);
    }
    command.env_remove("SEATKEEPER_KEY_PASSPHRASE").env_remove("SEATKEEPER_KEY_NEW_PASSPHRASE");
    command
}

fn finished(output: &Output) -> (i32, String) {
    let status = output.status.code().unwrap_or_else(|| -output.status.signal().unwrap_or(0));
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    (status, String::from_utf8(text).unwrap())
}

fn status_of(code: Code) -> i32 {
    i32::from(code.exit_status())
}

#[test]
fn run_has_the_commands_own_status_and_returns_the_seat() {
    let desk = Desk::new(&[FLOATING]);
    let script = |text: &str| {
        let mut command = desk.command("run PROENGINEER -n 10 -- sh -c");
        finished(&command.arg(text).output().unwrap())
    };
    assert_eq!(script("exit 0"), (0, String::new()));
    assert_eq!(script("exit 7").0, 7);
    assert_eq!(script("kill -9 $$").0, 137);
    for (line, status, said) in [
        ("run PROENGINEER -- /no/such/program", 127, "/no/such/program"),
        ("run PROENGINEER -- /etc", 126, "/etc"),
        ("run NOSUCH -- true", 125, "(-5)"),
        ("run PROENGINEER -n 11 -- true", 125, "(-26)"),
        ("run PROENGINEER --version 20.1 -- true", 125, "(-25)"),
        ("run PROENGINEER", 125, "COMMAND"),
        ("run PROENGINEER -c 1@127.0.0.1 -- true", 125, "(-15)"),
    ] {
        let (code, text) = desk.run(line);
        assert_eq!(code, status, "{line}: {text}");
        assert!(text.contains(said), "{line}: {text}");
    }
    assert_eq!(desk.json("-a")["servers"][0]["status"]["pools"][0]["in_use"], 0);
}

#[test]
fn run_passes_signals_on() {
    let desk = Desk::new(&[FLOATING]);
    for (signal, name) in [(Signal::TERM, "TERM"), (Signal::INT, "INT"), (Signal::HUP, "HUP")] {
        let script = format!("trap 'exit 3' {name}; echo ready; while :; do sleep 0.05; done");
        let mut command = desk.command("run PROENGINEER -- sh -c");
        // Not in a terminal's foreground: there the terminal itself tells the command of a Ctrl-C.
        let mut child = command.arg(script).process_group(0).stdout(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        assert_eq!(first, "ready\n");
        kill_process(Pid::from_child(&child), signal).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(3), "{name}");
    }
}

#[test]
fn a_full_configuration_denies_by_name_and_the_other_still_grants() {
    let desk = Desk::new(&[TWO_CONFIGURATIONS]);
    let first = desk.hold("PROENGINEER -n 2 --config-id 81001 --user kim --version 20.0");
    let (status, text) = desk.run("checkout PROENGINEER --config-id 81001");
    assert_eq!(status, status_of(Code::AllTaken), "{text}");
    assert!(text.contains("(-4)") && text.contains("kim@"), "the holders are named: {text}");
    let second = desk.hold("PROENGINEER --user lee");

    let report = desk.json("-f PROENGINEER");
    let pools = report["servers"][0]["status"]["pools"].as_array().unwrap();
    let counts: Vec<_> = pools
        .iter()
        .map(|pool| (pool["config_id"].as_str().unwrap(), pool["in_use"].as_u64(), pool["capacity"].as_u64()))
        .collect();
    assert_eq!(counts, [("81001", Some(2), Some(2)), ("81002", Some(1), Some(2))]);
    assert_eq!(pools[0]["users"][0]["user"], "kim");

    let (status, text) = desk.run("lmstat -a");
    assert_eq!(status, 0);
    for line in [
        "Users of PROENGINEER:  (Total of 4 licenses issued;  Total of 3 licenses in use)",
        "  configuration: 81001; cpu_id: 02aa10203040; in use: 2 of 2",
        "  configuration: 81002; cpu_id: 02aa10203040; in use: 1 of 2",
    ] {
        assert!(text.lines().any(|shown| shown == line), "{line} in {text}");
    }
    let kim = text.lines().find(|line| line.starts_with("    kim ")).unwrap();
    assert!(kim.contains(" (v20.0) (") && kim.contains(", 2 licenses, PID: "), "{kim}");

    assert_eq!((first.interrupt(), second.interrupt()), (0, 0));
    assert_eq!(desk.json("-a")["servers"][0]["status"]["pools"][0]["in_use"], 0);
}

#[test]
fn a_locked_seat_is_for_its_own_workstation() {
    let desk = Desk::new(&[LOCKED]);
    let (status, text) = desk.run("checkout PRODESIGNER");
    assert_eq!(status, status_of(Code::WrongHost), "{text}");
    assert!(text.contains("(-9)"), "{text}");
}

#[test]
fn a_crashed_application_does_not_lock_itself_out() {
    let desk = Desk::new(&[FLOATING]);
    desk.hold("PROENGINEER -n 10").crash();
    // Long before the dead session's time-out.
    let again = desk.hold("PROENGINEER -n 10");
    let left = std::fs::read_dir(desk.site.path("seatkeeper")).unwrap().count();
    assert_eq!(left, 1, "only the live session's token is kept");
    assert_eq!(again.interrupt(), 0);
    assert_eq!(std::fs::read_dir(desk.site.path("seatkeeper")).unwrap().count(), 0);
}

#[test]
fn a_server_of_another_vendor_key_is_refused() {
    let desk = Desk::new(&[FLOATING]);
    let other = Site::new();
    let line = format!("checkout PROENGINEER --key {VENDOR}={}", other.vendor().public());
    let mut command = desk.command(&line);
    let (status, text) = finished(&command.env_remove("SEATKEEPER_KEY").output().unwrap());
    assert_eq!(status, status_of(Code::BadSignature), "{text}");
    assert_eq!(desk.json("-a")["servers"][0]["status"]["pools"][0]["in_use"], 0, "the seat went back");
}

#[test]
fn a_vendor_makes_a_key_signs_a_pack_and_checks_it() {
    let folder = tempfile::tempdir().unwrap();
    let run = |line: &str| finished(&seatkeeper(folder.path(), line).output().unwrap());
    let (status, text) = run("issue keygen --vendor acmed --out acmed.key");
    assert_eq!(status, 0, "{text}");
    assert!(text.starts_with("[[vendor]]\nname = \"acmed\"\nkeys = [\""), "{text}");
    assert_eq!(run("issue keygen --vendor acmed").0, status_of(Code::CannotReadFile), "never written over");

    std::fs::write(folder.path().join("f1.lic"), FLOATING).unwrap();
    assert_eq!(run("issue sign f1.lic --key acmed.key").0, status_of(Code::BadSyntax), "no host id yet");
    assert_eq!(run("issue sign f1.lic --key acmed.key --host-id 02aa10203040 --out signed.lic").0, 0);
    let (status, text) = run("license check signed.lic --vendor-key acmed.key");
    assert_eq!(status, 0, "{text}");
    assert!(text.contains("11470          PROENGINEER  20.0     10     floating  02aa10203040"), "{text}");
    assert_eq!(run("license check signed.lic").0, status_of(Code::BadSignature), "no key is trusted");
    let (status, _) = run("license check signed.lic --vendor-key acmed.key --host-id 02aa10203041");
    assert_eq!(status, status_of(Code::WrongHost));

    let altered = std::fs::read_to_string(folder.path().join("signed.lic")).unwrap();
    let altered = altered.replacen("permanent 10 ", "permanent 11 ", 1);
    std::fs::write(folder.path().join("altered.lic"), altered).unwrap();
    let (status, text) = run("license check altered.lic --vendor-key acmed.key");
    assert_eq!(status, status_of(Code::BadSignature));
    assert!(text.contains("altered.lic:7:") && text.contains("help: "), "{text}");
}

/// A folder of a vendor's, with files that only its user may read, and the commands in it.
struct Vendor {
    folder: tempfile::TempDir,
}

impl Vendor {
    fn new() -> Self {
        let vendor = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::write(vendor.path("f1.lic"), FLOATING).unwrap();
        for (name, text) in
            [("pass", "horse staple\n"), ("new", "other horse"), ("wrong", "horse\n"), ("empty", "\n")]
        {
            std::fs::write(vendor.path(name), text).unwrap();
            vendor.mode(name, 0o600);
        }
        vendor
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn mode(&self, name: &str, mode: u32) {
        std::fs::set_permissions(self.path(name), std::fs::Permissions::from_mode(mode)).unwrap();
    }

    fn run(&self, line: &str) -> (i32, String) {
        self.run_with(line, &[])
    }

    fn run_with(&self, line: &str, environment: &[(&str, &str)]) -> (i32, String) {
        let mut command = seatkeeper(self.folder.path(), line);
        finished(&command.envs(environment.iter().copied()).output().unwrap())
    }

    fn good(&self, line: &str) -> String {
        let (status, text) = self.run(line);
        assert_eq!(status, 0, "{line}: {text}");
        text
    }

    /// Refused with this code and these words, and a remedy.
    fn refused(&self, line: &str, code: Code, words: &str) {
        let (status, text) = self.run(line);
        assert_eq!(status, status_of(code), "{line}: {text}");
        assert!(text.contains(words) && text.contains("help: ") && !text.contains("horse"), "{line}: {text}");
    }
}

const SIGN: &str = "issue sign f1.lic --host-id 02aa10203040";

#[test]
fn an_encrypted_key_signs_with_its_passphrase_only() {
    let vendor = Vendor::new();
    vendor.refused("issue keygen --vendor acmed --encrypt", Code::BadParameter, "no terminal");
    vendor.refused(
        "issue keygen --vendor acmed --encrypt --passphrase-file empty",
        Code::BadParameter,
        "is empty",
    );
    assert!(!vendor.path("acmed.key").exists());
    let text = vendor.good("issue keygen --vendor acmed --encrypt --passphrase-file pass");
    assert!(text.starts_with("[[vendor]]\n"), "{text}");
    let file = std::fs::read_to_string(vendor.path("acmed.key")).unwrap();
    assert!(file.contains("BEGIN ENCRYPTED PRIVATE KEY") && !file.contains("secret "), "{file}");
    assert_eq!(std::fs::metadata(vendor.path("acmed.key")).unwrap().mode() & 0o777, 0o600);

    vendor.good(&format!("{SIGN} --key acmed.key --passphrase-file pass --out signed.lic"));
    // Whoever only verifies needs no passphrase.
    let text = vendor.good("license check signed.lic --vendor-key acmed.key");
    assert!(text.contains("f1 of acmed in signed.lic: good"), "{text}");

    let sign = format!("{SIGN} --key acmed.key --out again.lic");
    let with = |value| vendor.run_with(&sign, &[("SEATKEEPER_KEY_PASSPHRASE", value)]);
    assert_eq!(with("horse staple").0, 0);
    let (status, text) = with("horse");
    assert!(status == status_of(Code::BadParameter) && text.contains("passphrase is wrong"), "{text}");
    assert!(with("").1.contains("SEATKEEPER_KEY_PASSPHRASE: the passphrase is empty"));
    vendor.refused(&sign, Code::BadParameter, "--passphrase-file");
    vendor.refused(&format!("{sign} --passphrase-file wrong"), Code::BadParameter, "passphrase is wrong");
    vendor.refused(&format!("{sign} --passphrase-file empty"), Code::BadParameter, "is empty");
    vendor.refused(&format!("{sign} --passphrase-file none"), Code::CannotReadFile, "none: ");
    vendor.mode("pass", 0o644);
    vendor.refused(&format!("{sign} --passphrase-file pass"), Code::CannotReadFile, "chmod 600 pass");
    let middle = file.lines().nth(5).unwrap();
    let altered = file.replace(middle, &middle.chars().rev().collect::<String>());
    std::fs::write(vendor.path("acmed.key"), altered).unwrap();
    vendor.refused(&format!("{sign} --passphrase-file new"), Code::BadParameter, "acmed.key: ");
}

#[test]
fn a_key_others_may_read_is_refused_and_a_passphrase_is_changed_in_place() {
    let vendor = Vendor::new();
    vendor.good("issue keygen --vendor acmed");
    let id = vendor.good("issue keyid acmed.key");
    let rows: Vec<_> = id.lines().map(|row| row.split_once(':').unwrap()).collect();
    let [("vendor", owner), ("public key", key), ("key id", short)] = rows[..] else { panic!("{id}") };
    assert_eq!((owner.trim(), short.trim().len()), ("acmed", 8));
    let alone = vendor.good(&format!("issue keyid {}", key.trim()));
    assert!(id.ends_with(&alone) && !alone.contains("vendor"), "{alone}");
    vendor.refused("issue keyid nothing", Code::CannotReadFile, "nothing: ");

    std::os::unix::fs::symlink("acmed.key", vendor.path("link.key")).unwrap();
    let sign = |key: &str, more: &str| format!("{SIGN} --key {key} {more} --out signed.lic");
    for (mode, is_good) in [(0o644, false), (0o640, false), (0o400, true), (0o600, true)] {
        vendor.mode("acmed.key", mode);
        for key in ["acmed.key", "link.key"] {
            if is_good {
                vendor.good(&sign(key, ""));
                continue;
            }
            for line in [sign(key, ""), format!("license check f1.lic --vendor-key {key}")] {
                vendor.refused(&line, Code::CannotReadFile, &format!("chmod 600 {key}"));
            }
        }
    }

    let plain = std::fs::read_to_string(vendor.path("acmed.key")).unwrap();
    let secret = plain.lines().last().unwrap().to_owned();
    let steps = [
        ("--new-passphrase-file pass", "pass", true),
        ("--passphrase-file pass --new-passphrase-file new", "new", true),
        ("--passphrase-file new --remove", "empty", false),
    ];
    for (change, passphrase, is_encrypted) in steps {
        vendor.good(&format!("issue passwd link.key {change}"));
        let text = std::fs::read_to_string(vendor.path("acmed.key")).unwrap();
        assert_eq!(text.contains("ENCRYPTED"), is_encrypted, "{change}");
        assert_eq!(text.contains(&secret), !is_encrypted, "{change}");
        assert_eq!(std::fs::metadata(vendor.path("acmed.key")).unwrap().mode() & 0o777, 0o600);
        assert!(std::fs::symlink_metadata(vendor.path("link.key")).unwrap().is_symlink());
        vendor.good(&sign("acmed.key", &format!("--passphrase-file {passphrase}")));
        assert_eq!(vendor.good("issue keyid acmed.key"), id);
    }
    assert_eq!(std::fs::read_to_string(vendor.path("acmed.key")).unwrap(), plain);
    assert!(vendor.good("issue passwd acmed.key --remove").contains("nothing was changed"));
    // A change that fails leaves the file as it was.
    for (line, words) in [
        ("issue passwd acmed.key --new-passphrase-file empty", "is empty"),
        ("issue passwd acmed.key", "--new-passphrase-file"),
    ] {
        vendor.refused(line, Code::BadParameter, words);
        assert_eq!(std::fs::read_to_string(vendor.path("acmed.key")).unwrap(), plain);
    }
    let left = std::fs::read_dir(vendor.folder.path()).unwrap().flatten();
    assert!(left.map(|entry| entry.file_name()).all(|name| !name.to_string_lossy().ends_with(".new")));
}

#[test]
fn openssl_reads_an_encrypted_key() {
    // It is not on every machine; where it is, the two must agree.
    let Ok(version) = Command::new("openssl").arg("version").output() else { return };
    if !String::from_utf8_lossy(&version.stdout).starts_with("OpenSSL 3") {
        return;
    }
    let vendor = Vendor::new();
    vendor.good("issue keygen --vendor acmed --encrypt --passphrase-file pass");
    let id = vendor.good("issue keyid acmed.key");
    let mut command = Command::new("openssl");
    command.args(["pkey", "-in", "acmed.key", "-passin", "file:pass", "-pubout"]);
    let (status, text) = finished(&command.current_dir(vendor.folder.path()).output().unwrap());
    assert_eq!(status, 0, "{text}");
    // Twelve bytes stand before the key's 32 (RFC 8410), so the two texts end alike.
    let theirs = text.lines().nth(1).unwrap();
    assert!(theirs.len() == 60 && id.contains(&theirs[16..]), "{text}{id}");
}

#[test]
fn lf_06_what_a_revoked_key_signed_is_refused_by_check_and_checkout() {
    let desk = Desk::new(&[FLOATING]);
    let key = desk.site.vendor().public();
    let pack = "license check licenses/pack-0.lic";
    assert_eq!(desk.run(pack).0, 0);
    for revoked in [format!("{VENDOR}={key}"), format!("{VENDOR}={}", key.id())] {
        for command in [pack, "run PROENGINEER"] {
            let end = if command == pack { "" } else { " -- true" };
            let (status, text) = desk.run(&format!("{command} --revoked-key {revoked}{end}"));
            let expected = if command == pack { status_of(Code::BadSignature) } else { 125 };
            assert_eq!(status, expected, "{text}");
            let words = format!("the vendor {VENDOR} has revoked its key {}", key.id());
            assert!(text.contains(&words) && text.contains("with its new key"), "{text}");
            let (status, _) = desk.run(&format!("{command} --revoked-key other={}{end}", key.id()));
            assert_eq!(status, 0, "another vendor's");
        }
    }
    assert_eq!(desk.run(&format!("{pack} --revoked-key {}", key.id())).0, status_of(Code::BadSignature));
    let (status, text) = desk.run(&format!("checkout PROENGINEER --revoked-key {}", key.id()));
    assert!(status == status_of(Code::BadParameter) && text.contains("names no vendor"), "{text}");
    assert_eq!(desk.json("-a")["servers"][0]["status"]["pools"][0]["in_use"], 0, "the seat went back");
}

#[test]
fn what_is_wrong_is_one_message_with_code_and_remedy() {
    let folder = tempfile::tempdir().unwrap();
    for (line, code) in [
        ("lmstat -a", Code::NoLicenseFile),
        ("lmstat -a -c 1@127.0.0.1", Code::NoConnection),
        ("lmstat -a -c 27000@no-such-host.invalid", Code::ServerDown),
        ("lmstat -a -c 70000@lic1", Code::BadParameter),
        ("lmstat -a -c lic1:27000", Code::BadParameter),
        ("lmstat -a -c /no/such/file.lic", Code::CannotReadFile),
        ("lmstat -s lic2 -c 1@lic1", Code::BadParameter),
        ("checkout f -c 1@127.0.0.1 --version x", Code::BadVersion),
        ("checkout f -c 1@127.0.0.1 -n 0", Code::BadParameter),
        ("checkout f -c 1@127.0.0.1 --config-id 0", Code::BadParameter),
        ("checkout f -c 1@127.0.0.1 --key nonsense", Code::BadParameter),
        ("checkout f -c 1@127.0.0.1 --vendor-key none", Code::CannotReadFile),
        ("license check none.lic", Code::CannotReadFile),
        ("license check . --host-id x/y", Code::BadParameter),
        ("issue sign none.lic --key none.key", Code::CannotReadFile),
    ] {
        let (status, text) = finished(&seatkeeper(folder.path(), line).output().unwrap());
        assert_eq!(status, status_of(code), "{line}: {text}");
        assert!(text.contains(&format!("({}", code.number())), "{line}: {text}");
        assert!(text.contains("help: "), "{line}: {text}");
    }
    for line in ["", "nonsense", "lmstat -x", "lmstat mill", "lmstat -t 0", "checkout", "lmhostid -nonsense"]
    {
        let (status, text) = finished(&seatkeeper(folder.path(), line).output().unwrap());
        assert_eq!(status, status_of(Code::BadParameter), "{line}: {text}");
        assert!(
            text.contains("(-42)") && text.contains("Usage: ") || text.contains("--help"),
            "{line}: {text}"
        );
    }
}

#[test]
fn it_answers_by_flexnets_names() {
    let desk = Desk::new(&[FLOATING]);
    let link = |name: &str| -> PathBuf {
        let path = desk.site.path(name);
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_seatkeeper"), &path).unwrap();
        path
    };
    let server = format!("{}@{}", desk.daemon.address.port(), desk.daemon.address.ip());
    for (name, args) in [
        ("lmutil", ["lmstat", "-a", "-c", &server].as_slice()),
        ("lmstat", ["-a", "-c", &server, "-asec"].as_slice()),
    ] {
        let (status, text) = finished(&Command::new(link(name)).args(args).output().unwrap());
        assert_eq!(status, 0, "{text}");
        assert!(text.contains("Users of PROENGINEER:  (Total of 10 licenses issued;"), "{text}");
    }
    let (status, text) =
        finished(&Command::new(link("lmhostid")).args(["-hostname", "-n"]).output().unwrap());
    assert!(status == 0 && text.starts_with("HOSTNAME="), "{text}");
}
