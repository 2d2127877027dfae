//! What a checkout would be answered: one question, no session, no seat.

use std::time::Duration;

use proto::v1;
use proto::v1::seats_client::SeatsClient;

use crate::dial::{CONNECT, answered, channel};
use crate::{CheckoutOptions, Error, Identity, Server};

/// How long the answer may take.
const ANSWER: Duration = Duration::from_secs(30);

/// Asks the first of these servers that answers what somebody's checkout would be answered. Nothing is
/// verified, and no seat is taken.
///
/// # Errors
/// When the options are no good, or no server answers.
pub async fn explain(
    servers: &[Server],
    who: &Identity,
    options: &CheckoutOptions,
) -> Result<(Server, v1::ExplainReply), Error> {
    let checkout = options.checked()?.on_wire();
    let mut tried = Vec::new();
    for server in servers {
        let asked = async {
            let mut client = SeatsClient::new(channel(server, CONNECT).await?);
            let request = v1::ExplainRequest { who: Some(who.on_wire()), checkout: Some(checkout.clone()) };
            answered(server, ANSWER, client.explain(request)).await
        };
        match asked.await {
            Ok(reply) => return Ok((server.clone(), reply.into_inner())),
            Err(one) => tried.push(one),
        }
    }
    Err(if tried.is_empty() { Error::NoServers } else { Error::Unreachable { tried } })
}
