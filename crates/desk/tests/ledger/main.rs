//! The vendor's ledger: orders, ids, packs.

mod cases;
mod given;
mod orders;
mod packs;
mod random;
mod renewals;
mod setting;
mod split;
