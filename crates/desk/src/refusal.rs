//! Why a command is not done.

use std::fmt;

/// Why not, and what to do about it. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Who asks may not; they are told whom to ask (rule W5).
    Forbidden {
        /// What they lack, in words: `the Licensing privilege`.
        need: String,
        /// Whom to ask: the company's supervisors by name, or the vendor's support.
        ask: String,
    },
    /// Nobody is signed in.
    SignedOut,
    /// What is named is not there, or not for who asks.
    NotFound(String),
    /// What is given is wrong: which field, why, and what would be right.
    Invalid {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// A rule forbids it.
    Rule {
        /// The rule's number in the README: `1` to `4` of configuration ids, `T3`, `W7` …
        rule: &'static str,
        /// What is against it, with both places where there are two.
        why: String,
    },
    /// It was changed by somebody else meanwhile: load it again (an optimistic version, or the company
    /// that another tab switched).
    Conflict(String),
    /// There is no room: a limit, and which.
    Limit(String),
}

impl Refusal {
    /// A field that is wrong.
    pub fn invalid(field: &'static str, why: impl fmt::Display) -> Self {
        Self::Invalid { field, why: why.to_string() }
    }

    /// A rule that forbids it.
    pub fn rule(rule: &'static str, why: impl fmt::Display) -> Self {
        Self::Rule { rule, why: why.to_string() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forbidden { need, ask } => write!(f, "this needs {need}; ask {ask}"),
            Self::SignedOut => f.write_str("sign in first"),
            Self::NotFound(what) => write!(f, "{what}: there is none, or none that you may see"),
            Self::Invalid { field, why } => write!(f, "{field}: {why}"),
            Self::Rule { rule, why } => write!(f, "rule {rule}: {why}"),
            Self::Conflict(why) => write!(f, "{why}; load it again, nothing was changed"),
            Self::Limit(why) => write!(f, "{why}; nothing was changed"),
        }
    }
}

impl std::error::Error for Refusal {}
