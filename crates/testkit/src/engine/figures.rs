//! What happened in histories, counted.

use std::collections::BTreeMap;
use std::fmt;

use seats::{Answer, Command, DequeueReason, Event, Record};

/// What happened in histories, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// Commands that were decided.
    pub commands: u64,
    /// Checkouts and bookings among them.
    pub asks: u64,
    /// Of those: granted.
    pub granted: u64,
    /// Of those: put in line.
    pub queued: u64,
    /// Of those: from a session that was not there.
    pub unknown: u64,
    /// Of those: denied, by FlexNet's number.
    pub denied: BTreeMap<i32, u64>,
    /// Waiters that were granted.
    pub served: u64,
    /// Restarts.
    pub restarts: u64,
}

impl Figures {
    pub(crate) fn count(&mut self, command: &Command, answer: &Answer, records: &[Record]) {
        self.commands += 1;
        let is_served =
            |record: &&Record| matches!(record.event, Event::Dequeued { why: DequeueReason::Granted, .. });
        self.served += records.iter().filter(is_served).count() as u64;
        if !matches!(command, Command::Checkout(_) | Command::Book(_)) {
            return;
        }
        self.asks += 1;
        match answer {
            Answer::Granted { .. } => self.granted += 1,
            Answer::Queued { .. } => self.queued += 1,
            Answer::SessionUnknown => self.unknown += 1,
            Answer::Denied(denial) => *self.denied.entry(denial.code.number()).or_default() += 1,
            _ => {}
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.commands += other.commands;
        self.asks += other.asks;
        self.granted += other.granted;
        self.queued += other.queued;
        self.unknown += other.unknown;
        self.served += other.served;
        self.restarts += other.restarts;
        for (code, n) in &other.denied {
            *self.denied.entry(*code).or_default() += n;
        }
    }

    /// Whether every ask had one of the answers there are.
    #[must_use]
    pub fn add_up(&self) -> bool {
        self.asks == self.granted + self.queued + self.unknown + self.denied.values().sum::<u64>()
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { commands, asks, granted, queued, unknown, denied, served, restarts } = self;
        let all: u64 = denied.values().sum();
        write!(
            f,
            "{commands} commands, {asks} of them asked for seats: {granted} granted, {queued} put in line, \
             {unknown} of no session, {all} denied ("
        )?;
        for (at, (code, n)) in denied.iter().rev().enumerate() {
            write!(f, "{}{code}: {n}", if at == 0 { "" } else { ", " })?;
        }
        write!(f, "); {served} served in line, {restarts} restarts")
    }
}
