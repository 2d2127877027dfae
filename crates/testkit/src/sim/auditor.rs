//! The auditor: it knows the licenses, what clients sent and were told, and when. From that alone it
//! says what the server must, may and must not have done.
//!
//! - **Never a seat too many.** What clients may believe in at one moment, each pool added up, is
//!   never above a capacity that was in force when the last of it can have been granted.
//! - **Never a grant lost.** A grant that was told is still the session's until the client gives it
//!   back, or could have been timed out: its last answered sign of life, time-out and hold.
//! - **The dead make room.** A denial for want of seats is false if those who may still hold some,
//!   even counting every request whose outcome nobody knows, leave room enough.
//! - **Never a place in line lost.** A request that was told to wait waits until it is granted, withdrawn,
//!   hopeless or its session may be over; nobody is granted seats who is gone.
//! - **Idempotence.** One request has one grant, one grant one request; another's token changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use names::{Code, GrantId, Millis, RequestId, SessionId, WaiterId};
use seats::{Answer, Denial, Held};

use super::books::{Grant, Request, Session};
use super::message::{Body, Message, Pulse, Token, Told, Want};
use super::regimes::Regimes;
use super::site::{Capacities, PoolName};

/// What the auditor was promised about time, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Promises {
    pub(crate) grace: u64,
    pub(crate) hold: u64,
    /// The longest that a message is under way.
    pub(crate) delay: u64,
    /// The longest that the owner is busy with something else.
    pub(crate) slack: u64,
}

/// The books.
#[derive(Debug)]
pub(crate) struct Auditor {
    pub(super) promises: Promises,
    pub(super) regimes: Regimes,
    pub(super) sessions: BTreeMap<SessionId, Session>,
    /// Whose each grant is.
    grants: BTreeMap<GrantId, (SessionId, RequestId)>,
    /// Whose each place in line is.
    pub(super) places: BTreeMap<WaiterId, (SessionId, RequestId)>,
    /// Messages by number, with what was last sent.
    messages: BTreeMap<u64, Message>,
    /// When the server last came up, or was last kept from its work.
    pub(super) disturbed: u64,
}

pub(super) type Verdict = Result<(), String>;

impl Auditor {
    pub(crate) fn new(promises: Promises, capacities: Capacities) -> Self {
        Self {
            promises,
            regimes: Regimes::new(capacities),
            sessions: BTreeMap::new(),
            grants: BTreeMap::new(),
            places: BTreeMap::new(),
            messages: BTreeMap::new(),
            disturbed: 0,
        }
    }

    /// Other licenses came into force, at some moment from `from` to `until`.
    pub(crate) fn relicensed(&mut self, from: u64, until: u64, capacities: Capacities) {
        self.regimes.change(from, until, capacities);
    }

    /// Nothing that the server owed can be counted from before this.
    pub(crate) fn disturbed(&mut self, time: u64) {
        self.disturbed = self.disturbed.max(time);
    }

    /// A client sent a message, or sent it again.
    pub(crate) fn sent(&mut self, time: u64, message: &Message) {
        self.messages.entry(message.number).or_insert_with(|| message.clone());
        match &message.body {
            Body::Open { replaces: Some((old, token)), .. } => {
                if let Some(session) = self.own(*old, *token) {
                    session.end_asked.get_or_insert(time);
                }
            }
            Body::Resume { session, token } | Body::BeatByToken { session, token } => {
                let is_resume = matches!(message.body, Body::Resume { .. });
                if let Some(session) = self.own(*session, *token) {
                    session.last_sent = time;
                    session.resumes += u32::from(is_resume);
                }
            }
            Body::Beat { session } => {
                if let Some(session) = self.sessions.get_mut(session) {
                    session.last_sent = time;
                }
            }
            Body::Checkout { session, token, request, want } => {
                if let Some(session) = self.own(*session, *token) {
                    session.requests.entry(*request).or_insert_with(|| Request::new(time, want.clone()));
                }
            }
            Body::Checkin { session, token, grant } => {
                if let Some(grant) = self.own(*session, *token).and_then(|s| s.grant_mut(*grant)) {
                    grant.return_sent.get_or_insert(time);
                }
            }
            Body::Withdraw { session, token, request } => {
                if let Some(request) = self.own(*session, *token).and_then(|s| s.requests.get_mut(request)) {
                    request.withdrawal_sent.get_or_insert(time);
                }
            }
            Body::Close { session, token } => {
                if let Some(session) = self.own(*session, *token) {
                    session.end_asked.get_or_insert(time);
                }
            }
            Body::Open { .. } => {}
        }
    }

    /// A client is gone, or has given its session up: it believes in nothing any more.
    pub(crate) fn gave_up(&mut self, id: SessionId) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.has_given_up = true;
        }
    }

    pub(super) fn own(&mut self, id: SessionId, token: Token) -> Option<&mut Session> {
        self.sessions.get_mut(&id).filter(|session| session.token == token)
    }

    /// A client was told something.
    pub(crate) fn told(&mut self, time: u64, number: u64, told: &Told) -> Verdict {
        let Some(message) = self.messages.get(&number).cloned() else {
            return Err(format!("an answer to message {number}, which nobody sent"));
        };
        self.judge(time, &message, told).map_err(|why| {
            let (from, sent) = (message.from, message.sent);
            format!(
                "at {time} ms client {from}, which asked {:?} at {sent} ms, was told {told:?}: {why}",
                message.body
            )
        })
    }

    fn judge(&mut self, time: u64, message: &Message, told: &Told) -> Verdict {
        match (&message.body, told) {
            (Body::Open { replaces, timeout }, Told::Welcome { answer, token, timeout: given }) => {
                self.opened(time, message, *token, (*timeout, *given), answer)?;
                if let Some((old, token)) = *replaces
                    && let Some(old) = self.own(old, token)
                {
                    old.surely_ended.get_or_insert(time);
                }
                Ok(())
            }
            (
                Body::Resume { session, token },
                Told::Welcome { answer: Answer::Welcome { held, waiting, .. }, .. },
            ) => {
                let is_own = self.own(*session, *token).is_some();
                if is_own {
                    self.waits_on(time, *session, message.sent, (held, waiting))?;
                    self.resumed(time, *session, message, held)
                } else {
                    Err("the token is not its own".into())
                }
            }
            (Body::Beat { session }, Told::Pulse(pulse)) => self.beaten(time, *session, message, *pulse),
            (Body::BeatByToken { session, token }, Told::Pulse(pulse)) => {
                if self.own(*session, *token).is_none() {
                    return Err("the token is not its own".into());
                }
                self.beaten(time, *session, message, *pulse)
            }
            (Body::Checkout { session, token, request, want }, Told::Answer(answer)) => match answer {
                Answer::Granted { grant, pool, seats, .. } => {
                    if self.own(*session, *token).is_none() {
                        return Err("the token is not its own".into());
                    }
                    let pool = PoolName::of(pool);
                    self.granted(time, message, (*session, *request), (*grant, pool, seats.get()), want)
                }
                Answer::Queued { waiter, .. } => {
                    self.queued(time, message.sent, (*session, *token), *request, *waiter)
                }
                Answer::Denied(denial) => self.denied(time, message, (*session, *request), denial, want),
                Answer::SessionUnknown => self.unknown(time, message.sent, (*session, *token), false),
                _ => Err("that is no answer to a checkout".into()),
            },
            (Body::Checkin { session, token, grant }, Told::Answer(answer)) => match answer {
                Answer::Returned { grant: told } if told == grant => {
                    if let Some(grant) = self.own(*session, *token).and_then(|s| s.grant_mut(*grant)) {
                        grant.returned.get_or_insert(time);
                    }
                    Ok(())
                }
                Answer::SessionUnknown => self.unknown(time, message.sent, (*session, *token), true),
                Answer::Denied(denial) if denial.code == Code::Busy => Ok(()),
                _ => Err("that is no answer to a checkin".into()),
            },
            (Body::Withdraw { session, token, request }, Told::Answer(Answer::Withdrawn)) => {
                if let Some(request) = self.own(*session, *token).and_then(|s| s.requests.get_mut(request)) {
                    request.withdrawn.get_or_insert(time);
                }
                Ok(())
            }
            (Body::Withdraw { session, token, .. }, Told::Answer(Answer::SessionUnknown)) => {
                self.unknown(time, message.sent, (*session, *token), true)
            }
            (Body::Close { session, token }, Told::Answer(answer)) => match answer {
                Answer::Closed => {
                    if let Some(session) = self.own(*session, *token) {
                        session.surely_ended.get_or_insert(time);
                    }
                    Ok(())
                }
                // Nothing can be told of a session that was asked to end.
                Answer::SessionUnknown => Ok(()),
                Answer::Denied(denial) if denial.code == Code::Busy => Ok(()),
                _ => Err("that is no answer to a close".into()),
            },
            (Body::Resume { session, token }, Told::Answer(Answer::SessionUnknown)) => {
                self.unknown(time, message.sent, (*session, *token), true)
            }
            (Body::BeatByToken { session, token }, Told::Answer(Answer::SessionUnknown)) => {
                self.unknown(time, message.sent, (*session, *token), true)
            }
            (Body::Open { .. }, Told::Answer(Answer::Denied(denial))) if denial.code == Code::Busy => Ok(()),
            (_, Told::Answer(Answer::Denied(denial))) if denial.code == Code::Busy => Ok(()),
            _ => Err("that is no answer to it".into()),
        }
    }

    fn opened(
        &mut self,
        time: u64,
        message: &Message,
        token: Token,
        (asked, given): (Millis, Millis),
        answer: &Answer,
    ) -> Verdict {
        let Answer::Welcome { session, held, waiting } = answer else {
            return Err("that is no welcome".into());
        };
        if self.sessions.contains_key(session) || !held.is_empty() || !waiting.is_empty() {
            return Err("the session is not new".into());
        }
        if given > asked {
            return Err(format!("it asked for a time-out of {asked:?} and got more"));
        }
        let session_ = Session {
            client: message.from,
            cpu: message.cpu.clone(),
            token,
            timeout: given.0,
            signs: vec![(time, message.sent)],
            last_sent: time,
            resumes: 0,
            requests: BTreeMap::new(),
            end_asked: None,
            surely_ended: None,
            has_given_up: false,
        };
        self.sessions.insert(*session, session_);
        Ok(())
    }

    /// The session lives, and says what it holds.
    fn resumed(&mut self, time: u64, id: SessionId, message: &Message, held: &[Held]) -> Verdict {
        let Some(session) = self.sessions.get_mut(&id) else { return Err("nobody opened it".into()) };
        if session.surely_ended.is_some_and(|ended| ended < message.sent) {
            return Err("the session had ended".into());
        }
        session.lives(time, message.sent);
        for (request, grant) in session.grants() {
            let is_kept = grant.told <= message.sent && grant.return_sent.is_none();
            if is_kept && !held.iter().any(|h| h.grant == grant.id && h.request == request) {
                return Err(format!("grant {} was told to it and is not held any more", grant.id));
            }
        }
        for held in held {
            let Some(request) = session.requests.get(&held.request) else {
                return Err(format!("it holds grant {} and never asked for it", held.grant));
            };
            if let Some(grant) = &request.grant
                && (grant.id != held.grant || grant.returned.is_some_and(|returned| returned <= message.sent))
            {
                return Err(format!("grant {} came back", held.grant));
            }
        }
        for held in held {
            let want =
                self.sessions.get(&id).and_then(|s| s.requests.get(&held.request)).map(|r| r.want.clone());
            let Some(want) = want else { continue };
            let pool = PoolName::of(&held.pool);
            self.book(time, (id, held.request), (held.grant, pool, held.seats.get()), &want)?;
        }
        let pools: BTreeSet<PoolName> = held.iter().map(|h| PoolName::of(&h.pool)).collect();
        pools.iter().try_for_each(|pool| self.add_up(time, pool))
    }

    fn beaten(&mut self, time: u64, id: SessionId, message: &Message, pulse: Pulse) -> Verdict {
        let Some(session) = self.sessions.get_mut(&id) else { return Err("nobody opened it".into()) };
        match pulse {
            Pulse::Alive => {
                if session.surely_ended.is_some_and(|ended| ended < message.sent) {
                    return Err("the session had ended".into());
                }
                session.lives(time, message.sent);
                Ok(())
            }
            Pulse::Expired if session.may_be_over(message.sent, time, 0) => Ok(()),
            Pulse::Expired => Err("its time-out cannot have passed".into()),
            Pulse::Replaced if session.resumes > 0 => Ok(()),
            Pulse::Replaced => Err("nobody resumed it".into()),
            Pulse::NotAttached => Ok(()),
        }
    }

    /// The server says that it knows no such session. `is_held_known`: a session in its hold would do.
    fn unknown(
        &mut self,
        time: u64,
        sent: u64,
        (id, token): (SessionId, Token),
        is_held_known: bool,
    ) -> Verdict {
        let hold = if is_held_known { self.promises.hold } else { 0 };
        let session = self.sessions.get(&id).filter(|session| session.token == token);
        let Some(session) = session else { return Ok(()) };
        let has_seats = session.grants().any(|(_, g)| g.told <= sent && g.return_sent.is_none())
            || session
                .requests
                .values()
                .any(|request| request.waits(sent) && !self.may_be_hopeless(time, session, request));
        if has_seats && !session.may_be_over(sent, time, hold) {
            return Err(
                "it was told of grants or places in line, has not given them up, and its time cannot have passed".into()
            );
        }
        Ok(())
    }

    fn granted(
        &mut self,
        time: u64,
        message: &Message,
        (id, request): (SessionId, RequestId),
        (grant, pool, seats): (GrantId, PoolName, u32),
        want: &Want,
    ) -> Verdict {
        if let Some(session) = self.sessions.get(&id)
            && session.surely_ended.is_some_and(|ended| ended < message.sent)
        {
            return Err("the session had ended".into());
        }
        self.book(time, (id, request), (grant, pool.clone(), seats), want)?;
        self.add_up(time, &pool)
    }

    /// Writes a grant down, which must be the one that the request has if it has one.
    pub(super) fn book(
        &mut self,
        time: u64,
        (id, request): (SessionId, RequestId),
        (grant, pool, seats): (GrantId, PoolName, u32),
        want: &Want,
    ) -> Verdict {
        let is_what_was_asked = pool.feature == want.feature.as_str()
            && want.config.is_none_or(|config| pool.config == config.to_string())
            && seats == want.seats.get();
        if !is_what_was_asked {
            return Err(format!("it asked for {want:?} and got {seats} of {pool}"));
        }
        match self.grants.insert(grant, (id, request)) {
            Some(old) if old != (id, request) => {
                return Err(format!("grant {grant} was given before, to {} for request {}", old.0, old.1));
            }
            _ => {}
        }
        let Some(session) = self.sessions.get_mut(&id) else { return Err("nobody opened it".into()) };
        if pool.is_locked() && pool.cpu != session.cpu.as_str() {
            return Err(format!("it sits at {} and got a seat locked to {}", session.cpu, pool.cpu));
        }
        let Some(request) = session.requests.get_mut(&request) else {
            return Err("nobody asked for it".into());
        };
        match &request.grant {
            Some(old) if old.id != grant => Err(format!("the request had grant {}", old.id)),
            Some(_) => Ok(()),
            None => {
                request.grant =
                    Some(Grant { id: grant, pool, seats, told: time, return_sent: None, returned: None });
                Ok(())
            }
        }
    }

    /// Adds up what clients believe in now, of one pool.
    pub(super) fn add_up(&self, time: u64, pool: &PoolName) -> Verdict {
        let mut sum = 0;
        let mut newest = 0;
        let mut who = Vec::new();
        for (id, session) in &self.sessions {
            if !session.believes(time, self.promises.grace) {
                continue;
            }
            let believed = session.requests.values().filter_map(|r| Some((r, r.grant.as_ref()?)));
            for (request, grant) in believed.filter(|(_, g)| g.pool == *pool && g.return_sent.is_none()) {
                sum = if pool.is_locked() { grant.seats.max(sum) } else { sum + grant.seats };
                newest = newest.max(request.first_sent);
                who.push(format!(
                    "{} of client {} ({id}) by grant {}",
                    grant.seats, session.client, grant.id
                ));
            }
        }
        let capacity = self.regimes.largest(pool, newest, time);
        if sum > capacity {
            return Err(format!(
                "{sum} seats of {pool} are believed in, and there are {capacity}: {}",
                who.join(", ")
            ));
        }
        Ok(())
    }

    fn denied(
        &self,
        time: u64,
        message: &Message,
        (id, request): (SessionId, RequestId),
        denial: &Denial,
        want: &Want,
    ) -> Verdict {
        let session = self.sessions.get(&id);
        let known = session.and_then(|s| s.requests.get(&request)).and_then(|r| r.grant.as_ref());
        if let Some(grant) = known
            && grant.told <= message.sent
            && grant.return_sent.is_none()
            && denial.code != Code::Busy
        {
            return Err(format!("the request has grant {}", grant.id));
        }
        self.may_be_denied(time, message.sent, (id, request), denial.code, want)?;
        match denial.code {
            Code::AllTaken => self.all_taken(message.sent, time, want, message.cpu.as_str()),
            Code::NoSuchFeature => {
                let is_there = self
                    .asked(want, message.cpu.as_str())
                    .any(|p| self.regimes.smallest(&p, message.sent, time) > 0);
                if is_there { Err("it is licensed".into()) } else { Ok(()) }
            }
            _ => Ok(()),
        }
    }

    /// The pools that a request may be given seats of.
    pub(super) fn asked<'a>(&'a self, want: &'a Want, cpu: &'a str) -> impl Iterator<Item = PoolName> + 'a {
        self.regimes.pools().into_iter().filter(move |pool| {
            pool.feature == want.feature.as_str()
                && want.config.is_none_or(|config| pool.config == config.to_string())
                && (!pool.is_locked() || pool.cpu == cpu)
        })
    }

    /// Whether it can be true that no pool had room.
    fn all_taken(&self, from: u64, until: u64, want: &Want, cpu: &str) -> Verdict {
        for pool in self.asked(want, cpu) {
            let capacity = self.regimes.smallest(&pool, from, until);
            let used = self.possibly_used(&pool, from);
            let shared = if pool.is_locked() { used.min(want.seats.get()) } else { 0 };
            if capacity >= (used - shared) + want.seats.get() {
                return Err(format!("of {capacity} seats of {pool} at most {used} can have been in use"));
            }
        }
        Ok(())
    }

    /// The most seats of a pool that can have been in use at or after `from`: all that was ever asked
    /// for and is not surely back.
    pub(crate) fn possibly_used(&self, pool: &PoolName, from: u64) -> u32 {
        let mut used = 0;
        for session in self.sessions.values().filter(|s| !self.has_surely_ended(s, from)) {
            for request in session.requests.values() {
                let may_hold = match &request.grant {
                    Some(grant) => {
                        grant.pool == *pool && grant.returned.is_none_or(|returned| returned > from)
                    }
                    None => {
                        pool.feature == request.want.feature.as_str()
                            && request.want.config.is_none_or(|config| pool.config == config.to_string())
                            && (!pool.is_locked() || pool.cpu == session.cpu.as_str())
                    }
                };
                if may_hold {
                    let seats = request.want.seats.get();
                    used = if pool.is_locked() { seats.max(used) } else { used + seats };
                }
            }
        }
        used
    }

    /// Whether a session had surely ended at `time`: it was told so, or was silent for long enough.
    pub(super) fn has_surely_ended(&self, session: &Session, time: u64) -> bool {
        let Promises { hold, delay, slack, .. } = self.promises;
        let silent_since = (session.last_sent + delay).max(self.disturbed);
        session.surely_ended.is_some_and(|ended| ended <= time)
            || time >= silent_since + session.timeout + hold + slack
    }

    /// The capacities in force now.
    pub(crate) fn capacities(&self) -> &Capacities {
        self.regimes.last()
    }

    /// Whose a grant is.
    pub(crate) fn session_of(&self, grant: GrantId) -> Option<SessionId> {
        self.grants.get(&grant).map(|(session, _)| *session)
    }
}
