//! The client: a session with a license server.

use std::time::Duration;

use names::{Feature, GrantId, Word};
use proto::v1;
use proto::v1::command::Kind;
use proto::v1::reply::Kind as Says;
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use crate::boot::Boot;
use crate::borrowed::Borrowing;
use crate::core::Ask;
use crate::driver::Driver;
use crate::standing::Standing;
use crate::{
    Booking, CheckoutOptions, Colleague, Colleagues, Error, Options, Seat, Server, Servers, Waiting,
};

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

/// A session with a license server, kept alive by a task of its own.
#[derive(Debug)]
pub struct Client {
    asks: mpsc::UnboundedSender<Ask>,
    session: watch::Receiver<Standing>,
    colleagues: broadcast::Sender<Colleague>,
    /// What [`Client::changed`] said last.
    seen: State,
    server: Server,
    server_version: Word,
    borrowing: Borrowing,
}

impl Client {
    /// Opens a session at the first of `servers` that gives one.
    ///
    /// # Errors
    /// When none gives one: what each of them did. When the server does not prove its key.
    pub async fn connect(servers: &Servers, options: Options) -> Result<Self, Error> {
        let borrowing = Borrowing { trust: options.trust.clone(), identity: options.identity.clone() };
        let (driver, connected) = Driver::connect(servers, options).await?;
        tokio::spawn(driver.run());
        let (asks, session) = (connected.asks, connected.session);
        Ok(Self {
            asks,
            session,
            colleagues: connected.colleagues,
            seen: State::Safe,
            server: connected.server,
            server_version: connected.server_version,
            borrowing,
        })
    }

    /// Checks seats out. Waits while the connection is being made again, and in line when the options
    /// say so; an application that will not wait drops the future, and a seat that comes later is returned
    /// by itself.
    ///
    /// # Errors
    /// When the server refuses, what it shows is no proof, or the session is over.
    pub async fn checkout(&self, options: CheckoutOptions) -> Result<Seat, Error> {
        self.begin_checkout(&options)?.seat().await
    }

    /// Begins a checkout, and tells of its place in line while it waits there.
    ///
    /// # Errors
    /// When the options are no good, or the session is over.
    pub fn begin_checkout(&self, options: &CheckoutOptions) -> Result<Waiting, Error> {
        let wanted = options.checked()?;
        let seats = wanted.seats;
        let (answer, answered) = oneshot::channel();
        let (place, places) = watch::channel(None);
        let ask = Ask::Checkout { wanted: Box::new(wanted), answer, place };
        self.asks.send(ask).map_err(|_| self.over())?;
        Ok(Waiting::new(seats, answered, places, self.session.clone(), self.asks.clone()))
    }

    /// Says that nobody works with the application, or that somebody does again. An administrator's
    /// `TIMEOUT` gives the seats of idle sessions back, and colleagues who wait are told of them first.
    ///
    /// # Errors
    /// When the server refuses or the session is over.
    pub async fn idle(&self, idle: bool) -> Result<(), Error> {
        self.call(Kind::Idle(v1::Idle { idle })).await.map(|_| ())
    }

    /// Books seats for a job that has not begun: its checkout uses them ([`CheckoutOptions::job`]), or
    /// they are free after `ttl`. A booking needs no session; whoever drops what this returns keeps it.
    ///
    /// # Errors
    /// When the server refuses or the session is over.
    pub async fn book(&self, options: &CheckoutOptions, job: &str, ttl: Duration) -> Result<Booking, Error> {
        match self.call(Kind::Book(options.booked(job, ttl)?)).await? {
            Says::Granted(granted) => Booking::new(&granted),
            _ => Err(Error::strange("a booking")),
        }
    }

    /// Gives a booking back that its job does not need; any session of its user may.
    ///
    /// # Errors
    /// When the server refuses or the session is over.
    pub async fn unbook(&self, grant: GrantId) -> Result<(), Error> {
        self.call(Kind::Unbook(v1::Unbook { grant: grant.0 })).await.map(|_| ())
    }

    /// Has those who hold a feature told that somebody waits for it; those who are idle first. Says how
    /// many are told.
    ///
    /// # Errors
    /// When the server refuses (not so often: -23) or the session is over.
    pub async fn ask(&self, feature: &str) -> Result<u32, Error> {
        let feature = Feature::new(feature)?.to_string();
        match self.call(Kind::Ask(v1::Ask { feature })).await? {
            Says::Asked(asked) => Ok(asked.told),
            _ => Err(Error::strange("a question to the holders")),
        }
    }

    /// Tells from now on of colleagues who wait for what this session holds.
    #[must_use]
    pub fn colleagues(&self) -> Colleagues {
        Colleagues::new(self.colleagues.subscribe())
    }

    pub(crate) fn borrowing(&self) -> &Borrowing {
        &self.borrowing
    }

    /// Gives a command to the server, over lost connections too.
    pub(crate) async fn call(&self, kind: Kind) -> Result<Says, Error> {
        let (answer, answered) = oneshot::channel();
        self.asks.send(Ask::Call { kind: Box::new(kind), answer }).map_err(|_| self.over())?;
        answered.await.unwrap_or_else(|_| Err(self.over()))
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
        Error::over(self.state())
    }
}
