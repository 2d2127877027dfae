//! Seat accounting as tables: one line an event, the expected answer last.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what a test writes down is right, or it fails")]

mod bars;
mod floating;
mod limits;
mod locked;
mod random;
mod requests;
mod reread;
mod script;
mod sessions;
