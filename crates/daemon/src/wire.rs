//! Between the wire and the engine: what comes in is checked here, what goes out is said here.

use std::net::IpAddr;

use names::{
    Code, ConfigId, CpuId, Email, Feature, GrantId, Invalid, Millis, RequestId, SeatCount, SessionId, Vendor,
    Version, Wall, Word,
};
use proto::v1;
use seats::{Answer, Book, Borrow, Checkin, Checkout, Denial, Figures, Identity, Machine, More};
use service::{Ask, News, token_hash};

/// Sessions that one hello may replace.
const REPLACES_MAX: usize = 64;
/// How long an overloaded client should wait before it tries again.
const RETRY_AFTER_MS: u32 = 200;

/// A hello that was checked.
pub(crate) struct Hello {
    pub(crate) nonce: [u8; 32],
    pub(crate) identity: Identity,
    /// The hash of the personal token that proves the e-mail.
    pub(crate) login: Option<[u8; 32]>,
    pub(crate) timeout: Millis,
    pub(crate) resume: Option<(SessionId, [u8; 32])>,
    pub(crate) replaces: Vec<(SessionId, [u8; 32])>,
}

pub(crate) fn hello(hello: &v1::Hello, from: Option<IpAddr>) -> Result<Hello, Invalid> {
    let bad = |why: &str| Invalid { what: "a hello", why: why.into() };
    if hello.protocol != proto::PROTOCOL {
        return Err(bad("this server speaks protocol 1; use a client of its release"));
    }
    if hello.replaces.len() > REPLACES_MAX {
        return Err(bad("it replaces more than 64 sessions"));
    }
    let token = |t: &v1::SessionToken| (SessionId(t.session), token_hash(&t.token));
    Ok(Hello {
        nonce: hello.nonce.as_ref().try_into().map_err(|_| bad("the nonce must have 32 bytes"))?,
        identity: identity(hello, from)?,
        login: (!hello.login_token.is_empty()).then(|| token_hash(&hello.login_token)),
        timeout: Millis(u64::from(hello.timeout_ms)),
        resume: hello.resume.as_ref().map(token),
        replaces: hello.replaces.iter().map(token).collect(),
    })
}

/// Who says hello.
fn identity(hello: &v1::Hello, from: Option<IpAddr>) -> Result<Identity, Invalid> {
    let utc_offset = i16::try_from(hello.utc_offset_min).ok().filter(|minutes| minutes.abs() <= 18 * 60);
    Ok(Identity {
        user: named(Word::new("a user", &hello.user)?, "a user")?,
        host: named(Word::new("a host", &hello.host)?, "a host")?,
        display: Word::new("a display", &hello.display)?,
        application: Word::new("an application", &hello.application)?,
        project: Word::new("a project", &hello.project)?,
        platform: Word::new("a platform", &hello.platform)?,
        pid: hello.pid,
        cpu: CpuId::new(&hello.cpu_id)?,
        machine: Machine {
            is_virtual: hello.virtual_machine,
            is_remote: hello.remote,
            utc_offset: utc_offset
                .ok_or_else(|| Invalid { what: "an offset from UTC", why: "it is above 18 hours".into() })?,
        },
        address: from,
        email: optional(&hello.email, Email::new)?,
    })
}

fn named(word: Word, what: &'static str) -> Result<Word, Invalid> {
    if word.as_str().is_empty() { Err(Invalid { what, why: "it is empty".into() }) } else { Ok(word) }
}

fn optional<T>(text: &str, read: impl FnOnce(&str) -> Result<T, Invalid>) -> Result<Option<T>, Invalid> {
    if text.is_empty() { Ok(None) } else { read(text).map(Some) }
}

/// What is said of a command of another kind than there is.
pub(crate) fn unknown_kind() -> Invalid {
    Invalid { what: "a command", why: "it is of a kind this server does not know".into() }
}

/// A command of a session, checked. Hellos and heartbeats are dealt with elsewhere.
pub(crate) fn command(session: SessionId, request: u64, kind: &v1::command::Kind) -> Result<Ask, Invalid> {
    use v1::command::Kind;
    Ok(match kind {
        Kind::Checkout(ask) => return checkout(session, request, ask),
        Kind::Checkin(ask) => checkin(session, ask),
        Kind::Goodbye(_) => Ask::Close(session),
        Kind::Withdraw(ask) => Ask::Withdraw(session, RequestId(ask.waiting_request)),
        Kind::Idle(ask) => Ask::Idle(session, ask.idle),
        Kind::Book(ask) => {
            let plain = ask.checkout.clone().unwrap_or_default();
            let job = named(Word::new("a job", &ask.job)?, "a job")?;
            let checkout = Checkout { more: None, ..request_of(session, request, &plain)? };
            Ask::Book(Box::new(Book { ask: checkout, job, ttl: Millis(ask.ttl_ms) }))
        }
        Kind::Unbook(ask) => Ask::Unbook(session, GrantId(ask.grant)),
        Kind::ReturnBorrowed(ask) => {
            let secret = <[u8; 32]>::try_from(ask.proof.as_ref());
            let why = || "it must have 32 bytes".into();
            let secret = secret.map_err(|_| Invalid { what: "a proof of return", why: why() })?;
            Ask::ReturnBorrowed(GrantId(ask.grant), license::proof_hash(&secret))
        }
        Kind::Ask(ask) => Ask::Colleagues(session, Feature::new(&ask.feature)?),
        Kind::Hello(_) | Kind::Heartbeat(_) => return Err(unknown_kind()),
    })
}

pub(crate) fn checkout(session: SessionId, request: u64, ask: &v1::Checkout) -> Result<Ask, Invalid> {
    Ok(Ask::Checkout(request_of(session, request, ask)?))
}

fn request_of(session: SessionId, request: u64, ask: &v1::Checkout) -> Result<Checkout, Invalid> {
    Ok(Checkout {
        session,
        request: request_id(request)?,
        feature: Feature::new(&ask.feature)?,
        version: Version::new(&ask.version)?,
        seats: if ask.seats == 0 { SeatCount::ONE } else { SeatCount::new(u64::from(ask.seats))? },
        vendor: optional(&ask.vendor, Vendor::new)?,
        config: optional(&ask.config_id, ConfigId::new)?,
        more: more(ask)?,
    })
}

fn more(ask: &v1::Checkout) -> Result<Option<Box<More>>, Invalid> {
    let priority = u8::try_from(ask.priority)
        .map_err(|_| Invalid { what: "a priority", why: "it is above 255".into() })?;
    let borrow = ask.borrow.as_ref().map(|borrow| {
        let proof = borrow.proof_hash.as_ref().try_into();
        let proof =
            proof.map_err(|_| Invalid { what: "a borrow", why: "its hash must have 32 bytes".into() })?;
        Ok(Borrow { until: Wall(borrow.until_ms), proof })
    });
    let more = More {
        data: optional(&ask.data, |text| Word::new("the data of a checkout", text))?,
        queue: ask.queue.then_some(priority),
        borrow: borrow.transpose()?,
        job: optional(&ask.job, |text| Word::new("a job", text))?,
    };
    Ok((more != More::default()).then(|| Box::new(more)))
}

/// What somebody wants to have explained. It is no request of a session, so its number means nothing.
pub(crate) fn explain(ask: &v1::ExplainRequest, from: Option<IpAddr>) -> Result<Ask, Invalid> {
    let who = identity(&ask.who.clone().unwrap_or_default(), from)?;
    let checkout = request_of(SessionId(0), 1, &ask.checkout.clone().unwrap_or_default())?;
    Ok(Ask::Explain(Box::new((who, checkout))))
}

/// Request 0 is none: a session's floor begins there.
fn request_id(request: u64) -> Result<RequestId, Invalid> {
    if request == 0 {
        return Err(Invalid { what: "a request id", why: "it is 0; begin with 1".into() });
    }
    Ok(RequestId(request))
}

pub(crate) fn checkin(session: SessionId, ask: &v1::Checkin) -> Ask {
    Ask::Checkin(Checkin { session, grant: GrantId(ask.grant) })
}

/// An answer as it goes out; a welcome is said by the connection, which knows its hello.
pub(crate) fn answer(answer: Answer) -> v1::reply::Kind {
    use v1::reply::Kind;
    match answer {
        Answer::Granted { grant, pool, seats, until } => Kind::Granted(v1::Granted {
            grant: grant.0,
            pool: Some((&pool).into()),
            seats: seats.get(),
            until_ms: until.map_or(0, |until| until.0),
            ..v1::Granted::default()
        }),
        Answer::Queued { position, expected, .. } => Kind::Queued(v1::Queued {
            position: position as u64,
            expected_ms: expected.map_or(0, |expected| expected.0),
        }),
        Answer::Withdrawn => Kind::Withdrawn(v1::Withdrawn {}),
        Answer::Asked(holders) => {
            Kind::Asked(v1::Asked { told: u32::try_from(holders.len()).unwrap_or(u32::MAX) })
        }
        Answer::Returned { grant } => Kind::Returned(v1::Returned { grant: grant.0 }),
        Answer::Closed => Kind::Closed(v1::Closed {}),
        Answer::Denied(denial) => denied(&denial),
        Answer::Done => Kind::Alive(v1::Alive {}),
        Answer::SessionUnknown | Answer::Revoked(_) | Answer::Welcome { .. } => session_lost(),
    }
}

/// What a session is told unasked, as it goes out.
pub(crate) fn notice(news: &News) -> v1::notice::Kind {
    use v1::notice::Kind;
    match news {
        News::Granted { grant, request, pool, seats, borrowed } => Kind::Granted(v1::Granted {
            grant: grant.0,
            pool: Some(pool.into()),
            seats: seats.get(),
            request_id: request.0,
            until_ms: borrowed.as_ref().and_then(|row| row.until()).map_or(0, |until| until.0),
            ..v1::Granted::default()
        }),
        News::Revoked { grant, code, until } => Kind::Revoked(v1::Revoked {
            grant: grant.0,
            code: code.number(),
            message: format!("{code}: the seats are taken away; give them back"),
            until_ms: until.0,
        }),
        News::Hopeless(request) => Kind::Hopeless(v1::Hopeless { request_id: request.0 }),
        News::Wanted { feature, user, host } => Kind::Wanted(v1::Wanted {
            feature: feature.to_string(),
            user: user.to_string(),
            host: host.to_string(),
        }),
    }
}

pub(crate) fn denied(denial: &Denial) -> v1::reply::Kind {
    let retry_after_ms = if denial.code == Code::Busy { RETRY_AFTER_MS } else { 0 };
    v1::reply::Kind::Denied(v1::Denied {
        code: denial.code.number(),
        message: denial.to_string(),
        session_lost: false,
        retry_after_ms,
        figures: denial.figures.as_deref().map(figures),
    })
}

fn figures(of: &Figures) -> v1::Figures {
    v1::Figures {
        pool: Some((&of.pool).into()),
        limit: of.limit,
        in_use: of.in_use,
        reserved: of.reserved,
        borrowed: of.borrowed,
        lingering: of.lingering,
        booked: of.booked,
        queued: of.queued as u64,
        free_at_ms: of.free_at.map_or(0, |at| at.0),
    }
}

pub(crate) fn session_lost() -> v1::reply::Kind {
    v1::reply::Kind::Denied(v1::Denied {
        code: Code::NeverCheckedOut.number(),
        message:
            "the session is unknown, ended, timed out or taken over by another connection; say hello again"
                .into(),
        session_lost: true,
        retry_after_ms: 0,
        figures: None,
    })
}

pub(crate) fn invalid(invalid: &Invalid) -> v1::reply::Kind {
    v1::reply::Kind::Denied(v1::Denied {
        code: Code::BadParameter.number(),
        message: format!("{}: {invalid}", Code::BadParameter),
        session_lost: false,
        retry_after_ms: 0,
        figures: None,
    })
}

pub(crate) fn busy() -> v1::reply::Kind {
    v1::reply::Kind::Denied(v1::Denied {
        code: Code::Busy.number(),
        message: format!("{}: it has more requests than it can queue; try again later", Code::Busy),
        session_lost: false,
        retry_after_ms: RETRY_AFTER_MS,
        figures: None,
    })
}
