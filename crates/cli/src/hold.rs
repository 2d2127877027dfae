//! `checkout`: hold seats until Ctrl-C. What `run` shares with it.

use std::time::Duration;

use client::{CheckoutOptions, Client, Identity, Options, Seat, SeatState, Servers, TrustPolicy};
use names::{Code, Invalid};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::args::{CheckoutArgs, SeatArgs};
use crate::fail::Failure;
use crate::{keys, out};

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
    loop {
        tokio::select! {
            state = seat.changed() => {
                if let Some(lost) = tell(&state) {
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

fn unreturned() -> Failure {
    Failure::new(
        Code::CheckinFailed,
        "the server did not confirm the return",
        "the seats are free after the session's time-out and hold",
    )
}

/// Opens a session and checks out what was asked for.
pub(crate) async fn take(args: &SeatArgs) -> Result<(Client, Seat), Failure> {
    let servers = match &args.server.servers {
        Some(list) => Servers::from_list(list, "-c")?,
        None => Servers::from_environment(args.vendor.as_deref())?,
    };
    let mut identity = Identity::of_this_process();
    let bad =
        |flag: &str, invalid: Invalid| Failure::new(Code::BadParameter, format!("{flag}: {invalid}"), "");
    if let Some(user) = &args.user {
        identity = identity.with_user(user).map_err(|invalid| bad("--user", invalid))?;
    }
    if let Some(display) = &args.display {
        identity = identity.with_display(display).map_err(|invalid| bad("--display", invalid))?;
    }
    let wanted = wanted(args)?;
    let trust = keys::policy(&args.server)?;
    let is_unverified = trust == TrustPolicy::Unverified;
    let options = Options { identity, reacquire: args.reacquire, ..Options::new(trust) };
    let client = Client::connect(&servers, options).await?;
    match client.checkout(wanted).await {
        Ok(seat) => {
            if is_unverified {
                out::say("note: no vendor key is given (--key), so the vendor's signature is not verified");
            }
            Ok((client, seat))
        }
        Err(error) => {
            // The refusal is the news; a session that is not closed ends by its time-out.
            let _ = tokio::time::timeout(RETURN, client.close()).await;
            Err(error.into())
        }
    }
}

/// What was asked for, each flag checked under its own name before a server is asked.
fn wanted(args: &SeatArgs) -> Result<CheckoutOptions, Failure> {
    let bad = |what: &str, text: &str, code: Code, invalid: &Invalid| {
        let message = format!("{what} {:?}: {invalid}", client::shown(text, 80));
        Failure::new(code, message, "`seatkeeper lmstat -a` lists what the servers have")
    };
    let (feature, version) = (&args.feature, &args.version);
    names::Feature::new(feature).map_err(|e| bad("the feature", feature, Code::BadParameter, &e))?;
    names::Version::new(version).map_err(|e| bad("--version", version, Code::BadVersion, &e))?;
    names::SeatCount::new(args.seats)
        .map_err(|e| bad("-n", &args.seats.to_string(), Code::BadParameter, &e))?;
    let mut wanted = CheckoutOptions::new(feature, version).seats(args.seats);
    if let Some(config) = &args.config_id {
        names::ConfigId::new(config).map_err(|e| bad("--config-id", config, Code::BadParameter, &e))?;
        wanted = wanted.config(config);
    }
    if let Some(vendor) = &args.vendor {
        names::Vendor::new(vendor).map_err(|e| bad("--vendor", vendor, Code::BadParameter, &e))?;
        wanted = wanted.vendor(vendor);
    }
    Ok(wanted)
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
