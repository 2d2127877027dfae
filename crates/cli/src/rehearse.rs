//! `rehearse`: a FlexNet debug log, replayed by the engine at its own times.
//!
//! ```text
//!  license, options ──▶ site ──┐
//!  log, first pass ──▶ survey: days, what was held before it began
//!                              └▶ replay ◀── log, second pass
//!                                   └▶ found: what is the same, what differs and why ──▶ text, json
//! ```
//!
//! The log is read line by line, twice; what is kept are the seats that are held, names, and the differences
//! that are shown.

mod found;
mod json;
mod ledger;
mod log;
mod replay;
mod site;
mod survey;
mod text;
mod zone;

use names::Wall;

use self::replay::Replay;
use self::survey::Survey;
use crate::args::RehearseArgs;
use crate::fail::Failure;
use crate::out;

/// Something differs, as `diff` says it.
const DIFFERENT: u8 = 1;
/// So many differences are shown.
const SHOWN: usize = 20;
/// And so many with `--all`.
const ALL: usize = 100_000;

/// Replays a log. The exit status is 0 where nothing differs, 1 where something does.
pub(crate) fn rehearse(args: &RehearseArgs) -> Result<u8, Failure> {
    let zone = zone::Zone::named(args.zone.as_deref())?;
    let site = site::Site::read(args)?;
    let log = log::Log::open(&args.log)?;
    let survey = Survey::of(&log, &site, &zone, args.from_date.as_deref())?;
    let begin = survey.begin.unwrap_or(Wall(0));
    let mut replay = Replay::new(&site, begin, if args.all { ALL } else { SHOWN })?;
    replay.held_before(&survey);
    log.read(survey.first_day, &zone, |entry| replay.entry(entry))?;
    let found = replay.finish();
    let report = text::Report { log: &log, site: &site, zone: &zone, survey: &survey, found: &found };
    out::print(&if args.json { json::json(&report)? } else { report.text() })?;
    Ok(if found.differences() == 0 { 0 } else { DIFFERENT })
}

#[cfg(test)]
mod tests;
