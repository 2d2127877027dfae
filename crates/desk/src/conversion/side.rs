//! Before and after, side by side.

use std::collections::BTreeMap;

use names::{CpuId, Feature};

use super::finding::Findings;
use super::identity;
use super::plan::Key;
use super::row::EstateRow;
use crate::Seat;
use crate::ledger::Issued;

/// What was, beside what will be: of one serial number, or of one configuration without one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideBySide {
    /// The lines of the file.
    pub lines: Vec<u64>,
    /// The serial number; empty where there is none.
    pub serial: String,
    /// What was bought, and its install numbers.
    pub old: Vec<OldItem>,
    /// The Configuration IDs.
    pub new: Vec<NewId>,
    /// How the layout changes to obey the rules; empty where it does not.
    pub changed: String,
    /// What is odd.
    pub warnings: Vec<String>,
}

/// What was bought, on one license host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldItem {
    /// The product line.
    pub product_line: String,
    /// The feature.
    pub product: Feature,
    /// Its optional modules.
    pub modules: Vec<String>,
    /// It is itself a module that floats.
    pub is_module: bool,
    /// How its seats are had.
    pub seat: Seat,
    /// It is under maintenance.
    pub maintenance: bool,
    /// The license host.
    pub host: CpuId,
    /// The licensed quantity.
    pub quantity: u64,
    /// Install numbers, as they are printed.
    pub installs: Vec<String>,
}

/// A Configuration ID, and what of it comes from here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewId {
    /// The id; none where this desk issues none, and where the estate is refused.
    pub id: Option<u64>,
    /// Which of the estate's configurations it is, from 1.
    pub number: usize,
    /// It was converted before: nothing is issued.
    pub is_before: bool,
    /// The license host.
    pub host: CpuId,
    /// Of a locked one, how many workstations.
    pub workstations: usize,
    /// How many of each feature.
    pub counts: Vec<(Feature, u64)>,
    /// All seats of the id afterwards, those of other rows and of the ledger too; 0 where it is not known.
    pub total: u64,
    product_line: String,
    maintenance: bool,
}

/// Puts rows side by side with their ids.
pub(super) fn by_side(
    rows: &[EstateRow],
    ids: &[Option<u64>],
    known: &[bool],
    issued: &Issued,
    warned: &Findings,
) -> Vec<SideBySide> {
    let totals: BTreeMap<u64, u64> = issued
        .configurations
        .iter()
        .map(|one| (one.id, one.configuration.lines.iter().map(|line| u64::from(line.count)).sum()))
        .collect();
    let mut sides: Vec<SideBySide> = Vec::new();
    let mut places: BTreeMap<(String, Option<Key<'_>>), usize> = BTreeMap::new();
    let mut numbers: BTreeMap<(Key<'_>, Option<u64>), usize> = BTreeMap::new();
    for ((row, id), known) in rows.iter().zip(ids).zip(known) {
        let key = Key::of_row(row);
        let next = numbers.len() + 1;
        let number = *numbers.entry((key, *id)).or_insert(next);
        let place = (identity::number(&row.serial), row.serial.is_empty().then_some(key));
        let at = *places.entry(place).or_insert(sides.len());
        if at == sides.len() {
            sides.push(SideBySide::new(&row.serial));
        }
        let Some(side) = sides.get_mut(at) else { continue };
        side.lines.push(row.row);
        side.warnings.extend(warned.of_row(row.row).map(|finding| finding.what.clone()));
        side.add_old(row);
        let total = id.and_then(|id| totals.get(&id).copied()).unwrap_or(0);
        side.add_new(row, NewId::new(*id, number, *known, total, &key));
    }
    mark(&mut sides);
    sides
}

impl SideBySide {
    fn new(serial: &str) -> Self {
        Self {
            lines: Vec::new(),
            serial: serial.to_owned(),
            old: Vec::new(),
            new: Vec::new(),
            changed: String::new(),
            warnings: Vec::new(),
        }
    }

    fn add_old(&mut self, row: &EstateRow) {
        let same = self.old.iter_mut().find(|old| {
            old.product == row.product
                && old.product_line == row.product_line
                && old.modules == row.modules
                && old.is_module == row.is_module
                && old.seat == row.seat
                && old.maintenance == row.maintenance
                && old.host == *row.license_host()
        });
        if let Some(old) = same {
            old.quantity += u64::from(row.quantity);
            old.installs.extend(row.installs.iter().cloned());
            return;
        }
        self.old.push(OldItem {
            product_line: row.product_line.clone(),
            product: row.product.clone(),
            modules: row.modules.clone(),
            is_module: row.is_module,
            seat: row.seat,
            maintenance: row.maintenance,
            host: row.license_host().clone(),
            quantity: u64::from(row.quantity),
            installs: row.installs.clone(),
        });
    }

    fn add_new(&mut self, row: &EstateRow, new: NewId) {
        let at = self.new.iter().position(|one| one.number == new.number).unwrap_or_else(|| {
            self.new.push(new);
            self.new.len() - 1
        });
        let Some(new) = self.new.get_mut(at) else { return };
        if row.seat == Seat::Locked {
            new.workstations += 1;
        }
        let quantity = u64::from(row.quantity);
        match new.counts.iter_mut().find(|(feature, _)| *feature == row.product) {
            Some((_, count)) => *count += quantity,
            None => new.counts.push((row.product.clone(), quantity)),
        }
    }
}

impl NewId {
    fn new(id: Option<u64>, number: usize, is_before: bool, total: u64, key: &Key<'_>) -> Self {
        Self {
            id,
            number,
            is_before,
            host: key.host.clone(),
            workstations: 0,
            counts: Vec::new(),
            total,
            product_line: key.product_line.to_owned(),
            maintenance: key.maintenance,
        }
    }

    /// The first rule that two ids of one serial number are two by.
    fn rule_against(&self, other: &Self) -> (u8, &'static str) {
        if self.host != other.host {
            (2, "hosts")
        } else if self.product_line != other.product_line {
            (3, "product lines")
        } else if self.maintenance != other.maintenance {
            (4, "maintenance")
        } else {
            (1, "configurations")
        }
    }
}

/// Marks serial numbers with several ids, and ids with several serial numbers.
fn mark(sides: &mut [SideBySide]) {
    let mut serials: BTreeMap<usize, usize> = BTreeMap::new();
    for side in sides.iter().filter(|side| !side.serial.is_empty()) {
        for new in &side.new {
            *serials.entry(new.number).or_default() += 1;
        }
    }
    for side in sides.iter_mut().filter(|side| !side.serial.is_empty()) {
        let mut marks = Vec::new();
        if let [first, others @ ..] = side.new.as_slice()
            && !others.is_empty()
        {
            let mut rules: Vec<_> = others.iter().map(|other| first.rule_against(other)).collect();
            rules.sort_unstable();
            rules.dedup();
            let rules: Vec<String> =
                rules.iter().map(|(rule, what)| format!("rule {rule}: {what}")).collect();
            marks.push(format!("one serial, {} ids ({})", side.new.len(), rules.join(", ")));
        }
        let shared = side.new.iter().filter_map(|new| serials.get(&new.number)).max().copied().unwrap_or(0);
        if shared > 1 {
            marks.push(format!("{shared} serials, one id (rule 1: configurations)"));
        }
        side.changed = marks.join("; ");
    }
}
