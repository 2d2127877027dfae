//! Conversion: an estate of serial and install numbers becomes Configuration IDs.
//!
//! ```text
//! CSV ─ table (lines, cells) ─ row (each by itself) ─ check (rows with each other and with the ledger)
//!     ─ plan (one configuration a key, rules 1 to 4) ─ ledger::issue ─ preview ─ report
//! ```
//!
//! The preview is a conversion that is thrown away, so the conversion gives what it showed. The format is
//! in `CONVERSION.md`.

mod check;
mod convert;
mod files;
mod finding;
mod identity;
mod plan;
mod preview;
mod report;
mod row;
mod side;
mod table;

#[cfg(test)]
mod tests;

pub use finding::{Finding, Findings};
pub use preview::{Preview, preview};
pub use report::{prior_date, prior_to};
pub use side::{NewId, OldItem, SideBySide};
pub use table::COLUMNS;

pub(crate) use convert::{convert, request};
