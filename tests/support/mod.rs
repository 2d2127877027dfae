//! A license host for a test: its folder, key, pack and configuration, and its daemon.
//!
//! Nothing here sleeps or has a port of its own: the daemon says where it serves by the service
//! manager's protocol, and everything that is waited for has a deadline.

#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

pub mod descriptors;
pub mod desk;
pub mod metrics;
pub mod monitors;
pub mod promtool;
pub mod pty;
pub mod receiver;
pub mod strace;
pub mod tool;

use std::net::SocketAddr;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::slice;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use license::{PublicKey, SecretKey, SignOptions, Source};
use names::{CpuId, PackNumber, Seq, Vendor, Wall, Word};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal};
use seats::{ClockRow, Event, Record};
use tempfile::TempDir;

/// How long a thing may take before the test has failed.
pub const DEADLINE: Duration = Duration::from_secs(60);
/// What the license host is called by its packs.
pub const CPU_ID: &str = "02aa10203040";
/// Whose packs they are.
pub const VENDOR: &str = "acmed";
/// Ten floating seats of `PROENGINEER`.
pub const FLOATING: &str = include_str!("../../examples/packs/f1-floating.lic");

/// A license host: everything that its daemon needs, in a folder that goes with it.
#[derive(Debug)]
pub struct Site {
    folder: TempDir,
    cpu: CpuId,
    vendor: SecretKey,
    host: PublicKey,
    settings: String,
    /// Where clients are served.
    listen: String,
}

impl Site {
    /// A host with ten floating seats.
    pub fn new() -> Self {
        Self::with_packs(&[FLOATING])
    }

    /// A host with these packs, which are not signed yet.
    pub fn with_packs(packs: &[&str]) -> Self {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).unwrap();
        Self::of(SecretKey::for_vendor(Vendor::new(VENDOR).unwrap(), seed), CPU_ID, packs)
    }

    /// Another license host of the same vendor, with an id of its own and without a license.
    pub fn another(&self, cpu: &str) -> Self {
        Self::of(self.vendor.clone(), cpu, &[])
    }

    fn of(vendor: SecretKey, cpu: &str, packs: &[&str]) -> Self {
        let folder = tempfile::Builder::new().prefix("seatkeeper-").tempdir().unwrap();
        let cpu = CpuId::new(cpu).unwrap();
        let host = daemon::init(&folder.path().join("state"), false, slice::from_ref(&cpu)).unwrap().host_key;
        let listen = "127.0.0.1:0".to_owned();
        let site = Self { folder, cpu, vendor, host, settings: String::new(), listen };
        std::fs::create_dir(site.path("licenses")).unwrap();
        for (n, pack) in packs.iter().enumerate() {
            site.write(&format!("licenses/pack-{n}.lic"), &site.sign(&format!("P-{n}"), pack));
        }
        site.write_config();
        site
    }

    /// Adds to the configuration: tables such as `[session]`.
    pub fn configure(mut self, settings: &str) -> Self {
        self.settings.push_str(settings);
        self.write_config();
        self
    }

    /// From now on the daemon serves here again, and clients find it.
    pub fn listen_again(&mut self, address: SocketAddr) {
        self.listen = address.to_string();
        self.write_config();
    }

    /// The options of an application of `user` on a workstation with this name and host id.
    pub fn options(&self, user: &str, host: &str, cpu: &str) -> client::Options {
        let key = self.vendor.public().to_string();
        let mut options = client::Options::new(client::TrustPolicy::vendor(VENDOR, &key).unwrap());
        options.identity = client::Identity {
            user: Word::new("a user", user).unwrap(),
            host: Word::new("a host", host).unwrap(),
            display: Word::new("a display", ":0").unwrap(),
            application: Word::new("an application", "cad").unwrap(),
            cpu_id: Some(CpuId::new(cpu).unwrap()),
            ..client::Identity::of_this_process()
        };
        options.tokens = client::TokenFolder::Nowhere;
        options
    }

    /// A pack's text, signed for this host.
    pub fn sign(&self, number: &str, pack: &str) -> Vec<u8> {
        let options = SignOptions {
            host_key: Some(self.host.clone()),
            host_ids: Some(vec![self.cpu.clone()]),
            ..SignOptions::new(PackNumber::new(number).unwrap())
        };
        license::sign_pack(&Source::new(number, pack.as_bytes()), &self.vendor, &options).unwrap()
    }

    /// The vendor's key.
    pub fn vendor(&self) -> &SecretKey {
        &self.vendor
    }

    /// The license host's public key.
    pub fn host(&self) -> &PublicKey {
        &self.host
    }

    /// A path in the host's folder: `state`, `licenses`, `seatkeeperd.toml`, `daemon.log`.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file that only its user may write.
    pub fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).unwrap();
        std::fs::set_permissions(self.path(name), std::fs::Permissions::from_mode(0o644)).unwrap();
    }

    fn write_config(&self) {
        let folder = self.folder.path().display();
        let key = self.vendor.public();
        let config = format!(
            "listen = \"{}\"\nadmin_socket = \"{folder}/admin.sock\"\nstate_folder = \"{folder}/state\"\n\
             licenses = [\"{folder}/licenses\"]\nhost_ids = [\"{}\"]\n\
             [[vendor]]\nname = \"{VENDOR}\"\nkeys = [\"{key}\"]\n{}",
            self.listen, self.cpu, self.settings
        );
        self.write("seatkeeperd.toml", config.as_bytes());
    }

    /// Writes down, while no daemon runs, that the wall clock has shown a time so far ahead: then it is
    /// one that was set back.
    pub fn clock_was_ahead(&self, by: Duration) -> Wall {
        let mut opened = store::open(&self.path("state"), &store::Options::default()).unwrap();
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + by;
        let latest = Wall(i64::try_from(since.as_millis()).unwrap());
        let (seq, row) = (Seq(opened.state.last().0 + 1), ClockRow { latest });
        let record = Record { seq, at: latest, event: Event::ClockNoted(row) };
        opened.state.apply(&record).unwrap();
        let mut batch = store::Batch::new();
        batch.push_command(&[record]);
        opened.journal.commit(&mut batch, opened.state.counts(), opened.state.fingerprint()).unwrap();
        latest
    }

    /// The daemon's command line, to be changed or started.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seatkeeperd"));
        command.arg("--config").arg(self.path("seatkeeperd.toml")).arg("--allow-root");
        command
    }

    /// Starts the daemon, and waits until it serves.
    pub fn start(&self) -> Daemon {
        self.start_as(self.command())
    }

    /// Starts the daemon by a command of the test's own, and waits until it serves.
    pub fn start_as(&self, mut command: Command) -> Daemon {
        let manager = Manager::new(&self.path("manager.sock"));
        let log =
            std::fs::OpenOptions::new().create(true).append(true).open(self.path("daemon.log")).unwrap();
        let child = command
            .env("NOTIFY_SOCKET", self.path("manager.sock"))
            .env("RUST_BACKTRACE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut daemon = Daemon { child, manager, address: nowhere, log: self.path("daemon.log") };
        let ready = daemon.wait_to_hear("READY=1");
        let status = ready.lines().find_map(|line| line.strip_prefix("STATUS=serving on "));
        daemon.address = status.and_then(|text| text.parse().ok()).expect("READY=1 comes with the address");
        daemon
    }
}

/// The server list that leads to a daemon.
pub fn servers(at: SocketAddr) -> client::Servers {
    client::Servers::from_list(&format!("{}@{}", at.port(), at.ip()), "a test").unwrap()
}

/// A daemon that serves. It is killed when this is dropped.
#[derive(Debug)]
pub struct Daemon {
    /// Where clients are served.
    pub address: SocketAddr,
    /// What the service manager hears.
    pub manager: Manager,
    child: Child,
    log: PathBuf,
}

impl Daemon {
    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has logged, and every daemon of the site before it.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Kills it, as a power cut would end it.
    pub fn kill9(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop.
    pub fn ask_to_stop(&self) {
        rustix::process::kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
    }

    /// Asks it to stop, and waits until it has.
    pub fn terminate(self) -> ExitStatus {
        self.ask_to_stop();
        self.wait()
    }

    /// Waits until it has ended by itself.
    pub fn wait(mut self) -> ExitStatus {
        assert!(self.hear_or_end(None, DEADLINE).is_none(), "the daemon is told to hear nothing");
        self.child.try_wait().unwrap().expect("the daemon did not end in time")
    }

    /// Waits until it has ended by itself; gives its status and log.
    pub fn wait_to_end(self) -> (ExitStatus, String) {
        let log = self.log.clone();
        (self.wait(), std::fs::read_to_string(log).unwrap_or_default())
    }

    /// Whether its process is there.
    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for a message to the service manager that has `word` on a line of its own.
    pub fn wait_to_hear(&mut self, word: &str) -> String {
        let deadline = Instant::now() + DEADLINE;
        while let Some(message) = self.hear(deadline.saturating_duration_since(Instant::now())) {
            if message.lines().any(|line| line == word) {
                return message;
            }
        }
        panic!("{word} did not come; the daemon has ended: {:?}", self.child.try_wait());
    }

    /// The next message to the service manager; none when the daemon ends or the time is over.
    pub fn hear(&mut self, longest: Duration) -> Option<String> {
        let socket = self.manager.socket.try_clone().unwrap();
        self.hear_or_end(Some(socket.as_fd()), longest)
    }

    fn hear_or_end(&mut self, socket: Option<BorrowedFd<'_>>, longest: Duration) -> Option<String> {
        if self.child.try_wait().unwrap().is_some() {
            return None;
        }
        let process = rustix::process::pidfd_open(Pid::from_child(&self.child), PidfdFlags::empty()).unwrap();
        let mut watched: Vec<_> = [Some(process.as_fd()), socket]
            .into_iter()
            .flatten()
            .map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN))
            .collect();
        poll(&mut watched, Some(&Timespec::try_from(longest).unwrap())).unwrap();
        let spoke = watched.get(1).is_some_and(|socket| !socket.revents().is_empty());
        spoke.then(|| self.manager.read())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("the daemon logged:\n{}", self.log());
        }
    }
}

/// Stands in for the service manager.
#[derive(Debug)]
pub struct Manager {
    socket: UnixDatagram,
}

impl Manager {
    fn new(path: &Path) -> Self {
        let _ = std::fs::remove_file(path);
        Self { socket: UnixDatagram::bind(path).unwrap() }
    }

    fn read(&self) -> String {
        let mut message = [0; 4096];
        let len = self.socket.recv(&mut message).unwrap();
        String::from_utf8_lossy(&message[..len]).into_owned()
    }
}

/// The Python that `cargo xtask test` makes.
pub fn python() -> PathBuf {
    let made = || Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("python/venv/bin/python");
    let python = std::env::var_os("SEATKEEPER_PYTHON").map_or_else(made, PathBuf::from);
    assert!(python.exists(), "{} is not there: `cargo xtask test` makes it", python.display());
    python
}
