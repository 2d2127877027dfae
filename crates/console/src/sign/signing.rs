//! Signing in and out.

use askama::Template;
use axum::http::StatusCode;
use names::Email;

use super::throttle::Count;
use crate::gate::{self, KNOWN, LANGUAGE, SESSION};
use crate::web::{Fault, Lang, Layout, Reply, Request};
use crate::{assets, limits, token};

/// How long a browser is known, in seconds.
const KNOWN_SECONDS: u64 = 365 * 24 * 60 * 60;

#[derive(Debug, Template)]
#[template(path = "sign/in.html")]
struct Page<'a> {
    layout: Layout,
    next: &'a str,
    email: &'a str,
    is_wrong: bool,
    has_set_up: bool,
}

/// Where somebody begins: the first page that they may see.
pub(super) async fn home(request: Request) -> Result<Reply, Fault> {
    let layout = request.layout("Overview");
    Ok(Reply::to(layout.nav.first().map_or("/company", |item| item.path)))
}

/// Style, script, icon.
pub(super) async fn asset(request: Request) -> Result<Reply, Fault> {
    let asset = assets::find(&request.path).ok_or(Fault::NotFound)?;
    let reply = Reply::of(StatusCode::OK, asset.kind, asset.text);
    Ok(reply
        .with_header("cache-control", "public, max-age=31536000, immutable")
        .with_header("etag", &format!("\"{}\"", asset.path.trim_start_matches("/assets/"))))
}

/// The page to sign in.
pub(super) async fn page(request: Request) -> Result<Reply, Fault> {
    if request.visitor.key.is_some() {
        return Ok(Reply::to(request.query.get("next")));
    }
    Ok(shown(&request, request.query.get("next"), "", false))
}

fn shown(request: &Request, next: &str, email: &str, is_wrong: bool) -> Reply {
    let layout = request.layout("Sign in");
    Reply::page(&Page { layout, next, email, is_wrong, has_set_up: request.app.links.has_set_up() })
}

/// Signs in; whoever is not let in is told the same for every reason.
pub(super) async fn sign_in(request: Request) -> Result<Reply, Fault> {
    let app = &request.app;
    let now = app.settings.clock.now();
    let typed = request.form.get("email").trim();
    let password = request.form.get("password").to_owned();
    if password.len() > limits::PASSWORD_BYTES_MAX {
        return Err(Fault::TooMuch);
    }
    let email = Email::new(typed).ok();
    let name = email.as_ref().map_or(typed, Email::as_str).chars().take(300).collect::<String>();
    let counts = counts(&request, &name);
    app.throttle.take(&counts, now).map_err(Fault::TooOften)?;
    let desk = &request.visitor.desk;
    let hash = email.as_ref().and_then(|email| desk.credential(email)).map(|row| row.hash.as_str());
    let is_right = app.hasher.is_right(password, hash).await?;
    let begun = email.filter(|_| is_right).and_then(|email| {
        // The desk as it is now: the password may have been changed while it was checked.
        let id = app.sessions.begin(&app.host.desk(), &email, app.settings.clock.now())?;
        Some((email, id))
    });
    let Some((email, id)) = begun else {
        app.host.note(&request.visitor.actor, "sign-in-refused", &name);
        let reply = shown(&request, request.form.get("next"), typed, true);
        return Ok(reply.with_status(StatusCode::UNAUTHORIZED));
    };
    app.throttle.give_back(&counts);
    // The session that this browser had is over: its id may be known to others.
    if let Some(old) = &request.visitor.key {
        app.sessions.end(old);
    }
    let company = None;
    app.host.note(&desk::Actor::Person { email: email.clone(), company }, "sign-in", email.as_str());
    let known =
        token::random().map(|id| format!("{id}{}", token::seal(&app.key, "known", &format!("{id} {email}"))));
    let reply = Reply::to(request.form.get("next")).keeping(gate::set(SESSION, &id));
    Ok(match known {
        Some(known) => reply.keeping(gate::set_for(KNOWN, &known, KNOWN_SECONDS)),
        None => reply,
    })
}

/// What a try is counted by. A browser in which this account was signed in before is counted by itself, so
/// that nobody elsewhere can keep its person out.
fn counts(request: &Request, name: &str) -> Vec<Count> {
    let known = request.visitor.known.as_deref().and_then(|known| known.split_at_checked(64));
    if let Some((id, seal)) = known
        && token::is_same(seal, &token::seal(&request.app.key, "known", &format!("{id} {name}")))
    {
        return vec![Count::of(&format!("known {id}"), limits::TRIES_PER_ACCOUNT_AND_ADDRESS)];
    }
    let address = request.visitor.address;
    vec![
        Count::of(&format!("both {address} {name}"), limits::TRIES_PER_ACCOUNT_AND_ADDRESS),
        Count::of(&format!("account {name}"), limits::TRIES_PER_ACCOUNT),
        Count::of(&format!("address {address}"), limits::TRIES_PER_ADDRESS),
    ]
}

/// Signs out.
pub(super) async fn sign_out(request: Request) -> Result<Reply, Fault> {
    if let Some(key) = &request.visitor.key {
        request.app.sessions.end(key);
        let who = request.visitor.actor.to_string();
        request.app.host.note(&request.visitor.actor, "sign-out", &who);
    }
    // What the browser keeps of its pages is thrown away.
    Ok(Reply::to("/sign-in").keeping(gate::clear(SESSION)).with_header("clear-site-data", "\"cache\""))
}

/// Has the pages in another language.
pub(super) async fn language(request: Request) -> Result<Reply, Fault> {
    let lang = Lang::of(request.form.get("language"))
        .ok_or_else(|| Fault::invalid("language", "there is none of this code"))?;
    Ok(Reply::to(request.form.get("next")).keeping(gate::set_for(LANGUAGE, lang.code(), KNOWN_SECONDS)))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{HeaderMap, Request as HttpRequest, header};
    use desk::{Change, RowKey};
    use tower::ServiceExt as _;

    use super::*;
    use crate::testing::{FakeHost, email, settings};
    use crate::{App, encode};

    async fn ask(app: &std::sync::Arc<App>, request: HttpRequest<Body>) -> (StatusCode, HeaderMap, String) {
        let answer = gate::router(app).oneshot(request).await.unwrap();
        let (head, body) = answer.into_parts();
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        (head.status, head.headers, String::from_utf8(body.to_vec()).unwrap())
    }

    /// Tries to sign in, in a browser that nobody knows: the status, and what checking the password has cost.
    async fn tried(app: &std::sync::Arc<App>, email: &str, password: &str) -> (StatusCode, u64) {
        let request = || HttpRequest::builder().uri("/sign-in").header(header::HOST, "localhost:1");
        let (_, headers, page) = ask(app, request().body(Body::empty()).unwrap()).await;
        let cookie = headers[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
        let (_, word) = page.split_once("name=\"_csrf\" value=\"").unwrap();
        let word = word.split('"').next().unwrap();
        let form = format!("_csrf={word}&email={}&password={}", encode(email), encode(password));
        let request = request().method("POST").header(header::COOKIE, cookie);
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let before = app.hasher.spent();
        let (status, ..) = ask(app, request.body(Body::from(form)).unwrap()).await;
        (status, app.hasher.spent() - before)
    }

    #[tokio::test]
    async fn wc_06_every_password_that_is_wrong_costs_the_same() {
        let host = FakeHost::sample();
        host.apply(&[Change::Drop(RowKey::Credential(email("ben@example.net")))]);
        let (_, ending) = tokio::sync::watch::channel(false);
        let app = App::new(host, settings(), "127.0.0.1:1".parse().unwrap(), ending).unwrap();
        let cost = u64::from(settings().cost.memory_kib) * u64::from(settings().cost.passes);
        assert!(cost > 0);
        for (who, password) in [
            ("kim@example.net", "wrong password"),
            ("kim@example.net", ""),
            ("KIM@EXAMPLE.NET", "wrong password"),
            ("nobody@example.net", "wrong password"),
            ("no address at all", "wrong password"),
            ("", "wrong password"),
            // An account without a password.
            ("ben@example.net", "wrong password"),
        ] {
            assert_eq!(tried(&app, who, password).await, (StatusCode::UNAUTHORIZED, cost), "{who:?}");
        }
        let right = tried(&app, "kim@example.net", crate::testing::PASSWORD).await;
        assert_eq!(right, (StatusCode::SEE_OTHER, cost));
    }
}
