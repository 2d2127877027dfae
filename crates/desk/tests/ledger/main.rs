//! The vendor's ledger: orders, ids, packs.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod cases;
mod given;
mod orders;
mod packs;
mod random;
mod renewals;
mod setting;
mod split;
#[path = "../support/mod.rs"]
mod support;
