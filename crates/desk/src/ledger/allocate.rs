//! The one allocator of Configuration IDs: the next that was never given and is in no reserved range.

use crate::model::{Counter, Range};
use crate::{Desk, Refusal, limits};

/// The counter's name.
const COUNTER: &str = "configuration";

/// The next ids, while they are given.
pub(crate) struct Ids {
    next: u64,
    first: u64,
    reserved: Vec<(u64, u64)>,
}

impl Ids {
    /// As the desk has them.
    pub(crate) fn of(desk: &Desk) -> Self {
        let next = desk.tables.counters.get(COUNTER).map_or(1, |counter| counter.next).max(1);
        let reserved = desk.tables.ranges.values().map(|range| (range.from, range.to)).collect();
        Self { next, first: next, reserved }
    }

    /// The next id that is not used.
    pub(crate) fn take(&mut self, is_used: impl Fn(u64) -> bool) -> Result<u64, Refusal> {
        while let Some(past) = self.past_reserved() {
            self.next = past;
        }
        while is_used(self.next) {
            self.next += 1;
            while let Some(past) = self.past_reserved() {
                self.next = past;
            }
        }
        if self.next > limits::CONFIGURATION_ID_MAX {
            let why = format!("there is no Configuration ID left up to {}", limits::CONFIGURATION_ID_MAX);
            return Err(Refusal::Limit(why));
        }
        self.next += 1;
        Ok(self.next - 1)
    }

    /// The id behind the reserved range that the next one is in.
    fn past_reserved(&self) -> Option<u64> {
        let here = self.reserved.iter().find(|(from, to)| (*from..=*to).contains(&self.next));
        here.map(|(_, to)| to.saturating_add(1)).filter(|past| *past > self.next)
    }

    /// Whether a range has this id.
    pub(crate) fn is_reserved(&self, id: u64) -> bool {
        self.reserved.iter().any(|(from, to)| (*from..=*to).contains(&id))
    }

    /// The counter as it is now; nothing where none was taken.
    pub(crate) fn counter(&self) -> Option<Counter> {
        (self.next != self.first).then(|| Counter { of: COUNTER.to_owned(), next: self.next })
    }
}

/// Reserves a range.
///
/// # Errors
/// One that is none, is reserved already in part, or has ids that were issued.
pub(crate) fn reserve(desk: &Desk, range: &Range) -> Result<(), Refusal> {
    let Range { from, to, .. } = *range;
    if from == 0 || from > to || to > limits::CONFIGURATION_ID_MAX {
        let why =
            format!("{from} to {to} is no range of ids: they are 1 to {}", limits::CONFIGURATION_ID_MAX);
        return Err(Refusal::invalid("from", why));
    }
    if desk.tables.ranges.size() >= limits::RANGES_MAX {
        return Err(Refusal::Limit(format!("there are {} reserved ranges", limits::RANGES_MAX)));
    }
    if let Some(other) = desk.tables.ranges.values().find(|other| other.from <= to && from <= other.to) {
        let why = format!("{} to {} are reserved already ({})", other.from, other.to, other.note);
        return Err(Refusal::invalid("from", why));
    }
    if let Some(used) = desk.configurations().find(|used| (from..=to).contains(&used.id)) {
        let why = format!("{} was issued to {}: reserve the ids before and behind it", used.id, used.company);
        return Err(Refusal::invalid("from", why));
    }
    Ok(())
}
