//! A signed pack is read as a license host reads it, and held against the ledger, before it is kept.

use std::collections::{BTreeMap, BTreeSet};

use license::{Entitlement, Loaded, Maintenance, PublicKey, SeatKind, Severity, Source, Trust, TrustedKey};
use names::{ConfigId, CpuId, Date, Expiry, Feature, PackNumber, Vendor};

use crate::model::{ConfigLine, Configuration, Seat};

/// One line as it counts.
type Counted = (u64, Feature, String, Option<Date>, Expiry);

/// What is said of a line: how many seats and for which workstations, and its configuration.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    count: u64,
    workstations: BTreeSet<CpuId>,
    of: BTreeSet<Of>,
}

/// What is said of a configuration on its lines.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Of {
    product_line: Option<String>,
    modules: Option<Vec<String>>,
    is_maintained: Option<bool>,
    kind: SeatKind,
}

/// What a pack has to be.
pub(crate) struct Expected<'a> {
    pub(crate) vendor: &'a Vendor,
    pub(crate) key: PublicKey,
    pub(crate) number: &'a PackNumber,
    pub(crate) host: &'a CpuId,
    pub(crate) host_key: Option<&'a PublicKey>,
    pub(crate) configurations: &'a [&'a Configuration],
}

impl Expected<'_> {
    /// Why the text does not give exactly what the ledger has; nothing where it does.
    pub(crate) fn fault(&self, text: &[u8]) -> Option<String> {
        let trust = Trust::new(vec![TrustedKey { vendor: self.vendor.clone(), key: self.key.clone() }]);
        let source = Source::new(self.number.as_str(), text.to_vec());
        let loaded = license::load(&[source], &trust, Some(std::slice::from_ref(self.host)), true);
        self.load_fault(&loaded).or_else(|| self.count_fault(&loaded.entitlements))
    }

    fn load_fault(&self, loaded: &Loaded) -> Option<String> {
        if let Some(error) = loaded.diagnostics.iter().find(|found| found.severity == Severity::Error) {
            return Some(error.message.clone());
        }
        if let Some(unserved) = loaded.unserved.first() {
            return Some(unserved.why.clone());
        }
        if let Some(idle) = loaded.idle.first() {
            return Some(idle.why.clone());
        }
        let [pack] = loaded.packs.as_slice() else { return Some("it is not one pack".into()) };
        if pack.number != *self.number || pack.host_ids != std::slice::from_ref(self.host) {
            return Some(format!("it is pack {} of another host", pack.number));
        }
        let other_key = |given: &Entitlement| given.host_key.as_ref() != self.host_key;
        loaded.entitlements.iter().any(other_key).then(|| "it names another host key".into())
    }

    fn count_fault(&self, given: &[Entitlement]) -> Option<String> {
        let mut ledger: BTreeMap<Counted, Said> = BTreeMap::new();
        for configuration in self.configurations {
            for line in &configuration.lines {
                add_line(&mut ledger, configuration, line);
            }
        }
        let mut pack: BTreeMap<Counted, Said> = BTreeMap::new();
        for one in given {
            let ConfigId::Number(id) = one.config else {
                return Some(format!("a line of {} has no Configuration ID", one.feature));
            };
            add_given(&mut pack, id, one);
        }
        let wrong = ledger.keys().chain(pack.keys()).find(|key| ledger.get(key) != pack.get(key))?;
        let count = |of: &BTreeMap<Counted, Said>| of.get(wrong).map_or(0, |said| said.count);
        let (id, feature, ..) = wrong;
        Some(format!(
            "configuration {id} gives {} seats of {feature}, and the ledger has {}",
            count(&pack),
            count(&ledger)
        ))
    }
}

fn add_line(to: &mut BTreeMap<Counted, Said>, of: &Configuration, line: &ConfigLine) {
    let kind = match of.seat {
        Seat::Floating => SeatKind::Floating,
        Seat::Locked => SeatKind::Locked,
        Seat::Named => SeatKind::Named,
    };
    let said =
        to.entry((of.id, line.feature.clone(), line.version.canonical(), line.from, line.until)).or_default();
    said.count += u64::from(line.count);
    said.workstations.extend(line.workstations.iter().cloned());
    said.of.insert(Of {
        product_line: Some(of.product_line.clone()),
        modules: Some(of.modules.clone()),
        is_maintained: Some(of.maintenance),
        kind,
    });
}

fn add_given(to: &mut BTreeMap<Counted, Said>, id: u64, given: &Entitlement) {
    let key = (id, given.feature.clone(), given.version.canonical(), given.start, given.expiry);
    let said = to.entry(key).or_default();
    said.count += u64::from(given.count());
    if given.kind == SeatKind::Locked {
        said.workstations.extend(given.cpus.iter().cloned());
    }
    said.of.insert(Of {
        product_line: given.product_line.clone(),
        modules: given.modules.clone(),
        is_maintained: given.maintenance.map(|maintenance| maintenance == Maintenance::Active),
        kind: given.kind,
    });
}

#[cfg(test)]
mod tests {
    use license::{SecretKey, SignOptions, sign_pack};
    use names::Version;

    use super::*;
    use crate::model::ConfigStanding;

    const GOOD: &str = "SERVER this_host 02aa10203040\nVENDOR acmed\nUSE_SERVER\n\
        INCREMENT mill acmed 18.0 permanent 10 CONFIG_ID=7 PRODUCT_LINE=Milling MODULES=\"\" SEAT=FLOATING \
        MAINTENANCE=ACTIVE\n";

    fn ledger(vendor: &Vendor, host: &CpuId) -> Configuration {
        let line = ConfigLine {
            feature: Feature::new("mill").unwrap(),
            version: Version::new("18").unwrap(),
            count: 10,
            workstations: Vec::new(),
            from: None,
            until: Expiry::Permanent,
            order: String::new(),
        };
        Configuration {
            vendor: vendor.clone(),
            id: 7,
            company: crate::CustomerNumber::new("C-1").unwrap(),
            product: Some(line.feature.clone()),
            product_line: "Milling".into(),
            modules: Vec::new(),
            maintenance: true,
            seat: Seat::Floating,
            host: host.clone(),
            lines: vec![line],
            serials: Vec::new(),
            installs: Vec::new(),
            warnings: Vec::new(),
            standing: ConfigStanding::Active,
            successors: Vec::new(),
            version: 1,
        }
    }

    #[test]
    fn a_pack_that_gives_anything_else_than_the_ledger_is_no_pack() {
        let (vendor, host) = (Vendor::new("acmed").unwrap(), CpuId::new("02aa10203040").unwrap());
        let key = SecretKey::for_vendor(vendor.clone(), [1; 32]);
        let own = ledger(&vendor, &host);
        let number = PackNumber::new("P-1").unwrap();
        let expected = Expected {
            vendor: &vendor,
            key: key.public(),
            number: &number,
            host: &host,
            host_key: None,
            configurations: &[&own],
        };
        let fault = |text: &str, number: &PackNumber| {
            let signed = sign_pack(&Source::new("p", text), &key, &SignOptions::new(number.clone())).unwrap();
            expected.fault(&signed)
        };
        assert_eq!(fault(GOOD, &number), None);
        assert!(expected.fault(GOOD.as_bytes()).is_some(), "not signed");
        assert!(fault(GOOD, &PackNumber::new("P-2").unwrap()).is_some(), "another number");
        for (what, other) in [
            (" permanent 10 ", " permanent 11 "),
            (" permanent 10 ", " 31-dec-2027 10 "),
            (" 18.0 ", " 19.0 "),
            ("INCREMENT mill", "INCREMENT lathe"),
            ("CONFIG_ID=7", "CONFIG_ID=8"),
            ("CONFIG_ID=7 ", ""),
            ("=Milling", "=Turning"),
            ("MODULES=\"\"", "MODULES=X"),
            ("SEAT=FLOATING", "SEAT=NAMED"),
            ("=ACTIVE", "=NONE"),
            ("=ACTIVE", "=ACTIVE START=01-jan-2027"),
            ("=ACTIVE\n", "=ACTIVE\nINCREMENT mill acmed 18.0 permanent 1 CONFIG_ID=9\n"),
            ("02aa10203040", "02aa10203041"),
            ("02aa10203040\n", "02aa10203040\nSERVER b 0b0b\nSERVER c 0c0c\n"),
        ] {
            assert!(GOOD.contains(what));
            assert!(fault(&GOOD.replace(what, other), &number).is_some(), "{other}");
        }
    }
}
