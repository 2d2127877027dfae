//! Named seats: whose they are, and how people prove who they are.

use names::{Code, Date, Email, Expiry, GrantId, Now, PoolId, Wall, limits};

use crate::answer::{Answer, Detail};
use crate::planted::Bug;
use crate::record::{Event, Record};
use crate::row::{AssignmentRow, LoginRow};
use crate::state::State;

/// The assignments that there are beside one that is to be made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Beside {
    /// Others of its pool that are not over.
    pub(crate) others: usize,
    /// All of every pool, and its own too if it is there.
    pub(crate) all: usize,
}

/// Whether an assignment's period has ended.
pub(crate) fn is_over(row: &AssignmentRow, today: Date) -> bool {
    matches!(row.until, Expiry::On(until) if until < today)
}

impl State {
    pub(crate) fn assign(&mut self, now: Now, row: AssignmentRow, out: &mut Vec<Record>) -> Answer {
        let today = Date::of(now.wall);
        let others = self
            .assignments
            .values()
            .filter(|other| other.pool == row.pool && other.email != row.email && !is_over(other, today));
        let beside = Beside { others: others.count(), all: self.assignments.len() };
        if let Err((code, what)) = self.may_assign(now, &row, beside) {
            return Answer::denied(code, Detail::Parameter(what));
        }
        self.put_assignment(now, row, out);
        Answer::Done
    }

    /// Writes down an assignment that may be made.
    pub(crate) fn put_assignment(&mut self, now: Now, row: AssignmentRow, out: &mut Vec<Record>) {
        if self.assignments.get(&(row.pool.clone(), row.email.clone())) != Some(&row) {
            self.touch_feature(row.pool.feature());
            self.record(now, Event::Assigned(Box::new(row)), out);
        }
    }

    /// Whether it may be made, beside those that there are.
    pub(crate) fn may_assign(
        &self,
        now: Now,
        row: &AssignmentRow,
        beside: Beside,
    ) -> Result<(), (Code, &'static str)> {
        let Some((pool, _)) = self.pool(&row.pool) else {
            return Err((
                Code::NoSuchFeature,
                "no license names this pool; `seatkeeper license show` lists them",
            ));
        };
        if !pool.named {
            return Err((Code::BadParameter, "its seats float; only NAMED seats are assigned"));
        }
        if matches!(row.until, Expiry::On(until) if until < row.from) || row.until.is_past(now.wall) {
            return Err((Code::BadParameter, "the period ends before it begins, or has ended"));
        }
        if row.until > pool.expiry {
            return Err((Code::BadParameter, "the period ends after the license; choose an earlier day"));
        }
        if beside.others >= pool.limit() as usize && !pool.uncounted {
            return Err((Code::AllTaken, "every seat of the pool is assigned; take one back first"));
        }
        if beside.all >= limits::ASSIGNMENTS_MAX {
            return Err((Code::Busy, "the daemon keeps as many assignments as it may"));
        }
        Ok(())
    }

    pub(crate) fn unassign(
        &mut self,
        now: Now,
        pool: &PoolId,
        email: Email,
        until: Wall,
        out: &mut Vec<Record>,
    ) -> Answer {
        if !self.assignments.contains_key(&(pool.clone(), email.clone())) {
            return Answer::Done;
        }
        let theirs = |id: &GrantId| {
            let slot = self.grants.get(*id);
            slot.and_then(|slot| self.who(slot)).is_some_and(|who| who.email.as_ref() == Some(&email))
        };
        let running: Vec<_> = if self.planted(Bug::UnassignedRunsOn) {
            Vec::new()
        } else {
            self.grants_of_pool(pool).map(|row| row.id).filter(theirs).collect()
        };
        self.record(now, Event::Unassigned { pool: pool.clone(), email }, out);
        // Who waits and may have none any more stops nobody.
        self.touch_feature(pool.feature());
        for grant in running {
            self.take_away(now, grant, Code::NotIncluded, until, out);
        }
        Answer::Done
    }

    pub(crate) fn set_login(&mut self, now: Now, row: LoginRow, out: &mut Vec<Record>) -> Answer {
        if !self.logins.contains_key(&row.email) && self.logins.len() >= limits::ASSIGNMENTS_MAX {
            let what = "the daemon keeps as many logins as it may; take some away";
            return Answer::denied(Code::Busy, Detail::Limit(what));
        }
        self.record(now, Event::LoginSet(Box::new(row)), out);
        Answer::Done
    }

    pub(crate) fn drop_login(&mut self, now: Now, email: Email, out: &mut Vec<Record>) -> Answer {
        if self.logins.contains_key(&email) {
            self.record(now, Event::LoginDropped(email), out);
        }
        Answer::Done
    }
}
