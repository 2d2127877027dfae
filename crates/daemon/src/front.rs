//! The front: the thread that takes connections, serves administrators and metrics, and feeds the service
//! manager's watchdog; and the runtimes that it hands connections to, one a core.

use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Config;
use crate::conn::Count;
use crate::desk::{self, Deeds, Desk, Journal};
use crate::edge::Edge;
use crate::meter::Budget;
use crate::metrics::{Sources, Started};
use crate::owner::Pulse;
use crate::readers::Keeper;
use crate::remind::{self, Ways};
use crate::{admin, daily, exporter, notify, server};

/// Status reports that one runtime puts together at once; they never run on its own thread.
const REPORTS_AT_ONCE: usize = 2;
/// What the desk decides, reads and writes at once.
const DESK_AT_ONCE: usize = 8;

/// What the front thread has: the acceptor, the administrators and the watchdog.
pub(crate) struct Front {
    pub(crate) edge: Arc<Edge>,
    pub(crate) config: Arc<Config>,
    pub(crate) pulse: Arc<Pulse>,
    pub(crate) office: admin::Office,
    pub(crate) desk: Option<(Arc<Desk>, Deeds)>,
    /// How reminders are sent.
    pub(crate) ways: Ways,
    pub(crate) keeper: Keeper<store::RealDisk>,
    pub(crate) started: Started,
}

/// Where others reach the daemon.
pub(crate) struct Sockets {
    pub(crate) clients: std::net::TcpListener,
    pub(crate) office: std::os::unix::net::UnixListener,
    pub(crate) exporter: Option<std::net::TcpListener>,
    pub(crate) console: Option<std::net::TcpListener>,
}

fn runtime(blocking: usize) -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_all().max_blocking_threads(blocking).build()
}

/// Starts the desk's thread: its office has time for what takes long, and nobody else waits for it.
fn spawn_desk(
    (desk, deeds): (Arc<Desk>, Deeds),
    journal: Journal,
    console: Option<std::net::TcpListener>,
    ended: &CancellationToken,
) -> std::io::Result<JoinHandle<bool>> {
    let runtime = runtime(DESK_AT_ONCE)?;
    let guard = ended.clone().drop_guard();
    let run = move || {
        let _guard = guard;
        runtime.block_on(desk::run(desk, deeds, journal, console));
        true
    };
    std::thread::Builder::new().name("desk".into()).spawn(run)
}

/// Starts the front, and the runtimes, which it waits for.
pub(crate) fn spawn(
    mut front: Front,
    mut sockets: Sockets,
    ended: &CancellationToken,
) -> std::io::Result<JoinHandle<bool>> {
    let count = Count::default();
    let budget = Budget::new(front.config.buffered);
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut runtimes = Vec::new();
    let mut threads = Vec::new();
    let (desk, deeds) = front.desk.take().unzip();
    if let (Some(desk), Some(deeds)) = (&desk, deeds) {
        let events = &front.office.events;
        let journal = Journal { folder: events.state_folder.clone(), store: events.readers.store };
        let console = sockets.console.take();
        threads.push(spawn_desk((Arc::clone(desk), deeds), journal, console, ended)?);
        threads.extend(remind::spawn(Arc::clone(desk), std::mem::take(&mut front.ways))?);
    }
    for n in 0..cores {
        let (hand_over, handed_over) = mpsc::channel(1_024);
        let (edge, config) = (Arc::clone(&front.edge), Arc::clone(&front.config));
        let budget = Arc::clone(&budget);
        let desk = desk.clone();
        let runtime = runtime(REPORTS_AT_ONCE)?;
        let guard = ended.clone().drop_guard();
        let serve = move || {
            // A daemon that serves some clients and not others would not be started again.
            let _guard = guard;
            let served = runtime.block_on(server::serve(edge, config, desk, budget, handed_over));
            served.inspect_err(|error| tracing::error!(%error, "a listener failed")).is_ok()
        };
        threads.push(std::thread::Builder::new().name(format!("io-{n}")).spawn(serve)?);
        runtimes.push(hand_over);
    }
    let runtime = runtime(REPORTS_AT_ONCE)?;
    let guard = ended.clone().drop_guard();
    let run = move || {
        let _guard = guard;
        runtime.block_on(async move {
            let tasks = TaskTracker::new();
            let Front { edge, config, pulse, office, keeper, started, .. } = front;
            if let Some(listener) = sockets.exporter {
                let (edge, pulse, connections) = (Arc::clone(&edge), Arc::clone(&pulse), count.clone());
                let stop = edge.draining.clone();
                let connections_max = config.connections;
                let sources =
                    Arc::new(Sources { edge, pulse, connections, connections_max, budget, started });
                tasks.spawn(async move {
                    if let Err(error) = exporter::serve(listener, sources, stop).await {
                        tracing::error!(%error, "metrics are not served");
                    }
                });
            }
            tasks.spawn(keeper.run(Arc::clone(&edge), Arc::clone(&pulse)));
            // It is fed until the last has ended; nobody waits for it.
            tokio::spawn(notify::watchdog(Arc::clone(&edge), pulse, edge.closing.clone()));
            tasks.spawn(daily::run(Arc::clone(&edge), office.files.clone()));
            tasks.spawn(async move {
                if let Err(error) = admin::serve(office, desk, sockets.office).await {
                    tracing::error!(%error, "administrators are not served");
                }
            });
            tasks.spawn(async move {
                if let Err(error) =
                    server::accept(sockets.clients, edge, count, config.connections, runtimes).await
                {
                    tracing::error!(%error, "no connections are accepted");
                }
            });
            tasks.close();
            tasks.wait().await;
        });
        // A thread that panicked has said so.
        let ended: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap_or(false)).collect();
        ended.into_iter().all(|fine| fine)
    };
    std::thread::Builder::new().name("front".into()).spawn(run)
}
