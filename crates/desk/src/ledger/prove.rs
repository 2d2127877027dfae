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
