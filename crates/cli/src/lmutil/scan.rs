//! What answers at the ports of a server that did not: FlexNet's ten, and its own.

use std::time::Duration;

use client::{Server, StatusQuery};
use names::limits;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long one port may take.
const CONNECT: Duration = Duration::from_millis(300);

/// What is at a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Port {
    pub(super) server: Server,
    pub(super) speaks: String,
}

/// The ports of a group's hosts that are open.
pub(super) async fn scan(group: &[Server]) -> Vec<Port> {
    let mut all: Vec<Server> = Vec::new();
    for server in group {
        let ports = std::iter::once(server.port()).chain(limits::PORTS_DEFAULT);
        for one in ports.filter_map(|port| Server::new(server.host(), port).ok()) {
            if !all.contains(&one) {
                all.push(one);
            }
        }
    }
    let mut open = Vec::new();
    for server in all {
        let connected = timeout(CONNECT, TcpStream::connect((server.host(), server.port()))).await;
        if matches!(connected, Ok(Ok(_))) {
            let speaks = speaks(&server).await;
            open.push(Port { server, speaks });
        }
    }
    open
}

async fn speaks(server: &Server) -> String {
    let query = StatusQuery { feature: "-".into(), no_users: true, ..StatusQuery::default() };
    match client::status(std::slice::from_ref(server), &query).await {
        Ok((_, reply)) => format!("Seatkeeper {}", super::word(&reply.server.unwrap_or_default().version)),
        Err(client::Error::Unreachable { tried }) => {
            tried.into_iter().next().map_or_else(String::new, |tried| tried.why)
        }
        Err(error) => error.to_string(),
    }
}
