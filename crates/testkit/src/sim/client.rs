//! A simulated application: it asks, believes what it is told, keeps its lease, and sometimes dies.

mod answers;
mod wishes;

use std::collections::BTreeMap;

use names::{CpuId, GrantId, Millis, RequestId, SessionId, Wall};

use super::message::{Body, Token, Want};
use super::site::Offer;
use crate::rng::Rng;

/// How clients behave in a run, per mille of their moves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manners {
    pub(crate) checkout: u64,
    pub(crate) checkin: u64,
    /// Of the checkouts: waits in line.
    pub(crate) wait: u64,
    /// Of the checkouts, where seats can be taken offline: does so.
    pub(crate) borrow: u64,
    /// Of the checkouts: books for a job.
    pub(crate) book: u64,
    pub(crate) close: u64,
    pub(crate) die: u64,
    /// Asks again for what was answered already.
    pub(crate) repeat: u64,
    /// Names other clients' grants and sessions.
    pub(crate) meddle: u64,
    pub(crate) resume: u64,
}

/// A session as its client knows it.
#[derive(Debug, Clone)]
pub(crate) struct Mine {
    pub(crate) id: SessionId,
    pub(crate) token: Token,
    timeout: u64,
    /// When the newest answered sign of life was sent.
    pub(crate) lease: u64,
    is_attached: bool,
    pub(crate) grants: BTreeMap<RequestId, (GrantId, Want)>,
    /// Requests that wait in line, each with when that was told last.
    waits: BTreeMap<RequestId, (Want, u64)>,
    /// What is booked for jobs.
    booked: BTreeMap<RequestId, (GrantId, Want)>,
    next_request: u64,
    last_beat: u64,
}

/// Something sent that is not answered yet.
#[derive(Debug, Clone)]
struct Waiting {
    body: Body,
    first_sent: u64,
    last_sent: u64,
}

/// One client.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) cpu: CpuId,
    /// How its clock runs, in parts per thousand: 990 to 1,010.
    rate: u64,
    rng: Rng,
    manners: Manners,
    timeout: u64,
    grace: u64,
    pub(crate) session: Option<Mine>,
    /// The session of the process before this one, which is gone.
    before: Option<(SessionId, Token)>,
    waiting: BTreeMap<u64, Waiting>,
    /// Seats that it has taken offline, each with what proves its return. They outlive its process.
    loans: Vec<(GrantId, Token)>,
    dead_until: Option<u64>,
    /// Does nothing but keep what it has.
    pub(crate) is_quiet: bool,
    /// Stays in line all the same.
    pub(crate) is_patient: bool,
}

/// What a client makes of a moment.
#[derive(Debug, Default)]
pub(crate) struct Moves {
    /// To be sent; with the number of an earlier message, sent again.
    pub(crate) send: Vec<Body>,
    /// Sessions it no longer believes in.
    pub(crate) gave_up: Vec<SessionId>,
    pub(crate) has_died: bool,
}

/// What there is to ask for and to meddle with.
#[derive(Debug, Clone)]
pub(crate) struct Surroundings<'a> {
    pub(crate) offers: &'a [Offer],
    pub(crate) others: &'a [(SessionId, GrantId)],
    /// What a right clock says.
    pub(crate) wall: Wall,
}

impl Client {
    pub(crate) fn new(cpu: CpuId, manners: Manners, (timeout, grace): (u64, u64), mut rng: Rng) -> Self {
        let rate = rng.between(990, 1_010);
        Self {
            cpu,
            rate,
            rng,
            manners,
            timeout,
            grace,
            session: None,
            before: None,
            waiting: BTreeMap::new(),
            loans: Vec::new(),
            dead_until: None,
            is_quiet: false,
            is_patient: false,
        }
    }

    /// When it wants to move next.
    pub(crate) fn next_move(&mut self, time: u64) -> u64 {
        time + self.rng.between(50, 900)
    }

    /// It stops for good, without a word.
    pub(crate) fn die(&mut self, until: u64) -> Option<SessionId> {
        let gone = self.session.take();
        if let Some(gone) = &gone {
            self.before = Some((gone.id, gone.token));
        }
        self.waiting.clear();
        self.dead_until = Some(until);
        gone.map(|gone| gone.id)
    }

    /// What it does at this moment. `is_reborn` may make a dead one begin anew.
    pub(crate) fn act(&mut self, time: u64, around: &Surroundings) -> Moves {
        let mut moves = Moves::default();
        match self.dead_until {
            Some(until) if time < until => return moves,
            _ => self.dead_until = None,
        }
        if self.rng.chance(self.manners.die) && !self.is_quiet {
            let until = time + self.rng.between(500, 40_000);
            moves.gave_up.extend(self.die(until));
            moves.has_died = true;
            return moves;
        }
        self.check_lease(time, &mut moves);
        self.send_again(time, &mut moves);
        match self.session.clone() {
            None if self.is_quiet => {}
            None => self.open(&mut moves),
            Some(mine) if !mine.is_attached => self.resume(&mine, &mut moves),
            Some(mine) => self.live(time, &mine, around, &mut moves),
        }
        moves
    }

    /// Its own clock says when the lease and the grace are over.
    fn check_lease(&mut self, time: u64, moves: &mut Moves) {
        let Some(mine) = &self.session else { return };
        let passed = (time - mine.lease) * self.rate / 1_000;
        if passed >= mine.timeout + self.grace {
            moves.gave_up.push(mine.id);
            self.session = None;
            self.waiting.clear();
        }
    }

    fn is_waiting(&self, is_one: impl Fn(&Body) -> bool) -> bool {
        self.waiting.values().any(|waiting| is_one(&waiting.body))
    }

    /// What is not answered is asked again, with the same request id.
    fn send_again(&mut self, time: u64, moves: &mut Moves) {
        let mut again = Vec::new();
        self.waiting.retain(|number, waiting| {
            let patience = 600 + 37 * (number % 40);
            if time < waiting.last_sent + patience {
                return true;
            }
            // Signs of life are not repeated: each is a new one.
            if !matches!(waiting.body, Body::Beat { .. } | Body::BeatByToken { .. }) {
                again.push(waiting.body.clone());
            }
            false
        });
        moves.send.extend(again);
    }

    fn open(&mut self, moves: &mut Moves) {
        if self.is_waiting(|body| matches!(body, Body::Open { .. })) || !moves.send.is_empty() {
            return;
        }
        let replaces = self.before.filter(|_| self.rng.chance(700));
        moves.send.push(Body::Open { timeout: Millis(self.timeout), replaces });
    }

    fn resume(&mut self, mine: &Mine, moves: &mut Moves) {
        let is_resume = |body: &Body| matches!(body, Body::Resume { .. });
        if !self.is_waiting(is_resume) && !moves.send.iter().any(is_resume) {
            moves.send.push(Body::Resume { session: mine.id, token: mine.token });
        }
    }

    fn live(&mut self, time: u64, mine: &Mine, around: &Surroundings, moves: &mut Moves) {
        let (session, token) = (mine.id, mine.token);
        if time >= mine.last_beat + mine.timeout / 4 {
            moves.send.push(if self.rng.chance(200) {
                Body::BeatByToken { session, token }
            } else {
                Body::Beat { session }
            });
            if let Some(mine) = &mut self.session {
                mine.last_beat = time;
            }
        }
        moves.send.extend(self.withdraw(mine));
        if self.is_quiet {
            return;
        }
        if self.rng.chance(self.manners.checkout) {
            moves.send.extend(self.checkout(around));
        }
        if self.rng.chance(self.manners.checkin) {
            moves.send.extend(self.checkin(session, token));
            moves.send.extend(self.bring_back());
        }
        if self.rng.chance(self.manners.repeat) {
            let held = mine.grants.iter().map(|(request, (_, want))| (request, want));
            let waits = mine.waits.iter().map(|(request, (want, _))| (request, want));
            let asked: Vec<_> = held.chain(waits).collect();
            moves.send.extend(self.rng.pick(&asked).map(|(request, want)| Body::Checkout {
                session,
                token,
                request: **request,
                want: (*want).clone(),
            }));
        }
        if self.rng.chance(self.manners.resume) {
            moves.send.push(Body::Resume { session, token });
        }
        if self.rng.chance(self.manners.meddle) {
            moves.send.extend(self.meddle(mine, around));
        }
        if self.rng.chance(self.manners.close) {
            moves.send.push(Body::Close { session, token });
            moves.gave_up.push(session);
            self.session = None;
            self.before = None;
            self.waiting.clear();
        }
    }

    /// Notes what was sent; it waits for the answer, unless it is about another's session.
    pub(crate) fn has_sent(&mut self, time: u64, number: u64, body: &Body) {
        let is_own = body.session().is_none_or(|id| self.session.as_ref().is_some_and(|mine| mine.id == id));
        if is_own && !matches!(body, Body::Close { .. }) {
            let waiting = Waiting { body: body.clone(), first_sent: time, last_sent: time };
            self.waiting.insert(number, waiting);
        }
    }
}
