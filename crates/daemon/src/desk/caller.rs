//! Who calls: a person by a personal token, or somebody on the license host by the socket.

use std::sync::Arc;

use ::desk::{Actor, CustomerNumber, Refusal};
use names::{Code, Email};
use service::token_hash;
use tonic::metadata::MetadataMap;
use tonic::transport::server::UdsConnectInfo;
use tonic::{Request, Status};

use super::Desk;
use crate::admin;

/// The metadata that names the company that somebody works for.
const COMPANY: &str = "seatkeeper-company";

impl Desk {
    /// Who calls.
    ///
    /// # Errors
    /// When nobody who is known does, or not as they may.
    pub(super) async fn caller<T>(self: &Arc<Self>, request: &Request<T>) -> Result<Actor, Status> {
        let company = company(request.metadata())?;
        if let Some(token) = token(request.metadata())? {
            // Seats are put together for it, and other connections have heartbeats on this thread.
            let desk = Arc::clone(self);
            let found = tokio::task::spawn_blocking(move || desk.owner_of(token));
            let email = found.await.ok().flatten().ok_or_else(unknown)?;
            let company = company.or_else(|| self.primary_of(&email));
            return Ok(Actor::Person { email, company });
        }
        if request.extensions().get::<UdsConnectInfo>().is_none() {
            return Err(unknown());
        }
        admin::admit(request).map(|uid| Actor::Host { uid })
    }

    /// Whose token has this hash.
    pub(super) fn owner_of(&self, token: [u8; 32]) -> Option<Email> {
        self.edge.viewer.state().owner_of(&token).cloned()
    }
}

fn unknown() -> Status {
    Status::unauthenticated(format!(
        "{}: show a personal token that is in force (authorization: Bearer TOKEN); `seatkeeper login` keeps one",
        Code::NotAdministrator
    ))
}

/// The hash of the token that is shown. (Hashes are compared: the time it takes tells nothing about a token.)
fn token(metadata: &MetadataMap) -> Result<Option<[u8; 32]>, Status> {
    let mut shown = metadata.get_all("authorization").iter();
    let (Some(first), None) = (shown.next(), shown.next()) else {
        return if metadata.get("authorization").is_some() { Err(unknown()) } else { Ok(None) };
    };
    let text = first.to_str().map_err(|_| unknown())?;
    let bearer = text.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let (_, token) = bearer.ok_or_else(unknown)?;
    Ok(Some(token_hash(token.trim().as_bytes())))
}

/// The company that a call is for, where it says so.
pub(super) fn company(metadata: &MetadataMap) -> Result<Option<CustomerNumber>, Status> {
    let Some(value) = metadata.get(COMPANY) else { return Ok(None) };
    let bad = |why: String| Status::invalid_argument(format!("{COMPANY}: {why} (-42)"));
    let text = value.to_str().map_err(|_| bad("it is no text".into()))?;
    CustomerNumber::new(text).map(Some).map_err(|invalid| bad(invalid.to_string()))
}

/// A refusal as a call is answered with it; its words bring FlexNet's number.
pub(super) fn status(refusal: &Refusal) -> Status {
    use tonic::Code as Grpc;
    let (kind, code) = match refusal {
        Refusal::SignedOut => (Grpc::Unauthenticated, Code::NotAdministrator),
        Refusal::Forbidden { .. } => (Grpc::PermissionDenied, Code::NotAdministrator),
        Refusal::NotFound(_) => (Grpc::NotFound, Code::BadParameter),
        Refusal::Invalid { .. } => (Grpc::InvalidArgument, Code::BadParameter),
        Refusal::Rule { .. } => (Grpc::FailedPrecondition, Code::BadParameter),
        Refusal::Conflict(_) => (Grpc::Aborted, Code::Busy),
        Refusal::Limit(_) => (Grpc::ResourceExhausted, Code::Busy),
    };
    let text = refusal.to_string();
    let has_number = text.contains("(-");
    let message = if has_number { text } else { format!("{text} ({})", code.number()) };
    Status::new(kind, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_shown_once_and_as_bearer() {
        let of = |values: &[&str]| {
            let mut metadata = MetadataMap::new();
            for value in values {
                metadata.append("authorization", value.parse().unwrap());
            }
            token(&metadata).map_err(|status| status.code())
        };
        assert_eq!(of(&[]), Ok(None));
        for good in ["Bearer abc", "bearer abc", "BEARER  abc"] {
            assert_eq!(of(&[good]), Ok(Some(token_hash(b"abc"))), "{good}");
        }
        for bad in [&["abc"][..], &["Basic abc"], &["Bearer"], &["Bearer a", "Bearer a"]] {
            assert_eq!(of(bad), Err(tonic::Code::Unauthenticated), "{bad:?}");
        }
    }

    #[test]
    fn each_refusal_has_its_status_and_a_number() {
        use tonic::Code as Grpc;
        let text = || "it".to_owned();
        for (refusal, code, number) in [
            (Refusal::SignedOut, Grpc::Unauthenticated, "(-63)"),
            (Refusal::Forbidden { need: text(), ask: text() }, Grpc::PermissionDenied, "(-63)"),
            (Refusal::NotFound(text()), Grpc::NotFound, "(-42)"),
            (Refusal::invalid("pack", "x (-9)"), Grpc::InvalidArgument, "(-9)"),
            (Refusal::rule("3", "x"), Grpc::FailedPrecondition, "(-42)"),
            (Refusal::Conflict(text()), Grpc::Aborted, "(-23)"),
            (Refusal::Limit(text()), Grpc::ResourceExhausted, "(-23)"),
        ] {
            let status = status(&refusal);
            assert_eq!(status.code(), code, "{refusal}");
            assert!(status.message().contains(number), "{status}");
        }
    }
}
