//! Packs from end to end: signed, altered, loaded, and what is said about them.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod altered;
mod anything;
mod bytes;
mod cases;
mod conformance;
mod desk;
mod examples;
mod forms;
mod found;
mod golden;
mod grammar;
mod keys;
mod meaning;
mod pieces;
mod resolve;
mod served;
mod signing;
