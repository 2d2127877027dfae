//! Seat accounting.
//!
//! ```text
//!  command ──▶ step(state, now, command) ──▶ answer
//!                     │
//!                     └──▶ records ──▶ apply ──▶ rows: pools, sessions, marks, grants
//! ```
//!
//! One owner calls [`State::step`]: it decides, writes down what happened as [`Record`]s, and applies
//! them to its rows. Replaying the records gives the same rows, so the journal that keeps them *is*
//! the state. A row is a grant; every count is a sum over rows.
//!
//! This crate knows nothing of files, sockets, threads, clocks or randomness, and takes no lock. The
//! only atomics are in [`word`]: a session's heartbeat word.

#![warn(missing_docs)]

mod answer;
mod codec;
mod command;
mod open;
mod record;
mod row;
mod state;
mod step;
mod sync;
pub mod word;

pub use answer::{Answer, Denial, Detail, Held, Holder};
pub use codec::{CodecError, FORMAT};
pub use command::{Bar, Checkin, Checkout, Command, Open};
pub use record::{Denied, EndReason, Event, Record, ReturnReason};
pub use row::{
    Change, GrantRow, GrantState, Identity, PoolRow, PoolStanding, Row, RowKey, SessionMark, SessionRow,
    Sharing, Standing,
};
pub use state::{Broken, Counts, Fingerprint, State};
