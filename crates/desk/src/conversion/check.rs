//! Rows held against each other and against the ledger.

use std::collections::{BTreeMap, BTreeSet};

use license::PublicKey;
use names::{CpuId, Date, Expiry, Feature, Vendor};

use super::finding::Findings;
use super::identity::{self, Identity};
use super::plan::Key;
use super::row::EstateRow;
use crate::model::Converted;
use crate::{Configuration, CustomerNumber, Desk, Seat};

/// Whose estate is held against which ledger.
#[derive(Debug, Clone, Copy)]
pub(super) struct Against<'a> {
    pub(super) desk: &'a Desk,
    pub(super) vendor: &'a Vendor,
    pub(super) company: &'a CustomerNumber,
    pub(super) today: Date,
}

/// For each row the id that it was converted to before, where it was.
pub(super) fn rows(
    against: Against<'_>,
    rows: &[EstateRow],
    identities: &[Identity],
    refused: &mut Findings,
    warned: &mut Findings,
) -> Vec<Option<u64>> {
    twice(rows, identities, refused);
    workstations(rows, refused);
    modules_or_products(rows, refused);
    host_keys(rows, refused);
    let ledger = Ledger::of(against);
    let mut ids = Vec::new();
    for (row, identity) in rows.iter().zip(identities) {
        let before = against.converted(row, identity, refused);
        if before.is_none() {
            ledger.check(row, refused, warned);
        }
        if let Expiry::On(until) = row.until
            && until < against.today
        {
            warned.add(row.row, "until", format!("it ended on {until}, and is converted as it is"), "");
        }
        ids.push(before);
    }
    installs(rows, warned);
    spellings(rows, warned);
    ids
}

/// A row that is there twice would count twice.
fn twice(rows: &[EstateRow], identities: &[Identity], refused: &mut Findings) {
    let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
    for (row, identity) in rows.iter().zip(identities) {
        let first = *seen.entry(&identity.row).or_insert(row.row);
        if first != row.row {
            let remedy = "leave one; where both are licensed, write one row with the sum";
            refused.add(row.row, "", format!("it says the same as row {first}"), remedy);
        }
    }
}

/// Rule 2: a locked configuration has as many seats as workstations.
fn workstations(rows: &[EstateRow], refused: &mut Findings) {
    let mut seen: BTreeMap<(Key<'_>, &Feature, &CpuId), u64> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.seat == Seat::Locked) {
        let first = *seen.entry((Key::of_row(row), &row.product, &row.host)).or_insert(row.row);
        if first != row.row {
            let what = format!("rule 2: workstation {} has {} by row {first} already", row.host, row.product);
            refused.add(
                row.row,
                "host",
                what,
                "a workstation takes one seat of a configuration: leave one row",
            );
        }
    }
}

/// Rule 1: what is a product and a floating module as well would be one configuration under two ids.
fn modules_or_products(rows: &[EstateRow], refused: &mut Findings) {
    let mut seen: BTreeMap<(Key<'_>, &Feature), (bool, u64)> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.seat == Seat::Floating && row.modules.is_empty()) {
        let key = Key { product: None, ..Key::of_row(row) };
        let (is_module, first) = *seen.entry((key, &row.product)).or_insert((row.is_module, row.row));
        if is_module != row.is_module {
            let what = format!(
                "rule 1: {} is a product here or in row {first}, and a module in the other",
                row.product
            );
            refused.add(row.row, "module", what, "say the same in both rows");
        }
    }
}

/// A license host has one key.
fn host_keys(rows: &[EstateRow], refused: &mut Findings) {
    let mut seen: BTreeMap<&CpuId, (&PublicKey, u64)> = BTreeMap::new();
    for row in rows {
        let Some(key) = &row.host_key else { continue };
        let (first, at) = *seen.entry(row.license_host()).or_insert((key, row.row));
        if first != key {
            let what = format!("{} has another key in row {at}", row.license_host());
            refused.add(
                row.row,
                "host_key",
                what,
                "a license host has one key: write the same in all its rows",
            );
        }
    }
}

impl Against<'_> {
    /// The id that a row was converted to; refuses another row of a license that was converted.
    fn converted(&self, row: &EstateRow, identity: &Identity, refused: &mut Findings) -> Option<u64> {
        let part = part(&identity.license);
        let part: &Converted = self.desk.tables.converted.get(&(self.company.clone(), part))?;
        let before = part.licenses.get(&identity.license)?;
        if let Some(same) = before.iter().find(|one| one.row == identity.row) {
            return Some(same.id);
        }
        let (id, case) = before.first().map(|one| (one.id, one.case.to_string())).unwrap_or_default();
        let what = format!(
            "{} for {} on {} was converted in case {case} (configuration {id}), and this row says otherwise",
            if row.serial.is_empty() {
                "what has no serial number".to_owned()
            } else {
                format!("serial {}", row.serial)
            },
            row.product,
            row.host,
        );
        refused.add(
            row.row,
            "",
            what,
            "write the row as it was; order what is more, and have changes reconfigured",
        );
        None
    }
}

/// In which part of the company's converted rows a license is.
pub(super) fn part(license: &str) -> String {
    license.chars().take(2).collect()
}

/// Configurations by the numbers from before.
struct Ledger<'a> {
    company: &'a CustomerNumber,
    by_serial: BTreeMap<String, Vec<&'a Configuration>>,
    by_install: BTreeMap<String, Vec<&'a Configuration>>,
    /// Of the company's locked ones.
    locked: BTreeMap<(Key<'a>, &'a Feature, &'a CpuId), u64>,
}

impl<'a> Ledger<'a> {
    fn of(against: Against<'a>) -> Self {
        let mut ledger = Self {
            company: against.company,
            by_serial: BTreeMap::new(),
            by_install: BTreeMap::new(),
            locked: BTreeMap::new(),
        };
        for one in against.desk.configurations().filter(|one| one.vendor == *against.vendor) {
            for serial in &one.serials {
                ledger.by_serial.entry(identity::number(serial)).or_default().push(one);
            }
            if one.company != *against.company {
                continue;
            }
            for install in &one.installs {
                ledger.by_install.entry(identity::number(install)).or_default().push(one);
            }
            if one.standing == crate::ConfigStanding::Active {
                let places = one
                    .lines
                    .iter()
                    .flat_map(|line| line.workstations.iter().map(|cpu| (&line.feature, cpu)));
                ledger.locked.extend(places.map(|(feature, cpu)| ((Key::of(one), feature, cpu), one.id)));
            }
        }
        ledger
    }

    fn check(&self, row: &EstateRow, refused: &mut Findings, warned: &mut Findings) {
        self.serial(row, refused, warned);
        self.installs(row, refused);
        if row.seat == Seat::Locked
            && let Some(id) = self.locked.get(&(Key::of_row(row), &row.product, &row.host))
        {
            let what =
                format!("rule 2: workstation {} has {} by configuration {id} already", row.host, row.product);
            refused.add(row.row, "host", what, "leave the row out");
        }
    }

    fn serial(&self, row: &EstateRow, refused: &mut Findings, warned: &mut Findings) {
        let Some(there) = self.by_serial.get(&identity::number(&row.serial)) else { return };
        let (own, others): (Vec<_>, Vec<_>) =
            there.iter().copied().partition(|one| one.company == *self.company);
        if !others.is_empty() {
            let what = format!("serial {} is another company's", row.serial);
            refused.add(row.row, "serial", what, "correct it, or ask the vendor's desk");
        } else if let Some(same) = own.iter().find(|one| is_there(one, row)) {
            let what = format!("serial {} is of configuration {} on this host already", row.serial, same.id);
            refused.add(row.row, "serial", what, "leave the row out; order what is more");
        } else {
            let ids: BTreeSet<String> = own.iter().map(|one| one.id.to_string()).collect();
            let ids = ids.into_iter().collect::<Vec<_>>().join(", ");
            let what = format!(
                "serial {} has licenses already, of configuration {ids}: count none twice",
                row.serial
            );
            warned.add(row.row, "serial", what, "");
        }
    }

    fn installs(&self, row: &EstateRow, refused: &mut Findings) {
        for install in &row.installs {
            let there = self.by_install.get(&identity::number(install)).into_iter().flatten();
            if let Some(same) = there.into_iter().find(|one| is_there(one, row)) {
                let what = format!("install {install} is of configuration {} on this host already", same.id);
                refused.add(row.row, "installs", what, "leave the row out; order what is more");
            }
        }
    }
}

/// Whether a configuration has a row's product on its host.
fn is_there(one: &Configuration, row: &EstateRow) -> bool {
    let mut lines = one.lines.iter().filter(|line| line.feature == row.product);
    match one.seat {
        Seat::Locked => lines.any(|line| line.workstations.contains(&row.host)),
        Seat::Floating | Seat::Named => one.host == row.host && lines.next().is_some(),
    }
}

/// What is odd about install numbers: data, kept as it is printed.
fn installs(rows: &[EstateRow], warned: &mut Findings) {
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for row in rows {
        for install in &row.installs {
            let first = seen.insert(identity::number(install), row.row);
            if let Some(first) = first {
                let at = if first == row.row { "this row".to_owned() } else { format!("row {first}") };
                let what = format!("install {install} is in {at} already; kept as it is");
                warned.add(row.row, "installs", what, "");
            }
        }
        for (one, next, meant) in misprints(&row.installs) {
            let what = format!(
                "install {one} stands beside {next}, where {meant} would be next to it; kept as it is"
            );
            warned.add(row.row, "installs", what, "");
        }
        if row.installs.len() > row.quantity as usize && !row.is_module {
            let what = format!("there are {} installs of {} licenses", row.installs.len(), row.quantity);
            warned.add(row.row, "installs", what + "; the quantity counts", "");
        }
    }
}

/// Neighbours whose first is one digit away from the number before the second: `1177, 1118`.
fn misprints(installs: &[String]) -> Vec<(&str, &str, u64)> {
    let pairs = installs.iter().zip(installs.iter().skip(1));
    let odd = pairs.filter_map(|(one, next)| {
        let (first, meant) = (one.parse::<u64>().ok()?, next.parse::<u64>().ok()?.checked_sub(1)?);
        let text = meant.to_string();
        let differ = one.bytes().zip(text.bytes()).filter(|(a, b)| a != b).count();
        // A number just below or above is a list in another order, or with a gap.
        let is_near = first.abs_diff(meant) <= 10;
        (one.len() == text.len() && differ == 1 && !is_near).then_some((one.as_str(), next.as_str(), meant))
    });
    odd.collect()
}

/// Names that differ only in how they are written are different configurations: it may not be meant.
fn spellings(rows: &[EstateRow], warned: &mut Findings) {
    let mut seen: BTreeMap<(&'static str, String), (&str, u64)> = BTreeMap::new();
    for row in rows {
        for (column, text) in [("product_line", row.product_line.as_str()), ("product", row.product.as_str())]
        {
            let plain = text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
            let (first, at) = *seen.entry((column, plain)).or_insert((text, row.row));
            if first != text {
                let what = format!("{text:?} is written {first:?} in row {at}: these are two");
                warned.add(row.row, column, what, "write both alike where one is meant");
            }
        }
    }
}
