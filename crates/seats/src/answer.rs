//! What a command is answered.

use std::fmt;
use std::sync::Arc;

use names::{
    Code, ConfigId, CpuId, Feature, GrantId, PoolId, RequestId, SeatCount, SessionId, Vendor, Version, Word,
};

/// The answer to a command.
///
/// A denial changes nothing and may be told at once. Every other answer may be told only when all
/// records up to now are on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Done; there is nothing to tell.
    Done,
    /// The session is open, or resumed with what it holds.
    Welcome {
        /// Which.
        session: SessionId,
        /// What it holds.
        held: Vec<Held>,
    },
    /// Seats were granted.
    Granted {
        /// The grant.
        grant: GrantId,
        /// From which pool.
        pool: PoolId,
        /// How many.
        seats: SeatCount,
    },
    /// The grant is no longer held; also when it was returned before.
    Returned {
        /// Which.
        grant: GrantId,
    },
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
        matches!(self, Self::Denied(_) | Self::SessionUnknown)
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
}

/// Why a request was refused, with what its user needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// FlexNet's code.
    pub code: Code,
    /// What is behind it.
    pub detail: Detail,
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
        /// The pool.
        pool: PoolId,
        /// Its capacity.
        capacity: u32,
        /// Seats in use.
        in_use: u32,
        /// The first of those who hold them.
        holders: Vec<Holder>,
        /// How many more there are.
        more: usize,
    },
    /// A rule keeps the asker from every pool that would do.
    Barred(Arc<str>),
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
                write!(
                    f,
                    "{} of configuration {} expired on {expiry}; ask the vendor",
                    pool.feature(),
                    pool.config()
                )
            }
            Self::NotYet(pool) => {
                write!(f, "{} of configuration {} has not begun", pool.feature(), pool.config())
            }
            Self::Version { pool, licensed } => {
                write!(f, "{} is licensed up to version {licensed}", pool.feature())
            }
            Self::TooMany { asked, licensed } => {
                write!(f, "{asked} seats were asked for, and no pool has more than {licensed}")
            }
            Self::AllTaken { pool, capacity, in_use, holders, more } => {
                write!(
                    f,
                    "{in_use} of {capacity} seats of {} (configuration {}) are in use, by ",
                    pool.feature(),
                    pool.config()
                )?;
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
                if *more > 0 { write!(f, " and {more} more") } else { Ok(()) }
            }
            Self::Barred(why) => f.write_str(why),
            Self::Parameter(what) | Self::Limit(what) => f.write_str(what),
        }
    }
}

impl fmt::Display for Denial {
    /// FlexNet's words, its number, and what is behind it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}
