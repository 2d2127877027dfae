//! License administration as rules over records.
//!
//! ```text
//!  who (Actor) ─┐
//!  command ─────┼─ Desk::decide ─▶ Decision: changes of rows, of assignments, packs to install ─▶ journal
//!  Context ─────┘        │                                                                          │
//!                     Refusal                    Desk::apply ◀──────── once they are durable ───────┘
//! ```
//!
//! This crate reads no file, socket or clock and makes no random number: time, keys and what the
//! license host serves are in the [`Context`]. The rules are in its README, each with its number.

#![warn(missing_docs)]

mod action;
mod actor;
mod addresses;
mod change;
mod check;
mod command;
mod context;
pub mod conversion;
mod decide;
mod decision;
mod desk;
mod hashed;
pub mod ledger;
pub mod limits;
mod links;
pub mod look;
mod model;
mod parts;
mod refusal;
mod retired;
mod table;
mod text;

pub use action::{Action, Need, Reach};
pub use actor::{Actor, Power, Powers};
pub use change::{BadRow, Change, Row, RowKey};
pub use command::Command;
pub use context::{Assigned, Context, Owned, Role};
pub use decide::{Answer, answer_file};
pub use decision::{Decision, Draft, Install, SeatChange};
pub use desk::Desk;
pub use model::*;
pub use parts::Stored;
pub use refusal::Refusal;
pub use retired::{LeftOut, leave_out_retired};
