//! A stream to the daemon, as lean as it can be.

use std::net::SocketAddr;

use proto::v1::seats_client::SeatsClient;
use proto::v1::{self, command};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;
use tonic::transport::{Channel, Endpoint};

/// Messages on their way of one stream.
const MESSAGES: usize = 1_024;

/// Where commands go in.
#[derive(Debug)]
pub(crate) struct Sender(mpsc::Sender<v1::ClientMessage>);

impl Sender {
    pub(crate) fn send(&self, commands: Vec<v1::Command>) {
        self.0.try_send(v1::ClientMessage { commands }).expect("the daemon takes no more commands");
    }
}

pub(crate) async fn connect(address: SocketAddr) -> Channel {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    let endpoint = endpoint.initial_stream_window_size(1024 * 1024).tcp_nodelay(true);
    let endpoint = endpoint.initial_connection_window_size(32 * 1024 * 1024).http2_adaptive_window(false);
    endpoint.connect().await.unwrap()
}

/// A stream that has said hello for these users; its answers come after.
pub(crate) async fn stream(
    address: SocketAddr,
    hello: v1::ClientMessage,
) -> (Sender, Streaming<v1::ServerMessage>) {
    let (commands, sent) = mpsc::channel(MESSAGES);
    commands.try_send(hello).unwrap();
    let answers = SeatsClient::new(connect(address).await).session(ReceiverStream::new(sent)).await;
    (Sender(commands), answers.unwrap().into_inner())
}

pub(crate) fn hello(request_id: u64, user: String) -> v1::Command {
    let hello = v1::Hello {
        protocol: proto::PROTOCOL,
        host: format!("ws-{user}"),
        user,
        application: "bench".into(),
        pid: std::process::id(),
        cpu_id: "02aa10203099".into(),
        nonce: vec![7; 32].into(),
        ..v1::Hello::default()
    };
    v1::Command { request_id, session: 0, kind: Some(command::Kind::Hello(hello)) }
}

pub(crate) fn checkout(session: u64, request_id: u64, feature: &str) -> v1::Command {
    let checkout = v1::Checkout { feature: feature.into(), version: "4.2".into(), ..v1::Checkout::default() };
    v1::Command { request_id, session, kind: Some(command::Kind::Checkout(checkout)) }
}

pub(crate) fn checkin(session: u64, request_id: u64, grant: u64) -> v1::Command {
    v1::Command { request_id, session, kind: Some(command::Kind::Checkin(v1::Checkin { grant })) }
}
