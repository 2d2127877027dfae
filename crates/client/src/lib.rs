//! The Rust SDK: an application checks seats out of a license host and keeps them.
//!
//! ```no_run
//! # async fn example() -> Result<(), client::Error> {
//! use client::{CheckoutOptions, Client, Options, Servers, TrustPolicy};
//!
//! // The vendor's public key is a constant of the application.
//! let trust = TrustPolicy::vendor("acmed", "tYqbFw3y7bKMDrAyU0mb4bLFMWz1cQdFPkNlkgzzc5Y=")?;
//! let servers = Servers::from_environment(Some("acmed"))?;
//! let client = Client::connect(&servers, Options::new(trust)).await?;
//! let seat = client.checkout(CheckoutOptions::new("mill", "4.0")).await?;
//! // ... work; heartbeats go by themselves; `seat.state()` tells when the seat is in danger ...
//! seat.checkin().await?;
//! client.close().await
//! # }
//! ```
//!
//! One task owns the session's stream. A lost connection is made again and the session resumed; the
//! application hears of it by [`Client::state`] and [`Seat::state`]:
//!
//! ```text
//!            answered heartbeat                 another server, or the same one again
//!   Safe ───────────────────────▶ Safe            ┌──────────────▶ Safe
//!    │  no answer for 0.9 of the time-out         │
//!    └──────────────────────────────────────▶ Jeopardy
//!                                                 │  no server for the grace
//!                                                 └──────────────▶ Expired (final)
//! ```
//!
//! A lease is counted from when the heartbeat was *sent*, on a clock that goes on while the machine
//! sleeps, so a client gives up before its server gives its seats away. This crate never blocks a
//! thread, and takes no seat again on its own unless [`Options::reacquire`] asks for it.

#![warn(missing_docs)]

mod boot;
mod client;
mod core;
mod dial;
mod driver;
mod error;
mod find;
pub mod hostid;
mod identity;
mod probe;
mod seat;
mod servers;
mod shown;
mod standing;
mod status;
mod token;
mod trust;

pub use client::{CheckoutOptions, Client, Options, State, TokenFolder};
pub use error::{Error, Tried};
pub use identity::Identity;
pub use seat::{Seat, SeatState};
pub use servers::{Server, Servers};
pub use shown::shown;
pub use status::{StatusQuery, status};
pub use trust::TrustPolicy;
