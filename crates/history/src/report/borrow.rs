//! `report borrow`: who took seats offline, for how long, and what is still out.

use super::key::{By, Keys};
use super::scan::{Ask, What, range};
use super::sheet::{Cell, Sheet};
use super::{Answer, ReportError, chart};
use crate::usage::{Num, Text};

#[derive(Debug, Clone, Default)]
struct Borrowed {
    times: u64,
    back: u64,
    early: u64,
    lost: u64,
    out: i64,
    ms: i64,
    until: Option<i64>,
}

/// Who took seats offline.
///
/// # Errors
/// When there is nothing to be read.
pub fn borrow(ask: &Ask, by: Option<By>) -> Result<Answer, ReportError> {
    const WHOSE: &[Text] = &[Text::Feature, Text::User, Text::Host];
    let mut scanned = range(ask)?;
    let mut keys = by.map_or_else(|| Keys::of(WHOSE), Keys::new);
    let mut all: Vec<Borrowed> = Vec::new();
    let mut texts = vec![Text::Kind, Text::How, Text::Reason, Text::Vendor, Text::Feature];
    let of = by.map_or(WHOSE, By::texts);
    texts.extend(of.iter().filter(|text| ![Text::Vendor, Text::Feature].contains(text)));
    let numbers = [Num::Time, Num::Seats, Num::HeldMs, Num::Until];
    let world = scanned.read(ask, &numbers, &texts, |world, chunk| {
        for (row, _) in chunk.rows() {
            let what = chunk.what(row);
            if !matches!(what, What::Granted | What::Returned)
                || world.text(Text::How, chunk.text(Text::How, row)) != "borrowed"
            {
                continue;
            }
            let key = keys.key(world, chunk, row);
            if all.len() <= key {
                all.resize(key + 1, Borrowed::default());
            }
            let (borrowed, seats) = (&mut all[key], chunk.num(Num::Seats, row).unwrap_or(0));
            if what == What::Granted {
                borrowed.times += 1;
                borrowed.out += seats;
                borrowed.until = borrowed.until.max(chunk.num(Num::Until, row));
            } else {
                borrowed.back += 1;
                borrowed.out -= seats;
                borrowed.ms += chunk.num(Num::HeldMs, row).unwrap_or(0);
                match world.text(Text::Reason, chunk.text(Text::Reason, row)) {
                    "early" => borrowed.early += 1,
                    "lost" => borrowed.lost += 1,
                    _ => {}
                }
            }
        }
    })?;
    let mut columns = by.map_or_else(|| vec!["feature", "user", "host"], By::columns);
    columns.extend(["borrowed", "returned", "early", "lost", "mean_days", "out_now", "last_until"]);
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by_key(|key| (std::cmp::Reverse(all[*key].times), *key));
    let mut rows = Vec::new();
    for key in &order {
        let it = &all[*key];
        let mut cells = keys.cells(&world, *key);
        let days = it.ms as f64 / 86_400_000.0;
        let mean = if it.back > 0 { Cell::Float(days / it.back as f64) } else { Cell::None };
        cells.extend([it.times.into(), it.back.into(), it.early.into(), it.lost.into(), mean]);
        cells.extend([Cell::Int(it.out.max(0)), it.until.map_or(Cell::None, Cell::Time)]);
        rows.push(cells);
    }
    let bar = |key: &usize| (keys.name(&world, *key), all[*key].times as f64);
    let bars: Vec<_> = order.iter().take(20).map(bar).collect();
    let svg = chart::bars(&[("Times borrowed", &bars)]);
    let (range, notes) = (scanned.range, Vec::new());
    let sheet = Sheet { report: "borrow", range, columns, rows, notes, zone: ask.zone.clone() };
    Ok(Answer { sheet, svg, left_out: scanned.left_out })
}
