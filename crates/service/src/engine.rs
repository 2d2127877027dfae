//! The engine: one owner's thread runs it.

mod colleagues;
mod due;
mod opening;

use std::sync::Arc;

use names::{Code, Date, GrantId, Millis, Mono, Now, RequestId, SessionId, WaiterId, Wall};
use policy::Policy;
use rustc_hash::FxHashMap;
use seats::word::SessionWord;
use seats::{
    Answer, Command, Event, GrantRow, Held, Open, Record, Revoke, Revoked, Rules as _, Standing, State,
};

use crate::ask::{Ask, Live, Reply};
use crate::hosts::{ClientHost, ClientHosts};
use crate::in_force::{InForce, Today};
use crate::licensed::Licensed;
use crate::news::{self, News};
use crate::settings::Settings;
use crate::timers::{Due, Timed, Timers};

/// Sessions, timers and the licensed pools, around the seat state.
#[derive(Debug)]
pub struct Engine {
    state: State,
    settings: Settings,
    in_force: InForce,
    /// What was in force before, until somebody has the time to free it.
    replaced: Option<InForce>,
    date: Date,
    news: Vec<(SessionId, News)>,
    /// When each session asked its colleagues last.
    asked: FxHashMap<SessionId, Mono>,
    words: FxHashMap<SessionId, Arc<SessionWord>>,
    hosts: ClientHosts,
    timers: Timers,
    /// After this any client has given up a seat that it was told to give back: the longest time-out and
    /// hold that a session was promised.
    given_up: Millis,
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
    /// An engine on a recovered state. Every live session gets one full time-out from `now`, and every held
    /// one a full time-out and hold: its client may have come back, and its heartbeats been answered, before
    /// that was on the disk.
    #[must_use]
    pub fn new(state: State, settings: Settings, in_force: InForce, now: Now) -> Self {
        let mut timers = Timers::default();
        let (mut words, mut hosts) = (FxHashMap::default(), ClientHosts::default());
        let mut every = look_every(settings.timeout(Millis(0)));
        let mut given_up = settings.timeout(Millis(0)).0.saturating_add(settings.hold().0);
        for (row, mark) in state.written_sessions() {
            every = every.min(look_every(row.timeout));
            given_up = given_up.max(row.timeout.0.saturating_add(row.hold.0));
            let word = match mark.standing {
                Standing::Live => {
                    let deadline = now.mono.plus(row.timeout);
                    timers.set(Timed::Session(row.id), deadline, Due::TimeOut);
                    SessionWord::new(deadline)
                }
                Standing::Held => {
                    let end = now.mono.plus(row.timeout).plus(settings.hold().max(row.hold));
                    timers.set(Timed::Session(row.id), end, Due::Release);
                    let word = SessionWord::new(now.mono);
                    word.end();
                    word
                }
            };
            words.insert(row.id, Arc::new(word));
            hosts.add(row.id, ClientHost::of(&row.identity));
            if mark.idle.is_some() {
                timers.set(Timed::Idle(row.id), now.mono.plus(row.timeout), Due::Idle);
            }
        }
        time_grants(&mut timers, &state, now, Millis(given_up));
        Self {
            state,
            settings,
            in_force,
            replaced: None,
            date: Date::of(now.wall),
            news: Vec::new(),
            asked: FxHashMap::default(),
            words,
            hosts,
            timers,
            given_up: Millis(given_up),
            ended: Vec::new(),
            looked: now.mono,
            look_every: every,
        }
    }

    /// Begins to serve: says so, and puts the pools in force.
    pub fn start(&mut self, now: Now, out: &mut Vec<Record>) {
        self.step(now, Command::Start, out);
        self.set_license(now, out);
    }

    /// Stops as asked.
    pub fn stop(&mut self, now: Now, out: &mut Vec<Record>) {
        self.step(now, Command::Stop, out);
    }

    /// Puts other licenses and rules in force. No seat is taken away.
    pub fn reread(&mut self, now: Now, in_force: InForce, out: &mut Vec<Record>) {
        let mut replaced = std::mem::replace(&mut self.in_force, in_force);
        self.set_license(now, out);
        replaced.prepared = self.in_force.prepared.take();
        self.replaced = Some(replaced);
        // TIMEOUT may be another now.
        self.watch_all_idle(now);
    }

    fn watch_all_idle(&mut self, now: Now) {
        for session in self.state.idle_sessions() {
            self.watch_idle(now, session);
        }
    }

    /// Takes what was found out of a day before it comes, if it is of what is in force.
    fn foresee(&mut self, found: InForce) {
        let is_ahead = found.prepared.as_ref().is_some_and(|found| found.date > self.date);
        if is_ahead && self.in_force.is(&found) {
            self.in_force.prepared = found.prepared;
        }
    }

    fn set_license(&mut self, now: Now, out: &mut Vec<Record>) {
        self.date = Date::of(now.wall);
        let license = self.in_force.take_license(self.date);
        let was_back = self.state.is_clock_back();
        self.step(now, Command::SetLicense(Box::new(license)), out);
        if was_back && !self.state.is_clock_back() {
            self.time_again(now);
        }
        // Whose period has ended gives the seat back.
        let revoke =
            Revoke { which: Revoked::Unassigned, code: Code::NotIncluded, until: self.given_up(now) };
        self.step(now, Command::Revoke(revoke), out);
    }

    /// When every session that is told now to give a seat back has done so, or is gone.
    fn given_up(&self, now: Now) -> Wall {
        Wall(now.wall.0.saturating_add_unsigned(self.given_up.0))
    }

    /// One step, and what follows from its records: timers and news.
    fn step(&mut self, now: Now, command: Command, out: &mut Vec<Record>) -> Answer {
        let before = out.len();
        // Only a license makes waiters hopeless; whose they were is not in the records.
        let is_license = matches!(command, Command::SetLicense(_));
        let rules = Today { in_force: &self.in_force, date: self.date };
        let waiting = if is_license { waiting(&self.state, &rules) } else { FxHashMap::default() };
        let answer = self.state.step(now, command, &rules, out);
        let records = out.get(before..).unwrap_or_default();
        news::of(records, is_license, |waiter| waiting.get(&waiter).copied(), &mut self.news);
        self.set_timers(now, records);
        answer
    }

    fn set_timers(&mut self, now: Now, records: &[Record]) {
        let watch = |engine: &mut Self, row: &GrantRow| match row.until() {
            Some(until) => engine.timers.set(Timed::Grant(row.id), at(now, until), Due::Expire),
            None => engine.watch_idle(now, row.session),
        };
        for record in records {
            match &record.event {
                Event::Granted(row) => watch(self, row),
                Event::Changed(row) => watch(self, row),
                Event::Returned { grant, .. } => self.timers.cancel(Timed::Grant(*grant)),
                Event::SessionMarked(mark) => self.watch_idle(now, mark.session),
                _ => {}
            }
        }
    }

    /// Looks at an idle session again when the first of its seats has been idle for long enough.
    fn watch_idle(&mut self, now: Now, session: SessionId) {
        let Some((_, mark)) = self.state.session(session) else { return };
        let Some(since) = mark.idle else { return self.timers.cancel(Timed::Idle(session)) };
        // What is borrowed or booked has an end of its own.
        let floating = |held: &Held| held.revoked.is_none() && held.until.is_none();
        let pools = self.state.held(session).filter(floating);
        let limits = pools.filter_map(|held| self.state.pool(&held.pool).map(|(row, _)| row.idle_timeout));
        match limits.filter(|limit| limit.0 > 0).min() {
            Some(first) => {
                let until = Wall(since.0.saturating_add_unsigned(first.0));
                self.timers.set(Timed::Idle(session), at(now, until), Due::Idle);
            }
            None => self.timers.cancel(Timed::Idle(session)),
        }
    }

    /// Decides one ask. Its records, appended to `out`, are written together or not at all.
    pub fn handle(&mut self, now: Now, ask: Ask, out: &mut Vec<Record>) -> Reply {
        if Date::of(now.wall) != self.date {
            self.set_license(now, out);
        }
        self.look_at_clock(now, out);
        match ask {
            Ask::Open { session, token_hash, identity, login, timeout, replaces } => {
                let (timeout, hold) = (self.settings.timeout(timeout), self.settings.hold());
                let identity = *identity;
                self.open(now, Open { session, token_hash, identity, login, timeout, hold, replaces }, out)
            }
            Ask::Resume { session, token_hash } => {
                let answer = self.step(now, Command::Resume { session, token_hash }, out);
                self.welcome(now, answer)
            }
            Ask::Checkout(checkout) => {
                let is_borrow = checkout.more.as_ref().is_some_and(|more| more.borrow.is_some());
                let mut reply = Reply::of(self.step(now, Command::Checkout(checkout), out));
                if let Answer::Granted { grant, .. } = &reply.answer
                    && is_borrow
                {
                    reply.borrowed = self.state.grant(*grant).map(Box::new);
                }
                reply
            }
            Ask::Checkin(checkin) => Reply::of(self.step(now, Command::Checkin(checkin), out)),
            Ask::Close(session) => {
                let answer = self.step(now, Command::Close(session), out);
                self.forget_if_ended(session);
                Reply::of(answer)
            }
            other => self.handle_rare(now, other, out),
        }
    }

    fn handle_rare(&mut self, now: Now, ask: Ask, out: &mut Vec<Record>) -> Reply {
        let until = self.given_up(now);
        let command = match ask {
            Ask::Detach(session, epoch) => {
                if self.words.get(&session).is_none_or(|word| word.epoch() != epoch) {
                    return Reply::of(Answer::Done);
                }
                Command::Detach(session)
            }
            Ask::Withdraw(session, request) => Command::Withdraw { session, request },
            Ask::Idle(session, is_idle) => Command::Idle { session, is_idle },
            Ask::Book(book) => Command::Book(book),
            Ask::Unbook(session, grant) => Command::Unbook { session, grant },
            Ask::ReturnBorrowed(grant, proof) => Command::ReturnBorrowed { grant, proof },
            Ask::Colleagues(session, feature) => return self.ask_colleagues(now, session, &feature, out),
            Ask::Explain(question) => return self.explain(now, &question.0, &question.1),
            Ask::Reread(in_force, drop_unlicensed) => {
                self.reread(now, *in_force, out);
                if !drop_unlicensed {
                    return Reply::of(Answer::Revoked(0));
                }
                Command::Revoke(Revoke { which: Revoked::Unlicensed, code: Code::Removed, until })
            }
            Ask::Foresee(found) => {
                self.foresee(*found);
                return Reply::of(Answer::Done);
            }
            Ask::Revoke(grant, code) => Command::Revoke(Revoke { which: Revoked::Grant(grant), code, until }),
            Ask::Lost(grant) => Command::Lost(grant),
            Ask::Assign(row) => Command::Assign(row),
            Ask::Unassign(pool, email) => Command::Unassign { pool, email, until },
            Ask::SetLogin(row) => Command::SetLogin(row),
            Ask::DropLogin(email) => Command::DropLogin(email),
            Ask::Desk(mut change) => {
                change.until = until;
                Command::Desk(change)
            }
            Ask::Noted(note, ask) => {
                self.step(now, Command::Note(note), out);
                return self.handle_rare(now, *ask, out);
            }
            Ask::Note(note) => Command::Note(note),
            Ask::ResetClock(by) => return Reply::of(self.judge_clock(now, Command::ResetClock { by }, out)),
            Ask::Open { .. } | Ask::Resume { .. } | Ask::Checkout(_) | Ask::Checkin(_) | Ask::Close(_) => {
                return Reply::of(Answer::SessionUnknown);
            }
        };
        Reply::of(self.step(now, command, out))
    }

    fn explain(&mut self, now: Now, who: &seats::Identity, ask: &seats::Checkout) -> Reply {
        let rules = Today { in_force: &self.in_force, date: self.date };
        let answer = match self.state.explain(now, who, ask, &rules) {
            Ok(pool) => Answer::Granted { grant: GrantId(0), pool, seats: ask.seats, until: None },
            Err(denial) => Answer::Denied(denial),
        };
        Reply { answer, at_once: true, live: None, borrowed: None }
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
            self.timers.set(Timed::Session(session), deadline, Due::TimeOut);
            self.look_every = self.look_every.min(look_every(timeout));
            reply.live = Some(Live { word, epoch, timeout, token_hash });
        }
        reply
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
        &self.in_force.licensed
    }

    /// What the options files say.
    #[must_use]
    pub fn policy(&self) -> &Arc<Policy> {
        &self.in_force.policy
    }

    /// What was in force before the last reread, to be freed: that takes as long as there are lines and rules.
    pub fn take_replaced(&mut self) -> Option<InForce> {
        self.replaced.take()
    }

    /// What sessions are to be told since the last call.
    pub fn take_news(&mut self) -> impl Iterator<Item = (SessionId, News)> {
        self.news.drain(..)
    }
}

/// Sets the timers of all grants that have an end.
fn time_grants(timers: &mut Timers, state: &State, now: Now, given_up: Millis) {
    for (grant, until) in state.ends() {
        // A session that is told to give a seat back has a full time-out again, as every one has: the
        // wall clock may have been set while nobody looked.
        let has_session = state.grant(grant).is_some_and(|row| row.kept().is_none());
        let soonest = if has_session { now.mono.plus(given_up) } else { now.mono };
        timers.set(Timed::Grant(grant), at(now, until).max(soonest), Due::Expire);
    }
}

/// Whose the places in line are that a license may end.
fn waiting(state: &State, rules: &Today<'_>) -> FxHashMap<WaiterId, (SessionId, RequestId)> {
    let waiters = state.waiters().filter(|row| !rules.may_wait(row.id));
    waiters.map(|row| (row.id, (row.ask.session, row.ask.request))).collect()
}

/// The moment of the monotonic clock at which the wall clock will have come to `until`.
fn at(now: Now, until: Wall) -> Mono {
    now.mono.plus(Millis(u64::try_from(until.0.saturating_sub(now.wall.0)).unwrap_or(0)))
}
