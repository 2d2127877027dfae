//! A vendor's desk to test with.

use std::collections::BTreeMap;

use desk::{
    Actor, Change, Command, Company, Context, Counter, CustomerNumber, Decision, Desk, Item, PackRow,
    PackStanding, Range, Refusal, Role, Row,
};
use license::{Loaded, SecretKey, Severity, Source, Trust, TrustedKey};
use names::{CpuId, Expiry, Feature, Vendor, Wall};

pub(crate) use crate::support::{acmed as vendor, cpu, item};

pub(crate) const HOST: &str = "02aa10203040";
pub(crate) const OTHER: &str = "02aa10203050";

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

pub(crate) fn order(items: Vec<Item>) -> Command {
    Command::Order {
        company: company(),
        subscription: "S-77".into(),
        invoice: "I-2001".into(),
        buyer: None,
        items,
        host_keys: Vec::new(),
    }
}

pub(crate) fn renew(ids: &[u64], until: Option<&str>, maintenance: bool) -> Command {
    Command::Renew {
        company: company(),
        ids: ids.to_vec(),
        until: until.map(|until| Expiry::parse(until).unwrap()),
        maintenance,
        host_keys: Vec::new(),
    }
}

/// A vendor's desk that is asked things, one after the other.
pub(crate) struct Ledger {
    pub(crate) setting: Setting,
    pub(crate) desk: Desk,
}

impl Ledger {
    pub(crate) fn new(next: u64, reserved: &[(u64, u64)]) -> Self {
        Self { setting: Setting::new(), desk: desk(next, reserved) }
    }

    /// As the vendor's desk.
    pub(crate) fn run(&mut self, command: Command) -> Result<Decision, Refusal> {
        self.run_as(&Actor::Host { uid: 0 }, command)
    }

    pub(crate) fn run_as(&mut self, actor: &Actor, command: Command) -> Result<Decision, Refusal> {
        let decision = self.desk.decide(&self.setting.ctx(), actor, command)?;
        decision.changes.iter().for_each(|change| self.desk.apply(change));
        Ok(decision)
    }

    /// The packs in force.
    pub(crate) fn current(&self) -> impl Iterator<Item = &PackRow> {
        self.desk.packs().filter(|pack| pack.standing == PackStanding::Current)
    }

    /// What a license host makes of some packs, all of them good.
    pub(crate) fn load(&self, packs: &[&PackRow]) -> Loaded {
        let sources: Vec<Source> = packs.iter().map(|pack| source(pack)).collect();
        let host = packs.iter().map(|pack| pack.host.clone()).next();
        let loaded = license::load(&sources, &self.trust(), Some(host.as_slice()), true);
        let errors = loaded.diagnostics.iter().filter(|found| found.severity == Severity::Error);
        assert_eq!(errors.map(|found| found.render(&sources)).collect::<Vec<_>>(), [""; 0]);
        loaded
    }

    pub(crate) fn trust(&self) -> Trust {
        Trust::new(vec![TrustedKey { vendor: vendor(), key: self.setting.vendor_key.public() }])
    }

    /// What the packs in force give, by id and feature: `11470 proe = 10`.
    pub(crate) fn given(&self) -> Vec<String> {
        let mut given: BTreeMap<(u64, Feature), u32> = BTreeMap::new();
        for pack in self.current() {
            for of in self.load(&[pack]).entitlements {
                let names::ConfigId::Number(id) = of.config else { panic!("{of:?}") };
                *given.entry((id, of.feature.clone())).or_default() += of.count();
            }
        }
        given.iter().map(|((id, feature), count)| format!("{id} {feature} = {count}")).collect()
    }
}

pub(crate) fn source(pack: &PackRow) -> Source {
    Source::new(format!("{}.lic", pack.number), pack.text.clone().into_bytes())
}
