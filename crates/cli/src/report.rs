//! `report`: questions about the usage history, answered from its files; no daemon is asked.

mod json;
mod span;

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use client::shown;
use history::report::{self, Answer, Ask, By, Every, Groups, ReportError};
use history::usage::Folder;
use jiff::tz::TimeZone;
use names::Code;
use policy::{Keyword, What};

use crate::args::{ReportArgs, ReportBy, ReportCommand, ReportEvery};
use crate::fail::Failure;
use crate::{options, out, times};

/// Where a daemon's history is, if nothing else is said.
const FOLDER: &str = "/var/lib/seatkeeper/history";
/// The exit status where a damaged file was left out.
const LEFT_OUT: u8 = 1;

/// Answers a question.
pub(crate) fn run(command: ReportCommand) -> Result<u8, Failure> {
    match command {
        ReportCommand::Use(args) => {
            let every = args.every.map(|every| match every {
                ReportEvery::Hour => Every::Hour,
                ReportEvery::Day => Every::Day,
                ReportEvery::Week => Every::Week,
                ReportEvery::Month => Every::Month,
            });
            told(&args.report, |ask, by| report::uses(ask, by.unwrap_or(By::Feature), every))
        }
        ReportCommand::Denials(args) => {
            let within = times::duration("--within", &args.within)?;
            told(&args.report, |ask, by| report::denials(ask, by.unwrap_or(By::Feature), within))
        }
        ReportCommand::Holders(args) => told(&args, report::holders),
        ReportCommand::Borrow(args) => told(&args, report::borrow),
        ReportCommand::WhatIf(args) => {
            let within = times::duration("--within", &args.within)?;
            told(&args.report, |ask, _| report::what_if(ask, &args.of, within))
        }
    }
}

fn told(
    args: &ReportArgs,
    answer: impl FnOnce(&Ask, Option<By>) -> Result<Answer, ReportError>,
) -> Result<u8, Failure> {
    let ask = ask(args)?;
    let Answer { sheet, svg, left_out } = answer(&ask, args.by.map(by)).map_err(|error| failure(&error))?;
    if let Some(path) = &args.svg {
        write_new(path, &svg)?;
    }
    for error in &left_out {
        out::say(&format!("{}; it is left out", safe(&error.to_string())));
    }
    if sheet.rows.is_empty() {
        out::say("the history has nothing of that in this range");
    }
    let text = match (args.csv, args.json) {
        (true, _) => sheet.csv(),
        (_, true) => json::text(&sheet, &left_out)?,
        _ => sheet.table(),
    };
    out::print(&text)?;
    Ok(if left_out.is_empty() { 0 } else { LEFT_OUT })
}

/// A message whose path may be anything.
fn safe(text: &str) -> String {
    shown(text, 1_000)
}

fn by(by: ReportBy) -> By {
    match by {
        ReportBy::Feature => By::Feature,
        ReportBy::User => By::User,
        ReportBy::Host => By::Host,
        ReportBy::Group => By::Group,
        ReportBy::Project => By::Project,
        ReportBy::Configuration => By::Configuration,
        ReportBy::Vendor => By::Vendor,
    }
}

fn ask(args: &ReportArgs) -> Result<Ask, Failure> {
    let zone = TimeZone::system();
    let (from, to) = (span::from(args.from.as_deref(), &zone)?, span::to(args.to.as_deref(), &zone)?);
    if (args.by == Some(ReportBy::Group)) != args.options.is_some() {
        let remedy = "give both, such as --by group --options acmed.opt";
        let message = "--by group needs --options, and --options is for nothing else";
        return Err(Failure::new(Code::BadParameter, message, remedy));
    }
    Ok(Ask {
        folder: Folder::new(&folder(args)?),
        from,
        to,
        vendor: args.vendor.clone(),
        feature: args.feature.clone(),
        groups: args.options.as_deref().map(groups).transpose()?.unwrap_or_default(),
        zone,
        is_strict: args.strict,
    })
}

fn folder(args: &ReportArgs) -> Result<PathBuf, Failure> {
    if let Some(folder) = &args.history {
        return Ok(folder.clone());
    }
    let Some(path) = &args.config else { return Ok(FOLDER.into()) };
    let config = daemon::Config::read(path);
    let wrong = |error: daemon::ConfigError| Failure::new(Code::BadParameter, error.to_string(), "");
    Ok(config.map_err(wrong)?.history.folder)
}

/// The first group of each user.
fn groups(path: &Path) -> Result<Groups, Failure> {
    let file = options::read_good(path)?;
    let mut groups = Groups::new();
    for line in file.lines.iter().filter(|line| line.keyword == Keyword::Group) {
        if let What::Group { name, members } = &line.what {
            for member in members {
                groups.entry(member.clone()).or_insert_with(|| name.clone());
            }
        }
    }
    Ok(groups)
}

fn failure(error: &ReportError) -> Failure {
    let remedy = match error {
        ReportError::Empty(_) => {
            "name the folder with --history, or the daemon's configuration with --config"
        }
        ReportError::History(history::usage::HistoryError::Damaged(..)) => {
            "move the file away, or leave out --strict and it is left out"
        }
        ReportError::Range(_) => "`--from` and `--to` take yyyy-mm-dd or yyyy-mm-ddTHH:MM",
        ReportError::History(_) | ReportError::TooMany(_) => "",
    };
    Failure::new(Code::BadParameter, safe(&error.to_string()), remedy)
}

fn write_new(path: &Path, text: &str) -> Result<(), Failure> {
    let made = File::options().write(true).create_new(true).open(path);
    let written = made.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| Failure::system(&safe(&path.display().to_string()), &error))
}
