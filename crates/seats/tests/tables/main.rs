//! Seat accounting as tables: one line an event, the expected answer last.

mod floating;
mod limits;
mod locked;
mod requests;
mod reread;
mod script;
mod sessions;
