//! The license host's pages.

mod about;
mod live;

use desk::Action;

use crate::Route;

/// Their routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/live", Action::OwnSeats, live::stream),
        Route::get("/about", Action::SignIn, about::page),
    ]
}
