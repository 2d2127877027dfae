//! The simulator, and an auditor that believes nobody.
//!
//! ```text
//!  clients ──▶ network ──▶ server: service::Engine ─▶ store::Journal ─▶ simulated files
//!     │  requests, answers, time                      store::Follower ─▶ a map in place of sled
//!     └────────────▶ auditor
//! ```
//!
//! Engine, seats, journal and recovery are the code that ships; time, network, files and clients are
//! simulated, all from one seed: the same seed gives the same run, to the byte. The auditor knows the
//! license, what clients sent, what they were told, and when; it never sees a seat state.

#![warn(missing_docs)]

pub mod sim;
