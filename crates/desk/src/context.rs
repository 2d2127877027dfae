//! What a decision needs to know beside the desk's own rows.

use license::SecretKey;
use names::{CpuId, Date, Email, Expiry, PackNumber, PoolId, Vendor, Wall};

use crate::CustomerNumber;

/// What this desk may do (domain rule: the two roles).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It has the signing key and the ledger: it alone issues ids and signs packs.
    Vendor,
    /// It installs packs and gives seats to people.
    Site,
    /// Both, on one host.
    Both,
}

impl Role {
    /// Whether it issues and signs.
    #[must_use]
    pub fn is_vendor(self) -> bool {
        self != Self::Site
    }

    /// Whether it serves seats.
    #[must_use]
    pub fn is_site(self) -> bool {
        self != Self::Vendor
    }
}

/// What is true outside the desk while it decides.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The wall clock.
    pub now: Wall,
    /// What this desk may do.
    pub role: Role,
    /// The vendor whose desk it is.
    pub vendor: Option<&'a Vendor>,
    /// The vendor's signing key, where the configuration names it and the role has one.
    pub vendor_key: Option<&'a SecretKey>,
    /// The license host's key; it signs requests and receipts.
    pub host_key: Option<&'a SecretKey>,
    /// The license host's id.
    pub host: Option<&'a CpuId>,
    /// What the packs that are served here give.
    pub owned: &'a [Owned],
    /// Named seats that are somebody's.
    pub assigned: &'a [Assigned],
    /// Pools with borrowed seats that are out.
    pub borrowed: &'a [PoolId],
    /// Whom somebody is sent to where a company has no supervisor: an address or a link.
    pub support: &'a str,
}

impl Context<'_> {
    /// Today, in UTC.
    #[must_use]
    pub fn today(&self) -> Date {
        Date::of(self.now)
    }
}

/// A license as it is served: one pool, and what its lines say of who owns it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owned {
    /// The pool: vendor, configuration id, host and feature.
    pub pool: PoolId,
    /// Whose it is (`CUSTOMER=`); a line without one is the host's own company's.
    pub company: Option<CustomerNumber>,
    /// `SUBSCRIPTION=`.
    pub subscription: Option<String>,
    /// `INVOICE=`.
    pub invoice: Option<String>,
    /// `BUYER=`.
    pub buyer: Option<Email>,
    /// `PACK=`.
    pub pack: PackNumber,
    /// `PRODUCT_LINE=`.
    pub product_line: Option<String>,
    /// `MODULES=`.
    pub modules: Vec<String>,
    /// `MAINTENANCE=`; none where the lines do not say.
    pub maintenance: Option<bool>,
    /// Serial numbers (`SN=`).
    pub serials: Vec<String>,
    /// Seats.
    pub quantity: u32,
    /// Its seats are given to people.
    pub is_named: bool,
    /// From this day, where the lines say one.
    pub from: Option<Date>,
    /// Through this day.
    pub until: Expiry,
}

/// A named seat that is somebody's, in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assigned {
    /// Of which pool.
    pub pool: PoolId,
    /// Whose.
    pub email: Email,
    /// From this day.
    pub from: Date,
    /// Through this day.
    pub until: Expiry,
}
