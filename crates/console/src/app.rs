//! What all requests share.

use std::net::SocketAddr;
use std::sync::Arc;

use desk::{Action, Actor, Context, CustomerNumber, Desk, Refusal};
use names::Email;
use tokio::sync::watch;

use crate::session::Sessions;
use crate::sign::{Hasher, Links, Throttle};
use crate::{Host, Settings, token};

/// What all requests share.
#[derive(Debug)]
pub struct App {
    pub(crate) host: Arc<dyn Host>,
    pub(crate) settings: Settings,
    pub(crate) sessions: Sessions,
    pub(crate) throttle: Throttle,
    pub(crate) links: Links,
    pub(crate) hasher: Hasher,
    /// Seals what browsers are given to keep; made anew at each start.
    pub(crate) key: String,
    /// The names by which it is reached, with their ports.
    pub(crate) names: Vec<String>,
    /// Turns true when the console ends.
    pub(crate) ending: watch::Receiver<bool>,
}

impl App {
    /// A console on this address.
    ///
    /// # Errors
    /// That the system has no random numbers, or that the cost of hashes is none that Argon2 knows.
    pub(crate) fn new(
        host: Arc<dyn Host>,
        settings: Settings,
        local: SocketAddr,
        ending: watch::Receiver<bool>,
    ) -> std::io::Result<Arc<Self>> {
        let key = token::random().ok_or_else(|| std::io::Error::other("there are no random numbers"))?;
        let hasher = Hasher::new(settings.cost)?;
        let names = names_of(&settings, local);
        let sessions = Sessions::new(settings.idle, settings.absolute);
        let app = Self {
            host,
            sessions,
            throttle: Throttle::default(),
            links: Links::default(),
            hasher,
            key,
            names,
            ending,
            settings,
        };
        app.offer_set_up()?;
        Ok(Arc::new(app))
    }

    /// On a host that nobody administers yet, the token of its set-up is shown there, and only there.
    fn offer_set_up(&self) -> std::io::Result<()> {
        let desk = self.host.desk();
        let is_set_up = desk.people().any(|person| {
            (person.is_host_administrator || person.is_vendor_desk)
                && desk.credential(&person.email).is_some()
        });
        if is_set_up {
            return Ok(());
        }
        let token = token::random().ok_or_else(|| std::io::Error::other("there are no random numbers"))?;
        self.links.offer_set_up(&token);
        self.host.show_set_up(&token);
        Ok(())
    }

    /// Whether somebody may do something, as the desk decides it.
    pub(crate) fn may(
        &self,
        desk: &Desk,
        actor: &Actor,
        action: Action,
        company: Option<&CustomerNumber>,
    ) -> Result<(), Refusal> {
        let support = self.host.support();
        let context = Context {
            now: self.host.now(),
            role: self.host.role(),
            vendor: None,
            vendor_key: None,
            host_key: None,
            host: None,
            owned: &[],
            assigned: &[],
            borrowed: &[],
            support: &support,
        };
        desk.may(&context, actor, action, company)
    }

    /// The path of a link with which somebody sets their password, once.
    pub(crate) fn password_link(&self, email: &Email) -> Option<String> {
        let token = token::random()?;
        self.links.add(&token, email, self.settings.clock.now())?;
        Some(format!("/password/{token}"))
    }
}

/// What `Host` may say: the public address, the one that is listened on, and, where that is this machine
/// only, its name. Anything else comes from a page that had its own name point here.
fn names_of(settings: &Settings, local: SocketAddr) -> Vec<String> {
    let mut names: Vec<String> = settings.public_host().map(str::to_ascii_lowercase).into_iter().collect();
    names.push(local.to_string());
    if local.ip().is_loopback() {
        names.push(format!("localhost:{}", local.port()));
    }
    if local.port() == 80 {
        names.push(local.ip().to_string());
        names.push("localhost".into());
    }
    names
}
