//! Whether a request is for this console, and who makes it.

use std::net::IpAddr;

use axum::http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, HOST, ORIGIN, TRANSFER_ENCODING};
use axum::http::request::Parts;
use desk::{Actor, CustomerNumber};
use names::Email;

use super::{KNOWN, LANGUAGE, MARK, SESSION, cookies, set};
use crate::serve::Peer;
use crate::web::{Fault, Lang, Visitor};
use crate::{App, token};

/// The name under which this console is asked, where it is one of its own, by a page of its own or by nobody's.
pub(super) fn is_for_us(app: &App, parts: &Parts) -> Result<String, Fault> {
    // A body without its length may be read otherwise by what stands between; no browser sends one.
    if parts.headers.contains_key(TRANSFER_ENCODING) {
        return Err(Fault::BadRequest);
    }
    let mut hosts = parts.headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return Err(Fault::BadRequest) };
    let named = host.to_str().map_err(|_| Fault::BadRequest)?.to_ascii_lowercase();
    if !app.names.contains(&named) {
        return Err(Fault::Misdirected);
    }
    // The form `GET http://host/` names it a second time.
    if parts.uri.authority().is_some_and(|authority| !authority.as_str().eq_ignore_ascii_case(&named)) {
        return Err(Fault::Misdirected);
    }
    let site = parts.headers.get("sec-fetch-site").map(|value| value.to_str().unwrap_or_default());
    let is_ours = match parts.headers.get(ORIGIN).map(|value| value.to_str().unwrap_or_default()) {
        None => true,
        // Forms of pages that tell no referrer have no origin; browsers that do so say from which site.
        Some("null") => site == Some("same-origin"),
        Some(origin) => is_origin(app, &origin.to_ascii_lowercase(), &named),
    };
    // Another site may lead here, and no more.
    let is_led = matches!(site, None | Some("same-origin" | "none")) || parts.method.is_safe();
    if is_ours && is_led { Ok(named) } else { Err(Fault::NotOurs) }
}

fn is_origin(app: &App, origin: &str, named: &str) -> bool {
    match app.settings.public_url.as_deref() {
        Some(url) if app.settings.public_host().is_some_and(|host| host.eq_ignore_ascii_case(named)) => {
            origin == url.trim_end_matches('/').to_ascii_lowercase()
        }
        _ => origin.strip_prefix("http://") == Some(named),
    }
}

/// Where a request comes from: the other side, or whom a proxy that is trusted names.
fn address(app: &App, parts: &Parts) -> IpAddr {
    let peer = parts.extensions.get::<Peer>().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0);
    if !app.settings.proxies.contains(&peer) {
        return peer;
    }
    let last = parts.headers.get_all("x-forwarded-for").iter().next_back();
    let named = last.and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
    named.map_or(peer, |named: IpAddr| named.to_canonical())
}

fn back(parts: &Parts) -> String {
    let path = parts.uri.path_and_query().filter(|_| parts.method.is_safe());
    path.map_or_else(|| "/".to_owned(), ToString::to_string)
}

/// Who makes it, by the browser's cookies.
pub(super) fn visitor(app: &App, parts: &Parts) -> Visitor {
    let (change, desk) = (app.host.change(), app.host.desk());
    let key = cookies::get(parts, SESSION).filter(|id| token::is_token(id)).map(token::hash);
    let session = key.and_then(|key| app.sessions.find(&key, &desk, app.settings.clock.now(), true).ok());
    let mark = cookies::get(parts, MARK).filter(|mark| token::is_token(mark)).map(str::to_owned);
    let accepted = parts.headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let lang = cookies::get(parts, LANGUAGE)
        .and_then(Lang::of)
        .unwrap_or_else(|| accepted.map(Lang::accepted).unwrap_or_default());
    let (key, actor, csrf, has_stayed) = match session {
        Some(session) => {
            let actor = Actor::Person { email: session.email, company: session.company };
            (key, actor, session.csrf, session.has_stayed)
        }
        None => (None, Actor::Nobody, String::new(), false),
    };
    let csrf = match (&key, &mark) {
        (None, Some(mark)) => token::seal(&app.key, "form", mark),
        _ => csrf,
    };
    Visitor {
        powers: desk.powers(&actor, app.host.role()),
        actor,
        desk,
        change,
        lang,
        csrf,
        has_stayed,
        said: Vec::new(),
        back: back(parts),
        address: address(app, parts),
        key,
        mark,
        known: cookies::get(parts, KNOWN).map(str::to_owned),
    }
}

/// Marks a browser in which nobody is signed in, so that its forms are its own.
pub(super) fn mark(visitor: &mut Visitor, app: &App) -> Option<String> {
    if visitor.key.is_some() || visitor.mark.is_some() {
        return None;
    }
    let mark = token::random()?;
    visitor.csrf = token::seal(&app.key, "form", &mark);
    Some(set(MARK, &mark))
}

/// Who makes it, by a personal token, or by the address of their calendar.
pub(super) fn program(app: &App, parts: &Parts) -> Visitor {
    let (change, desk) = (app.host.change(), app.host.desk());
    let reader = crate::api::feed::reader(&*app.host, parts.uri.path());
    let actor = reader.or_else(|| bearer(app, parts)).map_or(Actor::Nobody, |email| {
        let asked = parts.headers.get("seatkeeper-company").and_then(|value| value.to_str().ok());
        let company = match asked {
            Some(number) => {
                let number = CustomerNumber::new(number).ok();
                number.filter(|number| desk.membership(number, &email).is_some())
            }
            None => desk.person(&email).and_then(|person| person.primary.clone()),
        };
        Actor::Person { email, company }
    });
    Visitor {
        powers: desk.powers(&actor, app.host.role()),
        actor,
        desk,
        change,
        lang: Lang::En,
        csrf: String::new(),
        has_stayed: true,
        said: Vec::new(),
        back: back(parts),
        address: address(app, parts),
        key: None,
        mark: None,
        known: None,
    }
}

fn bearer(app: &App, parts: &Parts) -> Option<Email> {
    let mut all = parts.headers.get_all(AUTHORIZATION).iter();
    let (value, None) = (all.next()?.to_str().ok()?, all.next()) else { return None };
    let token = value.strip_prefix("Bearer ").or_else(|| value.strip_prefix("bearer "))?;
    app.host.login(&service::token_hash(token.trim().as_bytes()))
}
