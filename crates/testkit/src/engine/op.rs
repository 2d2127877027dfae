//! What may happen in a history.

use std::fmt;

use names::{Code, Email, Millis, SessionId, Wall};
use seats::{Checkout, Command, License, PoolRow, QuotaKind};

use super::model::Name;
use super::site::Site;

/// One thing that happens. A grant is called by its session and request, so that a history keeps its
/// meaning when a part of it is left out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Op {
    /// A command that names no grant.
    Do(Command),
    /// A command that does.
    On(Name, OnGrant),
    /// Another license and other rules.
    License(Box<(License, Site)>),
    /// Time passes.
    Pass(Millis),
    /// Somebody sets the wall clock: by so much.
    Set(i64),
    /// The daemon ends, and starts from its records.
    Restart,
}

/// What is done with a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnGrant {
    Checkin(SessionId),
    Unbook(SessionId),
    Expire,
    Revoke(Code, Wall),
    Return([u8; 32]),
    Lost,
}

/// A session's own number is enough to tell it from others.
fn s(id: SessionId) -> String {
    format!("s{}", id.0)
}

fn mail(email: Option<&Email>) -> String {
    email.map(|email| format!(" as {}", email.as_str())).unwrap_or_default()
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pass(by) => write!(f, "pass {} s", by.0 / 1_000),
            Self::Set(by) => write!(f, "set the clock {} h on", by / 3_600_000),
            Self::Restart => f.write_str("restart"),
            Self::License(both) => license(f, &both.0, &both.1),
            Self::On((session, request), what) => {
                let grant = format!("{} r{request}", s(*session));
                match what {
                    OnGrant::Checkin(by) => write!(f, "checkin of [{grant}] by {}", s(*by)),
                    OnGrant::Unbook(by) => write!(f, "unbook [{grant}] by {}", s(*by)),
                    OnGrant::Expire => write!(f, "expire [{grant}]"),
                    OnGrant::Revoke(code, until) => {
                        write!(f, "revoke [{grant}] {} until {}", code.number(), until.0)
                    }
                    OnGrant::Return(proof) => write!(f, "return borrowed [{grant}] proof {}", proof[0]),
                    OnGrant::Lost => write!(f, "lost [{grant}]"),
                }
            }
            Self::Do(command) => self::command(f, command),
        }
    }
}

fn command(f: &mut fmt::Formatter<'_>, command: &Command) -> fmt::Result {
    match command {
        Command::Open(open) => {
            let who = &open.identity;
            let (user, host, display) = (&who.user, &who.host, &who.display);
            write!(f, "open {} {user}@{host} on {display} cpu {}", s(open.session), who.cpu)?;
            write!(f, "{}", mail(who.email.as_ref()))?;
            if let Some(login) = open.login {
                write!(f, " login {}", login[0])?;
            }
            for (old, token) in &open.replaces {
                write!(f, " replaces {} token {}", s(*old), token[0])?;
            }
            Ok(())
        }
        Command::Checkout(ask) => {
            f.write_str("checkout ")?;
            checkout(f, ask)
        }
        Command::Book(book) => {
            write!(f, "book for {} for {} s: ", book.job, book.ttl.0 / 1_000)?;
            checkout(f, &book.ask)
        }
        Command::Resume { session, token_hash } => {
            write!(f, "resume {} token {}", s(*session), token_hash[0])
        }
        Command::Detach(session) => write!(f, "detach {}", s(*session)),
        Command::Withdraw { session, request } => write!(f, "withdraw {} r{request}", s(*session)),
        Command::Close(session) => write!(f, "close {}", s(*session)),
        Command::TimeOut(session) => write!(f, "time out {}", s(*session)),
        Command::Release(session) => write!(f, "release {}", s(*session)),
        Command::Idle { session, is_idle } => write!(f, "idle {} {is_idle}", s(*session)),
        Command::LookAtClock => f.write_str("look at the clock"),
        Command::Ask { session, feature } => write!(f, "ask {feature} by {}", s(*session)),
        other => write!(f, "{other:?}"),
    }
}

fn checkout(f: &mut fmt::Formatter<'_>, ask: &Checkout) -> fmt::Result {
    write!(
        f,
        "{} r{} {} v{} x{}",
        s(ask.session),
        ask.request,
        ask.feature,
        ask.version.as_str(),
        ask.seats
    )?;
    if let Some(config) = &ask.config {
        write!(f, " of {config}")?;
    }
    let Some(more) = &ask.more else { return Ok(()) };
    if let Some(data) = &more.data {
        write!(f, " data {data}")?;
    }
    if let Some(priority) = more.queue {
        write!(f, " queue {priority}")?;
    }
    if let Some(borrow) = more.borrow {
        write!(f, " borrow until {} proof {}", borrow.until.0, borrow.proof[0])?;
    }
    if let Some(job) = &more.job {
        write!(f, " job {job}")?;
    }
    Ok(())
}

fn license(f: &mut fmt::Formatter<'_>, license: &License, site: &Site) -> fmt::Result {
    f.write_str("license")?;
    for row in &license.pools {
        pool(f, row)?;
    }
    for quota in &license.quotas {
        match &quota.kind {
            QuotaKind::Reserve(id) => write!(f, "\n      RESERVE {} {id} key {}", quota.seats, quota.key)?,
            QuotaKind::Max => write!(f, "\n      MAX {} key {}", quota.seats, quota.key)?,
        }
    }
    for line in &site.lines {
        write!(f, "\n      {:?} for {:?} of {:?}", line.what, line.who, line.pools)?;
    }
    for (vendor, limit) in &license.connections {
        write!(f, "\n      MAX_CONNECTIONS {vendor} {limit}")?;
    }
    Ok(())
}

fn pool(f: &mut fmt::Formatter<'_>, row: &PoolRow) -> fmt::Result {
    write!(
        f,
        "\n      {} = {}+{} v{} {:?}",
        row.id,
        row.capacity,
        row.overdraft,
        row.version.as_str(),
        row.standing
    )?;
    write!(f, " sharing {:?}/{} order {}", row.sharing, row.sharers, row.order)?;
    let flags = [
        (row.uncounted, "uncounted"),
        (row.locked, "locked"),
        (row.named, "named"),
        (row.dated, "dated"),
        (row.is_suite, "a suite"),
    ];
    for (_, flag) in flags.into_iter().filter(|(is_set, _)| *is_set) {
        write!(f, " {flag}")?;
    }
    if let Some(suite) = &row.suite {
        write!(f, " of suite {suite}")?;
    }
    write!(f, " minimum {} linger {} idle {}", row.minimum, row.linger.0, row.idle_timeout.0)?;
    if let Some(terms) = row.borrow {
        write!(f, " {terms:?}")?;
    }
    write!(f, " expiry {}", row.expiry)
}
