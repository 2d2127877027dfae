//! Seats that are booked for jobs, and jobs that take them.

use std::sync::Arc;

use names::{Code, GrantId, Now, SeatCount, Wall, limits};

use super::admit::{Admission, Asked};
use super::checkout::Found;
use crate::answer::{Answer, Detail};
use crate::charges::{Charge, Charges};
use crate::command::{Book, Checkout};
use crate::identity::Identity;
use crate::planted::Bug;
use crate::record::{Event, Record, ReturnReason};
use crate::row::{GrantRow, GrantState, Keeping, Kept, QuotaKind};
use crate::rules::Rules;
use crate::state::{Slot, State};

impl State {
    /// Whether a job's booking gives the seats: then it has so many less.
    pub(crate) fn admit_job(
        &mut self,
        now: Now,
        ask: &Checkout,
        place: u32,
        found: &Found,
        out: &mut Vec<Record>,
    ) -> Option<Admission> {
        let who = Arc::clone(&self.sessions.slot(place)?.row.identity);
        let (booking, admission, left) = self.booked_for(now, ask, &who, found)?;
        match left {
            Some(row) => self.record(now, Event::Changed(Box::new(row)), out),
            None if self.planted(Bug::BookingKept) => {}
            None => self.give_back(now, booking, ReturnReason::BookingUsed, out),
        }
        Some(admission)
    }

    /// The first of a job's bookings that gives the seats, and what is left of it then.
    pub(crate) fn booked_for(
        &mut self,
        now: Now,
        ask: &Checkout,
        who: &Identity,
        found: &Found,
    ) -> Option<(GrantId, Admission, Option<GrantRow>)> {
        let job = ask.more.as_ref()?.job.as_ref()?;
        let is_for = |slot: &Slot| matches!(slot.kept().map(|kept| &kept.how), Some(Keeping::Booked(other)) if other == job || self.planted(Bug::AnyJob));
        let bookings = self.feature_at(found.feature)?.bookings.iter().copied();
        let bookings: Vec<_> = bookings.filter(|id| self.grants.get(*id).is_some_and(is_for)).collect();
        let asked = found.asked(now, ask, who, false);
        bookings.into_iter().find_map(|booking| {
            let (admission, left) = self.admit_from(booking, &asked)?;
            Some((booking, admission, left))
        })
    }

    /// Whether a booking's seats may be these; gives what is left of it.
    fn admit_from(&mut self, booking: GrantId, asked: &Asked<'_>) -> Option<(Admission, Option<GrantRow>)> {
        let at = self.grants.at(booking)?;
        let slot = self.grants.slot(at)?;
        let (ix, whole) = (slot.pool, self.row_of(slot)?);
        let pool = self.pool_at(ix).filter(|pool| super::admit::is_named(pool, asked.ask))?;
        let seats = asked.ask.seats.get().max(pool.row.minimum);
        let left = whole.seats.get().checked_sub(seats)?;
        let is_max = |charge: &Charge| {
            self.quotas.get(&charge.quota).is_some_and(|quota| quota.row.kind == QuotaKind::Max)
        };
        let left = SeatCount::new(u64::from(left)).ok().map(|left| with_seats(&whole, left, is_max));
        self.uncharge(at);
        if let (Some(row), Some(slot)) = (&left, self.grants.slot_mut(at)) {
            slot.set(row, slot.hash());
            drop(self.charge(at));
        }
        let admission = self.pool_at(ix).and_then(|pool| self.try_alone(ix, pool, asked));
        if left.is_some() {
            self.uncharge(at);
        }
        if let Some(slot) = self.grants.slot_mut(at) {
            slot.set(&whole, slot.hash());
        }
        // It was charged before, so there is room to count it.
        drop(self.charge(at));
        admission.map(|admission| (admission, left))
    }

    pub(crate) fn book(&mut self, now: Now, book: &Book, rules: &dyn Rules, out: &mut Vec<Record>) -> Answer {
        let ask = &Checkout { more: None, ..book.ask.clone() };
        let Some((place, session)) = self.live(ask.session) else { return Answer::SessionUnknown };
        if let Some(answer) = self.asked_before(session, ask, Some(&book.job)) {
            return answer;
        }
        let who = Arc::clone(&session.row.identity);
        if !(1..=limits::BOOKING_MS_MAX).contains(&book.ttl.0) || book.job.as_str().is_empty() {
            let what = "a booking names a job and waits for it at least a moment and at most 24 hours";
            return Answer::denied(Code::BadParameter, Detail::Parameter(what));
        }
        let Some(found) = self.found(place, ask, rules) else {
            let denial = self.denial(None, &[], ask);
            return self.deny(now, ask, denial, out);
        };
        let slot = self.feature_at(found.feature);
        if slot.is_some_and(|slot| slot.bookings.len() >= limits::BOOKINGS_PER_FEATURE_MAX) {
            let detail = Detail::Limit("the feature has as many bookings as it may; try again later");
            return Answer::denied(Code::Busy, detail);
        }
        let asked = found.asked(now, ask, &who, self.is_behind(found.feature, ask));
        match self.admit_or_reclaim(&asked) {
            Ok(admission) => {
                let until = Wall(now.wall.0.saturating_add_unsigned(book.ttl.0));
                let how = Keeping::Booked(book.job.clone());
                let kept = Kept { how, who: Arc::clone(&who), from: now.wall, until };
                self.grant_as(now, ask, place, GrantState::Kept(Arc::new(kept)), &admission, out)
            }
            Err(stops) => {
                let denial = self.denial(Some(&asked), &stops, ask);
                self.deny(now, ask, denial, out)
            }
        }
    }
}

/// A booking with fewer seats. What it drew from reservations goes first.
fn with_seats(row: &GrantRow, seats: SeatCount, is_max: impl Fn(&Charge) -> bool) -> GrantRow {
    let mut left = [seats.get(); 2];
    let mut charges = Charges::new();
    for charge in &row.charges {
        let of = &mut left[usize::from(charge.of_suite)];
        let seats = if is_max(charge) { seats.get() } else { charge.seats.min(*of) };
        if !is_max(charge) {
            *of -= seats;
        }
        if seats > 0 {
            charges.push(Charge { seats, ..*charge });
        }
    }
    GrantRow { seats, charges, ..row.clone() }
}
