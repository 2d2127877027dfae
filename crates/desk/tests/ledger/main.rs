//! The vendor's ledger: orders, ids, packs.

mod cases;
mod setting;
mod split;
