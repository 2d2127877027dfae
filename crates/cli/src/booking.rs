//! `book`, `unbook` and `ask`: a session for one command.

use client::Client;
use names::GrantId;

use crate::args::{AskArgs, BookArgs, UnbookArgs};
use crate::fail::Failure;
use crate::session::{self, How};
use crate::{out, times};

/// How long the goodbye may take; without it the session ends by its time-out.
const GOODBYE: std::time::Duration = std::time::Duration::from_secs(3);

/// Books seats for a job.
pub(crate) async fn book(args: BookArgs) -> Result<u8, Failure> {
    let wanted = session::wanted(&args.wanted)?;
    let job = session::job(Some(&args.job))?;
    let ttl = times::duration("--ttl", &args.ttl)?;
    let vendor = args.wanted.vendor.as_deref();
    let client = session::connect(&args.server, &args.who, vendor, How::default()).await?;
    let booked = client.book(&wanted, job, ttl).await;
    let server = client.server().clone();
    goodbye(client).await;
    let booking = booked?;
    let seats = booking.seats;
    out::print(&format!(
        "booked: {seats} seat{} of {} (vendor {}, configuration {}, cpu_id {}) for job {job} until {}, \
         booking {}, at {server}\n",
        if seats.get() == 1 { "" } else { "s" },
        booking.pool.feature(),
        booking.pool.vendor(),
        booking.pool.config(),
        booking.pool.cpu(),
        times::moment(booking.until),
        booking.grant.0,
    ))?;
    Ok(0)
}

/// Gives a booking back.
pub(crate) async fn unbook(args: UnbookArgs) -> Result<u8, Failure> {
    let client = session::connect(&args.server, &args.who, None, How::default()).await?;
    let done = client.unbook(GrantId(args.grant)).await;
    goodbye(client).await;
    done?;
    out::print(&format!("booking {} is given back\n", args.grant))?;
    Ok(0)
}

/// Has the holders of a feature told.
pub(crate) async fn ask(args: AskArgs) -> Result<u8, Failure> {
    let feature = session::feature(&args.feature)?;
    let client = session::connect(&args.server, &args.who, None, How::default()).await?;
    let told = client.ask(feature.as_str()).await;
    goodbye(client).await;
    let told = told?;
    out::print(&match told {
        0 => format!("nobody who holds {feature} can be told\n"),
        1 => format!("1 session that holds {feature} is told that you wait\n"),
        n => format!("{n} sessions that hold {feature} are told that you wait\n"),
    })?;
    Ok(0)
}

/// What was done is the news, whatever becomes of the session.
pub(crate) async fn goodbye(client: Client) {
    let _ = tokio::time::timeout(GOODBYE, client.close()).await;
}
