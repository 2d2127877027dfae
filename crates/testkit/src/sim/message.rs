//! What clients say and are told.

use names::{CpuId, Feature, GrantId, Millis, RequestId, SeatCount, SessionId, Version, Wall};
use seats::Answer;
use service::News;

/// A client's number.
pub(crate) type ClientId = usize;

/// A session's secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token(pub(crate) u64);

/// What a client asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Body {
    Open {
        timeout: Millis,
        replaces: Option<(SessionId, Token)>,
    },
    Resume {
        session: SessionId,
        token: Token,
    },
    Checkout {
        session: SessionId,
        token: Token,
        request: RequestId,
        want: Want,
    },
    Checkin {
        session: SessionId,
        token: Token,
        grant: GrantId,
    },
    /// A borrowed seat comes back before its date.
    Return {
        grant: GrantId,
        proof: Token,
    },
    /// A booking is given back, by any session of its user.
    Unbook {
        session: SessionId,
        token: Token,
        grant: GrantId,
    },
    /// An administrator frees a borrowed seat whose laptop is lost.
    Lost {
        grant: GrantId,
    },
    Withdraw {
        session: SessionId,
        token: Token,
        request: RequestId,
    },
    Close {
        session: SessionId,
        token: Token,
    },
    /// A heartbeat over the connection that opened or resumed the session.
    Beat {
        session: SessionId,
    },
    /// A heartbeat that shows the token.
    BeatByToken {
        session: SessionId,
        token: Token,
    },
}

/// What is to be checked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Want {
    pub(crate) feature: Feature,
    pub(crate) version: Version,
    pub(crate) config: Option<u64>,
    pub(crate) seats: SeatCount,
    /// Whether it waits in line.
    pub(crate) waits: bool,
    pub(crate) how: How,
}

/// For what seats are checked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// To be used, as long as the session lives.
    Use,
    /// To be taken offline until a date; who shows the token brings them back.
    Borrow(Wall, Token),
    /// To be booked for a job, for so long.
    Book(Job, Millis),
    /// To be used by a job, of what is booked for it if there is such.
    For(Job),
}

/// A job's number.
pub(crate) type Job = u64;

impl How {
    /// Whether what is granted stays when its session ends.
    pub(crate) fn stays(self) -> bool {
        matches!(self, Self::Borrow(..) | Self::Book(..))
    }
}

/// A message as it was sent. Copies of it have the same number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) number: u64,
    pub(crate) from: ClientId,
    pub(crate) cpu: CpuId,
    pub(crate) sent: u64,
    pub(crate) body: Body,
}

impl Body {
    /// What it says, as numbers for the digest.
    pub(crate) fn numbers(&self) -> [u64; 4] {
        match self {
            Self::Open { timeout, replaces } => [1, timeout.0, replaces.map_or(0, |(id, _)| id.0), 0],
            Self::Resume { session, token } => [2, session.0, token.0, 0],
            Self::Checkout { session, request, want, .. } => {
                let seats = u64::from(want.seats.get()) << 1 | u64::from(want.waits);
                let until = match want.how {
                    How::Use => 0,
                    How::Borrow(until, _) => until.0.cast_unsigned(),
                    How::Book(job, _) | How::For(job) => job,
                };
                [3, session.0, request.0 << 32 | seats, until]
            }
            Self::Checkin { session, grant, .. } => [4, session.0, grant.0, 0],
            Self::Return { grant, proof } => [5, grant.0, proof.0, 0],
            Self::Withdraw { session, request, .. } => [6, session.0, request.0, 0],
            Self::Close { session, .. } => [7, session.0, 0, 0],
            Self::Beat { session } => [8, session.0, 0, 0],
            Self::BeatByToken { session, .. } => [9, session.0, 0, 0],
            Self::Unbook { session, grant, .. } => [10, session.0, grant.0, 0],
            Self::Lost { grant } => [11, grant.0, 0, 0],
        }
    }

    /// The session it is about, when it has one.
    pub(crate) fn session(&self) -> Option<SessionId> {
        match self {
            Self::Open { .. } | Self::Return { .. } | Self::Lost { .. } => None,
            Self::Resume { session, .. }
            | Self::Checkout { session, .. }
            | Self::Checkin { session, .. }
            | Self::Unbook { session, .. }
            | Self::Withdraw { session, .. }
            | Self::Close { session, .. }
            | Self::Beat { session }
            | Self::BeatByToken { session, .. } => Some(*session),
        }
    }
}

/// What came of a heartbeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pulse {
    Alive,
    Expired,
    Replaced,
    /// This connection carries no such session.
    NotAttached,
}

/// What a client is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    /// A welcome says which session, its token and time-out.
    Welcome {
        answer: Answer,
        token: Token,
        timeout: Millis,
    },
    Answer(Answer),
    Pulse(Pulse),
    /// What a session is told unasked.
    News {
        session: SessionId,
        news: News,
        /// When the round began that decided it.
        decided: u64,
    },
}

impl Told {
    /// What it says, as numbers for the digest.
    pub(crate) fn numbers(&self) -> [u64; 4] {
        let answer = |answer: &Answer| match answer {
            Answer::Done => [1, 0, 0, 0],
            Answer::Welcome { session, held, .. } => {
                [2, session.0, held.len() as u64, held.last().map_or(0, |h| h.grant.0)]
            }
            Answer::Granted { grant, seats, .. } => [3, grant.0, u64::from(seats.get()), 0],
            Answer::Returned { grant } => [4, grant.0, 0, 0],
            Answer::Closed => [5, 0, 0, 0],
            Answer::SessionUnknown => [6, 0, 0, 0],
            Answer::Denied(denial) => [7, u64::from(denial.code.exit_status()), 0, 0],
            Answer::Queued { waiter, position, .. } => [9, waiter.0, *position as u64, 0],
            Answer::Withdrawn => [10, 0, 0, 0],
            Answer::Revoked(grants) => [11, *grants as u64, 0, 0],
            Answer::Asked(sessions) => [12, sessions.len() as u64, 0, 0],
        };
        match self {
            Self::Welcome { answer: welcome, token, .. } => {
                let [kind, session, held, last] = answer(welcome);
                [kind, session, held ^ token.0, last]
            }
            Self::Answer(told) => answer(told),
            Self::Pulse(pulse) => [8, *pulse as u64, 0, 0],
            Self::News { session, news: News::Granted { grant, .. }, .. } => [13, session.0, grant.0, 0],
            Self::News { session, .. } => [14, session.0, 0, 0],
        }
    }
}
