//! `run`: hold seats while a command runs.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::Duration;

use client::{Client, Seat, SeatState};
use names::Code;
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use crate::args::RunArgs;
use crate::fail::{Failure, NOT_STARTED};
use crate::hold::{Signals, give_back, take, tell, wanted_by};
use crate::out;

/// The command is there, but cannot be run; it is not there: as `env` says.
const CANNOT_RUN: u8 = 126;
const NOT_FOUND: u8 = 127;
/// How long the return of the seats may hold up the end.
const RETURN: Duration = Duration::from_secs(5);

/// Runs a command while seats are held.
pub(crate) async fn run(args: RunArgs) -> Result<u8, Failure> {
    let mut signals = Signals::new()?;
    let taking = Box::pin(take(&args.seat));
    let (client, mut seat) = tokio::select! {
        taken = taking => taken.map_err(|failure| failure.with_status(NOT_STARTED))?,
        signal = signals.next() => return Ok(by_signal(signal.as_raw())),
    };
    let status = match start(&args.command) {
        Ok(child) => wait(child, &client, &mut seat, &mut signals).await,
        Err(failure) => Err(failure),
    };
    // The command's own status counts, whatever becomes of the return.
    if tokio::time::timeout(RETURN, give_back(client, seat)).await.is_err() {
        out::say("the server did not confirm the return; the seats are free after the session's time-out");
    }
    status
}

fn start(command: &[OsString]) -> Result<Child, Failure> {
    let (program, arguments) = command.split_first().ok_or_else(|| {
        Failure::new(Code::BadParameter, "no command is given", "write it after `--`")
            .with_status(NOT_STARTED)
    })?;
    Command::new(program).args(arguments).spawn().map_err(|error| {
        let status = if error.kind() == ErrorKind::NotFound { NOT_FOUND } else { CANNOT_RUN };
        let shown = client::shown(&program.to_string_lossy(), 500);
        Failure::new(Code::BadParameter, format!("cannot run {shown}: {error}"), "name a program after `--`")
            .with_status(status)
    })
}

/// Waits for the command's end, passes signals on, and tells how the seat stands.
async fn wait(
    mut child: Child,
    client: &Client,
    seat: &mut Seat,
    signals: &mut Signals,
) -> Result<u8, Failure> {
    let mut colleagues = client.colleagues();
    let pid = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    loop {
        tokio::select! {
            ended = child.wait() => {
                return ended.map(status).map_err(|error| Failure::system("cannot wait for the command", &error));
            }
            signal = signals.next() => pass_on(pid, signal),
            state = seat.changed() => told(&state),
            colleague = colleagues.next() => out::say(&wanted_by(&colleague)),
        }
    }
}

/// The command runs on without its seat: whether that may be is its own business.
fn told(state: &SeatState) {
    if let Some(lost) = tell(state) {
        out::say(&format!("{}; the command runs on", lost.text().replace('\n', "; ")));
    }
}

fn pass_on(pid: Option<Pid>, signal: Signal) {
    // The terminal has told the command of a Ctrl-C itself; told twice, many programs give up.
    if signal == Signal::INT && is_in_foreground() {
        return;
    }
    if let Some(pid) = pid {
        // It may have ended this moment.
        let _ = kill_process(pid, signal);
    }
}

/// Whether this process is in its terminal's foreground group, which gets the terminal's signals.
fn is_in_foreground() -> bool {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the name: state, parent, group, session, terminal, the terminal's foreground group.
    let fields: Vec<&str> =
        stat.rsplit_once(')').map(|(_, rest)| rest.split_ascii_whitespace().collect()).unwrap_or_default();
    matches!(fields.as_slice(), [_, _, group, _, _, foreground, ..] if group == foreground)
}

fn status(ended: ExitStatus) -> u8 {
    match (ended.code(), ended.signal()) {
        (Some(code), _) => u8::try_from(code).unwrap_or(1),
        (None, Some(signal)) => by_signal(signal),
        (None, None) => 1,
    }
}

fn by_signal(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(255)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_go_through_as_a_shell_has_them() {
        for (raw, shown) in [(0, 0), (3 << 8, 3), (255 << 8, 255), (15, 143), (9, 137), (2, 130)] {
            assert_eq!(status(ExitStatus::from_raw(raw)), shown);
        }
    }

    #[test]
    fn what_cannot_be_started_has_envs_status() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let status = |program: &str| {
            let failure = runtime.block_on(async { start(&[program.into()]) }).unwrap_err();
            assert!(failure.text().contains(program), "{}", failure.text());
            failure.tell()
        };
        assert_eq!(status("/no/such/program"), std::process::ExitCode::from(127));
        assert_eq!(status("/etc"), std::process::ExitCode::from(126));
    }
}
