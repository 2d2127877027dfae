//! `rehearse --json`. The schema is described in the crate's README; under a name fields are only ever
//! added.

use jiff::Timestamp;
use names::Wall;
use serde::Serialize;

use super::found::Difference;
use super::text::{Report, there, word};
use crate::fail::Failure;
use crate::flexlog::Moment;
use crate::out;

const SCHEMA: &str = "seatkeeper.rehearse/1";

#[derive(Debug, Serialize)]
struct ReportJson {
    schema: &'static str,
    log: LogJson,
    events: Vec<CountJson>,
    same: SameJson,
    differs: Vec<CountJson>,
    causes: Vec<CauseJson>,
    features: Vec<FeatureJson>,
    differences: Vec<DifferenceJson>,
    held_before: u64,
    passed_over: u64,
    without_out: u64,
    freed_by_start: u64,
    notes: Vec<String>,
}

#[derive(Debug, Serialize)]
struct LogJson {
    files: Vec<String>,
    lines: u64,
    unread: u64,
    zone: String,
    first: Option<String>,
    last: Option<String>,
}

#[derive(Debug, Serialize)]
struct CountJson {
    kind: &'static str,
    count: u64,
}

#[derive(Debug, Serialize)]
struct SameJson {
    grants: u64,
    denials: u64,
    places: u64,
}

#[derive(Debug, Serialize)]
struct CauseJson {
    cause: String,
    code: i32,
    rule: Option<String>,
    same: u64,
    differs: u64,
}

#[derive(Debug, Serialize)]
struct FeatureJson {
    feature: String,
    vendor: String,
    licensed: bool,
    /// Nothing where they are not counted.
    seats: Option<u64>,
    events: u64,
    peak_there: u64,
    peak_here: u64,
}

#[derive(Debug, Serialize)]
struct DifferenceJson {
    kind: &'static str,
    /// Nothing of what was held before the log began.
    place: Option<String>,
    time: Option<String>,
    event: &'static str,
    feature: String,
    vendor: String,
    who: String,
    seats: u32,
    there: String,
    code_there: Option<i32>,
    here: String,
    code_here: Option<i32>,
    cause: Option<String>,
    rule: Option<String>,
}

/// The report.
pub(crate) fn json(report: &Report<'_>) -> Result<String, Failure> {
    let (found, survey) = (report.found, report.survey);
    let time = |moment: &Moment| time(report.zone.wall(moment));
    let causes = found.causes.iter().map(|((cause, code), of)| CauseJson {
        cause: cause.clone(),
        code: *code,
        rule: of.rule.clone(),
        same: of.same,
        differs: of.differs,
    });
    let features = found.features.iter().map(|((vendor, feature), of)| FeatureJson {
        feature: found.names.name(*feature).to_owned(),
        vendor: report.vendor(*vendor).to_owned(),
        licensed: of.is_licensed,
        seats: of.seats,
        events: of.events,
        peak_there: of.peak_there,
        peak_here: of.peak_here,
    });
    out::json(&ReportJson {
        schema: SCHEMA,
        log: LogJson {
            files: report.log.names().into_iter().map(ToOwned::to_owned).collect(),
            lines: survey.days.lines,
            unread: found.unread,
            zone: report.zone.name(),
            first: survey.first.as_ref().map(time),
            last: found.last.as_ref().map(time),
        },
        events: found.events.iter().map(|(kind, n)| CountJson { kind: word(*kind), count: *n }).collect(),
        same: SameJson { grants: found.same_grants, denials: found.same_denials, places: found.same_queued },
        differs: found.differs.iter().map(|(what, n)| CountJson { kind: what.name(), count: *n }).collect(),
        causes: causes.collect(),
        features: features.collect(),
        differences: found.shown.iter().map(|one| difference(report, one)).collect(),
        held_before: found.held_before,
        passed_over: found.passed_over,
        without_out: found.without_out,
        freed_by_start: found.freed_by_start,
        notes: report.notes(),
    })
}

fn difference(report: &Report<'_>, one: &Difference) -> DifferenceJson {
    DifferenceJson {
        kind: one.what.name(),
        place: one.place.map(|place| report.log.place(place)),
        time: one.moment.as_ref().map(|moment| time(report.zone.wall(moment))),
        event: word(one.kind),
        feature: report.feature(one.key).to_owned(),
        vendor: report.vendor(one.key.vendor).to_owned(),
        who: report.who(one.key),
        seats: one.seats,
        there: there(one),
        code_there: one.code_there,
        here: one.here.clone(),
        code_here: one.code_here,
        cause: one.cause.clone(),
        rule: one.rule.clone(),
    }
}

/// RFC 3339, in UTC.
fn time(wall: Wall) -> String {
    Timestamp::from_millisecond(wall.0).unwrap_or(Timestamp::UNIX_EPOCH).to_string()
}
