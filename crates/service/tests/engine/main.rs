//! The engine on a clock that a test moves: time-outs, holds, restarts, dates.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what a test writes down is right, or it fails")]

mod asks;
mod clock;
mod crowd;
mod dates;
mod foreseen;
mod host;
mod kept;
mod line;
mod named;
mod policy;
mod pools;
mod rereads;
mod restart;
mod set_back;

mod timeouts;
