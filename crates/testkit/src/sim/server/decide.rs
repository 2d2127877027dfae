//! What a message becomes for the engine, and its answer.

use names::{Code, ConfigId, Now, RequestId, SessionId, Word};
use seats::{Answer, Book, Borrow, Checkin, Checkout, Denial, Detail, Identity, Machine, More};
use service::{Ask, Reply};

use super::{Out, Server, Ticket};
use crate::sim::Bug;
use crate::sim::message::{Body, ClientId, How, Job, Message, Token, Want};
use crate::sim::site;

impl Server {
    pub(super) fn decide(&mut self, now: Now, message: Message, out: &mut Vec<Out>) {
        let token = match &message.body {
            Body::Open { .. } => Token(self.rng.next()),
            Body::Resume { token, .. }
            | Body::Checkout { token, .. }
            | Body::Checkin { token, .. }
            | Body::Unbook { token, .. }
            | Body::Withdraw { token, .. }
            | Body::Close { token, .. }
            | Body::Return { proof: token, .. } => *token,
            Body::Lost { .. } => Token(0),
            Body::Beat { .. } | Body::BeatByToken { .. } => return,
        };
        let ticket = Ticket { to: message.from, number: message.number, token };
        let Some(ask) = self.ask_of(message, token) else {
            return out.push(self.tell(ticket, refused(Answer::SessionUnknown)));
        };
        if self.puts_off(&ticket, &ask) {
            return;
        }
        let reply = self.handle(now, ask);
        self.reply(ticket, reply, out);
    }

    /// The engine's answer, or that there is no room.
    pub(super) fn handle(&mut self, now: Now, ask: Ask) -> Reply {
        if !self.has_room(&ask) {
            return refused(full());
        }
        let planted = self.plants.copy_of(self.bug, &ask);
        let reply = self.record(|engine, out| engine.handle(now, ask, out));
        match planted {
            Some(ask) => self.plant(now, ask, reply),
            None => reply,
        }
    }

    /// Tells a denial at once, and the rest after the flush.
    pub(super) fn reply(&mut self, ticket: Ticket, reply: Reply, out: &mut Vec<Out>) {
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
            Body::Return { grant, proof } => Ask::ReturnBorrowed(grant, hash(proof)),
            Body::Checkout { session, mut request, want, .. } => {
                if self.bug == Some(Bug::NewRequestId) && self.rng.chance(100) {
                    request.0 += 1_000_000 + self.rng.below(1_000_000);
                }
                checkout(session, request, want)
            }
            Body::Checkin { session, grant, .. } => {
                let owner = self.engine.state().grant(grant).map(|row| row.session);
                let session = match self.bug {
                    Some(Bug::ForeignCheckin) => owner.unwrap_or(session),
                    _ => session,
                };
                Ask::Checkin(Checkin { session, grant })
            }
            Body::Unbook { session, grant, .. } => Ask::Unbook(session, grant),
            Body::Lost { grant } => Ask::Lost(grant),
            Body::Withdraw { session, request, .. } => Ask::Withdraw(session, request),
            Body::Close { session, .. } => Ask::Close(session),
            Body::Beat { .. } | Body::BeatByToken { .. } => return None,
        })
    }
}

/// A checkout, or a booking.
fn checkout(session: SessionId, request: RequestId, want: Want) -> Ask {
    let job = |job: Job| Word::nearest(&format!("job:{job}"));
    let queue = want.waits.then_some(0);
    let more = match want.how {
        How::Use | How::Book(..) => More { queue, ..More::default() },
        How::Borrow(until, proof) => {
            More { borrow: Some(Borrow { until, proof: hash(proof) }), ..More::default() }
        }
        How::For(number) => More { queue, job: Some(job(number)), ..More::default() },
    };
    let ask = Checkout {
        session,
        request,
        feature: want.feature,
        version: want.version,
        seats: want.seats,
        vendor: None,
        config: want.config.map(ConfigId::Number),
        more: (more != More::default()).then(|| Box::new(more)),
    };
    match want.how {
        How::Book(number, ttl) => Ask::Book(Box::new(Book { ask, job: job(number), ttl })),
        _ => Ask::Checkout(ask),
    }
}

pub(super) fn hash(token: Token) -> [u8; 32] {
    service::token_hash(&token.0.to_le_bytes())
}

fn full() -> Answer {
    let detail = Detail::Limit("the license host's disk is full; seats can be returned, not taken");
    Answer::Denied(Box::new(Denial { code: Code::Busy, detail, figures: None }))
}

fn identity(client: ClientId, cpu: names::CpuId) -> Identity {
    Identity {
        user: Word::nearest(&site::user(client)),
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

fn refused(answer: Answer) -> Reply {
    Reply { answer, at_once: true, live: None, borrowed: None }
}
