//! Which daemon an administrator means: the one of this license host, asked over its socket.

use std::io::ErrorKind;
use std::os::unix::net::UnixStream;
use std::path::Path;

use client::{Admin, Server, Servers, StatusQuery, hostid};
use names::Code;
use proto::v1;

use super::said;
use crate::args::DeskArgs;
use crate::fail::Failure;

/// A feature that nobody has: a status of it is short.
const NO_FEATURE: &str = "-";

/// The daemon of this host, and where it serves.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) admin: Admin,
    pub(crate) server: Server,
}

/// A license server that answered.
struct Found {
    server: Server,
    status: v1::ServerStatus,
}

impl Desk {
    /// Connects to the daemon that is meant. Where it is another host's, that is refused with `elsewhere`.
    pub(crate) async fn open(args: &DeskArgs, elsewhere: Code) -> Result<Self, Failure> {
        let named = match &args.servers {
            Some(list) => found(&Servers::from_list(list, "-c")?).await?,
            None => Vec::new(),
        };
        let mut admin = match connect(&args.socket.socket).await {
            Ok(admin) => admin,
            Err(failure) => return Err(refuse(args, named, failure, elsewhere).await),
        };
        let info = admin.info(v1::InfoRequest {}).await?;
        let bad = || Failure::new(Code::BadServerData, "the daemon does not say where it serves", "");
        let address: std::net::SocketAddr = info.listen.parse().map_err(|_| bad())?;
        // One that serves on every address is reached on this machine's own.
        let ip =
            if address.ip().is_unspecified() { "127.0.0.1".to_owned() } else { address.ip().to_string() };
        let server = Server::new(&ip, address.port()).map_err(|_| bad())?;
        let is_it = |found: &Found| {
            found.status.cpu_id == info.cpu_id && found.status.port == u32::from(address.port())
        };
        match named.first().filter(|_| !named.iter().any(is_it)) {
            Some(other) => Err(another(other, &args.socket.socket, elsewhere)),
            None => Ok(Self { admin, server }),
        }
    }

    /// What the daemon has, of one feature or of all.
    pub(crate) async fn status(&self, feature: &str) -> Result<v1::StatusReply, Failure> {
        let query = StatusQuery { feature: feature.to_owned(), ..StatusQuery::default() };
        let (_, reply) = client::status(std::slice::from_ref(&self.server), &query).await?;
        Ok(reply)
    }

    /// Who it is, and the vendors that it serves.
    pub(crate) async fn about(&self) -> Result<(v1::ServerStatus, Vec<String>), Failure> {
        let reply = self.status(NO_FEATURE).await?;
        let vendors = reply.vendors.into_iter().map(|vendor| vendor.name).collect();
        Ok((reply.server.unwrap_or_default(), vendors))
    }
}

/// The servers of a list that answer; the first one's failure where none does.
async fn found(servers: &Servers) -> Result<Vec<Found>, Failure> {
    let query = StatusQuery { feature: NO_FEATURE.into(), no_users: true, ..StatusQuery::default() };
    let (mut answered, mut failed) = (Vec::new(), None);
    for group in servers.groups() {
        match client::status(group, &query).await {
            Ok((server, reply)) => {
                answered.push(Found { server, status: reply.server.unwrap_or_default() });
            }
            Err(error) => failed = failed.or(Some(Failure::from(error))),
        }
    }
    match failed.filter(|_| answered.is_empty()) {
        Some(failure) => Err(failure),
        None => Ok(answered),
    }
}

/// Connects, and says so with FlexNet's number where the socket is somebody else's.
async fn connect(socket: &Path) -> Result<Admin, Failure> {
    let is_denied = UnixStream::connect(socket).is_err_and(|e| e.kind() == ErrorKind::PermissionDenied);
    if is_denied {
        let shown = client::shown(&socket.display().to_string(), 300);
        let message = said(Code::NotAdministrator, &format!("{shown} is not for this user"));
        return Err(Failure::new(Code::NotAdministrator, message, "run it as the daemon's user or root"));
    }
    Ok(Admin::connect(socket).await?)
}

/// No daemon is here: where a server that was named, or that the environment names, answers, it is said
/// which host is to be administered.
async fn refuse(args: &DeskArgs, mut named: Vec<Found>, failure: Failure, elsewhere: Code) -> Failure {
    if named.is_empty()
        && args.servers.is_none()
        && let Ok(servers) = Servers::from_environment(None)
    {
        named = found(&servers).await.unwrap_or_default();
    }
    let is_denied = failure.is_of(Code::NotAdministrator);
    match named.first().filter(|_| !is_denied) {
        Some(other) => another(other, &args.socket.socket, elsewhere),
        None => failure,
    }
}

/// The server that was named is not the daemon of the socket.
fn another(found: &Found, socket: &Path, elsewhere: Code) -> Failure {
    let host = client::shown(&found.status.host, 100);
    let socket = client::shown(&socket.display().to_string(), 300);
    if host.eq_ignore_ascii_case(&hostid::hostname()) {
        let message = said(elsewhere, &format!("{} is not the daemon of {socket}", found.server));
        let remedy = "name its socket with --socket: `admin_socket` in its configuration";
        return Failure::new(elsewhere, message, remedy);
    }
    let message = said(elsewhere, &format!("{} is on the license host {host}", found.server));
    Failure::new(elsewhere, message, format!("run it on {host}, as the daemon's user or root"))
}
