//! What the ledger's tests and those of moves order.

use desk::{Item, Place, Seat};
use names::{CpuId, Expiry, Feature, Vendor, Version};

pub(crate) fn cpu(text: &str) -> CpuId {
    CpuId::new(text).unwrap()
}

pub(crate) fn acmed() -> Vendor {
    Vendor::new("acmed").unwrap()
}

/// A floating product under maintenance without modules.
pub(crate) fn item(feature: &str, line: &str, places: &[(&str, u32)]) -> Item {
    Item {
        feature: Feature::new(feature).unwrap(),
        version: Version::new("18.0").unwrap(),
        product_line: line.into(),
        modules: Vec::new(),
        is_module: false,
        seat: Seat::Floating,
        maintenance: true,
        places: places.iter().map(|(host, count)| Place { cpu: cpu(host), count: *count }).collect(),
        host: None,
        from: None,
        until: Expiry::Permanent,
        serials: Vec::new(),
        installs: Vec::new(),
        id: None,
    }
}
