//! Seat accounting as tables: one line an event, the expected answer last.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what a test writes down is right, or it fails")]

mod bars;
mod book;
mod borrow;
mod clock;
mod desk;
mod floating;
mod limits;
mod line;
mod linger;
mod locked;
mod named;
mod quotas;
mod random;
mod requests;
mod reread;
mod revoke;
mod script;
mod sessions;
mod share;
