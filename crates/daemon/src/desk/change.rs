//! A decision as the one command of the journal that it is.

use std::sync::Arc;

use ::desk::{Actor, Change, Decision, SeatChange};
use seats::{AssignmentRow, DeskChange, DeskNote, DeskRow, LoginRow};

/// The command.
pub(super) fn of(actor: &Actor, decision: &Decision) -> DeskChange {
    let note = DeskNote::new(&actor.to_string(), decision.action.word(), &decision.about);
    let mut change = DeskChange::new(note);
    // Of what is changed twice, the last stands: a row is put or dropped once.
    let mut rows: std::collections::BTreeMap<String, Option<Vec<u8>>> = std::collections::BTreeMap::new();
    for one in &decision.changes {
        match one {
            Change::Put(row) => rows.insert(row.key().to_string(), Some(row.encode())),
            Change::Drop(key) => rows.insert(key.to_string(), None),
        };
    }
    for (key, value) in rows {
        let key: Arc<str> = key.into();
        match value {
            Some(value) => change.puts.push(DeskRow { key, value: value.into() }),
            None => change.drops.push(key),
        }
    }
    for seat in &decision.seats {
        match seat.clone() {
            SeatChange::Assign(to) => {
                let (pool, email) = (to.pool, to.email);
                change.assign.push(AssignmentRow { pool, email, from: to.from, until: to.until });
            }
            SeatChange::Unassign { pool, email } => change.unassign.push((pool, email)),
            SeatChange::SetLogin { email, token_hash } => change.logins.push(LoginRow { email, token_hash }),
            SeatChange::DropLogin(email) => change.dropped_logins.push(email),
        }
    }
    change
}

/// Whether it changes nothing, so that nothing has to be written.
pub(super) fn is_empty(decision: &Decision) -> bool {
    decision.changes.is_empty() && decision.seats.is_empty()
}

/// That something was refused to somebody.
pub(super) fn refused(actor: &Actor, deed: &str) -> DeskChange {
    DeskChange::new(DeskNote::new(&actor.to_string(), "refused", deed))
}

#[cfg(test)]
mod tests {
    use ::desk::{Action, Counter, Row, RowKey};

    use super::*;

    #[test]
    fn of_what_is_changed_twice_the_last_stands() {
        let put = |next| Change::Put(Row::Counter(Box::new(Counter { of: "case".into(), next })));
        let drop_it = || Change::Drop(RowKey::Counter("case".into()));
        let decided = |changes| Decision {
            action: Action::Order,
            about: "it".into(),
            changes,
            seats: Vec::new(),
            install: Vec::new(),
            reread: false,
            case: None,
            said: Vec::new(),
        };
        for (changes, puts, drops) in [
            (vec![put(1), put(2)], 1, 0),
            (vec![put(1), drop_it()], 0, 1),
            (vec![drop_it(), put(2)], 1, 0),
            (vec![], 0, 0),
        ] {
            let change = of(&Actor::Host { uid: 7 }, &decided(changes));
            assert_eq!((change.puts.len(), change.drops.len()), (puts, drops));
            assert!(change.puts.iter().all(|row| *row.value == *br#"{"of":"case","next":2}"#));
            assert_eq!((&*change.note.by, &*change.note.deed, &*change.note.about), ("uid 7", "order", "it"));
        }
    }
}
