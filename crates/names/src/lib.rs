//! The words everyone shares: ids, counts, versions, dates, times, limits and denial codes.
//!
//! Every type here is checked when it is made, so the rest of the house can trust it. This crate
//! depends on nothing and must never read a clock, a file or a socket.

mod code;
mod count;
mod date;
mod email;
mod host;
mod id;
mod interface;
pub mod limits;
mod text;
mod time;
mod version;
mod workplace;

pub use code::Code;
pub use count::SeatCount;
pub use date::{Date, Expiry};
pub use email::Email;
pub use host::CpuId;
pub use id::{
    ConfigId, Feature, GrantId, PackNumber, PoolId, QuotaId, RequestId, Seq, SessionId, Vendor, WaiterId,
};
pub use interface::{Interface, host_ids};
pub use text::Word;
pub use time::{Millis, Mono, Now, Wall};
pub use version::{Version, VersionText};
pub use workplace::Workplace;

/// Why a text is not the word it was meant to be: what was wrong, in plain English.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// What the text should have been, for example `a feature name`.
    pub what: &'static str,
    /// What is wrong with it.
    pub why: String,
}

impl Invalid {
    /// That something is wrong with a text, and why.
    #[must_use]
    pub fn new(what: &'static str, why: impl Into<String>) -> Self {
        Self { what, why: why.into() }
    }
}

impl std::fmt::Display for Invalid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "not {}: {}", self.what, self.why)
    }
}

impl std::error::Error for Invalid {}
