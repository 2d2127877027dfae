//! The web console: pages and a JSON API on the license desk and the license host.
//!
//! ```text
//!  browser ─▶ serve: connections, HTTP/1.1, limits ─▶ gate: host, origin, session, form, company, may ─▶ page
//!                                                                                    Host, Desk ◀─┘
//! ```
//!
//! It decides nothing: who may do what is the desk's, and what it shows it asks the [`Host`] for, which
//! the daemon is. Every address stands in one table of routes with the deed that it is, and the gate asks
//! the desk about that deed before a page hears of the request.

#![warn(missing_docs)]

mod api;
mod app;
mod assets;
mod gate;
mod host;
mod host_pages;
pub mod limits;
pub mod pages;
mod routes;
mod serve;
mod session;
mod settings;
mod sign;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod token;
mod web;

pub use app::App;
pub use host::{
    Audit, AuditLine, Chain, Denial, Done, Holder, Host, HostError, Later, Line, OptionsFile, Overview,
    PackCheck, Paged, Pool, Query, Tried, Usage, UsagePoint, Waiting,
};
pub use host_pages::can_reclaim;
pub use routes::{Kind, Route, routes};
pub use serve::serve;
pub use settings::{Clock, HashCost, Settings};
pub use web::{
    Fault, Fields, Lang, Layout, List, NavItem, Reply, Request, Upload, Visitor, encode, machine_time, time,
};
