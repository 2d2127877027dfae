//! A pack: what one vendor signed together.

use names::{CpuId, PackNumber, Vendor};

/// What became of a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PackState {
    /// Its good lines give seats.
    Served,
    /// It was made for another license host (-9): shown, not served.
    Foreign,
    /// It cannot be trusted; a diagnostic says why.
    Refused,
    /// Another pack of the vendor voids it.
    Voided,
    /// The same pack was read before, from another file; it counts once.
    Duplicate,
}

/// One pack in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pack {
    /// Who signed it.
    pub vendor: Vendor,
    /// The vendor's number for it.
    pub number: PackNumber,
    /// Index of the [`crate::Source`].
    pub file: usize,
    /// How many signed lines its seal names; 0 when the seal is missing or bad.
    pub lines: u32,
    /// The ids of the SERVER lines, in order.
    pub host_ids: Vec<CpuId>,
    /// What became of it.
    pub state: PackState,
}
