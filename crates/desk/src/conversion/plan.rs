//! Rows that are of one configuration, put together: what is asked of the ledger.

use std::collections::BTreeMap;

use names::{CpuId, Date, Expiry, Feature, Version, limits::SEATS_MAX};

use super::finding::Findings;
use super::row::EstateRow;
use crate::{Configuration, Item, Place, Seat};

/// What makes a configuration (rules 1 to 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key<'a> {
    /// None of the floating modules of a line.
    pub(super) product: Option<&'a Feature>,
    pub(super) product_line: &'a str,
    pub(super) modules: &'a [String],
    pub(super) maintenance: bool,
    pub(super) seat: Seat,
    /// The license host.
    pub(super) host: &'a CpuId,
}

impl<'a> Key<'a> {
    pub(super) fn of_row(row: &'a EstateRow) -> Self {
        Self {
            product: (!row.is_module).then_some(&row.product),
            product_line: &row.product_line,
            modules: &row.modules,
            maintenance: row.maintenance,
            seat: row.seat,
            host: row.license_host(),
        }
    }

    pub(super) fn of(one: &'a Configuration) -> Self {
        Self {
            product: one.product.as_ref(),
            product_line: &one.product_line,
            modules: &one.modules,
            maintenance: one.maintenance,
            seat: one.seat,
            host: &one.host,
        }
    }
}

/// What is asked of the ledger.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) items: Vec<Item>,
    /// For each row the item that it is in; none of a row that was converted before.
    pub(super) item_of: Vec<Option<usize>>,
}

type Line<'a> = (Key<'a>, &'a Feature, Version, Option<Date>, Expiry);

/// Puts rows together: one item for each line of each configuration, in the order of the file.
pub(super) fn plan(rows: &[EstateRow], known: &[Option<u64>], refused: &mut Findings) -> Plan {
    let mut plan = Plan::default();
    let mut lines: BTreeMap<Line<'_>, usize> = BTreeMap::new();
    for (row, known) in rows.iter().zip(known) {
        if known.is_some() {
            plan.item_of.push(None);
            continue;
        }
        let line = (Key::of_row(row), &row.product, row.version, row.from, row.until);
        let at = *lines.entry(line).or_insert(plan.items.len());
        if at == plan.items.len() {
            plan.items.push(item(row));
        }
        if let Some(item) = plan.items.get_mut(at) {
            add(item, row, refused);
        }
        plan.item_of.push(Some(at));
    }
    plan
}

fn item(row: &EstateRow) -> Item {
    Item {
        id: None,
        feature: row.product.clone(),
        version: row.version,
        product_line: row.product_line.clone(),
        modules: row.modules.clone(),
        is_module: row.is_module,
        seat: row.seat,
        maintenance: row.maintenance,
        places: Vec::new(),
        host: row.server.clone().filter(|_| row.seat == Seat::Locked),
        from: row.from,
        until: row.until,
        serials: Vec::new(),
        installs: Vec::new(),
    }
}

fn add(item: &mut Item, row: &EstateRow, refused: &mut Findings) {
    match item.places.iter_mut().find(|_| row.seat != Seat::Locked) {
        Some(place) => match place.count.checked_add(row.quantity).filter(|count| *count <= SEATS_MAX) {
            Some(count) => place.count = count,
            None => {
                let what =
                    format!("with the rows before it there are more than {SEATS_MAX} of {}", row.product);
                refused.add(row.row, "quantity", what, "correct the quantity");
            }
        },
        None => item.places.push(Place { cpu: row.host.clone(), count: row.quantity }),
    }
    if !row.serial.is_empty() {
        item.serials.push(row.serial.clone());
    }
    item.installs.extend(row.installs.iter().cloned());
}
