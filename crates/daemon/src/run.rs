//! Starting and stopping: everything is checked before a socket opens.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use arc_swap::ArcSwap;
use names::CpuId;
use service::{Engine, Licensed};
use store::HostLock;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Config;
use crate::conn::Count;
use crate::edge::{About, Edge, Submission, VERSION};
use crate::licenses::{Licenses, LicensesError};
use crate::owner::{Owner, Pulse, Work, survivors};
use crate::ring::Ring;
use crate::{admin, clock, hostid, init, notify, server, view};

/// Submissions that may wait for the owner: each is what one connection had to say at a time.
const RING_CAPACITY: usize = 16_384;

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
    /// The state folder was not made, or is damaged.
    #[error("{0}")]
    State(String),
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
    /// 74 where the disk failed, else 71.
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::Root | Self::NoHostId | Self::Licenses(_) | Self::State(_) | Self::Lock(_) => 78,
            Self::Journal(_) => 74,
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
    front: JoinHandle<()>,
    /// Cancelled when the owner has ended, for whatever reason.
    owner_ended: CancellationToken,
    _locks: (Vec<HostLock>, Option<store::FolderLock>),
}

/// Checks everything, opens the state and the sockets, and serves.
///
/// # Errors
/// What is wrong, with its remedy; nothing is served then.
pub fn start(config: Config, allow_root: bool) -> Result<Running, StartError> {
    if rustix::process::geteuid().is_root() && !allow_root {
        return Err(StartError::Root);
    }
    let host = if config.host_ids.is_empty() { hostid::host_ids() } else { config.host_ids.clone() };
    let cpu = host.first().cloned().ok_or(StartError::NoHostId)?;
    let licenses = Licenses::read(&config, &host)?;
    licenses.log();
    let host_key = init::read_host_key(&config.state_folder).map_err(StartError::State)?;
    init::check_host_key(&licenses, &host_key);
    let locks = take_locks(&licenses, &cpu)?;
    let opened = open_state(&config)?;
    let listener =
        server::bind(config.listen, license_port(&licenses)).map_err(|source| StartError::Socket {
            what: "clients cannot be served".into(),
            source,
            remedy: "stop what uses the port, or set another with listen = \"ADDRESS:PORT\"",
        })?;
    let address = listener.local_addr()?;
    let office_socket = admin::bind(&config.admin_socket).map_err(|source| StartError::Socket {
        what: format!("administrators cannot be served at {}", config.admin_socket.display()),
        source,
        remedy: "set a path in a folder that the daemon's user may write to with admin_socket = \"PATH\"",
    })?;

    let licensed = Arc::new(Licensed::new(&licenses.loaded.entitlements));
    let (publisher, viewer) = view::view(opened.state.clone());
    let engine = Engine::new(opened.state, config.settings, Arc::clone(&licensed), clock::now());
    let about = about(&licenses, address, cpu);
    let edge = Arc::new(Edge {
        ring: Ring::new(RING_CAPACITY),
        directory: papaya::HashMap::new(),
        viewer,
        licensed: ArcSwap::new(licensed),
        host_key,
        settings: config.settings,
        about,
        draining: CancellationToken::new(),
        closing: CancellationToken::new(),
    });
    for (session, live) in survivors(&engine) {
        edge.directory.pin().insert(session, live);
    }
    let pulse = Arc::new(Pulse::default());
    let mut owner = Owner {
        edge: Arc::clone(&edge),
        engine,
        journal: opened.journal,
        applier: store::Applier::spawn(opened.follower, store::ApplierOptions::default())?,
        publisher,
        pulse: Arc::clone(&pulse),
        work: Work::default(),
    };
    owner.start()?;
    let drain = Duration::from_millis(config.drain.0);
    let admin_socket = config.admin_socket.clone();
    let office = admin::Office {
        edge: Arc::clone(&edge),
        pulse: Arc::clone(&pulse),
        listen: address.to_string(),
        state_folder: config.state_folder.display().to_string(),
    };
    let owner_ended = CancellationToken::new();
    let owner = spawn_owner(owner, &owner_ended)?;
    let front = spawn_front(
        Front { edge: Arc::clone(&edge), config: Arc::new(config), pulse, office },
        listener,
        office_socket,
    )?;
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
        owner_ended,
        _locks: (locks, opened.lock),
    })
}

fn take_locks(licenses: &Licenses, cpu: &CpuId) -> Result<Vec<HostLock>, StartError> {
    let mut keys: Vec<String> =
        licenses.loaded.entitlements.iter().map(|line| line.line.key_id.to_string()).collect();
    keys.sort();
    keys.dedup();
    keys.iter().map(|key| HostLock::take(key, cpu.as_str()).map_err(Into::into)).collect()
}

type Opened = store::Opened<store::RealDisk, store::SledStore>;

fn open_state(config: &Config) -> Result<Opened, StartError> {
    let opened = store::open(&config.state_folder, &store::Options::default())
        .map_err(|e| StartError::State(e.to_string()))?;
    tracing::info!("state: {}", opened.report);
    Ok(opened)
}

fn license_port(licenses: &Licenses) -> Option<u16> {
    licenses.loaded.servers.iter().find_map(|server| server.port)
}

fn about(licenses: &Licenses, address: SocketAddr, cpu: CpuId) -> About {
    let mut vendors: Vec<String> =
        licenses.loaded.entitlements.iter().map(|line| line.vendor.to_string()).collect();
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
        owner.run()
    };
    Ok(std::thread::Builder::new().name("owner".into()).spawn(run)?)
}

/// What the front thread has: the acceptor, the administrators and the watchdog.
struct Front {
    edge: Arc<Edge>,
    config: Arc<Config>,
    pulse: Arc<Pulse>,
    office: admin::Office,
}

fn runtime() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

fn spawn_front(
    front: Front,
    listener: std::net::TcpListener,
    office_socket: std::os::unix::net::UnixListener,
) -> Result<JoinHandle<()>, StartError> {
    let count = Count::default();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut runtimes = Vec::new();
    let mut threads = Vec::new();
    for n in 0..cores {
        let (hand_over, handed_over) = mpsc::channel(1_024);
        let (edge, config, count) = (Arc::clone(&front.edge), Arc::clone(&front.config), count.clone());
        let runtime = runtime()?;
        let serve = move || {
            if let Err(error) = runtime.block_on(server::serve(edge, config, count, handed_over)) {
                tracing::error!(%error, "a listener failed");
            }
        };
        threads.push(std::thread::Builder::new().name(format!("io-{n}")).spawn(serve)?);
        runtimes.push(hand_over);
    }
    let runtime = runtime()?;
    let run = move || {
        runtime.block_on(async move {
            let tasks = TaskTracker::new();
            let Front { edge, config, pulse, office } = front;
            tasks.spawn(notify::watchdog(Arc::clone(&edge), pulse, edge.closing.clone()));
            tasks.spawn(async move {
                if let Err(error) = admin::serve(office, office_socket).await {
                    tracing::error!(%error, "administrators are not served");
                }
            });
            tasks.spawn(async move {
                if let Err(error) = server::accept(listener, edge, count, config.connections, runtimes).await
                {
                    tracing::error!(%error, "no connections are accepted");
                }
            });
            tasks.close();
            tasks.wait().await;
        });
        for thread in threads {
            // A thread that panicked has said so.
            let _ = thread.join();
        }
    };
    Ok(std::thread::Builder::new().name("front".into()).spawn(run)?)
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

    /// Cancelled when the daemon has ended by itself, which it does only on a fault.
    #[must_use]
    pub fn ended(&self) -> CancellationToken {
        self.owner_ended.clone()
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
        let _ = self.front.join();
        // What was submitted before is decided and answered first.
        let _ = self.edge.ring.submit(Submission::Stop);
        let owner = self.owner.join();
        let _ = std::fs::remove_file(&self.admin_socket);
        match owner {
            Ok(ended) => Ok(ended?),
            Err(_) => Err(StartError::State(
                "the owner's thread panicked; the journal has what was acknowledged".into(),
            )),
        }
    }
}
