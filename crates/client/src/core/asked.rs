//! What the application asks, and what has no answer yet.

use names::{ConfigId, Feature, GrantId, SeatCount, Vendor, Version, Word};
use proto::v1;
use proto::v1::command::Kind;
use tokio::sync::{mpsc, oneshot, watch};

use crate::boot::Boot;
use crate::seat::Holding;
use crate::standing::Standing;
use crate::{Error, Place};

/// Who waits for an answer of its own kind.
pub(crate) type Answer<T> = oneshot::Sender<Result<T, Error>>;

/// What the application asks.
#[derive(Debug)]
pub(crate) enum Ask {
    Checkout {
        wanted: Box<Wanted>,
        answer: Answer<Taken>,
        /// Where the place in line is told, when it may wait.
        place: watch::Sender<Option<Place>>,
    },
    /// Somebody who waited does not wait any more.
    Sweep,
    Checkin {
        seat: u64,
        answer: Option<Answer<()>>,
    },
    /// Any other command; the answer is the server's.
    Call {
        kind: Box<Kind>,
        answer: Answer<v1::reply::Kind>,
    },
    Close {
        answer: Answer<()>,
    },
}

/// What to check out, checked.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) feature: Feature,
    pub(crate) version: Version,
    pub(crate) seats: SeatCount,
    pub(crate) vendor: Option<Vendor>,
    pub(crate) config: Option<ConfigId>,
    pub(crate) data: Option<Word>,
    pub(crate) job: Option<Word>,
    /// Wait in line, with this priority.
    pub(crate) queue: Option<u8>,
}

impl Wanted {
    pub(crate) fn on_wire(&self) -> v1::Checkout {
        let word = |word: &Option<Word>| word.as_ref().map(ToString::to_string).unwrap_or_default();
        v1::Checkout {
            feature: self.feature.to_string(),
            version: self.version.to_string(),
            seats: self.seats.get(),
            vendor: self.vendor.as_ref().map(ToString::to_string).unwrap_or_default(),
            config_id: self.config.as_ref().map(ToString::to_string).unwrap_or_default(),
            data: word(&self.data),
            queue: self.queue.is_some(),
            priority: u32::from(self.queue.unwrap_or(0)),
            borrow: None,
            job: word(&self.job),
        }
    }
}

/// A seat on its way to the application: it goes back when nobody is there to take it.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(super) key: u64,
    pub(super) holding: watch::Receiver<Holding>,
    pub(super) session: watch::Receiver<Standing>,
    pub(super) asks: Option<mpsc::UnboundedSender<Ask>>,
}

impl Taken {
    /// Takes it: from here the caller returns it.
    pub(crate) fn keep(mut self) -> (u64, watch::Receiver<Holding>, watch::Receiver<Standing>) {
        self.asks = None;
        (self.key, self.holding.clone(), self.session.clone())
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if let Some(asks) = self.asks.take() {
            let _ = asks.send(Ask::Checkin { seat: self.key, answer: None });
        }
    }
}

/// Somebody who wants seats.
#[derive(Debug)]
pub(super) struct Hopeful {
    pub(super) wanted: Wanted,
    pub(super) answer: Answer<Taken>,
    pub(super) place: watch::Sender<Option<Place>>,
    /// The server has given a place in line.
    pub(super) has_place: bool,
    /// The server has said that no wait will help: what it says next is final.
    pub(super) is_hopeless: bool,
}

/// A request that has no answer yet.
#[derive(Debug)]
pub(super) enum Asked {
    Checkout(Box<Hopeful>),
    /// A seat that was lost is to be taken again.
    Again {
        seat: u64,
        wanted: Box<Wanted>,
        /// Whether the session may have granted it without our having heard.
        sent: bool,
    },
    Checkin {
        grant: GrantId,
        answer: Option<Answer<()>>,
    },
    Heartbeat {
        sent_at: Boot,
    },
    Call {
        kind: Box<Kind>,
        answer: Option<Answer<v1::reply::Kind>>,
        /// Whether the session may have done it without our having heard.
        sent: bool,
    },
    Goodbye {
        answer: Option<Answer<()>>,
    },
}

impl Asked {
    /// Answers with an error; nobody waits for a heartbeat.
    pub(super) fn refuse(self, error: impl FnOnce() -> Error) {
        match self {
            Self::Checkout(hopeful) => drop(hopeful.answer.send(Err(error()))),
            Self::Call { answer: Some(answer), .. } => drop(answer.send(Err(error()))),
            Self::Checkin { answer: Some(answer), .. } | Self::Goodbye { answer: Some(answer) } => {
                drop(answer.send(Err(error())));
            }
            Self::Checkin { .. }
            | Self::Goodbye { .. }
            | Self::Again { .. }
            | Self::Call { .. }
            | Self::Heartbeat { .. } => {}
        }
    }

    /// Whether it must be done some time: seats depend on it and nobody else asks again.
    pub(super) fn must_be_done(&self) -> bool {
        match self {
            Self::Again { .. } | Self::Checkin { .. } | Self::Goodbye { .. } => true,
            Self::Call { answer, .. } => answer.is_none(),
            Self::Checkout(_) | Self::Heartbeat { .. } => false,
        }
    }

    /// Whether a session's end is also what was asked for, or makes it pointless.
    pub(super) fn ends_with_session(&self) -> bool {
        match self {
            Self::Checkin { .. } | Self::Goodbye { .. } | Self::Heartbeat { .. } => true,
            Self::Call { answer, .. } => answer.is_none(),
            Self::Checkout(_) | Self::Again { .. } => false,
        }
    }

    /// Whether it may have been done by a session that is gone, and would be done twice by another:
    /// seats that need no session.
    pub(super) fn outlives_session(&self) -> bool {
        matches!(self, Self::Call { kind, sent: true, .. } if matches!(**kind, Kind::Checkout(_) | Kind::Book(_)))
    }

    /// Answers that it is done.
    pub(super) fn accept(self) {
        if let Self::Checkin { answer: Some(answer), .. } | Self::Goodbye { answer: Some(answer) } = self {
            let _ = answer.send(Ok(()));
        }
    }
}
