//! Everything that is going to happen, in order, and the messages among it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::message::{ClientId, Message};
use super::server::Out;

/// The longest that a message is under way.
pub(crate) const DELAY_MAX: u64 = 2_500;

/// Something that happens.
#[derive(Debug)]
pub(crate) enum Event {
    /// A client moves.
    Move(ClientId),
    /// A message reaches the server.
    Deliver(Message),
    /// An answer reaches its client.
    Answer(Out),
    /// The owner has to look at its timers.
    Wake,
    /// The flush has taken its time. `boot` is the start it belongs to.
    Flushed {
        boot: u64,
    },
    Crash,
    Restart,
    /// A client cannot be reached any more, for a while.
    Partition,
    /// The disk is full, for a while.
    DiskFull,
    DiskFree,
    /// A call of the disk fails.
    DiskError,
    /// Somebody sets the wall clock.
    StepClock,
    /// Other licenses are put in force.
    Reread,
    /// The date changes.
    Midnight,
}

/// The agenda: events by time, and in the order they were planned where that is the same.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    order: BinaryHeap<Reverse<(u64, u64)>>,
    events: BTreeMap<u64, Event>,
    planned: u64,
}

impl Agenda {
    pub(crate) fn plan(&mut self, time: u64, event: Event) {
        self.planned += 1;
        self.order.push(Reverse((time, self.planned)));
        self.events.insert(self.planned, event);
    }

    pub(crate) fn next(&mut self) -> Option<(u64, Event)> {
        let Reverse((time, number)) = self.order.pop()?;
        self.events.remove(&number).map(|event| (time, event))
    }

    /// When the next thing happens.
    pub(crate) fn next_time(&self) -> Option<u64> {
        self.order.peek().map(|Reverse((time, _))| *time)
    }
}
