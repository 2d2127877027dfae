//! Numbers that people read out to each other.

use std::fmt;
use std::sync::Arc;

use names::Invalid;

use crate::limits;

macro_rules! number {
    ($(#[doc = $doc:literal])* $name:ident, $what:literal, $max:expr) => {
        $(#[doc = $doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks one: letters, digits, `-`, `.` and `_`, beginning with a letter or digit.
            ///
            /// # Errors
            /// What is wrong with it.
            pub fn new(text: &str) -> Result<Self, Invalid> {
                let is_good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
                if text.is_empty() || text.len() > $max {
                    return Err(Invalid::new($what, format!("it must have 1 to {} characters", $max)));
                }
                if !text.starts_with(|c: char| c.is_ascii_alphanumeric()) || !text.chars().all(is_good) {
                    return Err(Invalid::new($what, "it may have letters, digits, `-`, `.` and `_`, and begins with a letter or digit"));
                }
                Ok(Self(text.into()))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

number! {
    /// A company's customer number, as the vendor gave it.
    CustomerNumber, "a customer number", limits::CUSTOMER_CHARS_MAX
}
number! {
    /// A case's number: `V-1001` of a vendor's desk, `S-1001` of a site's.
    CaseNumber, "a case number", limits::NUMBER_CHARS_MAX
}
