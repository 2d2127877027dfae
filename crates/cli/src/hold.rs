//! `checkout`: hold seats until Ctrl-C. What `run` shares with it.

use std::time::Duration;

use client::{CheckoutOptions, Client, Colleague, Place, Progress, Seat, SeatState};
use names::Code;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::args::{CheckoutArgs, SeatArgs, WantedArgs};
use crate::fail::Failure;
use crate::session::How;
use crate::{out, session, times};

/// How long a return waits for the server's word. Without it the seats are free after the time-out.
const RETURN: Duration = Duration::from_secs(5);

/// Holds seats until a signal.
pub(crate) async fn checkout(args: CheckoutArgs) -> Result<u8, Failure> {
    let mut signals = Signals::new()?;
    let taking = Box::pin(take(&args.seat));
    let (client, mut seat) = tokio::select! {
        taken = taking => taken?,
        _ = signals.next() => return Ok(Code::NeverCheckedOut.exit_status()),
    };
    out::print(&format!("{}\nCtrl-C checks it in\n", told(&client, &seat)))?;
    let mut colleagues = client.colleagues();
    loop {
        tokio::select! {
            colleague = colleagues.next() => out::say(&wanted_by(&colleague)),
            state = seat.changed() => {
                if let Some(lost) = tell(&state) {
                    // What was taken away is somebody else's now, and not at the session's time-out.
                    let _ = tokio::time::timeout(RETURN, client.close()).await;
                    return Err(lost);
                }
            }
            _ = signals.next() => break,
        }
    }
    let returned = tokio::select! {
        returned = tokio::time::timeout(RETURN, give_back(client, seat)) => returned,
        _ = signals.next() => return Err(unreturned()),
    };
    returned.map_err(|_| unreturned())??;
    out::print("checked in\n")?;
    Ok(0)
}

/// Who waits for what is held here.
pub(crate) fn wanted_by(colleague: &Colleague) -> String {
    let Colleague { feature, user, host } = colleague;
    format!("{user}@{host} waits for {feature}: whoever does not need it now gives it back")
}

fn unreturned() -> Failure {
    Failure::new(
        Code::CheckinFailed,
        "the server did not confirm the return",
        "the seats are free after the session's time-out and hold",
    )
}

/// Opens a session and checks out what was asked for. In line it tells its place.
pub(crate) async fn take(args: &SeatArgs) -> Result<(Client, Seat), Failure> {
    let wanted = session::wanted(&args.wanted)?;
    let wanted = wanted.job(session::job(args.job.as_deref())?);
    let wanted = if args.queue { wanted.queue().priority(args.priority) } else { wanted };
    let how = How { reacquire: args.reacquire };
    let client = session::connect(&args.server, &args.who, args.wanted.vendor.as_deref(), how).await?;
    match in_line(&client, &args.wanted, &wanted).await {
        Ok(seat) => {
            session::note_unverified(&args.server)?;
            Ok((client, seat))
        }
        Err(error) => {
            // The refusal is the news; a session that is not closed ends by its time-out.
            let _ = tokio::time::timeout(RETURN, client.close()).await;
            Err(error.into())
        }
    }
}

/// Waits for the seat.
async fn in_line(
    client: &Client,
    args: &WantedArgs,
    wanted: &CheckoutOptions,
) -> Result<Seat, client::Error> {
    let mut waiting = client.begin_checkout(wanted)?;
    loop {
        match waiting.next().await? {
            Progress::Granted(seat) => return Ok(seat),
            Progress::Queued(place) => out::say(&queued(args, place)),
        }
    }
}

/// `queued for 1 license of mill: position 2, about 5 min`
fn queued(args: &WantedArgs, place: Place) -> String {
    let licenses = if args.seats == 1 { "license" } else { "licenses" };
    let mut text =
        format!("queued for {} {licenses} of {}: position {}", args.seats, args.feature, place.position);
    if let Some(expected) = place.expected {
        text.push_str(", about ");
        text.push_str(&times::about(expected));
    }
    text
}

/// Returns the seats and ends the session.
pub(crate) async fn give_back(client: Client, seat: Seat) -> Result<(), Failure> {
    seat.checkin().await?;
    client.close().await?;
    Ok(())
}

/// What was checked out, in words.
pub(crate) fn told(client: &Client, seat: &Seat) -> String {
    let pool = seat.pool();
    let seats = seat.seats();
    format!(
        "checked out: {seats} seat{} of {} (vendor {}, configuration {}, cpu_id {}), handle {}, at {}",
        if seats.get() == 1 { "" } else { "s" },
        pool.feature(),
        pool.vendor(),
        pool.config(),
        pool.cpu(),
        seat.grant(),
        client.server(),
    )
}

/// Tells how a seat stands now; a failure when it is lost.
pub(crate) fn tell(state: &SeatState) -> Option<Failure> {
    match state {
        SeatState::Jeopardy => out::say("the license server does not answer; trying to reach it"),
        SeatState::Granted => out::say("the license server answers again; the seat is held"),
        SeatState::Revoked { code, why } => {
            let message = format!("the seat was taken away: {why}");
            return Some(Failure::new(
                *code,
                message,
                "ask the license administrator, or check it out again",
            ));
        }
        SeatState::Lost { code, why } => {
            return Some(Failure::new(*code, format!("the seat is lost: {why}"), "check it out again"));
        }
        _ => {}
    }
    None
}

/// The signals that end or are passed on.
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Signals {
    /// From here these signals end nothing by themselves.
    pub(crate) fn new() -> Result<Self, Failure> {
        let listen = |kind| signal(kind).map_err(|error| Failure::system("cannot listen to signals", &error));
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hangup: listen(SignalKind::hangup())?,
        })
    }

    /// Waits for one.
    pub(crate) async fn next(&mut self) -> rustix::process::Signal {
        tokio::select! {
            _ = self.interrupt.recv() => rustix::process::Signal::INT,
            _ = self.terminate.recv() => rustix::process::Signal::TERM,
            _ = self.hangup.recv() => rustix::process::Signal::HUP,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Cli, Command};

    #[test]
    fn a_place_in_line_is_told_in_words() {
        let words = |line: &str, position, seconds: Option<u64>| {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap();
            let Command::Checkout(args) = cli.command else { panic!("it is a checkout") };
            queued(&args.seat.wanted, Place { position, expected: seconds.map(Duration::from_secs) })
        };
        for (line, position, seconds, text) in [
            (
                "s checkout mill --queue",
                2,
                Some(290),
                "queued for 1 license of mill: position 2, about 5 min",
            ),
            ("s checkout mill -n 3 --queue", 1, None, "queued for 3 licenses of mill: position 1"),
        ] {
            assert_eq!(words(line, position, seconds), text);
        }
    }
}
