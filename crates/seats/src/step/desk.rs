//! The license desk: its rows, with the assignments and logins that follow from a deed, in one step.

use std::collections::BTreeSet;

use names::{Code, Date, Email, Now, PoolId, limits};
use rustc_hash::FxHashMap;

use crate::answer::{Answer, Detail};
use crate::command::DeskChange;
use crate::planted::Bug;
use crate::record::{DeskNote, Event, Record};
use crate::row::{AssignmentRow, DeskRow};
use crate::state::State;
use crate::step::named::{Beside, is_over};

/// Why a command is refused.
type Refused = (Code, Detail);

impl State {
    pub(crate) fn desk(&mut self, now: Now, change: DeskChange, out: &mut Vec<Record>) -> Answer {
        if let Err((code, detail)) = self.may_change_desk(now, &change, limits::DESK_ROWS_MAX) {
            if self.planted(Bug::DeskHalf) {
                self.put_desk_rows(now, change.puts, out);
            }
            return Answer::denied(code, detail);
        }
        let DeskNote { by, deed, about } = &change.note;
        self.record(now, Event::DeskDid(Box::new(DeskNote::new(by, deed, about))), out);
        self.put_desk_rows(now, change.puts, out);
        for key in change.drops {
            if self.desk.contains_key(&key) && !self.planted(Bug::DeskKept) {
                self.record(now, Event::DeskDropped(key), out);
            }
        }
        for row in change.assign {
            self.put_assignment(now, row, out);
        }
        for (pool, email) in change.unassign {
            self.unassign(now, &pool, email, change.until, out);
        }
        for row in change.logins {
            self.record(now, Event::LoginSet(Box::new(row)), out);
        }
        for email in change.dropped_logins {
            self.drop_login(now, email, out);
        }
        Answer::Done
    }

    fn put_desk_rows(&mut self, now: Now, rows: Vec<DeskRow>, out: &mut Vec<Record>) {
        for row in rows {
            if self.desk.get(&row.key) != Some(&row.value) {
                self.record(now, Event::DeskPut(row), out);
            }
        }
    }

    /// All that a command may be refused for, before the first record of it.
    fn may_change_desk(&self, now: Now, change: &DeskChange, rows_max: usize) -> Result<(), Refused> {
        let parameter = |what| (Code::BadParameter, Detail::Parameter(what));
        if change.len() > limits::DESK_CHANGES_MAX {
            return Err(parameter("a command of the desk has 200000 changes at most; send it in parts"));
        }
        let bytes: usize = change.puts.iter().map(|row| row.key.len() + row.value.len()).sum();
        if bytes > limits::DESK_COMMAND_BYTES_MAX {
            return Err(parameter("a command of the desk puts 256 MiB at most; send it in parts"));
        }
        for row in &change.puts {
            DeskRow::check_key(&row.key).map_err(parameter)?;
            DeskRow::check_value(&row.value).map_err(parameter)?;
        }
        change.drops.iter().try_for_each(|key| DeskRow::check_key(key)).map_err(parameter)?;
        if self.desk_rows_after(change) > rows_max {
            let what = "the daemon keeps as many rows of the desk as it may; take some away";
            return Err((Code::Busy, Detail::Limit(what)));
        }
        self.may_assign_all(now, &change.assign).map_err(|(code, what)| (code, Detail::Parameter(what)))?;
        let new: BTreeSet<_> = change.logins.iter().map(|row| &row.email).collect();
        let new = new.into_iter().filter(|email| !self.logins.contains_key(*email)).count();
        if new > 0 && self.logins.len() + new > limits::ASSIGNMENTS_MAX {
            let what = "the daemon keeps as many logins as it may; take some away";
            return Err((Code::Busy, Detail::Limit(what)));
        }
        Ok(())
    }

    /// How many rows the desk has after a command; at most what it would have if all that are put were new.
    fn desk_rows_after(&self, change: &DeskChange) -> usize {
        let put: BTreeSet<&str> = change.puts.iter().map(|row| &*row.key).collect();
        let dropped: BTreeSet<&str> = change.drops.iter().map(|key| &**key).collect();
        let is_there = |key: &&&str| self.desk.contains_key(**key);
        let new = put.iter().filter(|key| !is_there(key) && !dropped.contains(**key)).count();
        self.desk.len() + new - dropped.iter().filter(is_there).count()
    }

    /// Whether these assignments may be made, one after another.
    fn may_assign_all(&self, now: Now, rows: &[AssignmentRow]) -> Result<(), (Code, &'static str)> {
        let today = Date::of(now.wall);
        let mut made: FxHashMap<(&PoolId, &Email), ()> = FxHashMap::default();
        let mut running: FxHashMap<&PoolId, usize> = rows.iter().map(|row| (&row.pool, 0)).collect();
        for row in self.assignments.values().filter(|row| !rows.is_empty() && !is_over(row, today)) {
            if let Some(of_pool) = running.get_mut(&row.pool) {
                *of_pool += 1;
            }
        }
        let mut all = self.assignments.len();
        for row in rows {
            let old = self.assignments.get(&(row.pool.clone(), row.email.clone()));
            let was_made = made.contains_key(&(&row.pool, &row.email));
            let was_running = was_made || old.is_some_and(|old| !is_over(old, today));
            let of_pool = running.entry(&row.pool).or_default();
            let others = *of_pool - usize::from(was_running);
            self.may_assign(now, row, Beside { others, all })?;
            // What may be made is not over.
            *of_pool = others + 1;
            all += usize::from(old.is_none() && !was_made);
            made.insert((&row.pool, &row.email), ());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use names::Now;

    use super::*;

    fn row(key: &str) -> DeskRow {
        DeskRow { key: key.into(), value: Arc::from(*b"{}") }
    }

    fn change(puts: &[&str], drops: &[&str]) -> DeskChange {
        let (puts, drops) =
            (puts.iter().map(|key| row(key)).collect(), drops.iter().map(|key| Arc::from(*key)).collect());
        DeskChange { puts, drops, ..DeskChange::new(DeskNote::new("uid 0", "try", "")) }
    }

    #[test]
    fn a_command_puts_as_many_bytes_as_it_may_and_not_one_more() {
        let value: Arc<[u8]> = vec![7; limits::DESK_VALUE_BYTES_MAX].into();
        let full = |n: usize| DeskRow { key: format!("k{n:04}").into(), value: Arc::clone(&value) };
        let one = limits::DESK_VALUE_BYTES_MAX + "k0001".len();
        let rows = limits::DESK_COMMAND_BYTES_MAX / one;
        let last = limits::DESK_COMMAND_BYTES_MAX % one - "last".len();
        for (last, refused) in [(last, None), (last + 1, Some(Code::BadParameter))] {
            let last = DeskRow { key: "last".into(), value: vec![7; last].into() };
            let puts = (1..=rows).map(full).chain([last]).collect();
            let change = DeskChange { puts, ..change(&[], &[]) };
            let found = State::new().may_change_desk(Now::default(), &change, limits::DESK_ROWS_MAX);
            assert_eq!(found.err().map(|(code, _)| code), refused);
        }
    }

    #[test]
    fn the_desk_has_as_many_rows_as_it_may_and_not_one_more() {
        assert_eq!(limits::DESK_ROWS_MAX, 4_000_000);
        let mut state = State::new();
        state.desk(Now::default(), change(&["a", "b", "c"], &[]), &mut Vec::new());
        for (puts, drops, after) in [
            (&[][..], &[][..], 3),
            (&["a", "b", "a"], &[], 3),
            (&["d"], &[], 4),
            (&["d", "d"], &[], 4),
            (&["d", "e"], &[], 5),
            (&["d", "e"], &["a"], 4),
            (&["d", "e"], &["a", "a"], 4),
            (&["d", "e"], &["e"], 4),
            (&["d", "e"], &["x"], 5),
            (&["a"], &["a"], 2),
        ] {
            let change = change(puts, drops);
            assert_eq!(state.desk_rows_after(&change), after, "{change:?}");
            let refused = state.may_change_desk(Now::default(), &change, 4).err();
            assert_eq!(refused.map(|(code, _)| code), (after > 4).then_some(Code::Busy), "{change:?}");
            let mut other = state.clone();
            other.desk(Now::default(), change, &mut Vec::new());
            assert_eq!(other.desk_rows().count(), after);
        }
    }
}
