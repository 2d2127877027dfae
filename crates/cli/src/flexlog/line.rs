//! One line: when, by which daemon, and what it says.

use names::Date;

use super::event::{self, Event};

/// A line of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    /// When.
    pub(crate) stamp: Stamp,
    /// `lmgrd`, or a vendor's name; a forked copy has `_N` behind it.
    pub(crate) daemon: &'a str,
    /// What.
    pub(crate) says: Says<'a>,
}

/// A line's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stamp {
    /// Seconds of a day that other lines name.
    Clock(u32),
    /// `lmgrd -datestamp`: the day too, and minutes east of UTC where they are said.
    Full(Date, u32, Option<i32>),
}

/// What a line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Says<'a> {
    /// Somebody's seats.
    Event(Event<'a>),
    /// A line that begins as one of those does, and cannot be read.
    Garbled,
    /// Which day it is.
    Day(Date),
    /// A vendor's daemon began to serve: nobody has its seats.
    Started,
    /// Something else.
    Other,
}

/// Reads a line; nothing where it does not begin with a time and a daemon.
pub(crate) fn read(text: &str) -> Option<Line<'_>> {
    let text = text.trim_start();
    let (when, rest) = text.split_once(' ')?;
    let stamp = clock(when).map(Stamp::Clock).or_else(|| full(when))?;
    let (daemon, message) = rest.trim_start().strip_prefix('(')?.split_once(')')?;
    if daemon.is_empty() || daemon.contains(char::is_whitespace) {
        return None;
    }
    Some(Line { stamp, daemon, says: says(message.trim()) })
}

/// A daemon's name without the number of a forked copy: `acmed` of `acmed_2`.
pub(crate) fn base_name(daemon: &str) -> &str {
    match daemon.rsplit_once('_') {
        Some((name, number)) if is_digits(number) && !name.is_empty() => name,
        _ => daemon,
    }
}

fn says(message: &str) -> Says<'_> {
    if let Some(said) = event::read(message) {
        return said.map_or(Says::Garbled, Says::Event);
    }
    if message.starts_with("Server started on ") {
        return Says::Started;
    }
    day(message).map_or(Says::Other, Says::Day)
}

/// The date in one of the messages that have one.
fn day(message: &str) -> Option<Date> {
    if let Some(rest) = message.strip_prefix("TIMESTAMP ") {
        return slashed(rest.trim());
    }
    if message.contains(" started on ") && message.ends_with(')') {
        let (_, last) = message.trim_end_matches(')').rsplit_once('(')?;
        return slashed(last);
    }
    let rest = message.strip_prefix("Server's System Date and Time:").or_else(|| {
        let rest = message.strip_prefix("(@")?.split_once("-SLOG@)")?.1.trim_start();
        rest.strip_prefix("Time:").or_else(|| rest.strip_prefix("Start-Date:"))
    })?;
    // `Sun Mar 08 2026 16:11:46 Romance Standard Time`
    let mut words = rest.split_ascii_whitespace().skip(1);
    let (month, day, year) = (words.next()?, words.next()?, words.next()?);
    Date::parse(&format!("{day}-{month}-{year}")).ok()
}

/// `m/d/yyyy`
fn slashed(text: &str) -> Option<Date> {
    let mut parts = text.split('/');
    let (month, day, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 || ![month, day, year].into_iter().all(is_digits) {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// `h:mm:ss`, in seconds.
fn clock(text: &str) -> Option<u32> {
    let mut parts = text.split(':');
    let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || hour.len() > 2 || minute.len() != 2 || second.len() != 2 {
        return None;
    }
    if ![hour, minute, second].into_iter().all(is_digits) {
        return None;
    }
    let (hour, minute, second): (u32, u32, u32) =
        (hour.parse().ok()?, minute.parse().ok()?, second.parse().ok()?);
    // A leap second is the last one of its minute.
    (hour < 24 && minute < 60 && second < 61).then(|| hour * 3_600 + minute * 60 + second.min(59))
}

/// `yyyy-mm-ddThh:mm:ss`, and behind it `Z`, `+hh:mm` or nothing.
fn full(text: &str) -> Option<Stamp> {
    let (day, time) = text.split_once('T')?;
    let mut parts = day.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 || ![year, month, day].into_iter().all(is_digits) {
        return None;
    }
    let date = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    let (time, zone) = time.split_at(time.find(['Z', '+', '-']).unwrap_or(time.len()));
    let time = time.split_once('.').map_or(time, |(time, _)| time);
    Some(Stamp::Full(date, clock(time)?, offset(zone)?))
}

/// Minutes east of UTC; nothing inside where nothing is said.
fn offset(text: &str) -> Option<Option<i32>> {
    if text.is_empty() {
        return Some(None);
    }
    if text == "Z" {
        return Some(Some(0));
    }
    let (sign, rest) = text.split_at_checked(1)?;
    let rest = rest.replace(':', "");
    if !is_digits(&rest) || !matches!(rest.len(), 2 | 4) {
        return None;
    }
    let (hours, minutes): (i32, i32) =
        (rest.get(..2)?.parse().ok()?, rest.get(2..).filter(|m| !m.is_empty()).unwrap_or("0").parse().ok()?);
    let all = hours * 60 + minutes;
    (hours < 24 && minutes < 60).then_some(Some(if sign == "-" { -all } else { all }))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}
