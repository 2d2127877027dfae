//! `report what-if FEATURE`: how many seats more would have spared how many denials.
//!
//! The demand is made again: what was in use, what was asked for and denied, and the seats of those who were
//! denied before, each for as long as seats of the feature were held on average, or until they were granted.
//! What lacked at each denial is how many seats more would have spared it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;

use rustc_hash::FxHashMap;

use super::scan::{Ask, Chunk, What, range};
use super::sheet::{Cell, Sheet};
use super::{Answer, ReportError, chart};
use crate::usage::{Num, Text};

/// How long a seat is held where none was returned yet.
const HELD_MS: i64 = 3_600_000;
/// Codes that say that a seat lacked.
const LACKED: [i64; 2] = [-4, -24];

/// Who would hold a seat if there had been one.
#[derive(Debug, Clone, Copy)]
struct Ghost {
    seats: i64,
    last: i64,
    until: i64,
}

#[derive(Debug, Default)]
struct Demand {
    within: i64,
    pools: FxHashMap<[u32; 4], (i64, i64)>,
    in_use: i64,
    limit: i64,
    held: (i64, i64),
    ghosts: FxHashMap<[u32; 2], Ghost>,
    ends: BinaryHeap<Reverse<(i64, [u32; 2])>>,
    seats: i64,
    /// How often so many seats lacked.
    lacked: BTreeMap<i64, u64>,
    denials: u64,
    peak: i64,
}

impl Demand {
    fn row(&mut self, chunk: &Chunk<'_>, row: usize, at: i64) {
        let what = chunk.what(row);
        if let (Some(in_use), Some(limit)) = (chunk.num(Num::InUse, row), chunk.num(Num::Limit, row)) {
            let pool =
                [Text::Vendor, Text::Configuration, Text::CpuId, Text::Pooling].map(|t| chunk.text(t, row));
            let known = self.pools.entry(pool).or_default();
            self.in_use += in_use - known.0;
            self.limit += limit - known.1;
            *known = (in_use, limit);
        }
        let who = [chunk.text(Text::User, row), chunk.text(Text::Host, row)];
        match what {
            What::Granted => self.lay(who),
            What::Returned => {
                let ms = chunk.num(Num::HeldMs, row).unwrap_or(0);
                self.held = (self.held.0.saturating_add(ms), self.held.1 + 1);
            }
            What::Denied if LACKED.contains(&chunk.num(Num::Code, row).unwrap_or(0)) => {
                self.denied(who, chunk.num(Num::Seats, row).unwrap_or(1), at);
            }
            _ => {}
        }
        self.peak = self.peak.max(self.in_use + self.seats);
    }

    /// Whoever was denied has a seat now, or would have given it back.
    fn lay(&mut self, who: [u32; 2]) {
        if let Some(ghost) = self.ghosts.remove(&who) {
            self.seats -= ghost.seats;
        }
    }

    fn denied(&mut self, who: [u32; 2], seats: i64, at: i64) {
        self.denials += 1;
        while let Some(Reverse((until, ended))) = self.ends.peek().copied().filter(|end| end.0.0 <= at) {
            self.ends.pop();
            if self.ghosts.get(&ended).is_some_and(|ghost| ghost.until == until) {
                self.lay(ended);
            }
        }
        if let Some(ghost) = self.ghosts.get_mut(&who)
            && at - ghost.last <= self.within
        {
            // Denied again: the same need.
            ghost.last = at;
            return;
        }
        self.lay(who);
        let lacked = (self.in_use + self.seats + seats - self.limit).max(1);
        *self.lacked.entry(lacked).or_default() += 1;
        let held = if self.held.1 > 0 { self.held.0 / self.held.1 } else { HELD_MS };
        let until = at.saturating_add(held.max(1));
        self.ghosts.insert(who, Ghost { seats, last: at, until });
        self.ends.push(Reverse((until, who)));
        self.seats += seats;
    }

    /// So many seats more would have spared so many of a hundred needs.
    fn spared(&self, percent: u64) -> i64 {
        let all: u64 = self.lacked.values().sum();
        let wanted = (all * percent).div_ceil(100);
        let mut seen = 0;
        for (seats, times) in &self.lacked {
            seen += times;
            if seen >= wanted {
                return *seats;
            }
        }
        0
    }
}

/// How many seats would have spared how many denials of a feature.
///
/// # Errors
/// When there is nothing to be read, or the feature is not in it.
pub fn what_if(ask: &Ask, feature: &str, within: Duration) -> Result<Answer, ReportError> {
    let ask = Ask { feature: Some(feature.to_owned()), ..ask.clone() };
    let mut scanned = range(&ask)?;
    let within = i64::try_from(within.as_millis()).unwrap_or(i64::MAX);
    let mut demand = Demand { within, ..Demand::default() };
    let texts = [
        Text::Kind,
        Text::Vendor,
        Text::Feature,
        Text::Configuration,
        Text::CpuId,
        Text::Pooling,
        Text::User,
        Text::Host,
    ];
    let numbers = [Num::Time, Num::Seats, Num::InUse, Num::Limit, Num::Code, Num::HeldMs];
    let mut rows = 0_u64;
    scanned.read(&ask, &numbers, &texts, |_, chunk| {
        for (row, at) in chunk.rows() {
            rows += 1;
            demand.row(chunk, row, at);
        }
    })?;
    if rows == 0 && scanned.left_out.is_empty() {
        let feature: String = feature.chars().filter(|c| !c.is_control()).take(64).collect();
        return Err(ReportError::Range(format!(
            "the history has nothing of the feature {feature} in this range"
        )));
    }
    let shares = [50, 90, 99, 100];
    let row = |percent: &u64| {
        let more = demand.spared(*percent);
        vec![(*percent).into(), Cell::Int(more), Cell::Int(demand.limit + more)]
    };
    let needs: u64 = demand.lacked.values().sum();
    let notes = vec![
        format!(
            "{feature}: {} denials for lack of seats (-4, -24), {needs} needs without retries; {} seats at the end; \
             the demand was {} at most",
            demand.denials, demand.limit, demand.peak
        ),
        "an estimate: whoever was denied is taken to want the seat as long as seats were held on average"
            .into(),
    ];
    let bars: Vec<_> =
        shares.iter().map(|p| (format!("{p} % of denials spared"), demand.spared(*p) as f64)).collect();
    let sheet = Sheet {
        report: "what-if",
        range: scanned.range,
        columns: vec!["spared_percent", "seats_more", "seats"],
        rows: shares.iter().map(row).collect(),
        notes,
        zone: ask.zone.clone(),
    };
    Ok(Answer { sheet, svg: chart::bars(&[("Seats more", &bars)]), left_out: scanned.left_out })
}
