//! The desk's pages and the JSON API, over HTTP, on a license host that is made up and a desk that decides.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

mod api;
mod client;
mod deeds;
mod forms;
mod html;
mod matrix;
mod shown;
mod tabs;
