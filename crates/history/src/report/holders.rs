//! `report holders`: who held seats, how often and for how long.

use super::hold::Lengths;
use super::key::{By, Keys, World};
use super::scan::{Ask, Chunk, What, range};
use super::sheet::{Cell, Sheet};
use super::{Answer, ReportError, chart};
use crate::usage::{Num, Text};

/// Seat hours as sums: of the range's end less each grant's beginning, less the same of each return.
#[derive(Debug, Clone, Default)]
struct Held {
    checkouts: u64,
    lengths: Lengths,
    /// Seats that are held from a grant or the range's beginning on, less those returned.
    seats: i64,
    /// The sum of when, times seats.
    seat_times: i128,
}

impl Held {
    fn add(&mut self, seats: i64, at: i64) {
        self.seats += seats;
        self.seat_times += i128::from(seats) * i128::from(at);
    }
}

/// Who held seats.
///
/// # Errors
/// When there is nothing to be read.
pub fn holders(ask: &Ask, by: Option<By>) -> Result<Answer, ReportError> {
    const PERSON: &[Text] = &[Text::User, Text::Host];
    let mut scanned = range(ask)?;
    let (start, end) = scanned.range;
    let mut keys = by.map_or_else(|| Keys::of(PERSON), Keys::new);
    let mut all: Vec<Held> = Vec::new();
    let mut texts = vec![Text::Kind, Text::Vendor, Text::Feature];
    let of = by.map_or(PERSON, By::texts);
    texts.extend(of.iter().filter(|text| ![Text::Vendor, Text::Feature].contains(text)));
    let mut each = |world: &World, chunk: &Chunk<'_>| {
        for (row, at) in chunk.rows() {
            let what = chunk.what(row);
            if !matches!(what, What::Granted | What::Returned) {
                continue;
            }
            let key = keys.key(world, chunk, row);
            if all.len() <= key {
                all.resize(key + 1, Held::default());
            }
            let (held, seats) = (&mut all[key], chunk.num(Num::Seats, row).unwrap_or(0));
            if what == What::Granted {
                held.checkouts += 1;
                held.add(seats, at);
            } else if let Some(ms) = chunk.num(Num::HeldMs, row) {
                held.lengths.add(ms);
                held.add(-seats, at);
                if at - ms < start {
                    held.add(seats, start);
                }
            }
        }
    };
    let world = scanned.read(ask, &[Num::Time, Num::Seats, Num::HeldMs], &texts, &mut each)?;
    let mut columns = by.map_or_else(|| vec!["user", "host"], By::columns);
    columns.extend(["checkouts", "seat_hours", "held_p50_min", "held_p95_min", "held_max_min", "held_now"]);
    let hours =
        |held: &Held| (i128::from(held.seats) * i128::from(end) - held.seat_times) as f64 / 3_600_000.0;
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by(|a, b| hours(&all[*b]).total_cmp(&hours(&all[*a])).then(a.cmp(b)));
    let minutes = |ms: Option<i64>| ms.map_or(Cell::None, |ms| Cell::Float(ms as f64 / 60_000.0));
    let mut rows = Vec::new();
    for key in &order {
        let held = &all[*key];
        let mut cells = keys.cells(&world, *key);
        cells.extend([held.checkouts.into(), Cell::Float(hours(held))]);
        cells.extend([minutes(held.lengths.percentile(50)), minutes(held.lengths.percentile(95))]);
        cells.extend([minutes(held.lengths.max()), Cell::Int(held.seats.max(0))]);
        rows.push(cells);
    }
    let bars: Vec<_> =
        order.iter().take(20).map(|key| (keys.name(&world, *key), hours(&all[*key]))).collect();
    let svg = chart::bars(&[("Seat hours", &bars)]);
    let notes = vec!["held: in minutes, p50 and p95 within 6 %; held now: seats at the range's end".into()];
    let sheet =
        Sheet { report: "holders", range: scanned.range, columns, rows, notes, zone: ask.zone.clone() };
    Ok(Answer { sheet, svg, left_out: scanned.left_out })
}
