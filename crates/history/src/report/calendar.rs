//! Hours, days, weeks and months of the site's time zone.

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _, Unit, Zoned, ZonedRound};

use super::ReportError;

/// Into what an answer is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Every {
    /// Hours.
    Hour,
    /// Days.
    Day,
    /// Weeks, from Monday.
    Week,
    /// Months.
    Month,
}

/// Parts that a range may be divided into.
const PARTS_MAX: usize = 200_000;

/// The range, and where its parts begin; each is over where the next begins.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    pub(crate) starts: Vec<i64>,
    pub(crate) end: i64,
}

fn zoned(ms: i64, zone: &TimeZone) -> Zoned {
    Timestamp::from_millisecond(ms).unwrap_or_default().to_zoned(zone.clone())
}

fn begin(at: &Zoned, every: Every) -> Result<Zoned, jiff::Error> {
    let hour = || at.round(ZonedRound::new().smallest(Unit::Hour).mode(jiff::RoundMode::Trunc));
    match every {
        Every::Hour => hour(),
        Every::Day => at.start_of_day(),
        Every::Week => {
            let back = i64::from(at.date().weekday().since(Weekday::Monday));
            at.checked_sub(back.days())?.start_of_day()
        }
        Every::Month => at.first_of_month()?.start_of_day(),
    }
}

impl Parts {
    /// The parts of a range; the whole where it is not divided.
    pub(crate) fn new(range: (i64, i64), every: Option<Every>, zone: &TimeZone) -> Result<Self, ReportError> {
        let (start, end) = range;
        let mut starts = vec![start];
        let Some(every) = every else { return Ok(Self { starts, end }) };
        let wrong = |error: jiff::Error| ReportError::Range(format!("the range cannot be divided: {error}"));
        let step = match every {
            Every::Hour => 1.hour(),
            Every::Day => 1.day(),
            Every::Week => 1.week(),
            Every::Month => 1.month(),
        };
        let mut at = begin(&zoned(start, zone), every).map_err(wrong)?;
        loop {
            at = at.checked_add(step).map_err(wrong)?;
            let ms = at.timestamp().as_millisecond();
            if ms >= end {
                return Ok(Self { starts, end });
            }
            if ms > start {
                starts.push(ms);
            }
            if starts.len() > PARTS_MAX {
                return Err(ReportError::TooMany(format!(
                    "the range has more than {PARTS_MAX} parts; take a shorter one, or a longer --every"
                )));
            }
        }
    }

    /// Which part a time is in.
    pub(crate) fn at(&self, time: i64, near: usize) -> usize {
        let is_in = |at: usize| {
            self.starts.get(at).is_some_and(|start| *start <= time)
                && self.starts.get(at + 1).is_none_or(|next| time < *next)
        };
        if is_in(near) {
            return near;
        }
        if is_in(near + 1) {
            return near + 1;
        }
        self.starts.partition_point(|start| *start <= time).saturating_sub(1)
    }

    /// Where a part ends.
    pub(crate) fn end_of(&self, at: usize) -> i64 {
        self.starts.get(at + 1).copied().unwrap_or(self.end)
    }
}

/// The hour of the week, from Monday 0 o'clock.
pub(crate) fn hour_of_week(ms: i64, zone: &TimeZone) -> usize {
    let at = zoned(ms, zone).datetime();
    let day = at.date().weekday().since(Weekday::Monday);
    usize::try_from(i64::from(day) * 24 + i64::from(at.hour())).unwrap_or(0)
}
