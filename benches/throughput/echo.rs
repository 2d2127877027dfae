//! A server that answers with the same messages and does nothing else, in a process of its own. It
//! has the daemon's threads and the daemon's HTTP/2 settings.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use proto::v1::seats_server::{Seats, SeatsServer};
use proto::v1::{self, command, reply};
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt as _};
use tonic::transport::Server;
use tonic::{Request, Response, Status, Streaming};

/// The word that makes this program the echo.
pub(crate) const WORD: &str = "serve-echo";

/// The echo's process. It ends when this does.
#[derive(Debug)]
pub(crate) struct Echo {
    pub(crate) address: SocketAddr,
    child: Child,
}

impl Echo {
    pub(crate) fn start() -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let mut child = command.arg(WORD).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { address: line.trim().parse().unwrap(), child }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves until whoever started it is gone.
pub(crate) fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("{}", listener.local_addr().unwrap());
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let runtimes: Vec<_> = (0..cores).map(|_| serve_on_a_thread()).collect();
    std::thread::spawn(move || {
        for runtime in runtimes.iter().cycle() {
            let (tcp, _) = listener.accept().unwrap();
            tcp.set_nonblocking(true).unwrap();
            tcp.set_nodelay(true).unwrap();
            runtime.blocking_send(tcp).unwrap();
        }
    });
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

fn serve_on_a_thread() -> tokio::sync::mpsc::Sender<std::net::TcpStream> {
    let (hand_over, handed_over) = tokio::sync::mpsc::channel(64);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let incoming = ReceiverStream::new(handed_over).map(tokio::net::TcpStream::from_std);
        let serving = Server::builder()
            .initial_stream_window_size(1024 * 1024)
            .initial_connection_window_size(32 * 1024 * 1024)
            .http2_adaptive_window(Some(false))
            .max_concurrent_streams(256)
            .add_service(SeatsServer::new(Answers))
            .serve_with_incoming(incoming);
        runtime.block_on(serving).unwrap();
    });
    hand_over
}

/// Numbers that are not used again.
static LAST: AtomicU64 = AtomicU64::new(0);

fn next() -> u64 {
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}

fn answer(command: v1::Command) -> v1::Reply {
    let v1::Command { request_id, session, kind } = command;
    let kind = match kind {
        Some(command::Kind::Hello(_)) => welcome(),
        Some(command::Kind::Checkout(checkout)) => granted(checkout, None),
        Some(command::Kind::Checkin(v1::Checkin { grant })) => reply::Kind::Returned(v1::Returned { grant }),
        Some(command::Kind::Heartbeat(_)) => reply::Kind::Alive(v1::Alive {}),
        // No load sends any of the others.
        _ => reply::Kind::Closed(v1::Closed {}),
    };
    v1::Reply { request_id, session, kind: Some(kind) }
}

fn welcome() -> reply::Kind {
    let secret = vec![7; 32];
    reply::Kind::Welcome(v1::Welcome {
        session: next(),
        token: secret.into(),
        timeout_ms: 120_000,
        ..Default::default()
    })
}

fn granted(checkout: v1::Checkout, line: Option<v1::SignedLine>) -> reply::Kind {
    let pool = v1::PoolName {
        vendor: "acmed".into(),
        config_id: "11470".into(),
        cpu_id: "02aa10203040".into(),
        feature: checkout.feature,
        pooling: "VERSION=20.0".into(),
    };
    reply::Kind::Granted(v1::Granted {
        grant: next(),
        pool: Some(pool),
        seats: 1,
        line,
        ..Default::default()
    })
}

/// About as long as the daemon's evidence of a pool.
fn line() -> v1::SignedLine {
    v1::SignedLine {
        canonical: vec![7; 240].into(),
        key_id: "0123456789abcdef".into(),
        signature: vec![7; 64].into(),
    }
}

struct Answers;

type Replies = Pin<Box<dyn Stream<Item = Result<v1::ServerMessage, Status>> + Send>>;

fn one(request_id: u64, kind: reply::Kind) -> Result<Response<v1::Reply>, Status> {
    Ok(Response::new(v1::Reply { request_id, session: 1, kind: Some(kind) }))
}

#[tonic::async_trait]
impl Seats for Answers {
    type SessionStream = Replies;
    type LicensesStream = Pin<Box<dyn Stream<Item = Result<v1::LicensesPart, Status>> + Send>>;

    async fn licenses(
        &self,
        _: Request<v1::LicensesRequest>,
    ) -> Result<Response<Self::LicensesStream>, Status> {
        Ok(Response::new(Box::pin(tokio_stream::empty())))
    }

    async fn session(
        &self,
        request: Request<Streaming<v1::ClientMessage>>,
    ) -> Result<Response<Replies>, Status> {
        let answers = request.into_inner().map(|message| {
            let replies = message?.commands.into_iter().map(answer).collect();
            Ok(v1::ServerMessage { replies, notices: Vec::new() })
        });
        Ok(Response::new(Box::pin(answers)))
    }

    async fn open(&self, _: Request<v1::Hello>) -> Result<Response<v1::Reply>, Status> {
        one(0, welcome())
    }

    async fn checkout(&self, request: Request<v1::CheckoutCall>) -> Result<Response<v1::Reply>, Status> {
        let call = request.into_inner();
        one(call.request_id, granted(call.checkout.unwrap_or_default(), Some(line())))
    }

    async fn checkin(&self, request: Request<v1::CheckinCall>) -> Result<Response<v1::Reply>, Status> {
        let call = request.into_inner();
        let grant = call.checkin.unwrap_or_default().grant;
        one(call.request_id, reply::Kind::Returned(v1::Returned { grant }))
    }

    async fn heartbeat(&self, request: Request<v1::SessionCall>) -> Result<Response<v1::Reply>, Status> {
        one(request.into_inner().request_id, reply::Kind::Alive(v1::Alive {}))
    }

    async fn close(&self, request: Request<v1::SessionCall>) -> Result<Response<v1::Reply>, Status> {
        one(request.into_inner().request_id, reply::Kind::Closed(v1::Closed {}))
    }

    async fn call(&self, _: Request<v1::CommandCall>) -> Result<Response<v1::Reply>, Status> {
        Err(Status::unimplemented("an echo answers no other command"))
    }

    async fn explain(&self, _: Request<v1::ExplainRequest>) -> Result<Response<v1::ExplainReply>, Status> {
        Err(Status::unimplemented("an echo explains nothing"))
    }

    async fn status(&self, _: Request<v1::StatusRequest>) -> Result<Response<v1::StatusReply>, Status> {
        Err(Status::unimplemented("an echo has no status"))
    }
}
