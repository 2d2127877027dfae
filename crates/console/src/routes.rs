//! The one table of addresses: each with the deed that it is, so that what may be done is decided by the
//! desk's table alone.

use std::sync::Arc;

use axum::http::Method;
use desk::Action;

use crate::host::Later;
use crate::web::{Fault, Reply, Request};
use crate::{host_pages, limits, pages, sign};

type Handler = Arc<dyn Fn(Request) -> Later<'static, Result<Reply, Fault>> + Send + Sync>;

/// Who uses an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Browsers: known by a cookie, forms with the session's word, pages.
    Page,
    /// Programs: known by a personal token, JSON.
    Api,
}

/// An address.
#[derive(Clone)]
pub struct Route {
    /// `GET` (and with it `HEAD`) or `POST`.
    pub method: Method,
    /// Its path, with `{name}` for what varies.
    pub path: &'static str,
    /// What it does.
    pub action: Action,
    /// Who uses it.
    pub kind: Kind,
    /// Its form may have files.
    pub takes_files: bool,
    /// Its form must be of the company that the session works for.
    pub is_bound: bool,
    pub(crate) handler: Handler,
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} ({})", self.method, self.path, self.action.word())
    }
}

impl Route {
    fn new<F, A>(method: Method, kind: Kind, path: &'static str, action: Action, handler: F) -> Self
    where
        F: Fn(Request) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Reply, Fault>> + Send + 'static,
    {
        let handler: Handler = Arc::new(move |request| Box::pin(handler(request)));
        Self { method, path, action, kind, takes_files: false, is_bound: true, handler }
    }

    /// A page.
    pub fn get<F, A>(path: &'static str, action: Action, handler: F) -> Self
    where
        F: Fn(Request) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Reply, Fault>> + Send + 'static,
    {
        Self::new(Method::GET, Kind::Page, path, action, handler)
    }

    /// What a form is sent to.
    pub fn post<F, A>(path: &'static str, action: Action, handler: F) -> Self
    where
        F: Fn(Request) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Reply, Fault>> + Send + 'static,
    {
        Self::new(Method::POST, Kind::Page, path, action, handler)
    }

    /// What a program reads.
    pub fn api_get<F, A>(path: &'static str, action: Action, handler: F) -> Self
    where
        F: Fn(Request) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Reply, Fault>> + Send + 'static,
    {
        Self::new(Method::GET, Kind::Api, path, action, handler)
    }

    /// What a program sends JSON to.
    pub fn api_post<F, A>(path: &'static str, action: Action, handler: F) -> Self
    where
        F: Fn(Request) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Reply, Fault>> + Send + 'static,
    {
        Self::new(Method::POST, Kind::Api, path, action, handler)
    }

    /// The same of a form with files.
    #[must_use]
    pub fn with_files(self) -> Self {
        Self { takes_files: true, ..self }
    }

    /// The same of a form that is no company's: signing out, choosing a company or a language.
    #[must_use]
    pub fn unbound(self) -> Self {
        Self { is_bound: false, ..self }
    }

    pub(crate) fn body_max(&self) -> usize {
        if self.takes_files { limits::UPLOAD_BYTES_MAX } else { limits::FORM_BYTES_MAX }
    }
}

/// All addresses.
#[must_use]
pub fn routes() -> Vec<Route> {
    let mut routes = sign::routes();
    routes.extend(host_pages::routes());
    routes.extend(pages::routes());
    routes
}
