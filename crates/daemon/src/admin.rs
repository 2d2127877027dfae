//! The administrator's calls, on a Unix socket only.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use history::{Done, Order};
use names::{Code, GrantId, Seq};
use proto::v1;
use proto::v1::admin_server::{Admin, AdminServer};
use seats::{Answer, Deed, Note};
use service::Ask;
use tokio::net::UnixListener;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::transport::Server;
use tonic::transport::server::UdsConnectInfo;
use tonic::{Request, Response, Status};

use crate::chronicle::Orders;
use crate::desk::{CALL_WITHIN, Desk, DeskCalls};
use crate::edge::{Edge, VERSION};
use crate::events::{Events, Parts};
use crate::office::{self, Files, Turn};
use crate::owner::Pulse;
use crate::timed::{SOON, Timed};
use crate::{readers, removals};

pub(crate) struct Office {
    pub(crate) edge: Arc<Edge>,
    pub(crate) pulse: Arc<Pulse>,
    pub(crate) listen: String,
    pub(crate) state_folder: String,
    pub(crate) files: Files,
    pub(crate) events: Events,
    pub(crate) orders: Orders,
}

/// Makes the socket, for this user only. One that a daemon has left behind is replaced; one that a
/// daemon still answers on is not.
pub(crate) fn bind(path: &Path) -> std::io::Result<std::os::unix::net::UnixListener> {
    use std::os::unix::net::{UnixListener, UnixStream};
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let is_socket = std::fs::symlink_metadata(path)
        .is_ok_and(|found| std::os::unix::fs::FileTypeExt::is_socket(&found.file_type()));
    if is_socket {
        if UnixStream::connect(path).is_ok() {
            return Err(std::io::Error::new(std::io::ErrorKind::AddrInUse, "another daemon answers there"));
        }
        std::fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Serves administrators until the drain begins.
pub(crate) async fn serve(
    office: Office,
    desk: Option<Arc<Desk>>,
    listener: std::os::unix::net::UnixListener,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let draining = office.edge.draining.clone();
    let incoming = UnixListenerStream::new(UnixListener::from_std(listener)?);
    let closing = office.edge.closing.clone();
    let admin = AdminServer::new(office).max_decoding_message_size(names::limits::MESSAGE_BYTES_MAX);
    let serving = Server::builder()
        .max_concurrent_streams(16)
        .add_service(Timed(admin, SOON))
        .add_optional_service(desk.as_ref().map(|desk| Timed(DeskCalls::served_on_host(desk), CALL_WITHIN)))
        .serve_with_incoming_shutdown(incoming, draining.cancelled_owned());
    tokio::select! {
        served = serving => served?,
        () = closing.cancelled() => {}
    }
    Ok(())
}

/// Only the daemon's own user and root administer it. The socket's mode says so too; this holds when
/// somebody changes that. Gives who it is.
pub(crate) fn admit<T>(request: &Request<T>) -> Result<u32, Status> {
    let peer = request.extensions().get::<UdsConnectInfo>().and_then(|info| info.peer_cred);
    let own = rustix::process::geteuid().as_raw();
    match peer.map(|peer| peer.uid()) {
        Some(uid) if uid == 0 || uid == own => Ok(uid),
        _ => Err(Status::permission_denied(format!(
            "{} only the daemon's own user and root administer it",
            Code::NotAdministrator
        ))),
    }
}

impl Office {
    /// Has a sink do what an administrator wants, and notes who it was.
    async fn ordered(&self, by: u32, deed: Deed, order: Order, about: &str) -> Result<Done, Status> {
        office::ask(&self.edge, Ask::Note(Box::new(Note::new(Some(by), deed, about)))).await?;
        self.orders.give(order).await
    }
}

#[tonic::async_trait]
impl Admin for Office {
    async fn info(&self, request: Request<v1::InfoRequest>) -> Result<Response<v1::InfoReply>, Status> {
        admit(&request)?;
        let state = self.edge.viewer.state();
        let fault = self.pulse.seat_state_fault.load().as_deref().map(ToString::to_string);
        Ok(Response::new(v1::InfoReply {
            version: VERSION.into(),
            pid: std::process::id(),
            listen: self.listen.clone(),
            state_folder: self.state_folder.clone(),
            host_key: self.edge.host_key.public().to_string(),
            cpu_id: self.edge.about.cpu.to_string(),
            last_seq: self.edge.viewer.last().0,
            seat_state_seq: self.pulse.seat_state_seq.load(Ordering::Relaxed),
            seat_state_fault: fault.unwrap_or_default(),
            sessions: state.counts().sessions,
            grants: state.counts().grants,
            longest_away_us: self.pulse.longest_away_us.load(Ordering::Relaxed),
        }))
    }

    async fn set_log_level(
        &self,
        request: Request<v1::SetLogLevelRequest>,
    ) -> Result<Response<v1::SetLogLevelReply>, Status> {
        admit(&request)?;
        let before = crate::log::change(&request.into_inner().filter).map_err(Status::invalid_argument)?;
        tracing::info!(%before, "what is logged was changed");
        Ok(Response::new(v1::SetLogLevelReply { before }))
    }

    async fn reread(&self, request: Request<v1::RereadRequest>) -> Result<Response<v1::RereadReply>, Status> {
        let by = admit(&request)?;
        let asked = request.into_inner();
        let (files, edge) = (self.files.clone(), Arc::clone(&self.edge));
        let turn = if asked.dry_run { None } else { Some(Turn::take(&edge)?) };
        let read = tokio::task::spawn_blocking(move || office::read(&edge, &files));
        let read = read.await.map_err(|_| Status::internal("the files could not be read"))?;
        let (changes, read) = match read {
            Ok(read) => read,
            Err(why) => {
                if !asked.dry_run {
                    self.edge.counted.rereads_refused.one();
                }
                tracing::error!("the files are not put in force, and nothing changes: {why}");
                let findings = why.lines().map(str::to_owned).collect();
                return Ok(Response::new(v1::RereadReply { findings, ..v1::RereadReply::default() }));
            }
        };
        let findings = read.findings.clone();
        let mut told = v1::RereadReply { in_force: true, findings, changes, dropped: 0 };
        if let Some(turn) = turn {
            told.dropped = office::put_in_force(turn, read, asked.drop, Some(by)).await?;
            tracing::info!(
                changes = told.changes.len(),
                dropped = told.dropped,
                "licenses and options files were read again"
            );
        }
        Ok(Response::new(told))
    }

    async fn revoke(&self, request: Request<v1::RevokeRequest>) -> Result<Response<v1::RevokeReply>, Status> {
        let by = admit(&request)?;
        let grant = GrantId(request.into_inner().grant);
        removals::check(&self.edge.viewer.state(), grant)?;
        let ask = Ask::Revoke(grant, Code::Removed);
        let ask = office::noted(Some(by), Deed::Remove, &format!("grant {grant}"), ask);
        let revoked = match office::ask(&self.edge, ask).await? {
            Answer::Revoked(grants) => grants as u64,
            _ => 0,
        };
        Ok(Response::new(v1::RevokeReply { revoked }))
    }

    async fn return_borrowed(
        &self,
        request: Request<v1::ReturnBorrowedRequest>,
    ) -> Result<Response<v1::ReturnBorrowedReply>, Status> {
        let by = admit(&request)?;
        let asked = request.into_inner();
        let about = format!("grant {}{}", asked.grant, if asked.lost { ", as lost" } else { "" });
        let ask = office::returned(&self.edge, &asked)?;
        office::ask(&self.edge, office::noted(Some(by), Deed::TakeBack, &about, ask)).await?;
        tracing::info!(
            grant = asked.grant,
            lost = asked.lost,
            "an administrator brought a borrowed seat back"
        );
        Ok(Response::new(v1::ReturnBorrowedReply {}))
    }

    async fn assign(&self, request: Request<v1::AssignRequest>) -> Result<Response<v1::AssignReply>, Status> {
        let by = admit(&request)?;
        let row = office::assignment(&self.edge, &request.into_inner())?;
        let about = format!("{} to {}, {} to {}", row.pool, row.email, row.from, row.until);
        let ask = office::noted(Some(by), Deed::Assign, &about, Ask::Assign(Box::new(row)));
        office::ask(&self.edge, ask).await?;
        Ok(Response::new(v1::AssignReply {}))
    }

    async fn unassign(
        &self,
        request: Request<v1::UnassignRequest>,
    ) -> Result<Response<v1::UnassignReply>, Status> {
        let by = admit(&request)?;
        let (pool, email) = office::unassignment(&request.into_inner())?;
        let about = format!("{pool} from {email}");
        let ask = office::noted(Some(by), Deed::Unassign, &about, Ask::Unassign(pool, email));
        office::ask(&self.edge, ask).await?;
        Ok(Response::new(v1::UnassignReply {}))
    }

    async fn assignments(
        &self,
        request: Request<v1::AssignmentsRequest>,
    ) -> Result<Response<v1::AssignmentsReply>, Status> {
        admit(&request)?;
        Ok(Response::new(v1::AssignmentsReply { assignments: office::assignments(&self.edge) }))
    }

    async fn set_login(
        &self,
        request: Request<v1::SetLoginRequest>,
    ) -> Result<Response<v1::SetLoginReply>, Status> {
        let by = admit(&request)?;
        let asked = request.into_inner();
        let email = office::email(&asked.email)?;
        let about = email.to_string();
        let noted = |deed, ask| office::noted(Some(by), deed, &about, ask);
        if asked.remove {
            office::ask(&self.edge, noted(Deed::DropLogin, Ask::DropLogin(email))).await?;
            return Ok(Response::new(v1::SetLoginReply::default()));
        }
        let (token, row) = office::login(email)?;
        office::ask(&self.edge, noted(Deed::SetLogin, Ask::SetLogin(Box::new(row)))).await?;
        Ok(Response::new(v1::SetLoginReply { token }))
    }

    async fn reset_clock(
        &self,
        request: Request<v1::ResetClockRequest>,
    ) -> Result<Response<v1::ResetClockReply>, Status> {
        let by = admit(&request)?;
        let latest = || self.edge.viewer.state().latest_wall().unwrap_or_default();
        let was = latest();
        office::ask(&self.edge, Ask::ResetClock(by)).await?;
        let now = latest();
        tracing::info!(%was, %now, by, "an administrator said that the clock is right");
        Ok(Response::new(v1::ResetClockReply { was_ms: was.0, now_ms: now.0 }))
    }

    async fn remove(&self, request: Request<v1::RemoveRequest>) -> Result<Response<v1::RevokeReply>, Status> {
        let by = admit(&request)?;
        let removed = removals::remove(&self.edge, by, &request.into_inner()).await?;
        tracing::info!(grants = removed, by, "an administrator took seats away");
        Ok(Response::new(v1::RevokeReply { revoked: removed }))
    }

    async fn stop(&self, request: Request<v1::StopRequest>) -> Result<Response<v1::StopReply>, Status> {
        let by = admit(&request)?;
        let asked = request.into_inner();
        removals::may_stop(&self.edge, &asked)?;
        let about = if asked.force { "forced" } else { "" };
        let note = Note::new(Some(by), Deed::Stop, about);
        // It is on the disk before anything ends. Only force stops a daemon that cannot write it.
        match office::ask(&self.edge, Ask::Note(Box::new(note))).await {
            Err(why) if asked.force => {
                tracing::warn!(by, why = why.message(), "it cannot be written down who stops the daemon");
            }
            noted => drop(noted?),
        }
        tracing::info!(by, "an administrator stops the daemon");
        self.edge.stop_asked.cancel();
        Ok(Response::new(v1::StopReply {}))
    }

    async fn switch_log(
        &self,
        request: Request<v1::SwitchLogRequest>,
    ) -> Result<Response<v1::SwitchLogReply>, Status> {
        let by = admit(&request)?;
        let asked = request.into_inner();
        let path = (!asked.rollover).then(|| PathBuf::from(&asked.path));
        let vendor = Some(asked.vendor).filter(|vendor| !vendor.is_empty());
        let order = Order::SwitchLog { vendor, path };
        let done = self.ordered(by, Deed::SwitchLog, order, &asked.path).await?;
        Ok(Response::new(v1::SwitchLogReply { path: done.path.display().to_string() }))
    }

    async fn switch_report(
        &self,
        request: Request<v1::SwitchReportRequest>,
    ) -> Result<Response<v1::SwitchReportReply>, Status> {
        let by = admit(&request)?;
        let asked = request.into_inner();
        let about = format!("{} to {}", asked.of, asked.path);
        let order = Order::SwitchReport { of: asked.of, path: PathBuf::from(asked.path) };
        let done = self.ordered(by, Deed::SwitchReport, order, &about).await?;
        Ok(Response::new(v1::SwitchReportReply { events: done.events }))
    }

    type EventsStream = Parts;

    async fn events(&self, request: Request<v1::EventsRequest>) -> Result<Response<Parts>, Status> {
        admit(&request)?;
        self.events.begin(request.into_inner()).await.map(Response::new)
    }

    async fn acknowledge_events(
        &self,
        request: Request<v1::AcknowledgeEventsRequest>,
    ) -> Result<Response<v1::AcknowledgeEventsReply>, Status> {
        admit(&request)?;
        let asked = request.into_inner();
        let name = readers::name(&asked.reader)?;
        if asked.forget {
            self.events.readers.forget(name).await?;
        } else {
            self.events.readers.advance(name, Seq(asked.upto)).await?;
        }
        Ok(Response::new(v1::AcknowledgeEventsReply {}))
    }
}

impl std::fmt::Debug for Office {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Office").finish_non_exhaustive()
    }
}
