//! The log's clock: the time on the license host's wall.

use std::cell::Cell;

use jiff::Timestamp;
use jiff::civil::{Date as CivilDate, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use names::{Code, Date, Wall};

use crate::fail::Failure;
use crate::flexlog::Moment;

/// The license host's time zone when it wrote the log.
#[derive(Debug)]
pub(crate) struct Zone {
    zone: TimeZone,
    /// An hour without a change, and its seconds east of UTC.
    hour: Cell<Option<(i32, u32, i32)>>,
}

impl Zone {
    /// The zone with this name, or this machine's.
    pub(crate) fn named(name: Option<&str>) -> Result<Self, Failure> {
        let zone = match name {
            None => TimeZone::system(),
            Some(name) => TimeZone::get(name).map_err(|_| {
                let message =
                    format!("--zone {:?}: this machine knows no such time zone", client::shown(name, 80));
                Failure::new(Code::BadTimeZone, message, "write it like Europe/Berlin or UTC")
            })?,
        };
        Ok(Self { zone, hour: Cell::new(None) })
    }

    /// What it is called.
    pub(crate) fn name(&self) -> String {
        self.zone.iana_name().map_or("local time".to_owned(), ToOwned::to_owned)
    }

    /// Whether a time is there twice: summer time ends.
    pub(crate) fn is_twice(&self, day: i32, second: u32) -> bool {
        let at = civil(day, second).map(|at| self.zone.to_ambiguous_timestamp(at).offset());
        matches!(at, Some(AmbiguousOffset::Fold { .. }))
    }

    /// The moment, in UTC. A time that is not there, since summer time begins, is an hour later.
    pub(crate) fn wall(&self, moment: &Moment) -> Wall {
        let Moment { day, second, again, offset } = *moment;
        let local = i64::from(day) * 86_400 + i64::from(second);
        let east = match (offset, self.hour.get()) {
            (Some(minutes), _) => i64::from(minutes) * 60,
            (None, Some((of, hour, east))) if of == day && hour == second / 3_600 => i64::from(east),
            _ => self.east(day, second, again),
        };
        Wall((local - east) * 1_000)
    }

    /// The day there at a moment, in days since 1970-01-01.
    pub(crate) fn day(&self, at: Timestamp) -> i32 {
        let local = at.as_second() + i64::from(self.zone.to_offset(at).seconds());
        i32::try_from(local.div_euclid(86_400)).unwrap_or(0)
    }

    /// Seconds east of UTC. They are kept for the rest of an hour in which they do not change.
    fn east(&self, day: i32, second: u32, again: bool) -> i64 {
        let hour = second / 3_600;
        let offset = |second| civil(day, second).map(|at| self.zone.to_ambiguous_timestamp(at).offset());
        let (first, last) = (offset(hour * 3_600), offset(hour * 3_600 + 3_599));
        if let (Some(AmbiguousOffset::Unambiguous { offset: first }), Some(last)) = (first, last)
            && last == (AmbiguousOffset::Unambiguous { offset: first })
        {
            self.hour.set(Some((day, hour, first.seconds())));
            return i64::from(first.seconds());
        }
        let east = match offset(second) {
            Some(AmbiguousOffset::Unambiguous { offset }) => offset,
            // As clocks go on that nobody has set yet: an hour later than it says.
            Some(AmbiguousOffset::Gap { before, .. }) => before,
            Some(AmbiguousOffset::Fold { before, after }) => {
                if again {
                    after
                } else {
                    before
                }
            }
            None => return 0,
        };
        i64::from(east.seconds())
    }
}

fn civil(day: i32, second: u32) -> Option<DateTime> {
    let (year, month, day) = Date::from_days(day)?.ymd();
    let small = |n: u32| i8::try_from(n).ok();
    let date = CivilDate::new(i16::try_from(year).ok()?, small(month)?, small(day)?).ok()?;
    Some(date.at(small(second / 3_600)?, small(second / 60 % 60)?, small(second % 60)?, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summer_time_begins_and_ends() {
        let zone = Zone::named(Some("Europe/Berlin")).unwrap();
        let wall = |(year, month, day), second, again| {
            let day = Date::new(year, month, day).unwrap().days();
            zone.wall(&Moment { day, second, again, offset: None }).to_string()
        };
        let h = 3_600;
        for (date, second, again, utc) in [
            ((2026, 1, 15), 12 * h, false, "15-jan-2026 11:00 UTC"),
            ((2026, 7, 15), 12 * h, false, "15-jul-2026 10:00 UTC"),
            ((2026, 7, 15), 12 * h + 60, false, "15-jul-2026 10:01 UTC"),
            // Not there: 2 to 3 in the morning.
            ((2026, 3, 29), h, false, "29-mar-2026 00:00 UTC"),
            ((2026, 3, 29), 2 * h + 1_800, false, "29-mar-2026 01:30 UTC"),
            ((2026, 3, 29), 3 * h + 1_800, false, "29-mar-2026 01:30 UTC"),
            // There twice.
            ((2026, 10, 25), 2 * h + 1_800, false, "25-oct-2026 00:30 UTC"),
            ((2026, 10, 25), 2 * h + 1_800, true, "25-oct-2026 01:30 UTC"),
            ((2026, 10, 25), 3 * h, false, "25-oct-2026 02:00 UTC"),
        ] {
            assert_eq!(wall(date, second, again), utc, "{date:?} {second}");
        }
        let day = Date::new(2026, 10, 25).unwrap().days();
        assert!(
            zone.is_twice(day, 2 * h + 5) && !zone.is_twice(day, 3 * h) && !zone.is_twice(day + 1, 2 * h)
        );
        let offset = Moment { day, second: 2 * h, again: false, offset: Some(-90) };
        assert_eq!(zone.wall(&offset).to_string(), "25-oct-2026 03:30 UTC");
        assert!(Zone::named(Some("Mars/Base")).unwrap_err().text().contains("(-71)"));
    }
}
