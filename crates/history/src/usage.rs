//! The usage history: every event a row of a Parquet file, which `seatkeeper report`, DuckDB and pandas read as
//! it is. `README.md` has the columns, the names of the files and what a crash leaves.
//!
//! ```text
//!  take ─▶ a table in memory ─▶ part (65,536 rows, or after seal_ms) ─▶ merged parts ─▶ one file a day
//! ```
//!
//! A file is whole or not there: it is written under another name, flushed, and renamed. Its name says which
//! events are in it, so the last of the newest file is where the history stands; there is no other state.

mod columns;
mod error;
mod folder;
mod mark;
mod merge;
mod pages;
mod past;
mod read;
mod row;
mod sink;
mod switch;
mod table;
#[cfg(test)]
mod tests;
mod write;

pub use columns::{Num, Text, VERSION};
pub use error::HistoryError;
pub use folder::{Folder, UsageFile};
pub use merge::{Bounds, tidy};
pub use read::{Group, Reader};
pub use sink::{Settings, UsageSink};
pub use table::{NONE, Table, Texts};
pub use write::{ROWS_PER_GROUP, write};
