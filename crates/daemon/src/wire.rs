//! Between the wire and the engine: what comes in is checked here, what goes out is said here.

use std::net::IpAddr;

use names::{
    Code, ConfigId, CpuId, Feature, GrantId, Invalid, Millis, RequestId, SeatCount, SessionId, Vendor,
    Version, Word,
};
use proto::v1;
use seats::{Answer, Checkin, Checkout, Denial, Identity};
use service::{Ask, token_hash};

/// Sessions that one hello may replace.
const REPLACES_MAX: usize = 64;
/// How long an overloaded client should wait before it tries again.
const RETRY_AFTER_MS: u32 = 200;

/// A hello that was checked.
pub(crate) struct Hello {
    pub(crate) nonce: [u8; 32],
    pub(crate) identity: Identity,
    pub(crate) timeout: Millis,
    pub(crate) resume: Option<(SessionId, [u8; 32])>,
    pub(crate) replaces: Vec<(SessionId, [u8; 32])>,
}

pub(crate) fn hello(hello: &v1::Hello) -> Result<Hello, Invalid> {
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
        identity: Identity {
            user: named(Word::new("a user", &hello.user)?, "a user")?,
            host: named(Word::new("a host", &hello.host)?, "a host")?,
            display: Word::new("a display", &hello.display)?,
            application: Word::new("an application", &hello.application)?,
            pid: hello.pid,
            cpu: CpuId::new(&hello.cpu_id)?,
        },
        timeout: Millis(u64::from(hello.timeout_ms)),
        resume: hello.resume.as_ref().map(token),
        replaces: hello.replaces.iter().map(token).collect(),
    })
}

fn named(word: Word, what: &'static str) -> Result<Word, Invalid> {
    if word.as_str().is_empty() { Err(Invalid { what, why: "it is empty".into() }) } else { Ok(word) }
}

pub(crate) fn checkout(
    session: SessionId,
    request: u64,
    ask: &v1::Checkout,
    from: Option<IpAddr>,
) -> Result<Ask, Invalid> {
    let optional = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let checkout = Checkout {
        session,
        request: request_id(request)?,
        feature: Feature::new(&ask.feature)?,
        version: Version::new(&ask.version)?,
        seats: if ask.seats == 0 { SeatCount::ONE } else { SeatCount::new(u64::from(ask.seats))? },
        vendor: optional(&ask.vendor).map(|text| Vendor::new(&text)).transpose()?,
        config: optional(&ask.config_id).map(|text| ConfigId::new(&text)).transpose()?,
    };
    Ok(Ask::Checkout(Box::new(checkout), from))
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
        Answer::Granted { grant, pool, seats } => Kind::Granted(v1::Granted {
            grant: grant.0,
            pool: Some((&pool).into()),
            seats: seats.get(),
            request_id: 0,
            line: None,
        }),
        Answer::Returned { grant } => Kind::Returned(v1::Returned { grant: grant.0 }),
        Answer::Closed => Kind::Closed(v1::Closed {}),
        Answer::Denied(denial) => denied(&denial),
        Answer::SessionUnknown | Answer::Done | Answer::Welcome { .. } => session_lost(),
    }
}

pub(crate) fn denied(denial: &Denial) -> v1::reply::Kind {
    let retry_after_ms = if denial.code == Code::Busy { RETRY_AFTER_MS } else { 0 };
    v1::reply::Kind::Denied(v1::Denied {
        code: denial.code.number(),
        message: denial.to_string(),
        session_lost: false,
        retry_after_ms,
    })
}

pub(crate) fn session_lost() -> v1::reply::Kind {
    v1::reply::Kind::Denied(v1::Denied {
        code: Code::NeverCheckedOut.number(),
        message:
            "the session is unknown, ended, timed out or taken over by another connection; say hello again"
                .into(),
        session_lost: true,
        retry_after_ms: 0,
    })
}

pub(crate) fn invalid(invalid: &Invalid) -> v1::reply::Kind {
    v1::reply::Kind::Denied(v1::Denied {
        code: Code::BadParameter.number(),
        message: format!("{}: {invalid}", Code::BadParameter),
        session_lost: false,
        retry_after_ms: 0,
    })
}

pub(crate) fn busy() -> v1::reply::Kind {
    v1::reply::Kind::Denied(v1::Denied {
        code: Code::Busy.number(),
        message: format!("{}: it has more requests than it can queue; try again later", Code::Busy),
        session_lost: false,
        retry_after_ms: RETRY_AFTER_MS,
    })
}
