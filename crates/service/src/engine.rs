//! The engine: one owner's thread runs it.

use core::net::IpAddr;
use std::sync::Arc;

use names::{Date, Millis, Mono, Now, SessionId};
use policy::{Asker, Policy};
use rustc_hash::FxHashMap;
use seats::word::{Epoch, SessionWord};
use seats::{Answer, Bar, Checkin, Checkout, Command, Identity, Open, Record, Standing, State};

use crate::licensed::Licensed;
use crate::settings::Settings;
use crate::timers::{Due, Timers};

/// What a client may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Open a session.
    Open {
        /// A random name.
        session: SessionId,
        /// The hash of its random token.
        token_hash: [u8; 32],
        /// Who asks, as they say.
        identity: Identity,
        /// The time-out asked for; 0 for the default.
        timeout: Millis,
        /// Sessions of processes that are gone, with the hash of the token shown for each.
        replaces: Vec<(SessionId, [u8; 32])>,
    },
    /// Come back to a session.
    Resume {
        /// Which.
        session: SessionId,
        /// The hash of the token shown.
        token_hash: [u8; 32],
    },
    /// Check seats out; the address is where the asker's connection comes from, if it is known.
    Checkout(Box<Checkout>, Option<IpAddr>),
    /// Check a grant in.
    Checkin(Checkin),
    /// End a session.
    Close(SessionId),
}

/// What an ask is answered.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The answer.
    pub answer: Answer,
    /// Whether it may be told before the records are on the disk.
    pub at_once: bool,
    /// With a welcome: what the connection beats.
    pub live: Option<Live>,
}

/// What a connection needs to keep a session alive by itself.
#[derive(Debug, Clone)]
pub struct Live {
    /// The session's word.
    pub word: Arc<SessionWord>,
    /// The life this connection speaks for.
    pub epoch: Epoch,
    /// How long a heartbeat keeps it alive.
    pub timeout: Millis,
    /// The hash of its token, for calls that show it.
    pub token_hash: [u8; 32],
}

/// Sessions, timers and the licensed pools, around the seat state.
#[derive(Debug)]
pub struct Engine {
    state: State,
    settings: Settings,
    licensed: Arc<Licensed>,
    policy: Arc<Policy>,
    date: Date,
    words: FxHashMap<SessionId, Arc<SessionWord>>,
    timers: Timers,
    ended: Vec<SessionId>,
    /// When [`Self::due`] was called last.
    looked: Mono,
    /// How often it is to be called while there are sessions: four times in the shortest time-out.
    look_every: Millis,
}

/// How often the owner looks at the clock for a session with this time-out.
fn look_every(timeout: Millis) -> Millis {
    Millis(timeout.0 / 4)
}

impl Engine {
    /// An engine on a recovered state. Every live session gets one full time-out, and every held one
    /// a full hold, from `now`.
    #[must_use]
    pub fn new(state: State, settings: Settings, licensed: Arc<Licensed>, now: Now) -> Self {
        let mut timers = Timers::default();
        let mut words = FxHashMap::default();
        let mut every = look_every(settings.timeout(Millis(0)));
        for (row, mark) in state.written_sessions() {
            every = every.min(look_every(row.timeout));
            let word = match mark.standing {
                Standing::Live => {
                    let deadline = now.mono.plus(row.timeout);
                    timers.set(row.id, deadline, Due::TimeOut);
                    SessionWord::new(deadline)
                }
                Standing::Held => {
                    let end = now.mono.plus(settings.hold().max(row.hold));
                    timers.set(row.id, end, Due::Release);
                    let word = SessionWord::new(now.mono);
                    word.end();
                    word
                }
            };
            words.insert(row.id, Arc::new(word));
        }
        Self {
            state,
            settings,
            licensed,
            policy: Arc::default(),
            date: Date::of(now.wall),
            words,
            timers,
            ended: Vec::new(),
            looked: now.mono,
            look_every: every,
        }
    }

    /// From now on these rules say who may use which pool. No seat is taken away.
    pub fn set_policy(&mut self, policy: Arc<Policy>) {
        self.policy = policy;
    }

    /// Begins to serve: says so, and puts the pools in force.
    pub fn start(&mut self, now: Now, out: &mut Vec<Record>) {
        self.state.step(now, Command::Start, out);
        self.set_pools(now, out);
    }

    /// Stops as asked.
    pub fn stop(&mut self, now: Now, out: &mut Vec<Record>) {
        self.state.step(now, Command::Stop, out);
    }

    /// Puts other licenses in force. No seat is taken away.
    pub fn relicense(&mut self, now: Now, licensed: Arc<Licensed>, out: &mut Vec<Record>) {
        self.licensed = licensed;
        self.set_pools(now, out);
    }

    fn set_pools(&mut self, now: Now, out: &mut Vec<Record>) {
        self.date = Date::of(now.wall);
        self.state.step(now, Command::SetPools(self.licensed.on(self.date)), out);
    }

    /// Decides one ask. Its records, appended to `out`, are written together or not at all.
    pub fn handle(&mut self, now: Now, ask: Ask, out: &mut Vec<Record>) -> Reply {
        match ask {
            Ask::Open { session, token_hash, identity, timeout, replaces } => {
                let timeout = self.settings.timeout(timeout);
                let replaced: Vec<_> = replaces.iter().map(|(session, _)| *session).collect();
                let hold = self.settings.hold();
                let open = Open { session, token_hash, identity, timeout, hold, replaces };
                let answer = self.state.step(now, Command::Open(Box::new(open)), out);
                for other in replaced {
                    self.forget_if_ended(other);
                }
                self.welcome(now, answer)
            }
            Ask::Resume { session, token_hash } => {
                let answer = self.state.step(now, Command::Resume { session, token_hash }, out);
                self.welcome(now, answer)
            }
            Ask::Checkout(checkout, from) => {
                let bars = self.bars(&checkout, from);
                let command = match bars.is_empty() {
                    true => Command::Checkout(checkout),
                    false => Command::CheckoutBarred(checkout, bars),
                };
                Reply::of(self.state.step(now, command, out))
            }
            Ask::Checkin(checkin) => Reply::of(self.state.step(now, Command::Checkin(checkin), out)),
            Ask::Close(session) => {
                let answer = self.state.step(now, Command::Close(session), out);
                self.forget_if_ended(session);
                Reply::of(answer)
            }
        }
    }

    /// The pools that the options files keep whoever asks from.
    fn bars(&self, checkout: &Checkout, from: Option<IpAddr>) -> Vec<Bar> {
        if self.policy.is_empty() {
            return Vec::new();
        }
        let Some((row, _)) = self.state.session(checkout.session) else { return Vec::new() };
        let asker = Asker {
            user: row.identity.user.as_str(),
            host: row.identity.host.as_str(),
            display: row.identity.display.as_str(),
            address: from,
        };
        let refused = self.policy.refused(&asker, &checkout.feature).into_iter();
        refused.map(|(pool, refusal)| Bar { pool, code: refusal.code, why: refusal.words.clone() }).collect()
    }

    /// Gives a welcomed session another life.
    fn welcome(&mut self, now: Now, answer: Answer) -> Reply {
        let mut reply = Reply::of(answer);
        if let Answer::Welcome { session, .. } = reply.answer
            && let Some((row, _)) = self.state.session(session)
        {
            let (timeout, token_hash) = (row.timeout, row.token_hash);
            let deadline = now.mono.plus(timeout);
            let word =
                self.words.entry(session).or_insert_with(|| Arc::new(SessionWord::new(deadline))).clone();
            let epoch = word.revive(deadline);
            self.timers.set(session, deadline, Due::TimeOut);
            self.look_every = self.look_every.min(look_every(timeout));
            reply.live = Some(Live { word, epoch, timeout, token_hash });
        }
        reply
    }

    /// Does one thing that is due, with records of its own. Gives false when nothing is.
    pub fn due(&mut self, now: Now, out: &mut Vec<Record>) -> bool {
        self.forgive_a_pause(now);
        if Date::of(now.wall) != self.date {
            self.set_pools(now, out);
            return true;
        }
        let Some((session, due)) = self.timers.take(now.mono) else { return false };
        match due {
            Due::TimeOut => self.time_out(now, session, out),
            Due::Release => self.release(now, session, out),
        }
        true
    }

    /// A process that was stopped took no heartbeats meanwhile, and nobody may lose a seat for that.
    /// Each live session that missed half of its time-out or more has a full one again, as after a
    /// restart. (A client beats three times in a time-out, so it survives a shorter pause by itself.)
    /// Holds are not made longer: a client's grace ends before them, whoever was stopped.
    fn forgive_a_pause(&mut self, now: Now) {
        let pause = now.mono.since(self.looked);
        self.looked = now.mono;
        if pause.0 < self.look_every.0.saturating_mul(2) {
            return;
        }
        for (session, word) in &self.words {
            let timeout = self.state.session(*session).map(|(row, _)| row.timeout);
            if let Some(timeout) = timeout.filter(|timeout| timeout.0 / 2 <= pause.0) {
                word.beat(word.epoch(), now.mono.plus(timeout));
            }
        }
    }

    fn time_out(&mut self, now: Now, session: SessionId, out: &mut Vec<Record>) {
        let Some(word) = self.words.get(&session) else { return };
        match word.expire(now.mono) {
            Err(deadline) => self.timers.set(session, deadline, Due::TimeOut),
            Ok(()) => {
                let was_live = self.is(session, Standing::Live);
                self.state.step(now, Command::TimeOut(session), out);
                if was_live && self.is(session, Standing::Held) {
                    let end = now.mono.plus(self.hold(session));
                    self.timers.set(session, end, Due::Release);
                }
                self.forget_if_ended(session);
            }
        }
    }

    /// How long a session's seats are held: as is configured, and never shorter than its client was
    /// promised when it opened.
    fn hold(&self, session: SessionId) -> Millis {
        let promised = self.state.session(session).map_or(Millis(0), |(row, _)| row.hold);
        self.settings.hold().max(promised)
    }

    fn release(&mut self, now: Now, session: SessionId, out: &mut Vec<Record>) {
        self.state.step(now, Command::Release(session), out);
        self.forget_if_ended(session);
    }

    fn is(&self, session: SessionId, standing: Standing) -> bool {
        self.state.session(session).is_some_and(|(_, mark)| mark.standing == standing)
    }

    fn forget_if_ended(&mut self, session: SessionId) {
        if self.state.session(session).is_none()
            && let Some(word) = self.words.remove(&session)
        {
            word.end();
            self.timers.cancel(session);
            self.ended.push(session);
        }
    }

    /// When [`Self::due`] has to be called again, at the latest.
    #[must_use]
    pub fn next_due(&self, now: Now) -> Mono {
        // The wall clock may be set at any time: the date is looked at every minute.
        let midnight = u64::try_from(self.date.end().0.saturating_sub(now.wall.0)).unwrap_or(0);
        let date = now.mono.plus(Millis(midnight.min(60_000)));
        let look = if self.words.is_empty() { date } else { self.looked.plus(self.look_every).min(date) };
        self.timers.next().map_or(look, |timer| timer.min(look))
    }

    /// Sessions that have ended since the last call.
    pub fn take_ended(&mut self) -> impl Iterator<Item = SessionId> {
        self.ended.drain(..)
    }

    /// What the connections of every session that survived a restart beat.
    pub fn live_sessions(&self) -> impl Iterator<Item = (SessionId, Live)> {
        self.words.iter().filter_map(|(id, word)| {
            let (row, _) = self.state.session(*id)?;
            let live = Live {
                word: word.clone(),
                epoch: word.epoch(),
                timeout: row.timeout,
                token_hash: row.token_hash,
            };
            Some((*id, live))
        })
    }

    /// The seat state.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What is licensed.
    #[must_use]
    pub fn licensed(&self) -> &Arc<Licensed> {
        &self.licensed
    }
}

impl Reply {
    fn of(answer: Answer) -> Self {
        Self { at_once: answer.is_denial(), answer, live: None }
    }
}
