//! Listeners: one acceptor hands connections to a runtime per core, each on one thread.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};

use names::limits;
use proto::v1::seats_server::SeatsServer;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::task::TaskTracker;
use tonic::transport::Server;

use crate::calls::Calls;
use crate::config::{Config, Listen};
use crate::conn::{Conn, Count, Counted};
use crate::desk::{CALL_WITHIN, Desk, DeskCalls};
use crate::edge::Edge;
use crate::meter::{Budget, Meter};
use crate::metered::Metered;
use crate::timed::{SOON, Timed};

/// How long connections have to end once their streams have.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// How often it is said at most that connections are not taken.
const SAID_AT_MOST_EVERY: Duration = Duration::from_secs(1);
/// Connections handed over and not yet greeted, per runtime.
const HANDED_OVER_MAX: usize = 1_024;
/// Bytes of one status report.
const REPORT_BYTES_MAX: usize = 256 * 1024 * 1024;
/// After this a connection is asked to end, so that load spreads again; streams resume.
const CONNECTION_AGE: Duration = Duration::from_secs(24 * 3_600);

/// Binds where the configuration says: its port, else the license's, else the first free of
/// FlexNet's default ports.
pub(crate) fn bind(listen: Listen, license_port: Option<u16>) -> std::io::Result<TcpListener> {
    let ports: Vec<u16> = match listen.port.or(license_port) {
        Some(port) => vec![port],
        None => limits::PORTS_DEFAULT.collect(),
    };
    let mut last = std::io::Error::other("no port to listen on");
    for port in ports {
        let address = SocketAddr::new(listen.address, port);
        match TcpListener::bind(address) {
            Ok(listener) => {
                listener.set_nonblocking(true)?;
                return Ok(listener);
            }
            Err(e) => last = std::io::Error::new(e.kind(), format!("{address}: {e}")),
        }
    }
    Err(last)
}

/// A connection that was taken, and counts from then on.
pub(crate) type Taken = (std::net::TcpStream, Counted);

/// Takes connections until the drain begins, and hands each to the next runtime.
pub(crate) async fn accept(
    listener: TcpListener,
    edge: Arc<Edge>,
    count: Count,
    connections_max: usize,
    runtimes: Vec<mpsc::Sender<Taken>>,
) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let mut next = runtimes.iter().cycle();
    let (mut not_taken, mut said) = (0_u64, None::<Instant>);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = edge.draining.cancelled() => return Ok(()),
        };
        let handed_over = accepted.and_then(|(tcp, _)| {
            tcp.set_nodelay(true)?;
            let full = || std::io::Error::other("there are as many connections as may be");
            let counted = count.one_more(connections_max).ok_or_else(full)?;
            let to = next.next().ok_or_else(|| std::io::Error::other("no runtime"))?;
            let busy = |_| std::io::Error::other("too many connections come at once");
            to.try_send((tcp.into_std()?, counted)).map_err(busy)
        });
        if let Err(error) = handed_over {
            not_taken += 1;
            edge.counted.not_taken.one();
            // Who connects in vain again and again shall not fill the log too.
            if said.is_none_or(|at| at.elapsed() >= SAID_AT_MOST_EVERY) {
                tracing::warn!(%error, not_taken, "a connection was not taken");
                (not_taken, said) = (0, Some(Instant::now()));
            }
            if is_shortage(&error) {
                // What is open must end before another can begin.
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Out of descriptors or memory. Anything else is one connection's own end, and no reason to keep the
/// others waiting.
fn is_shortage(error: &std::io::Error) -> bool {
    use rustix::io::Errno;
    let shortages = [Errno::MFILE, Errno::NFILE, Errno::NOMEM, Errno::NOBUFS];
    Errno::from_io_error(error).is_some_and(|errno| shortages.contains(&errno))
}

/// Serves the connections that are handed over, on this thread, until the drain has ended.
pub(crate) async fn serve(
    edge: Arc<Edge>,
    config: Arc<Config>,
    desk: Option<Arc<Desk>>,
    budget: Arc<Budget>,
    mut handed_over: mpsc::Receiver<Taken>,
) -> Result<(), tonic::transport::Error> {
    let (greeted, incoming) = mpsc::channel::<std::io::Result<Conn>>(HANDED_OVER_MAX);
    let tasks = TaskTracker::new();
    let greeter = {
        let (edge, tasks) = (Arc::clone(&edge), tasks.clone());
        tasks.clone().spawn(async move {
            while let Some((tcp, counted)) = handed_over.recv().await {
                let greeted = greeted.clone();
                let draining = edge.draining.clone();
                let meter = Meter::new(&budget);
                tasks.spawn(async move {
                    let Ok(tcp) = tokio::net::TcpStream::from_std(tcp) else { return };
                    let from = tcp.peer_addr().ok();
                    let conn = tokio::select! {
                        conn = Conn::greet(tcp, counted, meter) => conn,
                        () = draining.cancelled() => return,
                    };
                    match conn {
                        // The server has gone only when the drain has ended.
                        Ok(conn) => drop(greeted.send(Ok(conn)).await),
                        Err(error) => tracing::info!(?from, %error, "a connection was closed"),
                    }
                });
            }
        })
    };
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_serving::<SeatsServer<Calls>>().await;
    let calls = SeatsServer::new(Calls::new(Arc::clone(&edge)))
        .max_decoding_message_size(limits::MESSAGE_BYTES_MAX)
        .max_encoding_message_size(REPORT_BYTES_MAX);
    let draining = edge.draining.clone();
    let serving = Server::builder()
        .initial_stream_window_size(1024 * 1024)
        .initial_connection_window_size(32 * 1024 * 1024)
        .http2_adaptive_window(Some(false))
        .max_concurrent_streams(config.streams_per_connection)
        .http2_keepalive_interval(Some(Duration::from_secs(20)))
        .http2_keepalive_timeout(Some(Duration::from_secs(20)))
        .http2_max_header_list_size(8 * 1024)
        .http2_max_pending_accept_reset_streams(Some(20))
        .http2_max_local_error_reset_streams(Some(256))
        .max_connection_age(CONNECTION_AGE)
        .max_connection_age_grace(Duration::from_secs(60))
        .add_service(Timed(Metered(health_service), SOON))
        .add_service(Timed(Metered(calls), SOON))
        .add_optional_service(desk.as_ref().map(|desk| Timed(Metered(DeskCalls::served(desk)), CALL_WITHIN)))
        .serve_with_incoming_shutdown(ReceiverStream::new(incoming), draining.cancelled_owned());
    let served = tokio::select! {
        served = serving => served,
        // Clients that do not even take leave are cut off.
        () = async { edge.closing.cancelled().await; tokio::time::sleep(LAST_WORDS).await } => Ok(()),
    };
    greeter.abort();
    tasks.close();
    tasks.wait().await;
    served
}
