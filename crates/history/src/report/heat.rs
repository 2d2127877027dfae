//! What is in use by the hour of the week.

use jiff::tz::TimeZone;

use super::calendar::{Every, Parts, hour_of_week};
use super::uses::Track;

/// Seats in use over the hours of the range.
#[derive(Debug)]
pub(super) struct Heat {
    pub(super) parts: Parts,
    pub(super) track: Track,
}

impl Heat {
    pub(super) fn new(range: (i64, i64), zone: &TimeZone) -> Self {
        // A range with too many hours has no map of them.
        let parts = Parts::new(range, Some(Every::Hour), zone);
        let parts = parts.unwrap_or(Parts { starts: vec![range.0], end: range.1 });
        Self { track: Track::new(&parts), parts }
    }

    /// Of each hour of the week, from Monday 0 o'clock, the mean.
    pub(super) fn means(&self, zone: &TimeZone) -> Vec<f64> {
        let mut sums = vec![(0_i64, 0_i64); 168];
        for (at, span) in self.track.spans.iter().enumerate() {
            let Some(start) = self.parts.starts.get(at) else { continue };
            if let Some(sum) = sums.get_mut(hour_of_week(*start, zone)) {
                *sum = (sum.0.saturating_add(span.area), sum.1 + self.parts.end_of(at) - start);
            }
        }
        sums.into_iter().map(|(area, took)| if took > 0 { area as f64 / took as f64 } else { 0.0 }).collect()
    }
}
