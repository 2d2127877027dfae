//! Seat accounting. `README.md` says what a step does.
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
mod charges;
mod codec;
mod command;
mod identity;
pub mod planted;
mod record;
mod row;
mod rules;
mod state;
mod step;
mod sync;
pub mod word;

pub use answer::{Answer, Denial, Detail, Figures, Held, Holder};
pub use charges::{Charge, Charges};
pub use codec::{CodecError, Decoder, FORMAT};
pub use command::{
    Book, Borrow, Checkin, Checkout, Command, DeskChange, License, More, Open, Quota, Revoke, Revoked,
};
pub use identity::{Identity, Machine};
pub use record::{Deed, Denied, DequeueReason, DeskNote, EndReason, Event, Note, Record, ReturnReason};
pub use row::{
    AssignmentRow, BorrowTerms, Change, ClockRow, DeskRow, GrantRow, GrantState, Keeping, Kept, LoginRow,
    PoolRow, PoolStanding, QuotaKind, QuotaRow, Row, RowKey, Same, SessionMark, SessionRow, Sharing,
    Standing, WaiterRow,
};
pub use rules::{NoRules, PoolTerms, Refusal, Rules};
pub use state::{Broken, Building, Counts, Fingerprint, State};
