//! Passwords: one's own, and links with which others set theirs.

use askama::Template;
use desk::{Actor, Command, CustomerNumber, Desk};
use names::Email;

use super::hasher::chosen;
use super::throttle::Count;
use crate::gate::{self, SESSION};
use crate::limits;
use crate::web::{Fault, Layout, Reply, Request};

#[derive(Debug, Template)]
#[template(path = "sign/password.html")]
struct Page {
    layout: Layout,
    action: String,
    email: String,
    /// One's own, so the old one is asked for.
    asks_old: bool,
    is_done: bool,
}

#[derive(Debug, Template)]
#[template(path = "sign/links.html")]
struct LinksPage {
    layout: Layout,
    made: Option<(String, String)>,
    is_any: bool,
}

/// The page to change one's own.
pub(super) async fn own_page(request: Request) -> Result<Reply, Fault> {
    let email = own(&request)?.to_string();
    let layout = request.layout("Change your password");
    Ok(Reply::page(&Page { layout, action: "/password".into(), email, asks_old: true, is_done: false }))
}

fn own(request: &Request) -> Result<&Email, Fault> {
    request.visitor.email().ok_or(Fault::Refused(desk::Refusal::SignedOut))
}

/// Changes one's own. All sessions with the old one end, and this one goes on under a new id.
pub(super) async fn change_own(request: Request) -> Result<Reply, Fault> {
    let app = &request.app;
    let email = own(&request)?.clone();
    let password = request.form.get("password").to_owned();
    chosen(&password, request.form.get("again"), email.as_str())?;
    let count = [Count::of(&format!("own {email}"), limits::TRIES_PER_ACCOUNT_AND_ADDRESS)];
    app.throttle.take(&count, app.settings.clock.now()).map_err(Fault::TooOften)?;
    let old = request.visitor.desk.credential(&email).map(|row| row.hash.clone());
    let typed = request.form.get("old").to_owned();
    if typed.len() > limits::PASSWORD_BYTES_MAX || !app.hasher.is_right(typed, old.as_deref()).await? {
        return Err(Fault::invalid("old", "it is not your password"));
    }
    app.throttle.give_back(&count);
    let hash = app.hasher.hash(password).await?;
    request.act(Command::SetPassword { email: email.clone(), hash }).await?;
    app.sessions.end_all(&email);
    let id = app.sessions.begin(&app.host.desk(), &email, app.settings.clock.now());
    let Some(id) = id else { return Ok(Reply::to("/sign-in")) };
    Ok(Reply::to("/").keeping(gate::set(SESSION, &id)))
}

/// The page of a link.
pub(super) async fn link_page(request: Request) -> Result<Reply, Fault> {
    let now = request.app.settings.clock.now();
    let email = request.app.links.whose(request.param("token"), now).ok_or_else(gone)?.to_string();
    let layout = request.layout("Set your password");
    Ok(Reply::page(&Page { layout, action: request.path.clone(), email, asks_old: false, is_done: false }))
}

fn gone() -> Fault {
    Fault::missing("this link: it was used, or is too old")
}

/// Sets a password by a link, once.
pub(super) async fn set_by_link(request: Request) -> Result<Reply, Fault> {
    let (app, token) = (&request.app, request.param("token"));
    let now = app.settings.clock.now();
    let email = app.links.whose(token, now).ok_or_else(gone)?;
    let password = request.form.get("password").to_owned();
    chosen(&password, request.form.get("again"), email.as_str())?;
    let hash = app.hasher.hash(password).await?;
    // Of two at once, the first.
    let email = app.links.take(token, now).ok_or_else(gone)?;
    request.host().act(Actor::Daemon, Command::SetPassword { email: email.clone(), hash }).await?;
    app.host.note(&Actor::Daemon, "password-link-used", email.as_str());
    let layout = request.layout("Set your password");
    Ok(Reply::page(&Page {
        layout,
        action: String::new(),
        email: email.to_string(),
        asks_old: false,
        is_done: true,
    }))
}

/// The page on which links are made.
pub(super) async fn links_page(request: Request) -> Result<Reply, Fault> {
    Ok(Reply::page(&LinksPage { layout: request.layout("Password links"), made: None, is_any: true }))
}

/// Makes a link for somebody whose password one might set.
pub(super) async fn make_link(request: Request) -> Result<Reply, Fault> {
    let email = request.form.read("email", Email::new)?;
    if request.visitor.desk.person(&email).is_none() {
        return Err(Fault::missing(format!("an account of {email}")));
    }
    // Whoever may not set it may not make a link for it either: the desk says.
    request.preview(Command::SetPassword { email: email.clone(), hash: "$argon2id$none".into() }).await?;
    made(&request, &email, true)
}

/// Makes a supervisor's link.
pub(super) async fn make_first_link(request: Request) -> Result<Reply, Fault> {
    let email = request.form.read("email", Email::new)?;
    first_link(&request.visitor.desk, request.visitor.company(), &email)?;
    made(&request, &email, false)
}

/// Whether a supervisor of this company may make a link: for the first password of somebody who is of this
/// company, of no other, and of no staff. Whoever sets a password may all that its person may.
pub(crate) fn first_link(desk: &Desk, company: Option<&CustomerNumber>, email: &Email) -> Result<(), Fault> {
    let is_ours = company.is_some_and(|company| desk.membership(company, email).is_some());
    let Some(person) = desk.person(email).filter(|_| is_ours) else {
        return Err(Fault::missing(format!("{email} in your company")));
    };
    let is_elsewhere = desk.companies_of(email).any(|number| Some(number) != company);
    if is_elsewhere || person.is_vendor_desk || person.is_host_administrator {
        let why = "they work for others too; ask whoever administers the license host for the link";
        return Err(Fault::invalid("email", why));
    }
    if desk.credential(email).is_some() {
        let why = "they have a password; whoever administers the license host can make a link for another";
        return Err(Fault::invalid("email", why));
    }
    Ok(())
}

fn made(request: &Request, email: &Email, is_any: bool) -> Result<Reply, Fault> {
    let path = request.app.password_link(email).ok_or(Fault::Busy)?;
    request.app.host.note(&request.visitor.actor, "password-link", email.as_str());
    let own = format!("http://{}", request.named);
    let base = request.app.settings.public_url.as_deref().unwrap_or(&own).trim_end_matches('/');
    let made = Some((email.to_string(), format!("{base}{path}")));
    Ok(Reply::page(&LinksPage { layout: request.layout("Password links"), made, is_any }))
}
