//! The metrics' endpoint: `GET /metrics`, and nothing else, over HTTP/1.
//!
//! Whoever asks gets one answer and is let go. What anybody may take of the daemon by asking is bounded:
//! connections, time, and bytes of a request and of what the system keeps of an answer. One answer is put
//! together at a time, for all who asked before it was begun.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{ACCEPT, ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::conn::Count;
use crate::metrics::{Sources, plain};

/// Connections at once; one more is closed.
const CONNECTIONS_MAX: usize = 8;
/// How long a request may take to come.
const HEAD_WITHIN: Duration = Duration::from_secs(5);
/// How long a connection may live.
const WITHIN: Duration = Duration::from_secs(10);
/// Bytes of a request's head.
const HEAD_BYTES_MAX: usize = 8 * 1024;
/// Bytes of an answer that the system keeps until they are read.
const SENT_BYTES_MAX: usize = 256 * 1024;
/// How long it waits when the system has no more descriptors.
const SHORTAGE: Duration = Duration::from_millis(100);

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const PLAIN: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
const OPEN_METRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// Binds where the configuration says.
pub(crate) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Who waits for the metrics, in which format.
struct Asked {
    format: Format,
    told: oneshot::Sender<String>,
}

/// How the metrics are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Plain,
    OpenMetrics,
}

/// Answers until it is told to end.
pub(crate) async fn serve(
    listener: TcpListener,
    sources: Arc<Sources>,
    stop: CancellationToken,
) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let count = Count::default();
    let (asks, asked) = mpsc::channel(CONNECTIONS_MAX);
    // It ends with the last who may ask.
    tokio::spawn(make(sources, asked));
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
        // Where it cannot be set, the system's own limit holds.
        let _ = rustix::net::sockopt::set_socket_send_buffer_size(&tcp, SENT_BYTES_MAX);
        let asks = asks.clone();
        let answer = service_fn(move |request| answer(request, asks.clone()));
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

/// Puts the metrics together, once for all who wait for them, while anybody may ask. Whoever goes away
/// leaves no work behind.
async fn make(sources: Arc<Sources>, mut asked: mpsc::Receiver<Asked>) {
    let mut waiting = Vec::new();
    while asked.recv_many(&mut waiting, CONNECTIONS_MAX).await > 0 {
        waiting.retain(|asked: &Asked| !asked.told.is_closed());
        if waiting.is_empty() {
            continue;
        }
        let (sources, waiting) = (Arc::clone(&sources), std::mem::take(&mut waiting));
        // The state of many seats takes long, and administrators are served on this thread. Who is not
        // told hears that it failed.
        let _ = tokio::task::spawn_blocking(move || tell_all(&sources, waiting)).await;
    }
}

fn tell_all(sources: &Arc<Sources>, waiting: Vec<Asked>) {
    let Ok(text) = sources.text() else { return };
    let mut made = None;
    for Asked { format, told } in waiting {
        let text = match format {
            Format::OpenMetrics => &text,
            Format::Plain => made.get_or_insert_with(|| plain(&text)),
        };
        // Whoever asked may have gone.
        let _ = told.send(text.clone());
    }
}

async fn answer(
    request: Request<Incoming>,
    asks: mpsc::Sender<Asked>,
) -> Result<Response<String>, Infallible> {
    let is_get = request.method() == Method::GET;
    Ok(match request.uri().path() {
        "/metrics" if is_get => metrics(format(&request), asks).await,
        "/metrics" => {
            let mut told = tell(StatusCode::METHOD_NOT_ALLOWED, TEXT, "only GET is answered\n".into());
            told.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
            told
        }
        _ => tell(StatusCode::NOT_FOUND, TEXT, "the metrics are at /metrics\n".into()),
    })
}

/// OpenMetrics for who takes it, as Prometheus does.
fn format(request: &Request<Incoming>) -> Format {
    let mut accepted = request.headers().get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let is_open = accepted.any(|value| value.contains("application/openmetrics-text"));
    if is_open { Format::OpenMetrics } else { Format::Plain }
}

async fn metrics(format: Format, asks: mpsc::Sender<Asked>) -> Response<String> {
    let (told, hears) = oneshot::channel();
    if asks.send(Asked { format, told }).await.is_err() {
        return tell(StatusCode::SERVICE_UNAVAILABLE, TEXT, "the daemon ends\n".into());
    }
    match (hears.await, format) {
        (Ok(text), Format::OpenMetrics) => tell(StatusCode::OK, OPEN_METRICS, text),
        (Ok(text), Format::Plain) => tell(StatusCode::OK, PLAIN, text),
        (Err(_), _) => {
            tell(StatusCode::INTERNAL_SERVER_ERROR, TEXT, "the metrics could not be put together\n".into())
        }
    }
}

fn tell(status: StatusCode, kind: HeaderValue, text: String) -> Response<String> {
    let mut told = Response::new(text);
    *told.status_mut() = status;
    told.headers_mut().insert(CONTENT_TYPE, kind);
    told
}
