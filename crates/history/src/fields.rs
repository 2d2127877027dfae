//! A record of the journal as an event: its kind, and its fields by name, as event streams, the debug log in
//! JSON and the audit chain have them. Secrets, and what proves one, are in no field.

use std::fmt::Display;
use std::sync::Arc;

use names::PoolId;
use seats::{
    Deed, Denied, DequeueReason, EndReason, Event, Identity, PoolStanding, QuotaKind, QuotaRow, ReturnReason,
    Standing,
};

use crate::seen::{Happened, Held};

/// Where fields are put.
struct Fields<'a>(&'a mut dyn FnMut(&'static str, &dyn Display));

impl Fields<'_> {
    fn put(&mut self, name: &'static str, value: impl Display) -> &mut Self {
        (self.0)(name, &value);
        self
    }

    fn pool(&mut self, pool: &PoolId) -> &mut Self {
        self.put("vendor", pool.vendor()).put("configuration", pool.config()).put("cpu_id", pool.cpu())
    }

    fn who(&mut self, who: Option<&Arc<Identity>>) -> &mut Self {
        if let Some(who) = who {
            self.put("user", &who.user).put("host", &who.host);
        }
        self
    }

    fn address(&mut self, who: &Identity) -> &mut Self {
        if let Some(address) = who.address {
            self.put("address", address);
        }
        self
    }

    fn grant(&mut self, held: &Held) -> &mut Self {
        let who = held.who.as_ref();
        self.put("feature", held.pool.feature())
            .put("version", held.version)
            .who(who)
            .put("seats", held.seats);
        self.pool(&held.pool);
        if let Some(who) = who {
            self.address(who);
        }
        self.put("session", held.session).put("grant", held.id)
    }
}

/// Tells what kind of event it is, after its fields were put, in the order in which they are shown. What is not
/// known is left out.
pub fn fields(happened: &Happened<'_>, put: &mut dyn FnMut(&'static str, &dyn Display)) -> &'static str {
    let fields = &mut Fields(put);
    match &happened.record.event {
        Event::SessionOpened(row) => {
            fields.who(happened.who.as_ref()).address(&row.identity).put("session", row.id);
            "session-opened"
        }
        Event::SessionMarked(mark) => {
            fields.who(happened.who.as_ref()).put("session", mark.session);
            let standing = if mark.standing == Standing::Live { "live" } else { "held" };
            fields.put("standing", standing);
            fields.put("idle", if mark.idle.is_some() { "yes" } else { "no" });
            "session-marked"
        }
        Event::SessionEnded { session, why } => {
            fields.who(happened.who.as_ref()).put("session", session).put("why", end_word(*why));
            "session-ended"
        }
        Event::Granted(_) => granted(happened, "granted", fields),
        Event::Changed(_) => granted(happened, "changed", fields),
        Event::Returned { grant, why, .. } => {
            match &happened.held {
                Some(held) => fields.grant(held),
                None => fields.put("grant", grant),
            };
            fields.put("why", return_word(*why));
            "returned"
        }
        Event::Queued(row) => {
            let ask = &row.ask;
            fields.put("feature", &ask.feature).put("version", ask.version);
            fields.who(happened.who.as_ref()).put("seats", ask.seats);
            fields.put("session", ask.session).put("place", row.id).put("priority", row.priority);
            "queued"
        }
        Event::Dequeued { waiter, why, .. } => {
            if let Some(row) = &happened.waiter {
                let session = row.ask.session;
                fields.put("feature", &row.ask.feature).who(happened.who.as_ref()).put("session", session);
            }
            fields.put("place", waiter).put("why", dequeue_word(*why));
            "dequeued"
        }
        Event::Denied(denied) => denied_fields(denied, fields),
        other => of_the_host(other, fields),
    }
}

fn granted(happened: &Happened<'_>, kind: &'static str, fields: &mut Fields<'_>) -> &'static str {
    if let Some(held) = &happened.held {
        fields.grant(held).put("how", held.how.word());
        if let Some(until) = held.until {
            fields.put("until_ms", until.0);
        }
    }
    kind
}

fn denied_fields(denied: &Denied, fields: &mut Fields<'_>) -> &'static str {
    fields.put("feature", &denied.feature).put("version", denied.version);
    fields.who(Some(&denied.identity)).put("seats", denied.seats).address(&denied.identity);
    fields.put("session", denied.session);
    fields.put("code", denied.code.number()).put("reason", denied.code.text());
    "denied"
}

/// Events that are nobody's on a workstation.
fn of_the_host(event: &Event, fields: &mut Fields<'_>) -> &'static str {
    match event {
        Event::Started => "started",
        Event::Stopped => "stopped",
        Event::PoolSet(row) => {
            fields.put("feature", row.id.feature()).put("version", row.version).put("seats", row.capacity);
            fields.pool(&row.id).put("standing", standing_word(row.standing));
            "pool-set"
        }
        Event::PoolDropped(pool) => {
            fields.put("feature", pool.feature()).pool(pool);
            "pool-dropped"
        }
        Event::QuotaSet(row) => quota(row, fields),
        Event::QuotaDropped(id) => {
            fields.put("rule_id", id);
            "rule-dropped"
        }
        Event::Assigned(row) => {
            fields.put("feature", row.pool.feature()).put("email", &row.email).pool(&row.pool);
            fields.put("from", row.from).put("until", row.until);
            "assigned"
        }
        Event::Unassigned { pool, email } => {
            fields.put("feature", pool.feature()).put("email", email).pool(pool);
            "unassigned"
        }
        Event::LoginSet(row) => {
            fields.put("email", &row.email);
            "login-set"
        }
        Event::LoginDropped(email) => {
            fields.put("email", email);
            "login-dropped"
        }
        Event::ClockNoted(row) => {
            fields.put("latest_ms", row.latest.0);
            "clock-noted"
        }
        Event::ClockReset { row, was, by } => {
            fields.put("latest_ms", row.latest.0).put("was_ms", was.0).put("by", by);
            "clock-reset"
        }
        Event::Administered(note) => {
            fields.put("deed", deed_word(note.deed));
            if let Some(by) = note.by {
                fields.put("by", by);
            }
            if !note.about.is_empty() {
                fields.put("about", &note.about);
            }
            "administered"
        }
        Event::DeskDid(note) => {
            fields.put("deed", &note.deed).put("by", &note.by);
            if !note.about.is_empty() {
                fields.put("about", &note.about);
            }
            "desk-did"
        }
        // What a row says may be a secret.
        Event::DeskPut(row) => {
            fields.put("key", &row.key).put("bytes", row.value.len());
            "desk-put"
        }
        Event::DeskDropped(key) => {
            fields.put("key", key);
            "desk-dropped"
        }
        _ => "other",
    }
}

pub(crate) fn deed_word(deed: Deed) -> &'static str {
    match deed {
        Deed::Reread => "reread",
        Deed::RereadAndDrop => "reread-and-drop",
        Deed::Remove => "remove",
        Deed::TakeBack => "take-back",
        Deed::Assign => "assign",
        Deed::Unassign => "unassign",
        Deed::SetLogin => "set-login",
        Deed::DropLogin => "drop-login",
        Deed::Stop => "stop",
        Deed::SwitchLog => "switch-log",
        Deed::SwitchReport => "switch-report",
    }
}

fn quota(row: &QuotaRow, fields: &mut Fields<'_>) -> &'static str {
    fields.put("rule", &row.rule).put("who", &row.who).put("seats", row.seats);
    match &row.kind {
        QuotaKind::Reserve(pool) => {
            fields.put("counts", "reserve").put("feature", pool.feature()).pool(pool);
        }
        QuotaKind::Max => {
            fields.put("counts", "max");
        }
    }
    fields.put("rule_id", row.id);
    "rule-set"
}

pub(crate) fn standing_word(standing: PoolStanding) -> &'static str {
    match standing {
        PoolStanding::Active => "active",
        PoolStanding::Expired => "expired",
        PoolStanding::NotYet => "not-yet",
        PoolStanding::Unlicensed => "unlicensed",
    }
}

pub(crate) fn return_word(why: ReturnReason) -> &'static str {
    match why {
        ReturnReason::Checkin => "checkin",
        ReturnReason::Closed => "closed",
        ReturnReason::TimedOut => "timed-out",
        ReturnReason::Replaced => "replaced",
        ReturnReason::Lingered => "lingered",
        ReturnReason::Revoked => "revoked",
        ReturnReason::Early => "early",
        ReturnReason::BorrowEnded => "borrow-ended",
        ReturnReason::Lost => "lost",
        ReturnReason::BookingUsed => "booking-used",
        ReturnReason::BookingEnded => "booking-ended",
    }
}

pub(crate) fn end_word(why: EndReason) -> &'static str {
    match why {
        EndReason::Closed => "closed",
        EndReason::TimedOut => "timed-out",
        EndReason::Replaced => "replaced",
    }
}

pub(crate) fn dequeue_word(why: DequeueReason) -> &'static str {
    match why {
        DequeueReason::Granted => "granted",
        DequeueReason::Withdrawn => "withdrawn",
        DequeueReason::Ended => "ended",
        DequeueReason::Hopeless => "hopeless",
    }
}

#[cfg(test)]
mod tests {
    use names::Seq;
    use seats::State;

    use super::*;
    use crate::seen::Seen;
    use crate::testing::{Day, pool};

    #[test]
    fn events_of_the_desk_show_no_value() {
        let mut day = Day::new(vec![pool("mill", 3)]);
        let before = day.last();
        day.desk("kim@acmed.test");
        let (mut seen, state, mut told) = (Seen::new(9), State::new(), Vec::new());
        for record in day.records.iter().filter(|record| record.seq > Seq(before.0)) {
            let happened = seen.happened(record, &state, &mut ());
            let mut line = String::new();
            let kind = fields(&happened, &mut |name, value| line.push_str(&format!(" {name}={value}")));
            told.push(format!("{kind}{line}"));
        }
        assert_eq!(
            told,
            [
                "desk-did deed=assign by=kim@acmed.test about=case/17",
                "desk-put key=case/16 bytes=6",
                "desk-did deed=assign by=kim@acmed.test about=case/17",
                "desk-put key=case/17 bytes=6",
                "desk-dropped key=case/16",
            ]
        );
    }
}
