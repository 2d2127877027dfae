//! `report denials`: by reason and by whom; who was denied again and again was denied once, and who was granted
//! soon after was not in need of another seat.

use std::time::Duration;

use rustc_hash::FxHashMap;

use super::key::{By, Keys, World};
use super::scan::{Ask, Chunk, What, range};
use super::sheet::{Cell, Sheet};
use super::uses::largest;
use super::{Answer, ReportError, chart};
use crate::usage::{Num, Text};

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    denials: u64,
    again: u64,
    soon: u64,
}

/// Somebody who was denied.
#[derive(Debug, Clone, Copy)]
struct Open {
    last: i64,
    key: (usize, i64),
}

#[derive(Debug)]
struct Denials {
    keys: Keys,
    within: i64,
    counts: FxHashMap<(usize, i64), Counts>,
    open: FxHashMap<[u32; 3], Open>,
}

impl Denials {
    fn row(&mut self, world: &World, chunk: &Chunk<'_>, row: usize, at: i64) {
        let what = chunk.what(row);
        if !matches!(what, What::Denied | What::Granted) {
            return;
        }
        let who = [chunk.text(Text::User, row), chunk.text(Text::Host, row), chunk.text(Text::Feature, row)];
        if what == What::Granted {
            if let Some(open) = self.open.remove(&who)
                && at - open.last <= self.within
            {
                self.counts.entry(open.key).or_default().soon += 1;
            }
            return;
        }
        let key = (self.keys.key(world, chunk, row), chunk.num(Num::Code, row).unwrap_or(0));
        let counts = self.counts.entry(key).or_default();
        counts.denials += 1;
        match self.open.get_mut(&who) {
            Some(open) if at - open.last <= self.within => {
                counts.again += 1;
                open.last = at;
            }
            _ => {
                self.open.insert(who, Open { last: at, key });
            }
        }
    }
}

/// Who was denied what, and why. Two denials of the same user, workstation and feature within this time are one
/// need; a grant within this time after them met it.
///
/// # Errors
/// When there is nothing to be read.
pub fn denials(ask: &Ask, by: By, within: Duration) -> Result<Answer, ReportError> {
    let mut scanned = range(ask)?;
    let within = i64::try_from(within.as_millis()).unwrap_or(i64::MAX);
    let (counts, open) = (FxHashMap::default(), FxHashMap::default());
    let mut denials = Denials { keys: Keys::new(by), within, counts, open };
    let mut texts = vec![Text::Kind, Text::User, Text::Host, Text::Feature, Text::Vendor];
    texts.extend(
        by.texts()
            .iter()
            .filter(|text| ![Text::User, Text::Host, Text::Feature, Text::Vendor].contains(text)),
    );
    let world = scanned.read(ask, &[Num::Time, Num::Code], &texts, |world, chunk| {
        for (row, at) in chunk.rows() {
            denials.row(world, chunk, row, at);
        }
    })?;
    let mut columns = by.columns();
    columns.extend(["code", "reason", "denials", "retries", "met", "true_denials"]);
    let mut all: Vec<_> = denials.counts.iter().collect();
    all.sort_by_key(|(key, counts)| (std::cmp::Reverse(counts.denials), **key));
    let mut rows = Vec::new();
    for ((key, code), counts) in all {
        let mut cells = denials.keys.cells(&world, *key);
        let needs = counts.denials.saturating_sub(counts.again);
        cells.extend([Cell::Int(*code), reason(*code).into(), counts.denials.into(), counts.again.into()]);
        cells.extend([counts.soon.into(), needs.saturating_sub(counts.soon).into()]);
        rows.push(cells);
    }
    let within = within / 1_000;
    let notes = vec![format!(
        "retries: denied again within {within} s; met: granted to the same user, workstation and feature within \
         {within} s after the last; true denials: the rest"
    )];
    let svg = bars(&world, &denials);
    let sheet =
        Sheet { report: "denials", range: scanned.range, columns, rows, notes, zone: ask.zone.clone() };
    Ok(Answer { sheet, svg, left_out: scanned.left_out })
}

pub(super) fn reason(code: i64) -> &'static str {
    let code = i32::try_from(code).ok().and_then(names::Code::from_number);
    code.map_or("", names::Code::text)
}

fn bars(world: &World, denials: &Denials) -> String {
    let (mut by_key, mut by_code) = (FxHashMap::default(), FxHashMap::default());
    for ((key, code), counts) in &denials.counts {
        *by_key.entry(*key).or_insert(0) += counts.denials;
        *by_code.entry(usize::try_from(-code).unwrap_or(0)).or_insert(0) += counts.denials;
    }
    let of_code = |(code, count): (usize, u64)| {
        let number = -i64::try_from(code).unwrap_or(0);
        (format!("{} ({number})", reason(number)), count as f64)
    };
    let of_key = |(key, count): (usize, u64)| (denials.keys.name(world, key), count as f64);
    let reasons: Vec<_> = largest(&by_code, 10).into_iter().map(of_code).collect();
    let keys: Vec<_> = largest(&by_key, 15).into_iter().map(of_key).collect();
    chart::bars(&[("Denials by reason", &reasons), ("Denials", &keys)])
}
