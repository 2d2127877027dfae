//! A decision as the one command of the journal that it is.

use std::sync::Arc;

use ::desk::{Actor, Decision, Desk, SeatChange, Stored};
use seats::{AssignmentRow, DeskChange, DeskNote, DeskRow, LoginRow};

/// The command, of a decision that was made of this desk.
pub(super) fn of(before: &Desk, actor: &Actor, decision: &Decision) -> DeskChange {
    let note = DeskNote::new(&actor.to_string(), decision.action.word(), &decision.about);
    let mut change = DeskChange::new(note);
    let stored = Stored::new(before, &decision.changes);
    change
        .puts
        .extend(stored.puts.into_iter().map(|(key, value)| DeskRow { key: key.into(), value: value.into() }));
    change.drops.extend(stored.drops.into_iter().map(Arc::from));
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
    use ::desk::{Action, Change, Counter, Row, RowKey};

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
            (vec![put(1), drop_it()], 0, 0),
            (vec![drop_it(), put(2)], 1, 0),
            (vec![drop_it()], 0, 0),
        ] {
            let change = of(&Desk::default(), &Actor::Host { uid: 7 }, &decided(changes));
            assert_eq!((change.puts.len(), change.drops.len()), (puts, drops));
            assert!(change.puts.iter().all(|row| *row.value == *br#"{"of":"case","next":2}"#));
            assert_eq!((&*change.note.by, &*change.note.deed, &*change.note.about), ("uid 7", "order", "it"));
        }
    }
}
