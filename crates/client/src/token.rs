//! The token file: what lets an application that crashed take its own session's place at once.
//!
//! A folder of the user's own (0700) has one file (0600) for each session, with its secret token and
//! the process it belongs to. A new process shows the tokens of processes that are gone.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

const FORMAT: &str = "seatkeeper-session 1";
const BYTES_MAX: u64 = 4096;
/// Sessions shown to a server at once.
const SHOWN_MAX: usize = 64;
/// After this no server holds the session any more: twice the longest time-out.
const STALE: Duration = Duration::from_secs(48 * 3600);

/// A process, told apart from another one that has its number later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Process {
    pid: u32,
    /// Clock ticks from boot to its start.
    start: u64,
    boot: String,
    /// The namespace that its number is of: containers share a boot, not their numbers.
    namespace: String,
}

impl Process {
    /// This process; nothing where `/proc` does not say.
    pub(crate) fn this() -> Option<Self> {
        let pid = std::process::id();
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?.trim().to_owned();
        let namespace = fs::read_link("/proc/self/ns/pid").ok()?.to_str()?.to_owned();
        Some(Self { pid, start: start_of(pid)?, boot, namespace })
    }

    /// Whether that process has surely ended, as far as `me` can know.
    fn is_gone(&self, me: &Self) -> bool {
        self.boot == me.boot && self.namespace == me.namespace && has_ended(self.pid, self.start)
    }
}

/// When a process started; nothing when that cannot be known.
fn start_of(pid: u32) -> Option<u64> {
    Stat::read(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?).map(|stat| stat.start)
}

/// Whether the process that had this number and started then has surely ended. Where that cannot be
/// known (`/proc` hides others' processes, or no file can be opened now), it is taken to be alive.
fn has_ended(pid: u32, start: u64) -> bool {
    let Some(number) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return false };
    if test_kill_process(number) == Err(Errno::SRCH) {
        return true;
    }
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.ok().and_then(|stat| Stat::read(&stat)).is_some_and(|stat| stat.has_ended(start))
}

/// What a `stat` says of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stat {
    is_zombie: bool,
    threads: u64,
    start: u64,
}

impl Stat {
    /// Fields 3, 20 and 22, counted behind the name in parentheses.
    fn read(stat: &str) -> Option<Self> {
        let (_, rest) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        let number = |at: usize| fields.get(at)?.parse().ok();
        Some(Self { is_zombie: *fields.first()? == "Z", threads: number(17)?, start: number(19)? })
    }

    /// Whether it is of a process that only waits to be reaped, or of another one than started then. A
    /// process whose first thread has ended is a zombie too, and its other threads go on.
    fn has_ended(self, start: u64) -> bool {
        self.start != start || self.is_zombie && self.threads <= 1
    }
}

/// One session's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) session: u64,
    pub(crate) token: Vec<u8>,
    server: String,
    process: Process,
}

/// The folder.
#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    folder: PathBuf,
    me: Process,
}

impl Tokens {
    /// In `$XDG_RUNTIME_DIR/seatkeeper`, else `~/.cache/seatkeeper`. Nothing when neither can be had:
    /// a crashed application then waits for its session's time-out.
    pub(crate) fn of_user() -> Option<Self> {
        let variable = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let runtime = variable("XDG_RUNTIME_DIR").map(|path| path.join("seatkeeper"));
        let cache = variable("HOME").map(|path| path.join(".cache/seatkeeper"));
        runtime.into_iter().chain(cache).find_map(|folder| Self::at(&folder))
    }

    /// In this folder, made when it is missing. Nothing when it cannot be had, or others may write
    /// into it or read it.
    pub(crate) fn at(folder: &Path) -> Option<Self> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).ok()?;
        let metadata = fs::symlink_metadata(folder).ok()?;
        let own = metadata.is_dir()
            && metadata.uid() == rustix::process::geteuid().as_raw()
            && metadata.mode() & 0o077 == 0;
        Some(Self { folder: folder.to_owned(), me: Process::this()? }).filter(|_| own)
    }

    fn path(&self, session: u64) -> PathBuf {
        self.folder.join(format!("{session:016x}"))
    }

    /// Keeps this process's session.
    pub(crate) fn save(&self, server: &str, session: u64, token: &[u8]) -> io::Result<()> {
        let entry =
            Entry { session, token: token.to_vec(), server: server.to_owned(), process: self.me.clone() };
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        options.open(self.path(session))?.write_all(to_text(&entry).as_bytes())
    }

    /// Forgets a session that has ended.
    pub(crate) fn remove(&self, session: u64) {
        // When it is gone already, or stays, nothing follows: a server ignores tokens of the past.
        let _ = fs::remove_file(self.path(session));
    }

    /// The sessions at `server` whose processes are gone. Files that are too old for any server are
    /// removed on the way.
    pub(crate) fn left_behind(&self, server: &str) -> Vec<Entry> {
        let Ok(items) = fs::read_dir(&self.folder) else { return Vec::new() };
        let mut found = Vec::new();
        for path in items.flatten().map(|item| item.path()) {
            let entry = read(&path);
            let gone = entry.as_ref().is_some_and(|entry| entry.process.is_gone(&self.me));
            if !gone && is_stale(&path, entry.as_ref(), &self.me) {
                let _ = fs::remove_file(&path);
            }
            if let Some(entry) = entry.filter(|entry| gone && entry.server == server)
                && found.len() < SHOWN_MAX
            {
                found.push(entry);
            }
        }
        found
    }
}

/// Whether a file is too old for any server, and is not of a live process here.
fn is_stale(path: &Path, entry: Option<&Entry>, me: &Process) -> bool {
    let here = |entry: &Entry| entry.process.boot == me.boot && entry.process.namespace == me.namespace;
    let old = fs::symlink_metadata(path)
        .and_then(|metadata| metadata.modified())
        .is_ok_and(|time| SystemTime::now().duration_since(time).is_ok_and(|age| age > STALE));
    old && !entry.is_some_and(here)
}

fn read(path: &Path) -> Option<Entry> {
    let metadata = fs::symlink_metadata(path).ok()?;
    if !metadata.is_file() || metadata.len() > BYTES_MAX {
        return None;
    }
    let entry = from_text(&fs::read_to_string(path).ok()?)?;
    let named = path.file_name()?.to_str()? == format!("{:016x}", entry.session);
    named.then_some(entry)
}

fn to_text(entry: &Entry) -> String {
    let token: String = entry.token.iter().map(|byte| format!("{byte:02x}")).collect();
    let Process { pid, start, boot, namespace } = &entry.process;
    format!(
        "{FORMAT}\nserver {}\nsession {:016x}\ntoken {token}\npid {pid}\nstart {start}\nboot {boot}\nnamespace {namespace}\n",
        entry.server, entry.session
    )
}

fn from_text(text: &str) -> Option<Entry> {
    let mut lines = text.lines();
    (lines.next() == Some(FORMAT)).then_some(())?;
    let mut field = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned);
    let server = field("server")?;
    let session = u64::from_str_radix(&field("session")?, 16).ok()?;
    let token = bytes(&field("token")?)?;
    let process = Process {
        pid: field("pid")?.parse().ok()?,
        start: field("start")?.parse().ok()?,
        boot: field("boot")?,
        namespace: field("namespace")?,
    };
    Some(Entry { session, token, server, process })
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits = hex.as_bytes().chunks_exact(2);
    if !digits.remainder().is_empty() || !hex.is_ascii() {
        return None;
    }
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens() -> (tempfile::TempDir, Tokens) {
        let root = tempfile::tempdir().unwrap();
        let tokens = Tokens::at(&root.path().join("own")).unwrap();
        (root, tokens)
    }

    /// Writes a file as another process would have.
    fn plant(tokens: &Tokens, session: u64, process: Process) {
        let other = Tokens { folder: tokens.folder.clone(), me: process };
        other.save("lic1:27000", session, &[session as u8; 32]).unwrap();
    }

    #[test]
    fn only_sessions_of_processes_that_are_gone_are_shown() {
        let (_root, tokens) = tokens();
        let me = tokens.me.clone();
        let dead = Process { start: me.start + 1, ..me.clone() };
        plant(&tokens, 1, me.clone());
        plant(&tokens, 2, dead.clone());
        plant(&tokens, 3, Process { pid: 1 << 22, ..me.clone() });
        plant(&tokens, 4, Process { boot: "another".into(), ..dead.clone() });
        plant(&tokens, 5, Process { namespace: "pid:[1]".into(), ..dead.clone() });
        fs::write(tokens.folder.join("0000000000000006"), "nonsense").unwrap();
        fs::write(tokens.folder.join("0000000000000007"), to_text(&read(&tokens.path(2)).unwrap())).unwrap();
        let shown = |server| {
            let mut found: Vec<_> = tokens.left_behind(server).iter().map(|e| e.session).collect();
            found.sort_unstable();
            found
        };
        assert_eq!(shown("lic1:27000"), [2, 3]);
        assert_eq!(shown("lic2:27000"), Vec::<u64>::new(), "a token is shown to its own server only");
        let two = tokens.left_behind("lic1:27000").into_iter().find(|e| e.session == 2).unwrap();
        assert_eq!(two.token, [2; 32]);
        tokens.remove(2);
        tokens.remove(2);
        assert_eq!(shown("lic1:27000"), [3]);
    }

    #[test]
    fn a_zombie_is_gone_and_what_cannot_be_known_is_not() {
        let stat = |state, threads| {
            let line = format!("7 (a) b) {state} 1 7 7 0 -1 4 0 0 0 0 0 0 0 0 20 0 {threads} 0 4711 0 0\n");
            Stat::read(&line).unwrap()
        };
        assert!(!stat("S", 1).has_ended(4711));
        assert!(stat("S", 1).has_ended(4712), "its number is another's now");
        assert!(stat("Z", 1).has_ended(4711));
        assert!(!stat("Z", 3).has_ended(4711), "only its first thread has ended");
        assert_eq!(Stat::read("7 (a) S"), None);
        assert!(!has_ended(0, 1) && !has_ended(u32::MAX, 1), "no process has such a number");
        let me = Process::this().unwrap();
        assert!(!has_ended(me.pid, me.start) && has_ended(me.pid, me.start + 1));
    }

    #[test]
    fn a_process_that_has_ended_is_gone_before_and_after_it_is_reaped() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let pid = child.id();
        let start = start_of(pid).unwrap();
        assert!(!has_ended(pid, start));
        child.kill().unwrap();
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        while !has_ended(pid, start) {
            assert!(std::time::Instant::now() < deadline, "a zombie is gone");
            std::thread::park_timeout(Duration::from_millis(5));
        }
        child.wait().unwrap();
        assert!(has_ended(pid, start));
    }

    #[test]
    fn files_and_folder_are_the_users_own() {
        use std::os::unix::fs::PermissionsExt as _;
        let (root, tokens) = tokens();
        tokens.save("lic1:27000", 9, &[1; 32]).unwrap();
        assert_eq!(fs::metadata(tokens.path(9)).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(&tokens.folder).unwrap().mode() & 0o777, 0o700);
        assert!(tokens.save("lic1:27000", 9, &[1; 32]).is_err(), "a file is never written over");
        fs::set_permissions(&tokens.folder, fs::Permissions::from_mode(0o770)).unwrap();
        assert!(Tokens::at(&tokens.folder).is_none(), "others may write into it");
        let link = root.path().join("link");
        std::os::unix::fs::symlink(root.path().join("own"), &link).unwrap();
        assert!(Tokens::at(&link).is_none());
    }

    #[test]
    fn a_file_comes_back_and_a_broken_one_does_not() {
        let process = Process::this().unwrap();
        let entry = Entry { session: 7, token: vec![0, 255, 16], server: "h:1".into(), process };
        let text = to_text(&entry);
        assert_eq!(from_text(&text), Some(entry));
        for bad in [String::new(), text.replace("session 1", "session 2"), text.replace("00ff10", "00ff1")] {
            assert_eq!(from_text(&bad), None);
        }
        for cut in 0..text.len() - "\n".len() {
            // The last line's value may be cut and still be one.
            if let Some(entry) = from_text(&text[..cut]) {
                assert!(text.contains(&entry.process.namespace));
            }
        }
    }
}
