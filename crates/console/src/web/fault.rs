//! Why a page is not shown, and the page that says so. None tells a version or a path.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use desk::Refusal;

use super::{Layout, Reply, Visitor};
use crate::{App, HostError};

/// Why a request is not answered as asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The desk refuses it.
    Refused(Refusal),
    /// The host could not do it.
    Host(String),
    /// There is no such page.
    NotFound,
    /// It is not asked for so.
    BadMethod,
    /// It cannot be read.
    BadRequest,
    /// A form that is not of this session, or of another site.
    NotOurs,
    /// It is asked of a host by another name.
    Misdirected,
    /// Too long, or too many.
    TooMuch,
    /// A form of another kind than browsers send.
    BadType,
    /// Another tab switched to another company; the page was made for this one.
    Switched {
        /// The company that the page was made for, as its form says.
        page: String,
        /// The company that the session works for.
        active: String,
    },
    /// Too many tries; again after so many seconds.
    TooOften(u64),
    /// Too much to do; again in a moment.
    Busy,
    /// It failed, by an error of the program.
    Broken,
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<HostError> for Fault {
    fn from(error: HostError) -> Self {
        Self::Host(error.0)
    }
}

impl Fault {
    /// A field that is wrong.
    pub fn invalid(field: &'static str, why: impl std::fmt::Display) -> Self {
        Self::Refused(Refusal::invalid(field, why))
    }

    /// What is not there, in words.
    pub fn missing(what: impl Into<String>) -> Self {
        Self::Refused(Refusal::NotFound(what.into()))
    }

    /// The status of its answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Refused(refusal) => match refusal {
                Refusal::Forbidden { .. } => StatusCode::FORBIDDEN,
                Refusal::SignedOut => StatusCode::UNAUTHORIZED,
                Refusal::NotFound(_) => StatusCode::NOT_FOUND,
                Refusal::Invalid { .. } | Refusal::Rule { .. } | Refusal::Limit(_) => {
                    StatusCode::UNPROCESSABLE_ENTITY
                }
                Refusal::Conflict(_) => StatusCode::CONFLICT,
            },
            Self::Host(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::BadMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::NotOurs => StatusCode::FORBIDDEN,
            Self::BadType => StatusCode::FORBIDDEN,
            Self::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            Self::TooMuch => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Switched { .. } => StatusCode::CONFLICT,
            Self::TooOften(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// One word for what it is, for programs.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => match refusal {
                Refusal::Forbidden { .. } => "forbidden",
                Refusal::SignedOut => "signed-out",
                Refusal::NotFound(_) => "not-found",
                Refusal::Invalid { .. } => "invalid",
                Refusal::Rule { .. } => "rule",
                Refusal::Conflict(_) => "conflict",
                Refusal::Limit(_) => "limit",
            },
            Self::Host(_) => "host",
            Self::NotFound => "not-found",
            Self::BadMethod => "bad-method",
            Self::BadRequest => "bad-request",
            Self::NotOurs => "not-ours",
            Self::Misdirected => "misdirected",
            Self::TooMuch => "too-much",
            Self::BadType => "bad-type",
            Self::Switched { .. } => "conflict",
            Self::TooOften(_) => "too-often",
            Self::Busy => "busy",
            Self::Broken => "broken",
        }
    }

    /// What its page is called.
    #[must_use]
    pub fn title(&self) -> &'static str {
        match self {
            Self::Refused(Refusal::Forbidden { .. }) => "You may not do this",
            Self::Refused(Refusal::SignedOut) => "Sign in first",
            Self::Refused(Refusal::NotFound(_)) | Self::NotFound => "There is no such page",
            Self::Refused(Refusal::Conflict(_)) => "Somebody else changed it",
            Self::Refused(_) => "This cannot be done",
            Self::Host(_) => "The license host could not do it",
            Self::BadMethod | Self::BadRequest | Self::BadType => "This request cannot be read",
            Self::NotOurs => "This form is not of your session",
            Self::Misdirected => "This address is not the console's",
            Self::TooMuch => "This is too much",
            Self::Switched { .. } => "Another tab switched to another company",
            Self::TooOften(_) => "Too many tries",
            Self::Busy => "Too much to do",
            Self::Broken => "Something went wrong",
        }
    }

    /// What is to be told, in a sentence.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::Refused(refusal) => refusal.to_string(),
            Self::Host(why) => why.clone(),
            Self::NotFound => "Look for it in the list of pages.".into(),
            Self::BadMethod | Self::BadRequest | Self::BadType => "Nothing was changed.".into(),
            Self::NotOurs => {
                "It was made before you signed in, or on another site. Load the page again; nothing was changed."
                    .into()
            }
            Self::Misdirected => "Use the address that its administrator gave you.".into(),
            Self::TooMuch => "The form or file is longer than is taken; nothing was changed.".into(),
            Self::Switched { page, active } => format!(
                "This page was made for {page}, and another tab switched to {active}. Nothing was changed."
            ),
            Self::TooOften(seconds) => format!("Try again in {seconds} seconds."),
            Self::Busy => "Try again in a moment; nothing was changed.".into(),
            Self::Broken => "Nothing more is known here; the host's log has it.".into(),
        }
    }
}

#[derive(Debug, Template)]
#[template(path = "fault.html")]
struct Page<'a> {
    layout: Layout,
    fault: &'a Fault,
    need: Option<&'a str>,
    ask: Option<&'a str>,
    is_switched: bool,
}

/// The page that says it.
pub(crate) fn page(app: &App, visitor: &Visitor, path: &str, fault: &Fault) -> Response {
    let layout = Layout::new(app, visitor, path, fault.title());
    let (need, ask) = match fault {
        Fault::Refused(Refusal::Forbidden { need, ask }) => (Some(need.as_str()), Some(ask.as_str())),
        _ => (None, None),
    };
    let is_switched = matches!(fault, Fault::Switched { .. });
    let Reply(mut response) = Reply::page(&Page { layout, fault, need, ask, is_switched });
    *response.status_mut() = fault.status();
    if let Fault::TooOften(seconds) = fault {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(*seconds));
    }
    response
}
