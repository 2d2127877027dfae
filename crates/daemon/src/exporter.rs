//! The metrics' endpoint: `GET /metrics`, and nothing else, over HTTP/1.
//!
//! Whoever asks gets one answer and is let go. What anybody may take of the daemon by asking is bounded:
//! connections, time, and bytes of a request.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio_util::sync::CancellationToken;

use crate::conn::Count;
use crate::metrics::Sources;

/// Connections at once; one more is closed.
const CONNECTIONS_MAX: usize = 8;
/// How long a request may take to come.
const HEAD_WITHIN: Duration = Duration::from_secs(5);
/// How long a connection may live.
const WITHIN: Duration = Duration::from_secs(10);
/// Bytes of a request's head.
const HEAD_BYTES_MAX: usize = 8 * 1024;
/// How long it waits when the system has no more descriptors.
const SHORTAGE: Duration = Duration::from_millis(100);

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const OPEN_METRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// Binds where the configuration says.
pub(crate) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Answers until it is told to end.
pub(crate) async fn serve(
    listener: TcpListener,
    sources: Arc<Sources>,
    stop: CancellationToken,
) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let count = Count::default();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return Ok(()),
        };
        let Ok((tcp, _)) = accepted else {
            tokio::time::sleep(SHORTAGE).await;
            continue;
        };
        let Some(counted) = count.one_more(CONNECTIONS_MAX) else { continue };
        let sources = Arc::clone(&sources);
        let answer = service_fn(move |request| answer(request, Arc::clone(&sources)));
        let served = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_WITHIN)
            .max_buf_size(HEAD_BYTES_MAX)
            .keep_alive(false)
            .serve_connection(TokioIo::new(tcp), answer);
        tokio::spawn(async move {
            let _counted = counted;
            // Whoever asked badly, or went away, has nothing to be told.
            let _ = tokio::time::timeout(WITHIN, served).await;
        });
    }
}

async fn answer(request: Request<Incoming>, sources: Arc<Sources>) -> Result<Response<String>, Infallible> {
    let is_get = request.method() == Method::GET;
    Ok(match request.uri().path() {
        "/metrics" if is_get => metrics(sources).await,
        "/metrics" => {
            let mut told = tell(StatusCode::METHOD_NOT_ALLOWED, TEXT, "only GET is answered\n".into());
            told.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
            told
        }
        _ => tell(StatusCode::NOT_FOUND, TEXT, "the metrics are at /metrics\n".into()),
    })
}

async fn metrics(sources: Arc<Sources>) -> Response<String> {
    // Putting the state of many seats together takes long, and administrators are served on this thread.
    // Whoever goes away leaves no work behind.
    let asks = Arc::new(());
    let still_asks = Arc::downgrade(&asks);
    let made = tokio::task::spawn_blocking(move || still_asks.upgrade().map(|_| sources.text())).await;
    drop(asks);
    match made {
        Ok(Some(Ok(text))) => tell(StatusCode::OK, OPEN_METRICS, text),
        _ => tell(StatusCode::INTERNAL_SERVER_ERROR, TEXT, "the metrics could not be put together\n".into()),
    }
}

fn tell(status: StatusCode, kind: HeaderValue, text: String) -> Response<String> {
    let mut told = Response::new(text);
    *told.status_mut() = status;
    told.headers_mut().insert(CONTENT_TYPE, kind);
    told
}
