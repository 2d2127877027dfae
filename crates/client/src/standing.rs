//! How a session stands, as the driver said last and as the clock says since.

use names::Code;

use crate::boot::Boot;
use crate::{SeatState, State};

/// What the driver tells about the session. The driver may not run for long: the application computes
/// on its only thread, or the machine slept. So it says beforehand when the lease and the grace end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    /// What it was then.
    pub(crate) said: State,
    pub(crate) leased_from: Boot,
    pub(crate) lease_end: Boot,
    pub(crate) grace_end: Boot,
}

impl Standing {
    /// Before there is a session.
    pub(crate) fn new() -> Self {
        let never = Boot::default();
        Self { said: State::Safe, leased_from: never, lease_end: never, grace_end: never }
    }

    /// How the session stands now.
    pub(crate) fn at(&self, now: Boot) -> State {
        match self.said {
            State::Safe | State::Jeopardy if now >= self.grace_end => State::Expired,
            State::Safe if now >= self.lease_end => State::Jeopardy,
            said => said,
        }
    }

    /// How a seat stands now that was said to stand so.
    pub(crate) fn of_seat(&self, said: &SeatState, now: Boot) -> SeatState {
        match (said, self.at(now)) {
            (SeatState::Granted | SeatState::Jeopardy, State::Expired) => self.given_up(),
            (SeatState::Granted, State::Jeopardy) => SeatState::Jeopardy,
            (said, _) => said.clone(),
        }
    }

    /// A seat after the grace.
    pub(crate) fn given_up(&self) -> SeatState {
        let after_ms = self.grace_end.since(self.leased_from);
        let why = format!("no license server answered for {after_ms} ms, lease and grace");
        SeatState::Lost { code: Code::NoConnection, why }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_goes_on_when_the_driver_does_not() {
        let said = |said| Standing {
            said,
            leased_from: Boot(1_000),
            lease_end: Boot(10_000),
            grace_end: Boot(15_000),
        };
        let safe = said(State::Safe);
        for (now, session, seat) in [
            (9_999, State::Safe, SeatState::Granted),
            (10_000, State::Jeopardy, SeatState::Jeopardy),
            (14_999, State::Jeopardy, SeatState::Jeopardy),
            (15_000, State::Expired, safe.given_up()),
        ] {
            let now = Boot(now);
            assert_eq!((safe.at(now), safe.of_seat(&SeatState::Granted, now)), (session, seat), "{now:?}");
            assert_eq!(safe.of_seat(&SeatState::Returned, now), SeatState::Returned);
        }
        assert!(matches!(safe.given_up(), SeatState::Lost { code: Code::NoConnection, .. }));
        assert_eq!(said(State::Jeopardy).at(Boot(15_000)), State::Expired);
        assert_eq!(said(State::Jeopardy).at(Boot(9_000)), State::Jeopardy);
        assert_eq!(said(State::Closed).at(Boot(15_000)), State::Closed);
        // One that is being taken again.
        assert_eq!(safe.of_seat(&SeatState::Jeopardy, Boot(9_000)), SeatState::Jeopardy);
    }
}
