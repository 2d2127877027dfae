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

use crate::dashes;
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

/// The lists behind `-c`; without one the environment's, as the command reads it.
fn is_flexnets(words: &[OsString]) -> bool {
    let Some(lists) = lists(words) else { return false };
    let servers = match lists.as_slice() {
        [list] if is_foreign_file(list) => return true,
        [] if words.first().is_some_and(|command| command == "lmstat") => Servers::from_whole_environment(),
        [] => Servers::from_environment(None),
        lists => Servers::from_list(&lists.join(":"), "-c"),
    };
    servers.is_ok_and(|servers| are_flexnets(&servers))
}

/// What stands behind each `-c`, with a blank or without; nothing where one has no list.
fn lists(words: &[OsString]) -> Option<Vec<String>> {
    let command = words.first()?.to_str()?;
    let mut lists = Vec::new();
    let mut rest = words.iter().skip(1);
    while let Some(word) = rest.next() {
        match word.to_str().and_then(|word| word.strip_prefix("-c").map(|list| (word, list))) {
            Some((_, "")) => lists.push(rest.next()?.to_str()?.to_owned()),
            Some((word, list)) if !dashes::is_word(command, word) => {
                lists.push(list.strip_prefix('=').unwrap_or(list).to_owned());
            }
            _ => {}
        }
    }
    Some(lists)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_found_as_the_command_line_has_them() {
        for (call, found) in [
            ("lmstat -a -c 1@a", Some(vec!["1@a"])),
            ("lmstat -c1@a -c 2@b -c=3@c", Some(vec!["1@a", "2@b", "3@c"])),
            ("lmborrow -clear", Some(vec![])),
            ("lmborrow -clear -cx.lic", Some(vec!["x.lic"])),
            ("lmstat -a -c", None),
        ] {
            let words: Vec<OsString> = call.split(' ').map(OsString::from).collect();
            let found = found.map(|lists| lists.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(lists(&words), found, "{call}");
        }
    }
}
