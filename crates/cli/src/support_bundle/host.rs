//! What the daemon tells: what it is, who has which seats, and what happened.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use client::{Admin, Server, StatusQuery};
use daemon::Listen;
use names::limits;
use proto::v1;
use serde_json::json;

use super::hide::Hider;
use crate::out;

/// Events that are told at least, if there are so many; more are told of the last day.
const EVENTS_MIN: usize = 1_000;
/// Events that are told at most.
const EVENTS_MAX: usize = 20_000;
const DAY_MS: i64 = 86_400_000;
/// How long the daemon may be silent between two parts of its events.
const SILENT: Duration = Duration::from_secs(20);

/// The daemon, asked by its administrator.
pub(super) struct Told {
    pub(super) info: v1::InfoReply,
    /// The last events, or why there are none.
    pub(super) events: Result<Vec<v1::JournalEvent>, String>,
}

/// Asks the daemon over its socket.
pub(super) async fn ask(socket: &Path) -> Result<Told, String> {
    let told = |error: client::Error| format!("{error}; {}", error.remedy());
    let mut admin = Admin::connect(socket).await.map_err(told)?;
    let info = admin.info(v1::InfoRequest {}).await.map_err(told)?;
    let events = events(&mut admin, info.last_seq).await;
    Ok(Told { info, events })
}

async fn events(admin: &mut Admin, last: u64) -> Result<Vec<v1::JournalEvent>, String> {
    let from = last.saturating_sub(EVENTS_MAX as u64).max(1);
    let request = v1::EventsRequest { reader: String::new(), from, follow: false };
    let mut stream = admin.events(request).await.map_err(|error| error.to_string())?;
    let mut kept: VecDeque<v1::JournalEvent> = VecDeque::new();
    loop {
        let part = tokio::time::timeout(SILENT, stream.next()).await;
        let part = part.map_err(|_| "the daemon did not go on in time".to_owned())?;
        let Some(part) = part.map_err(|error| error.to_string())? else { break };
        kept.extend(part.events);
        while kept.len() > EVENTS_MAX {
            kept.pop_front();
        }
    }
    let since = kept.back().map_or(0, |event| event.time_ms) - DAY_MS;
    while kept.len() > EVENTS_MIN && kept.front().is_some_and(|event| event.time_ms < since) {
        kept.pop_front();
    }
    Ok(kept.into())
}

/// What the daemon says of itself.
pub(super) fn info(info: &v1::InfoReply, hider: &mut Hider) -> String {
    let shown = json!({
        "version": info.version,
        "pid": info.pid,
        "listen": hider.socket(&info.listen),
        "state_folder": hider.path(&info.state_folder),
        "host_key": info.host_key,
        "cpu_id": hider.host_id(&info.cpu_id),
        "last_seq": info.last_seq,
        "seat_state_seq": info.seat_state_seq,
        "seat_state_fault": super::findings::unquoted(&info.seat_state_fault),
        "sessions": info.sessions,
        "grants": info.grants,
        "longest_away_us": info.longest_away_us,
    });
    out::json(&shown).unwrap_or_default()
}

/// Where clients are served: where the daemon says; else what the configuration says.
pub(super) fn addresses(told: Option<&Told>, listen: Option<Listen>) -> Vec<Server> {
    let told = told.and_then(|told| told.info.listen.parse::<SocketAddr>().ok());
    let listen = told.map(|at| Listen { address: at.ip(), port: Some(at.port()) }).or(listen);
    let Some(Listen { address, port }) = listen else { return Vec::new() };
    // What listens everywhere listens here.
    let host = match (address.is_unspecified(), address.is_ipv4()) {
        (true, true) => "127.0.0.1".to_owned(),
        (true, false) => "::1".to_owned(),
        (false, _) => address.to_string(),
    };
    let ports = port.filter(|port| *port > 0).map_or(limits::PORTS_DEFAULT, |port| port..=port);
    ports.filter_map(|port| Server::new(&host, port).ok()).collect()
}

/// The status of the license host.
pub(super) async fn status(servers: &[Server]) -> Result<(Server, v1::StatusReply), client::Error> {
    let query = StatusQuery { connect: Duration::from_secs(2), ..StatusQuery::default() };
    Box::pin(client::status(servers, &query)).await
}
