//! From when and to when.

use client::shown;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use names::Code;

use crate::fail::Failure;

/// When it begins, in milliseconds: a day at its beginning.
pub(super) fn from(text: Option<&str>, zone: &TimeZone) -> Result<Option<i64>, Failure> {
    text.map(|text| moment("--from", text, zone, false)).transpose()
}

/// Before when it ends: a day is in it whole.
pub(super) fn to(text: Option<&str>, zone: &TimeZone) -> Result<Option<i64>, Failure> {
    text.map(|text| moment("--to", text, zone, true)).transpose()
}

fn moment(flag: &str, text: &str, zone: &TimeZone, is_end: bool) -> Result<i64, Failure> {
    let bad = || {
        let message = format!("{flag} {:?}: no such day or time", shown(text, 80));
        Failure::new(Code::BadDate, message, "write it as 2026-11-22, 2026-11-22T18:00 or 22-nov-2026")
    };
    let (day, time) = match text.split_once('T') {
        Some((day, time)) => (day, Some(time)),
        None => (text, None),
    };
    let day = date(day).ok_or_else(bad)?;
    let at = match time {
        Some(time) => day.to_datetime(clock(time).ok_or_else(bad)?),
        None if is_end => DateTime::from(day.tomorrow().map_err(|_| bad())?),
        None => DateTime::from(day),
    };
    let zoned = at.to_zoned(zone.clone()).map_err(|_| bad())?;
    Ok(zoned.timestamp().as_millisecond())
}

fn date(text: &str) -> Option<Date> {
    if let Ok(date) = text.parse::<Date>() {
        return Some(date).filter(|_| text.len() == 10);
    }
    let (year, month, day) = names::Date::parse(text).ok()?.ymd();
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn clock(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let number = |text: &str| text.parse::<i8>().ok().filter(|_| text.len() == 2 && !text.starts_with('+'));
    Time::new(number(hour)?, number(minute)?, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_whole_and_a_time_is_a_time() {
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        const DAY: i64 = 1_795_302_000_000;
        for (text, begin, end) in [
            ("2026-11-22", Some(DAY), Some(DAY + 86_400_000)),
            ("22-nov-2026", Some(DAY), Some(DAY + 86_400_000)),
            ("2026-11-22T01:30", Some(DAY + 5_400_000), Some(DAY + 5_400_000)),
            ("2026-11-22T24:00", None, None),
            ("2026-11-22T1:00", None, None),
            ("2026-11-22T+1:00", None, None),
            ("2026-13-22", None, None),
            ("20261122", None, None),
            ("yesterday", None, None),
            ("", None, None),
            ("2026-11-22T", None, None),
        ] {
            assert_eq!(from(Some(text), &zone).ok().flatten(), begin, "{text}");
            assert_eq!(to(Some(text), &zone).ok().flatten(), end, "{text}");
        }
        assert!(from(Some("\u{1b}[2J"), &zone).unwrap_err().text().starts_with("--from "));
        assert_eq!(from(None, &zone).unwrap(), None);
    }
}
