//! What every page has: title, pages to go to, company, language, support.

use desk::Action;

use super::{Lang, Visitor};
use crate::{App, assets};

/// A page to go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NavItem {
    /// Its path.
    pub path: &'static str,
    /// What it is called.
    pub label: &'static str,
    /// It is the page that is shown, or one below it.
    pub is_here: bool,
}

/// The pages to go to, in their order, and what one must be allowed to see each.
pub(crate) const NAV: &[(&str, &str, Action)] = &[
    ("/overview", "Overview", Action::SeeHost),
    ("/seats", "Live seats", Action::SeeHost),
    ("/queue", "Queue", Action::SeeHost),
    ("/denials", "Denials", Action::SeeHost),
    ("/host-usage", "Usage", Action::SeeHost),
    ("/options", "Options", Action::SeeOptions),
    ("/audit", "Audit", Action::SeeAudit),
    ("/password-links", "Password links", Action::SetPassword),
];

/// What every page has.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The page's title.
    pub title: String,
    /// Its path.
    pub path: String,
    /// The page to go back to after a choice of company or language.
    pub back: String,
    /// Its language.
    pub lang: Lang,
    /// Pages to go to.
    pub nav: Vec<NavItem>,
    /// Who is signed in.
    pub who: Option<String>,
    /// The company that the page is bound to: its number and name.
    pub company: Option<(String, String)>,
    /// The primary company, where the page is bound to another one.
    pub primary: Option<String>,
    /// Whether it is asked which of the two it is to be.
    pub asks_company: bool,
    /// One may switch to other companies.
    pub has_companies: bool,
    /// What is to be said first.
    pub said: Vec<String>,
    /// The vendor's support.
    pub support: String,
    /// The support as a link, where it is one.
    pub support_link: Option<String>,
    /// What the page's forms carry.
    pub csrf: String,
    /// The host's number of changes that the page knows of; the stream's first number is held against it.
    pub change: u64,
}

impl Layout {
    pub(crate) fn new(app: &App, visitor: &Visitor, path: &str, title: &str) -> Self {
        let desk = &visitor.desk;
        let company = visitor.company().map(|number| {
            (number.to_string(), desk.company(number).map(|row| row.name.clone()).unwrap_or_default())
        });
        let primary = visitor.primary().filter(|primary| Some(*primary) != visitor.company());
        let primary = primary.filter(|_| company.is_some()).map(ToString::to_string);
        let support = app.host.support();
        Self {
            title: visitor.lang.t(title).to_owned(),
            path: path.to_owned(),
            back: visitor.back.clone(),
            lang: visitor.lang,
            nav: nav(visitor, path),
            who: visitor.person().map(|person| person.shown().to_owned()),
            company,
            asks_company: primary.is_some() && !visitor.has_stayed,
            primary,
            has_companies: visitor.email().is_some_and(|email| desk.companies_of(email).nth(1).is_some()),
            said: visitor.said.clone(),
            support_link: support_link(&support),
            support,
            csrf: visitor.csrf.clone(),
            change: visitor.change,
        }
    }

    /// What every form carries: the session's word, and the company that the page is bound to. It has no
    /// character that HTML would read.
    #[must_use]
    pub fn bound(&self) -> String {
        let company = self.company.as_ref().map_or("", |(number, _)| number.as_str());
        format!(
            "<input type=\"hidden\" name=\"_csrf\" value=\"{}\"><input type=\"hidden\" name=\"_company\" value=\"{company}\">",
            self.csrf
        )
    }

    /// The version of what a form changes.
    #[must_use]
    pub fn version(&self, version: &u64) -> String {
        format!("<input type=\"hidden\" name=\"version\" value=\"{version}\">")
    }

    /// A text in the page's language.
    #[must_use]
    pub fn t<'a>(&self, text: &'a str) -> &'a str {
        self.lang.t(text)
    }

    /// All languages.
    #[must_use]
    pub fn languages(&self) -> [Lang; 2] {
        Lang::ALL
    }

    /// Where the style sheet is.
    #[must_use]
    pub fn style(&self) -> &'static str {
        assets::path("console.css")
    }

    /// Where the script is.
    #[must_use]
    pub fn script(&self) -> &'static str {
        assets::path("console.js")
    }

    /// Where the icon is.
    #[must_use]
    pub fn icon(&self) -> &'static str {
        assets::path("icon.svg")
    }
}

fn nav(visitor: &Visitor, path: &str) -> Vec<NavItem> {
    let is_here = |at: &str| path == at || path.strip_prefix(at).is_some_and(|rest| rest.starts_with('/'));
    let may = |(_, _, action): &&(&str, &str, Action)| visitor.may(*action);
    let all = NAV.iter().chain(crate::pages::NAV);
    all.filter(may).map(|(path, label, _)| NavItem { path, label, is_here: is_here(path) }).collect()
}

/// The support's address as a link: a web address or an e-mail; nothing else becomes one.
fn support_link(support: &str) -> Option<String> {
    if support.starts_with("https://") || support.starts_with("http://") {
        return Some(support.to_owned());
    }
    names::Email::new(support).ok().map(|email| format!("mailto:{email}"))
}
