//! `borrow`: seats that are taken offline, and brought back.

use std::fmt::Write as _;
use std::time::Duration;

use client::{Admin, Borrowed, Client, Error, GivenUp, Kept, Leases, Listing, Options, Servers, TrustPolicy};
use jiff::tz::TimeZone;
use names::{Code, GrantId, Wall};
use proto::v1;

use crate::args::{BorrowCommand, BorrowGiveUpArgs, BorrowReturnArgs, BorrowTakeArgs, TakeBackArgs};
use crate::booking::goodbye;
use crate::fail::Failure;
use crate::session::{self, How};
use crate::{lmutil, on_runtime, out, times};

/// Runs one of the commands.
pub(crate) fn run(command: BorrowCommand) -> Result<u8, Failure> {
    match command {
        BorrowCommand::Take(args) => on_runtime(take(*args)),
        BorrowCommand::List => list(),
        BorrowCommand::Return(args) => on_runtime(give_back(args)),
        BorrowCommand::GiveUp(args) => give_up(&args),
        BorrowCommand::TakeBack(args) => on_runtime(take_back(args)),
    }
}

/// Takes seats offline.
async fn take(args: BorrowTakeArgs) -> Result<u8, Failure> {
    let borrowed = Box::pin(taken(&args)).await?;
    session::note_unverified(&args.server)?;
    out::print(&told(&borrowed))?;
    Ok(0)
}

/// Until when: as it is said, or as `lmborrow` keeps it.
fn until(args: &BorrowTakeArgs) -> Result<Wall, Failure> {
    let zone = TimeZone::system();
    match (&args.until, args.hours) {
        (Some(until), _) => times::until("--until", until, &zone),
        (None, Some(hours)) => Ok(times::in_hours(hours)),
        (None, None) => {
            let kept = lmutil::kept_date(args.wanted.vendor.as_deref());
            let missing = "until when is not said";
            let remedy = "say --until or --hours, or keep a date with `lmborrow VENDOR dd-mmm-yyyy`";
            let kept = kept.ok_or_else(|| Failure::new(Code::BadParameter, missing, remedy))?;
            times::until("LM_BORROW", &kept, &zone)
        }
    }
}

/// Takes seats offline, and gives what was borrowed.
pub(crate) async fn taken(args: &BorrowTakeArgs) -> Result<Borrowed, Failure> {
    let wanted = session::wanted(&args.wanted)?;
    let until = until(args)?;
    let leases = Leases::of_user()?;
    let vendor = args.wanted.vendor.as_deref();
    let client = session::connect(&args.server, &args.who, vendor, How::default()).await?;
    let done = Box::pin(client.borrow(&leases, &wanted, until)).await;
    goodbye(client).await;
    Ok(done?)
}

/// What was borrowed, in words.
pub(crate) fn told(borrowed: &Borrowed) -> String {
    let terms = borrowed.terms();
    format!(
        "borrowed: {} seat{} of {} (vendor {}, configuration {}) until {}, grant {}, at {}\n",
        terms.seats,
        if terms.seats.get() == 1 { "" } else { "s" },
        terms.pool.feature(),
        terms.pool.vendor(),
        terms.pool.config(),
        times::moment(terms.until),
        terms.grant,
        borrowed.server(),
    )
}

/// Shows what is borrowed here.
fn list() -> Result<u8, Failure> {
    let listing = Leases::of_user()?.list()?;
    out::print(&shown(&listing, times::in_hours(0)))?;
    let Some(broken) = listing.broken.first() else { return Ok(0) };
    let message = format!("{}: it cannot be read as what it should be", client::shown(broken, 200));
    Err(Failure::new(Code::BadSignature, message, "borrow the seat again; what is lost is free at its date"))
}

fn shown(listing: &Listing, now: Wall) -> String {
    let mut text = String::new();
    for kept in &listing.borrowed {
        lease(&mut text, kept, now);
    }
    for given_up in &listing.given_up {
        let GivenUpShown { feature, grant, server, receipt } = GivenUpShown::of(given_up);
        let _ = writeln!(text, "{feature}: given up, grant {grant}, at {server}\n    receipt: {receipt}");
    }
    if text.is_empty() {
        text.push_str("nothing is borrowed here\n");
    }
    text
}

fn lease(text: &mut String, kept: &Kept, now: Wall) {
    let terms = kept.terms();
    let seconds = |ms: i64| u64::try_from(ms / 1000).unwrap_or(0);
    let total = seconds(terms.until.0.saturating_sub(terms.issued.0));
    let left = seconds(terms.until.0.saturating_sub(now.0)).min(total);
    let _ = write!(
        text,
        "{} v{}, vendor: {}, configuration: {}, {} seat{}, until {}, grant {}, at {}\n    ",
        terms.pool.feature(),
        terms.version,
        terms.pool.vendor(),
        terms.pool.config(),
        terms.seats,
        if terms.seats.get() == 1 { "" } else { "s" },
        times::moment(terms.until),
        terms.grant,
        kept.server(),
    );
    let about = |seconds| times::about(Duration::from_secs(seconds));
    let _ = match left {
        0 => writeln!(text, "(linger: 0 / {total}), over"),
        left => writeln!(text, "(linger: {left} / {total}), {} left of {}", about(left), about(total)),
    };
}

/// A seat that was given up, in words.
struct GivenUpShown {
    feature: String,
    grant: u64,
    server: String,
    receipt: String,
}

impl GivenUpShown {
    fn of(given_up: &GivenUp) -> Self {
        Self {
            feature: given_up.feature().to_string(),
            grant: given_up.grant().0,
            server: given_up.server().to_string(),
            receipt: given_up.receipt().to_string(),
        }
    }
}

/// Brings a borrowed seat back.
async fn give_back(args: BorrowReturnArgs) -> Result<u8, Failure> {
    returned(&args).await?;
    out::print(&format!("returned: the borrowed seat of {}\n", client::shown(&args.what, 80)))?;
    Ok(0)
}

/// Brings a borrowed seat back, and says nothing.
pub(crate) async fn returned(args: &BorrowReturnArgs) -> Result<(), Failure> {
    let leases = Leases::of_user()?;
    let listing = leases.list()?;
    // One that was given up, or whose return nobody has confirmed, comes back the same way.
    let given_up = chosen(&listing.given_up, &args.what, |one| (one.feature().as_str(), one.grant()))?;
    let kept = chosen(&listing.borrowed, &args.what, |kept| {
        (kept.terms().pool.feature().as_str(), kept.terms().grant)
    })?;
    let server = match (kept, given_up) {
        (Some(kept), _) => kept.server(),
        (None, Some(given_up)) => given_up.server(),
        (None, None) => return Err(Error::NotBorrowed { feature: client::shown(&args.what, 80) }.into()),
    };
    let servers = match &args.servers {
        Some(list) => Servers::from_list(list, "-c")?,
        None => Servers::one(server.clone()),
    };
    // What a return proves is the secret; nothing that a server shows is used.
    let client = Client::connect(&servers, Options::new(TrustPolicy::Unverified)).await?;
    let done = match (kept, given_up) {
        (Some(kept), _) => client.return_borrowed(&leases, kept).await,
        (None, Some(given_up)) => client.return_given_up(&leases, given_up).await,
        (None, None) => Ok(()),
    };
    goodbye(client).await;
    Ok(done?)
}

/// Gives a borrowed seat up, without a network.
fn give_up(args: &BorrowGiveUpArgs) -> Result<u8, Failure> {
    let leases = Leases::of_user()?;
    let listing = leases.list()?;
    let kept = chosen(&listing.borrowed, &args.what, |kept| {
        (kept.terms().pool.feature().as_str(), kept.terms().grant)
    })?;
    let given_up = match kept {
        Some(kept) => leases.give_up(kept)?,
        None => {
            // The receipt is shown again as often as it is needed.
            let again = chosen(&listing.given_up, &args.what, |one| (one.feature().as_str(), one.grant()))?;
            again.cloned().ok_or_else(|| Error::NotBorrowed { feature: client::shown(&args.what, 80) })?
        }
    };
    let GivenUpShown { feature, grant, server, receipt } = GivenUpShown::of(&given_up);
    out::print(&format!(
        "given up: the borrowed seat of {feature}, grant {grant}, at {server}; it cannot be used here any more\n\
         receipt: {receipt}\n\
         On the license host its administrator takes it back with\n  \
         seatkeeper borrow take-back {grant} --receipt {receipt}\n"
    ))?;
    Ok(0)
}

/// The one that a user names by its feature or its grant's number; nothing when there is none.
fn chosen<'a, T>(
    all: &'a [T],
    what: &str,
    name: impl Fn(&T) -> (&str, GrantId),
) -> Result<Option<&'a T>, Failure> {
    let number = what.parse().map(GrantId).ok();
    let is_it = |one: &&T| {
        let (feature, grant) = name(one);
        feature == what || number == Some(grant)
    };
    let found: Vec<&T> = all.iter().filter(is_it).collect();
    if found.len() > 1 {
        let grants: Vec<_> = found.iter().map(|one| name(one).1.to_string()).collect();
        let message = format!("{} borrowed seats are {}", found.len(), client::shown(what, 80));
        let remedy = format!("name one by its grant: {}", grants.join(", "));
        return Err(Failure::new(Code::BadParameter, message, remedy));
    }
    Ok(found.first().copied())
}

/// Takes a borrowed seat back, on the license host.
async fn take_back(args: TakeBackArgs) -> Result<u8, Failure> {
    let grant = GrantId(args.grant);
    let proof = match &args.receipt {
        Some(receipt) => secret(receipt, grant)?.to_vec(),
        None => Vec::new(),
    };
    let mut admin = Admin::connect(&args.socket.socket).await?;
    let request = v1::ReturnBorrowedRequest { grant: grant.0, proof: proof.into(), lost: args.lost };
    admin.return_borrowed(request).await?;
    out::print(&format!("grant {grant} is taken back\n"))?;
    Ok(0)
}

/// What a receipt proves; a typing error is found here.
fn secret(receipt: &str, grant: GrantId) -> Result<[u8; 32], Failure> {
    let read = receipt.parse::<license::Receipt>().and_then(|receipt| receipt.secret(grant));
    read.map_err(|error| {
        let remedy = "copy it as `seatkeeper borrow give-up` printed it, with its grant's number";
        Failure::new(Code::BadParameter, format!("--receipt: {error}"), remedy)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_is_named_by_feature_or_grant_and_never_guessed() {
        let all = [("mill", GrantId(7)), ("mill", GrantId(8)), ("lathe", GrantId(9))];
        let find = |what: &str| chosen(&all, what, |one| *one).map(|found| found.map(|one| one.1.0));
        assert_eq!((find("lathe"), find("8"), find("9")), (Ok(Some(9)), Ok(Some(8)), Ok(Some(9))));
        assert_eq!((find("drill"), find("10")), (Ok(None), Ok(None)));
        let text = find("mill").unwrap_err().text();
        assert!(text.contains("(-42)") && text.contains("name one by its grant: 7, 8"), "{text}");
    }

    #[test]
    fn a_receipt_is_checked_before_the_daemon_is_asked() {
        let receipt = license::Receipt::new(GrantId(42), [0xab; 32]).to_string();
        assert_eq!(secret(&receipt, GrantId(42)), Ok([0xab; 32]));
        for (bad, grant) in [(receipt.as_str(), 43), ("abc", 42), (&receipt.replacen('a', "c", 1), 42)] {
            let text = secret(bad, GrantId(grant)).unwrap_err().text();
            assert!(text.contains("--receipt") && text.contains("(-42)"), "{text}");
        }
    }

    #[test]
    fn nothing_borrowed_is_said() {
        assert_eq!(shown(&Listing::default(), Wall(0)), "nothing is borrowed here\n");
    }
}
