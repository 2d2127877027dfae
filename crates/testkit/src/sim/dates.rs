//! What the auditor knows of the license host's wall clock, which somebody sets now and then: when a date
//! may have come there, and when it surely has.

use names::Wall;

/// The wall clock's history.
#[derive(Debug)]
pub(crate) struct Dates {
    /// What it said when the run began.
    wall: i64,
    /// How far it is ahead of a clock that nobody sets.
    stepped: i64,
    /// The furthest that it was ahead and behind.
    ahead: i64,
    behind: i64,
    /// The latest that it has shown, before it was last set.
    high: i64,
    /// When it was last set, and when it was last set while it was behind.
    last_set: u64,
    last_back: Option<u64>,
    /// What the license host has surely written down of it, since it was last said to be right.
    noted: Option<i64>,
}

/// So far behind it may be.
const DAY: i64 = 24 * 3_600_000;
/// So far it goes on before that is written down.
const HOUR: i64 = 3_600_000;

impl Dates {
    pub(crate) fn new(wall: Wall) -> Self {
        Self {
            wall: wall.0,
            stepped: 0,
            ahead: 0,
            behind: 0,
            high: wall.0,
            last_set: 0,
            last_back: None,
            noted: None,
        }
    }

    fn shows(&self, time: u64) -> i64 {
        self.wall + time.cast_signed() + self.stepped
    }

    pub(crate) fn step(&mut self, time: u64, by: i64) {
        self.high = self.high.max(self.shows(time));
        self.last_set = time;
        if self.behind_by(time) > DAY {
            self.last_back = Some(time);
        }
        self.stepped += by;
        self.ahead = self.ahead.max(self.stepped);
        self.behind = self.behind.max(-self.stepped);
    }

    /// How far it is behind the latest that it has shown.
    pub(crate) fn behind_by(&self, time: u64) -> i64 {
        self.high - self.shows(time)
    }

    /// Whether it can have been found to be set back at some moment since then.
    pub(crate) fn may_be_back(&self, since: u64, time: u64) -> bool {
        self.last_back.is_some_and(|back| back >= since)
            || self.behind_by(since.max(self.last_set)) > DAY
            || self.behind_by(time) > DAY
    }

    /// Whether it must have been, all the time since then.
    pub(crate) fn must_be_back(&self, since: u64, time: u64) -> bool {
        self.last_set < since && self.noted.is_some_and(|noted| noted - self.shows(time) > DAY)
    }

    /// What was asked then was answered, with everything before it on the disk.
    pub(crate) fn answered(&mut self, asked: u64) {
        if self.last_set < asked {
            self.noted = self.noted.max(Some(self.shows(asked) - HOUR));
        }
    }

    /// Somebody says that it is right.
    pub(crate) fn reset(&mut self) {
        self.noted = None;
    }

    /// Whether the clock has ever shown that date.
    pub(crate) fn has_come(&self, date: Wall, time: u64) -> bool {
        self.high.max(self.shows(time)) >= date.0
    }

    /// When that date has surely come, whenever the clock was set.
    pub(crate) fn surely_come(&self, date: Wall) -> u64 {
        u64::try_from(date.0 - self.wall + self.behind).unwrap_or(0)
    }

    /// How much longer than it should something can take that is counted on this clock.
    pub(crate) fn swing(&self) -> u64 {
        self.ahead.abs_diff(-self.behind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_may_come_early_and_comes_late() {
        let mut dates = Dates::new(Wall(1_000));
        let date = Wall(1_500);
        assert!(!dates.has_come(date, 499) && dates.has_come(date, 500));
        assert_eq!(dates.surely_come(date), 500);
        dates.step(100, -200);
        assert!(!dates.has_come(date, 500), "the clock was set back");
        assert_eq!(dates.surely_come(date), 700);
        dates.step(110, 700);
        assert!(dates.has_come(date, 110), "and now it was set forward");
        dates.step(120, -700);
        assert!(dates.has_come(date, 121), "what it has shown it has shown");
        assert_eq!(dates.surely_come(date), 700);
        assert_eq!(dates.swing(), 700);
    }
    #[test]
    fn a_clock_is_behind_what_it_has_shown_and_surely_so_where_that_was_written_down() {
        let mut dates = Dates::new(Wall(0));
        dates.answered(100);
        dates.step(200, 3 * DAY);
        assert!(!dates.may_be_back(0, 300));
        dates.step(400, -2 * DAY);
        assert!(dates.may_be_back(0, 500) && !dates.must_be_back(450, 500), "nothing was written down");
        dates.step(600, 2 * DAY);
        assert!(dates.may_be_back(500, 700) && !dates.may_be_back(601, 700));
        dates.answered(700);
        dates.step(800, -2 * DAY);
        assert!(dates.must_be_back(801, 900) && !dates.must_be_back(700, 900));
        dates.reset();
        assert!(dates.may_be_back(801, 900) && !dates.must_be_back(801, 900));
    }
}
