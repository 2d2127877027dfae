//! The sessions that one stream speaks for, and what it has told each.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use names::{Millis, Mono, PoolId, SessionId, Word, limits};
use proto::v1;
use seats::Answer;
use seats::word::Beat;
use service::{Ask, Live, News, token_hash};
use tracing::Span;

use crate::clock;
use crate::edge::{Edge, VERSION, random};
use crate::latency::Came;
use crate::outbox::{Answered, Tag};
use crate::wire;

/// A session on this stream.
struct Attached {
    live: Live,
    /// What is logged of it says whose it is.
    span: Span,
    /// The signature of the line that was sent for each pool.
    proven: HashMap<PoolId, Bytes>,
}

/// A hello under way.
struct Greeting {
    nonce: [u8; 32],
    /// The new session's token; nothing when it comes back to one.
    token: Option<[u8; 32]>,
    user: Word,
    host: Word,
}

/// The sessions of one stream or call.
pub(crate) struct Attachments {
    edge: Arc<Edge>,
    /// Where the connection comes from.
    from: Option<IpAddr>,
    sessions: HashMap<SessionId, Attached>,
    greetings: HashMap<u64, Greeting>,
}

/// What to do with a command.
#[expect(clippy::large_enum_variant, reason = "a heartbeat is answered without an allocation")]
pub(crate) enum Next {
    /// Ask the owner.
    Ask(Tag, Ask),
    /// It is answered already.
    Told(v1::Reply),
}

fn reply(tag: Tag, kind: v1::reply::Kind) -> v1::Reply {
    v1::Reply { request_id: tag.request, session: tag.session.0, kind: Some(kind) }
}

impl Attachments {
    pub(crate) fn new(edge: Arc<Edge>, from: Option<IpAddr>) -> Self {
        Self { edge, from, sessions: HashMap::new(), greetings: HashMap::new() }
    }

    /// How a command is dealt with. Heartbeats are answered here: they need nobody else.
    pub(crate) fn command(&mut self, command: v1::Command, came: Option<Came>) -> Next {
        use v1::command::Kind;
        let tag = Tag { request: command.request_id, session: SessionId(command.session), came };
        let ask = match command.kind {
            Some(Kind::Hello(hello)) => return self.hello(tag, &hello),
            Some(Kind::Heartbeat(_)) => return Next::Told(reply(tag, self.beat(tag.session))),
            Some(kind) => wire::command(tag.session, tag.request, &kind),
            None => Err(wire::unknown_kind()),
        };
        match ask {
            Err(invalid) => Next::Told(reply(tag, wire::invalid(&invalid))),
            Ok(_) if !self.speaks_for(tag.session) => Next::Told(reply(tag, wire::session_lost())),
            Ok(ask) => Next::Ask(tag, ask),
        }
    }

    /// Whether the session is this stream's, and not taken over by another.
    fn speaks_for(&self, session: SessionId) -> bool {
        self.sessions.get(&session).is_some_and(|s| s.live.word.epoch() == s.live.epoch)
    }

    fn beat(&self, session: SessionId) -> v1::reply::Kind {
        let beat = self.sessions.get(&session).map(|s| {
            let deadline = clock::now().mono.plus(s.live.timeout);
            s.live.word.beat(s.live.epoch, deadline)
        });
        match beat {
            Some(Beat::Alive) => v1::reply::Kind::Alive(v1::Alive {}),
            _ => wire::session_lost(),
        }
    }

    fn hello(&mut self, tag: Tag, hello: &v1::Hello) -> Next {
        let tag = Tag { session: SessionId(0), ..tag };
        match self.greet(tag, hello) {
            Ok(ask) => Next::Ask(tag, ask),
            Err(kind) => Next::Told(reply(tag, *kind)),
        }
    }

    fn greet(&mut self, tag: Tag, hello: &v1::Hello) -> Result<Ask, Box<v1::reply::Kind>> {
        let hello = wire::hello(hello, self.from).map_err(|invalid| Box::new(wire::invalid(&invalid)))?;
        if self.sessions.len() >= limits::SESSIONS_PER_STREAM_MAX {
            // Sessions that ended without a goodbye make room.
            self.sessions.retain(|_, s| s.live.word.beat(s.live.epoch, Mono(0)) == Beat::Alive);
        }
        if self.sessions.len() + self.greetings.len() >= limits::SESSIONS_PER_STREAM_MAX {
            return Err(Box::new(wire::busy()));
        }
        if self.greetings.contains_key(&tag.request) {
            let why = "another hello with this id is under way".into();
            return Err(Box::new(wire::invalid(&names::Invalid { what: "a request id", why })));
        }
        let (user, host) = (hello.identity.user.clone(), hello.identity.host.clone());
        let (token, ask) = match hello.resume {
            Some((session, token_hash)) => (None, Ask::Resume { session, token_hash }),
            None => {
                let token: [u8; 32] = random().map_err(|_| Box::new(wire::busy()))?;
                let session =
                    SessionId(u64::from_le_bytes(random().map_err(|_| Box::new(wire::busy()))?).max(1));
                let (token_hash, timeout) = (token_hash(&token), hello.timeout);
                let open = Ask::Open {
                    session,
                    token_hash,
                    identity: Box::new(hello.identity),
                    login: hello.login,
                    timeout,
                    replaces: hello.replaces,
                };
                (Some(token), open)
            }
        };
        self.greetings.insert(tag.request, Greeting { nonce: hello.nonce, token, user, host });
        Ok(ask)
    }

    /// A command came back from a full ring.
    pub(crate) fn refused(&mut self, tag: Tag) -> v1::Reply {
        if tag.session == SessionId(0) {
            self.greetings.remove(&tag.request);
        }
        reply(tag, wire::busy())
    }

    /// The owner's answer as it goes out.
    pub(crate) fn answered(&mut self, answered: Answered) -> v1::Reply {
        let Answered { tag, reply: told } = answered;
        let greeting = (tag.session == SessionId(0)).then(|| self.greetings.remove(&tag.request)).flatten();
        let kind = match (told.answer, told.live, greeting) {
            (Answer::Welcome { session, held, waiting }, Some(live), Some(greeting)) => {
                self.welcome(session, &held, &waiting, live, &greeting)
            }
            (answer, _, _) => {
                self.log(tag.session, &answer);
                if matches!(answer, Answer::Closed) {
                    self.sessions.remove(&tag.session);
                }
                let mut kind = wire::answer(answer);
                if let v1::reply::Kind::Granted(granted) = &mut kind {
                    granted.lease = told.borrowed.as_deref().and_then(|row| self.edge.lease(row));
                    self.prove(tag.session, granted, false);
                }
                kind
            }
        };
        reply(tag, kind)
    }

    fn welcome(
        &mut self,
        session: SessionId,
        held: &[seats::Held],
        waiting: &[names::RequestId],
        live: Live,
        greeting: &Greeting,
    ) -> v1::reply::Kind {
        let settings = &self.edge.settings;
        let ms = |millis: Millis| u32::try_from(millis.0).unwrap_or(u32::MAX);
        let (timeout_ms, hold_ms, grace_ms) = (ms(live.timeout), ms(settings.hold()), ms(settings.grace()));
        let proof = license::host_proof(&self.edge.host_key, &greeting.nonce, session);
        let span = tracing::info_span!("session", %session, user = %greeting.user, host = %greeting.host);
        span.in_scope(|| tracing::debug!(held = held.len(), resumed = greeting.token.is_none(), "welcome"));
        self.sessions.insert(session, Attached { live, span, proven: HashMap::new() });
        let held = held.iter().map(|held| {
            let mut granted = v1::Granted {
                grant: held.grant.0,
                pool: Some((&held.pool).into()),
                seats: held.seats.get(),
                request_id: held.request.0,
                until_ms: held.until.map_or(0, |until| until.0),
                revoked: held.revoked.map_or(0, names::Code::number),
                ..v1::Granted::default()
            };
            self.prove(session, &mut granted, false);
            granted
        });
        v1::reply::Kind::Welcome(v1::Welcome {
            session: session.0,
            token: greeting.token.map_or_else(Default::default, |token| token.to_vec().into()),
            timeout_ms,
            hold_ms,
            grace_ms,
            held: held.collect(),
            host_key: self.edge.host_key.public().as_bytes().to_vec().into(),
            host_proof: proof.to_vec().into(),
            server_version: VERSION.into(),
            waiting: waiting.iter().map(|request| request.0).collect(),
        })
    }

    fn log(&self, session: SessionId, answer: &Answer) {
        let Some(attached) = self.sessions.get(&session) else { return };
        attached.span.in_scope(|| match answer {
            Answer::Granted { grant, pool, seats, .. } => tracing::debug!(
                %grant, %seats, feature = %pool.feature(), config_id = %pool.config(), cpu_id = %pool.cpu(), "checked out"
            ),
            Answer::Returned { grant } => tracing::debug!(%grant, "checked in"),
            Answer::Denied(denial) => tracing::debug!(code = denial.code.number(), "denied: {}", denial.detail),
            Answer::Closed => tracing::debug!("closed"),
            Answer::SessionUnknown => tracing::debug!("the session has ended"),
            Answer::Queued { position, .. } => tracing::debug!(position, "queued"),
            _ => {}
        });
    }

    /// Adds the signed line behind a grant: once a session and pool, and again when another line is
    /// in force.
    fn prove(&mut self, session: SessionId, granted: &mut v1::Granted, is_news: bool) {
        let Some(pool) = granted.pool.as_ref().and_then(|name| PoolId::try_from(name).ok()) else { return };
        let (Some(attached), Some(line)) = (self.sessions.get_mut(&session), self.edge.evidence(&pool))
        else {
            return;
        };
        // What is borrowed or booked is used by itself, and news and answers pass each other on the way:
        // their line goes with them, each time.
        let by_itself = is_news || granted.until_ms != 0;
        if by_itself || attached.proven.get(&pool) != Some(&line.signature) {
            granted.package_line = self.edge.package_evidence(&pool);
            if !by_itself {
                attached.proven.insert(pool, line.signature.clone());
            }
            granted.line = Some(line);
        }
    }

    /// What a session is told unasked, as it goes out.
    pub(crate) fn notice(&mut self, session: SessionId, news: &News) -> Option<v1::Notice> {
        if !self.speaks_for(session) {
            return None;
        }
        let mut kind = wire::notice(news);
        if let (v1::notice::Kind::Granted(granted), News::Granted { borrowed, .. }) = (&mut kind, news) {
            granted.lease = borrowed.as_deref().and_then(|row| self.edge.lease(row));
            self.prove(session, granted, true);
        }
        Some(v1::Notice { session: session.0, kind: Some(kind) })
    }

    /// That this stream speaks for none of its sessions any more.
    pub(crate) fn detached(&mut self) -> Vec<(Tag, Ask)> {
        let sessions = self.sessions.drain();
        sessions
            .map(|(session, attached)| {
                (Tag { request: 0, session, came: None }, Ask::Detach(session, attached.live.epoch))
            })
            .collect()
    }
}
