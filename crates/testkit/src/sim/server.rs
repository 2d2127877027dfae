//! The server: production's engine and journal, in the order that the daemon runs them.
//!
//! ```text
//!  round: take what was submitted ─▶ decide ─▶ denials told │ … the flush takes its time … │ commit ─▶ answers told
//! ```
//!
//! Heartbeats go past the owner, straight to the session's word.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use names::{Code, Millis, Mono, Now, SessionId, Wall, Word};
use seats::word::Beat;
use seats::{Answer, Checkin, Checkout, Denial, Detail, Identity, Machine, More, Record};
use service::{Ask, Engine, InForce, Live, News, Reply, Settings};
use store::{
    Batch, Committed, Follower, FollowerOptions, Journal, JournalError, JournalOptions, MapFolder, MapStore,
    Room,
};

use super::disk::SimDisk;
use super::message::{Body, ClientId, Message, Pulse, Token, Told};
use super::site::Site;
use super::{Bug, Options};
use crate::rng::Rng;

/// An answer on its way out.
#[derive(Debug)]
pub(crate) struct Out {
    pub(crate) to: ClientId,
    pub(crate) number: u64,
    pub(crate) told: Told,
}

/// What a message became once it was decided.
#[derive(Debug)]
struct Ticket {
    to: ClientId,
    number: u64,
    token: Token,
}

/// The server as a process: from one start to its end.
pub(crate) struct Server {
    pub(crate) engine: Engine,
    journal: Journal<SimDisk>,
    pub(crate) follower: Follower<SimDisk, MapStore>,
    batch: Batch,
    records: Vec<Record>,
    /// Answers that wait for the flush.
    waiting: Vec<(Ticket, Reply)>,
    queue: VecDeque<Message>,
    is_flushing: bool,
    /// Every session that can be beaten by token.
    directory: BTreeMap<SessionId, Live>,
    /// What each client's connection beats.
    attached: BTreeMap<(ClientId, SessionId), Live>,
    clock: Clock,
    bug: Option<Bug>,
    rng: Rng,
    /// A planted bug's memory: seats just returned, by feature.
    loose: Vec<String>,
    /// A planted bug's mood: timers are not looked at until the next start.
    forgets_timers: bool,
    pub(crate) reread: Option<&'static Site>,
    /// Clients whose connections are gone, which the owner was not told yet.
    gone: Vec<ClientId>,
    /// When the last round began.
    decided: u64,
}

/// The server's clocks: a monotonic one that begins anew with each start, and a wall clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    pub(crate) booted: u64,
    pub(crate) origin: u64,
    pub(crate) wall: Wall,
    pub(crate) stepped: i64,
}

impl Clock {
    pub(crate) fn at(&self, time: u64) -> Now {
        let wall = Wall(self.wall.0 + time.cast_signed() + self.stepped);
        Now { mono: Mono(self.origin + (time - self.booted)), wall }
    }

    fn time_of(&self, mono: Mono) -> u64 {
        self.booted + mono.0.saturating_sub(self.origin)
    }
}

/// Why a server did not start.
pub(crate) enum NoStart {
    /// It crashed, or the disk was full.
    Again,
    /// It refused.
    Refused(String),
}

pub(crate) fn store_options() -> store::Options {
    store::Options {
        journal: JournalOptions { segment_bytes: 16 * 1024 },
        follower: FollowerOptions { export_after_bytes: 12 * 1024, export_growth: 2 },
        seats_open_within: Duration::from_secs(1),
    }
}

impl Server {
    /// Starts on what is on the disk, through the real recovery.
    pub(crate) fn start(
        disk: &SimDisk,
        folder: &mut MapFolder,
        site: &Site,
        (settings, options): (Settings, &Options),
        (clock, time): (Clock, u64),
        mut rng: Rng,
    ) -> Result<Self, NoStart> {
        let opened = store::open_on(disk, folder, &store_options());
        let store::Opened { mut state, journal, follower, .. } = match opened {
            Ok(opened) => opened,
            Err(_) if disk.is_to_blame() => return Err(NoStart::Again),
            Err(error) => return Err(NoStart::Refused(chain(&error))),
        };
        let now = clock.at(time);
        let mut first = Vec::new();
        if options.bug == Some(Bug::ForgetHeldOnRestart) {
            let held = state.written_sessions().into_iter().map(|(row, _)| row.id).collect::<Vec<_>>();
            for session in held {
                state.step(now, seats::Command::Release(session), &seats::NoRules, &mut first);
            }
        }
        if options.bug == Some(Bug::ForgetWaitersOnRestart) {
            let waiting: Vec<_> = state.waiters().map(|row| (row.ask.session, row.ask.request)).collect();
            for (session, request) in waiting {
                state.step(now, seats::Command::Withdraw { session, request }, &seats::NoRules, &mut first);
            }
        }
        let engine = Engine::new(state, settings, in_force(site), now);
        let directory = engine.live_sessions().collect();
        let mut server = Self {
            engine,
            journal,
            follower,
            batch: Batch::new(),
            records: Vec::new(),
            waiting: Vec::new(),
            queue: VecDeque::new(),
            is_flushing: false,
            directory,
            attached: BTreeMap::new(),
            clock,
            bug: options.bug,
            forgets_timers: rng.chance(500),
            rng,
            loose: Vec::new(),
            reread: None,
            gone: Vec::new(),
            decided: time,
        };
        server.batch.push_command(&first);
        server.records = first;
        server.record(|engine, out| engine.start(now, out));
        match server.commit() {
            Ok(()) => Ok(server),
            Err(JournalError::Full | JournalError::Io { .. }) => Err(NoStart::Again),
            Err(error) => Err(NoStart::Refused(chain(&error))),
        }
    }

    /// What the owner's clock says.
    pub(crate) fn now(&self, time: u64) -> Now {
        self.clock.at(time)
    }

    /// Sets the wall clock.
    pub(crate) fn step_clock(&mut self, by: i64) {
        self.clock.stepped += by;
        if self.bug == Some(Bug::TimeOutOnWallClock) {
            self.clock.origin = self.clock.origin.saturating_add_signed(by);
        }
    }

    /// The owner must be woken at this time at the latest.
    pub(crate) fn next_due(&self, time: u64) -> u64 {
        self.clock.time_of(self.engine.next_due(self.now(time))).max(time)
    }

    pub(crate) fn is_flushing(&self) -> bool {
        self.is_flushing
    }

    pub(crate) fn has_work(&self) -> bool {
        !self.queue.is_empty() || self.reread.is_some() || !self.gone.is_empty()
    }

    /// Takes a message off the network. A heartbeat is answered here and now.
    pub(crate) fn deliver(&mut self, time: u64, message: Message) -> Option<Out> {
        let deadline = |live: &Live, now: Now| now.mono.plus(live.timeout);
        let now = self.now(time);
        let live = match &message.body {
            Body::Beat { session } => self.attached.get(&(message.from, *session)),
            Body::BeatByToken { session, token } => {
                self.directory.get(session).filter(|live| live.token_hash == hash(*token))
            }
            _ => {
                self.queue.push_back(message);
                return None;
            }
        };
        let told = match live {
            None if matches!(message.body, Body::Beat { .. }) => Told::Pulse(Pulse::NotAttached),
            None => Told::Answer(Answer::SessionUnknown),
            Some(live) => {
                // A call by token speaks for whatever life the session is in.
                let is_call = matches!(message.body, Body::BeatByToken { .. });
                let epoch = if is_call { live.word.epoch() } else { live.epoch };
                let beat = live.word.beat(epoch, deadline(live, now));
                Told::Pulse(match beat {
                    _ if self.bug == Some(Bug::StaleHeartbeat) => Pulse::Alive,
                    Beat::Alive => Pulse::Alive,
                    Beat::Expired => Pulse::Expired,
                    Beat::Replaced => Pulse::Replaced,
                })
            }
        };
        Some(Out { to: message.from, number: message.number, told })
    }

    /// The owner's round: decides all that was submitted and all that is due. Gives what may be told
    /// at once; the rest waits for [`Self::flushed`].
    pub(crate) fn round(&mut self, time: u64) -> Vec<Out> {
        let now = self.now(time);
        self.decided = time;
        let mut out = Vec::new();
        self.detach(now);
        if let Some(site) = self.reread.take() {
            self.record(|engine, out| engine.reread(now, in_force(site), out));
        }
        while !self.batch.is_full()
            && let Some(message) = self.queue.pop_front()
        {
            self.decide(now, message, &mut out);
        }
        let mut more = true;
        while more && !self.batch.is_full() && self.journal.room() != Room::None {
            more = match self.bug {
                Some(Bug::NeverRelease) if self.forgets_timers => false,
                _ => self.record(|engine, out| engine.due(now, out)),
            };
            self.follow_sessions();
        }
        if self.bug == Some(Bug::AnswerBeforeFlush) {
            out.extend(self.answers());
        }
        self.is_flushing = true;
        out
    }

    /// A client's connections are gone.
    pub(crate) fn disconnect(&mut self, client: ClientId) {
        self.gone.push(client);
    }

    fn detach(&mut self, now: Now) {
        for client in std::mem::take(&mut self.gone) {
            let lives: Vec<_> = self.attached.iter().filter(|((of, _), _)| *of == client).collect();
            let lives: Vec<_> =
                lives.into_iter().map(|((_, session), live)| (*session, live.epoch)).collect();
            for (session, epoch) in lives {
                self.attached.remove(&(client, session));
                let ask = Ask::Detach(session, epoch);
                if self.has_room(&ask) {
                    self.record(|engine, out| engine.handle(now, ask, out));
                }
            }
        }
    }

    fn decide(&mut self, now: Now, message: Message, out: &mut Vec<Out>) {
        let token = match &message.body {
            Body::Open { .. } => Token(self.rng.next()),
            Body::Resume { token, .. }
            | Body::Checkout { token, .. }
            | Body::Checkin { token, .. }
            | Body::Withdraw { token, .. }
            | Body::Close { token, .. } => *token,
            Body::Beat { .. } | Body::BeatByToken { .. } => return,
        };
        let ticket = Ticket { to: message.from, number: message.number, token };
        let Some(ask) = self.ask_of(message, token) else {
            return out.push(self.tell(ticket, refused(Answer::SessionUnknown)));
        };
        let returned = match &ask {
            Ask::Checkin(checkin) => {
                self.engine.state().grant(checkin.grant).map(|g| g.pool.feature().to_string())
            }
            _ => None,
        };
        let wanted = match &ask {
            Ask::Checkout(checkout) => Some(checkout.clone()),
            _ => None,
        };
        let reply = if self.has_room(&ask) {
            self.record(|engine, out| engine.handle(now, ask, out))
        } else {
            refused(full())
        };
        let reply = self.plant(reply, returned, wanted);
        if let (Answer::Welcome { session, .. }, Some(live)) = (&reply.answer, &reply.live) {
            self.directory.insert(*session, live.clone());
            self.attached.insert((ticket.to, *session), live.clone());
        }
        self.follow_sessions();
        if reply.at_once {
            out.push(self.tell(ticket, reply));
        } else {
            self.waiting.push((ticket, reply));
        }
    }

    /// What the connection makes of a message: nothing where the token is not the session's.
    fn ask_of(&mut self, message: Message, token: Token) -> Option<Ask> {
        if let (Some(session), false) = (message.body.session(), matches!(message.body, Body::Resume { .. }))
            && self.directory.get(&session).is_none_or(|live| live.token_hash != hash(token))
        {
            return None;
        }
        Some(match message.body {
            Body::Open { timeout, replaces } => Ask::Open {
                session: SessionId(self.rng.next()),
                token_hash: hash(token),
                identity: Box::new(identity(message.from, message.cpu)),
                login: None,
                timeout,
                replaces: replaces.into_iter().map(|(session, token)| (session, hash(token))).collect(),
            },
            Body::Resume { session, token } => Ask::Resume { session, token_hash: hash(token) },
            Body::Checkout { session, mut request, want, .. } => {
                if self.bug == Some(Bug::NewRequestId) && self.rng.chance(100) {
                    request.0 += 1_000_000 + self.rng.below(1_000_000);
                }
                let checkout = Checkout {
                    session,
                    request,
                    feature: want.feature,
                    version: want.version,
                    seats: want.seats,
                    vendor: None,
                    config: want.config.map(names::ConfigId::Number),
                    more: want.waits.then(|| Box::new(More { queue: Some(0), ..More::default() })),
                };
                Ask::Checkout(Box::new(checkout))
            }
            Body::Checkin { session, grant, .. } => {
                let owner = self.engine.state().grant(grant).map(|row| row.session);
                let session = match self.bug {
                    Some(Bug::ForeignCheckin) => owner.unwrap_or(session),
                    _ => session,
                };
                Ask::Checkin(Checkin { session, grant })
            }
            Body::Withdraw { session, request, .. } => Ask::Withdraw(session, request),
            Body::Close { session, .. } => Ask::Close(session),
            Body::Beat { .. } | Body::BeatByToken { .. } => return None,
        })
    }

    /// A planted bug that gives a seat that came back to two clients.
    fn plant(&mut self, reply: Reply, returned: Option<String>, wanted: Option<Box<Checkout>>) -> Reply {
        if self.bug != Some(Bug::GrantTwice) {
            return reply;
        }
        self.loose.extend(returned);
        let (Some(wanted), Answer::Denied(denial)) = (wanted, &reply.answer) else { return reply };
        let (Detail::AllTaken { .. }, Some(figures)) = (&denial.detail, &denial.figures) else {
            return reply;
        };
        let pool = &figures.pool;
        let feature = pool.feature().to_string();
        let Some(at) = self.loose.iter().position(|loose| *loose == feature) else { return reply };
        self.loose.remove(at);
        let grant = names::GrantId(self.engine.state().last().0 + 1_000_000);
        Reply {
            answer: Answer::Granted { grant, pool: pool.clone(), seats: wanted.seats, until: None },
            at_once: false,
            live: None,
            borrowed: None,
        }
    }

    /// As the daemon rules: returns use what room is left.
    fn has_room(&self, ask: &Ask) -> bool {
        match (self.journal.room(), ask) {
            (Room::Ample, _) => true,
            (Room::Reserve, ask) => ask.gives_back(),
            (Room::None, _) => false,
        }
    }

    fn follow_sessions(&mut self) {
        let ended: Vec<_> = self.engine.take_ended().collect();
        for session in ended {
            self.directory.remove(&session);
            self.attached.retain(|(_, of), _| *of != session);
        }
    }

    /// Runs one command of the engine; its records stay together.
    fn record<T>(&mut self, command: impl FnOnce(&mut Engine, &mut Vec<Record>) -> T) -> T {
        let before = self.records.len();
        let done = command(&mut self.engine, &mut self.records);
        self.batch.push_command(self.records.get(before..).unwrap_or_default());
        done
    }

    fn commit(&mut self) -> Result<(), JournalError> {
        if !self.batch.is_empty() {
            let state = self.engine.state();
            let (counts, fingerprint) = (state.counts(), state.fingerprint());
            let bytes = self.journal.commit(&mut self.batch, counts, fingerprint)?;
            let records = std::mem::take(&mut self.records);
            self.follower.take(&Committed { records, counts, fingerprint, bytes });
        }
        Ok(())
    }

    /// The flush has taken its time: commits, and gives the answers that waited.
    pub(crate) fn flushed(&mut self) -> Result<Vec<Out>, JournalError> {
        self.is_flushing = false;
        self.commit()?;
        let mut out = self.answers();
        let news: Vec<_> = self.engine.take_news().collect();
        out.extend(news.into_iter().filter_map(|(session, news)| self.tell_news(session, news)));
        Ok(out)
    }

    /// News goes to the connection that speaks for the session, and nowhere without one.
    fn tell_news(&self, session: SessionId, news: News) -> Option<Out> {
        let is_its = |live: &Live| live.epoch == live.word.epoch();
        let mut connections = self.attached.iter();
        let ((to, _), _) = connections.find(|((_, of), live)| *of == session && is_its(live))?;
        Some(Out { to: *to, number: 0, told: Told::News { session, news, decided: self.decided } })
    }

    /// What can wait until the answers are told.
    pub(crate) fn tend(&mut self) -> Result<(), JournalError> {
        self.journal.tend()?;
        if self.rng.chance(300) {
            self.follower.write();
        }
        while self.rng.chance(500) && self.follower.export_step() {}
        // A segment that cannot be removed now is removed later.
        let _ = self.journal.release(self.follower.passed());
        Ok(())
    }

    fn answers(&mut self) -> Vec<Out> {
        let waiting = std::mem::take(&mut self.waiting);
        waiting.into_iter().map(|(ticket, reply)| self.tell(ticket, reply)).collect()
    }

    fn tell(&self, Ticket { to, number, token }: Ticket, reply: Reply) -> Out {
        let told = match reply.live {
            Some(live) => Told::Welcome { answer: reply.answer, token, timeout: live.timeout },
            None => Told::Answer(reply.answer),
        };
        Out { to, number, told }
    }

    /// Stops as asked; gives the last answers.
    pub(crate) fn stop(&mut self, time: u64) -> Result<Vec<Out>, JournalError> {
        let now = self.now(time);
        self.record(|engine, out| engine.stop(now, out));
        let out = self.flushed()?;
        self.follower.write();
        Ok(out)
    }
}

/// A site's licenses, without options files.
fn in_force(site: &Site) -> InForce {
    InForce::new(site.licensed.clone(), std::sync::Arc::default(), 0)
}

fn hash(token: Token) -> [u8; 32] {
    service::token_hash(&token.0.to_le_bytes())
}

fn full() -> Answer {
    let detail = Detail::Limit("the license host's disk is full; seats can be returned, not taken");
    Answer::Denied(Box::new(Denial { code: Code::Busy, detail, figures: None }))
}

fn identity(client: ClientId, cpu: names::CpuId) -> Identity {
    Identity {
        user: Word::nearest(&format!("u{client}")),
        host: Word::nearest(cpu.as_str()),
        display: Word::nearest(""),
        application: Word::nearest("sim"),
        project: Word::nearest(""),
        platform: Word::nearest(""),
        pid: 1,
        cpu,
        machine: Machine::default(),
        address: None,
        email: None,
    }
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// How long sessions live on this server. Planted bugs make it shorter than clients were promised.
pub(crate) fn settings(bug: Option<Bug>, timeout: Millis, grace: Millis, hold: Millis) -> Option<Settings> {
    match bug {
        Some(Bug::ForgetHold) => Settings::new(timeout, Millis(0), Millis(timeout.0 / 100 + 100)).ok(),
        _ => Settings::new(timeout, grace, hold).ok(),
    }
}

fn refused(answer: Answer) -> Reply {
    Reply { answer, at_once: true, live: None, borrowed: None }
}
