//! Licenses move between hosts, and requests between desks: each desk is a [`setting::House`], and files
//! are carried between them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what a test writes down is right, or it fails"
)]

mod issue;
mod requests;
mod setting;
#[path = "../support/mod.rs"]
mod support;
mod surrender;
mod whole;
