//! The use cases.
//!
//! ```text
//!  ask, time ──▶ Engine ──▶ seats.step ──▶ reply + records
//!                  │
//!                  ├─ in force: what licenses and options files say of somebody, asked by the step
//!                  ├─ words: one heartbeat word a session, which connections beat without the engine
//!                  ├─ news: what other sessions are told of what happened
//!                  └─ timers: time-outs, holds, ends of kept grants, the change of the date
//!
//!  files, a question ──▶ trial: the same step, about a host on which nobody has a seat
//!  files, a past ──▶ rehearsal: an engine that is asked what another server was, at its times
//! ```
//!
//! The engine has no runtime, file, socket, clock or random source: commands, time and ids come in,
//! replies and records go out. Whoever runs it writes each command's records together, tells denials
//! at once, and every other reply when the records are on the disk. The daemon and the simulator run
//! this same code.

#![warn(missing_docs)]

mod ask;
mod engine;
mod hosts;
mod in_force;
mod licensed;
mod news;
mod prepared;
mod rehearsal;
mod settings;
mod timers;
mod token;
mod trial;

pub use ask::{Ask, Live, Reply};
pub use engine::Engine;
pub use in_force::InForce;
pub use licensed::Licensed;
pub use news::News;
pub use rehearsal::{Place, Refused, Rehearsal, Taken, Took, Wanted};
pub use seats::Figures;
pub use settings::{Settings, SettingsError};
pub use token::token_hash;
pub use trial::{CountedRule, Question, Trial, TriedPool};
