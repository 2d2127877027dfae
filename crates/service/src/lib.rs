//! The use cases.
//!
//! ```text
//!  ask, time ──▶ Engine ──▶ seats.step ──▶ reply + records
//!                  │
//!                  ├─ policy: the pools that options files keep the asker from, before the step
//!                  ├─ words: one heartbeat word a session, which connections beat without the engine
//!                  └─ timers: time-outs, holds, the change of the date
//! ```
//!
//! The engine has no runtime, file, socket, clock or random source: commands, time and ids come in,
//! replies and records go out. Whoever runs it writes each command's records together, tells denials
//! at once, and every other reply when the records are on the disk. The daemon and the simulator run
//! this same code.

#![warn(missing_docs)]

mod engine;
mod licensed;
mod settings;
mod timers;
mod token;

pub use engine::{Ask, Engine, Live, Reply};
pub use licensed::Licensed;
pub use settings::{Settings, SettingsError};
pub use token::token_hash;
