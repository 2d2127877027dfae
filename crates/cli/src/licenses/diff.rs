//! `license diff OLD NEW`: what another set of license files would change.

mod json;
mod live;
mod text;

use std::path::{Path, PathBuf};

use license::{LicenseSet, PoolChange, Severity};
use names::Code;

use super::now;
use super::set::{Checked, Set};
use crate::args::DiffArgs;
use crate::fail::Failure;
use crate::out;
use live::Live;

/// The sets differ.
const DIFFERENT: u8 = 1;

/// Compares. Like `diff`: 0 where nothing changes, 1 where something does, an error's status otherwise.
pub(super) async fn diff(args: DiffArgs) -> Result<u8, Failure> {
    let checked = Checked::new(&args.load)?;
    if args.old == args.new && args.old == Path::new("-") {
        let message = "OLD and NEW cannot both be standard input";
        return Err(Failure::new(Code::BadParameter, message, "name a file for one of them"));
    }
    let old = side(&checked, &args.old)?;
    let new = side(&checked, &args.new)?;
    let live = match &args.servers {
        Some(list) => Some(Live::ask(list).await?),
        None => None,
    };
    let changes = license::diff(of(&old), of(&new));
    let text = match args.json {
        true => json::render(&old, &new, &changes, live.as_ref(), now())?,
        false => text::render(&old, &new, &changes, live.as_ref(), now()),
    };
    out::print(&text)?;
    for (name, side) in [("OLD", &old), ("NEW", &new)] {
        let errors = side.loaded.diagnostics.iter().filter(|found| found.severity == Severity::Error).count();
        if errors > 0 {
            let errors = super::show::many(errors as u64, "error");
            out::say(&format!("{name} has {errors}: `seatkeeper license check` says which"));
        }
    }
    Ok(status(&changes, &old, &new))
}

fn side(checked: &Checked, name: &PathBuf) -> Result<Set, Failure> {
    checked.load(std::slice::from_ref(name))
}

fn of(set: &Set) -> LicenseSet<'_> {
    LicenseSet { sources: &set.sources, loaded: &set.loaded }
}

/// Where a signature does not hold, or its key is not known, nobody knows that nothing changes.
fn status(changes: &[PoolChange<'_>], old: &Set, new: &Set) -> u8 {
    match (changes.is_empty(), unproven(old, new)) {
        (false, _) => DIFFERENT,
        (true, true) => Code::BadSignature.exit_status(),
        (true, false) => 0,
    }
}

/// Whether a signature does not hold, or its key is not known.
fn unproven(old: &Set, new: &Set) -> bool {
    let mut found = old.loaded.diagnostics.iter().chain(&new.loaded.diagnostics);
    found.any(|found| found.severity == Severity::Error && found.code == Some(Code::BadSignature))
}
