//! Starting and stopping: everything is checked before a socket opens.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::JoinHandle;
use std::time::Duration;

use arc_swap::ArcSwap;
use crossbeam_queue::SegQueue;
use names::{CpuId, Millis, Mono};
use service::Engine;
use store::HostLock;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::away::Away;
use crate::chronicle::{Chronicle, Writing};
use crate::config::Config;
use crate::conn::Count;
use crate::counted::Counted;
use crate::desk::Desk;
use crate::edge::{About, Edge, Submission, VERSION};
use crate::events::Events;
use crate::front::{self, Front, Sockets};
use crate::licenses::{Licenses, LicensesError};
use crate::metrics::Started;
use crate::options::{OptionsError, OptionsFiles};
use crate::owner::{Owner, Pulse, Work, survivors};
use crate::remind::Ways;
use crate::ring::Ring;
use crate::served::Served;
use crate::sinks::Sinks;
use crate::{
    admin, clock, config, daily, desk, exporter, hostid, init, office, readers, server, surrendered, view,
};

/// Submissions that may wait for the owner: each is what one connection had to say at a time.
const RING_CAPACITY: usize = 16_384;

/// Descriptors that are not for clients: journal, seat state, exports, administrators.
const DESCRIPTORS: u64 = 128;
/// Those of a runtime.
const DESCRIPTORS_PER_CORE: u64 = 8;

/// Why the daemon cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It runs as root.
    #[error(
        "it runs as root, and needs no privilege; start it as its own user, or allow it with --allow-root"
    )]
    Root,
    /// The machine has no id, and none is configured.
    #[error("this machine has no network interface with an address; name its ids with host_ids = [\"…\"]")]
    NoHostId,
    /// There is nothing to serve.
    #[error(transparent)]
    Licenses(#[from] LicensesError),
    /// An options file cannot be used.
    #[error(transparent)]
    Options(#[from] OptionsError),
    /// The state folder was not made, or is damaged.
    #[error("{0}")]
    State(String),
    /// It may not open as many files as it needs.
    #[error(
        "it may open {may} files at once, and needs {needs} beside its connections\n  \
         help: allow more: LimitNOFILE= in the unit, or `ulimit -n`"
    )]
    Descriptors {
        /// The limit.
        may: u64,
        /// What it needs.
        needs: u64,
    },
    /// It has a bug.
    #[error("{0}")]
    Bug(&'static str),
    /// Another daemon serves the same licenses.
    #[error("{0}")]
    Lock(#[from] store::LockError),
    /// A socket cannot be opened.
    #[error("{what}: {source}\n  help: {remedy}")]
    Socket {
        /// Which.
        what: String,
        /// Why.
        source: std::io::Error,
        /// What to do.
        remedy: &'static str,
    },
    /// The journal cannot be written.
    #[error("the journal cannot be written: {0}")]
    Journal(#[from] store::JournalError),
    /// The system refused a thread or a runtime.
    #[error("the system refused: {0}")]
    System(#[from] std::io::Error),
}

impl StartError {
    /// The exit status for it, of `sysexits.h`: 78 where the configuration or the licenses are wrong,
    /// 74 where the disk failed, 70 for a bug, else 71.
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::Root
            | Self::NoHostId
            | Self::Licenses(_)
            | Self::Options(_)
            | Self::State(_)
            | Self::Lock(_)
            | Self::Descriptors { .. } => 78,
            Self::Journal(_) => 74,
            // The service manager starts it again.
            Self::Bug(_) => 70,
            Self::Socket { .. } | Self::System(_) => 71,
        }
    }
}

/// A daemon that serves.
#[derive(Debug)]
pub struct Running {
    edge: Arc<Edge>,
    address: SocketAddr,
    admin_socket: PathBuf,
    drain: Duration,
    owner: JoinHandle<Result<(), store::JournalError>>,
    /// Whether all of its threads ended as they should.
    front: JoinHandle<bool>,
    writing: Writing,
    console: Option<SocketAddr>,
    desk: Option<Arc<Desk>>,
    /// Cancelled when a thread has ended, for whatever reason.
    ended: CancellationToken,
    _locks: (Vec<HostLock>, Option<store::FolderLock>),
}

/// Checks everything, opens the state and the sockets, and serves.
///
/// # Errors
/// What is wrong, with its remedy; nothing is served then.
pub fn start(mut config: Config, allow_root: bool) -> Result<Running, StartError> {
    if rustix::process::geteuid().is_root() && !allow_root {
        return Err(StartError::Root);
    }
    let host = if config.host_ids.is_empty() { hostid::host_ids() } else { config.host_ids.clone() };
    let cpu = host.first().cloned().ok_or(StartError::NoHostId)?;
    let licenses = Licenses::read(&config, &host)?;
    licenses.log();
    let options = OptionsFiles::read(&config, &licenses)?;
    options.log();
    let host_key = init::read_host_key(&config.state_folder).map_err(StartError::State)?;
    init::check_host_key(&licenses, &host_key).map_err(StartError::State)?;
    config.connections = connections_max(config.connections)?;
    let vendor_key = vendor_key(&config)?;
    let ways = Ways::read(&config).map_err(StartError::State)?;
    let keys = desk::trusted_keys(&config, &licenses);
    let locks = take_locks(&keys, &host)?;
    let opened = open_state(&config)?;
    let rules = desk_rules(&config, &opened.state)?;
    let retired = match &rules {
        Some((_, rules)) => {
            surrendered::read(&config.licenses, &host, &host_key.public()).with(rules.retired()).given
        }
        None => BTreeSet::new(),
    };
    let (licenses, left_out) = licenses.without(&retired, &host);
    for left in left_out {
        tracing::warn!("license: {left}");
    }
    let listener =
        server::bind(config.listen, license_port(&licenses)).map_err(|source| StartError::Socket {
            what: "clients cannot be served".into(),
            source,
            remedy: "stop what uses the port, or set another with listen = \"ADDRESS:PORT\"",
        })?;
    let address = listener.local_addr()?;
    if config.listen.port != Some(0) {
        warn_of_ephemeral(address.port());
    }
    let office_socket = admin::bind(&config.admin_socket).map_err(|source| StartError::Socket {
        what: format!("administrators cannot be served at {}", config.admin_socket.display()),
        source,
        remedy: "set a path in a folder that the daemon's user may write to with admin_socket = \"PATH\"",
    })?;

    let exporter_socket = bind_exporter(&config)?;
    let console_socket = bind_console(&config)?;
    let console = console_socket.as_ref().map(std::net::TcpListener::local_addr).transpose()?;

    let started = started(&opened.report);
    let grants_from = grants_from(&opened.sentinel, &config);
    let in_force = office::in_force(&licenses, &options);
    let (licensed, policy) = (Arc::clone(&in_force.licensed), Arc::clone(&in_force.policy));
    let mut engine = Engine::new(opened.state, config.settings, in_force, clock::now());
    // The licenses are put in force before the view is made: the first who reads finds it whole. Nobody
    // does before the journal has it.
    let mut records = Vec::new();
    engine.start(clock::now(), &mut records);
    let (publisher, viewer) = view::view(engine.state().clone());
    publisher.spawn_folder()?;
    let about = about(&licenses, &config, address, cpu);
    let edge = Arc::new(Edge {
        ring: Ring::new(RING_CAPACITY),
        directory: papaya::HashMap::new(),
        viewer,
        licensed: ArcSwap::new(licensed),
        served: ArcSwap::from_pointee(Served::new(&licenses)),
        retired: ArcSwap::from_pointee(retired),
        reread: Notify::new(),
        is_rereading: AtomicBool::new(false),
        replaced: SegQueue::new(),
        is_reread_daily: AtomicBool::new(daily::is_on(&policy, &about.vendors)),
        policy: ArcSwap::new(policy),
        host_key,
        settings: config.settings,
        counted: Counted::default(),
        about,
        stop_asked: CancellationToken::new(),
        draining: CancellationToken::new(),
        closing: CancellationToken::new(),
    });
    for (session, live) in survivors(&engine) {
        edge.directory.pin().insert(session, live);
    }
    let pulse = Arc::new(Pulse { grants_from, ..Pulse::default() });
    if let Some(why) = opened.report.without_sled {
        pulse.seat_state_fault.store(Some(Arc::new(store::SeatsFailed(why))));
    }
    let mut owner = Owner {
        edge: Arc::clone(&edge),
        engine,
        journal: opened.journal,
        applier: store::Applier::spawn(opened.follower, store::ApplierOptions::default())?,
        readers: opened.cursors.passed(),
        publisher,
        pulse: Arc::clone(&pulse),
        away: Away::new(Arc::clone(&pulse)),
        work: Work::default(),
        clock: clock::Watch::default(),
    };
    owner.start(records)?;
    let drain = Duration::from_millis(config.drain.0);
    let admin_socket = config.admin_socket.clone();
    let config = Arc::new(config);
    let (readers, keeper) = readers::keep(opened.cursors, opened.sentinel.store);
    let sinks = Sinks {
        state_folder: config.state_folder.clone(),
        config: Arc::clone(&config),
        edge: Arc::clone(&edge),
    };
    let open = Box::new(move || sinks.open());
    let (chronicle, orders) =
        Chronicle::new(Arc::clone(&edge), readers.own(), config.state_folder.clone(), open);
    let files = office::Files { config: Arc::clone(&config), host, keys };
    let desk = rules.map(|(of, rules)| {
        let (edge, files) = (Arc::clone(&edge), files.clone());
        Desk::new(edge, files, of, vendor_key, rules)
    });
    let office = admin::Office {
        orders,
        edge: Arc::clone(&edge),
        pulse: Arc::clone(&pulse),
        listen: address.to_string(),
        state_folder: config.state_folder.display().to_string(),
        events: Events {
            edge: Arc::clone(&edge),
            readers,
            state_folder: config.state_folder.clone(),
            streams: Count::default(),
        },
        files,
    };
    let ended = CancellationToken::new();
    let of_desk = desk.as_ref().map(|(desk, _)| Arc::clone(desk));
    let owner = spawn_owner(owner, &ended)?;
    let front = front::spawn(
        Front {
            edge: Arc::clone(&edge),
            config: Arc::clone(&config),
            pulse,
            office,
            desk,
            ways,
            keeper,
            started,
        },
        Sockets {
            clients: listener,
            office: office_socket,
            exporter: exporter_socket,
            console: console_socket,
        },
        &ended,
    )?;
    let writing = chronicle.spawn()?;
    if !address.ip().is_loopback() {
        tracing::warn!("clients are served beyond this machine without encryption, as configured");
    }
    tracing::info!(%address, version = VERSION, "serving");
    Ok(Running {
        edge,
        address,
        admin_socket,
        drain,
        owner,
        front,
        writing,
        console,
        desk: of_desk,
        ended,
        _locks: (locks, opened.lock),
    })
}

/// Where metrics are asked for, if anywhere.
fn bind_exporter(config: &Config) -> Result<Option<std::net::TcpListener>, StartError> {
    let Some(address) = config.metrics else { return Ok(None) };
    let failed = |source| StartError::Socket {
        what: format!("metrics cannot be served at {address}"),
        source,
        remedy: "stop what uses the port, or set another with [metrics] listen = \"ADDRESS:PORT\"",
    };
    let listener = exporter::bind(address).map_err(failed)?;
    if !address.ip().is_loopback() {
        tracing::warn!("metrics are served beyond this machine without encryption, as configured");
    }
    tracing::info!(address = %listener.local_addr()?, "metrics are served");
    Ok(Some(listener))
}

/// Where the console is served, if anywhere.
fn bind_console(config: &Config) -> Result<Option<std::net::TcpListener>, StartError> {
    let Some(console) = &config.console else { return Ok(None) };
    let address = console.listen;
    let failed = |source| StartError::Socket {
        what: format!("the console cannot be served at {address}"),
        source,
        remedy: "stop what uses the port, or set another with [console] listen = \"ADDRESS:PORT\"",
    };
    let listener = exporter::bind(address).map_err(failed)?;
    tracing::info!(address = %listener.local_addr()?, "the console is served");
    Ok(Some(listener))
}

/// What the metrics say of the start.
fn started(report: &store::Report) -> Started {
    Started {
        at: clock::now().wall.0 as f64 / 1e3,
        replayed: report.records_replayed,
        is_rebuilt: report.rebuilt.is_some(),
        cut: report.cut.as_ref().map_or(0, |cut| cut.bytes),
    }
}

/// One lock for each vendor's key and each id of this host: a pack may be bound to any of them, and
/// another daemon's configuration may name them in another order.
fn take_locks(keys: &BTreeSet<String>, host: &[CpuId]) -> Result<Vec<HostLock>, StartError> {
    let host: BTreeSet<&CpuId> = host.iter().collect();
    let both = keys.iter().flat_map(|key| host.iter().map(move |cpu| (key, cpu)));
    both.map(|(key, cpu)| HostLock::take(key, cpu.as_str()).map_err(Into::into)).collect()
}

/// How many connections there may be, so that the descriptors for disk and threads are never used up
/// by clients: a journal that cannot open its next file ends the daemon.
fn connections_max(configured: usize) -> Result<usize, StartError> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u64;
    let needs = DESCRIPTORS + DESCRIPTORS_PER_CORE * cores;
    let wanted = needs.saturating_add(configured as u64);
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|may| may < wanted) {
        let more = limit.maximum.map_or(wanted, |most| most.min(wanted));
        // A sandbox may forbid it: what was allowed before is used then.
        if setrlimit(Resource::Nofile, Rlimit { current: Some(more), ..limit }).is_ok() {
            limit.current = Some(more);
        }
    }
    let Some(may) = limit.current.filter(|may| *may < wanted) else { return Ok(configured) };
    let room = usize::try_from(may.saturating_sub(needs)).unwrap_or(configured);
    if room == 0 {
        return Err(StartError::Descriptors { may, needs });
    }
    tracing::warn!(
        "only {room} of {configured} connections are served: this process may open {may} files; allow \
         more (LimitNOFILE= in the unit), or set [limits] connections"
    );
    Ok(room)
}

/// When seats may be granted: at once, or after a loss when every client of the lost state has given
/// up what it held (time-out and hold from when the state was made anew).
fn grants_from(sentinel: &store::Sentinel, config: &Config) -> Mono {
    let now = clock::now();
    if !sentinel.is_after_loss() {
        return now.mono;
    }
    let wait = config.settings.timeout(Millis(0)).0 + config.settings.hold().0;
    let waited = u64::try_from(now.wall.0.saturating_sub(sentinel.created.0)).unwrap_or(0);
    let left = wait.saturating_sub(waited);
    if left > 0 {
        tracing::warn!(
            left_ms = left,
            "the state was lost: no seats are granted until clients have given up theirs"
        );
    }
    now.mono.plus(Millis(left))
}

/// A port that the system gives to outgoing connections may be taken at the next start.
fn warn_of_ephemeral(port: u16) {
    let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    let mut ends = range.split_whitespace().filter_map(|end| end.parse().ok());
    // Where a sandbox hides it, the kernel's default.
    let range = ends.next().unwrap_or(32_768)..=ends.next().unwrap_or(60_999);
    if range.contains(&port) {
        tracing::warn!(
            "the system gives the ports {} to {} to outgoing connections, so port {port} may be taken at the \
             next start; listen on one outside, such as 27000",
            range.start(),
            range.end()
        );
    }
}

type Opened = store::Opened<store::RealDisk, store::SledStore>;

fn open_state(config: &Config) -> Result<Opened, StartError> {
    let opened = store::open(&config.state_folder, &store::Options::default())
        .map_err(|e| StartError::State(init::whole(&e)))?;
    let report = &opened.report;
    tracing::info!("state: {report}");
    for warning in &report.warnings {
        tracing::warn!("state: {warning}");
    }
    if let Some(cut) = &report.cut {
        tracing::warn!("state: {cut}");
    }
    if let Some(why) = &report.without_sled {
        tracing::error!(%why, "the seats are kept without sled; the journal has them");
    }
    Ok(opened)
}

fn license_port(licenses: &Licenses) -> Option<u16> {
    licenses.loaded.servers.iter().find_map(|server| server.port)
}

/// The vendor's secret key, of a vendor's desk.
fn vendor_key(config: &Config) -> Result<Option<license::SecretKey>, StartError> {
    let Some(desk) = &config.desk else { return Ok(None) };
    let (Some(path), Some(vendor)) = (&desk.key, &desk.vendor) else { return Ok(None) };
    config::read_key(path, vendor).map(Some).map_err(StartError::State)
}

/// What the desk knows, where there is one.
fn desk_rules(
    config: &Config,
    state: &seats::State,
) -> Result<Option<(config::DeskConfig, ::desk::Desk)>, StartError> {
    let Some(desk) = &config.desk else { return Ok(None) };
    let rows: Vec<_> = state.desk_rows().collect();
    let rules = ::desk::Desk::load(rows.iter().map(|row| (&*row.key, &*row.value))).map_err(|bad| {
        StartError::State(format!(
            "{bad}\n  help: a newer version may have written it: start that one, or restore a backup of the state folder"
        ))
    })?;
    Ok(Some((desk.clone(), rules)))
}

fn about(licenses: &Licenses, config: &Config, address: SocketAddr, cpu: CpuId) -> About {
    let mut vendors: Vec<String> =
        licenses.loaded.entitlements.iter().map(|line| line.vendor.to_string()).collect();
    if config.desk.is_some() {
        // Their packs come while the daemon runs.
        vendors.extend(config.trust.keys().iter().map(|trusted| trusted.vendor.to_string()));
    }
    vendors.sort();
    vendors.dedup();
    About {
        host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        port: address.port(),
        cpu,
        license_files: licenses.sources.iter().map(|source| source.name.clone()).collect(),
        vendors,
    }
}

fn spawn_owner(
    owner: Owner,
    ended: &CancellationToken,
) -> Result<JoinHandle<Result<(), store::JournalError>>, StartError> {
    let guard = ended.clone().drop_guard();
    let run = move || {
        // However it ends, also by a panic, the daemon ends with it.
        let _guard = guard;
        owner.run().inspect_err(|error| {
            tracing::error!(
                %error,
                "the journal failed, and the daemon ends; clients keep their seats meanwhile. See whether the disk is \
                 failing, and start the daemon again: it reads what was acknowledged"
            );
        })
    };
    Ok(std::thread::Builder::new().name("owner".into()).spawn(run)?)
}

impl Running {
    /// Where clients are served.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where administrators are served.
    #[must_use]
    pub fn admin_socket(&self) -> &std::path::Path {
        &self.admin_socket
    }

    /// Where the console is served, if anywhere.
    #[must_use]
    pub fn console(&self) -> Option<SocketAddr> {
        self.console
    }

    /// The token with which the console's first administrator is set up, once the log has it.
    #[must_use]
    pub fn set_up_token(&self) -> Option<&str> {
        self.desk.as_ref()?.set_up.get().map(String::as_str)
    }

    /// Cancelled when the daemon has ended by itself, which it does only on a fault.
    #[must_use]
    pub fn ended(&self) -> CancellationToken {
        self.ended.clone()
    }

    /// Cancelled when an administrator has asked it to stop (`lmdown`).
    #[must_use]
    pub fn stop_asked(&self) -> CancellationToken {
        self.edge.stop_asked.clone()
    }

    /// Drains: takes no more connections, asks clients to leave, waits for them for as long as is
    /// configured, writes down that it stopped, and ends every task.
    ///
    /// # Errors
    /// When the journal failed.
    pub fn stop(self) -> Result<(), StartError> {
        self.edge.draining.cancel();
        let began = std::time::Instant::now();
        while !self.front.is_finished() && began.elapsed() < self.drain && !self.owner.is_finished() {
            std::thread::park_timeout(Duration::from_millis(10));
        }
        self.edge.closing.cancel();
        let fine = self.front.join().unwrap_or(false);
        // What was submitted before is decided and answered first.
        while self.edge.ring.submit(Submission::Stop).is_err() && !self.owner.is_finished() {
            // The owner is behind a slow disk; it takes what is queued when it can.
            std::thread::park_timeout(Duration::from_millis(10));
        }
        let owner = self.owner.join();
        self.writing.stop();
        let _ = std::fs::remove_file(&self.admin_socket);
        match owner {
            Ok(ended) if fine => Ok(ended?),
            Ok(Err(journal)) => Err(journal.into()),
            _ => Err(StartError::Bug("a thread failed; the journal has what was acknowledged")),
        }
    }
}
