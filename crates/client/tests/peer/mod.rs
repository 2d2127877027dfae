//! A license server that says what the test says.

#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::VecDeque;
use std::time::Duration;

use client::{Options, Server, Servers, TokenFolder, TrustPolicy};
use proto::v1;
use proto::v1::seats_server::{Seats, SeatsServer};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::{Request, Response, Status, Streaming};

/// How long a thing may take before the test has failed.
pub const DEADLINE: Duration = Duration::from_secs(20);
/// Every session's secret.
pub const TOKEN: [u8; 32] = [9; 32];

type Said = Result<v1::ServerMessage, Status>;

/// The server: each stream is the test's.
#[derive(Debug)]
pub struct Peer {
    pub server: Server,
    /// What its status is.
    pub status: watch::Sender<v1::StatusReply>,
    streams: mpsc::Receiver<Conn>,
}

/// One client's stream.
#[derive(Debug)]
pub struct Conn {
    rx: Streaming<v1::ClientMessage>,
    tx: mpsc::Sender<Said>,
    waiting: VecDeque<v1::Command>,
}

struct Desk(mpsc::Sender<Conn>, watch::Receiver<v1::StatusReply>);

#[tonic::async_trait]
impl Seats for Desk {
    type SessionStream = ReceiverStream<Said>;
    type LicensesStream = ReceiverStream<Result<v1::LicensesPart, Status>>;

    async fn licenses(
        &self,
        _: Request<v1::LicensesRequest>,
    ) -> Result<Response<Self::LicensesStream>, Status> {
        Err(Status::unimplemented("it has no files"))
    }

    async fn session(
        &self,
        request: Request<Streaming<v1::ClientMessage>>,
    ) -> Result<Response<Self::SessionStream>, Status> {
        let (tx, said) = mpsc::channel(16);
        let conn = Conn { rx: request.into_inner(), tx, waiting: VecDeque::new() };
        self.0.send(conn).await.map_err(|_| Status::unavailable("the test is over"))?;
        Ok(Response::new(ReceiverStream::new(said)))
    }

    async fn open(&self, _: Request<v1::Hello>) -> Result<Response<v1::Reply>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn checkout(&self, _: Request<v1::CheckoutCall>) -> Result<Response<v1::Reply>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn checkin(&self, _: Request<v1::CheckinCall>) -> Result<Response<v1::Reply>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn heartbeat(&self, _: Request<v1::SessionCall>) -> Result<Response<v1::Reply>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn close(&self, _: Request<v1::SessionCall>) -> Result<Response<v1::Reply>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn call(&self, _: Request<v1::CommandCall>) -> Result<Response<v1::Reply>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn explain(
        &self,
        request: Request<v1::ExplainRequest>,
    ) -> Result<Response<v1::ExplainReply>, Status> {
        let request = request.into_inner();
        let who = request.who.unwrap_or_default();
        let asked = format!("{}@{} {}", who.user, who.host, request.checkout.unwrap_or_default().feature);
        let denied = v1::Denied { code: -4, message: asked, ..v1::Denied::default() };
        Ok(Response::new(v1::ExplainReply { kind: Some(v1::explain_reply::Kind::Denied(denied)) }))
    }

    async fn status(&self, _: Request<v1::StatusRequest>) -> Result<Response<v1::StatusReply>, Status> {
        Ok(Response::new(self.1.borrow().clone()))
    }
}

impl Peer {
    pub async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Server::new("127.0.0.1", listener.local_addr().unwrap().port()).unwrap();
        let (sender, streams) = mpsc::channel(16);
        let (status, shown) = watch::channel(v1::StatusReply::default());
        let served = tonic::transport::Server::builder()
            .add_service(SeatsServer::new(Desk(sender, shown)))
            .serve_with_incoming(TcpListenerStream::new(listener));
        tokio::spawn(served);
        Self { server, status, streams }
    }

    pub fn servers(&self) -> Servers {
        Servers::one(self.server.clone())
    }

    /// The next stream.
    pub async fn stream(&mut self) -> Conn {
        timeout(DEADLINE, self.streams.recv()).await.expect("a client comes").unwrap()
    }

    /// The next stream, and the hello on it, which is answered with `kind`.
    pub async fn greets(&mut self, kind: v1::reply::Kind) -> (Conn, v1::Hello) {
        let mut conn = self.stream().await;
        let command = conn.asked().await;
        conn.says(&command, kind).await;
        let Some(v1::command::Kind::Hello(hello)) = command.kind else { panic!("{command:?}") };
        (conn, hello)
    }
}

impl Conn {
    /// The next command that is no heartbeat.
    pub async fn asked(&mut self) -> v1::Command {
        timeout(DEADLINE, async {
            loop {
                if let Some(command) = self.waiting.pop_front() {
                    if matches!(command.kind, Some(v1::command::Kind::Heartbeat(_))) {
                        self.says(&command, v1::reply::Kind::Alive(v1::Alive {})).await;
                        continue;
                    }
                    return command;
                }
                self.waiting.extend(self.rx.message().await.unwrap().expect("a command").commands);
            }
        })
        .await
        .expect("the client asks something")
    }

    pub async fn says(&self, command: &v1::Command, kind: v1::reply::Kind) {
        let reply = v1::Reply { request_id: command.request_id, session: command.session, kind: Some(kind) };
        let message = v1::ServerMessage { replies: vec![reply], notices: Vec::new() };
        self.tx.send(Ok(message)).await.unwrap();
    }

    /// Says something unasked.
    pub async fn notes(&self, session: u64, kind: v1::notice::Kind) {
        let notices = vec![v1::Notice { session, kind: Some(kind) }];
        self.tx.send(Ok(v1::ServerMessage { replies: Vec::new(), notices })).await.unwrap();
    }

    /// Says that the server stops.
    pub async fn drains(&self) {
        self.notes(0, v1::notice::Kind::Draining(v1::Draining {})).await;
    }

    /// Waits until the client has left.
    pub async fn ends(mut self) {
        let ended = async { while matches!(self.rx.message().await, Ok(Some(_))) {} };
        timeout(DEADLINE, ended).await.expect("the client leaves");
    }
}

pub fn options() -> Options {
    Options { tokens: TokenFolder::Nowhere, ..Options::new(TrustPolicy::Unverified) }
}

pub fn welcome(session: u64, timeout_ms: u32, held: Vec<v1::Granted>) -> v1::reply::Kind {
    let token = TOKEN.to_vec().into();
    let grace_ms = timeout_ms / 2;
    v1::reply::Kind::Welcome(v1::Welcome {
        session,
        token,
        timeout_ms,
        grace_ms,
        held,
        ..v1::Welcome::default()
    })
}

pub fn granted(grant: u64, request_id: u64) -> v1::Granted {
    let pool = v1::PoolName {
        vendor: "acmed".into(),
        config_id: "11470".into(),
        cpu_id: "02aa10203040".into(),
        feature: "mill".into(),
        pooling: String::new(),
    };
    v1::Granted { grant, pool: Some(pool), seats: 1, request_id, ..v1::Granted::default() }
}

pub fn session_lost() -> v1::reply::Kind {
    v1::reply::Kind::Denied(v1::Denied {
        code: -22,
        message: "unknown".into(),
        session_lost: true,
        ..v1::Denied::default()
    })
}
