//! A decision as the one command of the journal that it is.

use std::sync::Arc;

use ::desk::{Actor, Decision, Desk as Rules, SeatChange, Stored};
use seats::{AssignmentRow, DeskChange, DeskNote, DeskRow, LoginRow};

/// The command.
pub(super) fn of(before: &Rules, actor: &Actor, decision: &Decision) -> DeskChange {
    let note = DeskNote::new(&actor.to_string(), decision.action.word(), &decision.about);
    let mut change = DeskChange::new(note);
    let stored = Stored::new(before, &decision.changes);
    change.puts = stored
        .puts
        .into_iter()
        .map(|(key, value)| DeskRow { key: key.into(), value: value.into() })
        .collect();
    change.drops = stored.drops.into_iter().map(Arc::from).collect();
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
    fn a_decision_is_one_command_with_its_note_first() {
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
        let mut before = Rules::default();
        before.apply(&put(7));
        for (changes, puts, drops) in [
            (vec![put(1), put(2)], 1, 0),
            (vec![put(1), drop_it()], 0, 1),
            (vec![drop_it(), put(2)], 1, 0),
            (vec![], 0, 0),
        ] {
            let change = of(&before, &Actor::Host { uid: 7 }, &decided(changes));
            assert_eq!((change.puts.len(), change.drops.len()), (puts, drops));
            assert!(change.puts.iter().all(|row| *row.value == *br#"{"of":"case","next":2}"#));
            assert_eq!((&*change.note.by, &*change.note.deed, &*change.note.about), ("uid 7", "order", "it"));
        }
    }
}
