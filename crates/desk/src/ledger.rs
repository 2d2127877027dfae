//! The vendor's ledger: what is ordered becomes configurations with ids, by rules 1 to 4.
//!
//! An order cannot break a rule: it is split into as many ids as the rules need. Only what is wanted under a
//! *given* id can be against one, and is refused with both places.

mod allocate;
mod check;
mod issue;
mod key;
mod lines;
mod pack;
mod prove;
mod renew;
mod text;

pub(crate) use allocate::reserve;
pub(crate) use check::{fitting, number};
pub(crate) use issue::vendor;
pub use issue::{Added, Issued, Part, issue, split};
pub use pack::{host_key, pack};
pub(crate) use pack::{host_keys, packs, signer};
pub(crate) use renew::{has, renew};
