//! Calls that are meant for FlexNet: handed on to its own lmutil, or said.
//!
//! `SEATKEEPER_FLEXNET_LMUTIL` names that program. A call is FlexNet's when every license file that it names
//! has no signature of ours, or when what answers at every server that it names is not Seatkeeper.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use client::{Server, Servers, StatusQuery};
use license::{Source, Trust};
use names::Code;

use crate::fail::Failure;
use crate::on_runtime;

/// FlexNet's program.
const VARIABLE: &str = "SEATKEEPER_FLEXNET_LMUTIL";
/// The commands that ask a server or read a license file.
const ASKING: &[&str] = &[
    "lmstat",
    "lmremove",
    "lmreread",
    "lmdown",
    "lmdiag",
    "lmnewlog",
    "lmswitch",
    "lmswitchr",
    "lmborrow",
    "lmcksum",
];
/// A feature that nobody has: a status of it is short.
const NO_FEATURE: &str = "-";
/// What is said where FlexNet's program is needed and not named.
pub(crate) const REMEDY: &str = "or name FlexNet's own program in SEATKEEPER_FLEXNET_LMUTIL, which calls of FlexNet's commands are handed on to";

/// Hands a call on where it is FlexNet's. Gives it back where it is ours.
///
/// `words` begin with the command's name, and are as they were given.
pub(crate) fn hand_on(words: &[OsString]) -> Result<(), Failure> {
    let Some(program) = std::env::var_os(VARIABLE).filter(|program| !program.is_empty()) else {
        return Ok(());
    };
    let command = words.first().and_then(|word| word.to_str()).unwrap_or_default();
    if !ASKING.contains(&command) || !is_flexnets(words) {
        return Ok(());
    }
    let shown = client::shown(&program.to_string_lossy(), 300);
    let is_own = std::fs::canonicalize(&program).ok().zip(std::env::current_exe().ok());
    if is_own.is_some_and(|(named, own)| named == own) {
        let message = format!("{VARIABLE} is {shown}, which is Seatkeeper's own");
        return Err(Failure::new(Code::BadParameter, message, "name FlexNet's lmutil there"));
    }
    // It takes this process's place: its files and its exit status are the caller's.
    let error = Command::new(&program).args(words).env_remove(VARIABLE).exec();
    let message = format!("{VARIABLE}: cannot run {shown}: {error}");
    Err(Failure::new(Code::BadParameter, message, "name FlexNet's lmutil there, with its whole path"))
}

/// The list behind `-c`; without one the environment's.
fn is_flexnets(words: &[OsString]) -> bool {
    let at = words.iter().position(|word| word == "-c");
    let list = at.and_then(|at| words.get(at + 1)).and_then(|list| list.to_str());
    match list {
        Some(list) if is_foreign_file(list) => true,
        Some(list) => Servers::from_list(list, "-c").is_ok_and(|servers| are_flexnets(&servers)),
        None if at.is_some() => false,
        None => Servers::from_environment(None).is_ok_and(|servers| are_flexnets(&servers)),
    }
}

/// A license file with lines of FlexNet's alone, which may name no server.
fn is_foreign_file(path: &str) -> bool {
    let is_file = std::fs::metadata(path)
        .is_ok_and(|found| found.is_file() && found.len() <= names::limits::PACK_BYTES_MAX as u64);
    let Some(bytes) = is_file.then(|| std::fs::read(path).ok()).flatten() else { return false };
    let loaded = license::load(&[Source::new(path, bytes)], &Trust::default(), None, false);
    let is_foreign = |found: &license::Diagnostic| found.code == Some(Code::NoSignature);
    loaded.packs.is_empty() && loaded.diagnostics.iter().any(is_foreign)
}

fn are_flexnets(servers: &Servers) -> bool {
    let is_of_file = |server: &Server| server.foreign_file().is_some();
    let asked: Vec<_> =
        servers.groups().iter().filter(|group| !group.iter().all(is_of_file)).cloned().collect();
    let query = StatusQuery { feature: NO_FEATURE.into(), no_users: true, ..StatusQuery::default() };
    let all = on_runtime(async move {
        for group in &asked {
            let answer = client::status(group, &query).await;
            if !answer.is_err_and(|error| error.is_foreign_server()) {
                return Ok(0);
            }
        }
        Ok(1)
    });
    all == Ok(1)
}
