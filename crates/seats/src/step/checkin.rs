//! Returns: by the client, by time, by an administrator.

use std::sync::Arc;

use names::{Code, Expiry, GrantId, Now, RequestId, SessionId, Wall};

use crate::answer::{Answer, Detail};
use crate::command::{Checkin, Revoke, Revoked};
use crate::planted::Bug;
use crate::record::{Event, Record, ReturnReason};
use crate::row::{GrantRow, GrantState, Keeping, Kept, PoolStanding, SessionMark};
use crate::state::{NOWHERE, Slot, State};

impl State {
    pub(crate) fn checkin(&mut self, now: Now, checkin: Checkin, out: &mut Vec<Record>) -> Answer {
        let returned = Answer::Returned { grant: checkin.grant };
        // A grant of another session is as unknown as one that was returned: it changes nothing.
        let is_own = |slot: &&Slot| {
            slot.holder != NOWHERE && slot.session == checkin.session || self.planted(Bug::ForeignCheckin)
        };
        let at = self.grants.at(checkin.grant);
        let Some((at, slot)) = at.and_then(|at| Some((at, self.grants.slot(at).filter(is_own)?))) else {
            let is_known = self.sessions.at(checkin.session).is_some();
            return if is_known { returned } else { Answer::SessionUnknown };
        };
        match slot.kept().map(|kept| &kept.how) {
            None => self.hand_in_at(now, at, ReturnReason::Checkin, out),
            Some(Keeping::Booked(_)) => self.give_back_at(now, at, ReturnReason::BookingEnded, out),
            Some(Keeping::Borrowed(_) | Keeping::Lingering) => {
                let what = "borrowed seats are returned with what proves it: `seatkeeper borrow return`";
                return Answer::denied(Code::BadParameter, Detail::Parameter(what));
            }
        }
        returned
    }

    /// What a client gives back lingers where its pool says so.
    pub(crate) fn hand_in(&mut self, now: Now, grant: GrantId, why: ReturnReason, out: &mut Vec<Record>) {
        if let Some(at) = self.grants.at(grant) {
            self.hand_in_at(now, at, why, out);
        }
    }

    fn hand_in_at(&mut self, now: Now, at: u32, why: ReturnReason, out: &mut Vec<Record>) {
        let lingering = self.grants.slot(at).and_then(|slot| self.lingering(now, slot));
        let Some(row) = lingering else { return self.give_back_at(now, at, why, out) };
        let (session, request) = (row.session, row.request);
        // Who waits may have it.
        self.touch_feature(row.pool.feature());
        self.note_held(now, at);
        self.record(now, Event::Changed(Box::new(row)), out);
        if let Some((_, mark)) = self.session(session) {
            let mark = SessionMark { floor: mark.floor.max(request), ..mark };
            self.record(now, Event::SessionMarked(mark), out);
        }
    }

    /// A grant as it lingers, if it does.
    fn lingering(&self, now: Now, slot: &Slot) -> Option<GrantRow> {
        let pool = &self.pool_at(slot.pool)?.row;
        if pool.linger.0 == 0
            || pool.standing != PoolStanding::Active
            || *slot.state() != GrantState::Floating
        {
            return None;
        }
        let ends = match pool.expiry {
            Expiry::Permanent => Wall(i64::MAX),
            Expiry::On(date) => date.end(),
        };
        let until = Wall(now.wall.0.saturating_add_unsigned(pool.linger.0)).min(ends);
        let who = Arc::clone(&self.sessions.slot(slot.holder)?.row.identity);
        let kept = Kept { how: Keeping::Lingering, who, from: now.wall, until };
        let row = self.row_of(slot).filter(|_| until > now.wall)?;
        Some(GrantRow { state: GrantState::Kept(Arc::new(kept)), ..row })
    }

    /// Returns a grant; drops its pool if that was the last of it and no license names it.
    pub(crate) fn give_back(&mut self, now: Now, grant: GrantId, why: ReturnReason, out: &mut Vec<Record>) {
        if let Some(at) = self.grants.at(grant) {
            self.give_back_at(now, at, why, out);
        }
    }

    pub(crate) fn give_back_at(&mut self, now: Now, at: u32, why: ReturnReason, out: &mut Vec<Record>) {
        let Some(slot) = self.grants.slot(at) else { return };
        let (pool, suite, holder, request) = (slot.pool, slot.suite(), slot.holder, slot.request);
        let lingered = matches!(slot.kept().map(|kept| &kept.how), Some(Keeping::Lingering));
        // One that lingers, or outlived its session, is in no session's list.
        let session = self.sessions.slot(holder);
        let raised = if self.planted(Bug::FloorNotRaised) { RequestId(0) } else { request };
        let mark = session.map(|s| SessionMark { floor: s.mark.floor.max(raised), ..s.mark });
        if !lingered {
            self.note_held(now, at);
        }
        self.record_return(now, at, mark.map(|mark| (holder, mark)), why, out);
        self.drop_if_unused(now, pool, out);
        if let Some(suite) = suite {
            self.drop_if_unused(now, suite, out);
        }
    }

    /// Remembers how long seats of a feature are held.
    fn note_held(&mut self, now: Now, at: u32) {
        let Some(slot) = self.grants.slot(at) else { return };
        let (since, pool) = (slot.since, slot.pool);
        let held = u64::try_from(now.wall.0.saturating_sub(since.0)).unwrap_or(0);
        let Some(feature) = self.pool_at(pool).map(|pool| pool.feature) else { return };
        if let Some(slot) = self.feature_mut(feature) {
            // A mean that the last eight returns make most of.
            slot.held_ms = Some(slot.held_ms.map_or(held, |mean| (mean / 8 * 7).saturating_add(held / 8)));
        }
    }

    /// The time of a kept or revoked grant has passed.
    pub(crate) fn expire(&mut self, now: Now, grant: GrantId, out: &mut Vec<Record>) -> Answer {
        let Some(slot) = self.grants.get(grant) else { return Answer::Done };
        if slot.until().is_some_and(|until| until > now.wall) && !self.planted(Bug::ExpiredEarly) {
            return Answer::Done;
        }
        let why = match slot.state() {
            GrantState::Floating => return Answer::Done,
            GrantState::Revoked(..) => ReturnReason::Revoked,
            GrantState::Kept(kept) => match kept.how {
                Keeping::Lingering => ReturnReason::Lingered,
                Keeping::Borrowed(_) => ReturnReason::BorrowEnded,
                Keeping::Booked(_) => ReturnReason::BookingEnded,
            },
        };
        self.give_back(now, grant, why, out);
        Answer::Done
    }

    pub(crate) fn revoke(&mut self, now: Now, revoke: &Revoke, out: &mut Vec<Record>) -> Answer {
        let which: Vec<GrantId> = match &revoke.which {
            Revoked::Grant(grant) => vec![*grant],
            Revoked::Unlicensed => self.grants_where(|state, slot| {
                state.pool_at(slot.pool).is_some_and(|pool| pool.row.standing == PoolStanding::Unlicensed)
            }),
            Revoked::Idle(session) => self.idle_too_long(now, *session),
            Revoked::Unassigned => {
                // Who waits may be assigned since today, or no more: then nobody waits behind them.
                self.touch_all();
                if self.pools.iter().all(|pool| !pool.is_there || !pool.row.named) {
                    return Answer::Revoked(0);
                }
                self.grants_where(|state, slot| state.has_no_assignment(now, slot))
            }
        };
        let mut taken = 0;
        for grant in which {
            taken += usize::from(self.take_away(now, grant, revoke.code, revoke.until, out));
        }
        Answer::Revoked(taken)
    }

    /// Grants of which something is so, in their order.
    fn grants_where(&self, is_so: impl Fn(&Self, &Slot) -> bool) -> Vec<GrantId> {
        let all = self.grants.iter().filter(|slot| is_so(self, slot));
        let mut all: Vec<_> = all.map(|slot| slot.id).collect();
        all.sort_unstable();
        all
    }

    /// Grants of an idle session whose pools do not allow it to be idle so long.
    fn idle_too_long(&self, now: Now, session: SessionId) -> Vec<GrantId> {
        let Some(session) = self.sessions.get(session) else { return Vec::new() };
        let Some(since) = session.mark.idle else { return Vec::new() };
        let idle = u64::try_from(now.wall.0.saturating_sub(since.0)).unwrap_or(0);
        let too_long = |grant: &GrantId| {
            // What is booked is not used yet.
            let slot = self.grants.get(*grant).filter(|slot| slot.kept().is_none());
            let pool = slot.and_then(|slot| self.pool_at(slot.pool));
            let is_idle = |allowed: u64| allowed > 0 && (idle >= allowed || self.planted(Bug::IdleAtOnce));
            pool.is_some_and(|pool| is_idle(pool.row.idle_timeout.0))
        };
        session.grants.iter().map(|(_, grant)| *grant).filter(too_long).collect()
    }

    fn has_no_assignment(&self, now: Now, slot: &Slot) -> bool {
        let pool = self.pool_at(slot.pool).filter(|pool| pool.row.named);
        let who = self.who(slot);
        pool.zip(who).is_some_and(|(pool, who)| !self.is_assigned(pool, who, now))
    }

    /// Takes one grant away: a floating one once its session gives it back, or at `until`; one that
    /// lingers or is booked at once; a borrowed one not at all.
    pub(crate) fn take_away(
        &mut self,
        now: Now,
        grant: GrantId,
        code: Code,
        until: Wall,
        out: &mut Vec<Record>,
    ) -> bool {
        let Some(slot) = self.grants.get(grant) else { return false };
        match slot.state() {
            GrantState::Revoked(..) => return false,
            GrantState::Floating if self.planted(Bug::RevokedAtOnce) => {
                self.give_back(now, grant, ReturnReason::Revoked, out);
            }
            GrantState::Floating => {
                let Some(row) = self.row_of(slot) else { return false };
                let row = GrantRow { state: GrantState::Revoked(code, until), ..row };
                self.record(now, Event::Changed(Box::new(row)), out);
            }
            GrantState::Kept(kept) => match kept.how {
                Keeping::Borrowed(_) => return false,
                Keeping::Lingering | Keeping::Booked(_) => {
                    self.give_back(now, grant, ReturnReason::Revoked, out);
                }
            },
        }
        true
    }
}
