//! Views of the desk: what pages, calls and reports show, within what somebody may see.

mod csv;
mod find;
mod ics;
pub(crate) mod index;
mod licenses;
mod link;
mod packs;
mod reminders;
mod report;
mod seats;

pub use csv::csv;
pub use find::{Found, Hit, HitKind};
pub use ics::ics;
pub use licenses::License;
pub(crate) use licenses::counting;
pub use link::Link;
pub use reminders::{EndKind, Ends, REMIND_DAYS, Reminder, Way};
pub use report::ReportRow;
pub use seats::OwnSeat;
