//! What was converted: so an estate that comes again issues nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{CaseNumber, CustomerNumber};
use crate::text;

/// A row of an estate that was converted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConvertedRow {
    /// All that it said but its note, as 32 hexadecimal digits of a SHA-256.
    pub row: String,
    /// The Configuration ID that it became.
    pub id: u64,
    /// The case.
    #[serde(with = "text")]
    pub case: CaseNumber,
}

/// Rows of a company that were converted; in 256 parts, so that a row of the journal stays small.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Converted {
    /// Whose.
    #[serde(with = "text")]
    pub company: CustomerNumber,
    /// Two hexadecimal digits, as the licenses in it begin.
    pub part: String,
    /// By the license: vendor, serial number, product and host, as 32 hexadecimal digits of a SHA-256.
    pub licenses: BTreeMap<String, Vec<ConvertedRow>>,
}
