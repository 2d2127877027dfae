//! What the machine is, and whether it is fit: versions, the disk, the state folder, ports, the clock, and
//! what `seatkeeperd check` says.

use std::fmt::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use client::Server;
use jiff::Timestamp;

use super::findings;
use super::hide::Hider;

/// How long a program may take.
const PROGRAM: Duration = Duration::from_secs(30);
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(2);
/// Files of the state folder that are named.
const FILES_MAX: usize = 200;
/// Lines of a program that are kept.
const LINES_MAX: usize = 500;

/// Versions of all that matters.
pub(super) async fn versions(state: Option<&Path>) -> String {
    let system = rustix::system::uname();
    let word = |text: &std::ffi::CStr| client::shown(&text.to_string_lossy(), 200);
    let mut text = format!("seatkeeper {}\n", env!("CARGO_PKG_VERSION"));
    let _ = writeln!(text, "kernel {} {}", word(system.sysname()), word(system.release()));
    let _ = writeln!(text, "machine {}", word(system.machine()));
    for (what, program, word) in
        [("systemd", "systemctl", "--version"), ("seatkeeperd", "seatkeeperd", "--version")]
    {
        let said = run(program, &[word]).await;
        let first = said
            .as_ref()
            .map_or_else(Clone::clone, |said| said.out.lines().next().unwrap_or_default().to_owned());
        let _ = writeln!(text, "{what}: {}", client::shown(&first, 200));
    }
    if let Ok(release) = std::fs::read_to_string("/etc/os-release") {
        let name = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
        let _ = writeln!(text, "system: {}", client::shown(name.unwrap_or("?").trim_matches('"'), 200));
    }
    if let Some(state) = state {
        let _ = writeln!(text, "file system of the state folder: {}", file_system(state));
    }
    text
}

/// The kind of file system that a folder is on.
fn file_system(folder: &Path) -> String {
    let whole = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let found = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        let (at, kind) = (words.next()?, words.next()?);
        whole.starts_with(at).then_some((at.len(), kind))
    });
    found.max_by_key(|(len, _)| *len).map_or("?".to_owned(), |(_, kind)| client::shown(kind, 40))
}

/// The state folder: its disk, and who may use what in it. No file of it is read.
pub(super) fn state_folder(folder: &Path, hider: &mut Hider) -> String {
    let mut text = format!("state folder {}\n", hider.path(&folder.display().to_string()));
    match rustix::fs::statvfs(folder) {
        Ok(disk) => {
            let mib = |blocks: u64| blocks.saturating_mul(disk.f_frsize) >> 20;
            let _ = writeln!(
                text,
                "disk: {} MiB free of {} MiB, {} files free of {}",
                mib(disk.f_bavail),
                mib(disk.f_blocks),
                disk.f_favail,
                disk.f_files
            );
        }
        Err(error) => {
            let _ = writeln!(text, "disk: {error}");
        }
    }
    let mut found = Vec::new();
    list(folder, folder, &mut found);
    found.sort();
    for line in found.iter().take(FILES_MAX) {
        let _ = writeln!(text, "  {line}");
    }
    if found.len() > FILES_MAX {
        let _ = writeln!(text, "  and {} more", found.len() - FILES_MAX);
    }
    text
}

/// `path mode user size`, of a folder, its files and the files of its folders.
fn list(top: &Path, at: &Path, found: &mut Vec<String>) {
    let name = at.strip_prefix(top).ok().filter(|name| *name != Path::new("")).unwrap_or(Path::new("."));
    let name = client::shown(&name.display().to_string(), 100);
    match at.symlink_metadata() {
        Ok(is) => {
            found.push(format!("{name}  {:04o}  user {}  {} bytes", is.mode() & 0o7777, is.uid(), is.len()));
            if is.is_dir()
                && at.components().count() <= top.components().count() + 1
                && found.len() <= 10 * FILES_MAX
            {
                match std::fs::read_dir(at) {
                    Ok(entries) => entries.flatten().for_each(|entry| list(top, &entry.path(), found)),
                    Err(error) => found.push(format!("{name}: {error}")),
                }
            }
        }
        Err(error) => found.push(format!("{name}: {error}")),
    }
}

/// Which of these addresses take a connection.
pub(super) fn ports(servers: &[Server], hider: &mut Hider) -> String {
    let mut text = String::new();
    for server in servers {
        let Ok(address) = server.authority().parse::<SocketAddr>() else { continue };
        let said = match TcpStream::connect_timeout(&address, CONNECT) {
            Ok(_) => "takes connections".to_owned(),
            Err(error) => error.kind().to_string(),
        };
        let _ = writeln!(text, "port {}: {said}", hider.socket(&address.to_string()));
    }
    text
}

/// The clock, and how far the daemon's is from it.
pub(super) fn clock(daemon_ms: Option<i64>) -> String {
    let now = Timestamp::now();
    let zone = now.to_zoned(jiff::tz::TimeZone::system()).strftime("%:z").to_string();
    let mut text = format!("clock: {now}, the time zone is {zone} of UTC\n");
    if let Some(ms) = daemon_ms {
        let _ = writeln!(text, "clock: the daemon's is {} ms behind this one", now.as_millisecond() - ms);
    }
    text
}

/// What a program said.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) status: Option<i32>,
    pub(super) out: String,
    pub(super) err: String,
}

/// `seatkeeperd check`, without what files say.
pub(super) async fn check(config: &Path) -> String {
    let path = config.display().to_string();
    match run("seatkeeperd", &["check", "--config", &path]).await {
        Ok(said) => {
            let status = said.status.map_or("a signal".to_owned(), |status| status.to_string());
            let mut text = format!("seatkeeperd check: exit status {status}\n");
            for line in
                said.out.lines().chain(said.err.lines()).filter(|line| is_finding(line)).take(LINES_MAX)
            {
                let _ = writeln!(text, "  {}", findings::unquoted(line));
            }
            text
        }
        Err(why) => format!("seatkeeperd check: {why}\n"),
    }
}

/// Whether a line is said by the daemon, not quoted of a file.
fn is_finding(line: &str) -> bool {
    let parts = [": error: ", ": warning: ", "error: ", "warning: ", "help: ", "seatkeeperd: "];
    let begins = line.trim_start();
    !line.contains(" | ")
        && (parts.iter().any(|part| begins.contains(part))
            || line.contains(" is right; lines of seats in force: "))
}

/// The daemon's program with `--print-config`; nothing where that fails.
pub(super) async fn printed(config: &Path) -> Option<String> {
    let path = config.display().to_string();
    let said = run("seatkeeperd", &["--config", &path, "--print-config"]).await.ok()?;
    (said.status == Some(0)).then_some(said.out)
}

/// Runs a program, the one beside this one first, with nothing of this environment but where programs are.
async fn run(program: &str, words: &[&str]) -> Result<Said, String> {
    let beside =
        std::env::current_exe().ok().map(|own| own.with_file_name(program)).filter(|path| path.is_file());
    let program = beside.unwrap_or_else(|| PathBuf::from(program));
    let mut command = tokio::process::Command::new(&program);
    command.args(words).env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").kill_on_drop(true);
    let done = tokio::time::timeout(PROGRAM, command.stdin(std::process::Stdio::null()).output()).await;
    let done = done.map_err(|_| format!("no end in {} s", PROGRAM.as_secs()))?;
    let done = done.map_err(|error| format!("cannot be run: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Said { status: done.status.code(), out: text(&done.stdout), err: text(&done.stderr) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_check_quotes_of_a_file_is_no_finding() {
        for (line, is) in [
            ("a.lic:3:1: error: `hunter2` is no keyword (-2)", true),
            ("  | hunter2", false),
            ("3 | hunter2 mill", false),
            ("help: remove it", true),
            ("c.toml is right; lines of seats in force: 2", true),
            ("hunter2", false),
        ] {
            assert_eq!(is_finding(line), is, "{line}");
        }
    }

    #[test]
    fn files_of_the_state_are_listed_and_not_read() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("host.key"), "secret hunter2").unwrap();
        std::fs::create_dir(folder.path().join("journal")).unwrap();
        std::fs::write(folder.path().join("journal/1"), "x").unwrap();
        let text = state_folder(folder.path(), &mut Hider::new(false));
        for shown in ["disk: ", "  host.key  0", "  journal/1  0", "1 bytes"] {
            assert!(text.contains(shown), "{text}");
        }
        assert!(!text.contains("hunter2"), "{text}");
        let none = state_folder(&folder.path().join("none"), &mut Hider::new(false));
        assert!(none.contains("No such file"), "{none}");
    }
}
