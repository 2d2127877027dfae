//! A record of the journal as an event of a stream. A record of a return says which grant and no more, so what
//! a stream has seen before is kept, within bounds; what is not known is left out.

use history::Seen;
use proto::v1;
use seats::{Record, State};

/// Sessions, grants and places in line that are remembered, of each.
const KEPT_MAX: usize = 100_000;

/// What a stream has been told, and stood when it began.
#[derive(Debug)]
pub(crate) struct Told(Seen, State);

impl Told {
    /// Nothing told yet, where the state stands so.
    pub(crate) fn of(state: &State) -> Self {
        let mut seen = Seen::new(KEPT_MAX);
        seen.learn(state);
        Self(seen, State::new())
    }

    /// The event that a record is.
    pub(crate) fn event(&mut self, record: &Record) -> v1::JournalEvent {
        let mut fields = Vec::new();
        let happened = self.0.happened(record, &self.1, &mut ());
        let kind = history::fields(&happened, &mut |name, value| {
            fields.push(v1::EventField { name: name.to_owned(), value: value.to_string() });
        });
        v1::JournalEvent { seq: record.seq.0, time_ms: record.at.0, kind: kind.to_owned(), fields }
    }
}
