//! Waiting in line: the places, and what becomes of them.

use std::time::Duration;

use names::{Code, Date};
use proto::v1;
use proto::v1::command::Kind;

use super::{Asked, Core, Hopeful};
use crate::boot::Boot;
use crate::{Error, Place};

/// So often a place in line is asked for anew: others leave the line, too.
const LOOK_MS: u64 = 15_000;

/// A request that waits in line.
#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) hopeful: Box<Hopeful>,
    /// When its place is asked for anew.
    pub(super) look_at: Boot,
}

impl Core {
    /// The server gives a place in line.
    pub(super) fn queued(&mut self, number: u64, mut hopeful: Box<Hopeful>, queued: &v1::Queued, now: Boot) {
        if hopeful.wanted.queue.is_none() {
            self.withdraw(number);
            let message = format!("{}: a place in line that was not asked for", Code::BadServerData);
            let error = Error::Denied { code: Code::BadServerData, message, retry_after_ms: 0 };
            return Asked::Checkout(hopeful).refuse(|| error);
        }
        if hopeful.answer.is_closed() {
            return self.withdraw(number);
        }
        let expected = (queued.expected_ms > 0).then(|| Duration::from_millis(queued.expected_ms));
        let place = Some(Place { position: queued.position.max(1), expected });
        hopeful.place.send_if_modified(|old| std::mem::replace(old, place) != place);
        hopeful.has_place = true;
        self.waiting.insert(number, Waiter { hopeful, look_at: now.plus(LOOK_MS) });
    }

    /// What was waited for has come.
    pub(super) fn granted_late(&mut self, granted: &v1::Granted, today: Date) {
        // Seats that need no session are answers, and nobody waits in line for them.
        if granted.until_ms != 0 {
            return;
        }
        let number = granted.request_id;
        let hopeful = match self.asked.get(&number) {
            Some(Asked::Checkout(_)) => self.asked.remove(&number).and_then(Asked::into_hopeful),
            _ => self.waiting.remove(&number).map(|waiter| waiter.hopeful),
        };
        self.outbox.retain(|queued| *queued != number || self.asked.contains_key(queued));
        match hopeful {
            Some(hopeful) => self.grant(*hopeful, granted, today),
            None if self.knows(granted.grant) => {}
            // It was withdrawn a moment too late.
            None => self.give_back(granted.grant),
        }
    }

    /// No wait will help. The request is made once more, so that the server says why.
    pub(super) fn hopeless(&mut self, number: u64) {
        let waiter = self.waiting.remove(&number).map(|waiter| waiter.hopeful);
        let hopeful = match self.asked.get(&number) {
            Some(Asked::Checkout(_)) => self.asked.remove(&number).and_then(Asked::into_hopeful),
            _ => waiter,
        };
        self.outbox.retain(|queued| *queued != number || self.asked.contains_key(queued));
        let Some(mut hopeful) = hopeful else { return };
        if hopeful.is_hopeless {
            let message = format!("{}: the request can never be granted", Code::NotServed);
            let error = Error::Denied { code: Code::NotServed, message, retry_after_ms: 0 };
            return Asked::Checkout(hopeful).refuse(|| error);
        }
        hopeful.is_hopeless = true;
        hopeful.has_place = false;
        self.submit(Asked::Checkout(hopeful));
    }

    /// Leaves the line for all whom nobody waits for any more.
    pub(super) fn sweep(&mut self) {
        let gone: Vec<u64> = self
            .waiting
            .iter()
            .filter(|(_, waiter)| waiter.hopeful.answer.is_closed())
            .map(|(number, _)| *number)
            .collect();
        for number in gone {
            self.waiting.remove(&number);
            self.withdraw(number);
        }
    }

    pub(super) fn withdraw(&mut self, waiting_request: u64) {
        let kind = Box::new(Kind::Withdraw(v1::Withdraw { waiting_request }));
        self.submit(Asked::Call { kind, answer: None, sent: false });
    }

    /// Asks anew for the places that were not heard of for a while: the same request again.
    pub(super) fn look(&mut self, now: Boot) {
        let due: Vec<u64> = self
            .waiting
            .iter()
            .filter(|(_, waiter)| waiter.look_at <= now)
            .map(|(number, _)| *number)
            .collect();
        for number in due {
            if let Some(waiter) = self.waiting.remove(&number) {
                self.asked.insert(number, Asked::Checkout(waiter.hopeful));
                self.outbox.push_back(number);
            }
        }
    }

    /// The connection is gone: whoever waits asks again when there is one.
    pub(super) fn line_breaks(&mut self) {
        for (number, waiter) in std::mem::take(&mut self.waiting) {
            self.asked.insert(number, Asked::Checkout(waiter.hopeful));
        }
    }

    /// Compares what the server says of the line with who waits here. A place that is neither in line
    /// nor granted has ended while we were away: its number is used up, and it is asked for anew.
    pub(super) fn compare_line(&mut self, welcome: &v1::Welcome) {
        let is_known = |number: &u64| {
            welcome.waiting.contains(number) || welcome.held.iter().any(|held| held.request_id == *number)
        };
        let ended: Vec<u64> = self
            .asked
            .iter()
            .filter(|(number, asked)| {
                matches!(asked, Asked::Checkout(hopeful) if hopeful.has_place) && !is_known(number)
            })
            .map(|(number, _)| *number)
            .collect();
        for number in ended {
            if let Some(mut hopeful) = self.asked.remove(&number).and_then(Asked::into_hopeful) {
                hopeful.has_place = false;
                self.submit(Asked::Checkout(hopeful));
            }
        }
        for number in &welcome.waiting {
            if !matches!(self.asked.get(number), Some(Asked::Checkout(_))) {
                self.withdraw(*number);
            }
        }
    }
}

impl Asked {
    fn into_hopeful(self) -> Option<Box<Hopeful>> {
        match self {
            Self::Checkout(hopeful) => Some(hopeful),
            _ => None,
        }
    }
}
