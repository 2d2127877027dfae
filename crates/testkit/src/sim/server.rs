//! The server: production's engine and journal, in the order that the daemon runs them.
//!
//! ```text
//!  round: take what was submitted ─▶ decide ─▶ denials told │ … the flush takes its time … │ commit ─▶ answers told
//! ```
//!
//! Heartbeats go past the owner, straight to the session's word.

mod ahead;
mod clock;
mod decide;
mod plants;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use names::{Now, SessionId};
use seats::word::Beat;
use seats::{Answer, Record, State};

use service::{Ask, Engine, Live, News, Reply, Settings};
use store::{
    Batch, Committed, Follower, FollowerOptions, Journal, JournalError, JournalOptions, MapFolder, MapStore,
    Room,
};

pub(crate) use clock::Clock;
pub(crate) use plants::settings;

use super::disk::SimDisk;
use super::files::Files;
use super::message::{Body, ClientId, Message, Pulse, Token, Told};
use super::site::Site;
use super::{Bug, Options};
use crate::rng::Rng;
use decide::hash;
use plants::Plants;

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

/// What is to be read.
#[derive(Debug)]
pub(crate) enum Reread {
    /// A site's files, which are as they should be: they were read when the program began.
    Site(&'static Site),
    /// These.
    Files(Files),
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
    plants: Plants,
    /// The site that is served.
    site: &'static Site,
    /// What the administrator wants to be read.
    reread: Option<Reread>,
    /// Whether the administrator says that the clock is right.
    clock_reset: bool,
    /// Clients whose connections are gone, which the owner was not told yet.
    gone: Vec<ClientId>,
    /// When the last round began.
    decided: u64,
    /// A state that has been.
    older: State,
}

/// Why a server did not start.
pub(crate) enum NoStart {
    /// It crashed, or the disk was full.
    Again,
    /// It refused.
    Refused(String),
}

/// The store's name.
pub(crate) const STORE: [u8; 16] = [7; 16];

pub(crate) fn store_options() -> store::Options {
    store::Options {
        journal: JournalOptions { segment_bytes: 16 * 1024 },
        follower: FollowerOptions { export_after_bytes: 12 * 1024, export_growth: 2 },
        readers: store::ReaderOptions::default(),
        seats_open_within: Duration::from_secs(1),
    }
}

impl Server {
    /// Starts on what is on the disk, through the real recovery.
    pub(crate) fn start(
        disk: &SimDisk,
        folder: &mut MapFolder,
        site: &'static Site,
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
        if let Some(bug) = options.engine {
            state.plant(bug);
        }
        let now = clock.at(time);
        let mut first = Vec::new();
        let plants = Plants::new(options.bug, disk, (&mut state, now), &mut rng, &mut first);
        let engine = Engine::new(state, settings, plants.in_force_at_start(site), now);
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
            rng,
            plants,
            site,
            reread: None,
            clock_reset: false,
            gone: Vec::new(),
            decided: time,
            older: State::new(),
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
        !self.queue.is_empty()
            || self.reread.is_some()
            || self.clock_reset
            || !self.gone.is_empty()
            || self.plants.has_work(&self.batch)
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
        let is_half_enough = self.bug == Some(Bug::HalfReread);
        let read = |reread: Reread| match reread {
            Reread::Site(site) => Some(site.in_force.clone()),
            Reread::Files(files) if is_half_enough => files.read_half(),
            Reread::Files(files) => files.read(),
        };
        if let Some(mut in_force) = self.reread.take().and_then(read) {
            self.find_out(now, &mut in_force);
            self.record(|engine, out| engine.reread(now, in_force, out));
        }
        if std::mem::take(&mut self.clock_reset) {
            self.handle(now, Ask::ResetClock(0));
        }
        self.look_ahead(now);
        self.decide_put_off(now, &mut out);
        while !self.batch.is_full()
            && let Some(message) = self.queue.pop_front()
        {
            self.decide(now, message, &mut out);
        }
        let mut more = true;
        while more && !self.batch.is_full() && self.journal.room() != Room::None {
            more = match self.bug {
                Some(Bug::NeverRelease) if self.plants.forgets_timers => false,
                _ => self.record(|engine, out| engine.due(now, out)),
            };
            self.follow_sessions();
        }
        self.bury();
        if self.bug == Some(Bug::AnswerBeforeFlush) {
            out.extend(self.answers());
        }
        self.is_flushing = true;
        out
    }

    /// The administrator wants files to be read.
    pub(crate) fn reread(&mut self, what: Reread) {
        if let Reread::Site(site) = what {
            self.site = site;
        }
        self.reread = Some(what);
    }

    /// The administrator says that the clock is right.
    pub(crate) fn reset_clock(&mut self) {
        self.clock_reset = true;
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
        if self.records.len() > before {
            self.plants.last_command = before;
        }
        self.batch.push_command(self.records.get(before..).unwrap_or_default());
        done
    }

    fn commit(&mut self) -> Result<(), JournalError> {
        if self.bug == Some(Bug::SplitCommand) && self.commit_a_part()? {
            return Ok(());
        }
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
