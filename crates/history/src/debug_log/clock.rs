//! Times as FlexNet's log has them: `hh:mm:ss` on each line, its hour padded with a blank, and the date only now
//! and then.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use names::Wall;

/// A line with the date comes this often at least, as `lmgrd -s` has it.
const STAMP_EVERY_MS: i64 = 6 * 3_600_000;

/// Turns moments into the log's text, one second at a time.
#[derive(Debug)]
pub(super) struct Clock {
    zone: TimeZone,
    second: i64,
    local: DateTime,
    text: String,
    stamped: Option<Wall>,
}

impl Clock {
    pub(super) fn new(zone: TimeZone) -> Self {
        let mut clock =
            Self { zone, second: i64::MIN, local: DateTime::default(), text: String::new(), stamped: None };
        clock.turn(Wall(0));
        clock
    }

    /// The moment is this.
    pub(super) fn turn(&mut self, wall: Wall) {
        let second = wall.0.div_euclid(1_000);
        if second == self.second {
            return;
        }
        self.second = second;
        self.local = self.local_of(wall);
        let (h, m, s) = (self.local.hour(), self.local.minute(), self.local.second());
        self.text = format!("{h:>2}:{m:02}:{s:02}");
    }

    fn local_of(&self, wall: Wall) -> DateTime {
        let at = Timestamp::from_millisecond(wall.0).unwrap_or(Timestamp::UNIX_EPOCH);
        self.zone.to_datetime(at)
    }

    /// ` 9:49:41`
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// `9/23/2020`
    pub(super) fn date(&self) -> String {
        format!("{}/{}/{}", self.local.month(), self.local.day(), self.local.year())
    }

    /// `09:49:41`
    pub(super) fn padded(&self) -> String {
        format!("{:0>8}", self.text.trim_start())
    }

    /// `2026-11-22_T09-49-41`, for names of files.
    pub(super) fn for_a_name(&self) -> String {
        let at = self.local;
        let (year, month, day) = (at.year(), at.month(), at.day());
        format!("{year:04}-{month:02}-{day:02}_T{:02}-{:02}-{:02}", at.hour(), at.minute(), at.second())
    }

    /// `Wed Sep 23 2020 11:47:03 UTC`
    pub(super) fn whole(&self) -> String {
        let at = Timestamp::from_second(self.second).unwrap_or(Timestamp::UNIX_EPOCH);
        at.to_zoned(self.zone.clone()).strftime("%a %b %d %Y %H:%M:%S %Z").to_string()
    }

    /// Whether a line with the date is due: none was written, the day is another, or six hours have passed.
    pub(super) fn is_stamp_due(&self, now: Wall) -> bool {
        let Some(stamped) = self.stamped else { return true };
        let passed = now.0 - stamped.0;
        !(0..STAMP_EVERY_MS).contains(&passed) || self.local_of(stamped).date() != self.local.date()
    }

    /// One was written.
    pub(super) fn stamp(&mut self, at: Option<Wall>) {
        self.stamped = at;
    }

    /// When one was written last.
    pub(super) fn stamped(&self) -> Option<Wall> {
        self.stamped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_flexnet_writes_them() {
        let mut clock = Clock::new(TimeZone::UTC);
        for (wall, text, date) in [
            (1_600_861_623_000, "11:47:03", "9/23/2020"),
            (1_600_854_581_999, " 9:49:41", "9/23/2020"),
            (1_795_305_600_000, " 0:00:00", "11/22/2026"),
        ] {
            clock.turn(Wall(wall));
            assert_eq!((clock.text(), clock.date().as_str()), (text, date));
        }
        clock.turn(Wall(1_600_861_623_000));
        assert_eq!(clock.whole(), "Wed Sep 23 2020 11:47:03 UTC");
        assert_eq!(clock.for_a_name(), "2020-09-23_T11-47-03");
        assert_eq!(clock.padded(), "11:47:03");
    }

    #[test]
    fn the_date_is_due_at_midnight_and_after_six_hours() {
        let mut clock = Clock::new(TimeZone::fixed(jiff::tz::offset(1)));
        let evening = Wall(1_795_381_200_000 - 60_000);
        clock.turn(evening);
        assert!(clock.is_stamp_due(evening));
        clock.stamp(Some(evening));
        for (later, due) in [(0, false), (30_000, false), (6 * 3_600_000, true), (-1, true)] {
            let now = Wall(evening.0 + later);
            clock.turn(now);
            assert_eq!(clock.is_stamp_due(now), due, "{later}");
        }
        let midnight = Wall(1_795_388_400_000);
        clock.turn(Wall(midnight.0 - 1));
        clock.stamp(Some(Wall(midnight.0 - 1)));
        clock.turn(midnight);
        assert!(clock.is_stamp_due(midnight), "{}", clock.date());
    }
}
