//! Companies, people, and what people may do for companies.

use names::{Email, Wall};
use serde::{Deserialize, Serialize};

use super::CustomerNumber;
use crate::text;

/// A company: a customer of the vendor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Company {
    /// Its customer number.
    #[serde(with = "text")]
    pub number: CustomerNumber,
    /// Its name.
    pub name: String,
    /// Its address.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// Whom to write to there.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "text::option")]
    pub contact: Option<Email>,
    /// A first supervisor was named: from then on people are added without privileges (W4).
    #[serde(default)]
    pub is_supervised: bool,
    /// When it was made.
    pub since_ms: i64,
    /// Rises with every change.
    pub version: u64,
}

/// Somebody with an account; the e-mail is the login (T2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Who.
    #[serde(with = "text")]
    pub email: Email,
    /// What they are called.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The company that they work for unless they say otherwise (W6).
    #[serde(default, skip_serializing_if = "Option::is_none", with = "text::option")]
    pub primary: Option<CustomerNumber>,
    /// Of the vendor's desk.
    #[serde(default)]
    pub is_vendor_desk: bool,
    /// Administers the license host.
    #[serde(default)]
    pub is_host_administrator: bool,
    /// When the account was made.
    pub since_ms: i64,
    /// Rises with every change.
    pub version: u64,
}

/// What somebody may do for a company: any set of the three (W3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Privileges {
    /// Manages the company's people, and nothing else.
    #[serde(default)]
    pub supervisor: bool,
    /// Edits licenses.
    #[serde(default)]
    pub licensing: bool,
    /// Sees reports and packs.
    #[serde(default)]
    pub reporting: bool,
}

/// Somebody belongs to a company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Membership {
    /// To which.
    #[serde(with = "text")]
    pub company: CustomerNumber,
    /// Who.
    #[serde(with = "text")]
    pub email: Email,
    /// What they may do for it.
    pub privileges: Privileges,
    /// Since when.
    pub since_ms: i64,
    /// Rises with every change.
    pub version: u64,
}

/// How somebody signs in with a password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// Who.
    #[serde(with = "text")]
    pub email: Email,
    /// The password's hash, as Argon2 writes it (PHC string). Secret.
    pub hash: String,
    /// When it was set; sessions from before are over.
    pub set_ms: i64,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credential")
            .field("email", &self.email)
            .field("set_ms", &self.set_ms)
            .finish_non_exhaustive()
    }
}

impl Company {
    /// A new one.
    #[must_use]
    pub fn new(number: CustomerNumber, name: &str, now: Wall) -> Self {
        Self {
            number,
            name: name.to_owned(),
            address: String::new(),
            contact: None,
            is_supervised: false,
            since_ms: now.0,
            version: 1,
        }
    }
}

impl Person {
    /// A new one, with an account and nothing else.
    #[must_use]
    pub fn new(email: Email, now: Wall) -> Self {
        Self {
            email,
            name: String::new(),
            primary: None,
            is_vendor_desk: false,
            is_host_administrator: false,
            since_ms: now.0,
            version: 1,
        }
    }

    /// The name, or the address where there is none.
    #[must_use]
    pub fn shown(&self) -> &str {
        if self.name.is_empty() { self.email.as_str() } else { &self.name }
    }
}
