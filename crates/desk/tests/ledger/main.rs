//! The vendor's ledger: orders, ids, packs.

mod setting;
mod split;
