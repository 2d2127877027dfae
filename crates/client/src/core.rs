//! What the session believes: requests, seats, lease. No socket and no clock: time and messages
//! come in, commands and news go out.

mod asked;
mod held;
mod line;
mod notice;
mod reply;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, VecDeque};

use bytes::Bytes;
use license::{PublicKey, VerifiedLine};
use names::{CpuId, GrantId, PoolId, limits};
use proto::v1;
use tokio::sync::{broadcast, mpsc, watch};

pub(crate) use asked::{Answer, Ask, Taken, Wanted};
use asked::{Asked, Hopeful};
use line::Waiter;
pub(crate) use reply::error as refusal;

use crate::boot::Boot;
use crate::seat::Holding;
use crate::standing::Standing;
use crate::{Colleague, Error, SeatState, Server, State, TrustPolicy};

/// Heartbeats that may be without an answer while the lease runs: one each third of the time-out.
const BEATS_MAX: usize = 3;

/// A seat the application has.
#[derive(Debug)]
struct Row {
    wanted: Wanted,
    /// Nothing while it is being taken again.
    grant: Option<GrantId>,
    holding: watch::Sender<Holding>,
    /// It was taken away, and is given back at this time.
    give_back_at: Option<Boot>,
}

/// The open session.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) id: u64,
    pub(crate) token: Bytes,
    pub(crate) server: Server,
    host_key: Option<PublicKey>,
}

/// What time brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tick {
    /// Nothing until then.
    Until(Boot),
    /// The lease is over: this connection is no good; try all servers until then.
    Jeopardy(Boot),
    /// The grace is over too.
    Expired,
}

/// What a message brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Go,
    /// The server does not know the session on this stream: only a hello tells whether it still has it.
    SessionLost,
    /// The session has ended.
    Over,
}

/// What a core is made with.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) trust: TrustPolicy,
    pub(crate) workstation: Option<CpuId>,
    pub(crate) reacquire: bool,
    pub(crate) asks: mpsc::WeakUnboundedSender<Ask>,
    pub(crate) colleagues: broadcast::Sender<Colleague>,
}

#[derive(Debug)]
pub(crate) struct Core {
    setup: Setup,
    next_request: u64,
    next_seat: u64,
    session: Option<Session>,
    timeout_ms: u64,
    grace_ms: u64,
    /// The lease counts from here.
    leased_from: Boot,
    beat_at: Boot,
    asked: BTreeMap<u64, Asked>,
    /// Requests to be sent, in order.
    outbox: VecDeque<u64>,
    /// Requests that the server put off, and when they are asked again.
    later: BTreeMap<u64, Boot>,
    /// Requests that wait in line.
    waiting: BTreeMap<u64, Waiter>,
    seats: BTreeMap<u64, Row>,
    /// The lines that were shown in this session.
    lines: HashMap<PoolId, VerifiedLine>,
    /// The same as they came.
    shown: HashMap<PoolId, v1::SignedLine>,
    /// The application has said that nobody works with it.
    is_away: bool,
    standing: watch::Sender<Standing>,
}

impl Core {
    pub(crate) fn new(setup: Setup) -> Self {
        Self {
            setup,
            next_request: 1,
            next_seat: 1,
            session: None,
            timeout_ms: 0,
            grace_ms: 0,
            leased_from: Boot::default(),
            beat_at: Boot::default(),
            asked: BTreeMap::new(),
            outbox: VecDeque::new(),
            later: BTreeMap::new(),
            waiting: BTreeMap::new(),
            seats: BTreeMap::new(),
            lines: HashMap::new(),
            shown: HashMap::new(),
            is_away: false,
            standing: watch::Sender::new(Standing::new()),
        }
    }

    pub(crate) fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    pub(crate) fn standing(&self) -> watch::Receiver<Standing> {
        self.standing.subscribe()
    }

    /// The next request's number. They rise over all sessions of a client.
    pub(crate) fn number(&mut self) -> u64 {
        let number = self.next_request;
        self.next_request += 1;
        number
    }

    fn submit(&mut self, asked: Asked) {
        let number = self.number();
        self.asked.insert(number, asked);
        self.outbox.push_back(number);
    }

    /// Takes what the application asks.
    pub(crate) fn ask(&mut self, ask: Ask) {
        match ask {
            Ask::Checkout { wanted, answer, place } => {
                let wanted = *wanted;
                let hopeful = Hopeful { wanted, answer, place, has_place: false, is_hopeless: false };
                self.submit(Asked::Checkout(Box::new(hopeful)));
            }
            Ask::Sweep => self.sweep(),
            Ask::Checkin { seat, answer } => self.return_seat(seat, answer),
            Ask::Call { kind, answer } => {
                if let v1::command::Kind::Idle(v1::Idle { idle }) = &*kind {
                    self.is_away = *idle;
                }
                self.submit(Asked::Call { kind, answer: Some(answer), sent: false });
            }
            Ask::Close { answer } => self.goodbye(Some(answer)),
        }
    }

    fn return_seat(&mut self, seat: u64, answer: Option<Answer<()>>) {
        let Some(row) = self.seats.remove(&seat) else {
            if let Some(answer) = answer {
                let _ = answer.send(Err(Error::SessionLost { why: "the seat was lost before".into() }));
            }
            return;
        };
        row.tell(SeatState::Returned);
        match row.grant {
            Some(grant) => self.submit(Asked::Checkin { grant, answer }),
            None => {
                if let Some(answer) = answer {
                    let _ = answer.send(Ok(()));
                }
            }
        }
    }

    /// Returns everything and ends the session.
    pub(crate) fn goodbye(&mut self, answer: Option<Answer<()>>) {
        for row in std::mem::take(&mut self.seats).into_values() {
            row.tell(SeatState::Returned);
        }
        self.submit(Asked::Goodbye { answer });
    }

    /// What is to be sent now, at most one message of it. A stream carries a limited number of
    /// commands without their answers.
    pub(crate) fn take_commands(&mut self) -> Vec<v1::Command> {
        let Some(session) = self.session.as_ref().map(|session| session.id) else { return Vec::new() };
        let mut commands = Vec::new();
        while commands.len() < limits::COMMANDS_PER_MESSAGE_MAX && self.has_room() {
            let Some(number) = self.outbox.pop_front() else { break };
            match self.command(number, session) {
                Some(command) => commands.push(command),
                None => drop(self.asked.remove(&number)),
            }
        }
        commands
    }

    /// Whether the stream may carry the first that waits. Heartbeats have places that nothing else
    /// takes: the session must not end because much is asked.
    fn has_room(&self) -> bool {
        let first = self.outbox.front().and_then(|number| self.asked.get(number));
        let kept = if matches!(first, Some(Asked::Heartbeat { .. })) { 0 } else { BEATS_MAX };
        self.in_flight() + kept < limits::IN_FLIGHT_PER_STREAM_MAX
    }

    /// Whether [`Core::take_commands`] should be called.
    pub(crate) fn has_commands(&self) -> bool {
        !self.outbox.is_empty() && self.has_room() && self.session.is_some()
    }

    /// Whether no answer is waited for, and nothing is to be sent.
    pub(crate) fn is_idle(&self) -> bool {
        self.outbox.is_empty() && self.in_flight() == 0
    }

    fn in_flight(&self) -> usize {
        self.asked.len().saturating_sub(self.outbox.len()).saturating_sub(self.later.len())
    }

    /// What the server put off is asked again when its time has come: under a new number, since the
    /// numbers of a session rise.
    fn ask_again(&mut self, now: Boot) {
        let due: Vec<u64> =
            self.later.iter().filter(|(_, due)| **due <= now).map(|(number, _)| *number).collect();
        for number in due {
            self.later.remove(&number);
            if let Some(asked) = self.asked.remove(&number) {
                self.submit(asked);
            }
        }
    }

    /// Nothing when it is not wanted any more.
    fn command(&mut self, request_id: u64, session: u64) -> Option<v1::Command> {
        use v1::command::Kind;
        let kind = match self.asked.get_mut(&request_id)? {
            Asked::Checkout(hopeful) => Kind::Checkout(hopeful.wanted.on_wire()),
            // Where it was sent before, its seat may have been granted, and must be returned.
            Asked::Again { seat, sent: false, .. } if !self.seats.contains_key(seat) => return None,
            Asked::Again { wanted, sent, .. } => {
                *sent = true;
                Kind::Checkout(wanted.on_wire())
            }
            Asked::Checkin { grant, .. } => Kind::Checkin(v1::Checkin { grant: grant.0 }),
            Asked::Heartbeat { .. } => Kind::Heartbeat(v1::Heartbeat {}),
            Asked::Call { kind, sent, .. } => {
                *sent = true;
                (**kind).clone()
            }
            Asked::Goodbye { .. } => Kind::Goodbye(v1::Goodbye {}),
        };
        Some(v1::Command { request_id, session, kind: Some(kind) })
    }

    /// The lease ends: nine tenths of the time-out after the heartbeat that was answered was sent.
    fn lease_end(&self) -> Boot {
        self.leased_from.plus(self.timeout_ms / 10 * 9)
    }

    fn grace_end(&self) -> Boot {
        self.lease_end().plus(self.grace_ms)
    }

    /// Looks at the clock: sends a heartbeat when one is due, and tells when the lease is over.
    pub(crate) fn tick(&mut self, now: Boot, connected: bool) -> Tick {
        if now >= self.grace_end() {
            self.expire(now);
            return Tick::Expired;
        }
        if now >= self.lease_end() {
            self.tell_all(State::Jeopardy);
            return Tick::Jeopardy(self.grace_end());
        }
        self.give_back_revoked(now);
        if !connected {
            return Tick::Until(self.lease_end());
        }
        self.ask_again(now);
        self.look(now);
        if now >= self.beat_at {
            self.beat_at = now.plus((self.timeout_ms / 3).max(1));
            let number = self.number();
            self.asked.insert(number, Asked::Heartbeat { sent_at: now });
            // Before everything that waits.
            self.outbox.push_front(number);
        }
        let again = self.later.values().min().copied();
        let look = self.waiting.values().map(|waiter| waiter.look_at).min();
        let next = [again, look, self.gives_back_at()].into_iter().flatten().fold(self.beat_at, Boot::min);
        Tick::Until(next.min(self.lease_end()))
    }

    /// No server answered: everything is lost, for good.
    fn expire(&mut self, now: Boot) {
        let after_ms = now.since(self.leased_from);
        let lost = self.standing.borrow().given_up();
        self.line_breaks();
        for row in std::mem::take(&mut self.seats).into_values() {
            row.tell(lost.clone());
        }
        for asked in std::mem::take(&mut self.asked).into_values() {
            asked.refuse(|| Error::Expired { after_ms });
        }
        self.outbox.clear();
        self.later.clear();
        self.say(State::Expired);
    }

    /// The connection is gone: heartbeats on it prove nothing any more; the rest is sent again.
    pub(crate) fn disconnected(&mut self) {
        self.line_breaks();
        self.asked.retain(|_, asked| !matches!(asked, Asked::Heartbeat { .. }));
        self.outbox = self.asked.keys().copied().collect();
        self.later.clear();
    }

    fn say(&self, said: State) {
        let new = Standing {
            said,
            leased_from: self.leased_from,
            lease_end: self.lease_end(),
            grace_end: self.grace_end(),
        };
        self.standing.send_if_modified(|old| std::mem::replace(old, new) != new);
    }

    /// Tells the application how session and seats stand.
    fn tell_all(&mut self, state: State) {
        self.say(state);
        let of_seat = if state == State::Jeopardy { SeatState::Jeopardy } else { SeatState::Granted };
        for row in self.seats.values().filter(|row| row.grant.is_some()) {
            row.tell(of_seat.clone());
        }
    }
}

impl Row {
    /// Tells how the seat stands. One that was taken away stays so until it is given back.
    fn tell(&self, state: SeatState) {
        self.holding.send_if_modified(|holding| {
            let is_final = matches!(holding.state, SeatState::Revoked { .. }) && state != SeatState::Returned;
            if is_final {
                return false;
            }
            let changed = holding.state != state;
            holding.state = state;
            changed
        });
    }
}
