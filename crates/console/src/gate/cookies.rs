//! Cookies: each bound to this host, over TLS or on this machine, out of reach of scripts and of other
//! sites.

use axum::http::header::COOKIE;
use axum::http::request::Parts;

use crate::web::Reply;

/// What an answer has the browser keep, until it is sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kept(pub(crate) Vec<String>);

const FLAGS: &str = "Path=/; Secure; HttpOnly; SameSite=Strict";

/// A cookie until the browser ends.
pub(crate) fn set(name: &str, value: &str) -> String {
    format!("{name}={value}; {FLAGS}")
}

/// A cookie for so many seconds.
pub(crate) fn set_for(name: &str, value: &str, seconds: u64) -> String {
    format!("{name}={value}; Max-Age={seconds}; {FLAGS}")
}

/// No cookie any more.
pub(crate) fn clear(name: &str) -> String {
    set_for(name, "", 0)
}

impl Reply {
    /// The same, with which the browser keeps a cookie.
    #[must_use]
    pub(crate) fn keeping(mut self, cookie: String) -> Self {
        let kept = self.0.extensions_mut().get_or_insert_default::<Kept>();
        kept.0.push(cookie);
        self
    }
}

/// The value of a cookie; none where it came twice, since one of the two is not ours.
pub(super) fn get<'a>(parts: &'a Parts, name: &str) -> Option<&'a str> {
    let lines = parts.headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut all = lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter_map(|(found, value)| (found == name).then_some(value));
    let first = all.next()?;
    all.next().is_none().then_some(first)
}
