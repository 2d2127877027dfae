//! The desk's pages and the JSON API.

use desk::Action;

use crate::Route;

/// Their pages to go to.
pub(crate) const NAV: &[(&str, &str, Action)] = &[];

/// Their routes.
pub(crate) fn routes() -> Vec<Route> {
    Vec::new()
}
