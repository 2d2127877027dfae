//! A checkout on its way, in line where it must be.

use std::time::Duration;

use names::SeatCount;
use tokio::sync::{mpsc, oneshot, watch};

use crate::boot::Boot;
use crate::core::{Ask, Taken};
use crate::standing::Standing;
use crate::{Error, Seat};

/// A place in line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// 1 is next.
    pub position: u64,
    /// How long it may take, by how long seats were held lately; nothing where that is not known.
    pub expected: Option<Duration>,
}

/// What a checkout has come to.
#[derive(Debug)]
pub enum Progress {
    /// It waits in line, at this place.
    Queued(Place),
    /// The seat is there.
    Granted(Seat),
}

/// A checkout that is not answered yet, or waits in line. It keeps its place over lost connections and
/// restarts of the server. When this is dropped it leaves the line, and a seat that comes all the same
/// goes back.
#[derive(Debug)]
pub struct Waiting {
    seats: SeatCount,
    answer: oneshot::Receiver<Result<Taken, Error>>,
    place: watch::Receiver<Option<Place>>,
    session: watch::Receiver<Standing>,
    asks: mpsc::UnboundedSender<Ask>,
    is_over: bool,
}

impl Waiting {
    pub(crate) fn new(
        seats: SeatCount,
        answer: oneshot::Receiver<Result<Taken, Error>>,
        place: watch::Receiver<Option<Place>>,
        session: watch::Receiver<Standing>,
        asks: mpsc::UnboundedSender<Ask>,
    ) -> Self {
        Self { seats, answer, place, session, asks, is_over: false }
    }

    /// The place in line, as the server said last; nothing before it has given one.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        *self.place.borrow()
    }

    /// Waits for the seat, or for another place in line than this said last. May be dropped at any time.
    ///
    /// # Errors
    /// When the server refuses, what it shows is no proof, or the session is over. After that, and
    /// after the seat, there is nothing more.
    pub async fn next(&mut self) -> Result<Progress, Error> {
        if self.is_over {
            return Err(Error::Closed);
        }
        loop {
            tokio::select! {
                biased;
                answer = &mut self.answer => {
                    self.is_over = true;
                    let session = self.session.borrow().at(Boot::now());
                    let (key, holding, session) = answer.unwrap_or_else(|_| Err(Error::over(session)))?.keep();
                    return Ok(Progress::Granted(Seat::new(key, self.seats, self.asks.clone(), holding, session)));
                }
                Ok(()) = self.place.changed() => {
                    if let Some(place) = *self.place.borrow_and_update() {
                        return Ok(Progress::Queued(place));
                    }
                }
            }
        }
    }

    /// Waits for the seat.
    ///
    /// # Errors
    /// As [`Waiting::next`].
    pub async fn seat(mut self) -> Result<Seat, Error> {
        loop {
            if let Progress::Granted(seat) = self.next().await? {
                return Ok(seat);
            }
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if !self.is_over {
            self.answer.close();
            // A seat that has come already goes back as it is dropped.
            let _ = self.answer.try_recv();
            let _ = self.asks.send(Ask::Sweep);
        }
    }
}
