//! The first pass over a log: its days, and what was held before it began.

use std::collections::BTreeMap;

use jiff::Timestamp;
use names::{Code, Date, Wall};

use super::ledger::{Held, Id, Key, Ledger, Names};
use super::log::{Days, Entry, Log};
use super::site::Site;
use super::zone::Zone;
use crate::fail::Failure;
use crate::flexlog::{Kind, Moment, Says};

/// What the first pass found.
#[derive(Debug)]
pub(crate) struct Survey {
    /// The first line's day.
    pub(crate) first_day: i32,
    /// Why it is that day, where no line says so.
    pub(crate) assumed: Option<&'static str>,
    /// When the first line was written.
    pub(crate) begin: Option<Wall>,
    /// The same, by the wall.
    pub(crate) first: Option<Moment>,
    /// The lines.
    pub(crate) days: Days,
    /// The names of what was held.
    pub(crate) names: Names,
    /// What was held before the log began: it came back, and was not taken in it.
    pub(crate) held: Vec<(Key, u32, Option<Id>)>,
    /// How many checkouts the log has of the vendors.
    pub(crate) outs: u64,
    /// And checkins.
    pub(crate) ins: u64,
}

impl Survey {
    /// Reads the log once.
    pub(crate) fn of(log: &Log, site: &Site, zone: &Zone, from: Option<&str>) -> Result<Self, Failure> {
        let from = from.map(first_day).transpose()?;
        let mut first_pass = FirstPass {
            site,
            ledger: Ledger::default(),
            names: Names::default(),
            held: Vec::new(),
            restarted: vec![false; site.vendors.len()],
            first: None,
            events: 0,
            outs: 0,
            ins: 0,
            others: BTreeMap::new(),
        };
        let base = from.unwrap_or(0);
        let days = log.read(base, zone, |entry| first_pass.entry(entry))?;
        let FirstPass { names, held, first, events, outs, ins, others, .. } = first_pass;
        if events == 0 && !others.is_empty() {
            return Err(of_others(site, &others));
        }
        let (first_day, assumed) = match (from, days.begins) {
            (Some(day), _) => (day, None),
            (None, Some(day)) => (day, None),
            (None, None) => (
                written(log, zone) - (days.ends - base),
                Some(
                    "no line says a day: the last one is taken to be of the day the file was last written; --from-date says otherwise",
                ),
            ),
        };
        // Before a line names its day, days are counted from the base.
        let first = first.map(|moment| Moment { day: first_day, ..moment });
        let begin = first.map(|moment| zone.wall(&moment));
        Ok(Self { first_day, assumed, begin, first, days, names, held, outs, ins })
    }
}

/// `--from-date`
fn first_day(text: &str) -> Result<i32, Failure> {
    Date::parse(text).map(Date::days).map_err(|invalid| {
        let message = format!("--from-date {:?}: {invalid}", client::shown(text, 80));
        Failure::new(Code::BadDate, message, "write it as dd-mmm-yyyy, like 2-mar-2026")
    })
}

/// The day on which the last file was written last, in the log's zone.
fn written(log: &Log, zone: &Zone) -> i32 {
    let at = log.written().and_then(|at| Timestamp::try_from(at).ok()).unwrap_or(Timestamp::UNIX_EPOCH);
    zone.day(at)
}

/// The log has nothing of the vendors.
fn of_others(site: &Site, others: &BTreeMap<String, u64>) -> Failure {
    let vendors: Vec<_> = site.vendors.iter().map(|vendor| vendor.as_str()).collect();
    let daemons: Vec<_> = others.keys().take(5).map(|name| &**name).collect();
    let message = format!(
        "the log has checkouts of {}, and the license files have lines of {}",
        daemons.join(", "),
        vendors.join(", ")
    );
    Failure::new(Code::VendorDown, message, "name the license file that this log's daemon served")
}

struct FirstPass<'a> {
    site: &'a Site,
    ledger: Ledger<()>,
    names: Names,
    held: Vec<(Key, u32, Option<Id>)>,
    /// Whose daemons began anew in the log.
    restarted: Vec<bool>,
    first: Option<Moment>,
    events: u64,
    outs: u64,
    ins: u64,
    others: BTreeMap<String, u64>,
}

impl FirstPass<'_> {
    fn entry(&mut self, entry: &Entry<'_>) {
        let Some(line) = &entry.line else { return };
        self.first.get_or_insert(entry.moment);
        let vendor = self.site.vendor_of(line.daemon);
        match (line.says, vendor) {
            (Says::Started, Some(vendor)) if !self.site.is_copy(line.daemon, vendor) => {
                self.ledger.clear(vendor);
                if let Some(restarted) = self.restarted.get_mut(vendor) {
                    *restarted = true;
                }
            }
            (Says::Event(event), Some(vendor)) => {
                self.events += 1;
                let key = Key {
                    vendor,
                    feature: self.names.id(event.feature),
                    user: self.names.id(event.user),
                    host: self.names.id(event.host),
                };
                let data = event.data.map(|data| self.names.id(data));
                let handle = event.verbose.map(|verbose| verbose.handle);
                let seats = event.seats.unwrap_or(1).max(1);
                match event.kind {
                    Kind::Out => {
                        self.outs += 1;
                        let handle = handle.map(Into::into);
                        self.ledger.put(key, Held { seats, data, handle, of: () });
                    }
                    Kind::In => {
                        self.ins += 1;
                        let back = self.ledger.take(key, seats, data, handle);
                        if let (Some(one), true) = (back.held.last(), back.rest > 0) {
                            self.ledger
                                .put(key, Held { seats: back.rest, data: one.data, handle: None, of: () });
                        }
                        if back.missing > 0 && self.restarted.get(vendor) == Some(&false) {
                            self.held.push((key, back.missing, data));
                        }
                    }
                    _ => {}
                }
            }
            (Says::Event(_), None) if self.others.len() < 100 => {
                *self.others.entry(client::shown(line.daemon, 80)).or_default() += 1;
            }
            _ => {}
        }
    }
}
