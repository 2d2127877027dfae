//! The desk's pages and the JSON API, over HTTP, on a license host that is made up and a desk that decides.

mod api;
mod client;
mod forms;
mod html;
mod matrix;
mod shown;
mod tabs;
