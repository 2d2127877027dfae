//! What the program is.

use askama::Template;
use desk::Action;

use crate::web::{Fault, Layout, Reply, Request};

#[derive(Debug, Template)]
#[template(path = "host/about.html")]
struct Page {
    layout: Layout,
    /// Told to whoever is signed in.
    version: Option<String>,
    /// Told to whoever administers the host: its id and its public key.
    host: Option<(String, String)>,
}

/// The page.
pub(super) async fn page(request: Request) -> Result<Reply, Fault> {
    let is_known = request.visitor.key.is_some();
    let version = is_known.then(|| request.host().version());
    let host = request.visitor.may(Action::SeeHost).then(|| request.host().identity());
    Ok(Reply::page(&Page { layout: request.layout("About"), version, host }))
}
