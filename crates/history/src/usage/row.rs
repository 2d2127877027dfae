//! A record as a row.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use names::{PoolId, SessionId, Wall};
use rustc_hash::FxHashMap;
use seats::{Denied, Event, Identity, QuotaKind};

use super::columns::{Num, Text};
use super::table::{NONE, Table};
use crate::fields;
use crate::seen::{Happened, Held, How};
use crate::told::Told;

/// The columns that an identity fills.
const WHO: [Text; 7] =
    [Text::User, Text::Host, Text::Display, Text::Address, Text::Project, Text::Application, Text::Email];
/// The columns that a pool fills.
const POOL: [Text; 5] = [Text::Vendor, Text::Feature, Text::Configuration, Text::CpuId, Text::Pooling];

/// Makes rows of records, and keeps them.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) table: Table,
    /// By where it is: whose it is stays there as long as this has it.
    people: FxHashMap<usize, (Arc<Identity>, [u32; WHO.len()])>,
    pools: FxHashMap<PoolId, [u32; POOL.len()]>,
    offset: Offset,
}

/// The host's offset from UTC, asked for once a quarter of an hour of the events' time.
#[derive(Debug)]
struct Offset {
    zone: TimeZone,
    quarter: i64,
    minutes: i64,
}

impl Offset {
    fn at(&mut self, time: i64) -> i64 {
        let quarter = time.div_euclid(900_000);
        if quarter != self.quarter {
            let at = Timestamp::from_millisecond(time).unwrap_or_default();
            (self.quarter, self.minutes) = (quarter, i64::from(self.zone.to_offset(at).seconds() / 60));
        }
        self.minutes
    }
}

/// A row that is being filled.
struct Row<'a> {
    rows: &'a mut Rows,
    numbers: [i64; Num::COUNT],
    texts: [u32; Text::COUNT],
}

impl Rows {
    pub(crate) fn new() -> Self {
        let offset = Offset { zone: TimeZone::system(), quarter: i64::MIN, minutes: 0 };
        Self { table: Table::default(), people: FxHashMap::default(), pools: FxHashMap::default(), offset }
    }

    pub(crate) fn clear(&mut self) {
        self.table.clear();
        self.people.clear();
        self.pools.clear();
    }

    fn row(&mut self, seq: u64, at: Wall) -> Row<'_> {
        let mut numbers = [NONE; Num::COUNT];
        numbers[Num::Seq.at()] = number(seq);
        numbers[Num::Time.at()] = at.0;
        numbers[Num::Offset.at()] = self.offset.at(at.0);
        Row { rows: self, numbers, texts: [0; Text::COUNT] }
    }

    /// Adds the row of a record.
    pub(crate) fn push(&mut self, happened: &Happened<'_>, told: &Told) {
        let record = happened.record;
        let mut row = self.row(record.seq.0, record.at);
        if let Some(who) = &happened.who {
            row.who(who);
        }
        let kind = row.fill(happened, told);
        row.text(Text::Kind, kind);
        row.end();
    }

    /// Adds a row that says that events are missing.
    pub(crate) fn gap(&mut self, from: u64, to: u64, now: Wall) {
        let mut row = self.row(to, now);
        row.number(Num::Missing, number(to - from + 1)).text(Text::Kind, "gap");
        row.text(Text::About, &format!("the events {from} to {to} were not kept for the history"));
        row.end();
    }
}

fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

impl Row<'_> {
    fn end(self) {
        self.rows.table.push(&self.numbers, &self.texts);
    }

    fn number(&mut self, column: Num, value: impl Into<i64>) -> &mut Self {
        self.numbers[column.at()] = value.into();
        self
    }

    fn text(&mut self, column: Text, text: &str) -> &mut Self {
        if !text.is_empty() {
            self.texts[column.at()] = self.rows.table.text_mut(column).id(text.as_bytes());
        }
        self
    }

    /// A session is 64 bits, whatever they mean.
    fn session(&mut self, session: SessionId) -> &mut Self {
        self.number(Num::Session, session.0.cast_signed())
    }

    fn who(&mut self, who: &Arc<Identity>) {
        let at = Arc::as_ptr(who) as usize;
        let ids = match self.rows.people.get(&at) {
            Some((_, ids)) => *ids,
            None => {
                let ids = person(&mut self.rows.table, who);
                self.rows.people.insert(at, (Arc::clone(who), ids));
                ids
            }
        };
        for (column, id) in WHO.iter().zip(ids) {
            self.texts[column.at()] = id;
        }
    }

    fn pool(&mut self, pool: &PoolId) -> &mut Self {
        let ids = match self.rows.pools.get(pool) {
            Some(ids) => *ids,
            None => {
                let (config, table) = (pool.config().to_string(), &mut self.rows.table);
                let texts = [
                    pool.vendor().as_str(),
                    pool.feature().as_str(),
                    &config,
                    pool.cpu().as_str(),
                    pool.pooling(),
                ];
                let ids = each(table, &POOL, texts);
                self.rows.pools.insert(pool.clone(), ids);
                ids
            }
        };
        for (column, id) in POOL.iter().zip(ids) {
            self.texts[column.at()] = id;
        }
        self
    }

    fn grant(&mut self, held: &Held) {
        self.pool(&held.pool).session(held.session).text(Text::Version, held.version.as_str());
        self.text(Text::How, held.how.word()).number(Num::Grant, number(held.id.0));
        self.number(Num::Seats, held.seats.get());
        if let Some(until) = held.until {
            self.number(Num::Until, until.0);
        }
    }

    fn in_use(&mut self, in_use: Option<(u32, u32)>) {
        if let Some((in_use, limit)) = in_use {
            self.number(Num::InUse, in_use).number(Num::Limit, limit);
        }
    }

    fn fill(&mut self, happened: &Happened<'_>, told: &Told) -> &'static str {
        self.in_use(happened.in_use);
        match &happened.record.event {
            Event::SessionOpened(row) => {
                self.session(row.id);
                "session-opened"
            }
            Event::SessionMarked(mark) => {
                let live = if mark.standing == seats::Standing::Live { "live" } else { "held" };
                let reason = if mark.idle.is_some() { "idle" } else { live };
                self.session(mark.session).text(Text::Reason, reason);
                "session-marked"
            }
            Event::SessionEnded { session, why } => {
                self.session(*session).text(Text::Reason, fields::end_word(*why));
                "session-ended"
            }
            Event::Granted(_) | Event::Changed(_) | Event::Returned { .. } => self.of_grant(happened),
            Event::Queued(_) | Event::Dequeued { .. } => self.of_line(happened, told),
            Event::Denied(denied) => self.denied(denied, told),
            other => self.of_the_host(other, happened, told),
        }
    }

    fn of_grant(&mut self, happened: &Happened<'_>) -> &'static str {
        if let Some(held) = &happened.held {
            self.grant(held);
        }
        match &happened.record.event {
            Event::Returned { grant, why, .. } => {
                self.number(Num::Grant, number(grant.0)).text(Text::Reason, fields::return_word(*why));
                if let Some(held) = &happened.held {
                    self.number(Num::HeldMs, (happened.record.at.0 - held.since.0).max(0));
                }
                "returned"
            }
            Event::Granted(_) => "granted",
            _ => {
                let revoked = happened.held.as_ref().is_some_and(|held| held.how == How::Revoked);
                if revoked && happened.was != Some(How::Revoked) { "revoked" } else { "changed" }
            }
        }
    }

    fn of_line(&mut self, happened: &Happened<'_>, told: &Told) -> &'static str {
        if let Some(waiter) = &happened.waiter {
            let ask = &waiter.ask;
            self.session(ask.session).text(Text::Feature, ask.feature.as_str());
            let vendor = ask.vendor.as_ref().or_else(|| told.vendor(&ask.feature));
            self.text(Text::Vendor, vendor.map_or("", |vendor| vendor.as_str()));
            self.text(Text::Version, ask.version.as_str()).number(Num::Seats, ask.seats.get());
            self.number(Num::Place, number(waiter.id.0));
        }
        match &happened.record.event {
            Event::Dequeued { waiter, why, .. } => {
                self.number(Num::Place, number(waiter.0)).text(Text::Reason, fields::dequeue_word(*why));
                if let Some(waiter) = &happened.waiter {
                    self.number(Num::WaitMs, (happened.record.at.0 - waiter.since.0).max(0));
                }
                "dequeued"
            }
            _ => "queued",
        }
    }

    fn denied(&mut self, denied: &Denied, told: &Told) -> &'static str {
        self.session(denied.session).text(Text::Feature, denied.feature.as_str());
        self.text(Text::Vendor, told.vendor(&denied.feature).map_or("", |vendor| vendor.as_str()));
        self.text(Text::Version, denied.version.as_str()).number(Num::Seats, denied.seats.get());
        self.number(Num::Code, denied.code.number()).text(Text::Reason, denied.code.text());
        "denied"
    }

    /// Events that are nobody's on a workstation.
    fn of_the_host(&mut self, event: &Event, happened: &Happened<'_>, told: &Told) -> &'static str {
        match event {
            Event::Started => "started",
            Event::Stopped => "stopped",
            Event::PoolSet(row) => {
                self.pool(&row.id).text(Text::Version, row.version.as_str());
                self.number(Num::Seats, row.capacity).number(Num::Limit, row.limit());
                let is_abreast = told.state().last() == happened.record.seq;
                if let Some((_, in_use)) = told.state().pool(&row.id).filter(|_| is_abreast) {
                    self.number(Num::InUse, in_use);
                }
                self.text(Text::Reason, fields::standing_word(row.standing));
                "pool-set"
            }
            Event::PoolDropped(pool) => {
                self.pool(pool);
                "pool-dropped"
            }
            Event::QuotaSet(row) => {
                if let QuotaKind::Reserve(pool) = &row.kind {
                    self.pool(pool);
                }
                self.text(Text::About, &format!("{} {}", row.rule, row.who)).number(Num::Seats, row.seats);
                "rule-set"
            }
            Event::QuotaDropped(id) => {
                self.text(Text::About, &format!("rule {id}"));
                "rule-dropped"
            }
            Event::Assigned(row) => {
                self.pool(&row.pool).text(Text::Email, row.email.as_str());
                self.text(Text::About, &format!("{} to {}", row.from, row.until));
                "assigned"
            }
            Event::Unassigned { pool, email } => {
                self.pool(pool).text(Text::Email, email.as_str());
                "unassigned"
            }
            Event::LoginSet(row) => {
                self.text(Text::Email, row.email.as_str());
                "login-set"
            }
            Event::LoginDropped(email) => {
                self.text(Text::Email, email.as_str());
                "login-dropped"
            }
            Event::ClockNoted(_) => "clock-noted",
            Event::ClockReset { by, .. } => {
                self.number(Num::By, *by);
                "clock-reset"
            }
            Event::Administered(note) => {
                self.text(Text::Reason, fields::deed_word(note.deed)).text(Text::About, &note.about);
                if let Some(by) = note.by {
                    self.number(Num::By, by);
                }
                "administered"
            }
            Event::DeskDid(note) => {
                self.text(Text::Reason, &note.deed).text(Text::About, &note.about);
                match note.by.strip_prefix("uid ").and_then(|uid| uid.parse::<u32>().ok()) {
                    Some(uid) => self.number(Num::By, uid),
                    None => self.text(Text::Email, &note.by),
                };
                "desk-did"
            }
            Event::DeskPut(row) => {
                self.text(Text::About, &row.key);
                "desk-put"
            }
            Event::DeskDropped(key) => {
                self.text(Text::About, key);
                "desk-dropped"
            }
            _ => "other",
        }
    }
}

fn each<const N: usize>(table: &mut Table, columns: &[Text; N], texts: [&str; N]) -> [u32; N] {
    let mut ids = [0; N];
    for ((id, column), text) in ids.iter_mut().zip(columns).zip(texts) {
        if !text.is_empty() {
            *id = table.text_mut(*column).id(text.as_bytes());
        }
    }
    ids
}

fn person(table: &mut Table, who: &Identity) -> [u32; WHO.len()] {
    let address = who.address.map(|address| address.to_string()).unwrap_or_default();
    let email = who.email.as_ref().map_or("", |email| email.as_str());
    let texts = [
        who.user.as_str(),
        who.host.as_str(),
        who.display.as_str(),
        &address,
        who.project.as_str(),
        who.application.as_str(),
        email,
    ];
    each(table, &WHO, texts)
}
