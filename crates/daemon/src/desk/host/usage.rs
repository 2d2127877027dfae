//! Use over time, from the usage history's files.

use std::time::{Duration, Instant};

use console::{Usage, UsagePoint};
use history::report::{self, Ask, Groups, ReportError, Steady};
use history::usage::Folder;
use jiff::tz::TimeZone;
use names::Wall;
use seats::State;

use super::super::Desk;
use crate::clock;

/// How long an answer is kept.
pub(super) const KEPT: Duration = Duration::from_secs(60);
/// How long the files may be read.
const WITHIN: Duration = Duration::from_secs(10);

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) feature: String,
    pub(super) from: Wall,
    pub(super) to: Wall,
    pub(super) steps: u32,
}

/// What the files say.
pub(super) fn look(desk: &Desk, asked: Asked) -> Result<Usage, String> {
    let Asked { feature, from, to, steps } = asked;
    let step = (to.0 - from.0) / i64::from(steps.max(1));
    let steady = steady(&desk.edge.viewer.state(), &feature);
    let ask = Ask {
        folder: Folder::new(&desk.files.config.history.folder),
        from: Some(from.0),
        to: Some(to.0.min(clock::now().wall.0)),
        vendor: None,
        feature: Some(feature.clone()),
        groups: Groups::new(),
        zone: TimeZone::UTC,
        is_strict: false,
    };
    let until = Instant::now() + WITHIN;
    // A file that was merged meanwhile is not there any more; what took its place is.
    let found = match report::points(&ask, step, &steady, until) {
        Err(ReportError::History(_)) => report::points(&ask, step, &steady, until),
        found => found,
    };
    let points = found.map_err(|error| match error {
        ReportError::Empty(_) => "there is no usage history yet; it begins within minutes".to_owned(),
        other => other.to_string(),
    })?;
    let point = |point: report::Point| UsagePoint {
        at: Wall(point.at),
        peak: point.peak,
        mean: point.mean,
        denials: point.denials,
        capacity: point.limit,
    };
    let step_ms = u64::try_from(step).unwrap_or(0);
    Ok(Usage { feature, points: points.into_iter().map(point).collect(), step_ms })
}

/// The feature's pools, as they stand.
fn steady(state: &State, feature: &str) -> Vec<Steady> {
    let of = state.pools().filter(|(row, _)| row.id.feature().as_str() == feature);
    of.map(|(row, in_use)| {
        let grants = state.grants_of_pool(&row.id);
        let (id, config) = (&row.id, row.id.config().to_string());
        Steady {
            pool: [id.vendor().as_str(), feature, &config, id.cpu().as_str(), id.pooling()]
                .map(str::to_owned),
            held: grants.map(|grant| (grant.since.0, grant.seats.get())).collect(),
            in_use,
            limit: row.limit(),
        }
    })
    .collect()
}
