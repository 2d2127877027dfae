//! What `lmstat` shows: one question, no session.

use std::time::Duration;

use proto::v1;
use proto::v1::seats_client::SeatsClient;

use crate::dial::{CONNECT, answered, channel};
use crate::{Error, Server, Tried};

/// Large hosts have many holders.
const REPLY_BYTES_MAX: usize = 256 * 1024 * 1024;

/// What is asked of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusQuery {
    /// Only this feature; empty for all.
    pub feature: String,
    /// Only this vendor; empty for all.
    pub vendor: String,
    /// Leave out who holds the seats.
    pub no_users: bool,
    /// How long the connection may take.
    pub connect: Duration,
    /// How long the answer may take.
    pub answer: Duration,
}

impl Default for StatusQuery {
    /// Everything, in FlexNet's 3 s for the connection and 30 s for the answer.
    fn default() -> Self {
        Self {
            feature: String::new(),
            vendor: String::new(),
            no_users: false,
            connect: CONNECT,
            answer: Duration::from_secs(30),
        }
    }
}

/// Asks the first of these servers that answers. Nothing is verified.
///
/// # Errors
/// When none answers.
pub async fn status(servers: &[Server], query: &StatusQuery) -> Result<(Server, v1::StatusReply), Error> {
    let mut tried = Vec::new();
    for server in servers {
        match ask(server, query).await {
            Ok(reply) => return Ok((server.clone(), reply)),
            Err(one) => tried.push(one),
        }
    }
    Err(if tried.is_empty() { Error::NoServers } else { Error::Unreachable { tried } })
}

async fn ask(server: &Server, query: &StatusQuery) -> Result<v1::StatusReply, Tried> {
    let mut client =
        SeatsClient::new(channel(server, query.connect).await?).max_decoding_message_size(REPLY_BYTES_MAX);
    let request = v1::StatusRequest {
        feature: query.feature.clone(),
        vendor: query.vendor.clone(),
        no_users: query.no_users,
    };
    let answer = answered(server, query.answer, client.status(request)).await;
    answer.map(tonic::Response::into_inner)
}
