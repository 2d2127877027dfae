//! Reaching a server: the connection's settings, the hello and its welcome.

use std::error::Error as StdError;
use std::time::Duration;

use names::{Code, limits};
use proto::v1;
use proto::v1::seats_client::SeatsClient;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint};

use crate::boot::Boot;
use crate::probe::{Spoken, probe};
use crate::{Server, Tried, shown};

/// Messages of a stream that wait for the connection.
const OUTBOUND_MAX: usize = 64;
/// A welcome lists all that a session holds, so what comes in may be larger than what goes out.
const INBOUND_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How long a server may take for a welcome: its disk may be slow.
const WELCOME: Duration = Duration::from_secs(10);
/// After so long without an answer it is asked what kind of server this is.
const SILENCE: Duration = Duration::from_secs(2);
/// Characters of a server's words that are kept.
const WORDS_MAX: usize = 1000;

/// What a client says it is; `lmver` finds it in an application.
const AGENT: &str = concat!("Seatkeeper v", env!("CARGO_PKG_VERSION"), " client");

/// How long reaching one server may take.
pub(crate) const CONNECT: Duration = Duration::from_secs(3);

/// A stream with an open session on it.
pub(crate) struct Link {
    pub(crate) tx: mpsc::Sender<v1::ClientMessage>,
    pub(crate) rx: tonic::Streaming<v1::ServerMessage>,
    pub(crate) welcome: v1::Welcome,
    /// When the hello was sent: the lease counts from here.
    pub(crate) sent_at: Boot,
}

/// Why there is no link.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The server could not be reached or does not speak our language.
    Unreached(Tried),
    /// The server refused the hello.
    Denied(v1::Denied),
}

/// Connects to one server.
pub(crate) async fn channel(server: &Server, connect: Duration) -> Result<Channel, Tried> {
    reach(server, connect).await.map_err(|tried| match server.foreign_file() {
        Some(file) => {
            let why =
                format!("{}; {}, which names it, is not signed for Seatkeeper", tried.why, file.display());
            Tried { why: shown(&why, WORDS_MAX), foreign: true, ..tried }
        }
        None => tried,
    })
}

async fn reach(server: &Server, connect: Duration) -> Result<Channel, Tried> {
    let failed = |code, why: String, os_error| Tried {
        server: server.clone(),
        code,
        why: shown(&why, WORDS_MAX),
        foreign: false,
        os_error,
    };
    match timeout(connect, tokio::net::lookup_host((server.host(), server.port()))).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => {
            return Err(failed(Code::ServerDown, format!("no host of this name ({error})"), None));
        }
        Err(_) => return Err(failed(Code::ServerDown, "its name was not resolved in time".into(), None)),
    }
    let endpoint = Endpoint::from_shared(format!("http://{}", server.authority()))
        .and_then(|endpoint| endpoint.user_agent(AGENT))
        .map_err(|error| failed(Code::BadParameter, error.to_string(), None))?
        .connect_timeout(connect)
        .tcp_nodelay(true)
        .initial_stream_window_size(1024 * 1024)
        .initial_connection_window_size(32 * 1024 * 1024)
        .http2_adaptive_window(false)
        .http2_keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(20))
        .keep_alive_while_idle(true);
    match timeout(connect, endpoint.connect()).await {
        Ok(Ok(channel)) => Ok(channel),
        Ok(Err(error)) => {
            let (code, why, number) = connect_failure(&error);
            Err(failed(code, why, number))
        }
        Err(_) => {
            let why = format!("no answer in {} ms", connect.as_millis());
            Err(failed(Code::ServerDown, why, None))
        }
    }
}

/// What the operating system said about a connection that did not come about.
fn connect_failure(error: &(dyn StdError + 'static)) -> (Code, String, Option<i32>) {
    use std::io::ErrorKind as Kind;
    let mut at = Some(error);
    while let Some(error) = at {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            let down = [Kind::TimedOut, Kind::HostUnreachable, Kind::NetworkUnreachable];
            let code = if down.contains(&io.kind()) { Code::ServerDown } else { Code::NoConnection };
            return (code, io.kind().to_string(), io.raw_os_error());
        }
        at = error.source();
    }
    (Code::ServerDown, innermost(error), None)
}

fn innermost(error: &(dyn StdError + 'static)) -> String {
    let mut last = error;
    while let Some(next) = last.source() {
        last = next;
    }
    last.to_string()
}

/// Opens or resumes a session on a new stream.
pub(crate) async fn dial(
    server: &Server,
    hello: v1::Hello,
    request_id: u64,
    connect: Duration,
) -> Result<Link, Refusal> {
    let channel = channel(server, connect).await.map_err(Refusal::Unreached)?;
    let mut client = SeatsClient::new(channel)
        .max_encoding_message_size(limits::MESSAGE_BYTES_MAX)
        .max_decoding_message_size(INBOUND_BYTES_MAX);
    let (tx, outbound) = mpsc::channel(OUTBOUND_MAX);
    let kind = Some(v1::command::Kind::Hello(hello));
    let first = v1::ClientMessage { commands: vec![v1::Command { request_id, session: 0, kind }] };
    let sent_at = Boot::now();
    // There is room: nothing else is in the channel.
    let _ = tx.try_send(first);
    let greeted = answered(server, WELCOME, async {
        let mut rx = client.session(ReceiverStream::new(outbound)).await?.into_inner();
        let kind = welcome(&mut rx, request_id).await?;
        Ok((rx, kind))
    });
    match greeted.await.map_err(Refusal::Unreached)? {
        (rx, Some(v1::reply::Kind::Welcome(welcome))) => Ok(Link { tx, rx, welcome, sent_at }),
        (_, Some(v1::reply::Kind::Denied(denied))) => Err(Refusal::Denied(denied)),
        _ => Err(Refusal::Unreached(strange(server, "it answers a hello with something else"))),
    }
}

/// Waits for a call. Where nothing comes for a while, it looks what is at the address: FlexNet's
/// lmgrd may keep silent.
pub(crate) async fn answered<T>(
    server: &Server,
    limit: Duration,
    call: impl Future<Output = Result<T, tonic::Status>>,
) -> Result<T, Tried> {
    let mut call = std::pin::pin!(call);
    let mut answer = timeout(SILENCE.min(limit), &mut call).await;
    if answer.is_err() {
        if let Some(tried) = foreign(server).await {
            return Err(tried);
        }
        answer = timeout(limit.saturating_sub(SILENCE), call).await;
    }
    match answer {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(status)) => Err(failed_call(server, &status).await),
        Err(_) => {
            let why = format!("no answer in {} s", limit.as_secs());
            Err(Tried { code: Code::CannotRead, ..strange(server, &why) })
        }
    }
}

/// The answer to the hello; nothing when the stream ends without one.
async fn welcome(
    rx: &mut tonic::Streaming<v1::ServerMessage>,
    request_id: u64,
) -> Result<Option<v1::reply::Kind>, tonic::Status> {
    while let Some(message) = rx.message().await? {
        if let Some(reply) = message.replies.into_iter().find(|reply| reply.request_id == request_id) {
            return Ok(reply.kind);
        }
    }
    Ok(None)
}

fn strange(server: &Server, why: &str) -> Tried {
    Tried {
        server: server.clone(),
        code: Code::BadServerData,
        why: why.into(),
        foreign: false,
        os_error: None,
    }
}

/// Why a call failed: what is at the address may be no server of ours at all.
async fn failed_call(server: &Server, status: &tonic::Status) -> Tried {
    use tonic::Code as Grpc;
    if status.code() == Grpc::Unimplemented {
        return Tried { foreign: true, ..strange(server, "a gRPC server, but not Seatkeeper") };
    }
    let of_transport =
        matches!(status.code(), Grpc::Unavailable | Grpc::Unknown | Grpc::Internal | Grpc::Cancelled);
    if of_transport && let Some(tried) = foreign(server).await {
        return tried;
    }
    let code = match status.code() {
        Grpc::ResourceExhausted | Grpc::Unavailable => Code::Busy,
        Grpc::DeadlineExceeded | Grpc::Cancelled => Code::CannotRead,
        _ => Code::BadServerData,
    };
    Tried { code, ..strange(server, &shown(status.message(), WORDS_MAX)) }
}

/// What else is at the address, when it is not HTTP/2.
async fn foreign(server: &Server) -> Option<Tried> {
    let why = match probe(server).await {
        Spoken::Http2 | Spoken::Unreachable => return None,
        Spoken::Http1 => "a web server, not Seatkeeper",
        Spoken::Tls => "it speaks TLS, which this release does not",
        Spoken::Other => "not Seatkeeper: it answers as FlexNet's lmgrd does",
    };
    Some(Tried { foreign: true, ..strange(server, why) })
}
