//! One seed, one run.
//!
//! A run has two phases. In the first everything may go wrong: messages are lost, late and doubled,
//! clients die, files are torn, the server crashes at any effect. In the second nothing goes wrong any
//! more, most clients fall silent, and the server must heal: what the dead held is free within
//! time-out and hold, what the living hold is still theirs, and every pool can be filled again.

mod auditor;
mod books;
mod client;
mod disk;
mod faults;
mod healing;
mod message;
mod network;
mod outage;
mod regimes;
mod server;
mod simulate;
mod site;
mod swarm;
mod traffic;
mod waits;
mod world;

pub use faults::Faults;
pub use simulate::{Summary, simulate};

/// What a run is made with, beside its seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// A bug to plant, to see that it is found.
    pub bug: Option<Bug>,
}

/// Bugs to plant. All are in the simulated daemon or its disk, none in the code that ships.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// Answers are told before the flush.
    AnswerBeforeFlush,
    /// A seat that was returned is given to two clients.
    GrantTwice,
    /// The hold is shorter than the grace that clients count on.
    ForgetHold,
    /// Sessions that are held when the daemon ends are released when it starts.
    ForgetHeldOnRestart,
    /// Those who wait in line when the daemon ends do not when it starts.
    ForgetWaitersOnRestart,
    /// Heartbeats are answered without a look at the session's word.
    StaleHeartbeat,
    /// Whoever names a grant may return it.
    ForeignCheckin,
    /// A request that comes again is taken for another.
    NewRequestId,
    /// Leases are counted on the wall clock.
    TimeOutOnWallClock,
    /// The disk says that it has flushed, and sometimes has not.
    DropTailBatch,
    /// After some starts the timers are never looked at.
    NeverRelease,
}

impl Bug {
    /// Every one of them.
    pub const ALL: [Self; 11] = [
        Self::AnswerBeforeFlush,
        Self::GrantTwice,
        Self::ForgetHold,
        Self::ForgetHeldOnRestart,
        Self::ForgetWaitersOnRestart,
        Self::StaleHeartbeat,
        Self::ForeignCheckin,
        Self::NewRequestId,
        Self::TimeOutOnWallClock,
        Self::DropTailBatch,
        Self::NeverRelease,
    ];
}

impl std::fmt::Display for Bug {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::AnswerBeforeFlush => "answer-before-flush",
            Self::GrantTwice => "grant-twice",
            Self::ForgetHold => "forget-hold",
            Self::ForgetHeldOnRestart => "forget-held-on-restart",
            Self::ForgetWaitersOnRestart => "forget-waiters-on-restart",
            Self::StaleHeartbeat => "stale-heartbeat",
            Self::ForeignCheckin => "foreign-checkin",
            Self::NewRequestId => "new-request-id",
            Self::TimeOutOnWallClock => "time-out-on-wall-clock",
            Self::DropTailBatch => "drop-tail-batch",
            Self::NeverRelease => "never-release",
        })
    }
}

impl std::str::FromStr for Bug {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = Self::ALL.into_iter().find(|bug| bug.to_string() == text);
        named.ok_or_else(|| {
            let all: Vec<_> = Self::ALL.iter().map(Self::to_string).collect();
            format!("no bug is called {text}; there are {}", all.join(", "))
        })
    }
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How many things happened.
    pub steps: u64,
    /// What went wrong on purpose, by kind.
    pub faults: Faults,
    /// Everything that happened, as a number: two runs of a seed have the same.
    pub digest: u128,
    /// The first thing that must not be.
    pub violation: Option<Violation>,
}

/// Something that must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// In which run.
    pub seed: u64,
    /// With which planted bug.
    pub bug: Option<Bug>,
    /// When, in simulated milliseconds.
    pub at_ms: u64,
    /// What.
    pub what: String,
}

impl std::fmt::Display for Violation {
    /// What, and the command that shows it again.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { seed, bug, at_ms, what } = self;
        write!(f, "seed {seed}, {at_ms} ms: {what}\nto see it again: cargo xtask simulate --seed {seed}")?;
        bug.map_or(Ok(()), |bug| write!(f, " --bug {bug}"))
    }
}

/// Runs one seed.
#[must_use]
pub fn run(seed: u64, options: &Options) -> Outcome {
    world::World::new(seed, *options).run()
}
