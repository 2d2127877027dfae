//! The lines an administrator may edit: SERVER and VENDOR.

use names::{CpuId, Vendor};

use crate::Place;

/// A SERVER line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// The host as written: a name, an address, or `this_host`.
    pub host: String,
    /// The license host's id. It is part of every signature.
    pub cpu: CpuId,
    /// The port, when one is named.
    pub port: Option<u16>,
    /// Where it was read.
    pub place: Place,
}

/// A VENDOR (or DAEMON) line. A path to a vendor's program may be there, but is never used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VendorLine {
    /// The vendor.
    pub vendor: Vendor,
    /// The options file as written.
    pub options: Option<String>,
    /// The port, when one is named.
    pub port: Option<u16>,
    /// Where it was read.
    pub place: Place,
}
