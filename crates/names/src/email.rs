//! The address that a person is known by.

use std::fmt;
use std::sync::Arc;

use crate::{Invalid, limits};

/// An e-mail address, which is a person's name for named seats: in lower case, so one person has one
/// spelling.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Email(Arc<str>);

impl Email {
    /// Checks an address: something, one `@`, and a domain; no blanks or hidden characters, at most
    /// [`limits::EMAIL_CHARS_MAX`] characters.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(text: &str) -> Result<Self, Invalid> {
        let bad = |why: String| Err(Invalid::new("an e-mail address", why));
        if text.len() > limits::EMAIL_CHARS_MAX {
            return bad(format!("it has more than {} characters", limits::EMAIL_CHARS_MAX));
        }
        let allowed =
            |c: char| c.is_ascii_graphic() && !matches!(c, '"' | ',' | ';' | '<' | '>' | '(' | ')' | '\\');
        if let Some(c) = text.chars().find(|c| !allowed(*c)) {
            return bad(format!("it has the character {c:?}"));
        }
        match text.split_once('@') {
            Some((local, domain)) if !local.is_empty() && is_domain(domain) => {
                Ok(Self(text.to_ascii_lowercase().into()))
            }
            _ => bad("it must be name@domain".into()),
        }
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_domain(text: &str) -> bool {
    !text.is_empty()
        && text
            .split('.')
            .all(|label| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_name_and_a_domain_in_one_spelling() {
        assert_eq!(Email::new("Kim@Example.NET").unwrap().as_str(), "kim@example.net");
        for bad in [
            "",
            "kim",
            "@example.net",
            "kim@",
            "kim@a..b",
            "kim@a b",
            "a@b@c",
            "kim@é.net",
            "<k@a.b>",
            "a;b@c.d",
        ] {
            assert!(Email::new(bad).is_err(), "{bad:?}");
        }
        assert!(Email::new(&format!("{}@a.b", "x".repeat(250))).is_ok());
        assert!(Email::new(&format!("{}@a.b", "x".repeat(251))).is_err());
    }
}
