//! FlexNet's commands beside `lmstat`, and what they share.
//!
//! ```text
//!  lmremove, lmdown, lmreread, lmswitch, lmswitchr, lmnewlog ──▶ desk (the daemon of this host) ──▶ its socket
//!  lmdiag, lmcksum, lmlicvalidator, lmborrow                 ──▶ license servers, files
//!  lmhostid, lmver, lmpath, lminstall, install-links         ──▶ this machine
//! ```

mod borrow;
mod cksum;
mod desk;
mod diag;
mod down;
pub(crate) mod handon;
mod install;
mod kept_date;
mod links;
mod logs;
mod path;
mod remove;
mod scan;
mod sources;
mod text;
mod validator;
mod ver;

use names::Code;
use serde_json::Value;

use crate::args::LmutilCommand;
use crate::fail::Failure;
use crate::{on_runtime, out};

pub(crate) use desk::Desk;
pub(crate) use kept_date::kept_date;

/// Runs one of the commands.
pub(crate) fn run(command: LmutilCommand) -> Result<u8, Failure> {
    match command {
        LmutilCommand::Lmremove(args) => on_runtime(remove::remove(args)),
        LmutilCommand::Lmdown(args) => on_runtime(down::down(args)),
        LmutilCommand::Lmborrow(args) => borrow::run(&args),
        LmutilCommand::Lmdiag(args) => on_runtime(diag::diag(args)),
        LmutilCommand::Lmnewlog(args) => on_runtime(logs::report("lmnewlog", args)),
        LmutilCommand::Lmswitchr(args) => on_runtime(logs::report("lmswitchr", args)),
        LmutilCommand::Lmswitch(args) => on_runtime(logs::switch(args)),
        LmutilCommand::Lmver(args) => ver::ver(&args),
        LmutilCommand::Lmpath(args) => path::path(&args),
        LmutilCommand::Lminstall(args) => install::install(&args),
        LmutilCommand::Lmcksum(args) => on_runtime(cksum::cksum(args)),
        LmutilCommand::Lmlicvalidator(args) => on_runtime(validator::validate(args)),
        LmutilCommand::InstallLinks(args) => links::install_links(&args),
    }
}

/// `lmX -v`: the version of this program, as FlexNet's tools say theirs.
pub(crate) fn version(command: &str) -> Result<u8, Failure> {
    let version = env!("CARGO_PKG_VERSION");
    let banner = crate::lmstat::banner("lmutil");
    out::print(&format!("{banner}\n{command} v{version} build 0 {}\n", std::env::consts::ARCH))?;
    Ok(0)
}

/// Shows a report: FlexNet's banner and the text, or the fields under the command's schema.
fn show(command: &str, json: bool, text: &str, fields: Value) -> Result<(), Failure> {
    if json {
        return out::print(&object(command, fields)?);
    }
    out::print(&format!("{}\n{text}", crate::lmstat::banner("lmutil")))
}

/// The fields with the schema's name before them.
pub(crate) fn object(command: &str, fields: Value) -> Result<String, Failure> {
    let mut object = serde_json::Map::new();
    object.insert("schema".into(), format!("seatkeeper.{command}/1").into());
    if let Value::Object(fields) = fields {
        object.extend(fields);
    }
    out::json(&Value::Object(object))
}

/// FlexNet's words, and what is behind them; the number follows.
pub(crate) fn said(code: Code, why: &str) -> String {
    format!("{}: {why}", code.text().trim_end_matches('.'))
}

/// A name from a server or a file, as it is shown.
fn word(text: &str) -> String {
    client::shown(text, 300)
}
