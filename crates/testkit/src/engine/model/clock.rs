//! The wall clock: the latest that it has shown, and whether it was set back.

use names::Code;
use seats::PoolRow;

use super::{Model, Reply};

const HOUR: i64 = 3_600_000;

impl Model {
    /// Whether the clock is more than a day behind.
    fn is_behind(&self) -> bool {
        self.latest.is_some_and(|latest| latest.0 - self.now.wall.0 > 24 * HOUR)
    }

    /// The clock is looked at: what it shows is noted where an hour has passed since.
    pub(crate) fn look(&mut self) -> Reply {
        if self.latest.is_none_or(|latest| self.now.wall.0 - latest.0 >= HOUR) {
            self.latest = Some(self.now.wall);
        }
        self.is_clock_back = self.is_behind();
        Reply::Done
    }

    pub(crate) fn reset(&mut self) -> Reply {
        if !self.is_behind() {
            return Reply::Denied(Code::BadParameter);
        }
        self.latest = Some(self.now.wall);
        self.is_clock_back = false;
        Reply::Done
    }

    /// Whether a pool gives no seats because nobody knows the date.
    pub(crate) fn is_without_date(&self, pool: &PoolRow) -> bool {
        let suite = pool.suite.as_ref().and_then(|id| self.pool(id));
        self.is_clock_back && (pool.dated || suite.is_some_and(|suite| suite.dated))
    }
}
