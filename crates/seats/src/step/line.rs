//! The line of a feature.

use std::cmp::Reverse;
use std::ops::Bound;
use std::sync::Arc;

use names::{Code, Millis, Now, RequestId, SessionId, WaiterId, limits};

use crate::answer::{Answer, Detail};
use crate::command::Checkout;
use crate::planted::Bug;
use crate::record::{DequeueReason, Event, Record};
use crate::row::{SessionMark, Sharing, Standing, WaiterRow};
use crate::rules::Rules;
use crate::state::{FeatureIx, State, Terms};

/// What came of a look at one who waits.
enum Looked {
    Granted,
    LacksSeats,
    PassedOver,
}

impl State {
    pub(crate) fn enqueue(
        &mut self,
        now: Now,
        ask: &Checkout,
        priority: u8,
        out: &mut Vec<Record>,
    ) -> Answer {
        let Some(at) = self.sessions.at(ask.session) else { return Answer::SessionUnknown };
        let waiting = self.sessions.slot(at).map_or(0, |session| session.waiting.len());
        let slot = self.feature_ix(&ask.feature).and_then(|ix| self.feature_at(ix));
        let line = slot.map_or(0, |slot| slot.line.len());
        if waiting >= limits::WAITS_PER_SESSION_MAX || line >= limits::WAITERS_PER_FEATURE_MAX {
            let detail = Detail::Limit("the line is as long as it may be; try again later");
            return Answer::denied(Code::Busy, detail);
        }
        self.write_session(now, at, out);
        let id = WaiterId(self.last().0 + 1);
        let row = WaiterRow { id, ask: ask.clone(), priority, since: now.wall };
        self.record(now, Event::Queued(Box::new(row)), out);
        self.place(id)
    }

    /// The answer to one who waits.
    pub(crate) fn place(&self, id: WaiterId) -> Answer {
        let Some(row) = self.waiters.get(&id) else { return Answer::Withdrawn };
        let slot = self.feature_ix(&row.ask.feature).and_then(|ix| self.feature_at(ix));
        let Some(slot) = slot else { return Answer::Withdrawn };
        // Whoever has just come is among the last: those behind are counted, not those before.
        let behind = slot.line.range((Bound::Excluded((Reverse(row.priority), id)), Bound::Unbounded));
        let behind = behind.filter_map(|(_, other)| self.waiters.get(other));
        let (after, left) =
            behind.fold((0, 0), |(n, seats), other| (n + 1, seats + u64::from(other.ask.seats.get())));
        let (position, seats) = (slot.line.len() - after, slot.awaited - left);
        let pools = slot.pools.iter().filter_map(|ix| self.pool_at(*ix));
        let limit: u64 = pools.map(|pool| u64::from(pool.row.limit())).sum();
        let expected = slot.held_ms.filter(|_| limit > 0);
        let expected = expected.map(|held| Millis(held.saturating_mul(seats) / limit));
        Answer::Queued { waiter: id, position, expected }
    }

    pub(crate) fn withdraw(
        &mut self,
        now: Now,
        session: SessionId,
        request: RequestId,
        out: &mut Vec<Record>,
    ) -> Answer {
        let Some(at) = self.sessions.at(session) else { return Answer::SessionUnknown };
        let Some(known) = self.sessions.slot(at) else { return Answer::SessionUnknown };
        let waiter = known.waiting.iter().find(|(other, _)| *other == request).map(|(_, waiter)| *waiter);
        let is_granted = known.grants.iter().any(|(other, _)| *other == request);
        let mark = SessionMark { floor: request, ..known.mark };
        if let Some(waiter) = waiter {
            self.dequeue(now, waiter, DequeueReason::Withdrawn, out);
        } else if !is_granted && request > known.mark.floor {
            // A copy of the request that comes after this must not wait when nobody knows of it.
            self.write_session(now, at, out);
            self.record(now, Event::SessionMarked(mark), out);
        }
        Answer::Withdrawn
    }

    /// Takes one out of the line. A late copy of the request is refused from then on, but where it was
    /// granted.
    pub(crate) fn dequeue(&mut self, now: Now, waiter: WaiterId, why: DequeueReason, out: &mut Vec<Record>) {
        let Some(row) = self.waiters.get(&waiter) else { return };
        let request = row.ask.request;
        let session = self.sessions.get(row.ask.session).filter(|_| why != DequeueReason::Granted);
        let mark = session.map(|s| SessionMark { floor: s.mark.floor.max(request), ..s.mark });
        self.record(now, Event::Dequeued { waiter, mark, why }, out);
    }

    /// Goes through the lines that may move, until nobody moves.
    pub(crate) fn settle(&mut self, now: Now, rules: &dyn Rules, out: &mut Vec<Record>) {
        // By name: the order must be the same when the state was made from its rows.
        let name = |state: &Self, ix: FeatureIx| state.feature_at(ix).map(|slot| slot.name.clone());
        while let Some(feature) = self.touched.iter().copied().min_by_key(|ix| name(self, *ix)) {
            self.touched.remove(&feature);
            while self.go_through(now, feature, rules, out) {}
            // What a grant touched in its own line has been looked at.
            self.touched.remove(&feature);
        }
    }

    /// Goes through a line from its head to the first who is granted. Says whether one was.
    fn go_through(&mut self, now: Now, feature: FeatureIx, rules: &dyn Rules, out: &mut Vec<Record>) -> bool {
        let mut stopped = None;
        let mut last = None;
        // One after the other: who lacks seats stops most lines at their head.
        while let Some((priority, waiter)) = self.next_in_line(feature, last) {
            last = Some((priority, waiter));
            let behind = stopped.is_some() && !self.planted(Bug::Overtaking);
            match self.look_at(now, waiter, behind, rules, out) {
                Looked::Granted => return true,
                Looked::LacksSeats => stopped = stopped.or(Some(priority)),
                Looked::PassedOver => {}
            }
            if stopped.is_some() && !self.lets_pass(feature) {
                break;
            }
        }
        if let Some(slot) = self.feature_mut(feature) {
            slot.stopped = stopped;
        }
        false
    }

    /// Who stands behind this one in a line, or at its head.
    fn next_in_line(&self, feature: FeatureIx, last: Option<(u8, WaiterId)>) -> Option<(u8, WaiterId)> {
        let line = &self.feature_at(feature)?.line;
        if self.planted(Bug::PriorityIgnored) {
            let behind = line.iter().filter(|(_, waiter)| last.is_none_or(|(_, last)| *waiter > last));
            return behind.map(|(priority, waiter)| (priority.0, *waiter)).min_by_key(|(_, waiter)| *waiter);
        }
        let behind =
            last.map_or(Bound::Unbounded, |(priority, last)| Bound::Excluded((Reverse(priority), last)));
        let (priority, waiter) = line.range((behind, Bound::Unbounded)).next()?;
        Some((priority.0, *waiter))
    }

    /// Whether anybody could pass one who lacks seats: by a reservation, or by sharing.
    fn lets_pass(&self, feature: FeatureIx) -> bool {
        let pools = self.feature_at(feature).map_or(&[][..], |slot| &slot.pools);
        pools.iter().filter_map(|ix| self.pool_at(*ix)).any(|pool| {
            // Somebody may be named by a reservation that has an idle seat, or will when lingering ones end.
            let may_reserve = pool.idle > 0 || !pool.lingering.is_empty();
            (!pool.reserves.is_empty() && may_reserve)
                || pool.row.sharing != Sharing::None
                || pool.row.uncounted
                || pool.row.suite.is_some()
        })
    }

    fn look_at(
        &mut self,
        now: Now,
        waiter: WaiterId,
        behind: bool,
        rules: &dyn Rules,
        out: &mut Vec<Record>,
    ) -> Looked {
        let Some(row) = self.waiters.get(&waiter) else { return Looked::PassedOver };
        let ask = row.ask.clone();
        let Some(place) = self.sessions.at(ask.session) else { return Looked::PassedOver };
        let Some(session) = self.sessions.slot(place) else { return Looked::PassedOver };
        let is_there = session.mark.standing == Standing::Live && session.attached;
        if !is_there && !self.planted(Bug::DeadAreGranted) {
            return Looked::PassedOver;
        }
        let who = Arc::clone(&session.row.identity);
        let Some(mut found) = self.found_in_line(waiter, place, &ask, rules) else {
            return Looked::PassedOver;
        };
        if self.planted(Bug::MaxNotInLine) {
            let without = |terms: &Terms| Terms { maxima: Vec::new(), ..terms.clone() };
            found.terms = found.terms.map(|terms| terms.iter().map(without).collect());
        }
        match self.admit_or_reclaim(&found.asked(now, &ask, &who, behind)) {
            Ok(admission) => {
                self.dequeue(now, waiter, DequeueReason::Granted, out);
                self.grant_to(now, &ask, place, &admission, out);
                Looked::Granted
            }
            Err(stops) if stops.iter().any(|stop| stop.why.lacks_seats()) => Looked::LacksSeats,
            Err(_) => Looked::PassedOver,
        }
    }
}
