//! A session stream, without the SDK.

use proto::v1;
use proto::v1::command::Kind;
use proto::v1::reply;
use proto::v1::seats_client::SeatsClient;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;
use tonic::{Status, Streaming};

use super::{QUICK, hello, within};

/// A stream and its next request id.
#[derive(Debug)]
pub struct Session {
    asks: mpsc::Sender<v1::ClientMessage>,
    answers: Streaming<v1::ServerMessage>,
    ready: std::collections::VecDeque<v1::Reply>,
    request: u64,
    /// The session that was welcomed here last.
    pub token: v1::SessionToken,
}

impl Session {
    /// A stream that has said nothing yet.
    pub async fn silent(calls: &mut SeatsClient<Channel>) -> Self {
        let (asks, asked) = mpsc::channel(1024);
        let answers = calls.session(ReceiverStream::new(asked)).await.unwrap().into_inner();
        let token = v1::SessionToken::default();
        Self { asks, answers, ready: Default::default(), request: 0, token }
    }

    /// A stream with a new session of `user`.
    pub async fn open(calls: &mut SeatsClient<Channel>, user: &str) -> Self {
        let mut session = Self::silent(calls).await;
        session.welcome(hello(user)).await.unwrap();
        session
    }

    /// Says hello; what is welcomed is this stream's session from now on.
    pub async fn welcome(&mut self, hello: v1::Hello) -> Result<v1::Welcome, v1::Reply> {
        let reply = self.ask(0, Kind::Hello(hello)).await;
        let Some(reply::Kind::Welcome(welcome)) = reply.kind else { return Err(reply) };
        self.token.session = welcome.session;
        if !welcome.token.is_empty() {
            self.token.token = welcome.token.clone();
        }
        Ok(welcome)
    }

    /// A command with the next request id.
    pub fn command(&mut self, session: u64, kind: Kind) -> v1::Command {
        self.request += 1;
        v1::Command { request_id: self.request, session, kind: Some(kind) }
    }

    /// Sends commands as one message.
    pub async fn send(&mut self, commands: Vec<v1::Command>) {
        let _ = self.asks.send(v1::ClientMessage { commands }).await;
    }

    /// The next answer, or how the stream ended.
    pub async fn next(&mut self) -> Result<Option<v1::Reply>, Status> {
        while self.ready.is_empty() {
            match within(QUICK, self.answers.message()).await? {
                None => return Ok(None),
                Some(message) => self.ready.extend(message.replies),
            }
        }
        Ok(self.ready.pop_front())
    }

    /// Sends one command and waits for its answer.
    pub async fn ask(&mut self, session: u64, kind: Kind) -> v1::Reply {
        let command = self.command(session, kind);
        self.send(vec![command]).await;
        let reply = self.next().await.unwrap().expect("the stream ended");
        assert_eq!(reply.request_id, self.request);
        reply
    }

    /// Asks for this stream's session.
    pub async fn ask_own(&mut self, kind: Kind) -> v1::Reply {
        self.ask(self.token.session, kind).await
    }

    /// Sends a heartbeat. True: the session lives. False: it is lost.
    pub async fn beat(&mut self) -> bool {
        match self.ask_own(Kind::Heartbeat(v1::Heartbeat {})).await.kind {
            Some(reply::Kind::Alive(_)) => true,
            Some(reply::Kind::Denied(denied)) if denied.session_lost => false,
            other => panic!("{other:?}"),
        }
    }
}
