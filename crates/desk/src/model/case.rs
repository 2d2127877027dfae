//! Cases: each request one number, its history, its outcome, its files (W2).

use names::Email;
use serde::{Deserialize, Serialize};

use super::{CaseNumber, CustomerNumber};
use crate::text;

/// What a case is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CaseKind {
    /// An order.
    Order,
    /// A pack was installed.
    Install,
    /// A license is moved to another host.
    Move,
    /// A license is to be configured otherwise.
    Reconfiguration,
    /// An address or contact was changed.
    Contact,
    /// An estate is converted.
    Conversion,
    /// A pack was voided.
    Void,
    /// Somebody asks for the license tools (W8).
    Tools,
    /// People and privileges.
    People,
    /// Seats were given or taken back.
    Assignment,
}

/// Where a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CaseState {
    /// Nobody has dealt with it.
    Open,
    /// It waits for the other desk: a file is to be carried.
    Waiting,
    /// What was asked for is done.
    Done,
    /// It was refused.
    Refused,
}

/// What happened to a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// When.
    pub at_ms: i64,
    /// By whom, as [`crate::Actor`] is shown.
    pub by: String,
    /// What.
    pub what: String,
}

/// A file of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseFile {
    /// Its name, as it is downloaded: letters, digits, `.`, `-`, `_`.
    pub name: String,
    /// Its length.
    pub bytes: u64,
}

/// A case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Its number here.
    #[serde(with = "text")]
    pub number: CaseNumber,
    /// Its number at the other desk: both find it.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "text::option")]
    pub other: Option<CaseNumber>,
    /// About what.
    pub kind: CaseKind,
    /// Whose; none of somebody without a company.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "text::option")]
    pub company: Option<CustomerNumber>,
    /// Who asked, where it is a person.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "text::option")]
    pub asked_by: Option<Email>,
    /// In a line.
    pub subject: String,
    /// Where it stands.
    pub state: CaseState,
    /// What happened, the oldest first.
    pub history: Vec<Entry>,
    /// Its files; each is a row of its own ([`FileRow`]).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<CaseFile>,
    /// What it is linked to, and found by: `order:O-1001`, `configuration:11470`, `pack:P-1001`, `host:…`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub about: Vec<String>,
    /// When it was opened.
    pub opened_ms: i64,
    /// Rises with every change.
    pub version: u64,
}

/// A case's file with what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRow {
    /// Of which case.
    #[serde(with = "text")]
    pub case: CaseNumber,
    /// Its name.
    pub name: String,
    /// What is in it.
    pub text: String,
}
