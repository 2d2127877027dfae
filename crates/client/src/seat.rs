//! A seat that checks itself in.

use names::{Code, GrantId, PoolId, SeatCount};
use tokio::sync::{mpsc, oneshot, watch};

use crate::Error;
use crate::boot::Boot;
use crate::core::Ask;
use crate::standing::Standing;

/// How a seat stands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SeatState {
    /// It is held.
    Granted,
    /// The server has not answered for most of the time-out. It is still held, for the grace.
    Jeopardy,
    /// It was taken away: its license is gone, it was idle for too long, or an administrator wants it. It
    /// is held no more. It goes back by itself within five seconds, unless the application gives it back
    /// before, and stays so.
    Revoked {
        /// FlexNet's code.
        code: Code,
        /// Why.
        why: String,
    },
    /// It was checked in.
    Returned,
    /// It is no longer held, and will not be again.
    Lost {
        /// FlexNet's code.
        code: Code,
        /// Why.
        why: String,
    },
}

/// What the driver tells about a seat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holding {
    pub(crate) state: SeatState,
    pub(crate) grant: GrantId,
    pub(crate) pool: PoolId,
}

/// Seats that were checked out together. They are checked in when this is dropped.
#[derive(Debug)]
pub struct Seat {
    key: u64,
    seats: SeatCount,
    asks: mpsc::UnboundedSender<Ask>,
    holding: watch::Receiver<Holding>,
    session: watch::Receiver<Standing>,
    /// What [`Seat::changed`] said last.
    seen: SeatState,
    returned: bool,
}

impl Seat {
    pub(crate) fn new(
        key: u64,
        seats: SeatCount,
        asks: mpsc::UnboundedSender<Ask>,
        holding: watch::Receiver<Holding>,
        session: watch::Receiver<Standing>,
    ) -> Self {
        Self { key, seats, asks, holding, session, seen: SeatState::Granted, returned: false }
    }

    /// The grant's number, which `lmstat` shows as the handle. It changes only when the seat was
    /// lost and taken again as [`crate::Options::reacquire`] asked.
    #[must_use]
    pub fn grant(&self) -> GrantId {
        self.holding.borrow().grant
    }

    /// The pool it is from.
    #[must_use]
    pub fn pool(&self) -> PoolId {
        self.holding.borrow().pool.clone()
    }

    /// How many seats.
    #[must_use]
    pub fn seats(&self) -> SeatCount {
        self.seats
    }

    /// How it stands, by the clock: also while the runtime that the client lives on does not run.
    #[must_use]
    pub fn state(&self) -> SeatState {
        let session = *self.session.borrow();
        session.of_seat(&self.holding.borrow().state, Boot::now())
    }

    /// Waits until it stands differently than this said last (at first: than [`SeatState::Granted`]), and
    /// says how. May be dropped at any time.
    pub async fn changed(&mut self) -> SeatState {
        loop {
            let now = self.state();
            if now != self.seen {
                self.seen = now.clone();
                return now;
            }
            let ended = tokio::select! {
                told = self.holding.changed() => told.is_err(),
                told = self.session.changed() => told.is_err(),
            };
            if ended && self.state() == self.seen {
                // The driver has let go of the seat, and said before how it stands.
                return std::future::pending().await;
            }
        }
    }

    /// Checks it in, and waits for the server's word.
    ///
    /// # Errors
    /// When the seat was lost before, or no server can be reached any more. It is not held then.
    pub async fn checkin(mut self) -> Result<(), Error> {
        self.returned = true;
        let (answer, answered) = oneshot::channel();
        let sent = self.asks.send(Ask::Checkin { seat: self.key, answer: Some(answer) });
        let gone = |state| match state {
            SeatState::Lost { why, .. } | SeatState::Revoked { why, .. } => Error::SessionLost { why },
            _ => Error::Closed,
        };
        if sent.is_err() {
            return Err(gone(self.state()));
        }
        answered.await.unwrap_or_else(|_| Err(gone(self.state())))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if !self.returned {
            // Where the driver has ended, the seat is not held any more.
            let _ = self.asks.send(Ask::Checkin { seat: self.key, answer: None });
        }
    }
}
