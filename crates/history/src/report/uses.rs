//! `report use`: how many seats were in use, at most and on average, and how long all of them were.

use rustc_hash::FxHashMap;

use super::calendar::{Every, Parts};
use super::chart::{self, Line};
use super::heat::Heat;
use super::key::{By, Keys, World};
use super::scan::{Ask, Chunk, Scanned, What, range};
use super::sheet::{Cell, Sheet};
use super::{Answer, ReportError};
use crate::usage::{Num, Text};

/// Parts of all that an answer is told by, together.
const CELLS_MAX: usize = 4_000_000;
/// Rows of an answer.
const ROWS_MAX: usize = 400_000;

/// What was in use in a part of the range.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Span {
    pub(super) peak: i64,
    pub(super) limit: i64,
    /// Seats times milliseconds.
    pub(super) area: i64,
    /// Milliseconds at the limit.
    pub(super) full: i64,
    pub(super) denials: u64,
}

impl Span {
    /// Whether there is anything to be told of it.
    fn is_told(&self) -> bool {
        self.peak > 0 || self.limit > 0 || self.denials > 0
    }
}

/// What is in use, as it goes on.
#[derive(Debug, Default)]
pub(super) struct Track {
    pub(super) spans: Vec<Span>,
    now: i64,
    limit: i64,
    since: i64,
    near: usize,
}

impl Track {
    pub(super) fn new(parts: &Parts) -> Self {
        let since = parts.starts.first().copied().unwrap_or(0);
        Self { spans: vec![Span::default(); parts.starts.len()], since, ..Self::default() }
    }

    pub(super) fn advance(&mut self, parts: &Parts, to: i64) {
        while self.since < to {
            self.near = parts.at(self.since, self.near);
            let end = parts.end_of(self.near).min(to).max(self.since + 1);
            let took = end - self.since;
            let span = &mut self.spans[self.near];
            span.area = span.area.saturating_add(self.now.saturating_mul(took));
            (span.peak, span.limit) = (span.peak.max(self.now), span.limit.max(self.limit));
            if self.limit > 0 && self.now >= self.limit {
                span.full += took;
            }
            self.since = end;
        }
    }

    pub(super) fn add(&mut self, parts: &Parts, at: i64, seats: i64, limit: i64) {
        self.advance(parts, at);
        (self.now, self.limit) = (self.now + seats, self.limit + limit);
        self.near = parts.at(at, self.near);
        let span = &mut self.spans[self.near];
        (span.peak, span.limit) = (span.peak.max(self.now), span.limit.max(self.limit));
    }

    /// So many seats were in use all the time up to now, and nobody had said so.
    fn before(&mut self, parts: &Parts, at: i64, seats: i64, limit: i64) {
        self.advance(parts, at);
        let is_first = self.now == 0 && self.limit == 0;
        let last = parts.at(at, self.near);
        for (index, span) in self.spans.iter_mut().enumerate().take(last + 1) {
            let start = parts.starts.get(index).copied().unwrap_or(at);
            let took = parts.end_of(index).min(at) - start;
            if took > 0 {
                (span.peak, span.limit) = (span.peak + seats, span.limit + limit);
                span.area += seats.saturating_mul(took);
                if is_first && limit > 0 && seats >= limit {
                    span.full += took;
                }
            }
        }
        (self.now, self.limit) = (self.now + seats, self.limit + limit);
    }
}

pub(super) struct Uses {
    by: By,
    keys: Keys,
    pub(super) tracks: Vec<Track>,
    pub(super) parts: Parts,
    /// The pools that something was said of.
    pub(super) pools: Keys,
    /// Of each pool, what is in use, its limit, and what it counts for.
    known: Vec<Option<(i64, i64, usize)>>,
    heat: Heat,
    is_too_many: bool,
}

const NUMBERS: &[Num] = &[Num::Time, Num::Seats, Num::InUse, Num::Limit, Num::HeldMs];
const POOL: &[Text] =
    &[Text::Kind, Text::Vendor, Text::Feature, Text::Configuration, Text::CpuId, Text::Pooling];

impl Uses {
    fn track(&mut self, world: &World, chunk: &Chunk<'_>, row: usize) -> usize {
        let key = self.keys.key(world, chunk, row);
        while self.tracks.len() <= key {
            if (self.tracks.len() + 1) * self.parts.starts.len() > CELLS_MAX {
                self.is_too_many = true;
                return 0;
            }
            self.tracks.push(Track::new(&self.parts));
        }
        key
    }

    fn row(&mut self, world: &World, chunk: &Chunk<'_>, row: usize, at: i64) {
        let what = chunk.what(row);
        if what == What::Denied {
            let key = self.track(world, chunk, row);
            let track = &mut self.tracks[key];
            let part = self.parts.at(at, track.near);
            track.spans[part].denials += 1;
        } else if what == What::Other {
        } else if self.by.is_of_pools() {
            self.pool(world, chunk, row, at, what);
        } else if matches!(what, What::Granted | What::Returned) {
            self.person(world, chunk, row, at, what);
        }
    }

    fn pool(&mut self, world: &World, chunk: &Chunk<'_>, row: usize, at: i64, what: What) {
        let (in_use, limit) = match (chunk.num(Num::InUse, row), chunk.num(Num::Limit, row)) {
            (Some(in_use), Some(limit)) => (in_use, limit),
            _ if what == What::PoolDropped => (0, 0),
            _ => return,
        };
        let pool = self.pools.key(world, chunk, row);
        if self.known.len() <= pool {
            self.known.resize(pool + 1, None);
        }
        let known = match self.known[pool] {
            Some(known) => known,
            None => {
                let key = self.track(world, chunk, row);
                let seats = chunk.num(Num::Seats, row).unwrap_or(0);
                let was = match what {
                    What::Granted => (in_use - seats).max(0),
                    What::Returned => in_use + seats,
                    _ => in_use,
                };
                self.tracks[key].before(&self.parts, at, was, limit);
                self.heat.track.before(&self.heat.parts, at, was, 0);
                (was, limit, key)
            }
        };
        let (was, had, key) = known;
        if (was, had) != (in_use, limit) {
            self.tracks[key].add(&self.parts, at, in_use - was, limit - had);
            self.heat.track.add(&self.heat.parts, at, in_use - was, 0);
        }
        self.known[pool] = Some((in_use, limit, key));
    }

    fn person(&mut self, world: &World, chunk: &Chunk<'_>, row: usize, at: i64, what: What) {
        let key = self.track(world, chunk, row);
        let seats = chunk.num(Num::Seats, row).unwrap_or(0);
        let start = self.parts.starts.first().copied().unwrap_or(at);
        let mut change = seats;
        if what == What::Returned {
            let Some(held) = chunk.num(Num::HeldMs, row) else { return };
            change = -seats;
            if at - held < start {
                self.tracks[key].before(&self.parts, at, seats, 0);
                self.heat.track.before(&self.heat.parts, at, seats, 0);
            }
        }
        self.tracks[key].add(&self.parts, at, change, 0);
        self.heat.track.add(&self.heat.parts, at, change, 0);
    }
}

/// How fine a chart of a range is: there are more people than pools.
fn fine(range: (i64, i64), every: Option<Every>, by: By) -> Every {
    const DAY: i64 = 86_400_000;
    let days = (range.1 - range.0) / DAY;
    let (hours, most) = if by.is_of_pools() { (7, 800) } else { (2, 60) };
    let chosen = if days <= hours {
        Every::Hour
    } else if days <= most {
        Every::Day
    } else {
        Every::Week
    };
    every.unwrap_or(chosen)
}

/// What was in use.
///
/// # Errors
/// When there is nothing to be read, or too much would be told.
pub fn uses(ask: &Ask, by: By, every: Option<Every>) -> Result<Answer, ReportError> {
    let mut scanned = range(ask)?;
    let parts = Parts::new(scanned.range, Some(fine(scanned.range, every, by)), &ask.zone)?;
    let (uses, world) = gather(ask, &mut scanned, by, Keys::new(by), parts)?;
    let told = |track: &Track| track.spans.iter().filter(|span| span.is_told()).count();
    let rows: usize = if every.is_some() { uses.tracks.iter().map(told).sum() } else { 0 };
    if rows > ROWS_MAX {
        return Err(too_many(rows, ROWS_MAX, "rows"));
    }
    let sheet = sheet(ask, &world, &uses, every.is_some(), scanned.range);
    let svg = charts(ask, &world, &uses);
    Ok(Answer { sheet, svg, left_out: scanned.left_out })
}

/// Reads what was in use in these parts of the range, up to its end.
pub(super) fn gather(
    ask: &Ask,
    scanned: &mut Scanned,
    by: By,
    keys: Keys,
    parts: Parts,
) -> Result<(Uses, World), ReportError> {
    let mut uses = Uses {
        by,
        keys,
        tracks: Vec::new(),
        pools: Keys::of(&POOL[1..]),
        known: Vec::new(),
        heat: Heat::new(scanned.range, &ask.zone),
        parts,
        is_too_many: false,
    };
    let mut texts =
        if by.is_of_pools() { POOL.to_vec() } else { vec![Text::Kind, Text::Vendor, Text::Feature] };
    texts.extend(by.texts().iter().filter(|text| !POOL.contains(text)));
    let world = scanned.read(ask, NUMBERS, &texts, |world, chunk| {
        for (row, at) in chunk.rows() {
            if !uses.is_too_many {
                uses.row(world, chunk, row, at);
            }
        }
    })?;
    if uses.is_too_many {
        return Err(too_many(CELLS_MAX + 1, CELLS_MAX, "figures"));
    }
    let end = scanned.range.1;
    for track in &mut uses.tracks {
        track.advance(&uses.parts, end);
    }
    uses.heat.track.advance(&uses.heat.parts, end);
    Ok((uses, world))
}

fn too_many(many: usize, most: usize, what: &str) -> ReportError {
    ReportError::TooMany(format!(
        "the answer would have {many} {what} or more, and {most} are the most; take a shorter range, a longer \
         --every, or one --feature"
    ))
}

fn sheet(ask: &Ask, world: &World, uses: &Uses, is_divided: bool, range: (i64, i64)) -> Sheet {
    let mut columns = uses.by.columns();
    if is_divided {
        columns.push("from");
    }
    columns.extend(["peak", "mean"]);
    if uses.by.is_of_pools() {
        columns.extend(["limit", "at_limit_hours"]);
    }
    columns.push("denials");
    let mut rows = Vec::new();
    let mut row = |key: usize, start: Option<i64>, span: Span, took: i64| {
        let mut cells = uses.keys.cells(world, key);
        cells.extend(start.map(Cell::Time));
        let mean = if took > 0 { span.area as f64 / took as f64 } else { 0.0 };
        cells.extend([Cell::Int(span.peak), Cell::Float(mean)]);
        if uses.by.is_of_pools() {
            cells.extend([Cell::Int(span.limit), Cell::Float(span.full as f64 / 3_600_000.0)]);
        }
        cells.push(span.denials.into());
        rows.push(cells);
    };
    for (key, track) in uses.tracks.iter().enumerate() {
        if !is_divided {
            row(key, None, total(&track.spans), range.1 - range.0);
            continue;
        }
        for (at, span) in track.spans.iter().enumerate() {
            let start = uses.parts.starts.get(at).copied().unwrap_or(range.0);
            if span.is_told() {
                row(key, Some(start), *span, uses.parts.end_of(at) - start);
            }
        }
    }
    // Names first, then times: as they are read.
    let names = uses.by.columns().len();
    let word = |cell: &Cell| if let Cell::Text(text) = cell { text.clone() } else { String::new() };
    rows.sort_by_cached_key(|row| row.iter().take(names).map(word).collect::<Vec<_>>());
    Sheet { report: "use", range, columns, rows, notes: Vec::new(), zone: ask.zone.clone() }
}

fn total(spans: &[Span]) -> Span {
    spans.iter().fold(Span::default(), |sum, span| Span {
        peak: sum.peak.max(span.peak),
        limit: sum.limit.max(span.limit),
        area: sum.area.saturating_add(span.area),
        full: sum.full + span.full,
        denials: sum.denials + span.denials,
    })
}

/// The lines of a chart at most.
const LINES_MAX: usize = 4;

fn charts(ask: &Ask, world: &World, uses: &Uses) -> String {
    let peak = |track: &Track| track.spans.iter().map(|span| span.peak).max().unwrap_or(0);
    let mut order: Vec<usize> = (0..uses.tracks.len()).collect();
    order.sort_by_key(|key| std::cmp::Reverse(peak(&uses.tracks[*key])));
    let line = |key: &usize| Line { name: uses.keys.name(world, *key), spans: &uses.tracks[*key].spans };
    let lines: Vec<Line<'_>> = order.iter().take(LINES_MAX).map(line).collect();
    chart::over_time(&lines, &uses.parts, &uses.heat, &ask.zone)
}

/// Counts by a number, the largest first.
pub(super) fn largest(counts: &FxHashMap<usize, u64>, most: usize) -> Vec<(usize, u64)> {
    let mut all: Vec<_> = counts.iter().map(|(key, count)| (*key, *count)).collect();
    all.sort_by_key(|(key, count)| (std::cmp::Reverse(*count), *key));
    all.truncate(most);
    all
}
