//! Options files: text to rules, and who may use which pool.
//!
//! ```text
//!  bytes ─ parse (lines, keywords, spans) ─ OptionsFile ─┐            ┌─ terms(who, feature)
//!                              diagnostics ◀─┘           ├─ Policy ───┼─ quotas(pools): RESERVE, MAX
//!  entitlements, and the license text they came from ────┘            ├─ pool_options(pool)
//!                                                                     └─ vendors()
//! ```
//!
//! This crate reads no file, socket or clock. The grammar, the meaning and the rulings are in its
//! README.

#![warn(missing_docs)]

mod address;
mod attributes;
mod compile;
mod counted;
mod diff;
mod feature;
mod index;
mod judge;
mod keyword;
mod lexer;
pub mod limits;
mod lint;
mod listed;
mod lists;
mod numbers;
mod options;
mod parse;
mod policy;
mod vendor;

pub use address::{Pattern, plain_address};
pub use compile::capacities;
pub use counted::{QuotaKind, QuotaRule};
pub use diff::{Change, Changed, diff};
pub use feature::{FeatureSpec, Key, Modifier};
pub use index::Asker;
pub use keyword::{Effect, Keyword};
pub use lint::{Against, lint};
pub use numbers::PoolOptions;
pub use options::{FqdnMatching, Kind, Line, OptionsFile, What, Who};
pub use parse::parse;
pub use policy::{Policy, Refusal, Terms};
pub use vendor::{DebugLog, Event, ReportLog, VendorOptions};
