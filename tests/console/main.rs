//! The console of the real daemon in a browser, as people use it: from the first set-up to a seat that is taken
//! back, a license that moves to another host with the files carried by hand, and an estate that is converted.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

#[path = "../support/browser/mod.rs"]
mod browser;
mod conversion;
#[path = "../hostile/mod.rs"]
mod hostile;
mod moving;
mod seats;
mod served;
#[path = "../support/mod.rs"]
mod support;
