//! Seats that are booked for a job.

use names::{GrantId, PoolId, SeatCount, Wall};
use proto::v1;

use crate::Error;

/// Seats that wait for a job. They need no session, and are free at their time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booking {
    /// The booking's number, which gives it back.
    pub grant: GrantId,
    /// From which pool.
    pub pool: PoolId,
    /// How many.
    pub seats: SeatCount,
    /// Until when they wait, by the server's clock.
    pub until: Wall,
}

impl Booking {
    pub(crate) fn new(granted: &v1::Granted) -> Result<Self, Error> {
        let strange = || Error::strange("a booking");
        Ok(Self {
            grant: GrantId(granted.grant),
            pool: granted.pool.as_ref().and_then(|pool| pool.try_into().ok()).ok_or_else(strange)?,
            seats: SeatCount::new(u64::from(granted.seats)).map_err(|_| strange())?,
            until: Wall(granted.until_ms),
        })
    }
}
