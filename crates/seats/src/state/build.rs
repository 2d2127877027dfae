//! A state made of its rows.

use names::{GrantId, Seq};

use super::{Broken, State};
use crate::row::Row;

/// A state that is made of rows as they come, none of which is kept beside it. Rows that others need
/// come before these: pools, sessions, logins and the desk's; then quotas, marks and assignments; then grants in
/// the order they were made; then places in line.
#[derive(Debug, Default)]
pub struct Building {
    state: State,
    /// Where the last row stands among all.
    reached: (u8, GrantId),
    /// The latest record that a row is of.
    newest: Seq,
    rows: u64,
}

/// Where a row stands among all that a state is made of.
fn place_of(row: &Row) -> (u8, GrantId) {
    match row {
        Row::Pool(_) | Row::Session(_) | Row::Login(_) | Row::Clock(_) | Row::Desk(_) => (0, GrantId(0)),
        Row::Quota(_) | Row::Mark(_) | Row::Assignment(_) => (1, GrantId(0)),
        // Grants of a pool stand in the order they were made.
        Row::Grant(grant) => (2, grant.id),
        Row::Waiter(_) => (3, GrantId(0)),
    }
}

impl Building {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts the next row.
    ///
    /// # Errors
    /// When it contradicts those before, or should have come before them.
    pub fn put(&mut self, row: Row) -> Result<(), Broken> {
        self.rows += 1;
        let place = place_of(&row);
        if place < self.reached {
            return Err(Broken(format!("{} comes after rows that need it", row.key())));
        }
        self.reached = place;
        let made_by = match &row {
            Row::Grant(grant) => grant.made_by(),
            Row::Waiter(waiter) => Seq(waiter.id.0),
            Row::Quota(quota) => Seq(quota.id.0),
            _ => Seq(0),
        };
        self.newest = self.newest.max(made_by);
        self.state.put(row)
    }

    /// How many rows came.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The state that has these rows after record `last`.
    ///
    /// # Errors
    /// When a row is of a later one.
    pub fn finish(self, last: Seq) -> Result<State, Broken> {
        let Self { mut state, newest, .. } = self;
        if newest > last {
            return Err(Broken(format!("a row is of record {newest}, which is after the last, {last}")));
        }
        state.last = last;
        state.touched.clear();
        Ok(state)
    }
}

impl State {
    /// The state that has these rows, in any order, after record `last`.
    ///
    /// # Errors
    /// When the rows contradict each other.
    pub fn from_rows(last: Seq, rows: impl IntoIterator<Item = Row>) -> Result<Self, Broken> {
        let mut rows: Vec<Row> = rows.into_iter().collect();
        rows.sort_by_key(place_of);
        let mut building = Building::new();
        for row in rows {
            building.put(row)?;
        }
        building.finish(last)
    }
}

#[cfg(test)]
mod tests {
    use names::{Now, QuotaId, SessionId};

    use super::*;
    use crate::row::{QuotaKind, QuotaRow, SessionMark, Standing};

    fn mark() -> Row {
        Row::Mark(SessionMark { standing: Standing::Held, ..SessionMark::new(SessionId(1)) })
    }

    fn quota(id: u64) -> Row {
        let (key, who, rule) = ("a".into(), "USER kim".into(), "acmed.opt:5".into());
        let row = QuotaRow { id: QuotaId(id), key, kind: QuotaKind::Max, seats: 1, who, rule, order: 0 };
        Row::Quota(row)
    }

    #[test]
    fn rows_that_come_before_those_they_need_are_refused() {
        let mut building = Building::new();
        building.put(quota(1)).unwrap();
        let login =
            crate::row::LoginRow { email: names::Email::new("kim@acmed.test").unwrap(), token_hash: [0; 32] };
        let broken = building.put(Row::Login(login)).unwrap_err();
        assert!(broken.to_string().contains("comes after rows that need it"), "{broken}");
        assert!(Building::new().put(mark()).is_err(), "there is no session");
        assert_eq!(building.rows(), 2);
    }

    #[test]
    fn rows_of_records_after_the_last_are_refused() {
        for (id, last, is_fine) in [(3, 4, true), (4, 4, true), (5, 4, false)] {
            let built = State::from_rows(Seq(last), [quota(id)]);
            assert_eq!(built.is_ok(), is_fine, "quota {id} after record {last}");
        }
        let mut state = State::from_rows(Seq(4), [quota(3)]).unwrap();
        let mut out = Vec::new();
        state.step(Now::default(), crate::command::Command::Start, &crate::rules::NoRules, &mut out);
        assert_eq!(out.first().map(|record| record.seq), Some(Seq(5)));
    }
}
