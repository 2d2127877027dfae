//! Asking a license host, whichever of its addresses answers.

use client::{Error, Server, StatusQuery, Tried};
use proto::v1::StatusReply;

/// One license host's answer.
pub(crate) type Answer = Result<Answered, Error>;

/// What the first address that answered says.
#[derive(Debug)]
pub(crate) struct Answered {
    /// Which it was.
    pub(crate) server: Server,
    /// What it says.
    pub(crate) reply: StatusReply,
    /// The other hosts of a triad: the version of one that answers, or what it did instead.
    pub(crate) others: Vec<(Server, Result<String, Tried>)>,
}

/// Asks the addresses in order. Where they are several hosts, as three servers of one license are, each is asked
/// whether it is there.
pub(crate) async fn ask(group: &[Server], query: &StatusQuery) -> Answer {
    let presence = StatusQuery { feature: " ".into(), no_users: true, ..query.clone() };
    let mut first: Option<(Server, StatusReply)> = None;
    let mut others = Vec::new();
    for server in group {
        if first.as_ref().is_some_and(|(first, _)| is_same_host(first, server)) {
            continue;
        }
        let what = if first.is_none() { query } else { &presence };
        match Box::pin(client::status(std::slice::from_ref(server), what)).await {
            Ok((server, reply)) if first.is_none() => first = Some((server, reply)),
            Ok((server, reply)) => {
                others.push((server, Ok(reply.server.unwrap_or_default().version)));
            }
            Err(Error::Unreachable { tried }) => {
                others.extend(tried.into_iter().map(|one| (one.server.clone(), Err(one))));
            }
            Err(error) => return Err(error),
        }
    }
    let Some((server, reply)) = first else {
        let tried: Vec<_> = others.into_iter().filter_map(|(_, outcome)| outcome.err()).collect();
        return Err(if tried.is_empty() { Error::NoServers } else { Error::Unreachable { tried } });
    };
    others.retain(|(other, _)| !is_same_host(other, &server));
    Ok(Answered { server, reply, others })
}

/// Whether two addresses are ports of one host: then who answers at one of them is all that is there.
fn is_same_host(one: &Server, other: &Server) -> bool {
    one.host().eq_ignore_ascii_case(other.host())
}
