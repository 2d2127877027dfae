//! Calendar dates as license files write them.

use std::fmt;

use crate::{Invalid, Wall};

/// A calendar date of the Gregorian calendar, 1970-01-01 to 9999-12-31, in UTC.
///
/// A license that expires on a date may be used until the end of that day in UTC, and one that
/// starts on a date from its beginning.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date {
    /// Days since 1970-01-01.
    days: i32,
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const MS_PER_DAY: i64 = 86_400_000;

impl Date {
    /// The date of a year, month (1–12) and day of the month.
    ///
    /// # Errors
    /// When there is no such day, or the year is outside 1970–9999.
    pub fn new(year: i32, month: u32, day: u32) -> Result<Self, Invalid> {
        let bad = |why: String| Err(Invalid::new("a date", why));
        if !(1970..=9999).contains(&year) {
            return bad(format!("the year {year} is outside 1970 to 9999"));
        }
        if !(1..=12).contains(&month) {
            return bad(format!("there is no month {month}"));
        }
        if day == 0 || day > days_in_month(year, month) {
            return bad(format!("there is no day {day} in that month"));
        }
        Ok(Self { days: days_from_civil(year, month, day) })
    }

    /// Reads `dd-mmm-yyyy`, the month by its English name in any case.
    ///
    /// # Errors
    /// When it is not written so or there is no such day (FlexNet's -11).
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let shape = || Invalid::new("a date", "write it as dd-mmm-yyyy, such as 31-dec-2027");
        let (day, rest) = text.split_once('-').ok_or_else(shape)?;
        let (month, year) = rest.split_once('-').ok_or_else(shape)?;
        if !digits(day, 2) || !digits(year, 4) || year.len() != 4 {
            return Err(shape());
        }
        let month = MONTHS.iter().position(|m| month.eq_ignore_ascii_case(m)).ok_or_else(shape)?;
        let year = year.parse().map_err(|_| shape())?;
        let day = day.parse().map_err(|_| shape())?;
        Self::new(year, u32::try_from(month).map_err(|_| shape())? + 1, day)
    }

    /// The date that a wall clock shows in UTC; the nearest date there is outside the calendar.
    #[must_use]
    pub fn of(wall: Wall) -> Self {
        let last = i64::from(days_from_civil(9999, 12, 31));
        let days = wall.0.div_euclid(MS_PER_DAY).clamp(0, last);
        Self { days: i32::try_from(days).unwrap_or(0) }
    }

    /// The first moment of the day.
    #[must_use]
    pub fn start(self) -> Wall {
        Wall(i64::from(self.days) * MS_PER_DAY)
    }

    /// The first moment after the day.
    #[must_use]
    pub fn end(self) -> Wall {
        Wall((i64::from(self.days) + 1) * MS_PER_DAY)
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub fn days(self) -> i32 {
        self.days
    }

    /// The date so many days after 1970-01-01; nothing outside the calendar.
    #[must_use]
    pub fn from_days(days: i32) -> Option<Self> {
        (0..=days_from_civil(9999, 12, 31)).contains(&days).then_some(Self { days })
    }

    /// Year, month (1–12), day of the month.
    #[must_use]
    pub fn ymd(self) -> (i32, u32, u32) {
        civil_from_days(self.days)
    }
}

impl fmt::Display for Date {
    /// As license files write it: `31-dec-2027`, `01-jan-2027`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        write!(f, "{day:02}-{}-{year:04}", MONTHS[month as usize - 1])
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Until when a license may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Expiry {
    /// Through the end of this day, UTC.
    On(Date),
    /// For ever.
    Permanent,
}

impl Expiry {
    /// Reads `permanent`, a date, or a date of the year 0 (`1-jan-0`, `01-jan-0000`), which means
    /// permanent too.
    ///
    /// # Errors
    /// When it is none of them (FlexNet's -11).
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.eq_ignore_ascii_case("permanent") {
            return Ok(Self::Permanent);
        }
        let mut parts = text.splitn(3, '-');
        if let (Some(day), Some(month), Some(year)) = (parts.next(), parts.next(), parts.next())
            && digits(year, 4)
            && year.bytes().all(|b| b == b'0')
            && digits(day, 2)
            && matches!(day.parse::<u32>(), Ok(1..=31))
            && MONTHS.iter().any(|m| month.eq_ignore_ascii_case(m))
        {
            return Ok(Self::Permanent);
        }
        Date::parse(text).map(Self::On)
    }

    /// Whether a license with this expiry may no longer be used at `wall`.
    #[must_use]
    pub fn is_past(self, wall: Wall) -> bool {
        match self {
            Self::On(date) => wall >= date.end(),
            Self::Permanent => false,
        }
    }
}

impl fmt::Display for Expiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::On(date) => date.fmt(f),
            Self::Permanent => f.write_str("permanent"),
        }
    }
}

fn digits(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_leap(year: i32) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01, counted in years that begin in March so that the leap day comes last.
fn days_from_civil(year: i32, month: u32, day: u32) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (i32::try_from(month).unwrap_or(1) + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + i32::try_from(day).unwrap_or(1) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn civil_from_days(days: i32) -> (i32, u32, u32) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i32::from(month <= 2);
    (year, month.unsigned_abs(), day.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_the_calendar_goes_there_and_back() {
        let mut last = Date::new(1970, 1, 1).unwrap();
        assert_eq!(last.days(), 0);
        for days in 1..=Date::new(9999, 12, 31).unwrap().days() {
            let date = Date::from_days(days).unwrap();
            let (y, m, d) = date.ymd();
            assert_eq!(Date::new(y, m, d).unwrap(), date);
            assert!(date.ymd() > last.ymd());
            last = date;
        }
        assert_eq!(last.to_string(), "31-dec-9999");
        assert_eq!(Date::new(2000, 2, 29).unwrap().days(), 11_016);
    }

    #[test]
    fn lf_19_lf_20_days_that_are_not_are_refused() {
        for bad in [
            "29-feb-2027",
            "31-apr-2027",
            "00-jan-2027",
            "32-jan-2027",
            "1-foo-2027",
            "1-jan-1969",
            "1-jan-10000",
            "1-jan--1",
            "1-jan-27",
            "2027-01-01",
            "",
            "-",
            "--",
            "1-jan",
            "001-jan-2027",
            "+1-jan-2027",
            "1-jan-０",
        ] {
            assert!(Expiry::parse(bad).is_err(), "{bad:?}");
        }
        for (good, shown) in [
            ("29-feb-2028", "29-feb-2028"),
            ("1-JAN-1970", "01-jan-1970"),
            ("19-jan-2038", "19-jan-2038"),
            ("7-feb-2106", "07-feb-2106"),
            ("31-Dec-9999", "31-dec-9999"),
            ("permanent", "permanent"),
            ("1-jan-0", "permanent"),
            ("1-jan-00", "permanent"),
            ("01-jan-000", "permanent"),
            ("01-jan-0000", "permanent"),
        ] {
            assert_eq!(Expiry::parse(good).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn lf_17_a_license_ends_with_its_day_in_utc() {
        let expiry = Expiry::parse("31-dec-2027").unwrap();
        let end = Date::parse("1-jan-2028").unwrap().start();
        assert!(!expiry.is_past(Wall(end.0 - 1)));
        assert!(expiry.is_past(end));
        assert!(!Expiry::Permanent.is_past(Wall(i64::MAX)));
        assert_eq!(Date::of(Wall(end.0 - 1)).to_string(), "31-dec-2027");
        assert_eq!(Date::of(Wall(-5)).to_string(), "01-jan-1970");
        assert_eq!(Date::of(Wall(i64::MAX)).to_string(), "31-dec-9999");
    }
}
