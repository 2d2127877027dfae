//! A vendor's desk to test with.

use desk::{Change, Company, Context, Counter, CustomerNumber, Desk, Item, Place, Range, Role, Row, Seat};
use license::SecretKey;
use names::{CpuId, Expiry, Feature, Vendor, Version, Wall};

pub(crate) const HOST: &str = "02aa10203040";
pub(crate) const OTHER: &str = "02aa10203050";

pub(crate) fn cpu(text: &str) -> CpuId {
    CpuId::new(text).unwrap()
}

pub(crate) fn vendor() -> Vendor {
    Vendor::new("acmed").unwrap()
}

pub(crate) fn company() -> CustomerNumber {
    CustomerNumber::new("C-1").unwrap()
}

/// What a vendor's desk is given from outside.
pub(crate) struct Setting {
    pub(crate) vendor: Vendor,
    pub(crate) vendor_key: SecretKey,
    pub(crate) host_key: SecretKey,
    pub(crate) host: CpuId,
    pub(crate) role: Role,
}

impl Setting {
    pub(crate) fn new() -> Self {
        Self {
            vendor: vendor(),
            vendor_key: SecretKey::for_vendor(vendor(), [1; 32]),
            host_key: SecretKey::for_host([2; 32]),
            host: cpu(HOST),
            role: Role::Both,
        }
    }

    pub(crate) fn ctx(&self) -> Context<'_> {
        Context {
            now: Wall(1_811_808_000_000),
            role: self.role,
            vendor: Some(&self.vendor),
            vendor_key: Some(&self.vendor_key).filter(|_| self.role.is_vendor()),
            host_key: Some(&self.host_key),
            host: Some(&self.host),
            owned: &[],
            assigned: &[],
            borrowed: &[],
            support: "support@acmed.example",
        }
    }
}

/// A desk with one company, the next id, and reserved ranges.
pub(crate) fn desk(next: u64, reserved: &[(u64, u64)]) -> Desk {
    let mut desk = Desk::default();
    let mut put = |row| desk.apply(&Change::Put(row));
    put(Row::Company(Box::new(Company::new(company(), "Bay Works", Wall(0)))));
    put(Row::Counter(Box::new(Counter { of: "configuration".into(), next })));
    for (from, to) in reserved {
        put(Row::Range(Box::new(Range { from: *from, to: *to, note: "before".into() })));
    }
    desk
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
