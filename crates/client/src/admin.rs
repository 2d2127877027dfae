//! The administrator's calls, over the daemon's Unix socket: for its own user and root only.

use std::path::Path;
use std::time::Duration;

use names::Code;
use proto::v1;
use proto::v1::admin_client::AdminClient;
use tonic::transport::{Channel, Endpoint};

use crate::{Error, shown};

/// How long the daemon may take: a reread verifies every signature.
const ANSWER: Duration = Duration::from_secs(60);
const CONNECT: Duration = Duration::from_secs(3);
/// Characters of a daemon's words that are kept.
const WORDS_MAX: usize = 2000;

/// A license host's daemon, asked by its administrator.
#[derive(Debug, Clone)]
pub struct Admin {
    client: AdminClient<Channel>,
}

/// A call of the administrator's, and its answer.
macro_rules! calls {
    ($($(#[$doc:meta])* $name:ident($request:ident) -> $reply:ident;)*) => {
        impl Admin {
            $($(#[$doc])*
            ///
            /// # Errors
            /// When the daemon refuses or does not answer.
            pub async fn $name(&mut self, request: v1::$request) -> Result<v1::$reply, Error> {
                answered(self.client.$name(request).await)
            })*
        }
    };
}

calls! {
    /// What the daemon is and has.
    info(InfoRequest) -> InfoReply;
    /// Reads the license and options files again.
    reread(RereadRequest) -> RereadReply;
    /// Takes seats away.
    revoke(RevokeRequest) -> RevokeReply;
    /// Brings a borrowed seat back, by its receipt or as lost.
    return_borrowed(ReturnBorrowedRequest) -> ReturnBorrowedReply;
    /// Gives somebody a named seat, or changes its period.
    assign(AssignRequest) -> AssignReply;
    /// Takes a named seat back.
    unassign(UnassignRequest) -> UnassignReply;
    /// Whose the named seats are.
    assignments(AssignmentsRequest) -> AssignmentsReply;
    /// Makes a personal token, or takes it away.
    set_login(SetLoginRequest) -> SetLoginReply;
    /// Says that the license host's clock is right, where it was further ahead before.
    reset_clock(ResetClockRequest) -> ResetClockReply;
    /// Takes back what one user has of a feature on one display of one workstation.
    remove(RemoveRequest) -> RevokeReply;
    /// Stops the daemon.
    stop(StopRequest) -> StopReply;
    /// Has the debug log written to another file.
    switch_log(SwitchLogRequest) -> SwitchLogReply;
    /// Writes what the usage history has of a vendor into a file of its own.
    switch_report(SwitchReportRequest) -> SwitchReportReply;
    /// Says that a reader has dealt with all events up to one, or forgets it.
    acknowledge_events(AcknowledgeEventsRequest) -> AcknowledgeEventsReply;
}

/// A stream of events, in the order in which they happened.
#[derive(Debug)]
pub struct Events(tonic::Streaming<v1::EventsPart>);

impl Events {
    /// The next of them, or a gap; nothing when the stream has ended.
    ///
    /// # Errors
    /// When the daemon cannot go on, or has gone.
    pub async fn next(&mut self) -> Result<Option<v1::EventsPart>, Error> {
        self.0.message().await.map_err(|status| refused(&status))
    }
}

impl Admin {
    /// What happened, from the journal.
    ///
    /// # Errors
    /// When the daemon refuses or does not answer.
    pub async fn events(&mut self, request: v1::EventsRequest) -> Result<Events, Error> {
        answered(self.client.events(request).await).map(Events)
    }

    /// Connects to the daemon that serves this socket.
    ///
    /// # Errors
    /// When no daemon answers there.
    pub async fn connect(socket: &Path) -> Result<Self, Error> {
        Ok(Self { client: AdminClient::new(channel(socket, ANSWER).await?) })
    }
}

/// A channel to the daemon that serves this socket, which may take so long for an answer.
pub(crate) async fn channel(socket: &Path, answer: Duration) -> Result<Channel, Error> {
    let path = std::path::absolute(socket).unwrap_or_else(|_| socket.to_owned());
    let failed = |why: String| Error::NoDaemon { socket: path.clone(), why: shown(&why, WORDS_MAX) };
    // What the system says is told; a channel would only say that it is not connected.
    tokio::net::UnixStream::connect(&path).await.map_err(|error| failed(error.to_string()))?;
    let endpoint = Endpoint::from_shared(format!("unix:{}", path.display()))
        .map_err(|error| failed(error.to_string()))?
        .connect_timeout(CONNECT)
        .timeout(answer);
    endpoint.connect().await.map_err(|error| failed(error.to_string()))
}

pub(crate) fn answered<T>(answer: Result<tonic::Response<T>, tonic::Status>) -> Result<T, Error> {
    answer.map(tonic::Response::into_inner).map_err(|status| refused(&status))
}

/// The daemon's refusal. Its words bring FlexNet's number, as those of other refusals do.
fn refused(status: &tonic::Status) -> Error {
    use tonic::Code as Grpc;
    let message = shown(status.message(), WORDS_MAX);
    let said = numbers(&message).find_map(Code::from_number);
    let code = said.unwrap_or(match status.code() {
        Grpc::PermissionDenied => Code::NotAdministrator,
        Grpc::InvalidArgument => Code::BadParameter,
        Grpc::NotFound => Code::NeverCheckedOut,
        Grpc::Unimplemented => Code::UnsupportedRequest,
        Grpc::Unavailable => Code::NoConnection,
        Grpc::DeadlineExceeded | Grpc::Cancelled => Code::CannotRead,
        _ => Code::BadServerData,
    });
    let message = match said {
        Some(_) => message,
        None if message.is_empty() => code.to_string(),
        None => format!("{message} ({})", code.number()),
    };
    Error::Denied { code, message, retry_after_ms: 0 }
}

/// The numbers below zero that stand in brackets.
fn numbers(text: &str) -> impl Iterator<Item = i32> {
    text.split("(-").skip(1).filter_map(|rest| rest.split_once(')')?.0.parse::<i32>().ok()).map(|n| -n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_has_flexnets_number() {
        for (status, code, message) in [
            (tonic::Status::not_found("no grant 7"), -41, "no grant 7 (-41)"),
            (
                tonic::Status::failed_precondition("no early return (-123): x"),
                -123,
                "no early return (-123): x",
            ),
            (tonic::Status::invalid_argument("it says (-9999) (x)"), -42, "it says (-9999) (x) (-42)"),
            (
                tonic::Status::unimplemented(""),
                -85,
                "License server system does not support this request. (-85)",
            ),
        ] {
            let error = refused(&status);
            assert_eq!((error.code().number(), error.to_string().as_str()), (code, message));
        }
    }

    #[tokio::test]
    async fn a_socket_that_nobody_serves_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("admin.sock");
        let error = Admin::connect(&socket).await.unwrap_err();
        assert_eq!(error.code(), Code::NoConnection);
        assert!(error.to_string().contains("admin.sock") && error.remedy().contains("--socket"), "{error}");
    }
}
