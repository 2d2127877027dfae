//! The desk's pages: what each shows, and which command its forms make.
//!
//! A page is an `Entry`: its method, address and deed, and what it does. Pages are made of parts that one
//! template shows; what a form does is decided by the desk, behind [`Host::act`](crate::Host::act).

pub(crate) mod calendar;
pub(crate) mod fields;
mod german;
pub(crate) mod list;
pub(crate) mod page;
pub(crate) mod render;
pub(crate) mod words;

mod answer;
mod asked;
mod once;

mod cases;
mod companies;
mod conversion;
mod find;
mod issuing;
mod licenses;
mod moves;
mod orders;
mod packs;
mod people;
mod report;
mod run;
mod seats;
mod staff;
mod token;
mod users;
pub(crate) mod views;

use desk::{Action, Command, Refusal};

use crate::host::{Done, Later};
use crate::{Fault, Reply, Request, Route};
pub(crate) use asked::Asked;
pub(crate) use cases::file as case_file;
pub(crate) use german::german;
pub(crate) use packs::{download as pack_file, install_command};
use page::{Link, Page};
pub(crate) use report::reminders_ics as reminders_file;

/// Pages to go to, in their order, and what one must be allowed to see each.
pub(crate) const NAV: &[(&str, &str, Action)] = &[
    ("/licenses", "My Licenses", Action::SeeLicenses),
    ("/users", "User Management", Action::SeeLicense),
    ("/my-seats", "My seats", Action::OwnSeats),
    ("/cases", "Cases", Action::SeeCase),
    ("/orders", "Orders", Action::Order),
    ("/packs", "License packs", Action::SeePacks),
    ("/moves", "Moves", Action::Surrender),
    ("/report", "Customer Detail Report", Action::CustomerReport),
    ("/usage", "Usage of the company", Action::SeeUsage),
    ("/conversion", "Conversion", Action::PreviewConversion),
    ("/people", "People", Action::SeePeople),
    ("/contact", "Address and contact", Action::ChangeContact),
    ("/companies", "Companies", Action::SeeCompanies),
    ("/staff", "Staff", Action::SetStaff),
    ("/find", "Find", Action::Find),
];

/// All routes of pages and of the API.
pub(crate) fn routes() -> Vec<Route> {
    let once = std::sync::Arc::new(once::Once::default());
    let pages = entries().map(|entry| {
        let once = std::sync::Arc::clone(&once);
        let handler = move |request: Request| {
            let once = std::sync::Arc::clone(&once);
            async move { answer::answer(entry, request, &once).await as Result<Reply, Fault> }
        };
        let route = match entry.method {
            Method::Get => Route::get(entry.path, entry.action, handler),
            Method::Post => Route::post(entry.path, entry.action, handler),
        };
        if entry.has_files { route.with_files() } else { route }
    });
    pages.chain(crate::api::routes()).collect()
}

/// How a page is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// It only shows.
    Get,
    /// It changes something, or takes more than an address holds.
    Post,
}

/// What a request gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// A page.
    Page(Page),
    /// A file to keep.
    File {
        /// Its name: letters, digits, `.`, `-`, `_`.
        name: String,
        /// Its type.
        kind: &'static str,
        /// What is in it.
        text: String,
    },
}

/// What a page or form answers.
pub(crate) type Answered = Result<Answer, Refusal>;

/// What a route does.
#[derive(Clone, Copy)]
pub(crate) enum Does {
    /// It shows what is known.
    Shows(fn(&Asked) -> Answered),
    /// It shows what takes a while; a form that changes nothing.
    Asks {
        /// What it answers.
        answers: for<'a> fn(&'a Asked) -> Later<'a, Answered>,
        /// The page that its form is on.
        from: fn(&Asked) -> Answered,
    },
    /// Its form makes a command.
    Acts {
        /// The command.
        makes: fn(&Asked) -> Result<Command, Refusal>,
        /// The page that its form is on, which is shown again where the command is refused.
        from: fn(&Asked) -> Answered,
        /// Where to go on when it is done.
        on: fn(&Asked, &Done) -> Vec<Link>,
    },
    /// Its form does something that is no plain command.
    Works {
        /// What it does.
        answers: for<'a> fn(&'a Asked) -> Later<'a, Answered>,
        /// The page that its form is on.
        from: fn(&Asked) -> Answered,
    },
}

impl std::fmt::Debug for Does {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Shows(_) => "Shows",
            Self::Asks { .. } => "Asks",
            Self::Acts { .. } => "Acts",
            Self::Works { .. } => "Works",
        })
    }
}

/// A page or the target of a form.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    /// How it is asked for.
    pub(crate) method: Method,
    /// Its address; `{name}` stands for a part that is a field.
    pub(crate) path: &'static str,
    /// The deed that it is.
    pub(crate) action: Action,
    /// What it does.
    pub(crate) does: Does,
    /// Its form may have files.
    pub(crate) has_files: bool,
}

impl Entry {
    /// The same of a form with files.
    pub(crate) const fn with_files(mut self) -> Self {
        self.has_files = true;
        self
    }
}

/// A page.
pub(crate) const fn shows(path: &'static str, action: Action, page: fn(&Asked) -> Answered) -> Entry {
    Entry { method: Method::Get, path, action, does: Does::Shows(page), has_files: false }
}

/// A form that makes a command.
pub(crate) const fn acts(
    path: &'static str,
    action: Action,
    makes: fn(&Asked) -> Result<Command, Refusal>,
    from: fn(&Asked) -> Answered,
    on: fn(&Asked, &Done) -> Vec<Link>,
) -> Entry {
    Entry { method: Method::Post, path, action, does: Does::Acts { makes, from, on }, has_files: false }
}

/// A form that asks and changes nothing.
pub(crate) const fn asks(
    path: &'static str,
    action: Action,
    answers: for<'a> fn(&'a Asked) -> Later<'a, Answered>,
    from: fn(&Asked) -> Answered,
) -> Entry {
    Entry { method: Method::Post, path, action, does: Does::Asks { answers, from }, has_files: false }
}

/// All pages and forms of the desk.
pub(crate) fn entries() -> impl Iterator<Item = &'static Entry> {
    [
        licenses::ROUTES,
        users::ROUTES,
        seats::ROUTES,
        people::ROUTES,
        packs::ROUTES,
        moves::ROUTES,
        cases::ROUTES,
        orders::ROUTES,
        issuing::ROUTES,
        conversion::ROUTES,
        find::ROUTES,
        report::ROUTES,
        companies::ROUTES,
        staff::ROUTES,
        token::ROUTES,
    ]
    .into_iter()
    .flatten()
}
