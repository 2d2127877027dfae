//! Which day a line is of: most lines say the time of day alone.

use names::Date;

use super::line::{Line, Says, Stamp};

/// Daemons write side by side: so far a line may be behind the one before it, in seconds.
const BEHIND: u32 = 60;
/// The last minute of a day.
const LAST_MINUTE: u32 = 86_400 - BEHIND;

/// When a line was written, by the clock on the wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Days since 1970-01-01; until a line names a day, since whatever day the log began on.
    pub(crate) day: i32,
    /// Seconds of the day.
    pub(crate) second: u32,
    /// The hour that is there twice where summer time ends: it is the second.
    pub(crate) again: bool,
    /// Minutes east of UTC, where the line says them.
    pub(crate) offset: Option<i32>,
}

/// Counts the days of a log.
#[derive(Debug)]
pub(crate) struct Calendar<F> {
    day: i32,
    second: u32,
    again: bool,
    has_begun: bool,
    /// Whether a day was named.
    dated: bool,
    /// The first line's day, by the first day that was named.
    begins: Option<i32>,
    /// The day that the log was taken to begin on.
    taken: i32,
    /// How often the log went back to a day before.
    backs: u64,
    /// Whether a time of a day is there twice.
    is_twice: F,
}

impl<F: Fn(i32, u32) -> bool> Calendar<F> {
    /// A log whose first line is of this day.
    pub(crate) fn new(day: i32, is_twice: F) -> Self {
        Self {
            day,
            second: 0,
            again: false,
            has_begun: false,
            dated: false,
            begins: None,
            taken: day,
            backs: 0,
            is_twice,
        }
    }

    /// The day of the first line, once a line has named its day.
    pub(crate) fn begins(&self) -> Option<i32> {
        self.begins
    }

    /// The day of the last line.
    pub(crate) fn day(&self) -> i32 {
        self.day
    }

    /// How often the log went back to a day before.
    pub(crate) fn backs(&self) -> u64 {
        self.backs
    }

    /// When this line was written.
    pub(crate) fn at(&mut self, line: &Line<'_>) -> Moment {
        let offset = match line.stamp {
            Stamp::Full(date, second, offset) => {
                self.name(date, second);
                offset
            }
            Stamp::Clock(second) => {
                match line.says {
                    Says::Day(date) => self.name(date, second),
                    _ => self.pass(second),
                }
                None
            }
        };
        self.has_begun = true;
        Moment { day: self.day, second: self.second, again: self.again, offset }
    }

    /// A line says the time alone.
    fn pass(&mut self, second: u32) {
        if !self.has_begun {
            self.second = second;
            return;
        }
        // A line of the last second of the day before, written late.
        if second >= LAST_MINUTE && self.second < BEHIND {
            return;
        }
        if second + BEHIND < self.second {
            if !self.again && self.second - second <= 2 * 3_600 && (self.is_twice)(self.day, second) {
                self.again = true;
            } else {
                self.day += 1;
                self.again = false;
            }
            self.second = second;
        }
        self.second = self.second.max(second);
    }

    /// A line names its day.
    fn name(&mut self, date: Date, second: u32) {
        let day = date.days();
        let is_late = day + 1 == self.day && second >= LAST_MINUTE && self.second < BEHIND;
        if self.dated && is_late {
            return;
        }
        if self.dated && day == self.day {
            return self.pass_on_day(second);
        }
        if !self.dated {
            self.pass(second);
            self.begins = Some(day - (self.day - self.taken));
        }
        self.backs += u64::from(self.dated && day < self.day);
        self.dated = true;
        self.day = day;
        self.again = false;
        self.second = second;
    }

    /// The day is known to be the same.
    fn pass_on_day(&mut self, second: u32) {
        if second + BEHIND < self.second {
            self.again = (self.is_twice)(self.day, second);
            self.second = second;
        }
        self.second = self.second.max(second);
    }
}
