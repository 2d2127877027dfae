//! The console over HTTP, as browsers and attackers speak to it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends where something is not as it must be"
)]

mod browser;
mod company;
mod forms;
mod host_pages;
mod matrix;
mod sessions;
mod set_up;
mod sign_in;
mod uploads;
mod wire;
