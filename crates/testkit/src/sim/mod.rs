//! One seed, one run.
//!
//! A run has two phases. In the first everything may go wrong: messages are lost, late and doubled,
//! clients die, files are torn, the server crashes at any effect. In the second nothing goes wrong any
//! more, most clients fall silent, and the server must heal: what the dead held is free within
//! time-out and hold, what the living hold is still theirs, and every pool can be filled again.

mod auditor;
mod books;
mod bug;
mod client;
mod dates;
mod disk;
mod faults;
mod files;
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

pub use bug::Bug;
pub use faults::Faults;
pub use simulate::{Summary, simulate};

/// What a run is made with, beside its seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// A bug to plant, to see that it is found.
    pub bug: Option<Bug>,
    /// One of the engine, of those that [`crate::engine`] looks for.
    pub engine: Option<seats::planted::Bug>,
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How many things happened.
    pub steps: u64,
    /// What went wrong on purpose, by kind.
    pub faults: Faults,
    /// All that was sent and answered, and the files at each crash and at the end, as a number: two runs
    /// of a seed have the same.
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
    /// Or with which of the engine.
    pub engine: Option<seats::planted::Bug>,
    /// When, in simulated milliseconds.
    pub at_ms: u64,
    /// What.
    pub what: String,
}

impl std::fmt::Display for Violation {
    /// What, and the command that shows it again.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { seed, bug, engine, at_ms, what } = self;
        write!(f, "seed {seed}, {at_ms} ms: {what}\nto see it again: cargo xtask simulate --seed {seed}")?;
        bug.map_or(Ok(()), |bug| write!(f, " --bug {bug}"))?;
        engine.map_or(Ok(()), |bug| write!(f, " --bug {bug}"))
    }
}

/// Runs one seed.
#[must_use]
pub fn run(seed: u64, options: &Options) -> Outcome {
    world::World::new(seed, *options).run()
}
