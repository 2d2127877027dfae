//! Options files: text to rules, and who may use which pool.
//!
//! ```text
//!  bytes ─ parse (lines, keywords, spans) ─ OptionsFile ─┐
//!                              diagnostics ◀─┘           ├─ Policy::add ─▶ Policy ─ allows(who, pool)
//!  entitlements, and the license text they came from ────┘
//! ```
//!
//! This crate reads no file, socket or clock. The grammar, the meaning and the rulings are in its
//! README.

#![warn(missing_docs)]

mod address;
mod attributes;
mod compile;
mod feature;
mod index;
mod keyword;
mod lexer;
pub mod limits;
mod lint;
mod options;
mod parse;
mod policy;

pub use address::{Pattern, plain_address};
pub use feature::{FeatureSpec, Key, Modifier};
pub use index::Asker;
pub use keyword::{Effect, Keyword};
pub use lint::{Against, lint};
pub use options::{FqdnMatching, Kind, Line, OptionsFile, What, Who};
pub use parse::parse;
pub use policy::{Policy, Refusal};
