//! The web console: pages and a JSON API on the license desk and the license host.
//!
//! It decides nothing: who may do what is the desk's, and what it shows it asks the [`Host`] for, which
//! the daemon is.

#![warn(missing_docs)]

mod host;

pub use host::{
    AuditLine, Denial, Done, Holder, Host, HostError, Later, Line, OptionsFile, PackCheck, Paged, Pool,
    Query, Tried, Usage, UsagePoint, Waiting,
};
