//! The state folder of a stopped license host, looked after on the command line: checked, exported,
//! moved to another folder, repaired; and what is said of what is no state folder.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test ends where something is not as it must be"
)]

mod support;

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use client::{CheckoutOptions, Client, Seat, SeatState};
use names::{Code, CpuId};
use proto::v1;
use proto::v1::admin_client::AdminClient;
use support::{CPU_ID, DEADLINE, Daemon, Site, servers};

/// What a command did.
struct Ran {
    status: i32,
    out: String,
    err: String,
}

impl Ran {
    /// It failed with a code, says where and why, and what to do.
    #[track_caller]
    fn failed(&self, code: Code, words: &[&str]) {
        assert_eq!(self.status, i32::from(code.exit_status()), "{}{}", self.out, self.err);
        let number = format!("({})", code.number());
        for words in words.iter().chain(&[number.as_str(), "help: "]) {
            assert!(self.err.contains(words), "{words} in {}", self.err);
        }
    }

    #[track_caller]
    fn said(&self, status: i32, words: &[&str]) {
        assert_eq!(self.status, status, "{}{}", self.out, self.err);
        for words in words {
            assert!(self.out.contains(words), "{words} in {}", self.out);
        }
    }
}

/// `seatkeeper store …`, in a folder.
fn store_in(folder: &Path, line: &str) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seatkeeper"));
    let output = command.arg("store").args(line.split_whitespace()).current_dir(folder).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { status: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap().is_dir() {
            true => all.extend(files(&entry.path())),
            false => drop(all.insert(entry.path(), std::fs::read(entry.path()).unwrap())),
        }
    }
    all
}

fn alter(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(path).unwrap();
    change(&mut bytes);
    std::fs::write(path, bytes).unwrap();
}

/// A license host with a client that holds three seats.
struct Host {
    site: Arc<Site>,
    client: Client,
    seats: Vec<Seat>,
}

impl Host {
    /// Serves, gives seats, and stands still once the seat state has all of it.
    async fn new() -> (Self, Daemon) {
        let mut site =
            Site::new().configure("[session]\ntimeout_ms = 60000\ngrace_ms = 30000\nhold_ms = 40000\n");
        let daemon = site.start();
        site.listen_again(daemon.address);
        let options = site.options("kim", "ws01", "02aa10201101");
        let client = Client::connect(&servers(daemon.address), options).await.unwrap();
        let mut seats = Vec::new();
        for _ in 0..3 {
            seats.push(client.checkout(CheckoutOptions::new("PROENGINEER", "20.0")).await.unwrap());
        }
        let deadline = std::time::Instant::now() + DEADLINE;
        let path = site.path("admin.sock").display().to_string();
        let mut office = AdminClient::connect(format!("unix://{path}")).await.unwrap();
        loop {
            let info = office.info(v1::InfoRequest {}).await.unwrap().into_inner();
            if info.seat_state_seq == info.last_seq {
                break;
            }
            assert!(std::time::Instant::now() < deadline, "the seat state never caught up: {info:?}");
        }
        (Self { site: Arc::new(site), client, seats }, daemon)
    }

    fn store(&self, line: &str) -> Ran {
        store_in(&self.site.path("."), line)
    }

    /// Serves again; the client still holds its seats, and gives them back.
    async fn goes_on(self) {
        let site = Arc::clone(&self.site);
        let _again = tokio::task::spawn_blocking(move || site.start()).await.unwrap();
        for seat in self.seats {
            assert_eq!(seat.state(), SeatState::Granted);
            seat.checkin().await.unwrap();
        }
        self.client.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_stopped_host_is_checked_exported_and_moved_and_nobody_loses_a_seat() {
    let (host, daemon) = Host::new().await;
    let out = host.site.path("seats.export");
    // While a daemon serves from it nothing is read.
    for line in ["check state", "export state seats.export", "repair state --yes"] {
        host.store(line).failed(Code::Busy, &["serves from this folder", "seatkeeperd", "stop it first"]);
    }
    daemon.kill9();

    let before = files(&host.site.path("state"));
    let found = host.store("check state");
    found.said(
        0,
        &["state: whole", "epoch 1", "journal: records 1 to ", "kim@ws01: 1 seat, floating, since "],
    );
    assert_eq!(found.out.matches("kim@ws01").count(), 3, "{}", found.out);
    let json: serde_json::Value = serde_json::from_str(&host.store("check state --json").out).unwrap();
    assert_eq!((&json["schema"], &json["verdict"]), (&"seatkeeper.store.check/1".into(), &"whole".into()));
    let pool = &json["seats"]["pools"][0];
    assert_eq!(
        (&pool["feature"], &pool["capacity"], &pool["granted"]),
        (&"PROENGINEER".into(), &10.into(), &3.into())
    );
    assert_eq!(pool["holders"].as_array().unwrap().len(), 3);
    assert_eq!(json["journal"]["last"], json["seats"]["record"]);
    assert_eq!(files(&host.site.path("state")), before, "a check changes nothing");

    host.store("export state seats.export").said(0, &["exported: ", "seats.export"]);
    host.store("export state seats.export").failed(Code::BadParameter, &["it is there already"]);
    host.store("import seats.export state").failed(Code::BadParameter, &["it is there already"]);
    assert_eq!(
        files(&host.site.path("state")),
        before,
        "neither does an export, or an import that is refused"
    );
    host.store("import seats.export moved").said(0, &["imported: ", "epoch 2", "host.key"]);
    host.store("check moved").said(1, &["mended by a start: there is no seat state on sled", "kim@ws01"]);

    // The other folder takes the place of the first, with the host's key.
    std::fs::copy(host.site.path("state/host.key"), host.site.path("moved/host.key")).unwrap();
    std::fs::rename(host.site.path("state"), host.site.path("state.old")).unwrap();
    std::fs::rename(host.site.path("moved"), host.site.path("state")).unwrap();
    assert!(out.exists());
    host.goes_on().await;
}

#[tokio::test]
async fn a_folder_that_a_start_refuses_is_repaired_when_asked_twice_and_goes_on() {
    let (host, daemon) = Host::new().await;
    daemon.kill9();
    let segment = host.site.path("state/journal/00000000000000000001.skj");
    alter(&segment, |bytes| bytes[512 + 120] ^= 1);
    let output = host.site.command().output().unwrap();
    assert_eq!(output.status.code(), Some(78));
    let place = "00000000000000000001.skj: damaged at byte 512";
    assert!(String::from_utf8_lossy(&output.stderr).contains(place), "{output:?}");

    host.store("check state").said(2, &["a start is REFUSED", place]);
    host.store("export state seats.export").failed(Code::CannotReadFile, &[place, "store repair"]);
    let before = files(&host.site.path("state"));
    host.store("repair state").said(
        1,
        &[
            place,
            "does: a new journal begins after record ",
            "frees no seat",
            "nothing was changed; --yes does it",
        ],
    );
    assert_eq!(files(&host.site.path("state")), before);
    host.store("repair state --yes").said(0, &["journal.lost-1", "repaired", "repairs.log"]);
    let log = std::fs::read_to_string(host.site.path("state/repairs.log")).unwrap();
    assert!(
        log.contains(place) && log.contains("does: a new journal begins") && log.contains("moved "),
        "{log}"
    );
    host.store("repair state --yes").said(0, &["there is nothing to repair"]);
    host.goes_on().await;
}

/// What a repair does to files, call by call.
const CALLS: [&str; 6] =
    ["rename,renameat,renameat2", "fsync", "fdatasync", "mkdir,mkdirat", "unlink,unlinkat,rmdir", "pwrite64"];

/// A repair that is killed as it makes the `n`th of these calls; whether it came so far.
fn repair_killed(folder: &Path, calls: &str, n: usize) -> bool {
    let optional: Vec<_> = calls.split(',').map(|call| format!("?{call}")).collect();
    let inject = format!("inject={}:signal=KILL:when={n}", optional.join(","));
    let output = Command::new("strace")
        .args(["-qq", "-o", "/dev/null", "-e", &format!("trace={}", optional.join(",")), "-e", &inject])
        .arg(env!("CARGO_BIN_EXE_seatkeeper"))
        .args(["store", "repair", "state", "--yes"])
        .current_dir(folder)
        .output()
        .expect("strace is not there: `cargo xtask test` gets what the tests need");
    assert!(output.status.success() || output.status.signal() == Some(9), "{output:?}");
    !output.status.success()
}

#[tokio::test]
async fn a_repair_that_is_killed_anywhere_is_finished_by_the_next_one() {
    let (host, daemon) = Host::new().await;
    daemon.kill9();
    alter(&host.site.path("state/journal/00000000000000000001.skj"), |bytes| bytes[512 + 120] ^= 1);
    let damaged = files(&host.site.path("state"));
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let again = || {
        if state.exists() {
            std::fs::remove_dir_all(&state).unwrap();
        }
        for (path, bytes) in &damaged {
            let path = state.join(path.strip_prefix(host.site.path("state")).unwrap());
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        std::fs::create_dir_all(state.join("export")).unwrap();
    };
    let (mut cuts, mut finished) = (0, 0);
    for calls in CALLS {
        for n in 1.. {
            again();
            if !repair_killed(folder.path(), calls, n) {
                break;
            }
            cuts += 1;
            // Never a state that could be served, and is not the whole one.
            let found = store_in(folder.path(), "check state --json");
            let found: serde_json::Value = serde_json::from_str(&found.out).unwrap();
            let (verdict, granted) = (&found["verdict"], &found["seats"]["pools"][0]["granted"]);
            assert!(verdict == "refused" || granted == &serde_json::json!(3), "{calls} {n}: {found:#}");
            // The one that goes on is killed too.
            repair_killed(folder.path(), CALLS[0], 1 + n % 3);
            let repaired = store_in(folder.path(), "repair state --yes");
            assert_eq!(repaired.status, 0, "{calls} {n}: {}{}", repaired.out, repaired.err);
            finished += usize::from(repaired.out.contains("was cut short, and is finished"));
            let found = store_in(folder.path(), "check state --json");
            assert!(found.status < 2, "{calls} {n}: {}{}", found.out, found.err);
            let found: serde_json::Value = serde_json::from_str(&found.out).unwrap();
            assert_eq!(found["seats"]["pools"][0]["granted"], 3, "{calls} {n}: {found:#}");
            assert!(!state.join("repair.new/note").exists(), "{calls} {n}: it is not finished");
            assert_eq!(found["store"]["epoch"], 1, "{calls} {n}");
        }
    }
    println!("killed {cuts} times, finished {finished} times");
    assert!(cuts > 20 && finished > 5, "{cuts} cuts, {finished} finished");
}

#[tokio::test]
async fn what_cannot_be_explained_is_not_repaired() {
    let (host, daemon) = Host::new().await;
    daemon.kill9();
    // The seat state is gone, and a record in the middle of the journal with it.
    std::fs::remove_dir_all(host.site.path("state/sled")).unwrap();
    alter(&host.site.path("state/journal/00000000000000000001.skj"), |bytes| bytes[512 + 120] ^= 1);
    let before = files(&host.site.path("state"));
    let ran = host.store("repair state --yes");
    ran.failed(
        Code::CannotReadFile,
        &["cannot be repaired", "were acknowledged and cannot be read", "--after-loss"],
    );
    assert_eq!(files(&host.site.path("state")), before);
}

/// A folder with a state folder that was just made.
fn made() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    daemon::init(&folder.path().join("state"), false, &[CpuId::new(CPU_ID).unwrap()]).unwrap();
    folder
}

#[test]
fn what_is_no_state_folder_or_another_ones_is_named() {
    let folder = made();
    let at = |name: &str| folder.path().join(name);
    store_in(folder.path(), "check state").said(0, &["state: whole", "no record after 0", "0 grants"]);
    std::fs::create_dir(at("empty")).unwrap();
    std::fs::write(at("file"), "text").unwrap();
    for command in ["check", "repair", "export"] {
        for name in ["nowhere", "empty", "file"] {
            let out = if command == "export" { " out" } else { "" };
            let ran = store_in(folder.path(), &format!("{command} {name}{out}"));
            ran.failed(Code::CannotReadFile, &[name]);
        }
    }
    // Files of another folder.
    let other = made();
    let segment = "state/journal/00000000000000000001.skj";
    std::fs::copy(other.path().join(segment), at(segment)).unwrap();
    store_in(folder.path(), "check state").said(2, &[segment, "it is of the store"]);
    store_in(folder.path(), "repair state --yes").failed(Code::CannotReadFile, &["it is of the store"]);
    // One of another release.
    let newer = made();
    alter(&newer.path().join("state/seatkeeper.store"), |bytes| {
        let text = String::from_utf8(bytes.clone()).unwrap().replace("format = 1", "format = 2");
        *bytes = text.into_bytes();
    });
    store_in(newer.path(), "check state")
        .said(2, &["seatkeeper.store: it is of format 2, and this release reads 1"]);
    store_in(newer.path(), "repair state --yes")
        .failed(Code::CannotReadFile, &["run the release that wrote it"]);
}

#[test]
fn an_export_that_is_damaged_or_of_another_release_is_not_imported() {
    type Harm = (&'static str, fn(&mut Vec<u8>));
    let harms: [Harm; 6] = [
        ("is not an export", |bytes| *bytes = b"INCREMENT mill acmed 4.2 permanent 2\n".to_vec()),
        ("is not an export", Vec::clear),
        ("it ends too early", |bytes| bytes.truncate(bytes.len() - 3)),
        ("is damaged", |bytes| {
            let middle = bytes.len() - 20;
            bytes[middle] ^= 1;
        }),
        ("its checksum is wrong", |bytes| bytes[40] ^= 1),
        ("is of format 2, and this release reads 1; run the release that wrote it", |bytes| {
            let at = bytes.windows(10).position(|part| part == b"format = 1").unwrap();
            bytes[at + 9] = b'2';
        }),
    ];
    let folder = made();
    store_in(folder.path(), "export state good").said(0, &["exported: 0 rows as of record 0"]);
    for (words, harm) in harms {
        std::fs::copy(folder.path().join("good"), folder.path().join("bad")).unwrap();
        alter(&folder.path().join("bad"), harm);
        store_in(folder.path(), "import bad new").failed(Code::CannotReadFile, &["bad: ", words]);
        assert!(!folder.path().join("new").exists(), "{words}");
    }
    store_in(folder.path(), "import nowhere new")
        .failed(Code::CannotReadFile, &["nowhere: reading it failed"]);
    store_in(folder.path(), "import good new").said(0, &["imported: 0 rows"]);
    store_in(folder.path(), "check new").said(0, &["new: whole", "epoch 2"]);
}
