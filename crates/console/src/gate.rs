//! What every request passes before a page hears of it.

mod cookies;
mod headers;
mod known;
mod read;

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts as _, RawPathParams, Request as HttpRequest};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, on};
use desk::{Actor, Need, Refusal};

pub(crate) use self::cookies::{clear, set, set_for};
use crate::web::{Fault, Reply, Request, Visitor, encode, fault_page};
use crate::{App, Kind, Route, routes};

/// The names of the console's cookies.
pub(crate) const SESSION: &str = "__Host-seatkeeper";
pub(crate) const MARK: &str = "__Host-seatkeeper-mark";
pub(crate) const KNOWN: &str = "__Host-seatkeeper-known";
pub(crate) const LANGUAGE: &str = "__Host-seatkeeper-language";

/// All routes, each behind the gate.
pub(crate) fn router(app: &Arc<App>) -> Router {
    let mut router = Router::new();
    for route in routes() {
        let filter = if route.method == Method::POST { MethodFilter::POST } else { MethodFilter::GET };
        router = router.route(route.path, through(app, filter, route));
    }
    let (lost, wrong) = (Arc::clone(app), Arc::clone(app));
    router
        .fallback(move |request| astray(Arc::clone(&lost), request, Fault::NotFound))
        .method_not_allowed_fallback(move |request| astray(Arc::clone(&wrong), request, Fault::BadMethod))
}

fn through(app: &Arc<App>, filter: MethodFilter, route: Route) -> MethodRouter {
    let (app, route) = (Arc::clone(app), Arc::new(route));
    on(filter, move |request: HttpRequest| pass(Arc::clone(&app), Arc::clone(&route), request))
}

/// An address that is none.
async fn astray(app: Arc<App>, request: HttpRequest, fault: Fault) -> Response {
    let (parts, _) = request.into_parts();
    let mut visitor = known::visitor(&app, &parts);
    let fault = known::is_for_us(&app, &parts).err().unwrap_or(fault);
    let cookies = known::mark(&mut visitor, &app).into_iter().collect();
    finish(&app, fault_page(&app, &visitor, "/", &fault), cookies)
}

async fn pass(app: Arc<App>, route: Arc<Route>, request: HttpRequest) -> Response {
    let (mut parts, body) = request.into_parts();
    let mut visitor = match route.kind {
        Kind::Page => known::visitor(&app, &parts),
        Kind::Api => known::program(&app, &parts),
    };
    let mut cookies: Vec<String> = match route.kind {
        Kind::Page => known::mark(&mut visitor, &app).into_iter().collect(),
        Kind::Api => Vec::new(),
    };
    let shown = visitor.clone();
    let path = parts.uri.path().to_owned();
    let made = match admit(&app, &route, visitor, &mut parts, body).await {
        Ok(request) => run(&route, request).await,
        Err(fault) => Err(fault),
    };
    let response = match made {
        Ok((Reply(response), more)) => {
            cookies.extend(more);
            response
        }
        Err(fault) => refuse(&app, &route, &shown, &parts, &path, &fault),
    };
    finish(&app, response, cookies)
}

/// Lets a request in that is for this console, of somebody who may, from a page that is theirs.
async fn admit(
    app: &Arc<App>,
    route: &Route,
    mut visitor: Visitor,
    parts: &mut Parts,
    body: axum::body::Body,
) -> Result<Request, Fault> {
    let named = known::is_for_us(app, parts)?;
    let is_public = route.action.need() == Need::Nothing;
    if !is_public && visitor.actor == Actor::Nobody {
        return Err(Refusal::SignedOut.into());
    }
    let params = params(parts).await?;
    let query = crate::web::Fields::parse(parts.uri.query().unwrap_or_default().as_bytes())?;
    let allowed = app.may(&visitor.desk, &visitor.actor, route.action, visitor.company());
    let (form, files, body) = if route.method == Method::POST {
        let max = if allowed.is_ok() { route.body_max() } else { crate::limits::FORM_BYTES_MAX };
        let bounds = read::Bounds { bytes: max, within: app.settings.body_within };
        read::body(route, &visitor, parts, body, bounds).await?
    } else {
        Default::default()
    };
    allowed?;
    if route.method == Method::GET
        && route.kind == Kind::Page
        && let Some(key) = &visitor.key
    {
        visitor.said = app.sessions.take_said(key);
    }
    let path = parts.uri.path().to_owned();
    Ok(Request { app: Arc::clone(app), visitor, named, path, params, query, form, files, body })
}

async fn params(parts: &mut Parts) -> Result<Vec<(String, String)>, Fault> {
    let params = RawPathParams::from_request_parts(parts, &()).await.map_err(|_| Fault::NotFound)?;
    let params: Vec<(String, String)> =
        params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    if params.iter().any(|(_, value)| value.contains('\0')) {
        return Err(Fault::NotFound);
    }
    Ok(params)
}

/// Has the page made, on a task of its own: whoever goes away does not leave a deed half asked for, and a
/// page that fails fails alone.
async fn run(route: &Route, request: Request) -> Result<(Reply, Vec<String>), Fault> {
    let made = tokio::spawn((route.handler)(request)).await;
    let mut reply = made.map_err(|_| Fault::Broken)??;
    let cookies = reply.0.extensions_mut().remove::<cookies::Kept>().map(|kept| kept.0).unwrap_or_default();
    Ok((reply, cookies))
}

fn refuse(app: &App, route: &Route, visitor: &Visitor, parts: &Parts, path: &str, fault: &Fault) -> Response {
    if fault.status() == StatusCode::FORBIDDEN {
        app.host.note(
            &visitor.actor,
            "refused",
            &format!("{} {path}: {}", parts.method, route.action.word()),
        );
    }
    if route.kind == Kind::Api {
        return problem(fault);
    }
    // To the page to sign in, and then back.
    if *fault == Fault::Refused(Refusal::SignedOut) && route.method == Method::GET {
        let back = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let Reply(response) = Reply::to(&format!("/sign-in?next={}", encode(back)));
        return response;
    }
    fault_page(app, visitor, path, fault)
}

/// A fault for programs (RFC 9457).
fn problem(fault: &Fault) -> Response {
    let what = serde_json::json!({
        "type": "about:blank",
        "status": fault.status().as_u16(),
        "title": fault.title(),
        "detail": fault.detail(),
        "kind": fault.word(),
    });
    let Reply(mut response) = Reply::json(fault.status(), &what);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if *fault == Fault::Refused(Refusal::SignedOut) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

fn finish(app: &App, mut response: Response, cookies: Vec<String>) -> Response {
    for cookie in cookies {
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    // What could not be read to its end may have another request in it.
    if matches!(response.status(), StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE) {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    headers::put(&mut response, app.settings.is_https());
    response
}
