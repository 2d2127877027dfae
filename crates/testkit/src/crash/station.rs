//! A workstation: one connection with one session stream, which asks as fast as it is answered.

use std::cell::Cell;
use std::net::SocketAddr;

use proto::v1;
use proto::v1::seats_client::SeatsClient;
use proto::v1::{command, notice, reply};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;
use tonic::transport::{Channel, Endpoint};

use super::DEADLINE;
use super::fault::Fault;
use super::ledger::{Ask, Keeping, Ledger};
use super::pack::Pool;
use crate::rng::Rng;

/// Commands that wait for their answer.
const IN_FLIGHT: usize = 4;
/// Grants that a workstation is content with.
const CONTENT: usize = 6;
/// How long a seat is borrowed: longer than a run, and shorter than the license allows.
const BORROWED_MS: i64 = 24 * 3_600_000;

/// A stream that is open.
#[derive(Debug)]
struct Line {
    asks: mpsc::Sender<v1::ClientMessage>,
    answers: Streaming<v1::ServerMessage>,
}

/// A workstation.
#[derive(Debug)]
pub(crate) struct Station {
    pub(crate) ledger: Ledger,
    rng: Rng,
    line: Option<Line>,
    /// The hello that is under way.
    hello: Option<u64>,
}

/// Why a stream is not read any more.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The connection is gone.
    Gone,
    /// Something is wrong.
    Wrong(Fault),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Wrong(fault)
    }
}

/// Connects to a daemon that serves.
pub(crate) async fn connect(address: SocketAddr) -> Result<SeatsClient<Channel>, Fault> {
    let failed = |e: &dyn std::fmt::Debug| Fault::odd(format!("the daemon cannot be reached: {e:?}"));
    let endpoint = Endpoint::from_shared(format!("http://{address}")).map_err(|e| failed(&e))?;
    let connected = timeout(DEADLINE, endpoint.tcp_nodelay(true).connect()).await.map_err(|e| failed(&e))?;
    Ok(SeatsClient::new(connected.map_err(|e| failed(&e))?))
}

impl Station {
    pub(crate) fn new(user: &str, host: &str, rng: Rng) -> Self {
        Self { ledger: Ledger::new(user, host), rng, line: None, hello: None }
    }

    /// Comes back to a daemon that serves: resumes the session, or opens one, and asks once more what is
    /// in doubt. Returns when nothing is.
    ///
    /// # Errors
    /// When something is lost, or there is more than there may be.
    pub(crate) async fn come_back(&mut self, address: SocketAddr) -> Result<(), Fault> {
        let came = async {
            let (asks, asked) = mpsc::channel(64);
            let answers = connect(address).await?.session(ReceiverStream::new(asked)).await;
            let answers = answers.map_err(|e| Fault::odd(format!("no stream: {e}")))?.into_inner();
            self.line = Some(Line { asks, answers });
            self.say_hello();
            self.settle().await
        };
        let came = timeout(DEADLINE, came).await;
        came.unwrap_or_else(|_| Err(Fault::odd(format!("{}: no answers", self.ledger.who()))))
    }

    fn say_hello(&mut self) {
        let request = self.ledger.next_request();
        let hello = v1::Hello {
            protocol: proto::PROTOCOL,
            user: self.ledger.user.clone(),
            host: self.ledger.host.clone(),
            application: "crash".into(),
            pid: std::process::id(),
            cpu_id: "02aa10203099".into(),
            nonce: vec![7; 32].into(),
            resume: self.ledger.session.clone(),
            ..Default::default()
        };
        self.hello = Some(request);
        let kind = Some(command::Kind::Hello(hello));
        self.send(vec![v1::Command { request_id: request, session: 0, kind }]);
    }

    fn send(&mut self, commands: Vec<v1::Command>) {
        if let Some(line) = self.line.as_ref().filter(|_| !commands.is_empty()) {
            // It has room for all that may wait for an answer; a connection that is gone shows where it
            // is read.
            let _ = line.asks.try_send(v1::ClientMessage { commands });
        }
    }

    /// Reads until nothing is in doubt.
    ///
    /// # Errors
    /// When an answer is wrong, or the connection goes.
    pub(crate) async fn settle(&mut self) -> Result<(), Fault> {
        while self.hello.is_some() || !self.ledger.doubt.is_empty() {
            match self.read().await {
                Ok(()) => {}
                Err(Stop::Wrong(fault)) => return Err(fault),
                Err(Stop::Gone) => {
                    return Err(Fault::odd(format!("{}: the stream ended", self.ledger.who())));
                }
            }
        }
        Ok(())
    }

    /// Asks something that changes nothing, and waits for the answer: what the daemon had to say before
    /// has come then.
    ///
    /// # Errors
    /// As [`settle`](Self::settle).
    pub(crate) async fn hear_all(&mut self) -> Result<(), Fault> {
        if self.ledger.session.is_some() {
            let command = self.ledger.ask(Ask::Withdraw(0));
            self.send(vec![command]);
        }
        let heard = timeout(DEADLINE, self.settle()).await;
        heard.unwrap_or_else(|_| Err(Fault::odd(format!("{}: no answers", self.ledger.who()))))
    }

    /// Asks and reads without end, and counts what is acknowledged.
    pub(crate) async fn work(&mut self, acknowledged: &Cell<u64>, bell: &tokio::sync::Notify) -> Stop {
        loop {
            self.ask_more();
            let before = self.ledger.acknowledged;
            if let Err(stop) = self.read().await {
                return stop;
            }
            acknowledged.set(acknowledged.get() + self.ledger.acknowledged - before);
            bell.notify_one();
        }
    }

    /// Reads what the connection still has.
    ///
    /// # Errors
    /// When an answer is wrong.
    pub(crate) async fn read_out(&mut self) -> Result<(), Fault> {
        loop {
            match timeout(DEADLINE, self.read()).await {
                Ok(Ok(())) => {}
                Ok(Err(Stop::Gone)) => break,
                Ok(Err(Stop::Wrong(fault))) => return Err(fault),
                Err(_) => return Err(Fault::odd("the stream of a daemon that is dead goes on")),
            }
        }
        self.hang_up();
        Ok(())
    }

    /// Lets the connection go, unread.
    pub(crate) fn hang_up(&mut self) {
        self.line = None;
        self.hello = None;
    }

    /// Takes one message.
    async fn read(&mut self) -> Result<(), Stop> {
        let line = self.line.as_mut().ok_or(Stop::Gone)?;
        let Ok(Some(message)) = line.answers.message().await else { return Err(Stop::Gone) };
        for reply in message.replies {
            let Some(kind) = reply.kind else { continue };
            if self.hello == Some(reply.request_id) {
                self.welcomed(&kind)?;
            } else {
                self.ledger.answered(reply.request_id, &kind)?;
            }
        }
        for notice in message.notices {
            if let Some(notice::Kind::Granted(granted)) = notice.kind {
                self.ledger.granted(granted.request_id, &granted)?;
                self.ledger.acknowledged += 1;
            }
        }
        Ok(())
    }

    fn welcomed(&mut self, kind: &reply::Kind) -> Result<(), Fault> {
        self.hello = None;
        match kind {
            reply::Kind::Welcome(welcome) if self.ledger.session.is_some() => {
                self.ledger.resumed(welcome)?;
                let again = self.ledger.ask_again();
                self.send(again);
            }
            reply::Kind::Welcome(welcome) => {
                self.ledger.opened(welcome);
                let again = self.ledger.ask_again();
                self.send(again);
            }
            reply::Kind::Denied(denied) if denied.session_lost => {
                self.ledger.session_gone()?;
                self.say_hello();
            }
            other => return Err(Fault::odd(format!("a hello is answered {other:?}"))),
        }
        Ok(())
    }

    /// Asks until enough is under way.
    fn ask_more(&mut self) {
        if self.hello.is_some() {
            return;
        }
        if self.ledger.session.is_none() {
            return self.say_hello();
        }
        let mut commands = Vec::new();
        while self.ledger.doubt.len() < IN_FLIGHT
            && !self.ledger.doubt.values().any(|ask| *ask == Ask::Goodbye)
        {
            let ask = self.choose();
            commands.push(self.ledger.ask(ask));
        }
        self.send(commands);
    }

    fn choose(&mut self) -> Ask {
        if self.ledger.doubt.is_empty() && self.rng.chance(10) {
            return Ask::Goodbye;
        }
        let staying: Vec<u64> =
            self.ledger.grants.iter().filter(|(_, grant)| !grant.is_leaving).map(|(id, _)| *id).collect();
        let is_content = staying.len() >= CONTENT;
        if (is_content || self.rng.chance(400))
            && let Some(grant) = self.rng.pick(&staying)
        {
            return Ask::GiveBack(*grant);
        }
        let places: Vec<u64> = self.ledger.waiting.keys().copied().collect();
        if !places.is_empty() && self.rng.chance(60) {
            return self.rng.pick(&places).map_or(Ask::Withdraw(0), |place| Ask::Withdraw(*place));
        }
        self.choose_seats(places.len())
    }

    fn choose_seats(&mut self, places: usize) -> Ask {
        let floating = Keeping::Floating { queue: false };
        let (pool, seats, keeping) = match self.rng.below(10) {
            0..4 => (Pool::Mill, self.rng.between(1, 3), floating),
            4..6 => (Pool::Lathe, self.rng.between(1, 2), floating),
            6..8 if places < 2 => (Pool::Press, 1, Keeping::Floating { queue: true }),
            8 => (Pool::Drill, 1, self.borrowed()),
            9 => (Pool::Drill, self.rng.between(1, 2), Keeping::Booked { job: self.rng.next().to_string() }),
            _ => (Pool::Mill, 1, floating),
        };
        Ask::Seats { pool, seats: u32::try_from(seats).unwrap_or(1), keeping }
    }

    fn borrowed(&mut self) -> Keeping {
        let mut secret = [0; 32];
        for part in secret.chunks_exact_mut(8) {
            part.copy_from_slice(&self.rng.next().to_le_bytes());
        }
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let now = i64::try_from(now.as_millis()).unwrap_or(0);
        Keeping::Borrowed { secret, until_ms: now + BORROWED_MS }
    }
}
