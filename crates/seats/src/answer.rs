//! What a command is answered.

use std::fmt;
use std::sync::Arc;

use names::{
    Code, ConfigId, CpuId, Feature, GrantId, Millis, PoolId, RequestId, SeatCount, SessionId, Vendor,
    Version, WaiterId, Wall, Word,
};

/// The answer to a command.
///
/// A denial changes nothing and may be told at once. Every other answer may be told only when all
/// records up to now are on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Done; there is nothing to tell.
    Done,
    /// The session is open, or resumed with what it holds and waits for.
    Welcome {
        /// Which.
        session: SessionId,
        /// What it holds.
        held: Vec<Held>,
        /// The requests that wait in line.
        waiting: Vec<RequestId>,
    },
    /// Seats were granted, borrowed or booked.
    Granted {
        /// The grant.
        grant: GrantId,
        /// From which pool.
        pool: PoolId,
        /// How many.
        seats: SeatCount,
        /// Until when, of borrowed and booked ones.
        until: Option<Wall>,
    },
    /// The request waits in line.
    Queued {
        /// Its place.
        waiter: WaiterId,
        /// 1 is next.
        position: usize,
        /// How long it may take, by how long seats were held lately; nothing where none came back yet.
        expected: Option<Millis>,
    },
    /// The request does not wait; also when it never did.
    Withdrawn,
    /// The grant is no longer held; also when it was returned before.
    Returned {
        /// Which.
        grant: GrantId,
    },
    /// So many grants were taken away.
    Revoked(usize),
    /// These sessions are to be told that somebody waits.
    Asked(Vec<SessionId>),
    /// The session has ended; also when it had before.
    Closed,
    /// There is no such session, or the token is not its own. The client opens another.
    SessionUnknown,
    /// Refused.
    Denied(Box<Denial>),
}

impl Answer {
    /// Whether it may be told before the records are on the disk.
    #[must_use]
    pub fn is_denial(&self) -> bool {
        matches!(self, Self::Denied(_) | Self::SessionUnknown | Self::Asked(_))
    }

    /// A denial without figures.
    pub(crate) fn denied(code: Code, detail: Detail) -> Self {
        Self::Denied(Box::new(Denial { code, detail, figures: None }))
    }
}

/// A grant that a resumed session holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The grant.
    pub grant: GrantId,
    /// The request that made it.
    pub request: RequestId,
    /// From which pool.
    pub pool: PoolId,
    /// How many seats.
    pub seats: SeatCount,
    /// Why it is to be given back, if it is.
    pub revoked: Option<Code>,
    /// Until when, of borrowed and booked ones.
    pub until: Option<Wall>,
}

/// Why a request was refused, with what its user needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// FlexNet's code.
    pub code: Code,
    /// What is behind it.
    pub detail: Detail,
    /// How the pool stands, where a pool's seats are what lacked.
    pub figures: Option<Box<Figures>>,
}

/// How a pool stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// Which.
    pub pool: PoolId,
    /// Seats that may be in use, the overdraft included.
    pub limit: u32,
    /// Seats charged to grants of every kind.
    pub in_use: u32,
    /// Free seats that are reserved.
    pub reserved: u32,
    /// Of those in use: offline.
    pub borrowed: u32,
    /// Of those in use: returned and lingering.
    pub lingering: u32,
    /// Of those in use: booked for jobs.
    pub booked: u32,
    /// Requests in the feature's line.
    pub queued: usize,
    /// When the first of those with an end comes back.
    pub free_at: Option<Wall>,
}

/// What is behind a denial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detail {
    /// No pool has the feature (of that vendor and configuration).
    NoSuchFeature {
        /// What was asked for.
        feature: Feature,
        /// In which configuration, if one was named.
        config: Option<ConfigId>,
        /// Of which vendor, if one was named.
        vendor: Option<Vendor>,
    },
    /// The feature is locked to other workstations.
    WrongHost {
        /// What was asked for.
        feature: Feature,
        /// The asking workstation's id.
        cpu: CpuId,
    },
    /// Its last line has expired.
    Expired(PoolId, names::Expiry),
    /// Its first line has not begun.
    NotYet(PoolId),
    /// A higher version was asked for than is licensed.
    Version {
        /// The pool with the highest.
        pool: PoolId,
        /// What it is.
        licensed: Version,
    },
    /// More was asked for than any pool has.
    TooMany {
        /// What was asked for.
        asked: SeatCount,
        /// The largest capacity there is.
        licensed: u32,
    },
    /// All are taken.
    AllTaken {
        /// The first of those who hold them.
        holders: Vec<Holder>,
        /// How many more there are.
        more: usize,
    },
    /// What is free is reserved for others: the first rule that keeps it.
    Reserved {
        /// For whom.
        who: Arc<str>,
        /// Where it stands.
        rule: Arc<str>,
    },
    /// A MAX line is reached.
    Max {
        /// Its limit.
        limit: u32,
        /// For whom.
        who: Arc<str>,
        /// Where it stands.
        rule: Arc<str>,
    },
    /// Others wait for this feature.
    Queued(usize),
    /// A rule keeps the asker from every pool that would do.
    Barred(Arc<str>),
    /// The seats are named, and none is the asker's.
    NotAssigned(PoolId),
    /// Only its components are checked out.
    Suite(PoolId),
    /// Why the seats cannot be borrowed.
    Borrow(PoolId, &'static str),
    /// So many sessions of the vendor as its options file allows hold seats.
    Connections(Vendor, u32),
    /// The license host's clock was set back.
    ClockSetBack {
        /// The pool that gives no seats meanwhile.
        pool: PoolId,
        /// What the clock shows.
        now: Wall,
        /// The latest that it has shown.
        latest: Wall,
    },
    /// The request contradicts itself or an earlier one.
    Parameter(&'static str),
    /// A limit of the daemon is reached.
    Limit(&'static str),
}

/// Who holds seats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The user.
    pub user: Word,
    /// The workstation.
    pub host: Word,
    /// The display.
    pub display: Word,
    /// How many seats.
    pub seats: SeatCount,
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchFeature { feature, config, vendor } => {
                write!(f, "no license on this server has the feature {feature}")?;
                if let Some(vendor) = vendor {
                    write!(f, " of vendor {vendor}")?;
                }
                if let Some(config) = config {
                    write!(f, " in configuration {config}")?;
                }
                f.write_str("; `lmstat -a` lists those it has")
            }
            Self::WrongHost { feature, cpu } => {
                write!(
                    f,
                    "{feature} is locked to other workstations than {cpu}; `lmhostid` shows a workstation's id"
                )
            }
            Self::Expired(pool, expiry) => {
                write!(f, "{} expired on {expiry}; ask the vendor", shown(pool))
            }
            Self::NotYet(pool) => write!(f, "{} has not begun", shown(pool)),
            Self::Version { pool, licensed } => {
                write!(f, "{} is licensed up to version {licensed}", pool.feature())
            }
            Self::TooMany { asked, licensed } => {
                write!(f, "{asked} seats were asked for, and no pool has more than {licensed}")
            }
            Self::AllTaken { holders, more } => taken(f, holders, *more),
            Self::Reserved { who, rule } => {
                write!(f, "the seats that are free are reserved for {who}, by {rule}")
            }
            Self::Max { limit, who, rule } => write!(f, "{who} may use {limit} at once, by {rule}"),
            Self::Queued(waiting) => {
                let wait = if *waiting == 1 { "request waits" } else { "requests wait" };
                write!(f, "{waiting} {wait} in line; with --queue this one does too")
            }
            Self::Barred(why) => f.write_str(why),
            Self::NotAssigned(pool) => {
                write!(f, "{} has named seats, and none is assigned to you today", shown(pool))
            }
            Self::Suite(pool) => {
                write!(f, "{} is a suite; check out one of the features it has", pool.feature())
            }
            Self::Borrow(pool, why) => write!(f, "{}: {why}", shown(pool)),
            Self::Connections(vendor, limit) => {
                write!(f, "{limit} sessions may hold seats of {vendor} at once, by MAX_CONNECTIONS, and do")
            }
            Self::ClockSetBack { pool, now, latest } => set_back(f, pool, *now, *latest),
            Self::Parameter(what) | Self::Limit(what) => f.write_str(what),
        }
    }
}

fn shown(pool: &PoolId) -> String {
    format!("{} of configuration {}", pool.feature(), pool.config())
}

fn set_back(f: &mut fmt::Formatter<'_>, pool: &PoolId, now: Wall, latest: Wall) -> fmt::Result {
    write!(
        f,
        "{} is licensed by date, and the license host's clock, which shows {now}, is {} behind the {latest} that it \
         has shown; have it set right, or if it had been too far ahead, `seatkeeper clock-reset` on the license host \
         says so",
        shown(pool),
        Ago(latest.0.saturating_sub(now.0))
    )
}

/// A long time in words: `3 days`, `26 hours`.
struct Ago(i64);

impl fmt::Display for Ago {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hours = self.0 / 3_600_000;
        if hours < 72 { write!(f, "{hours} hours") } else { write!(f, "{} days", hours / 24) }
    }
}

fn taken(f: &mut fmt::Formatter<'_>, holders: &[Holder], more: usize) -> fmt::Result {
    if holders.is_empty() {
        return f.write_str("no seat is free");
    }
    f.write_str("held by ")?;
    for (i, holder) in holders.iter().enumerate() {
        let comma = if i == 0 { "" } else { ", " };
        write!(f, "{comma}{}@{}", holder.user, holder.host)?;
        if !holder.display.as_str().is_empty() {
            write!(f, " on {}", holder.display)?;
        }
        if holder.seats.get() > 1 {
            write!(f, " ({} seats)", holder.seats)?;
        }
    }
    if more > 0 { write!(f, " and {more} more") } else { Ok(()) }
}

impl fmt::Display for Figures {
    /// `3 of 4 seats of mill (configuration 11470) are in use, 1 reserved, 1 borrowed, 2 queued`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (feature, config) = (self.pool.feature(), self.pool.config());
        write!(
            f,
            "{} of {} seats of {feature} (configuration {config}) are in use",
            self.in_use, self.limit
        )?;
        let parts = [
            (self.reserved, "free and reserved"),
            (self.borrowed, "borrowed"),
            (self.lingering, "lingering"),
            (self.booked, "booked"),
        ];
        for (n, what) in parts {
            if n > 0 {
                write!(f, ", {n} {what}")?;
            }
        }
        if self.queued > 0 { write!(f, ", {} queued", self.queued) } else { Ok(()) }
    }
}

impl fmt::Display for Denial {
    /// FlexNet's words, its number, and what is behind it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.code)?;
        if let Some(figures) = &self.figures {
            write!(f, "{figures}; ")?;
        }
        self.detail.fmt(f)
    }
}
