//! Signing in and out, passwords, the first set-up, the company that one works for.

mod company;
mod hasher;
mod links;
mod password;
mod set_up;
mod signing;
mod throttle;

use desk::Action;

pub(crate) use hasher::Hasher;
pub(crate) use links::Links;
pub(crate) use password::first_link;
pub(crate) use throttle::Throttle;

use crate::Route;

/// Their routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/", Action::OwnSeats, signing::home),
        Route::get("/assets/{name}", Action::SignIn, signing::asset),
        Route::get("/sign-in", Action::SignIn, signing::page),
        Route::post("/sign-in", Action::SignIn, signing::sign_in).unbound(),
        Route::post("/sign-out", Action::SignIn, signing::sign_out).unbound(),
        Route::post("/language", Action::SignIn, signing::language).unbound(),
        Route::get("/set-up", Action::SignIn, set_up::page),
        Route::post("/set-up", Action::SignIn, set_up::set_up).unbound(),
        Route::get("/password", Action::ChangeOwn, password::own_page),
        Route::post("/password", Action::ChangeOwn, password::change_own),
        Route::get("/password/{token}", Action::SignIn, password::link_page),
        Route::post("/password/{token}", Action::SignIn, password::set_by_link).unbound(),
        Route::get("/password-links", Action::SetPassword, password::links_page),
        Route::post("/password-links", Action::SetPassword, password::make_link),
        Route::post("/people/password-link", Action::AddPerson, password::make_first_link),
        Route::get("/company", Action::ChooseCompany, company::page),
        Route::post("/company", Action::ChooseCompany, company::switch).unbound(),
        Route::post("/company/stay", Action::ChooseCompany, company::stay).unbound(),
        Route::post("/company/primary", Action::ChooseCompany, company::set_primary).unbound(),
    ]
}
