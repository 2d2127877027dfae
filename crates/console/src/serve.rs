//! Connections: HTTP/1.1 only, each with a bound on bytes, time and number.

mod paced;

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use self::paced::Paced;
use crate::{App, Host, Settings, gate, limits};

/// How long it waits when the system has no more descriptors.
const SHORTAGE: Duration = Duration::from_millis(100);
/// How long connections may take to end.
const END_WITHIN: Duration = Duration::from_secs(3);

/// Where a connection comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Serves the console until it is told to end.
///
/// # Errors
/// An address that cannot be told, settings that cannot be, or a system without random numbers.
pub async fn serve(
    listener: TcpListener,
    host: Arc<dyn Host>,
    settings: Settings,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let (end, ending) = watch::channel(false);
    let app = App::new(host, settings, listener.local_addr()?, ending)?;
    let router = gate::router(&app);
    let mut connections = JoinSet::new();
    accept(&listener, &app, &router, shutdown, &mut connections).await;
    drop(listener);
    // Streams end by it, and connections with what they are at.
    let _ = end.send(true);
    let all = async { while connections.join_next().await.is_some() {} };
    // What has not ended by then is dropped.
    let _ = tokio::time::timeout(END_WITHIN, all).await;
    Ok(())
}

async fn accept(
    listener: &TcpListener,
    app: &Arc<App>,
    router: &Router,
    shutdown: impl Future<Output = ()> + Send,
    connections: &mut JoinSet<()>,
) {
    let mut shutdown = pin!(shutdown);
    let mut by_address: HashMap<IpAddr, usize> = HashMap::new();
    let (gone, mut went) = mpsc::unbounded_channel::<IpAddr>();
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(address) = went.recv() => {
                forget(&mut by_address, address);
                while connections.try_join_next().is_some() {}
                continue;
            }
            accepted = listener.accept() => accepted,
        };
        let Ok((tcp, peer)) = accepted else {
            tokio::time::sleep(SHORTAGE).await;
            continue;
        };
        let address = peer.ip().to_canonical();
        let count = by_address.get(&address).copied().unwrap_or(0);
        let is_proxy = app.settings.proxies.contains(&address);
        if connections.len() >= limits::CONNECTIONS_MAX
            || (count >= limits::CONNECTIONS_PER_ADDRESS && !is_proxy)
        {
            continue;
        }
        by_address.insert(address, count + 1);
        let (router, gone, ending) = (router.clone(), gone.clone(), app.ending.clone());
        connections.spawn(async move {
            connection(tcp, peer, router, ending).await;
            // Nobody hears it when the console ends.
            let _ = gone.send(address);
        });
    }
}

fn forget(by_address: &mut HashMap<IpAddr, usize>, address: IpAddr) {
    if let Some(count) = by_address.get_mut(&address) {
        *count -= 1;
        if *count == 0 {
            by_address.remove(&address);
        }
    }
}

async fn connection(tcp: TcpStream, peer: SocketAddr, router: Router, mut ending: watch::Receiver<bool>) {
    let _ = tcp.set_nodelay(true);
    let answer = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(Peer(peer.ip().to_canonical()));
        let router = router.clone();
        async move { Ok::<_, Infallible>(router.oneshot(request).await.unwrap_or_else(|never| match never {})) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::HEAD_WITHIN)
        .max_buf_size(limits::HEAD_BYTES_MAX)
        .max_headers(limits::HEADERS_MAX)
        .half_close(false)
        .serve_connection(TokioIo::new(Paced::new(tcp, limits::WRITE_WITHIN)), answer);
    let mut served = pin!(served);
    tokio::select! {
        // Whoever asked badly, or went away, has nothing to be told.
        _ = served.as_mut() => return,
        _ = ending.wait_for(|is_ending| *is_ending) => served.as_mut().graceful_shutdown(),
    }
    let _ = served.await;
}
