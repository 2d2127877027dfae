//! Times as people write and read them.

use std::time::Duration;

use jiff::civil::{Time, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use names::{Code, Date, Wall};

use crate::fail::Failure;

/// `dd-mmm-yyyy` or `dd-mmm-yyyy:HH:MM`, in a time zone; a day alone means its end.
pub(crate) fn until(flag: &str, text: &str, zone: &TimeZone) -> Result<Wall, Failure> {
    let bad = |why: String| {
        let message = format!("{flag} {:?}: {why}", client::shown(text, 80));
        Failure::new(
            Code::BadDate,
            message,
            "write it as dd-mmm-yyyy or dd-mmm-yyyy:HH:MM, such as 31-dec-2027:18:00",
        )
    };
    let (day, time) = text.split_once(':').map_or((text, None), |(day, time)| (day, Some(time)));
    let (year, month, day) = Date::parse(day).map_err(|invalid| bad(invalid.to_string()))?.ymd();
    let number = |n: u32| i8::try_from(n).unwrap_or(0);
    let year = i16::try_from(year).unwrap_or(i16::MAX);
    let civil = date(year, number(month), number(day));
    let at = match time {
        None => civil.tomorrow().map_err(|error| bad(error.to_string()))?.to_datetime(Time::midnight()),
        Some(time) => {
            civil.to_datetime(clock(time).ok_or_else(|| bad("there is no such time of day".into()))?)
        }
    };
    let zoned = at.to_zoned(zone.clone()).map_err(|error| bad(error.to_string()))?;
    Ok(Wall(zoned.timestamp().as_millisecond()))
}

/// `HH:MM`
fn clock(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let is_number = |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if !is_number(hour) || !is_number(minute) {
        return None;
    }
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

/// So many hours from now.
pub(crate) fn in_hours(hours: u32) -> Wall {
    Wall(Timestamp::now().as_millisecond().saturating_add(i64::from(hours) * 3_600_000))
}

/// `90s`, `5m`, `2h`, `1d`.
pub(crate) fn duration(flag: &str, text: &str) -> Result<Duration, Failure> {
    let seconds = |text: &str| {
        let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let unit = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return None,
        };
        let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        number.parse::<u64>().ok().filter(|n| is_number && *n > 0)?.checked_mul(unit)
    };
    seconds(text).map(Duration::from_secs).ok_or_else(|| {
        let message = format!("{flag} {:?}: no length of time", client::shown(text, 80));
        Failure::new(Code::BadParameter, message, "write it like 90s, 5m, 2h or 1d")
    })
}

/// A length of time, rounded as one says it: `5 min`, `20 s`, `3 h`, `2 days`.
pub(crate) fn about(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let rounded = |unit: u64| (seconds + unit / 2) / unit;
    match seconds {
        0..90 => format!("{} s", seconds.max(1)),
        90..5_400 => format!("{} min", rounded(60)),
        5_400..129_600 => format!("{} h", rounded(3_600)),
        _ => format!("{} days", rounded(86_400)),
    }
}

/// `Thu 31-dec-2027 18:00`, in local time.
pub(crate) fn moment(wall: Wall) -> String {
    shown(wall, TimeZone::system())
}

fn shown(wall: Wall, zone: TimeZone) -> String {
    let at = Timestamp::from_millisecond(wall.0).unwrap_or(Timestamp::UNIX_EPOCH);
    let at: Zoned = at.to_zoned(zone);
    at.strftime("%a %d-%b-%Y %H:%M").to_string().to_lowercase().replacen(
        |c: char| c.is_ascii_lowercase(),
        &first(&at),
        1,
    )
}

/// The first letter of the day's name.
fn first(at: &Zoned) -> String {
    at.strftime("%a").to_string().chars().take(1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_a_day_or_a_time_in_local_time() {
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        for (text, shown) in [
            ("31-dec-2027", Some("Fri 31-dec-2027 23:00")),
            ("31-dec-2027:18:05", Some("Fri 31-dec-2027 17:05")),
            ("1-JAN-2028:0:30", Some("Fri 31-dec-2027 23:30")),
            ("31-dec-2027:24:00", None),
            ("31-dec-2027:18", None),
            ("31-dec-2027:+1:00", None),
            ("31-feb-2027", None),
            ("tomorrow", None),
            ("31-dec-9999", None),
        ] {
            let wall = until("--until", text, &zone);
            assert_eq!(wall.ok().map(|wall| super::shown(wall, TimeZone::UTC)).as_deref(), shown, "{text}");
        }
        assert!(until("--until", "x", &zone).unwrap_err().text().contains("(-11)"));
    }

    #[test]
    fn a_length_of_time_has_a_unit() {
        for (text, seconds) in
            [("90s", Some(90)), ("5m", Some(300)), ("2h", Some(7_200)), ("1d", Some(86_400)), ("0s", None)]
        {
            assert_eq!(duration("--ttl", text).ok().map(|d| d.as_secs()), seconds, "{text}");
        }
        for bad in ["", "5", "m", "+5m", "5 m", "5min", "18446744073709551615d", "é"] {
            assert!(duration("--ttl", bad).unwrap_err().text().contains("--ttl"), "{bad}");
        }
        for (seconds, words) in
            [(0, "1 s"), (89, "89 s"), (290, "5 min"), (7_000, "2 h"), (200_000, "2 days")]
        {
            assert_eq!(about(Duration::from_secs(seconds)), words);
        }
    }
}
