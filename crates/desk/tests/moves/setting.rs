//! Desks to carry files between.

use std::collections::{BTreeMap, BTreeSet};

use desk::{
    Actor, Change, Command, Company, Context, Counter, CustomerNumber, Decision, Desk, Ending, Item,
    Membership, Owned, Person, Privileges, Refusal, Role, Row,
};
use license::{Entitlement, SeatKind, SecretKey, Source, Trust, TrustedKey};
use names::{CpuId, Email, PoolId, Vendor, Wall};

pub(crate) use crate::support::{acmed, cpu};

pub(crate) const OLD: &str = "02aa10203040";
pub(crate) const NEW: &str = "02aa10203050";

pub(crate) fn company(number: &str) -> CustomerNumber {
    CustomerNumber::new(number).unwrap()
}

pub(crate) fn kim() -> Email {
    Email::new("kim@example.com").unwrap()
}

/// Of the company C-1, with Licensing.
pub(crate) fn kim_at() -> Actor {
    Actor::Person { email: kim(), company: Some(company("C-1")) }
}

/// On the license host: where there is a vendor's desk, of it.
pub(crate) fn staff() -> Actor {
    Actor::Host { uid: 0 }
}

/// A desk, its host, and the files in its folder of licenses.
pub(crate) struct House {
    pub(crate) desk: Desk,
    pub(crate) role: Role,
    pub(crate) host: Option<CpuId>,
    pub(crate) host_key: Option<SecretKey>,
    pub(crate) vendor: Vendor,
    pub(crate) vendor_key: SecretKey,
    pub(crate) packs: Vec<String>,
    pub(crate) borrowed: Vec<PoolId>,
    /// Of every pool here, where it is not the company C-1's.
    pub(crate) owner: Option<CustomerNumber>,
    pub(crate) now: Wall,
}

impl House {
    pub(crate) fn new(role: Role, host: &str, seed: u8) -> Self {
        let mut desk = Desk::default();
        let now = Wall(1_811_808_000_000);
        let mut put = |row| desk.apply(&Change::Put(row));
        for number in ["C-1", "C-2"] {
            put(Row::Company(Box::new(Company::new(company(number), "Bay Works", now))));
        }
        put(Row::Person(Box::new(Person::new(kim(), now))));
        put(Row::Membership(Box::new(Membership {
            company: company("C-1"),
            email: kim(),
            privileges: Privileges { supervisor: false, licensing: true, reporting: false },
            since_ms: 0,
            version: 1,
        })));
        put(Row::Counter(Box::new(Counter { of: "configuration".into(), next: 11470 })));
        Self {
            desk,
            role,
            host: Some(cpu(host)),
            host_key: Some(SecretKey::for_host([seed; 32])),
            vendor: acmed(),
            vendor_key: SecretKey::for_vendor(acmed(), [1; 32]),
            packs: Vec::new(),
            borrowed: Vec::new(),
            owner: Some(company("C-1")),
            now,
        }
    }

    pub(crate) fn key(&self) -> String {
        self.host_key.as_ref().unwrap().public().to_string()
    }

    /// What is served here: the packs, without what the host gave up.
    pub(crate) fn served(&self) -> Vec<Entitlement> {
        let trust = Trust::new(vec![TrustedKey { vendor: acmed(), key: self.vendor_key.public() }]);
        let file = |(at, text): (usize, &String)| Source::new(format!("{at}.lic"), text.clone());
        let sources: Vec<_> = self.packs.iter().enumerate().map(file).collect();
        let host: Vec<CpuId> = self.host.iter().cloned().collect();
        let loaded = license::load(&sources, &trust, Some(&host), false);
        let retired: BTreeSet<_> =
            self.desk.retired().map(|row| (row.vendor.clone(), row.id, row.host.clone())).collect();
        desk::leave_out_retired(loaded.entitlements, &host, &retired).0
    }

    fn owned(&self) -> Vec<Owned> {
        self.owned_by(&self.served())
    }

    fn owned_by(&self, served: &[Entitlement]) -> Vec<Owned> {
        let of = |line: &Entitlement, pool: PoolId| Owned {
            pool,
            company: self.owner.clone(),
            subscription: None,
            invoice: None,
            buyer: None,
            pack: line.pack.clone().unwrap(),
            product_line: line.product_line.clone(),
            modules: line.modules.clone().unwrap_or_default(),
            maintenance: None,
            serials: Vec::new(),
            quantity: line.count(),
            is_named: line.kind == SeatKind::Named,
            from: line.start,
            until: line.expiry,
        };
        served.iter().flat_map(|line| line.pool_ids().map(move |pool| of(line, pool))).collect()
    }

    /// Somebody with Licensing installs the pack that a file of the vendor's has.
    pub(crate) fn installs(&mut self, text: &str) -> Decision {
        let trust = Trust::new(vec![TrustedKey { vendor: acmed(), key: self.vendor_key.public() }]);
        let host: Vec<CpuId> = self.host.iter().cloned().collect();
        let read = license::load(&[Source::new("p.lic", text)], &trust, Some(&host), false);
        let owned = self.owned_by(&read.entitlements);
        let (company, pack, text) = (company("C-1"), owned[0].pack.clone(), text.to_owned());
        self.does(&kim_at(), Command::InstallPack { company, pack, text, owned }).unwrap()
    }

    /// Decides, and does it: rows, and packs into the folder.
    pub(crate) fn does(&mut self, actor: &Actor, command: Command) -> Result<Decision, Refusal> {
        let owned = self.owned();
        let ctx = Context {
            now: self.now,
            role: self.role,
            vendor: Some(&self.vendor),
            vendor_key: Some(&self.vendor_key).filter(|_| self.role.is_vendor()),
            host_key: self.host_key.as_ref(),
            host: self.host.as_ref(),
            owned: &owned,
            assigned: &[],
            borrowed: &self.borrowed,
            support: "support@acmed.example",
        };
        let decision = self.desk.decide(&ctx, actor, command)?;
        decision.changes.iter().for_each(|change| self.desk.apply(change));
        self.packs.extend(decision.install.iter().map(|install| install.text.clone()));
        Ok(decision)
    }

    /// A case's only file, or the one that ends so.
    pub(crate) fn file(&self, decision: &Decision, end: &str) -> String {
        let case = self.desk.case(decision.case.as_ref().unwrap()).unwrap();
        let name = &case.files.iter().find(|file| file.name.ends_with(end)).unwrap().name;
        self.desk.file(&case.number, name).unwrap().text.clone()
    }

    /// What every row of the desk is, to see that a refusal changes nothing.
    pub(crate) fn rows(&self) -> BTreeSet<(String, Vec<u8>)> {
        self.desk.rows().map(|row| (row.key().to_string(), row.encode())).collect()
    }

    /// The text of the newest pack for a host.
    pub(crate) fn newest(&self, host: &str) -> String {
        let of = self.desk.packs().filter(|pack| pack.host == cpu(host)).last().unwrap();
        desk::answer_file(&self.desk, of)
    }

    /// A floating product or module of the company C-1 for each host, as the vendor's desk sells it.
    pub(crate) fn sells(&mut self, items: Vec<Item>, keys: &[(&str, String)]) -> Decision {
        let order = Command::Order {
            company: company("C-1"),
            subscription: "SUB-1".into(),
            invoice: "INV-1".into(),
            buyer: None,
            items,
            host_keys: keys.iter().map(|(host, key)| format!("{host}={key}")).collect(),
        };
        self.does(&staff(), order).unwrap()
    }
}

/// Seats by feature of what hosts serve together.
pub(crate) fn seats<'a>(houses: impl IntoIterator<Item = &'a House>) -> BTreeMap<String, u32> {
    let mut seats = BTreeMap::new();
    for line in houses.into_iter().flat_map(House::served) {
        *seats.entry(line.feature.to_string()).or_default() += line.count();
    }
    seats
}

/// The same of what a ledger has in force.
pub(crate) fn ledger(house: &House) -> BTreeMap<String, u32> {
    let mut seats = BTreeMap::new();
    let active = house.desk.configurations().filter(|of| of.standing == desk::ConfigStanding::Active);
    for line in active.flat_map(|of| &of.lines) {
        *seats.entry(line.feature.to_string()).or_default() += line.count;
    }
    seats
}

/// A floating product on the old host.
pub(crate) fn item(feature: &str, line: &str, count: u32) -> Item {
    crate::support::item(feature, line, &[(OLD, count)])
}

pub(crate) fn surrender(ids: &[u64], to_key: &str) -> Command {
    Command::Surrender {
        company: company("C-1"),
        ids: ids.to_vec(),
        to: cpu(NEW),
        to_key: to_key.into(),
        ending: Ending::Finish,
    }
}

pub(crate) fn issue(receipt: &str) -> Command {
    Command::IssueMove {
        receipt: receipt.into(),
        host_lost: String::new(),
        ids: Vec::new(),
        to: None,
        to_key: String::new(),
    }
}

/// A vendor's desk, and the old and the new host's: 5 of mill (11470) and 3 of lathe (11471) on the old.
pub(crate) struct World {
    pub(crate) vendor: House,
    pub(crate) old: House,
    pub(crate) new: House,
}

impl World {
    pub(crate) fn new() -> Self {
        let mut vendor = House::new(Role::Vendor, "02aa10203099", 9);
        let mut old = House::new(Role::Site, OLD, 2);
        let new = House::new(Role::Site, NEW, 3);
        vendor.sells(
            vec![item("mill", "Pro/ENGINEER", 5), item("lathe", "Pro/DESIGNER", 3)],
            &[(OLD, old.key())],
        );
        old.packs.push(vendor.newest(OLD));
        Self { vendor, old, new }
    }

    /// The old host gives ids up for the new one; its receipt.
    pub(crate) fn receipt(&mut self, ids: &[u64]) -> String {
        let key = self.new.key();
        let decision = self.old.does(&kim_at(), surrender(ids, &key)).unwrap();
        self.old.file(&decision, ".request")
    }
}

/// What a refusal is about: a rule's number, or a field.
pub(crate) fn about(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Rule { rule, .. } => rule,
        Refusal::Invalid { field, .. } => field,
        Refusal::NotFound(_) => "not found",
        Refusal::Limit(_) => "limit",
        Refusal::Forbidden { .. } => "forbidden",
        Refusal::SignedOut => "signed out",
        Refusal::Conflict(_) => "conflict",
    }
}
