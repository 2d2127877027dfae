//! Use of one feature in steps of one length, up to now: what the console's charts show.

use std::time::Instant;

use super::ReportError;
use super::calendar::Parts;
use super::key::{By, Keys};
use super::scan::{Ask, files};
use super::uses::{Span, Track, gather};
use crate::usage::Text;

/// Steps that a range may have.
const STEPS_MAX: i64 = 10_000;

/// A step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// When it begins, in milliseconds.
    pub at: i64,
    /// The most seats in use.
    pub peak: u32,
    /// Seats in use on average.
    pub mean: f64,
    /// The most seats that there were.
    pub limit: u32,
    /// Denials.
    pub denials: u32,
}

/// A pool as it stands, for ranges in which it was not said how many of its seats were in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Steady {
    /// Vendor, feature, configuration, host and pooling.
    pub pool: [String; 5],
    /// Seats that are held, and since when, in milliseconds.
    pub held: Vec<(i64, u32)>,
    /// Seats in use: of those that are held, some may share one.
    pub in_use: u32,
    /// Its limit.
    pub limit: u32,
}

impl Steady {
    /// What is known of it in these parts: whoever holds seats has had them since then.
    fn track(&self, parts: &Parts) -> Track {
        let (mut track, start) = (Track::new(parts), parts.starts.first().copied().unwrap_or(0));
        let mut held = self.held.clone();
        held.sort_unstable();
        track.add(parts, start, 0, i64::from(self.limit));
        let (mut seats, most) = (0, i64::from(self.in_use));
        for (since, more) in held.into_iter().filter(|(since, _)| *since < parts.end) {
            let more = i64::from(more).min(most - seats);
            seats += more;
            track.add(parts, since.max(start), more, 0);
        }
        track.advance(parts, parts.end);
        track
    }
}

/// The use of one feature from `ask.from` to `ask.to`, in steps of so many milliseconds from the first. Steps
/// before the history begins are left out. What was in use last is in use up to the end; of a pool of `steady` of
/// which the history does not say it, the seats count that are held still.
///
/// # Errors
/// When there is no history, it cannot be read, or that takes until after `until`.
pub fn points(ask: &Ask, step: i64, steady: &[Steady], until: Instant) -> Result<Vec<Point>, ReportError> {
    let (Some(begin), Some(end), true) = (ask.from, ask.to, step > 0 && ask.feature.is_some()) else {
        return Err(ReportError::Range("steps need a feature, a range and a length".into()));
    };
    if end.saturating_sub(begin) / step >= STEPS_MAX {
        return Err(ReportError::TooMany(format!("the range has more than {STEPS_MAX} steps")));
    }
    let (mut scanned, (first, _)) = files(ask, Some(until))?;
    let start = begin.max(first);
    if start >= end {
        return Ok(Vec::new());
    }
    scanned.range = (start, end);
    // The first step may have begun before the history did.
    let whole = begin + (start - begin) / step * step;
    let steps: Vec<i64> = (0..).map(|n| whole + n * step).take_while(|at| *at < end).collect();
    let parts = Parts { starts: steps.iter().map(|at| start.max(*at)).collect(), end };
    let (mut uses, world) = gather(ask, &mut scanned, By::Feature, Keys::of(&[Text::Feature]), parts)?;
    if uses.tracks.is_empty() {
        uses.tracks.push(Track::new(&uses.parts));
    }
    let Some(mut spans) = uses.tracks.first().map(|track| track.spans.clone()) else { return Ok(Vec::new()) };
    let known: Vec<Vec<&str>> = uses.pools.texts(&world).collect();
    for one in steady.iter().filter(|one| !known.iter().any(|pool| *pool == one.pool)) {
        for (span, more) in spans.iter_mut().zip(one.track(&uses.parts).spans) {
            (span.peak, span.limit) = (span.peak + more.peak, span.limit + more.limit);
            span.area = span.area.saturating_add(more.area);
        }
    }
    let point = |((at, start), (n, span)): ((i64, i64), (usize, Span))| {
        let took = uses.parts.end_of(n) - start;
        Point {
            at,
            peak: number(span.peak),
            mean: if took > 0 { span.area as f64 / took as f64 } else { 0.0 },
            limit: number(span.limit),
            denials: number(i64::try_from(span.denials).unwrap_or(i64::MAX)),
        }
    };
    let starts = steps.into_iter().zip(uses.parts.starts.iter().copied());
    Ok(starts.zip(spans.into_iter().enumerate()).map(point).collect())
}

fn number(n: i64) -> u32 {
    u32::try_from(n.max(0)).unwrap_or(u32::MAX)
}
