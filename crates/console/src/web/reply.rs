//! Answers.

use askama::Template;
use axum::body::Body;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use serde::Serialize;

/// An answer.
#[derive(Debug)]
pub struct Reply(pub(crate) Response);

impl Reply {
    /// An answer of this kind.
    #[must_use]
    pub fn of(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Self {
        let mut response = Response::new(Body::from(body.into()));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        Self(response)
    }

    /// A page.
    #[must_use]
    pub fn page(template: &impl Template) -> Self {
        match template.render() {
            Ok(html) => Self::of(StatusCode::OK, "text/html; charset=utf-8", html),
            // A template fails only where something in it does.
            Err(_) => Self::of(StatusCode::INTERNAL_SERVER_ERROR, "text/plain; charset=utf-8", "it failed\n"),
        }
    }

    /// On to another page of the console, after a form was taken.
    #[must_use]
    pub fn to(path: &str) -> Self {
        let mut reply = Self::of(StatusCode::SEE_OTHER, "text/plain; charset=utf-8", "");
        let path = HeaderValue::from_str(&local(path)).unwrap_or(HeaderValue::from_static("/"));
        reply.0.headers_mut().insert(LOCATION, path);
        reply
    }

    /// A file to keep. Other characters than letters, digits, `.`, `-` and `_` of its name become `_`.
    #[must_use]
    pub fn file(name: &str, kind: &'static str, body: impl Into<Bytes>) -> Self {
        let mut reply = Self::of(StatusCode::OK, kind, body);
        let good = |c: char| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '_' };
        let name: String = name.chars().take(100).map(good).collect();
        if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
            reply.0.headers_mut().insert(CONTENT_DISPOSITION, value);
        }
        reply
    }

    /// JSON.
    #[must_use]
    pub fn json(status: StatusCode, what: &impl Serialize) -> Self {
        match serde_json::to_vec(what) {
            Ok(text) => Self::of(status, "application/json", text),
            Err(_) => Self::of(StatusCode::INTERNAL_SERVER_ERROR, "application/json", "{}"),
        }
    }

    /// The same under another status.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        *self.0.status_mut() = status;
        self
    }

    /// The same with another header field.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.headers_mut().append(name, value);
        }
        self
    }
}

/// A path of the console: what might lead elsewhere becomes `/`.
#[must_use]
pub(crate) fn local(path: &str) -> String {
    let is_plain = |b: u8| b.is_ascii_graphic() && !matches!(b, b'\\' | b'"' | b'<' | b'>');
    let is_local = path.starts_with('/') && !path.starts_with("//") && path.bytes().all(is_plain);
    // What a browser or a proxy might decode into another host.
    let lower = path.to_ascii_lowercase();
    let is_odd = path.len() > 2_000
        || ["/%2f", "/%5c", "/%09", "/%0a", "/%0d"].iter().any(|odd| lower.starts_with(odd));
    if is_local && !is_odd { path.to_owned() } else { "/".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wc_07_next_stays_on_this_console() {
        for bad in [
            "//evil",
            "///evil",
            "https:evil",
            "https://evil",
            "/\\evil",
            "\\\\evil",
            "%2f%2fevil",
            "/%2fevil",
            "/%5Cevil",
            "javascript:alert(1)",
            "",
            " /x",
            "/x y",
            "/x\r\nSet-Cookie: a=b",
            "/\t/evil",
            "/%09/evil",
        ] {
            assert_eq!(local(bad), "/", "{bad:?}");
        }
        for good in ["/", "/seats?search=a%2Fb&page=2", "/usage#day"] {
            assert_eq!(local(good), good);
        }
    }

    #[test]
    fn wc_18_no_header_is_split_by_a_name() {
        let reply = Reply::file("a\r\nX: y\"../é.lic", "text/plain", "");
        let name = reply.0.headers().get(CONTENT_DISPOSITION).unwrap().to_str().unwrap();
        assert_eq!(name, "attachment; filename=\"a__X__y_.._..lic\"".replace("_.._..", "_..__."));
    }
}
