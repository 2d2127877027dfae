//! The simulator, and an auditor that believes nobody. Beside them: what reads, and what attacks, the
//! license reader.
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
//!
//! [`engine`] runs the seat engine alone beside a plain model of it, and checks after every step what
//! must always hold. Bugs can be planted in the engine (`seats::planted`), to see that each is found.
//! [`agree`] holds `options try`, `explain` and checkouts against each other.
//! `crash` kills the real daemon, and cuts its power, and audits it against what clients were told.
//! [`linear`] decides whether what clients of a daemon saw could have happened one thing after another.

#![warn(missing_docs)]

#[cfg(all(test, loom))]
use models::ordered as sync;

#[cfg(all(test, shuttle))]
use models::stopping as sync;

#[cfg(not(loom))]
pub mod agree;
#[cfg(any(all(test, loom), all(test, shuttle)))]
#[path = "../../daemon/src/bell.rs"]
mod bell;
#[cfg(not(loom))]
pub mod corpus;
#[cfg(not(any(loom, shuttle)))]
pub mod crash;
#[cfg(not(loom))]
pub mod engine;
#[cfg(not(loom))]
pub mod fuzz;
#[cfg(not(loom))]
pub mod linear;
#[cfg(any(all(test, loom), all(test, shuttle)))]
mod models;
#[cfg(not(loom))]
mod rng;
mod seeds;
#[cfg(not(loom))]
pub mod sim;
#[cfg(all(test, shuttle))]
#[path = "../../daemon/src/view.rs"]
mod view;
#[cfg(all(test, shuttle))]
#[path = "../../seats/src/word.rs"]
#[allow(unreachable_pub, reason = "it is public where it belongs")]
mod word;
