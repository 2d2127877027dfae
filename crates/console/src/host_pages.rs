//! The license host's pages.

mod about;
mod chart;
mod heat;
mod lists;
mod live;
mod options;
mod overview;
mod seats;
mod usage;

use desk::Action;

use crate::Route;

pub use seats::can_reclaim;

/// Their routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/live", Action::OwnSeats, live::stream),
        Route::get("/about", Action::SignIn, about::page),
        Route::get("/overview", Action::SeeHost, overview::page),
        Route::post("/reread", Action::Reread, overview::reread),
        Route::get("/seats", Action::SeeHost, seats::page),
        Route::get("/seats/reclaim/{grant}", Action::Reclaim, seats::confirm),
        Route::post("/seats/reclaim/{grant}", Action::Reclaim, seats::reclaim),
        Route::get("/queue", Action::SeeHost, lists::queue),
        Route::get("/denials", Action::SeeHost, lists::denials),
        Route::get("/audit", Action::SeeAudit, lists::audit),
        Route::get("/host-usage", Action::SeeHost, usage::of_host),
        Route::get("/usage", Action::SeeUsage, usage::of_company),
        Route::get("/options", Action::SeeOptions, options::page),
        Route::post("/options/check", Action::SeeOptions, options::check),
        Route::post("/options/try", Action::SeeOptions, options::try_it),
        Route::post("/options/save", Action::SaveOptions, options::save),
    ]
}
