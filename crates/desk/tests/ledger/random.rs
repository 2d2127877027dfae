//! Orders in any sequence, held against the rules by a checker that knows the signed packs alone: it reads
//! them as a license host does, and keeps maps of its own.

use std::collections::{BTreeMap, BTreeSet};

use desk::{Command, Item, PackRow, Place, Refusal, Seat};
use license::{Entitlement, Maintenance, SeatKind};
use names::{ConfigId, CpuId, Expiry, Feature, PackNumber};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::setting::{HOST, Ledger, OTHER, cpu, item, order, renew};

const WORKSTATIONS: [&str; 4] = ["02aa10200001", "02aa10200002", "02aa10200003", "02aa10200004"];
/// Features whose names begin so are modules that float by themselves.
const MODULE: &str = "mod_";

#[derive(Debug, Clone)]
enum Step {
    Order(Vec<Item>),
    Renew(Vec<u64>, bool),
    Reserve(u64, u64),
    Void(usize),
}

fn places() -> impl Strategy<Value = Vec<Place>> {
    let places = vec((select(vec![HOST, OTHER]), 1..9_u32), 1..=2);
    places
        .prop_map(|places| places.into_iter().map(|(host, count)| Place { cpu: cpu(host), count }).collect())
}

fn workstations() -> impl Strategy<Value = Vec<Place>> {
    let some = subsequence(WORKSTATIONS.to_vec(), 1..=3);
    some.prop_map(|some| some.into_iter().map(|ws| Place { cpu: cpu(ws), count: 1 }).collect())
}

fn an_item() -> impl Strategy<Value = Item> {
    let what = select(vec![
        ("mill", "Milling"),
        ("mill", "Milling"),
        ("lathe", "Milling"),
        ("mill", "Turning"),
        ("mod_a", "Milling"),
        ("mod_b", "Milling"),
        ("mod_b", "Turning"),
    ]);
    let modules = select(vec![vec![], vec!["X"], vec!["X", "Y"], vec!["Y", "X", "Y"]]);
    let seat = select(vec![Seat::Floating, Seat::Floating, Seat::Named, Seat::Locked]);
    let until = select(vec!["permanent", "31-dec-2029"]);
    let id = prop_oneof![8 => Just(None), 1 => (1..8_u64).prop_map(Some)];
    let rest = (select(vec![HOST, OTHER]), until, select(vec!["18.0", "19"]), id);
    (what, modules, seat, any::<bool>(), places(), workstations(), rest).prop_map(
        |((feature, line), modules, seat, maintenance, floating, locked, (host, until, version, id))| {
            let is_module = feature.starts_with(MODULE);
            let seat = if is_module { Seat::Floating } else { seat };
            let is_locked = seat == Seat::Locked;
            Item {
                version: names::Version::new(version).unwrap(),
                modules: modules.iter().filter(|_| !is_module).map(ToString::to_string).collect(),
                is_module,
                seat,
                maintenance,
                places: if is_locked { locked } else { floating },
                host: is_locked.then(|| cpu(host)),
                until: Expiry::parse(until).unwrap(),
                id,
                ..item(feature, line, &[])
            }
        },
    )
}

fn a_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => vec(an_item(), 1..=3).prop_map(Step::Order),
        2 => (vec(1..8_u64, 1..=2), any::<bool>()).prop_map(|(ids, maintenance)| Step::Renew(ids, maintenance)),
        1 => (1..12_u64, 0..3_u64).prop_map(|(from, more)| Step::Reserve(from, from + more)),
        1 => (0..3_usize).prop_map(Step::Void),
    ]
}

/// What a pack says of an id, for ever.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Meaning {
    host: CpuId,
    line: String,
    is_maintained: bool,
    kind: SeatKind,
    /// The product with its modules; none of modules that float by themselves.
    product: Option<(Feature, Vec<String>)>,
}

#[derive(Debug, Default)]
struct Checker {
    meanings: BTreeMap<u64, Meaning>,
    /// Ids that were in a host's pack, and are in a later one no more.
    gone: BTreeSet<u64>,
    /// What each pack gives.
    read: BTreeMap<PackNumber, Vec<Entitlement>>,
    reserved: Vec<(u64, u64)>,
    /// Seats that were ordered, of a feature, with all that was said of them.
    ordered: BTreeMap<Seats, u64>,
}

/// Of what seats are: their configuration, the feature, and until when.
type Seats = (Meaning, Feature, Expiry);

impl Checker {
    fn ordered(&mut self, items: &[Item]) {
        for item in items {
            for place in &item.places {
                let host = item.host.clone().unwrap_or(place.cpu.clone());
                let seats = (wanted(item, host), item.feature.clone(), item.until);
                *self.ordered.entry(seats).or_default() += u64::from(place.count);
            }
        }
    }

    /// Seats of these ids have another maintenance status from now on.
    fn renewed(&mut self, ids: &[u64], is_maintained: bool) {
        for before in ids.iter().filter_map(|id| self.meanings.get(id)).cloned().collect::<Vec<_>>() {
            let of_it = |(of, _, _): &&Seats| *of == before;
            for key in self.ordered.keys().filter(of_it).cloned().collect::<Vec<_>>() {
                let count = self.ordered.remove(&key).unwrap();
                let after = Meaning { is_maintained, ..before.clone() };
                *self.ordered.entry((after, key.1, key.2)).or_default() += count;
            }
        }
    }

    /// Reads the packs that are new, and what is in force.
    fn check(&mut self, ledger: &Ledger, given: &BTreeSet<u64>) {
        for pack in ledger.desk.packs() {
            if !self.read.contains_key(&pack.number) {
                let lines = ledger.load(&[pack]).entitlements;
                self.one_pack(pack, &lines, given);
                self.read.insert(pack.number.clone(), lines);
            }
        }
    }

    fn one_pack(&mut self, pack: &PackRow, lines: &[Entitlement], given: &BTreeSet<u64>) {
        let mut here = BTreeSet::new();
        for line in lines {
            let id = number(line);
            assert!(!self.gone.contains(&id), "id {id} came back in {}", pack.number);
            let meaning = meaning(line, &pack.host);
            let is_reserved = self.reserved.iter().any(|(from, to)| (*from..=*to).contains(&id));
            if let Some(before) = self.meanings.insert(id, meaning.clone()) {
                assert_eq!(before, meaning, "id {id} means two things in {}:\n{}", pack.number, pack.text);
            } else {
                assert!(!is_reserved || given.contains(&id), "id {id} was reserved");
            }
            here.insert(id);
        }
        let of_host = |meaning: &Meaning| meaning.host == pack.host;
        let known = self.meanings.iter().filter(|(_, meaning)| of_host(meaning)).map(|(id, _)| *id);
        let gone: Vec<u64> = known.filter(|id| !here.contains(id)).collect();
        self.gone.extend(gone);
    }

    /// What all packs in force give together: one configuration has one id, and no seat is lost or made.
    fn in_force(&mut self, ledger: &Ledger, mut voided: BTreeSet<CpuId>) {
        let mut ids: BTreeMap<Meaning, u64> = BTreeMap::new();
        let mut seats: BTreeMap<Seats, u64> = BTreeMap::new();
        for pack in ledger.current() {
            let mut workstations = BTreeSet::new();
            for line in self.read.get(&pack.number).unwrap() {
                let (id, meaning) = (number(line), meaning(line, &pack.host));
                let other = *ids.entry(meaning.clone()).or_insert(id);
                assert_eq!(other, id, "{meaning:?} has two ids");
                let of = (meaning, line.feature.clone(), line.expiry);
                *seats.entry(of).or_default() += u64::from(line.count());
                if line.kind == SeatKind::Locked {
                    assert_eq!(line.cpus.len(), line.count() as usize);
                    for cpu in &line.cpus {
                        assert!(workstations.insert((id, cpu.clone())), "{cpu} has two seats of {id}");
                    }
                }
            }
        }
        voided.retain(|host| ledger.current().all(|pack| pack.host != *host));
        self.ordered.retain(|(of, ..), _| !voided.contains(&of.host));
        assert_eq!(seats, self.ordered);
    }
}

fn number(line: &Entitlement) -> u64 {
    match line.config {
        ConfigId::Number(id) => id,
        ConfigId::OfPack(_) => panic!("{line:?}"),
    }
}

/// What an item is to be.
fn wanted(item: &Item, host: CpuId) -> Meaning {
    let modules: BTreeSet<String> = item.modules.iter().cloned().collect();
    Meaning {
        host,
        line: item.product_line.clone(),
        is_maintained: item.maintenance,
        kind: match item.seat {
            Seat::Floating => SeatKind::Floating,
            Seat::Locked => SeatKind::Locked,
            Seat::Named => SeatKind::Named,
        },
        product: (!item.is_module).then(|| (item.feature.clone(), modules.into_iter().collect())),
    }
}

fn meaning(line: &Entitlement, host: &CpuId) -> Meaning {
    let is_module = line.feature.as_str().starts_with(MODULE);
    let modules = line.modules.clone().unwrap();
    assert!(!is_module || modules.is_empty());
    Meaning {
        host: host.clone(),
        line: line.product_line.clone().unwrap(),
        is_maintained: line.maintenance.unwrap() == Maintenance::Active,
        kind: line.kind,
        product: (!is_module).then(|| (line.feature.clone(), modules)),
    }
}

/// An order without a given id, and without a workstation that has the feature, cannot break a rule.
fn may_be_refused(items: &[Item], refusal: &Refusal) -> bool {
    let Refusal::Rule { rule, .. } = refusal else { return items.iter().any(|item| item.id.is_some()) };
    items.iter().any(|item| item.id.is_some() || (item.seat == Seat::Locked && *rule == "2"))
}

fn play(steps: Vec<Step>) {
    let mut ledger = Ledger::new(1, &[]);
    let mut checker = Checker::default();
    let mut given = BTreeSet::new();
    let mut voided = BTreeSet::new();
    for step in steps {
        match step {
            Step::Order(items) => match ledger.run(order(items.clone())) {
                Ok(_) => {
                    checker.ordered(&items);
                    given.extend(items.iter().filter_map(|item| item.id));
                }
                Err(refusal) => assert!(may_be_refused(&items, &refusal), "{refusal}: {items:?}"),
            },
            Step::Renew(ids, maintenance) => {
                if ledger.run(renew(&ids, None, maintenance)).is_ok() {
                    checker.renewed(&ids, maintenance);
                }
            }
            Step::Reserve(from, to) => {
                if ledger.run(Command::ReserveIds { from, to, note: "before".into() }).is_ok() {
                    checker.reserved.push((from, to));
                }
            }
            Step::Void(nth) => {
                let pack = ledger.current().nth(nth).map(|pack| (pack.number.clone(), pack.host.clone()));
                if let Some((pack, host)) = pack {
                    ledger.run(Command::VoidPack { pack, reason: "a mistake".into() }).unwrap();
                    voided.insert(host);
                }
            }
        }
        checker.check(&ledger, &given);
    }
    checker.in_force(&ledger, voided);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_orders_breaks_a_rule(steps in vec(a_step(), 1..=4)) {
        play(steps);
    }
}
