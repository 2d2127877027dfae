//! The command line: `seatkeeper COMMAND`, and FlexNet's commands under their own names.
//!
//! ```text
//!  arguments ──▶ flexnet (argv[0], single-dash words: one table) ──▶ args (clap) ──▶ one module a command
//! ```
//!
//! What goes wrong is one message with its code, its place and a remedy, on standard error; the exit
//! status is lmutil's, 256 + code.

#![warn(missing_docs)]

mod admin;
mod args;
mod audit;
mod booking;
mod borrow;
mod check;
mod dashes;
mod demo;
mod desk;
mod events;
mod explain;
mod fail;
mod files;
mod flexlog;
mod flexnet;
mod hold;
mod issue;
mod key_file;
mod keygen;
mod keys;
mod licenses;
mod lmhostid;
mod lmstat;
mod lmutil;
mod login;
mod options;
mod out;
mod passphrase;
mod rehearse;
mod report;
mod run;
mod seat_store;
mod session;
mod support_bundle;
mod times;
mod top;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;

use crate::args::{Cli, Command, IssueCommand, OptionsCommand};
use crate::fail::Failure;

/// Runs the command line with this process's arguments.
#[must_use]
pub fn main() -> ExitCode {
    answer(std::env::args_os().collect())
}

fn answer(args: Vec<OsString>) -> ExitCode {
    let words = flexnet::words(args);
    if let Err(failure) = lmutil::handon::hand_on(&words) {
        return failure.tell();
    }
    if let Some(command) = flexnet::asks_version(&words) {
        return lmutil::version(command).map_or_else(|failure| failure.tell(), ExitCode::from);
    }
    let args = flexnet::rewrite(words);
    let is_run = args.get(1).is_some_and(|word| word == "run");
    match Cli::try_parse_from(args) {
        Ok(cli) => match dispatch(cli.command) {
            Ok(status) => ExitCode::from(status),
            Err(failure) => failure.tell(),
        },
        Err(error) => fail::usage(&error, is_run),
    }
}

fn dispatch(command: Command) -> Result<u8, Failure> {
    match command {
        Command::Issue(IssueCommand::Keygen(args)) => keygen::keygen(&args).map(|()| 0),
        Command::Issue(IssueCommand::Sign(args)) => issue::sign(&args).map(|()| 0),
        Command::License(command) => licenses::run(command),
        Command::Issue(IssueCommand::Passwd(args)) => keygen::passwd(&args).map(|()| 0),
        Command::Issue(IssueCommand::Keyid(args)) => keygen::keyid(&args).map(|()| 0),
        Command::Options(OptionsCommand::Check(args)) => options::check(&args),
        Command::Options(OptionsCommand::Try(args)) => options::try_out(&args),
        Command::Options(OptionsCommand::Diff(args)) => options::diff(&args),
        Command::Rehearse(args) => rehearse::rehearse(&args),
        Command::Lmhostid(args) => lmhostid::lmhostid(&args).map(|()| 0),
        Command::Checkout(args) => on_runtime(hold::checkout(args)),
        Command::Run(args) => on_runtime(run::run(args)),
        Command::Borrow(command) => borrow::run(command),
        Command::Book(args) => on_runtime(booking::book(args)),
        Command::Unbook(args) => on_runtime(booking::unbook(args)),
        Command::Ask(args) => on_runtime(booking::ask(args)),
        Command::Explain(args) => on_runtime(explain::explain(args)),
        Command::Login(args) => login::login(&args).map(|()| 0),
        Command::Lmreread(args) => on_runtime(admin::reread(args)),
        Command::Assign(args) => on_runtime(admin::assign(args)),
        Command::Unassign(args) => on_runtime(admin::unassign(args)),
        Command::Assignments(args) => on_runtime(admin::assignments(args)),
        Command::LoginToken(args) => on_runtime(admin::login_token(args)),
        Command::ClockReset(args) => on_runtime(admin::clock_reset(args)),
        Command::Events(args) => on_runtime(events::events(args)),
        Command::Audit(command) => audit::run(command),
        Command::Report(command) => report::run(command),
        Command::Store(command) => seat_store::run(command),
        Command::Desk(args) => on_runtime(desk::desk(*args)),
        Command::Find(args) => on_runtime(desk::find(args)),
        Command::Lmstat(args) => on_runtime(lmstat::lmstat(args)),
        Command::SupportBundle(args) => on_runtime(support_bundle::support_bundle(args)),
        Command::Top(args) => on_runtime(top::top(args)),
        Command::Lmutil(command) => lmutil::run(command),
        Command::Demo(args) => {
            demo::run(args.once).map(|()| 0).map_err(|error| Failure::demo(error.as_ref()))
        }
    }
}

/// Commands that talk to a server.
pub(crate) fn on_runtime(work: impl Future<Output = Result<u8, Failure>>) -> Result<u8, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::system("cannot start the runtime", &error))?;
    let done = runtime.block_on(work);
    // A name that is still being looked up does not hold up the end.
    runtime.shutdown_background();
    done
}
