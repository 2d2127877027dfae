//! The client: a session with a license server.

use std::path::PathBuf;

use names::{Code, ConfigId, Feature, Invalid, SeatCount, Vendor, Version, Word};
use tokio::sync::{mpsc, oneshot, watch};

use crate::boot::Boot;
use crate::core::{Ask, Wanted};
use crate::driver::Driver;
use crate::standing::Standing;
use crate::{Error, Identity, Seat, Server, Servers, TrustPolicy};

/// Where the session's token is kept for the case that this process crashes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TokenFolder {
    /// `$XDG_RUNTIME_DIR/seatkeeper`, else `~/.cache/seatkeeper`.
    #[default]
    OfUser,
    /// This folder, which must be the user's own (0700).
    At(PathBuf),
    /// Nowhere: after a crash the seats are free after time-out and hold.
    Nowhere,
}

/// How a client behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// What must prove a seat.
    pub trust: TrustPolicy,
    /// Who asks.
    pub identity: Identity,
    /// How long the session may live without a heartbeat, in milliseconds; 0 for the server's
    /// default, which is also the longest it gives.
    pub timeout_ms: u32,
    /// Take seats again that a server lost. Without it the application is told and decides.
    pub reacquire: bool,
    /// Where the token is kept.
    pub tokens: TokenFolder,
}

impl Options {
    /// The usual: this process's identity, the server's time-out, no seat taken again.
    #[must_use]
    pub fn new(trust: TrustPolicy) -> Self {
        Self {
            trust,
            identity: Identity::of_this_process(),
            timeout_ms: 0,
            reacquire: false,
            tokens: TokenFolder::default(),
        }
    }
}

/// How a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// The lease runs.
    Safe,
    /// No server has answered for most of the time-out; seats are still held, for the grace.
    Jeopardy,
    /// No server answered for the grace either. All seats are lost; this is final.
    Expired,
    /// It was closed, or another process took the session over.
    Closed,
}

/// What to check out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckoutOptions {
    feature: String,
    version: String,
    seats: u64,
    vendor: Option<String>,
    config: Option<String>,
}

impl CheckoutOptions {
    /// One seat of this feature, licensed for this version or a higher one.
    #[must_use]
    pub fn new(feature: &str, version: &str) -> Self {
        Self { feature: feature.into(), version: version.into(), seats: 1, vendor: None, config: None }
    }

    /// So many seats, all from one pool or none.
    #[must_use]
    pub fn seats(mut self, seats: u64) -> Self {
        self.seats = seats;
        self
    }

    /// Only of this vendor.
    #[must_use]
    pub fn vendor(mut self, vendor: &str) -> Self {
        self.vendor = Some(vendor.into());
        self
    }

    /// Only of this configuration.
    #[must_use]
    pub fn config(mut self, config: &str) -> Self {
        self.config = Some(config.into());
        self
    }

    fn checked(&self) -> Result<Wanted, Invalid> {
        Ok(Wanted {
            feature: Feature::new(&self.feature)?,
            version: Version::new(&self.version)?,
            seats: SeatCount::new(self.seats)?,
            vendor: self.vendor.as_deref().map(Vendor::new).transpose()?,
            config: self.config.as_deref().map(ConfigId::new).transpose()?,
        })
    }
}

/// A session with a license server, kept alive by a task of its own.
#[derive(Debug)]
pub struct Client {
    asks: mpsc::UnboundedSender<Ask>,
    session: watch::Receiver<Standing>,
    /// What [`Client::changed`] said last.
    seen: State,
    server: Server,
    server_version: Word,
}

impl Client {
    /// Opens a session at the first of `servers` that gives one.
    ///
    /// # Errors
    /// When none gives one: what each of them did. When the server does not prove its key.
    pub async fn connect(servers: &Servers, options: Options) -> Result<Self, Error> {
        let (driver, connected) = Driver::connect(servers, options).await?;
        tokio::spawn(driver.run());
        let (asks, session) = (connected.asks, connected.session);
        Ok(Self {
            asks,
            session,
            seen: State::Safe,
            server: connected.server,
            server_version: connected.server_version,
        })
    }

    /// Checks seats out. Waits while the connection is being made again; an application that will
    /// not wait drops the future, and a seat that comes later is returned by itself.
    ///
    /// # Errors
    /// When the server refuses, what it shows is no proof, or the session is over.
    pub async fn checkout(&self, options: CheckoutOptions) -> Result<Seat, Error> {
        let wanted = options.checked()?;
        let seats = wanted.seats;
        let (answer, answered) = oneshot::channel();
        self.asks.send(Ask::Checkout { wanted: Box::new(wanted), answer }).map_err(|_| self.over())?;
        let taken = answered.await.unwrap_or_else(|_| Err(self.over()))?;
        let (key, holding, session) = taken.keep();
        Ok(Seat::new(key, seats, self.asks.clone(), holding, session))
    }

    /// How the session stands, by the clock: also while the runtime that the client lives on does not
    /// run.
    #[must_use]
    pub fn state(&self) -> State {
        self.session.borrow().at(Boot::now())
    }

    /// Waits until the session stands differently than this said last (at first: than [`State::Safe`]),
    /// and says how. May be dropped at any time.
    pub async fn changed(&mut self) -> State {
        loop {
            let now = self.state();
            if now != self.seen {
                self.seen = now;
                return now;
            }
            if self.session.changed().await.is_err() && self.state() == self.seen {
                return std::future::pending().await;
            }
        }
    }

    /// The server that opened the session.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// What the server says its version is.
    #[must_use]
    pub fn server_version(&self) -> &Word {
        &self.server_version
    }

    /// Returns all seats and ends the session; waits for the server's word.
    ///
    /// # Errors
    /// When the session is over already, or no server can be reached any more.
    pub async fn close(self) -> Result<(), Error> {
        let (answer, answered) = oneshot::channel();
        self.asks.send(Ask::Close { answer }).map_err(|_| self.over())?;
        answered.await.unwrap_or_else(|_| Err(self.over()))
    }

    /// Why nothing can be asked any more.
    fn over(&self) -> Error {
        match self.state() {
            State::Closed => Error::Closed,
            _ => Error::SessionLost { why: Code::NoConnection.text().to_owned() },
        }
    }
}
