//! Borrowed seats that come back, and bookings that are given up.

use names::{Code, GrantId, Now, SessionId};

use crate::answer::{Answer, Detail};
use crate::planted::Bug;
use crate::record::{Record, ReturnReason};
use crate::row::Keeping;
use crate::state::State;

impl State {
    pub(crate) fn return_borrowed(
        &mut self,
        now: Now,
        grant: GrantId,
        proof: &[u8; 32],
        out: &mut Vec<Record>,
    ) -> Answer {
        let kept = self.grants.get(grant).and_then(|slot| slot.kept());
        match kept.map(|kept| &kept.how) {
            Some(Keeping::Borrowed(hash)) if *hash == *proof || self.planted(Bug::AnyProof) => {
                self.give_back(now, grant, ReturnReason::Early, out);
                Answer::Returned { grant }
            }
            Some(Keeping::Borrowed(_)) => {
                let what = "this is not what proves the return of that seat";
                Answer::denied(Code::ReturnFailed, Detail::Parameter(what))
            }
            // It came back before, or its date has passed.
            _ => Answer::Returned { grant },
        }
    }

    pub(crate) fn lost(&mut self, now: Now, grant: GrantId, out: &mut Vec<Record>) -> Answer {
        let Some(slot) = self.grants.get(grant) else { return Answer::Returned { grant } };
        if !matches!(slot.kept().map(|kept| &kept.how), Some(Keeping::Borrowed(_))) {
            let what = "this seat is not borrowed; `lmstat` shows which are";
            return Answer::denied(Code::BadParameter, Detail::Parameter(what));
        }
        let terms = self.pool_at(slot.pool).and_then(|pool| pool.row.borrow);
        if !terms.is_some_and(|terms| terms.may_be_lost || self.planted(Bug::LostAnyway)) {
            let what = "its license does not allow that a lost seat is freed; it is free at its date";
            return Answer::denied(Code::NoEarlyReturn, Detail::Parameter(what));
        }
        self.give_back(now, grant, ReturnReason::Lost, out);
        Answer::Returned { grant }
    }

    pub(crate) fn unbook(
        &mut self,
        now: Now,
        session: SessionId,
        grant: GrantId,
        out: &mut Vec<Record>,
    ) -> Answer {
        let Some((_, asks)) = self.live(session) else { return Answer::SessionUnknown };
        let kept = self.grants.get(grant).and_then(|slot| slot.kept());
        let is_own = kept.is_some_and(|kept| {
            matches!(kept.how, Keeping::Booked(_)) && kept.who.user == asks.row.identity.user
        });
        if is_own {
            self.give_back(now, grant, ReturnReason::BookingEnded, out);
        }
        Answer::Returned { grant }
    }
}
