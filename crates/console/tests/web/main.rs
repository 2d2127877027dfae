//! The console over HTTP, as browsers and attackers speak to it.

mod browser;
mod company;
mod forms;
mod host_pages;
mod matrix;
mod sessions;
mod set_up;
mod sign_in;
mod wire;
