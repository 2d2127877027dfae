//! The body of a request, and whether it is a form of who sends it.

use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use bytes::Bytes;

use crate::web::{Fault, Fields, Upload, Visitor, parse_multipart};
use crate::{Kind, Route, token};

/// How much of a body is read, and for how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) bytes: usize,
    pub(super) within: Duration,
}

/// Reads it.
pub(super) async fn body(
    route: &Route,
    visitor: &Visitor,
    parts: &Parts,
    body: Body,
    bounds: Bounds,
) -> Result<(Fields, Vec<Upload>, Bytes), Fault> {
    let mut kinds = parts.headers.get_all(CONTENT_TYPE).iter();
    let (Some(kind), None) = (kinds.next(), kinds.next()) else { return Err(Fault::BadType) };
    let kind = kind.to_str().map_err(|_| Fault::BadType)?;
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_taken = match (route.kind, essence.as_str()) {
        (Kind::Api, "application/json") | (Kind::Page, "application/x-www-form-urlencoded") => true,
        (Kind::Page, "multipart/form-data") => route.takes_files,
        _ => false,
    };
    if !is_taken {
        return Err(Fault::BadType);
    }
    let bytes = all(body, bounds).await?;
    let (form, files) = match essence.as_str() {
        "application/json" => return Ok((Fields::default(), Vec::new(), bytes)),
        "multipart/form-data" => parse_multipart(kind, &bytes)?,
        _ => (Fields::parse(&bytes)?, Vec::new()),
    };
    is_theirs(route, visitor, &form)?;
    Ok((form, files, Bytes::new()))
}

async fn all(body: Body, bounds: Bounds) -> Result<Bytes, Fault> {
    // What says that it is too long is not waited for.
    if body.size_hint().lower() > bounds.bytes as u64 {
        return Err(Fault::TooMuch);
    }
    let read = axum::body::to_bytes(body, bounds.bytes);
    match tokio::time::timeout(bounds.within, read).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => Err(Fault::TooMuch),
        Err(_) => Err(Fault::BadRequest),
    }
}

/// Whether a form was made for this session, and for the company that it works for.
fn is_theirs(route: &Route, visitor: &Visitor, form: &Fields) -> Result<(), Fault> {
    let word = form.get("_csrf");
    if visitor.csrf.is_empty() || !token::is_same(word, &visitor.csrf) {
        return Err(Fault::NotOurs);
    }
    let active = visitor.company().map_or("", |company| company.as_str());
    let made_for = form.get("_company");
    if route.is_bound && visitor.key.is_some() && made_for != active {
        let shown = |number: &str| match number {
            "" => visitor.lang.t("no company").to_owned(),
            number => format!("{} {number}", visitor.lang.t("company")),
        };
        return Err(Fault::Switched { page: shown(made_for), active: shown(active) });
    }
    Ok(())
}
