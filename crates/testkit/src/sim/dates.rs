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
}

impl Dates {
    pub(crate) fn new(wall: Wall) -> Self {
        Self { wall: wall.0, stepped: 0, ahead: 0, behind: 0, high: wall.0 }
    }

    fn shows(&self, time: u64) -> i64 {
        self.wall + time.cast_signed() + self.stepped
    }

    pub(crate) fn step(&mut self, time: u64, by: i64) {
        self.high = self.high.max(self.shows(time));
        self.stepped += by;
        self.ahead = self.ahead.max(self.stepped);
        self.behind = self.behind.max(-self.stepped);
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
}
