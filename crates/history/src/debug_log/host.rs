//! What the license host says in the log of itself: that it starts, what it serves, who administers it.

use std::collections::{BTreeMap, BTreeSet};

use names::{Feature, Vendor, Wall};
use seats::{Deed, DeskNote, Event, Note, PoolRow, PoolStanding, QuotaKind, QuotaRow, Record};

use super::LogSetup;
use super::clock::Clock;
use crate::told::Told;

/// Lines, and whose each is; nobody's is lmgrd's.
type Lines = Vec<(Option<Vendor>, String)>;

/// What is known of the host.
#[derive(Debug)]
pub(super) struct Host {
    features: BTreeMap<Vendor, BTreeSet<Feature>>,
    /// When it started, until that is said.
    starting: Option<Wall>,
    /// What is to be said after that.
    of_start: Lines,
    /// An administrator has asked it to stop.
    is_stopping: bool,
}

impl Host {
    pub(super) fn new(vendors: &[Vendor]) -> Self {
        let features = vendors.iter().map(|vendor| (vendor.clone(), BTreeSet::new())).collect();
        Self { features, starting: None, of_start: Vec::new(), is_stopping: false }
    }

    pub(super) fn vendors(&self) -> Vec<Vendor> {
        self.features.keys().cloned().collect()
    }

    pub(super) fn is_start(event: &Event) -> bool {
        matches!(event, Event::Started)
    }

    pub(super) fn is_reread(event: &Event) -> bool {
        let Event::Administered(note) = event else { return false };
        matches!(note.deed, Deed::Reread | Deed::RereadAndDrop)
    }

    /// Whether a start goes on with it: the licenses are put in force.
    pub(super) fn is_of_start(event: &Event) -> bool {
        matches!(
            event,
            Event::PoolSet(_)
                | Event::PoolDropped(_)
                | Event::QuotaSet(_)
                | Event::QuotaDropped(_)
                | Event::Changed(_)
                | Event::ClockNoted(_)
        )
    }

    /// It has started, and has not said so: the licenses are being put in force.
    pub(super) fn is_starting(&self) -> bool {
        self.starting.is_some()
    }

    /// When it started, if that is to be said now.
    pub(super) fn started(&mut self) -> Option<Wall> {
        self.starting.take()
    }

    /// The lines of an event, if it has any.
    pub(super) fn take(&mut self, record: &Record, told: &Told) -> Option<Lines> {
        match &record.event {
            Event::Started => {
                self.begin(record.at, told);
                None
            }
            Event::Stopped => Some(self.stopped()),
            Event::PoolSet(row) => {
                let lines = self.pool(row);
                self.now_or_at_start(lines)
            }
            Event::PoolDropped(pool) => {
                if let Some(features) = self.features.get_mut(pool.vendor()) {
                    let is_left = told.state().pools().any(|(row, _)| row.id.feature() == pool.feature());
                    if !is_left {
                        features.remove(pool.feature());
                    }
                }
                None
            }
            Event::QuotaSet(row) => {
                let lines = reserve(row).into_iter().collect();
                self.now_or_at_start(lines)
            }
            Event::Administered(note) => {
                self.is_stopping |= note.deed == Deed::Stop;
                Some(vec![(None, administered(note))])
            }
            Event::DeskDid(note) => Some(vec![(None, at_the_desk(note))]),
            Event::ClockReset { was, by, .. } => {
                Some(vec![(None, format!("the clock, which had shown {was}, is right, says user id {by}"))])
            }
            _ => None,
        }
    }

    fn now_or_at_start(&mut self, lines: Lines) -> Option<Lines> {
        if self.is_starting() {
            self.of_start.extend(lines);
            return None;
        }
        (!lines.is_empty()).then_some(lines)
    }

    /// It starts with what stands; the records that follow say what changes.
    fn begin(&mut self, at: Wall, told: &Told) {
        (self.starting, self.is_stopping) = (Some(at), false);
        self.of_start.clear();
        for (row, _) in told.state().pools() {
            let lines: Lines =
                self.pool(row).into_iter().filter(|(_, words)| !words.starts_with(NEW)).collect();
            self.of_start.extend(lines);
        }
        self.of_start.extend(told.state().quotas().filter_map(|(row, _)| reserve(row)));
    }

    fn pool(&mut self, row: &PoolRow) -> Lines {
        let (vendor, feature) = (row.id.vendor(), row.id.feature());
        let of = || Some(vendor.clone());
        let is_served = row.standing == PoolStanding::Active;
        let features = self.features.entry(vendor.clone()).or_default();
        let is_new = is_served && features.insert(feature.clone());
        match row.standing {
            PoolStanding::Expired => vec![(of(), format!("EXPIRED: {feature}"))],
            _ if is_new && self.starting.is_none() => vec![(of(), format!("{NEW}{feature}"))],
            _ => Vec::new(),
        }
    }

    /// What is said at a start.
    pub(super) fn start_lines(&mut self, setup: &LogSetup, clock: &Clock) -> Lines {
        let (host, date) = (&setup.host, clock.date());
        let lmgrd = |words: String| (None, words);
        let mut lines = vec![
            lmgrd(format!("Server's System Date and Time: {}", clock.whole())),
            lmgrd(format!("Seatkeeper (v{}) started on {host} (linux) ({date})", env!("CARGO_PKG_VERSION"))),
            lmgrd(format!("License file(s): {}", setup.license_files.join(" "))),
            lmgrd(format!("lmgrd tcp-port {}", setup.port)),
        ];
        for (vendor, features) in &self.features {
            let features: String = features.iter().map(|feature| format!(" {feature}")).collect();
            lines.push((Some(vendor.clone()), format!("Server started on {host} for:{features}")));
        }
        lines.append(&mut self.of_start);
        lines
    }

    fn stopped(&self) -> Lines {
        let words = if self.is_stopping { "EXITING WITH CODE 0" } else { "EXITING DUE TO SIGNAL 15" };
        let vendors = self.features.keys().map(|vendor| (Some(vendor.clone()), words.to_owned()));
        vendors.chain([(None, words.to_owned())]).collect()
    }
}

const NEW: &str = "[NEW] Server started for: ";

/// `RESERVE mill for GROUP cad`, with how many.
fn reserve(row: &QuotaRow) -> Option<(Option<Vendor>, String)> {
    let QuotaKind::Reserve(pool) = &row.kind else { return None };
    let words = format!("RESERVE {} {} for {}", row.seats, pool.feature(), row.who);
    Some((Some(pool.vendor().clone()), words))
}

/// `license desk: assign of case/17, by kim@acmed.test`
fn at_the_desk(note: &DeskNote) -> String {
    let about = if note.about.is_empty() { String::new() } else { format!(" of {}", note.about) };
    format!("license desk: {}{about}, by {}", note.deed, note.by)
}

fn administered(note: &Note) -> String {
    let by = note.by.map_or_else(|| "the daemon itself".to_owned(), |by| format!("user id {by}"));
    let about = if note.about.is_empty() { String::new() } else { format!(" of {}", note.about) };
    match note.deed {
        Deed::Stop => format!("SERVER shutdown requested by {by}"),
        Deed::Reread => format!("lmreread: license and options files were read again, by {by}"),
        Deed::RereadAndDrop => {
            format!(
                "lmreread: license and options files were read again, and what is not licensed taken away, by {by}"
            )
        }
        Deed::Remove => format!("lmremove{about}, by {by}"),
        Deed::TakeBack => format!("a borrowed seat brought back{about}, by {by}"),
        Deed::Assign => format!("a named seat assigned: {}, by {by}", note.about),
        Deed::Unassign => format!("a named seat unassigned: {}, by {by}", note.about),
        Deed::SetLogin => format!("a login made{about}, by {by}"),
        Deed::DropLogin => format!("a login taken away{about}, by {by}"),
        Deed::SwitchLog if note.about.is_empty() => format!("lmswitch to a new file, by {by}"),
        Deed::SwitchLog => format!("lmswitch to {}, by {by}", note.about),
        Deed::SwitchReport => format!("lmswitchr{about}, by {by}"),
    }
}
