//! What lingers, is borrowed or booked, and what is taken away.

use names::{Code, Date, Email, Expiry, GrantId, PoolId, SessionId, Wall};
use seats::{AssignmentRow, PoolStanding, ReturnReason, Revoke, Revoked};

use super::checkout::later;
use super::{Grant, Hold, Model, Name, Reply};

impl Model {
    pub(crate) fn unbook(&mut self, session: SessionId, name: Option<Name>) -> Reply {
        let Some(session) = self.session(session).filter(|session| !session.is_held) else {
            return Reply::Unknown;
        };
        if let Some(grant) = name.and_then(|name| self.grant(name))
            && matches!(grant.hold, Hold::Booked { .. })
            && grant.who.user == session.who.user
        {
            self.take_back(grant.name, ReturnReason::BookingEnded);
        }
        Reply::Returned
    }

    pub(crate) fn expire(&mut self, name: Option<Name>) -> Reply {
        let now = self.now.wall;
        if let Some(grant) = name.and_then(|name| self.grant(name))
            && grant.until().is_some_and(|until| until <= now)
        {
            let why = match grant.hold {
                Hold::Floating | Hold::Revoked(..) => ReturnReason::Revoked,
                Hold::Lingering { .. } => ReturnReason::Lingered,
                Hold::Borrowed { .. } => ReturnReason::BorrowEnded,
                Hold::Booked { .. } => ReturnReason::BookingEnded,
            };
            self.take_back(grant.name, why);
        }
        Reply::Done
    }

    pub(crate) fn revoke(&mut self, revoke: &Revoke, named: impl Fn(GrantId) -> Option<Name>) -> Reply {
        let names: Vec<Name> = match &revoke.which {
            Revoked::Grant(grant) => named(*grant).into_iter().collect(),
            Revoked::Unlicensed => {
                let gone =
                    |id: &PoolId| self.pool(id).is_some_and(|p| p.standing == PoolStanding::Unlicensed);
                self.grants.iter().filter(|grant| gone(&grant.pool)).map(|grant| grant.name).collect()
            }
            Revoked::Unassigned => {
                let lacks = |grant: &Grant| {
                    self.pool(&grant.pool).is_some_and(|pool| pool.named)
                        && !grant.who.email.as_ref().is_some_and(|email| self.is_assigned(&grant.pool, email))
                };
                self.grants.iter().filter(|grant| lacks(grant)).map(|grant| grant.name).collect()
            }
            Revoked::Idle(session) => self.idle_for_long(*session),
        };
        let revoked = names.into_iter().filter(|name| self.revoke_one(*name, revoke.code, revoke.until));
        Reply::Revoked(revoked.count())
    }

    fn idle_for_long(&self, id: SessionId) -> Vec<Name> {
        let Some(since) = self.session(id).and_then(|session| session.idle) else { return Vec::new() };
        let allowed = |pool: &PoolId| self.pool(pool).map(|pool| pool.idle_timeout).filter(|t| t.0 > 0);
        let own = self.grants.iter().filter(|grant| grant.name.0 == id && grant.hold == Hold::Floating);
        own.filter(|grant| allowed(&grant.pool).is_some_and(|t| later(since, t) <= self.now.wall))
            .map(|grant| grant.name)
            .collect()
    }

    /// Takes one grant away. True where that did anything.
    fn revoke_one(&mut self, name: Name, code: Code, until: Wall) -> bool {
        let Some(grant) = self.grant_mut(name) else { return false };
        match grant.hold {
            Hold::Floating => grant.hold = Hold::Revoked(code, until),
            Hold::Lingering { .. } | Hold::Booked { .. } => self.take_back(name, ReturnReason::Revoked),
            Hold::Revoked(..) | Hold::Borrowed { .. } => return false,
        }
        true
    }

    pub(crate) fn return_borrowed(&mut self, name: Option<Name>, shown: &[u8; 32]) -> Reply {
        let Some(grant) = name.and_then(|name| self.grant(name)) else { return Reply::Returned };
        match &grant.hold {
            Hold::Borrowed { proof, .. } if proof == shown => {
                self.take_back(grant.name, ReturnReason::Early);
                Reply::Returned
            }
            Hold::Borrowed { .. } => Reply::Denied(Code::ReturnFailed),
            _ => Reply::Returned,
        }
    }

    pub(crate) fn lost(&mut self, name: Option<Name>) -> Reply {
        let Some(grant) = name.and_then(|name| self.grant(name)) else { return Reply::Returned };
        if !matches!(grant.hold, Hold::Borrowed { .. }) {
            return Reply::Denied(Code::BadParameter);
        }
        if self.pool(&grant.pool).and_then(|pool| pool.borrow).is_none_or(|terms| !terms.may_be_lost) {
            return Reply::Denied(Code::NoEarlyReturn);
        }
        self.take_back(grant.name, ReturnReason::Lost);
        Reply::Returned
    }

    pub(crate) fn assign(&mut self, row: &AssignmentRow) -> Reply {
        if let Some(code) = self.no_assignment(row) {
            return Reply::Denied(code);
        }
        self.assignments.retain(|old| old.pool != row.pool || old.email != row.email);
        self.assignments.push(row.clone());
        Reply::Done
    }

    /// Why a named seat cannot be somebody's in a period.
    fn no_assignment(&self, row: &AssignmentRow) -> Option<Code> {
        let Some(pool) = self.pool(&row.pool) else { return Some(Code::NoSuchFeature) };
        let today = Expiry::On(Date::of(self.now.wall));
        let is_over = |row: &AssignmentRow| row.until < today;
        if !pool.named || row.until < Expiry::On(row.from) || is_over(row) || row.until > pool.expiry {
            return Some(Code::BadParameter);
        }
        let others = self.assignments.iter().filter(|old| old.pool == row.pool && old.email != row.email);
        let others = others.filter(|old| !is_over(old)).count();
        let is_full = others >= usize::try_from(pool.limit()).unwrap_or(usize::MAX);
        (is_full && !pool.uncounted).then_some(Code::AllTaken)
    }

    pub(crate) fn unassign(&mut self, pool: &PoolId, email: &Email, until: Wall) -> Reply {
        self.assignments.retain(|old| old.pool != *pool || old.email != *email);
        let theirs = self.grants.iter().filter(|g| g.pool == *pool && g.who.email.as_ref() == Some(email));
        for name in theirs.map(|grant| grant.name).collect::<Vec<_>>() {
            self.revoke_one(name, Code::NotIncluded, until);
        }
        Reply::Done
    }
}
