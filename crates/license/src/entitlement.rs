//! What a license line gives.

use names::{ConfigId, CpuId, Date, Expiry, Feature, PackNumber, PoolId, SeatCount, Vendor, Version};

use crate::{PublicKey, SignedLine};

/// How the seats of a line are bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SeatKind {
    /// Any workstation may take a seat.
    Floating,
    /// Each seat belongs to one workstation; its processes share it.
    Locked,
    /// Each seat is assigned to a person.
    Named,
}

impl std::fmt::Display for SeatKind {
    /// As `SEAT=` is written.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Floating => "FLOATING",
            Self::Locked => "LOCKED",
            Self::Named => "NAMED",
        })
    }
}

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// Index of the [`crate::Source`].
    pub file: usize,
    /// Line number, from 1.
    pub line: u32,
}

/// What one verified line gives: seats of one feature in one configuration.
///
/// Lines past their date, and lines that have not started, are here too: what time it is, is the
/// business of whoever has a clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entitlement {
    /// Whose license it is.
    pub vendor: Vendor,
    /// Which configuration: `CONFIG_ID=`, or the pack's own.
    pub config: ConfigId,
    /// Which feature.
    pub feature: Feature,
    /// The highest version it covers.
    pub version: Version,
    /// First day it may be used.
    pub start: Option<Date>,
    /// Last day it may be used.
    pub expiry: Expiry,
    /// How many seats.
    pub seats: SeatCount,
    /// How the seats are bound.
    pub kind: SeatKind,
    /// Floating: the license host's id (the first SERVER line's), one. Locked: the workstations',
    /// one for each seat.
    pub cpus: Vec<CpuId>,
    /// `PRODUCT_LINE=`.
    pub product_line: Option<String>,
    /// `VENDOR_STRING=`.
    pub vendor_string: Option<String>,
    /// `sort=`: the pool with the lower number is drained first.
    pub sort: u8,
    /// `HOST_KEY=`: the key that the serving daemon must prove.
    pub host_key: Option<PublicKey>,
    /// The pack it came with.
    pub pack: PackNumber,
    /// The proof, to be sent to clients.
    pub line: SignedLine,
    /// Where it was read.
    pub place: Place,
    pub(crate) pools: Vec<PoolId>,
}

impl Entitlement {
    /// The pools it fills. Floating: one pool with all seats. Locked: for each workstation a pool of
    /// one seat.
    #[must_use]
    pub fn pools(&self) -> Vec<(PoolId, SeatCount)> {
        let seats = if self.kind == SeatKind::Locked { SeatCount::ONE } else { self.seats };
        self.pools.iter().map(|pool| (pool.clone(), seats)).collect()
    }
}
