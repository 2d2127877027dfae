//! What a license host keeps: licenses that it gave up, moves under way, reminders that were sent.

use names::{CpuId, Email, Vendor};
use serde::{Deserialize, Serialize};

use super::{CaseNumber, CustomerNumber};
use crate::text;

/// What becomes of running seats when a license is surrendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    /// They run to their return.
    Finish,
    /// They are taken away.
    End,
}

/// A configuration that this host gave up for good (W7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retired {
    /// The vendor.
    #[serde(with = "text")]
    pub vendor: Vendor,
    /// The Configuration ID.
    pub id: u64,
    /// The host.
    #[serde(with = "text")]
    pub host: CpuId,
    /// Its case.
    #[serde(with = "text")]
    pub case: CaseNumber,
    /// The receipt that the host signed.
    pub receipt: String,
    /// When.
    pub at_ms: i64,
    /// What becomes of running seats.
    pub ending: Ending,
}

/// Where a move stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MoveState {
    /// The old host gave the license up; its receipt is to go to the vendor.
    Surrendered,
    /// The vendor signed the new pack.
    Issued,
    /// The new pack is installed.
    Installed,
}

/// A license on its way from one host to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoveRow {
    /// Its case.
    #[serde(with = "text")]
    pub case: CaseNumber,
    /// Whose; none where the packs do not say.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "text::option")]
    pub company: Option<CustomerNumber>,
    /// The vendor.
    #[serde(with = "text")]
    pub vendor: Vendor,
    /// The Configuration IDs.
    pub ids: Vec<u64>,
    /// From which host.
    #[serde(with = "text")]
    pub from: CpuId,
    /// To which.
    #[serde(with = "text")]
    pub to: CpuId,
    /// The new host's public key, base64.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub to_key: String,
    /// Where it stands.
    pub state: MoveState,
    /// Why there is no receipt: the old host is lost.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub host_lost: String,
    /// Rises with every change.
    pub version: u64,
}

/// A reminder that was sent: each is sent once, also across restarts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reminded {
    /// Of what, and how many days before: `license/acmed/11470/mill/2027-01-01/30`.
    pub of: String,
    /// When.
    pub at_ms: i64,
}

/// A purchase whose buyer was given a seat, or found to have one (T6): each is looked at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bought {
    /// The purchase: a hash of vendor, company, buyer, subscription and invoice.
    pub of: String,
    /// The buyer.
    #[serde(with = "text")]
    pub email: Email,
    /// The first license of it.
    pub pool: String,
    /// When it was seen.
    pub at_ms: i64,
}
