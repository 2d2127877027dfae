//! FlexNet's debug log: `hh:mm:ss (daemon) message`, line by line.
//!
//! ```text
//!  bytes ──▶ Lines (bounded, any encoding) ──▶ read: time, daemon, what is said ──▶ Calendar: which day
//! ```
//!
//! Nothing here knows the rest of the command line, a clock or a time zone.

mod calendar;
mod event;
mod line;
mod lines;

pub(crate) use self::calendar::{Calendar, Moment};
pub(crate) use self::event::{Event, Kind};
pub(crate) use self::line::{Line, Says, base_name, read};
pub(crate) use self::lines::{LINE_BYTES_MAX, Lines, text};

#[cfg(test)]
mod tests;
