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
//! A checkout may wait in line ([`CheckoutOptions::queue`]); [`Client::begin_checkout`] tells its place. A
//! seat that is taken away is told ([`SeatState::Revoked`]) and goes back by itself; colleagues who wait
//! are heard of by [`Client::colleagues`]. Seats that are taken offline ([`Client::borrow`]) have leases on
//! the workstation ([`Leases`]) and open without a network.
//!
//! A lease is counted from when the heartbeat was *sent*, on a clock that goes on while the machine
//! sleeps, so a client gives up before its server gives its seats away. This crate never blocks a
//! thread, and takes no seat again on its own unless [`Options::reacquire`] asks for it.

#![warn(missing_docs)]

mod admin;
mod booking;
mod boot;
mod borrowed;
mod client;
mod colleague;
mod core;
mod desk;
mod dial;
mod driver;
mod error;
mod explain;
mod find;
mod folder;
pub mod hostid;
mod identity;
mod leases;
mod licenses;
mod login;
mod machine;
mod options;
mod paths;
mod probe;
mod seat;
mod servers;
mod shown;
mod standing;
mod status;
mod token;
mod trust;
mod waiting;

pub use admin::{Admin, Events};
pub use booking::Booking;
pub use borrowed::Borrowed;
pub use client::{Client, State};
pub use colleague::{Colleague, Colleagues};
pub use desk::Desk;
pub use error::{Error, Tried};
pub use explain::explain;
pub use identity::Identity;
pub use leases::{GivenUp, Kept, Leases, Listing};
pub use licenses::{LicenseFile, licenses};
pub use login::Login;
pub use machine::Machine;
pub use options::{CheckoutOptions, Options, TokenFolder};
pub use paths::ServerPaths;
pub use seat::{Seat, SeatState};
pub use servers::{Server, Servers};
pub use shown::shown;
pub use status::{StatusQuery, status};
pub use trust::TrustPolicy;
pub use waiting::{Place, Progress, Waiting};
