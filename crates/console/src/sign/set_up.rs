//! The first set-up: whoever has the token that the license host showed becomes its first administrator,
//! and of the vendor's desk where there is one.

use askama::Template;
use desk::{Actor, Command};
use names::Email;

use super::hasher::chosen;
use super::throttle::Count;
use crate::limits;
use crate::web::{Fault, Layout, Reply, Request};

#[derive(Debug, Template)]
#[template(path = "sign/set_up.html")]
struct Page {
    layout: Layout,
    is_done: bool,
}

/// The page, while there is something to set up.
pub(super) async fn page(request: Request) -> Result<Reply, Fault> {
    if !request.app.links.has_set_up() {
        return Err(Fault::NotFound);
    }
    Ok(Reply::page(&Page { layout: request.layout("First set-up"), is_done: false }))
}

/// Sets up. Of two with the same token, the first does.
pub(super) async fn set_up(request: Request) -> Result<Reply, Fault> {
    let app = &request.app;
    let form = &request.form;
    let address = Count::of(&format!("set-up {}", request.visitor.address), limits::TRIES_PER_ADDRESS);
    app.throttle.take(&[address], app.settings.clock.now()).map_err(Fault::TooOften)?;
    if !app.links.has_set_up() {
        return Err(Fault::NotFound);
    }
    let email = form.read("email", Email::new)?;
    let password = form.get("password").to_owned();
    chosen(&password, form.get("again"), email.as_str())?;
    let hash = app.hasher.hash(password).await?;
    let token = form.get("token").trim();
    if !app.links.take_set_up(token) {
        app.host.note(&request.visitor.actor, "set-up-refused", email.as_str());
        return Err(Fault::invalid("token", "it is not the one that the license host showed"));
    }
    let made = first(&request, email, hash).await;
    if made.is_err() {
        // Nobody is an administrator yet, so the token is good still.
        app.links.offer_set_up(token);
    }
    made?;
    Ok(Reply::page(&Page { layout: request.layout("First set-up"), is_done: true }))
}

async fn first(request: &Request, email: Email, hash: String) -> Result<(), Fault> {
    let host = request.host();
    let vendor_desk = host.role().is_vendor();
    // Whoever has the token can read what the host shows to its own user.
    let by = Actor::Host { uid: 0 };
    let staff = Command::SetStaff { email: email.clone(), vendor_desk, host_administrator: true };
    host.act(by.clone(), staff).await?;
    host.act(by, Command::SetPassword { email, hash }).await?;
    Ok(())
}
