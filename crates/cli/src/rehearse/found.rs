//! What a rehearsal found.

use std::collections::BTreeMap;

use super::ledger::{Id, Key, Names};
use super::log::Place;
use crate::flexlog::{Kind, Moment};

/// So many lines that cannot be read are shown.
const UNREAD_SHOWN: usize = 5;
/// So many causes, features and daemons are told apart; what comes then is counted together.
const TOLD_APART: usize = 10_000;

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The names of users, hosts and features.
    pub(crate) names: Names,
    /// Events of each kind.
    pub(crate) events: BTreeMap<Kind, u64>,
    /// Granted there and here.
    pub(crate) same_grants: u64,
    /// Refused there and here, with the same code.
    pub(crate) same_denials: u64,
    /// Put in line there and here.
    pub(crate) same_queued: u64,
    /// What differs, by kind.
    pub(crate) differs: BTreeMap<What, u64>,
    /// Why Seatkeeper refused: the cause and the code.
    pub(crate) causes: BTreeMap<(String, i32), Cause>,
    /// By vendor and feature.
    pub(crate) features: BTreeMap<(usize, Id), Use>,
    /// The first differences.
    pub(crate) shown: Vec<Difference>,
    /// How many are kept.
    pub(crate) room: usize,
    /// Lines that cannot be read, and the first of them.
    pub(crate) unread: u64,
    pub(crate) unread_shown: Vec<(Place, String)>,
    /// Seats that were held before the log began.
    pub(crate) held_before: u64,
    /// Checkins of seats that Seatkeeper had refused.
    pub(crate) passed_over: u64,
    /// Checkins of seats that nobody had taken.
    pub(crate) without_out: u64,
    /// Seats that a daemon's start freed.
    pub(crate) freed_by_start: u64,
    /// Events of daemons that the license files do not name.
    pub(crate) others: BTreeMap<String, u64>,
    /// When the last line was written.
    pub(crate) last: Option<Moment>,
}

/// How an event differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    /// Granted there, refused here.
    RefusedHere,
    /// Granted there, still in line here.
    WaitsHere,
    /// Refused or put in line there, granted here.
    GrantedHere,
    /// Refused there and here, with another code.
    OtherCode,
    /// Put in line there, refused here.
    NoPlaceHere,
}

impl What {
    /// Each with its name in JSON and its words.
    pub(crate) const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::RefusedHere, "refused_here", "granted there, refused here"),
        (Self::WaitsHere, "waits_here", "granted there, still in line here"),
        (Self::GrantedHere, "granted_here", "refused or put in line there, granted here"),
        (Self::OtherCode, "other_code", "refused in both, with another code"),
        (Self::NoPlaceHere, "no_place_here", "put in line there, refused here"),
    ];

    /// Its name in JSON.
    pub(crate) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(what, ..)| *what == self).map_or("", |(_, name, _)| name)
    }
}

/// How often Seatkeeper refused for a cause.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Cause {
    /// The rule's place, where it is a rule.
    pub(crate) rule: Option<String>,
    /// As the log has it.
    pub(crate) same: u64,
    /// Otherwise than the log has it.
    pub(crate) differs: u64,
}

/// The use of a feature.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Use {
    /// Whether a license line has it.
    pub(crate) is_licensed: bool,
    /// Its seats; nothing where they are not counted.
    pub(crate) seats: Option<u64>,
    /// Events of it.
    pub(crate) events: u64,
    /// Out now, by the log and here.
    pub(super) there: u64,
    pub(super) here: u64,
    /// The most seats at once, by the log.
    pub(crate) peak_there: u64,
    /// The most seats at once, here.
    pub(crate) peak_here: u64,
}

/// Something that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    pub(crate) what: What,
    /// Where it stands in the log; nothing of what was held before it began.
    pub(crate) place: Option<Place>,
    pub(crate) moment: Option<Moment>,
    pub(crate) kind: Kind,
    pub(crate) key: Key,
    pub(crate) seats: u32,
    /// The log's code.
    pub(crate) code_there: Option<i32>,
    /// Seatkeeper's code.
    pub(crate) code_here: Option<i32>,
    /// What Seatkeeper says, or how the pool stands.
    pub(crate) here: String,
    /// The cause, where Seatkeeper refused.
    pub(crate) cause: Option<String>,
    /// The rule's place, where that is the cause.
    pub(crate) rule: Option<String>,
}

impl Found {
    /// How many events differ.
    pub(crate) fn differences(&self) -> u64 {
        self.differs.values().sum()
    }

    pub(super) fn differs(&mut self, difference: Difference) {
        *self.differs.entry(difference.what).or_default() += 1;
        if self.shown.len() < self.room {
            self.shown.push(difference);
        }
    }

    pub(super) fn refused(&mut self, refused: &service::Refused, is_same: bool) {
        let mut key = (refused.cause.clone(), refused.code.number());
        if self.causes.len() >= TOLD_APART && !self.causes.contains_key(&key) {
            key.0 = "other causes".to_owned();
        }
        let cause = self.causes.entry(key).or_default();
        cause.rule = refused.rule.as_deref().map(ToOwned::to_owned);
        cause.same += u64::from(is_same);
        cause.differs += u64::from(!is_same);
    }

    pub(super) fn unread(&mut self, place: Place, text: &str) {
        self.unread += 1;
        if self.unread_shown.len() < UNREAD_SHOWN {
            self.unread_shown.push((place, client::shown(text, 80)));
        }
    }

    pub(super) fn other(&mut self, daemon: &str) {
        let mut name = client::shown(daemon, 80);
        if self.others.len() >= TOLD_APART && !self.others.contains_key(&name) {
            name = "others".to_owned();
        }
        *self.others.entry(name).or_default() += 1;
    }

    /// Seats are out, or came back, there.
    pub(super) fn there(&mut self, key: Key, seats: u32, is_out: bool) {
        let of = self.features.entry((key.vendor, key.feature)).or_default();
        of.there = moved(of.there, seats, is_out);
        of.peak_there = of.peak_there.max(of.there);
    }

    /// The same here.
    pub(super) fn here(&mut self, key: Key, seats: u32, is_out: bool) {
        let of = self.features.entry((key.vendor, key.feature)).or_default();
        of.here = moved(of.here, seats, is_out);
        of.peak_here = of.peak_here.max(of.here);
    }
}

fn moved(seats: u64, by: u32, is_out: bool) -> u64 {
    if is_out { seats.saturating_add(u64::from(by)) } else { seats.saturating_sub(u64::from(by)) }
}
