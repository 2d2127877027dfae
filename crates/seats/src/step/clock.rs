//! The wall clock: the latest that it has shown, and one that was set back.

use names::{Code, Now, Wall, limits};

use crate::answer::{Answer, Detail};
use crate::planted::Bug;
use crate::record::{Event, Record};
use crate::row::ClockRow;
use crate::state::State;

impl State {
    /// The latest that the wall clock has shown, within an hour, if that was ever written down.
    #[must_use]
    pub fn latest_wall(&self) -> Option<Wall> {
        self.clock.map(|row| row.latest)
    }

    /// Whether the wall clock is too far behind the latest that it has shown.
    #[must_use]
    pub fn is_set_back(&self, now: Now) -> bool {
        let is_behind = |row: ClockRow| now.wall.0 < row.latest.0.saturating_sub(limits::CLOCK_BACK_MS_MAX);
        self.clock.is_some_and(is_behind)
    }

    /// Whether it was, as it was last looked at: then pools with dates give no seats.
    #[must_use]
    pub fn is_clock_back(&self) -> bool {
        self.is_clock_back
    }

    /// Whether [`crate::Command::LookAtClock`] would do anything.
    #[must_use]
    pub fn is_clock_to_be_looked_at(&self, now: Now) -> bool {
        self.is_to_be_noted(now) || self.is_set_back(now) != self.is_clock_back
    }

    fn is_to_be_noted(&self, now: Now) -> bool {
        let is_past = |row: ClockRow| now.wall.0 >= row.latest.0.saturating_add(limits::CLOCK_NOTED_MS);
        self.clock.is_none_or(is_past)
    }

    pub(crate) fn start_clock(&mut self, now: Now, out: &mut Vec<Record>) -> Answer {
        if self.planted(Bug::ClockForgotten) {
            self.record(now, Event::ClockNoted(ClockRow { latest: now.wall }), out);
        }
        self.look_at_clock(now, out)
    }

    pub(crate) fn look_at_clock(&mut self, now: Now, out: &mut Vec<Record>) -> Answer {
        if self.is_to_be_noted(now) {
            self.record(now, Event::ClockNoted(ClockRow { latest: now.wall }), out);
        }
        self.judge_clock(now);
        Answer::Done
    }

    /// Finds out on which side the clock is. Who waits for a pool with dates is looked at again where that
    /// is another one.
    pub(crate) fn judge_clock(&mut self, now: Now) {
        let is_back = self.is_set_back(now) && !self.planted(Bug::ClockIgnored);
        if is_back != self.is_clock_back {
            self.is_clock_back = is_back;
            self.touch_all();
        }
    }

    pub(crate) fn reset_clock(&mut self, now: Now, by: u32, out: &mut Vec<Record>) -> Answer {
        let Some(ClockRow { latest: was }) = self.clock.filter(|_| self.is_set_back(now)) else {
            let what = "the clock is not more than 24 hours behind the latest that it has shown; there is nothing to \
                        reset";
            return Answer::denied(Code::BadParameter, Detail::Parameter(what));
        };
        self.record(now, Event::ClockReset { row: ClockRow { latest: now.wall }, was, by }, out);
        self.judge_clock(now);
        Answer::Done
    }
}
