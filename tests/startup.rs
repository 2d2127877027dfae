//! What keeps the daemon from starting: each case is one message with its place and remedy, an exit
//! status, and no socket.

#![allow(clippy::unwrap_used, reason = "what is not as it must be fails the test")]

mod support;

use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use license::{SecretKey, SignOptions, Source};
use names::{CpuId, PackNumber, Vendor};
use support::{CPU_ID, DEADLINE, FLOATING, Site, VENDOR};

/// Runs a daemon that must not start: its exit status and what it says.
fn ended(command: Command) -> (i32, String) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut command = tokio::process::Command::from(command);
        let ends = command.kill_on_drop(true).stdin(Stdio::null()).output();
        let output = tokio::time::timeout(DEADLINE, ends).await.unwrap().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8_lossy(&said).into_owned())
    })
}

/// A daemon that must not start: with this status, saying all of these words. Nothing is left behind.
fn refused(site: &Site, status: i32, words: &[&str]) -> String {
    let (ended, said) = ended(site.command());
    assert_eq!(ended, status, "{said}");
    for word in words {
        assert!(said.contains(word), "{word:?} should be in:\n{said}");
    }
    assert!(!said.contains("panicked"), "{said}");
    assert!(!site.path("admin.sock").exists(), "a socket was opened:\n{said}");
    said
}

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn config(site: &Site) -> String {
    std::fs::read_to_string(site.path("seatkeeperd.toml")).unwrap()
}

/// Copies a folder that a daemon may write to: a file that is replaced meanwhile is copied again.
fn copy(from: &Path, to: &Path) {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let _ = std::fs::remove_dir_all(to);
        if Command::new("cp").arg("-a").args([from, to]).status().unwrap().success() {
            return;
        }
        assert!(Instant::now() < deadline, "{} cannot be copied", from.display());
    }
}

#[test]
fn cf_01_a_wrong_configuration_is_told_with_its_place_before_anything_else() {
    let site = Site::new();
    let good = config(&site);
    // Were the configuration not looked at first, the port would be what is wrong.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let good = good.replace("127.0.0.1:0", &taken.local_addr().unwrap().to_string());
    let large = format!("{good}{}", "# x\n".repeat(300_000));
    let admin = good.lines().nth(1).unwrap();
    let spaces = " ".repeat(10 * 1024 * 1024);
    for (text, place, words) in [
        (format!("listen_on = 1\n{good}"), ":1:1: ", "unknown field"),
        (format!("{good}\n[limits]\nconections = 1\n"), ":11:1: ", "unknown field"),
        (good.replace(admin, &format!("{admin}\n{admin}")), ":3:1: ", "duplicate key"),
        (good.replace("licenses = [", "licenses = 7 # ["), ":4:12: ", "invalid type"),
        (good.replace("[[vendor]]", "[[vendor"), ":6:9", ""),
        (format!("{good}\n[session]\ntimeout_ms = 999\n"), ":11:14: ", "time-out must be"),
        (format!("{good}\n[session]\ntimeout_ms = -1\n"), ":11:14: ", "invalid value"),
        (good.replace("127.0.0.1:", "localhost:"), ":1:10: ", "no address"),
        (good.replace("127.0.0.1:", "0.0.0.0:"), ":1:10: ", "without encryption"),
        (String::new(), ":1:1: ", "missing field"),
        ("\u{0}\u{1}\u{2}".into(), ":1:", ""),
        (large, ": error", "more than 1 MiB"),
        (spaces, ": error", "more than 1 MiB"),
    ] {
        site.write("seatkeeperd.toml", text.as_bytes());
        refused(&site, 78, &[&format!("seatkeeperd.toml{place}"), "error: ", words, "help: "]);
    }
    site.write("seatkeeperd.toml", &[b"listen = \"\xff\xfe\"\n", good.as_bytes()].concat());
    refused(&site, 78, &["UTF-8"]);
    std::fs::remove_file(site.path("seatkeeperd.toml")).unwrap();
    refused(&site, 78, &["seatkeeperd.toml", "help: "]);
    std::fs::create_dir(site.path("seatkeeperd.toml")).unwrap();
    refused(&site, 78, &["it is no file"]);
}

#[test]
fn cf_02_a_port_that_is_in_use_is_told_and_nothing_is_started() {
    let mut site = Site::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    site.listen_again(address);
    refused(&site, 71, &["clients cannot be served", &address.to_string(), "in use", "help: ", "listen = "]);
    // The state was left as it can be served from.
    drop(taken);
    let daemon = site.start();
    assert_eq!(daemon.address, address);
    // CF-05: the system gave it, so it may give it again.
    assert!(daemon.log().contains("may be taken at the next start"), "{}", daemon.log());
}

#[test]
fn cf_02_the_administrators_socket_replaces_nothing_but_a_dead_one() {
    let site = Site::new();
    let good = config(&site);
    let socket = site.path("admin.sock");
    // A daemon that was killed leaves it behind.
    site.start().kill9();
    assert!(socket.exists());
    let daemon = site.start();
    let other = Site::new();
    other.write("seatkeeperd.toml", config(&other).replace("admin.sock", "../x").as_bytes());
    let shared =
        config(&other).replace(&other.path("../x").display().to_string(), &socket.display().to_string());
    other.write("seatkeeperd.toml", shared.as_bytes());
    refused(&other, 71, &["administrators cannot be served", "another daemon answers there", "help: "]);
    assert!(socket.exists());
    daemon.kill9();
    std::fs::remove_file(&socket).unwrap();
    // What is no socket is somebody's file.
    let file = site.path("a-file");
    std::fs::write(&file, "precious").unwrap();
    for path in [file.as_path(), Path::new("/proc/nowhere/admin.sock")] {
        let text = good.replace(&socket.display().to_string(), &path.display().to_string());
        site.write("seatkeeperd.toml", text.as_bytes());
        refused(&site, 71, &["administrators cannot be served", &path.display().to_string(), "help: "]);
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
}

#[test]
fn cf_03_the_hosts_key_is_private_and_the_packs_own() {
    let site = Site::new();
    let key = site.path("state/host.key");
    let good = std::fs::read(&key).unwrap();
    for open in [0o644, 0o640, 0o604, 0o660] {
        mode(&key, open);
        refused(&site, 78, &["host.key", "others may read", "chmod 600"]);
    }
    mode(&key, 0o600);
    let text = std::str::from_utf8(&good).unwrap().trim().to_owned();
    let vendors = site.vendor().to_text();
    let cut = &text[..text.len() - 5];
    for wrong in ["", "nonsense", cut, &format!("{text}{text}"), &vendors, &"x".repeat(1024 * 1024)] {
        std::fs::write(&key, wrong).unwrap();
        let said = refused(&site, 78, &["host.key", "help: "]);
        let secret = wrong.get(wrong.len().saturating_sub(20)..).unwrap();
        assert!(secret.len() < 20 || !said.contains(secret), "it shows the key:\n{said}");
    }
    // Another host's: clients would refuse every seat.
    std::fs::write(&key, SecretKey::for_host([9; 32]).to_text()).unwrap();
    refused(&site, 78, &["-8", "another host's key", "help: "]);
    std::fs::remove_file(&key).unwrap();
    refused(&site, 78, &["host.key", "seatkeeperd init"]);
    std::fs::write(site.path("elsewhere"), &good).unwrap();
    mode(&site.path("elsewhere"), 0o600);
    symlink(site.path("elsewhere"), &key).unwrap();
    refused(&site, 78, &["host.key"]);
    std::fs::remove_file(&key).unwrap();
    std::fs::write(&key, &good).unwrap();
    mode(&key, 0o600);
    site.start();
}

#[test]
fn st_08_a_state_that_was_never_made_or_is_gone_is_not_made_by_the_way() {
    let site = Site::new();
    let state = site.path("state");
    let kept = site.path("kept");
    std::fs::rename(&state, &kept).unwrap();
    refused(&site, 78, &["seatkeeperd init"]);
    assert!(!state.exists());
    std::fs::create_dir(&state).unwrap();
    refused(&site, 78, &["seatkeeperd init"]);
    std::fs::remove_dir(&state).unwrap();
    std::fs::rename(&kept, &state).unwrap();
    // The key is there, the journal is not: somebody's seats are lost.
    std::fs::rename(state.join("journal"), site.path("journal")).unwrap();
    refused(&site, 78, &["the journal is gone", "init --after-loss"]);
    assert!(!state.join("journal").exists());
}

#[test]
fn st_16_a_state_that_others_may_write_is_refused_and_one_they_may_read_is_closed() {
    let site = Site::new();
    let state = site.path("state");
    for open in [0o777, 0o770, 0o702] {
        mode(&state, open);
        refused(&site, 78, &["others may write to it", "chmod go="]);
    }
    mode(&state, 0o755);
    let daemon = site.start();
    assert_eq!(state.metadata().unwrap().mode() & 0o777, 0o700);
    assert!(daemon.log().contains("others could read it"), "{}", daemon.log());
    drop(daemon);
    std::fs::remove_file(site.path("admin.sock")).unwrap();
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&state, Some(65_534), None).unwrap();
        refused(&site, 78, &["belongs to user 65534", "chown"]);
    }
}

#[test]
fn st_17_a_second_daemon_is_refused_whatever_its_folder() {
    let site = Site::new();
    let daemon = site.start();
    let pid = daemon.pid().to_string();
    let good = config(&site);
    let own = site.path("admin.sock").display().to_string();
    let state = site.path("state").display().to_string();
    let second = |change: &dyn Fn(&str) -> String| {
        let text = change(&good).replace(&own, &format!("{own}.2"));
        site.write("second.toml", text.as_bytes());
        let mut command = Command::new(site.command().get_program());
        command.arg("--config").arg(site.path("second.toml")).arg("--allow-root");
        let (status, said) = ended(command);
        assert_eq!(status, 78, "{said}");
        assert!(said.contains(&pid), "it names the process:\n{said}");
        assert!(!site.path("admin.sock.2").exists());
        said
    };
    second(&str::to_owned);
    // A copy of everything.
    copy(&site.path("state"), &site.path("copy"));
    let copied = |text: &str| text.replace(&state, &site.path("copy").display().to_string());
    assert!(second(&copied).contains("two daemons would grant every seat twice"));
    // This host by another name that it has, the one of the packs second.
    let two = |ids: &str| format!("host_ids = [{ids}]");
    let one = two(&format!("\"{CPU_ID}\""));
    let named = |text: &str| copied(text).replace(&one, &two(&format!("\"02aa10203049\", \"{CPU_ID}\"")));
    second(&named);
    // Another vendor's licenses on the same folder, by another path to it.
    let vendor = SecretKey::for_vendor(Vendor::new("other").unwrap(), [3; 32]);
    let options = SignOptions {
        host_key: Some(site.host().clone()),
        host_ids: Some(vec![CpuId::new(CPU_ID).unwrap()]),
        ..SignOptions::new(PackNumber::new("P-9").unwrap())
    };
    let pack = FLOATING.replace(VENDOR, "other");
    let signed = license::sign_pack(&Source::new("other", pack.as_bytes()), &vendor, &options).unwrap();
    site.write("other.lic", &signed);
    symlink(site.path("state"), site.path("link")).unwrap();
    let key = site.vendor().public().to_string();
    let licenses = site.path("licenses").display().to_string();
    let others = |text: &str| {
        text.replace(&state, &site.path("link").display().to_string())
            .replace(&licenses, &site.path("other.lic").display().to_string())
            .replace(&key, &vendor.public().to_string())
            .replace(VENDOR, "other")
    };
    assert!(second(&others).contains("serves from this folder"));
}

#[test]
fn aa_96_03_the_daemon_does_not_run_as_root_by_the_way() {
    let site = Site::new();
    let full = site.command();
    let mut command = Command::new(full.get_program());
    command.args(full.get_args().filter(|arg| *arg != "--allow-root"));
    if !rustix::process::geteuid().is_root() {
        // Nothing to refuse: it starts without the word.
        site.start_as(command);
        return;
    }
    let (status, said) = ended(command);
    assert_eq!(status, 78, "{said}");
    assert!(said.contains("runs as root") && said.contains("--allow-root"), "{said}");
    assert!(!site.path("admin.sock").exists());
}

#[test]
fn licenses_that_cannot_be_read_or_served_are_told_with_their_code() {
    let site = Site::new();
    let path = site.path("licenses/pack-0.lic");
    let good = std::fs::read(&path).unwrap();
    let text = String::from_utf8(good.clone()).unwrap();
    let write = |bytes: &[u8]| site.write("licenses/pack-0.lic", bytes);
    let altered = text.replace(" 10 CONFIG_ID", " 99 CONFIG_ID");
    assert_ne!(altered, text);
    let other_host = text.replace(CPU_ID, "02aa10203041");
    let unsigned = FLOATING.replace("HOSTID_HERE", CPU_ID);
    let nonsense = "INCREMENT PROENGINEER\nGREMLIN x\n";
    let control = format!("{text}# \u{1b}[2J\n");
    for (bytes, words) in [
        (altered.as_bytes(), &["(-8)", "pack-0.lic:"][..]),
        (other_host.as_bytes(), &["(-8)", "the host ids on SERVER lines are signed too"]),
        (unsigned.as_bytes(), &["(-114)"]),
        (nonsense.as_bytes(), &["pack-0.lic:1:1", "pack-0.lic:2:1", "(-2)", "(-90)"]),
        (control.as_bytes(), &["pack-0.lic:", "0x1b", "(-2)"]),
        (b"", &["name the file that the vendor delivered"]),
        (b"\xff\xfe\x00\x00", &["pack-0.lic"]),
    ] {
        write(bytes);
        let said = refused(&site, 78, &[words, &["(-1)"]].concat());
        assert!(!said.contains('\u{1b}'), "{said:?}");
    }
    // Signed by a key that is not trusted.
    let stranger = SecretKey::for_vendor(Vendor::new(VENDOR).unwrap(), [4; 32]);
    let options = SignOptions {
        host_ids: Some(vec![CpuId::new(CPU_ID).unwrap()]),
        ..SignOptions::new(PackNumber::new("P-1").unwrap())
    };
    let pack = Source::new("strange", FLOATING.as_bytes());
    write(&license::sign_pack(&pack, &stranger, &options).unwrap());
    refused(&site, 78, &["(-1)", "(-8)"]);
    // This machine is another.
    write(&good);
    let text = config(&site);
    site.write("seatkeeperd.toml", text.replace(CPU_ID, "02aa10203041").as_bytes());
    refused(&site, 78, &["(-9)", CPU_ID]);
    site.write("seatkeeperd.toml", text.as_bytes());
    mode(&path, 0o666);
    refused(&site, 78, &["everybody may write to it", "chmod o-w", "(-30)"]);
    std::fs::remove_file(&path).unwrap();
    refused(&site, 78, &["no *.lic file", "(-30)", "help: "]);
    std::fs::remove_dir(site.path("licenses")).unwrap();
    refused(&site, 78, &["licenses", "(-30)", "No such file"]);
    for (what, words) in [("/dev/zero", "no regular file"), ("/proc/self/mem", "")] {
        symlink(what, site.path("licenses")).unwrap();
        refused(&site, 78, &["(-30)", words]);
        std::fs::remove_file(site.path("licenses")).unwrap();
    }
    // A gigabyte that is not there.
    std::fs::File::create(site.path("licenses")).unwrap().set_len(1 << 30).unwrap();
    mode(&site.path("licenses"), 0o644);
    refused(&site, 78, &["more than 64 MiB", "(-30)"]);
    std::fs::remove_file(site.path("licenses")).unwrap();
    site.write("licenses", &good);
    site.start();
}
