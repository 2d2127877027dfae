//! A checker of conversions that shares no code with them: its own reader of the file, its own grouping
//! as texts. It sees the file and the ledger's configurations.

use std::collections::{BTreeMap, BTreeSet};

use crate::{ConfigStanding, Configuration, Seat};

/// A row of the file, by column.
pub(super) type Cells = BTreeMap<String, String>;

/// Reads CSV one character at a time.
pub(super) fn read(text: &str) -> Vec<Cells> {
    let mut records: Vec<Vec<String>> = vec![vec![String::new()]];
    let mut is_quoted = false;
    for c in text.chars().filter(|c| *c != '\u{feff}' && *c != '\r') {
        let record = records.last_mut().unwrap();
        match c {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => record.push(String::new()),
            '\n' if !is_quoted => records.push(vec![String::new()]),
            c => record.last_mut().unwrap().push(c),
        }
    }
    records.retain(|record| record.iter().any(|cell| !cell.trim().is_empty()));
    let header = records.remove(0);
    let row = |record: Vec<String>| {
        let cells = record.into_iter().map(|cell| cell.trim().to_owned());
        header.iter().map(|name| name.trim().to_owned()).zip(cells).collect()
    };
    records.into_iter().map(row).collect()
}

/// What makes a configuration, as texts: product, modules and kind (rule 1), host (2), line (3),
/// maintenance (4).
type Made = [String; 4];
const RULES: [&str; 4] = ["rule 1", "rule 2", "rule 3", "rule 4"];

fn cell<'a>(row: &'a Cells, name: &str) -> &'a str {
    row.get(name).map_or("", String::as_str)
}

fn words(text: &str) -> Vec<&str> {
    text.split(' ').filter(|word| !word.is_empty()).collect()
}

fn host(text: &str) -> String {
    text.replace([':', '-'], "").to_lowercase()
}

fn made_of_row(row: &Cells) -> Made {
    let modules: BTreeSet<&str> = words(cell(row, "modules")).into_iter().collect();
    let product = if cell(row, "module") == "yes" { "*" } else { cell(row, "product") };
    let at = if cell(row, "seat") == "locked" { "server" } else { "host" };
    [
        format!("{} {product} {modules:?}", cell(row, "seat")),
        host(cell(row, at)),
        words(cell(row, "product_line")).join(" "),
        (cell(row, "maintenance") == "active").to_string(),
    ]
}

fn made_of(one: &Configuration) -> Made {
    let seat = match one.seat {
        Seat::Floating => "floating",
        Seat::Locked => "locked",
        Seat::Named => "named",
    };
    let modules: BTreeSet<&str> = one.modules.iter().map(String::as_str).collect();
    let product = one.product.as_ref().map_or("*", |product| product.as_str());
    [
        format!("{seat} {product} {modules:?}"),
        one.host.to_string(),
        one.product_line.clone(),
        one.maintenance.to_string(),
    ]
}

/// Everything that is wrong with a ledger that these rows, and nothing else, were converted into.
pub(super) fn wrong(rows: &[Cells], ledger: &[Configuration]) -> Vec<String> {
    let mut wrong = Vec::new();
    let active: Vec<&Configuration> =
        ledger.iter().filter(|one| one.standing == ConfigStanding::Active).collect();
    quantities(rows, &active, &mut wrong);
    let mut by_made: BTreeMap<Made, Vec<&Configuration>> = BTreeMap::new();
    for one in &active {
        by_made.entry(made_of(one)).or_default().push(one);
    }
    for (made, ones) in by_made.iter().filter(|(_, ones)| ones.len() > 1) {
        let ids: Vec<u64> = ones.iter().map(|one| one.id).collect();
        wrong.push(format!("rule 1: {made:?} has the ids {ids:?}"));
    }
    let ids: BTreeSet<u64> = ledger.iter().map(|one| one.id).collect();
    if ids.len() != ledger.len() {
        wrong.push("an id is there twice".to_owned());
    }
    let bought: BTreeSet<Made> = rows.iter().map(made_of_row).collect();
    for made in &bought {
        if !by_made.contains_key(made) {
            wrong.push(format!("{}: {made:?} has no id", broken(made, by_made.keys())));
        }
    }
    for made in by_made.keys().filter(|made| !bought.contains(*made)) {
        wrong.push(format!("nobody bought {made:?}"));
    }
    numbers(rows, &by_made, &mut wrong);
    wrong
}

/// The rule by which what was bought differs from the nearest of what is there.
fn broken<'a>(made: &Made, there: impl Iterator<Item = &'a Made>) -> &'static str {
    let differ = |other: &Made| -> Vec<usize> { (0..4).filter(|at| made[*at] != other[*at]).collect() };
    let nearest = there.map(differ).min_by_key(Vec::len).unwrap_or_default();
    match nearest.as_slice() {
        [one] => RULES[*one],
        _ => "rules",
    }
}

/// The licensed quantity of each product on each host, and of each configuration.
fn quantities(rows: &[Cells], active: &[&Configuration], wrong: &mut Vec<String>) {
    let mut sums: BTreeMap<(String, String), i64> = BTreeMap::new();
    let mut of_made: BTreeMap<(Made, String), i64> = BTreeMap::new();
    for row in rows {
        let quantity: i64 = cell(row, "quantity").parse().unwrap();
        let product = cell(row, "product").to_owned();
        *sums.entry((product.clone(), host(cell(row, "host")))).or_default() += quantity;
        *of_made.entry((made_of_row(row), product)).or_default() += quantity;
    }
    for one in active {
        for line in &one.lines {
            let product = line.feature.to_string();
            *of_made.entry((made_of(one), product.clone())).or_default() -= i64::from(line.count);
            if one.seat == Seat::Locked {
                let machines: BTreeSet<_> = line.workstations.iter().collect();
                if machines.len() != line.count as usize || line.workstations.len() != machines.len() {
                    wrong.push(format!("rule 2: {} has {} seats of {machines:?}", one.id, line.count));
                }
                for machine in machines {
                    *sums.entry((product.clone(), machine.to_string())).or_default() -= 1;
                }
            } else {
                *sums.entry((product, one.host.to_string())).or_default() -= i64::from(line.count);
            }
        }
    }
    let lost = sums.iter().filter(|(_, sum)| **sum != 0);
    wrong.extend(lost.map(|(what, sum)| format!("quantity of {what:?}: {sum} lost")));
    let lost = of_made.iter().filter(|(_, sum)| **sum != 0);
    wrong.extend(lost.map(|(what, sum)| format!("quantity of {what:?}: {sum} lost")));
}

/// Every old number is with its configuration, and with no other.
fn numbers(rows: &[Cells], by_made: &BTreeMap<Made, Vec<&Configuration>>, wrong: &mut Vec<String>) {
    let mut had: BTreeMap<Made, (BTreeSet<&str>, BTreeSet<&str>)> = BTreeMap::new();
    for row in rows {
        let (serials, installs) = had.entry(made_of_row(row)).or_default();
        serials.extend(words(cell(row, "serial")));
        installs.extend(words(cell(row, "installs")));
    }
    for (made, (serials, installs)) in had {
        for one in by_made.get(&made).into_iter().flatten() {
            let there: BTreeSet<&str> = one.serials.iter().map(String::as_str).collect();
            if there != serials {
                wrong.push(format!("{}: serials {there:?}, not {serials:?}", one.id));
            }
            let there: BTreeSet<&str> = one.installs.iter().map(String::as_str).collect();
            if there != installs {
                wrong.push(format!("{}: installs {there:?}, not {installs:?}", one.id));
            }
        }
    }
}
