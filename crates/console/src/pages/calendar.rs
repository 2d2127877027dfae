//! A month of a license: how many of its seats are somebody's on each day.

use desk::Assigned;
use names::{Date, Expiry};

use super::words::{Words, w};

/// A month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Month {
    /// Its name and year.
    pub title: Words,
    /// Its weeks, from Monday; days of other months are left out.
    pub weeks: Vec<[Option<Day>; 7]>,
    /// Where the month before is.
    pub before: String,
    /// Where the month after is.
    pub after: String,
    /// Seats of the license.
    pub quantity: u32,
}

/// A day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Day {
    /// Which of the month.
    pub day: u32,
    /// Seats that are somebody's.
    pub assigned: u32,
    /// It is today.
    pub is_today: bool,
    /// All seats are somebody's.
    pub is_full: bool,
}

pub(super) const MONTHS: [&str; 12] = [
    "January {}",
    "February {}",
    "March {}",
    "April {}",
    "May {}",
    "June {}",
    "July {}",
    "August {}",
    "September {}",
    "October {}",
    "November {}",
    "December {}",
];

/// The month of these assignments; `at` makes the addresses of other months, written `2027-01`.
pub(crate) fn month(
    (year, month): (i32, u32),
    today: Date,
    quantity: u32,
    assigned: &[Assigned],
    at: impl Fn(&str) -> String,
) -> Month {
    let neighbour = |by: i32| {
        let (year, month) = moved((year, month), by);
        at(&format!("{year:04}-{month:02}"))
    };
    let key = MONTHS.get(month as usize - 1).copied().unwrap_or("{}");
    Month {
        title: Words { key, data: vec![year.to_string()] },
        weeks: weeks((year, month), today, quantity, assigned),
        before: neighbour(-1),
        after: neighbour(1),
        quantity,
    }
}

fn weeks(
    (year, month): (i32, u32),
    today: Date,
    quantity: u32,
    assigned: &[Assigned],
) -> Vec<[Option<Day>; 7]> {
    let mut weeks = Vec::new();
    let mut week = [None; 7];
    for (day, date) in (1..=31).filter_map(|day| Some((day, Date::new(year, month, day).ok()?))) {
        let on = assigned.iter().filter(|a| a.from <= date && a.until >= Expiry::On(date)).count();
        let on = u32::try_from(on).unwrap_or(u32::MAX);
        let weekday = weekday(date);
        if weekday == 0 && day > 1 {
            weeks.push(std::mem::take(&mut week));
        }
        if let Some(place) = week.get_mut(weekday) {
            *place = Some(Day { day, assigned: on, is_today: date == today, is_full: on >= quantity });
        }
    }
    weeks.push(week);
    weeks
}

/// From 0 for Monday; 1970-01-01 was a Thursday.
fn weekday(date: Date) -> usize {
    usize::try_from((date.days() + 3).rem_euclid(7)).unwrap_or(0)
}

fn moved((year, month): (i32, u32), by: i32) -> (i32, u32) {
    let months = (year * 12 + month.cast_signed() - 1 + by).clamp(1970 * 12, 9999 * 12 + 11);
    (months.div_euclid(12), months.rem_euclid(12).cast_unsigned() + 1)
}

/// A month as fields write it, `2027-01`; `else_` where it is none.
pub(crate) fn month_of(text: &str, else_: Date) -> (i32, u32) {
    let read = || {
        let (year, month) = text.split_once('-')?;
        let (year, month) = (year.parse().ok()?, month.parse().ok()?);
        Date::new(year, month, 1).ok().map(|_| (year, month))
    };
    let (year, month, _) = else_.ymd();
    read().unwrap_or((year, month))
}

/// A day of the week, as the month's head says it.
pub(crate) fn weekdays() -> [Words; 7] {
    [w!("Mon"), w!("Tue"), w!("Wed"), w!("Thu"), w!("Fri"), w!("Sat"), w!("Sun")]
}

#[cfg(test)]
mod tests {
    use names::{ConfigId, CpuId, Email, Feature, PoolId, Vendor};

    use super::*;

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    fn assigned(from: &str, until: &str) -> Assigned {
        let pool = PoolId::new(
            Vendor::new("acmed").unwrap(),
            ConfigId::Number(11470),
            CpuId::new("HOSTNAME=ada").unwrap(),
            Feature::new("mill").unwrap(),
            "",
        );
        Assigned {
            pool: pool.unwrap(),
            email: Email::new("kim@acme.example").unwrap(),
            from: date(from),
            until: Expiry::parse(until).unwrap(),
        }
    }

    #[test]
    fn a_month_begins_on_its_day_of_the_week_and_counts_its_ends() {
        let held = [assigned("10-nov-2026", "12-nov-2026"), assigned("12-nov-2026", "permanent")];
        let month = month((2026, 11), date("22-nov-2026"), 2, &held, str::to_owned);
        // 1 November 2026 is a Sunday, the 30th a Monday.
        assert_eq!(month.weeks.len(), 6);
        assert_eq!(month.weeks[0][6].unwrap().day, 1);
        assert_eq!(month.weeks[5][0].unwrap().day, 30);
        let days: Vec<Day> = month.weeks.iter().flatten().flatten().copied().collect();
        let on = |day: usize| (days[day - 1].assigned, days[day - 1].is_full);
        assert_eq!(
            [on(9), on(10), on(12), on(13), on(30)],
            [(0, false), (1, false), (2, true), (1, false), (1, false)]
        );
        assert!(days[21].is_today && !days[20].is_today);
        assert_eq!((month.before.as_str(), month.after.as_str()), ("2026-10", "2026-12"));
    }

    #[test]
    fn months_that_are_none_are_todays_and_years_roll_over() {
        let today = date("22-nov-2026");
        for (text, is) in
            [("2027-02", (2027, 2)), ("2027-13", (2026, 11)), ("x", (2026, 11)), ("99999-01", (2026, 11))]
        {
            assert_eq!(month_of(text, today), is, "{text}");
        }
        assert_eq!(moved((2026, 12), 1), (2027, 1));
        assert_eq!(moved((2027, 1), -1), (2026, 12));
        assert_eq!(moved((9999, 12), 1), (9999, 12));
        assert_eq!(moved((1970, 1), -1), (1970, 1));
    }
}
