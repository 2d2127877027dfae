//! The commands about license files: what they share.
//!
//! ```text
//!  files, folders, lists ──▶ set (read, verify, resolve) ──▶ check, show, explain, diff
//!  a FlexNet file ──▶ convert (signed line by line, loaded again, compared)
//! ```

mod convert;
mod diff;
mod explain;
mod json;
mod set;
mod show;
pub(crate) mod words;

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use license::{Entitlement, Loaded, Place, Source};
use names::Wall;

use crate::args::LicenseCommand;
use crate::fail::Failure;
use crate::{check, on_runtime};

pub(crate) use json::show as show_json;
pub(crate) use set::{Set, read, trust};

/// Runs one of the commands.
pub(crate) fn run(command: LicenseCommand) -> Result<u8, Failure> {
    match command {
        LicenseCommand::Check(args) => check::check(&args),
        LicenseCommand::Show(args) => show::show(&args),
        LicenseCommand::Explain(args) => explain::explain(&args),
        LicenseCommand::Diff(args) => on_runtime(diff::diff(args)),
        LicenseCommand::Convert(args) => convert::convert(&args),
    }
}

/// This machine's clock.
pub(crate) fn now() -> Wall {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Wall(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// How many lines are not served: a line of a package is one, whatever it is made of.
pub(crate) fn unserved_lines(loaded: &Loaded) -> usize {
    loaded.unserved.iter().map(|unserved| unserved.entitlement.place).collect::<BTreeSet<_>>().len()
}

/// `file:line`.
pub(crate) fn place(sources: &[Source], place: Place) -> String {
    format!("{}:{}", file(sources, place.file), place.line)
}

/// A file's name as it is shown.
pub(crate) fn file(sources: &[Source], at: usize) -> String {
    sources.get(at).map_or("?".to_owned(), |source| client::shown(&source.name, 500))
}

/// The last day, and what that or the first one means now.
pub(crate) fn expires(line: &Entitlement, now: Wall) -> String {
    match (line.expiry.is_past(now), line.start) {
        (true, _) => format!("{} (past: -10)", line.expiry),
        (false, Some(start)) if now < start.start() => format!("{} (from {start}: -31)", line.expiry),
        _ => line.expiry.to_string(),
    }
}
