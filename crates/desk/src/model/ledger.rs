//! The vendor's ledger: orders, configurations, packs, and the counters that number them.

use names::{CpuId, Date, Email, Expiry, Feature, PackNumber, Vendor, Version};
use serde::{Deserialize, Serialize};

use super::{CaseNumber, CustomerNumber};
use crate::text;

/// How a seat is had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Seat {
    /// By any workstation.
    Floating,
    /// By one workstation.
    Locked,
    /// By the person whom it is assigned to.
    Named,
}

/// So many of an item for one license host, or, locked, for one workstation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The license host; of a locked item the workstation.
    #[serde(with = "text")]
    pub cpu: CpuId,
    /// How many.
    pub count: u32,
}

/// What is ordered, of one feature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// The feature: a product, or a module that floats by itself.
    #[serde(with = "text")]
    pub feature: Feature,
    /// The highest version.
    #[serde(with = "text")]
    pub version: Version,
    /// The product line, as people know it: `Pro/ENGINEER`.
    pub product_line: String,
    /// Optional modules of the product, sorted, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modules: Vec<String>,
    /// It is itself a module that floats: all of one line, host and maintenance are one configuration.
    #[serde(default)]
    pub is_module: bool,
    /// How its seats are had.
    pub seat: Seat,
    /// It is under maintenance.
    pub maintenance: bool,
    /// How many for which hosts; more than one host is split into as many ids (rule 2). Of a locked item
    /// the workstations, one each.
    pub places: Vec<Place>,
    /// Of a locked item: the license host that serves it.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "text::option")]
    pub host: Option<CpuId>,
    /// Good from this day.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "text::option")]
    pub from: Option<Date>,
    /// Good through this day.
    #[serde(with = "text")]
    pub until: Expiry,
    /// Serial numbers from before, kept and searchable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub serials: Vec<String>,
    /// Install numbers from before, kept and searchable, never in a pack.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub installs: Vec<String>,
    /// The Configuration ID that it is wanted under: refused where that breaks a rule. None to have it found
    /// or issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrderState {
    /// Asked for by the company; the vendor has not issued it.
    Placed,
    /// Its ids are issued and its packs signed.
    Issued,
    /// Refused; its case says why.
    Refused,
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// Its number: `O-1001`.
    pub number: String,
    /// Whose.
    #[serde(with = "text")]
    pub company: CustomerNumber,
    /// The subscription's number.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subscription: String,
    /// The invoice's number.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub invoice: String,
    /// Who bought: assigned to the first license of it (T6).
    #[serde(default, skip_serializing_if = "Option::is_none", with = "text::option")]
    pub buyer: Option<Email>,
    /// What.
    pub items: Vec<Item>,
    /// The hosts' public keys that came with it, by host id: `ID=KEY`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub host_keys: Vec<String>,
    /// Where it stands.
    pub state: OrderState,
    /// Its case.
    #[serde(with = "text")]
    pub case: CaseNumber,
    /// When it was placed.
    pub placed_ms: i64,
    /// The packs that were signed for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "text::list")]
    pub packs: Vec<PackNumber>,
    /// Rises with every change.
    pub version: u64,
}

/// A line of a configuration: one feature, version and period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigLine {
    /// The feature.
    #[serde(with = "text")]
    pub feature: Feature,
    /// The highest version.
    #[serde(with = "text")]
    pub version: Version,
    /// Seats; of a locked configuration as many as workstations.
    pub count: u32,
    /// Of a locked configuration.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "text::list")]
    pub workstations: Vec<CpuId>,
    /// Good from this day.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "text::option")]
    pub from: Option<Date>,
    /// Good through this day.
    #[serde(with = "text")]
    pub until: Expiry,
    /// The order that brought it last.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub order: String,
}

/// Where a configuration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConfigStanding {
    /// Its pack is in force.
    Active,
    /// Its seats are of another id now, or it ended.
    Retired,
    /// It was moved to another host under another id, or is on its way there.
    Moved,
}

/// A configuration and its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// The vendor.
    #[serde(with = "text")]
    pub vendor: Vendor,
    /// Its Configuration ID, unique with the vendor.
    pub id: u64,
    /// Whose.
    #[serde(with = "text")]
    pub company: CustomerNumber,
    /// The product; none for the floating modules of a line (rule 1).
    #[serde(default, skip_serializing_if = "Option::is_none", with = "text::option")]
    pub product: Option<Feature>,
    /// Its one product line (rule 3).
    pub product_line: String,
    /// Its optional modules, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modules: Vec<String>,
    /// Its one maintenance status (rule 4).
    pub maintenance: bool,
    /// How its seats are had.
    pub seat: Seat,
    /// Its license host (rule 2); of a locked one the host that serves it.
    #[serde(with = "text")]
    pub host: CpuId,
    /// What it gives.
    pub lines: Vec<ConfigLine>,
    /// Serial numbers from before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub serials: Vec<String>,
    /// Install numbers from before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub installs: Vec<String>,
    /// What is odd about where it came from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Where it stands.
    pub standing: ConfigStanding,
    /// Where its seats went, of one that is not active.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub successors: Vec<u64>,
    /// Rises with every change.
    pub version: u64,
}

/// Where a pack stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PackStanding {
    /// It is the newest of its host.
    Current,
    /// A newer pack voids it.
    Superseded,
    /// It was voided, and nothing took its place.
    Void,
}

/// A signed pack: kept whole, also when it is superseded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackRow {
    /// The vendor who signed it: two vendors may give one number.
    #[serde(with = "text")]
    pub vendor: Vendor,
    /// Its number.
    #[serde(with = "text")]
    pub number: PackNumber,
    /// Whose.
    #[serde(with = "text")]
    pub company: CustomerNumber,
    /// For which license host.
    #[serde(with = "text")]
    pub host: CpuId,
    /// Its text, signed.
    pub text: String,
    /// The ids in it.
    pub configurations: Vec<u64>,
    /// The packs that it voids.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "text::list")]
    pub voids: Vec<PackNumber>,
    /// Where it stands.
    pub standing: PackStanding,
    /// Its case.
    #[serde(with = "text")]
    pub case: CaseNumber,
    /// When it was signed, or installed.
    pub issued_ms: i64,
}

/// The next number of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counter {
    /// `case`, `order`, `pack` or `configuration`.
    pub of: String,
    /// The next number that was never given.
    pub next: u64,
}

/// Configuration ids that the allocator passes over: the vendor gave them before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// The first.
    pub from: u64,
    /// The last.
    pub to: u64,
    /// For what.
    pub note: String,
}
