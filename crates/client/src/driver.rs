//! The task that owns the session's stream.

use std::future::Future;
use std::pin::pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use names::{Date, Wall, Word};
use proto::v1;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::time::sleep;

use crate::boot::Boot;
use crate::core::{Ask, Core, Session, Setup, Tick, Verdict, refusal};
use crate::dial::{CONNECT, Link, Refusal, dial};
use crate::standing::Standing;
use crate::token::{Entry, Tokens};
use crate::{Colleague, Error, Identity, Login, Options, Server, Servers, TokenFolder, Tried, colleague};

/// The longest sleep. Timers stand still while the machine sleeps, the lease does not: the clock is
/// looked at this often.
const NAP_MS: u64 = 5_000;
/// The first and the longest wait between two rounds over the servers.
const BACKOFF_MS: (u64, u64) = (100, 3_000);
/// How long a client that nobody holds any more waits for its goodbye.
const GOODBYE: Duration = Duration::from_secs(3);
/// A connection that worked so long was a good one: the next is made at once.
const STEADY_MS: u64 = 10_000;
/// Lost sessions that are shown to a server at most.
const LOST_MAX: usize = 64;
/// How long the answers of a server that stops are waited for. What is not answered is asked again.
const DRAIN_MS: u64 = 300;
/// Questions taken at once.
const ASKS_MAX: usize = 256;

/// Owns the session.
pub(crate) struct Driver {
    core: Core,
    servers: Vec<Server>,
    identity: Identity,
    logins: Vec<Login>,
    timeout_ms: u32,
    tokens: Option<Tokens>,
    asks: mpsc::UnboundedReceiver<Ask>,
    link: Option<Link>,
    /// How long to wait before the first try to come back.
    rest_ms: u64,
    /// Sessions that their servers did not give back: the next session at one of them takes their place.
    lost: Vec<Lost>,
}

/// A session that was lost for good.
struct Lost {
    server: Server,
    token: v1::SessionToken,
}

/// What a client keeps of a driver.
pub(crate) struct Connected {
    pub(crate) asks: mpsc::UnboundedSender<Ask>,
    pub(crate) session: watch::Receiver<Standing>,
    pub(crate) colleagues: broadcast::Sender<Colleague>,
    pub(crate) server: Server,
    pub(crate) server_version: Word,
}

/// Why a piece of the driver's work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The connection is gone: make another.
    Disconnected,
    /// There is nothing more to do.
    Over,
}

impl Driver {
    /// Opens a session at the first server that gives one; each is tried once.
    pub(crate) async fn connect(servers: &Servers, options: Options) -> Result<(Self, Connected), Error> {
        let (sender, asks) = mpsc::unbounded_channel();
        let colleagues = broadcast::Sender::new(colleague::KEPT);
        let setup = Setup {
            trust: options.trust,
            workstation: options.identity.cpu_id.clone(),
            reacquire: options.reacquire,
            asks: sender.downgrade(),
            colleagues: colleagues.clone(),
        };
        let mut driver = Self {
            core: Core::new(setup),
            servers: servers.all().cloned().collect(),
            identity: options.identity,
            logins: options.logins,
            timeout_ms: options.timeout_ms,
            tokens: match options.tokens {
                TokenFolder::OfUser => Tokens::of_user(),
                TokenFolder::At(folder) => Tokens::at(&folder),
                TokenFolder::Nowhere => None,
            },
            asks,
            link: None,
            rest_ms: 0,
            lost: Vec::new(),
        };
        let (server, server_version) = driver.first().await?;
        let session = driver.core.standing();
        Ok((driver, Connected { asks: sender, session, colleagues, server, server_version }))
    }

    async fn first(&mut self) -> Result<(Server, Word), Error> {
        let mut tried = Vec::new();
        let mut refused = None;
        for server in self.servers.clone() {
            let nonce = nonce()?;
            let replaces = self.left_behind(&server);
            let (hello, number) = self.hello(&server, &nonce, &replaces);
            match Box::pin(dial(&server, hello, number, CONNECT)).await {
                Ok(link) => {
                    let version = Word::nearest(&link.welcome.server_version);
                    self.take(&server, link, &nonce, &replaces).map_err(|unproved| Error::Unproved {
                        code: unproved.code,
                        subject: format!("the license server {server}"),
                        why: unproved.why,
                    })?;
                    return Ok((server, version));
                }
                Err(Refusal::Unreached(one)) => tried.push(one),
                Err(Refusal::Denied(denied)) => {
                    let denied = refusal(&denied);
                    tried.push(as_tried(&server, &denied));
                    refused = Some(denied);
                }
            }
        }
        // One server that refused says it best itself.
        match refused {
            Some(denied) if tried.len() == 1 => Err(denied),
            _ if tried.is_empty() => Err(Error::NoServers),
            _ => Err(Error::Unreachable { tried }),
        }
    }

    /// Serves until nobody needs it.
    pub(crate) async fn run(mut self) {
        loop {
            let end = match self.link.take() {
                Some(link) => Box::pin(self.serve(link)).await,
                None => Box::pin(self.reconnect()).await,
            };
            if end == End::Over {
                return;
            }
        }
    }

    /// Works on one connection.
    async fn serve(&mut self, mut link: Link) -> End {
        let mut leaving = None;
        let began = Boot::now();
        let mut rest_ms = 0;
        let mut drained = None;
        loop {
            let until = match self.core.tick(Boot::now(), true) {
                Tick::Until(until) => until,
                Tick::Jeopardy(_) => break,
                Tick::Expired => return End::Over,
            };
            let until = leaving.into_iter().chain(drained).fold(until, Boot::min);
            tokio::select! {
                message = link.rx.message() => match message {
                    Ok(Some(message)) => {
                        if stops(&message) {
                            drained = drained.or(Some(Boot::now().plus(DRAIN_MS)));
                        }
                        match self.message(message) {
                            Verdict::Go => {}
                            Verdict::SessionLost => {
                                // Another connection may have taken it over, or it may be held for us.
                                rest_ms = BACKOFF_MS.0;
                                break;
                            }
                            Verdict::Over => return self.over(),
                        }
                    }
                    Ok(None) | Err(_) => break,
                },
                permit = link.tx.reserve(), if self.core.has_commands() => match permit {
                    Ok(permit) => {
                        let commands = self.core.take_commands();
                        if !commands.is_empty() {
                            permit.send(v1::ClientMessage { commands });
                        }
                    }
                    Err(_) => break,
                },
                ask = self.asks.recv(), if leaving.is_none() => match ask {
                    Some(ask) => self.ask(ask),
                    None => {
                        self.core.goodbye(None);
                        leaving = Some(Boot::now().plus(millis(GOODBYE)));
                    }
                },
                () = nap(until) => {}
            }
            if leaving.is_some_and(|until| Boot::now() >= until) {
                return End::Over;
            }
            if drained.is_some_and(|until| self.core.is_idle() || Boot::now() >= until) {
                // The session outlives its server; the server waits for us.
                rest_ms = BACKOFF_MS.0;
                break;
            }
        }
        self.core.disconnected();
        if Boot::now().since(began) < STEADY_MS {
            rest_ms = (self.rest_ms * 2).clamp(BACKOFF_MS.0, BACKOFF_MS.1);
        }
        self.rest_ms = rest_ms;
        if leaving.is_some() { End::Over } else { End::Disconnected }
    }

    /// Takes a question, and those that wait behind it, so that they go in one message.
    fn ask(&mut self, ask: Ask) {
        self.core.ask(ask);
        for _ in 1..ASKS_MAX {
            match self.asks.try_recv() {
                Ok(ask) => self.core.ask(ask),
                Err(_) => return,
            }
        }
    }

    fn message(&mut self, message: v1::ServerMessage) -> Verdict {
        let (now, today) = (Boot::now(), today());
        let mut verdict = Verdict::Go;
        for reply in message.replies {
            match self.core.reply(reply, now, today) {
                Verdict::Go => {}
                Verdict::Over => return Verdict::Over,
                // What comes behind it is an answer all the same.
                Verdict::SessionLost => verdict = Verdict::SessionLost,
            }
        }
        if verdict == Verdict::Go {
            for notice in message.notices {
                self.core.notice(notice, now, today);
            }
        }
        verdict
    }

    /// Tries all servers, the session's own first, round after round, until one takes the session
    /// back or the grace is over.
    async fn reconnect(&mut self) -> End {
        let mut wait = BACKOFF_MS.0;
        if self.rest_ms > 0
            && self.meanwhile(sleep(Duration::from_millis(jittered(self.rest_ms)))).await.is_none()
        {
            return End::Over;
        }
        loop {
            for server in self.in_order() {
                match self.come_back(&server).await {
                    Some(Verdict::Go) => {}
                    Some(Verdict::SessionLost) => {
                        if self.session_lost() == End::Over {
                            return End::Over;
                        }
                        wait = BACKOFF_MS.0;
                        break;
                    }
                    Some(Verdict::Over) | None => return End::Over,
                }
                if self.link.is_some() {
                    return End::Disconnected;
                }
            }
            if self.meanwhile(sleep(Duration::from_millis(jittered(wait)))).await.is_none() {
                return End::Over;
            }
            wait = (wait * 2).min(BACKOFF_MS.1);
        }
    }

    /// The servers, the one that has the session first.
    fn in_order(&self) -> Vec<Server> {
        let own = self.core.session().map(|session| session.server.clone());
        let others = self.servers.iter().filter(|server| Some(*server) != own.as_ref()).cloned();
        own.iter().cloned().chain(others).collect()
    }

    /// Tries one server. Nothing when time is up.
    async fn come_back(&mut self, server: &Server) -> Option<Verdict> {
        // Without random bytes there is no proof, and no server is believed.
        let Ok(nonce) = nonce() else { return Some(Verdict::Go) };
        let replaces = if self.core.session().is_some() { Vec::new() } else { self.lost_at(server) };
        let (hello, number) = self.hello(server, &nonce, &replaces);
        let dialled = {
            let server = server.clone();
            self.meanwhile(async move { dial(&server, hello, number, CONNECT).await }).await?
        };
        if self.core.tick(Boot::now(), false) == Tick::Expired {
            return None;
        }
        Some(match dialled {
            Ok(link) => {
                // A server that proves nothing is passed by like one that is down.
                let _ = self.take(server, link, &nonce, &replaces);
                Verdict::Go
            }
            // Only the server that has the session can say that it is lost.
            Err(Refusal::Denied(denied)) if denied.session_lost && self.is_own(server) => {
                Verdict::SessionLost
            }
            Err(_) => Verdict::Go,
        })
    }

    fn is_own(&self, server: &Server) -> bool {
        self.core.session().is_some_and(|session| session.server == *server)
    }

    /// Runs a piece of work and takes questions and looks at the clock meanwhile. Nothing when time
    /// is up or nobody needs a session any more.
    async fn meanwhile<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = Box::pin(work);
        loop {
            let until = match self.core.tick(Boot::now(), false) {
                Tick::Until(until) | Tick::Jeopardy(until) => until,
                Tick::Expired => return None,
            };
            tokio::select! {
                done = &mut work => return Some(done),
                ask = self.asks.recv() => self.ask(ask?),
                () = nap(until) => {}
            }
        }
    }

    /// The server does not give the session back. Its token is kept until a new session has taken its
    /// place: the server may hold its seats still.
    fn session_lost(&mut self) -> End {
        let session = self.core.session().cloned();
        let verdict = self.core.session_lost();
        let Some(Session { id, token, server, .. }) = session else { return End::Disconnected };
        if verdict == Verdict::Over {
            self.forget(id);
            return End::Over;
        }
        if self.lost.len() >= LOST_MAX {
            self.lost.remove(0);
        }
        self.lost.push(Lost { server, token: v1::SessionToken { session: id, token } });
        End::Disconnected
    }

    /// The session has ended.
    fn over(&mut self) -> End {
        if let Some(session) = self.core.session() {
            self.forget(session.id);
        }
        End::Over
    }

    fn forget(&self, session: u64) {
        if let Some(tokens) = &self.tokens {
            tokens.remove(session);
        }
    }

    /// The sessions at `server` of processes that are gone.
    fn left_behind(&self, server: &Server) -> Vec<v1::SessionToken> {
        let found = self.tokens.as_ref().map(|tokens| tokens.left_behind(&server.authority()));
        let shown = |entry: Entry| v1::SessionToken { session: entry.session, token: entry.token.into() };
        found.unwrap_or_default().into_iter().map(shown).collect()
    }

    /// The sessions at `server` that were lost. A token is shown to its own server only.
    fn lost_at(&self, server: &Server) -> Vec<v1::SessionToken> {
        self.lost.iter().filter(|lost| lost.server == *server).map(|lost| lost.token.clone()).collect()
    }

    /// Takes a new connection over, when its server proves itself.
    fn take(
        &mut self,
        server: &Server,
        link: Link,
        nonce: &[u8; 32],
        replaced: &[v1::SessionToken],
    ) -> Result<(), crate::trust::Unproved> {
        let is_new = self.core.session().is_none();
        self.core.welcomed(server, &link.welcome, nonce, link.sent_at)?;
        for ended in replaced {
            self.forget(ended.session);
        }
        self.lost.retain(|lost| !replaced.contains(&lost.token));
        if is_new && let Some(tokens) = &self.tokens {
            // Without the file a crash costs a time-out; that is no reason to fail.
            let _ = tokens.save(&server.authority(), link.welcome.session, &link.welcome.token);
        }
        self.link = Some(link);
        Ok(())
    }

    fn hello(
        &mut self,
        server: &Server,
        nonce: &[u8; 32],
        replaces: &[v1::SessionToken],
    ) -> (v1::Hello, u64) {
        let shown =
            |session: &Session| v1::SessionToken { session: session.id, token: session.token.clone() };
        let login = self.logins.iter().find(|login| login.server() == server);
        let hello = v1::Hello {
            nonce: nonce.to_vec().into(),
            timeout_ms: self.timeout_ms,
            resume: self.core.session().map(shown),
            replaces: replaces.to_vec(),
            email: login.map(|login| login.email().to_string()).unwrap_or_default(),
            login_token: login.map(|login| login.token().to_owned().into()).unwrap_or_default(),
            ..self.identity.on_wire()
        };
        (hello, self.core.number())
    }
}

/// Whether the server says that it stops.
fn stops(message: &v1::ServerMessage) -> bool {
    use v1::notice::Kind;
    message.notices.iter().any(|notice| matches!(notice.kind, Some(Kind::Draining(_))))
}

fn as_tried(server: &Server, denied: &Error) -> Tried {
    Tried {
        server: server.clone(),
        code: denied.code(),
        why: denied.to_string(),
        foreign: false,
        os_error: None,
    }
}

fn nonce() -> Result<[u8; 32], Error> {
    let mut nonce = [0; 32];
    getrandom::fill(&mut nonce).map_err(Error::Random)?;
    Ok(nonce)
}

/// Half to all of `ms`, so that a thousand clients do not come back at the same moment.
fn jittered(ms: u64) -> u64 {
    let mut byte = [0];
    let part = getrandom::fill(&mut byte).map_or(128, |()| u64::from(byte[0]));
    ms / 2 + ms / 2 * part / 255
}

async fn nap(until: Boot) {
    let ms = until.since(Boot::now()).clamp(1, NAP_MS);
    pin!(sleep(Duration::from_millis(ms))).await;
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn today() -> Date {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Date::of(Wall(i64::try_from(since.as_millis()).unwrap_or(i64::MAX)))
}
